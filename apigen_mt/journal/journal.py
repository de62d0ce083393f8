"""The journal: each model reply and each outcome, stored before it is used (design: run, journal, models)."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from apigen_mt.journal.failures import (
    Difference,
    Drift,
    JournalError,
    OtherCommand,
    OtherDomain,
    Unreadable,
    command_of,
    differences,
    told,
)
from apigen_mt.journal.group import Aside, Groups
from apigen_mt.journal.lock import Lock
from apigen_mt.journal.salvage import salvaged
from apigen_mt.journal.sqlite_store import FILE, SQLiteStore
from apigen_mt.journal.store import MetaRow, OutcomeRow, ReplyRow, Store, checksum, outcome_row, place_of, reply_row
from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from tools_env.values import Json

_OF_ONE_DOMAIN = frozenset({"generate", "draft"})
"""Commands whose tasks are all of the domain that is named; others take them as they are given."""
_IDENTITY, _CHECKSUM, _HISTORY = "identity", "identity.checksum", "history"


class Journal:
    """A run's replies and outcomes in a `Store`, written by one process at a time and readable by any.

    What is recorded within one turn of the event loop is stored together; each record survives the death of the process
    when its method returns, and the loss of power half a second later. A record whose checksum does not fit is treated
    as missing and counted in `damaged`. `notes` are lines for whoever runs it. All methods raise `JournalError`.
    """

    def __init__(self, store: Store, name: str = "journal", aside: Aside | None = None) -> None:
        """Over a store; `name` is how errors call it, `aside` how a sync is run beside the event loop."""
        self._store = store
        self._name = name
        self._groups = Groups(store) if aside is None else Groups(store, aside)
        self._lock: Lock | None = None
        self._reading = self._closed = False
        self._sifted = False
        self.damaged = 0
        self.notes: list[str] = []

    @classmethod
    def open(
        cls, folder: Path, identity: Json, *, accept: bool = False, on: Callable[[Path], Store] = SQLiteStore.open
    ) -> Self:
        """Open the journal of the run in `folder` for writing, made if there is none; damaged records are dropped.

        `identity` is the run's configuration without what may change between sittings. Raises `Drift` if the run was
        begun with another, unless the difference is to be accepted; `OtherCommand` or `OtherDomain` (each a `Drift`)
        where it cannot be, and `Locked` if the run is being worked on.
        """
        lock = Lock(folder)
        try:
            with salvaged(folder) as copy:
                journal = cls(on(folder), str(folder / FILE))
                journal._lock = lock
                try:
                    if copy is not None:
                        journal._take_over(copy)
                    journal.prepare(folder, identity, accept=accept)
                except JournalError:
                    journal._let_go()
                    raise
        except JournalError:
            lock.close()
            raise
        return journal

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the journal in `folder` for reading only, also while a run is writing it."""
        journal = cls(SQLiteStore.read(folder), str(folder / FILE))
        journal._reading = True
        return journal

    def prepare(self, folder: Path, identity: Json, *, accept: bool = False) -> None:
        """Hold the run's configuration against `identity`, drop what is damaged, and sync the rest. Raises `Drift`."""
        stored = self._stored_identity()
        if stored is None:
            self._keep_identity(identity)
        elif found := _drift(folder, stored, json.loads(json.dumps(identity))):
            if not accept:
                raise Drift(found)
            self._accept(found, identity)
        self._sift()
        self._store.sync()  # what a sitting that died has left behind was never synced

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Return the reply stored for this key and request digest, or None if it is missing or damaged."""
        row = self._store.fetch_reply(place_of(key, digest))
        if row is None or not self._sound(row):
            return None
        try:
            return ChatReply.model_validate_json(row.payload)
        except ValidationError:
            self.damaged += 1
            return None

    async def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Store a reply; it is on disk when this returns. One from the reply cache is stored as costing nothing."""
        paid = Usage() if reply.reused else reply.usage
        await self._groups.add(reply_row(place_of(key, digest), paid, reply.model_dump_json()))

    def outcome(self, task: int) -> str | None:
        """Return what became of a task, or None if it is not known yet."""
        row = self._store.fetch_outcome(task)
        return row.payload if row is not None and self._sound(row) else None

    async def record_outcome(self, task: int, payload: str) -> None:
        """Store what became of a task as JSON text; it is on disk when this returns."""
        await self._groups.add(outcome_row(task, payload))

    def outcomes(self) -> Iterator[tuple[int, str]]:
        """Yield (task, payload) in task order, one row in memory at a time; damaged ones are left out."""
        return ((row.task, row.payload) for row in self._store.outcomes() if self._sound(row))

    def held(self) -> list[int]:
        """Return the tasks that an outcome is stored of, in order; it may be damaged."""
        return self._store.held()

    def stamp(self, task: int) -> str | None:
        """Return the checksum under which a task's outcome is stored, sound or not; another one is another outcome."""
        row = self._store.fetch_outcome(task)
        return None if row is None else row.checksum

    def tasks(self) -> int:
        """Return up to which number of tasks something is stored: one more than the highest index."""
        return self._store.tasks()

    def totals(self) -> dict[str, Usage]:
        """Return the tokens paid for by role: each stored reply once, however often it was replayed."""
        if self._sifted:
            return self._store.totals()
        found: dict[str, Usage] = {}
        for row in self._store.replies():
            if self._sound(row):
                usage = Usage(prompt=row.prompt, completion=row.completion, cached=row.cached)
                found[row.role] = found.get(row.role, Usage()) + usage
        return dict(sorted(found.items()))

    def reused(self) -> dict[str, Usage]:
        """Return by role the tokens of replies that came from the reply cache; in `totals` they are nothing."""
        found: dict[str, Usage] = {}
        for row in self._store.replies():
            if not (row.prompt or row.completion) and self._sound(row):
                usage = ChatReply.model_validate_json(row.payload).usage
                found[row.role] = found.get(row.role, Usage()) + usage
        return dict(sorted(found.items()))

    def calls(self) -> dict[str, int]:
        """Return how many replies are stored of each role."""
        return dict(sorted(Counter(row.role for row in self._store.replies()).items()))

    def replies(self) -> int:
        """Return how many replies are stored."""
        return self._store.count_replies()

    def meta(self, name: str) -> str | None:
        """Return a named text of the run, or None."""
        return self._store.fetch_meta(name)

    def set_meta(self, name: str, value: str) -> None:
        """Store a named text of the run, at once."""
        self._groups.now(MetaRow(name, value))

    def identity(self) -> Json:
        """Return the configuration that the run has."""
        return self._json(_IDENTITY)

    def history(self) -> list[Json]:
        """Return the changes of configuration that were accepted, oldest first: `{changes, tasks, replies}` each, with
        (path, old, new) of every change and what was stored by then.
        """
        found = self._json(_HISTORY)
        return found if isinstance(found, list) else []

    def close(self) -> None:
        """Store and sync what is under way, and let another process work on the run; closing twice is harmless."""
        if self._closed:
            return
        try:
            if not self._reading:
                self._groups.close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._closed = True
        self._store.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _json(self, name: str) -> Json:
        stored = self.meta(name)
        try:
            found: Json = None if stored is None else json.loads(stored)
        except ValueError as error:
            raise JournalError(f"{self._name}: the stored configuration is damaged") from error
        return found

    def _accept(self, found: list[Difference], identity: Json) -> None:
        """Go on under another configuration, and keep what the run had before."""
        change: Json = {
            "changes": [list(difference) for difference in found],
            "tasks": self.tasks(),
            "replies": self.replies(),
        }
        self.set_meta(_HISTORY, json.dumps([*self.history(), change]))
        self._keep_identity(identity)
        self.notes.append(f"going on under changed settings: {told(found, len(found))}")

    def _stored_identity(self) -> Json:
        """The configuration the run has, or None where there is none or it is damaged: then the present one counts."""
        stored, mark = self.meta(_IDENTITY), self.meta(_CHECKSUM)
        if stored is not None and mark is not None and checksum(stored) != mark:
            self.notes.append(f"{self._name}: the stored configuration is damaged, and the present one is taken")
            return None
        return self.identity()

    def _keep_identity(self, identity: Json) -> None:
        text = json.dumps(identity, sort_keys=True)
        self._groups.now(MetaRow(_IDENTITY, text), MetaRow(_CHECKSUM, checksum(text)))

    def _take_over(self, copy: Path) -> None:
        """Store what is sound in a copy of the journal whose log can be read to its end."""
        try:
            with closing(SQLiteStore.open(copy)) as found:
                for reply in found.replies():
                    self._take(reply, self._store.fetch_reply(reply.place))
                for outcome in found.outcomes():
                    self._take(outcome, self._store.fetch_outcome(outcome.task))
        except Unreadable:  # from here on it is not even pages; what was read is stored
            self.notes.append(f"{self._name}: its log is damaged, and what cannot be read in it is made anew")

    def _take(self, row: ReplyRow | OutcomeRow, held: ReplyRow | OutcomeRow | None) -> None:
        """Store a record that is not held yet, unless it is damaged; then one that is held may be sound."""
        if row.sound and row != held:
            self._groups.now(row)
        elif held is None or not held.sound:
            self._sound(row)

    def _sift(self) -> None:
        """Look at every record; those that are damaged are dropped, so that they are made anew."""
        salvaged, self.damaged = self.damaged, 0  # what is damaged here was damaged in the copy, too
        for rows in (self._store.replies(), self._store.outcomes()):
            for row in rows:
                self._sound(row)
        if self.damaged:
            self._store.keep_sound()
        if damaged := max(salvaged, self.damaged):
            self.damaged = damaged
            what = "1 record is" if damaged == 1 else f"{damaged} records are"
            self.notes.append(f"{self._name}: {what} damaged, and made anew; the others are kept")
        self._sifted = True

    def _sound(self, row: ReplyRow | OutcomeRow) -> bool:
        if row.sound:
            return True
        self.damaged += 1
        return False


def _drift(folder: Path, stored: Json, identity: Json) -> list[Difference]:
    """Where the configurations differ. Raises what cannot be accepted."""
    if (begun := command_of(stored)) != (command := command_of(identity)):
        raise OtherCommand(folder, begun, command)
    found = list(differences(stored, identity))
    if command in _OF_ONE_DOMAIN and any(path == "domain" for path, _, _ in found):
        raise OtherDomain(found)
    return found
