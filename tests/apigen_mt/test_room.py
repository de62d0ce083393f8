"""Room for conversations, and the schedule of a run in it: as many live as asked for, and nobody holds up anybody."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from apigen_mt.journal import Journal
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.pipeline import Finished, Pipeline
from apigen_mt.room import Room
from apigen_mt.trajectory import Outcome
from tests.apigen_mt.rows import rejected


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_places_go_to_those_who_wait_in_the_order_they_came():
    room, order, gates = Room(2), list[int](), [asyncio.Event() for _ in range(6)]

    async def stay(number: int) -> None:
        async with room:
            order.append(number)
            await gates[number].wait()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stay(number)) for number in range(6)]
        await settled()
        assert (order, room.live) == ([0, 1], 2)
        tasks[2].cancel()
        gates[1].set()
        await settled()
        assert (order, room.live) == ([0, 1, 3], 2)
        for gate in gates:
            gate.set()
    assert (order, room.live) == ([0, 1, 3, 4, 5], 0)


async def test_a_place_handed_to_who_is_cancelled_in_that_moment_is_not_lost():
    room = Room(1)
    await room.__aenter__()

    async def stay() -> None:
        async with room:
            pass

    waiting = asyncio.ensure_future(stay())
    await settled()
    await room.__aexit__(None, None, None)
    waiting.cancel()
    await settled()
    assert (waiting.cancelled(), room.live) == (True, 0)
    await asyncio.wait_for(stay(), 10)


async def test_there_is_a_vacancy_only_where_nobody_waits_for_it():
    room, seen = Room(1), list[str]()
    await room.__aenter__()

    async def stay() -> None:
        async with room:
            seen.append("who waited")
            await settled()

    async def begin() -> None:
        await room.vacancy()
        seen.append("something new")

    both = asyncio.gather(begin(), stay())
    await settled()
    assert not seen
    await room.__aexit__(None, None, None)
    await both
    assert seen == ["who waited", "something new"]


class Scripted:
    """Work that does for a task what is written for it."""

    def __init__(self, do: Callable[[int], Awaitable[None]]) -> None:
        self.script = do
        self.begun: list[int] = []
        self.ended: list[int] = []

    def begin(self, index: int) -> None:
        self.begun.append(index)

    async def do(self, index: int, recorded: Outcome | None) -> Outcome:
        if recorded is None:
            await self.script(index)
        self.ended.append(index)
        return recorded or rejected(index, "wording", "x")


async def run(folder, work: Scripted, count: int, room: Room) -> Finished:
    with Journal.open(folder, None) as journal:
        return await Pipeline(work, count, room, journal, lambda _: None).run()


async def test_every_place_is_taken_until_the_last_task_is_begun(tmp_path):
    room, rng, said = Room(5), random.Random(0), list[asyncio.Event]()

    async def attempt() -> None:
        async with room:
            said.append(asyncio.Event())
            await said[-1].wait()

    async def do(index: int) -> None:
        await attempt()
        await asyncio.gather(*(attempt() for _ in range(index % 4)))

    work = Scripted(do)
    running = asyncio.ensure_future(run(tmp_path, work, 60, room))
    await settled()
    while said:
        assert room.live == len(said) <= 5
        assert room.live == 5 or len(work.begun) == 60
        said.pop(rng.randrange(len(said))).set()
        await settled()
    assert (await running).now == 60
    assert work.begun == list(range(60))


async def test_a_slow_task_and_one_that_waits_for_it_hold_up_nobody(tmp_path):
    room, slow = Room(2), asyncio.Event()

    async def do(index: int) -> None:
        if index == 1:
            await slow.wait()
            return
        async with room:
            await (slow.wait() if index == 0 else settled())

    work = Scripted(do)
    running = asyncio.ensure_future(run(tmp_path, work, 9, room))
    for _ in range(20):
        await settled()
    assert sorted(work.ended) == list(range(2, 9))
    assert not running.done()
    slow.set()
    assert (await running).now == 9


async def test_a_spent_budget_lets_what_is_under_way_end(tmp_path):
    room = Room(3)

    async def do(index: int) -> None:
        async with room:
            await settled()
            if index == 1:
                raise BudgetSpent(1, 1)
            await settled()

    work = Scripted(do)
    finished = await run(tmp_path, work, 50, room)
    assert (str(finished.budget_spent), finished.done) == (str(BudgetSpent(1, 1)), len(work.ended))
    assert {0, 2} <= set(work.ended)
    assert len(work.begun) < 8


async def test_the_first_error_ends_the_others(tmp_path):
    room, ended = Room(3), list[int]()

    async def do(index: int) -> None:
        async with room:
            try:
                await settled()
                if index == 1:
                    raise ZeroDivisionError
                await asyncio.Event().wait()
            finally:
                ended.append(index)

    with pytest.raises(ZeroDivisionError):
        await run(tmp_path, Scripted(do), 50, room)
    assert (sorted(ended), room.live) == ([0, 1, 2], 0)
