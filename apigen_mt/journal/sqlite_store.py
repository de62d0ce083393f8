"""The journal's rows in an SQLite file: write-ahead log, one writer, any number of readers."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from apigen_mt.journal.failures import JournalError, Unreadable
from apigen_mt.journal.store import MetaRow, OutcomeRow, Place, ReplyRow, Write
from apigen_mt.models.chat import Usage

FILE = "journal.sqlite"
LOG = f"{FILE}-wal"
_VERSION = 1
_REPLIES = """
CREATE TABLE {} (
    role TEXT, blueprint TEXT, attempt INTEGER, turn INTEGER, candidate INTEGER, digest TEXT,
    prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
    payload TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (role, blueprint, attempt, turn, candidate, digest)
) STRICT;
"""
_OUTCOMES = "CREATE TABLE {} (task INTEGER PRIMARY KEY, payload TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;"
_META = "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
_INTO = {
    ReplyRow: "INSERT OR REPLACE INTO replies VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    OutcomeRow: "INSERT OR REPLACE INTO outcomes VALUES (?,?,?)",
    MetaRow: "INSERT OR REPLACE INTO meta VALUES (?,?)",
}
_REPLY = "SELECT * FROM replies WHERE role=? AND blueprint=? AND attempt=? AND turn=? AND candidate=? AND digest=?"
_ADVICE = {
    "SQLITE_FULL": "the disk is full: make room, and the same command goes on",
    "SQLITE_IOERR_WRITE": "the disk cannot be written, perhaps it is full: make room, and the same command goes on",
    "SQLITE_READONLY": "it cannot be written: is its folder read-only?",
}
"""What SQLite's shortest errors mean for who reads them."""


