"""Rounds: an author proposes, the gates and then the committee look, and what they find goes back (arXiv 2504.03601).

One way for both modes; all that knows a model, a world or a wire is a port.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TypeAlias

from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.votes import Votes
from tools_env.values import Part

Propose: TypeAlias = Callable[[tuple[Rejected, ...], int], Awaitable[Blueprint | Rejected]]
"""What the author makes of the feedback, one reason for each round before, in the round of that number."""
Gates: TypeAlias = Callable[[Blueprint], Iterable[Rejected]]
"""Everything deterministic that can speak against a blueprint, in order; lazily, for it is not asked on."""
Review: TypeAlias = Callable[[Blueprint, int], Awaitable[Votes]]
"""The committee's votes on a blueprint that has passed the gates."""
Summarise: TypeAlias = Callable[[Blueprint, Sequence[Rejected], int], Awaitable[str | Rejected]]
"""One plan for the author from the committee's reasons, or why there is none: then the reasons are told."""

GIVEN_UP = "author"
"""The stage of a reason with which an author says that nothing more is to be had of it."""
TOLD = 8
"""So many reasons of one gate are told at most."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Who takes part; without `review` there is no committee, and without `summarise` its own words are told."""

    propose: Propose
    gates: Gates
    review: Review | None = None
    summarise: Summarise | None = None


class Round(Part):
    """What became of one proposal: the gate that sent it back and its reasons, or none if it stood.

    `votes` are there once it came before a committee; `plan` is what the author was told instead of the reasons.
    """

    gate: str = ""
    reasons: tuple[Rejected, ...] = ()
    votes: Votes = Votes()
    plan: str = ""

    @property
    def stood(self) -> bool:
        """Whether the proposal was accepted."""
        return not self.gate

    def feedback(self) -> Rejected:
        """The round as one reason for the author."""
        reason = self.plan or "; ".join(dict.fromkeys(r.reason for r in self.reasons))
        return Rejected(stage="plan" if self.plan else self.gate, reason=reason)


@dataclass(frozen=True, slots=True)
class Drafted:
    """How the rounds of one task went: every one of them, and the blueprint if the last one stood."""

    blueprint: Blueprint | None
    rounds: tuple[Round, ...]

    @property
    def reasons(self) -> tuple[Rejected, ...]:
        """Why not, the first reason of each round."""
        return tuple(r.reasons[0] for r in self.rounds if r.reasons)


async def drafted(ports: Ports, rounds: int) -> Drafted:
    """Propose until a blueprint stands, the author gives up, or it was sent back `rounds` times."""
    past: tuple[Round, ...] = ()
    told: tuple[Rejected, ...] = ()
    for number in range(rounds + 1):
        proposed, result = await one_round(ports, told, number)
        past = (*past, result)
        if result.stood or result.gate == GIVEN_UP:
            return Drafted(proposed, past)
        if number < rounds and proposed is not None and result.votes.ballots and ports.summarise is not None:
            plan = await ports.summarise(proposed, result.reasons, number)
            if isinstance(plan, str):
                past = (*past[:-1], result.model_copy(update={"plan": plan}))
        told = (*told, past[-1].feedback())
    return Drafted(None, past)


async def one_round(ports: Ports, told: tuple[Rejected, ...], number: int) -> tuple[Blueprint | None, Round]:
    """One proposal through gates and committee, and what was proposed, if anything was."""
    proposed = await ports.propose(told, number)
    if isinstance(proposed, Rejected):
        return None, Round(gate=proposed.stage, reasons=(proposed,))
    found = iter(ports.gates(proposed))
    first = next(found, None)
    if first is not None:
        more = takewhile(lambda reason: reason.stage == first.stage, islice(found, TOLD - 1))
        return proposed, Round(gate=first.stage, reasons=(first, *more))
    votes = Votes() if ports.review is None else await ports.review(proposed, number)
    signed = proposed.provenance.model_copy(update={"rounds": number, "reviewed": votes.told()})
    proposed = proposed.model_copy(update={"provenance": signed})
    if votes.status == "rejected":
        return proposed, Round(gate="committee", reasons=votes.reasons(), votes=votes)
    return proposed, Round(votes=votes)
