"""Rehearsal of every kind of task and of every operator: the verdict keeps each talk, and the right thing was done."""

from collections.abc import Iterator
from itertools import islice

import pytest

from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.talk import play
from blueprints.blueprint import Blueprint, Kind
from blueprints.draft import ground
from blueprints.judging.judge import judge
from blueprints.knowledge import people_table
from blueprints.size import LONG_CALLS
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS, draws, talks, twins, with_operator, worded
from tests.blueprints.talks import at_once, failed, played, said, world_of
from tools_env.calls import Refusal
from tools_env.mentions import mentions, spoken

EACH, MANY = 6, 30


def kinds_of(domain: str) -> list:
    return [kind for kind in KINDS if domain != SWAPS or kind != "policy_question"]


@pytest.mark.parametrize(("domain", "kind"), [(d, k) for d in (*WORLDS, SWAPS) for k in kinds_of(d)])
def test_a_talk_of_every_kind_is_kept(domain, kind):
    check_kept(domain, kind, EACH)


@pytest.mark.proof
@pytest.mark.parametrize(("domain", "kind"), [(d, k) for d in (*WORLDS, SWAPS) for k in kinds_of(d)])
def test_many_talks_of_every_kind_are_kept(domain, kind):
    check_kept(domain, kind, MANY)


def check_kept(domain: str, kind: Kind, count: int) -> None:
    for talk in talks(domain, kind, count):
        verdict = talk.verdict()
        assert verdict.ok, (said(verdict), talk.blueprint.instruction)


def test_who_has_to_be_handed_over_is_and_that_is_the_last_thing_done():
    world = world_of("clinic")
    for talk in talks("clinic", "transfer", EACH):
        verdict = talk.verdict()
        assert verdict.ok, (said(verdict), talk.blueprint.instruction)
        handed = [world.specs[a.name].hands_over for a in talk.blueprint.actions]
        assert handed == [False] * (len(handed) - 1) + [True]
        assert "state" in failed(talk.without(talk.writes()[-1]).honest().verdict())


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_twins_are_kept_and_end_the_other_way(domain, kind):
    check_twins(domain, kind, EACH)


@pytest.mark.proof
@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_many_twins_are_kept_and_end_the_other_way(domain, kind):
    check_twins(domain, kind, MANY)


def check_twins(domain: str, kind: Kind, count: int) -> None:
    for refusal, twin in twins(domain, kind, count):
        done = played(twin, world_of(domain))
        verdict = done.verdict()
        assert verdict.ok, (said(verdict), twin.instruction)
        assert len(done.writes()) == len(played(refusal, world_of(domain)).writes()) + 1


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_what_solves_a_refusal_does_not_solve_its_twin(domain, kind):
    """An agent that says no to everything passes one of the two at most."""
    for refusal, twin in twins(domain, kind, 8):
        one, other = played(refusal, world_of(domain)), played(twin, world_of(domain))
        assert not one.honest(twin).verdict(twin).ok
        assert not other.honest(refusal).verdict(refusal).ok


def test_who_does_what_would_rather_be_had_is_refused_and_what_is_wanted_instead_is_done():
    found = with_operator("fallback")
    for blueprint in found:
        talk = played(blueprint, world_of(blueprint.domain))
        number, other = next((n, s.other) for n, s in enumerate(blueprint.stages) if s.other and not s.condition)
        assert other.call is not None
        session = talk.world.open(blueprint.snapshot, blueprint.setup)
        for action in blueprint.actions[: blueprint.stages[number].until - 1]:
            session.call(action)
        outcome = session.call(other.call)
        assert isinstance(outcome, Refusal)
        made = [talk.called(place).call for place in talk.writes()]
        assert other.call not in made
        assert blueprint.actions[blueprint.stages[number].until - 1] in made


def test_the_wrong_branch_of_a_condition_does_not_pass():
    checked = 0
    for blueprint in with_operator("condition"):
        stage = blueprint.stages[-1]
        if stage.condition is None or stage.other is None or stage.other.call is None:
            continue
        talk = played(blueprint, world_of(blueprint.domain))
        place = talk.writes()[-1]
        event = talk.called(place)
        wrong = talk.event_at(place, event.model_copy(update={"call": stage.other.call})).honest()
        assert "state" in failed(wrong.verdict())
        checked += 1
    assert checked > 3


def test_who_does_what_was_said_first_does_not_pass():
    for blueprint in with_operator("change of mind"):
        number, _ = next((n, s) for n, s in enumerate(blueprint.stages) if s.change)
        known = next(k for k in blueprint.known.values() if k.stage == number and k.at_first is not None)
        talk = played(blueprint, world_of(blueprint.domain))
        call = blueprint.actions[blueprint.stages[number].until - 1]
        place = next(p for p in talk.writes() if talk.called(p).call == call)
        wrong = talk.calling(place, **{known.about: known.at_first}).honest()
        assert "state" in failed(wrong.verdict())


def test_a_sum_that_is_told_wrong_does_not_pass():
    for blueprint in with_operator("aggregate")[:15]:
        output = next(o for o in blueprint.outputs if o.how == "total")
        talk = played(blueprint, world_of(blueprint.domain))
        assert isinstance(output.value, int | float)
        right, wrong = (spoken(v, output.meaning) for v in (output.value, output.value + 1))
        place = next(p for p in talk.agent_words() if right in talk.text(p))
        told = talk.saying(place, talk.text(place).replace(right, wrong))
        assert "outputs" in failed(told.verdict())


@pytest.mark.parametrize("domain", WORLDS)
def test_a_figure_that_is_told_wrong_does_not_pass(domain):
    for talk in talks(domain, "policy_question", 8):
        (output,) = talk.blueprint.outputs
        places = [p for p in talk.agent_words() if mentions(talk.text(p), output.value, output.meaning)]
        assert places
        wrong = talk.saying(places[0], "Our rules say 98765. Is there anything else I can help you with?")
        assert "outputs" in failed(wrong.verdict())


def long_tasks(domain: str, tries: int) -> Iterator[Blueprint]:
    drafts = (ground(goal, "", rng) for goal, rng in draws(world_of(domain), "act", tries, calls=LONG_CALLS))
    return (worded(draft) for draft in drafts if isinstance(draft, Blueprint))


@pytest.mark.parametrize("domain", ["clinic", "retail"])
def test_a_long_task_is_kept_within_the_usual_limits(domain):
    world = world_of(domain)
    found = list(islice(long_tasks(domain, 30), 2))
    assert found
    for blueprint in found:
        assert len(blueprint.actions) >= LONG_CALLS
        player = Oracle(script_of(blueprint), world.specs, people_table(world))
        done = at_once(play(blueprint, world, ScriptedHuman(blueprint), player))
        verdict = judge(blueprint, done.course, done.human_turns, done.end_reason, world)
        assert verdict.ok, said(verdict)
