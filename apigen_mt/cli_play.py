"""`apigen-mt play`: phase two alone, over blueprints that are given."""

import argparse
import sys
from collections.abc import Iterable

from apigen_mt.attempts import broke_off
from apigen_mt.blueprint_files import named
from apigen_mt.cli_flags import keys_of, placed, role_of
from apigen_mt.cli_forecast import dry_run
from apigen_mt.cli_json import report
from apigen_mt.cli_progress import Progress
from apigen_mt.cli_sitting import sat_through
from apigen_mt.config import Config, ConfigError, load, parse
from apigen_mt.generating import Run
from apigen_mt.marks import Marks
from apigen_mt.playing import Ready, aplay, ready
from apigen_mt.run_folder import DATASET, RunFolder
from apigen_mt.stats import Stats, render, summary
from apigen_mt.terminal import one_line
from apigen_mt.trajectory import Outcome
from tools_env.resolve import INSTALLED
from tools_env.values import Json

DONE, FINDINGS, UNTOLD = 0, 1, 3
STATUS = ("kept", "failed")
SCRIPT: dict[str, Json] = {"model": "", "base_url": ""}


def play(options: argparse.Namespace) -> int:
    """Make or continue a run; 1 when the token budget ended it early, 3 when talks broke off to be tried again."""
    what = prepared(options, _roles(options))
    config = what.config
    if options.dry_run:
        return dry_run("play", config, options.out, what.given, json=options.json)
    with Progress(config.count, STATUS, quiet=options.quiet) as progress:
        keys = keys_of(config.models("play"))
        run = sat_through(
            options,
            config,
            progress.observer,
            lambda sitting: aplay(what, options.out, keys=keys, sitting=sitting),
        )
    found = figures(RunFolder(options.out), run.outcomes)
    told = f"{run.kept} rows from {len(run.outcomes)} of {config.count} blueprints: {options.out / DATASET}"
    report(found, lambda: last_of(found, told, quiet=options.quiet), json=options.json)
    return ended(run, config)


def prepared(options: argparse.Namespace, roles: dict[str, Json]) -> Ready:
    """The blueprints and the configuration that the flags of `play` and `evaluate` say."""
    names = ("attempts", "seed", "concurrency", "budget_tokens", "budget_usd", "cache", "fail_fast", "quality")
    flags: dict[str, Json] = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    flags["blueprints"] = str(options.blueprints)
    if options.band is not None:
        flags["band"] = list(options.band)
    if options.difficulty is not None:
        flags["difficulty"] = [str(path) for path in options.difficulty]
    if roles:
        flags["roles"] = roles
    config = placed(load(options.config, flags, {"domain": ""}))
    if options.human == "model" and not config.roles.human.model:
        raise ConfigError("--human model needs --model and --base-url, or roles.human in --config")
    domains = options.domain or ([config.domain] if ":" in config.domain and config.domain not in INSTALLED else [])
    return ready(config, named(domains))


def _roles(options: argparse.Namespace) -> dict[str, Json]:
    """The model of --model plays agent and person, unless the script is to play the person."""
    scripted = options.human == "scripted"
    if role := role_of(options):
        return {"agent": role, "human": SCRIPT if scripted else role}
    return {"human": SCRIPT} if scripted else {}


def figures(folder: RunFolder, outcomes: Iterable[Outcome]) -> Stats:
    """The figures of a run as it lies on disk, with its bill and what people say of its talks."""
    found = summary(outcomes, folder.tokens(), parse(folder.config), folder.reused())
    marks = Marks.read(folder.path)
    return found if marks.empty else found.model_copy(update={"marks": marks.counted(folder.outcomes())})


def last_of(found: Stats, told: str, *, quiet: bool) -> str:
    """What a run says in the end: its figures unless it is to be quiet, and a line on what it has made."""
    return one_line(told) if quiet else f"{render(found)}\n{one_line(told)}"


def ended(run: Run, config: Config) -> int:
    """The exit code, with a line on what is missing."""
    if over := run.finished.budget_spent:
        left = config.count - sum(not broke_off(outcome) for outcome in run.outcomes)
        told = f"the {over.what} is spent with {left} blueprints to go; raise {over.setting} to continue"
        print(told, file=sys.stderr)
        return FINDINGS
    if broken := sum(broke_off(outcome) for outcome in run.outcomes):
        told = f"{broken} blueprints broke off at an endpoint or a tool; the same command tries them again"
        print(told, file=sys.stderr)
        return UNTOLD
    return DONE
