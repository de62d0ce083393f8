"""What a run costs and how much of an endpoint it uses: conversations of 12 requests with 16 tools against a scripted
server in a process of its own, and against answers in memory for what is ours.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from apigen_mt.journal import Journal
from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from bench.scripted_server import running
from bench.sitting import Measured, Settings, apart
from bench.talks import ScriptedTalk, scripted_talks, sixteen_tools, write
from blueprints.size import Size

REQUESTS = 12
TALKS = 24
"""Different ones; a sitting plays copies of them."""
HISTORIES = (2, 20, 40)
SAVED = 2000
AT_LEAST: Mapping[str, float] = {"saturation_32": 0.95, "saturation_128": 0.70, "saturation_512": 0.80}
LIMITS: Mapping[str, float] = {
    "cpu_ms_32": 2.0,
    "cpu_ms_128": 2.0,
    "ours_ms": 0.6,
    "verdict_ms": 2.0,
    **{f"calls_at_{messages}": 8000 for messages in HISTORIES},
    "rss_mb_128": 150,
    "rss_mb_512": 400,
    **{f"wasted_{live}": 0 for live in (32, 128, 512)},
    "save_last_over_first": 1.5,
    "talks_last_over_first": 1.5,
}


class _Bench:
    """Talks and their scripts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        world = sixteen_tools()
        self.talks = scripted_talks(world, TALKS, (REQUESTS,))
        self.settings = self._written("talks", self.talks)
        long = scripted_talks(world, 1, range(REQUESTS * 2, REQUESTS * 6), size=Size(calls=20, spread=1))
        self.long = self._written("long", long)

    def _written(self, name: str, talks: tuple[ScriptedTalk, ...]) -> Settings:
        blueprints, scripts = self.folder / f"{name}.jsonl", self.folder / f"{name}.scripts"
        write(talks, blueprints, scripts)
        return Settings(blueprints=str(blueprints), scripts=str(scripts), talks=len(talks), concurrency=1)

    def sitting(self, talks: int, live: int, latency: float) -> dict[str, float]:
        """Figures of a sitting over `talks` of which so many are live at a time, by how many are."""
        with running(Path(self.settings.scripts), latency, -(-talks // TALKS)) as server:
            done = apart(self.settings.model_copy(update={"talks": talks, "concurrency": live, "url": server.url}))
            seen = server.figures()
        _check(done, talks)
        return {
            f"cpu_ms_{live}": done.cpu_ms,
            f"saturation_{live}": seen.requests * latency / (live * seen.span),
            f"in_flight_{live}": seen.peak,
            f"in_flight_mean_{live}": seen.mean_open,
            f"wasted_{live}": seen.wasted + seen.requests - talks * REQUESTS,
            f"rss_mb_{live}": done.rss_mb,
            f"server_cpu_ms_{live}": seen.cpu / seen.requests * 1000,
        }

    def ours(self) -> dict[str, float]:
        """What is not the wire's: 2,000 talks with answers from memory."""
        done = apart(self.settings.model_copy(update={"talks": SAVED, "concurrency": 32}))
        _check(done, SAVED)
        return {
            "ours_ms": done.cpu_ms,
            "verdict_ms": done.verdict_ms,
            "talks_last_over_first": done.last_over_first,
            "rss_mb_memory": done.rss_mb,
        }

    def calls(self) -> dict[str, float]:
        """Python calls of a request by the messages it holds, wire included: of the first that holds as many."""
        with running(Path(self.long.scripts), 0.0) as server:
            done = apart(self.long.model_copy(update={"url": server.url, "calls": True}))
        figures: dict[str, float] = {}
        for messages in HISTORIES:
            reached = [held for held in done.calls if held >= messages]
            if not reached:
                raise ValueError(f"no talk of {messages} messages: the longest request holds {max(done.calls)}")
            figures[f"calls_at_{messages}"] = done.calls[min(reached)]
        return figures


def _check(done: Measured, talks: int) -> None:
    """A sitting of which talks failed measures something else."""
    if (done.verified, done.failed, done.requests) != (talks, 0, talks * REQUESTS):
        raise ValueError(f"{done.verified} of {talks} talks verified, {done.failed} failed, {done.requests} requests")


def run() -> dict[str, float]:
    """Measure all of it; some three minutes."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        figures = bench.ours() | bench.calls()
        for talks, live, latency in ((128, 32, 0.2), (512, 128, 0.2), (1024, 512, 1.0)):
            figures |= bench.sitting(talks, live, latency)
        figures["save_last_over_first"] = asyncio.run(_saving(Path(folder) / "journal"))
    return figures


async def _saving(folder: Path) -> float:
    """What saving the last tenth of 2,000 trajectories costs, against the first: 12 replies and an outcome each."""
    reply = ChatReply(text="A plain sentence. " * 12, usage=Usage(prompt=900, completion=60), model="bench")
    payload = json.dumps({"row": "x" * 60_000})
    tenths: list[float] = []
    with Journal.open(folder, {}) as journal:
        for tenth in range(10):
            begun = time.perf_counter()
            for task in range(tenth * SAVED // 10, (tenth + 1) * SAVED // 10):
                for turn in range(REQUESTS):
                    key = ReplyKey(role="agent", blueprint=f"{task:064d}", turn=turn)
                    await journal.record_reply(key, f"{task:032d}{turn:032d}", reply)
                await journal.record_outcome(task, payload)
            tenths.append(time.perf_counter() - begun)
    return tenths[-1] / tenths[0]


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
