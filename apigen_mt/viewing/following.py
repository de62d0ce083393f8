"""A journal that another process may be writing, read by what is new in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from apigen_mt.journal import Journal
from apigen_mt.journal.sqlite_store import FILE, LOG

AGAIN = 200
"""So many outcomes that are known are looked at again each time: one may have been replaced."""

_FETCHED = 50
"""So many outcomes are in memory at a time."""
_STAMP = 64
_State: TypeAlias = tuple[tuple[int, int, int], ...]


class News(NamedTuple):
    """A task whose outcome is new or another one; `payload` is none where it is gone or damaged."""

    task: int
    payload: str | None


class Following:
    """Yields each outcome of the run in `folder` once, and again when it was replaced.

    New tasks are found at once. A task that broke off, or is played more often, has its outcome replaced: all known
    ones are looked at again, some each time, until all were looked at after the last change of the file. The journal is
    open only while a few outcomes are fetched, so that its writer can end without a reader in the way.
    """

    def __init__(self, folder: Path, again: int = AGAIN) -> None:
        self._folder = folder
        self._again = again
        self._known: dict[int, str] = {}
        self._state: _State | None = None
        self._left: list[int] = []

    def news(self) -> Iterator[News]:
        """What is new since the last time; what is not taken comes again. Raises `JournalError`."""
        state = self._looked()
        if state != self._state:
            yield from self._fresh()
            self._state = state
        some, self._left = self._left[: self._again], self._left[self._again :]
        yield from self._changed(some)

    def _fresh(self) -> Iterator[News]:
        """Tasks that were not known and those that are gone; all others are looked at again later."""
        with Journal.read(self._folder) as journal:
            held = journal.held()
        before = list(self._known)
        for task in self._known.keys() - set(held):
            yield News(task, None)
            del self._known[task]
        yield from self._changed([task for task in held if task not in self._known])
        waiting = set(self._left)  # what has waited longest comes first
        self._left = [task for task in (*self._left, *(t for t in before if t not in waiting)) if task in self._known]

    def _changed(self, tasks: list[int]) -> Iterator[News]:
        for start in range(0, len(tasks), _FETCHED):
            found: list[tuple[News, str]] = []
            with Journal.read(self._folder) as journal:
                for task in tasks[start : start + _FETCHED]:
                    stamp = (journal.stamp(task) or "")[:_STAMP]
                    if self._known.get(task) != stamp:
                        found.append((News(task, journal.outcome(task)), stamp))
            for news, stamp in found:
                yield news
                self._known[news.task] = stamp

    def _looked(self) -> _State:
        """What tells that a file was written to."""
        found = []
        for name in (FILE, LOG):
            try:
                about = (self._folder / name).stat()
            except FileNotFoundError:
                continue
            found.append((about.st_ino, about.st_size, about.st_mtime_ns))
        return tuple(found)
