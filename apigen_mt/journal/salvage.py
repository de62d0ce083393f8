"""A write-ahead log that was damaged in its middle: what lies behind the damage is read all the same.

SQLite takes a log up to the first frame whose checksum does not fit, and forgets the rest. In a copy the checksums are
made to fit, so that every page can be read; which of the records in them are sound is told by their own checksums.
(Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log)
"""

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from apigen_mt.journal.failures import JournalError
from apigen_mt.journal.sqlite_store import FILE, LOG

COPY = ".journal.salvage"
_HEADER, _FRAME = 32, 24
_MAGIC, _FORMAT = 0x377F0682, 3007000
_LEAST, _LARGEST = 512, 65536
_PAGE_SIZE_AT = 16
"""Where the main file says how large its pages are."""
_WORD = 0xFFFFFFFF


class _Log(NamedTuple):
    """A log as it lies: its bytes, the size of a page, its salts, how many frames SQLite takes, and how many are of it.

    Frames are of a log if they bear its salts; others behind them are left over from an earlier one.
    """

    raw: bytes
    page: int
    salts: bytes
    order: str
    taken: int
    frames: int


@contextmanager
def salvaged(folder: Path) -> Iterator[Path | None]:
    """A folder with a copy of the journal in which the whole of a damaged log can be read; None where it is whole.

    Raises `JournalError` if there is no room for the copy.
    """
    copy = folder / COPY
    try:
        shutil.rmtree(copy, ignore_errors=True)
        log = _read(folder)
        if log is None or log.taken >= log.frames:
            yield None
            return
        copy.mkdir()
        shutil.copyfile(folder / FILE, copy / FILE)
        (copy / LOG).write_bytes(_fitted(log))
    except OSError as error:
        raise JournalError(f"{folder / LOG}: is damaged, and cannot be mended: {error.strerror or error}") from error
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _read(folder: Path) -> _Log | None:
    """The log beside the journal, or None if there is nothing in it."""
    path = folder / LOG
    if not path.is_file() or not (folder / FILE).is_file():
        return None
    raw = path.read_bytes()
    if len(raw) < _HEADER + _FRAME:
        return None
    magic, version, page, _, _, _, *check = struct.unpack(">8I", raw[:_HEADER])
    order = ">" if magic & 1 else "<"
    sound = magic & ~1 == _MAGIC and version == _FORMAT and _sums(raw[:24], order, (0, 0)) == tuple(check)
    salts = raw[16:24] if sound else raw[_HEADER + 8 : _HEADER + 16]
    if not sound:
        with (folder / FILE).open("rb") as main:
            page = int.from_bytes(main.read(_PAGE_SIZE_AT + 2)[_PAGE_SIZE_AT:], "big")
        page, order = (_LARGEST if page == 1 else page), "<"
    if page & (page - 1) or not _LEAST <= page <= _LARGEST:
        return None
    starts = range(_HEADER, len(raw) - page - _FRAME + 1, page + _FRAME)
    frames = max((n for n, at in enumerate(starts, 1) if raw[at + 8 : at + 16] == salts), default=0)
    sums, taken = (_sums(raw[:24], order, (0, 0)), 0) if sound else ((0, 0), 0)
    for at in starts[:frames] if sound else ():
        sums = _sums(raw[at + _FRAME : at + _FRAME + page], order, _sums(raw[at : at + 8], order, sums))
        if raw[at + 8 : at + _FRAME] != salts + struct.pack(">2I", *sums):
            break
        taken += 1
    return _Log(raw, page, salts, order, taken, frames)


def _fitted(log: _Log) -> bytes:
    """The log with salts and checksums that fit, up to its last frame."""
    magic = _MAGIC | (log.order == ">")
    head = struct.pack(">4I", magic, _FORMAT, log.page, 0) + log.salts
    sums = _sums(head, log.order, (0, 0))
    parts = [head, struct.pack(">2I", *sums)]
    size = log.page + _FRAME
    for at in range(_HEADER, _HEADER + log.frames * size, size):
        begins, page = log.raw[at : at + 8], log.raw[at + _FRAME : at + size]
        sums = _sums(page, log.order, _sums(begins, log.order, sums))
        parts += [begins, log.salts, struct.pack(">2I", *sums), page]
    return b"".join(parts)


def _sums(raw: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum over bytes, going on from the one before; a multiple of 8 bytes."""
    one, other = sums
    words = iter(struct.unpack(f"{order}{len(raw) // 4}I", raw))
    for first, second in zip(words, words, strict=True):
        one = (one + first + other) & _WORD
        other = (other + second + one) & _WORD
    return one, other
