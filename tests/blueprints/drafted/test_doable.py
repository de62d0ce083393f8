"""What a person's records allow is tried before an author is asked."""

import random

import pytest

from blueprints.drafted.context import Context, sample_context
from blueprints.drafted.doable import doable
from blueprints.drafted.propose import prompt_of
from blueprints.drafted.walk import Settings
from tests.blueprints.talks import DOMAINS, world_of
from tools_env.calls import Refusal, Result
from tools_env.replay import replay


def contexts(domain: str, kind: str, count: int = 20) -> list[Context]:
    settings = Settings.model_validate({"kinds": {kind: 1.0}})
    found = [sample_context(world_of(domain), 5, index, settings) for index in range(count)]
    return [c for c in found if isinstance(c, Context)]


@pytest.mark.parametrize("kind", ["act", "refuse"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_most_tasks_have_an_end_that_was_tried_and_its_reads_are_shown(domain, kind):
    found = contexts(domain, kind)
    assert sum(bool(c.ends) for c in found) >= len(found) * 0.8
    for context in (c for c in found if c.ends):
        assert {t.call.name for t in context.ends} <= {n for n in context.walked if context.world.specs[n].writes}
        ((_, _, line),) = [
            text.partition(": ") for text in prompt_of(context, ()).splitlines() if text.startswith("This was tried")
        ]
        for tried in context.ends:
            told = f"is refused by rule {tried.clause}" if kind == "refuse" else "can be done"
            assert any(part.startswith(tried.call.name) and told in part for part in line.split("; "))
            assert all(read in context.shown for read in tried.reads)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_question_has_no_end_and_is_offered_no_changes(domain):
    for context in contexts(domain, "inform"):
        assert context.ends == ()
        asked = prompt_of(context, ()).rpartition("Build it around")[2]
        assert not any(n in asked for n, s in context.world.specs.items() if s.writes)
        assert "was tried" not in asked


@pytest.mark.parametrize("kind", ["act", "refuse"])
def test_the_reads_lead_from_the_person_to_the_change_and_break_nothing(kind):
    world = world_of("retail")
    writes = [n for n, s in world.specs.items() if s.writes]
    snapshot = world.snapshots(1)[0]
    tried = 0
    for person in world.brief(snapshot).people[:8]:
        ways = doable(world, snapshot, person, writes, kind, random.Random(3))
        for way in ways:
            done = replay(world, snapshot, (), [*(r.call for r in way.reads), way.call])
            *reads, end = done.outcomes
            assert [o.observed() for o in reads] == [r.value for r in way.reads]
            assert not done.breaches
            assert isinstance(end, Refusal if kind == "refuse" else Result)
            assert bool(done.diff) is (kind == "act")
            assert way.clause == (end.clause if isinstance(end, Refusal) else "")
            tried += 1
        again = doable(world, snapshot, person, writes, kind, random.Random(3))
        assert again == ways
    assert tried > 8


def test_what_is_shown_stays_within_its_bound():
    small = Settings.model_validate({"kinds": {"act": 1.0}, "reads": 1})
    found = [sample_context(world_of("retail"), 0, index, small) for index in range(8)]
    assert all(len(c.shown) <= 1 for c in found if isinstance(c, Context))
