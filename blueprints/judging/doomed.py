"""Whether a talk that is still going on can no longer succeed: what is done cannot be mended by anything to come.

Only gates are asked whose findings in a part of a talk are findings in the whole; what is merely not done yet says
nothing.
"""

from collections.abc import Callable, Sequence

from blueprints.blueprint import Blueprint
from blueprints.judging import conduct as conduct_gates
from blueprints.judging import form as form_gates
from blueprints.judging import outcome as outcome_gates
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.human import fidelity
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import GateResult, failed
from tools_env.course import Course, Said
from tools_env.port import Session, World
from tools_env.replay import Replayed
from tools_env.rules import Breach


def doomed(
    blueprint: Blueprint,
    course: Course,
    human_turns: Sequence[HumanTurn],
    world: World,
    breaches: Sequence[Breach] = (),
) -> GateResult | None:
    """The gate that the verdict on this talk will fail, however it goes on; None while it may succeed. To be asked
    after every message of the agent, with the `lasting` breaches of the session in which the talk takes place.
    """
    done = Replayed(Course(), {}, "", tuple(breaches))
    talk = Talk(blueprint, course, tuple(human_turns), "failed_fast", world, done)
    results = (gate(talk) for gate in GATES)
    return next((result for result in results if result.status == "fail"), None)


def lasting(session: Session, course: Course) -> tuple[Breach, ...]:
    """Rules broken for good: those of conduct that say so, and those over the state, which has to keep them after every
    write.
    """
    found = [breach for breach in session.breaches(course) if breach.lasting]
    if any(called.writes for _, called in course.called()):
        found += session.breaches(Course())
    return tuple(found)


def _so_far(talk: Talk) -> GateResult:
    """The human's turns, when there is a new one; how the talk will end is not looked at."""
    events = talk.course.events
    batch = events[-1].batch if events else None
    start = next((n for n, event in enumerate(events) if batch is not None and event.batch == batch), len(events) - 1)
    before = events[start - 1] if start > 0 else None
    if isinstance(before, Said) and before.speaker == "human":
        return fidelity(talk, unsettled=False)
    return GateResult(gate="fidelity", status="pass")


def _forbidden(talk: Talk) -> GateResult:
    """What had to be refused was not carried out."""
    found = outcome_gates.forbidden(talk)
    return failed("evidence", "agent", found) if found else GateResult(gate="evidence", status="pass")


GATES: tuple[Callable[[Talk], GateResult], ...] = (
    _so_far,
    form_gates.form,
    _forbidden,
    conduct_gates.conduct,
    conduct_gates.provenance,
    conduct_gates.truthfulness,
)
"""In the order in which the verdict names them."""
