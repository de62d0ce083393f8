"""A run packed into one page: summaries at hand, details in blocks that are unpacked when one is opened."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.detail import detail, shown
from apigen_mt.viewer.entries import Entry, domain_of, entries, outcomes_of
from apigen_mt.viewer.html import page
from apigen_mt.viewer.overview import Counting
from apigen_mt.viewer.summaries import summary_of
from tools_env.port import World
from tools_env.values import Json, compact

BLOCK = 32
"""Details in a block: they are compressed together, and unpacked together when one is opened."""
SHARED = ("policy", "tools")
"""What the talks of a snapshot have in common is stored once."""
RAW = frozenset({"arguments", "result"})
"""What an agent wrote and a tool said is kept as it is; all else is left out where it is empty."""

Worlds: TypeAlias = Callable[[str], World | None]
"""Finds the world of a domain, where it is at hand."""


class Element(NamedTuple):
    """Packed data that stands in the page: base64 of gzip of JSON, which nothing can act in."""

    id: str
    data: str

    def html(self) -> str:
        """As an element that is no script to a browser, and is not shown."""
        return f'<script type="application/octet-stream" id="{self.id}">{self.data}</script>'


@dataclass(slots=True)
class _Shared:
    """Values that are stored once, by their number."""

    values: list[Json] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, value: Json) -> int:
        """The number that stands for a value."""
        key = compact(value)
        if key not in self.numbers:
            self.numbers[key] = len(self.values)
            self.values.append(value)
        return self.numbers[key]


@dataclass(slots=True)
class _Packing:
    """Entries packed as they go by: nothing of an outcome is kept but its line and its packed detail."""

    worlds: Worlds
    lines: list[Json] = field(default_factory=list)
    blocks: list[Element] = field(default_factory=list)
    shared: _Shared = field(default_factory=_Shared)
    waiting: list[Json] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Pack an entry."""
        blueprint = entry.blueprint
        self.lines.append(shown(summary_of(entry).model_dump(mode="json", exclude={"text"})))
        self.waiting.append(_flat(detail(entry, self.worlds(blueprint.domain) if blueprint else None), self.shared))
        if len(self.waiting) == BLOCK:
            self._close()

    def page(self, title: str, overview: dict[str, Json]) -> str:
        """The page over all of them."""
        if self.waiting:
            self._close()
        head: dict[str, Json] = {"overview": overview, "lines": _columns(self.lines), "shared": self.shared.values}
        elements = [*(_packed(name, value) for name, value in head.items()), *self.blocks]
        return page(title, "packed_source.js", [element.html() for element in elements])

    def _close(self) -> None:
        self.blocks.append(_packed(f"block-{len(self.blocks)}", _columns(self.waiting)))
        self.waiting = []


def nowhere(_: str) -> None:
    """No world is at hand."""


def report(run: RunFolder, worlds: Worlds = nowhere) -> str:
    """The page over a whole run. Raises `NotARun`."""
    counting, packing = Counting(run, worlds(domain_of(run))), _Packing(worlds)
    for outcome in outcomes_of(run):
        counting.add(outcome)
        for entry in entries(outcome):
            packing.add(entry)
    return packing.page(f"{run.path.resolve().name}: {run.command}", counting.told())


def report_of(outcome: Outcome, world: World | None = None, attempt: int | None = None) -> str:
    """The page over the talks at one task, or over one of them."""
    packing = _Packing(lambda _: world)
    for entry in entries(outcome):
        if attempt is None or (entry.row is not None and entry.row.attempt == attempt):
            packing.add(entry)
    return packing.page(f"task {outcome.task}", {})


def write(path: Path, text: str) -> None:
    """Write a page, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # it might be a link
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _flat(told: dict[str, Json], shared: _Shared) -> Json:
    """A detail on one level, `talk.lines` and the like, without what is empty."""
    flat: dict[str, Json] = {}
    for name, value in told.items():
        if name in {"task", "talk"} and isinstance(value, dict):
            flat |= {f"{name}.{part}": one for part, one in value.items()}
        else:
            flat[name] = value
    flat |= {f"talk.{name}": shared.number(flat[f"talk.{name}"]) for name in SHARED if f"talk.{name}" in flat}
    return {name: slim for name, value in flat.items() if not _empty(slim := _slim(value))}


def _slim(value: Json) -> Json:
    """The same without the empty members of objects."""
    if isinstance(value, list):
        return [_slim(one) for one in value]
    if isinstance(value, dict):
        slim = {name: one if name in RAW else _slim(one) for name, one in value.items()}
        return {name: one for name, one in slim.items() if name in RAW or not _empty(one)}
    return value


def _empty(value: Json) -> bool:
    return value is None or value is False or value in ("", [], {})


def _columns(objects: list[Json]) -> dict[str, Json]:
    """Objects by column, what is alike side by side: it packs to two thirds."""
    found = [one for one in objects if isinstance(one, dict)]
    return {name: [one.get(name) for one in found] for name in dict.fromkeys(key for one in found for key in one)}


def _packed(name: str, value: Json) -> Element:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Element(name, b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii"))
