"""What `generate` does."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from apigen_mt.attempts import broke_off
from apigen_mt.cli_flags import keys_of, placed, role_of, settings_of
from apigen_mt.cli_forecast import dry_run
from apigen_mt.cli_json import Preview, report
from apigen_mt.cli_play import figures, last_of
from apigen_mt.cli_progress import Progress
from apigen_mt.cli_sitting import sat_through
from apigen_mt.config import Config, ConfigError, load
from apigen_mt.generating import Run, agenerate
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import one_line
from tools_env.values import Json

DONE, FINDINGS, UNTOLD = 0, 1, 3


def generate(options: argparse.Namespace) -> int:
    """Make or continue a run; 1 when a budget ended it early, 3 when tasks broke off to be tried again."""
    config = placed(load(options.config, _flags(options)))
    if options.human == "model" and not config.roles.human.model:
        raise ConfigError("--human model needs --model and --base-url, or roles.human in --config")
    if config.mode == "drafted" or config.reviewers or config.summariser.model or config.control:
        raise ConfigError(
            "mode, reviewers, summariser and control are for `apigen-mt draft`: `generate` has no committee"
        )
    if options.dry_run:
        return dry_run("generate", config, options.out, json=options.json)
    keys = keys_of(config.models())
    if options.preview is not None:
        if options.preview < 1:
            raise ConfigError("--preview: at least one task")
        return _preview(options, config.model_copy(update={"count": min(options.preview, config.count)}), keys)
    run = _run(options, config, options.out, keys, quiet=options.quiet)
    found = figures(RunFolder(options.out), run.outcomes)
    told = f"{run.kept} rows from {len(run.outcomes)} of {config.count} tasks: {options.out / 'dataset'}"
    report(found, lambda: last_of(found, told, quiet=options.quiet), json=options.json)
    if over := run.finished.budget_spent:
        left = config.count - len(run.outcomes)
        print(f"the {over.what} is spent with {left} tasks to go; raise {over.setting} to continue", file=sys.stderr)
        return FINDINGS
    if broken := sum(broke_off(outcome) for outcome in run.outcomes):
        print(f"{broken} tasks broke off at an endpoint or a tool; the same command tries them again", file=sys.stderr)
        return UNTOLD
    return DONE


def _run(options: argparse.Namespace, config: Config, out: Path, keys: Mapping[str, str], *, quiet: bool) -> Run:
    with Progress(config.count, ("kept", "rejected", "failed"), quiet=quiet) as progress:
        return sat_through(
            options,
            config,
            progress.observer,
            lambda sitting: agenerate(config, out, keys=keys, sitting=sitting),
        )


def _preview(options: argparse.Namespace, config: Config, keys: Mapping[str, str]) -> int:
    """A few tasks in a folder that is thrown away, shown in full."""
    from apigen_mt.cli_reading import printed
    from apigen_mt.show import show_row

    folder = Path(tempfile.mkdtemp(prefix="apigen-mt-preview-"))
    try:
        run = _run(options, config, folder / "run", keys, quiet=True)
        if options.json:
            print(Preview(outcomes=tuple(run.outcomes)).model_dump_json(indent=2))
        for outcome in () if options.json else run.outcomes:
            for row in (*outcome.rows, *outcome.failures):
                printed(show_row(row))
            for reason in outcome.reasons:
                print(one_line(f"task {outcome.task} rejected by {reason.stage}: {reason.reason}"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return DONE


def _flags(options: argparse.Namespace) -> dict[str, Json]:
    """Flags as settings."""
    flags = settings_of(options, "fail_fast", "quality")
    scripted: dict[str, Json] = {"model": "", "base_url": ""}
    if role := role_of(options):
        flags["roles"] = {"author": role, "agent": role, "human": scripted if options.human == "scripted" else role}
    elif options.human == "scripted":
        flags["roles"] = {"human": scripted}
    return flags
