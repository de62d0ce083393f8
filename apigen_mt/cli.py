"""The command line: the commands with their flags, and how they end (`cli_help.CODES`)."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from apigen_mt.cli_completion import SHELLS
from apigen_mt.cli_help import CODES, finished
from apigen_mt.cli_parser import WIDTH, OneLine
from apigen_mt.cli_sitting_flags import serving_flags, watching_flags
from apigen_mt.terminal import shortened

DONE, FINDINGS, USAGE, INFRASTRUCTURE, INTERRUPTED = CODES
_SEED = "the same seed and settings plan the same tasks (default: 0)"
RESUMED = {"generate", "draft", "play", "evaluate"}


def named_path(text: str) -> Path:
    """A path that was really given: an empty name, such as of a variable that is not set, would be this folder."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    try:
        possible = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise argparse.ArgumentTypeError("no file or folder can be called that")
    return Path(text)


def named_folder(text: str) -> str:
    """The same, as a setting."""
    return str(named_path(text))


class Version(argparse.Action):
    """Tells the version, which takes a moment to look up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and end."""
        from importlib.metadata import version

        print(f"apigen-mt {version('apigen-mt')}")
        parser.exit()


def parser() -> OneLine:
    """All commands with their flags."""
    told = "Verified multi-turn training data for agents that talk with people and act through tools."
    top = OneLine(prog="apigen-mt", description=told)
    top.add_argument("--version", action=Version, nargs=0, help="tell the version and stop")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _generate_flags(commands.add_parser("generate", help="make a dataset: draft tasks, play them, keep what verifies"))
    _draft_flags(
        commands.add_parser("draft", help="make blueprints only: tasks that pass every gate and the committee")
    )
    _play_flags(commands.add_parser("play", help="play given blueprints, keep what verifies"))
    _evaluate_flags(commands.add_parser("evaluate", help="measure an agent on given blueprints: pass^k and difficulty"))
    tasks = commands.add_parser("import-tasks", help="a benchmark's tasks as blueprints, one a line")
    tasks.add_argument("domain", metavar="tau2:NAME[@PATH]", help="an installed tau2 package, or a checkout of it")
    tasks.add_argument("--out", type=named_path, required=True, metavar="FILE", help="an earlier such file is replaced")
    tasks.add_argument("--split", metavar="NAME", help="only the tasks that the benchmark lists under this name")
    _export_flags(commands.add_parser("export", help="write a run's rows in a trainer's format"))
    _audit_flags(commands.add_parser("audit", help="attack the verdict: spoil good talks and see whether it is found"))
    show = commands.add_parser("show", help="read a domain, a run, or one talk of a run")
    show.add_argument("what", metavar="DOMAIN|RUN", help="a domain by its name, or a run folder")
    show.add_argument("row", nargs="?", type=int, metavar="TASK", help="task number within the run")
    show.add_argument("--html", type=named_path, metavar="FILE", help="write the task's talks as a page for a browser")
    show.add_argument("--attempt", type=int, metavar="N", help="which attempt at the task, counted from 0")
    show.add_argument("--snapshot", default="", help="which snapshot of a domain; the first unless said")
    _domains(show)
    report = commands.add_parser("report", help="write a run as one page to read in a browser, without a network")
    report.add_argument("run", type=named_path, metavar="RUN", help="its folder")
    report.add_argument("--out", type=named_path, required=True, metavar="FILE", help="an earlier page is replaced")
    _domains(report)
    stats = commands.add_parser("stats", help="the funnel and the make-up of a run")
    stats.add_argument("run", type=named_path, metavar="RUN", help="its folder")
    told = "show a run in a browser, also while it is being made, and mark its talks"
    _view_flags(commands.add_parser("view", help=told))
    told = "re-execute and re-judge every row of a run, dataset or export, or every gate of a file of blueprints"
    verify = commands.add_parser("verify", help=told)
    told = "a run, a dataset, an export, or a file of blueprints or canonical rows"
    verify.add_argument("path", type=named_path, metavar="PATH", help=told)
    _domains(verify)
    told = "judge a dataset again after gates or a domain were mended, and tell what is otherwise"
    reverify = commands.add_parser("reverify", help=told)
    reverify.add_argument(
        "path", type=named_path, metavar="PATH", help="a dataset, an export, a run, or a file of canonical rows"
    )
    reverify.add_argument("--out", type=named_path, required=True, metavar="FILE", help="one JSON line for each row")
    told = "a dataset of the rows that still stand, as rows of the domain as it is now"
    reverify.add_argument("--keep", type=named_path, metavar="DIR", help=told)
    _domains(reverify)
    _setting_up(commands)
    return finished(top, commands)


