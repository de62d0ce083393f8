"""`apigen-mt show`, `stats`, `verify` and `reverify`: what lies on disk, read, counted, proven and judged again."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from apigen_mt.cli_places import PAGE, REJUDGED, refuse_place, refuse_within
from apigen_mt.config import ConfigError
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import visible
from apigen_mt.trajectory import Outcome, Row
from tools_env.port import World
from tools_env.resolve import INSTALLED, UnknownDomain, resolve

DONE = 0


def show(options: argparse.Namespace) -> int:
    """Show a domain, a run's funnel, or one talk; with --html the talk as a page."""
    path = Path(options.what)
    if options.row is None and (options.html or options.attempt is not None):
        raise ConfigError("--html and --attempt are about one talk: name a run and a task, such as RUN 0")
    if options.html:
        refuse_place("--html", options.html, PAGE)
    if not RunFolder.looks_like(path):
        return _show_domain(options)
    folder = RunFolder(path)
    if folder.command == "draft":
        if options.html or options.attempt is not None:
            raise ConfigError(f"{path} is a run of `draft`, and holds no talks yet: play them first")
        return _show_drafts(folder, options.row)
    if options.row is None:
        return _evaluated(folder, json=False) if folder.command == "evaluate" else _funnel(folder)
    outcomes = list(folder.outcomes())
    found = next((o for o in outcomes if o.task == options.row), None)
    if found is None:
        held = f"0 to {outcomes[-1].task}" if outcomes else "none yet"
        raise ConfigError(f"{path} has no task {options.row}: it holds {held}")
    return _show_task(found, options)


def _show_domain(options: argparse.Namespace) -> int:
    from apigen_mt.show import show_domain

    path = Path(options.what)
    if options.row is not None or (path.exists() and ":" not in options.what):
        RunFolder(path)
    printed(show_domain(resolve(options.what, Path.cwd()), options.snapshot))
    return DONE


def _show_drafts(folder: RunFolder, task: int | None) -> int:
    from apigen_mt.cli_draft import show as shown

    return shown(folder, task)


def _evaluated(folder: RunFolder, *, json: bool) -> int:
    from apigen_mt.cli_evaluate import stats as told

    return told(folder, json=json)


def _funnel(folder: RunFolder) -> int:
    from apigen_mt.stats import render, summary

    print(render(summary(folder.outcomes())))
    return DONE


def stats(options: argparse.Namespace) -> int:
    """The funnel and make-up of a run."""
    folder = RunFolder(options.run)
    if folder.command == "draft":
        from apigen_mt.cli_draft import stats as drafted

        return drafted(folder, json=options.json)
    if folder.command == "evaluate":
        return _evaluated(folder, json=options.json)
    from apigen_mt.cli_play import figures
    from apigen_mt.stats import render

    found = figures(folder, folder.outcomes())
    print(found.model_dump_json(indent=2) if options.json else render(found))
    return DONE


def _show_task(found: Outcome, options: argparse.Namespace) -> int:
    from apigen_mt.show import show_quarantine, show_row

    world = _world(found.blueprint.domain, options.domain) if found.blueprint else None
    withheld = found.quarantined.withheld if found.quarantined else ()
    rows = [row for row in (*found.rows, *withheld, *found.failures) if options.attempt in {None, row.attempt}]
    if options.attempt is not None and not rows:
        raise ConfigError(f"task {found.task} of {options.what} has no attempt {options.attempt} that is stored")
    if options.html:
        return _page(rows, found, world, options.html)
    for row in rows:
        printed(show_row(row, world))
    if found.quarantined:
        printed(show_quarantine(found.quarantined))
    for reason in found.reasons:
        print(visible(f"rejected by {reason.stage}: {reason.reason}"))
    return DONE


def _page(rows: Sequence[Row], found: Outcome, world: World | None, file: Path) -> int:
    """Write the first of the talks as a page."""
    from apigen_mt.viewer.page import page

    if not rows:
        told = f": {found.reasons[0].reason}" if found.reasons else ""
        raise ConfigError(f"task {found.task} has no talk to show{told}")
    file.write_text(page(rows[0], world), encoding="utf-8")
    others = sorted(row.attempt for row in rows[1:])
    more = f" (others: {', '.join(f'--attempt {n}' for n in others)})" if others else ""
    print(visible(f"attempt {rows[0].attempt} at task {found.task}: {file}{more}"))
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Re-execute and re-judge; 1 with findings, 3 when it could not tell."""
    from apigen_mt.verify import verify as prove

    named = _named(options.domain)
    report = prove(options.path, lambda name: named.get(name) or resolve(name), domains=named)
    print(report.render())
    return report.exit_code


def reverify(options: argparse.Namespace) -> int:
    """Judge a dataset again in the world as it is now; 1 with differences, 3 when it could not tell."""
    from apigen_mt.verifying.reverify import reverify as judge_again

    if not options.path.exists():
        raise ConfigError(f"{options.path}: there is no such file or folder")
    refuse_place("--out", options.out, REJUDGED)
    for flag, place in (("--out", options.out), ("--keep", options.keep)):
        if place is not None:
            refuse_within(flag, place, options.path)
    named = _named(options.domain)
    report = judge_again(
        options.path, options.out, lambda name: named.get(name) or resolve(name), domains=named, keep=options.keep
    )
    print(report.render())
    return report.exit_code


def _named(domains: Sequence[str]) -> Mapping[str, World]:
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


def printed(text: str) -> None:
    """Print text with rich's markup, plain where there is no terminal."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True, emoji=False).print(text)
