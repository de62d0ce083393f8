"""A scripted chat-completions server on loopback: each answer is a function of the request, faults included."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

Body = dict


@dataclass(frozen=True)
class Answer:
    """What the server does with one request. `calls` are (name, arguments) pairs; `usage` is (prompt, completion).

    `message` is laid over the assistant's message, `body` replaces the whole body, `reset` cuts the connection,
    `hang` never answers, `hold_until` waits until so many requests have come in all told, `hold` until it is set.
    """

    text: str | None = ""
    calls: tuple[tuple[str, str], ...] = ()
    message: Mapping = field(default_factory=dict)
    usage: tuple[int, int] | None = (10, 5)
    finish_reason: str = "stop"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    reset: bool = False
    hang: bool = False
    hold_until: int = 0
    hold: threading.Event | None = None


def failure(status: int, message: str = "no", **headers: str) -> Answer:
    """An OpenAI-style error; `retry_after="3"` becomes the header Retry-After."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    return Answer(status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


Script = Callable[[Body, int], Answer | str]


class ChatServer:
    """Serves `POST /v1/chat/completions` by `script(request body, number of the request from 0)`.

    Use it as an async context manager, or from blocking code with `in_thread()`. `bodies` are the requests let in,
    in order; `refused` counts those with a wrong key, `peak` is the most that were open at once.
    `models` are listed, if any.
    """

    def __init__(self, script: Script, key: str | None = None, models: Sequence[str] = ()) -> None:
        self.script = script
        self.models = models
        self.key = key
        self.url = ""
        self.bodies: list[Body] = []
        self.raw: list[bytes] = []
        self.refused = 0
        self.open = 0
        self.peak = 0
        self._arrived = asyncio.Event()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def requests(self) -> int:
        """How many requests were let in."""
        return len(self.bodies)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._serve)
        app.router.add_get("/v1/models", self._list)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self._arrived.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serve from a thread of its own, for blocking code and child processes."""
        ready, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            async with self:
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    async def _list(self, _: web.Request) -> web.Response:
        if not self.models:
            return self._respond(failure(404, "no such page"), "")
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            self.refused += 1
            given = request.headers.get("Authorization", "")
            return self._respond(failure(401, f"Incorrect API key provided: {given}"), "")
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            raw = await request.read()
            body = json.loads(raw)
            number = len(self.bodies)
            self.bodies.append(body)
            self.raw.append(raw)
            self._arrived.set()
            answer = self.script(body, number)
            answer = Answer(text=answer) if isinstance(answer, str) else answer
            while len(self.bodies) < answer.hold_until and not self._closing.is_set():
                self._arrived.clear()
                await self._arrived.wait()
            if answer.hold is not None:
                await asyncio.to_thread(answer.hold.wait, 300)
            if answer.hang:
                await self._closing.wait()
            if answer.reset and request.transport is not None:
                request.transport.abort()
            return self._respond(answer, body.get("model", ""))
        finally:
            self.open -= 1

    def _respond(self, answer: Answer, model: str) -> web.Response:
        body = answer.body if answer.body is not None else completion(answer, model, len(self.bodies))
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(status=answer.status, body=body, headers=headers)


def completion(answer: Answer, model: str, number: int) -> bytes:
    """The body of a chat completion that gives this answer."""
    message: Body = {"role": "assistant", "content": answer.text}
    if answer.calls:
        message["tool_calls"] = [
            {"id": f"call_{number}_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(answer.calls)
        ]
    message.update(answer.message)
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
    body: Body = {"id": f"chat_{number}", "object": "chat.completion", "created": 0, "model": model}
    body["choices"] = [choice]
    if answer.usage is not None:
        prompt, completion = answer.usage
        body["usage"] = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return json.dumps(body).encode()
