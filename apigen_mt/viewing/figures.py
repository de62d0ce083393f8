"""The overview of a run that goes on: counted as outcomes come, told when there is something new and it is not dear."""

import threading
import time
from copy import deepcopy

from apigen_mt.config import parse
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.entries import domain_of
from apigen_mt.viewer.overview import Counting, Overview, overview
from apigen_mt.viewer.packed import Worlds
from tools_env.port import World
from tools_env.values import Json

REST = 9
"""They are told anew after so many times as long as that took."""


class Figures:
    """The figures of a run. `add` is called by the thread that reads it, `tell` by another; `told` is their last word.

    Until `begin` has found the world, which takes a while, outcomes wait. Where an outcome was replaced by another one,
    the figures are counted anew from the journal whenever they are told.
    """

    def __init__(self, folder: RunFolder, worlds: Worlds) -> None:
        self._folder = folder
        self._worlds = worlds
        self._world: World | None = None
        self._counting: Counting | None = None
        self._waiting: list[Outcome | DraftOutcome] = []
        self._tasks: set[int] = set()
        self._replaced = folder.command == "draft"  # its stages are told by all drafts in their order
        self._adding = threading.Lock()
        self.told: dict[str, Json] = _empty(folder)
        self._added = 0
        self.version = 0

    @property
    def waiting(self) -> bool:
        """Whether `begin` is still to be called."""
        return self._counting is None

    def begin(self) -> None:
        """Find the world, and count what has waited. Raises `NotARun`."""
        self._world = self._worlds(domain_of(self._folder))
        counting = Counting(self._folder, self._world)
        with self._adding:
            for outcome in self._waiting:
                counting.add(outcome)
            self._waiting.clear()
            self._counting = counting

    def add(self, task: int, outcome: Outcome | DraftOutcome | None) -> None:
        """Count what became of a task: None where that is not known any more."""
        with self._adding:
            self._added += 1
            self._replaced |= task in self._tasks
            self._tasks.add(task)
            if outcome is None or self._replaced:
                return
            if self._counting is None:
                self._waiting.append(outcome)
            else:
                self._counting.add(outcome)

    def tell(self) -> float:
        """Make the figures anew where something was added; returns the seconds to rest after it. Raises `NotARun`."""
        with self._adding:
            added, counting = self._added, self._counting
            if counting is None or (self.version and added == self.version - 1):
                return 0.0
            begun = time.monotonic()
            shared = (self._folder, self._world)
            copy = None if self._replaced else deepcopy(counting, {id(one): one for one in shared})
        self.told = overview(self._folder, self._world) if copy is None else copy.told()
        self.version = added + 1
        return REST * (time.monotonic() - begun)


def _empty(folder: RunFolder) -> dict[str, Json]:
    """The figures before anything was counted. Raises `NotARun`."""
    config = parse(folder.config)
    nothing = Overview(
        name=folder.path.resolve().name,
        command=folder.command,
        domain=config.domain or str(config.blueprints or ""),
        models=(),
        seed=config.seed,
        asked=config.count,
        tasks=0,
        entries=0,
        good=0,
        phases=(),
        faults={},
        reasons=(),
        costs=(),
        spreads=(),
        map=None,
        facets={},
    )
    return nothing.model_dump(mode="json")
