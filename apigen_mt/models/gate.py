"""The gate before the wire: once it is shut no request is sent, and those under way may still be answered."""

import asyncio
from types import TracebackType
from typing import Self


class Gate:
    """Held by every request while it is under way, until its reply is stored. Used from one event loop.

    `at_work` says whether there may be requests at all: before and after, a sitting is ended without more ado.
    Whoever comes to a shut gate waits for good: who shut it ends the sitting, and nobody takes that for a failure.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self.at_work = False
        self._shut = False
        self._clear = asyncio.Event()
        self._never = asyncio.Event()

    def shut(self) -> None:
        """Let nobody through any more."""
        self._shut = True
        self._look()

    async def clear(self) -> None:
        """Wait until the gate is shut and nothing is under way."""
        await self._clear.wait()

    async def __aenter__(self) -> Self:
        if self._shut:
            await self._never.wait()
        self.under_way += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.under_way -= 1
        self._look()

    def _look(self) -> None:
        if self._shut and not self.under_way:
            self._clear.set()
