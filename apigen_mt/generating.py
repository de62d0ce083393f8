"""Generating: one run from configuration to dataset, continued where it stopped."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigen_mt.against import read_against
from apigen_mt.attempts import Attempts
from apigen_mt.cast.ports import Agent
from apigen_mt.config import Config, ConfigError, parse
from apigen_mt.journal import Journal, refuse_locked
from apigen_mt.persona_files import read_personas
from apigen_mt.pipeline import Finished, Pipeline, Watch
from apigen_mt.planning import Planner
from apigen_mt.players import Players
from apigen_mt.room import Room
from apigen_mt.run_folder import DATASET, keep_config, refuse_foreign
from apigen_mt.secrets import refuse_secrets
from apigen_mt.sitting import Sitting
from apigen_mt.spending import budget_of, priced
from apigen_mt.trajectory import Outcome
from apigen_mt.worded import Worded
from blueprints.overlap import Against
from blueprints.personas import shipped
from tools_env.port import World
from tools_env.resolve import resolve
from tools_env.state import fingerprint


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
    sitting: Sitting | None = None,
) -> Run:
    """Do all tasks of `config` in the run folder `out`, then write `out/dataset`.

    `keys` maps names of key variables to keys; `agent` makes your own agent for every talk.

    Raises:
        ConfigError, UnknownDomain, DomainError: the setting is wrong, or `out` holds more tasks (exit code 2).
        Drift: `out` belongs to another configuration (exit code 2); JournalError: disk or lock (exit code 3).
        EndpointError: an endpoint that cannot be used (exit code 3).
    """
    from apigen_mt.export.dataset import write_dataset  # noqa: PLC0415 - pyarrow

    sitting = sitting or Sitting()
    refuse_secrets(config, keys or {})
    refuse_locked(out)
    world = world or resolve(config.domain, Path.cwd())
    config = priced(config, "generate")
    identity: Any = config.identity()
    identity["digest"] = world.digest
    if agent is not None:
        identity["own_agent"] = True
    against, contents = read_against(config.against, world.specs)
    if contents:
        identity["against"] = list(contents)
    personas = read_personas(Path(config.personas)) if config.personas else shipped()
    identity["personas"] = fingerprint(personas)
    refuse_foreign(out)
    with Journal.open(out, identity, accept=sitting.accept_drift) as journal:
        sitting.note(journal)
        if (held := journal.tasks()) > config.count:
            raise ConfigError(f"{out} holds {held} tasks: --count {config.count} would cut it, {held} or more goes on")
        keep_config(config, out)
        budget = budget_of(config, journal.totals())
        async with (
            sitting.serving(config, "generate", out) as up,
            Players(
                config, world, journal, budget, {**(keys or {}), **up.keys}, agent,
                observer=sitting.observer, gate=sitting.gate, addresses=up.addresses,
            ) as players,
        ):  # fmt: skip
            planner = Planner(world, config.seed, config.mix(personas), against)
            finished = await made(config, planner, against, journal, players, sitting.watched(watch))
        outcomes = tuple(Outcome.model_validate_json(text) for _, text in journal.outcomes())
        write_dataset(out / DATASET, [row for o in outcomes for row in o.rows], domain=world.name)
    return Run(out, outcomes, finished)


async def made(
    config: Config, planner: Planner, against: Against, journal: Journal, players: Players, watch: Watch
) -> Finished:
    """Do what the journal does not hold yet of a plan, with its players: a sitting without its run folder."""
    world, room = players.world, Room(config.concurrency)
    attempts = Attempts(config, world, players, room, pace=players.pace)
    work = Worded(planner, world, players, attempts, config.rounds, against)
    return await Pipeline(work, config.count, room, journal, watch).run()


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
