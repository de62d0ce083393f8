"""The pool: what a role asks goes to one of its lanes, is tried again where that helps, and comes back as a reply."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import inf

from apigen_mt.models import failures
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.lane import Lane, Place
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.models.reading import NoCompletion, parse_body, read_reply
from apigen_mt.models.retry import Pace, Patience, Trying, persist
from apigen_mt.models.schemas import Schemas
from tools_env.values import Json

_ELSEWHERE = frozenset({"unreachable", "timeout", "server"})
"""After these the next attempt goes to another lane, if one takes requests."""


@dataclass(slots=True)
class _Asked:
    """A request and how it fares."""

    key: ReplyKey
    request: ChatRequest
    trying: Trying
    order: Sequence[Lane]


class Pool:
    """A `ChatClient` over the lanes of one role, which are replicas of each other and may be shared with other pools.

    Requests of one talk go to the same lane as long as it takes them. The first lane gives the pool its name, so that
    a reply is known again whichever lane gave it. A schema that the endpoint refuses is spelled out in the prompt from
    then on.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        patience: Patience | None = None,
        pace: Pace | None = None,
        observer: Observer = SILENT,
        *,
        name: str = "",
    ) -> None:
        self._lanes = tuple(lanes)
        self._name = name or self._lanes[0].name
        self._patience = patience or Patience()
        self._pace = pace or Pace()
        self._observer = observer
        self._schemas = Schemas()
        self._numbers = count()
        self._movable = len(self._lanes) > 1
        if self._movable:
            for lane in self._lanes:
                lane.back.append(self._returned)

    @property
    def base_url(self) -> str:
        """The first endpoint's address as it may be shown, unless the pool has another name."""
        return self._name

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the reply to `request`; raises `EndpointError` when attempts or patience are spent."""
        trying = Trying(self._patience, self._pace, (self._pace.clock(), next(self._numbers)))
        asked = _Asked(key, request, trying, self._order(key))
        try:
            return await persist(
                lambda: self._attempt(asked),
                trying,
                self,
                lambda error, wait: self._observer.retried(error.url, key, error.kind, wait),
            )
        except EndpointError as error:
            self._observer.failed(error.url, key, error.kind)
            raise

    def ready_in(self) -> float:
        """Seconds until something can be sent at the earliest, as far as that is known."""
        now = self._pace.clock()
        known = [at for lane in self._lanes if lane.condemned is None and (at := lane.ready_at()) < inf]
        return max(0.0, min(known, default=now) - now)

    def heard_of(self) -> bool:
        """Whether any endpoint has ever answered."""
        return any(lane.breaker.answered for lane in self._lanes)

    def _order(self, key: ReplyKey) -> Sequence[Lane]:
        """The lanes as this talk prefers them: the same in every process, and even over all talks."""
        if not self._movable:
            return self._lanes
        talk = f"{key.blueprint}/{key.attempt}/".encode()
        return sorted(self._lanes, key=lambda lane: hashlib.blake2b(talk + lane.name.encode()).digest())

    def _choose(self, asked: _Asked) -> Lane:
        """The lane to wait at: the preferred one of those that take requests, else the one that will do so first.

        Raises `EndpointError` if there is none left.
        """
        if not self._movable:
            return self._lanes[0]
        left = [lane for lane in asked.order if lane.condemned is None]
        if not left:
            raise _reason(self._lanes)
        now = self._pace.clock()
        last = asked.trying.last
        shunned = last.url if last is not None and last.kind in _ELSEWHERE else ""
        ready = [lane for lane in left if lane.ready_at() <= now]
        for lane in ready:
            if lane.name != shunned and not lane.full(now):
                return lane
        return min(ready, key=lambda lane: lane.name == shunned) if ready else min(left, key=Lane.ready_at)

    async def _placed(self, asked: _Asked) -> tuple[Lane, Place]:
        """A place on one of the lanes. Raises the last error when the time is up."""
        trying = asked.trying
        while True:
            lane = self._choose(asked)
            try:
                place = await lane.enter(trying.ticket, trying.until, movable=self._movable)
            except EndpointError as error:
                if error.kind == "down" and any(other.condemned is None for other in self._lanes):
                    continue
                raise
            if trying.last is not None and trying.left <= 0:
                if place is not None:
                    lane.drop(place)
                raise trying.last
            if place is not None:
                return lane, place

    async def _attempt(self, asked: _Asked) -> ChatReply:
        """One attempt, from the line to the reply."""
        lane, place = await self._placed(asked)
        trying = asked.trying
        if trying.begun is None:
            trying.begun = place.sent.at
        seconds = min(trying.patience.per_attempt, max(trying.left, 0.0))
        settled = False
        try:
            reply = await self._exchange(asked, lane, seconds)
            settled = True
        except EndpointError as error:
            settled = True
            lane.failed(place, error)
            trying.note(error)
            if error.ends_lane:
                lane.condemn(error)
            raise
        finally:
            if not settled:
                lane.drop(place)
                self._observer.failed(lane.name, asked.key, "cancelled")
        lane.answered(place, seconds)
        self._observer.answered(lane.name, asked.key, self._pace.clock() - place.sent.at, reply.usage)
        return reply

    async def _exchange(self, asked: _Asked, lane: Lane, seconds: float) -> ChatReply:
        """Send the request as the endpoint takes it, with its schema or with that in the prompt."""
        if asked.request.response_format is None:
            return await self._ask(asked, asked.request, lane, seconds)
        sent = 0

        async def send(request: ChatRequest) -> ChatReply:
            nonlocal sent
            sent += 1
            if sent > 1:
                self._observer.retried(lane.name, asked.key, "bad_request", 0.0)
            return await self._ask(asked, request, lane, seconds)

        tired = asked.trying.failures["server"] >= min(self._patience.server, self._patience.attempts) - 1 > 0
        return await self._schemas.exchange(asked.request, send, tired=tired)

    async def _ask(self, asked: _Asked, request: ChatRequest, lane: Lane, seconds: float) -> ChatReply:
        """One exchange: the body goes out and comes back as bytes; nothing walks through the history."""
        self._observer.sent(lane.name, asked.key.role, asked.key)
        raw = await lane.wire.post(request.wire(), seconds)
        try:
            body: Json = parse_body(raw)
            if error := failures.in_band(body, lane.name):
                raise error
            return read_reply(body, request, asked.key)
        except NoCompletion as error:
            raise failures.plain("garbage", failures.one_line(str(error)), lane.name) from None

    def _returned(self, lane: Lane) -> None:
        """A lane takes requests again: who waits at one that does not may come over."""
        now = self._pace.clock()
        for other in self._lanes:
            if other is not lane and other.ready_at() > now:
                other.move()


def _reason(lanes: Sequence[Lane]) -> EndpointError:
    """Why there is no lane left: a refusal says more than an absence."""
    errors = [lane.condemned.again() for lane in lanes if lane.condemned is not None]
    return min(errors, key=lambda error: error.kind == "down")
