"""What is said to a chat-completions endpoint and what comes back, without any client library."""

import hashlib
import json
from math import ceil
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, field_validator
from pydantic_core import PydanticSerializationError, to_json

from tools_env.values import Json

Trusted = Annotated[Json, SkipValidation]
"""JSON made by this program: not walked again, so that a request costs the same however long the talk is."""

RESERVED = frozenset({"model", "messages", "tools", "stream", "n"})
"""Fields of a request that are the talk itself, or that change what comes back."""

_BYTES_PER_TOKEN = 4
_UNBOUNDED_REPLY = 1024


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolCall(_Frozen):
    """One call as the model wrote it: `arguments` is raw JSON text, not yet parsed and maybe not JSON at all."""

    id: str
    name: str
    arguments: str


class Usage(_Frozen):
    """Tokens of one or more replies; `cached` is the part of `prompt` that the endpoint had in its cache."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    def __add__(self, other: Self) -> "Usage":
        """Sum per field."""
        return Usage(
            prompt=self.prompt + other.prompt,
            completion=self.completion + other.completion,
            cached=self.cached + other.cached,
        )

    @property
    def total(self) -> int:
        """Prompt and completion tokens: what a budget counts."""
        return self.prompt + self.completion


class Sampling(_Frozen):
    """How to sample; what is None is left to the endpoint."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None


class ReplyKey(_Frozen):
    """Whose reply this is within a run (design: journal): role, blueprint id, attempt, turn and candidate."""

    role: str
    blueprint: str
    attempt: int = 0
    turn: int = 0
    candidate: int = 0


class ChatRequest(_Frozen):
    """One chat completion to be asked for; messages and tools in OpenAI's form, `extra` for endpoint specific fields.

    `extra` is laid over the body, so it may rename a limit (`max_completion_tokens`) but not the talk itself.
    """

    model: str
    messages: tuple[Trusted, ...]
    tools: tuple[Trusted, ...] = ()
    response_format: Trusted = None
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    extra: dict[str, Trusted] = Field(default_factory=dict)

    @field_validator("extra")
    @classmethod
    def _leaves_the_talk_alone(cls, extra: dict[str, Json]) -> dict[str, Json]:
        if taken := sorted(RESERVED & extra.keys()):
            raise ValueError(f"extra fields may not set {', '.join(taken)}")
        return extra

    def body(self) -> dict[str, Json]:
        """Return the request's JSON body; fields left to the endpoint are absent."""
        body: dict[str, Json] = {"model": self.model, "messages": list(self.messages)}
        if self.tools:
            body["tools"] = list(self.tools)
            if self.tool_choice is not None:
                body["tool_choice"] = self.tool_choice
            if self.parallel_tool_calls is not None:
                body["parallel_tool_calls"] = self.parallel_tool_calls
        if self.response_format is not None:
            body["response_format"] = self.response_format
        sampling = self.sampling
        limits: dict[str, float | int | None] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        body.update({name: value for name, value in limits.items() if value is not None})
        body.update(self.extra)
        return body

    def wire(self) -> bytes:
        """Return the body as JSON in UTF-8, keys in their given order: models see tools in that order."""
        body = self.body()
        try:
            return to_json(body, inf_nan_mode="null")
        except PydanticSerializationError:  # a lone surrogate, which no endpoint takes
            return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def digest(self, base_url: str) -> str:
        """Return the sha256 (hex) of the canonical JSON of the body and of the endpoint it goes to."""
        text = json.dumps({"endpoint": base_url, "body": self.body()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def estimate(self) -> int:
        """Return the tokens this request may cost: its length over four, and the longest reply asked for."""
        return tokens_of(len(self.wire())) + (self.sampling.max_tokens or _UNBOUNDED_REPLY)


class ChatReply(_Frozen):
    """One reply: `text` without any reasoning, which has its own field; `finish_reason` is hearsay, never trusted."""

    text: str
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    usage: Usage = Usage()
    model: str = ""


def tokens_of(size: int) -> int:
    """Return the tokens counted for so many bytes of UTF-8 where an endpoint reports none: a quarter, rounded up."""
    return ceil(size / _BYTES_PER_TOKEN)
