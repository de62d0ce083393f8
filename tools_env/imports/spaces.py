"""Identifier spaces: sets of values that are ids of one sort of record, found in keys and in fields named like ids."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools_env.imports import words
from tools_env.imports.columns import Column
from tools_env.values import Json

MOST = 0.9
"""The share of a field's values that must be ids of a space for the field to be one: data has holes."""
_OVERLAP = 0.5
_SHORT_NUMBER = re.compile(r"-?\d{0,5}(?:\.\d*)?\Z")


@dataclass(slots=True)
class Spaces:
    """The ids of every sort of record by the sort's name, and the fields where a sort is at home."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    homes: dict[tuple[str, str], str] = field(default_factory=dict)
    """(place, name) of the fields that hold a record's own id, with the name of its space."""

    def pointed(self, column: Column) -> str:
        """The space that a field's values belong to, "" for none; the name decides where several would do."""
        values = {str(v) for v in column.values if not isinstance(v, bool | float)}
        if not values or column.nested or len(values) < len({str(v) for v in column.values}):
            return ""
        hits = {space: len(values & ids) / len(values) for space, ids in self.ids.items()}
        found = [space for space, share in hits.items() if share >= MOST]
        named = [space for space in found if fits(column.name, space)]
        if named:
            return max(named, key=lambda s: (words.noun(column.name) == words.singular(s), hits[s]))
        if not found or not all(isinstance(v, str) for v in column.values):
            return ""
        if any(_SHORT_NUMBER.match(v) for v in values) or (len(values) == 1 and not words.noun(column.name)):
            return ""
        best = [s for s in found if hits[s] == max(hits[f] for f in found)]
        return best[0] if len(best) == 1 else ""

    def called(self, name: str, *, many: bool = False) -> str:
        """The space that a name alone speaks of, `new_item_ids` of `items`; a list's name needs no mark; or ""."""
        noun = words.noun(name) or (words.singular(words.snake(name)) if many else "")
        strict = [s for s in self.ids if words.ends(noun, _sort(s))]
        return max(strict, key=len, default="")


def fits(name: str, space: str) -> bool:
    """Whether a field of that name may well hold ids of that space."""
    noun, sort = words.noun(name), _sort(space)
    if noun == "":
        return True
    noun = noun or words.singular(words.snake(name))
    return words.ends(noun, sort) or words.ends(sort, noun) or sort.startswith(f"{noun}_")


def _sort(space: str) -> str:
    return words.singular(words.snake(space.rpartition(".")[2]))


def spaces_of(tables: Mapping[str, Mapping[str, Json]], columns: Sequence[Column]) -> Spaces:
    """Every space of a world: a table's keys, then the ids that nested records carry, alike ones merged."""
    spaces = Spaces({name: set(rows) for name, rows in tables.items() if rows and set(rows) != {name}})
    for column in columns:
        if column.keyed and not column.inside and column.table in spaces.ids:
            spaces.homes.setdefault((column.place, column.name), column.table)
    for column in sorted(columns, key=lambda c: not c.keyed):
        if (values := _own_ids(column)) and not spaces.pointed(column):
            _join(spaces, column, values)
    return spaces


def _own_ids(column: Column) -> set[str]:
    """The values of a nested field, when they look like ids of the objects that hold it."""
    values = {v for v in column.values if isinstance(v, str)}
    noun, inside = words.noun(column.name), column.path.endswith("[]") or container(column.inside) != ""
    if not values or not inside or len(values) < len(set(column.values)):
        return set()
    if column.keyed:
        return values
    several = len(values) > 1 and not any(_SHORT_NUMBER.match(v) for v in values)
    return values if noun is not None and several and len(values) >= MOST * len(column.values) else set()


def _join(spaces: Spaces, column: Column, values: set[str]) -> None:
    noun = words.noun(column.name)
    name = (
        words.plural(noun) if noun else words.snake(container(column.inside)) or words.plural(words.snake(column.name))
    )
    rival = spaces.ids.get(name)
    if rival is not None and len(rival & values) < _OVERLAP * min(len(rival), len(values)):
        name = f"{column.place}.{name}"
    spaces.ids.setdefault(name, set()).update(values)
    if not column.path.endswith("[]"):
        spaces.homes[column.place, column.name] = name


def container(path: str) -> str:
    """The name of the field that holds the objects at a path, "" when they stand in no list or map."""
    stem = re.sub(r"(?:\[\]|\.?\*)+\Z", "", path)
    return stem.rpartition(".")[2] if stem != path else ""
