"""Trying again, in one place: what is worth another attempt, how long to wait, when to stop (design: one client)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from apigen_mt.models.failures import EndpointError, Kind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Time and chance, passed in: `sleep` and `clock` in seconds, `now` the wall clock, `rng` for the jitter."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    rng: random.Random = field(default_factory=random.Random)


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds of trying one request: attempts in all, seconds in all and per attempt, and the shape of the waits.

    A wait is drawn from 0 to `base` x 2^attempts (at most `cap`). An answer that is no chat completion is asked for
    `garbage` times, one of the server's errors `server` times; an endpoint that has never answered is tried
    `first_contact` times, so that a wrong address is told soon. One that is `down` for so many seconds is given up.
    """

    attempts: int = 8
    deadline: float = 1800.0
    per_attempt: float = 600.0
    base: float = 0.5
    cap: float = 60.0
    garbage: int = 2
    server: int = 4
    first_contact: int = 3
    down: float = 600.0

    def most(self, kind: Kind) -> int:
        """How often a request may fail in one way."""
        return {"garbage": self.garbage, "server": self.server}.get(kind, self.attempts)


@dataclass(slots=True)
class Trying:
    """One request on its way: who asked, since when, and what has gone wrong so far."""

    patience: Patience
    pace: Pace
    ticket: tuple[float, int]
    begun: float | None = None
    """When it was first sent: waiting in line before that is nobody's fault."""
    tries: int = 0
    failures: Counter[Kind] = field(default_factory=Counter)
    last: EndpointError | None = None

    @property
    def until(self) -> float:
        """When its time is up."""
        return inf if self.begun is None else self.begun + self.patience.deadline

    @property
    def left(self) -> float:
        """Seconds that it has left."""
        return self.until - self.pace.clock()

    def note(self, error: EndpointError) -> None:
        """An attempt has failed. One that was to tell whether an endpoint is back, and found nobody there, says nothing
        of the request. Whoever has failed goes behind those who wait: were it the request that fails, and not the
        endpoint, it alone would look again and again.
        """
        self.tries += 1
        self.last = error
        self.ticket = (self.pace.clock(), self.ticket[1])
        if not error.looked:
            self.failures[error.kind] += 1

    def spent(self, error: EndpointError) -> bool:
        """Whether it has failed often enough."""
        patience = self.patience
        return self.failures[error.kind] >= patience.most(error.kind) or self.failures.total() >= patience.attempts


class Lanes(Protocol):
    """What has to be known of the endpoints to decide about another attempt."""

    def ready_in(self) -> float:
        """Seconds until something can be sent at the earliest, as far as that is known."""
        ...

    def heard_of(self) -> bool:
        """Whether any of them has ever answered."""
        ...


async def persist(
    attempt: Callable[[], Awaitable[T]], trying: Trying, lanes: Lanes, told: Callable[[EndpointError, float], None]
) -> T:
    """Await `attempt` until it returns, cannot be helped, or attempts or deadline are spent; `told` of every wait.

    Raises the last `EndpointError`.
    """
    try:
        return await attempt()  # the usual case goes without any machinery
    except EndpointError as error:
        if not error.transient:
            error.attempts = trying.tries
            raise
        first: EndpointError | None = error

    async def again() -> T:
        nonlocal first
        if first is not None:
            failed, first = first, None
            raise failed
        return await attempt()

    def wait(state: RetryCallState) -> float:
        if _failure(state).retry_after is not None:
            return 0.0  # the lane waits, and everybody with it
        return trying.pace.rng.uniform(0, min(trying.patience.cap, trying.patience.base * 2.0 ** (trying.tries - 1)))

    def stop(state: RetryCallState) -> bool:
        error = _failure(state)
        lost = error.kind == "unreachable" and not lanes.heard_of() and trying.tries >= trying.patience.first_contact
        late = max(state.upcoming_sleep, lanes.ready_in()) >= trying.left
        return lost or late or trying.spent(error)

    def before(state: RetryCallState) -> None:
        told(_failure(state), max(state.upcoming_sleep, lanes.ready_in()))

    retrying = AsyncRetrying(
        sleep=trying.pace.sleep,
        wait=wait,
        stop=stop,
        retry=retry_if_exception(_worth),
        before_sleep=before,
        reraise=True,
    )
    try:
        return await retrying(again)
    except EndpointError as error:
        error.attempts = trying.tries
        raise


def _worth(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.transient


def _failure(state: RetryCallState) -> EndpointError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, EndpointError):
        raise TypeError("only an EndpointError is retried")
    return error
