"""Created records compare up to renaming: equal when one can be renamed into the other, and only then."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools_env.canon import Layouts
from tools_env.state import Change, comparable, differences, fingerprint_of
from tools_env.values import Contact, Identifier, Json, Prose, Unordered

FIELDS = {
    "boxes/box_id": Identifier("boxes"),
    "boxes/inside": Identifier("boxes"),
    "boxes/beside": Unordered(Identifier("boxes")),
    "boxes/note": Prose(),
    "boxes/place": Contact("place"),
    "lines/line_id": Identifier("lines"),
    "lines/box_id": Identifier("boxes"),
    "shelves/first": Identifier("boxes"),
}
UNSEEN = 99


class Box(NamedTuple):
    """A box of a width, inside one box, beside others in no order, with a list of pairs that hold boxes."""

    width: int = 1
    inside: int | None = None
    beside: tuple[int, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()


class Made(NamedTuple):
    """Boxes by position; lines, each in a box; and boxes that existing shelves name first."""

    boxes: tuple[Box, ...]
    lines: tuple[int, ...] = ()
    shelves: tuple[int, ...] = ()


@st.composite
def made(draw, most=4):
    count = draw(st.integers(1, most))
    one = st.integers(0, count - 1)
    pairs = st.lists(st.tuples(one, one), max_size=2).map(tuple)
    beside = st.lists(one, max_size=2).map(lambda found: tuple(sorted(found)))
    box = st.builds(Box, st.integers(1, 2), st.none() | one, beside, pairs)
    boxes = draw(st.lists(box, min_size=count, max_size=count))
    lines = draw(st.lists(one, max_size=3))
    return Made(tuple(boxes), tuple(lines), tuple(draw(st.lists(one, max_size=2))))


def told(world, random, prefix=""):
    """The world's diff under ids, an order of creation and ways of spelling that are drawn at random."""
    boxes = [f"{prefix}{n}" for n in random.sample(range(10, 99), len(world.boxes))]
    lines = [f"{prefix and 'L'}{n}" for n in random.sample(range(10, 99), len(world.lines))]
    found = []
    for key, box in zip(boxes, world.boxes, strict=True):
        beside = [boxes[n] for n in random.sample(box.beside, len(box.beside))]
        record = {
            "box_id": key,
            "width": random.choice([box.width, float(box.width)]),
            "inside": None if box.inside is None else boxes[box.inside],
            "beside": beside,
            "note": random.choice(["", "fragile", key]),
            "place": random.choice(["12 Alder Row", "12 alder  row"]),
        }
        if prefix:
            record["pairs"] = [{"left": boxes[left], "right": [boxes[right]]} for left, right in box.pairs]
        found.append((f"boxes/{key}", Change(before=None, after=shuffled(record, random))))
    for key, box in zip(lines, world.lines, strict=True):
        found.append((f"lines/{key}", Change(before=None, after={"line_id": key, "box_id": boxes[box]})))
    for number, box in enumerate(world.shelves):
        found.append((f"shelves/S{number}/first", Change(before=None, after=boxes[box])))
    return shuffled(dict(found), random)


def shuffled(values, random):
    return dict(random.sample([*values.items()], len(values)))


def renamed(world, order):
    """The world with the box at each position put at `order[position]`."""
    boxes = {
        order[place]: Box(
            box.width,
            None if box.inside is None else order[box.inside],
            tuple(sorted(order[n] for n in box.beside)),
            tuple((order[left], order[right]) for left, right in box.pairs),
        )
        for place, box in enumerate(world.boxes)
    }
    moved = tuple(boxes[place] for place in range(len(boxes)))
    return Made(moved, tuple(sorted(order[n] for n in world.lines)), tuple(order[n] for n in world.shelves))


def interchangeable(one, other):
    """Whether some renaming turns one world into the other: by trying all of them."""
    if len(one.boxes) != len(other.boxes):
        return False
    plain = renamed(other, range(len(other.boxes)))
    return any(renamed(one, order) == plain for order in itertools.permutations(range(len(one.boxes))))


def hashed(diff):
    changes = {path: (change.before, change.after, *change.any_of) for path, change in diff.items()}
    return fingerprint_of("seed:0", changes, Layouts(FIELDS))


def alike(one, other):
    """Whether two diffs compare equal, which all ways of comparing agree on."""
    verdicts = {
        comparable(one, FIELDS) == comparable(other, FIELDS),
        not differences(one, other, FIELDS),
        hashed(one) == hashed(other),
    }
    assert len(verdicts) == 1
    return verdicts.pop()


def ids_spelling_and_order_of_creation_have_no_meaning(world, random):
    assert alike(told(world, random, "B"), told(world, random, "B"))


