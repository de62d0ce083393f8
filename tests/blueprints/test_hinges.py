"""The gate on what a matter hangs on: a condition turns out as stated, a first wish is forbidden, words tell both."""

from functools import cache

import pytest

from blueprints.blueprint import Blueprint, Condition, Other, Stage
from blueprints.checks import check
from blueprints.hinges import field_of, hinges, unsaid
from tests.blueprints.breaks import altered
from tests.blueprints.drawn import SWAPS, WORLDS, tasks, with_operator
from tests.blueprints.talks import world_of
from tools_env.calls import Call
from tools_env.replay import replay
from tools_env.values import TEXT, Json


@cache
def hung() -> tuple[tuple[Blueprint, int], ...]:
    """Tasks with a condition, and the stage that has it."""
    return tuple((b, next(n for n, s in enumerate(b.stages) if s.condition)) for b in with_operator("condition"))


@cache
def rather() -> tuple[tuple[Blueprint, int], ...]:
    """Tasks in which the person would rather have something else, and the stage in which they would."""
    found = with_operator("fallback")
    return tuple((b, next(n for n, s in enumerate(b.stages) if s.other and not s.condition)) for b in found)


def condition_of(blueprint: Blueprint, number: int) -> Condition:
    condition = blueprint.stages[number].condition
    assert condition is not None
    return condition


def with_stage(blueprint: Blueprint, number: int, **parts: object) -> Blueprint:
    stages = [*blueprint.stages]
    stages[number] = stages[number].model_copy(update=parts)
    return altered(blueprint, stages=tuple(stages))


def conditioned(blueprint: Blueprint, number: int, **parts: object) -> Blueprint:
    """The task with another condition in that stage, told in the same words."""
    return with_stage(blueprint, number, condition=condition_of(blueprint, number).model_copy(update=parts))


def reasons(blueprint: Blueprint) -> list[str]:
    """What the gate says, where its actions are carried out."""
    world = world_of(blueprint.domain)
    done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
    found = [*hinges(blueprint, world, done)]
    assert {r.stage for r in found} <= {"hinges"}
    assert [r for r in check(blueprint, world) if r.stage == "hinges"] == found
    return [r.reason for r in found]


def test_there_is_something_to_look_at():
    assert len(hung()) > 25
    assert len(rather()) > 8
    assert {condition_of(b, n).than for b, n in hung()} >= {"above", "below", "before", "after"}
    assert {condition_of(b, n).holds for b, n in hung()} == {True, False}


def test_what_is_drawn_passes():
    for blueprint, _ in (*hung(), *rather()):
        assert not [*check(blueprint, world_of(blueprint.domain))]


def test_a_condition_that_turns_out_otherwise_is_found():
    opposite = {"above": "below", "below": "above", "before": "after", "after": "before"}
    for blueprint, number in hung():
        than = opposite[condition_of(blueprint, number).than]
        (told,) = reasons(conditioned(blueprint, number, than=than))
        assert told.startswith(f"message {number + 1}: ")
        assert told.endswith("the actions say otherwise")


def test_a_condition_told_the_wrong_way_round_is_found():
    for blueprint, number in hung():
        turned = conditioned(blueprint, number, holds=not condition_of(blueprint, number).holds)
        assert any(told.endswith("the actions say otherwise") for told in reasons(turned))


def test_a_value_that_is_just_what_it_is_compared_with_is_neither_above_nor_below():
    for blueprint, number in hung():
        condition = condition_of(blueprint, number)
        world = world_of(blueprint.domain)
        done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        shown = done.outcomes[condition.source_call].observed()
        value = field_of(shown, condition.record, condition.field)[0]
        level = conditioned(blueprint, number, value=value)
        assert bool(reasons(level)) == condition.holds
        same = conditioned(blueprint, number, value=value, than="is")
        assert bool(reasons(same)) != condition.holds


def test_a_field_that_no_result_shows_is_found():
    for blueprint, number in hung():
        (told,) = reasons(conditioned(blueprint, number, field="shoe_size"))
        assert "what the condition looks at (shoe_size) is not in the result of its call" in told


def test_a_call_or_a_record_that_does_not_show_it_is_found():
    for blueprint, number in hung():
        beyond = reasons(conditioned(blueprint, number, source_call=len(blueprint.actions)))
        strange = reasons(conditioned(blueprint, number, record="nobody's"))
        assert all("is not in the result of its call" in told for told in (*beyond, *strange))
        assert len(beyond) == len(strange) == 1


def test_a_condition_that_fails_needs_something_else_to_do():
    failing = [(b, n) for b, n in hung() if not condition_of(b, n).holds]
    assert failing
    for blueprint, number in failing:
        assert blueprint.stages[number].other is not None
        (told,) = reasons(with_stage(blueprint, number, other=None))
        assert told == f"message {number + 1}: the condition fails and nothing else is wanted"


def test_a_first_wish_that_is_not_forbidden_is_found():
    for blueprint, number in rather():
        possible = blueprint.actions[blueprint.stages[number].until - 1]
        other = blueprint.stages[number].other
        assert other is not None
        (told,) = reasons(with_stage(blueprint, number, other=other.model_copy(update={"call": possible})))
        assert told == f"message {number + 1}: what the person would rather have is not forbidden"


def test_a_first_wish_that_fails_for_no_reason_of_policy_is_found():
    """A tool refuses an id that there is not; nobody forbids it."""
    for blueprint, number in rather():
        other = blueprint.stages[number].other
        assert other is not None
        assert other.call is not None
        nowhere: dict[str, Json] = dict.fromkeys(other.call.arguments, "nothing")
        wrong = Call(name=other.call.name, arguments=nowhere)
        (told,) = reasons(with_stage(blueprint, number, other=other.model_copy(update={"call": wrong})))
        assert told.endswith("what the person would rather have is not forbidden")


