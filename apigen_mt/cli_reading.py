"""`apigen-mt show`, `stats`, `verify` and `reverify`: what lies on disk, read, counted, proven and judged again."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from apigen_mt.cli_json import Page, report
from apigen_mt.cli_places import PAGE, REJUDGED, refuse_place, refuse_within
from apigen_mt.cli_worlds import named_worlds, worlds_of
from apigen_mt.config import ConfigError
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import visible
from apigen_mt.trajectory import Outcome, Row
from tools_env.port import World
from tools_env.resolve import resolve

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
        return _show_drafts(folder, options)
    if options.row is None:
        if folder.command == "evaluate" or options.json:
            return _figures(folder, json=options.json)
        return _funnel(folder)
    outcomes = list(folder.outcomes())
    found = next((o for o in outcomes if o.task == options.row), None)
    if found is None:
        held = f"0 to {outcomes[-1].task}" if outcomes else "none yet"
        raise ConfigError(f"{path} has no task {options.row}: it holds {held}")
    return _show_task(found, options)


def _show_domain(options: argparse.Namespace) -> int:
    from apigen_mt.show import show_domain
    from apigen_mt.shown import domain_shown

    path = Path(options.what)
    if options.row is not None or (path.exists() and ":" not in options.what):
        RunFolder(path)
    world = resolve(options.what, Path.cwd())
    if options.json:
        print(domain_shown(world, options.snapshot).model_dump_json(indent=2))
    else:
        printed(show_domain(world, options.snapshot))
    return DONE


def _show_drafts(folder: RunFolder, options: argparse.Namespace) -> int:
    from apigen_mt.cli_draft import show as shown

    return shown(folder, options.row, json=options.json)


def _funnel(folder: RunFolder) -> int:
    from apigen_mt.stats import render, summary

    print(render(summary(folder.outcomes())))
    return DONE


def stats(options: argparse.Namespace) -> int:
    """The funnel and make-up of a run."""
    return _figures(RunFolder(options.run), json=options.json)


def _figures(folder: RunFolder, *, json: bool) -> int:
    if folder.command == "draft":
        from apigen_mt.cli_draft import stats as drafted

        return drafted(folder, json=json)
    if folder.command == "evaluate":
        from apigen_mt.cli_evaluate import stats as evaluated

        return evaluated(folder, json=json)
    from apigen_mt.cli_play import figures
    from apigen_mt.stats import render

    found = figures(folder, folder.outcomes())
    report(found, lambda: render(found), json=json)
    return DONE


def _show_task(found: Outcome, options: argparse.Namespace) -> int:
    from apigen_mt.show import show_quarantine, show_row

    world = worlds_of(options.domain)(found.blueprint.domain) if found.blueprint else None
    withheld = found.quarantined.withheld if found.quarantined else ()
    rows = [row for row in (*found.rows, *withheld, *found.failures) if options.attempt in {None, row.attempt}]
    if options.attempt is not None and not rows:
        raise ConfigError(f"task {found.task} of {options.what} has no attempt {options.attempt} that is stored")
    if options.html:
        return _page(rows, found, world, options)
    if options.json:
        print(_shown(found, options.attempt).model_dump_json(indent=2))
        return DONE
    for row in rows:
        printed(show_row(row, world))
    if found.quarantined:
        printed(show_quarantine(found.quarantined))
    for reason in found.reasons:
        print(visible(f"rejected by {reason.stage}: {reason.reason}"))
    return DONE


def _shown(found: Outcome, attempt: int | None) -> Outcome:
    """What is stored of a task, or of one attempt at it."""
    if attempt is None:
        return found
    kept, failures = (tuple(r for r in rows if r.attempt == attempt) for rows in (found.rows, found.failures))
    return found.model_copy(update={"rows": kept, "failures": failures})


def _page(rows: Sequence[Row], found: Outcome, world: World | None, options: argparse.Namespace) -> int:
    """Write the talks as a page."""
    from apigen_mt.viewer.packed import report_of, write

    if not rows:
        told = f": {found.reasons[0].reason}" if found.reasons else ""
        raise ConfigError(f"task {found.task} has no talk to show{told}")
    write(options.html, report_of(found, world, options.attempt))
    attempts = tuple(sorted(row.attempt for row in rows))
    done = Page(file=options.html, task=found.task, attempts=attempts)
    told = f"task {done.task}, attempt{'s' if len(rows) > 1 else ''} {', '.join(map(str, attempts))}: {done.file}"
    report(done, lambda: visible(told), json=options.json)
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Re-execute and re-judge; 1 with findings, 3 when it could not tell."""
    from apigen_mt.verify import verify as prove

    named = named_worlds(options.domain)
    found = prove(options.path, lambda name: named.get(name) or resolve(name), domains=named)
    report(found, found.render, json=options.json)
    return found.exit_code


def reverify(options: argparse.Namespace) -> int:
    """Judge a dataset again in the world as it is now; 1 with differences, 3 when it could not tell."""
    from apigen_mt.verifying.reverify import reverify as judge_again

    if not options.path.exists():
        raise ConfigError(f"{options.path}: there is no such file or folder")
    refuse_place("--out", options.out, REJUDGED)
    for flag, place in (("--out", options.out), ("--keep", options.keep)):
        if place is not None:
            refuse_within(flag, place, options.path)
    named = named_worlds(options.domain)
    found = judge_again(
        options.path, options.out, lambda name: named.get(name) or resolve(name), domains=named, keep=options.keep
    )
    report(found, found.render, json=options.json)
    return found.exit_code


def printed(text: str) -> None:
    """Print text with rich's markup, plain where there is no terminal."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True, emoji=False).print(text)
