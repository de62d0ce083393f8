"""Binding: arguments for a tool, found by walking the API graph backwards from what it needs (arXiv 2504.03601 §3)."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from blueprints.knowledge import Choice, Knowledge, Referent, own_fact, plain_value
from tools_env.calls import Because, Call
from tools_env.port import Brief, Person
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json

DEPTH = 5
MOST_LISTED = 8
"""Records listed by id alone are read one by one to find out which is meant; longer listings are left alone."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A call with what each argument came from: `needs` are the earlier calls that showed its records."""

    call: Call
    choices: dict[str, Choice]
    facts: dict[str, str]
    needs: tuple[int, ...]


class Binder:
    """Finds arguments for tools in one session: reads what is missing, prefers records that were seen together."""

    def __init__(self, knowledge: Knowledge, brief: Brief, person: Person, rng: random.Random, people: str) -> None:
        self.knowledge = knowledge
        self.people = people
        self.brief = brief
        self.person = person
        self.rng = rng
        self.avoided: dict[str, set[tuple[str, str]]] = {}
        """By tool the records for which it was refused: a fact of theirs decides, so it will be again."""
        self._reading: dict[str, list[ToolSpec]] = {}
        self._looked: dict[tuple[str, frozenset[tuple[str, str]]], tuple[int, int]] = {}
        """How many calls had been made when records of a table with a context were last looked for, and how deep."""

    def identify(self) -> int | None:
        """Find the person through a read tool that takes only what they know of themselves; the call's index."""
        finders = [s for s in self.knowledge.specs.values() if not s.writes and s.params]
        self.rng.shuffle(finders)
        for spec in finders:
            facts = {p.name: own_fact(p, self.person) for p in spec.params if p.required}
            if not facts or any(f is None for f in facts.values()):
                continue
            arguments = {p: self.person.facts[f].value for p, f in facts.items() if f is not None}
            index = self.knowledge.call(Call(name=spec.name, arguments=arguments), ())
            if index is not None and any(
                r.id == self.person.id and r.table == self.people for r in self.knowledge.referents
            ):
                return index
        return None

    def read(self, bound: Bound) -> int | None:
        """Make a reading call; of records listed by id alone the whole listing is read, for any may be meant."""
        chosen = [(n, r) for n, c in bound.choices.items() for r in c.referents if not c.param.personal]
        listed = [(n, r) for n, r in chosen if not r.shown]
        if not listed:
            return self.knowledge.call(bound.call, bound.needs)
        name, target = listed[0]
        among = self.knowledge.beside(target)
        if len(among) > MOST_LISTED or len(listed) > 1:
            return None
        made: dict[str, int] = {}
        for one in among:
            call = bound.call.model_copy(update={"arguments": bound.call.arguments | {name: one.id}})
            if (index := self.knowledge.call(call, bound.needs)) is not None:
                made[one.id] = index
        for index in made.values():
            self.knowledge.log[index].together = tuple(made.values())
        return made.get(target.id)

    def bind(
        self,
        spec: ToolSpec,
        depth: int = DEPTH,
        banned: frozenset[str] = frozenset(),
        given: frozenset[tuple[str, str]] = frozenset(),
    ) -> Bound | None:
        """Arguments for `spec` that go with the records in `given`, or None; reads what it has to."""
        choices: dict[str, Choice] = {}
        context = set(given)
        needs: set[int] = set()
        records = [p for p in spec.params if p.meaning.kind == "identifier"]
        for param in _paired_in_order(sorted(records, key=self._openness), records):
            if not param.required and self.rng.random() < 0.5:  # noqa: PLR2004 - optional arguments half of the time
                continue
            partner = next((c for c in choices.values() if _pair(c.param) and _pair(c.param) == _pair(param)), None)
            if partner is not None:
                chosen = self._match(param, partner, depth, banned)
            else:
                if not (param.personal and any(r.id == self.person.id for r in self.knowledge.listed(self.people))):
                    self._provide(param.meaning.of, depth, banned, frozenset(context))
                others = frozenset(p.meaning.of for p in records if p.meaning.of != param.meaning.of)
                fit = _Fit(frozenset(context), others, self.avoided.get(spec.name, frozenset()), reads=not spec.writes)
                chosen = self._choose(param, choices, fit)
            if chosen is None:
                if param.required:
                    return None
                continue
            choices[param.name] = chosen
            for referent in chosen.referents:
                context |= {*referent.context, (referent.table, referent.id)}
                needs.add(referent.source)
        return self._plain(spec, choices, needs)

    def _plain(self, spec: ToolSpec, choices: dict[str, Choice], needs: set[int]) -> Bound | None:
        facts: dict[str, str] = {}
        paired = any(p.meaning.paired and p.meaning.kind != "identifier" for p in spec.params)
        place = self.rng.random() if paired else 0.0
        for param in spec.params:
            if param.meaning.kind == "identifier":
                continue
            if not param.required and (param.meaning.kind == "flag" or self.rng.random() < 0.6):  # noqa: PLR2004
                continue
            before = None if param.meaning.paired else self._as_before(param, needs)
            value = before or plain_value(param, self.brief, random.Random(place) if param.meaning.paired else self.rng)
            if value is None and (fact := own_fact(param, self.person)) is not None:
                facts[param.name], value = fact, self.person.facts[fact].value
            if value is None:
                if param.required:
                    return None
                continue
            choices[param.name] = Choice(param, [value] if param.many else value)
        arguments = {p.name: choices[p.name].value for p in spec.params if p.name in choices}
        return Bound(Call(name=spec.name, arguments=arguments), choices, facts, tuple(sorted(needs)))

    def _as_before(self, param: Param, needs: set[int]) -> Json:
        """What the reads that led here were given for an argument of the same name: one word means one thing."""
        for index in self.knowledge.closure(needs):
            call = self.knowledge.log[index].call
            if not self.knowledge.log[index].writes and param.name in call.arguments:
                return call.arguments[param.name]
        return None

    def _openness(self, param: Param) -> tuple[int, float]:
        """People last; what is created or deep first, so that context narrows what follows."""
        return (1 if param.personal else 0, self.rng.random())

    def _choose(self, param: Param, taken: dict[str, Choice], fit: "_Fit") -> Choice | None:
        """Records that fit; one known by its id alone only where the person is meant, or to read about it.

        A list takes records that one call showed and that stand among the same records of the others' tables.
        """
        context, others = fit.context, fit.others
        table = param.meaning.of
        used = {r.id for c in taken.values() for r in c.referents if r.table == table}
        found = [r for r in self.knowledge.of(table) if r.id not in used and (table, r.id) not in fit.avoided]
        if (fit.reads or param.personal) and not any(self._mine(r) for r in found):
            found = self.knowledge.listed(table)
        found = [r for r in found if r.id == self.person.id] if param.personal else [r for r in found if self._mine(r)]
        inside = [r for r in found if (table, r.id) in context]
        if inside:
            found = inside
        if not found:
            return None
        scores = {id(r): len(r.context & context) - _clashes(r, context) for r in found}
        best = max(scores.values())
        found = [r for r in found if scores[id(r)] == best]
        if not param.many:
            one = self.rng.choice(found)
            return Choice(param, one.id, (one,))
        first = self.rng.choice(found)
        like = [
            r for r in found if r is not first and r.source == first.source and _in(r, others) == _in(first, others)
        ]
        some = [first, *self.rng.sample(like, min(len(like), self.rng.choice([0, 0, 1])))]
        return Choice(param, [r.id for r in some], tuple(some))

    def _match(self, param: Param, partner: Choice, depth: int, banned: frozenset[str]) -> Choice | None:
        """For each record of one of two parallel lists another that stands among the same, shown by another call."""
        found: list[Referent] = []
        for one in partner.referents:
            like = self._like(one, found)
            if not like and depth:
                self._provide(param.meaning.of, depth, banned, one.context, anew=True)
                like = self._like(one, found)
            if not like:
                return None
            found.append(self.rng.choice(like))
        return Choice(param, [r.id for r in found], tuple(found))

    def _like(self, one: Referent, taken: list[Referent]) -> list[Referent]:
        mine = {(t, i) for t, i in one.context if t != self.people}
        among = (r for r in self.knowledge.of(one.table) if r.id != one.id and r.source != one.source)
        return [r for r in among if r.context & mine and all(r.id != t.id for t in taken)]

    def _mine(self, referent: Referent) -> bool:
        """Not somebody else's: no other person stands in its context."""
        people = {i for t, i in referent.context if t == self.people}
        return not people or people == {self.person.id}

    def _provide(
        self, table: str, depth: int, banned: frozenset[str], context: frozenset[tuple[str, str]], *, anew: bool = False
    ) -> None:
        """Read until records of `table` are known, if they can be; with context, records that go with it; `anew` even
        where some are known.
        """
        known = [r for r in self.knowledge.of(table) if not context or r.context & context or (table, r.id) in context]
        further = depth == DEPTH and self.rng.random() < 0.2  # noqa: PLR2004 - look further now and then
        if (known and not anew and not further) or depth == 0:
            return
        wanted, calls = (table, context), len(self.knowledge.log)
        before_calls, before_depth = self._looked.get(wanted, (-1, 0))
        if before_calls == calls and before_depth >= depth:
            return  # what is read already would only be read again
        readers = [s for s in self._readers(table) if s.name not in banned]
        self.rng.shuffle(readers)
        for spec in readers:
            bound = self.bind(spec, depth - 1, banned | {spec.name}, context)
            if bound is None:
                continue
            before = len(self.knowledge.of(table))
            self.read(bound)
            if len(self.knowledge.of(table)) > before or any((r.context & context) for r in self.knowledge.of(table)):
                break
        self._looked[wanted] = (len(self.knowledge.log), depth)

    def _readers(self, table: str) -> list[ToolSpec]:
        """Tools that read and show ids of a table."""
        if table not in self._reading:
            self._reading[table] = [
                s
                for s in self.knowledge.specs.values()
                if not s.writes and any(y.meaning.kind == "identifier" and y.meaning.of == table for y in s.yields)
            ]
        return self._reading[table]

    def avoid(self, tool: str, because: Because | None) -> None:
        """Do not bind a tool to a record again after it was refused for a fact of that record."""
        if because is not None and because.path.count("/"):
            table, key = because.path.split("/")[:2]
            if (table, key) != (self.people, self.person.id):
                self.avoided.setdefault(tool, set()).add((table, key))

    def read_about(self, key: str) -> None:
        """Read more about one record: every read tool that takes its id and whose other arguments are known."""
        seen = next((r for r in self.knowledge.referents if r.id == key), None)
        tables = {t for r in self.knowledge.referents for t, i in r.context if i == key}
        tables |= {seen.table} if seen else set()
        for spec in self.knowledge.specs.values():
            wants = [p for p in spec.params if p.meaning.of in tables and p.meaning.kind == "identifier" and not p.many]
            if spec.writes or not wants or any(p.required and p is not wants[0] for p in spec.params):
                continue
            source = (
                seen.source
                if seen
                else next(r.source for r in self.knowledge.referents if (wants[0].meaning.of, key) in r.context)
            )
            self.knowledge.call(Call(name=spec.name, arguments={wants[0].name: key}), (source,))


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a record has to go with: records chosen already, the tables of the tool's other arguments, records for which
    the tool was refused, and whether the tool reads.
    """

    context: frozenset[tuple[str, str]]
    others: frozenset[str]
    avoided: Collection[tuple[str, str]]
    reads: bool = field(kw_only=True)


def _pair(param: Param) -> str:
    """The group of parallel lists of ids that an argument is of."""
    return param.meaning.paired if param.many and param.meaning.kind == "identifier" else ""


def _paired_in_order(order: list[Param], declared: list[Param]) -> list[Param]:
    """Parallel lists in the order in which the tool declares them: what is there before what takes its place."""
    groups = {group: iter([p for p in declared if _pair(p) == group]) for p in declared if (group := _pair(p))}
    return [next(groups[_pair(p)]) if _pair(p) else p for p in order]


def _in(referent: Referent, tables: frozenset[str]) -> set[tuple[str, str]]:
    """What a record stands among, of certain tables."""
    return {(t, i) for t, i in referent.context if t in tables}


def _clashes(referent: Referent, context: Collection[tuple[str, str]]) -> int:
    """How many of its surroundings contradict the context: another record of a table that is already fixed."""
    tables = {t for t, _ in context}
    return sum(1 for t, i in referent.context if t in tables and (t, i) not in context)
