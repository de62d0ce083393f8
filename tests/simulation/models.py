"""The models of a simulation: rehearsal's players behind them, each answer worked out once, whoever asks for it."""

import hashlib
import json

from blueprints.author import instruction
from blueprints.blueprint import Blueprint
from tests.apigen_mt.model_server import AGENT, AUTHOR, HUMAN, Understudies
from tests.chat_server import Answer, Body
from tests.simulation.provider import Said
from tools_env.port import World

MARK = 16
"""Hexadecimal digits of a request's digest, by which its reply is known again on the disk."""


class Models:
    """Answers request bodies for a set of blueprints. `hopeless` are the numbers of those whose agent is of no use."""

    def __init__(self, world: World, blueprints: tuple[Blueprint, ...], hopeless: frozenset[int] = frozenset()) -> None:
        self._players = Understudies(world, blueprints)
        self._blueprints = blueprints
        self._hopeless = hopeless
        self._known: dict[bytes, Said] = {}

    def __call__(self, raw: bytes) -> Said:
        found = self._known.get(raw)
        if found is None:
            found = self._known[raw] = self._said(raw)
        return found

    def _said(self, raw: bytes) -> Said:
        body = json.loads(raw)
        mark = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:MARK]
        number = self._talk(body)
        if number in self._hopeless and body["model"] == AGENT:
            answer = Answer(text="I'm sorry, I can't help you with that.")
        else:
            answer = self._players(body, 0)
        usage = {"prompt_tokens": len(raw) // 5, "completion_tokens": 5 + int(mark[:4], 16) % 60}
        message: Body = {"role": "assistant", "content": answer.text}
        if answer.calls:
            message["tool_calls"] = [
                {"id": f"{mark}_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
                for place, (name, arguments) in enumerate(answer.calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply = {"object": "chat.completion", "model": mark, "choices": [choice], "usage": usage}
        return Said(json.dumps(reply).encode(), sum(usage.values()), f"talk {number}", mark)

    def _talk(self, body: Body) -> int | str:
        """Which blueprint a request is about, by the words of its task."""
        first, model = body["messages"], body["model"]
        for number, blueprint in enumerate(self._blueprints):
            if model == HUMAN and instruction(blueprint) in first[0]["content"]:
                return number
            if model == AGENT and blueprint.stages[0].say in first[1]["content"]:
                return number
        return f"{AUTHOR} {hashlib.sha256(first[0]['content'].encode()).hexdigest()[:8]}" if model == AUTHOR else "?"
