"""The disk as the journal sees it: rows with checksums go in by groups, and come back one by one."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from apigen_mt.models.chat import ReplyKey, Usage

Place: TypeAlias = tuple[str, str, int, int, int, str]
"""Where a reply is kept: role, blueprint, attempt, turn, candidate, and the request's digest."""


class ReplyRow(NamedTuple):
    """A reply as it is stored; `payload` is JSON text, the tokens stand beside it to be summed."""

    role: str
    blueprint: str
    attempt: int
    turn: int
    candidate: int
    digest: str
    prompt: int
    completion: int
    cached: int
    payload: str
    checksum: str

    @property
    def place(self) -> Place:
        """Its primary key."""
        return self[:6]

    @property
    def sound(self) -> bool:
        """Whether it is what was recorded."""
        return checksum(*self[:-1]) == self.checksum


class OutcomeRow(NamedTuple):
    """What became of a task, as JSON text; `task` is its primary key."""

    task: int
    payload: str
    checksum: str

    @property
    def sound(self) -> bool:
        """Whether it is what was recorded."""
        return checksum(*self[:-1]) == self.checksum


class MetaRow(NamedTuple):
    """A named text of the run; `name` is its primary key."""

    name: str
    value: str


Write: TypeAlias = ReplyRow | OutcomeRow | MetaRow
"""One record to be stored; it replaces the one with the same primary key."""


class Store(Protocol):
    """Where a journal keeps its rows. Used by one writer; all methods raise `JournalError`.

    A group is one transaction. Once `commit` returns, the group survives the death of the process, and once `sync`
    returns, all groups committed before it was called survive the loss of power. `sync` may run in another thread.
    A commit that raises has stored nothing of its group.
    """

    def commit(self, group: Sequence[Write]) -> None:
        """Store a group, all of it or nothing."""
        ...

    def sync(self) -> None:
        """Make what is committed safe against the loss of power."""
        ...

    def fetch_reply(self, place: Place) -> ReplyRow | None:
        """Return the reply at a place, sound or not, or None."""
        ...

    def fetch_outcome(self, task: int) -> OutcomeRow | None:
        """Return a task's outcome, sound or not, or None."""
        ...

    def fetch_meta(self, name: str) -> str | None:
        """Return a named text, or None."""
        ...

    def replies(self) -> Iterator[ReplyRow]:
        """Yield every reply, sound or not, one in memory at a time."""
        ...

    def outcomes(self) -> Iterator[OutcomeRow]:
        """Yield every outcome in task order, sound or not, one in memory at a time."""
        ...

    def held(self) -> list[int]:
        """Return the tasks that have an outcome, sound or not, in order."""
        ...

    def tasks(self) -> int:
        """Return one more than the highest task that has an outcome."""
        ...

    def count_replies(self) -> int:
        """Return how many replies are stored."""
        ...

    def totals(self) -> dict[str, Usage]:
        """Return the tokens of all replies by role, roles in order."""
        ...

    def keep_sound(self) -> None:
        """Drop every record that is not sound; what is left is stored anew, all of it or nothing is changed."""
        ...

    def close(self) -> None:
        """Let go of the files; what is committed stays. Closing twice is harmless."""
        ...


def place_of(key: ReplyKey, digest: str) -> Place:
    """Where the reply to a request is kept."""
    return key.role, key.blueprint, key.attempt, key.turn, key.candidate, digest


def reply_row(place: Place, usage: Usage, payload: str) -> ReplyRow:
    """A reply with its checksum."""
    fields = (*place, usage.prompt, usage.completion, usage.cached, payload)
    return ReplyRow(*fields, checksum(*fields))


def outcome_row(task: int, payload: str) -> OutcomeRow:
    """An outcome with its checksum."""
    return OutcomeRow(task, payload, checksum(task, payload))


def checksum(*fields: object) -> str:
    """The sha256 (hex) over a record's columns; of columns that are not what they should be, it fits nothing."""
    return hashlib.sha256(json.dumps(fields, default=repr).encode()).hexdigest()
