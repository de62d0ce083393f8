"""Reviewing: each reviewer is asked for a review, once more if it cannot be used, and then counts as abstaining."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.material import Question, question
from blueprints.committee.votes import Ballot, Review, Votes, count
from blueprints.model_author import Ask
from tools_env.port import World

Gather: TypeAlias = Callable[[Iterable[Awaitable[Ballot]]], Awaitable[Sequence[Ballot]]]
"""Awaits all of these and gives what they return, in their order; whoever has a loop may run them side by side."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer's name and the way to ask it; `model` is what answers by that name (empty: a model of that name)."""

    name: str
    ask: Ask
    model: str = ""


async def in_turn(waiting: Iterable[Awaitable[Ballot]]) -> Sequence[Ballot]:
    """Await one after the other."""
    return [await one for one in waiting]


async def ballot(reviewer: Reviewer, asked: Question, number: int = 0) -> Ballot:
    """One reviewer's ballot in round `number` of a task; a rejected answer is asked for once more, with its reason.

    The rounds that the port sees are `2 * number` and `2 * number + 1`: a second asking never looks like the first.
    """
    answer = await _answer(reviewer, asked.prompt, asked.subject, 2 * number)
    if isinstance(answer, Rejected):
        again = asked.again(answer.reason)
        answer = await _answer(reviewer, again.prompt, again.subject, 2 * number + 1)
    if isinstance(answer, Rejected):
        reason = answer.reason or "no reason given"
        return Ballot(reviewer=reviewer.name, model=reviewer.model, abstained_because=reason)
    return Ballot(reviewer=reviewer.name, model=reviewer.model, review=answer)


async def review(
    reviewers: Iterable[Reviewer], blueprint: Blueprint, world: World, number: int = 0, gather: Gather = in_turn
) -> Votes:
    """The votes of a committee on a blueprint that has passed the gates; what the port raises is raised."""
    members = tuple(reviewers)
    if not members:
        return Votes()
    asked = question(blueprint, world)
    return count(await gather(ballot(one, asked, number) for one in members))


async def _answer(reviewer: Reviewer, prompt: str, subject: str, number: int) -> Review | Rejected:
    answer = await reviewer.ask(prompt, subject, number, Review)
    if isinstance(answer, Review | Rejected):
        return answer
    return Rejected(stage="committee", reason=f"the answer is no review but a {type(answer).__name__}")
