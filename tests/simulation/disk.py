"""A disk in memory for the journal: groups outlive the process, synced ones the loss of power; it fails where told."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from apigen_mt.attempts import broke_off
from apigen_mt.journal.failures import JournalError
from apigen_mt.journal.group import EVERY
from apigen_mt.journal.store import MetaRow, OutcomeRow, Place, ReplyRow, Write
from apigen_mt.models.chat import Usage
from apigen_mt.trajectory import Outcome
from tests.simulation.books import Books
from tests.simulation.virtual_loop import Died, VirtualLoop

Sort: TypeAlias = Literal["commit", "sync", "read"]
Where: TypeAlias = Literal["fails", "dies before", "dies after"]
SORTS: tuple[Sort, ...] = ("commit", "sync", "read")
WAYS: tuple[Where, ...] = ("fails", "dies before", "dies after")
LATE = EVERY + 0.1
"""Seconds from a commit to the end of its sync, at most: the wait, and what a thread takes."""


@dataclass(slots=True)
class Disk:
    """What is stored, by groups, each with the time of its commit; the first `synced` of them survive anything. `found`
    were there when the process that is at work began: a process that was killed has synced them no more.
    """

    books: Books
    groups: list[tuple[float, tuple[Write, ...]]] = field(default_factory=list)
    synced: int = 0
    found: int = 0
    replies: dict[Place, ReplyRow] = field(default_factory=dict)
    outcomes: dict[int, OutcomeRow] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)

    def put(self, now: float, group: Sequence[Write]) -> None:
        """Store a group, and hold it against the books."""
        if self.synced < self.found and not all(isinstance(row, MetaRow) for row in group):
            self.books.blame("work went on before what an earlier sitting had left was synced")
        self.groups.append((now, tuple(group)))
        for row in group:
            if isinstance(row, ReplyRow):
                mark = json.loads(row.payload)["model"]
                self.books.stored(mark, row.prompt + row.completion, again=row.place in self.replies)
                self.books.note(f"reply {row.checksum[:8]}")
            elif isinstance(row, OutcomeRow):
                had = self.outcomes.get(row.task)
                if had is not None and not broke_off(Outcome.model_validate_json(had.payload)):
                    self.books.blame(f"the outcome of task {row.task} was committed twice")
                self.books.note(f"outcome {row.checksum[:8]}")
            self._enter(row)

    def lose_power(self, now: float, rng: random.Random) -> None:
        """Keep what is synced, and of the rest as many groups as happened to reach the disk, the first of them."""
        late = [now - when for when, _ in self.groups[max(self.synced, self.found) :] if now - when > LATE]
        if late:
            self.books.blame(f"a group was not synced {late[0]:.2f} s after its commit")
        left = rng.randint(self.synced, len(self.groups))
        for _, group in self.groups[left:]:
            for row in group:
                if isinstance(row, ReplyRow):
                    self.books.taken(json.loads(row.payload)["model"], row.prompt + row.completion)
        self.books.note(f"power lost, {len(self.groups) - left} groups with it")
        del self.groups[left:]
        self.synced = left
        for table in (self.replies, self.outcomes, self.meta):
            table.clear()
        for _, group in self.groups:
            for row in group:
                self._enter(row)

    def _enter(self, row: Write) -> None:
        if isinstance(row, ReplyRow):
            self.replies[row.place] = row
        elif isinstance(row, OutcomeRow):
            self.outcomes[row.task] = row
        else:
            self.meta[row.name] = row.value


@dataclass(slots=True)
class Trouble:
    """Number `k` of the sitting's operations of a sort fails, or is the last that the process begins, or ends."""

    sort: Sort | None = None
    where: Where = "fails"
    k: int = 0
    fired: bool = False
    count: Counter[str] = field(default_factory=Counter)


class MemoryStore:
    """One process's hold on the disk; a dead process does nothing to it."""

    def __init__(self, disk: Disk, loop: VirtualLoop, trouble: Trouble) -> None:
        self._disk = disk
        self._loop = loop
        self._trouble = trouble
        self._open = True

    def commit(self, group: Sequence[Write]) -> None:
        self._do("commit", lambda: self._disk.put(self._loop.time(), group))

    def sync(self) -> None:
        def sync() -> None:
            self._disk.synced = len(self._disk.groups)

        self._do("sync", sync)

    def fetch_reply(self, place: Place) -> ReplyRow | None:
        self._read()
        return self._disk.replies.get(place)

    def fetch_outcome(self, task: int) -> OutcomeRow | None:
        self._read()
        return self._disk.outcomes.get(task)

    def fetch_meta(self, name: str) -> str | None:
        self._read()
        return self._disk.meta.get(name)

    def replies(self) -> Iterator[ReplyRow]:
        self._read()
        yield from self._disk.replies.values()

    def outcomes(self) -> Iterator[OutcomeRow]:
        self._read()
        yield from sorted(self._disk.outcomes.values())

    def held(self) -> list[int]:
        self._read()
        return sorted(self._disk.outcomes)

    def tasks(self) -> int:
        self._read()
        return max(self._disk.outcomes, default=-1) + 1

    def count_replies(self) -> int:
        self._read()
        return len(self._disk.replies)

    def totals(self) -> dict[str, Usage]:
        self._read()
        found: dict[str, Usage] = {}
        for row in sorted(self._disk.replies.values()):
            usage = Usage(prompt=row.prompt, completion=row.completion, cached=row.cached)
            found[row.role] = found.get(row.role, Usage()) + usage
        return found

    def keep_sound(self) -> None:
        self._disk.books.blame("records were found damaged on a sound disk")

    def close(self) -> None:
        self._open = False

    def _read(self) -> None:
        self._do("read", lambda: None)

    def _do(self, what: Sort, act: Callable[[], None]) -> None:
        """One operation, with what is in store for it."""
        if self._loop.dead:
            raise Died
        if not self._open:
            raise AssertionError(f"{what} on a store that is closed")
        trouble = self._trouble
        now = what == trouble.sort and trouble.count[what] == trouble.k
        trouble.count[what] += 1
        trouble.fired |= now
        if now and trouble.where == "dies before":
            self._loop.die()
        if now and trouble.where == "fails":
            self._disk.books.refused |= what != "read"
            self._disk.books.note(f"{what} failed")
            raise JournalError("journal: the disk is full")
        act()
        if now and trouble.where == "dies after":
            self._loop.die()
