"""What goes wrong between this program and an endpoint, told in one line that never holds the key."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from tools_env.values import Json

Kind = Literal[
    "auth", "not_found", "bad_request", "context", "rate", "server", "unreachable", "timeout", "garbage", "down"
]

_TRANSIENT = frozenset({"rate", "server", "unreachable", "timeout", "garbage"})
_BY_STATUS: Mapping[int, Kind] = {
    301: "not_found",
    302: "not_found",
    303: "not_found",
    307: "not_found",
    308: "not_found",
    401: "auth",
    402: "rate",
    403: "auth",
    404: "not_found",
    408: "timeout",
    409: "server",
    425: "server",
    429: "rate",
}
_CONTEXT = re.compile(
    r"context[ _](?:length|window|size|limit)|maximum context|max(?:imum)?[ _](?:model[ _]len|tokens|input|seq)"
    r"|too many tokens|(?:prompt|input|request)\b.{0,40}\btoo long|reduce the length",
    re.IGNORECASE,
)
_EXHAUSTED = re.compile(
    r"insufficient[ _](?:quota|credit|balance|fund)|billing_hard_limit|no credit|out of credit|credit balance",
    re.IGNORECASE,
)
_REFUSED, _UNPAID, _SERVER = 400, 402, 500
_LINE, _READ = 300, 4000


class EndpointError(Exception):
    """A broken wire: `kind`, a one-line `message` for people and the `url`; neither holds the key.

    `status` is the HTTP status if there was one, `retry_after` the seconds the endpoint asked to wait, `attempts`
    how often it was tried; `transient` says whether trying again can help; `looked` that the request was to tell
    whether an endpoint that is down is back, and found nobody there.
    """

    def __init__(  # what failed, and what the next attempt needs to know
        self,
        kind: Kind,
        message: str,
        url: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        final: bool = False,
    ) -> None:
        super().__init__(kind, message, url)
        self.kind: Kind = kind
        self.message = message
        self.url = url
        self.status = status
        self.retry_after = retry_after
        self.transient = kind in _TRANSIENT and not final
        self.attempts = 1
        self.looked = False

    @property
    def ends_lane(self) -> bool:
        """Whether nothing else that is sent there can fare better: key, address, quota, a request that is refused."""
        return not self.transient and self.kind != "context"

    def again(self) -> "EndpointError":
        """The same for somebody else."""
        final = not self.transient
        return EndpointError(
            self.kind, self.message, self.url, status=self.status, retry_after=self.retry_after, final=final
        )

    def __str__(self) -> str:
        tries = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.url}: {self.message}{tries}"


def one_line(text: str, secret: str = "") -> str:
    """Return `text` on one line of bounded length, with every occurrence of `secret` masked."""
    if secret:
        text = text.replace(secret, "[key]")
    line = " ".join(text.split()).encode("utf-8", "replace").decode()  # half a pair could not be stored
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def without(body: bytes, secret: str) -> bytes:
    """Return what an endpoint sent with every occurrence of `secret` masked: some echo their request's headers."""
    if not secret:
        return body
    body = body.replace(secret.encode(), b"[key]")
    return _escaped(secret).sub(b"[key]", body) if b"\\u00" in body or b"\\/" in body else body


@lru_cache(maxsize=64)
def _escaped(secret: str) -> re.Pattern[bytes]:
    """The secret as JSON may write it, any of its signs as an escape."""
    signs = (rf"(?:\\?{re.escape(sign)}|\\u00(?i:{ord(sign):02x}))" for sign in secret)
    return re.compile("".join(signs).encode())


def by_status(status: int, said: str, url: str, retry_after: float | None = None) -> EndpointError:
    """Return the error for an HTTP status and what the endpoint `said` with it (already one line, without the key)."""
    kind: Kind = _BY_STATUS.get(status) or ("server" if status >= _SERVER else "bad_request")
    if kind == "bad_request" and _CONTEXT.search(said):
        kind = "context"
    final = status == _UNPAID or (kind == "rate" and _EXHAUSTED.search(said) is not None)
    message = f"{_MEANS[kind]} (HTTP {status})" + (f": {said}" if said else "")
    return EndpointError(kind, message, url, status=status, retry_after=retry_after, final=final)


_MEANS: Mapping[Kind, str] = {
    "auth": "the key is missing, wrong or not allowed here",
    "not_found": "no such model or path",
    "bad_request": "the endpoint refused the request",
    "context": "the talk is longer than the model's context",
    "rate": "too many requests or quota used up",
    "server": "the endpoint failed",
    "unreachable": "no connection",
    "timeout": "no answer in time",
    "garbage": "the answer is no chat completion",
    "down": "the endpoint is down, and continuing the run later goes on from here",
}


def plain(kind: Kind, said: str, url: str) -> EndpointError:
    """Return the error of a kind that has no HTTP status."""
    return EndpointError(kind, f"{_MEANS[kind]}: {said}" if said else _MEANS[kind], url)


def from_status(
    status: int, headers: Mapping[str, str], raw: bytes, url: str, secret: str, now: float
) -> EndpointError:
    """Return the error for an answer that is none; `now` is the wall clock in seconds, for Retry-After."""
    if place := headers.get("location"):
        said = f"moved to {place.partition('?')[0]}: give that as the base URL"
    else:
        try:
            said = said_in(json.loads(raw))
        except (ValueError, RecursionError):
            said = raw[:_READ].decode("utf-8", "replace")
    return by_status(status, one_line(said, secret), url, retry_after(headers, now))


def from_connection(error: BaseException, url: str, secret: str) -> EndpointError:
    """Return the error for a connection that failed, broke off or stayed silent."""
    import aiohttp

    said = one_line(str(error), secret) or type(error).__name__
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
        return plain("timeout", "", url)
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return plain("unreachable", said, url)
    return plain("garbage", said, url)


def said_in(body: object) -> str:
    """Return the message an endpoint put into its error body, whatever shape it chose."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            sort = inner.get("type")
            known = isinstance(sort, str) and _EXHAUSTED.search(sort)
            parts = [inner.get("message") or inner.get("detail"), inner.get("code") or (sort if known else None)]
            said = [str(part) for part in parts if isinstance(part, str | list | dict) and part]
            return " ".join(said) or str(dict(inner))
        return str(inner)
    return "" if body is None else str(body)


def in_band(body: Json, url: str) -> EndpointError | None:
    """Return the error that some gateways send inside an answer with status 200, or None if there is none."""
    if not isinstance(body, dict) or not body.get("error") or body.get("choices"):
        return None
    try:
        said, inner = one_line(said_in(body)), body["error"]
    except RecursionError:
        return plain("garbage", "an error without end", url)
    code = inner.get("code") if isinstance(inner, dict) else None
    if isinstance(code, int) and code >= _REFUSED:
        return by_status(code, said, url)
    return plain("garbage", said, url)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to wait from retry-after-ms or Retry-After (seconds or date); None if absent or unreadable."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) * scale
        except ValueError:
            seconds = _until(text, headers.get("date"), now)
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _until(text: str, sent: str | None, now: float) -> float:
    """Seconds from the answer's own Date (else `now`) to the date in `text`; NaN if it is no date."""
    try:
        then = parsedate_to_datetime(text)
        start = parsedate_to_datetime(sent) if sent else datetime.fromtimestamp(now, UTC)
        return max(0.0, (then - start).total_seconds())
    except (TypeError, ValueError):
        return float("nan")
