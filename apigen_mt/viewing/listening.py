"""An application served on a port until it is told to end: at once, whatever is under way."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_LOGGER = "uvicorn.error"
_CROWD = 64
"""So many requests are answered at a time."""
_HEAD = 1 << 15
"""Bytes that the head of a request may take."""


class PortTaken(Exception):  # noqa: N818 - reads as what is the matter
    """The port cannot be listened on; one line says why and what to do."""


class Listening:
    """A port that is listened on; 0 takes a free one. Raises `PortTaken`."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
            raise PortTaken(f"--port {port} at {host}: {why}; give another --port, or 0 for a free one") from error
        self._host = host
        self._server: uvicorn.Server | None = None
        self.signalled = False

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{name}:{self._socket.getsockname()[1]}/"

    def serve(self, application: "ASGIApp") -> None:
        """Serve until `end` is called, or until Ctrl-C or SIGTERM, which `signalled` tells."""
        asyncio.run(self._serve(application))

    def end(self) -> None:
        """Serve no longer; may be called by any thread."""
        if self._server is not None:
            logging.getLogger(_LOGGER).setLevel(logging.CRITICAL)  # what is broken off now is no failure
            self._server.should_exit = self._server.force_exit = True

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _serve(self, application: "ASGIApp") -> None:
        import uvicorn

        class Server(uvicorn.Server):
            """One that leaves signals to us: its own way waits for what is under way."""

            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        logging.getLogger(_LOGGER).setLevel(logging.ERROR)  # a request that is none is no news
        self._server = Server(
            uvicorn.Config(
                application, log_config=None, access_log=False, lifespan="off", http="h11", ws="none", loop="asyncio",
                proxy_headers=False, server_header=False, limit_concurrency=_CROWD, h11_max_incomplete_event_size=_HEAD,
            )
        )  # fmt: skip
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self._signalled)
        await self._server.serve(sockets=[self._socket])

    def _signalled(self) -> None:
        self.signalled = True
        self.end()
