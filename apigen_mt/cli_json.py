"""Reports on stdout, as text or as one JSON document; and the documents that no other part has a form for."""

from collections.abc import Callable
from pathlib import Path

from apigen_mt.trajectory import Outcome
from tools_env.values import Part


class Preview(Part):
    """`generate --preview --json`: what became of each task."""

    outcomes: tuple[Outcome, ...]


class Page(Part):
    """`show --html --json`: the page that was written, of which task and which attempts at it."""

    file: Path
    task: int
    attempts: tuple[int, ...]


class Imported(Part):
    """`import-tasks --json`: the file, how many tasks there were and how many blueprints they gave, and the ids of
    those that need a look; `failed` gives the reason why a task has no blueprint.
    """

    file: Path
    tasks: int
    blueprints: int
    raising: tuple[str, ...]
    unchanged: tuple[str, ...]
    untold: tuple[str, ...]
    unmet: tuple[str, ...]
    said_before: tuple[str, ...]
    by_action: tuple[str, ...]
    by_opinion: tuple[str, ...]
    outputs: int
    outputs_without_source: int
    failed: dict[str, str]


def report(found: Part, text: Callable[[], str], *, json: bool) -> None:
    """Print what was found, for a program or for a person."""
    print(found.model_dump_json(indent=2) if json else text())
