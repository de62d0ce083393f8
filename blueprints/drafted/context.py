"""What a task is proposed from: everything drawn from seed and index, so that they alone decide which task it is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from blueprints.blueprint import Blueprint, Rejected
from blueprints.drafted.proposal import WISHES, Wish
from blueprints.drafted.reading import Shown, read_about
from blueprints.drafted.walk import Settings, walk
from blueprints.knowledge import Referent, referents_in
from tools_env.policy import clauses_of
from tools_env.port import Brief, Person, World
from tools_env.state import fingerprint

PEOPLE = 5
"""How many people may be tried until one is found by what they know of themself."""


@dataclass(frozen=True, slots=True)
class Context:
    """The material of one task. `subject` is its identity, whatever the round; `earlier` are tasks not to repeat."""

    world: World
    snapshot: str
    brief: Brief
    person: Person
    persona: str
    kind: Wish
    walked: tuple[str, ...]
    clauses: tuple[str, ...]
    shown: tuple[Shown, ...]
    examples: tuple[Blueprint, ...]
    earlier: tuple[Blueprint, ...]
    index: int
    subject: str

    def records(self) -> list[Referent]:
        """The records that the author is shown."""
        specs = self.world.specs
        return [r for s in self.shown for r in referents_in(s.value, specs[s.call.name], 0, s.call)]


def sample_context(
    world: World,
    seed: int,
    index: int,
    settings: Settings,
    personas: Sequence[str] = (),
    examples: Sequence[Blueprint] = (),
) -> Context | Rejected:
    """The context of the task at an index; `examples` are tasks accepted before, of which a few are shown."""
    rng = random.Random(f"drafted/{seed}/{index}")
    shares = settings.shares()
    if not shares:
        return _none(f"of the kinds that can be proposed, {', '.join(WISHES)}, none has a share")
    kind = rng.choices(list(shares), list(shares.values()))[0]
    walked = walk(world, kind, settings, rng)
    if not walked:
        return _none(f"no walk holds a tool for {kind}: the domain may be too small")
    snapshot = rng.choice(world.snapshots(settings.snapshots))
    brief = world.brief(snapshot)
    found = _person(world, snapshot, brief, walked, settings, rng)
    if isinstance(found, Rejected):
        return found
    person, shown = found
    alike = [e for e in examples if e.kind == kind and e.person != person.id]
    return Context(
        world=world,
        snapshot=snapshot,
        brief=brief,
        person=person,
        persona=rng.choice(personas) if personas else "",
        kind=kind,
        walked=walked,
        clauses=_clauses(world, brief, walked, settings, rng),
        shown=shown,
        examples=tuple(rng.sample(alike, rng.randint(0, min(settings.examples, len(alike))))),
        earlier=tuple(e for e in examples if (e.snapshot, e.person) == (snapshot, person.id)),
        index=index,
        subject=fingerprint(["drafted", world.name, world.digest, seed, index]),
    )


def _none(reason: str) -> Rejected:
    return Rejected(stage="sampling", reason=reason)


def _person(
    world: World, snapshot: str, brief: Brief, walked: tuple[str, ...], settings: Settings, rng: random.Random
) -> tuple[Person, tuple[Shown, ...]] | Rejected:
    """A person whom the tools find, and what they show of them."""
    session = world.open(snapshot)
    try:
        for person in rng.sample(brief.people, min(PEOPLE, len(brief.people))):
            shown = read_about(world, session, person, walked, settings.reads, rng)
            if shown:
                return person, shown
    finally:
        session.close()
    return _none(f"nobody in {snapshot} is found by what they know of themself")


def _clauses(
    world: World, brief: Brief, walked: tuple[str, ...], settings: Settings, rng: random.Random
) -> tuple[str, ...]:
    """A few clauses with their figures, those that bear on the walk before others."""
    if not world.clauses:
        return ()
    cited = {c for name in walked for c in world.specs[name].clauses}
    numbers = [c.number for c in world.clauses]
    rng.shuffle(numbers)
    numbers.sort(key=lambda n: n not in cited)
    filled = clauses_of(brief.policy) if any("{" in c.text for c in world.clauses) else {}
    texts = {c.number: c.text for c in world.clauses} | filled
    return tuple(f"{n} {texts[n]}" for n in numbers[: rng.randint(0, settings.clauses)])
