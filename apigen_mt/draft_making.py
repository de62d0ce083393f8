"""Making one task of a draft run: rounds of author, gates and committee, then the control on the same budget."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from pydantic import BaseModel

from apigen_mt.config import Config
from apigen_mt.draft_outcome import Blind, DraftOutcome, Spent
from apigen_mt.draft_tasks import Due
from apigen_mt.journal import Journal
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.pipeline import side_by_side
from apigen_mt.players import Players
from apigen_mt.talk import LOCAL
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.material import question
from blueprints.committee.plan import improvement_plan
from blueprints.committee.review import ballot
from blueprints.committee.votes import Votes, count
from blueprints.draft import worded_like
from blueprints.rounds import Gates, Ports, Propose, Review, Round, Summarise, drafted, one_round
from blueprints.word_gates import flat
from tools_env.port import World

_WORD = re.compile(r"[\w#-]+")
BLIND = ".blind"
"""Ending of the roles under which the control's replies are journalled."""
OVER = "budget"
"""The gate that a try of the control fails when it took more than is left."""


@dataclass(slots=True)
class Making:
    """Makes tasks, each once: what the journal holds is not made again, but for what broke off."""

    config: Config
    world: World
    journal: Journal
    players: Players
    gates: Gates
    words: dict[int, "asyncio.Future[Blueprint | None]"] = field(default_factory=dict)

    async def make(self, due: Due) -> DraftOutcome:
        """What becomes of a task; raises `BudgetSpent`, and `EndpointError` where no other could be made either."""
        words = self._words(due.index)
        if (known := self._recorded(due.index)) is not None:
            words.set_result(known.blueprint if known.stood else None)
            return known
        try:
            outcome = await self._made(due)
        except (BudgetSpent, EndpointError) as error:
            if isinstance(error, EndpointError) and error.kind == "context":
                outcome = self._without(due, "rejected", Rejected(stage="author", reason=error.message))
                words.set_result(None)
            else:
                words.set_exception(error)
                words.exception()  # mostly no twin waits for it, and asyncio would warn
                if isinstance(error, BudgetSpent) or error.kind not in LOCAL:
                    raise
                outcome = self._without(due, "failed", Rejected(stage="infrastructure", reason=error.message))
        else:
            words.set_result(outcome.blueprint if outcome.stood else None)
        await self.keep(outcome)
        return outcome

    async def keep(self, outcome: DraftOutcome) -> None:
        """Store what became of a task."""
        await self.journal.record_outcome(outcome.task, outcome.model_dump_json())

    def _words(self, index: int) -> "asyncio.Future[Blueprint | None]":
        """The blueprint that a task will have, for a twin that shares its words."""
        return self.words.setdefault(index, asyncio.get_running_loop().create_future())

    def _recorded(self, index: int) -> DraftOutcome | None:
        text = self.journal.outcome(index)
        outcome = None if text is None else DraftOutcome.model_validate_json(text)
        return None if outcome is None or outcome.status == "failed" else outcome

    def _without(self, due: Due, status: Literal["rejected", "failed"], reason: Rejected) -> DraftOutcome:
        used = self.players.spent(due.subject) if due.subject else {}
        return DraftOutcome(
            task=due.index, status=status, kind=due.kind, reasons=(reason,), usage=used, overlapped=due.overlapped
        )

    async def _made(self, due: Due) -> DraftOutcome:
        if due.proposing is None:
            return self._without(
                due, "rejected", due.rejected or Rejected(stage="sampling", reason="nothing was found")
            )
        refusal = None if due.twin_of is None else await self._words(due.twin_of)
        if due.draft is not None and refusal is not None:
            propose, rounds, controlled = _like(due.draft, refusal, self.world, due.index), 0, False
        else:
            propose, controlled = due.proposing(self.players, "author", None), bool(self.config.control)
            rounds = self.config.rounds if self.config.roles.author.model else 0
        meter = _Meter(self.players, due.subject, "author")
        done = await drafted(Ports(meter.on(propose), self.gates, self._review(due), self._summarise(due)), rounds)
        blind = await self._blind(due, done.rounds, meter) if controlled else None
        blueprint = done.blueprint
        return DraftOutcome(
            task=due.index,
            status="rejected" if blueprint is None else "accepted",
            kind=due.kind if blueprint is None else blueprint.kind,
            blueprint=blueprint,
            rounds=done.rounds,
            spent=tuple(meter.each),
            usage=self.players.spent(due.subject),
            overlapped=due.overlapped,
            writes=0 if blueprint is None else sum(self.world.specs[a.name].writes for a in blueprint.actions),
            says_ids=blueprint is not None and says_ids(blueprint, self.world),
            blind=blind,
        )

    def _review(self, due: Due, mark: str = "") -> Review | None:
        """The committee, its members asked side by side; none where nobody reviews."""
        members = [self.players.reviewer(role, role.model, mark) for role in self.config.reviewers]

        async def review(blueprint: Blueprint, number: int) -> Votes:
            asked = question(blueprint, self.world, due.subject)
            return count(await side_by_side(ballot(one, asked, number) for one in members))

        return review if members else None

    def _summarise(self, due: Due) -> Summarise | None:
        role = self.config.summariser
        if not role.model:
            return None
        ask = self.players.asking(role, "summariser")

        async def summarise(blueprint: Blueprint, reasons: Sequence[Rejected], number: int) -> str | Rejected:
            async def about(prompt: str, _: str, turn: int, kind: type[BaseModel]) -> BaseModel | Rejected:
                return await ask(prompt, due.subject, turn, kind)

            return await improvement_plan(about, blueprint, reasons, number)

        return summarise

    async def _blind(self, due: Due, rounds: Sequence[Round], fed: "_Meter") -> Blind:
        """The first attempt, and fresh ones without feedback while they fit into what the rounds with feedback took.

        One more is asked for only if it fits should it take what the first took; a try that takes more than is left is
        not counted.
        """
        budget, spent, over = fed.total(), fed.each[0], Spent()
        accepted, tries = rounds[0].stood, list[Round]()
        meter = _Meter(self.players, due.subject, f"author{BLIND}")
        while not accepted and due.proposing is not None and _fits(spent, fed.each[0], budget):
            number = len(tries) + 1
            fresh = due.proposing(self.players, f"author{BLIND}", number)
            propose = meter.within(fresh, spent, budget)
            _, result = await one_round(Ports(propose, self.gates, self._review(due, BLIND)), (), number)
            if result.gate == OVER:
                over = meter.each[-1]
                break
            spent = plus(spent, meter.each[-1])
            tries.append(result)
            accepted = result.stood
        return Blind(accepted=accepted, tries=tuple(tries), spent=spent, over=over)


