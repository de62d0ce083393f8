"""Talks written down event by event, for gates to look at: nothing of them is carried out."""

from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import Act, HumanTurn
from blueprints.judging.judge import carried_out
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import EndReason, GateResult
from tests.blueprints.talks import planned, world_of
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.values import Json


def task(domain: str, kind: str = "act") -> Blueprint:
    return next(b for b in planned(domain, 12) if b.kind == kind)


def talk(domain: str, *events: Event, end: EndReason = "user_stop", acts: tuple[Act, ...] = ()) -> Talk:
    """A talk of these events about some task of a domain; `acts` of the human's messages, in order."""
    blueprint, world = task(domain), world_of(domain)
    said = [(n, e.text) for n, e in enumerate(events) if isinstance(e, Said) and e.speaker == "human"]
    turns = tuple(
        HumanTurn(act=acts[i] if i < len(acts) else "chat", text=text, turn=n) for i, (n, text) in enumerate(said)
    )
    done = carried_out(blueprint, Course(), world)
    return Talk(blueprint, Course(events=events), turns, end, world, done)


def human(text: str) -> Said:
    return Said(speaker="human", text=text)


REFUSED = "refused"


def did(domain: str, name: str, shown: Json = None, **arguments: Json) -> Called:
    """A call and what it showed, or `REFUSED`."""
    outcome = Refusal(reason="no") if shown == REFUSED else Result(value=shown)
    writes = world_of(domain).specs[name].writes
    return Called(call_id=f"c{name}", call=Call(name=name, arguments=arguments), outcome=outcome, writes=writes)


def texts(result: GateResult) -> list[str]:
    return [e.text for e in result.evidence]
