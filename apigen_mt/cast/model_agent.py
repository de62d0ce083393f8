"""A model as the agent: policy as system message, tools through the ordinary chat-completions interface."""

import json

from apigen_mt.cast.ports import AgentTurn, AgentView, WantedCall
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, ToolCall
from apigen_mt.models.client import ChatClient
from blueprints.blueprint import Blueprint
from tools_env.values import Json


class ModelAgent:
    """Plays the agent with a model. `parse_text_calls` takes a text that is nothing but JSON calls for calls."""

    def __init__(
        self,
        blueprint: Blueprint,
        client: ChatClient,
        model: str,
        sampling: Sampling,
        attempt: int,
        *,
        parse_text_calls: bool = False,
    ) -> None:
        self.blueprint = blueprint
        self.client = client
        self.model = model
        self.sampling = sampling
        self.attempt = attempt
        self.parse_text_calls = parse_text_calls

    async def reply(self, view: AgentView) -> AgentTurn:
        """The model's next message."""
        messages: list[Json] = [{"role": "system", "content": view.system}]
        messages += [_wire(m) for m in view.messages]
        key = ReplyKey(role="agent", blueprint=self.blueprint.id, attempt=self.attempt, turn=len(view.messages))
        request = ChatRequest(model=self.model, messages=tuple(messages), tools=view.tools, sampling=self.sampling)
        return turn_of(await self.client.complete(key, request), parse_text_calls=self.parse_text_calls)


def turn_of(reply: ChatReply, *, parse_text_calls: bool) -> AgentTurn:
    """A reply as a turn; arguments that are no JSON object stay raw, so that the agent is told and can mend it."""
    calls = tuple(_wanted(c) for c in reply.calls)
    if not calls and parse_text_calls and (found := calls_in(reply.text)):
        return AgentTurn(calls=found, reasoning=reply.reasoning)
    return AgentTurn(text=reply.text, calls=calls, reasoning=reply.reasoning)


def _wanted(call: ToolCall) -> WantedCall:
    try:
        arguments: Json = json.loads(call.arguments or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return WantedCall(name=call.name, arguments=None, id=call.id, raw=call.arguments)
    return WantedCall(name=call.name, arguments=arguments, id=call.id)


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def calls_in(text: str) -> tuple[WantedCall, ...]:
    """Calls in a text that is nothing but one JSON object or list of {"name", "arguments"}, fenced or bare."""
    bare = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        found: Json = json.loads(bare, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return ()
    calls: list[WantedCall] = []
    for item in found if isinstance(found, list) else [found]:
        if not isinstance(item, dict) or not isinstance(name := item.get("name"), str):
            return ()
        arguments = item.get("arguments", item.get("parameters", {}))
        if not isinstance(arguments, dict):
            return ()
        calls.append(WantedCall(name=name, arguments=arguments))
    return tuple(calls)


def _wire(message: dict[str, Json]) -> Json:
    """A canonical message as endpoints want it: arguments as JSON text."""
    wanted = message.get("tool_calls")
    if not isinstance(wanted, list):
        return {k: v for k, v in message.items() if k != "reasoning_content"}
    calls: list[Json] = []
    for call in wanted:
        if isinstance(call, dict) and isinstance(body := call["function"], dict):
            text = (
                body["arguments"]
                if isinstance(body["arguments"], str)
                else json.dumps(body["arguments"], ensure_ascii=False)
            )
            calls.append({**call, "function": {**body, "arguments": text}})
    return {**{k: v for k, v in message.items() if k != "reasoning_content"}, "tool_calls": calls}
