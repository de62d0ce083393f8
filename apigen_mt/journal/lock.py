"""The lock of a run: held by the process that works on it, so that no crash can leave it behind."""

import fcntl
import os
from pathlib import Path

from apigen_mt.journal.failures import JournalError, Locked

LOCK = "journal.lock"


class Lock:
    """Taken when made, let go by `close`. Programs that the process starts do not inherit it."""

    def __init__(self, folder: Path) -> None:
        """Take the lock of the run in `folder`, which is made if there is none. Raises `Locked` or `JournalError`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise JournalError(f"{folder}: no run can be kept here: {error.strerror or error}") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise Locked(f"another process is working on the run in {folder}: wait for it, or end it") from None
        except OSError as error:
            os.close(held)
            raise JournalError(f"{folder / LOCK}: cannot be locked: {error.strerror or error}") from error
        self._held: int | None = held

    def close(self) -> None:
        """Let another process work on the run; closing twice is harmless."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


def refuse_locked(folder: Path) -> None:
    """Raise `Locked` if a run is being worked on: sooner than by opening it, for which much is read first."""
    if (folder / LOCK).is_file():
        Lock(folder).close()
