"""Trying again, in one place: what is worth another attempt, how long to wait, when to stop (design: one client)."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from apigen_mt.models.failures import EndpointError

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

    A wait is drawn from 0 to `base` x 2^attempts (at most `cap`); one that the endpoint asked for is kept in full.
    An answer that is no chat completion is asked for `garbage` times; an endpoint that has never answered is tried
    `first_contact` times, so that a wrong address is told soon.
    """

    attempts: int = 8
    deadline: float = 1800.0
    per_attempt: float = 600.0
    connect: float = 10.0
    base: float = 0.5
    cap: float = 60.0
    garbage: int = 2
    first_contact: int = 3


async def persist(
    attempt: Callable[[float], Awaitable[T]], patience: Patience, pace: Pace, answered: Callable[[], bool]
) -> T:
    """Await `attempt(seconds it may take)` until it returns, cannot be helped, or attempts or deadline are spent.

    `answered` says whether this endpoint has ever answered. Raises the last `EndpointError`.
    """
    started = pace.clock()
    garbage = 0
    tries = 0

    def left() -> float:
        return patience.deadline - (pace.clock() - started)

    async def once() -> T:
        nonlocal garbage, tries
        tries += 1
        try:
            return await attempt(min(patience.per_attempt, max(left(), 0.0)))
        except EndpointError as error:
            garbage += error.kind == "garbage"
            raise

    def wait(state: RetryCallState) -> float:
        ceiling = min(patience.cap, patience.base * 2.0 ** (state.attempt_number - 1))
        asked = _failure(state).retry_after
        return pace.rng.uniform(0, ceiling) if asked is None else asked + pace.rng.uniform(0, patience.base)

    def stop(state: RetryCallState) -> bool:
        error = _failure(state)
        lost = error.kind == "unreachable" and not answered() and tries >= patience.first_contact
        spent = tries >= patience.attempts or state.upcoming_sleep >= left()
        return lost or spent or (error.kind == "garbage" and garbage >= patience.garbage)

    retrying = AsyncRetrying(sleep=pace.sleep, wait=wait, stop=stop, retry=retry_if_exception(_worth), reraise=True)
    try:
        return await retrying(once)
    except EndpointError as error:
        error.attempts = tries
        raise


def _worth(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.transient


def _failure(state: RetryCallState) -> EndpointError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, EndpointError):
        raise TypeError("only an EndpointError is retried")
    return error