def _setting_up(commands: "argparse._SubParsersAction[OneLine]") -> None:
    """What one needs before the first run."""
    init = commands.add_parser("init", help="write a file of all settings with their defaults and a line on each")
    told = "what is there already is never replaced (default: run.yaml)"
    init.add_argument("file", nargs="?", type=named_path, default=Path("run.yaml"), metavar="FILE", help=told)
    doctor = commands.add_parser("doctor", help="look whether all is there that a run needs, and say what is missing")
    doctor.add_argument("--config", type=named_path, metavar="FILE", help="try the endpoints of these settings")
    doctor.add_argument("--model", help="try this model")
    doctor.add_argument("--base-url", metavar="URL", help="OpenAI-compatible endpoint of --model")
    doctor.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="seconds for an endpoint (default: 30)"
    )
    completion = commands.add_parser("completion", help="print what a shell needs to complete command lines")
    completion.add_argument("shell", choices=SHELLS, help="which shell is to read it")


def _audit_flags(audit: argparse.ArgumentParser) -> None:
    told = "a domain to rehearse talks of (default, without --run: library, retail, clinic, and tau2:retail if there)"
    audit.add_argument("--domain", action="append", default=[], metavar="D", help=told)
    told = "a run whose kept rows are audited"
    audit.add_argument("--run", type=named_path, action="append", default=[], metavar="RUN", help=told)
    audit.add_argument("--count", type=int, default=60, metavar="N", help="talks of each domain (default: 60)")
    audit.add_argument("--seed", type=int, default=0, metavar="S", help="of the rehearsed talks (default: 0)")
    audit.add_argument("--out", type=named_path, metavar="FILE", help="write the matrix to a file as well")
    audit.add_argument("--without", action="append", default=[], metavar="GATE", help=argparse.SUPPRESS)


def _export_flags(export: argparse.ArgumentParser) -> None:
    export.add_argument("run", type=named_path, metavar="RUN", help="a run of generate or play")
    told = "sharegpt: as APIGen-MT-5k and LLaMA-Factory have it; messages: OpenAI's, as TRL reads them"
    export.add_argument("--format", choices=("sharegpt", "messages"), required=True, help=told)
    told = "the folder to write; an earlier export there is replaced"
    export.add_argument("--out", type=named_path, required=True, metavar="DIR", help=told)
    export.add_argument("--cast", choices=("oracle", "model"), help="which rows, when a run has both")
    export.add_argument(
        "--licence",
        action="append",
        default=[],
        metavar="MODEL=LICENCE",
        help="licence of a generating model, for the card",
    )
    _domains(export)


def _view_flags(view: argparse.ArgumentParser) -> None:
    view.add_argument("run", type=named_path, metavar="RUN", help="its folder")
    view.add_argument("--port", type=int, default=8737, metavar="N", help="port to serve on; 0 takes a free one (8737)")
    told = "address to serve on: without it, only this machine can reach the page"
    view.add_argument("--host", default="127.0.0.1", metavar="H", help=told)
    _domains(view)


