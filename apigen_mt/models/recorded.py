"""A client that never pays twice: replies come from the journal if it has them, and go there before they are used."""

import asyncio
from typing import Protocol

from apigen_mt.models.budget import TokenBudget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.client import ChatClient


class ReplyStore(Protocol):
    """Where replies are kept: `apigen_mt.journal.Journal`, which lies above this package."""

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Return the reply stored for this key and request digest, or None."""
        ...

    def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Store a reply; it is safe when this returns."""
        ...


class RecordedClient:
    """A `ChatClient` in front of another: journal first, then budget, then the wire.

    Journalled replies were counted when they were paid: preload the budget once with the journal's totals.
    """

    def __init__(self, client: ChatClient, journal: ReplyStore, budget: TokenBudget) -> None:
        self._client = client
        self._journal = journal
        self._budget = budget

    @property
    def base_url(self) -> str:
        """The address of the endpoint behind."""
        return self._client.base_url

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the journalled reply to this very request, or ask, journal and return it.

        Raises what the client raises, `BudgetSpent` before sending, and `JournalError` if the reply cannot be kept. A
        request that is given up counts as if it had been answered at length: it may be paid for all the same.
        """
        digest = request.digest(self.base_url)
        known = self._journal.reply(key, digest)
        if known is not None:
            return known
        with await self._budget.reserve(request.estimate()) as held:
            try:
                reply = await self._client.complete(key, request)
            except asyncio.CancelledError:
                held.settle(request.estimate())
                raise
            held.settle(reply.usage.total)
            self._journal.record_reply(key, digest, reply)
        return reply
