"""The tasks of `generate`: planned at their index, put into words, and played."""

import asyncio
from dataclasses import dataclass, field

from apigen_mt.attempts import Attempts, broke_off
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.planning import Planner, Task
from apigen_mt.players import Players
from apigen_mt.talk import LOCAL
from apigen_mt.trajectory import Outcome
from blueprints.blueprint import Blueprint, Rejected
from blueprints.draft import word, worded_like
from blueprints.overlap import Against
from tools_env.port import World


@dataclass(slots=True)
class Worded:
    """Plans tasks in index order; a twin waits for the words of its refusal."""

    planner: Planner
    world: World
    players: Players
    attempts: Attempts
    rounds: int
    against: Against
    planned: dict[int, Task] = field(default_factory=dict)
    words: dict[int, "asyncio.Future[Blueprint | None]"] = field(default_factory=dict)

    def begin(self, index: int) -> None:
        """Plan the next task."""
        self.planned[index] = self.planner.next()
        self.words[index] = asyncio.get_running_loop().create_future()

    async def do(self, index: int, recorded: Outcome | None) -> Outcome:
        """What becomes of a task."""
        task, words = self.planned.pop(index), self.words[index]
        try:
            if recorded is None or (recorded.blueprint is None and broke_off(recorded)):
                return await self._made(task)
            words.set_result(recorded.blueprint if _is_of(recorded.blueprint, task) else None)
            if recorded.blueprint is None or not broke_off(recorded):
                return recorded
            mended = await self.attempts.outcome(index, recorded.blueprint, recorded.usage, recorded)
            return self._counted(task, mended)
        except BudgetSpent as spent:
            self._unworded(task, spent)
            raise
        finally:
            if not words.done():
                words.set_result(None)

    async def _made(self, task: Task) -> Outcome:
        try:
            blueprint = await self._blueprint(task)
        except EndpointError as error:
            if error.kind not in LOCAL:
                raise
            self._unworded(task, error)
            reason = Rejected(stage="infrastructure", reason=error.message)
            return self._counted(task, Outcome(task=task.index, status="failed", kind=task.kind, reasons=(reason,)))
        if not isinstance(blueprint, Blueprint):
            self.words[task.index].set_result(None)
            used = self._author_used(task)
            return self._counted(
                task, Outcome(task=task.index, status="rejected", kind=task.kind, reasons=blueprint, usage=used)
            )
        self.words[task.index].set_result(blueprint)
        return self._counted(task, await self.attempts.outcome(task.index, blueprint, self._author_used(task)))

    def _counted(self, task: Task, outcome: Outcome) -> Outcome:
        """The outcome with the kind that was due and the goals that were let go on the way."""
        return outcome.model_copy(update={"kind": task.kind, "overlapped": task.overlapped})

    def _unworded(self, task: Task, error: Exception) -> None:
        """Words that do not come in this sitting: a twin that waits for them breaks off for the same reason."""
        words = self.words[task.index]
        if not words.done():
            words.set_exception(error)
            words.exception()  # mostly nobody waits, and asyncio would warn

    def _author_used(self, task: Task) -> dict[str, Usage]:
        """Tokens that wording the task's draft took."""
        return {} if isinstance(task.draft, Rejected) else self.players.spent(task.draft.substance())

    async def _blueprint(self, task: Task) -> Blueprint | tuple[Rejected, ...]:
        """Phase one for a task: its draft in words that pass every gate, or all the reasons why not."""
        if isinstance(task.draft, Rejected):
            return (task.draft,)
        if task.twin_of is not None:
            refusal = await self.words[task.twin_of]
            if refusal is not None:
                found = worded_like(task.draft, refusal, self.world, task.index)
                return (found,) if isinstance(found, Rejected) else found
        async with self.attempts.room:
            return await word(task.draft, self.players.author(), self.world, self.rounds, task.index, self.against)


def _is_of(blueprint: Blueprint | None, task: Task) -> bool:
    """Whether a recorded blueprint is of the task that is planned: it is not where other settings were accepted."""
    draft = task.draft
    return blueprint is not None and isinstance(draft, Blueprint) and blueprint.actions == draft.actions
