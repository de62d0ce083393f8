"""The schedule of a draft run: how many tasks are on the way, in which order results count, and what windows are for.

A task is begun only while fewer stand or are on the way than are wanted. So nothing is drafted that is not used, and
the tasks that were tried are the same whatever the concurrency: all up to the one that makes the number full.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_tasks import Due, Source
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.pipeline import first
from blueprints.blueprint import Blueprint
from blueprints.near import Near

Watch = Callable[[DraftOutcome], None]
"""Told of every task that is done, for progress; it must not block."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much a sitting is to do: blueprints in all, tasks tried at most, tasks at a time, indices in a window."""

    count: int
    attempts: int
    concurrency: int
    window: int


@dataclass(slots=True)
class Schedule:
    """Runs one sitting. `make` drafts what is due, `keep` stores an outcome, `near` is asked in index order."""

    wanted: Wanted
    source: Source
    make: Callable[[Due], Awaitable[DraftOutcome]]
    keep: Callable[[DraftOutcome], Awaitable[None]]
    watch: Watch
    near: Near = field(default_factory=Near)
    budget_spent: BudgetSpent | None = None
    begun: int = 0
    settled: int = 0
    on_the_way: int = 0
    standing: int = 0
    waiting: dict[int, DraftOutcome] = field(default_factory=dict)
    fresh: list[Blueprint] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Draft until enough stand or enough was tried. Raises the first error that stops the run."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    while self._room():
                        due = self.source.next()
                        self.begun, self.on_the_way = self.begun + 1, self.on_the_way + 1
                        group.create_task(self._draft(due))
                        await asyncio.sleep(0)
                    if not self.on_the_way:
                        break
                    self.changed.clear()
                    await self.changed.wait()
        except ExceptionGroup as several:
            raise first(several) from several
        await self._kept([self._settle(self.waiting[index]) for index in sorted(self.waiting)])

    def _room(self) -> bool:
        """Whether another task may begin now; at the end of a window all of it has to be settled first."""
        full = self.standing + self.on_the_way >= self.wanted.count or self.on_the_way >= self.wanted.concurrency
        at_end = self.begun and self.begun % self.wanted.window == 0 and self.settled < self.begun
        return not (full or at_end or self.budget_spent or self.begun >= self.wanted.attempts)

    async def _draft(self, due: Due) -> None:
        try:
            outcome = await self.make(due)
        except BudgetSpent as spent:
            self.budget_spent = spent
            return
        finally:
            self.on_the_way -= 1
            self.changed.set()
        self.standing += outcome.status != "rejected"
        self.waiting[outcome.task] = outcome
        mended: list[DraftOutcome | None] = []
        while self.settled in self.waiting:
            mended.append(self._settle(self.waiting.pop(self.settled)))
            self.settled += 1
            if self.settled % self.wanted.window == 0:
                self.source.feed(tuple(self.fresh))
                self.fresh.clear()
        await self._kept(mended)

    async def _kept(self, mended: Iterable[DraftOutcome | None]) -> None:
        for outcome in mended:
            if outcome is not None:
                await self.keep(outcome)

    def _settle(self, outcome: DraftOutcome) -> DraftOutcome | None:
        """Let an accepted blueprint stand, unless it says almost the same as one with a lower index; the outcome that
        is to be stored anew then.
        """
        blueprint = outcome.accepted
        found = None if blueprint is None else self.near.close(blueprint)
        if found is not None:
            self.standing -= 1
            outcome = outcome.model_copy(update={"status": "rejected", "reasons": (found,)})
        elif blueprint is not None:
            self.near.add(blueprint)
            self.fresh.append(blueprint)
        self.watch(outcome)
        return None if found is None else outcome
