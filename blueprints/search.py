"""Finding what a person could want in one session: writes that succeed, values to ask for, writes that are denied."""

import random
from dataclasses import dataclass, field

from blueprints.beside import spoken_of, takes_back
from blueprints.binding import Binder, Bound
from blueprints.goal import Answer, Denial, Goal, Intent, Total, changed_fields, twin_setup
from blueprints.goals import Pick, pick
from blueprints.knowledge import Referent, each
from blueprints.wording import SPEAKABLE
from blueprints.words_for import again, askable, located, on_the_way, picks_for
from tools_env.calls import Because, Call, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.port import SetUpFailed
from tools_env.replay import replay
from tools_env.state import fingerprint
from tools_env.tool import ToolSpec, noun_of
from tools_env.values import leaves, money

TRIES = {"cheap": 60, "restart": 12}
"""How many bindings may be tried for one goal, by what a fork costs."""
TRIES_EACH = 4
"""How many of them in a row with one tool: those that seldom succeed are to have their share."""
FEWEST_ADDED = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A write that would succeed now, with words for its records; `follows` is a read that it comes after by wish."""

    spec: ToolSpec
    bound: Bound
    picks: dict[str, list[Pick]]
    follows: frozenset[int] = frozenset()


@dataclass(slots=True)
class Search:
    """A goal in the making. `writes` are the tools people ask for, `refused` what was tried and denied by a fact."""

    goal: Goal
    binder: Binder
    rng: random.Random
    writes: list[ToolSpec]
    refused: list[tuple[ToolSpec, Bound]] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=dict)
    leading: int | None = None
    """The call that others are to follow from."""
    follow_on: bool = False
    """Whether the first change leads."""

    def lead(self, spec: ToolSpec, target: ToolSpec) -> bool:
        """Make a reading call that what is found next is to follow from; whether it shows what the target takes."""
        bound = self.binder.bind(spec)
        self.leading = self.binder.read(bound) if bound else None
        wanted = {p.meaning.of for p in target.params if p.meaning.kind == "identifier"}
        return any(table in wanted for table, _ in self.led())

    def led(self) -> frozenset[tuple[str, str]]:
        """The records that the leading call shows, and those it shows them with."""
        shown = [r for r in self.goal.knowledge.referents if r.source == self.leading]
        return frozenset(place for r in shown for place in ((r.table, r.id), *r.context))

    def _bound(self, spec: ToolSpec, first: str) -> Bound | None:
        """Arguments for a tool; for the one that is wished for, of what the leading call shows."""
        if spec.name != first or self.leading is None:
            return self.binder.bind(spec)
        records = [place for place in sorted(self.led()) if any(p.meaning.of == place[0] for p in spec.params)]
        chosen = frozenset({self.rng.choice(records)}) if records else frozenset[tuple[str, str]]()
        return self.binder.bind(spec, given=chosen)

    def _following(self, bound: Bound) -> set[int]:
        """The leading call, where it shows an id that a call takes."""
        if self.leading is None:
            return set()
        shown = {leaf for leaf in leaves(self.goal.knowledge.log[self.leading].value) if isinstance(leaf, str)}
        taken = {str(v) for c in bound.choices.values() for v in each(c.value) if c.param.meaning.kind == "identifier"}
        return {self.leading} if shown & taken else set()

    def without(self, spec: ToolSpec) -> None:
        """Look for no more changes by a tool."""
        self.writes = [s for s in self.writes if s.name != spec.name]
        self.refused = [(s, bound) for s, bound in self.refused if s.name != spec.name]

    @property
    def tries(self) -> int:
        """How many bindings may be tried for one matter."""
        return TRIES[self.goal.world.fork_cost] // 4

    def write(self, first: str = "", *, apart: bool = False) -> Found | None:
        """A write that succeeds, breaks no rule and undoes no earlier one; sometimes one on what the last created.

        `first` is a tool to be tried before the others; `apart` from what went before a tool may be used a second time,
        on records that no earlier wish has changed.
        """
        goal, rng = self.goal, self.rng
        done = set() if apart else {i.spec.name for i in goal.intents if i.spec}
        fresh = [r for r in goal.knowledge.referents if goal.knowledge.log[r.source].writes and not apart]
        follow = [s for s in self.writes if any(p.meaning.of == r.table for p in s.params for r in fresh)]
        wanted = follow if follow and rng.random() < 0.7 else self.writes  # noqa: PLR2004 - dependent first
        order = sorted(rng.sample(wanted, len(wanted)), key=lambda s: s.name != first)
        left = self.tries
        for spec in order:
            for _ in range(TRIES_EACH if spec.name not in done else 0):
                if not left:
                    return None
                bound = self._bound(spec, first)
                if bound is None:
                    break
                left -= 1
                found = not (apart and spoken_of(goal, bound)) and self._tried(spec, bound)
                if isinstance(found, Found):
                    return found
                if found:
                    break
        return None

    def _tried(self, spec: ToolSpec, bound: Bound) -> Found | bool:
        """A write tried in a fork: what was found, or whether there is no use in trying the tool again."""
        goal = self.goal
        key = fingerprint([spec.name, bound.call.arguments])
        if self.tried.get(key) == len(goal.knowledge.log):
            return False
        self.tried[key] = len(goal.knowledge.log)
        trial = goal.knowledge.session.fork()
        try:
            outcome = trial.call(bound.call)
            if isinstance(outcome, Refusal):
                return self._denied_by(spec, bound, outcome)
            if not isinstance(outcome, Result) or trial.breaches(Course()):
                return False
            before, after = goal.knowledge.session.diff(), trial.diff()
            if after == before or not before.keys() <= after.keys():  # it undoes what was done before
                return False
            if self.leading is None and takes_back(goal, spec, before, after):
                return False
        finally:
            trial.close()
        for follows in dict.fromkeys((frozenset(self._following(bound)), frozenset[int]())):
            picks = picks_for(goal, bound, self.rng, set(), follows)
            if picks is not None:
                return Found(spec, bound, picks, follows)
        return False

    def possible(self, call: Call) -> bool:
        """Whether a call would now succeed, break no rule and change something."""
        session = self.goal.knowledge.session
        trial = session.fork()
        try:
            done = isinstance(trial.call(call), Result) and not trial.breaches(Course())
            return done and trial.diff() != session.diff()
        finally:
            trial.close()

    def _denied_by(self, spec: ToolSpec, bound: Bound, outcome: Refusal) -> bool:
        """Note a refusal; True where it is decided by the person themself and so will be the next one."""
        if outcome.because is None:
            return False
        self.binder.avoid(spec.name, outcome.because)
        self.refused.append((spec, bound))
        return outcome.because.path.startswith(f"{self.binder.people}/{self.goal.person.id}/")

    def carry_out(self, found: Found) -> Intent | None:
        """The write done for good, as an intent."""
        index = self.goal.knowledge.call(found.bound.call, found.bound.needs)
        if index is None:
            return None
        for choice in found.bound.choices.values():
            if not choice.param.personal:
                taken = {(r.table, r.id) for r in choice.referents}
                self.binder.avoided.setdefault(found.spec.name, set()).update(taken)
        calls = {*found.bound.needs, *found.follows, index}
        if self.leading is None and self.follow_on:
            self.leading = index
        return Intent("change", found.spec, found.bound, found.picks, calls)

    def question(self, first: str = "") -> Intent | None:
        """A readable value of a described record that nothing else gives away; `first` is a tool to read with."""
        goal, rng = self.goal, self.rng
        readers = [
            s
            for s in goal.knowledge.specs.values()
            if not s.writes and any(y.meaning.kind in SPEAKABLE for y in s.yields)
        ]
        wished = [s for s in readers if s.name == first]
        if wished and self.leading is not None and goal.knowledge.log[self.leading].writes:
            goal.knowledge.forget(first)
        for number in range(self.tries):
            bound = self._bound(wished[0] if wished and number < TRIES_EACH else rng.choice(readers), first)
            index = self.binder.read(bound) if bound else None
            shown = [r for r in goal.knowledge.referents if r.source == index and r.shown]
            if not shown:
                continue
            target = rng.choice(shown)
            found = self._answer(target)
            if found is None:
                continue
            source = goal.identified if found.pick.phrase == "my account" else target.source
            calls = {source, *(self._following(bound) if bound else ())}
            way = on_the_way(goal, calls, {target.id}, rng)
            if way is not None:
                return Intent("answer", None, None, way, calls, found, shown_by=source)
        return None

    def _answer(self, target: Referent) -> Answer | None:
        goal = self.goal
        possible = [a for a in target.attributes if askable(goal, a, target)]
        if not possible:
            return None
        asked = self.rng.choice(possible)
        noun, hidden = noun_of(goal.knowledge.specs, target.table), {asked.field, *changed_fields(goal, target)}
        among = goal.knowledge.of(target.table)
        found = again(goal, target, among, hidden) or pick(target, among, noun, self.rng, hidden)
        if target.id == goal.person.id and target.table == self.binder.people:
            found = Pick(target, (), None, "my account")
        return None if found is None else Answer(located(goal, found), asked.field, asked.meaning, asked.value)

    def total(self) -> Intent | None:
        """The sum of an amount over all records of a kind that one call lists for the person."""
        goal = self.goal
        readers = [
            s
            for s in goal.knowledge.specs.values()
            if not s.writes and s.params and all(p.personal for p in s.params if p.required)
        ]
        for spec in self.rng.sample(readers, len(readers)):
            bound = self.binder.bind(spec)
            index = self.binder.read(bound) if bound else None
            shown = [r for r in goal.knowledge.referents if r.source == index and r.shown]
            for table in dict.fromkeys(r.table for r in shown):
                rows = [r for r in shown if r.table == table]
                found = self._sum(rows) if len({r.id for r in rows}) == len(rows) else None
                if found is not None and index is not None and {r.id for r in goal.knowledge.of(table)} == {*found.of}:
                    return Intent("answer", None, None, {}, {index}, found, shown_by=index)
        return None

    def _sum(self, rows: list[Referent]) -> Total | None:
        fields = [a for a in rows[0].attributes if a.meaning.kind == "amount"]
        for asked in self.rng.sample(fields, len(fields)):
            values = [a.value for r in rows if (a := r.attribute(asked.field)) is not None]
            numbers = [v for v in values if isinstance(v, int | float)]
            if len(numbers) < max(FEWEST_ADDED, len(rows)) or asked.field in changed_fields(self.goal, rows[0]):
                continue
            value = money(sum(numbers))
            if value and value not in numbers:
                noun = noun_of(self.goal.knowledge.specs, rows[0].table)
                return Total(asked.field, asked.meaning, value, tuple(r.id for r in rows), noun)
        return None

    def denial(self, first: str = "", wished: str = "") -> bool:
        """A write that one clause forbids, decided by one fact that can be read, as the last intent of the goal; with a
        tool to try `first` and the clause `wished` for.
        """
        goal, rng = self.goal, self.rng
        done = {i.spec.name for i in goal.intents if i.spec}
        writes = [s for s in self.writes if s.name not in done]
        wanted = [s for s in writes if s.name == first]
        for number in range(self.tries * 2 if writes else 0):
            spec = wanted[0] if wanted and number < TRIES_EACH else rng.choice(writes)
            bound = self.binder.bind(spec)
            if bound is None:
                continue
            because, clause = self._denied(bound)
            if because is None or clause is None or (wished and number < self.tries and clause != wished):
                continue
            denial = self._shown(because, clause)
            if denial is None or not self._flips(bound, denial):
                continue
            picks = picks_for(goal, bound, rng, {(because.path.rsplit("/", 1)[0], denial.field)})
            if picks is None:
                continue
            goal.intents.append(Intent("refusal", spec, bound, picks, {*bound.needs, denial.shown_by}))
            goal.denial = denial
            return True
        return False

    def _denied(self, bound: Bound) -> tuple[Because | None, str | None]:
        """The deciding fact and the one clause that forbid a call: the tool refuses, or a rule breaks afterwards."""
        trial = self.goal.knowledge.session.fork()
        try:
            outcome = trial.call(bound.call)
            if isinstance(outcome, Refusal):
                return outcome.because, outcome.clause
            if isinstance(outcome, Fault):
                return None, None
            breaches = trial.breaches(Course())
            if len({b.clause for b in breaches}) != 1:
                return None, None
            return breaches[0].because, breaches[0].clause
        finally:
            trial.close()

    def _shown(self, because: Because, clause: str) -> Denial | None:
        """Where the deciding fact can be read; it must be a value that can be said and that the policy does not say."""
        _, key, name = because.path.split("/", 2)
        for _ in range(2):
            for referent in self.goal.knowledge.referents:
                attribute = referent.attribute(name) if referent.id == key else None
                if attribute is None or attribute.value != because.value:
                    continue
                if not askable(self.goal, attribute, referent):
                    return None
                return Denial(clause, because, referent.source, name, attribute.meaning)
            self.binder.read_about(key)
        return None

    def _flips(self, bound: Bound, denial: Denial) -> bool:
        """Whether the twin, one field changed, lets the very same call pass."""
        goal = self.goal
        done = [i for i in goal.order()[0] if i != goal.identified]
        kept = goal.knowledge.closure({goal.identified, denial.shown_by, *bound.needs, *done})
        calls = [*(goal.knowledge.log[i].call for i in kept), bound.call]
        try:
            twin = replay(goal.world, goal.snapshot, twin_setup(denial.because), calls)
        except SetUpFailed:  # the record was made in this talk
            return False
        return all(isinstance(o, Result) for o in twin.outcomes) and not twin.breaches and bool(twin.diff)
