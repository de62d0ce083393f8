"""What a person's records allow: the changes of a walk that can be made for them, and the reads that lead there.

Policy decides which pairs of tools can follow each other for whom (arXiv 2504.03601 §3.1: forbidden pairs): a change is
tried before an author is asked to build a task around it.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from blueprints.binding import Binder
from blueprints.drafted.proposal import Wish
from blueprints.drafted.reading import Shown
from blueprints.knowledge import Knowledge, people_table
from tools_env.calls import Call, Refusal, Result
from tools_env.port import Person, World
from tools_env.replay import replay

BINDINGS = 4
"""How often arguments are looked for, for one tool."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A call that was tried, the reads that lead to it, and the clause that forbids it, if one does."""

    call: Call
    reads: tuple[Shown, ...]
    clause: str = ""


def doable(
    world: World, snapshot: str, person: Person, walked: Iterable[str], kind: Wish, rng: random.Random
) -> tuple[Tried, ...]:
    """Calls of walked tools by which a task of a kind can end, one a tool: changes that are made, or for `refuse` such
    as a clause forbids.
    """
    found: list[Tried] = []
    session = world.open(snapshot)
    try:
        knowledge = Knowledge(session, {n: s for n, s in world.specs.items() if "agent" in s.actors})
        binder = Binder(knowledge, world.brief(snapshot), person, rng, people_table(world))
        first = binder.identify()
        for name in walked if first is not None else ():
            for _ in range(BINDINGS if world.specs[name].writes else 0):
                bound = binder.bind(world.specs[name])
                if bound is None:
                    break
                reads = [knowledge.log[n] for n in knowledge.closure({first or 0, *bound.needs})]
                clause = _tried([*(r.call for r in reads), bound.call], world, snapshot, person)
                if clause is not None and bool(clause) == (kind == "refuse"):
                    found.append(Tried(bound.call, tuple(Shown(r.call, r.value) for r in reads), clause))
                    break
    finally:
        session.close()
    return tuple(found)


def _tried(calls: Sequence[Call], world: World, snapshot: str, person: Person) -> str | None:
    """The clause that forbids the last call; empty where it is made within the rules, None where it ends otherwise."""
    done = replay(world, snapshot, (), calls)
    outcome = done.outcomes[-1]
    if isinstance(outcome, Refusal):
        return outcome.clause or None
    own = isinstance(outcome, Result) and all(t.owner in {None, "", person.id} for t in outcome.touched)
    return "" if own and done.diff and not done.breaches else None
