"""Whether an endpoint is there at all: after failures in a row it gets one request at a time, at growing distances."""

import random
from math import inf

TRIPS = 8
"""Failures in a row, with nothing that came back well in between, after which an endpoint is down."""
FIRST, LONGEST = 1.0, 30.0
"""Seconds to the first look whether an endpoint is back, and at most between two."""
LOOKS = 3
"""An endpoint that never answered is given up after so many looks."""


class Breaker:
    """Keeps requests from an endpoint that is down, and lets one through now and then. It knows no time but what it is
    told, and waits for nothing.
    """

    def __init__(self, rng: random.Random, down: float) -> None:
        """`down`: after so many seconds an endpoint that used to answer is given up."""
        self._rng = rng
        self._down = down
        self._pause = FIRST
        self._next = -inf
        self._looking = False
        self._looks = 0
        self._failures = 0
        self._since = inf
        self.open = False
        self.answered = False

    def lets_through(self, now: float) -> bool:
        """Whether a request may go out."""
        return not self.open or (now >= self._next and not self._looking)

    def next_change(self) -> float:
        """When the next request may go out; infinity while one is out that will tell."""
        if not self.open:
            return -inf
        return inf if self._looking else self._next

    def sent(self) -> bool:
        """A request has gone out: whether it is the one that will tell if the endpoint is back."""
        if self.open:
            self._looking = True
        return self.open

    def succeeded(self) -> bool:
        """Something came back as it should: whether the endpoint was down before."""
        was_open, self.open = self.open, False
        self.answered = True
        self._looking = False
        self._looks = self._failures = 0
        self._pause, self._since = FIRST, inf
        return was_open

    def failed(self, now: float, *, look: bool) -> None:
        """A request has failed; `look` if it was the one that was to tell."""
        self._failures += 1
        self._since = min(self._since, now)
        if look and self.open:
            self._looking = False
            self._looks += 1
            self._pause = min(LONGEST, 2 * self._pause)
        elif self.open or self._failures < TRIPS:
            return
        self.open = True
        self._next = now + self._pause * self._rng.uniform(0.5, 1)

    def dropped(self, *, look: bool) -> None:
        """A request was given up before it could tell anything."""
        if look:
            self._looking = False

    def gone(self, now: float) -> bool:
        """Whether there is no more hope."""
        return self.open and (now - self._since >= self._down if self.answered else self._looks >= LOOKS)
