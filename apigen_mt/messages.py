"""Courses as chat messages: what an agent is shown, what trainers read, and which messages are to be learned from."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from apigen_mt.trajectory import TrainFlag
from tools_env.calls import Fault, Outcome, Refusal
from tools_env.course import Called, Course, Said
from tools_env.values import Json


def messages_of(course: Course) -> tuple[dict[str, Json], ...]:
    """The course as OpenAI chat messages, without the system message (design: rows).

    `arguments` are objects, `content` is never null, one message of the agent holds all calls of a batch.
    Calls that the human makes with tools of their own are not shown.
    """
    return tuple(message for _, message in _told(course))


def train_flags(course: Course, messages: Sequence[dict[str, Json]]) -> tuple[TrainFlag | None, ...]:
    """One flag per message of `messages_of(course)`: None unless it is the assistant's (design: disturbances).

    A message with a refused or faulty call is masked, its recovery is learned. ValueError if the messages are not
    those of the course.
    """
    groups = [group for group, message in _told(course) if message["role"] == "assistant"]
    flags = iter([_flag(group) for group in groups])
    if sum(m["role"] == "assistant" for m in messages) != len(groups):
        raise ValueError("the messages are not those of the course")
    return tuple(next(flags) if m["role"] == "assistant" else None for m in messages)


def tool_text(outcome: Outcome) -> str:
    """What the agent is shown of an outcome: compact JSON, keys in the tool's own order."""
    return json.dumps(outcome.observed(), ensure_ascii=False, separators=(",", ":"))


def _told(course: Course) -> Iterator[tuple[list[Said | Called], dict[str, Json]]]:
    """Every message with the events it stands for."""
    for (speaker, _), events in groupby(enumerate(course.events), key=_message_key):
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


def _flag(group: Sequence[Said | Called]) -> TrainFlag:
    calls = [event for event in group if isinstance(event, Called)]
    if not calls:
        return TrainFlag(train=True, reason="words for the human")
    if any(call.raw for call in calls):
        return TrainFlag(train=False, reason="arguments that are no JSON object")
    if any(isinstance(call.outcome, Refusal) for call in calls):
        return TrainFlag(train=False, reason="call refused")
    if any(isinstance(call.outcome, Fault) for call in calls):
        return TrainFlag(train=False, reason="call met a fault")
    return TrainFlag(train=True, reason="calls carried out")
