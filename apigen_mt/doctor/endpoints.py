"""Endpoints tried: are they there, do they know the model, and can they do what the roles ask of them?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from pydantic import BaseModel, ConfigDict

from apigen_mt.config_roles import RoleConfig
from apigen_mt.doctor.checks import Check, Status
from apigen_mt.models.answers import Unparsed, read_answer
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import Endpoint
from apigen_mt.models.failures import EndpointError, plain
from apigen_mt.models.reading import NoCompletion, parse_body, read_reply
from apigen_mt.models.schemas import response_format
from apigen_mt.models.wire import OpenAIWire
from apigen_mt.serving.roles import SERVED
from apigen_mt.terminal import shortened
from tools_env.meant import CLOSE
from tools_env.values import Json

LONGEST = 1024
"""Tokens that a reply may have; a model that thinks aloud needs some."""
SHOWN = 5
"""So many of the models are named that an endpoint has instead."""
_TOOL: Json = {
    "type": "function",
    "function": {
        "name": "find_member",
        "description": "Find a member by email address.",
        "parameters": {
            "type": "object",
            "properties": {"email": {"type": "string", "description": "The member's email address."}},
            "required": ["email"],
            "additionalProperties": False,
        },
    },
}
_SYSTEM = "You help the members of a library."
_CALL = "Find the member whose email address is kim@example.com. Use the tool."
_FORM = "Which colour does a clear sky have at noon?"
_VLLM = "vLLM needs --enable-auto-tool-choice and a --tool-call-parser"


class Sky(BaseModel):
    """A small answer under a schema."""

    model_config = ConfigDict(extra="forbid")

    colour: Literal["red", "green", "blue"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A model at one address, as the roles have it that it plays; `calls` is whether one of them calls tools."""

    role: RoleConfig
    url: str
    names: tuple[str, ...]
    calls: bool

    @property
    def about(self) -> str:
        """What to call it."""
        return f"{self.role.model} at {Endpoint(self.url).shown}"


def to_try(roles: Mapping[str, RoleConfig]) -> list[Tried]:
    """Each model at each address once, with the roles that it plays; not one that the run itself would serve."""
    found: dict[tuple[str, str, str], dict[str, RoleConfig]] = {}
    for name, role in roles.items():
        for url in role.urls if role.model else ():
            if url != SERVED:
                found.setdefault((url, role.model, role.api_key_env), {})[name] = role
    return [
        Tried(next(iter(played.values())), url, tuple(played), "agent" in played)
        for (url, _, __), played in found.items()
    ]


async def examined(every: Sequence[Tried], keys: Mapping[str, str], seconds: float) -> list[Check]:
    """What is to be said of each, side by side: three requests each, none of them twice, each in so many seconds."""
    found = await asyncio.gather(*(_examined(one, keys.get(one.role.api_key_env, ""), seconds) for one in every))
    return [check for checks in found for check in checks]


async def _examined(one: Tried, key: str, seconds: float) -> list[Check]:
    variable, roles = one.role.api_key_env, ", ".join(one.names)
    told = f"{variable} is {'set' if key else 'not set'}; for {roles}"
    first = Check(about=one.about, status="ok" if key else "note", told=told)
    try:
        endpoint = Endpoint(one.url, key)
    except ValueError as error:
        return [first.model_copy(update={"status": "missing", "told": f"{variable}: {error}", "todo": "set it anew"})]
    async with OpenAIWire(endpoint, 2) as wire:
        listed = await _listed(one, wire, seconds)
        if listed.status == "untold":
            return [first, listed]
        calling, forming = await asyncio.gather(
            _asked(wire, _request(one.role, _CALL, tools=(_TOOL,)), seconds),
            _asked(wire, _request(one.role, _FORM, form=response_format(Sky)), seconds),
        )
    answered = next((raw for raw in (calling, forming) if not isinstance(raw, EndpointError)), None)
    if answered is None:
        return [first, listed, _failed(one, calling if isinstance(calling, EndpointError) else None)]
    if listed.status == "missing":  # an endpoint may answer under a name that it does not list
        listed = listed.model_copy(update={"status": "note", "todo": ""})
    return [first, listed, _calls(one, calling), _forms(one, forming), _counts(one, answered)]


