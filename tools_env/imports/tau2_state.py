"""The state of a τ² world: its database fields as tables of records, lent to toolkits and taken back after a call."""

import itertools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter

from tools_env.calls import Actor
from tools_env.imports.frozen import Freezer, FrozenList, Shown
from tools_env.imports.watched import Watched, clone
from tools_env.values import Json

Changes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Table to record id to record as it is now, None where it was removed; what is not named is as in the snapshot."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One field of a database as a table. `form` says how the field holds its records; `one`: it is itself a record."""

    table: str
    actor: Actor
    field: str
    form: typing.Literal["dict", "list", "one"]
    id_field: str
    record: TypeAdapter[Any]
    kind: object
    base: Mapping[str, Any]
    freeze: Freezer

    def now(self, changes: Changes, key: str) -> Any:  # noqa: ANN401 - a record of theirs
        """The record, or None."""
        mine = changes.get(self.table, {})
        return mine[key] if key in mine else self.base.get(key)

    def shown(self, changes: Changes) -> Any:  # noqa: ANN401 - what their field holds
        """What the field holds now, frozen: for calls that only look."""
        if self.form == "one":
            return self.now(changes, self.table)
        records = self._filled(Shown(self.base), changes)
        return records if self.form == "dict" else FrozenList(dict.values(records))

    def lent(self, changes: Changes) -> Any:  # noqa: ANN401 - what their field holds
        """What the field holds now, for one call that may change it; nothing done to it reaches the state."""
        if self.form == "one":
            return clone(self.now(changes, self.table))
        records = self._filled(Watched(self.base), changes)
        return records if self.form == "dict" else [clone(record) for record in dict.values(records)]

    def _filled(self, records: Any, changes: Changes) -> Any:  # noqa: ANN401 - a dict that is not to notice
        for key, record in changes.get(self.table, {}).items():
            if record is None:
                dict.pop(records, key, None)
            else:
                dict.__setitem__(records, key, record)
        return records

    def changed(self, changes: Changes, value: Any) -> dict[str, Any]:  # noqa: ANN401 - as lent
        """Records that a call left different from what they were, frozen; None where it removed them."""
        if self.form == "one":
            pairs: Any = [(self.table, value)]
        elif isinstance(value, Watched):
            pairs = [(key, dict.get(value, key)) for key in value.lent]
        else:
            records = value if self.form == "dict" else self._by_id(value)
            before = {**self.base, **changes.get(self.table, {})}
            pairs = [(key, records.get(key)) for key in {**before, **records}]
        return {key: self.freeze(record) for key, record in pairs if record != self.now(changes, key)}

    def merged(self, changes: Changes, new: Mapping[str, Any]) -> dict[str, Any]:
        """The changes of this table with new ones; those that put back what the snapshot holds are left out."""
        both = {**changes.get(self.table, {}), **new}
        return {key: record for key, record in both.items() if record != self.base.get(key)}

    def _by_id(self, records: list[Any]) -> dict[str, Any]:
        found = {getattr(record, self.id_field): record for record in records}
        if len(found) != len(records):
            raise RuntimeError(f"two records of {self.table} have the same {self.id_field}")
        return found

    def dumped(self, record: Any, fields: set[str] | None = None) -> dict[str, Json]:  # noqa: ANN401 - theirs
        """A record, or some of its fields, as JSON."""
        if isinstance(record, BaseModel):
            return record.model_dump(mode="json", include=fields)
        return {"value": self.record.dump_python(record, mode="json")}

    def parsed(self, value: Json) -> Any:  # noqa: ANN401 - theirs
        """A frozen record from JSON; pydantic's ValidationError where it is none."""
        if not _is_model(self.kind) and isinstance(value, dict) and value.keys() == {"value"}:
            value = value["value"]
        return self.freeze(self.record.validate_python(value))


class Dumps:
    """What rules see of a state: records as JSON, made as they are looked at."""

    def __init__(self, shelves: tuple[Shelf, ...], opened: Changes, changes: Changes) -> None:
        self._shelves = {shelf.table: shelf for shelf in shelves}
        self._opened = opened
        self._changes = changes

    def records(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        """Records of a table by id, as they are now."""
        shelf = self._shelves[table]
        now = {**shelf.base, **self._changes.get(table, {})}
        return {key: shelf.dumped(record) for key, record in now.items() if record is not None}

    def changed(self, table: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """Id, before and after of records changed since the session was opened, those created or removed left out."""
        shelf = self._shelves[table]
        for key in self._changes.get(table, {}):
            before, after = shelf.now(self._opened, key), shelf.now(self._changes, key)
            if before is not after and before is not None and after is not None:
                yield key, shelf.dumped(before), shelf.dumped(after)


def shelves_of(database: BaseModel | None, actor: Actor, taken: frozenset[str], freeze: Freezer) -> Iterator[Shelf]:
    """The tables of a database, frozen: a name that is `taken` is told apart by whose it is."""
    hints = typing.get_type_hints(type(database)) if database is not None else {}
    for field in type(database).model_fields if database is not None else ():
        value = getattr(database, field)
        table = f"{actor}_{field}" if field in taken else field
        form, kind = _form(hints[field])
        id_field = _id_field(kind, value) if form != "one" else ""
        if form == "list" and not id_field:
            form, kind = "one", hints[field]
        base: Mapping[str, Any]
        if form == "one":
            base = {table: value}
        else:
            base = value if form == "dict" else {getattr(record, id_field): record for record in value}
        base = {key: freeze(record) for key, record in base.items()}
        yield Shelf(table, actor, field, form, id_field, TypeAdapter(kind), kind, base, freeze)


def _form(hint: Any) -> tuple[typing.Literal["dict", "list", "one"], Any]:  # noqa: ANN401 - an annotation
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is dict and inner[0] is str and _is_model(inner[1]):
        return "dict", inner[1]
    if origin is list and _is_model(inner[0]):
        return "list", inner[0]
    return "one", hint


def members_of(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - an annotation
    """The classes that records of an annotation may be of."""
    return typing.get_args(kind) or (kind,)


def _is_model(kind: Any) -> bool:  # noqa: ANN401 - an annotation
    return all(isinstance(member, type) and issubclass(member, BaseModel) for member in members_of(kind))


def _id_field(kind: Any, records: Any) -> str:  # noqa: ANN401 - an annotation, and their dict or list
    """The first field that every record goes by: its key in a dict, an id that tells it apart in a list."""
    for name in members_of(kind)[0].model_fields:
        if isinstance(records, dict):
            fits = all(getattr(record, name, None) == key for key, record in records.items())
        else:
            ids = [getattr(record, name, None) for record in records]
            named = name == "id" or name.endswith(("_id", "_number"))
            fits = named and all(isinstance(i, str) for i in ids) and len(set(ids)) == len(ids)
        if fits:
            return str(name)
    return ""


def records_in(value: Any, depth: int = 4) -> Iterator[BaseModel]:  # noqa: ANN401 - a tool's result
    """Every model near the top of a tool's result."""
    if isinstance(value, BaseModel):
        yield value
    elif depth and isinstance(value, dict | list | tuple):
        members = dict.values(value) if isinstance(value, dict) else value
        yield from itertools.chain.from_iterable(records_in(member, depth - 1) for member in members)
