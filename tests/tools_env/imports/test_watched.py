import copy
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel

from tools_env.imports.frozen import Freezer, FrozenDict, FrozenList, Shown, WouldChange, plain_type
from tools_env.imports.watched import Watched, clone


class Colour(StrEnum):
    RED = "red"


class Part(BaseModel):
    name: str
    sizes: list[int] = []


class Thing(BaseModel):
    id: str
    colour: Colour = Colour.RED
    part: Part
    parts: dict[str, Part] = {}
    notes: dict[str, str] = {}
    history: list[Part] = []
    either: Part | int = 0


def thing(key: str = "a") -> Thing:
    return Thing(
        id=key,
        part=Part(name="wheel", sizes=[1, 2]),
        parts={"x": Part(name="axle", sizes=[3])},
        notes={"k": "v"},
        history=[Part(name="old"), Part(name="early")],
        either=Part(name="or"),
    )


CHANGES: list[Callable[[Thing], object]] = [
    lambda t: setattr(t, "id", "b"),
    lambda t: setattr(t.part, "name", "hub"),
    lambda t: t.part.sizes.append(9),
    lambda t: t.parts.pop("x"),
    lambda t: t.parts.clear(),
    lambda t: t.parts.update(y=Part(name="new")),
    lambda t: t.parts.setdefault("z", Part(name="new")),
    lambda t: t.parts.popitem(),
    lambda t: t.parts["x"].sizes.append(4),
    lambda t: next(iter(t.parts.values())).sizes.clear(),
    lambda t: next(p for _, p in t.parts.items()).sizes.extend([1]),
    lambda t: t.parts.get("x", t.part).sizes.insert(0, 7),
    lambda t: dict(t.parts)["x"].sizes.extend([5]),
    lambda t: {**t.parts}["x"].sizes.extend([5]),
    lambda t: (t.parts | {})["x"].sizes.remove(3),
    lambda t: copy.copy(t.parts)["x"].sizes.append(1),
    lambda t: next(reversed(t.parts.values())).sizes.append(2),
    lambda t: t.notes.__setitem__("k", "w"),
    lambda t: t.notes.__ior__({"l": "m"}),
    lambda t: t.history.append(Part(name="new")),
    lambda t: t.history[0].sizes.append(1),
    lambda t: t.history.sort(key=lambda p: p.name),
    lambda t: t.history.pop(),
    lambda t: t.history.__setitem__(0, Part(name="else")),
    lambda t: t.history.__iadd__([Part(name="more")]),
    lambda t: t.either.sizes.append(1),  # type: ignore[union-attr] # it is a part here
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_clone_changes_as_the_original_would_and_leaves_it_alone(change: Callable[[Thing], object]):
    original, expected = Freezer()(thing()), thing()
    change(expected)
    lent = clone(original)
    assert lent == thing()
    change(lent)
    assert lent == expected
    assert lent != original
    assert original == thing()
    assert Freezer()(lent).model_dump() == expected.model_dump()


@pytest.mark.parametrize("change", CHANGES)
def test_a_frozen_record_refuses_every_change_or_gives_a_copy(change: Callable[[Thing], object]):
    frozen = Freezer()(thing())
    with pytest.raises(WouldChange):
        change(frozen)
    assert frozen == thing()


def test_a_frozen_record_looks_like_the_record():
    freeze = Freezer()
    frozen = freeze(thing())
    assert isinstance(frozen, Thing)
    assert isinstance(frozen.part, Part)
    assert plain_type(frozen) is Thing
    assert type(frozen).__name__ == "Thing"
    assert thing() == frozen
    assert frozen == thing()
    assert frozen != thing("b")
    assert frozen.model_dump(mode="json") == thing().model_dump(mode="json")
    assert json.loads(frozen.model_dump_json()) == json.loads(thing().model_dump_json())
    assert freeze(frozen) is frozen
    assert sorted(frozen.history, key=lambda p: p.name) == thing().history[::-1]
    assert Thing.model_validate(frozen.model_dump()) == thing()


def test_deep_copies_of_frozen_containers_can_be_changed():
    frozen: Any = Freezer()({"a": [1, {"b": [2]}]})
    assert (type(frozen), type(frozen["a"])) == (FrozenDict, FrozenList)
    for copied in (copy.deepcopy(frozen), copy.copy(frozen)):
        copied["new"] = 1
    deep = copy.deepcopy(frozen)
    deep["a"][1]["b"].append(3)
    assert frozen == {"a": [1, {"b": [2]}]}


def test_a_shown_table_notes_what_is_asked_for_by_key_only():
    table = Shown({"a": 1, "b": 2, "c": 3})
    assert [table["b"], table.get("c"), table.get("z"), sum(table.values()), "a" in table] == [2, 3, None, 6, True]
    assert list(table.asked) == ["b", "c"]


def test_a_watched_table_knows_what_was_lent_and_what_was_asked_for():
    records = {key: Freezer()(thing(key)) for key in "abcd"}
    table = Watched(records)
    assert "a" in table
    assert len(table) == 4
    assert (table.lent, dict(table.asked)) == (set(), {})
    first = next(iter(table.values()))
    assert table["a"] is first
    assert table["a"] is table.get("a")
    table["e"] = thing("e")
    del table["b"]
    with pytest.raises(KeyError):
        table["z"]
    with pytest.raises(KeyError):
        table.pop("z")
    assert table.pop("z", None) is None
    assert (table.lent, list(table.asked)) == ({"a", "e", "b"}, ["a", "e", "b"])
    assert [key for key, _ in table.items()] == ["a", "c", "d", "e"]
    assert list(records) == list("abcd")


def test_copies_of_a_watched_table_are_plain_and_independent():
    records = {"a": Freezer()(thing())}
    for made in (copy.deepcopy(Watched(records)), copy.deepcopy(Watched({"a": thing()}))):
        assert type(made) is dict
        made["a"].part.sizes.append(9)
    table = Watched(records)
    again = clone(table)
    again["a"].part.sizes.append(9)
    assert table["a"] == records["a"] == thing()
    assert thing() in Watched(records).values()
    assert json.loads(json.dumps(Watched({"n": {"k": [1]}}))) == {"n": {"k": [1]}}
