"""Group commit: what is recorded within one turn of the event loop is stored as one transaction, and synced apart."""

import asyncio
from collections.abc import Awaitable, Callable

from apigen_mt.journal.failures import JournalError
from apigen_mt.journal.store import Store, Write

EVERY = 0.5
"""Seconds from a commit to its sync: what the loss of power may cost."""
Aside = Callable[[Callable[[], None]], Awaitable[None]]
"""How a sync is run beside the event loop: `asyncio.to_thread`, or at once where time is not real."""


class Groups:
    """Stores records for many callers of one event loop. After a failure nothing more is stored."""

    def __init__(self, store: Store, aside: Aside = asyncio.to_thread) -> None:
        self._store = store
        self._aside = aside
        self._group: list[tuple[Write, asyncio.Future[None]]] = []
        self._due = False
        self._syncing: asyncio.Task[None] | None = None
        self._broken: JournalError | None = None

    async def add(self, row: Write) -> None:
        """Store a record: it survives the death of the process when this returns, and soon the loss of power.

        A caller who is cancelled meanwhile has stored it all the same. Raises `JournalError`.
        """
        if self._broken is not None:
            raise self._broken
        loop = asyncio.get_running_loop()
        stored = loop.create_future()
        if not self._group:
            loop.call_soon(self._commit)
        self._group.append((row, stored))
        await stored

    def now(self, *group: Write) -> None:
        """Store records at once, where nothing else is going on. Raises `JournalError`."""
        if self._broken is not None:
            raise self._broken
        try:
            self._store.commit(group)
        except JournalError as error:
            self._broken = error
            raise
        self._sync_later()

    def close(self) -> None:
        """Store what is still to be stored, and sync it; the event loop may be gone. Raises `JournalError`."""
        if self._syncing is not None and not self._syncing.get_loop().is_closed():
            self._syncing.cancel()
        self._commit()
        if self._broken is None:
            self._store.sync()

    def _commit(self) -> None:
        group, self._group = self._group, []
        if not group:
            return
        try:
            if self._broken is not None:
                raise self._broken
            self._store.commit([row for row, _ in group])
        except JournalError as error:
            self._broken = error
        for _, stored in group:
            if not stored.done():
                _settle(stored, self._broken)
        if self._broken is None:
            self._sync_later()

    def _sync_later(self) -> None:
        """See to it that what was committed is synced: one sync at a time, each for all that came before it."""
        self._due = True
        if self._syncing is None or self._syncing.done():
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:  # closing: what follows is the last sync
                return
            self._syncing = loop.create_task(self._sync())

    async def _sync(self) -> None:
        while self._due:
            await asyncio.sleep(EVERY)
            if self._broken is not None:
                return
            self._due = False
            try:
                await self._aside(self._store.sync)
            except JournalError as error:
                self._broken = error


def _settle(stored: "asyncio.Future[None]", error: JournalError | None) -> None:
    if error is None:
        stored.set_result(None)
    else:
        stored.set_exception(error)
