"""A sitting in a terminal: the loop is run so that Ctrl-C drains it, and notes are told on stderr."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

from apigen_mt.cli_serving import serve_of
from apigen_mt.cli_watching import watching
from apigen_mt.config import Config
from apigen_mt.models.observer import Observer
from apigen_mt.serving.replica import ServeError
from apigen_mt.sitting import Sitting
from apigen_mt.terminal import shortened, visible

T = TypeVar("T")
INTERRUPTED = "interrupted; the same command goes on where it stopped"
GRACE, HARD, AT_ONCE = 3.0, 4.5, 1.0
"""Seconds that replies under way are awaited after Ctrl-C; after which the process ends whatever it hangs in; and the
same after a second Ctrl-C.
"""
_CODE, _WIDTH = 130, 2000


def sat_through(
    options: argparse.Namespace,
    config: Config,
    progress: Observer,
    begin: Callable[[Sitting], Coroutine[Any, Any, T]],
) -> T:
    """Run a sitting to its end, told to `progress`. Raises `KeyboardInterrupt` when Ctrl-C or a termination signal
    ended it.

    After the first, no request is sent and replies under way are awaited and stored; a second one stops at once.
    """
    with watching(options, config, progress) as observer:
        sitting = Sitting(options.accept_drift, tell=tell, observer=observer, serve=serve_of(options))
        interrupts = Interrupts(sitting)
        try:
            with interrupts:
                return asyncio.run(interrupts.within(begin(sitting)))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except ServeError as error:
            for line in error.tail:
                print(f"  {line}", file=sys.stderr)
            raise


def tell(line: str) -> None:
    """A note on stderr."""
    print(f"apigen-mt: {visible(shortened(line, _WIDTH))}", file=sys.stderr)


class Interrupts:
    """What Ctrl-C (SIGINT) and SIGTERM mean while a sitting goes on; as a context, it takes them over."""

    def __init__(self, sitting: Sitting) -> None:
        self._gate = sitting.gate
        self._asked = False
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._draining: asyncio.Task[None] | None = None
        self._before: list[tuple[int, Any]] = []
        self._ends: list[threading.Timer] = []

    async def within(self, sitting: Coroutine[Any, Any, T]) -> T:
        """The sitting, as the task that an interrupt ends."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        return await sitting

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before.append((number, signal.signal(number, self._signalled)))

    def __exit__(self, kind: object, *_: object) -> None:
        self._told = True
        for timer in self._ends if kind is None else ():  # it had come to its end by itself
            timer.cancel()
        for number, before in self._before:
            signal.signal(number, before)

    def _signalled(self, _: int, __: FrameType | None) -> None:
        """Drain the sitting; stop at once where there is nothing to drain, or the second time."""
        again, self._asked = self._asked, True
        self._end_within(AT_ONCE if again else HARD)
        if again or self._loop is None or not self._gate.at_work:
            raise KeyboardInterrupt
        self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        self._gate.shut()
        self._draining = asyncio.ensure_future(self._drained())

    async def _drained(self) -> None:
        try:
            async with asyncio.timeout(GRACE):
                await self._gate.clear()
        except TimeoutError:
            pass  # what is not answered by now is asked again in the next sitting
        if self._task is not None:
            self._task.cancel()

    def _end_within(self, seconds: float) -> None:
        """End the process even if something cannot be interrupted, such as a look-up of a name in a thread."""
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        self._ends.append(timer)
        timer.start()

    def _end(self) -> None:
        if not self._told:
            os.write(sys.stderr.fileno(), f"apigen-mt: {INTERRUPTED}\n".encode())
        os._exit(_CODE)
