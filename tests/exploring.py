"""A blind explorer of worlds: it reads what a person's facts lead to, then tries writes at random in forks."""

import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tools_env.calls import Because, Call, Fault, Outcome, Refusal, Result
from tools_env.course import Course
from tools_env.port import Brief, Person, Session, World
from tools_env.rules import Breach
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json


@dataclass(frozen=True)
class Tried:
    """A call tried in a fork, with what came of it."""

    snapshot: str
    call: Call
    outcome: Outcome
    breaches: tuple[Breach, ...]

    @property
    def because(self) -> Because | None:
        """The deciding fact of a denial, by the tool or by a rule."""
        if isinstance(self.outcome, Refusal):
            return self.outcome.because
        return next((b.because for b in self.breaches if b.because), None)

    @property
    def clause(self) -> str | None:
        """The clause that forbids it."""
        if isinstance(self.outcome, Refusal):
            return self.outcome.clause
        return next((b.clause for b in self.breaches), None)


class Explorer:
    """What one person's reads show, and writes bound to it."""

    def __init__(self, world: World, snapshot: str, person: Person, seed: int = 0) -> None:
        self.world = world
        self.snapshot = snapshot
        self.person = person
        self.rng = Random(f"{snapshot} {person.id} {seed}")
        self.brief: Brief = world.brief(snapshot)
        self.session: Session = world.open(snapshot)
        self.reads: list[tuple[Call, Outcome]] = []
        self.contexts: dict[str, dict[str, dict[str, str]]] = {}
        places = [(p.name, p.meaning) for spec in world.specs.values() for p in spec.params]
        places += [(y.name, y.meaning) for spec in world.specs.values() for y in spec.yields]
        self.tables = {name: meaning.of for name, meaning in places if meaning.kind == "identifier"}

    def look(self, rounds: int = 4, width: int = 60) -> None:
        """Carry out every read whose arguments are known by now, a few rounds of it."""
        done: set[str] = set()
        for _ in range(rounds):
            for spec in [s for s in self.world.specs.values() if not s.writes]:
                for values in itertools.product(*(self._known(p)[:width] for p in spec.params)):
                    arguments = dict(zip([p.name for p in spec.params], values, strict=True))
                    if (key := f"{spec.name} {arguments}") not in done:
                        done.add(key)
                        call = Call(name=spec.name, arguments=arguments)
                        outcome = self.session.call(call)
                        self.reads.append((call, outcome))
                        self._note(outcome.observed(), {})

    def _known(self, param: Param) -> list[Json]:
        if param.meaning.kind == "identifier":
            return [*self.contexts.get(param.meaning.of, {})]
        if param.choices:
            return [*param.choices]
        fact = self.person.facts.get(param.name)
        return [] if fact is None else [fact.value]

    def _note(self, value: Json, around: dict[str, str]) -> None:
        if isinstance(value, list):
            for member in value:
                self._note(member, around)
        elif isinstance(value, dict) and value:
            ids = {k: v for k, v in value.items() if k in self.tables and isinstance(v, str)}
            first = next(iter(value))
            if first in ids:
                self.contexts.setdefault(self.tables[first], {}).setdefault(ids[first], around | ids)
            for member in value.values():
                self._note(member, around | ids)

    def bindings(self, spec: ToolSpec, count: int) -> Iterator[Call]:
        """Random arguments for a tool: ids that share a context, choices, and values that people bring along."""
        for _ in range(count):
            arguments: dict[str, Json] = {}
            context: dict[str, str] = {}
            for param in spec.params:
                found = self._value(param, context, arguments)
                if found is None:
                    break
                arguments[param.name] = found
            else:
                yield Call(name=spec.name, arguments=arguments)

    def _value(self, param: Param, context: dict[str, str], arguments: dict[str, Json]) -> Json:
        meaning, now = param.meaning, self.brief.now
        if param.personal:
            return self.person.id
        if meaning.kind == "identifier":
            known = self.contexts.get(meaning.of, {})
            fitting = [
                key
                for key, ids in known.items()
                if key not in arguments.values() and all(context.get(n, v) == v for n, v in ids.items() if n in SHARED)
            ]
            if not fitting:
                return None
            key = self.rng.choice(fitting)
            context.update({n: v for n, v in known[key].items() if n in SHARED})
            return key
        if param.choices:
            return self.rng.choice(param.choices)
        drawn: dict[str, Json] = {
            "date": (now + datetime.timedelta(days=self.rng.randrange(1, 15))).isoformat(),
            "amount": self.rng.randrange(5, 101),
            "count": self.rng.randrange(1, 6),
        }
        return drawn.get(meaning.kind) or self.rng.choice([*self.brief.pools.get(meaning.of, ("something",))])

    def try_writes(self, count: int) -> Iterator[Tried]:
        """Try each write so often, each time in a fork."""
        for spec in [s for s in self.world.specs.values() if s.writes]:
            for call in self.bindings(spec, count):
                fork = self.session.fork()
                outcome = fork.call(call)
                assert not isinstance(outcome, Fault), f"{call}: {outcome.reason}"
                breaches = fork.breaches(Course()) if isinstance(outcome, Result) else ()
                fork.close()
                yield Tried(self.snapshot, call, outcome, breaches)


SHARED = {"order_id", "product_id"}
