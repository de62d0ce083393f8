"""Where models answer, and what whoever asks them needs: the port behind which pools, journal and budget stand."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where models answer: a base URL such as `http://host:8000/v1` and a key that no repr, error or log shows.

    Raises ValueError (without the values) for a URL that is not http(s) or holds credentials, and for an unusable key.
    """

    base_url: str
    api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = _split(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the base URL must begin with http:// or https:// and name a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the base URL must not hold credentials: give the key by itself")
        if not (self.api_key.isascii() and self.api_key.isprintable()) or " " in self.api_key:
            raise ValueError("the key holds a space, a line break or a character outside ASCII")

    @property
    def shown(self) -> str:
        """The base URL as it may be shown and stored: without query, fragment and closing slash."""
        return shown(self.base_url)


def shown(url: str) -> str:
    """A URL without credentials, query, fragment and closing slash."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def _split(url: str) -> SplitResult:
    """The parts of a URL. Raises ValueError, which unlike that of the library never repeats any of it."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if url.isprintable() and " " not in url and parts.port != 0:
            return parts
    raise ValueError("the base URL is no address that can be reached: write it like http://host:8000/v1")


class ChatClient(Protocol):
    """Whatever answers a chat request; `base_url` tells endpoints apart in a journal and holds no secret."""

    @property
    def base_url(self) -> str:
        """The endpoint's address as it may be shown."""
        ...

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """Return the reply to `request`; raises `EndpointError` if the wire is broken, `BudgetSpent` at a cap."""
        ...
