"""A lane: one endpoint with its wire, and the line of those who wait to send something there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from types import TracebackType
from typing import Self

from apigen_mt.models.breaker import Breaker
from apigen_mt.models.failures import EndpointError, Kind, plain
from apigen_mt.models.retry import Pace
from apigen_mt.models.throttle import Sent, Throttle
from apigen_mt.models.wire import Wire

_SLOW = 0.5
"""A reply that takes more than this part of the time it may take is as good as a time-out for the throttle."""
_ALIVE: frozenset[Kind] = frozenset({"auth", "not_found", "bad_request", "context", "rate"})
"""Refusals that show that somebody is there."""
_OVERLOADED = 503
_NOBODY = frozenset({502, 503, 504})
"""What stands before an endpoint says that it is away; any other error comes from the endpoint itself."""


@dataclass(slots=True)
class Place:
    """The right to have one request out; `look` if it is to tell whether the endpoint is back."""

    sent: Sent
    look: bool


@dataclass(slots=True)
class Lane:
    """Everything a run sends to one endpoint goes through here, first come, first served; used from one event loop.

    At most `most` requests are out at once. `down`: an endpoint that is away for so many seconds ends the run.
    """

    wire: Wire
    most: int
    pace: Pace
    down: float
    throttle: Throttle = field(init=False)
    breaker: Breaker = field(init=False)
    condemned: EndpointError | None = None
    """Why nothing is sent there any more: all who wait get this error."""
    back: list[Callable[["Lane"], None]] = field(default_factory=list)
    """Told when the lane takes requests again."""
    _line: "list[tuple[tuple[float, int], int, asyncio.Future[Place | None], bool]]" = field(default_factory=list)
    _ends: "list[tuple[float, int, asyncio.Future[Place | None]]]" = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _waker: "asyncio.Task[None] | None" = None
    _wakes_at: float = inf

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.most, self.pace.rng)
        self.breaker = Breaker(self.pace.rng, self.down)

    @property
    def name(self) -> str:
        """The endpoint's address as it may be shown."""
        return self.wire.base_url

    async def __aenter__(self) -> Self:
        await self.wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._waker is not None:
            self._waker.cancel()
            await asyncio.gather(self._waker, return_exceptions=True)
            self._waker = None
        await self.wire.__aexit__(kind, error, trace)

    def ready_at(self) -> float:
        """From when on requests may go out, as far as is known: it is past unless the endpoint is down or paused."""
        return max(self.throttle.paused_until, self.breaker.next_change())

    def full(self, now: float) -> bool:
        """Whether the endpoint gets fewer than were asked for, and has those."""
        return self.throttle.held_back and (bool(self._line) or not self.throttle.room(now))

    async def enter(self, ticket: tuple[float, int], until: float = inf, *, movable: bool = False) -> Place | None:
        """Wait for a place; lower tickets go first. None if the endpoint takes nothing `until` then, or if a `movable`
        one should look for another lane. Raises `EndpointError` once the lane is condemned.
        """
        now = self.pace.clock()
        if self.condemned is not None:
            raise self.condemned.again()
        if not self._line and self._open(now):
            return self._place(now)
        waiting: asyncio.Future[Place | None] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        heappush(self._line, (ticket, number, waiting, movable))
        if until < inf:
            heappush(self._ends, (until, number, waiting))
        self._advance(now)
        try:
            return await waiting
        except asyncio.CancelledError:
            given = waiting.done() and not waiting.cancelled() and waiting.exception() is None
            if given and (place := waiting.result()) is not None:
                self.drop(place)
            raise

    def answered(self, place: Place, seconds: float) -> None:
        """Give the place back: a reply has come; `seconds` it might have taken."""
        now = self.pace.clock()
        self.throttle.answered(place.sent, now, slow=now - place.sent.at > _SLOW * seconds)
        self._alive(now)

    def failed(self, place: Place, error: EndpointError) -> None:
        """Give the place back: no reply has come."""
        now = self.pace.clock()
        throttle, kind = self.throttle, error.kind
        if error.retry_after is not None and error.transient:
            throttle.pause(now + error.retry_after)
        if kind == "rate":
            throttle.refused(place.sent, now)
        elif kind in {"server", "timeout"}:
            throttle.failed(place.sent, now, overload=error.status == _OVERLOADED)
        else:
            throttle.dropped()
        if kind in _ALIVE:
            self._alive(now)
            self._away(now)
            return
        error.looked = place.look and (kind in {"unreachable", "timeout"} or error.status in _NOBODY)
        self.breaker.failed(now, look=place.look)
        if self.breaker.gone(now):
            self.condemn(plain("down", error.message, self.name))
        self._away(now)

    def drop(self, place: Place) -> None:
        """Give the place back: the request was given up."""
        self.throttle.dropped()
        self.breaker.dropped(look=place.look)
        self._advance(self.pace.clock())

    def condemn(self, error: EndpointError) -> None:
        """Send nothing there any more."""
        if self.condemned is None:
            self.condemned = error
        self._advance(self.pace.clock())

    def move(self) -> None:
        """Send those who may go elsewhere to look for another lane."""
        stay = []
        for waiter in self._line:
            if not waiter[3]:
                stay.append(waiter)
            elif not waiter[2].done():
                waiter[2].set_result(None)
        self._line[:] = sorted(stay)

    def _away(self, now: float) -> None:
        """Nobody need wait here, if they may go elsewhere, for an endpoint that takes nothing now."""
        if self.ready_at() > now:
            self.move()
        self._advance(now)

    def _alive(self, now: float) -> None:
        if self.breaker.succeeded():
            self.throttle.restart()
            for tell in self.back:
                tell(self)
        if self._line:
            self._advance(now)

    def _open(self, now: float) -> bool:
        return self.throttle.room(now) and self.breaker.lets_through(now)

    def _place(self, now: float) -> Place:
        return Place(self.throttle.sent(now), self.breaker.sent())

    def _advance(self, now: float) -> None:
        """Let in whoever may go, and see to it that somebody looks again when time alone will change that."""
        line = self._line
        while line and (line[0][2].done() or self.condemned is not None or self._open(now)):
            waiting = heappop(line)[2]
            if waiting.done():
                continue
            if self.condemned is not None:
                waiting.set_exception(self.condemned.again())
            else:
                waiting.set_result(self._place(now))
        while self._ends and (self._ends[0][2].done() or (self._ends[0][0] <= now < self.ready_at())):
            waiting = heappop(self._ends)[2]
            if not waiting.done():
                waiting.set_result(None)
        if not line:
            return
        self._wake(now)

    def _wake(self, now: float) -> None:
        at = max(self.throttle.next_change(), self.breaker.next_change())
        if self._ends and self.ready_at() > now:  # a line that moves is waited in for however long
            at = min(at, self._ends[0][0])
        if at == self._wakes_at or not self._line:
            return
        if self._waker is not None:
            self._waker.cancel()
        self._wakes_at = at
        self._waker = asyncio.ensure_future(self._later(at - now)) if at < inf else None

    async def _later(self, seconds: float) -> None:
        await self.pace.sleep(max(seconds, 0.0))
        self._waker, self._wakes_at = None, inf
        now = self.pace.clock()
        if self.ready_at() <= now:
            for tell in self.back:
                tell(self)
        self._advance(now)
