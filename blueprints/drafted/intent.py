"""Whether a proposal hangs together: its matters go with the kind wished for, and every change is asked for."""

import re
from collections.abc import Iterator

from blueprints.blueprint import Blueprint, Rejected
from blueprints.drafted.context import Context
from blueprints.drafted.played import Played, shown
from blueprints.drafted.proposal import Matter, Proposal, Wish
from blueprints.requests import asks_for
from tools_env.calls import Call

_NO_ANSWER = frozenset({"", "-", "n/a", "none", "null"})
"""What stands in the place of an answer where there is none."""


def kind_of(proposal: Proposal) -> Wish:
    """The kind of task that the matters make."""
    wants = {m.wants for m in proposal.matters}
    return "refuse" if "refusal" in wants else "act" if "change" in wants else "inform"


def shape(proposal: Proposal, context: Context) -> Iterator[Rejected]:
    """Matters, answers and the kind wished for go together, and there are words."""
    if not proposal.instruction:
        yield Rejected(stage="wording", reason="the instruction is empty: tell the person as 'you' what they want")
    elif not re.search(r"\byou\b|\byour\b", proposal.instruction, re.IGNORECASE):
        yield Rejected(stage="wording", reason="the instruction does not speak to the person: write it to 'you'")
    kind = kind_of(proposal)
    if kind != context.kind:
        wants = ", ".join(m.wants for m in proposal.matters)
        reason = f"the task is to be {_wished(context.kind)}, but its matters want: {wants}"
        yield Rejected(stage="format", reason=reason)
    if kind == "refuse" and len(proposal.matters) > 1:
        yield Rejected(stage="format", reason="a matter that is refused stands alone: leave the other matters out")
    for number, matter in enumerate(proposal.matters, 1):
        if not matter.message:
            yield Rejected(
                stage="wording", reason=f"the message of matter {number} is empty: say what the person wants"
            )
        answered = str(matter.answer).casefold() not in _NO_ANSWER
        if matter.wants == "answer" and not answered:
            yield Rejected(stage="format", reason=f"matter {number} is a question without an answer: name the value")
        if matter.wants != "answer" and answered and matter.answer not in (False, 0):
            reason = (
                f"matter {number} wants a {matter.wants} and names an answer all the same, {matter.answer!r}: "
                "leave the answer empty, or make the question a matter of its own"
            )
            yield Rejected(stage="format", reason=reason)


def _wished(kind: Wish) -> str:
    return {
        "act": "one that changes something (wants: change)",
        "inform": "a question (wants: answer)",
        "refuse": "one that has to be refused (wants: refusal)",
    }[kind]


def writes(proposal: Proposal, matters: tuple[tuple[Call, ...], ...], context: Context) -> Iterator[Rejected]:
    """Each matter that wants a change makes one, at its end; no other makes any. Of a refusal the last call is one."""
    specs = context.world.specs
    for number, (matter, calls) in enumerate(zip(proposal.matters, matters, strict=True), 1):
        written = [c for c in calls if specs[c.name].writes]
        yield from (Rejected(stage="intent", reason=r) for r in _wrong(number, matter, calls, written))


def _wrong(number: int, matter: Matter, calls: tuple[Call, ...], written: list[Call]) -> Iterator[str]:
    place = f"matter {number}"
    if matter.wants == "answer":
        for call in written:
            yield f"{place} is a question, but {shown(call)} changes something that nobody asked for: leave it out"
    elif not written:
        yield f"{place} wants a {matter.wants}, but none of its calls changes anything: end it with one that does"
    elif len(written) > 1:
        yield f"{place} makes two changes, {shown(written[0])} and {shown(written[1])}: keep one a matter"
    elif calls[-1] is not written[0]:
        yield f"{place} goes on after its change, {shown(written[0])}: let the change be its last call"


def unasked(played: Played, blueprint: Blueprint) -> Iterator[Rejected]:
    """Each change, also one that is refused, is asked for: its message speaks of what the tool does."""
    for number, matter in enumerate(played.proposal.matters):
        if matter.wants != "answer" and not asks_for(blueprint, number):
            call = played.numbered(number)[-1][1]
            reason = (
                f"the message of matter {number + 1} does not ask for {shown(call)}: let the person say what they want"
            )
            yield Rejected(stage="intent", reason=reason)
