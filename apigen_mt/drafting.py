"""Drafting: one run of phase one from configuration to blueprints, continued where it stopped."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apigen_mt.against import read_against
from apigen_mt.config import KINDS, Config, ConfigError, parse
from apigen_mt.draft_contexts import WISHES, Proposed
from apigen_mt.draft_making import Making
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_schedule import Schedule, Wanted, Watch
from apigen_mt.draft_tasks import Grounded, Source
from apigen_mt.journal import Journal, refuse_locked
from apigen_mt.models.budget import BudgetSpent
from apigen_mt.persona_files import read_personas
from apigen_mt.pipeline import side_by_side
from apigen_mt.planning import Planner
from apigen_mt.players import Players, endpoints_of
from apigen_mt.run_folder import BLUEPRINTS, keep_config, refuse_foreign, write_blueprints
from apigen_mt.secrets import refuse_secrets
from apigen_mt.sitting import Sitting
from apigen_mt.spending import budget_of, priced
from blueprints.blueprint import Blueprint
from blueprints.committee.calibration import Calibration, calibrate, cases
from blueprints.coverage import Coverage, Covered
from blueprints.draft import gates_of
from blueprints.overlap import Against
from blueprints.personas import shipped
from tools_env.port import World
from tools_env.resolve import resolve
from tools_env.state import fingerprint

RETURNING = 3
"""How many tasks are drawn for somebody met before, for each that is to be recombined: not all go together."""
PER_BLUEPRINT = 10
"""So many tasks are tried for each blueprint wanted, unless `max_attempts` says otherwise."""
CALIBRATE = ".calibrate"
"""Ending of the reviewers' roles under which calibration is journalled."""
COVERAGE, CALIBRATION = "coverage", "calibration"
"""Under these names the journal keeps what the accepted blueprints cover, and how good the reviewers are."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """A draft run that ended: its folder, what became of each task tried, and which budget cut it short."""

    folder: Path
    outcomes: tuple[DraftOutcome, ...]
    budget_spent: BudgetSpent | None = None
    calibration: Calibration | None = None

    @property
    def blueprints(self) -> tuple[Blueprint, ...]:
        """What was accepted, in task order."""
        return tuple(o.accepted for o in self.outcomes if o.accepted is not None)


def unwatched(_: DraftOutcome) -> None:
    """Progress for nobody."""


async def adraft(
    config: Config,
    out: Path,
    *,
    keys: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
    calibrated: int = 0,
    world: World | None = None,
    sitting: Sitting | None = None,
) -> Drafts:
    """Draft until `config.count` blueprints are accepted or enough tasks were tried, then write `out/blueprints.jsonl`.

    `calibrated` accepted blueprints have faults planted in them afterwards, to measure the reviewers.

    Raises:
        ConfigError, UnknownDomain, DomainError: the setting is wrong (exit code 2); nothing is written.
        Drift: `out` belongs to another configuration (exit code 2); JournalError: disk or lock (exit code 3).
        EndpointError: an endpoint that cannot be used (exit code 3).
    """
    refuse_impossible(config, calibrated)
    sitting = sitting or Sitting()
    refuse_locked(out)
    config = priced(config, "draft")
    known = dict(keys or {})
    refuse_secrets(config, known)
    for role in config.models("draft"):
        endpoints_of(role, known)
    world = world or resolve(config.domain, Path.cwd())
    against, contents = read_against(config.against, world.specs)
    personas = read_personas(Path(config.personas)) if config.personas else shipped()
    source = _source(config, world, against, personas)
    refuse_foreign(out)
    identity = {**config.identity("draft"), "digest": world.digest, "personas": fingerprint([list(personas)])}
    if contents:
        identity["against"] = list(contents)
    with Journal.open(out, identity, accept=sitting.accept_drift) as journal:
        sitting.note(journal)
        _refuse_fewer(journal, config.count, out)
        keep_config(config, out)
        budget = budget_of(config, journal.totals())
        async with (
            sitting.serving(config, "draft", out) as up,
            Players(
                config, world, journal, budget, {**known, **up.keys}, command="draft",
                observer=sitting.observer, gate=sitting.gate, addresses=up.addresses,
            ) as players,
        ):  # fmt: skip
            journal.set_meta(COVERAGE, "")
            making = Making(config, world, journal, players, gates_of(world, against))
            schedule = Schedule(_wanted(config), source, making.make, making.keep, sitting.watched(watch))
            await schedule.run()
            outcomes = tuple(counted(_outcomes(journal, schedule.begun), config.count))
            accepted = tuple(o.accepted for o in outcomes if o.accepted is not None)
            write_blueprints(out / BLUEPRINTS, accepted)
            journal.set_meta(COVERAGE, _covered(accepted, world, source).model_dump_json())
            spent, measured = schedule.budget_spent, None
            if calibrated and not spent:
                spent, measured = await _measured(config, world, players, accepted[:calibrated])
    return Drafts(out, outcomes, spent, measured)


def refuse_impossible(config: Config, calibrated: int = 0) -> None:
    """Raises `ConfigError` for settings that each may be, but not together or not for `draft`."""
    if config.mode == "drafted" and not config.roles.author.model:
        raise ConfigError(
            "mode drafted needs an author model: give --model and --base-url, or roles.author in --config"
        )
    other = sorted(kind for kind, share in config.kinds.items() if share and kind not in WISHES)
    if config.mode == "drafted" and other and config.kinds != KINDS:
        raise ConfigError(f"kinds: {other[0]!r} is not drafted: mode drafted makes {', '.join(WISHES)}")
    if config.control and not config.roles.author.model:
        raise ConfigError(
            "control blind compares an author with itself, and a template says the same again: name a model"
        )
    if calibrated and not config.reviewers:
        raise ConfigError("--calibrate measures reviewers, and there are none: name some in --config, or give --model")
    if config.max_attempts is not None and config.max_attempts < config.count:
        raise ConfigError(f"max_attempts: {config.max_attempts} tasks are too few for {config.count} blueprints")


def counted(outcomes: Iterable[DraftOutcome], count: int) -> Iterator[DraftOutcome]:
    """The outcomes that a run of `count` blueprints is about: all up to the one that makes the number full."""
    for outcome in outcomes:
        if count <= 0:
            return
        count -= outcome.status == "accepted"
        yield outcome


def attempts_of(config: Config) -> int:
    """How many tasks are tried at most."""
    return PER_BLUEPRINT * config.count if config.max_attempts is None else config.max_attempts


def _wanted(config: Config) -> Wanted:
    return Wanted(config.count, attempts_of(config), config.concurrency, config.window)


def _source(config: Config, world: World, against: Against, personas: Sequence[str]) -> Source:
    """Where tasks come from. Raises `ConfigError` when nothing can be drafted in this domain."""
    source: Grounded | Proposed
    if config.mode == "drafted":
        source = Proposed(config, world, personas)
    else:
        mix = replace(config.mix(personas), returning=min(1.0, RETURNING * config.recombine))
        planner = Planner(world, config.seed, mix, against)
        source = Grounded(planner, world, int(config.recombine * config.window))
    if (reason := source.barren()) is not None:
        raise ConfigError(f"nothing can be drafted in {world.name}: {reason.reason}")
    return source


def _outcomes(journal: Journal, tried: int) -> Iterator[DraftOutcome]:
    return (DraftOutcome.model_validate_json(text) for task, text in journal.outcomes() if task < tried)


def _refuse_fewer(journal: Journal, count: int, out: Path) -> None:
    """Blueprints are added to, never cut."""
    if (held := _accepted(journal, count)) > count:
        raise ConfigError(f"{out} holds {held} blueprints: --count {count} would cut it, {held} or more goes on")


def _accepted(journal: Journal, count: int) -> int:
    """How many blueprints were accepted already, or at most: outcomes are read where there are more than `count`."""
    held = journal.tasks()
    return held if held <= count else sum(o.accepted is not None for o in _outcomes(journal, held))


def _covered(accepted: Iterable[Blueprint], world: World, source: Source) -> Covered:
    """What the blueprints cover, and what none can."""
    coverage = Coverage(world)
    coverage.give_up(source.given_up())
    for blueprint in accepted:
        coverage.add(blueprint)
    return coverage.covered()


async def _measured(
    config: Config, world: World, players: Players, accepted: Sequence[Blueprint]
) -> tuple[BudgetSpent | None, Calibration | None]:
    """The calibration, which the journal keeps, or the budget that did not suffice for it."""
    try:
        found = await _calibrated(config, world, players, accepted)
    except BudgetSpent as spent:
        return spent, None
    players.journal.set_meta(CALIBRATION, found.model_dump_json())
    return None, found


async def _calibrated(config: Config, world: World, players: Players, accepted: Sequence[Blueprint]) -> Calibration:
    """How the reviewers judge faults planted in accepted blueprints, and harmless twins of them."""
    members = [players.reviewer(role, role.name, CALIBRATE) for role in config.reviewers]
    made = cases(accepted, world, config.seed, len(accepted))
    return await calibrate(members, made, world, side_by_side)


def draft(
    domain: str,
    count: int,
    out: str | Path,
    *,
    seed: int = 0,
    keys: Mapping[str, str] | None = None,
    calibrated: int = 0,
    **settings: Any,  # noqa: ANN401 - further settings of Config, checked there
) -> Drafts:
    """Draft `count` blueprints of a domain into the run folder `out`; template words unless roles name an author.

    Works in scripts and in notebooks, where a loop already runs. `settings` are those of the configuration file.
    """
    config = parse({"domain": domain, "count": count, "seed": seed, **settings})
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, adraft(config, Path(out), keys=keys, calibrated=calibrated)).result()
