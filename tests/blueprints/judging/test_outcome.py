"""Assertions about the final state, answers that no single result holds, and times of day."""

import pytest

from blueprints.blueprint import Blueprint, Output
from blueprints.judging import outcome
from blueprints.judging.judge import carried_out
from blueprints.judging.talk import Talk as Judged
from tests.blueprints.talks import Talk, agent, dozens, failed, gate, said
from tools_env.calls import Assertion, Call, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.replay import replay
from tools_env.state import Change
from tools_env.values import Json, Meaning

TALKS = [t for t in dozens("library") if t.blueprint.kind == "act" and not t.blueprint.outputs]
DATE, AMOUNT = Meaning("date"), Meaning("amount")


def loans_of(talk: Talk) -> Assertion:
    """What the person's loans are in the end, as the gold actions leave them."""
    blueprint = talk.blueprint
    look = Call(name="list_loans", arguments={"member_id": blueprint.person})
    done = replay(talk.world, blueprint.snapshot, blueprint.setup, (*blueprint.actions, look))
    return Assertion(call=look, value=done.outcomes[-1].observed())


def with_(talk: Talk, **changes: object) -> Blueprint:
    return talk.blueprint.model_copy(update=changes).sealed()


@pytest.mark.parametrize("talk", TALKS[:6])
def test_what_holds_in_the_end_is_right(talk):
    verdict = talk.verdict(with_(talk, assertions=(loans_of(talk),)))
    assert verdict.ok, said(verdict)
    assert gate(verdict, "assertions").status == "pass"
    assert gate(talk.verdict(), "assertions").status == "not_applicable"


@pytest.mark.parametrize("talk", TALKS[:6])
def test_what_does_not_hold_in_the_end_is_the_agents_fault(talk):
    untrue = loans_of(talk).model_copy(update={"value": [], "message": "nothing is lent out"})
    found = gate(talk.verdict(with_(talk, assertions=(loans_of(talk), untrue))), "assertions")
    assert (found.status, found.fault, len(found.evidence)) == ("fail", "agent", 1)
    assert found.evidence[0].text.startswith("nothing is lent out")


@pytest.mark.parametrize("talk", TALKS[:6])
def test_any_final_state_will_do_in_which_the_assertions_hold(talk):
    other = {**talk.blueprint.diff, "loans/L0/branch": Change(before="a", after="b")}
    assert failed(talk.verdict(with_(talk, diff=other, assertions=(loans_of(talk),)))) == ["state"]
    verdict = talk.verdict(with_(talk, diff=other, assertions=(loans_of(talk),), any_diff=True))
    assert verdict.ok, said(verdict)
    assert gate(verdict, "state").status == "not_applicable"


def test_assertions_alone_tell_a_solved_task_from_an_unsolved_one():
    lending = [t for t in TALKS if loans_of(t).value != loans_of(nothing_done(t)).value]
    assert len(lending) > 3
    for talk in lending:
        alone = with_(talk, diff={}, assertions=(loans_of(talk),), any_diff=True)
        assert talk.verdict(alone).ok
        assert "assertions" in failed(talk.without(*talk.writes()).verdict(alone))
        assert failed(talk.verdict(with_(talk, diff={}, any_diff=True)))[0] == "blueprint"


def nothing_done(talk: Talk) -> Talk:
    plain = talk.blueprint.model_copy(update={"actions": ()})
    return Talk(plain, talk.world, talk.items, talk.end_reason)


def computed(value: Json, name: str = "total", meaning: Meaning = AMOUNT) -> Output:
    return Output(name=name, label=name, meaning=meaning, value=value)


def judged(*events: Event, outputs: tuple[Output, ...]) -> list[str]:
    """What the outputs gate finds in a course of these events, nothing being asked in stages."""
    talk = TALKS[0]
    course = Course(events=events)
    blueprint = with_(talk, outputs=outputs)
    done = carried_out(blueprint, Course(), talk.world)
    found = outcome.outputs(Judged(blueprint, course, (), "user_stop", talk.world, done))
    return [e.text for e in found.evidence] if found.status == "fail" else []


HELLO = Said(speaker="human", text="How much is it all, and when does it leave?")


def showed(value: Json) -> Called:
    return Called(call_id="c", call=Call(name="list_loans"), outcome=Result(value=value))


def test_a_value_worked_out_from_several_results_need_only_be_told():
    prices: Json = [{"price": 12.5}, {"price": 30.0}]
    wanted = (computed(42.5),)
    assert judged(HELLO, showed(prices), agent("That makes $42.50."), outputs=wanted) == []
    assert judged(HELLO, showed(prices), agent("That makes $41.50."), outputs=wanted) == [
        "the total (42.5) was never told"
    ]
    assert judged(HELLO, showed(prices), HELLO.model_copy(update={"text": "Is it $42.50?"}), outputs=wanted) != []


def test_a_computed_value_may_stand_beside_one_that_was_read():
    shown: Json = [{"price": 12.5}, {"price": 30.0}]
    read = Output(name="price", label="price", meaning=AMOUNT, value=30.0, source_call=0)
    told = agent("It is $30.00, which is $12.50 more than that.")
    assert judged(HELLO, showed(shown), told, outputs=(read, computed(12.5, "difference"))) == []
    assert judged(HELLO, showed(shown), told, outputs=(read,)) != []


def test_a_time_of_day_does_not_also_say_its_date():
    """The day on which one trip leaves is also the day on which another was booked."""
    shown: Json = [
        {"trip_id": "T1", "leaves": "2026-03-05T10:30:00"},
        {"trip_id": "T2", "booked": "2026-03-05"},
        {"trip_id": "T3", "booked": "2026-03-07"},
    ]
    leaves = Output(name="leaves", label="leaving date", meaning=DATE, value="2026-03-05T10:30:00", source_call=0)
    assert judged(HELLO, showed(shown), agent("It leaves on 2026-03-05 10:30."), outputs=(leaves,)) == []
    assert judged(HELLO, showed(shown), agent("It leaves on 2026-03-05 18:45."), outputs=(leaves,)) == [
        "the leaving date (2026-03-05T10:30:00) was never told"
    ]
    beside = agent("It leaves on 2026-03-05 10:30, or on 2026-03-07.")
    assert judged(HELLO, showed(shown), beside, outputs=(leaves,)) == [
        "the leaving date (2026-03-05T10:30:00) was told together with 2026-03-07"
    ]
