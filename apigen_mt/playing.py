"""Playing: phase two alone, from blueprints that are given to a dataset, continued where it stopped."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apigen_mt.attempts import Attempts
from apigen_mt.blueprint_files import Given, given, named
from apigen_mt.cast.ports import Agent
from apigen_mt.config import Command, Config, ConfigError, parse
from apigen_mt.evaluation.difficulty import in_band, read_difficulty
from apigen_mt.generating import Run, unwatched
from apigen_mt.journal import Journal, refuse_locked
from apigen_mt.pipeline import Finished, Pipeline, Watch
from apigen_mt.players import Players, endpoints_of
from apigen_mt.room import Room
from apigen_mt.run_folder import DATASET, keep_config, refuse_foreign
from apigen_mt.secrets import refuse_secrets
from apigen_mt.sitting import Sitting
from apigen_mt.spending import budget_of, priced
from apigen_mt.trajectory import Outcome
from blueprints.blueprint import Blueprint
from tools_env.port import World
from tools_env.state import fingerprint
from tools_env.values import Json

ATTEMPTS = "attempts"
"""Under this name the journal keeps how many attempts a run was last asked for: fewer would cut what is there."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a run is to play, and its configuration: `domain` and `count` are those of the blueprints."""

    config: Config
    given: Given


@dataclass(slots=True)
class _Play:
    """The tasks of `play`: blueprints in their order, each with the attempts at those of its world."""

    blueprints: Sequence[Blueprint]
    attempts: Mapping[str, Attempts]

    def begin(self, index: int) -> None:
        """Nothing is to be made ready."""

    async def do(self, index: int, recorded: Outcome | None) -> Outcome:
        """What becomes of a blueprint."""
        blueprint = self.blueprints[index]
        if recorded is not None and (recorded.blueprint is None or recorded.blueprint.id != blueprint.id):
            recorded = None  # other blueprints were accepted: replies go by the blueprint, wherever it stands
        return await self.attempts[blueprint.domain].outcome(index, blueprint, {}, recorded)


def ready(config: Config, worlds: Mapping[str, World] | None = None) -> Ready:
    """Read what `config.blueprints` names, check it, and choose those in the band. Raises `ConfigError`."""
    if not config.blueprints:
        raise ConfigError("there are no blueprints to play: give --blueprints, a file or a run of `draft`")
    found = given(Path(config.blueprints), worlds)
    if config.band is not None:
        known = read_difficulty(Path(name) for name in config.difficulty)
        found = replace(found, blueprints=in_band(found.blueprints, known, config.band))
    domains = sorted({blueprint.domain for blueprint in found.blueprints})
    told = config.model_copy(update={"domain": ", ".join(domains), "count": len(found.blueprints)})
    return Ready(told, found)


async def aplay(
    what: Ready,
    out: Path,
    *,
    command: Command = "play",
    keys: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
    agent: Callable[[], Agent] | None = None,
    again: int = 0,
    sitting: Sitting | None = None,
) -> Run:
    """Play every blueprint `config.attempts` times in the run folder `out`, then write `out/dataset`.

    `keys` maps names of key variables to keys; `agent` makes your own agent for every talk; a talk that infrastructure
    broke off is played `again` so many times at once.

    Raises:
        ConfigError: the setting is wrong, or `out` holds more attempts (exit code 2).
        Drift: `out` belongs to another configuration (exit code 2); JournalError: disk or lock (exit code 3).
        EndpointError: an endpoint that cannot be used (exit code 3).
    """
    from apigen_mt.export.dataset import default_name, write_dataset  # noqa: PLC0415 - pyarrow

    config, blueprints, worlds = priced(what.config, command), what.given.blueprints, what.given.worlds
    known = dict(keys or {})
    refuse_secrets(config, known)
    for role in config.models(command):
        endpoints_of(role, known)
    identity = config.identity(command)
    identity["blueprints"] = fingerprint(blueprint.model_dump(mode="json") for blueprint in blueprints)
    if agent is not None:
        identity["own_agent"] = True
    refuse_foreign(out)
    sitting = sitting or Sitting()
    refuse_locked(out)
    with Journal.open(out, identity, accept=sitting.accept_drift) as journal:
        sitting.note(journal)
        _refuse_fewer(journal, config, out)
        keep_config(config, out)
        budget = budget_of(config, journal.totals())
        first = worlds[blueprints[0].domain]
        async with (
            sitting.serving(config, command, out) as up,
            Players(
                config, first, journal, budget, {**known, **up.keys}, agent, command,
                observer=sitting.observer, gate=sitting.gate, addresses=up.addresses,
            ) as players,
        ):  # fmt: skip
            finished = await played(config, what.given, journal, players, sitting.watched(watch), again)
        outcomes = tuple(Outcome.model_validate_json(text) for _, text in journal.outcomes())
        domains = sorted({b.domain for b in blueprints})
        rows = [row for outcome in outcomes for row in outcome.rows]
        write_dataset(out / DATASET, rows, domain=domains[0], name=default_name(*domains))
    return Run(out, outcomes, finished)


async def played(
    config: Config, given: Given, journal: Journal, players: Players, watch: Watch, again: int = 0
) -> Finished:
    """Play what the journal does not hold yet, with its players: a sitting without its run folder."""
    room = Room(config.concurrency)
    attempts = {
        name: Attempts(config, world, replace(players, world=world), room, again, given=True, pace=players.pace)
        for name, world in given.worlds.items()
    }
    return await Pipeline(_Play(given.blueprints, attempts), config.count, room, journal, watch).run()


def _refuse_fewer(journal: Journal, config: Config, out: Path) -> None:
    """Attempts are added to, never cut; nor are blueprints, should those of a run have been changed."""
    if (tasks := journal.tasks()) > config.count:
        raise ConfigError(f"{out} holds {tasks} tasks: these {config.count} blueprints would cut it")
    noted = journal.meta(ATTEMPTS) or ""
    held = int(noted) if noted.isdecimal() else 0
    if held > config.attempts:
        raise ConfigError(f"{out} was asked for {held} attempts at each task: {config.attempts} would cut it")
    journal.set_meta(ATTEMPTS, str(config.attempts))


def play(
    blueprints: str | Path,
    out: str | Path,
    *,
    attempts: int = 1,
    seed: int = 0,
    agent: Callable[[], Agent] | None = None,
    keys: Mapping[str, str] | None = None,
    domains: Sequence[str | World] = (),
    **settings: Any,  # noqa: ANN401 - further settings of Config, checked there
) -> Run:
    """Play the blueprints of a file, or of a run of `draft`, into the run folder `out`; rehearsal unless roles name
    models. `domains` are worlds of your own that the file may name.

    Works in scripts and in notebooks, where a loop already runs. `settings` are those of the configuration file.
    """
    asked: dict[str, Json] = {"domain": "", "blueprints": str(blueprints), "attempts": attempts, "seed": seed}
    what = ready(parse({**asked, **settings}), named(domains))
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, aplay(what, Path(out), keys=keys, agent=agent)).result()