class SQLiteStore:
    """A `Store` in a folder. Use `SQLiteStore.open` or `SQLiteStore.read`."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self._folder = folder
        self._database = database

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the file in `folder` for writing, made if there is none. Raises `JournalError`."""
        with _told(folder):
            _refuse_emptied(folder)
            database = _connect(str(folder / FILE))
            try:
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=NORMAL")
                if database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0] == 0:
                    tables = f"{_REPLIES.format('replies')} {_OUTCOMES.format('outcomes')} {_META}"
                    database.executescript(f"BEGIN; {tables} PRAGMA user_version={_VERSION}; COMMIT;")
                return cls._checked(folder, database)
            except (sqlite3.Error, JournalError):
                database.close()
                raise

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the file in `folder` for reading only, also while a run is writing it. Raises `JournalError`."""
        path = folder / FILE
        if not path.is_file():
            raise JournalError(f"no run in {folder}: there is no {FILE}")
        with _told(folder):
            database = _connect(f"{path.absolute().as_uri()}?{_mode(folder)}")
            try:
                database.execute("PRAGMA query_only=1")
                return cls._checked(folder, database)
            except (sqlite3.Error, JournalError):
                database.close()
                raise

    @classmethod
    def _checked(cls, folder: Path, database: sqlite3.Connection) -> Self:
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found != _VERSION:
            raise JournalError(f"{folder / FILE}: not a journal of this version ({found}, not {_VERSION})")
        return cls(folder, database)

    def commit(self, group: Sequence[Write]) -> None:
        """Store a group, all of it or nothing."""
        with _told(self._folder), self._whole():
            for row in group:
                self._database.execute(_INTO[type(row)], row)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """One transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def sync(self) -> None:
        """Make what is committed safe against the loss of power: the log, and that the folder holds it."""
        for path in (self._folder / LOG, self._folder):
            try:
                held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:  # what is committed lies in the main file, which SQLite has synced
                continue
            except OSError as error:
                raise JournalError(f"{path}: {error.strerror or error}") from error
            try:
                os.fsync(held)
            except OSError as error:
                raise JournalError(f"{path}: cannot be synced: {error.strerror or error}") from error
            finally:
                os.close(held)

    def fetch_reply(self, place: Place) -> ReplyRow | None:
        """Return the reply at a place, or None."""
        row = self._one(_REPLY, *place)
        return None if row is None else ReplyRow(*row)

    def fetch_outcome(self, task: int) -> OutcomeRow | None:
        """Return a task's outcome, or None."""
        row = self._one("SELECT * FROM outcomes WHERE task=?", task)
        return None if row is None else OutcomeRow(*row)

    def fetch_meta(self, name: str) -> str | None:
        """Return a named text, or None."""
        row = self._one("SELECT value FROM meta WHERE name=?", name)
        return None if row is None else str(row[0])

    def replies(self) -> Iterator[ReplyRow]:
        """Yield every reply, one in memory at a time."""
        with _told(self._folder):
            for row in self._database.execute("SELECT * FROM replies NOT INDEXED"):
                yield ReplyRow(*row)

    def outcomes(self) -> Iterator[OutcomeRow]:
        """Yield every outcome in task order, one in memory at a time."""
        with _told(self._folder):
            for row in self._database.execute("SELECT * FROM outcomes ORDER BY task"):
                yield OutcomeRow(*row)

    def held(self) -> list[int]:
        """Return the tasks that have an outcome."""
        with _told(self._folder):
            return [task for (task,) in self._database.execute("SELECT task FROM outcomes ORDER BY task")]

    def tasks(self) -> int:
        """Return one more than the highest task that has an outcome."""
        last = self._one("SELECT MAX(task) FROM outcomes")
        return 0 if last is None or last[0] is None else int(last[0]) + 1

    def count_replies(self) -> int:
        """Return how many replies are stored."""
        row = self._one("SELECT COUNT(*) FROM replies NOT INDEXED")
        return 0 if row is None else int(row[0])

    def totals(self) -> dict[str, Usage]:
        """Return the tokens of all replies by role."""
        query = "SELECT role, SUM(prompt), SUM(completion), SUM(cached) FROM replies GROUP BY role ORDER BY role"
        with _told(self._folder):
            rows = self._database.execute(query).fetchall()
        return {role: Usage(prompt=prompt, completion=said, cached=cached) for role, prompt, said, cached in rows}

    def keep_sound(self) -> None:
        """Copy what is sound into fresh tables, and put them in the place of the others."""
        with _told(self._folder), self._whole():
            self._sift("replies", _REPLIES, _INTO[ReplyRow], self.replies())
            self._sift("outcomes", _OUTCOMES, _INTO[OutcomeRow], self.outcomes())

    def _sift(self, name: str, columns: str, into: str, rows: Iterator[ReplyRow] | Iterator[OutcomeRow]) -> None:
        self._database.execute(columns.format("sound"))
        self._database.executemany(into.replace(name, "sound"), (row for row in rows if row.sound))
        self._database.execute(f"DROP TABLE {name}")
        self._database.execute(f"ALTER TABLE sound RENAME TO {name}")

    def close(self) -> None:
        """Close the file. The last one to do so moves the log into the main file; a writer does it in any case, for a
        reader that closes later may not.
        """
        with suppress(sqlite3.Error):  # then the log stays, as after the death of the process
            if not self._database.execute("PRAGMA query_only").fetchone()[0]:
                self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._database.close()

    def _one(self, query: str, *values: str | int) -> tuple[Any, ...] | None:
        with _told(self._folder):
            row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        return row


def _connect(address: str) -> sqlite3.Connection:
    """Connect to a path or a file: address; each statement commits by itself, broken text is left to the checksums."""
    database = sqlite3.connect(address, uri=address.startswith("file:"), isolation_level=None)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return database


def _refuse_emptied(folder: Path) -> None:
    """Refuse a main file without content beside a log that has some: SQLite would begin anew, and drop the log."""
    log = folder / LOG
    if (folder / FILE).is_file() and not (folder / FILE).stat().st_size and log.is_file() and log.stat().st_size:
        raise Unreadable(folder, "the file is empty")


def _mode(folder: Path) -> str:
    """How a reader opens the file: so that it leaves nothing beside it, and takes nothing away.

    Without a log nobody is writing, and SQLite clears away after who could write. Where there is one, its writer will.
    """
    if (folder / LOG).exists():
        return "mode=ro"
    if os.access(folder, os.W_OK) and os.access(folder / FILE, os.W_OK):
        return "mode=rw"
    return "mode=ro&immutable=1"  # a folder that nobody may write needs no shared memory beside it


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one line."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name == "SQLITE_NOTADB" or name.startswith("SQLITE_CORRUPT"):
            raise Unreadable(folder, str(error)) from error
        said = _ADVICE.get(name, " ".join(str(error).split()))
        raise JournalError(f"{folder / FILE}: {said}") from error
