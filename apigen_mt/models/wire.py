"""The wire: a request goes out as bytes and its answer comes back as bytes. The only file that opens connections."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from apigen_mt.models import failures
from apigen_mt.models.client import Endpoint
from apigen_mt.models.retry import Pace

if TYPE_CHECKING:
    import aiohttp

CONNECT = 10.0
"""Seconds in which a connection has to stand."""
LONGEST = 1 << 26
"""Bytes that an answer may have; no completion is longer."""
_KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept. Many servers close theirs after 5, and a request just then would be lost."""
_OK = range(200, 300)


class Wire(Protocol):
    """A way to one endpoint, open as an async context manager; used from one event loop."""

    @property
    def base_url(self) -> str:
        """The endpoint's address as it may be shown."""
        ...

    async def post(self, body: bytes, seconds: float) -> bytes:
        """Return the answer to a chat completion's body; raises `EndpointError` if there is none after so long."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class OpenAIWire:
    """A `Wire` to any OpenAI-compatible endpoint, with so many connections that stay open. Nothing is redirected, and
    nothing is taken from the environment.
    """

    def __init__(
        self, endpoint: Endpoint, connections: int, *, pace: Pace | None = None, longest: int = LONGEST
    ) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._longest = longest
        self._pace = pace or Pace()
        self._shown = endpoint.shown
        base, query, rest = endpoint.base_url.partition("?")
        self._url = f"{base.rstrip('/')}/chat/completions{query}{rest}"
        self._list = f"{base.rstrip('/')}/models{query}{rest}"
        self._session: aiohttp.ClientSession | None = None

    @property
    def base_url(self) -> str:
        """The endpoint's address as it may be shown."""
        return self._shown

    async def __aenter__(self) -> Self:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "Authorization": f"Bearer {self._endpoint.api_key or 'none'}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": "apigen-mt",
            },
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, body: bytes, seconds: float) -> bytes:
        """Return the answer's body, without the key if it holds it. Raises `EndpointError` in all other cases."""
        return await self._asked("POST", self._url, body, seconds)

    async def models(self, seconds: float) -> bytes:
        """Return what the endpoint lists as its models, as it comes; else like `post`."""
        return await self._asked("GET", self._list, None, seconds)

    async def _asked(self, method: str, url: str, body: bytes | None, seconds: float) -> bytes:
        import aiohttp

        if self._session is None:
            raise RuntimeError("the wire is not open: use it as an async context manager")
        secret = self._endpoint.api_key
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(method, url, data=body, allow_redirects=False) as response,
            ):
                raw = await _whole(response, self._longest)
        except (aiohttp.ClientError, OSError) as error:
            raise failures.from_connection(error, self._shown, secret) from None
        if raw is None:
            raise failures.plain("garbage", f"more than {self._longest} bytes", self._shown)
        raw = failures.without(raw, secret)
        if response.status not in _OK:
            now = self._pace.now()
            raise failures.from_status(response.status, response.headers, raw, self._shown, secret, now)
        return raw


async def _whole(response: "aiohttp.ClientResponse", longest: int) -> bytes | None:
    """The body, or None if it is longer than any completion."""
    raw = await response.content.readany()
    if response.content.at_eof():
        return raw
    parts, size = [raw], len(raw)
    while part := await response.content.readany():
        parts.append(part)
        size += len(part)
        if size > longest:
            response.close()
            return None
    return b"".join(parts)
