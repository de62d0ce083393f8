"""Form: a talk that a trainer can use: turns in order, nothing empty, no call written as text, no stray ids."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from blueprints.judging.fidelity import STOP
from blueprints.judging.orders import orders_in
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import Fault, Finding, GateResult, failed, passed
from tools_env.calls import Result, named
from tools_env.course import Called, Said
from tools_env.values import compact, folded

_MARKUP = re.compile(
    r"</?tool_call>|<\|[a-z_]+\|>|\[TOOL_CALLS\]|<function[=\s]|```(?:json|tool|python)|"
    r'\{\s*"(?:name|tool|function|arguments|parameters)"\s*:|</?think>|'
    r"<(?:/|antml:)?(?:invoke|tools|tool_use|function_calls|function_call|start_of_turn|end_of_turn)\b|"
    r"\bAction Input\s*:|\bto=functions\.|^[^\w\n]*(?:function|tool_code|tool_use)\b\W*(?:$|:|print\()|"
    r"^\W{0,3}(?:human|user|customer|agent)\s?:\s",
    re.IGNORECASE | re.MULTILINE,
)
REPEATS = 3
MOST_AGAIN, SHORT = 4, 12
"""How often one sentence of more than so many signs may stand in a message."""
BROKEN = "\ufffd"
"""What stands for half of a pair, or for bytes that are no UTF-8."""
LONGEST = 8_000
"""Signs in a message of the agent; no person reads more."""
_BYE = re.compile(
    r"(?:\W|\b(?:ok|okay|great|perfect|wonderful|and|so|very|much|thanks?|thank you|for (?:your|the|all your) help|bye|"
    r"goodbye|farewell|see you|take care|you too|have a (?:nice|good|great|lovely) (?:day|one|evening|time)|again|"
    r"a lot|that(?:'s| is) all|i appreciate it)\b)+",
    re.IGNORECASE,
)
"""A goodbye and nothing else."""


def form(talk: Talk) -> GateResult:
    """Human first, speakers alternate, ids unique, batches whole, no empty or raw text; the agent does not go in
    circles, unless the human did before it, which is theirs to answer for.
    """
    wrong = [*_alternation(talk), *_agent_text(talk), *_calls(talk)]
    again = circles(talk, in_a_row=True)
    if "agent" in again and again["agent"] < again.get("human", len(talk.course.events)):
        text = f"the agent says the same thing {REPEATS} times in a row"
        wrong.append(Finding(turn=again["agent"], text=text))
    return failed("form", "agent", *wrong) if wrong else passed("form")


def ending(talk: Talk) -> GateResult:
    """The talk ended because the human was content to end it, or because the agent handed them over to somebody else.

    Whether it was right to hand over, the other gates say.
    """
    if talk.end_reason == "infrastructure":
        return failed("ending", "infrastructure", Finding(turn=None, text="an endpoint or a tool failed"))
    last = talk.course.events[-1] if talk.course.events else None
    stopped = isinstance(last, Said) and last.speaker == "human" and STOP in last.text
    if talk.end_reason == "user_stop" and stopped:
        return passed("ending")
    if talk.end_reason == "transfer" and _handed_over(talk, last):
        return passed("ending", Finding(turn=len(talk.course.events) - 1, text="the agent handed the person over"))
    why = Finding(turn=None, text=f"the talk ended by {talk.end_reason.replace('_', ' ')}")
    return failed("ending", _stuck(talk, last), why)


def _handed_over(talk: Talk, last: Called | Said | None) -> bool:
    """Whether the last thing that happened is a call that passes the person on."""
    spec = talk.world.specs.get(last.call.name) if isinstance(last, Called) else None
    return spec is not None and spec.hands_over and isinstance(last, Called) and isinstance(last.outcome, Result)


def _stuck(talk: Talk, last: Called | Said | None) -> Fault:
    """Who kept a talk from its end. Of one that broke off in silence: the human where it was theirs to speak, the agent
    where it said nothing, and the blueprint where an agent that is a script could not go on. Of one that met a limit:
    the agent, unless the human went in circles before it did; a model's context is its own, and time says more of the
    endpoints than of who speaks through them.
    """
    if talk.end_reason == "over_time":
        return "infrastructure"
    if isinstance(last, Said) and last.speaker == "human" and STOP in last.text:
        return "agent"
    if talk.end_reason in {"void", "context_limit"}:
        if last is None or (isinstance(last, Said) and last.speaker == "agent"):
            return "human" if last is None or last.text.strip() else "agent"
        return "blueprint" if talk.end_reason == "void" else "agent"
    again = circles(talk, in_a_row=False)
    first = min(again, key=lambda who: again[who], default="agent")
    return "human" if first == "human" else "agent"


def circles(talk: Talk, *, in_a_row: bool) -> dict[str, int]:
    """The speakers who say one thing for the third time, or say goodbye for the third time without ending the talk, and
    the turn in which they do; a yes may be said as often as something comes of it, and "I have done that" as often as
    something was done.
    """
    used = {max((t for t, _ in talk.human_said if t < turn), default=0) for turn, c in talk.course.called() if c.writes}
    agreed = {h.turn for h in talk.human_turns if h.act == "stop" or h.turn in used}
    agreed |= {turn + 1 for turn, called in talk.course.called() if called.call.actor == "human"}
    found: dict[str, int] = {}
    for who, said in (("human", talk.human_said), ("agent", talk.agent_said)):
        texts = [(turn, folded(e.text)) for turn, e in said if turn not in agreed and STOP not in e.text]
        if who == "human":
            texts = [(turn, "" if _BYE.fullmatch(text) else text) for turn, text in texts]
        if (turn := _third(texts, in_a_row=in_a_row)) is not None:
            found[who] = turn
    return found


def _third(texts: Iterable[tuple[int, str]], *, in_a_row: bool) -> int | None:
    counts: Counter[str] = Counter()
    last = None
    for turn, text in texts:
        if in_a_row and text != last:
            counts.clear()
        last = text
        counts[text] += 1
        if counts[text] == REPEATS:
            return turn
    return None


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
    named = _call_in(tuple(talk.world.specs))
    for turn, event in talk.course.said("agent"):
        text = event.text.strip()
        if not any(c.isalnum() for c in text):
            yield Finding(turn=turn, text="the agent says nothing")
        if found := _MARKUP.search(text) or named.search(text):
            yield Finding(turn=turn, text=f"raw markup in the agent's words: {found[0]}")
        elif strange := orders_in(text):
            yield Finding(turn=turn, text=strange)
        if STOP in text:
            yield Finding(turn=turn, text="the agent says the human's stop word")
        if len(text) > LONGEST:
            yield Finding(turn=turn, text=f"the agent writes {len(text)} signs in one message")
        if again := next((s for s, times in _sentences(text).items() if times > MOST_AGAIN), ""):
            yield Finding(turn=turn, text=f"the agent repeats itself within a message: {again[:60]}")
        if event.batch is not None and not _beside(talk, turn, event.batch):
            yield Finding(turn=turn, text="words are recorded beside a call that is not there")


@lru_cache(maxsize=64)
def _call_in(names: tuple[str, ...]) -> re.Pattern[str]:
    """A call written as a program would: the name of a tool right before a bracket, one of a single word only where
    what it takes stands in it.
    """
    long = "|".join(re.escape(n) for n in names if "_" in n)
    short = "|".join(re.escape(n) for n in names if "_" not in n)
    forms = [
        rf"\b(?:{long})(?:\(|\b[^.!?\n]{{0,20}}\{{)" if long else "",
        rf"\b(?:{short})\([^)]*[='\"]" if short else "",
    ]
    return re.compile("|".join(filter(None, forms)) or r"(?!)")


def _beside(talk: Talk, turn: int, batch: int) -> bool:
    """Whether the next event is a call of this batch."""
    after = talk.course.events[turn + 1 : turn + 2]
    return bool(after) and isinstance(after[0], Called) and after[0].batch == batch


def _sentences(text: str) -> Counter[str]:
    """How often each sentence stands in a message; short ones, as in lists, do not count."""
    return Counter(s for s in map(str.strip, re.split(r"[.!?\n]+", text)) if len(s) > SHORT)


def _calls(talk: Talk) -> Iterator[Finding]:
    ids: set[str] = set()
    batch = -1
    for turn, called in talk.course.called():
        if not called.call_id or called.call_id in ids or any(c.isspace() for c in called.call_id):
            yield Finding(turn=turn, text=f"the call id {called.call_id!r} is missing or used twice")
        ids.add(called.call_id)
        if BROKEN in compact(dict(called.call.arguments)):
            yield Finding(turn=turn, text=f"a broken character in the arguments of {named(called.call.name)}")
        if called.batch < batch:
            yield Finding(turn=turn, text="calls are out of order")
        batch = called.batch
