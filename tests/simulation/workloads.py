"""What the simulations are about: a few small tasks of the library each, played by models."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from apigen_mt.blueprint_files import Given
from apigen_mt.config import Command, Config, parse
from apigen_mt.generating import made
from apigen_mt.journal import Journal
from apigen_mt.pipeline import Finished
from apigen_mt.planning import Planner, Task
from apigen_mt.players import Players
from apigen_mt.playing import played
from blueprints.overlap import Against
from blueprints.personas import shipped
from tests.apigen_mt.model_server import AGENT, AUTHOR, HUMAN
from tests.blueprints.talks import planned, world_of
from tests.simulation.models import Models
from tests.simulation.provider import OTHER, URL
from tools_env.values import Json

PLAYED = {"human": HUMAN, "agent": AGENT}


@dataclass(frozen=True)
class Workload:
    """Tasks by their number in the library's plan; with the `hopeless` of them the agent is of no use.

    `drafted`: a run of `generate`, which makes these tasks itself and has a model put them into words; then they are
    the first of the plan. Otherwise one of `play`, which is given them. At most `at_once` requests are about tasks in
    the same words.
    """

    tasks: tuple[int, ...]
    hopeless: frozenset[int] = frozenset()
    attempts: int = 1
    at_once: int = 1
    concurrency: int = 3
    urls: tuple[str, ...] = (URL,)
    drafted: bool = False

    @property
    def command(self) -> Command:
        """The command that does it."""
        return "generate" if self.drafted else "play"


WORKLOADS = (
    Workload((1, 3, 12, 17), concurrency=4),
    Workload((14, 2, 29, 19), frozenset({3}), concurrency=3),
    Workload((17, 21, 1), attempts=2, at_once=2, concurrency=4),
    Workload((7, 12, 3, 22), frozenset({1, 2}), concurrency=2),
    Workload((22, 1, 15, 14, 29), concurrency=8, urls=(URL, OTHER)),
    Workload((12, 5, 17), concurrency=1),
    Workload((0, 1, 2, 3, 4), frozenset({1}), at_once=2, concurrency=3, drafted=True),
)


class Remembered(Planner):
    """A plan that was made before: it depends on seed and index alone, and drawing it takes long."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._left = list(tasks)

    def next(self) -> Task:
        return self._left.pop(0)


@dataclass(frozen=True)
class Prepared:
    """A workload made ready once, for all the simulations of it: its tasks, and the models that play them."""

    workload: Workload
    given: Given
    plan: tuple[Task, ...]
    models: Models

    def config(self, concurrency: int, budget: int | None = None) -> Config:
        """The configuration; concurrency and budget may change between sittings."""
        at: Json = list(self.workload.urls) if len(self.workload.urls) > 1 else URL
        models = {**PLAYED, "author": AUTHOR} if self.workload.drafted else PLAYED
        return parse(
            {
                "domain": "library",
                "count": len(self.workload.tasks),
                "roles": {name: {"model": model, "base_url": at} for name, model in models.items()},
                "attempts": self.workload.attempts,
                "concurrency": concurrency,
                "budget_tokens": budget,
            }
        )

    async def sit(self, config: Config, journal: Journal, players: Players) -> Finished:
        """One sitting, with an open journal and its players."""
        if self.workload.drafted:
            return await made(config, Remembered(self.plan), Against(), journal, players, unwatched)
        return await played(config, self.given, journal, players, unwatched)


def unwatched(_: object) -> None:
    """Nobody looks on."""


@cache
def prepared(workload: Workload) -> Prepared:
    """Make a workload ready."""
    world = world_of("library")
    words = planned("library", max(workload.tasks) + 1, as_run=True)
    blueprints = tuple(words[number] for number in workload.tasks)
    models = Models(world, blueprints, workload.hopeless)
    tasks: tuple[Task, ...] = ()
    if workload.drafted:
        planner = Planner(world, 0, Config(domain="library").mix(shipped()))
        tasks = tuple(planner.next() for _ in workload.tasks)
    return Prepared(workload, Given(blueprints, {"library": world}), tasks, models)
