"""Who may ask the server for what: a browser that shows this server's own page, and nobody's page from elsewhere."""

import ipaddress
from collections.abc import Iterable
from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "x-apigen-mt-token"  # noqa: S105 - the name of a header
LARGEST = 1 << 20
"""Bytes that a request may bring along."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound to
_READ, _WRITE = frozenset({"GET", "HEAD"}), frozenset({"POST"})
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Refused(NamedTuple):
    """A status and a line that says what is wrong."""

    status: int
    why: str


class Guard:
    """An ASGI application around another one: it lets through what it should, and says so to the browser.

    The Host has to be a name of this machine or the `host` that was told, so that no other name can be made to point
    here; where all addresses were told, an address will do. What changes something has to come from the own page: the
    Origin is this server, the `token` that stands in the page is in a header, and the body is JSON.
    """

    def __init__(self, app: "ASGIApp", *, host: str, token: str, policy: str) -> None:
        self._app = app
        self._names = {*LOOPBACK, _bare(host)}
        self._any_address = _bare(host) in _ANY
        self._token = token
        self._headers = [(b"content-security-policy", policy.encode())]
        self._headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            raise TypeError(f"{scope['type']} is not spoken here")

        async def guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
            await send(message)

        refused = self._refused(scope)
        if refused is None:
            await self._app(scope, receive, guarded)
            return
        from starlette.responses import JSONResponse

        await JSONResponse({"error": refused.why}, refused.status)(scope, receive, guarded)

    def _refused(self, scope: "Scope") -> Refused | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or not self._is_here(hosts[0]):
            return Refused(421, "this server does not go by that name")
        if scope["method"] not in _READ | _WRITE:
            return Refused(405, "there is nothing that this method does")
        if _values(headers, b"sec-fetch-site")[-1:] not in ([], ["same-origin"], ["none"]) and scope["path"] != "/":
            return Refused(403, "this is for the server's own page")
        return None if scope["method"] in _READ else self._refused_write(headers, hosts[0])

    def _refused_write(self, headers: list[tuple[bytes, bytes]], host: str) -> Refused | None:
        if _values(headers, b"origin") != [f"http://{host}"]:
            return Refused(403, "this is for the server's own page")
        token = _values(headers, TOKEN.encode())
        if len(token) != 1 or not compare_digest(token[0].encode(), self._token.encode()):
            return Refused(403, "the page is of another server: load it again")
        kinds = _values(headers, b"content-type")
        if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
            return Refused(415, "the body has to be JSON")
        length = _values(headers, b"content-length")
        if length and (len(length) > 1 or not length[0].isdecimal() or int(length[0][:20]) > LARGEST):
            return Refused(413, f"a request may bring along {LARGEST} bytes")
        return None

    def _is_here(self, host: str) -> bool:
        name = _bare(host)
        return name in self._names or (self._any_address and _is_address(name))


def _values(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name.lower() == wanted]


def _bare(host: str) -> str:
    """The name or address in a Host, without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name if name.count(":") > 1 else name.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