@dataclass(slots=True)
class _Meter:
    """Takes down what each proposal costs its author."""

    players: Players
    subject: str
    role: str
    each: list[Spent] = field(default_factory=list)

    def total(self) -> Spent:
        """All of it."""
        return reduce(plus, self.each, Spent())

    def on(self, propose: Propose) -> Propose:
        """The same proposals, metered."""

        async def metered(feedback: tuple[Rejected, ...], number: int) -> Blueprint | Rejected:
            before = self.players.author_spent(self.subject, self.role)
            proposed = await propose(feedback, number)
            self.each.append(_minus(self.players.author_spent(self.subject, self.role), before))
            return proposed

        return metered

    def within(self, propose: Propose, spent: Spent, budget: Spent) -> Propose:
        """The same proposals, metered; one that takes more than is left is none."""
        metered = self.on(propose)

        async def bounded(feedback: tuple[Rejected, ...], number: int) -> Blueprint | Rejected:
            proposed = await metered(feedback, number)
            if _fits(spent, self.each[-1], budget):
                return proposed
            return Rejected(stage=OVER, reason="the try took more than was left")

        return bounded


def _like(draft: Blueprint, refusal: Blueprint, world: World, index: int) -> Propose:
    """A twin has the words of its refusal and no others."""

    async def propose(*_: object) -> Blueprint | Rejected:
        return worded_like(draft, refusal, world, index)

    return propose


def says_ids(blueprint: Blueprint, world: World) -> bool:
    """Whether the person names a record that the calls are about by its id, their own aside."""
    calls = [*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])]
    ids = {str(v) for call in calls for kind, v in flat(call.arguments, world, call.name) if kind == "identifier"}
    texts = (blueprint.instruction, *(stage.say for stage in blueprint.stages))
    return any((ids - {blueprint.person}) & set(_WORD.findall(text)) for text in texts)


def plus(one: Spent, other: Spent) -> Spent:
    """Both together."""
    return Spent(calls=one.calls + other.calls, usage=one.usage + other.usage)


def _minus(after: Spent, before: Spent) -> Spent:
    usage = Usage(
        prompt=after.usage.prompt - before.usage.prompt,
        completion=after.usage.completion - before.usage.completion,
        cached=after.usage.cached - before.usage.cached,
    )
    return Spent(calls=after.calls - before.calls, usage=usage)


def _fits(spent: Spent, more: Spent, budget: Spent) -> bool:
    """Whether more can be spent without going over the budget's calls or tokens."""
    total = plus(spent, more)
    return total.calls <= budget.calls and total.usage.total <= budget.usage.total