def _domains(command: argparse.ArgumentParser) -> None:
    told = "a package.module:Class that rows may name; built-in domains need no flag"
    command.add_argument("--domain", action="append", default=[], metavar="D", help=told)


def _run_flags(command: argparse.ArgumentParser) -> None:
    """What `draft` and `generate` share."""
    command.add_argument("--domain", help="clinic, library, retail, tau2:NAME, or package.module:Class")
    command.add_argument(
        "--out", type=named_path, required=True, metavar="RUN", help="run folder; continued if it exists"
    )
    command.add_argument("--config", type=named_path, metavar="FILE", help="settings in YAML; flags win")
    command.add_argument("--seed", type=int, metavar="S", help=_SEED)
    told = "long: every task that changes something needs more than 20 calls"
    command.add_argument("--profile", choices=("usual", "long"), help=told)
    told = "blueprints, rows or run folders whose calls and words no task may repeat"
    command.add_argument("--against", type=named_path, nargs="+", action="extend", metavar="FILE", help=told)
    command.add_argument("--model", help="model of every role (default: rehearsal, no model at all)")
    command.add_argument("--base-url", metavar="URL", help="OpenAI-compatible endpoint of --model")
    _money_flags(command)
    _drift_flag(command)
    serving_flags(command)
    watching_flags(command)
    command.add_argument("--quiet", action="store_true", help="no progress, only the last line")


def _drift_flag(command: argparse.ArgumentParser) -> None:
    told = "continue a run under other settings than it has; what changes is told, and kept in its journal"
    command.add_argument("--accept-drift", action="store_true", help=told)


def _money_flags(command: argparse.ArgumentParser) -> None:
    """What the commands share that ask models."""
    group = command.add_argument_group("money")
    group.add_argument("--budget-tokens", type=int, metavar="T", help="stop before more tokens than this are spent")
    told = "stop before more dollars than this are spent; every model needs a price, listed or in --config"
    group.add_argument("--budget-usd", type=float, metavar="USD", help=told)
    told = "say what calls, tokens and dollars the run is expected to take, and start nothing"
    group.add_argument("--dry-run", action="store_true", help=told)
    told = "share replies with other runs of this seed, in FOLDER or in the user's cache folder"
    group.add_argument("--cache", nargs="?", const=True, type=named_folder, metavar="FOLDER", help=told)
    group.add_argument("--no-cache", dest="cache", action="store_false", default=None, help="ask everything anew")


def _generate_flags(generate: argparse.ArgumentParser) -> None:
    _run_flags(generate)
    generate.add_argument("--count", type=int, metavar="N", help="tasks asked for; may be raised to extend a run")
    generate.add_argument(
        "--human", choices=("scripted", "model"), help="who plays the person when a model plays the rest"
    )
    generate.add_argument("--concurrency", type=int, metavar="C", help="talks at a time")
    _talk_flags(generate)
    generate.add_argument("--preview", type=int, metavar="K", help="make only K tasks, show them, and stop")


def _talk_flags(command: argparse.ArgumentParser) -> None:
    """What the commands share that play talks."""
    group = command.add_argument_group("talks")
    told = "stop a talk as soon as it can no longer succeed"
    group.add_argument("--fail-fast", action="store_true", default=None, help=told)
    told = "high: choose each turn of a model's person from 4 candidates, by a score of the same model"
    group.add_argument("--quality", choices=("usual", "high"), help=told)


def _draft_flags(draft: argparse.ArgumentParser) -> None:
    _run_flags(draft)
    draft.add_argument("--count", type=int, metavar="N", help="blueprints wanted; may be raised to extend a run")
    told = "grounded: actions found by trying, words by the author; drafted: an author model proposes all of it"
    draft.add_argument("--mode", choices=("grounded", "drafted"), help=told)
    draft.add_argument("--concurrency", type=int, metavar="C", help="tasks at a time")
    draft.add_argument("--max-attempts", type=int, metavar="M", help="tasks tried at most (default: 10 N)")
    draft.add_argument("--personas", type=named_path, metavar="FILE", help="personas, one a line or JSON lines")
    told = "for comparison, also ask the author again without feedback, on the same calls and tokens"
    draft.add_argument("--control", choices=("blind",), help=told)
    told = "afterwards plant faults in K accepted blueprints and measure each reviewer"
    draft.add_argument("--calibrate", type=int, metavar="K", help=told)


