"""What a person's records allow: the changes of a walk that can be made for them, and the reads that lead there.

Policy decides which pairs of tools can follow each other for whom (arXiv 2504.03601 §3.1: forbidden pairs): a change is
tried before an author is asked to build a task around it.
"""

import random
from collections.abc import Iterable

from blueprints.binding import Binder, Bound
from blueprints.drafted.proposal import Wish
from blueprints.drafted.reading import Shown
from blueprints.knowledge import Knowledge, people_table
from tools_env.calls import Refusal, Result
from tools_env.port import Person, World

BINDINGS = 4
"""How often arguments are looked for, for one tool."""


def doable(
    world: World, snapshot: str, person: Person, walked: Iterable[str], kind: Wish, rng: random.Random
) -> dict[str, tuple[Shown, ...]]:
    """The walked tools by which a task of a kind can end, each with the reads that lead there: a change that is made,
    or for `refuse` one that a clause forbids.
    """
    found: dict[str, tuple[Shown, ...]] = {}
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
                if _ends(bound, knowledge, person, kind):
                    reads = [knowledge.log[n] for n in knowledge.closure({first or 0, *bound.needs})]
                    found[name] = tuple(Shown(r.call, r.value) for r in reads)
                    break
    finally:
        session.close()
    return found


def _ends(bound: Bound, knowledge: Knowledge, person: Person, kind: Wish) -> bool:
    """Whether a call, tried and taken back, ends as the kind has to."""
    trial = knowledge.session.fork()
    try:
        outcome = trial.call(bound.call)
    finally:
        trial.close()
    if kind == "refuse":
        return isinstance(outcome, Refusal) and bool(outcome.clause)
    return isinstance(outcome, Result) and all(t.owner in {None, "", person.id} for t in outcome.touched)
