"""The one port through which everything above sees a world: in-process class, child process or import alike."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from tools_env.calls import Call, Edit, Outcome
from tools_env.course import Course
from tools_env.rules import Breach, Clause
from tools_env.state import Diff
from tools_env.tool import ToolSpec
from tools_env.values import Json, Meaning, Part

SetUp: TypeAlias = tuple[Call | Edit, ...]
"""What is done to a snapshot before a talk begins: calls made, or fields set where the world can do that. A world may
have functions for this that no speaker can call.
"""

ForkCost: TypeAlias = Literal["cheap", "restart"]


class Fact(Part):
    """A typed value that a person knows of themself."""

    value: Json
    meaning: Meaning


class Person(Part):
    """Somebody whom a talk can be about: `id` in the world, and what they know of themself."""

    id: str
    facts: dict[str, Fact] = {}


class Brief(Part):
    """What is fixed about one snapshot: its frozen date, its policy with all figures filled in, its people, and
    pools of values that people bring along (new addresses, notes), by the `of` of their meaning.
    """

    now: datetime.date
    policy: str
    people: tuple[Person, ...]
    pools: dict[str, tuple[str, ...]] = {}


class Session(Protocol):
    """One open copy of a snapshot that calls can change."""

    def call(self, call: Call) -> Outcome:
        """Carry out a call; a refused or faulty one changes nothing."""

    def check(self, call: Call) -> Outcome:
        """Ask the state what no speaker asks: a tool that reads, or a check function of the world. Changes nothing."""

    def fork(self) -> "Session":
        """An independent copy of the present state; what it costs is the world's `fork_cost`."""

    def diff(self) -> Diff:
        """What changed since the session was opened, set-up not counted."""

    def fingerprint(self) -> str:
        """A hash of the present state, equal for equal meaning."""

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        """Every rule that the present state or the course breaks."""

    def close(self) -> None:
        """Let go of whatever the session holds."""


@runtime_checkable
class Editable(Protocol):
    """What a session can besides where its world sets fields in mid-talk too; without it no option can go there."""

    def edit(self, edit: Edit) -> None:
        """Set a field, as a change of the talk; `SetUpFailed` when it names none, and nothing is changed then."""


@runtime_checkable
class Unexplained(Protocol):
    """What a world says besides where it may be that none of its refusals can name the fact that decides it."""

    @property
    def unexplained(self) -> bool:
        """Whether that is so: then no refusal can be proven, and nobody need look for one."""


class World(Protocol):
    """A domain's executable tools over its snapshots, with a policy (design: environments, one port)."""

    @property
    def name(self) -> str:
        """The domain's name."""

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """Tools by name."""

    @property
    def clauses(self) -> Sequence[Clause]:
        """The policy's clauses, as templates, with what upholds each."""

    @property
    def fields(self) -> Mapping[str, Meaning]:
        """Meaning of every state field, by `table/field`."""

    @property
    def digest(self) -> str:
        """Hash of tools, policy, rules and snapshot 0: changes whenever rows could stop being provable."""

    @property
    def fork_cost(self) -> ForkCost:
        """Whether trying something in a fork is cheap or costs a restart."""

    def snapshots(self, most: int) -> tuple[str, ...]:
        """Names of snapshots to make tasks on, up to `most` of them."""

    def brief(self, snapshot: str) -> Brief:
        """What is fixed about a snapshot; `UnknownSnapshot` when there is none of that name."""

    def open(self, snapshot: str, setup: SetUp = ()) -> Session:
        """A new session; `SetUpFailed` when the set-up cannot be done."""


class UnknownSnapshot(ValueError):  # noqa: N818 - it reads as what happened
    """No snapshot has this name."""


class SetUpFailed(ValueError):  # noqa: N818 - it reads as what happened
    """A set-up call was refused, or an edit names no field."""


def seeds(most: int) -> tuple[str, ...]:
    """Names of the first `most` snapshots of a world that fills them from seeds."""
    return tuple(f"seed:{number}" for number in range(most))


def seed_of(snapshot: str) -> int:
    """The number in `seed:N`."""
    kind, _, number = snapshot.partition(":")
    if kind != "seed" or not number.isdecimal():
        raise UnknownSnapshot(f"unknown snapshot {snapshot!r}: expected seed:N")
    return int(number)
