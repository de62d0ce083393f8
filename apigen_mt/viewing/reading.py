"""What keeps an index up with a run: new outcomes and new marks, taken in as they come."""

import threading
import time
from collections.abc import Iterator

from pydantic import ValidationError

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.marks import MarkFile, Marks, TalkMark, talk_digest
from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.entries import entries
from apigen_mt.viewer.summaries import summary_of
from apigen_mt.viewing.figures import Figures
from apigen_mt.viewing.following import Following
from apigen_mt.viewing.index import Index, Line

SHOWN = 0.3
"""Seconds after which what was read so far is shown, while there is more to read."""


class Reading:
    """Takes a run into an index. `step` is called by one thread, everything else by any.

    `version` grows with every change that can be seen; `whole` says that all there was has been read once, `unread` how
    many outcomes are damaged or of another version of the program.
    """

    def __init__(self, folder: RunFolder, index: Index, figures: Figures) -> None:
        self._part: type[Outcome | DraftOutcome] = DraftOutcome if folder.command == "draft" else Outcome
        self._index = index
        self._figures = figures
        self._following = Following(folder.path)
        self._file = MarkFile(folder.path)
        self._taking, self._marking = threading.Lock(), threading.Lock()
        self._unread: set[int] = set()
        self._ended = False
        self.marks = Marks()
        self.version = 0
        self.whole = False

    @property
    def unread(self) -> int:
        """Outcomes that could not be read."""
        return len(self._unread)

    def parsed(self, payload: str | None) -> Outcome | DraftOutcome | None:
        """An outcome, if it can be read."""
        try:
            return None if payload is None else self._part.model_validate_json(payload)
        except ValidationError:
            return None

    def step(self) -> None:
        """Take in what is new. Raises `JournalError`, `NotARun` and OSError."""
        batch: list[tuple[int, list[Line]]] = []
        due = time.monotonic() + SHOWN
        for news in self._following.news():
            outcome = self.parsed(news.payload)
            (self._unread.discard if outcome or news.payload is None else self._unread.add)(news.task)
            batch.append((news.task, list(_lines(outcome)) if outcome else []))
            self._figures.add(news.task, outcome)
            if time.monotonic() >= due:
                self._take(batch)
                batch, due = [], time.monotonic() + SHOWN
            if self._ended:
                return
        self._take(batch)
        self.version += not self.whole
        self.whole = True

    def read_marks(self) -> None:
        """Take in what people said meanwhile. Raises `MarksError` and OSError."""
        said: list[TalkMark] = []
        with self._marking:
            try:
                said += self._file.news()
            finally:
                self.marks.add(said)
                self._mark(said)

    def close(self) -> None:
        """Take in no more, and let go of the index."""
        self._ended = True
        with self._taking:
            self._index.close()

    def _mark(self, said: list[TalkMark]) -> None:
        with self._taking:
            if said and not self._ended:
                self._index.mark(said)
                self.version += 1

    def _take(self, batch: list[tuple[int, list[Line]]]) -> None:
        with self._taking:
            if self._ended:
                return
            if batch:
                with self._index.filling():
                    for task, lines in batch:
                        self._index.put(task, lines)
                self.version += 1
        if self._figures.waiting:  # after the first lines can be seen
            self._figures.begin()


def _lines(outcome: Outcome | DraftOutcome) -> Iterator[Line]:
    for entry in entries(outcome):
        row = entry.row
        yield Line(summary_of(entry), row.id, talk_digest(row)) if row is not None else Line(summary_of(entry))
