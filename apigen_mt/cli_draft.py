"""`apigen-mt draft`: phase one as a command, and what `stats` and `show` say of its runs."""

import argparse
import sys

from pydantic import ValidationError

from apigen_mt.cli_flags import keys_of, placed, role_of, settings_of
from apigen_mt.cli_forecast import dry_run
from apigen_mt.cli_json import report
from apigen_mt.cli_progress import Progress
from apigen_mt.cli_sitting import sat_through
from apigen_mt.config import Config, ConfigError, load, parse
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_report import render
from apigen_mt.draft_stats import DraftStats, summary
from apigen_mt.drafting import CALIBRATION, COVERAGE, Drafts, adraft, attempts_of, counted, refuse_impossible
from apigen_mt.run_folder import BLUEPRINTS, NotARun, RunFolder
from apigen_mt.show_task import show_task
from apigen_mt.terminal import one_line, visible
from blueprints.committee.calibration import Calibration
from blueprints.committee.calibration import render as rendered
from blueprints.coverage import Covered
from tools_env.values import Json

DONE, FINDINGS, UNTOLD = 0, 1, 3
TEMPERATURES = {"first": 0.2, "second": 0.6, "third": 1.0}
"""The committee that --model makes of one model: names and temperatures."""


def draft(options: argparse.Namespace) -> int:
    """Make or continue a draft run; 1 when tries or tokens ran out too early, 3 when tasks broke off."""
    config = placed(load(options.config, _flags(options), _committee(options)))
    if options.calibrate is not None and options.calibrate < 1:
        raise ConfigError("--calibrate: at least one blueprint")
    refuse_impossible(config, options.calibrate or 0)
    if options.dry_run:
        return dry_run("draft", config, options.out, json=options.json)
    if not options.quiet and len(config.reviewers) > 1 and len({r.model for r in config.reviewers}) == 1:
        model, times = config.reviewers[0].model, len(config.reviewers)
        print(visible(f"the committee is one model, {model}, {times} times: what it cannot see, none of them sees"
                      "; name other reviewers in --config"), file=sys.stderr)  # fmt: skip
    with Progress(config.count, ("accepted", "rejected", "failed"), quiet=options.quiet, goal="accepted") as progress:
        keys, calibrated = keys_of(config.models("draft")), options.calibrate or 0
        run = sat_through(
            options,
            config,
            progress.observer,
            lambda sitting: adraft(config, options.out, keys=keys, calibrated=calibrated, sitting=sitting),
        )
    found = stats_of(RunFolder(options.out))
    if options.json:
        print(found.model_dump_json(indent=2))
    elif not options.quiet:
        print(render(found))
    if not options.json:
        told = f"{len(run.blueprints)} blueprints from {len(run.outcomes)} tasks tried: {options.out / BLUEPRINTS}"
        print(one_line(told))
    return _code(run, config)


def _code(run: Drafts, config: Config) -> int:
    """The exit code, with a line on what is missing."""
    missing = config.count - len(run.blueprints)
    broken = sum(outcome.status == "failed" for outcome in run.outcomes)
    if over := run.budget_spent:
        told = f"{missing} blueprints to go" if missing > 0 else "the reviewers not all calibrated"
        print(f"the {over.what} is spent with {told}; raise {over.setting} to continue", file=sys.stderr)
        return FINDINGS
    if broken:
        print(f"{broken} tasks broke off at an endpoint; the same command tries them again", file=sys.stderr)
        return UNTOLD
    if missing > 0:
        told = f"{missing} of {config.count} blueprints are missing after {attempts_of(config)} tasks"
        print(f"{told}; raise --max-attempts to go on", file=sys.stderr)
        return FINDINGS
    return DONE


def _flags(options: argparse.Namespace) -> dict[str, Json]:
    """Flags as settings."""
    flags = settings_of(options, "mode", "control", "max_attempts")
    if options.personas is not None:
        flags["personas"] = str(options.personas)
    if role := role_of(options):
        flags["roles"] = {"author": role}
    return flags


def _committee(options: argparse.Namespace) -> dict[str, Json]:
    """What --model means where the file names no reviewers and no summariser: the same model, several times."""
    role = role_of(options)
    if not role:
        return {}
    reviewers: list[Json] = [{**role, "name": name, "temperature": t} for name, t in TEMPERATURES.items()]
    return {"reviewers": reviewers, "summariser": role}


def stats_of(folder: RunFolder) -> DraftStats:
    """The figures of a draft run as it lies on disk."""
    config = parse(folder.config)
    covered, calibration = folder.meta(COVERAGE), folder.meta(CALIBRATION)
    try:
        coverage = Covered.model_validate_json(covered) if covered else None
        measured = rendered(Calibration.model_validate_json(calibration)) if calibration else ""
    except ValidationError as error:
        raise NotARun(f"{folder.path}: its journal is damaged; the same draft command counts anew") from error
    outcomes = list(counted(folder.drafts(), config.count))
    return summary(outcomes, config, folder.tokens(), coverage, measured, folder.reused())


def stats(folder: RunFolder, *, json: bool) -> int:
    """`apigen-mt stats` on a draft run."""
    found = stats_of(folder)
    report(found, lambda: render(found), json=json)
    return DONE


def show(folder: RunFolder, task: int | None, *, json: bool) -> int:
    """`apigen-mt show` on a draft run: its figures, or one task with all its rounds."""
    if task is None:
        return stats(folder, json=json)
    outcomes = list(counted(folder.drafts(), parse(folder.config).count))
    found = next((o for o in outcomes if o.task == task), None)
    if found is None:
        raise ConfigError(f"{folder.path} has no task {task}: it holds {len(outcomes)}, counted from 0")
    if json:
        print(found.model_dump_json(indent=2))
    else:
        _told(found)
    return DONE


def _told(found: DraftOutcome) -> None:
    """A task with all its rounds."""
    print(f"task {found.task}, {found.kind}: {found.status}")
    for number, one in enumerate(found.rounds):
        told = one.votes.told() if one.votes.ballots else "passed every gate, not reviewed"
        print(visible(f"round {number}: {told if one.stood else f'sent back by {one.gate}'}"))
        for reason in one.reasons:
            print(visible(f"  {reason.reason}"))
        if one.plan:
            print(visible(f"  plan: {one.plan}"))
    for reason in found.reasons:
        print(visible(f"{reason.stage}: {reason.reason}"))
    if found.blueprint is not None:
        print(f"\n{show_task(found.blueprint)}")