def _given_flags(command: argparse.ArgumentParser) -> None:
    """What `play` and `evaluate` share."""
    told = "blueprints, one a line, or the folder of a run of `draft`"
    command.add_argument("--blueprints", type=named_path, required=True, metavar="FILE", help=told)
    command.add_argument(
        "--out", type=named_path, required=True, metavar="RUN", help="run folder; continued if it exists"
    )
    told = "a package.module:Class that the blueprints may name; built-in domains need no flag"
    command.add_argument("--domain", action="append", default=[], metavar="D", help=told)
    command.add_argument("--config", type=named_path, metavar="FILE", help="settings in YAML; flags win")
    command.add_argument("--seed", type=int, metavar="S", help=_SEED)
    told = "only blueprints whose share of trials solved lies from LOW to HIGH, by --difficulty"
    command.add_argument("--band", type=float, nargs=2, metavar=("LOW", "HIGH"), help=told)
    told = "files that `evaluate` wrote, or its run folders; several are added up"
    command.add_argument("--difficulty", type=named_path, nargs="+", action="extend", metavar="FILE", help=told)
    command.add_argument("--base-url", metavar="URL", help="OpenAI-compatible endpoint of --model")
    _talk_flags(command)
    command.add_argument("--concurrency", type=int, metavar="C", help="talks at a time")
    _money_flags(command)
    _drift_flag(command)
    serving_flags(command)
    watching_flags(command)
    command.add_argument("--quiet", action="store_true", help="no progress, only the last line")


def _play_flags(play: argparse.ArgumentParser) -> None:
    _given_flags(play)
    told = "talks for each blueprint; may be raised to extend a run, and all different ones that verify are kept"
    play.add_argument("--attempts", type=int, metavar="K", help=told)
    play.add_argument("--model", help="model of the agent and the person (default: rehearsal, no model at all)")
    told = "who plays the person when a model plays the agent"
    play.add_argument("--human", choices=("scripted", "model"), help=told)


def _evaluate_flags(evaluate: argparse.ArgumentParser) -> None:
    _given_flags(evaluate)
    told = "trials of each blueprint; may be raised to extend a run"
    evaluate.add_argument("--trials", dest="attempts", type=int, metavar="K", help=told)
    evaluate.add_argument("--model", help="model of the agent (default: the oracle, which shows what can be solved)")
    told = "who plays the person (default: the script, the same for every agent, unless --config names a model)"
    evaluate.add_argument("--human", choices=("scripted", "model"), help=told)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. Errors that people can mend are one line on stderr."""
    top = parser()
    if "_ARGCOMPLETE" in os.environ:
        from apigen_mt.cli_completion import complete

        complete(top)
    options = top.read(arguments)
    try:
        return _done(options)
    except KeyboardInterrupt:
        resumed = "; the same command goes on where it stopped" if options.command in RESUMED else ""
        return say(f"interrupted{resumed}", INTERRUPTED)


def _done(options: argparse.Namespace) -> int:
    """What the command ends with; loading it takes long enough to be interrupted."""
    from apigen_mt.cli_commands import COMMANDS
    from apigen_mt.cli_errors import EXPECTED, code_of, told

    try:
        return COMMANDS[options.command](options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except EXPECTED as error:
        return say(told(error), code_of(error))


def say(line: str, code: int) -> int:
    """One line on stderr; returns the code."""
    print(f"apigen-mt: {shortened(line, WIDTH)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
