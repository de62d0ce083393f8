"""Who plays the roles of a run: models with their endpoints, and what their tokens cost."""

import re
from json import dumps
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from apigen_mt.models.chat import RESERVED
from apigen_mt.models.client import Endpoint
from tools_env.values import Json, Part

RoleName: TypeAlias = Literal["author", "human", "agent"]


class RoleConfig(Part):
    """Who plays a role. Without a model it is rehearsal's script; the key is read from the variable `api_key_env`.

    Weaker agents write calls as text: `parse_text_calls` takes a text that is nothing but JSON calls for calls;
    `respond_tool` has the agent speak through a tool as well, with `tool_choice` required.
    """

    model: str = ""
    base_url: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=1024, gt=0)
    extra: dict[str, Json] = {}
    licence: str = ""
    parse_text_calls: bool = True
    respond_tool: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "RoleConfig":
        if bool(self.model) != bool(self.base_url):
            raise ValueError("a model needs its base_url and a base_url its model")
        if self.base_url:
            Endpoint(self.base_url)
            if "?" in self.base_url or "#" in self.base_url:
                raise ValueError("a base_url has no query: it is stored with the run, and a query may hold a key")
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", self.api_key_env):
            raise ValueError("api_key_env is the name, in capitals, of the variable that holds the key, never the key")
        if taken := sorted(RESERVED & self.extra.keys()):
            raise ValueError(f"extra fields may not set {', '.join(taken)}")
        dumps(self.extra, allow_nan=False)
        return self


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


class Price(Part):
    """What a model costs, in dollars for a million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
