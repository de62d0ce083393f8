"""Courses as chat messages: what an agent is shown, what trainers read, and which messages are to be learned from."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from apigen_mt.trajectory import TrainFlag
from tools_env.calls import Fault, Outcome, Refusal, Result
from tools_env.course import Called, Course, Said
from tools_env.values import Json


def messages_of(course: Course) -> tuple[dict[str, Json], ...]:
    """The course as OpenAI chat messages, without the system message (design: rows).

    `arguments` are objects, `content` is never null, one message of the agent holds all calls of a batch.
    Calls that the human makes with tools of their own are not shown.
    """
    return messages_in(course.events)


def messages_in(events: Sequence[Said | Called]) -> tuple[dict[str, Json], ...]:
    """The messages of a part of a course that begins and ends between two messages."""
    return tuple(message for _, message in _told(events))


def train_flags(course: Course, messages: Sequence[dict[str, Json]]) -> tuple[TrainFlag | None, ...]:
    """One flag per message of `messages_of(course)`: None unless it is the assistant's (design: disturbances).

    A message with a refused or faulty call is masked, its recovery is learned, and so is a call that was shown too
    little. ValueError if the messages are not those of the course.
    """
    groups = [group for group, message in _told(course.events) if message["role"] == "assistant"]
    flags = iter([*_flags(groups)])
    if sum(m["role"] == "assistant" for m in messages) != len(groups):
        raise ValueError("the messages are not those of the course")
    return tuple(next(flags) if m["role"] == "assistant" else None for m in messages)


def turns_of(course: Course) -> tuple[tuple[int, ...], ...]:
    """For each message of `messages_of(course)` the turns of the events that it stands for."""
    turns = {id(event): turn for turn, event in enumerate(course.events)}
    return tuple(tuple(turns[id(event)] for event in group) for group, _ in _told(course.events))


def tool_text(outcome: Outcome) -> str:
    """What the agent is shown of an outcome: compact JSON, keys in the tool's own order."""
    return json.dumps(outcome.observed(), ensure_ascii=False, separators=(",", ":"))


def _told(told: Sequence[Said | Called]) -> Iterator[tuple[list[Said | Called], dict[str, Json]]]:
    """Every message with the events it stands for."""
    for (speaker, _), events in groupby(enumerate(told), key=_message_key):
        group = [event for _, event in events]
        if speaker == "human":
            for event in group:
                if isinstance(event, Said):
                    yield [event], {"role": "user", "content": event.text}
        else:
            yield group, _assistant(group)
            for event in group:
                if isinstance(event, Called):
                    yield [event], {"role": "tool", "tool_call_id": event.call_id, "content": tool_text(event.outcome)}


def _message_key(place: tuple[int, Said | Called]) -> tuple[str, int]:
    """Who acts, and the batch; words that stand alone are a message of their own."""
    turn, event = place
    if isinstance(event, Called):
        return event.call.actor, event.batch
    return event.speaker, -1 - turn if event.batch is None else event.batch


def _assistant(group: Sequence[Said | Called]) -> dict[str, Json]:
    said = [event.text for event in group if isinstance(event, Said)]
    calls: list[Json] = [
        {
            "id": event.call_id,
            "type": "function",
            "function": {"name": event.call.name, "arguments": dict(event.call.arguments)},
        }
        for event in group
        if isinstance(event, Called)
    ]
    message: dict[str, Json] = {"role": "assistant", "content": "\n".join(said)}
    reasoning = next((event.reasoning for event in group if event.reasoning), "")
    if reasoning:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    return message


def _flags(groups: Sequence[Sequence[Said | Called]]) -> Iterator[TrainFlag]:
    """One flag for each message of the agent, which may be the recovery from the one before it."""
    before: list[Called] = []
    for group in groups:
        calls = [event for event in group if isinstance(event, Called)]
        why, after = (next((w for w in _WRONG if any(map(w.befell, some))), None) for some in (calls, before))
        if why is not None:
            yield TrainFlag(train=False, reason=why.reason)
        elif after is not None:
            yield TrainFlag(train=True, reason=f"recovery after {after.afterwards}")
        elif any(_shown_nothing(one) and one.call == call.call for one in before for call in calls):
            yield TrainFlag(train=True, reason="recovery after an empty list")
        else:
            yield TrainFlag(train=True, reason="calls carried out" if calls else "words for the human")
        before = calls


def _shown_nothing(call: Called) -> bool:
    return isinstance(call.outcome, Result) and call.outcome.value == []


class _Wrong(NamedTuple):
    """What can befall a call that is not to be learned: why its message is masked, and what the next one recovers
    from.
    """

    befell: Callable[[Called], bool]
    reason: str
    afterwards: str


def _for(cause: str) -> Callable[[Called], bool]:
    return lambda call: isinstance(call.outcome, Refusal) and call.outcome.cause == cause


_WRONG = (
    _Wrong(lambda c: bool(c.raw), "arguments that are no JSON object", "arguments that were no JSON object"),
    _Wrong(_for("unknown_tool"), "call of a tool that there is not", "a call of a tool that there is not"),
    _Wrong(_for("arguments"), "call refused for its arguments", "a call refused for its arguments"),
    _Wrong(_for("unavailable"), "call met a transient error", "a transient error"),
    _Wrong(lambda c: isinstance(c.outcome, Refusal), "call refused", "a refused call"),
    _Wrong(lambda c: isinstance(c.outcome, Fault), "call met a fault", "a fault"),
)
"""In the order in which they count where the calls of one message differ."""
