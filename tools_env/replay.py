"""Replay: calls carried out again in a fresh session, with what came of each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tools_env.calls import Assertion, Call, Fault, Outcome, Result, no_such_tool
from tools_env.course import Called, Course
from tools_env.disturbances import Disturbance, disturbed
from tools_env.port import Session, SetUp, World
from tools_env.rules import Breach
from tools_env.state import Diff
from tools_env.values import compact, same


@dataclass(frozen=True, slots=True)
class Replayed:
    """The course of the calls alone, the change they made, the final state's hash, and rules broken on the way."""

    course: Course
    diff: Diff
    fingerprint: str
    breaches: tuple[Breach, ...]
    unmet: tuple[str, ...] = ()
    """Assertions that do not hold in the final state, in words."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What came of each call, in order."""
        return tuple(called.outcome for _, called in self.course.called())

    @property
    def fault(self) -> Fault | None:
        """The first fault of the world itself."""
        return next((o for o in self.outcomes if isinstance(o, Fault)), None)


def replay(  # noqa: PLR0913 - each is one thing in which two replays may differ
    world: World,
    snapshot: str,
    setup: SetUp,
    calls: Iterable[Call],
    *,
    talk: Course | None = None,
    assertions: Iterable[Assertion] = (),
    hashed: bool = True,
    withheld: Collection[str] = (),
    disturbances: Iterable[Disturbance] = (),
) -> Replayed:
    """Carry the calls out in a fresh session; test the rules after every write and at the end, and the assertions.

    With `talk` (the course the calls come from) the rules over the course see the talk, at the end. Without `hashed` no
    fingerprint is taken. Calls of tools that are `withheld` are refused; the others meet the `disturbances`.
    """
    session = disturbed(world.open(snapshot, setup), disturbances)
    events: list[Called] = []
    breaches: dict[str, Breach] = {}
    try:
        for number, call in enumerate(calls):
            spec = world.specs.get(call.name)
            writes = spec is not None and spec.writes
            outcome = no_such_tool(call.name) if call.name in withheld else session.call(call)
            events.append(Called(call_id=f"c{number + 1}", call=call, outcome=outcome, writes=writes, batch=number))
            if writes:
                _note(breaches, session.breaches(Course(events=() if talk else tuple(events))))
        course = Course(events=tuple(events))
        _note(breaches, session.breaches(talk or course))
        unmet = tuple(filter(None, (_unmet(session, one) for one in assertions)))
        fingerprint = session.fingerprint() if hashed else ""
        return Replayed(course, session.diff(), fingerprint, tuple(breaches.values()), unmet)
    finally:
        session.close()


def _note(found: dict[str, Breach], breaches: tuple[Breach, ...]) -> None:
    for breach in breaches:
        found.setdefault(f"{breach.clause}|{breach.message}|{breach.turn}", breach)


def _unmet(session: Session, assertion: Assertion) -> str:
    """Why an assertion does not hold, or nothing."""
    outcome = session.check(assertion.call)
    if isinstance(outcome, Result) and same(outcome.value, assertion.value):
        return ""
    said = assertion.message or f"{assertion.call.name}({compact(assertion.call.arguments)[1:-1]})"
    return f"{said}: expected {compact(assertion.value)}, found {compact(outcome.observed())}"
