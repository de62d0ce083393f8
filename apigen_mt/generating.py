"""Generating: one run from configuration to dataset, continued where it stopped."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigen_mt.against import read_against
from apigen_mt.cast.ports import Agent
from apigen_mt.config import Config, ConfigError, dump, parse
from apigen_mt.journal import Journal
from apigen_mt.models.budget import TokenBudget
from apigen_mt.pipeline import Finished, Pipeline, Watch
from apigen_mt.players import Players
from apigen_mt.run_folder import CONFIG, DATASET, RunFolder
from apigen_mt.trajectory import Outcome
from tools_env.port import World
from tools_env.resolve import resolve


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended: its folder, what became of each task, and how it ended."""

    folder: Path
    outcomes: tuple[Outcome, ...]
    finished: Finished

    @property
    def kept(self) -> int:
        """Rows in the dataset."""
        return sum(len(o.rows) for o in self.outcomes)


FRESH = f".{CONFIG}.new"
OWN = ("journal.", CONFIG, FRESH)
"""How the names of what a run begins with begin: it may have been killed before its journal was there."""


def unwatched(_: Outcome) -> None:
    """Progress for nobody."""


async def agenerate(
    config: Config,
    out: Path,
    *,
    keys: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
    agent: Callable[[], Agent] | None = None,
    world: World | None = None,
) -> Run:
    """Do all tasks of `config` in the run folder `out`, then write `out/dataset`.

    `keys` maps names of key variables to keys; `agent` makes your own agent for every talk.

    Raises:
        ConfigError, UnknownDomain, DomainError: the setting is wrong (exit code 2).
        Drift: `out` belongs to another configuration (exit code 2); JournalError: disk or lock (exit code 3).
        EndpointError: an endpoint that cannot be used (exit code 3).
    """
    from apigen_mt.export.dataset import write_dataset  # noqa: PLC0415 - pyarrow

    world = world or resolve(config.domain, Path.cwd())
    identity: Any = config.identity()
    identity["digest"] = world.digest
    if agent is not None:
        identity["own_agent"] = True
    against, contents = read_against(config.against, world.specs)
    if contents:
        identity["against"] = list(contents)
    _refuse_foreign(out)
    with Journal.open(out, identity) as journal:
        _keep(config, out)
        budget = TokenBudget(config.budget_tokens)
        budget.preload(sum(u.total for u in journal.totals().values()))
        async with Players(config, world, journal, budget, dict(keys or {}), agent) as players:
            finished = await Pipeline(config, world, journal, players, watch, against).run()
        outcomes = tuple(Outcome.model_validate_json(text) for task, text in journal.outcomes() if task < config.count)
        write_dataset(out / DATASET, [row for o in outcomes for row in o.rows], domain=world.name)
    return Run(out, outcomes, finished)


def _refuse_foreign(out: Path) -> None:
    """A run is a folder of its own: it is not begun on a file, nor among things that are not its own."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file, and a run is a folder")
    if not out.is_dir() or RunFolder.looks_like(out):
        return
    if foreign := sorted(path.name for path in out.iterdir() if not path.name.startswith(OWN)):
        raise ConfigError(f"{out} is no run and not empty (it holds {foreign[0]}): name another folder")


def _keep(config: Config, out: Path) -> None:
    """Write the resolved configuration, whole or not at all."""
    fresh = out / FRESH
    fresh.write_text(dump(config), encoding="utf-8")
    fresh.replace(out / CONFIG)


def generate(
    domain: str,
    count: int,
    out: str | Path,
    *,
    seed: int = 0,
    agent: Callable[[], Agent] | None = None,
    keys: Mapping[str, str] | None = None,
    **settings: Any,  # noqa: ANN401 - further settings of Config, checked there
) -> Run:
    """Generate `count` tasks of a domain into the run folder `out`; rehearsal unless roles name models.

    Works in scripts and in notebooks, where a loop already runs. `settings` are those of the configuration file.
    """
    config = parse({"domain": domain, "count": count, "seed": seed, **settings})
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, agenerate(config, Path(out), keys=keys, agent=agent)).result()
