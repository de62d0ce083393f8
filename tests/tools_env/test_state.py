import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_env.state import Change, altered, comparable, differences, fingerprint, plain, record_changes, told
from tools_env.values import Contact, Identifier, Json, Prose, Unordered

FIELDS = {
    "boxes/box_id": Identifier("boxes"),
    "boxes/inside": Identifier("boxes"),
    "boxes/note": Prose(),
    "boxes/place": Contact("place"),
    "boxes/tags": Unordered(),
    "lines/box_id": Identifier("boxes"),
}


def created(table, key, **values):
    return {f"{table}/{key}": Change(before=None, after=values)}


def test_a_changed_record_is_told_field_by_field():
    diff = record_changes("boxes", "B1", {"box_id": "B1", "width": 1, "old": 2}, {"box_id": "B1", "width": 3, "new": 4})
    assert {path: (c.before, c.after) for path, c in diff.items()} == {
        "boxes/B1/new": (None, 4),
        "boxes/B1/old": (2, None),
        "boxes/B1/width": (1, 3),
    }


def test_created_and_removed_records_are_told_whole():
    assert altered("boxes", "B1", None, {"a": 1}) == {"boxes/B1": (None, {"a": 1})}
    assert altered("boxes", "B1", {"a": 1}, None) == {"boxes/B1": ({"a": 1}, None)}
    assert [*told({"b": (1, 2), "a": (3, 4, 5)})] == ["a", "b"]
    assert told({"a": (3, 4, 5)})["a"].any_of == (5,)


def test_prose_is_left_out_and_other_values_compare_by_meaning():
    one = {
        "boxes/B1/note": Change(before="", after="hello"),
        "boxes/B1/place": Change(before="x", after="12 Alder Row,  Fenwick"),
        "boxes/B1/tags": Change(before=[], after=["b", "a"]),
        "boxes/B1/width": Change(before=1, after=25.0),
    }
    other = {
        "boxes/B1/place": Change(before="x", after="12 alder row fenwick"),
        "boxes/B1/tags": Change(before=[], after=["a", "b"]),
        "boxes/B1/width": Change(before=1, after=25),
    }
    assert differences(one, other, FIELDS) == ()
    assert comparable(one, FIELDS) == comparable(other, FIELDS)


def test_a_change_of_spelling_only_is_no_change():
    assert comparable({"boxes/B1/place": Change(before="A b", after="a  B")}, FIELDS) == {}


def test_a_difference_names_path_and_both_values():
    expected = {"boxes/B1/width": Change(before=1, after=2), "boxes/B2/width": Change(before=1, after=2)}
    found = {"boxes/B1/width": Change(before=1, after=3), "boxes/B3/width": Change(before=1, after=9)}
    assert [d.told() for d in differences(expected, found, FIELDS)] == [
        "boxes/B1/width: expected 1 → 2, found 1 → 3",
        "boxes/B2/width: expected 1 → 2, found no change",
        "boxes/B3/width: expected no change, found 1 → 9",
    ]


def test_a_difference_tells_records_that_come_and_go():
    new: dict[str, Json] = {"width": 1, "place": "north"}
    told = {
        "boxes/boxes#1: place expected south, found north": (
            {"boxes/B9": Change(before=None, after={**new, "place": "south"})},
            {"boxes/B7": Change(before=None, after=new)},
        ),
        'boxes/boxes#1: expected a new record {"place":"north","width":1}, found no change': (
            {"boxes/B9": Change(before=None, after=new)},
            {},
        ),
        "boxes/B1: expected the record removed, found no change": ({"boxes/B1": Change(before=new, after=None)}, {}),
    }
    for text, (expected, found) in told.items():
        assert [d.told() for d in differences(expected, found, FIELDS)] == [text]


@pytest.mark.parametrize(
    ("value", "told"),
    [("in transit", "in transit"), ("a, found b", '"a, found b"'), ("", '""'), (None, "nothing"), (1.5, "1.5"),
     ("x" * 61, f'"{"x" * 61}"'), ("a\u202eb", '"a\u202eb"'), (["a"], '["a"]')],
)  # fmt: skip
def test_a_value_for_readers_cannot_pose_as_more(value, told):
    assert plain(value) == told


