"""Gates on what a matter hangs on: conditions turn out as stated, what the person would rather have is forbidden."""

import re
from collections.abc import Iterator

from blueprints.blueprint import Blueprint, Condition, Rejected, Stage
from blueprints.operators import compares
from blueprints.provisos import conditional, out_of_order, turned, unfounded
from blueprints.solution import before, opened, settled
from tools_env.calls import Refusal, Result
from tools_env.course import Course
from tools_env.mentions import mentions
from tools_env.port import World
from tools_env.replay import Replayed
from tools_env.values import Json, under


def hinges(blueprint: Blueprint, world: World, done: Replayed) -> Iterator[Rejected]:
    """Every condition can be read and turns out as stated; every first wish is refused by policy when it comes up, and
    every alternative to a condition would be possible.
    """
    for number, stage in enumerate(blueprint.stages):
        for reason in (*_condition(stage, done), *_other(blueprint, world, number)):
            yield Rejected(stage="hinges", reason=f"message {number + 1}: {reason}")


def _condition(stage: Stage, done: Replayed) -> Iterator[str]:
    condition = stage.condition
    if condition is None:
        return
    if not condition.holds and stage.other is None:
        yield "the condition fails and nothing else is wanted"
    values = [*_values(done, condition)]
    if not values:
        yield f"what the condition looks at ({condition.field}) is not in the result of its call"
    elif any(compares(v, condition.than, condition.value) != condition.holds for v in values):
        yield f"{condition.text} {'does not hold' if condition.holds else 'holds'}, the actions say otherwise"


def _values(done: Replayed, condition: Condition) -> Iterator[Json]:
    outcomes = done.outcomes
    if condition.source_call < len(outcomes):
        yield from field_of(outcomes[condition.source_call].observed(), condition.record, condition.field)


def field_of(shown: Json, key: str, field: str) -> list[Json]:
    """The values that a result shows of a record's field: what stands beside the record's id, else inside what does."""
    records = [*_records_with(shown, key)]
    beside = [r[field] for r in records if field in r]
    values = beside or [v for r in records for v in under(r, field)]
    return [v for v in values if not isinstance(v, list | dict)]


def _records_with(shown: Json, key: str) -> Iterator[dict[str, Json]]:
    """The objects of a result that hold an id as one of their values, those inside others too."""
    if isinstance(shown, list):
        for member in shown:
            yield from _records_with(member, key)
    elif isinstance(shown, dict):
        if any(v == key for v in shown.values()):
            yield shown
        for member in shown.values():
            yield from _records_with(member, key)


def _other(blueprint: Blueprint, world: World, number: int) -> Iterator[str]:
    """What is not to happen, tried where it would come up: after the actions before the matter's own change."""
    stage = blueprint.stages[number]
    call = stage.other.call if stage.other else None
    if call is None:
        return
    lasting = settled(blueprint)
    session = opened(lasting, world)
    try:
        for action in before(lasting, stage.until - 1):
            session.call(action)
        outcome = session.call(call)
        possible = isinstance(outcome, Result) and not session.breaches(Course())
    finally:
        session.close()
    if stage.condition is None and not (isinstance(outcome, Refusal) and outcome.cause == "policy"):
        yield "what the person would rather have is not forbidden"
    if stage.condition is not None and not possible:
        yield "the other branch of the condition is not possible"


def unsaid(stage: Stage, text: str) -> Iterator[str]:
    """What a text leaves out of a matter's condition and of what is not to happen."""
    if stage.condition is not None and not mentions(text, stage.condition.value, stage.condition.meaning):
        yield f"the condition: only if {stage.condition.text}"
    if stage.other is not None and not shares_words(stage.other.intent, text, 0.5):
        yield (
            f"what is wanted otherwise: {stage.other.intent}"
            if stage.condition
            else (f"what the person would rather have: {stage.other.intent}")
        )


def said_otherwise(stage: Stage, wanted: str, text: str) -> Iterator[str]:
    """How a message tells a condition, or what the person would rather have than what is `wanted`, otherwise than the
    stage has it.
    """
    condition = stage.condition
    if condition is not None and mentions(text, condition.value, condition.meaning):
        if turned(condition, text):
            yield f"turns the condition round or drops its side: it is wanted only if {condition.text}"
        elif not conditional(condition, text):
            yield f"does not make it a condition: it is wanted only if {condition.text}"
    if (condition or stage.other) and (found := unfounded(stage, text)):
        yield f"makes the wish hang on something more ({found!r}): leave that out"
    if stage.other is None or not stage.other.intent:
        return
    other = stage.other.intent
    first, second = (wanted, other) if condition and condition.holds else (other, wanted)
    if out_of_order(first, second, text):
        lead = "otherwise" if condition else "if that can't be done"
        yield f"swaps the two wishes or does not part them: say first that they want to {first}, then '{lead}' {second}"


_LITTLE = 3


def shares_words(wanted: str, text: str, share: float) -> bool:
    """Whether a text holds that share of the longer words of what is wanted, its slots left out."""
    words = {w.strip(".,?!\"'()").casefold() for w in re.sub(r"\{\w+\}", " ", wanted).split()}
    words = {w for w in words if len(w) > _LITTLE} or words
    low = text.casefold()
    return sum(w in low for w in words) >= share * len(words)
