"""The command line: `apigen-mt audit | draft | play | generate | evaluate | import-tasks | export | show | stats |
verify`.

Exit codes: 0 done, 1 findings, 2 usage or configuration, 3 infrastructure or could-not-tell, 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from apigen_mt.cli_sitting_flags import serving_flags, watching_flags
from apigen_mt.terminal import shortened

DONE, FINDINGS, USAGE, INFRASTRUCTURE, INTERRUPTED = 0, 1, 2, 3, 130
RESUMED = {"generate", "draft", "play", "evaluate"}
UNKNOWN = "unrecognized arguments: "
WIDTH = 2000
"""An error is told in at most so many characters."""

EXAMPLES = """examples:
  apigen-mt generate --domain retail --count 50 --out runs/first          rehearsal: no key, no model
  apigen-mt generate --domain retail --count 50 --out runs/model \\
      --model MODEL --base-url http://127.0.0.1:8000/v1 --human scripted   a model as author and agent
  apigen-mt draft --domain retail --count 50 --out runs/tasks             phase one alone: checked tasks, no talks
  apigen-mt play --blueprints runs/tasks --out runs/played                phase two alone: play those tasks
  apigen-mt evaluate --blueprints runs/tasks --trials 4 --out runs/eval \\
      --model MODEL --base-url http://127.0.0.1:8000/v1                    measure an agent: pass^k, difficulty
  apigen-mt show runs/first 0                                             read one talk with its verdict
  apigen-mt export runs/first --format sharegpt --out data/first          a folder to train from
"""


class OneLine(argparse.ArgumentParser):
    """A parser that tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        if message.startswith(UNKNOWN):
            message = UNKNOWN + " ".join(_flag(word) for word in message.removeprefix(UNKNOWN).split(" "))
        self.exit(USAGE, f"{self.prog}: {shortened(message, WIDTH)} (see {self.prog} --help)\n")


def _flag(word: str) -> str:
    """The name of a flag that there is not; what stands beside it might be a key, and is told to nobody."""
    return word.partition("=")[0] if word.startswith("-") else "..."


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


def parser() -> argparse.ArgumentParser:
    """All commands with their flags."""
    top = OneLine(
        prog="apigen-mt",
        description="Verified multi-turn training data for agents that talk with people and act through tools.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
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
    export = commands.add_parser("export", help="write a run's rows in a trainer's format")
    export.add_argument("run", type=named_path)
    export.add_argument("--format", choices=("sharegpt", "messages"), required=True)
    export.add_argument("--out", type=named_path, required=True, metavar="DIR")
    export.add_argument("--cast", choices=("oracle", "model"), help="which rows, when a run has both")
    export.add_argument(
        "--licence",
        action="append",
        default=[],
        metavar="MODEL=LICENCE",
        help="licence of a generating model, for the card",
    )
    _domains(export)
    _audit_flags(commands.add_parser("audit", help="attack the verdict: spoil good talks and see whether it is found"))
    show = commands.add_parser("show", help="read a domain, a run, or one talk of a run")
    show.add_argument("what", metavar="DOMAIN|RUN")
    show.add_argument("row", nargs="?", type=int, help="task number within the run")
    show.add_argument("--html", type=named_path, metavar="FILE", help="write the talk as one page to read in a browser")
    show.add_argument("--attempt", type=int, metavar="N", help="which attempt at the task, counted from 0")
    show.add_argument("--snapshot", default="", help="which snapshot of a domain; the first unless said")
    _domains(show)
    stats = commands.add_parser("stats", help="the funnel and the make-up of a run")
    stats.add_argument("run", type=named_path)
    stats.add_argument("--json", action="store_true", help="as JSON")
    told = "re-execute and re-judge every row of a run, dataset or export, or every gate of a file of blueprints"
    verify = commands.add_parser("verify", help=told)
    verify.add_argument("path", type=named_path)
    _domains(verify)
    told = "judge a dataset again after gates or a domain were mended, and tell what is otherwise"
    reverify = commands.add_parser("reverify", help=told)
    reverify.add_argument("path", type=named_path, help="a dataset, an export, a run, or a file of canonical rows")
    reverify.add_argument("--out", type=named_path, required=True, metavar="FILE", help="one JSON line for each row")
    told = "a dataset of the rows that still stand, as rows of the domain as it is now"
    reverify.add_argument("--keep", type=named_path, metavar="DIR", help=told)
    _domains(reverify)
    return top


def _audit_flags(audit: argparse.ArgumentParser) -> None:
    told = "a domain to rehearse talks of (default, without --run: library, retail, clinic, and tau2:retail if there)"
    audit.add_argument("--domain", action="append", default=[], metavar="D", help=told)
    told = "a run whose kept rows are audited"
    audit.add_argument("--run", type=named_path, action="append", default=[], metavar="RUN", help=told)
    audit.add_argument("--count", type=int, default=60, metavar="N", help="talks of each domain (default: 60)")
    audit.add_argument("--seed", type=int, default=0)
    audit.add_argument("--json", action="store_true", help="the matrix as JSON")
    audit.add_argument("--out", type=named_path, metavar="FILE", help="write the matrix to a file as well")
    audit.add_argument("--without", action="append", default=[], metavar="GATE", help=argparse.SUPPRESS)


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
    command.add_argument("--seed", type=int)
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
    command.add_argument("--budget-tokens", type=int, metavar="T", help="stop before more tokens than this are spent")
    told = "stop before more dollars than this are spent; every model needs a price, listed or in --config"
    command.add_argument("--budget-usd", type=float, metavar="USD", help=told)
    told = "say what calls, tokens and dollars the run is expected to take, and start nothing"
    command.add_argument("--dry-run", action="store_true", help=told)
    told = "share replies with other runs of this seed, in FOLDER or in the user's cache folder"
    command.add_argument("--cache", nargs="?", const=True, type=named_folder, metavar="FOLDER", help=told)
    command.add_argument("--no-cache", dest="cache", action="store_false", default=None, help="ask everything anew")


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
    told = "stop a talk as soon as it can no longer succeed"
    command.add_argument("--fail-fast", action="store_true", default=None, help=told)
    told = "high: choose each turn of a model's person from 4 candidates, by a score of the same model"
    command.add_argument("--quality", choices=("usual", "high"), help=told)


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
    draft.add_argument("--json", action="store_true", help="the figures as JSON")


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
    command.add_argument("--seed", type=int)
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
    evaluate.add_argument("--json", action="store_true", help="the figures as JSON")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. Errors that people can mend are one line on stderr."""
    options = parser().parse_args(arguments)
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
