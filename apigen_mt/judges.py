"""Models that judge a finished talk. They may only reject: none is asked about a talk that the gates refuse.

An answer that cannot be used counts as a rejection: whoever pays for a judge wants no row that it has not passed.
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from string import Template
from typing import NamedTuple

from apigen_mt.terminal import visible
from apigen_mt.trajectory import Opinion
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.material import quoted
from blueprints.model_author import Ask
from tools_env.calls import Result
from tools_env.course import Course, Said
from tools_env.values import Part, compact

RESULT, REASON = 2000, 600
"""Characters up to which a result is shown to a judge, and a reason is kept."""


class Judgement(Part):
    """What a judge answers."""

    reason: str
    sound: bool


class Judge(NamedTuple):
    """One judge: the name it has in the configuration, its model, and the way to ask it."""

    name: str
    model: str
    ask: Ask


async def opinions(blueprint: Blueprint, course: Course, policy: str, judges: Iterable[Judge]) -> tuple[Opinion, ...]:
    """What each judge thinks of a talk that passed every gate."""
    prompt = question(blueprint, course, policy)
    return tuple([await _opinion(judge, prompt, blueprint.id) for judge in judges])


async def _opinion(judge: Judge, prompt: str, subject: str) -> Opinion:
    found = await judge.ask(prompt, subject, 0, Judgement)
    if isinstance(found, Judgement):
        reason = " ".join(visible(found.reason).split())[:REASON]
        return Opinion(judge=judge.name, model=judge.model, sound=found.sound, reason=reason)
    reason = found.reason if isinstance(found, Rejected) else "no usable answer"
    return Opinion(judge=judge.name, model=judge.model, sound=False, reason=reason[:REASON])


def question(blueprint: Blueprint, course: Course, policy: str) -> str:
    """What a judge is asked: every line of what others wrote is marked, so that none can pass for ours."""
    template = Template(files("apigen_mt.cast.prompts").joinpath("judge.md").read_text(encoding="utf-8"))
    return template.substitute(
        policy=quoted(visible(policy)),
        task=quoted(visible(blueprint.instruction)),
        talk=quoted("\n".join(_lines(course))),
    )


def _lines(course: Course) -> Iterator[str]:
    """Every event on a line of its own; texts are JSON strings, so that a line end in one does not begin another."""
    for event in course.events:
        if isinstance(event, Said):
            beside = " (beside a call, not heard by the customer)" if event.batch is not None else ""
            who = "customer" if event.speaker == "human" else f"agent{beside}"
            yield f"{who} says {visible(compact(event.text))}"
            continue
        outcome = "shows" if isinstance(event.outcome, Result) else "is refused:"
        yield f"agent calls {visible(compact([event.call.name, event.call.arguments]))}"
        shown = visible(compact(event.outcome.observed()))
        cut = f" ... ({len(shown) - RESULT} more characters)" if len(shown) > RESULT else ""
        yield f"the tool {outcome} {shown[:RESULT]}{cut}"
