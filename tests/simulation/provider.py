"""The provider of models in a simulation: its answers depend on the request alone, its failures on seed and visit."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from apigen_mt.models.client import Endpoint
from apigen_mt.models.failures import EndpointError, by_status, plain
from tests.simulation.books import Answered, Books

URL = "http://one.example/v1"
OTHER = "http://two.example/v1"
FAULTY = 2
"""A request may fail at its first visits only, so that every run can end."""
SLACK = 1e-6
_LATE = 30
FAULTS = ("rate", "long rate", "broken", "refused", "reset", "lost", "silence", "garbage", "in band", "slow")
"""How a request can fail: refused with Retry-After, for minutes, broken, refused without a word, cut off before or
after it was answered, never answered, answered with something else or in an error's words, and answered very late.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model answers to a request: the body of the reply, its tokens, the talk that the request is part of, and
    the mark by which reply and request are known.
    """

    body: bytes
    tokens: int
    talk: str
    mark: str


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad things are: the share of requests that fail, of which sorts, and spells in which nothing gets through, as
    (endpoint, from, to) in seconds from the start.
    """

    share: float = 0.0
    sorts: tuple[str, ...] = FAULTS
    outages: tuple[tuple[str, float, float], ...] = ()
    slowest: float = 2.0


@dataclass(slots=True)
class Provider:
    """Outlives the processes that ask it. `begun` is the virtual time at which the simulation began."""

    seed: int
    model: Callable[[bytes], Said]
    books: Books
    weather: Weather
    begun: float
    visits: Counter[str] = field(default_factory=Counter)
    closed: dict[str, float] = field(default_factory=dict)
    """Until when an endpoint has asked not to be sent anything, as far as its clients know."""
    faults: Counter[str] = field(default_factory=Counter)

    def wire(self, endpoint: Endpoint, _: int = 0) -> "FakeWire":
        """A wire to one of its endpoints."""
        return FakeWire(self, endpoint.shown)

    def out(self, url: str, now: float) -> bool:
        """Whether nothing gets through to an endpoint."""
        return any(url == at and a <= now - self.begun < b for at, a, b in self.weather.outages)

    def fate(self, mark: str) -> tuple[random.Random, str, float]:
        """What becomes of a request at this visit: chance, a fault or none, and the seconds until it is answered."""
        visit = self.visits[mark]
        self.visits[mark] += 1
        rng = random.Random(f"{self.seed}/{mark}/{visit}")
        wait = rng.uniform(0.02, self.weather.slowest)
        failing = visit < FAULTY and rng.random() < self.weather.share
        fault = rng.choice(self.weather.sorts) if failing else ""
        if fault == "slow":
            self.faults[fault] += 1
            return rng, "", wait * _LATE
        return rng, fault, wait


class FakeWire:
    """A wire without a network."""

    def __init__(self, provider: Provider, url: str) -> None:
        self._provider = provider
        self._url = url

    @property
    def base_url(self) -> str:
        return self._url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    async def post(self, body: bytes, seconds: float) -> bytes:
        """Send a request and return the answer's body."""
        books, said = self._provider.books, self._provider.model(body)
        digest = said.mark
        books.sent(digest, said.talk)
        now = asyncio.get_running_loop().time()
        if (until := self._provider.closed.get(self._url, 0.0)) > now + SLACK:
            books.blame(f"a request was sent {until - now:.3f} s before Retry-After was over")
        try:
            reply = await self._reply(said, seconds)
        except EndpointError as error:
            books.note(f"{digest[:8]} {error.kind} {error.status}")
            raise
        finally:
            books.ended(said.talk)
        books.note(f"{digest[:8]} {len(reply)}")
        return reply

    async def _reply(self, said: Said, seconds: float) -> bytes:
        provider, books = self._provider, self._provider.books
        rng, fault, wait = provider.fate(said.mark)
        if provider.out(self._url, asyncio.get_running_loop().time()):
            await asyncio.sleep(min(0.01, seconds))
            raise plain("unreachable", "the host is gone", self._url)
        if fault:
            provider.faults[fault] += 1
        if fault in _ERRORS or fault == "reset":
            await asyncio.sleep(wait / 10)
            raise self._error(fault, rng)
        books.bill(said.tokens)
        silent = fault == "silence" or wait > seconds
        try:
            await asyncio.sleep(seconds if silent else wait)
        except asyncio.CancelledError:
            books.lost += said.tokens
            raise
        if fault or silent:
            books.lost += said.tokens
        if silent:
            raise plain("timeout", "", self._url)
        if fault == "lost":
            raise plain("unreachable", "connection reset by peer", self._url)
        if fault == "garbage":
            return rng.choice((b"<html>bad gateway</html>", b"", said.body[: len(said.body) // 2], b'{"choices": []}'))
        if fault == "in band":
            return b'{"error": {"message": "overloaded", "code": 503}}'
        books.hand(Answered(said.mark, said.talk, said.tokens))
        return said.body

    def _error(self, fault: str, rng: random.Random) -> EndpointError:
        if fault == "reset":
            return plain("unreachable", "connection reset by peer", self._url)
        statuses, (least, most) = _ERRORS[fault]
        asked = rng.uniform(least, most) if most else None
        if asked is not None:
            until = asyncio.get_running_loop().time() + asked
            self._provider.closed[self._url] = max(until, self._provider.closed.get(self._url, 0.0))
        return by_status(rng.choice(statuses), "not now", self._url, asked)


_ERRORS: dict[str, tuple[tuple[int, ...], tuple[float, float]]] = {
    "rate": ((429,), (0.5, 5.0)),
    "long rate": ((429, 503), (130.0, 400.0)),
    "broken": ((500, 502, 504), (0.0, 0.0)),
    "refused": ((429, 503), (0.0, 0.0)),
}
"""Faults with a status: which, and from when to when to come again, if it says."""
