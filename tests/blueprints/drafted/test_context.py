"""The context: everything is drawn from seed and index, and only the person's own records are shown."""

import json
from collections import Counter

import pytest

from blueprints.blueprint import Rejected
from blueprints.drafted.context import Context, sample_context
from blueprints.drafted.propose import prompt_of
from blueprints.drafted.reading import LETTERS, MEMBERS, shortened
from blueprints.drafted.walk import Settings
from tests.blueprints.drafted.honest import sound
from tests.blueprints.talks import DOMAINS, world_of
from tools_env.calls import Result
from tools_env.graph import api_graph
from tools_env.replay import replay
from tools_env.values import Json

PERSONAS = ("You are terse.", "You ramble.")


def drawn(domain: str, index: int, seed: int = 0, settings: Settings | None = None, **more) -> Context:
    found = sample_context(world_of(domain), seed, index, settings or Settings(), PERSONAS, **more)
    assert isinstance(found, Context)
    return found


@pytest.mark.parametrize("domain", DOMAINS)
def test_seed_and_index_decide_everything(domain):
    for index in range(12):
        one, other = drawn(domain, index), drawn(domain, index)
        assert prompt_of(one, ()) == prompt_of(other, ())
        assert (one.subject, one.kind, one.person, one.walked) == (
            other.subject,
            other.kind,
            other.person,
            other.walked,
        )
    subjects = {drawn(domain, index, seed).subject for index in range(12) for seed in range(3)}
    assert len(subjects) == 36
    assert all(len(s) == 64 for s in subjects)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_subject_is_the_same_whatever_examples_there_are(domain):
    examples = sound(domain)[:20]
    assert drawn(domain, 3).subject == drawn(domain, 3, examples=examples).subject


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_walk_follows_the_graph_and_serves_its_kind(domain):
    graph = api_graph(world_of(domain))
    for index in range(40):
        found = drawn(domain, index)
        writes = [world_of(domain).specs[n].writes for n in found.walked]
        assert any(w == (found.kind != "inform") for w in writes)
        start, *rest = found.walked
        reached = {start}
        for name in rest:
            assert any(graph.has_edge(before, name) for before in reached), found.walked
            reached.add(name)
        assert len(found.walked) <= 5


def test_settings_bound_the_walk_where_it_begins_and_what_is_shown():
    small = Settings(walk=1, start="finder", reads=2, clauses=0, examples=0)
    finders = {"find_customer_by_email", "find_customer_by_name_and_postcode"}
    heads: Counter[str] = Counter()
    for index in range(30):
        found = sample_context(world_of("retail"), 0, index, small)
        if isinstance(found, Context):
            heads[found.walked[0]] += 1
            assert len(found.walked) <= 2
            assert len(found.shown) <= 2
            assert (found.clauses, found.examples, found.persona) == ((), (), "")
    assert heads
    assert not finders.isdisjoint(heads)
    assert len({drawn("retail", n, settings=Settings(restart=1.0, walk=12)).walked for n in range(30)}) > 10


def test_kinds_come_by_their_shares_and_what_is_not_proposed_does_not_count():
    settings = Settings(kinds={"act": 0.0, "inform": 0.5, "refuse": 0.5, "clarify": 9.0})
    kinds = Counter(drawn("library", index, settings=settings).kind for index in range(60))
    assert set(kinds) == {"inform", "refuse"}
    assert min(kinds.values()) > 15
    none = sample_context(world_of("library"), 0, 0, Settings(kinds={"clarify": 1.0}))
    assert isinstance(none, Rejected)
    assert none.stage == "sampling"


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_records_were_really_read_and_are_the_persons_own(domain):
    for index in range(15):
        found = drawn(domain, index)
        done = replay(found.world, found.snapshot, (), [s.call for s in found.shown])
        assert not done.breaches
        assert not done.diff
        for shown, outcome in zip(found.shown, done.outcomes, strict=True):
            assert isinstance(outcome, Result)
            assert outcome.value == shown.value
            assert all(t.owner in {None, "", found.person.id} for t in outcome.touched)


def test_clauses_have_their_figures():
    found = [c for index in range(20) for c in drawn("retail", index).clauses]
    assert found
    assert not any("{" in c for c in found)


def test_examples_are_tasks_of_the_kind_about_somebody_else():
    pool = sound("library")
    shown = [drawn("library", index, examples=pool) for index in range(30)]
    assert {len(c.examples) for c in shown} == {0, 1, 2}
    for context in shown:
        assert all(e.kind == context.kind and e.person != context.person.id for e in context.examples)
        text = prompt_of(context, ())
        assert all(e.instruction in text for e in context.examples)
        ids = {str(v) for e in context.examples for a in e.actions for n, v in a.arguments.items() if n.endswith("_id")}
        assert not any(i in text for i in ids - {r.id for r in context.records()} - {context.person.id})


def test_long_values_are_cut_with_a_word_for_it():
    value: Json = {"a": "x" * 500, "b": [*range(50)], "c": [{"d": ["deep"]}]}
    short = shortened(value)
    assert isinstance(short, dict)
    assert len(str(short["a"])) == LETTERS + 1
    assert short["b"] == [*range(MEMBERS), f"… and {50 - MEMBERS} more"]
    assert short["c"] == [{"d": ["deep"]}]
    nested: Json = "core"
    for _ in range(100):
        nested = {"in": nested}
    assert len(json.dumps(shortened(nested))) < 100
