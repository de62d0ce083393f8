"""Form: a talk that a trainer can use: turns in order, nothing empty, no call written as text, no stray ids."""

import re
from collections import Counter
from collections.abc import Iterator

from blueprints.judging.fidelity import STOP
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import Fault, Finding, GateResult, failed, passed
from tools_env.course import Called, Said

_MARKUP = re.compile(
    r"</?tool_call>|<\|[a-z_]+\|>|\[TOOL_CALLS\]|<function[=\s]|```(?:json|tool|python)|"
    r'\{\s*"(?:name|tool|function|arguments|parameters)"\s*:|</?think>',
    re.IGNORECASE,
)
REPEATS = 3
MOST_AGAIN, SHORT = 4, 12
"""How often one sentence of more than so many signs may stand in a message."""


def form(talk: Talk) -> GateResult:
    """Human first, speakers alternate, ids unique, batches whole, no empty or raw text."""
    agent = [*_alternation(talk), *_agent_text(talk), *_calls(talk)]
    return failed("form", "agent", *agent) if agent else passed("form")


def ending(talk: Talk) -> GateResult:
    """The talk ended because the human was content to end it."""
    if talk.end_reason == "infrastructure":
        return failed("ending", "infrastructure", Finding(turn=None, text="an endpoint or a tool failed"))
    last = talk.course.events[-1] if talk.course.events else None
    stopped = isinstance(last, Said) and last.speaker == "human" and STOP in last.text
    if talk.end_reason != "user_stop" or not stopped:
        fault: Fault = "human" if talk.end_reason == "void" and not stopped and _human_silent(talk) else "agent"
        return failed(
            "ending", fault, Finding(turn=None, text=f"the talk ended by {talk.end_reason.replace('_', ' ')}")
        )
    return passed("ending")


def _human_silent(talk: Talk) -> bool:
    last = next((e for e in reversed(talk.course.events) if isinstance(e, Said)), None)
    return last is None or last.speaker == "agent"


def _alternation(talk: Talk) -> Iterator[Finding]:
    previous = "agent"
    for turn, event in enumerate(talk.course.events):
        if isinstance(event, Called) or event.batch is not None:
            actor, other = ("human", "agent") if _by_human(event) else ("agent", "human")
            if previous == actor:
                yield Finding(turn=turn, text=f"the {actor} acts though it is the {other}'s turn")
                return
            continue
        if event.speaker == previous:
            yield Finding(turn=turn, text=f"two messages of the {event.speaker} in a row")
            return
        previous = event.speaker


def _by_human(event: Called | Said) -> bool:
    return isinstance(event, Called) and event.call.actor == "human"


def _agent_text(talk: Talk) -> Iterator[Finding]:
    last, times = "", 0
    for turn, event in talk.course.said("agent"):
        text = event.text.strip()
        if not text:
            yield Finding(turn=turn, text="the agent says nothing")
        if found := _MARKUP.search(text):
            yield Finding(turn=turn, text=f"raw markup in the agent's words: {found[0]}")
        if STOP in text:
            yield Finding(turn=turn, text="the agent says the human's stop word")
        if again := next((s for s, times in _sentences(text).items() if times > MOST_AGAIN), ""):
            yield Finding(turn=turn, text=f"the agent repeats itself within a message: {again[:60]}")
        last, times = text, times + 1 if text == last else 1
        if times == REPEATS and event.batch is None:
            yield Finding(turn=turn, text=f"the agent says the same thing {REPEATS} times in a row")


def _sentences(text: str) -> Counter[str]:
    """How often each sentence stands in a message; short ones, as in lists, do not count."""
    return Counter(s for s in map(str.strip, re.split(r"[.!?\n]+", text)) if len(s) > SHORT)


def _calls(talk: Talk) -> Iterator[Finding]:
    ids: set[str] = set()
    batch = -1
    for turn, called in talk.course.called():
        if not called.call_id or called.call_id in ids:
            yield Finding(turn=turn, text=f"the call id {called.call_id!r} is missing or used twice")
        ids.add(called.call_id)
        if called.batch < batch:
            yield Finding(turn=turn, text="calls are out of order")
        batch = called.batch
