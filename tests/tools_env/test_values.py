import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_env.values import (
    TEXT,
    Contact,
    Identifier,
    Json,
    Meaning,
    Paired,
    Prose,
    Unordered,
    canonical,
    compact,
    folded,
    money,
    same,
    same_arguments,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_is_reached_in_one_step(value):
    assert canonical(canonical(value)) == canonical(value)
    assert same(value, value)


@pytest.mark.parametrize(
    ("one", "other", "meaning"),
    [
        (25, 25.0, TEXT),
        (25, 25.0, Meaning("amount")),
        ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}, TEXT),
        (0.1 + 0.2, 0.3, Meaning("amount")),
        ("12 Alder Row,  Fenwick 40213", "12 alder row Fenwick  40213 ", Contact("street address")),
        ("ADA.BRANDT@example.com", "ada.brandt@example.com", Contact("email")),
        ("anything", "something else", Prose("note")),
        (["b", "a", "a"], ["a", "b", "a"], Unordered()),
        (["I2", "I1"], ["I1", "I2"], Unordered(Identifier("items"))),
    ],
)
def test_equal_meanings_are_the_same(one, other, meaning):
    assert same(one, other, meaning)


@pytest.mark.parametrize(
    ("one", "other", "meaning"),
    [
        (25, 25.01, Meaning("amount")),
        (1, True, TEXT),
        ("25", 25, TEXT),
        ("a b", "A B", TEXT),
        ("M1", "m1", Identifier("members")),
        (["b", "a"], ["a", "b"], TEXT),
        (["a", "a", "b"], ["a", "b", "b"], Unordered()),
        (["a", "a"], ["a"], Unordered()),
        ("12 Alder Row", "13 Alder Row", Contact("street address")),
        (None, "", TEXT),
    ],
)
def test_different_meanings_differ(one, other, meaning):
    assert not same(one, other, meaning)


def test_one_and_true_stay_apart_inside_containers():
    assert not same([1], [True])
    assert not same({"a": 0}, {"a": False})


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=6), st.randoms())
def test_paired_lists_are_multisets_of_pairs(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    meanings = {"old": Paired("swap", Identifier("items")), "new": Paired("swap", Identifier("items"))}
    one = {"old": [a for a, _ in pairs], "new": [b for _, b in pairs]}
    other = {"old": [a for a, _ in shuffled], "new": [b for _, b in shuffled]}
    assert same_arguments(one, other, meanings)


def test_paired_lists_keep_who_goes_with_whom():
    meanings = {"old": Paired("swap", TEXT), "new": Paired("swap", TEXT)}
    assert not same_arguments({"old": ["a", "b"], "new": ["x", "y"]}, {"old": ["a", "b"], "new": ["y", "x"]}, meanings)
    assert not same_arguments({"old": ["a", "b"], "new": ["x", "y"]}, {"old": ["a"], "new": ["x"]}, meanings)
    assert not same_arguments({"old": ["a"], "new": ["x"]}, {"old": ["a"]}, meanings)


def test_arguments_are_compared_by_meaning():
    meanings = {"to": Contact("email"), "note": Prose(), "amount": Meaning("amount")}
    one: dict[str, Json] = {"to": "A@example.com", "note": "hello", "amount": 5}
    assert same_arguments(one, {"to": "a@example.com", "note": "goodbye", "amount": 5.0}, meanings)
    assert not same_arguments(one, {"to": "b@example.com", "note": "hello", "amount": 5}, meanings)
    assert not same_arguments(one, {"to": "a@example.com", "note": "hello"}, meanings)
    assert not same_arguments(one, {**one, "extra": 1}, meanings)


def test_small_things():
    assert money(0.1 + 0.2) == 0.3
    assert folded("  A.  b,C ") == "a b c"
    assert compact({"b": 1, "a": [datetime.date(2026, 1, 2).isoformat(), "é"]}) == '{"a":["2026-01-02","é"],"b":1}'
    with pytest.raises(ValueError, match="JSON compliant"):
        compact(float("nan"))


def test_not_a_number_compares_without_a_crash():
    nan = float("nan")
    assert same([nan, 1], [nan, 1], Unordered())
    assert not same(nan, 1)
    assert same_arguments({"a": [nan]}, {"a": [nan]}, {"a": Paired("p", TEXT)})
