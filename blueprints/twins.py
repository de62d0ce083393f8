"""Twins: a refusal and the same wish with the deciding fact changed have opposite outcomes (design: blueprints)."""

from collections.abc import Iterable, Iterator

from blueprints.blueprint import Blueprint
from blueprints.solution import solved
from tools_env.calls import Result
from tools_env.port import World
from tools_env.replay import replay
from tools_env.state import differences


def pairs(tasks: Iterable[Blueprint]) -> Iterator[tuple[Blueprint, Blueprint]]:
    """Every refusal with its twin, of those that are both there."""
    by_id = {task.id: task for task in tasks}
    for twin in by_id.values():
        refusal = by_id.get(twin.parents[0]) if len(twin.parents) == 1 else None
        if refusal is not None and refusal.evidence is not None and twin.evidence is None:
            yield refusal, twin


def not_opposite(refusal: Blueprint, twin: Blueprint, world: World) -> str:
    """Why the two do not have opposite outcomes, or nothing."""
    found = refusal.evidence
    if found is None or refusal.snapshot != twin.snapshot:
        return "refusal and twin are not of one snapshot"
    if found.forbidden not in twin.actions:
        return f"the twin does not do what is refused: {found.forbidden.name}"
    here = replay(world, refusal.snapshot, refusal.setup, (*refusal.actions, found.forbidden))
    if isinstance(here.outcomes[-1], Result) and not here.breaches:
        return f"{found.forbidden.name} is not refused where the deciding fact is as it is"
    there = solved(twin, world, hashed=False)
    if there.breaches or not all(isinstance(outcome, Result) for outcome in there.outcomes):
        return f"{found.forbidden.name} is not right where the deciding fact is changed"
    if not differences(refusal.diff, there.diff, world.fields):
        return "refusal and twin end in the same state"
    return ""