def ids_may_coincide_between_tables(world, random):
    assert alike(told(world, random), told(world, random))


def one_other_link_is_a_difference_unless_a_renaming_undoes_it(world, data, random):
    place = data.draw(st.integers(0, len(world.boxes) - 1))
    box = data.draw(st.sampled_from([*world.boxes, Box(inside=place), Box(beside=(place, place)), Box(inside=0)]))
    other = world._replace(boxes=(*world.boxes[:place], box, *world.boxes[place + 1 :]))
    expected = interchangeable(world, other)
    assert alike(told(world, random, "B"), told(other, random, "B")) == expected


def worlds_are_alike_exactly_when_a_renaming_makes_them_so(one, other, random):
    assert alike(told(one, random, "B"), told(other, random, "B")) == interchangeable(one, other)


def one_other_field_is_a_difference(world, data, random):
    place = data.draw(st.integers(0, len(world.boxes) - 1))
    wide = world.boxes[place]._replace(width=UNSEEN)
    other = world._replace(boxes=(*world.boxes[:place], wide, *world.boxes[place + 1 :]))
    assert not alike(told(world, random, "B"), told(other, random, "B"))


def what_stood_there_before_and_what_else_would_do_count(world, random):
    diff = told(world._replace(shelves=(0,)), random, "B")
    first = diff["shelves/S0/first"]
    before = diff | {"shelves/S0/first": first.model_copy(update={"before": "B1"})}
    wider = diff | {"shelves/S0/first": first.model_copy(update={"any_of": ("B1",)})}
    assert len({hashed(diff), hashed(before), hashed(wider)}) == len((diff, before, wider))
    assert differences(diff, before, FIELDS)
    assert not differences(wider, diff, FIELDS), "what else would do makes no difference when it is not taken"


RANDOM = st.randoms(use_true_random=False)
RULES: dict[Callable[..., None], tuple[st.SearchStrategy[Any], ...]] = {
    ids_spelling_and_order_of_creation_have_no_meaning: (made(most=6), RANDOM),
    ids_may_coincide_between_tables: (made(most=6), RANDOM),
    one_other_link_is_a_difference_unless_a_renaming_undoes_it: (made(), st.data(), RANDOM),
    worlds_are_alike_exactly_when_a_renaming_makes_them_so: (made(), made(), RANDOM),
    one_other_field_is_a_difference: (made(), st.data(), RANDOM),
    what_stood_there_before_and_what_else_would_do_count: (made(), RANDOM),
}
"""What holds for all worlds, and what it is about."""


def check_rule(rule: Callable[..., None], examples: int) -> None:
    settings(max_examples=examples)(given(*RULES[rule])(rule))()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds_in_some_worlds(rule):
    check_rule(rule, 20)


@pytest.mark.proof
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds_in_a_thousand_worlds(rule):
    check_rule(rule, 1000)


def test_two_cycles_are_not_one():
    def ring(*sizes):
        boxes, start = [], 0
        for size in sizes:
            boxes += [Box(inside=start + (n + 1) % size) for n in range(size)]
            start += size
        return Made(tuple(boxes))

    def diff(world):
        keys = [f"B{n}" for n in range(len(world.boxes))]
        records: dict[str, Json] = {
            key: {"box_id": key, "inside": keys[box.inside or 0]} for key, box in zip(keys, world.boxes, strict=True)
        }
        return {f"boxes/{key}": Change(before=None, after=record) for key, record in records.items()}

    assert not alike(diff(ring(3, 3)), diff(ring(6)))
    assert not alike(diff(ring(2, 4)), diff(ring(3, 3)))
    assert alike(diff(ring(2, 4)), diff(ring(4, 2)))


def test_any_number_of_records_can_be_alike():
    world = Made((Box(),), lines=(0,) * 60)
    boxes = {"boxes/B": Change(before=None, after={"box_id": "B"})}

    def diff(keys):
        return boxes | {f"lines/{k}": Change(before=None, after={"line_id": k, "box_id": "B"}) for k in keys}

    assert alike(diff([f"L{n}" for n in range(len(world.lines))]), diff([f"M{n}" for n in range(len(world.lines))]))
    assert not alike(diff(["L1", "L2"]), diff(["L1", "L2", "L3"]))


def test_an_id_and_an_empty_list_are_told_apart():
    def diff(left, right):
        return {"boxes/B1": Change(before=None, after={"box_id": "B1", "left": left, "right": right})}

    assert not alike(diff([], "B1"), diff("B1", []))
    assert not alike(diff(["B1"], "B1"), diff("B1", ["B1"]))
