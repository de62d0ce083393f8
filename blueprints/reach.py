"""Reach: which edges of the API graph can be walked in a world's data, and why the others cannot."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from blueprints.binding import Binder
from blueprints.knowledge import Knowledge, each, people_table, referents_in
from tools_env.calls import Call, Refusal, Result
from tools_env.port import World
from tools_env.tool import ToolSpec, noun_of

Pair: TypeAlias = tuple[str, str]
BINDINGS = 3
"""How often arguments are looked for, for one tool in one place."""


def unreachable(
    world: World, pairs: Iterable[Pair], snapshots: Sequence[str], rng: random.Random, tries: int = 10
) -> dict[Pair, str]:
    """A reason in words for each of these pairs that so many targeted walks did not cover: one A, then B with what it
    shows, for people and snapshots drawn by chance.
    """
    targets: dict[str, list[str]] = {}
    for source, target in pairs:
        targets.setdefault(source, []).append(target)
    found: dict[Pair, str] = {}
    for source, names in targets.items():
        walk = _Walk(world, world.specs[source], {name: world.specs[name] for name in names})
        for _ in range(tries):
            if not walk.targets:
                break
            walk.once(rng.choice(snapshots), rng)
        found |= {(source, name): f"in {tries} tries {walk.why(name)}" for name in walk.targets}
    return found


@dataclass(slots=True)
class _Walk:
    """Walks from one tool: `targets` are those not reached yet, `notes` how far each came and what stopped it there."""

    world: World
    source: ToolSpec
    targets: dict[str, ToolSpec]
    notes: dict[str, Counter[tuple[int, str]]] = field(default_factory=dict)

    def once(self, snapshot: str, rng: random.Random) -> None:
        """Walk to every target for one person."""
        brief = self.world.brief(snapshot)
        session = self.world.open(snapshot)
        try:
            knowledge = Knowledge(session, dict(self.world.specs))
            binder = Binder(knowledge, brief, rng.choice(brief.people), rng, people_table(self.world))
            if binder.identify() is None:
                self._note(0, "the person cannot be found by what they know of themself")
                return
            index = self._start(knowledge, binder)
            for target in [*self.targets.values()] if index is not None else ():
                if self._reached(target, index or 0, knowledge, binder):
                    del self.targets[target.name]
        finally:
            session.close()

    def _start(self, knowledge: Knowledge, binder: Binder) -> int | None:
        """Carry out the source; the call's index."""
        name = self.source.name
        for _ in range(BINDINGS):
            bound = binder.bind(self.source)
            if bound is None:
                self._note(1, f"nobody has what {name} needs{self._lacking(self.source, knowledge)}")
            elif (index := knowledge.call(bound.call, bound.needs)) is not None:
                return index
            else:
                self._note(2, f"{name} is refused ({_refusal(knowledge, bound.call)})")
        return None

    def _lacking(self, spec: ToolSpec, knowledge: Knowledge) -> str:
        wanted = [p for p in spec.params if p.required and p.meaning.kind == "identifier" and not p.personal]
        tables = [p.meaning.of for p in wanted if not knowledge.of(p.meaning.of)]
        return f": no {noun_of(self.world.specs, tables[0])} is to be found" if tables else ""

    def _reached(self, target: ToolSpec, index: int, knowledge: Knowledge, binder: Binder) -> bool:
        one, other = self.source.name, target.name
        records = [*dict.fromkeys(_fed(self.source, target, index, knowledge))]
        if not records:
            nouns = {noun_of(self.world.specs, p.meaning.of) for p in target.params if p.meaning.kind == "identifier"}
            self._note(3, f"{one} shows nobody a record that {other} takes ({', '.join(sorted(nouns))})", other)
        for record in binder.rng.sample(records, min(BINDINGS, len(records))):
            for _ in range(BINDINGS):
                bound = binder.bind(target, given=frozenset({record}))
                if bound is None:
                    self._note(4, f"nobody has what else {other} needs{self._lacking(target, knowledge)}", other)
                    break
                if not target.writes and knowledge.made(bound.call) < index and not self.source.writes:
                    self._note(5, f"{other} is read on the way to {one}, and shows the same afterwards", other)
                elif all(record[1] not in each(v) for v in bound.call.arguments.values()):
                    self._note(5, f"{other} is called with other records than {one} shows", other)
                elif (why := _refusal(knowledge, bound.call)) is None:
                    return True
                else:
                    self._note(6, f"{other} is refused with what {one} shows ({why})", other)
        return False

    def _note(self, rank: int, text: str, target: str = "") -> None:
        for name in [target] if target else self.targets:
            self.notes.setdefault(name, Counter())[rank, text] += 1

    def why(self, target: str) -> str:
        """What stopped most of the walks that came closest."""
        notes = self.notes.get(target, Counter())
        if not notes:
            return "no walk was tried"
        furthest = max(rank for rank, _ in notes)
        return max((n for n in notes.items() if n[0][0] == furthest), key=lambda n: n[1])[0][1]


def _fed(source: ToolSpec, target: ToolSpec, index: int, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Records that a call has shown, of the tables that a tool takes."""
    logged = knowledge.log[index]
    tables = {p.meaning.of for p in target.params if p.meaning.kind == "identifier"}
    for referent in referents_in(logged.value, source, index, logged.call):
        yield from (r for r in ((referent.table, referent.id), *sorted(referent.context)) if r[0] in tables)


def _refusal(knowledge: Knowledge, call: Call) -> str | None:
    """Why a call would be refused now; None when it would be carried out."""
    trial = knowledge.session.fork()
    try:
        outcome = trial.call(call)
    finally:
        trial.close()
    if isinstance(outcome, Refusal):
        return f"clause {outcome.clause}" if outcome.clause else outcome.reason
    return None if isinstance(outcome, Result) else outcome.reason
