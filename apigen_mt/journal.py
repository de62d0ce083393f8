"""The journal of a run: each model reply and each outcome, stored before it is used (design: run, journal, models)."""

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from tools_env.values import Json

_FILE = "journal.sqlite"
_LOCK = "journal.lock"
_VERSION = 1
_IDENTITY = "identity"
_SHOWN = 5

_TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    role TEXT, blueprint TEXT, attempt INTEGER, turn INTEGER, candidate INTEGER, digest TEXT,
    prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
    payload TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (role, blueprint, attempt, turn, candidate, digest)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS outcomes (task INTEGER PRIMARY KEY, payload TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

Difference = tuple[str, Json, Json]
"""Where two configurations differ: dotted path, old value, new value; an absent value is None."""


class JournalError(Exception):
    """The journal cannot be opened, read or written; one line says why. What it already holds is left intact."""


class Locked(JournalError):  # noqa: N818 - reads as what is the matter
    """Another process is working on this run."""


class Drift(JournalError):  # noqa: N818 - a word of the design
    """The run belongs to another configuration; `differences` lists what changed."""

    def __init__(self, differences: list[Difference]) -> None:
        self.differences = differences
        told = [f"{path}: {json.dumps(old)} -> {json.dumps(new)}" for path, old, new in differences[:_SHOWN]]
        more = len(differences) - _SHOWN
        tail = f"; and {more} more" if more > 0 else ""
        super().__init__(f"the run belongs to another configuration: {'; '.join(told)}{tail}")


class OtherCommand(Drift):
    """The run was begun by another command."""

    def __init__(self, folder: Path, begun: str, command: str) -> None:
        super().__init__([("command", begun, command)])
        self.args = (f"the run in {folder} was begun by `apigen-mt {begun}`, and `{command}` is another matter",)


class Journal:
    """An SQLite file in a run's folder, written by one process at a time and readable by any.

    Every record is committed when its method returns: it survives the death of the process. Records whose checksum
    does not fit are treated as missing and counted in `damaged`. All methods raise `JournalError`.
    """

    def __init__(self, folder: Path, database: sqlite3.Connection, lock: int | None) -> None:
        """Use `Journal.open` or `Journal.read`."""
        self._folder = folder
        self._database = database
        self._lock = lock
        self.damaged = 0

    @classmethod
    def open(cls, folder: Path, identity: Json) -> Self:
        """Open the journal of the run in `folder` for writing, made if there is none.

        `identity` is the run's configuration without what may change between sittings. Raises `Drift` if the run was
        begun with another, `OtherCommand` (a `Drift`) if by another command, `Locked` if it is being worked on.
        """
        lock = _lock(folder)
        try:
            with _told(folder):
                database = _connect(str(folder / _FILE))
            journal = cls(folder, database, lock)
        except JournalError:
            os.close(lock)
            raise
        try:
            journal._prepare(identity)
        except JournalError:
            journal.close()
            raise
        return journal

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the journal in `folder` for reading only, also while a run is writing it."""
        path = folder / _FILE
        if not path.is_file():
            raise JournalError(f"no run in {folder}: there is no {_FILE}")
        address = f"{path.absolute().as_uri()}?mode=ro"
        if not os.access(folder, os.W_OK) and not path.with_name(f"{_FILE}-wal").exists():
            address += "&immutable=1"  # a folder that nobody may write needs no shared memory beside it
        with _told(folder):
            database = _connect(address)
            journal = cls(folder, database, None)
            try:
                journal._check_version()
            except (sqlite3.Error, JournalError):
                database.close()
                raise
        return journal

    def reply(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Return the reply stored for this key and request digest, or None if it is missing or damaged."""
        where = _columns(key, digest)
        with _told(self._folder):
            row = self._database.execute(
                "SELECT prompt, completion, cached, payload, checksum FROM replies WHERE role=? AND blueprint=?"
                " AND attempt=? AND turn=? AND candidate=? AND digest=?",
                where,
            ).fetchone()
        if row is None:
            return None
        *fields, checksum = row
        if _checksum(*where, *fields) != checksum:
            self.damaged += 1
            return None
        try:
            return ChatReply.model_validate_json(fields[-1])
        except ValidationError:
            self.damaged += 1
            return None

    def record_reply(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Store a reply; it is on disk when this returns."""
        usage = reply.usage
        row = (*_columns(key, digest), usage.prompt, usage.completion, usage.cached, reply.model_dump_json())
        self._write("INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*row, _checksum(*row)))

    def outcome(self, task: int) -> str | None:
        """Return what became of a task, or None if it is not known yet."""
        with _told(self._folder):
            row = self._database.execute("SELECT payload, checksum FROM outcomes WHERE task=?", (task,)).fetchone()
        return None if row is None else self._sound(task, *row)

    def record_outcome(self, task: int, payload: str) -> None:
        """Store what became of a task as JSON text; it is on disk when this returns."""
        self._write("INSERT OR REPLACE INTO outcomes VALUES (?,?,?)", (task, payload, _checksum(task, payload)))

    def outcomes(self) -> Iterator[tuple[int, str]]:
        """Yield (task, payload) in task order, one row in memory at a time; damaged ones are left out."""
        with _told(self._folder):
            for task, payload, checksum in self._database.execute("SELECT * FROM outcomes ORDER BY task"):
                sound = self._sound(task, payload, checksum)
                if sound is not None:
                    yield task, sound

    def tasks(self) -> int:
        """Return up to which number of tasks something is stored: one more than the highest index."""
        with _told(self._folder):
            last = self._database.execute("SELECT MAX(task) FROM outcomes").fetchone()[0]
        return 0 if last is None else int(last) + 1

    def totals(self) -> dict[str, Usage]:
        """Return the tokens of all stored replies by role, each reply once however often it was replayed."""
        query = "SELECT role, SUM(prompt), SUM(completion), SUM(cached) FROM replies GROUP BY role ORDER BY role"
        with _told(self._folder):
            rows = self._database.execute(query).fetchall()
        return {role: Usage(prompt=prompt, completion=said, cached=cached) for role, prompt, said, cached in rows}

    def replies(self) -> int:
        """Return how many replies are stored."""
        with _told(self._folder):
            return int(self._database.execute("SELECT COUNT(*) FROM replies").fetchone()[0])

    def meta(self, name: str) -> str | None:
        """Return a named text of the run, or None."""
        with _told(self._folder):
            row = self._database.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Store a named text of the run."""
        self._write("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))

    def identity(self) -> Json:
        """Return the configuration the run was begun with."""
        stored = self.meta(_IDENTITY)
        try:
            identity: Json = None if stored is None else json.loads(stored)
        except ValueError as error:
            raise JournalError(f"{self._folder / _FILE}: the stored configuration is damaged") from error
        return identity

    def close(self) -> None:
        """Close the file and let another process work on the run; closing twice is harmless."""
        self._database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self, identity: Json) -> None:
        """Set the file up if it is new, and hold its configuration against `identity`."""
        with _told(self._folder):
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            if self._database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0] == 0:
                self._database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={_VERSION}; COMMIT;")
        self._check_version()
        stored = self.identity()
        if stored is None:
            self.set_meta(_IDENTITY, json.dumps(identity, sort_keys=True))
        elif (begun := command_of(stored)) != (command := command_of(identity)):
            raise OtherCommand(self._folder, begun, command)
        elif found := list(_differences("", stored, json.loads(json.dumps(identity)))):
            raise Drift(found)

    def _check_version(self) -> None:
        with _told(self._folder):
            found = self._database.execute("PRAGMA user_version").fetchone()[0]
        if found != _VERSION:
            raise JournalError(f"{self._folder / _FILE}: not a journal of this version ({found}, not {_VERSION})")

    def _write(self, statement: str, values: tuple[str | int, ...]) -> None:
        with _told(self._folder):
            self._database.execute(statement, values)

    def _sound(self, task: int, payload: str, checksum: str) -> str | None:
        if _checksum(task, payload) == checksum:
            return payload
        self.damaged += 1
        return None


def command_of(identity: Json) -> str:
    """The command that a run's configuration is for."""
    named = identity.get("command") if isinstance(identity, dict) else None
    return str(named or "generate")


def _connect(address: str) -> sqlite3.Connection:
    """Connect to a path or a file: address; each statement commits by itself, broken text is left to the checksums."""
    database = sqlite3.connect(address, uri=address.startswith("file:"), isolation_level=None)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return database


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one line."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"{folder / _FILE}: {' '.join(str(error).split())}") from error


def _lock(folder: Path) -> int:
    """Take the run's lock: held by the process, so no crash can leave it behind."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Locked(f"another process is working on the run in {folder}") from None
    except OSError as error:
        os.close(lock)
        raise JournalError(f"{folder / _LOCK}: {error}") from error
    return lock


def _columns(key: ReplyKey, digest: str) -> tuple[str, str, int, int, int, str]:
    return key.role, key.blueprint, key.attempt, key.turn, key.candidate, digest


def _checksum(*fields: str | int) -> str:
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def _differences(path: str, old: Json, new: Json) -> Iterator[Difference]:
    """Yield where two JSON values differ, down to the smallest part."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(f"{path}.{name}" if path else name, old.get(name), new.get(name))
    elif old != new or type(old) is not type(new):
        yield path, old, new
