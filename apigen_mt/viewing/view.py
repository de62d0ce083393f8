"""A run as the server shows it: its lines, talks, figures and marks, kept up with while another process writes it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from apigen_mt.journal import Journal, JournalError
from apigen_mt.marks import LONGEST, MarkFile, MarksError, TalkMark, Word, talk_digest
from apigen_mt.run_folder import NotARun, RunFolder
from apigen_mt.trajectory import Row
from apigen_mt.viewer.detail import detail
from apigen_mt.viewer.entries import Entry, entries
from apigen_mt.viewer.packed import Worlds
from apigen_mt.viewing.figures import Figures
from apigen_mt.viewing.index import Index
from apigen_mt.viewing.queries import Found, Query
from apigen_mt.viewing.reading import Reading
from tools_env.values import Json, Part

EVERY = 1.0
"""Seconds between two looks at the journal."""
SOON = 0.1
"""Seconds until it is looked whether the figures can be told for the first time."""


class NoSuchTalk(LookupError):  # noqa: N818 - reads as what is the matter
    """The run holds no such entry, or it is about no talk."""


class PlayedAnew(ValueError):  # noqa: N818 - reads as what is the matter
    """The talk that was read is not the one that the run holds now."""


class Marking(Part):
    """What a browser says of a talk; `talk` is the digest of the one that was read."""

    mark: Word
    note: str = Field("", max_length=LONGEST)
    talk: str = Field(pattern=r"^[0-9a-f]{64}$")


class State(Part):
    """Where the reading of a run stands. `version` grows with everything that changes, `figures` with what the
    overview counts; `whole` says that all there was has been read once, `unread` how many outcomes could not be read,
    `asked` how many tasks the run is to have, or 0 where nobody can tell, `markable` whether it has talks, `trouble`
    what is the matter now.
    """

    version: int
    figures: int
    entries: int
    tasks: int
    asked: int
    whole: bool
    unread: int
    markable: bool
    trouble: str


class View:
    """The run in `folder`, with an index in `place`. `start` begins to read it, `close` ends that."""

    def __init__(self, folder: RunFolder, place: Path, worlds: Worlds, *, every: float = EVERY) -> None:
        count = folder.config.get("count")
        self._markable = folder.command != "draft"
        self._asked = count if isinstance(count, int) and self._markable else 0
        self._folder = folder
        self._worlds = worlds
        self._every = every
        self._index = Index(place / "index.sqlite")
        self._figures = Figures(folder, worlds)
        self._reading = Reading(folder, self._index, self._figures)
        self._file = MarkFile(folder.path)
        self._carrying_out = threading.Lock()
        self._ended = threading.Event()
        self._trouble: dict[str, str] = {}

    def start(self) -> None:
        """Read what there is and what comes, in threads that end with the process."""
        for work in (self._read, self._mark_news, self._tell):
            threading.Thread(target=self._until_ended, args=(work,), daemon=True).start()

    def close(self) -> None:
        """Read no more."""
        self._ended.set()
        self._reading.close()

    def state(self) -> State:
        """Where it stands."""
        lines, tasks = self._index.counts()
        return State(
            version=self._reading.version,
            figures=self._figures.version,
            entries=lines,
            tasks=tasks,
            asked=self._asked,
            whole=self._reading.whole,
            unread=self._reading.unread,
            markable=self._markable,
            trouble=next(iter(self._trouble.values()), ""),
        )

    def find(self, query: Query) -> Found:
        """The lines that a query asks for, of what was read so far."""
        return self._index.find(query)

    def figures(self) -> dict[str, Json]:
        """The overview as last made, with how many talks bear which mark."""
        told = self._figures.told
        facets = told["facets"]
        marked: dict[str, Json] = dict(self._index.marked())
        return told | {"facets": {**facets, "mark": marked} if isinstance(facets, dict) and marked else facets}

    def talk(self, entry: str) -> dict[str, Json]:
        """All there is to show of an entry, as the journal holds it now. Raises `NoSuchTalk` and `JournalError`."""
        found = self._entry(entry)
        with self._carrying_out:
            return detail(found, self._worlds(found.blueprint.domain) if found.blueprint else None)

    def mark(self, entry: str) -> dict[str, Json]:
        """What was said of a talk: `{mark, note, talk}`. Raises `NoSuchTalk` and `JournalError`."""
        return self._said(self._talk(entry))

    def set_mark(self, entry: str, marking: Marking) -> dict[str, Json]:
        """Say something of a talk; it is on disk when this returns. Raises `NoSuchTalk`, `PlayedAnew`, `JournalError`,
        `MarksError` and OSError.
        """
        row = self._talk(entry)
        if talk_digest(row) != marking.talk:
            raise PlayedAnew(f"the talk {entry} was played anew meanwhile: read it again")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._file.append(TalkMark(at=at, row=row.id, talk=marking.talk, mark=marking.mark, note=marking.note))
        self._reading.read_marks()
        return self._said(row)

    def _said(self, row: Row) -> dict[str, Json]:
        said = self._reading.marks.of(row)
        return {"mark": said.mark if said else "none", "note": said.note if said else "", "talk": talk_digest(row)}

    def _talk(self, entry: str) -> Row:
        row = self._entry(entry).row
        if row is None:
            raise NoSuchTalk(f"{entry} is a task without a talk")
        return row

    def _entry(self, entry: str) -> Entry:
        with Journal.read(self._folder.path) as journal:
            payload = journal.outcome(int(entry.partition(".")[0]))
        outcome = self._reading.parsed(payload)
        for one in entries(outcome) if outcome is not None else ():
            if one.id == entry:
                return one
        raise NoSuchTalk(f"the run holds no {entry}")

    def _until_ended(self, work: Callable[[], float]) -> None:
        wait, name = 0.0, work.__name__
        while not self._ended.wait(wait):
            try:
                wait = work()
                self._trouble.pop(name, None)
            except (JournalError, MarksError, NotARun) as error:
                self._trouble[name], wait = str(error), self._every
            except OSError as error:
                self._trouble[name], wait = f"{error.filename or 'disk'}: {error.strerror or error}", self._every

    def _read(self) -> float:
        self._reading.step()
        return self._every

    def _mark_news(self) -> float:
        self._reading.read_marks()
        return self._every

    def _tell(self) -> float:
        return min(self._every, SOON) if self._figures.waiting else max(self._every, self._figures.tell())
