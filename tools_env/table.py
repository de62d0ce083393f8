"""Copy-on-write tables of records: a fork shares everything until it writes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from tools_env.calls import Because, Edit, Refused
from tools_env.values import Json

_PLAIN = {str, int, float, bool, type(None)}


class Record(BaseModel):
    """One row of a table; its first field is its id. Frozen: a change makes a new record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_field: ClassVar[str] = ""
    """Name of the field that holds the id."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Note the first field."""
        cls.key_field = next(iter(cls.model_fields), "")

    @property
    def key(self) -> str:
        """The record's id."""
        key: str = self.__dict__[self.key_field]
        return key

    def shown(self) -> dict[str, Json]:
        """The record as JSON."""
        values: dict[str, Json] = self.__pydantic_serializer__.to_python(self, mode="json")
        return values

    def shown_field(self, name: str) -> Json:
        """One field as JSON."""
        value: Json = self.__dict__[name]
        if type(value) not in _PLAIN:
            value = self.__pydantic_serializer__.to_python(self, mode="json", include={name})[name]
        return value


R = TypeVar("R", bound=Record)


class Index:
    """Lookups by the value of a field in the base of a snapshot, built once and shared by all its forks."""

    __slots__ = ("_base", "_by_field")

    def __init__(self, base: Mapping[str, Any]) -> None:
        self._base = base
        self._by_field: dict[str, dict[object, list[str]]] = {}

    def ids(self, field: str, value: object) -> list[str]:
        """Ids of the base records whose `field` equals `value`, in base order."""
        found = self._by_field.get(field)
        if found is None:
            found = {}
            for key, record in self._base.items():
                found.setdefault(getattr(record, field), []).append(key)
            self._by_field[field] = found
        return found.get(value, [])


