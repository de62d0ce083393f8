"""What a task is proposed from: everything drawn from seed and index, so that they alone decide which task it is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from blueprints.blueprint import Blueprint, Rejected
from blueprints.drafted.doable import Tried, doable
from blueprints.drafted.proposal import WISHES, Wish
from blueprints.drafted.reading import Shown, read_about
from blueprints.drafted.walk import Settings, walk
from blueprints.knowledge import Referent, referents_in
from tools_env.policy import clauses_of
from tools_env.port import Brief, Person, World
from tools_env.state import fingerprint

PEOPLE, WALKS = 5, 4
"""How many people are tried for a walk, and how many walks, until somebody's records let a task end as it has to."""

_Found: TypeAlias = tuple[tuple[str, ...], Person, tuple[Shown, ...], tuple[Tried, ...]]


@dataclass(frozen=True, slots=True)
class Context:
    """The material of one task. `ends` are calls of walked tools that it can end with, where any were found; `subject`
    is its identity, whatever the round; `earlier` are tasks not to repeat.
    """

    world: World
    snapshot: str
    brief: Brief
    person: Person
    persona: str
    kind: Wish
    walked: tuple[str, ...]
    ends: tuple[Tried, ...]
    clauses: tuple[str, ...]
    shown: tuple[Shown, ...]
    examples: tuple[Blueprint, ...]
    earlier: tuple[Blueprint, ...]
    index: int
    subject: str

    @property
    def name(self) -> str:
        """The person's name; empty where the world has none."""
        facts = {n: str(f.value) for n, f in self.person.facts.items()}
        return facts.get("name") or " ".join(facts[n] for n in ("first_name", "last_name") if n in facts)

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
    snapshot = rng.choice(world.snapshots(settings.snapshots))
    brief = world.brief(snapshot)
    found = _Finder(world, snapshot, brief, kind, settings, rng).find()
    if isinstance(found, Rejected):
        return found
    walked, person, shown, ends = found
    alike = [e for e in examples if e.kind == kind and e.person != person.id]
    return Context(
        world=world,
        snapshot=snapshot,
        brief=brief,
        person=person,
        persona=rng.choice(personas) if personas else "",
        kind=kind,
        walked=walked,
        ends=ends,
        clauses=_clauses(world, brief, walked, settings, rng),
        shown=shown,
        examples=tuple(rng.sample(alike, rng.randint(0, min(settings.examples, len(alike))))),
        earlier=tuple(e for e in examples if (e.snapshot, e.person) == (snapshot, person.id)),
        index=index,
        subject=fingerprint(["drafted", world.name, world.digest, seed, index]),
    )


def _none(reason: str) -> Rejected:
    return Rejected(stage="sampling", reason=reason)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Looks for tools that go together, and for somebody whose records let a task of the kind end with one of them."""

    world: World
    snapshot: str
    brief: Brief
    kind: Wish
    settings: Settings
    rng: random.Random

    def find(self) -> _Found | Rejected:
        """The first that is found in a few walks; else one of which only the person is known to be found."""
        second: _Found | Rejected = _none(f"nobody in {self.snapshot} is found by what they know of themself")
        for _ in range(WALKS):
            walked = walk(self.world, self.kind, self.settings, self.rng)
            if not walked:
                return _none(f"no walk holds a tool for {self.kind}: the domain may be too small")
            for person in self.rng.sample(self.brief.people, min(PEOPLE, len(self.brief.people))):
                found = self._of(person, walked)
                if found is not None and (found[-1] or self.kind == "inform"):
                    return found
                second = found or second
        return second

    def _of(self, person: Person, walked: tuple[str, ...]) -> _Found | None:
        """What the tools show of a person, first of all what leads to the ends; None when they do not find them."""
        most = self.settings.reads
        session = self.world.open(self.snapshot)
        try:
            others = read_about(self.world, session, person, walked, most, self.rng)
        finally:
            session.close()
        if not others:
            return None
        ends: list[Tried] = []
        shown: list[Shown] = []
        if self.kind != "inform":
            ways = doable(self.world, self.snapshot, person, walked, self.kind, self.rng)
            for way in ways:
                more = [read for read in way.reads if read not in shown]
                if len(shown) + len(more) <= most:
                    ends.append(way)
                    shown += more
        shown += [read for read in others if read not in shown][: most - len(shown)]
        return walked, person, tuple(shown), tuple(ends)


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
