"""The lines of a run in an SQLite file of their own, to be filtered, searched and sorted without the journal."""

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from apigen_mt.marks import TalkMark
from apigen_mt.viewer.detail import shown
from apigen_mt.viewer.summaries import Summary
from apigen_mt.viewing.queries import Found, Query
from tools_env.values import compact

_TWO_WORDS = "phrase queries are not supported"
"""A few signs are letters to Python and none to an older SQLite, which then takes a word for two."""
_WORD = re.compile(r"[^\W_]+")
_TABLES = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, task INTEGER NOT NULL, attempt INTEGER NOT NULL,
    kind TEXT NOT NULL, status TEXT NOT NULL, gate TEXT NOT NULL, fault TEXT NOT NULL, end_reason TEXT NOT NULL,
    persona TEXT NOT NULL, temperament TEXT NOT NULL, turns INTEGER NOT NULL, calls INTEGER NOT NULL,
    writes INTEGER NOT NULL, tokens INTEGER NOT NULL, row TEXT, talk TEXT, line TEXT NOT NULL
) STRICT;
CREATE INDEX by_place ON entries (task, attempt);
CREATE INDEX by_kind ON entries (kind);
CREATE INDEX by_status ON entries (status);
CREATE INDEX by_gate ON entries (gate);
CREATE INDEX by_fault ON entries (fault);
CREATE INDEX by_persona ON entries (persona);
CREATE INDEX by_temperament ON entries (temperament);
CREATE TABLE named (sort TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (sort, name, number)) STRICT, WITHOUT ROWID;
CREATE INDEX by_number ON named (number);
CREATE TABLE marks (row TEXT PRIMARY KEY, talk TEXT NOT NULL, mark TEXT NOT NULL, note TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none, tokenize='unicode61 remove_diacritics 2');
"""
_MARKED = "LEFT JOIN marks ON marks.row = entries.row AND marks.talk = entries.talk"
_EQUAL = {
    "kind": "kind", "status": "status", "gate": "gate", "fault": "fault", "end": "end_reason", "persona": "persona",
    "temperament": "temperament", "mark": "marks.mark",
}  # fmt: skip
"""Filters by the column that has to be equal."""
_NAMED = {"tool": "tools", "clause": "clauses", "operator": "operators"}
"""Filters by the member of a summary that has to hold it."""


class Line(NamedTuple):
    """What is kept of an entry: its summary, and of a talk the row's id and the digest, by which it is marked."""

    summary: Summary
    row: str | None = None
    talk: str | None = None


class Index:
    """An index in a file, made anew. It is filled by one thread at a time while others ask, who never wait for that.

    An entry that was replaced leaves its words behind: they belong to a number that is no entry's any more.
    """

    def __init__(self, path: Path) -> None:
        self._writer = _connect(path)
        self._writer.executescript(_TABLES)
        self._reader = _connect(path)
        self._reader.execute("PRAGMA query_only=1")
        self._asking = threading.Lock()

    @contextmanager
    def filling(self) -> Iterator[Self]:
        """What is put within is seen by readers at once, all of it."""
        self._writer.execute("BEGIN")
        try:
            yield self
        finally:
            self._writer.execute("COMMIT")

    def put(self, task: int, lines: Iterable[Line]) -> None:
        """The entries of a task, in place of those it had."""
        held = self._writer.execute("SELECT number FROM entries WHERE task=?", (task,)).fetchall()
        for number in held:
            self._writer.execute("DELETE FROM named WHERE number=?", number)
            self._writer.execute("DELETE FROM entries WHERE number=?", number)
        for line in lines:
            self._add(line)

    def mark(self, marks: Iterable[TalkMark]) -> None:
        """What people said, in place of what they said before."""
        told = ((mark.row, mark.talk, mark.mark, mark.note) for mark in marks)
        self._writer.executemany("INSERT OR REPLACE INTO marks VALUES (?,?,?,?)", told)

    def find(self, query: Query) -> Found:
        """The lines that a query asks for, without their text, each with its `mark`."""
        wanted, values = _wanted(query)
        order = f"{query.sort} {'DESC' if query.descending else 'ASC'}, " if query.sort != "task" else ""
        way = "DESC" if query.sort == "task" and query.descending else "ASC"
        page = (
            f"SELECT line, ifnull(marks.mark, '') FROM entries {_MARKED} WHERE {wanted} "  # noqa: S608 - our own words
            f"ORDER BY {order}task {way}, attempt {way} LIMIT ? OFFSET ?"
        )
        count = f"SELECT count(*) FROM entries {_MARKED} WHERE {wanted}"  # noqa: S608 - as above
        with self._asking:
            try:
                total = self._reader.execute(count, values).fetchone()[0]
                rows = self._reader.execute(page, (*values, query.limit, query.offset)).fetchall()
            except sqlite3.OperationalError as error:
                if _TWO_WORDS not in str(error):
                    raise
                return Found(0, [])
        return Found(total, [(line, "" if mark == "none" else mark) for line, mark in rows])

    def marked(self) -> dict[str, int]:
        """How many talks bear each mark."""
        query = f"SELECT mark, count(*) FROM entries {_MARKED} WHERE mark IN ('keep', 'reject', 'flag') GROUP BY mark"  # noqa: S608 - our own words
        with self._asking:
            return dict(self._reader.execute(query).fetchall())

    def counts(self) -> tuple[int, int]:
        """How many entries and how many tasks there are."""
        with self._asking:
            lines, tasks = self._reader.execute("SELECT count(*), count(DISTINCT task) FROM entries").fetchone()
        return lines, tasks

    def close(self) -> None:
        """Let go of the file."""
        with self._asking:
            self._reader.close()
        self._writer.close()

    def _add(self, line: Line) -> None:
        told = line.summary
        values = (
            told.id, told.task, told.attempt or 0, told.kind, told.status, told.gate, told.fault, told.end_reason,
            told.persona, told.temperament, told.turns, told.calls, told.writes, told.tokens, line.row, line.talk,
            compact(shown(told.model_dump(mode="json", exclude={"text"}))),
        )  # fmt: skip
        places = ",".join("?" * len(values))
        added = self._writer.execute(f"INSERT INTO entries VALUES (NULL,{places})", values)  # noqa: S608 - as above
        number = added.lastrowid
        names = ((sort, name, number) for sort, member in _NAMED.items() for name in getattr(told, member))
        self._writer.executemany("INSERT OR IGNORE INTO named VALUES (?,?,?)", names)
        self._writer.execute("INSERT INTO words (rowid, text) VALUES (?,?)", (number, told.text))


def _wanted(query: Query) -> tuple[str, tuple[str, ...]]:
    """The conditions of a query, and their values."""
    wanted, values = ["1"], []
    for name, column in _EQUAL.items():
        if value := getattr(query, name):
            wanted.append(f"{column} = ?")
            values.append(value)
    for sort in _NAMED:
        if name := getattr(query, sort):
            wanted.append("number IN (SELECT number FROM named WHERE sort = ? AND name = ?)")
            values += [sort, name]
    if words := _WORD.findall(query.text):
        wanted.append("number IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(" AND ".join(f'"{word}"*' for word in words))
    return " AND ".join(wanted), tuple(values)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that threads may share, one at a time."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