async def _listed(one: Tried, wire: OpenAIWire, seconds: float) -> Check:
    """Whether it is there, and lists the model."""
    try:
        body = parse_body(await wire.models(seconds))
    except EndpointError as error:
        if error.kind in {"unreachable", "timeout", "server"}:
            return _failed(one, error)
        return Check(about=one.about, status="note", told=f"it lists no models ({error.message})")
    except NoCompletion as error:
        return Check(about=one.about, status="note", told=f"it lists no models ({error})")
    data = body.get("data") if isinstance(body, dict) else None
    names = [str(m["id"]) for m in data if isinstance(m, dict) and "id" in m] if isinstance(data, list) else []
    if not names:
        return Check(about=one.about, status="note", told="it lists no models")
    if one.role.model in names:
        return Check(about=one.about, status="ok", told="it is there and lists the model")
    near = get_close_matches(one.role.model, names, n=SHOWN, cutoff=CLOSE) or names[:SHOWN]
    return Check(
        about=one.about,
        status="missing",
        told=f"it is there, and the model is not among the {len(names)} that it lists",
        todo=f"write {' or '.join(shortened(name, 80) for name in near)}",
    )


def _failed(one: Tried, error: EndpointError | None) -> Check:
    """Why nothing can be said, or nothing good."""
    told = "it answers nothing of use" if error is None else error.message
    if error is not None and error.kind == "auth":
        todo = f"put a key that is taken into the environment variable {one.role.api_key_env}"
        return Check(about=one.about, status="missing", told=told, todo=todo)
    if error is not None and error.kind in {"not_found", "bad_request"}:
        todo = "look at model and base_url, which mostly ends in /v1"
        return Check(about=one.about, status="missing", told=told, todo=todo)
    return Check(about=one.about, status="untold", told=told, todo="start it, or look at base_url, and try again")


def _request(role: RoleConfig, text: str, *, tools: tuple[Json, ...] = (), form: Json = None) -> ChatRequest:
    return ChatRequest(
        model=role.model,
        messages=({"role": "system", "content": _SYSTEM}, {"role": "user", "content": text}),
        tools=tools,
        response_format=form,
        sampling=Sampling(temperature=role.temperature, max_tokens=min(role.max_tokens or LONGEST, LONGEST)),
        extra=role.extra,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """A reply, with the body that it was read from."""

    reply: ChatReply
    body: Mapping[str, Json]


async def _asked(wire: OpenAIWire, request: ChatRequest, seconds: float) -> "_Answer | EndpointError":
    """The answer to one request, asked once."""
    try:
        body = parse_body(await wire.post(request.wire(), seconds))
        reply = read_reply(body, request, ReplyKey(role="doctor", blueprint=""))
    except EndpointError as error:
        return error
    except NoCompletion as error:
        return plain("garbage", f"no chat completion: {error}", wire.base_url)
    return _Answer(reply, body if isinstance(body, dict) else {})


def _calls(one: Tried, found: "_Answer | EndpointError") -> Check:
    """Whether it calls tools, which an agent has to."""
    bad: Status = "missing" if one.calls else "note"
    if isinstance(found, EndpointError):
        todo = f"an agent needs them: {_VLLM}" if one.calls else ""
        return Check(about=one.about, status=bad, told=f"tools are refused ({found.message})", todo=todo)
    if found.reply.calls:
        return Check(about=one.about, status="ok", told="it calls tools")
    text = shortened(found.reply.text, 80)
    if "find_member" in found.reply.text:
        told = f"it writes calls as text ({text})"
        todo = f"parse_text_calls may read them, a parser reads more: {_VLLM}" if one.calls else ""
        return Check(about=one.about, status="note", told=told, todo=todo)
    why = "cut off by the limit of tokens" if found.reply.finish_reason == "length" else text or "no text"
    told = f"asked to call a tool, it did not ({why})"
    return Check(about=one.about, status="note", told=told, todo="a weak model fails many talks" if one.calls else "")


def _forms(one: Tried, found: "_Answer | EndpointError") -> Check:
    """Whether it keeps to a JSON schema; where not, the schema is written into the prompt."""
    if isinstance(found, EndpointError):
        told = f"JSON schemas are refused ({found.message}); they are written into the prompt instead"
        return Check(about=one.about, status="note", told=told)
    answer = read_answer(found.reply, Sky, alone=True)
    if isinstance(answer, Unparsed):
        return Check(about=one.about, status="note", told=f"it does not keep to a JSON schema: {answer.reason}")
    return Check(about=one.about, status="ok", told="it keeps to a JSON schema")


def _counts(one: Tried, found: "_Answer") -> Check:
    """What it reports: tokens, those from its cache, and reasoning."""
    usage = found.body.get("usage")
    if not isinstance(usage, dict):
        told = "it reports no tokens: budgets count four bytes as one"
        return Check(about=one.about, status="note", told=told)
    cached = isinstance(details := usage.get("prompt_tokens_details"), dict) and "cached_tokens" in details
    parts = ["it reports tokens", "those from its cache" if cached else "none as from its cache"]
    parts += ["reasoning apart"] if found.reply.reasoning else []
    return Check(about=one.about, status="ok", told=", ".join(parts))
