"""The pipeline: every task of a run is done and recorded, many at a time. The only file that knows there are many."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from apigen_mt.journal import Journal
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.room import Room
from apigen_mt.trajectory import Outcome

T = TypeVar("T")
Watch = Callable[[Outcome], None]
"""Told of every task that is done, for progress; it must not block."""


@dataclass(slots=True)
class Finished:
    """How a run ended: tasks done in all, done now, and which budget cut it short, if one did."""

    done: int = 0
    now: int = 0
    budget_spent: BudgetSpent | None = None


class Work(Protocol):
    """What a run does with its tasks, which go by their index."""

    def begin(self, index: int) -> None:
        """Make the next task ready; called in index order, without waiting."""
        ...

    async def do(self, index: int, recorded: Outcome | None) -> Outcome:
        """What becomes of a task: `recorded`, what an earlier sitting made of it, if nothing of it is left to do.

        It takes places in the room for what it has to do, one for each conversation, and none while it waits.
        """
        ...


@dataclass(slots=True)
class Pipeline:
    """One sitting over so many tasks, with the journal of the run.

    Tasks are begun in index order, each as soon as there is room for it: whenever a place is free and nobody waits for
    one. So as many conversations are live as there are places, to the last task, and a slow one holds up nobody.
    """

    work: Work
    count: int
    room: Room
    journal: Journal
    watch: Watch
    finished: Finished = field(default_factory=Finished)

    async def run(self) -> Finished:
        """Do every task that the journal does not hold yet. Raises the first error that stops the run."""
        try:
            async with asyncio.TaskGroup() as group:
                for index in range(self.count):
                    await self.room.vacancy()
                    if self.finished.budget_spent:
                        break
                    self.work.begin(index)
                    group.create_task(self._task(index))
                    await asyncio.sleep(0)  # it takes its place, or is done
        except ExceptionGroup as several:
            raise first(several) from several
        return self.finished

    async def _task(self, index: int) -> None:
        text = self.journal.outcome(index)
        recorded = None if text is None else Outcome.model_validate_json(text)
        try:
            outcome = await self.work.do(index, recorded)
        except BudgetSpent as spent:
            self.finished.budget_spent = spent
            return
        if outcome is not recorded:
            await self.journal.record_outcome(index, outcome.model_dump_json())
            self.finished.now += 1
        self.finished.done += 1
        self.watch(outcome)


async def side_by_side(waiting: Iterable[Awaitable[T]]) -> list[T]:
    """Await all at once; their results in order. Raises the first error, the others are given up.

    One alone is awaited as it is, so that whatever it need not wait for is done before anything else gets its turn.
    """
    every = list(waiting)
    if len(every) == 1:
        return [await every[0]]

    async def one(what: Awaitable[T]) -> T:
        return await what

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(what)) for what in every]
    except ExceptionGroup as several:
        raise first(several) from several
    return [task.result() for task in tasks]


def first(error: Exception) -> Exception:
    """The first error inside groups: workers that fail together mostly fail for one reason."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
