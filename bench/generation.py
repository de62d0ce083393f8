"""What rehearsal costs: CPU per kept row and where it goes, rows per second, and the CPU of `apigen-mt --help`."""

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import fmean, median

from apigen_mt.config import KINDS, Config
from apigen_mt.generating import Run, agenerate
from apigen_mt.planning import Mix, Planner
from apigen_mt.trajectory import Row
from blueprints.blueprint import Blueprint, Kind
from blueprints.draft import gates_of
from blueprints.judging.judge import judge
from blueprints.personas import shipped
from blueprints.sampling import Sampler
from blueprints.size import Size
from tools_env.port import World
from tools_env.resolve import resolve

DOMAINS = ("library", "retail", "clinic")
CONCURRENCIES = (1, 64)
TASKS = 60
GOALS = 300
ROUNDS = 3
HELP_ROUNDS = 9
LIMITS: Mapping[str, float] = {"help_cpu_s": 0.25, "retail_drawn_ms_mean": 5.0, "retail_gates_ms_mean": 20.0}
SEED = 11
_MS = 1000.0


def run() -> dict[str, float]:
    """Measure the domains: ms of CPU per step (median and mean), ms of CPU per kept row, rows per second."""
    figures: dict[str, float] = {"help_cpu_s": round(help_cpu_s(), 3)}
    for domain in DOMAINS:
        world = resolve(domain)
        for step, spent in _steps(world, domain).items():
            figures[f"{domain}_{step}_ms_median"] = round(median(spent), 2)
            figures[f"{domain}_{step}_ms_mean"] = round(fmean(spent), 2)
        for concurrency in CONCURRENCIES:
            cpu, per_second = _throughput(world, domain, concurrency)
            figures[f"{domain}_cpu_ms_per_row_at_{concurrency}"] = round(cpu, 2)
            figures[f"{domain}_rows_per_s_at_{concurrency}"] = round(per_second, 1)
    return figures


def _steps(world: World, domain: str) -> dict[str, list[float]]:
    """Time on the CPU, in ms, of finding a goal, of planning a task, of all gates of phase one, and of the verdict."""
    drawn, planned = _drawn(world), _planned(domain)
    rows = [row for outcome in _run(world, domain, CONCURRENCIES[-1]).outcomes for row in outcome.rows]
    gates = [_cpu_ms(partial(_gates, row.blueprint, world)) for row in rows]
    judging = [_cpu_ms(partial(_judged, row, world)) for row in rows]
    return {"drawn": drawn, "planned": planned, "gates": gates, "judging": judging}


def help_cpu_s() -> float:
    """Median CPU in seconds, user and system, of `apigen-mt --help` in a process of its own."""
    spent: list[float] = []
    for _ in range(HELP_ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", "import sys; from apigen_mt.cli import main; sys.exit(main())", "--help"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return median(spent)


def _drawn(world: World) -> list[float]:
    """CPU of sampling for each goal found, kinds by their shares and draws in vain included."""
    sampler = Sampler(world, 8)
    for snapshot in sampler.snapshots:
        world.brief(snapshot)
    kinds = [kind for kind, share in KINDS.items() if sampler.can(kind) for _ in range(round(share * GOALS))]
    spent: list[float] = []
    for number, kind in enumerate(kinds):
        spent.append(_cpu_ms(partial(_until_found, sampler, kind, number)))
    return spent


def _until_found(sampler: Sampler, kind: Kind, number: int) -> None:
    draws = (sampler.draw(kind, random.Random(f"{SEED}/{number}/{attempt}")) for attempt in range(100))
    if next((goal for goal in draws if goal is not None), None) is None:
        raise ValueError(f"no {kind} goal in 100 draws")


def _planned(domain: str) -> list[float]:
    """CPU of planning each task, snapshots made beforehand: what is found stands but for its author's words."""
    world = resolve(domain)
    for number in range(8):
        world.brief(f"seed:{number}")
    planner = Planner(world, SEED, Mix(dict(KINDS), personas=shipped(), size=Size()))
    return [_cpu_ms(planner.next) for _ in range(GOALS)]


def _gates(blueprint: Blueprint, world: World) -> None:
    if found := next(iter(gates_of(world)(blueprint)), None):
        raise ValueError(f"a kept blueprint does not stand: {found.reason}")


def _judged(row: Row, world: World) -> None:
    if not judge(row.blueprint, row.course, row.human_turns, row.end_reason, world).ok:
        raise ValueError(f"a kept row does not verify: {row.id}")


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * _MS


def _throughput(world: World, domain: str, concurrency: int) -> tuple[float, float]:
    """Medians over whole runs, journal and dataset included: ms of CPU per kept row, and kept rows per second."""
    cpu: list[float] = []
    speed: list[float] = []
    for _ in range(ROUNDS):
        started, clock = time.process_time(), time.perf_counter()
        kept = _run(world, domain, concurrency).kept
        cpu.append((time.process_time() - started) * _MS / kept)
        speed.append(kept / (time.perf_counter() - clock))
    return median(cpu), median(speed)


def _run(world: World, domain: str, concurrency: int) -> Run:
    config = Config(domain=domain, count=TASKS, seed=SEED, concurrency=concurrency)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(agenerate(config, Path(folder) / "run", world=world))
