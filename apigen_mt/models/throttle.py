"""How many requests an endpoint is given at once: as many as were asked for, fewer where it pushes back."""

import random
from math import inf
from typing import NamedTuple

FIRST = 12
"""So many requests an endpoint gets before it has answered one: a wrong key costs no more calls than this."""
SETTLES = 0.1
"""Endpoints that refuse do so at once: a request that is still out after so many seconds counts as let in."""
PROBES = (6.0, 8.0)
"""From when to when, in seconds, one more than an endpoint has let in is tried again."""
_SOON = 4
_BACK = 0.7
_FAILING = 0.3
_MEMORY = 0.1
_NOISE = (30, 3)
"""Two refusals within so many answers, or within so many times the limit, are no accident."""
_BETWEEN = 16
"""So many answers at least come between two tries at one more."""


class Sent(NamedTuple):
    """A request that is out: which one it was at the time, and when it left, in seconds of the pace's clock."""

    level: int
    at: float


class Throttle:
    """A limit on requests at one endpoint. It knows no time but what it is told, and waits for nothing.

    The limit begins low and soon grows while nothing is refused. What is refused above the level that has been let in
    takes it back there; then one more is tried every few seconds, and if that is let in, doubling steps follow.
    Refusals at that level lower it as soon as they are no accident, down to what the endpoint still has in hand. Errors
    of the server, time-outs and replies that take very long take 30% off it when they become usual.
    """

    def __init__(self, most: int, rng: random.Random) -> None:
        self.most = most
        self.in_flight = 0
        self.paused_until = -inf
        self._rng = rng
        self._answered = False
        self.restart()

    def restart(self) -> None:
        """Forget what the endpoint could do: it has been away."""
        self.limit = min(FIRST, self.most)
        self._base = 0
        """So many have been let in."""
        self._step, self._growth = (_SOON - 1) * self.limit, _SOON
        self._above: float | None = None
        self._probe_at = inf
        self._since = _NOISE[0] + _NOISE[1] * self.most
        self._failing = 0.0
        self._cut_at = -inf

    def room(self, now: float) -> bool:
        """Whether one more may be sent."""
        self._look(now)
        return self.in_flight < self.limit and now >= self.paused_until

    def next_change(self) -> float:
        """When there may be room although nothing has come back; infinity if that is not to be expected."""
        if self.in_flight < self.limit:
            return self.paused_until
        settled = inf if self._above is None or not self._answered else self._above + SETTLES
        probed = self._probe_at if self._since >= _BETWEEN else inf
        return max(self.paused_until, min(settled, probed)) if self.limit < self.most else inf

    @property
    def held_back(self) -> bool:
        """Whether the endpoint has pushed back, so that it gets fewer than were asked for."""
        return self.limit < self.most and self._probe_at < inf

    def sent(self, now: float) -> Sent:
        """One more is out."""
        self.in_flight += 1
        if self.in_flight > self._base and self._above is None:
            self._above = now
        return Sent(self.in_flight, now)

    def answered(self, sent: Sent, now: float, *, slow: bool = False) -> None:
        """One has come back well, or after more time than is good."""
        self.in_flight -= 1
        self._answered = True
        self._since += 1
        if slow:
            self._fail(sent, now)
            return
        self._failing *= 1 - _MEMORY
        if sent.level > self._base and self._above is not None and sent.at >= self._above:
            self._rise()

    def dropped(self) -> None:
        """One is out no longer, and nothing is known from it."""
        self.in_flight -= 1

    def refused(self, sent: Sent, now: float) -> None:
        """One was sent back because there were too many."""
        self.in_flight -= 1
        beyond = self._beyond(sent)
        accident = not beyond and self._since > max(_NOISE[0], _NOISE[1] * self.limit)
        self._since = 0
        if beyond:
            self._fall(max(self._base, min(self.limit, self.in_flight)), now)
        elif not accident:
            self._fall(min(self.limit - 1, self.in_flight), now)

    def failed(self, sent: Sent, now: float, *, overload: bool = False) -> None:
        """One has failed in a way that may come from too many; `overload` says that the endpoint says so."""
        self.in_flight -= 1
        if overload and self._beyond(sent):
            self._fall(max(self._base, min(self.limit, self.in_flight)), now)
        else:
            self._fail(sent, now)

    def pause(self, until: float) -> None:
        """Send nothing before then."""
        self.paused_until = max(self.paused_until, until)
        if self._probe_at < inf:
            self._probe_at = max(self._probe_at, self.paused_until + self._rng.uniform(*PROBES))

    def _beyond(self, sent: Sent) -> bool:
        """Whether a request was one more than has been let in, as far as was known when it left."""
        return sent.level > self._base and sent.at >= self._cut_at

    def _fail(self, sent: Sent, now: float) -> None:
        """Note a failure; cut the limit if they are usual, once for all that were out at the time."""
        self._failing += _MEMORY * (1 - self._failing)
        if self._failing > _FAILING and sent.at >= self._cut_at:
            self._fall(int(self.limit * _BACK), now)

    def _fall(self, limit: int, now: float) -> None:
        self.limit = self._base = max(1, limit)
        self._step, self._growth = 1, 2
        self._above = None
        self._cut_at = now
        self._probe_at = max(now, self.paused_until) + self._rng.uniform(*PROBES)

    def _rise(self) -> None:
        self._base = self.limit
        self.limit = min(self.most, self.limit + self._step)
        self._step *= self._growth
        self._above = None
        self._probe_at = inf

    def _look(self, now: float) -> None:
        """Let time tell: a level that was not refused is let in, and after a while one more is tried."""
        if self.limit >= self.most:
            return
        settled = self._answered and self._above is not None and now >= self._above + SETTLES
        if settled or (now >= self._probe_at and self._since >= _BETWEEN):
            self._rise()
