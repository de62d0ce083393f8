"""Gates on wishes beside each other: none is given up, undone or made impossible by another of the same talk."""

from collections.abc import Iterator
from itertools import combinations

from blueprints.blueprint import Blueprint, Rejected
from blueprints.judging import outcome
from blueprints.judging.talk import Talk
from blueprints.solution import opened, settled
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Course
from tools_env.port import Session, World
from tools_env.replay import Replayed, replay
from tools_env.values import Json

MOST_FORGOTTEN = 2
"""How many changes a forgetful agent leaves out."""


def wishes(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """No branch that is not taken is what another matter wants, no first wish fails because of the person's own earlier
    change alone, and every change leaves something behind.
    """
    for reason in (*_contradicted(blueprint, world), *_own_doing(blueprint, world), *_forgettable(blueprint, world)):
        yield Rejected(stage="wishes", reason=reason)


def _contradicted(blueprint: Blueprint, world: World) -> Iterator[str]:
    """What is not to happen in one matter, and is wanted in another."""
    wanted = [_wanted(blueprint, number) for number in range(len(blueprint.stages))]
    for number, stage in enumerate(blueprint.stages):
        if stage.other is None or stage.other.call is None:
            continue
        mine = _matter(stage.other.call, world)
        for also, calls in enumerate(wanted):
            if also != number and any(_matter(c, world) == mine for c in calls):
                yield f"message {number + 1}: {stage.other.intent!r} is not to happen, and message {also + 1} wants it"


def _wanted(blueprint: Blueprint, number: int) -> list[Call]:
    """The calls that a matter is about: those that settle it, the one it is refused, the one of its other branch."""
    stage, before = blueprint.stages[number], blueprint.stages[number - 1].until if number else 0
    found = [*blueprint.actions[before : stage.until]]
    found += [blueprint.evidence.forbidden] if blueprint.evidence and stage.wants == "refusal" else []
    return [*found, *([stage.other.call] if stage.other and stage.other.call else [])]


def _matter(call: Call, world: World) -> tuple[str, dict[str, Json]]:
    """A tool and the records that it is used on, the person aside; where it takes none, all that it is given."""
    spec = world.specs.get(call.name)
    records = {p.name for p in spec.params if p.meaning.kind == "identifier" and not p.personal} if spec else set()
    return call.name, {n: v for n, v in call.arguments.items() if n in records} or call.arguments


def _own_doing(blueprint: Blueprint, world: World) -> Iterator[str]:
    """First wishes that policy did not forbid before the talk."""
    for number, stage in enumerate(blueprint.stages):
        call = stage.other.call if stage.other and stage.condition is None else None
        if call is None or not _writes(blueprint.actions[: stage.until - 1], world):
            continue
        session = opened(settled(blueprint), world)
        first = session.call(call)
        session.close()
        if not (isinstance(first, Refusal) and first.cause == "policy"):
            yield (
                f"message {number + 1}: what the person would rather have is forbidden only because of what they have "
                "had changed before"
            )


def _writes(calls: tuple[Call, ...], world: World) -> list[int]:
    """Places of the calls that change something."""
    return [n for n, c in enumerate(calls) if (spec := world.specs.get(c.name)) is not None and spec.writes]


def _forgettable(blueprint: Blueprint, world: World) -> Iterator[str]:
    """How an agent gets to the same end that forgets changes, or that the person has changed their mind."""
    writes = _writes(blueprint.actions, world)
    if len(writes) < MOST_FORGOTTEN or not blueprint.diff or blueprint.any_diff:
        return
    first = writes[0]
    session = world.open(blueprint.snapshot, blueprint.setup)
    try:
        for call in blueprint.actions[:first]:
            session.call(call)
        for calls, told in _forgetful(blueprint, session, writes):
            if _ends_the_same(blueprint, world, session, calls[first:]) and not _breaks_rules(blueprint, world, calls):
                yield f"all ends the same {told}: ask for changes that are still there in the end"
                return
    finally:
        session.close()


def _forgetful(blueprint: Blueprint, session: Session, writes: list[int]) -> Iterator[tuple[list[Call], str]]:
    """What such agents do, and in what way it is less. Two changes are left out together where they are of one record:
    else neither of them undoes the other. The session stands before the first change.
    """
    touched = _touched(blueprint, session, writes) if len(writes) > MOST_FORGOTTEN else {}
    for place, calls in ((None, blueprint.actions), *_as_first_said(blueprint, writes)):
        rest = [n for n in writes if n != place]
        for size in range(1 if place is None else 0, MOST_FORGOTTEN + 1):
            for left_out in combinations(rest, size):
                if size == MOST_FORGOTTEN and not set.intersection(*(touched.get(n, set()) for n in left_out)):
                    continue
                told = [f"without {' and '.join(calls[n].name for n in left_out)}"] if left_out else []
                told += [f"where {calls[place].name} is done as it was first said"] if place is not None else []
                yield [c for n, c in enumerate(calls) if n not in left_out], " and ".join(told)


def _as_first_said(blueprint: Blueprint, writes: list[int]) -> Iterator[tuple[int, tuple[Call, ...]]]:
    """For each change of mind the place of its call, and the actions with the value that was named first."""
    for known in blueprint.known.values():
        place = blueprint.stages[known.stage].until - 1 if known.stage < len(blueprint.stages) else -1
        if known.at_first is None or place not in writes:
            continue
        call = blueprint.actions[place]
        first = call.model_copy(update={"arguments": {**call.arguments, known.about: known.at_first}})
        yield place, (*blueprint.actions[:place], first, *blueprint.actions[place + 1 :])


def _touched(blueprint: Blueprint, session: Session, writes: list[int]) -> dict[int, set[str]]:
    """The records that each write changes, by its place."""
    found: dict[int, set[str]] = {}
    trial = session.fork()
    before = trial.diff()
    for number in range(writes[0], len(blueprint.actions)):
        trial.call(blueprint.actions[number])
        if number in writes:
            now = trial.diff()
            paths = (p for p in {**before, **now} if before.get(p) != now.get(p))
            found[number] = {"/".join(p.split("/")[:2]) for p in paths}
            before = now
    trial.close()
    return found


def _ends_the_same(blueprint: Blueprint, world: World, session: Session, calls: list[Call]) -> bool:
    """Whether calls, from where a session stands, succeed and lead to what the judge takes for the task's end."""
    trial = session.fork()
    try:
        if not all(isinstance(trial.call(c), Result) for c in calls):
            return False
        done = Replayed(Course(), trial.diff(), "", ())
    finally:
        trial.close()
    return outcome.state(Talk(blueprint, done.course, (), "user_stop", world, done)).status != "fail"


def _breaks_rules(blueprint: Blueprint, world: World, calls: list[Call]) -> bool:
    return bool(replay(world, blueprint.snapshot, blueprint.setup, calls, hashed=False).breaches)
