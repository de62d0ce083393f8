"""Which rows may be exported, and the messages of them that trainers get."""

import re
from itertools import pairwise
from typing import TypeAlias

from apigen_mt.trajectory import Row
from blueprints.judging.fidelity import STOP
from tools_env.values import Json, Part

Message: TypeAlias = dict[str, Json]

_AFTER = {"human": "calls gpt", "observation": "calls gpt", "calls": "observation", "gpt": "human"}
"""What may follow what, observations of one message taken together."""
_NAME = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_SAID = {"human": "the human", "gpt": "the agent", "calls": "the agent's call", "observation": "a tool"}


class Unfit(Part):
    """Why a row is left out of an export."""

    reason: str


def exported(row: Row) -> tuple[Message, ...] | Unfit:
    """The messages of a row without the turn that ends the talk: human first, agent's words last, in strict turns.

    A goodbye beside the stop token goes with its turn. Rows that are not verified, or whose turns a trainer would
    skip or misread, are unfit.
    """
    if not row.sound:
        return Unfit(reason="not verified")
    if wrong := _malformed(row):
        return Unfit(reason=wrong)
    messages = row.messages
    if messages and messages[-1]["role"] == "user" and STOP in str(messages[-1]["content"]):
        messages = messages[:-1]
    if any(m["role"] == "user" and STOP in str(m["content"]) for m in messages):
        return Unfit(reason="the talk goes on after its end")
    spoken = [speaker(m) for m in messages]
    turns = [turn for before, turn in pairwise(["", *spoken]) if not before == turn == "observation"]
    if not turns or turns[0] != "human":
        return Unfit(reason="the human does not speak first")
    for before, turn in pairwise(turns):
        if turn not in _AFTER[before].split():
            return Unfit(reason=f"{_SAID[turn]} follows {_SAID[before]}")
    if turns[-1] != "gpt":
        return Unfit(reason="the agent's words do not stand last")
    if any(turn == "gpt" and not str(m["content"]).strip() for turn, m in zip(spoken, messages, strict=True)):
        return Unfit(reason="the agent says nothing")
    return messages


def _malformed(row: Row) -> str:
    """What in a call cannot be written as one, although the agent made up for it later."""
    for _, called in row.course.called():
        if called.raw:
            return "the arguments of a call are no JSON object"
        if not _NAME.fullmatch(called.call.name):
            return "a call has a name that no function can have"
    return ""


def speaker(message: Message) -> str:
    """Whose message it is: human, gpt, calls or observation."""
    match message["role"]:
        case "user":
            return "human"
        case "tool":
            return "observation"
    return "calls" if message.get("tool_calls") else "gpt"


def text_beside_calls(messages: tuple[Message, ...]) -> int:
    """How many messages hold words beside their calls."""
    return sum(bool(m.get("tool_calls") and str(m["content"]).strip()) for m in messages)
