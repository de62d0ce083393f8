"""Room: how many conversations may be live at once, over all tasks of a run."""

import asyncio
from collections import deque
from types import TracebackType
from typing import Self


class Room:
    """So many places; a conversation takes one with `async with`. They go to those who wait in the order they came.

    Nothing holds a place while it waits for something else, so that a place is free only if there is nothing to do.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._vacant = asyncio.Event()

    @property
    def live(self) -> int:
        """How many places are taken."""
        return self.places - self._free

    async def vacancy(self) -> None:
        """Wait until a place is free that nobody waits for: the time to begin something new."""
        while not self._free:
            self._vacant.clear()
            await self._vacant.wait()

    async def __aenter__(self) -> Self:
        if self._free:
            self._free -= 1
            return self
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place was handed over in the same moment
                self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        """Hand the place to who has waited longest, or let it be free."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
        self._vacant.set()
