"""An event loop in virtual time: nothing is waited for, the clock jumps to the next timer; it can die at any step."""

import asyncio
import math
import random
import selectors
import warnings
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVarTuple, Unpack

from apigen_mt.journal import JournalError
from apigen_mt.models.failures import EndpointError

Ts = TypeVarTuple("Ts")
START = 1_000_000.0
"""Virtual seconds at which a simulation begins."""
_STUBBORN = 20
"""How often a coroutine may go on waiting for something when it is told to end."""


class Died(SystemExit):
    """The process died here: asyncio lets it through, and so does code that catches errors."""


class Stuck(AssertionError):  # noqa: N818 - reads as what is the matter
    """Nothing is ready and no timer runs: in real time this run would never end."""


class _Jumping(selectors.SelectSelector):
    """Waits for no file: whatever time a wait would take has gone by at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.wanted = True

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None and self.wanted:
            raise Stuck("nothing is ready and nobody waits for a timer")
        self.now = math.nextafter(self.now + max(0.0, timeout or 0.0), math.inf)  # a timer has to lie in the past
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop of one process. `steps` counts the callbacks it has run, each the piece of a task from one await to the
    next; before step number `dies_at` the process dies. `rng` draws how long work in a thread takes.
    """

    def __init__(self, rng: random.Random, *, begins: float = START, dies_at: int | None = None) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self._jumping.now = begins
        self._rng = rng
        self._dies_at = dies_at
        self.steps = 0
        self.dead = False
        self.unheard: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.unheard.append(context))

    def time(self) -> float:
        return self._jumping.now

    def die(self) -> None:
        """End the process here and now. Raises `Died`."""
        self.dead = True
        raise Died

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        if self.dead:
            return asyncio.Handle(callback, args, self, context)
        return super().call_soon(self._step, callback, args, context=context)

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        if self.dead:
            return asyncio.TimerHandle(when, callback, args, self, context)
        return super().call_at(when, self._step, callback, args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override] # a future, as everywhere
        self,
        executor: Any,
        func: Callable[..., Any],
        *args: Any,
    ) -> "asyncio.Future[Any]":
        """Do a thread's work in the loop, some time from now; its caller hears of it some time after that."""
        done: asyncio.Future[Any] = self.create_future()

        async def inline() -> Any:
            return func(*args)

        def work() -> None:
            self.create_task(inline()).add_done_callback(
                lambda ended: self.call_later(self._rng.uniform(0, 0.005), _tell, done, ended)
            )

        self.call_later(self._rng.uniform(0.0001, 0.02), work)
        return done

    def _step(self, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if self.dead or self.steps == self._dies_at:
            self.die()
        self.steps += 1
        callback(*args)
        if self.dead:  # somebody caught what cannot be survived
            raise Died

    def bury(self) -> None:
        """Take down what is left of the process, dead or ended: nothing it still does has any effect."""
        self.dead = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of coroutines that nobody will await any more
            self._end_tasks()
        self._jumping.wanted = False
        self.close()

    def _end_tasks(self) -> None:
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio's own switch
            for _ in range(_STUBBORN):
                with suppress(Died, RuntimeError, OSError, asyncio.CancelledError, EndpointError, JournalError):
                    task.get_coro().close()
                    break


def _tell(done: "asyncio.Future[Any]", ended: "asyncio.Task[Any]") -> None:
    if done.done() or ended.cancelled():
        return
    error = ended.exception()
    if error is None:
        done.set_result(ended.result())
    else:
        done.set_exception(error)