class Table(Generic[R]):
    """Records by id. Reads note what they touched; writes go to an overlay that forks share until one writes.

    Costs: fork O(1), write O(records changed since the snapshot), lookup O(1), `where` O(matches + changes).
    """

    __slots__ = ("_base", "_changes", "_index", "_opened", "_shared", "name", "record_type", "touched")

    def __init__(self, name: str, record_type: type[R], records: Mapping[str, R] | None = None) -> None:
        self.name = name
        self.record_type = record_type
        self._base: Mapping[str, R] = records or {}
        self._index = Index(self._base)
        self._changes: dict[str, R | None] = {}
        self._opened: Mapping[str, R | None] = {}
        self._shared = False
        self.touched: list[str] = []

    def fork(self) -> Self:
        """Another copy that shares base and overlay; the first to write afterwards copies the overlay."""
        twin = object.__new__(type(self))
        twin.name = self.name
        twin.record_type = self.record_type
        twin._base = self._base
        twin._index = self._index
        twin._changes = self._changes
        twin._opened = self._opened
        twin._shared = self._shared = True
        twin.touched = []
        return twin

    def settled(self) -> Self:
        """The same records with an empty overlay: how a snapshot is frozen once it is filled.

        Pydantic gives each its own set of the fields that were given, which is half of its memory: they share one.
        """
        merged = {k: v for k, v in {**self._base, **self._changes}.items() if v is not None}
        given = set(self.record_type.model_fields)
        for record in merged.values():
            object.__setattr__(record, "__pydantic_fields_set__", given)
        return type(self)(self.name, self.record_type, merged)

    def get(self, key: str) -> R | None:
        """The record, or None."""
        record = self.peek(key)
        if record is not None:
            self.touched.append(key)
        return record

    def __getitem__(self, key: str) -> R:
        """The record; a call that names a record that does not exist is refused in words an agent can use."""
        record = self.get(key)
        if record is None:
            name = self.name.replace("_", " ")
            raise Refused("", f"There is no {key!r} among the {name}: ids cannot be guessed, look them up first.")
        return record

    def __contains__(self, key: str) -> bool:
        return self._changes[key] is not None if key in self._changes else key in self._base

    def __iter__(self) -> Iterator[R]:
        """All records in base order, then the created ones; iterating is not noted as touching."""
        changes = self._changes
        for key, record in self._base.items():
            now = changes.get(key, record) if changes else record
            if now is not None:
                yield now
        for key, created in changes.items():
            if created is not None and key not in self._base:
                yield created

    def __len__(self) -> int:
        created = sum(1 for k, v in self._changes.items() if v is not None and k not in self._base)
        gone = sum(1 for k, v in self._changes.items() if v is None and k in self._base)
        return len(self._base) + created - gone

    def where(self, **equal: object) -> list[R]:
        """Records whose fields equal the given values, in base order, then changed and created ones."""
        (field, value), *rest = equal.items()
        changes, keys = self._changes, self._index.ids(field, value)
        if changes:
            keys = [*dict.fromkeys([*keys, *changes])]
        candidates = [r for k in keys if (r := changes[k] if k in changes else self._base[k]) is not None]
        found = [r for r in candidates if getattr(r, field) == value and all(getattr(r, f) == v for f, v in rest)]
        self.touched.extend(r.key for r in found)
        return found

    def one(self, **equal: object) -> R:
        """The first record whose fields equal the given values; a call that finds none is refused."""
        if found := self.where(**equal):
            return found[0]
        asked = " and ".join(f"{name.replace('_', ' ')} {value}" for name, value in equal.items())
        raise Refused("", f"No {self.name.replace('_', ' ')} with {asked}: ask for the right one.")

    def select(self, wanted: Callable[[R], bool]) -> list[R]:
        """Records for which `wanted` holds; looks at every record."""
        found = [r for r in self if wanted(r)]
        self.touched.extend(r.key for r in found)
        return found

    def put(self, record: R) -> R:
        """Create or replace a record."""
        self._own()[record.key] = record
        self.touched.append(record.key)
        return record

    def change(self, record: R, **fields: object) -> R:
        """Replace some fields of a record; the new values are validated."""
        values = {name: getattr(record, name) for name in type(record).model_fields}
        return self.put(type(record).model_validate(values | fields))

    def remove(self, record: R) -> None:
        """Delete a record."""
        self._own()[record.key] = None
        self.touched.append(record.key)

    def new_id(self, prefix: str = "", start: int = 1) -> str:
        """An id that depends on the state alone: `prefix` and the first free number from `start` + table size."""
        prefix, number = prefix or self.name[0].upper(), start + len(self)
        while f"{prefix}{number}" in self._base or f"{prefix}{number}" in self._changes:
            number += 1
        return f"{prefix}{number}"

    def because(self, record: R, field: str, instead: object, **also: object) -> Because:
        """Name a field of a record as the deciding fact of a denial, and a value that would decide otherwise, and in
        `also` values of other fields that go with that one.
        """
        other = record.model_copy(update={field: instead, **also})
        path = f"{self.name}/{record.key}"
        shown = {name: other.shown_field(name) for name in also}
        edits = tuple(Edit(path=f"{path}/{n}", value=v) for n, v in shown.items() if v != record.shown_field(n))
        value, instead = record.shown_field(field), other.shown_field(field)
        return Because(path=f"{path}/{field}", value=value, instead=instead, also=edits)

    def opened(self) -> None:
        """Count changes from here on: what a set-up did is where a talk begins, not part of it."""
        self._shared = True
        self._opened = self._changes

    def changed(self) -> dict[str, tuple[R | None, R | None]]:
        """Records changed since the session was opened: id to (before, after), None where created or removed."""
        return self._since(self._opened)

    def written(self) -> list[R]:
        """Records created or changed since the session was opened, as they are now."""
        return [now for _, now in self.changed().values() if now is not None]

    def created(self) -> list[R]:
        """Records created since the session was opened, as they are now."""
        return [now for before, now in self.changed().values() if now is not None and before is None]

    def changed_since_snapshot(self) -> dict[str, tuple[R | None, R | None]]:
        """As `changed`, what the set-up did included."""
        return self._since({})

    def _since(self, opened: Mapping[str, R | None]) -> dict[str, tuple[R | None, R | None]]:
        changes = self._changes
        if changes is opened or not changes:
            return {}
        found: dict[str, tuple[R | None, R | None]] = {}
        for key, now in changes.items():
            before = opened[key] if key in opened else self._base.get(key)
            if before is not now and (before is None or now is None or before.__dict__ != now.__dict__):
                found[key] = (before, now)
        return found

    def peek(self, key: str) -> R | None:
        """The record, or None, without noting it as touched."""
        return self._changes[key] if key in self._changes else self._base.get(key)

    def removed(self, key: str) -> R | None:
        """The snapshot's record of this id, whatever became of it."""
        return self._base.get(key)

    def _own(self) -> dict[str, R | None]:
        if self._shared:
            self._changes = dict(self._changes)
            self._shared = False
        return self._changes
