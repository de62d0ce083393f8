"""A walk on the API graph: tools that go together, for a task to be built around (arXiv 2504.03601 §3.1)."""

import random
from typing import Literal

from pydantic import Field

from blueprints.blueprint import Kind
from blueprints.drafted.proposal import WISHES, Wish
from tools_env.graph import api_graph
from tools_env.port import World
from tools_env.values import Part

TRIES = 40
"""How many walks may be taken until one holds what the kind of task needs."""


class Settings(Part):
    """What is drawn for one task, and how much of it at most; each time the amounts are drawn too.

    A walk is `walk` steps long; it begins at a tool that finds people or at `any`, and each step goes back to the
    beginning with probability `restart`. Of the kinds only those count that are proposed.
    """

    kinds: dict[Kind, float] = {"act": 0.6, "inform": 0.2, "refuse": 0.2}
    walk: int = Field(default=4, ge=1, le=12)
    start: Literal["finder", "any"] = "any"
    restart: float = Field(default=0.15, ge=0, le=1)
    clauses: int = Field(default=3, ge=0, le=12)
    reads: int = Field(default=8, ge=1, le=24)
    examples: int = Field(default=2, ge=0, le=2)
    snapshots: int = Field(default=8, ge=1)

    def shares(self) -> dict[Wish, float]:
        """The shares of the kinds that are proposed."""
        return {kind: share for kind in WISHES if (share := self.kinds.get(kind, 0)) > 0}


def walk(world: World, kind: Wish, settings: Settings, rng: random.Random) -> tuple[str, ...]:
    """The tools of one walk, in order of first visit; empty when none that serves the kind was found.

    A question needs a tool that reads, anything else one that writes: writes are the core of a task, reads stay free.
    """
    graph = api_graph(world)
    agents = {n for n, s in world.specs.items() if "agent" in s.actors}
    finders = [n for n in graph if n in agents and not world.specs[n].writes and not graph.in_degree(n)]
    starts = finders if settings.start == "finder" and finders else [n for n in graph if n in agents]
    for _ in range(TRIES):
        start = at = rng.choice(starts)
        visited = {start: None}
        for _ in range(rng.randint(1, settings.walk)):
            onward = [n for n in graph.successors(at) if n in agents]
            back = not onward or rng.random() < settings.restart
            at = start if back else rng.choice(onward)
            visited.setdefault(at)
        if any(world.specs[n].writes == (kind != "inform") for n in visited):
            return tuple(visited)
    return ()
