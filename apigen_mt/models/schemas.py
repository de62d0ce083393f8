"""JSON schemas as endpoints like them: no references, closed objects, every property required."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

from pydantic import BaseModel

from apigen_mt.models.chat import ChatReply, ChatRequest
from apigen_mt.models.failures import EndpointError
from tools_env.values import Json

_DROPPED = frozenset({"title", "default", "discriminator", "$defs"})
_DATA = frozenset({"enum", "examples", "required"})
_LOCAL = "#/$defs/"
_REFUSED = frozenset({400, 422})
"""What endpoints that cannot do `json_schema` answer to one; others say 500, which may mean anything."""


class Schemas:
    """Which schemas an endpoint takes, as far as it has shown. One that it refuses is spelled out in the prompt from
    then on, if that is taken: one request tries it for all that have met with a refusal.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._refused: set[str] = set()
        self._trials: dict[str, asyncio.Future[bool | None]] = {}

    async def exchange(
        self, request: ChatRequest, send: Callable[[ChatRequest], Awaitable[ChatReply]], *, tired: bool
    ) -> ChatReply:
        """Await `send` with the request as the endpoint takes it, twice if need be. Raises what `send` raises;
        `tired`: the endpoint has failed at this request, and it might be the schema's fault.
        """
        mark = f"{request.model} {request.response_format}"
        if mark in self._refused:
            return await send(spelled_out(request))
        if tired and mark not in self._taken:
            reply = await send(spelled_out(request))
            self._refused.add(mark)
            return reply
        try:
            reply = await send(request)
        except EndpointError as error:
            if error.status not in _REFUSED or error.kind == "context" or mark in self._taken:
                raise
            return await self._spelled(mark, request, send, error)
        self._taken.add(mark)
        return reply

    async def _spelled(
        self,
        mark: str,
        request: ChatRequest,
        send: Callable[[ChatRequest], Awaitable[ChatReply]],
        refusal: EndpointError,
    ) -> ChatReply:
        """The reply without the schema. Raises the refusal if that was not the schema's fault."""
        while (trial := self._trials.get(mark)) is not None:
            helped = await asyncio.shield(trial)
            if helped is not None:
                if helped:
                    return await send(spelled_out(request))
                raise refusal
        trial = self._trials[mark] = asyncio.get_running_loop().create_future()
        helped = None
        try:
            reply = await send(spelled_out(request))
            helped = True
        except EndpointError as error:
            if error.transient:
                raise
            helped = False
            raise refusal from None
        finally:
            trial.set_result(helped)
            if helped is not False:
                del self._trials[mark]
            if helped:
                self._refused.add(mark)
        return reply


@lru_cache(maxsize=128)
def response_format(answer: type[BaseModel]) -> Json:
    """Return the `response_format` that asks for an `answer`; strict where the schema has no open object. It is made
    once for each type and not to be changed.
    """
    schema = plain_schema(answer)
    name = re.sub(r"[^A-Za-z0-9_-]", "_", answer.__name__)[:64]
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": not _open(schema)}}


def plain_schema(answer: type[BaseModel]) -> Json:
    """Return the JSON schema of `answer` with references inlined (recursive ones stay), titles and defaults dropped."""
    whole: dict[str, Json] = answer.model_json_schema()
    defined = whole.get("$defs")
    defs: Mapping[str, Json] = defined if isinstance(defined, dict) else {}
    left: set[str] = set()
    schema = _plain(whole, defs, (), left)
    if left and isinstance(schema, dict):
        kept: dict[str, Json] = {}
        while waiting := sorted(left - kept.keys()):
            for name in waiting:
                kept[name] = _plain(defs[name], defs, (name,), left)
        schema["$defs"] = kept
    return schema


def spelled_out(request: ChatRequest) -> ChatRequest:
    """Return the same request for an endpoint that refuses schemas: the schema stands in the last message instead."""
    wanted = request.response_format
    inner = wanted.get("json_schema") if isinstance(wanted, dict) else None
    schema = inner.get("schema") if isinstance(inner, dict) else {"type": "object"}
    text = (
        "Answer with one JSON object and nothing else. It must be valid under this JSON Schema:\n"
        f"{json.dumps(schema, ensure_ascii=False)}"
    )
    before, last = list(request.messages[:-1]), request.messages[-1] if request.messages else None
    content = last.get("content") if isinstance(last, dict) and last.get("role") == "user" else None
    if isinstance(last, dict) and isinstance(content, str):
        before.append({**last, "content": f"{content}\n\n{text}"})
    else:
        before += [*request.messages[-1:], {"role": "user", "content": text}]
    return request.model_copy(update={"messages": tuple(before), "response_format": None})


def _plain(node: Json, defs: Mapping[str, Json], inside: tuple[str, ...], left: set[str]) -> Json:
    """One node of the schema made plain; `inside` are the definitions being inlined, `left` those that recur."""
    if isinstance(node, list):
        return [_plain(part, defs, inside, left) for part in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(_LOCAL):
        name = reference.removeprefix(_LOCAL)
        if name in inside:
            left.add(name)
            return {"$ref": reference}
        beside = {key: value for key, value in node.items() if key != "$ref"}
        target = defs[name]
        merged: Json = {**target, **beside} if isinstance(target, dict) else target
        return _plain(merged, defs, (*inside, name), left)
    plain: dict[str, Json] = {}
    for key, value in node.items():
        if key == "const":
            plain["enum"] = [value]
        elif key not in _DROPPED and key != "properties":
            plain["anyOf" if key == "oneOf" else key] = value if key in _DATA else _plain(value, defs, inside, left)
    properties = node.get("properties")
    if isinstance(properties, dict):  # their names are no keywords
        plain["properties"] = {name: _plain(part, defs, inside, left) for name, part in properties.items()}
        plain["required"] = list(properties)
        plain.setdefault("additionalProperties", False)
    return plain


def _open(node: Json) -> bool:
    """Whether some object in the schema takes keys that are not listed."""
    if isinstance(node, list):
        return any(_open(part) for part in node)
    if not isinstance(node, dict):
        return False
    if node.get("type") == "object" and node.get("additionalProperties") is not False:
        return True
    return any(_open(part) for part in node.values())
