"""Endpoints without a network, in virtual time: they let in so many at once, and go away when a test says so."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from apigen_mt.models.chat import ChatRequest, ReplyKey
from apigen_mt.models.failures import EndpointError, by_status, plain
from apigen_mt.models.lane import Lane
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.models.pool import Pool
from apigen_mt.models.retry import Pace, Patience
from tests.simulation.virtual_loop import VirtualLoop

T = TypeVar("T")
REQUEST = ChatRequest(model="m", messages=({"role": "user", "content": "hello"},))
GOOD = b'{"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}'
Fault = Callable[[int, float], EndpointError | bytes | None]
"""What goes wrong with a request, by its number and the time since the start; bytes are an answer that is none."""


def in_virtual_time(test: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What a test returns that never waits."""
    loop = VirtualLoop(random.Random(1))
    try:
        return loop.run_until_complete(test())
    finally:
        loop.close()


def key_of(number: int, role: str = "agent") -> ReplyKey:
    """One request of a talk of its own."""
    return ReplyKey(role=role, blueprint=f"b{number}")


def refusal(status: int, said: str = "no", after: float | None = None) -> EndpointError:
    """An answer that is none."""
    return by_status(status, said, "", after)


GONE = plain("unreachable", "connection refused", "")


@dataclass(slots=True)
class FakeEndpoint:
    """A wire to nowhere: `admits` so many at a time, the others get 429 at once, with a Retry-After if there is one."""

    base_url: str = "http://one.example/v1"
    latency: float = 0.2
    admits: Callable[[float], int] = lambda _: 10_000
    retry_after: float | None = None
    fault: Fault = lambda *_: None
    begun: float = 0.0
    sent: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    early: int = 0
    open: int = 0
    peak: int = 0
    closed_until: float = -1.0

    async def __aenter__(self) -> Self:
        self.begun = asyncio.get_running_loop().time()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time() - self.begun

    async def post(self, body: bytes, seconds: float) -> bytes:
        number = len(self.sent)
        self.sent.append(self.now)
        self.early += self.now < self.closed_until - 1e-6
        if self.open >= self.admits(self.now):
            self.refused.append(self.now)
            await asyncio.sleep(0.001)
            if self.retry_after is not None:
                self.closed_until = self.now + self.retry_after
            raise by_status(429, "too many", self.base_url, self.retry_after)
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            wrong = self.fault(number, self.now)
            if isinstance(wrong, EndpointError):
                await asyncio.sleep(0.01 if wrong.kind != "timeout" else seconds)
                error = wrong.again()
                error.url = self.base_url
                raise error
            if self.latency > seconds:
                await asyncio.sleep(seconds)
                raise plain("timeout", "", self.base_url)
            await asyncio.sleep(self.latency)
            self.served.append(self.now)
            return GOOD if wrong is None else wrong
        finally:
            self.open -= 1


async def pool_of(
    *endpoints: FakeEndpoint,
    asking: Callable[[Pool], Awaitable[T]],
    most: int = 32,
    observer: Observer = SILENT,
    **patience: Any,
) -> T:
    """What comes of asking a pool over these endpoints, with the clock of the loop."""
    loop = asyncio.get_running_loop()
    pace = Pace(asyncio.sleep, loop.time, loop.time, random.Random(7))
    bounds = Patience(**patience)
    async with AsyncExitStack() as stack:
        lanes = [await stack.enter_async_context(Lane(e, most, pace, bounds.down)) for e in endpoints]
        return await asking(Pool(lanes, bounds, pace, observer))


async def crowd(pool: Pool, requests: int, at_once: int) -> list[object]:
    """So many requests by so many who each wait for their answer; replies or errors, in order of the requests."""
    left = iter(range(requests))
    found: dict[int, object] = {}

    async def one() -> None:
        for number in left:
            try:
                found[number] = await pool.complete(key_of(number), REQUEST)
            except EndpointError as error:
                found[number] = error

    await asyncio.gather(*(one() for _ in range(at_once)))
    return [found[number] for number in range(requests)]
