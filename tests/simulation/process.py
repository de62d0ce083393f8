"""One process of a simulation: a sitting on a run, over a fake network, disk and clock."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apigen_mt.config import Config
from apigen_mt.journal import Journal, JournalError, Store
from apigen_mt.models.budget import Budget
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.gate import Gate
from apigen_mt.models.retry import Pace
from apigen_mt.pipeline import Finished
from apigen_mt.players import Players
from apigen_mt.spending import budget_of
from apigen_mt.trajectory import Outcome
from tests.simulation.disk import Disk, MemoryStore, Trouble
from tests.simulation.provider import Provider
from tests.simulation.virtual_loop import Died, VirtualLoop
from tests.simulation.workloads import Prepared

GRACE = 3.0
"""Seconds that replies under way are awaited after Ctrl-C, as by the command."""
PROMPT = 1.0
"""Seconds in which it has to end after that."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run is put together from; a planted bug takes the place of one of them."""

    journal: Callable[[Store], Journal] = Journal
    budget: Callable[[Config, Mapping[str, Usage]], Budget] = budget_of


@dataclass(slots=True)
class Plan:
    """What befalls one sitting: the step at which it dies, trouble with the disk, whether power goes with it, and after
    how many seconds somebody presses Ctrl-C.
    """

    concurrency: int
    budget: int | None = None
    dies_at: int | None = None
    interrupted: float | None = None
    power: bool = False
    trouble: Trouble = field(default_factory=Trouble)


@dataclass(slots=True)
class Ended:
    """How a sitting ended, after so many steps, at what time."""

    how: str
    steps: int
    now: float
    outcomes: list[Outcome] = field(default_factory=list)


async def _sat(
    what: Prepared, plan: Plan, store: Store, provider: Provider, pace: Pace, parts: Parts
) -> Finished | None:
    """A sitting, to its end or until it is interrupted."""
    config, gate = what.config(plan.concurrency, plan.budget), Gate()
    command = what.workload.command
    with parts.journal(store) as journal:
        journal.prepare(Path("run"), config.identity(command))
        budget = parts.budget(config, journal.totals())
        world = what.given.worlds["library"]
        players = Players(
            config, world, journal, budget, {}, command=command, wires=provider.wire, pace=pace, gate=gate
        )
        async with players:
            sat = asyncio.ensure_future(what.sit(config, journal, players))
            if plan.interrupted is not None:
                await asyncio.wait((sat,), timeout=plan.interrupted)
                gate.shut()
                if not sat.done():
                    await asyncio.wait((asyncio.ensure_future(gate.clear()),), timeout=GRACE)
                    sat.cancel()
                await asyncio.wait((sat,))
                return None if sat.cancelled() else sat.result()
            return await sat


def sitting(  # what a process is put together from
    what: Prepared, plan: Plan, disk: Disk, provider: Provider, rng: random.Random, parts: Parts, begins: float
) -> Ended:
    """Run one process to its end, whichever that is."""
    loop = VirtualLoop(rng, begins=begins, dies_at=plan.dies_at)
    pace = Pace(sleep=asyncio.sleep, clock=loop.time, now=loop.time, rng=rng)
    disk.found = len(disk.groups)
    store = MemoryStore(disk, loop, plan.trouble)
    books = provider.books
    books.wide, books.cap = plan.concurrency, plan.budget
    try:
        try:
            finished = loop.run_until_complete(_sat(what, plan, store, provider, pace, parts))
        finally:
            loop.bury()
        how = "interrupted" if finished is None else "budget" if finished.budget_spent else "done"
    except Died:
        how = "died"
    except JournalError:
        how = "disk"
    except EndpointError as error:
        how = f"endpoint: {error.kind}"
    books.over(died=how == "died")
    if how == "interrupted" and (late := loop.time() - begins - (plan.interrupted or 0.0) - GRACE) > PROMPT:
        books.blame(f"the process ended {late:.1f} s after its grace")
    books.note(f"{how} after {loop.steps} steps")
    for context in loop.unheard:
        books.blame(f"nobody heard of {context.get('exception') or context.get('message')}")
    return Ended(how, loop.steps, loop.time())
