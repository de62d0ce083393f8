"""Auditing: the matrix over domains and runs, a process for each."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple

from apigen_mt.audit.matrix import MOST, Matrix, measured, together
from apigen_mt.audit.rehearsal import rehearsed, talk_of
from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Row
from tools_env.port import World
from tools_env.resolve import UnknownDomain, resolve

SHIPPED = ("library", "retail", "clinic")
BESIDE = "tau2:retail"
"""Audited too where tau2 is installed."""
COUNT = 60
FURTHER, ENOUGH = 4, 20
"""Kinds of change that fewer talks than enough could be made to are tried on so many times the talks."""
MOST_ROWS, MOST_EACH = 16, 3
"""So many rows of an export are audited, and so many of them changed in one way."""
GATES = frozenset({"blueprint", "replay", "fidelity", "ending", "form", "state", "assertions", "outputs", "evidence",
                   "conduct", "provenance", "truthfulness"})  # fmt: skip


class Job(NamedTuple):
    """What one process does: a domain to rehearse, or a run to read."""

    domain: str = ""
    run: str = ""


def usual() -> tuple[str, ...]:
    """The domains that are audited unless somebody says otherwise."""
    try:
        resolve(BESIDE)
    except UnknownDomain:
        return SHIPPED
    return (*SHIPPED, BESIDE)


def audit(
    domains: Sequence[str] = (),
    runs: Sequence[Path] = (),
    *,
    seed: int = 0,
    count: int = COUNT,
    without: Collection[str] = (),
    processes: int | None = None,
) -> Matrix:
    """The matrix over rehearsals of `count` tasks of each domain (more for rare kinds) and over the rows of each run.

    Raises `UnknownDomain`, `NotARun`.
    """
    jobs = [*(Job(domain=domain) for domain in domains), *(Job(run=str(run)) for run in runs)]
    do = partial(_one, domains=tuple(domains), seed=seed, count=count, without=tuple(sorted(without)))
    most = min(len(jobs), processes or os.cpu_count() or 1)
    if most <= 1:
        return together([do(job) for job in jobs])
    with ProcessPoolExecutor(max_workers=most) as pool:
        return together(list(pool.map(do, jobs)))


def _one(job: Job, *, domains: Sequence[str], seed: int, count: int, without: Sequence[str]) -> Matrix:
    if job.domain:
        world = resolve(job.domain, Path.cwd())
        talks = rehearsed(world, seed, FURTHER * count)
        whole = measured(world.name, list(islice(talks, count)), without)
        rare = {line.kind for line in (*whole.spoilt, *whole.harmless) if line.n < ENOUGH}
        return together([whole, measured(world.name, list(talks), without, most=ENOUGH, only=rare)]) if rare else whole
    return audit_rows(RunFolder(Path(job.run)).rows(), partial(_known, domains=domains), without)


def _known(name: str, *, domains: Sequence[str]) -> World:
    """A row's world: one that is named here, or one that comes along. Raises `UnknownDomain`."""
    for domain in domains:
        if (world := resolve(domain, Path.cwd())).name == name:
            return world
    return resolve(name)


def audit_rows(
    rows: Iterable[Row], world_of: Callable[[str], World], without: Collection[str] = (), *, most: int = MOST
) -> Matrix:
    """The matrix over rows; those of a domain that cannot be resolved or has changed are told, not audited."""
    parts = [Matrix(without=tuple(sorted(without)))]
    for domain, group in groupby(sorted(rows, key=lambda row: row.blueprint.domain), lambda row: row.blueprint.domain):
        try:
            world = world_of(domain)
        except UnknownDomain as unknown:
            parts.append(Matrix(unheard=(f"{domain}: {unknown}",)))
            continue
        known = list(group)
        fit = [row for row in known if row.blueprint.digest == world.digest]
        if len(fit) < len(known):
            why = f"{domain}: {len(known) - len(fit)} rows are of another version of the domain"
            parts.append(Matrix(unheard=(why,)))
        parts.append(measured(domain, [talk_of(row, world) for row in fit], without, most=most))
    return together(parts)


class Sample:
    """Rows evenly spread over those that pass by, never more than twice `most` in memory."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self.most = most
        self.kept: list[Row] = []
        self.step = 1
        self.met = 0

    def watched(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, noted on their way."""
        for row in rows:
            if self.met % self.step == 0:
                self.kept.append(row)
            self.met += 1
            if len(self.kept) >= 2 * self.most:
                self.kept, self.step = self.kept[::2], 2 * self.step
            yield row

    def rows(self) -> list[Row]:
        """The sample, at most `most` rows."""
        number = len(self.kept)
        if number <= self.most:
            return self.kept
        return [self.kept[n * number // self.most] for n in range(self.most)]
