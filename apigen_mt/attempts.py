"""Attempts at a blueprint: so many talks with their verdicts, and what becomes of the task (arXiv 2504.03601 §3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apigen_mt.config import Config
from apigen_mt.judges import opinions
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.retry import Pace
from apigen_mt.pipeline import side_by_side
from apigen_mt.players import Players
from apigen_mt.quarantine import suspected
from apigen_mt.room import Room
from apigen_mt.talk import LOCAL, Limits, Played, play
from apigen_mt.trajectory import Cast, Outcome, Role, Row, touched_in
from blueprints.author import TemplateAuthor
from blueprints.blueprint import Blueprint
from blueprints.judging.judge import carried_out, judge
from blueprints.judging.verdict import Verdict
from tools_env.port import World
from tools_env.replay import Replayed


@dataclass(slots=True)
class Attempts:
    """Plays blueprints of one world. `room` bounds the talks at a time over all tasks; a talk that infrastructure broke
    off is played `again` so many times at once, and at every later sitting. `given` blueprints name their own author.
    """

    config: Config
    world: World
    players: Players
    room: Room
    again: int = 0
    given: bool = False
    pace: Pace = field(default_factory=Pace)

    async def outcome(
        self, task: int, blueprint: Blueprint, usage: Mapping[str, Usage], recorded: Outcome | None = None
    ) -> Outcome:
        """What becomes of a task: only the attempts that `recorded` lacks are played. Raises `BudgetSpent`."""
        had = {} if recorded is None else whole(recorded)
        repeated = set() if recorded is None else set(recorded.repeated)
        missing = [n for n in range(self.config.attempts) if n not in had and n not in repeated]
        if recorded is not None and not missing:
            return recorded
        played = await side_by_side(self._attempt(blueprint, number) for number in missing)
        for row in played:
            if isinstance(row, BudgetSpent):
                raise row
            had[row.attempt] = row
        return self._summed(task, blueprint, [had[number] for number in sorted(had)], usage, repeated)

    def _summed(
        self, task: int, blueprint: Blueprint, rows: list[Row], usage: Mapping[str, Usage], repeated: set[int]
    ) -> Outcome:
        """All unique successes are kept, all failures stored, unless the attempts speak against the blueprint."""
        kept: list[Row] = []
        for row in rows:
            if row.sound and any(row.messages == other.messages for other in kept):
                repeated.add(row.attempt)
            elif row.sound:
                kept.append(row)
        suspicion = suspected(rows, self.world)
        return Outcome(
            task=task,
            status="kept" if kept and suspicion is None else "failed",
            kind=blueprint.kind,
            blueprint=blueprint,
            rows=tuple(kept) if suspicion is None else (),
            failures=tuple(row for row in rows if not row.sound),
            repeated=tuple(sorted(repeated)),
            quarantined=suspicion and suspicion.model_copy(update={"withheld": tuple(kept)}),
            usage=dict(usage),
        )

    async def _attempt(self, blueprint: Blueprint, attempt: int) -> Row | BudgetSpent:
        """One attempt. That the budget is spent is told, not raised: talks beside it end before the sitting does."""
        async with self.room:
            try:
                row = await self._played(blueprint, attempt)
                for _ in range(self.again):
                    if not cut_off(row):
                        break
                    row = await self._played(blueprint, attempt)
            except BudgetSpent as spent:
                return spent
        return row

    async def _played(self, blueprint: Blueprint, attempt: int) -> Row:
        """Phase two for one attempt: a talk, its verdict, and what the judges think of one that the gates let pass."""
        played = await play(
            blueprint,
            self.world,
            self.players.human(blueprint, attempt),
            self.players.agent(blueprint, attempt),
            Limits(**self.config.limits.model_dump()),
            spent=lambda: self.players.used_by(blueprint.id, attempt),
            pace=self.pace,
            fail_fast=self.config.fail_fast,
        )
        row = self._row(blueprint, attempt, played)
        if not row.verdict.ok or not (judges := self.players.judges(attempt)):
            return row
        try:
            update: dict[str, object] = {"opinions": await opinions(blueprint, row.course, row.system, judges)}
        except EndpointError as error:
            if error.kind not in LOCAL:
                raise
            cut = Played(played.course, played.human_turns, "infrastructure", f"a judge: {error.message}")
            verdict = self._verdict(blueprint, cut, carried_out(blueprint, cut.course, self.world))
            update = {"end_reason": cut.end_reason, "ended_by": cut.why, "verdict": verdict}
        return row.model_copy(update=update | {"usage": row.usage | self.players.spent(blueprint.id, attempt)})

    def _verdict(self, blueprint: Blueprint, played: Played, done: Replayed) -> Verdict:
        return judge(blueprint, played.course, played.human_turns, played.end_reason, self.world, done=done)

    def _row(self, blueprint: Blueprint, attempt: int, played: Played) -> Row:
        messages = messages_of(played.course)
        done = carried_out(blueprint, played.course, self.world)
        return Row(
            id=f"{blueprint.id}/{attempt}",
            attempt=attempt,
            blueprint=blueprint,
            cast=self._cast(blueprint),
            system=self.world.brief(blueprint.snapshot).policy,
            tools=tuple(s.function() for s in blueprint.offered(self.world.specs).values()),
            messages=messages,
            train=train_flags(played.course, messages),
            course=played.course,
            human_turns=played.human_turns,
            end_reason=played.end_reason,
            ended_by=played.why,
            temperament=self.players.temperament(blueprint, attempt),
            verdict=self._verdict(blueprint, played, done),
            fingerprint=done.fingerprint,
            touched=touched_in(played.course),
            usage=self.players.spent(blueprint.id, attempt),
            seed=self.config.seed,
        )

    def _cast(self, blueprint: Blueprint) -> Cast:
        cast = self.players.cast()
        return cast.model_copy(update={"author": author_of(blueprint)}) if self.given else cast


def author_of(blueprint: Blueprint) -> Role:
    """Who worded a blueprint, as it says itself."""
    name = blueprint.provenance.author
    if blueprint.provenance.mode == "imported":
        return Role(source="imported", model=name)
    return Role(source="template") if name == TemplateAuthor.name else Role(source="model", model=name)


def whole(outcome: Outcome) -> dict[int, Row]:
    """The attempts of a task that infrastructure did not break off, by their number."""
    withheld = outcome.quarantined.withheld if outcome.quarantined else ()
    rows = (*outcome.rows, *withheld, *outcome.failures)
    return {row.attempt: row for row in rows if not cut_off(row)}


def cut_off(row: Row) -> bool:
    """Whether an endpoint or a tool ended a talk, or there was no time for it: that says nothing of who spoke."""
    return row.verdict.fault == "infrastructure"


def broke_off(outcome: Outcome) -> bool:
    """Whether infrastructure broke something of a task off, so that continuing the run tries that again."""
    by_author = outcome.status == "failed" and any(r.stage == "infrastructure" for r in outcome.reasons)
    return by_author or any(cut_off(row) for row in outcome.failures)
