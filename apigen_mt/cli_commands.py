"""What each command does; imported only when one runs."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from apigen_mt.cli_draft import begun_by_draft, draft
from apigen_mt.cli_draft import show as show_drafts
from apigen_mt.cli_draft import stats as draft_stats
from apigen_mt.cli_flags import keys_of, role_of, settings_of
from apigen_mt.cli_imports import import_tasks
from apigen_mt.cli_progress import Progress
from apigen_mt.config import Config, ConfigError, load
from apigen_mt.generating import Run, agenerate
from apigen_mt.pipeline import broke_off
from apigen_mt.run_folder import RunFolder
from apigen_mt.stats import render, summary
from tools_env.port import World
from tools_env.resolve import INSTALLED, UnknownDomain, resolve
from tools_env.values import Json

DONE, FINDINGS, UNTOLD = 0, 1, 3


def generate(options: argparse.Namespace) -> int:
    """Make or continue a run; 1 when the token budget ended it early, 3 when tasks broke off to be tried again."""
    config = load(options.config, _flags(options))
    if options.human == "model" and not config.roles.human.model:
        raise ConfigError("--human model needs --model and --base-url, or roles.human in --config")
    if config.mode == "drafted" or config.reviewers or config.summariser.model or config.control:
        raise ConfigError(
            "mode, reviewers, summariser and control are for `apigen-mt draft`: `generate` has no committee"
        )
    keys = keys_of(config.models())
    if options.preview is not None:
        if options.preview < 1:
            raise ConfigError("--preview: at least one task")
        return _preview(config.model_copy(update={"count": min(options.preview, config.count)}), keys)
    run = _run(config, options.out, keys, quiet=options.quiet)
    if not options.quiet:
        print(render(summary(run.outcomes, RunFolder(options.out).tokens())))
    print(f"{run.kept} rows from {len(run.outcomes)} of {config.count} tasks: {options.out / 'dataset'}")
    if run.finished.budget_spent:
        left = config.count - len(run.outcomes)
        print(f"the token budget is spent with {left} tasks to go; raise --budget-tokens to continue", file=sys.stderr)
        return FINDINGS
    if broken := sum(broke_off(outcome) for outcome in run.outcomes):
        print(f"{broken} tasks broke off at an endpoint or a tool; the same command tries them again", file=sys.stderr)
        return UNTOLD
    return DONE


def _run(config: Config, out: Path, keys: Mapping[str, str], *, quiet: bool) -> Run:
    with Progress(config.count, ("kept", "rejected", "failed"), quiet=quiet) as progress:
        return asyncio.run(agenerate(config, out, keys=keys, watch=lambda outcome: progress.note(outcome.status)))


def _preview(config: Config, keys: Mapping[str, str]) -> int:
    """A few tasks in a folder that is thrown away, shown in full."""
    from apigen_mt.show import show_row

    folder = Path(tempfile.mkdtemp(prefix="apigen-mt-preview-"))
    try:
        run = _run(config, folder / "run", keys, quiet=True)
        for outcome in run.outcomes:
            for row in (*outcome.rows, *outcome.failures):
                _print(show_row(row))
            for reason in outcome.reasons:
                print(f"task {outcome.task} rejected by {reason.stage}: {reason.reason}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return DONE


def _flags(options: argparse.Namespace) -> dict[str, Json]:
    """Flags as settings."""
    flags = settings_of(options)
    scripted: dict[str, Json] = {"model": "", "base_url": ""}
    if role := role_of(options):
        flags["roles"] = {"author": role, "agent": role, "human": scripted if options.human == "scripted" else role}
    elif options.human == "scripted":
        flags["roles"] = {"human": scripted}
    return flags


def export(options: argparse.Namespace) -> int:
    """Write a run's rows in a trainer's format."""
    from apigen_mt.export.export import export as write

    folder = RunFolder(options.run)
    licences = _licences(folder, options.licence)
    report = write(folder.rows(), options.format, options.out, licences=licences, cast=options.cast)
    print(report)
    return DONE


def _licences(folder: RunFolder, given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    roles = folder.config.get("roles")
    for role in roles.values() if isinstance(roles, dict) else ():
        if isinstance(role, dict) and role.get("model") and role.get("licence"):
            found[str(role["model"])] = str(role["licence"])
    for item in given:
        model, equals, licence = item.partition("=")
        if not equals or not model or not licence:
            raise ConfigError(f"--licence {item!r}: write MODEL=LICENCE")
        found[model] = licence
    return found


def show(options: argparse.Namespace) -> int:
    """Show a domain, a run's funnel, or one talk."""
    from apigen_mt.show import show_domain, show_row

    path = Path(options.what)
    if not RunFolder.looks_like(path):
        if options.row is not None or (path.exists() and ":" not in options.what):
            RunFolder(path)
        _print(show_domain(resolve(options.what, Path.cwd()), options.snapshot))
        return DONE
    if begun_by_draft(path):
        return show_drafts(RunFolder(path), options.row)
    outcomes = list(RunFolder(path).outcomes())
    if options.row is None:
        print(render(summary(outcomes)))
        return DONE
    found = next((o for o in outcomes if o.task == options.row), None)
    if found is None:
        raise ConfigError(f"{path} has no task {options.row}: it holds 0 to {len(outcomes) - 1}")
    world = _world(found.blueprint.domain, options.domain) if found.blueprint else None
    for row in (*found.rows, *found.failures):
        _print(show_row(row, world))
    for reason in found.reasons:
        print(f"rejected by {reason.stage}: {reason.reason}")
    return DONE


def _named(domains: Sequence[str]) -> dict[str, World]:
    """Worlds named on the command line, by the name that their rows bear."""
    return {world.name: world for world in (resolve(name, Path.cwd()) for name in domains)}


def _world(domain: str, named: Sequence[str]) -> World | None:
    """A row's world where it is installed or named here: a name that only a file gives is code nobody asked for."""
    worlds = _named(named)
    if domain in worlds or domain not in INSTALLED:
        return worlds.get(domain)
    try:
        return resolve(domain)
    except UnknownDomain:
        return None


def stats(options: argparse.Namespace) -> int:
    """The funnel and make-up of a run."""
    folder = RunFolder(options.run)
    if folder.command == "draft":
        return draft_stats(folder, json=options.json)
    found = summary(folder.outcomes(), folder.tokens())
    print(found.model_dump_json(indent=2) if options.json else render(found))
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Re-execute and re-judge; 1 with findings, 3 when it could not tell."""
    from apigen_mt.verify import verify as prove

    named = _named(options.domain)
    report = prove(options.path, lambda name: named.get(name) or resolve(name), domains=named)
    print(report.render())
    code: int = report.exit_code
    return code


def _print(text: str) -> None:
    """Text with rich's markup, plain where there is no terminal."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True, emoji=False).print(text)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "draft": draft,
    "generate": generate,
    "import-tasks": import_tasks,
    "export": export,
    "show": show,
    "stats": stats,
    "verify": verify,
}
