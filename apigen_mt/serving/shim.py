"""Keeps a server and all that it starts, and takes them down when whoever asked for it is gone.

Run as a program of its own: `shim.py LOG GRACE COMMAND…`. Its standard input is a pipe from the run: when that closes,
by `close` or because the run was killed, the server's group is told to end (TERM), after GRACE seconds everything that
descends from it is killed, wherever it has moved to; what outlives the server itself gets a second. What the server
says goes to LOG, of bounded size. The exit code is the server's. It imports nothing but the standard library, so that
it costs some 10 MB and starts at once.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

LIMIT = 8 << 20
"""Bytes of a log before it becomes LOG.1 and a new one is begun."""
_TICK = 0.25
_REAPED = 10.0
_ORPHANED = 1.0
_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36


class BoundedLog:
    """A file of at most `limit` bytes, with the one before it beside it. A full disk loses lines, nothing else."""

    def __init__(self, path: str, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._file: BinaryIO | None = None
        self._size = 0
        self._begin()

    def write(self, part: bytes) -> None:
        """Add to it."""
        if self._size > self._limit:
            with suppress(OSError):
                Path(self._path).replace(f"{self._path}.1")
            self._begin()
        self._size += len(part)
        if self._file is not None:
            with suppress(OSError):
                self._file.write(part)

    def _begin(self) -> None:
        self._size = 0
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None
        with suppress(OSError):
            self._file = open(self._path, "wb", buffering=0)  # noqa: SIM115, PTH123 - kept open until the end


def main(arguments: list[str]) -> NoReturn:
    """Keep the command until it ends or nobody wants it any more."""
    path, grace, *command = arguments
    log = BoundedLog(path)
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: stopped.append(received))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prctl(_SET_CHILD_SUBREAPER, 1)
    try:
        child = subprocess.Popen(  # noqa: S603 - the command is the user's
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_the_shim,  # noqa: PLW1509 - there is one thread
        )
    except OSError as error:
        log.write(f"{command[0]}: {error.strerror}\n".encode())
        sys.exit(127)
    _keep(child, log, stopped)
    code = child.poll()
    _end(child, log, float(grace))
    code = child.returncode if code is None else code
    sys.exit(code if code >= 0 else 128 - code)


def _keep(child: "subprocess.Popen[bytes]", log: BoundedLog, stopped: list[int]) -> None:
    """Copy what the server says until it ends, the pipe from the run closes, or a signal comes."""
    with selectors.DefaultSelector() as ready:
        ready.register(0, selectors.EVENT_READ)
        _listen(child, ready)
        while child.poll() is None and not stopped:
            for key, _ in ready.select(_TICK):
                said = _read(key.fd)
                if said and key.fd != 0:
                    log.write(said)
                elif not said and key.fd == 0:
                    return
                elif not said:
                    ready.unregister(key.fd)


def _end(child: "subprocess.Popen[bytes]", log: BoundedLog, grace: float) -> None:
    """Take down what is left: the group with TERM, after `grace` seconds every descendant with KILL; an engine that has
    outlived its server, which would have told it, has less.
    """
    _signal_group(child.pid, signal.SIGTERM)
    started = time.monotonic()
    alone = started + grace
    with selectors.DefaultSelector() as ready:
        _listen(child, ready)
        while descendants(os.getpid()) and time.monotonic() - started < grace + _REAPED:
            if child.poll() is not None:
                alone = min(alone, time.monotonic() + _ORPHANED)
            if time.monotonic() > alone:
                _signal_group(child.pid, signal.SIGKILL)
                for pid in descendants(os.getpid()):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            for key, _ in ready.select(_TICK / 5):
                said = _read(key.fd)
                log.write(said)
                if not said:
                    ready.unregister(key.fd)
            if not ready.get_map():
                time.sleep(_TICK / 5)
            _reap(child)
    child.wait()


def _reap(child: "subprocess.Popen[bytes]") -> None:
    """Take leave of orphans that came to this process, but not of the server, whose code is still wanted."""
    for pid in _children(os.getpid()):
        if pid != child.pid:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def descendants(root: int) -> list[int]:
    """Everything that descends from a process and is more than a corpse."""
    parents = dict(_processes())
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {root})


def _children(parent: int) -> list[int]:
    return [pid for pid, above in _processes(corpses=True) if above == parent]


def _processes(*, corpses: bool = False) -> Iterator[tuple[int, int]]:
    """(process, parent) of all there are."""
    for entry in os.listdir("/proc"):  # noqa: PTH208 - some hundred entries, several times a second
        if entry.isdecimal():
            with suppress(OSError):
                state, parent = Path(f"/proc/{entry}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[:2]
                if corpses or state not in {"Z", "X"}:
                    yield int(entry), int(parent)


def _listen(child: "subprocess.Popen[bytes]", ready: selectors.BaseSelector) -> None:
    if child.stdout is not None:
        os.set_blocking(child.stdout.fileno(), False)
        ready.register(child.stdout.fileno(), selectors.EVENT_READ)


def _read(descriptor: int) -> bytes:
    """What is there to read; nothing at the end."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_the_shim() -> None:
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
