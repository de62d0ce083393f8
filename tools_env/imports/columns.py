"""JSON records read by columns: every value that stands at one place in records of one table."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tools_env.values import Json

Keyed: TypeAlias = tuple[str, Json]
"""A value with the key under which the record around it stands, "" where there is none."""

_FIELD = re.compile(r"[A-Za-z_$@][\w$@-]*\Z")
_MANY_KEYS = 12


class Column(NamedTuple):
    """The values at one place: `path` in the records of a table, `inside` the path of the object around them.

    `keyed` says that each is the key of its record, `nested` that objects stand there; null values are left out.
    """

    table: str
    inside: str
    path: str
    name: str
    values: tuple[str | float | bool, ...]
    keyed: bool = False
    nested: bool = False

    @property
    def silent(self) -> bool:
        """Whether the data says nothing of it: only nulls and empty lists stand there."""
        return not (self.values or self.nested)

    @property
    def place(self) -> str:
        """The objects around it, such as `orders/items[]`."""
        return f"{self.table}/{self.inside}"

    @property
    def field(self) -> str:
        """Its key among fields of state: `orders/items[].item_id`, a list of values without brackets."""
        return f"{self.table}/{self.path.removesuffix('[]')}"


def columns_of(table: str, records: Iterable[Keyed], *, maps: bool = False) -> Iterator[Column]:
    """Every column of a table's records; with `maps`, a record itself may be a mapping of names to values."""
    yield from _walk(Column(table, "", "", "", ()), list(records), maps=maps)


def _walk(at: Column, members: Sequence[Keyed], *, maps: bool) -> Iterator[Column]:
    objects = [(k, v) for k, v in members if isinstance(v, dict)]
    lists = [v for _, v in members if isinstance(v, list)]
    plain = [(k, v) for k, v in members if isinstance(v, str | int | float)]
    if objects and maps and _is_map([v for _, v in objects]):
        inner = [(k, x) for _, v in objects for k, x in v.items()]
        yield from _walk(at._replace(path=f"{at.path}.*" if at.path else "*"), inner, maps=True)
    elif objects:
        if at.path:
            yield at._replace(nested=True)
        for name in dict.fromkeys(n for _, v in objects for n in v):
            path = f"{at.path}.{name}" if at.path else name
            inner = [(k, v[name]) for k, v in objects if name in v]
            yield from _walk(Column(at.table, at.path, path, name, ()), inner, maps=True)
    if lists:
        yield from _walk(at._replace(path=f"{at.path}[]"), [("", x) for v in lists for x in v], maps=maps)
    if plain or not (objects or lists):
        keyed = bool(plain) and all(k == str(v) for k, v in plain)
        yield at._replace(values=tuple(v for _, v in plain), keyed=keyed)


def _is_map(objects: Sequence[Mapping[str, Json]]) -> bool:
    """Whether keys are data, not field names: they repeat inside what they key, are no names, or are too many."""
    keys = {k for o in objects for k in o}
    values = [(k, v) for o in objects for k, v in o.items()]
    if not keys or len({type(v) for _, v in values}) > 1:
        return False
    if any(not _FIELD.match(k) for k in keys) or len(keys) > max(_MANY_KEYS, 4 * max(len(o) for o in objects)):
        return True
    return all(isinstance(v, dict) and k in v.values() for k, v in values)
