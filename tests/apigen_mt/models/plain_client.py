"""A client for tests: one attempt at one endpoint, and a journal that keeps nothing."""

from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.reading import parse_body, read_reply
from apigen_mt.models.wire import Wire


class PlainClient:
    """A `ChatClient` over a wire that never tries again."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.base_url = wire.base_url

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """The reply to one request."""
        return read_reply(parse_body(await self.wire.post(request.wire(), 200)), request, key)


class NoJournal:
    """A journal that keeps nothing but what it was told."""

    def __init__(self) -> None:
        self.recorded: list[ChatReply] = []

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Nothing."""

    async def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Take note of it."""
        self.recorded.append(reply)
