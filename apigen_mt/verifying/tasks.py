"""Blueprints proven again: identity, every gate of phase one, their own solution, and twins that are opposite."""

from collections.abc import Iterable, Iterator

from apigen_mt.verifying.proof import HOSTILE, Proof
from blueprints.blueprint import Blueprint
from blueprints.checks import as_given
from blueprints.draft import gates_of
from blueprints.twins import not_opposite, pairs
from tools_env.calls import Fault
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.replay import replay


def check_tasks(tasks: Iterable[tuple[str, Blueprint | None]], proof: Proof) -> tuple[Blueprint, ...]:
    """Everything that blueprints claim, one by one and then in pairs; those that could be read."""
    seen: dict[str, tuple[str, Blueprint]] = {}
    alike: dict[str, str] = {}
    for place, task in tasks:
        proof.tasks += 1
        if task is None:
            proof.broken = True
            continue
        if task.id in seen:
            proof.find(place, f"occurs twice: it is that of {seen[task.id][0]}")
            continue
        seen[task.id] = place, task
        if task.provenance.mode != "imported":
            first = alike.setdefault(task.substance(), place)
            if first != place:
                proof.find(place, f"asks for the same as {first}, in other words")
        _check(place, task, proof)
    for refusal, twin in pairs(task for _, task in seen.values()):
        _check_pair(seen[twin.id][0], refusal, twin, proof)
    return tuple(task for _, task in seen.values())


def _check(place: str, task: Blueprint, proof: Proof) -> None:
    proof.given += task.provenance.mode == "imported"
    world = proof.world(task.domain)
    if isinstance(world, str):
        proof.doubt(place, world)
    elif world.digest != task.digest:
        proof.doubt(place, f"the domain {task.domain} has changed since the task was made: draft or import it again")
    else:
        try:
            for what in _wrong(task, world):
                proof.find(place, what)
        except (UnknownSnapshot, SetUpFailed) as error:
            proof.find(place, str(error))
        except HOSTILE as error:
            proof.find(place, f"cannot be checked: {type(error).__name__}: {error}")


def _wrong(task: Blueprint, world: World) -> Iterator[str]:
    """What is wrong with a task in its world; of an imported one, only what is not taken as given."""
    if task.provenance.mode != "imported":
        yield from (f"{rejected.stage}: {rejected.reason}" for rejected in gates_of(world)(task))
        return
    if task.id != task.identity():
        yield "format: the id is not the hash of the content"
    if not task.decisive:
        yield "format: nothing tells a solved task from an unsolved one"
    yield from (f"{rejected.stage}: {rejected.reason}" for rejected in as_given(task, world))
    outcomes = replay(world, task.snapshot, task.setup, task.actions, hashed=False).outcomes
    for call, outcome in zip(task.actions, outcomes, strict=True):
        if isinstance(outcome, Fault):
            yield f"execution: {call.name} meets a fault: {outcome.reason}"


def _check_pair(place: str, refusal: Blueprint, twin: Blueprint, proof: Proof) -> None:
    world = proof.world(twin.domain)
    if isinstance(world, str) or world.digest != twin.digest:
        return
    try:
        if reason := not_opposite(refusal, twin, world):
            proof.find(place, f"twin of {refusal.id[:12]}: {reason}")
    except (UnknownSnapshot, SetUpFailed) as error:
        proof.find(place, str(error))
    except HOSTILE as error:
        proof.find(place, f"cannot be checked: {type(error).__name__}: {error}")
