"""A model as the agent: policy as system message, tools through the ordinary chat-completions interface."""

import json
import re

from apigen_mt.cast.ports import AgentTurn, AgentView, WantedCall
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, ToolCall
from apigen_mt.models.client import ChatClient
from apigen_mt.models.reading import mend, once, split_thought
from apigen_mt.models.written import Written
from blueprints.blueprint import Blueprint
from tools_env.values import Json

_NAME = re.compile(r"[^A-Za-z0-9_-]")
NAME_LENGTH = 64
"""What endpoints let the name of a function be."""
NESTED = 32
"""Levels of lists and objects that an argument may have; pydantic and readers of JSON give up not far above."""

RESPOND = "respond_to_customer"
SPEAK: dict[str, Json] = {
    "type": "function",
    "function": {
        "name": RESPOND,
        "description": "Say something to the customer: ask, confirm, report or explain.",
        "parameters": {
            "type": "object",
            "properties": {"message": {"type": "string", "description": "The words for the customer."}},
            "required": ["message"],
            "additionalProperties": False,
        },
    },
}
"""The tool through which an agent speaks when it has to call one every time; it never reaches the data."""


class ModelAgent:
    """Plays the agent with a model; how it is asked for calls is part of the role's configuration. `single`: the policy
    allows one call in a message, so that the endpoint is asked for no more.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        client: ChatClient,
        role: RoleConfig,
        sampling: Sampling,
        attempt: int,
        *,
        single: bool = False,
    ) -> None:
        self.blueprint = blueprint
        self.client = client
        self.role = role
        self.sampling = sampling
        self.attempt = attempt
        self.single = single
        self.offered: tuple[dict[str, Json], ...] = ()
        self.tools: tuple[Written, ...] = ()
        self.policy: str | None = None
        self.shown: tuple[dict[str, Json], ...] = ()
        self.sent: tuple[Written, ...] = ()

    async def reply(self, view: AgentView) -> AgentTurn:
        """The model's next message."""
        self._write(view)
        key = ReplyKey(role="agent", blueprint=self.blueprint.id, attempt=self.attempt, turn=len(view.messages))
        request = ChatRequest(
            model=self.role.model,
            messages=self.sent,
            tools=self.tools,
            tool_choice="required" if self.role.respond_tool else None,
            parallel_tool_calls=False if self.single else None,
            sampling=self.sampling,
            extra=self.role.extra,
        )
        turn = turn_of(await self.client.complete(key, request), parse_text_calls=self.role.parse_text_calls)
        return _spoken(turn) if self.role.respond_tool else turn

    def _write(self, view: AgentView) -> None:
        """Put what is new in a view, against the one before it, into the form in which it is sent."""
        if self.offered is not view.tools:
            self.offered = view.tools
            self.tools = tuple(map(Written, (*view.tools, SPEAK) if self.role.respond_tool else view.tools))
        if self.policy != view.system:
            self.policy, self.shown = view.system, ()
            self.sent = (Written(role="system", content=view.system),)
        kept = 0
        for old, new in zip(self.shown, view.messages, strict=False):
            if old is not new:
                break
            kept += 1
        self.sent = (*self.sent[: 1 + kept], *map(_wire, view.messages[kept:]))
        self.shown = view.messages


def _spoken(turn: AgentTurn) -> AgentTurn:
    """The turn with words said through the tool as words; beside other calls they stay beside them."""
    said = [(c.arguments or {}).get("message") for c in turn.calls if c.name == RESPOND]
    split = [split_thought(text) for text in (turn.text, *said) if isinstance(text, str) and text]
    words = " ".join(text for text, _ in split if text)
    reasoning = "\n".join(thought for thought in (turn.reasoning, *(thought for _, thought in split)) if thought)
    calls = tuple(c for c in turn.calls if c.name != RESPOND)
    return turn.model_copy(update={"text": words, "calls": calls, "reasoning": reasoning})


def turn_of(reply: ChatReply, *, parse_text_calls: bool) -> AgentTurn:
    """A reply as a turn; arguments that are no JSON object stay raw, so that the agent is told and can mend it."""
    calls = tuple(_wanted(c) for c in reply.calls)
    if not calls and parse_text_calls and (found := calls_in(reply.text)):
        return AgentTurn(calls=found, reasoning=reply.reasoning)
    return AgentTurn(text=reply.text, calls=calls, reasoning=reply.reasoning)


def _wanted(call: ToolCall) -> WantedCall:
    try:
        arguments = _arguments(_json(call.arguments or "{}"))
    except (ValueError, RecursionError):
        arguments = None
    raw = call.arguments if arguments is None else ""
    return WantedCall(name=call.name, arguments=arguments, id=call.id, raw=raw)


def _json(text: str) -> Json:
    """Strict JSON: no constants beside it, no name given twice. ValueError or RecursionError for anything else."""
    found: Json = json.loads(text, parse_constant=_no_constant, object_pairs_hook=once)
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def _arguments(found: Json) -> dict[str, Json] | None:
    """An object that can be stored and replayed as it is; None for anything else, a number past all bounds or a nest
    deeper than any tool has. Lone surrogates are mended.
    """
    if not isinstance(found, dict) or not _shallow(found, NESTED):
        return None
    text = json.dumps(found, ensure_ascii=False, allow_nan=False)
    mended: dict[str, Json] = found if mend(text) == text else json.loads(mend(text))
    return mended


def _shallow(value: Json, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_shallow(v, levels - 1) for v in inner)


def calls_in(text: str) -> tuple[WantedCall, ...]:
    """Calls in a text that is nothing but one JSON object or list of {"name", "arguments"}, fenced or bare."""
    bare = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        found = _json(bare)
        return tuple(_read(item) for item in (found if isinstance(found, list) else [found]))
    except (ValueError, RecursionError):
        return ()


def _read(item: Json) -> WantedCall:
    """One call of a text; ValueError if it is none."""
    if not isinstance(item, dict) or not isinstance(name := item.get("name"), str):
        raise ValueError("no call")  # noqa: TRY004 - one kind of error for all that a model may write
    arguments = _arguments(item.get("arguments", item.get("parameters", {})))
    if arguments is None:
        raise ValueError("no arguments")
    return WantedCall(name=mend(name), arguments=arguments, promoted=True)


def _wire(message: dict[str, Json]) -> Written:
    """A canonical message as endpoints want it: arguments as JSON text, names of the signs that a function's may have:
    what an agent made up is refused in words, and must not be a request that is.
    """
    plain = Written((k, v) for k, v in message.items() if k != "reasoning_content")
    wanted = message.get("tool_calls")
    if not isinstance(wanted, list):
        return plain
    calls: list[Json] = []
    for call in wanted:
        if isinstance(call, dict) and isinstance(body := call["function"], dict):
            text = (
                body["arguments"]
                if isinstance(body["arguments"], str)
                else json.dumps(body["arguments"], ensure_ascii=False)
            )
            name = _NAME.sub("_", str(body["name"]))[:NAME_LENGTH] or "unnamed"
            calls.append({**call, "function": {**body, "name": name, "arguments": text}})
    return Written(plain, tool_calls=calls)
