"""A client that never pays twice: replies come from the journal if it has them, and go there before they are used."""

import asyncio
from typing import Protocol

from apigen_mt.models.budget import Budget, stage_of
from apigen_mt.models.cache import NO_CACHE, ReplyCache, worth_keeping
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.client import ChatClient
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.gate import Gate
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.models.prices import dollars

_MAY_BE_PAID = frozenset({"timeout", "garbage"})
"""Kinds of failure after which an endpoint may have worked all the same."""


class ReplyStore(Protocol):
    """Where replies are kept: `apigen_mt.journal.Journal`, which lies above this package."""

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Return the reply stored for this key and request digest, or None."""
        ...

    async def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Store a reply; it is safe when this returns."""
        ...


class RecordedClient:
    """A `ChatClient` in front of another: journal first, then the cache of other runs, then budget, then gate and wire.

    Journalled replies were counted when they were paid: preload the budget once with the journal's totals. Those from
    the cache cost nothing, and are journalled as such.
    """

    def __init__(
        self,
        client: ChatClient,
        journal: ReplyStore,
        budget: Budget,
        cache: ReplyCache = NO_CACHE,
        observer: Observer = SILENT,
        gate: Gate | None = None,
    ) -> None:
        self._client = client
        self._journal = journal
        self._budget = budget
        self._cache = cache
        self._observer = observer
        self._gate = gate or Gate()

    @property
    def base_url(self) -> str:
        """The address of the endpoint behind."""
        return self._client.base_url

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the journalled reply to this very request, or another run's, or ask; it is journalled before.

        Raises what the client raises, `BudgetSpent` before sending, and `JournalError` if the reply cannot be kept.
        """
        digest = request.digest(self.base_url)
        known = self._journal.reply(key, digest)
        if known is not None:
            return known
        shared = self._cache.find(key, digest)
        if shared is not None:
            reply = shared.model_copy(update={"reused": True})
            await self._journal.record_reply(key, digest, reply)
            return reply
        reply = await self._bought(key, digest, request)
        if self._cache is not NO_CACHE and worth_keeping(request, reply):
            self._cache.keep(key, digest, reply)
        return reply

    async def _bought(self, key: ReplyKey, digest: str, request: ChatRequest) -> ChatReply:
        """A reply that is paid for. A request that is given up counts as if it had been answered at length."""
        stage = stage_of(key.role)
        with await self._budget.reserve(request, stage) as held:
            async with self._gate:
                try:
                    reply = await self._client.complete(key, request)
                except asyncio.CancelledError:
                    held.give_up()
                    raise
                except EndpointError as error:
                    if error.kind in _MAY_BE_PAID:
                        held.give_up()
                    raise
                held.settle(reply.usage)
                await self._journal.record_reply(key, digest, reply)
        paid = self._budget.price(reply.usage, request.model)
        self._observer.settled(stage, reply.usage, None if paid is None else dollars(paid))
        return reply
