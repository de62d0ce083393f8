"""The schedule: nothing is begun that is not needed, and neither speed nor order of finishing changes what is tried."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_schedule import Schedule, Wanted
from apigen_mt.draft_tasks import Due
from apigen_mt.models.budget import BudgetSpent
from blueprints.blueprint import Blueprint, Provenance, Rejected
from blueprints.coverage import Pair
from tests.blueprints.talks import planned

TASKS = [b for b in planned("library", 72) if not b.parents]
REASON = Rejected(stage="wording", reason="no")


@dataclass
class Numbers:
    """Gives the indices, and writes down what it is fed with and when."""

    index: int = 0
    fed: list[tuple[int, list[int]]] = field(default_factory=list)

    def barren(self) -> Rejected | None:
        return None

    def next(self) -> Due:
        self.index += 1
        return Due(self.index - 1, "act")

    def given_up(self) -> dict[Pair, str]:
        return {}

    def feed(self, accepted: Sequence[Blueprint]) -> None:
        self.fed.append((self.index, [b.provenance.task for b in accepted]))


@dataclass
class Maker:
    """Makes outcomes by a plan: for each index a place in TASKS, or how else it ends; some take longer than others."""

    plan: Sequence[int | str]
    haste: random.Random
    on_the_way: int = 0
    peak: int = 0
    begun: list[int] = field(default_factory=list)
    kept: list[DraftOutcome] = field(default_factory=list)
    seen: list[DraftOutcome] = field(default_factory=list)

    async def make(self, due: Due) -> DraftOutcome:
        self.begun.append(due.index)
        self.on_the_way += 1
        self.peak = max(self.peak, self.on_the_way)
        for _ in range(self.haste.randrange(12)):
            await asyncio.sleep(0)
        self.on_the_way -= 1
        planned = self.plan[due.index]
        if planned == "spent":
            raise BudgetSpent(1, 1)
        if planned in {"rejected", "failed"}:
            whole = {"task": due.index, "status": planned, "kind": "act", "reasons": (REASON,)}
            return DraftOutcome.model_validate(whole)
        blueprint = TASKS[int(planned)].model_copy(update={"provenance": Provenance(task=due.index)})
        return DraftOutcome(task=due.index, status="accepted", kind="act", blueprint=blueprint)

    async def keep(self, outcome: DraftOutcome) -> None:
        self.kept.append(outcome)
        for _ in range(self.haste.randrange(3)):
            await asyncio.sleep(0)

    async def run(self, count: int, concurrency: int, window: int, attempts: int = 99) -> tuple[Schedule, Numbers]:
        source = Numbers()
        wanted = Wanted(count, attempts, concurrency, window)
        schedule = Schedule(wanted, source, self.make, self.keep, self.seen.append)
        await schedule.run()
        return schedule, source


def plan(seed: int) -> list[int | str]:
    """Mostly new tasks, some rejected, some that were there before."""
    rng, fresh = random.Random(seed), iter(range(len(TASKS)))
    found: list[int | str] = []
    for _ in range(40):
        used = [one for one in found if isinstance(one, int)]
        draw = rng.random()
        found.append("rejected" if draw < 0.2 else rng.choice(used) if draw < 0.4 and used else next(fresh))
    return found


def ends(maker: Maker) -> list[tuple[int, str]]:
    return [(o.task, o.status) for o in maker.seen]


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_tried_does_not_hang_on_speed_or_order(seed):
    slow = Maker(plan(seed), random.Random(0))
    _, source = await slow.run(12, 1, 5)
    assert [status for _, status in ends(slow)].count("accepted") == 12
    assert ends(slow)[-1][1] == "accepted"
    assert slow.begun == list(range(len(slow.begun)))
    for concurrency in (2, 5, 40):
        fast = Maker(plan(seed), random.Random(seed + concurrency))
        _, other = await fast.run(12, concurrency, 5)
        assert (ends(fast), fast.begun) == (ends(slow), slow.begun)
        assert [accepted for _, accepted in other.fed] == [accepted for _, accepted in source.fed]
        assert [index for index, _ in other.fed] == [5 * (n + 1) for n in range(len(other.fed))]
        assert 1 < fast.peak <= concurrency


async def test_of_two_that_say_the_same_the_lower_index_stands():
    maker = Maker([0, "rejected", 0, 1], random.Random(0))
    await maker.run(2, 3, 50)
    assert ends(maker) == [(0, "accepted"), (1, "rejected"), (2, "rejected"), (3, "accepted")]
    (lost,) = maker.kept
    assert (lost.task, lost.status, lost.reasons[0].stage) == (2, "rejected", "near_duplicate")
    assert lost.blueprint is not None


async def test_what_failed_keeps_its_place():
    maker = Maker([0, "failed", 1, 2, 3], random.Random(0))
    await maker.run(3, 1, 50)
    assert ends(maker) == [(0, "accepted"), (1, "failed"), (2, "accepted")]


async def test_tries_are_bounded():
    maker = Maker(["rejected"] * 20, random.Random(0))
    await maker.run(3, 4, 50, attempts=7)
    assert maker.begun == list(range(7))


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_spent_budget_begins_nothing_more_and_loses_nothing(concurrency):
    maker = Maker([0, 1, "spent", 2, 3, 4, 5, 6, 7, 8], random.Random(3))
    schedule, _ = await maker.run(9, concurrency, 50)
    assert schedule.budget_spent
    assert len(maker.begun) <= 2 + concurrency + 1
    assert {task for task, _ in ends(maker)} == set(maker.begun) - {2}


async def test_an_error_of_one_task_stops_the_run():
    maker = Maker([0, 1, "nonsense"], random.Random(0))
    with pytest.raises(ValueError, match="nonsense"):
        await maker.run(3, 2, 50)
