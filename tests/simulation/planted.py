"""Bugs of the kinds that the simulation is there to find, each in the place of a part that is sound."""

import asyncio
from collections.abc import Mapping

from apigen_mt.config import Config
from apigen_mt.journal import Journal, Store
from apigen_mt.models.budget import Budget, BudgetSpent, Cap, Reservation, Stage, stage_of
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Usage


class Hasty(Journal):
    """Lost acknowledgement: says that a reply is stored, and stores it a little later."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._later: list[asyncio.Task[None]] = []

    async def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        self._later.append(asyncio.ensure_future(super().record_reply(key, digest, reply)))


class Careful(Journal):
    """Double commit: takes every tenth acknowledgement for lost, and stores that record again."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._records = 0

    async def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        await super().record_reply(key, digest, reply)
        self._records += 1
        if not self._records % 10:
            await super().record_reply(key, digest, reply)


class Restless(Journal):
    """Double commit, of outcomes: every other one is recorded twice."""

    async def record_outcome(self, task: int, payload: str) -> None:
        await super().record_outcome(task, payload)
        if task % 2:
            await super().record_outcome(task, payload)


class Forgetful(Journal):
    """Double commit, by another way: does not find what an earlier sitting has stored of a talk's first turn."""

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        return super().reply(key, digest) if key.turn else None


class Racing(Budget):
    """Budget race: looks whether a request fits and lets it go, with nothing held for it until it is settled."""

    async def reserve(self, request: ChatRequest, stage: Stage) -> Reservation:
        limit = self.limit
        if limit is not None and self.tokens + request.estimate() > limit:
            raise BudgetSpent(self.tokens, limit)
        return Reservation(self, request, stage, {"tokens": 0, "usd": 0})

    limit: int | None = None


def racing(config: Config, totals: Mapping[str, Usage]) -> Budget:
    """A budget of tokens that is not held to."""
    budget = Racing(Cap(tokens=config.budget_tokens))
    budget.limit = config.budget_tokens
    for name, usage in totals.items():
        budget.count(usage, "", stage_of(name))
    return budget
