"""A row judged again in the world as it is now, though gates or its domain may have been mended since it was made."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from apigen_mt.trajectory import Row
from apigen_mt.verifying.proof import HOSTILE
from apigen_mt.verifying.rows import claims, rejected, standing, told_otherwise
from blueprints.judging.judge import carried_out, judge
from blueprints.judging.verdict import Fault, Finding, Status, Verdict
from tools_env.calls import Result
from tools_env.course import Course
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.replay import Replayed
from tools_env.values import Json, Part, compact

Standing: TypeAlias = Literal["stands", "changed", "fails", "untold"]
"""`stands`: all is as it was; `changed`: it verifies, and something is otherwise; `untold`: it cannot be judged."""


class Seen(Part):
    """A verdict in short."""

    ok: bool
    fault: Fault | None
    gates: dict[str, Status]


class ChangedGate(Part):
    """A gate that says something else now; None: it was not there, or is not."""

    gate: str
    before: Status | None
    after: Status | None
    fault: Fault | None = None
    evidence: tuple[Finding, ...] = ()


class Observation(Part):
    """A call that shows something else now."""

    turn: int
    call: str
    before: Json
    after: Json


class Rejudged(Part):
    """What has become of a row. `digest` and `fingerprint` are before and after, where they differ; `now` is its id in
    the present world, and `why` says in words what is otherwise.
    """

    row: str
    status: Standing
    why: tuple[str, ...] = ()
    before: Seen | None = None
    after: Seen | None = None
    gates: tuple[ChangedGate, ...] = ()
    observations: tuple[Observation, ...] = ()
    digest: tuple[str, str] | None = None
    fingerprint: tuple[str, str] | None = None
    now: str = ""


class Again(NamedTuple):
    """A row judged again; `row` is it in the present world, where it stands there with the policy and the tools that
    its agent was given.
    """

    judged: Rejudged
    row: Row | None = None


def judged_again(row: Row, world: World, renamed: Mapping[str, str]) -> Again:
    """Carry a row's calls out in the world as it is now and judge them, whatever digest the row names.

    `renamed` are the ids of earlier blueprints in the present world, for those that name them as parents.
    """
    moved = row.blueprint.digest != world.digest
    digest = (row.blueprint.digest, world.digest) if moved else None
    told = Rejudged(row=row.id, status="untold", before=seen(row.verdict), digest=digest)
    present = _present(row, world, renamed) if moved else row
    try:
        if gone := _gone(row.course, world):
            return Again(told.model_copy(update={"why": (f"cannot be carried out again: there is no tool {gone!r}",)}))
        claimed = (*claims(row), *rejected(row))
        broken = [f"the blueprint does not stand ({r.stage}): {r.reason}" for r in standing(present.blueprint, world)]
        done = carried_out(present.blueprint, row.course, world)
        verdict = judge(present.blueprint, row.course, row.human_turns, row.end_reason, world, done=done)
        elsewhere = told_otherwise(present, world)
    except (UnknownSnapshot, SetUpFailed) as error:
        return Again(told.model_copy(update={"why": (f"cannot be carried out again: {error}",)}))
    except HOSTILE as error:
        why = f"cannot be judged: {type(error).__name__}: {error}"
        return Again(told.model_copy(update={"why": (why,)}))
    gates, observations = _gates(row.verdict, verdict), _observations(row.course, done)
    fingerprint = (row.fingerprint, done.fingerprint) if done.fingerprint != row.fingerprint else None
    otherwise = [
        *(f"{o.call} in event {o.turn} shows something else" for o in observations[:1]),
        *(["the calls lead to another final state"] if fingerprint else []),
        *(["policy or tools are not those that the agent was given"] if elsewhere else []),
    ]
    sound = verdict.ok and not claimed and not broken
    status: Standing = "fails" if not sound else "changed" if gates or otherwise else "stands"
    judged = told.model_copy(
        update={
            "status": status,
            "why": (*claimed, *broken, *map(_in_words, gates), *otherwise),
            "after": seen(verdict),
            "gates": gates,
            "observations": observations,
            "fingerprint": fingerprint,
            "now": present.id,
        }
    )
    kept = present.model_copy(update={"verdict": verdict, "fingerprint": done.fingerprint})
    return Again(judged, kept if sound and not elsewhere else None)


def seen(verdict: Verdict) -> Seen:
    """A verdict in short."""
    return Seen(ok=verdict.ok, fault=verdict.fault, gates={g.gate: g.status for g in verdict.gates})


def _present(row: Row, world: World, renamed: Mapping[str, str]) -> Row:
    """The row with its blueprint as one of the present world, under the ids that this makes."""
    parents = tuple(renamed.get(parent, parent) for parent in row.blueprint.parents)
    blueprint = row.blueprint.model_copy(update={"digest": world.digest, "parents": parents}).sealed()
    return row.model_copy(update={"blueprint": blueprint, "id": f"{blueprint.id}/{row.attempt}"})


def _gone(course: Course, world: World) -> str:
    """A tool that was called with success and is there no longer."""
    called = (e.call.name for _, e in course.called() if isinstance(e.outcome, Result))
    return next((name for name in called if name not in world.specs), "")


def _gates(before: Verdict, after: Verdict) -> tuple[ChangedGate, ...]:
    """The gates that say something else, in their order."""
    old, new = ({g.gate: g for g in verdict.gates} for verdict in (before, after))
    return tuple(
        ChangedGate(
            gate=name,
            before=old[name].status if name in old else None,
            after=new[name].status if name in new else None,
            fault=new[name].fault if name in new else None,
            evidence=new[name].evidence if name in new else (),
        )
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    )


def _observations(course: Course, done: Replayed) -> tuple[Observation, ...]:
    """The calls that show something else."""
    recorded = [(turn, event) for turn, event in course.called() if not event.raw]
    shown = ((t, e, e.outcome.observed(), o.observed()) for (t, e), o in zip(recorded, done.outcomes, strict=True))
    return tuple(
        Observation(turn=turn, call=event.call.name, before=then, after=now)
        for turn, event, then, now in shown
        if compact(then) != compact(now)
    )


def _in_words(gate: ChangedGate) -> str:
    fault = f", fault of the {gate.fault}" if gate.fault else ""
    evidence = f": {gate.evidence[0].text}" if gate.evidence else ""
    turned = gate.after or "gone" if gate.before == gate.after else f"{gate.before or 'new'} -> {gate.after or 'gone'}"
    return f"{gate.gate} {turned}{fault}{evidence}"
