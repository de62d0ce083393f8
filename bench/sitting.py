"""One sitting over scripted talks, measured in a process of its own: `python -m bench.sitting SETTINGS`, as JSON."""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from apigen_mt.blueprint_files import Given
from apigen_mt.config import Config, parse
from apigen_mt.journal import Journal
from apigen_mt.models.client import Endpoint
from apigen_mt.models.wire import OpenAIWire, Wire
from apigen_mt.players import Players
from apigen_mt.playing import played
from apigen_mt.spending import budget_of
from apigen_mt.trajectory import Outcome, Row
from bench.scripted_server import Place, place_of, read_scripts
from bench.talks import AGENT, copies, sixteen_tools
from blueprints.blueprint import Blueprint
from blueprints.judging.judge import judge
from tools_env.port import World
from tools_env.values import Part

NOWHERE = "http://scripted.invalid/v1"
JUDGED = 200


class Settings(Part):
    """What to play: files that `bench.talks.write` made, how many talks, how many at a time, and where models answer:
    at `url`, or without one in memory. With `calls`, Python calls are counted between requests.
    """

    blueprints: str
    scripts: str
    talks: int
    concurrency: int
    url: str = ""
    calls: bool = False


class Measured(Part):
    """A sitting in figures: CPU in ms of one request between the first and the last talk that ended, without the
    endpoint's where it answers from memory; MB of memory at most while talks were live; CPU of the last tenth of the
    talks over that of the first; ms of a verdict; and Python calls by the number of messages that a request held.
    """

    requests: int
    verified: int
    failed: int
    cpu_ms: float
    rss_mb: float
    last_over_first: float
    verdict_ms: float
    calls: dict[int, int] = {}


@dataclass(slots=True)
class Meter:
    """Requests of a sitting, the time that was not ours, and a mark for every talk that ended: (CPU in seconds without
    that time, requests so far).
    """

    requests: int = 0
    away: float = 0.0
    marks: list[tuple[float, int]] = field(default_factory=list)
    calls: int = 0
    posts: list[tuple[int, bytes]] = field(default_factory=list)

    def mark(self, _: Outcome) -> None:
        """A talk has ended."""
        self.marks.append((time.process_time() - self.away, self.requests))

    def tick(self, _frame: FrameType, event: str, _argument: object) -> None:
        """Told of whatever Python does."""
        self.calls += event == "call"

    def cpu_ms(self, first: int = 0, last: int = -1) -> float:
        """CPU of one request between two marks, in ms."""
        (begun, before), (ended, after) = self.marks[first], self.marks[last]
        return (ended - begun) / max(1, after - before) * 1000


class _Metered:
    """A wire that counts; without another behind it, it answers from memory."""

    def __init__(self, meter: Meter, answers: dict[Place, bytes], behind: Wire | None, *, calls: bool) -> None:
        self.meter, self.answers, self.behind, self.calls = meter, answers, behind, calls
        self.base_url = NOWHERE if behind is None else behind.base_url

    async def post(self, body: bytes, seconds: float) -> bytes:
        """The answer by script."""
        meter = self.meter
        meter.requests += 1
        if self.calls:
            meter.posts.append((meter.calls, body))
        if self.behind is not None:
            return await self.behind.post(body, seconds)
        await asyncio.sleep(0)
        begun = time.process_time()
        answer = self.answers[place_of(json.loads(body))]
        meter.away += time.process_time() - begun
        return answer

    async def __aenter__(self) -> Self:
        if self.behind is not None:
            await self.behind.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.behind is not None:
            await self.behind.__aexit__(kind, error, trace)


def measured(settings: Settings) -> Measured:
    """Play in this process, in a folder that is gone afterwards."""
    world, meter, url = sixteen_tools(), Meter(), settings.url or NOWHERE
    answers = {} if settings.url else read_scripts(Path(settings.scripts))
    lines = Path(settings.blueprints).read_text("utf-8").splitlines()
    tasks = [Blueprint.model_validate_json(line) for line in lines]
    for snapshot in {task.snapshot for task in tasks}:
        world.open(snapshot)  # built once a run, which `bench.environments` measures
    given = Given(tuple(copies(tasks, settings.talks)), {world.name: world})
    config = parse(
        {
            "domain": world.name, "count": settings.talks, "concurrency": settings.concurrency,
            "temperaments": {"plain": 1}, "roles": {"agent": {"model": AGENT, "base_url": url}},
        }
    )  # fmt: skip

    def wires(endpoint: Endpoint, connections: int) -> Wire:
        behind = OpenAIWire(endpoint, connections) if settings.url else None
        return _Metered(meter, answers, behind, calls=settings.calls)

    with tempfile.TemporaryDirectory() as folder, Journal.open(Path(folder) / "run", {}) as journal:
        asyncio.run(_played(config, given, journal, wires, meter, calls=settings.calls))
        rss = _peak_mb()
        outcomes = [Outcome.model_validate_json(text) for _, text in journal.outcomes()]
    rows = [row for outcome in outcomes for row in outcome.rows]
    tenth = max(1, settings.talks // 10)
    return Measured(
        requests=meter.requests,
        verified=len(rows) + sum(len(outcome.repeated) for outcome in outcomes),
        failed=sum(len(outcome.failures) for outcome in outcomes),
        cpu_ms=meter.cpu_ms(),
        rss_mb=rss,
        last_over_first=meter.cpu_ms(-1 - tenth, -1) / meter.cpu_ms(0, tenth) if settings.talks > tenth else 1.0,
        verdict_ms=_verdict_ms(rows[:JUDGED], world),
        calls=_calls(meter),
    )


async def _played(
    config: Config,
    given: Given,
    journal: Journal,
    wires: Callable[[Endpoint, int], Wire],
    meter: Meter,
    *,
    calls: bool,
) -> None:
    world = given.worlds[config.domain]
    async with Players(config, world, journal, budget_of(config, {}), {}, command="play", wires=wires) as players:
        gc.collect()
        if calls:
            sys.setprofile(meter.tick)
        try:
            await played(config, given, journal, players, meter.mark)
        finally:
            sys.setprofile(None)


def _peak_mb() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _verdict_ms(rows: list[Row], world: World) -> float:
    begun = time.process_time()
    for row in rows:
        judge(row.blueprint, row.course, row.human_turns, row.end_reason, world)
    return (time.process_time() - begun) / max(1, len(rows)) * 1000


def _calls(meter: Meter) -> dict[int, int]:
    """Python calls from one request of a talk to its next, by the messages of the first; the most of its kind."""
    found: dict[int, int] = {}
    bodies = [(calls, json.loads(body)["messages"]) for calls, body in meter.posts]
    for (calls, messages), (after, following) in pairwise(bodies):
        if len(following) > len(messages):
            found[len(messages)] = max(found.get(len(messages), 0), after - calls)
    return found


def apart(settings: Settings) -> Measured:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "bench.sitting", settings.model_dump_json()]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    return Measured.model_validate_json(done.stdout)


def main(arguments: list[Any]) -> None:
    """Measure and print."""
    print(measured(Settings.model_validate_json(arguments[0])).model_dump_json())


if __name__ == "__main__":
    main(sys.argv[1:])
