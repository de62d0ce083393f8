"""The pipeline: plan, word, play and judge every task, many at a time. The only file that knows there are many."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apigen_mt.config import Config
from apigen_mt.journal import Journal
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.planning import Planner, Task
from apigen_mt.players import Players
from apigen_mt.talk import LOCAL, Limits, Played, play
from apigen_mt.trajectory import Outcome, Row
from blueprints.blueprint import Blueprint, Rejected
from blueprints.draft import word, worded_like
from blueprints.judging.judge import carried_out, judge
from blueprints.overlap import Against
from tools_env.calls import Touch
from tools_env.course import Course
from tools_env.port import World

Watch = Callable[[Outcome], None]
"""Told of every task that is done, for progress; it must not block."""


@dataclass(slots=True)
class Finished:
    """How a run ended: tasks done in all, done now, and whether the token budget cut it short."""

    done: int = 0
    now: int = 0
    budget_spent: bool = False


@dataclass(slots=True)
class Pipeline:
    """One run over one world, with its journal and players."""

    config: Config
    world: World
    journal: Journal
    players: Players
    watch: Watch
    against: Against = field(default_factory=Against)
    personas: Sequence[str] = ()
    worded: dict[int, "asyncio.Future[Blueprint | None]"] = field(default_factory=dict)
    finished: Finished = field(default_factory=Finished)

    async def run(self) -> Finished:
        """Do every task of the plan that the journal does not hold yet. Raises the first error that stops the run."""
        config = self.config
        planner = Planner(self.world, config.seed, config.mix(self.personas), self.against)
        left = iter(range(self.config.count))

        async def worker() -> None:
            for _ in left:
                if self.finished.budget_spent:
                    return
                task = planner.next()
                self.worded[task.index] = asyncio.get_running_loop().create_future()
                try:
                    await self._task(task)
                except BudgetSpent as spent:
                    self.finished.budget_spent = True
                    self._unworded(task, spent)
                finally:
                    if not self.worded[task.index].done():
                        self.worded[task.index].set_result(None)
                await asyncio.sleep(0)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.config.concurrency, self.config.count)):
                    group.create_task(worker())
        except ExceptionGroup as several:
            raise first(several) from several
        return self.finished

    async def _task(self, task: Task) -> None:
        recorded = self.journal.outcome(task.index)
        outcome = Outcome.model_validate_json(recorded) if recorded is not None else None
        if outcome is not None and not broke_off(outcome):
            self.worded[task.index].set_result(outcome.blueprint)
            self.finished.done += 1
            self.watch(outcome)
            return
        outcome = await self._make(task)
        if task.overlapped:
            outcome = outcome.model_copy(update={"overlapped": task.overlapped})
        self.journal.record_outcome(task.index, outcome.model_dump_json())
        self.finished.done += 1
        self.finished.now += 1
        self.watch(outcome)

    async def _make(self, task: Task) -> Outcome:
        try:
            blueprint = await self._blueprint(task)
        except EndpointError as error:
            if error.kind not in LOCAL:
                raise
            self._unworded(task, error)
            reason = Rejected(stage="infrastructure", reason=error.message)
            return Outcome(task=task.index, status="failed", kind=task.kind, reasons=(reason,))
        if not isinstance(blueprint, Blueprint):
            self.worded[task.index].set_result(None)
            used = self._author_used(task)
            return Outcome(task=task.index, status="rejected", kind=task.kind, reasons=blueprint, usage=used)
        self.worded[task.index].set_result(blueprint)
        rows: list[Row] = []
        failures: list[Row] = []
        for attempt in range(self.config.attempts):
            row = await self._play(blueprint, attempt)
            unique = row.verdict.ok and all(row.messages != other.messages for other in rows)
            if unique:
                rows.append(row)
            elif not row.verdict.ok:
                failures.append(row)
        return Outcome(
            task=task.index,
            status="kept" if rows else "failed",
            kind=task.kind,
            blueprint=blueprint,
            rows=tuple(rows),
            failures=tuple(failures),
            usage=self._author_used(task),
        )

    def _unworded(self, task: Task, error: Exception) -> None:
        """Words that do not come in this sitting: a twin that waits for them breaks off for the same reason."""
        words = self.worded[task.index]
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
            refusal = await self.worded[task.twin_of]
            if refusal is not None:
                found = worded_like(task.draft, refusal, self.world, task.index)
                return (found,) if isinstance(found, Rejected) else found
        author, rounds = self.players.author(), self.config.rounds
        return await word(task.draft, author, self.world, rounds, task.index, self.against)

    async def _play(self, blueprint: Blueprint, attempt: int) -> Row:
        """Phase two for one attempt: a talk and its verdict."""
        limits = Limits(**self.config.limits.model_dump())
        human, agent = self.players.human(blueprint, attempt), self.players.agent(blueprint, attempt)
        played = await play(blueprint, self.world, human, agent, limits)
        return self._row(blueprint, attempt, played)

    def _row(self, blueprint: Blueprint, attempt: int, played: Played) -> Row:
        verdict = judge(blueprint, played.course, played.human_turns, played.end_reason, self.world)
        messages = messages_of(played.course)
        return Row(
            id=f"{blueprint.id}/{attempt}",
            attempt=attempt,
            blueprint=blueprint,
            cast=self.players.cast(),
            system=self.world.brief(blueprint.snapshot).policy,
            tools=tuple(s.function() for s in blueprint.offered(self.world.specs).values()),
            messages=messages,
            train=train_flags(played.course, messages),
            course=played.course,
            human_turns=played.human_turns,
            end_reason=played.end_reason,
            ended_by=played.why,
            verdict=verdict,
            fingerprint=carried_out(blueprint, played.course, self.world).fingerprint,
            touched=_touched(played.course),
            usage=self.players.spent(blueprint.id, attempt),
            seed=self.config.seed,
        )


def first(error: Exception) -> Exception:
    """The first error inside groups: workers that fail together mostly fail for one reason."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def broke_off(outcome: Outcome) -> bool:
    """Whether a task failed by infrastructure alone, so that continuing the run tries it again."""
    by_author = any(r.stage == "infrastructure" for r in outcome.reasons)
    by_talk = bool(outcome.failures) and all(f.end_reason == "infrastructure" for f in outcome.failures)
    return outcome.status == "failed" and (by_author or by_talk)


def _touched(course: Course) -> tuple[Touch, ...]:
    """Records that the talk read or wrote, each once, in order."""
    return tuple(dict.fromkeys(t for step in course.done() for t in step.result.touched))
