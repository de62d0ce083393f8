"""What goes wrong between this program and an endpoint, told in one line that never holds the key."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from tools_env.values import Json

if TYPE_CHECKING:
    import openai

Kind = Literal["auth", "not_found", "bad_request", "context", "rate", "server", "unreachable", "timeout", "garbage"]

_TRANSIENT = frozenset({"rate", "server", "unreachable", "timeout", "garbage"})
_BY_STATUS: Mapping[int, Kind] = {
    401: "auth",
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
_EXHAUSTED = re.compile(r"insufficient_quota|billing_hard_limit", re.IGNORECASE)
_REFUSED, _SERVER = 400, 500
_LINE = 300


class EndpointError(Exception):
    """A broken wire: `kind`, a one-line `message` for people and the `url`; neither holds the key.

    `status` is the HTTP status if there was one, `retry_after` the seconds the endpoint asked to wait, `attempts`
    how often it was tried; `transient` says whether trying again can help.
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

    def __str__(self) -> str:
        tries = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.url}: {self.message}{tries}"


def one_line(text: str, secret: str = "") -> str:
    """Return `text` on one line of bounded length, with every occurrence of `secret` masked."""
    if secret:
        text = text.replace(secret, "[key]")
    line = " ".join(text.split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def without(body: bytes, secret: str) -> bytes:
    """Return what an endpoint sent with every occurrence of `secret` masked: some echo their request's headers."""
    return body.replace(secret.encode(), b"[key]") if secret else body


def by_status(status: int, said: str, url: str, retry_after: float | None = None) -> EndpointError:
    """Return the error for an HTTP status and what the endpoint `said` with it (already one line, without the key)."""
    kind: Kind = _BY_STATUS.get(status) or ("server" if status >= _SERVER else "bad_request")
    if kind == "bad_request" and _CONTEXT.search(said):
        kind = "context"
    final = kind == "rate" and _EXHAUSTED.search(said) is not None
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
}


def plain(kind: Kind, said: str, url: str) -> EndpointError:
    """Return the error of a kind that has no HTTP status."""
    return EndpointError(kind, f"{_MEANS[kind]}: {said}" if said else _MEANS[kind], url)


def from_status_error(error: "openai.APIStatusError", url: str, secret: str, now: float) -> EndpointError:
    """Return the error for an answer with a 4xx or 5xx status; `now` is the wall clock in seconds, for Retry-After."""
    said = one_line(said_in(error.body), secret)
    return by_status(error.status_code, said, url, retry_after(error.response.headers, now))


def from_connection(error: BaseException, url: str, secret: str) -> EndpointError:
    """Return the error for a connection that failed or stayed silent, told apart by what lies underneath.

    openai's aiohttp transport reports a refused connection as a timeout, so the chain of causes is read.
    """
    import aiohttp

    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for link in chain:
        silent = isinstance(link, TimeoutError) and not isinstance(link, aiohttp.ConnectionTimeoutError)
        if isinstance(link, aiohttp.ClientConnectionError | OSError) and not silent:
            return plain("unreachable", one_line(str(link), secret), url)
    if any(isinstance(link, TimeoutError) or "Timeout" in type(link).__name__ for link in chain):
        return plain("timeout", "", url)
    if any(isinstance(link, aiohttp.ClientResponseError | aiohttp.ClientPayloadError) for link in chain):
        return plain("garbage", one_line(str(chain[-1]), secret), url)
    return plain("unreachable", one_line(str(chain[-1]), secret), url)


def said_in(body: object) -> str:
    """Return the message an endpoint put into its error body, whatever shape it chose."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            parts = [inner.get("message") or inner.get("detail"), inner.get("code")]
            said = [str(part) for part in parts if isinstance(part, str | list | dict) and part]
            return " ".join(said) or str(dict(inner))
        return str(inner)
    return "" if body is None else str(body)


def in_band(body: Json, url: str, secret: str) -> EndpointError | None:
    """Return the error that some gateways send inside an answer with status 200, or None if there is none."""
    if not isinstance(body, dict) or not body.get("error") or body.get("choices"):
        return None
    said, inner = one_line(said_in(body), secret), body["error"]
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
