"""`apigen-mt import-tasks`: a benchmark's tasks as blueprints, and what could not be taken over."""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path

from apigen_mt.cli_json import Imported
from apigen_mt.cli_json import report as reported
from apigen_mt.cli_places import TASKS, refuse_place
from apigen_mt.config import ConfigError
from apigen_mt.run_folder import write_blueprints
from apigen_mt.terminal import one_line, visible
from blueprints.imports.tau2_format import BadTasks, Task, splits_in, tasks_in
from blueprints.imports.tau2_tasks import Report, blueprints_of
from tools_env.resolve import resolve

WIDTH = 120
"""About so many characters of task ids are listed."""


def import_tasks(options: argparse.Namespace) -> int:
    """Write the blueprints; 1 when some task's initial state could not be set up, so that it is missing."""
    kind, _, rest = options.domain.partition(":")
    if kind != "tau2":
        raise ConfigError(f"{options.domain}: tasks are imported from tau2:NAME only, such as tau2:retail")
    refuse_place("--out", options.out, TASKS)
    world = resolve(options.domain, Path.cwd())
    folder = tau2_folder(rest.partition("@")[0])
    tasks = _chosen(tau2_tasks(folder), folder, options.split)
    report = Report()
    write_blueprints(options.out, blueprints_of(tasks, world, report))
    found = imported(options.out, report)
    last = one_line(f"{found.blueprints} blueprints: {found.file}")
    reported(found, lambda: "\n".join([*told(report), last]), json=options.json)
    return 1 if report.failed else 0


def imported(file: Path, found: Report) -> Imported:
    """The report as a document."""
    return Imported(
        file=file,
        tasks=found.tasks,
        blueprints=found.tasks - len(found.failed),
        raising=tuple(found.raising),
        unchanged=tuple(found.unchanged),
        untold=tuple(found.untold),
        unmet=tuple(found.unmet),
        said_before=tuple(found.said_before),
        by_action=tuple(found.by_action),
        by_opinion=tuple(found.by_opinion),
        outputs=found.outputs,
        outputs_without_source=found.outputs_without_source,
        failed=found.failed,
    )


def tau2_folder(name: str) -> Path:
    """Where the tau2 package that is in use keeps a domain's files."""
    data = importlib.import_module("tau2.utils.utils").DATA_DIR
    return Path(data) / "tau2" / "domains" / name


def tau2_tasks(folder: Path) -> tuple[Task, ...]:
    """The tasks of a domain's folder. Raises `ConfigError` with the file."""
    path = folder / "tasks.json"
    try:
        return tasks_in(path.read_bytes())
    except BadTasks as error:
        raise ConfigError(f"{path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def _chosen(tasks: tuple[Task, ...], folder: Path, split: str | None) -> tuple[Task, ...]:
    if split is None:
        return tasks
    path = folder / "split_tasks.json"
    try:
        splits = splits_in(path.read_bytes())
    except BadTasks as error:
        raise ConfigError(f"{path}: {error}") from error
    except OSError as error:
        raise ConfigError(f"--split {split}: cannot read {path}: {error.strerror}") from error
    if split not in splits:
        raise ConfigError(f"--split {split}: there is {', '.join(sorted(splits)) or 'none'}")
    return tuple(task for task in tasks if task.id in set(splits[split]))


def told(report: Report) -> Iterator[str]:
    """The report for a person, one line a matter."""
    yield f"{report.tasks} tasks"
    for what, ids in (
        ("with a call that is refused in their solution, kept as it is", report.raising),
        ("whose solution changes nothing", report.unchanged),
        ("that change nothing and have nothing to tell, so that no talk can prove them solved", report.untold),
        ("whose assertions their own solution does not meet", report.unmet),
        ("that were talked about before: the calls are set-up, what was said is lost", report.said_before),
        ("judged by calls made or by some of their arguments, which is not carried over", report.by_action),
        ("with assertions in words, which are judged by a model only and not carried over", report.by_opinion),
    ):
        if ids:
            yield visible(f"{len(ids)} {what}: {_listed(ids)}")
    if report.outputs:
        yield f"{report.outputs} outputs, {report.outputs_without_source} of them under no field of one result"
    for task, reason in report.failed.items():
        yield visible(f"no blueprint for {task}: {reason}")


def _listed(ids: list[str]) -> str:
    shown = [one for number, one in enumerate(ids) if not number or len(", ".join(ids[: number + 1])) <= WIDTH]
    return ", ".join(shown) + (f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else "")
