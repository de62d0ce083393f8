"""Replies that other runs have paid for: one SQLite file, used by several processes at once, bounded, never fatal.

What it holds can be lost or thrown away at any time: a run's own replies are in its journal.
"""

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey

FILE = "replies.sqlite"
LARGEST = 1 << 30
"""Bytes that a cache may take on disk; the oldest replies make room."""
_GROUP = 64
"""So many replies are written at a time."""
_VERSION = 1
_WHOLE = frozenset({"stop", "tool_calls", "function_call"})
_LEFT = 0.9
_READ_WAIT, _WRITE_WAIT = 100, 10.0
"""Milliseconds a read waits for other processes before it finds nothing, and seconds that all else waits."""
_TABLE = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS replies
    (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, payload TEXT NOT NULL, checksum BLOB NOT NULL) STRICT;
PRAGMA user_version={_VERSION};
COMMIT;
"""
_log = logging.getLogger(__name__)


class ReplyCache(Protocol):
    """Where replies of other runs are looked up and left; neither raises."""

    def find(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """The reply that another run got to this very request in this very place."""
        ...

    def keep(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Leave a reply to later runs."""
        ...


class NoCache:
    """Nothing is looked up and nothing is left."""

    def find(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """Nothing."""

    def keep(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Nothing is kept."""


NO_CACHE: ReplyCache = NoCache()


class SQLiteCache:
    """A `ReplyCache` in a folder, for runs with one `seed`: another seed asks anew.

    Whatever is the matter with the file is told once, as a warning in the log, and ends its use for this run. Reads
    are done at once; writes are gathered and done by a thread, the last of them by `close`.
    """

    def __init__(self, folder: Path, seed: int, largest: int = LARGEST) -> None:
        self._path = folder / FILE
        self._seed = seed
        self._largest = largest
        self._useless = threading.Event()
        self._reader: sqlite3.Connection | None = None
        self._waiting: list[tuple[bytes, str, bytes]] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reply-cache")
        with self._told():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._reader = self._connect()
            self._reader.execute(f"PRAGMA busy_timeout={_READ_WAIT}")

    def find(self, key: ReplyKey, digest: str) -> ChatReply | None:
        """The reply kept for this place and request; None where there is none, or a damaged one."""
        if self._reader is None or self._useless.is_set():
            return None
        name, row = self._name(key, digest), None
        with self._told():
            try:
                row = self._reader.execute("SELECT payload, checksum FROM replies WHERE id=?", (name,)).fetchone()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
        if row is None or row[1] != _checksum(name, row[0]):
            return None
        try:
            return ChatReply.model_validate_json(row[0])
        except ValidationError:  # left by another version of the program
            return None

    def keep(self, key: ReplyKey, digest: str, reply: ChatReply) -> None:
        """Keep a reply; it is there for others once a group of them is full, or at `close`."""
        name, payload = self._name(key, digest), reply.model_dump_json()
        self._waiting.append((name, payload, _checksum(name, payload)))
        if len(self._waiting) >= _GROUP:
            self._send()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._send()
        self._thread.shutdown()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _send(self) -> None:
        group, self._waiting = self._waiting, []
        if group and self._reader is not None and not self._useless.is_set():
            self._thread.submit(self._write, group)

    def _write(self, group: list[tuple[bytes, str, bytes]]) -> None:
        """In the thread: write a group, and make room where there is too little."""
        with self._told():
            database = self._connect()
            try:
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT OR REPLACE INTO replies (id, payload, checksum) VALUES (?,?,?)", group)
                if self._size(database) > self._largest:
                    self._make_room(database)
                database.execute("COMMIT")
            finally:
                database.close()

    @staticmethod
    def _size(database: sqlite3.Connection) -> int:
        """Bytes in use; what is free within the file is used again."""
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Throw away the oldest replies, a tenth of the numbers at a time, until nine tenths of the room are taken."""
        while self._size(database) > _LEFT * self._largest:
            first, last = database.execute("SELECT MIN(number), MAX(number) FROM replies").fetchone()
            if first is None:
                return
            database.execute("DELETE FROM replies WHERE number <= ?", (first + (last - first) // 10,))

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_WRITE_WAIT, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")  # a loss is none, and the checksums find what is torn
            if (found := database.execute("PRAGMA user_version").fetchone()[0]) == 0:
                database.executescript(_TABLE)
            elif found != _VERSION:
                raise sqlite3.DatabaseError(f"it is of another version ({found}, not {_VERSION})")
        except sqlite3.Error:
            database.close()
            raise
        return database

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the first thing that is the matter into a warning, and everything after it into nothing."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if not self._useless.is_set():
                self._useless.set()
                said = " ".join(str(error).split())
                _log.warning(
                    "the reply cache %s cannot be used, and the run goes on without it: %s."
                    " Delete the file to begin a new one, or give --no-cache.", self._path, said
                )  # fmt: skip

    def _name(self, key: ReplyKey, digest: str) -> bytes:
        """What has to be the same for a reply to be the same: the place in its run, the seed, and the whole request."""
        place = [_VERSION, self._seed, digest, key.role, key.blueprint, key.attempt, key.turn, key.candidate]
        return hashlib.sha256(json.dumps(place).encode()).digest()


def worth_keeping(request: ChatRequest, reply: ChatReply) -> bool:
    """Whether a reply may be given again: it came to its own end, says something, and its calls and JSON can be read.

    What an endpoint says of the end is not enough: replies that were cut off come with `tool_calls`, too.
    """
    if reply.finish_reason not in _WHOLE or not (reply.text.strip() or reply.calls):
        return False
    if any(reply.usage.completion >= limit for limit in request.limits()):
        return False
    written = [call.arguments or "{}" for call in reply.calls]
    if request.response_format is not None and not reply.calls:
        written.append(reply.text.strip().removeprefix("```json").removeprefix("```").removesuffix("```"))
    return all(_is_object(text) for text in written)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _checksum(name: bytes, payload: str) -> bytes:
    return hashlib.sha256(name + payload.encode()).digest()
