"""The course of a conversation: everything that happened, in order. Rules read it; verdicts are judged on it."""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field

from tools_env.calls import Call, Outcome, Result
from tools_env.values import Part


class Said(Part):
    """A message of one of the two speakers; `batch` is set when the agent's text stands beside calls."""

    event: Literal["said"] = "said"
    speaker: Literal["human", "agent"]
    text: str
    reasoning: str = ""
    batch: int | None = None


class Called(Part):
    """A call and its outcome; `batch` numbers the agent message that holds it.

    `raw` keeps what the agent wrote where arguments were no JSON object; `reasoning` stands on the first of a batch. A
    call that the agent wrote as mere text and that was taken for one is `promoted`.
    """

    event: Literal["called"] = "called"
    call_id: str
    call: Call
    outcome: Outcome
    writes: bool = False
    batch: int = 0
    raw: str = ""
    reasoning: str = ""
    promoted: bool = False


Event: TypeAlias = Annotated[Said | Called, Field(discriminator="event")]


class Step(NamedTuple):
    """A call that was carried out, with its place in the course."""

    turn: int
    called: Called
    result: Result


class Course(Part):
    """Events in order; the index of an event is its turn. A course without a human message is a plan, not a talk."""

    events: tuple[Event, ...] = ()

    @property
    def is_plan(self) -> bool:
        """Whether nobody speaks: a blueprint's actions on their own."""
        return not any(isinstance(e, Said) for e in self.events)

    def said(self, speaker: Literal["human", "agent"]) -> Iterator[tuple[int, Said]]:
        """Messages of one speaker with their turns."""
        for turn, event in enumerate(self.events):
            if isinstance(event, Said) and event.speaker == speaker:
                yield turn, event

    def called(self) -> Iterator[tuple[int, Called]]:
        """All calls with their turns, refused ones included."""
        for turn, event in enumerate(self.events):
            if isinstance(event, Called):
                yield turn, event

    def done(self, *, writes: bool | None = None) -> Iterator[Step]:
        """Calls that were carried out; with `writes`, only those that write or only those that read."""
        for turn, event in self.called():
            if isinstance(event.outcome, Result) and (writes is None or event.writes == writes):
                yield Step(turn, event, event.outcome)
