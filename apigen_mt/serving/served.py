"""The servers of a run: all replicas up before the first request, watched during it, gone after it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from apigen_mt.serving.gpus import shared_out, visible
from apigen_mt.serving.replica import ENDS, GRACE, Replica, ServeError
from apigen_mt.serving.roles import SERVED, SERVED_KEY
from apigen_mt.serving.wanted import CannotServe, Serve

LOG = "serving-{}.log"
_HURRY = 1.5
"""Seconds that somebody who interrupts a run waits for its servers; they are taken down all the same."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where the addresses of the configuration really answer, and the keys that go with them."""

    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@asynccontextmanager
async def served(
    wanted: Serve | None, urls: Iterable[str], folder: Path, *, tools: bool, tell: Callable[[str], None]
) -> AsyncIterator[Served]:
    """Serve what is `wanted` for as long as the block lasts; nothing if it is None. `urls` are those of the roles that
    models play, `tools` whether one of them calls tools. Logs go to `folder`, `tell` gets a line for people.

    A server that dies leaves its work to the others; with the last of them the block ends.

    Raises:
        CannotServe: what is wanted cannot be served, or a role is served and nothing is wanted (exit code 2).
        ServeError: a server did not come up, or the last one died (exit code 3).
    """
    asked = SERVED in set(urls)
    if wanted is None:
        if asked:
            raise CannotServe("the roles of this run are played by a model that is served with it: give --serve again")
        yield Served()
        return
    if not asked:
        raise CannotServe(f"--serve {wanted.model}: every role that a model plays names an endpoint of its own")
    replicas = planned(wanted, folder, tools=tools)
    parsers = replicas[0].parsers
    tell(
        f"serving {wanted.served_name} ({parsers.family}; tool calls: {parsers.tools or 'no parser'}, reasoning: "
        f"{parsers.reasoning or 'no parser'}); this may take minutes, its log: {replicas[0].log}"
    )
    patience = GRACE + ENDS
    try:
        await _all(replicas)
        tell(f"{wanted.served_name} is ready: {', '.join(replica.url for replica in replicas)}")
        async with _Watch(replicas, tell):
            yield Served({SERVED: tuple(r.url for r in replicas)}, {SERVED_KEY: replicas[0].key})
    except asyncio.CancelledError:
        patience = _HURRY
        raise
    finally:
        await asyncio.gather(*(replica.stop(patience) for replica in replicas))


def planned(wanted: Serve, folder: Path, *, tools: bool) -> list[Replica]:
    """The replicas, none started. Raises `CannotServe`."""
    parsers, key = wanted.parsers(tools=tools), token_hex(16)
    wanted.program()
    shares = shared_out(visible(wanted.environment), wanted.replicas, wanted.devices)
    return [Replica(wanted, parsers, folder / LOG.format(n), key, share) for n, share in enumerate(shares)]


async def _all(replicas: Iterable[Replica]) -> None:
    """Start all at once. Raises the first `ServeError`."""
    try:
        async with asyncio.TaskGroup() as group:
            for replica in replicas:
                group.create_task(replica.start())
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


class _Watch:
    """Ends a block when the last of its servers has died, as a time-out would, but with what the server said last."""

    def __init__(self, replicas: list[Replica], tell: Callable[[str], None]) -> None:
        self._replicas = replicas
        self._tell = tell
        self._dead: ServeError | None = None

    async def __aenter__(self) -> None:
        self._body = asyncio.current_task()
        self._cancelling = self._body.cancelling() if self._body else 0
        self._watching = asyncio.ensure_future(self._watch())

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._watching.cancel()
        if self._dead is None and kind is not None and not any(replica.alive for replica in self._replicas):
            self._dead = await self._replicas[0].ended()
            raise self._dead from error
        if self._dead is None or kind is None:
            return
        if kind is asyncio.CancelledError and self._body is not None and self._body.uncancel() > self._cancelling:
            return
        raise self._dead from error

    async def _watch(self) -> None:
        """Wait for them to die, one after the other."""
        waiting = {asyncio.ensure_future(replica.ended()): replica for replica in self._replicas}
        try:
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    del waiting[one]
                    self._dead = one.result() if not waiting else None
                    if waiting:
                        self._tell(f"{one.result()}; {len(waiting)} of {len(self._replicas)} replicas go on")
            if self._body is not None:
                self._body.cancel()
        finally:
            for one in waiting:
                one.cancel()
