"""A chat-completions server with a fixed latency that answers by script: `python -m bench.scripted_server SCRIPTS`.

It prints its base URL, serves until its standard input is closed, and tells at `/figures` what it has seen.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from aiohttp import web

Place = tuple[str, str, int]
"""A point of a talk as its request shows it: the model, the text that marks the task, and the number of messages."""


@dataclass(slots=True)
class Figures:
    """What a server has seen: requests, those of them that nobody should have sent (`duplicates` beyond what was
    expected, `unknown` to the script, `gone` before they were answered), the most that were open at once and how many
    on average while any was, seconds from the first request to the last answer, and the server's own CPU in seconds.
    """

    requests: int = 0
    duplicates: int = 0
    unknown: int = 0
    gone: int = 0
    peak: int = 0
    mean_open: float = 0.0
    span: float = 0.0
    cpu: float = 0.0
    sizes: int = 0

    @property
    def wasted(self) -> int:
        """Requests that bought nothing."""
        return self.duplicates + self.unknown + self.gone


@dataclass(slots=True)
class Scripted:
    """Answers by script after `latency` seconds. Each place is expected `attempts` times."""

    answers: dict[Place, bytes]
    latency: float
    attempts: int = 1
    seen: Counter[Place] = field(default_factory=Counter)
    figures: Figures = field(default_factory=Figures)
    open: int = 0
    first: float = 0.0
    last: float = 0.0
    area: float = 0.0

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.method != "POST":
            return web.Response(body=json.dumps(asdict(self.told())), content_type="application/json")
        raw = await request.read()
        self._enters(1)
        try:
            answer = self._answer(raw)
            await asyncio.sleep(self.latency)
        finally:
            self._enters(-1)
        self.figures.gone += request.transport is None
        return answer

    def _answer(self, raw: bytes) -> web.Response:
        figures, body = self.figures, json.loads(raw)
        figures.requests += 1
        figures.sizes += len(raw)
        place = place_of(body)
        answer = self.answers.get(place)
        if answer is None:
            figures.unknown += 1
            return web.Response(status=400, body=b'{"error": {"message": "not in the script"}}')
        self.seen[place] += 1
        figures.duplicates += self.seen[place] > self.attempts
        return web.Response(body=answer, headers={"Content-Type": "application/json"})

    def _enters(self, step: int) -> None:
        now = time.perf_counter()
        self.area += self.open * (now - self.last) if self.open else 0.0
        self.first, self.last = self.first or now, now
        self.open += step
        self.figures.peak = max(self.figures.peak, self.open)

    def told(self) -> Figures:
        """The figures so far."""
        span = self.last - self.first
        self.figures.span, self.figures.cpu = span, time.process_time()
        self.figures.mean_open = self.area / span if span else 0.0
        return self.figures


def place_of(body: dict[str, Any]) -> Place:
    """Where in which talk a request stands: agents are told by the first words of the human, humans by their part."""
    messages = body["messages"]
    marked = 1 if body.get("tools") else 0
    return body["model"], messages[marked]["content"], len(messages)


def read_scripts(path: Path) -> dict[Place, bytes]:
    """The answers in a file that `bench.talks.write` made."""
    answers: dict[Place, bytes] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        for number, body in row["replies"].items():
            answers[row["model"], row["mark"], int(number)] = body.encode()
    return answers


async def _serve(scripted: Scripted) -> None:
    runner = web.ServerRunner(web.Server(scripted.serve, access_log=None))  # no router: it would cost more than answers
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Running:
    """A server in a process of its own."""

    url: str

    def figures(self) -> Figures:
        """What it has seen so far."""
        with urlopen(f"{self.url}/figures", timeout=10) as answer:  # noqa: S310 - our own loopback server
            return Figures(**json.load(answer))


@contextmanager
def running(scripts: Path, latency: float, attempts: int = 1) -> Iterator[Running]:
    """A server in a process of its own; it goes when the block is left, or this process dies."""
    command = [sys.executable, "-m", "bench.scripted_server", str(scripts)]
    command += ["--latency", str(latency), "--attempts", str(attempts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        yield Running((process.stdout.readline() if process.stdout else "").strip())
        process.communicate("")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", type=Path)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--attempts", type=int, default=1, help="how often each point of a talk is expected")
    options = parser.parse_args(arguments)
    asyncio.run(_serve(Scripted(read_scripts(options.scripts), options.latency, options.attempts)))


if __name__ == "__main__":
    main()
