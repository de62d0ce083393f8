"""One server: started on a free port of loopback, waited for, and stopped with all that it started."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apigen_mt.serving.families import Parsers
from apigen_mt.serving.wanted import KEY, Serve
from apigen_mt.terminal import visible

if TYPE_CHECKING:
    import aiohttp

LOOPBACK = "127.0.0.1"
TAIL = 25
"""Lines of a log that are shown."""
GRACE = 5.0
"""Seconds that a server has to end by itself."""
_SHIM = Path(__file__).with_name("shim.py")
ENDS = 15.0
"""Seconds beyond those until the shim has ended everything else."""
_AGAIN = _TICK = 0.5
_ANSWER = 5.0
_PORTS = 3
_TAKEN = ("address already in use", "errno 98")
_READ = 1 << 16
_OK = 200


class ServeError(Exception):
    """A server did not come up, or went down during the run; one line says which, `tail` is the end of its log."""

    def __init__(self, message: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tail = tuple(tail)


@dataclass(slots=True)
class Replica:
    """One `vllm serve` and its log. `key` is what requests must bring; it is in no command line and in no log."""

    wanted: Serve
    parsers: Parsers
    log: Path
    key: str
    devices: Mapping[str, str]
    port: int = 0
    shim: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    async def start(self) -> None:
        """Start it and wait until it answers. Raises `ServeError` if it ends before, or takes too long."""
        for attempt in range(1, _PORTS + 1):
            self._launch()
            try:
                await self._ready()
            except ServeError as error:
                await self.stop()
                taken = any(word in line.lower() for line in error.tail for word in _TAKEN)
                if not taken or attempt == _PORTS:
                    raise
            else:
                return

    async def ended(self) -> ServeError:
        """Wait until it ends by itself, and say so."""
        code = await self._waited(_TICK)
        return ServeError(f"vllm serve {self.wanted.served_name} ended {_told(code)}; its log: {self.log}", self.tail())

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.shim is not None and self.shim.poll() is None

    async def stop(self, seconds: float = GRACE + ENDS) -> None:
        """Have it stopped, and wait so long until nothing of it is left; what then is left the shim goes on to end."""
        if self.shim is None:
            return
        if self.shim.stdin is not None:
            self.shim.stdin.close()
        try:
            async with asyncio.timeout(seconds):
                await self._waited(_TICK / 10)
        except TimeoutError:
            return
        self.shim = None

    def tail(self) -> tuple[str, ...]:
        """The last lines of its log, fit for a screen."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _READ))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ()
        return tuple(visible(line).replace(self.key, "[key]") for line in lines if line.strip())[-TAIL:]

    async def _waited(self, tick: float) -> int:
        """The code that it ends with, asked for every `tick` seconds."""
        if self.shim is None:
            raise RuntimeError("the server was not started")
        while (code := self.shim.poll()) is None:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(tick)
        return code

    def _launch(self) -> None:
        """Start the shim: not through asyncio, which kills what still runs when its loop is gone."""
        self.port = free_port()
        line = self.wanted.arguments(self.port, self.parsers)
        self.shim = subprocess.Popen(  # noqa: S603 - the command is the user's
            [sys.executable, "-I", "-S", str(_SHIM), str(self.log), str(GRACE), *line],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"VLLM_NO_USAGE_STATS": "1", **self.wanted.environment, **self.devices, KEY: self.key},
            start_new_session=True,
        )

    async def _ready(self) -> None:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=_ANSWER)
        ended = asyncio.ensure_future(self.ended())
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.timeout(self.wanted.seconds):
                while not await self._answers(session):
                    await asyncio.wait({ended}, timeout=_AGAIN)
                    if ended.done():
                        raise ended.result()
        except TimeoutError:
            told = f"vllm serve {self.wanted.served_name} is not ready after {self.wanted.seconds:g} s"
            raise ServeError(f"{told}; --serve-timeout gives it longer; its log: {self.log}", self.tail()) from None
        finally:
            ended.cancel()

    async def _answers(self, session: "aiohttp.ClientSession") -> bool:
        """Whether this very server is ready: /health anybody might answer who took the port, the model is ours."""
        import aiohttp

        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            async with session.get(f"http://{LOOPBACK}:{self.port}/health") as health:
                if health.status != _OK:
                    return False
            async with session.get(f"{self.url}/models", headers=headers) as models:
                return models.status == _OK and f'"{self.wanted.served_name}"' in await models.text()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _told(code: int) -> str:
    return f"with signal {code - 128}" if code > 128 else f"with code {code}"  # noqa: PLR2004 - as in a shell
