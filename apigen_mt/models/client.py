"""The one client: any OpenAI-compatible endpoint through openai's connection, at a cost that ignores the history."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from apigen_mt.models import failures
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.reading import NoCompletion, parse_body, read_reply
from apigen_mt.models.retry import Pace, Patience, persist
from apigen_mt.models.schemas import spelled_out
from tools_env.values import Json

if TYPE_CHECKING:
    import openai

__all__ = ["ChatClient", "Endpoint", "EndpointError", "OpenAIClient"]

_KEEP_ALIVE = 30.0
_SCHEMA_REFUSED = frozenset({400, 422, 500, 501})
"""What servers that cannot do `json_schema` answer to one; llama-cpp-python's says 500."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where models answer: a base URL such as `http://host:8000/v1` and a key that no repr, error or log shows.

    Raises ValueError (without the values) for a URL that is not http(s) or holds credentials, and for an unusable key.
    """

    base_url: str
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the base URL must begin with http:// or https:// and name a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the base URL must not hold credentials: give the key by itself")
        if not (self.api_key.isascii() and self.api_key.isprintable()) or " " in self.api_key:
            raise ValueError("the key holds a space, a line break or a character outside ASCII")

    @property
    def shown(self) -> str:
        """The base URL as it may be shown and stored: without query, fragment and closing slash."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


class ChatClient(Protocol):
    """Whatever answers a chat request; `base_url` tells endpoints apart in a journal and holds no secret."""

    @property
    def base_url(self) -> str:
        """The endpoint's address as it may be shown."""
        ...

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the reply to `request`; raises `EndpointError` if the wire is broken, `BudgetSpent` at a cap."""
        ...


class OpenAIClient:
    """A `ChatClient` for one endpoint; used as an async context manager, from one event loop.

    At most `concurrency` requests are open at once; a request keeps its place while it waits to be tried again, so
    that a struggling endpoint gets fewer. A schema that the endpoint refuses is spelled out in the prompt from then on.
    """

    def __init__(
        self, endpoint: Endpoint, *, concurrency: int = 64, patience: Patience | None = None, pace: Pace | None = None
    ) -> None:
        self._endpoint = endpoint
        self._concurrency = concurrency
        self._patience = patience or Patience()
        self._pace = pace or Pace()
        self._slots = asyncio.Semaphore(concurrency)
        self._wire: openai.AsyncOpenAI | None = None
        self._answered = False
        self._refused: set[str] = set()

    @property
    def base_url(self) -> str:
        """The endpoint's address as it may be shown."""
        return self._endpoint.shown

    async def __aenter__(self) -> Self:
        import openai

        # openai counts connections and keeps 100 alive by default: each slot gets one that stays open.
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
            max_connections=self._concurrency,
            max_keepalive_connections=self._concurrency,
            keepalive_expiry=_KEEP_ALIVE,
        )
        timeout = openai.Timeout(self._patience.per_attempt, connect=self._patience.connect)
        self._wire = openai.AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._endpoint.api_key or "none",
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAioHttpClient(limits=limits, timeout=timeout),
        )
        self._wire.organization = self._wire.project = None  # openai takes them from the environment
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the endpoint's reply to `request`; raises `EndpointError` when attempts or patience are spent."""
        async with self._slots:
            if request.response_format is None:
                return await self._persist(key, request)
            mark = f"{request.model} {request.response_format}"
            if mark in self._refused:
                return await self._persist(key, spelled_out(request))
            try:
                return await self._persist(key, request)
            except EndpointError as error:
                if error.status not in _SCHEMA_REFUSED or error.kind == "context":
                    raise
                try:
                    reply = await self._ask(key, spelled_out(request), self._patience.per_attempt)
                except EndpointError:
                    raise error from None
                self._refused.add(mark)
                return reply

    async def _persist(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        return await persist(
            lambda seconds: self._ask(key, request, seconds), self._patience, self._pace, lambda: self._answered
        )

    async def _ask(self, key: ReplyKey, request: ChatRequest, seconds: float) -> ChatReply:
        """One attempt: the body goes out and comes back as bytes, past openai's typed walk of both."""
        raw = failures.without(await self._post(request.wire(), seconds), self._endpoint.api_key)
        self._answered = True
        try:
            body: Json = parse_body(raw)
            if error := failures.in_band(body, self.base_url, self._endpoint.api_key):
                raise error
            return read_reply(body, request, key)
        except NoCompletion as error:
            said = failures.one_line(str(error), self._endpoint.api_key)
            raise failures.plain("garbage", said, self.base_url) from None

    async def _post(self, body: bytes, seconds: float) -> bytes:
        import aiohttp
        import openai

        if self._wire is None:
            raise RuntimeError("the client is not open: use it as an async context manager")
        secret = self._endpoint.api_key
        try:
            async with asyncio.timeout(seconds):
                return await self._wire.post("/chat/completions", cast_to=bytes, content=body)
        except openai.APIStatusError as error:
            self._answered = True
            raise failures.from_status_error(error, self.base_url, secret, self._pace.now()) from None
        except (openai.OpenAIError, aiohttp.ClientError, OSError) as error:
            raise failures.from_connection(error, self.base_url, secret) from None
