"""What a draft run tries at each index; grounded: drafts planned or recombined, which an author puts into words."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from apigen_mt.planning import Planner, Task
from apigen_mt.players import Players
from blueprints.blueprint import Blueprint, Rejected
from blueprints.coverage import Pair
from blueprints.draft import twin_draft, wording_of
from blueprints.recombine import combine, groups
from blueprints.rounds import Propose
from tools_env.port import World

Proposing: TypeAlias = Callable[[Players, str, int | None], Propose]
"""The author of a task, journalled under a name; a turn is given where every round is the same fresh question."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due at an index. `subject` names it in the journal; without `proposing` nothing was found to draft, for
    the reason in `rejected`. A twin is `draft` in the words of the task at `twin_of`, if that one is accepted.
    """

    index: int
    kind: str
    subject: str = ""
    proposing: Proposing | None = None
    rejected: Rejected | None = None
    draft: Blueprint | None = None
    twin_of: int | None = None
    overlapped: int = 0


class Source(Protocol):
    """Gives what is due in index order; what it is told at the end of a window bears on later windows alone."""

    def barren(self) -> Rejected | None:
        """Why nothing at all can be drafted, if nothing can; asked before anything else."""
        ...

    def next(self) -> Due:
        """What is due at the next index."""
        ...

    def given_up(self) -> dict[Pair, str]:
        """Pairs of tools that no task can have, each with the reason, as far as was looked."""
        ...

    def feed(self, accepted: Sequence[Blueprint]) -> None:
        """Take what was accepted in the window that has ended, in index order."""
        ...


@dataclass(slots=True)
class Grounded:
    """Drafts whose actions are true by construction: the planner's, and at the begin of each window recombined ones."""

    planner: Planner
    world: World
    most: int
    index: int = 0
    places: dict[int, int] = field(default_factory=dict)
    joint: deque[tuple[Blueprint, bool]] = field(default_factory=deque)
    parts: list[Blueprint] = field(default_factory=list)
    ahead: deque[Task] = field(default_factory=deque)

    def barren(self) -> Rejected | None:
        """Why no task can be planned at all, if none can: every kind has been tried once."""
        for _ in self.planner.kinds.copy():
            self.ahead.append(self.planner.next())
            if isinstance(self.ahead[-1].draft, Blueprint):
                return None
        return next((task.draft for task in reversed(self.ahead) if isinstance(task.draft, Rejected)), None)

    def next(self) -> Due:
        """The next recombined draft, or else what the planner plans."""
        index, self.index = self.index, self.index + 1
        if self.joint:
            draft, twin = self.joint.popleft()
            return self._due(index, draft, index - 1 if twin else None)
        task = self.ahead.popleft() if self.ahead else self.planner.next()
        self.places[task.index] = index
        if isinstance(task.draft, Rejected):
            return Due(index, task.kind, rejected=task.draft, overlapped=task.overlapped)
        return self._due(
            index, task.draft, None if task.twin_of is None else self.places[task.twin_of], task.overlapped
        )

    def _due(self, index: int, draft: Blueprint, twin_of: int | None, overlapped: int = 0) -> Due:
        def proposing(players: Players, name: str, turn: int | None) -> Propose:
            return wording_of(draft, players.author(name, turn), index)

        return Due(index, draft.kind, draft.substance(), proposing, None, draft, twin_of, overlapped)

    def given_up(self) -> dict[Pair, str]:
        """What the planner gave up."""
        return self.planner.coverage.given_up

    def feed(self, accepted: Sequence[Blueprint]) -> None:
        """Recombine accepted tasks of one person, each part once; a refusal is followed by its twin."""
        self.parts.extend(accepted)
        for parts in list(groups(self.parts)):
            if len(self.joint) >= self.most:
                return
            used = {part.id for part in parts}
            self.parts = [part for part in self.parts if part.id not in used]
            draft = combine(parts, self.world)
            if isinstance(draft, Rejected):
                continue
            twin = twin_draft(draft, self.world) if draft.evidence is not None else None
            if isinstance(twin, Rejected):
                continue  # a refusal is proven by its twin
            self.joint += [(draft, False)] if twin is None else [(draft, False), (twin, True)]
