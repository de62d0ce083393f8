"""A simulation: one run through everything its seed holds in store, sitting after sitting, until it is done."""

import hashlib
import random
from dataclasses import dataclass, field
from functools import cache

from apigen_mt.attempts import broke_off
from apigen_mt.trajectory import Outcome
from tests.simulation.books import Books
from tests.simulation.disk import SORTS, WAYS, Disk, Sort, Trouble
from tests.simulation.process import Ended, Parts, Plan, sitting
from tests.simulation.provider import FAULTS, Provider, Weather
from tests.simulation.virtual_loop import START
from tests.simulation.workloads import WORKLOADS, Prepared, prepared

MOST = 30
"""A run that is not done after so many sittings never will be."""
PAUSE = 20.0
"""Seconds until somebody starts the command again."""
SOUND = Parts()
FAIR = Weather()


@dataclass(slots=True)
class Simulation:
    """What a seed came to: what is wrong, if anything, and what the run made."""

    seed: int
    books: Books
    disk: Disk
    sittings: list[Ended] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of the tasks, in order."""
        return [Outcome.model_validate_json(row.payload) for _, row in sorted(self.disk.outcomes.items())]

    @property
    def dataset(self) -> bytes:
        """The lines of the dataset."""
        rows = (row for outcome in self.outcomes for row in outcome.rows)
        return "".join(f"{row.model_dump_json()}\n" for row in rows).encode()

    @property
    def hash(self) -> str:
        """The sha256 over all that was committed, in order and time, and over all that happened."""
        found = hashlib.sha256()
        for when, group in self.disk.groups:
            found.update(f"{when!r} {[tuple(row) for row in group]!r}\n".encode())
        found.update("\n".join(self.books.history).encode())
        return found.hexdigest()


@cache
def clean(number: int) -> Simulation:
    """A workload's run in fair weather: what every other run of it must end as."""
    what = prepared(WORKLOADS[number])
    return _simulated(-1 - number, what, FAIR, [], SOUND)


def simulated(seed: int, parts: Parts = SOUND) -> Simulation:
    """Simulate a seed, and enter into its books whatever is not as it must be."""
    rng = random.Random(f"simulation {seed}")
    number = seed % len(WORKLOADS)
    bad = weather(rng, WORKLOADS[number].urls[0])
    return befallen(number, plans(rng, number), bad, seed=seed, parts=parts)


def befallen(
    number: int, plans: list[Plan], weather: Weather = FAIR, *, seed: int = 0, parts: Parts = SOUND
) -> Simulation:
    """Simulate a workload whose first sittings go by these plans."""
    what = prepared(WORKLOADS[number])
    done = _simulated(seed, what, weather, plans, parts)
    check(done, clean(number), what)
    return done


def weather(rng: random.Random, url: str) -> Weather:
    """How bad things are in a simulation; an outage is of this endpoint."""
    sorts = tuple(rng.sample(FAULTS, rng.randint(1, len(FAULTS))))
    start = rng.uniform(0, 60)
    outages = ((url, start, start + rng.uniform(5, 120)),) if rng.random() < 0.2 else ()
    return Weather(rng.choice((0.0, 0.03, 0.1, 0.3)), sorts, outages, rng.choice((0.1, 2.0, 20.0)))


def plans(rng: random.Random, number: int) -> list[Plan]:
    """What befalls the first sittings of a simulation; those after them go well."""
    steps, tokens = clean(number).sittings[0].steps, clean(number).books.tokens
    found: list[Plan] = []
    for _ in range(rng.choice((0, 1, 2, 3, 5))):
        plan = Plan(rng.choice((1, WORKLOADS[number].concurrency, 8)))
        if rng.random() < 0.3:
            plan.budget = rng.randint(tokens // 8, tokens)
        kind = rng.random()
        if kind < 0.5:
            plan.dies_at = int(steps * rng.random() ** 2) + 1
        elif kind < 0.8:
            plan.trouble = _trouble(rng)
        elif kind < 0.95:
            plan.interrupted = rng.uniform(0, 20)
        plan.power = rng.random() < 0.4
        found.append(plan)
    return found


def _trouble(rng: random.Random) -> Trouble:
    sort: Sort = rng.choice(("commit", *SORTS))
    k = int(60 * rng.random() ** 2) if sort != "sync" else rng.randint(0, 8)
    return Trouble(sort, rng.choice(WAYS), k)


def _simulated(seed: int, what: Prepared, weather: Weather, plans: list[Plan], parts: Parts) -> Simulation:
    books = Books(at_once=what.workload.at_once)
    disk = Disk(books)
    provider = Provider(seed, what.models, books, weather, START)
    rng = random.Random(f"chance {seed}")
    done = Simulation(seed, books, disk)
    left, now = list(plans), START
    while len(done.sittings) < MOST and not books.wrong:
        plan = left.pop(0) if left else Plan(what.workload.concurrency)
        provider.closed.clear()  # a new process has been told nothing
        ended = sitting(what, plan, disk, provider, rng, parts, now)
        done.sittings.append(ended)
        if ended.how == "died" and plan.power:
            disk.lose_power(ended.now, rng)
        now = ended.now + PAUSE
        if ended.how == "done" and not any(broke_off(outcome) for outcome in done.outcomes):
            break
    else:
        books.blame(f"the run is not done after {len(done.sittings)} sittings: {done.sittings[-1].how}")
    done.faults = dict(provider.faults)
    return done


def check(done: Simulation, fair: Simulation, what: Prepared) -> None:
    """Hold a finished run against the promises, and against the run in fair weather."""
    books, outcomes = done.books, done.outcomes
    books.balance()
    asked = len(what.workload.tasks)
    if [outcome.task for outcome in outcomes] != list(range(asked)):
        books.blame(f"{asked} tasks were asked for, and these have an outcome: {[o.task for o in outcomes]}")
    status = [outcome.status for outcome in outcomes]
    if sum(status.count(word) for word in ("kept", "rejected", "failed")) != asked:
        books.blame(f"asked {asked}, and got {status}")
    ids = [row.id for outcome in outcomes for row in outcome.rows]
    if len(set(ids)) != len(ids):
        books.blame("a row stands twice in the dataset")
    if done.dataset != fair.dataset:
        books.blame("the dataset is not that of the run in fair weather")
    if [o.model_dump_json() for o in outcomes] != [o.model_dump_json() for o in fair.outcomes]:
        books.blame("the outcomes are not those of the run in fair weather")
    if done.disk.meta != fair.disk.meta:
        books.blame("the run's settings have changed")
