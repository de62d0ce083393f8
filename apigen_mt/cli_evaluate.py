"""`apigen-mt evaluate`: an agent measured on blueprints, and what `stats` says of such a run."""

import argparse

from apigen_mt.cli_flags import keys_of, role_of
from apigen_mt.cli_forecast import dry_run
from apigen_mt.cli_json import report
from apigen_mt.cli_play import SCRIPT, STATUS, ended, prepared
from apigen_mt.cli_progress import Progress
from apigen_mt.cli_sitting import sat_through
from apigen_mt.evaluating import aevaluate, evaluation_of
from apigen_mt.evaluation.difficulty import DIFFICULTY
from apigen_mt.evaluation.report import render
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import one_line
from tools_env.values import Json

DONE = 0


def evaluate(options: argparse.Namespace) -> int:
    """Make or continue an evaluation; 1 when a budget ended it early, 3 when trials broke off."""
    what = prepared(options, _roles(options))
    config = what.config
    if options.dry_run:
        return dry_run("evaluate", config, options.out, what.given, json=options.json)
    with Progress(config.count, STATUS, quiet=options.quiet) as progress:
        keys = keys_of(config.models("evaluate"))
        done = sat_through(
            options,
            config,
            progress.observer,
            lambda sitting: aevaluate(what, options.out, keys=keys, sitting=sitting),
        )
    found = done.evaluation
    if options.json:
        print(found.model_dump_json(indent=2))
    elif not options.quiet:
        print(render(found))
    if not options.json:
        told = f"{found.solved} of {found.trials} trials solved, {found.tasks} tasks: {options.out / DIFFICULTY}"
        print(one_line(told))
    return ended(done.run, config)


def _roles(options: argparse.Namespace) -> dict[str, Json]:
    """The model of --model plays the agent, and the person only where that is asked for: agents are compared with the
    same person.
    """
    roles: dict[str, Json] = {}
    if role := role_of(options):
        roles["agent"] = role
        if options.human == "model":
            roles["human"] = role
    if options.human == "scripted":
        roles["human"] = SCRIPT
    return roles


def stats(folder: RunFolder, *, json: bool) -> int:
    """`apigen-mt stats` on an evaluation."""
    found = evaluation_of(folder)
    report(found, lambda: render(found), json=json)
    return DONE