def test_another_branch_that_is_impossible_is_found():
    branched = [(b, n) for b, n in hung() if b.stages[n].other]
    assert branched
    for blueprint, number in branched:
        other = blueprint.stages[number].other
        assert other is not None
        assert other.call is not None
        nowhere: dict[str, Json] = dict.fromkeys(other.call.arguments, "nothing")
        wrong = Other(intent=other.intent, call=Call(name=other.call.name, arguments=nowhere))
        (told,) = reasons(with_stage(blueprint, number, other=wrong))
        assert told == f"message {number + 1}: the other branch of the condition is not possible"


def test_another_branch_that_breaks_a_rule_is_found():
    """An expired card forbids it: the tool takes the call, the rule does not."""
    world = world_of("library")
    expired = next(b for b in tasks("library", "refuse", 40) if b.evidence and b.evidence.clause == "4")
    assert expired.evidence is not None
    number = len(expired.stages) - 1
    stage = expired.stages[number].model_copy(
        update={
            "until": len(expired.actions) + 1,
            "condition": Condition(
                source_call=0,
                record=expired.person,
                field="name",
                meaning=TEXT,
                than="is",
                value=expired.known["name"].value,
                holds=True,
                text="my name is mine",
            ),
            "other": Other(intent="do that", call=expired.evidence.forbidden),
        }
    )
    wrong = expired.model_copy(update={"stages": (*expired.stages[:number], stage)})
    done = replay(world, wrong.snapshot, wrong.setup, wrong.actions)
    told = [r.reason for r in hinges(wrong, world, done)]
    assert told == [f"message {number + 1}: the other branch of the condition is not possible"]


def test_nothing_need_be_done_instead():
    """A person may want nothing at all if it turns out the other way."""
    for blueprint, number in hung():
        if condition_of(blueprint, number).holds:
            assert not reasons(with_stage(blueprint, number, other=Other(intent="leave it")))


def told_badly(blueprint: Blueprint, number: int, say: str) -> list[str]:
    wrong = with_stage(blueprint, number, say=say)
    return [r.reason for r in check(wrong, world_of(blueprint.domain)) if r.stage == "wording"]


def test_a_line_that_leaves_the_condition_out_is_sent_back():
    for blueprint, number in hung():
        condition = condition_of(blueprint, number)
        told = told_badly(blueprint, number, "I would like something to be done.")
        assert f"message {number + 1} leaves out the condition: only if {condition.text}" in told


def test_an_instruction_that_leaves_the_condition_out_is_sent_back():
    for blueprint, number in hung():
        condition = condition_of(blueprint, number)
        wrong = altered(blueprint, instruction="You want something to be done.")
        told = [r.reason for r in check(wrong, world_of(blueprint.domain)) if r.stage == "wording"]
        assert f"the instruction leaves out the condition: only if {condition.text}" in told


def test_a_line_that_leaves_the_alternative_out_is_sent_back():
    for blueprint, number in rather():
        other = blueprint.stages[number].other
        assert other is not None
        told = told_badly(blueprint, number, "I would like something.")
        assert f"message {number + 1} leaves out what the person would rather have: {other.intent}" in told
    for blueprint, number in hung():
        if (other := blueprint.stages[number].other) is not None:
            told = told_badly(blueprint, number, "I would like something.")
            assert f"message {number + 1} leaves out what is wanted otherwise: {other.intent}" in told


STAGE = Stage(say="", wants="change", other=Other(intent="renew the Silent Engine at the harbour branch"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Please RENEW my Silent Engine; else move it to the harbour.", True),
        ("Renew it for me, the silent engine.", True),
        ("Renew it for me.", False),
        ("", False),
    ],
)
def test_the_alternative_may_be_told_in_other_words_that_hold_most_of_it(text, told):
    assert (not [*unsaid(STAGE, text)]) == told


def test_where_nothing_hangs_on_anything_nothing_is_left_out():
    assert not [*unsaid(Stage(say="", wants="change"), "")]


LINE: Json = {"line_id": "L1", "order_id": "W1", "price": 5.0}
ORDER: Json = {"order_id": "W1", "total": 10.0, "payment": {"kind": "card"}, "lines": [LINE]}


def test_a_field_is_read_off_the_record_wherever_a_result_holds_it():
    assert field_of(ORDER, "W1", "total") == [10.0]
    assert field_of(ORDER, "L1", "price") == [5.0]
    assert field_of([{"order_id": "W2", "total": 3.0}, ORDER], "W1", "total") == [10.0]
    assert field_of({"orders": {"W1": ORDER}}, "W1", "total") == [10.0]
    assert field_of(ORDER, "W1", "kind") == ["card"]


def test_a_record_whose_parts_name_it_again_keeps_its_own_fields():
    assert field_of(ORDER, "W1", "price") == [5.0], "only a line has one"
    assert field_of({"price": 9.0, "order_id": "W1", "lines": [LINE]}, "L1", "price") == [5.0]


def test_what_is_not_there_has_no_value():
    assert field_of(ORDER, "W3", "total") == []
    assert field_of("W1", "W1", "total") == []
    assert field_of(ORDER, "W1", "lines") == []


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
def test_a_condition_is_told_and_never_gives_away_how_it_turns_out(domain):
    """The person names a value of their own; the record's is for the agent to read."""
    for blueprint, number in hung():
        if blueprint.domain == world_of(domain).name:
            condition = condition_of(blueprint, number)
            assert condition.text in blueprint.stages[number].say
            assert condition.source_call < blueprint.stages[number].until
