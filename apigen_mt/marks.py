"""What people think of single talks: marks with a note, in a file of their own beside the journal."""

import fcntl
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, ValidationError

from apigen_mt.trajectory import Outcome, Row
from tools_env.values import Part

MARKS = "marks.jsonl"
LONGEST = 4000
"""Characters that a note may have."""
Word: TypeAlias = Literal["keep", "reject", "flag", "none"]
"""What a person says of a talk; `none` takes back what was said before."""

_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_PIECE = 1 << 20
_BEGIN = b'{"at":'
"""How every line begins."""


class MarksError(ValueError):
    """The file of marks is not what it should be; one line says where and what to do."""


class TalkMark(Part):
    """What a person said of one talk: `row` is the row's id, `talk` the digest of the talk that they read, `at` when in
    UTC. Of several marks on a row the last one counts.
    """

    at: str = Field(max_length=40)
    row: str = Field(min_length=1, max_length=200)
    talk: str = Field(pattern=r"^[0-9a-f]{64}$")
    mark: Word
    note: str = Field("", max_length=LONGEST)


class MarkCount(Part):
    """How many talks people have marked, by the mark; `stale` marks are about a talk that has since been played anew,
    or that the run does not hold.
    """

    keep: int = 0
    reject: int = 0
    flag: int = 0
    notes: int = 0
    stale: int = 0


def talk_digest(row: Row) -> str:
    """The sha256 (hex) of what was said and done in a talk: a mark is about that, and about no later talk."""
    return hashlib.sha256(row.course.model_dump_json(exclude_defaults=True).encode("utf-8", "replace")).hexdigest()


class Marks:
    """The last mark of each row."""

    def __init__(self, marks: Iterable[TalkMark] = ()) -> None:
        self._last: dict[str, TalkMark] = {}
        self.add(marks)

    @classmethod
    def read(cls, folder: Path) -> "Marks":
        """The marks of the run in `folder`; none where nobody has made any. Raises `MarksError` and OSError."""
        return cls(MarkFile(folder).news())

    def add(self, marks: Iterable[TalkMark]) -> None:
        """Take in later marks."""
        self._last.update((mark.row, mark) for mark in marks)

    @property
    def empty(self) -> bool:
        """Whether nobody has marked anything."""
        return not self._last

    def of(self, row: Row) -> TalkMark | None:
        """What was said of this very talk, if anything."""
        found = self._last.get(row.id)
        return found if found is not None and found.talk == talk_digest(row) else None

    def word(self, row: Row) -> Word:
        """The mark of this very talk."""
        found = self.of(row)
        return "none" if found is None else found.mark

    def last(self, row: str) -> TalkMark | None:
        """The last mark under a row's id, whatever talk it is about."""
        return self._last.get(row)

    def rows(self, word: Word) -> list[str]:
        """The ids of the rows that bear a mark now."""
        return sorted(row for row, mark in self._last.items() if mark.mark == word)

    def counted(self, outcomes: Iterable[Outcome]) -> MarkCount:
        """The marks over the talks that a run stores."""
        found: Counter[str] = Counter()
        met = 0
        for outcome in outcomes:
            for row in talks_of(outcome):
                mark = self.of(row)
                met += mark is not None
                if mark is not None:
                    found[mark.mark] += mark.mark != "none"
                    found["notes"] += bool(mark.note)
        return MarkCount(
            keep=found["keep"],
            reject=found["reject"],
            flag=found["flag"],
            notes=found["notes"],
            stale=len(self._last) - met,
        )


class MarkFile:
    """The file of marks of a run: lines are added and never changed, by any number of processes, also while another one
    works on the run. Both methods raise `MarksError` and OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / MARKS
        self._read = self._lines = 0

    def append(self, mark: TalkMark) -> None:
        """Add a mark; it is on disk when this returns."""
        with _opened(self.path, _APPEND) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            line = f"{_mended(held)}{mark.model_dump_json()}\n".encode("utf-8", "replace")
            while line:
                line = line[os.write(held, line) :]
            os.fsync(held)

    def news(self) -> Iterator[TalkMark]:
        """Yield the marks that were added since the last call, oldest first."""
        try:
            with _opened(self.path, _READ) as held:
                if os.fstat(held).st_size < self._read:  # another file has taken its place
                    self._read = self._lines = 0
                yield from self._from(held)
        except FileNotFoundError:
            return

    def _from(self, held: int) -> Iterator[TalkMark]:
        rest = b""
        while piece := os.pread(held, _PIECE, self._read + len(rest)):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                mark = self._parsed(line) if line else None
                self._lines += 1
                self._read += len(line) + 1
                if mark:
                    yield mark
            if len(rest) > _PIECE:
                raise self._no_mark()
        if rest and (last := _parsed(rest)):  # without an end of line: one that is being written is no mark yet
            self._read += len(rest)
            yield last

    def _parsed(self, line: bytes) -> TalkMark:
        found = _parsed(line)
        if found is None:
            raise self._no_mark()
        return found

    def _no_mark(self) -> MarksError:
        return MarksError(f"{self.path}: line {self._lines + 1} is no mark: take it out, or the file away")


def _parsed(line: bytes) -> TalkMark | None:
    try:
        return TalkMark.model_validate_json(line)
    except ValidationError:
        return None


def _mended(held: int) -> str:
    """What has to stand before the next line of a file; one that was never finished, and so never promised to anybody,
    is cut off.
    """
    size = os.fstat(held).st_size
    start = max(0, size - _PIECE)
    _, _, last = os.pread(held, _PIECE, start).rpartition(b"\n")
    if not last:
        return ""
    if _parsed(last) is None and last.startswith(_BEGIN[: len(last)]):
        os.ftruncate(held, size - len(last))
        return ""
    return "\n"


def talks_of(outcome: Outcome) -> Iterator[Row]:
    """Every talk that is stored of a task."""
    withheld = outcome.quarantined.withheld if outcome.quarantined else ()
    return iter((*outcome.rows, *withheld, *outcome.failures))


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    """A descriptor of a plain file that is no link."""
    held = os.open(path, flags, 0o644)
    try:
        if not stat.S_ISREG(os.fstat(held).st_mode):
            raise MarksError(f"{path} is no plain file: take it away")
        yield held
    finally:
        os.close(held)
