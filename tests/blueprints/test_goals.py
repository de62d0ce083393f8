"""Picking a record out: whatever is described is that record and no other."""

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from apigen_mt.cast.reading import named
from blueprints.goals import Pick, pick, resolves
from blueprints.knowledge import Referent
from blueprints.wording import COUNT_FLOOR, Attribute
from tests.blueprints.referents import AMOUNT, COUNT, DATE, FIELDS, TEXT, shelf
from tools_env.values import Json

seeds = st.integers(0, 40)


def order(key: str, **values: Json) -> Referent:
    attributes = tuple(Attribute(n, v, FIELDS[n][0]) for n, v in values.items())
    return Referent("orders", key, attributes, 0, frozenset())


def selected(found: Pick, among: list[Referent]) -> list[str]:
    return resolves([(a.field, a.value) for a in found.attributes], found.superlative, among)


@given(shelf(), seeds)
def test_what_is_described_resolves_to_exactly_the_target(records, seed):
    found = pick(records[0], records, "order", random.Random(seed))
    assume(found is not None)
    assert found is not None
    assert selected(found, records) == [records[0].id]


@given(shelf(), seeds)
def test_a_listener_finds_the_target_by_its_phrase(records, seed):
    found = pick(records[0], records, "order", random.Random(seed))
    assume(found is not None)
    assert found is not None
    assert [r.id for r in named(f"I mean {found.phrase}.", records, ["order"])] == [records[0].id]


@given(shelf(), seeds, st.sets(st.sampled_from([*FIELDS])))
def test_hidden_fields_are_never_used(records, seed, hidden):
    found = pick(records[0], records, "order", random.Random(seed), hidden)
    used = {a.field for a in found.attributes} if found else set()
    if found and found.superlative:
        used.add(found.superlative.field)
    assert not used & hidden


@given(shelf(), seeds)
def test_a_small_count_describes_nothing(records, seed):
    found = pick(records[0], records, "order", random.Random(seed))
    counts = [a.value for a in found.attributes if a.meaning == COUNT] if found else []
    assert all(isinstance(value, int) and value >= COUNT_FLOOR for value in counts)


@given(shelf(), seeds)
def test_a_record_that_has_a_double_is_not_described(records, seed):
    double = Referent("orders", "double", records[0].attributes, 0, frozenset())
    assert pick(records[0], [*records, double], "order", random.Random(seed)) is None


@given(shelf(), seeds)
def test_records_of_other_tables_are_no_rivals(records, seed):
    other = Referent("returns", "R1", records[0].attributes, 0, frozenset())
    alone = pick(records[0], records, "order", random.Random(seed))
    assert pick(records[0], [*records, other], "order", random.Random(seed)) == alone


def test_the_shortest_description_is_taken():
    among = [order("F1", colour="jade", status="placed"), order("F2", colour="smoke", status="placed")]
    found = pick(among[0], among, "order", random.Random(1))
    assert found is not None
    assert [a.field for a in found.attributes] == ["colour"]
    assert found.phrase == "the order with colour jade"


def test_two_attributes_where_one_is_not_enough():
    among = [
        order("F1", colour="jade", status="placed"),
        order("F2", colour="jade", status="delivered"),
        order("F3", colour="smoke", status="placed"),
    ]
    found = pick(among[0], among, "order", random.Random(1))
    assert found is not None
    assert {a.field for a in found.attributes} == {"colour", "status"}


def test_a_superlative_holds_for_one_record_only():
    among = [order("F1", placed_on="2026-03-02"), order("F2", placed_on="2026-03-01"), order("F3", status="placed")]
    phrases = {p.phrase for s in range(60) if (p := pick(among[0], among[:2], "order", random.Random(s)))}
    assert phrases == {"the order placed last", "the order placed on 2026-03-02"}
    never = {p.phrase for s in range(60) if (p := pick(among[0], among, "order", random.Random(s)))}
    assert never == {"the order placed on 2026-03-02"}


def test_a_superlative_comes_in_nearly_half_of_the_cases():
    among = [order("F1", placed_on="2026-03-02"), order("F2", placed_on="2026-03-01")]
    picks = [pick(among[0], among, "order", random.Random(seed)) for seed in range(400)]
    share = sum(1 for p in picks if p and p.superlative) / len(picks)
    assert 0.35 < share < 0.55


def test_equal_amounts_in_other_spellings_are_equal():
    among = [order("F1", total=25), order("F2", total=25.0)]
    assert pick(among[0], among, "order", random.Random(0)) is None
    assert resolves([("total", 25)], None, among) == ["F1", "F2"]


def test_the_meanings_of_made_up_fields_are_those_of_the_house():
    assert {m for m, _ in FIELDS.values()} >= {DATE, AMOUNT, COUNT, TEXT}
