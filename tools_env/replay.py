"""Replay: calls carried out again in a fresh session, with what came of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from tools_env.calls import Call, Fault, Outcome
from tools_env.course import Called, Course
from tools_env.port import SetUp, World
from tools_env.rules import Breach
from tools_env.state import Diff


@dataclass(frozen=True, slots=True)
class Replayed:
    """The course of the calls alone, the change they made, the final state's hash, and rules broken on the way."""

    course: Course
    diff: Diff
    fingerprint: str
    breaches: tuple[Breach, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What came of each call, in order."""
        return tuple(called.outcome for _, called in self.course.called())

    @property
    def fault(self) -> Fault | None:
        """The first fault of the world itself."""
        return next((o for o in self.outcomes if isinstance(o, Fault)), None)


def replay(
    world: World, snapshot: str, setup: SetUp, calls: Iterable[Call], *, talk: Course | None = None, check: bool = True
) -> Replayed:
    """Carry the calls out in a fresh session; with `check`, test the rules after every write and at the end.

    With `talk` (the course the calls come from) the rules over the course see the talk, at the end.
    """
    session = world.open(snapshot, setup)
    events: list[Called] = []
    breaches: dict[str, Breach] = {}
    try:
        for number, call in enumerate(calls):
            spec = world.specs.get(call.name)
            writes = spec is not None and spec.writes
            outcome = session.call(call)
            events.append(Called(call_id=f"c{number + 1}", call=call, outcome=outcome, writes=writes, batch=number))
            if check and writes:
                _note(breaches, session.breaches(Course(events=() if talk else tuple(events))))
        course = Course(events=tuple(events))
        if check:
            _note(breaches, session.breaches(talk or course))
        return Replayed(course, session.diff(), session.fingerprint(), tuple(breaches.values()))
    finally:
        session.close()


def _note(found: dict[str, Breach], breaches: tuple[Breach, ...]) -> None:
    for breach in breaches:
        found.setdefault(f"{breach.clause}|{breach.message}|{breach.turn}", breach)
