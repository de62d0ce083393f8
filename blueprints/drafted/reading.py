"""Domain data for the author: what the read tools show of one person, really read and then shortened."""

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from blueprints.knowledge import own_fact, referents_in
from tools_env.calls import Call, Result
from tools_env.port import Person, Session, World
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, leaves

MEMBERS, LETTERS, EACH = 6, 120, 3
"""How many members of a list and letters of a text are shown, and how many records one tool is asked about."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A read and what it showed, in full."""

    call: Call
    value: Json


def read_about(
    world: World, session: Session, person: Person, walked: Iterable[str], most: int, rng: random.Random
) -> tuple[Shown, ...]:
    """Up to `most` reads about a person, what the walked tools need before others; none when nothing finds them."""
    return tuple(itertools.islice(_Reader(world.specs, session, person, rng).reads(set(walked)), most))


@dataclass(slots=True)
class _Reader:
    """Reads with what the person knows of themself, then with the ids that this showed."""

    specs: Mapping[str, ToolSpec]
    session: Session
    person: Person
    rng: random.Random

    def reads(self, walked: set[str]) -> Iterator[Shown]:
        needed = {p.meaning.of for n in walked for p in self.specs[n].params if p.meaning.kind == "identifier"}
        reads = [s for s in self.specs.values() if not s.writes and "agent" in s.actors]
        reads.sort(key=lambda s: (s.name not in walked, not _feeds(s, needed), any(p.choices for p in s.params)))
        finders = [s for s in reads if self._with_own(s) is not None]
        found = next((f for f in map(self._find, finders) if f is not None), None)
        if found is None:
            return
        yield found
        seen: dict[str, list[str]] = {}
        asked = {s.name for s in finders}
        self._note(found, seen)
        while fresh := next((s for s in reads if s.name not in asked and self._ready(s, seen)), None):
            asked.add(fresh.name)
            for call in self._calls(fresh, seen):
                shown = self._read(call)
                if shown is not None:
                    self._note(shown, seen)
                    yield shown

    def _with_own(self, spec: ToolSpec) -> dict[str, Json] | None:
        """Arguments made of the person's own facts alone."""
        facts = {p.name: own_fact(p, self.person) for p in spec.params if p.required}
        if not facts or None in facts.values():
            return None
        return {name: self.person.facts[fact].value for name, fact in facts.items() if fact is not None}

    def _find(self, spec: ToolSpec) -> Shown | None:
        shown = self._read(Call(name=spec.name, arguments=self._with_own(spec) or {}))
        return shown if shown is not None and self.person.id in leaves(shown.value) else None

    def _read(self, call: Call) -> Shown | None:
        """A read that shows nobody else's records."""
        outcome = self.session.call(call)
        if not isinstance(outcome, Result) or outcome.value in ([], {}, None):
            return None
        if any(t.owner not in {None, "", self.person.id} for t in outcome.touched):
            return None
        return Shown(call, outcome.value)

    def _note(self, shown: Shown, seen: dict[str, list[str]]) -> None:
        for referent in referents_in(shown.value, self.specs[shown.call.name], 0, shown.call):
            ids = seen.setdefault(referent.table, [])
            if referent.id not in ids:
                ids.append(referent.id)

    def _ready(self, spec: ToolSpec, seen: dict[str, list[str]]) -> bool:
        return all(self._values(p, seen) for p in spec.params if p.required)

    def _values(self, param: Param, seen: dict[str, list[str]]) -> list[Json]:
        if param.personal:
            return [self.person.id]
        if param.meaning.kind == "identifier":
            ids = seen.get(param.meaning.of, [])
            return [[i] if param.many else i for i in ids]
        if param.choices:
            return [self.rng.choice(param.choices)]
        fact = own_fact(param, self.person)
        return [] if fact is None else [self.person.facts[fact].value]

    def _calls(self, spec: ToolSpec, seen: dict[str, list[str]]) -> list[Call]:
        needed = [p for p in spec.params if p.required]
        pools = [self._values(p, seen)[:EACH] for p in needed]
        names = [p.name for p in needed]
        rows = itertools.islice(itertools.product(*pools), EACH)
        return [Call(name=spec.name, arguments=dict(zip(names, row, strict=True))) for row in rows]


def _feeds(spec: ToolSpec, tables: set[str]) -> bool:
    return any(y.meaning.kind == "identifier" and y.own and y.meaning.of in tables for y in spec.yields)


def shortened(value: Json, depth: int = 0) -> Json:
    """A value with long lists and texts cut, and deep parts left out: enough for a task, little to read."""
    if isinstance(value, str):
        return value if len(value) <= LETTERS else f"{value[:LETTERS]}…"
    if isinstance(value, list):
        kept = [shortened(v, depth + 1) for v in value[:MEMBERS]]
        return [*kept, f"… and {len(value) - MEMBERS} more"] if len(value) > MEMBERS else kept
    if isinstance(value, dict):
        if depth > MEMBERS:
            return "…"
        named = list(value.items())[: 5 * MEMBERS]
        return {name: shortened(inner, depth + 1) for name, inner in named}
    return value
