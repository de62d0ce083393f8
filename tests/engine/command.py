"""Runs of `apigen-mt play` as processes, over scripted talks of some twelve requests, and what became of them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apigen_mt.journal import Journal
from apigen_mt.trajectory import Outcome
from bench.scripted_server import Place, read_scripts
from bench.talks import AGENT, HUMAN, scripted_talks, write
from blueprints.size import Size
from tests.engine.fault_server import FaultServer
from tools_env.resolve import resolve

ROOT = Path(__file__).resolve().parents[2]
CLI = (sys.executable, "-m", "apigen_mt.cli")
PAUSE = 0.002
"""Seconds between two looks at a run that is going on."""
LENGTHS = range(10, 15)
"""Requests of a talk."""


@dataclass(frozen=True)
class Work:
    """Talks to play: their blueprints, and what the models answer in them."""

    blueprints: Path
    answers: dict[Place, bytes]
    talks: int

    @property
    def ideal(self) -> int:
        """How many requests they take."""
        return len(self.answers)


def work(folder: Path, talks: int) -> Work:
    """So many talks of the library, both speakers played by models."""
    made = scripted_talks(resolve("library"), talks, LENGTHS, human=True, size=Size(calls=3, spread=1))
    assert len(made) == talks
    blueprints, scripts = folder / "blueprints.jsonl", folder / "scripts.jsonl"
    write(made, blueprints, scripts)
    return Work(blueprints, read_scripts(scripts), talks)


@dataclass(frozen=True)
class Run:
    """A run in a folder of its own, with its configuration; `flags` are those of the command."""

    folder: Path
    flags: tuple[str, ...]

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def started(self, *more: str, before: tuple[str, ...] = CLI) -> subprocess.Popen[str]:
        command = [*before, *self.flags, *more]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def done(self, *more: str, before: tuple[str, ...] = CLI) -> tuple[int, str]:
        """Exit code and stderr."""
        return ended(self.started(*more, before=before))

    def dataset(self) -> dict[str, bytes]:
        folder = self.out / "dataset"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def outcomes(self) -> list[Outcome]:
        with Journal.read(self.out) as journal:
            return [Outcome.model_validate_json(text) for _, text in journal.outcomes()]

    def replies(self) -> int:
        with Journal.read(self.out) as journal:
            return journal.replies()

    def tokens(self) -> int:
        with Journal.read(self.out) as journal:
            return sum(usage.total for usage in journal.totals().values())


def run(
    folder: Path, what: Work, server: FaultServer, *urls: str, concurrency: int = 16, deadlines: dict | None = None
) -> Run:
    """A run over work at a server; with `urls`, at these addresses as well."""
    folder.mkdir(parents=True, exist_ok=True)
    at = [*urls, server.url] if urls else server.url
    roles = {"agent": {"model": AGENT, "base_url": at}, "human": {"model": HUMAN, "base_url": at}}
    settings: dict = {"temperaments": {"plain": 1}, "roles": roles}
    if deadlines is not None:
        settings["deadlines"] = deadlines
    config = folder / "run.yaml"
    config.write_text(json.dumps(settings), "utf-8")
    flags = ("play", "--blueprints", str(what.blueprints), "--config", str(config), "--out", str(folder / "run"),
             "--concurrency", str(concurrency), "--quiet")  # fmt: skip
    return Run(folder, flags)


def ended(process: subprocess.Popen[str], seconds: float = 600) -> tuple[int, str]:
    """Exit code and stderr of a process that ends by itself."""
    _, err = process.communicate(timeout=seconds)
    return process.returncode, err


def when(process: subprocess.Popen[str], due: Callable[[], bool]) -> bool:
    """Wait until something is due; False if the process ended before."""
    nap = threading.Event()
    while process.poll() is None:
        if due():
            return True
        nap.wait(PAUSE)
    return False


def killed(process: subprocess.Popen[str], due: Callable[[], bool], how: signal.Signals = signal.SIGKILL) -> bool:
    """Kill the process as soon as something is due; False if it had ended by itself."""
    if met := when(process, due):
        process.send_signal(how)
    process.communicate()
    return met


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """CPU of a process that ended, and that nobody has waited for: user and system."""
    _, _, used = os.wait4(process.pid, 0)
    return used.ru_utime + used.ru_stime
