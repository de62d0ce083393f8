"""What every field of an imported world means, found by its place in the data or by its name."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tools_env.imports import words
from tools_env.imports.columns import Column, columns_of
from tools_env.imports.spaces import Spaces, spaces_of
from tools_env.values import TEXT, Json, Meaning

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?\Z")
_LONG, _FEW, _TIMES, _ALIKE = 60, 12, 5, 0.6


@dataclass(slots=True)
class Fields:
    """Columns of the data with their meanings, by place; models of results may add what the data does not show."""

    spaces: Spaces
    meanings: dict[str, Meaning] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, dict[str, Column]] = field(default_factory=dict)
    names: dict[str, list[Column]] = field(default_factory=dict)

    def add(self, column: Column, meaning: Meaning, options: tuple[str, ...] = ()) -> None:
        """Note what a field means, and what it may hold when it is a choice; a later note replaces an earlier one."""
        if column.name not in self.places.setdefault(column.place, {}):
            self.places[column.place][column.name] = column
            self.names.setdefault(_key(column.name), []).append(column)
        self.meanings[column.field], self.options[column.field] = meaning, options

    def at(self, place: str, name: str) -> Column | None:
        """The field of that name at a place."""
        return self.places.get(place, {}).get(name)

    def place_of(self, names: Collection[str]) -> str:
        """The place whose objects have such fields, "" when none is much like them."""
        wanted, best = set(names), ("", (_ALIKE, 0.0))
        for place, here in self.places.items():
            both = len(wanted & here.keys())
            score = (max(both / len(wanted), both / len(here)) if wanted else 0, both / len(wanted | here.keys()))
            if both >= min(2, len(wanted)) and score > best[1]:
                best = (place, score)
        return best[0]

    def named(self, name: str, near: Collection[str] = (), beside: frozenset[str] = frozenset()) -> Column | None:
        """The field that a name speaks of: of several, one of a table in `near`, one that fits the names `beside` it,
        one with values, one of the commonest meaning, in this order.
        """
        found = sorted((c for c in self.names.get(_key(name), ()) if not c.nested), key=lambda c: c.field)
        kinds = [self.meanings[c.field] for c in found]
        address = words.contact(name, beside) is not None

        def rank(column: Column) -> tuple[bool, bool, bool, int]:
            meaning = self.meanings[column.field]
            fits = (meaning.kind == "contact") == address
            return _table(column) in near, fits, not column.silent, kinds.count(meaning)

        return max(found, key=rank, default=None)

    def spoken(
        self, name: str, near: Collection[str] = (), beside: frozenset[str] = frozenset()
    ) -> tuple[Meaning, tuple[str, ...]] | None:
        """Meaning and options of the field that a name speaks of, its first words left out if need be."""
        for form in (name, *words.shorter(name)):
            if column := self.named(form, near, beside) if form != "id" else None:
                return self.meanings[column.field], self.options[column.field]
        space = self.spaces.called(name)
        return (Meaning("identifier", space), ()) if space else None

    def classify(self, column: Column, beside: frozenset[str] = frozenset()) -> tuple[Meaning, tuple[str, ...]]:
        """What the values of a column mean; `beside` are the names of the fields that stand with it."""
        if space := self.spaces.pointed(column):
            return Meaning("identifier", space), ()
        if column.nested:
            return Meaning("nested"), ()
        texts = [v for v in column.values if isinstance(v, str)]
        if not column.values:
            space = self.spaces.called(column.name, many=column.path.endswith("[]"))
            return (Meaning("identifier", space) if space else words.text(column.name, beside)), ()
        if not texts:
            flags = all(isinstance(v, bool) for v in column.values)
            return (Meaning("flag") if flags else words.number(column.name, column.inside)), ()
        if len(texts) < len(column.values):
            return TEXT, ()
        return _text(column.name, texts, beside)


def _text(name: str, texts: Sequence[str], beside: frozenset[str]) -> tuple[Meaning, tuple[str, ...]]:
    if all(_DATE.match(t) for t in texts):
        return Meaning("date"), ()
    meaning, different = words.text(name, beside), sorted(set(texts))
    if meaning.kind in {"contact", "prose"}:
        return meaning, ()
    if len(different) <= _FEW and len(texts) >= _TIMES * len(different):
        return Meaning("choice"), tuple(different)
    if sum(map(len, different)) > _LONG * len(different):
        return Meaning("prose", words.snake(name)), ()
    return TEXT, ()


def _key(name: str) -> str:
    return words.singular(words.snake(name))


def _table(column: Column) -> str:
    return words.singular(words.snake(column.table))


def fields_of(tables: Mapping[str, Mapping[str, Json]], given: Mapping[str, Meaning]) -> Fields:
    """Every field of every table, with the meaning `given` for it or the one that its values and names show."""
    columns = [c for name, rows in tables.items() for c in columns_of(name, rows.items())]
    found = Fields(spaces_of(tables, columns))
    beside: dict[str, set[str]] = {}
    for column in columns:
        beside.setdefault(column.place, set()).add(column.name)
    for column in columns:
        meaning, options = found.classify(column, frozenset(beside[column.place]))
        meaning = given.get(column.field, meaning)
        found.add(column, meaning, options if meaning.kind == "choice" else ())
    return found
