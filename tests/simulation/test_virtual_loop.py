"""The loop of the simulations: years in no time, the same order every time, and a death that nothing survives."""

import asyncio
import random
import time
from contextlib import suppress

import pytest

from tests.simulation.virtual_loop import START, Died, Stuck, VirtualLoop


def loop(**settings) -> VirtualLoop:
    return VirtualLoop(random.Random("loop"), **settings)


def finished(loop: VirtualLoop, coroutine):
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.bury()


def test_a_year_is_over_at_once():
    async def wait() -> float:
        await asyncio.sleep(365 * 24 * 3600)
        return asyncio.get_running_loop().time()

    begun = time.monotonic()
    assert finished(loop(), wait()) == pytest.approx(START + 365 * 24 * 3600)
    assert time.monotonic() - begun < 60


def test_timers_come_in_their_order_and_a_time_out_is_one_of_them():
    heard: list[str] = []

    async def say(what: str, when: float) -> None:
        await asyncio.sleep(when)
        heard.append(what)

    async def together() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.gather(say("third", 3), say("first", 1), say("never", 9), say("second", 2))

    finished(loop(), together())
    assert heard == ["first", "second", "third"]


def test_a_thread_is_work_that_is_done_in_the_loop_and_heard_of_later():
    seen: list[float] = []

    def work() -> int:
        seen.append(asyncio.get_running_loop().time())
        return 7

    async def through_a_thread() -> tuple[int, float]:
        clock = asyncio.get_running_loop().time
        value = await asyncio.to_thread(work)
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        return value, clock()

    value, heard = finished(loop(), through_a_thread())
    assert value == 7
    assert START < seen[0] < heard


def test_a_run_that_waits_for_nothing_is_told_and_does_not_hang():
    async def forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        finished(loop(), forever())


def test_a_dead_process_does_nothing_more_not_even_tidy_up():
    at_every_step: list[int] = []
    for step in range(1, 40):
        done: list[int] = []
        dying = loop(dies_at=step)

        async def work(done: list[int] = done, dying: VirtualLoop = dying) -> None:
            try:
                for number in range(10):
                    await asyncio.sleep(0)
                    done.append(number)
            finally:
                if not dying.dead:
                    done.append(-1)

        with suppress(Died):
            dying.run_until_complete(work())
        dying.bury()
        at_every_step.append(len(done))
        assert (-1 in done) == (not dying.dead or len(done) == 11)
    assert at_every_step[0] == 0
    assert at_every_step == sorted(at_every_step)
    assert at_every_step[-1] == 11


def test_what_a_dying_task_still_awaits_or_schedules_never_comes():
    heard: list[str] = []
    dying = loop(dies_at=4)

    async def stubborn() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            asyncio.get_running_loop().call_soon(heard.append, "soon")
            asyncio.get_running_loop().call_later(0, heard.append, "later")
            await asyncio.sleep(1)
            heard.append("awaited")

    async def many() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(stubborn())

    with pytest.raises(Died):
        dying.run_until_complete(many())
    asyncio.set_event_loop(None)
    dying.bury()
    assert heard == []
