"""What the result of an imported tool holds: its annotation walked, or results that were seen."""

import datetime
import enum
import inspect
import json
import re
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import BaseModel

from tools_env.imports import words
from tools_env.imports.columns import Column, columns_of
from tools_env.imports.fields import Fields
from tools_env.imports.spaces import container
from tools_env.tool import Yield
from tools_env.values import Json, Meaning

_LISTS = frozenset({list, tuple, set, frozenset, Sequence, Iterable, Collection})
_MAPS = frozenset({dict, Mapping})
_HEAD = re.compile(r"_(?:by|for|from|of|with)_.*\Z")


class _At(NamedTuple):
    """Where the walk is: the path in the result, and the field that it came through."""

    path: str
    model: str
    name: str
    place: str = ""
    beside: frozenset[str] = frozenset()
    outer: frozenset[str] = frozenset()
    within: tuple[type[BaseModel], ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """Reads results' meanings; what models say of fields of the data is noted in `fields`."""

    fields: Fields
    given: Mapping[str, Meaning]

    def of(self, tool: str, returns: object, examples: Sequence[Json]) -> tuple[Yield, ...]:
        """Every value with a meaning in a tool's result; examples speak where the annotation says nothing."""
        found = list(self._walk(returns, _At("", "", _HEAD.sub("", words.snake(tool)))))
        if examples and all(not y.path.strip("[]") for y in found):
            seen = list(self._seen([_parsed(e) for e in examples]))
            found = seen if any(y.path or y.meaning.kind == "identifier" for y in seen) else found
        merged: dict[str, Yield] = {}
        for one in found:
            first = merged.setdefault(one.path, one)
            if one.own and not first.own:
                merged[one.path] = first.model_copy(update={"own": True})
        return tuple(merged.values())

    def _walk(self, hint: object, at: _At) -> Iterator[Yield]:
        for plain in members(hint):
            origin, arguments = typing.get_origin(plain), typing.get_args(plain)
            if origin in _LISTS or plain in _LISTS:
                for inner in dict.fromkeys(a for a in arguments if a is not Ellipsis):
                    yield from self._walk(inner, at._replace(path=f"{at.path}[]"))
            elif origin in _MAPS:
                yield from self._walk(arguments[1], at._replace(path=f"{at.path}.*" if at.path else "*"))
            elif inspect.isclass(plain) and issubclass(plain, BaseModel):
                if plain not in at.within:
                    yield from self._object(plain, at)
            elif _scalar(plain):
                yield Yield(path=at.path, meaning=self._meaning(plain, at))

    def _object(self, model: type[BaseModel], at: _At) -> Iterator[Yield]:
        names = frozenset(model.model_fields)
        place = self.fields.place_of(names)
        inside = at._replace(model=model.__name__, place=place, beside=names, within=(*at.within, model))
        ways = {n: inside._replace(path=f"{at.path}.{n}" if at.path else n, name=n) for n in model.model_fields}
        hints = {n: info.annotation for n, info in model.model_fields.items()}
        if place and names >= self.fields.places[place].keys():
            for name, hint in hints.items():
                self._learn(hint, ways[name])
        plain = {n: m for n, h in hints.items() if (m := self._single(h, ways[n])) is not None}
        titles = (words.snake(model.__name__), words.singular(words.snake(container(at.path))))
        own = own_field(self.fields, plain, place, titles, next(iter(hints), ""), at.outer)
        outer = at.outer | ({plain[own].of} if own else frozenset())
        for name, hint in hints.items():
            for one in self._walk(hint, ways[name]._replace(outer=outer)):
                yield one.model_copy(update={"own": True}) if name == own and one.path == ways[name].path else one

    def _single(self, hint: object, at: _At) -> Meaning | None:
        kinds = [m for m in members(hint) if _scalar(m)]
        return self._meaning(kinds[0], at) if kinds and len(kinds) == len(members(hint)) else None

    def _learn(self, hint: object, at: _At) -> None:
        """Note what a model says of a field whose records it describes."""
        known = self.fields.at(at.place, at.name)
        inner, many = hint, False
        while len(found := members(inner)) == 1 and typing.get_origin(found[0]) in _LISTS:
            inner, many = typing.get_args(found[0])[0], True
        listed = at._replace(path=f"{at.path}[]") if many else at
        meaning = self._single(inner, listed) or Meaning("nested")
        beside = next(iter(self.fields.places[at.place].values()))
        path = f"{beside.inside}.{at.name}" if beside.inside else at.name
        path = f"{path}[]" if many else path
        column = known or Column(beside.table, beside.inside, path, at.name, (), nested=meaning.kind == "nested")
        options = _options(members(inner))
        if (options or known is None or known.silent) and column.field not in self.given:
            self.fields.add(column, meaning, options)

    def _meaning(self, plain: object, at: _At) -> Meaning:
        """The meaning of a plain value: what the overlay, the data, its type and its name say, in this order."""
        if (given := self.given.get(f"{at.model}.{at.name}")) is not None:
            return given
        column = self.fields.at(at.place, at.name)
        told = column is not None and (column.field in self.given or not column.silent)
        known = self.fields.meanings[column.field] if column is not None and told else None
        if column is not None and known is not None and (known.kind == "identifier" or column.field in self.given):
            return known
        if (typed := _typed(plain, at.name)) is not None:
            return typed
        if known is not None and known.kind not in {"nested", "flag"}:
            return known
        if not at.model:  # the tool's own name: an id only where it says so
            spoken = self.fields.spoken(at.name) if words.noun(at.name) else None
        elif space := self.fields.spaces.called(at.name, many=at.path.endswith("[]")):
            spoken = Meaning("identifier", space), ()
        else:
            spoken = self.fields.spoken(at.name, {words.snake(at.model)}, at.beside)
        if spoken is None or spoken[0].kind in {"amount", "contact", "count", "flag", "nested"}:
            return words.text(at.name, at.beside)
        return spoken[0]

    def _seen(self, examples: Sequence[Json]) -> Iterator[Yield]:
        columns = [c for c in columns_of("", [("", e) for e in examples], maps=True) if not c.nested]
        shapes: dict[str, list[Column]] = {}
        for column in columns:
            shapes.setdefault(column.place, []).append(column)
        for shape in shapes.values():
            names = frozenset(c.name for c in shape)
            place = self.fields.place_of(names - {""})
            found = {c.name: self._known(c, place, names) for c in shape}
            single = {n: found[n] for n in found if any(c.name == n and c.path.endswith(n) for c in shape)}
            title = words.singular(words.snake(container(shape[0].inside)))
            own = own_field(self.fields, single, place, (title,), shape[0].name, frozenset())
            for column in shape:
                yield Yield(path=column.path, meaning=found[column.name], own=bool(own) and column.name == own)

    def _known(self, column: Column, place: str, beside: frozenset[str]) -> Meaning:
        meaning, _ = self.fields.classify(column, beside)
        known = self.fields.at(place, column.name) or (self.fields.named(column.name) if not column.values else None)
        return self.fields.meanings[known.field] if known and meaning.kind != "identifier" else meaning


def own_field(
    fields: Fields, ids: Mapping[str, Meaning], place: str, titles: Sequence[str], first: str, outer: Collection[str]
) -> str:
    """The field by whose value an object goes, "" for none: where its sort of ids is at home, else the one called like
    the object, else, where nothing like it is stored, its first field. The id of a record around it is never its own.
    """
    found = [(n, m.of) for n, m in ids.items() if m.kind == "identifier" and m.of not in outer]
    for name, space in found:
        if fields.spaces.homes.get((place, name)) == space:
            return name
    for name, space in found:
        sort = words.singular(words.snake(space))
        if any(words.ends(title, sort) for title in titles):
            return name
    return first if not place and any(n == first for n, _ in found) else ""


def members(hint: object) -> list[object]:
    """The types that an annotation stands for, without notes and without None."""
    if typing.get_origin(hint) is typing.Annotated:
        return members(typing.get_args(hint)[0])
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return [m for a in typing.get_args(hint) for m in members(a)]
    return [] if hint is None or hint is type(None) else [hint]


def _scalar(plain: object) -> bool:
    if typing.get_origin(plain) is Literal:
        return True
    kinds = (str, int, float, datetime.date, enum.Enum)
    return inspect.isclass(plain) and issubclass(plain, kinds)


def _typed(plain: object, name: str) -> Meaning | None:
    """What a type alone says; None for text."""
    if typing.get_origin(plain) is Literal:
        return Meaning("choice")
    if not inspect.isclass(plain):
        return None
    if issubclass(plain, enum.Enum):
        return Meaning("choice")
    if issubclass(plain, bool):
        return Meaning("flag")
    if issubclass(plain, datetime.date):
        return Meaning("date")
    return words.number(name) if issubclass(plain, int | float) else None


def _options(plain: Iterable[object]) -> tuple[str, ...]:
    found: list[str] = []
    for one in plain:
        if typing.get_origin(one) is Literal:
            found += [str(a) for a in typing.get_args(one)]
        elif inspect.isclass(one) and issubclass(one, enum.Enum):
            found += [str(e.value) for e in one]
    return tuple(dict.fromkeys(found))


def _parsed(example: Json) -> Json:
    """A text that is JSON of an object or array, read as such."""
    if not isinstance(example, str) or example[:1] not in {"{", "["}:
        return example
    try:
        found: Json = json.loads(example)
    except ValueError:
        return example
    return found
