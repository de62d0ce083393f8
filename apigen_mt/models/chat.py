"""What is said to a chat-completions endpoint and what comes back, without any client library."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from math import ceil
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, field_validator

from apigen_mt.models.written import hashed, hashed_list, sent, sent_list
from tools_env.values import Json

Trusted = Annotated[Json, SkipValidation]
"""JSON made by this program: not walked again, so that a request costs the same however long the talk is."""

RESERVED = frozenset({"model", "messages", "tools", "stream", "n"})
"""Fields of a request that are the talk itself, or that change what comes back."""

_BYTES_PER_TOKEN = 4
_UNBOUNDED_REPLY = 1024
_LIMITS = ("max_tokens", "max_completion_tokens")
"""What an endpoint may call the longest reply, when `extra` renames it."""


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
        return body | self._terms()

    def _terms(self) -> dict[str, Json]:
        """All of the body that is not the talk itself."""
        terms: dict[str, Json] = {}
        if self.tools and self.tool_choice is not None:
            terms["tool_choice"] = self.tool_choice
        if self.tools and self.parallel_tool_calls is not None:
            terms["parallel_tool_calls"] = self.parallel_tool_calls
        if self.response_format is not None:
            terms["response_format"] = self.response_format
        sampling = self.sampling
        limits: dict[str, float | int | None] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        terms.update({name: value for name, value in limits.items() if value is not None})
        terms.update(self.extra)
        return terms

    def wire(self) -> bytes:
        """Return the body as JSON in UTF-8, keys in their given order: models see tools in that order."""
        return self._wire

    @cached_property
    def _wire(self) -> bytes:
        parts = [b'{"model":', sent(self.model), b',"messages":', sent_list(self.messages)]
        if self.tools:
            parts += [b',"tools":', sent_list(self.tools)]
        terms = self._terms()
        return b"".join([*parts, b",", sent(terms)[1:]] if terms else [*parts, b"}"])

    def digest(self, base_url: str) -> str:
        """Return the sha256 (hex) of the canonical JSON of the body and of the endpoint it goes to."""
        texts = {name: hashed(value) for name, value in self._terms().items()}
        texts |= {"model": hashed(self.model), "messages": hashed_list(self.messages)}
        if self.tools:
            texts["tools"] = hashed_list(self.tools)
        body = b",".join(hashed(name) + b":" + texts[name] for name in sorted(texts))
        return hashlib.sha256(b'{"body":{' + body + b'},"endpoint":' + hashed(base_url) + b"}").hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> "ChatRequest":
        """A copy with some fields replaced; it is written out anew."""
        twin = super().model_copy(update=update, deep=deep)
        twin.__dict__.pop("_wire", None)
        return twin

    def worst(self) -> Usage:
        """Return the tokens this request may take: its length over four, and the longest reply asked for."""
        return Usage(prompt=tokens_of(len(self.wire())), completion=max(self.limits(), default=_UNBOUNDED_REPLY))

    def limits(self) -> tuple[int, ...]:
        """Return the longest reply asked for, in tokens, under every name that it has; nothing where it has none."""
        asked = (self.sampling.max_tokens, *(self.extra.get(name) for name in _LIMITS))
        return tuple(limit for limit in asked if isinstance(limit, int) and limit > 0)

    def estimate(self) -> int:
        """Return the tokens this request may take, all told."""
        return self.worst().total


class ChatReply(_Frozen):
    """One reply: `text` without any reasoning, which has its own field; `finish_reason` is hearsay, never trusted. One
    that was `reused` came from the reply cache: another run has paid for it.
    """

    text: str
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    usage: Usage = Usage()
    model: str = ""
    reused: bool = False


def tokens_of(size: int) -> int:
    """Return the tokens counted for so many bytes of UTF-8 where an endpoint reports none: a quarter, rounded up."""
    return ceil(size / _BYTES_PER_TOKEN)
