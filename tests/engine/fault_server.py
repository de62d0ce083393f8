"""A chat server that answers by script and fails by seed: a run that met faults can be compared with one that did not.

Each answer is a function of the place alone: task, role and turn. Whether a request fails, and how, is one of the place
and of how often it was asked before.
"""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from bench.scripted_server import Place, place_of

Faults = Callable[[Place, int], str]
"""The kind of fault that a place meets when it is asked for the n-th time, from 0; nothing for none."""

REFUSED: Mapping[str, tuple[int, str]] = {
    "400": (400, "bad request"),
    "401": (401, "Incorrect API key provided"),
    "403": (403, "not allowed"),
    "404": (404, "no such model"),
    "no credit": (429, "You exceeded your current quota: insufficient_quota"),
    "429": (429, "slow down"),
    "500": (500, "internal error"),
    "502": (502, "bad gateway"),
    "503": (503, "overloaded"),
}
TRANSIENT = ("429", "500", "502", "503", "reset", "cut")
NETWORK = ("half-open", "drip", "reset in body", "early end", "silence", "restart", "dead")
"""How a network fails, but for names that cannot be resolved. `dead`: the server is healthy and answers nobody."""
AWAY = 1.0
"""Seconds for which a server is away or dead."""
LATE = 0.3
"""What comes so soon after a 429 may have been on its way."""
_DRIP = 0.2


def never(_: Place, __: int) -> str:
    """No faults."""
    return ""


def seeded(seed: int, share: float, kinds: Iterable[str]) -> Faults:
    """Faults on a share of all calls."""
    known = sorted(kinds)

    def fault(place: Place, times: int) -> str:
        rng = random.Random(f"{seed} {place} {times}")
        return rng.choice(known) if rng.random() < share else ""

    return fault


@dataclass(slots=True)
class FaultServer:
    """Serves in a thread of its own. `asked` counts requests by place, `bought` the whole answers that were sent;
    `refused` are the 429s for want of room (`admits`), `early` what came although it was told to wait.

    Between `hold` and `release` nobody is answered. `told` are the tokens of all answers that were sent.
    """

    answers: Mapping[Place, bytes]
    faults: Faults = never
    latency: float = 0.0
    admits: int = 1 << 30
    port: int = 0
    asked: Counter[Place] = field(default_factory=Counter)
    bought: Counter[Place] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    refused: int = 0
    early: int = 0
    open: int = 0
    peak: int = 0
    told: int = 0
    log: list[tuple[float, int]] = field(default_factory=list)
    """When answers were sent, and how many were open then."""
    barrier: float = 0.0
    dead_until: float = 0.0
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def requests(self) -> int:
        """How many came in."""
        return self.asked.total()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serve while the block lasts."""
        loop, ready, stop = self._loop, threading.Event(), asyncio.Event()
        self._flowing.set()

        async def serve() -> None:
            await self._listen()
            ready.set()
            await stop.wait()
            self._hang_up()
            every = asyncio.all_tasks() - {asyncio.current_task()}
            for task in every:
                task.cancel()
            await asyncio.gather(*every, return_exceptions=True)

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    def hold(self) -> None:
        """Answer nobody."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def release(self) -> None:
        """Answer whoever waits."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    async def _restart(self) -> None:
        self._hang_up()
        await asyncio.sleep(AWAY)
        await self._listen()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
        )
        raw = await reader.readexactly(length)
        if head.startswith(b"GET"):
            return await self._send(writer, 200, b'{"status": "ok"}')
        self.open += 1
        try:
            return await self._answered(writer, json.loads(raw))
        finally:
            self.open -= 1

    async def _answered(self, writer: asyncio.StreamWriter, body: dict) -> bool:
        place, now = place_of(body), time.monotonic()
        times = self.asked[place]
        self.asked[place] += 1
        self.early += self.barrier - 1 + LATE < now < self.barrier
        self.peak = max(self.peak, self.open)
        if self.open > self.admits:
            self.refused += 1
            self.barrier = max(self.barrier, now + 1)
            return await self._send(writer, *_error("429"), {"Retry-After": "1"})
        if (answer := self.answers.get(place)) is None:
            self.unknown += 1
            return await self._send(writer, 400, b'{"error": {"message": "not in the script"}}')
        fault = self.faults(place, times)
        self.kinds[fault] += 1
        await asyncio.sleep(self.latency)
        await self._flowing.wait()
        if now < self.dead_until:
            fault = "half-open"
        if fault:
            return await self._fail(writer, fault, answer)
        self.bought[place] += 1
        self.told += json.loads(answer)["usage"]["total_tokens"]
        self.log.append((time.monotonic(), self.open))
        return await self._send(writer, 200, answer)

    async def _fail(self, writer: asyncio.StreamWriter, fault: str, answer: bytes) -> bool:
        if fault in REFUSED:
            return await self._send(writer, *_error(fault))
        if fault == "cut":
            return await self._send(writer, 200, answer[: len(answer) // 2])
        if fault == "length":
            return await self._send(
                writer, 200, answer.replace(b'"finish_reason": "stop"', b'"finish_reason": "length"')
            )
        if fault in {"restart", "dead"}:
            self.dead_until = time.monotonic() + AWAY
            if fault == "restart":
                await asyncio.shield(asyncio.create_task(self._restart()))
            return False
        if fault in {"drip", "silence", "reset in body", "early end"}:
            await self._half(writer, fault, answer)
        if fault in {"half-open", "silence", "drip"}:
            await asyncio.Event().wait()
        if fault != "early end":
            writer.transport.abort()
        return False

    async def _half(self, writer: asyncio.StreamWriter, fault: str, answer: bytes) -> None:
        """Begin an answer that never comes to its end."""
        writer.write(_head(200, len(answer), {}))
        if fault in {"reset in body", "early end"}:
            writer.write(answer[: len(answer) // 2])
        await writer.drain()
        for place in range(len(answer) - 1 if fault == "drip" else 0):
            writer.write(answer[place : place + 1])
            await writer.drain()
            await asyncio.sleep(_DRIP)

    async def _send(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> bool:
        writer.write(_head(status, len(body), headers or {}) + body)
        await writer.drain()
        return True


def _error(kind: str) -> tuple[int, bytes]:
    status, message = REFUSED[kind]
    code = "insufficient_quota" if kind == "no credit" else None
    return status, json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
