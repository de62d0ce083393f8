"""Disturbances: mishaps that a blueprint has in store for a talk, and the session in which they come to pass.

What happens depends on the calls alone, so that a course that is carried out again meets the same mishaps.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from tools_env.calls import Call, Edit, Outcome, Refusal, Result
from tools_env.course import Course
from tools_env.port import Editable, Session, SetUpFailed
from tools_env.rules import Breach
from tools_env.state import Diff
from tools_env.values import Json, Part, same

UNAVAILABLE = "The tool is temporarily unavailable, and nothing was changed. Please try again."
"""What an agent is told of a call that met a transient error."""

Mishap: TypeAlias = Literal["transient", "empty", "gone"]


class Disturbance(Part):
    """A mishap at the `at`-th call of `tool` by the agent, counting only calls that hold the arguments in `about`.

    `transient`: the call is refused as unavailable. `empty`: a list that would be shown is shown empty. `gone`: the
    `edits` are made just before the call, so that what looked possible no longer is; they count as changes of the talk.
    """

    kind: Mishap
    tool: str
    at: int = Field(default=1, ge=1)
    about: dict[str, Json] = {}
    edits: tuple[Edit, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Disturbance":
        if (self.kind == "gone") != bool(self.edits):
            raise ValueError("what is gone needs edits that say so, and other disturbances have none")
        return self

    def meets(self, call: Call) -> bool:
        """Whether a call is one of those that are counted."""
        given = call.arguments
        return (
            call.name == self.tool
            and call.actor == "agent"
            and all(name in given and same(given[name], value) for name, value in self.about.items())
        )


class Pending:
    """Disturbances with how many calls each has counted so far."""

    __slots__ = ("_counts", "_disturbances")

    def __init__(self, disturbances: Iterable[Disturbance], counts: Mapping[int, int] | None = None) -> None:
        self._disturbances = tuple(disturbances)
        self._counts = dict(counts or {})

    def met(self, call: Call) -> dict[Mishap, Disturbance]:
        """Count a call; the disturbances that it meets, by kind."""
        found: dict[Mishap, Disturbance] = {}
        for number, one in enumerate(self._disturbances):
            if one.meets(call):
                count = self._counts[number] = self._counts.get(number, 0) + 1
                if count == one.at:
                    found[one.kind] = one
        return found

    def copy(self) -> "Pending":
        """The same counts, to go on from apart."""
        return Pending(self._disturbances, self._counts)


class DisturbedSession:
    """A session in which calls meet disturbances; everything else is the session's own."""

    __slots__ = ("_pending", "_session")

    def __init__(self, session: Session, pending: Pending) -> None:
        self._session = session
        self._pending = pending

    def call(self, call: Call) -> Outcome:
        """Carry out a call, with the mishap that is due."""
        met = self._pending.met(call)
        for edit in met["gone"].edits if "gone" in met else ():
            self._edit(edit)
        if "transient" in met:
            return Refusal(reason=UNAVAILABLE, cause="unavailable")
        outcome = self._session.call(call)
        if "empty" in met and isinstance(outcome, Result) and isinstance(outcome.value, list):
            return Result(value=[])
        return outcome

    def _edit(self, edit: Edit) -> None:
        """Make an edit; where the talk has done away with what it is about, there is nothing left to go."""
        if isinstance(self._session, Editable):
            try:
                self._session.edit(edit)
            except SetUpFailed:
                return

    def check(self, call: Call) -> Outcome:
        """Ask the state, undisturbed."""
        return self._session.check(call)

    def fork(self) -> "DisturbedSession":
        """An independent copy that counts on for itself."""
        return DisturbedSession(self._session.fork(), self._pending.copy())

    def diff(self) -> Diff:
        """What changed since the session was opened, and what went of itself."""
        return self._session.diff()

    def fingerprint(self) -> str:
        """A hash of the present state."""
        return self._session.fingerprint()

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        """Every rule that the present state or the course breaks."""
        return self._session.breaches(course)

    def close(self) -> None:
        """Let go of whatever the session holds."""
        self._session.close()


def disturbed(session: Session, disturbances: Iterable[Disturbance]) -> Session:
    """A session just opened, with what is in store for it.

    Raises:
        SetUpFailed: something is to go, and this world cannot set fields in mid-talk.
    """
    planned = tuple(disturbances)
    if any(d.kind == "gone" for d in planned) and not isinstance(session, Editable):
        session.close()
        raise SetUpFailed("an option is to go in mid-talk, and this world cannot set fields then")
    return DisturbedSession(session, Pending(planned)) if planned else session