def test_any_of_widens_what_is_accepted():
    expected = {"boxes/B1/width": Change(before=1, after=2, any_of=(3, 4.0))}
    assert not differences(expected, {"boxes/B1/width": Change(before=1, after=4)}, FIELDS)
    assert differences(expected, {"boxes/B1/width": Change(before=1, after=5)}, FIELDS)
    unchanged = {"boxes/B1/width": Change(before=1, after=1, any_of=(3,))}
    assert comparable(unchanged, FIELDS), "a choice that includes no change is kept"


def test_created_ids_are_renamed_wherever_they_stand():
    one = created("boxes", "B7", box_id="B7", width=1) | created(
        "lines", "L1", line_id="L1", box_id="B7", n=[{"x": "B7"}]
    )
    other = created("boxes", "X", box_id="X", width=1.0) | created(
        "lines", "Y", line_id="Y", box_id="X", n=[{"x": "X"}]
    )
    one["boxes/B1/inside"] = Change(before=None, after="B7")
    other["boxes/B1/inside"] = Change(before=None, after="X")
    assert not differences(one, other, FIELDS)
    assert [*comparable(one, FIELDS)] == ["boxes/B1/inside", "boxes/boxes#1", "lines/lines#1"]


def test_who_points_at_whom_matters_even_where_contents_tie():
    boxes = created("boxes", "B1", box_id="B1") | created("boxes", "B2", box_id="B2")
    apart = (
        boxes | created("lines", "L1", line_id="L1", box_id="B1") | created("lines", "L2", line_id="L2", box_id="B2")
    )
    both_in_one = (
        boxes | created("lines", "L1", line_id="L1", box_id="B1") | created("lines", "L2", line_id="L2", box_id="B1")
    )
    assert differences(apart, both_in_one, FIELDS)
    one = apart | {
        "boxes/B9/inside": Change(before=None, after="B1"),
        "boxes/B8/inside": Change(before=None, after="B2"),
    }
    crossed = apart | {
        "boxes/B9/inside": Change(before=None, after="B2"),
        "boxes/B8/inside": Change(before=None, after="B1"),
    }
    assert not differences(one, crossed, FIELDS), "the two boxes are interchangeable"


def forest(parents, names):
    """Boxes inside boxes: the box at each position lies in the one at `parents[position]`, or in none."""
    found: dict[str, Change] = {}
    for position, parent in enumerate(parents):
        inside = None if parent is None else names[parent]
        found |= created("boxes", names[position], box_id=names[position], inside=inside, width=1)
    return found


@given(st.lists(st.integers(0, 4), min_size=2, max_size=6), st.randoms())
def test_the_order_of_creation_has_no_meaning(choices, random):
    parents = [None, *(choice % position if choice else None for position, choice in enumerate(choices, 1))]
    names = [f"B{n}" for n in range(len(parents))]
    shuffled = random.sample(names, len(names))
    items = [*forest(parents, shuffled).items()]
    random.shuffle(items)
    assert comparable(forest(parents, names), FIELDS) == comparable(dict(items), FIELDS)


def test_different_forests_differ():
    shapes = {
        tuple(sorted(map(str, comparable(forest(parents, ["A", "B", "C"]), FIELDS).items())))
        for parents in itertools.product([None], [None, 0], [None, 0, 1])
    }
    assert len(shapes) == 4, "none, one pair, a chain of three, two in one"


def test_equal_ids_in_two_tables_do_not_hide_each_other():
    one = created("boxes", "1", box_id="1", width=1) | created("lines", "1", line_id="1", width=2)
    other = created("boxes", "1", box_id="1", width=1) | created("lines", "2", line_id="2", width=3)
    assert [d.path for d in differences(one, other, FIELDS)]


PARTS: list[list[Json]] = [["a", "b"], ["ab"], [["a", "b"]], ["b", "a"], [], [None]]


@pytest.mark.parametrize("parts", PARTS)
def test_fingerprints_keep_parts_apart(parts):
    assert [fingerprint(parts) == fingerprint(other) for other in PARTS].count(True) == 1
    assert len(fingerprint(parts)) == 64


def test_a_fingerprint_takes_any_text():
    assert fingerprint(["\ud800"]) != fingerprint(["é"])
