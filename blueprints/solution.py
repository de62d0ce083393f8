"""A blueprint's own solution, mishaps and recovery included, and what comes of it call by call."""

from collections.abc import Iterator
from typing import NamedTuple

from blueprints.blueprint import Blueprint
from tools_env.calls import Call, Outcome, Refusal, Result
from tools_env.course import Course
from tools_env.disturbances import Disturbance, Pending, disturbed
from tools_env.port import Session, World
from tools_env.replay import Replayed, replay
from tools_env.state import differences


class Move(NamedTuple):
    """A call of the solution: on the way to which of the actions, and the mishap that it meets (None: it is that
    action, carried out).
    """

    call: Call
    action: int
    mishap: Disturbance | None


def opened(blueprint: Blueprint, world: World) -> Session:
    """A session in which the blueprint is played: after its set-up, with its mishaps still to come.

    Raises:
        UnknownSnapshot: the world has no such snapshot.
        SetUpFailed: the set-up cannot be done, or the mishaps cannot come to pass in this world.
    """
    return disturbed(world.open(blueprint.snapshot, blueprint.setup), blueprint.disturbances)


def solution(blueprint: Blueprint) -> tuple[Move, ...]:
    """The actions in order, with the calls that meet a mishap before them: made again, or, where an option goes, what
    the person would rather have, and then the action instead.
    """
    pending = Pending(blueprint.disturbances)
    rather = _rather(blueprint)
    found: list[Move] = []
    for number, action in enumerate(blueprint.actions):
        for call in (*rather.get(number, ()), action):
            while (mishap := next(iter(pending.met(call).values()), None)) is not None:
                found.append(Move(call, number, mishap))
                if mishap.kind == "gone":
                    break
        found.append(Move(action, number, None))
    return tuple(found)


def _rather(blueprint: Blueprint) -> dict[int, list[Call]]:
    """The first wishes that go in mid-talk, by the action that is done instead."""
    going = [d for d in blueprint.disturbances if d.kind == "gone"]
    calls = ((s.until - 1, s.other.call) for s in blueprint.stages if s.other and s.condition is None)
    found: dict[int, list[Call]] = {}
    for place, call in calls:
        if call is not None and any(d.meets(call) for d in going):
            found.setdefault(place, []).append(call)
    return found


def settled(blueprint: Blueprint) -> Blueprint:
    """The blueprint with only such mishaps as belong to its task, what goes; the others are the weather of one talk."""
    going = tuple(d for d in blueprint.disturbances if d.kind == "gone")
    return blueprint.model_copy(update={"disturbances": going})


def before(blueprint: Blueprint, action: int) -> tuple[Call, ...]:
    """The calls of the solution that come before those for an action."""
    return tuple(move.call for move in solution(blueprint) if move.action < action)


def solved(blueprint: Blueprint, world: World, *, hashed: bool = True) -> Replayed:
    """What comes of the solution: its outcomes are those of the actions, one for each; the rest is as it ended."""
    whole, _ = _carried_out(blueprint, world, hashed=hashed)
    return whole


def _carried_out(blueprint: Blueprint, world: World, *, hashed: bool) -> tuple[Replayed, list[tuple[Move, Outcome]]]:
    moves = solution(blueprint)
    done = replay(
        world,
        blueprint.snapshot,
        blueprint.setup,
        (m.call for m in moves),
        assertions=blueprint.assertions,
        hashed=hashed,
        disturbances=blueprint.disturbances,
    )
    met = [(m, o) for m, o in zip(moves, done.outcomes, strict=True) if m.mishap is not None]
    if not met:
        return done, []
    events = tuple(e for m, e in zip(moves, done.course.events, strict=True) if m.mishap is None)
    return Replayed(Course(events=events), done.diff, done.fingerprint, done.breaches, done.unmet), met


def unrecovered(blueprint: Blueprint, world: World) -> Iterator[str]:
    """Why the mishaps of a blueprint do not stand: one never comes, comes otherwise than said, does not happen to a
    call that it can happen to, or need not be met to solve the task. Nothing where there are none.
    """
    if not blueprint.disturbances:
        return
    done, met = _carried_out(blueprint, world, hashed=False)
    missed = [d for d in blueprint.disturbances if d not in [m.mishap for m, _ in met]]
    for one in missed:
        yield f"the solution never makes call {one.at} of {one.tool}, which is to be {one.kind}"
    for move, outcome in met:
        if move.mishap is not None and not _came_to_pass(move.mishap, outcome):
            yield f"{move.call.name} was to be {move.mishap.kind}, and was not"
    for call, outcome in zip(blueprint.actions, done.outcomes, strict=True):
        if not isinstance(outcome, Result):
            yield f"{call.name} does not succeed after the mishaps: {outcome.reason}"
            return
    if any(d.kind == "gone" for d in blueprint.disturbances):
        yield from _untried(blueprint, world)


def _came_to_pass(mishap: Disturbance, outcome: Outcome) -> bool:
    match mishap.kind:
        case "transient":
            return isinstance(outcome, Refusal) and outcome.cause == "unavailable"
        case "empty":
            return isinstance(outcome, Result) and outcome.value == []
        case "gone":
            return isinstance(outcome, Refusal) and outcome.cause == "policy"


def _untried(blueprint: Blueprint, world: World) -> Iterator[str]:
    """Whether an agent that never tries what the person would rather have would end as well."""
    done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions, hashed=False)
    if all(isinstance(o, Result) for o in done.outcomes) and not differences(blueprint.diff, done.diff, world.fields):
        yield "what the person would rather have need not be tried: all ends the same without"
