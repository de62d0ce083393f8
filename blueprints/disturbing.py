"""Disturbing a draft: it gets a mishap that its solution gets over, so that talks about it hold recovery."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from blueprints.blueprint import Blueprint, Stage
from blueprints.checks import world_gates
from blueprints.goal import twin_setup
from blueprints.provisos import first_wish
from blueprints.solution import solved
from blueprints.wording import label
from tools_env.calls import Because, Call, Edit, Refusal, Result
from tools_env.disturbances import Disturbance, Mishap
from tools_env.port import Editable, SetUpFailed, World
from tools_env.values import Json

SORTS: tuple[Mishap, ...] = ("gone", "empty", "transient")
WRITES = 0.5
"""How often a transient error befalls a change, where there is one, rather than any call."""


def drawn(rng: random.Random, share: float) -> tuple[Mishap, ...]:
    """The sorts of mishaps to try on one task, in order; none but in so large a share of cases."""
    return tuple(rng.sample(SORTS, len(SORTS))) if rng.random() < share else ()


def disturb(draft: Blueprint, world: World, rng: random.Random, sorts: Sequence[Mishap]) -> Blueprint:
    """The draft with a mishap of the first of the sorts that it has room for and with which it passes the gates all the
    same; as it is where there is none.
    """
    for sort in sorts if draft.actions and not draft.disturbances else ():
        found = _MAKERS[sort](draft, world, rng)
        if found is not None and next(world_gates(found, world), None) is None:
            return found
    return draft


def _transient(draft: Blueprint, world: World, rng: random.Random) -> Blueprint | None:
    """One of the calls is refused as unavailable when it is first made."""
    mine = [n for n, call in enumerate(draft.actions) if call.actor == "agent"]
    writes = [n for n in mine if world.specs[draft.actions[n].name].writes]
    among = writes if writes and rng.random() < WRITES else mine
    return _with(draft, "transient", rng.choice(among)) if among else None


def _empty(draft: Blueprint, world: World, rng: random.Random) -> Blueprint | None:
    """A list that the solution needs is shown empty at first."""
    outcomes = enumerate(solved(draft, world, hashed=False).outcomes)
    listed = [n for n, o in outcomes if isinstance(o, Result) and isinstance(o.value, list) and o.value]
    reads = [n for n in listed if (call := draft.actions[n]).actor == "agent" and not world.specs[call.name].writes]
    return _with(draft, "empty", rng.choice(reads)) if reads else None


def _with(draft: Blueprint, kind: Mishap, place: int) -> Blueprint:
    name = draft.actions[place].name
    at = sum(call.name == name for call in draft.actions[: place + 1])
    return draft.model_copy(update={"id": "", "disturbances": (Disturbance(kind=kind, tool=name, at=at),)})


def _gone(draft: Blueprint, world: World, rng: random.Random) -> Blueprint | None:
    """What a person would rather have looks possible when it is looked up, and is not when it is tried."""
    del rng
    if draft.evidence is not None:  # its twin would start from another set-up
        return None
    return next(_going(draft, world), None)


def _going(draft: Blueprint, world: World) -> Iterator[Blueprint]:
    for stage in draft.stages:
        wish = stage.other.call if stage.other and stage.condition is None and stage.wants == "change" else None
        because = _deciding(draft, world, stage.until - 1, wish) if wish else None
        if wish is None or because is None:
            continue
        there = twin_setup(because)
        edits = _as_it_is(draft, world, there)
        if not edits or _told_by(stage, edits):
            continue
        going = Disturbance(kind="gone", tool=wish.name, about=_about(wish, world), edits=edits)
        found = draft.model_copy(update={"id": "", "setup": (*draft.setup, *there), "disturbances": (going,)})
        try:
            before, after = solved(draft, world), solved(found, world)
        except SetUpFailed:
            continue
        if before.fingerprint == after.fingerprint:
            yield found.model_copy(update={"diff": after.diff})


def _told_by(stage: Stage, edits: tuple[Edit, ...]) -> bool:
    """Whether the words for what the person would rather have speak of a field that is to change."""
    words = {*re.findall(r"[a-z]{3,}", first_wish(stage).casefold())}
    return any(words & {*re.findall(r"[a-z]{3,}", label(edit.path.rsplit("/", 1)[-1]))} for edit in edits)


def _deciding(draft: Blueprint, world: World, actions: int, wish: Call) -> Because | None:
    """The fact for which policy forbids a wish when it comes up."""
    session = world.open(draft.snapshot, draft.setup)
    try:
        for action in draft.actions[:actions]:
            session.call(action)
        outcome = session.call(wish)
    finally:
        session.close()
    return outcome.because if isinstance(outcome, Refusal) and outcome.cause == "policy" else None


def _as_it_is(draft: Blueprint, world: World, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """What undoes edits of single fields; nothing where that cannot be done in mid-talk."""
    session = world.open(draft.snapshot, draft.setup)
    try:
        if not isinstance(session, Editable):
            return ()
        for edit in edits:
            session.edit(edit)
        changed = session.diff()
    except SetUpFailed:
        return ()
    finally:
        session.close()
    if any(edit.path not in changed or edit.path.count("/") != 2 for edit in edits):  # noqa: PLR2004 - table/id/field
        return ()
    return tuple(Edit(path=edit.path, value=changed[edit.path].before) for edit in edits)


def _about(wish: Call, world: World) -> dict[str, Json]:
    """The records that a call is about, the person aside; where it takes none, all that it is given."""
    spec = world.specs[wish.name]
    records = {p.name for p in spec.params if p.meaning.kind == "identifier" and not p.personal}
    return {n: v for n, v in wish.arguments.items() if n in records} or dict(wish.arguments)


_MAKERS: Mapping[Mishap, Callable[[Blueprint, World, random.Random], Blueprint | None]] = {
    "transient": _transient,
    "empty": _empty,
    "gone": _gone,
}
