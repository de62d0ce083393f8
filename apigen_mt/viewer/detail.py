"""All that is shown of one entry: the task, the talk, the ledger, the gates, the change of state, the rounds."""

from collections.abc import Iterator

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import shortened, visible
from apigen_mt.trajectory import Quarantine, Row
from apigen_mt.viewer.changes import Altered, altered
from apigen_mt.viewer.entries import Entry, entries, outcomes_of
from apigen_mt.viewer.lines import Line, lines
from apigen_mt.viewer.task import RoundTold, Task, rounds_told, task
from blueprints.blueprint import Blueprint
from blueprints.judging.judge import carried_out
from blueprints.judging.verdict import GateResult
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.state import Diff
from tools_env.values import Json, Part

WHY = 200
"""Signs of the reason that stands beside a sibling."""


class Disclosed(Part):
    """A fact of the ledger, and the turns in which the person told it; none where it never came up."""

    name: str
    label: str
    turns: tuple[int, ...]


class Sibling(Part):
    """Another entry of the same task."""

    id: str
    status: str
    gate: str
    why: str


class Suspect(Part):
    """Why the task is quarantined, and the state on which its attempts agree."""

    reason: str
    ids: tuple[str, ...]
    changes: tuple[Altered, ...]


class Said(Part):
    """What a judge thought of it."""

    judge: str
    model: str
    sound: bool
    reason: str


class Talk(Part):
    """The talk: `cast` maps a role to who plays it, `usage` to its tokens in and out. `replayed`: the change of state
    was found by carrying the calls out again; else `found` is not known and only the gate tells.
    """

    attempt: int
    seed: int
    end_reason: str
    ended_by: str
    temperament: str
    ok: bool
    fault: str
    cast: dict[str, str]
    usage: dict[str, tuple[int, int]]
    lines: tuple[Line, ...]
    ledger: tuple[Disclosed, ...]
    gates: tuple[GateResult, ...]
    opinions: tuple[Said, ...]
    fingerprint: str
    touched: tuple[str, ...]
    policy: str
    tools: tuple[dict[str, Json], ...]


class Detail(Part):
    """One entry whole; `talk` and `task` are none where there is none, `changes` compare expected with found."""

    id: str
    index: int
    kind: str
    status: str
    gate: str
    fault: str
    task: Task | None
    talk: Talk | None
    changes: tuple[Altered, ...]
    replayed: bool
    any_change: bool
    reasons: tuple[tuple[str, str], ...]
    rounds: tuple[RoundTold, ...]
    blind: tuple[RoundTold, ...]
    siblings: tuple[Sibling, ...]
    suspect: Suspect | None


def detail(entry: Entry, world: World | None = None) -> dict[str, Json]:
    """An entry as JSON, every text in it fit to be shown. In its `world`, if that is at hand as it was, the change of
    state is found by carrying the calls out again.
    """
    row, blueprint, outcome = entry.row, entry.blueprint, entry.outcome
    changes, replayed = _changes(row, blueprint, world)
    drafted = outcome if isinstance(outcome, DraftOutcome) else None
    told = Detail(
        id=entry.id,
        index=outcome.task,
        kind=outcome.kind,
        status=entry.status,
        gate=entry.gate,
        fault=entry.fault,
        task=task(blueprint) if blueprint is not None else None,
        talk=_talk(row) if row is not None else None,
        changes=changes,
        replayed=replayed,
        any_change=blueprint is not None and blueprint.any_diff,
        reasons=tuple((reason.stage, reason.reason) for reason in entry.reasons),
        rounds=rounds_told(drafted.rounds) if drafted is not None else (),
        blind=rounds_told(drafted.blind.tries) if drafted is not None and drafted.blind is not None else (),
        siblings=tuple(_siblings(entry)),
        suspect=None if drafted is not None else _suspect(entry),
    )
    return {name: shown(value) for name, value in told.model_dump(mode="json").items()}


def details(run: RunFolder, world: World | None = None) -> Iterator[dict[str, Json]]:
    """Every entry of a run in order. Raises `NotARun`."""
    return (detail(entry, world) for outcome in outcomes_of(run) for entry in entries(outcome))


def shown(value: Json) -> Json:
    """The same with every text visible: what does not print is told as an escape."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [shown(one) for one in value]
    return {visible(name): shown(one) for name, one in value.items()} if isinstance(value, dict) else value


def _talk(row: Row) -> Talk:
    cast = {name: getattr(row.cast, name) for name in type(row.cast).model_fields}
    return Talk(
        attempt=row.attempt,
        seed=row.seed,
        end_reason=row.end_reason,
        ended_by=row.ended_by,
        temperament=row.temperament,
        ok=row.sound,
        fault=row.verdict.fault or "",
        cast={name: role.model or role.source for name, role in cast.items()},
        usage={role: (used.prompt, used.completion) for role, used in row.usage.items()},
        lines=tuple(lines(row)),
        ledger=tuple(_ledger(row)),
        gates=row.verdict.gates,
        opinions=tuple(Said(judge=o.judge, model=o.model, sound=o.sound, reason=o.reason) for o in row.opinions),
        fingerprint=row.fingerprint,
        touched=tuple(f"{touch.table}/{touch.id}" for touch in row.touched),
        policy=row.system,
        tools=row.tools,
    )


def _ledger(row: Row) -> Iterator[Disclosed]:
    told: dict[str, list[int]] = {name: [] for name in row.blueprint.known}
    for turn in row.human_turns:
        for name in turn.fact_ids:
            told.setdefault(name, []).append(turn.turn)
    for name, turns in told.items():
        known = row.blueprint.known.get(name)
        yield Disclosed(name=name, label=known.label if known else name, turns=tuple(turns))


def _siblings(entry: Entry) -> Iterator[Sibling]:
    for other in entries(entry.outcome):
        yield Sibling(id=other.id, status=other.status, gate=other.gate, why=shortened(other.why, WHY))


def _suspect(entry: Entry) -> Suspect | None:
    found: Quarantine | None = getattr(entry.outcome, "quarantined", None)
    if found is None:
        return None
    ids = tuple(f"{entry.outcome.task}.{attempt}" for attempt in found.attempts)
    expected: Diff = entry.blueprint.diff if entry.blueprint is not None else {}
    return Suspect(reason=found.reason, ids=ids, changes=altered(expected, found.diff, {}))


def _changes(row: Row | None, blueprint: Blueprint | None, world: World | None) -> tuple[tuple[Altered, ...], bool]:
    """What was to change and what did, and whether that was found by carrying the calls out again."""
    if blueprint is None:
        return (), False
    if row is not None and world is not None and world.digest == blueprint.digest:
        try:
            return altered(
                blueprint.diff, carried_out(blueprint, row.course, world, hashed=False).diff, world.fields
            ), True
        except (UnknownSnapshot, SetUpFailed):
            pass
    return altered(blueprint.diff, None, {}), False
