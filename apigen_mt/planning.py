"""Planning: which task comes at which index. Plans depend on seed and index alone, never on what finished first."""

import random
from dataclasses import dataclass

from blueprints.author import plain
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.draft import ground, twin_draft, with_words
from blueprints.overlap import Against
from blueprints.sampling import Sampler
from tools_env.port import World

ATTEMPTS = {"cheap": 400, "restart": 24}
"""How many goals may be tried for one task, by what a fork costs."""


@dataclass(frozen=True, slots=True)
class Task:
    """A planned task: its draft without words, and for a twin the index of the refusal whose words it shares.

    `overlapped` counts the goals let go on the way because they repeat a task they must not.
    """

    index: int
    kind: Kind
    draft: Blueprint | Rejected
    twin_of: int | None = None
    overlapped: int = 0


class Planner:
    """Draws tasks in index order. Every draft differs in substance from all before it, and from those in `against`."""

    def __init__(
        self, world: World, seed: int, kinds: dict[Kind, float], snapshots: int, against: Against | None = None
    ) -> None:
        self.world = world
        self.seed = seed
        self.kinds = {k: s for k, s in sorted(kinds.items()) if s > 0}
        self.sampler = Sampler(world, snapshots)
        self.against = against or Against()
        self.seen: set[str] = set()
        self.given: dict[Kind, int] = dict.fromkeys(self.kinds, 0)
        self.twin: Blueprint | None = None
        self.index = 0

    def next(self) -> Task:
        """The next task. A refusal is followed by its twin."""
        index, self.index = self.index, self.index + 1
        if self.twin is not None:
            draft, self.twin = self.twin, None
            self.seen.add(draft.substance())
            return Task(index, "act", draft, twin_of=index - 1)
        kind, overlapped = self._due(), 0
        for attempt in range(ATTEMPTS[self.world.fork_cost]):
            rng = random.Random(f"{self.seed}/{index}/{attempt}")
            goal = self.sampler.draw(kind, rng)
            if goal is None:
                continue
            if self.against.shared_call(goal.calls()) is not None:
                overlapped += 1
                continue
            found = ground(goal, "", rng)
            if isinstance(found, Rejected) or found.substance() in self.seen or not self._twin(found):
                continue
            if self._repeats(found):
                self.twin = None
                overlapped += 1
                continue
            self.seen.add(found.substance())
            self.given[kind] += 1
            return Task(index, kind, found, overlapped=overlapped)
        attempts = ATTEMPTS[self.world.fork_cost]
        reason = f"no {kind} task was found in {attempts} attempts: the domain may be too small"
        if not self.given[kind] and len(self.kinds) > 1 and not overlapped:
            del self.kinds[kind]
            reason = f"no {kind} task was found in {attempts} attempts: its share goes to the other kinds"
        if overlapped:
            reason = (
                f"no {kind} task was found in {attempts} attempts, {overlapped} of which overlap with earlier tasks"
            )
        return Task(index, kind, Rejected(stage="sampling", reason=reason), overlapped=overlapped)

    def _twin(self, draft: Blueprint) -> bool:
        """Keep the twin of a refusal for the next index; False when it has none that stands."""
        if draft.evidence is None:
            return True
        twin = twin_draft(draft, self.world)
        if isinstance(twin, Rejected) or twin.substance() in self.seen:
            return False
        self.twin = twin
        return True

    def _repeats(self, draft: Blueprint) -> bool:
        """Whether even the template's words, whose facts every author keeps, stand in an earlier task."""
        words = plain(draft)
        return self.against.shared_words(with_words(draft, words.instruction, words.says)) is not None

    def _due(self) -> Kind:
        """The kind furthest behind its share; twins count as act only by the way."""
        total = sum(self.kinds.values())
        planned = sum(self.given.values()) + 1
        return max(self.kinds, key=lambda k: self.kinds[k] / total * planned - self.given[k])
