"""Who plays the roles of a run: models with their endpoints, and what their tokens cost."""

import re
from json import dumps
from typing import Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from apigen_mt.models.chat import RESERVED
from apigen_mt.models.client import Endpoint, shown
from tools_env.values import Json, Part

RoleName: TypeAlias = Literal["author", "human", "agent"]


_SECRET = re.compile(
    r"(?:.*[-_])?(?:api|access|secret|auth|private)[-_]?(?:key|token)|(?:proxy[-_])?authorization|bearer|cookie|"
    r"passw(?:or)?d|secret|credentials?|(?:.*[-_])?headers",
    re.IGNORECASE,
)
"""Names under which one sends a key."""


def _secret_in(value: Json) -> bool:
    """Whether some name in it is that of a key or of headers."""
    if isinstance(value, dict):
        return any(_SECRET.fullmatch(name) or _secret_in(part) for name, part in value.items())
    return isinstance(value, list) and any(map(_secret_in, value))


class RoleConfig(Part):
    """Who plays a role. Without a model it is rehearsal's script; the key is read from the variable `api_key_env`.

    `base_url` may be a list of replicas, all with the same model; the first gives its name to what they answer.

    Weaker agents write calls as text: `parse_text_calls` takes a text that is nothing but JSON calls for calls;
    `respond_tool` has the agent speak through a tool as well, with `tool_choice` required.
    """

    model: str = ""
    base_url: str | tuple[str, ...] = ""
    api_key_env: str = "OPENAI_API_KEY"
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=1024, gt=0)
    extra: dict[str, Json] = {}
    licence: str = ""
    parse_text_calls: bool = True
    respond_tool: bool = False

    @field_validator("base_url", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        """One URL alone is no list, and a list names each once."""
        if isinstance(given, str):
            return given
        urls = given if isinstance(given, list | tuple) else [None]
        if not all(isinstance(url, str) and url for url in urls) or not urls:
            raise ValueError("base_url is a URL or a list of URLs, such as [http://one:8000/v1, http://two:8000/v1]")
        places = [str(url).rstrip("/") for url in urls]
        if twice := next((place for place in places if places.count(place) > 1), ""):
            raise ValueError(f"base_url names {shown(twice)} twice: each replica is named once")
        return urls[0] if len(urls) == 1 else tuple(urls)

    @model_validator(mode="after")
    def _whole(self) -> "RoleConfig":
        if bool(self.model) != bool(self.base_url):
            raise ValueError("a model needs its base_url and a base_url its model")
        for url in self.urls:
            Endpoint(url)
            if "?" in url or "#" in url:
                raise ValueError("a base_url has no query: it is stored with the run, and a query may hold a key")
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", self.api_key_env):
            raise ValueError("api_key_env is the name, in capitals, of the variable that holds the key, never the key")
        if taken := sorted(RESERVED & self.extra.keys()):
            raise ValueError(f"extra fields may not set {', '.join(taken)}")
        if _secret_in(self.extra):
            raise ValueError("extra fields hold no keys or headers: the run is stored with them. Use api_key_env")
        dumps(self.extra, allow_nan=False)
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the model answers; none without a model."""
        if isinstance(self.base_url, str):
            return (self.base_url,) if self.base_url else ()
        return self.base_url


class Roles(Part):
    """The three roles of a run."""

    author: RoleConfig = RoleConfig()
    human: RoleConfig = RoleConfig()
    agent: RoleConfig = RoleConfig()


class ReviewerConfig(RoleConfig):
    """One member of the committee, or one judge of talks, by a name of its own; `timeout` is how many seconds it may
    take over one answer.
    """

    name: str = Field(pattern=r"^[\w.+-]{1,40}$")
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _plays(self) -> "ReviewerConfig":
        if not self.model:
            raise ValueError(f"{self.name!r} needs a model and its base_url")
        return self


class Deadlines(Part):
    """How long a run waits, in seconds: for the answer to one attempt, for a request with all its attempts, and for an
    endpoint that is down.
    """

    reply: float = Field(default=600, gt=0, allow_inf_nan=False)
    request: float = Field(default=1800, gt=0, allow_inf_nan=False)
    down: float = Field(default=600, gt=0, allow_inf_nan=False)
