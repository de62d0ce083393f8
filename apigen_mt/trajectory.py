"""Trajectories: a played course with its end reason and verdict; the canonical row of the dataset (design: rows)."""

from typing import Literal, TypeAlias

from apigen_mt.models.chat import Usage
from blueprints.blueprint import Blueprint, Rejected
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.verdict import EndReason, Verdict
from tools_env.calls import Touch
from tools_env.course import Course
from tools_env.state import Diff
from tools_env.values import Json, Part

ROW_VERSION = 1
Source: TypeAlias = Literal["template", "scripted", "oracle", "model", "own", "imported"]


class Role(Part):
    """Who played a role: a script of ours, a model (its name), the caller's own agent, or a benchmark's tasks."""

    source: Source
    model: str = ""
    temperature: float | None = None


class Cast(Part):
    """The roles of one row. Rows with an oracle never mix with rows of model agents in one export."""

    author: Role
    human: Role
    agent: Role


class TrainFlag(Part):
    """Whether an assistant message is to be learned from, and why (not)."""

    train: bool
    reason: str


class Opinion(Part):
    """What a model that read a talk thinks of it. It may only reject: a talk that the gates refuse stays refused."""

    judge: str
    model: str
    sound: bool
    reason: str = ""


class Row(Part):
    """A trajectory with all its evidence. `id` is blueprint id / attempt; `messages` are OpenAI chat messages whose
    `arguments` are objects and whose `content` is never null; `train` has one flag per message (None: not assistant's).
    `temperament` is the manner in which the human was played.
    """

    row_version: int = ROW_VERSION
    id: str
    attempt: int
    blueprint: Blueprint
    cast: Cast
    system: str
    tools: tuple[dict[str, Json], ...]
    messages: tuple[dict[str, Json], ...]
    train: tuple[TrainFlag | None, ...]
    course: Course
    human_turns: tuple[HumanTurn, ...]
    end_reason: EndReason
    ended_by: str = ""
    temperament: str = ""
    verdict: Verdict
    opinions: tuple[Opinion, ...] = ()
    fingerprint: str
    touched: tuple[Touch, ...] = ()
    usage: dict[str, Usage] = {}
    seed: int = 0

    @property
    def rejected_by(self) -> str:
        """The first judge that rejects it, or nothing."""
        return next((opinion.judge for opinion in self.opinions if not opinion.sound), "")

    @property
    def sound(self) -> bool:
        """Whether every gate passed and no judge rejects it: only such rows are kept."""
        return self.verdict.ok and not self.rejected_by


def touched_in(course: Course) -> tuple[Touch, ...]:
    """Records that a talk read or wrote, each once, in order."""
    return tuple(dict.fromkeys(touch for step in course.done() for touch in step.result.touched))


class Quarantine(Part):
    """Why a blueprint is suspect: these attempts agree on a final state that is not its own, which is told as `diff`.

    The fault of its failures is the blueprint's; talks of it that verified are `withheld` from the dataset.
    """

    reason: str
    attempts: tuple[int, ...]
    fingerprint: str
    diff: Diff
    withheld: tuple[Row, ...] = ()


class Outcome(Part):
    """What became of one task: kept rows, failed attempts, or reasons. asked = kept + rejected + failed.

    `repeated` are the attempts that verified and said the same as one that is kept. A quarantined task has failed.
    `overlapped` counts the goals let go before one was found that repeats no earlier task (`--against`).
    """

    task: int
    status: Literal["kept", "rejected", "failed"]
    kind: str
    blueprint: Blueprint | None = None
    rows: tuple[Row, ...] = ()
    failures: tuple[Row, ...] = ()
    repeated: tuple[int, ...] = ()
    quarantined: Quarantine | None = None
    reasons: tuple[Rejected, ...] = ()
    usage: dict[str, Usage] = {}
    overlapped: int = 0
