"""Grounded sampling: person, snapshot and goal, with actions, outputs and diff true by construction.

Everything goes through the environment port: a goal is found by reading, tried in a fork, and carried out.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

from blueprints.binding import Binder, Bound
from blueprints.blueprint import Kind
from blueprints.goals import Pick, pick
from blueprints.knowledge import Knowledge, Referent
from blueprints.wording import COUNT_FLOOR, SPEAKABLE, Attribute
from tools_env.calls import Because, Call, Edit, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.mentions import mentions
from tools_env.port import Brief, Person, SetUp, World
from tools_env.replay import replay
from tools_env.tool import ToolSpec, noun_of
from tools_env.values import Json, Meaning

TRIES = {"cheap": 60, "restart": 12}
"""How many bindings may be tried for one goal, by what a fork costs."""
TRIES_EACH = 4
"""How many of them in a row with one tool: those that seldom succeed are to have their share."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value asked for: the field of a record, by the words that pick the record out."""

    pick: Pick
    field: str
    meaning: Meaning
    value: Json


@dataclass(slots=True)
class Intent:
    """One thing wanted: a write carried out, a value told, or a write that policy forbids."""

    wants: Literal["change", "answer", "refusal"]
    spec: ToolSpec | None
    bound: Bound | None
    picks: dict[str, list[Pick]]
    calls: set[int] = field(default_factory=set)
    answer: Answer | None = None


@dataclass(slots=True)
class Denial:
    """A write that one clause forbids, the fact that decides it, and where that fact can be read."""

    clause: str
    because: Because
    shown_by: int
    field: str
    meaning: Meaning


@dataclass(slots=True)
class Goal:
    """What was found: intents over one session's calls, ready to be worded."""

    world: World
    snapshot: str
    setup: SetUp
    brief: Brief
    person: Person
    kind: Kind
    knowledge: Knowledge
    identified: int
    intents: list[Intent]
    denial: Denial | None = None

    def order(self) -> tuple[list[int], list[int]]:
        """Indices of the calls that are needed, matter by matter, and how many are done when each matter is settled."""
        kept = [self.identified]
        until: list[int] = []
        for intent in self.intents:
            kept += [i for i in self.knowledge.closure(intent.calls) if i not in kept]
            until.append(len(kept))
        return kept, until

    def actions(self) -> tuple[Call, ...]:
        """The calls that solve the task, in order."""
        return tuple(self.knowledge.log[i].call for i in self.order()[0])

    def calls(self) -> tuple[Call, ...]:
        """The actions, and the call that is refused."""
        refused = (i.bound.call for i in self.intents if i.wants == "refusal" and i.bound)
        return (*self.actions(), *refused)


class Sampler:
    """Draws goals from a world; the same generator state gives the same goal."""

    def __init__(self, world: World, snapshots: int = 8) -> None:
        self.world = world
        self.snapshots = world.snapshots(snapshots)
        self.specs = dict(world.specs)
        self.people = people_table(world)
        writes = [s for s in self.specs.values() if s.writes and "agent" in s.actors]
        self.writes = [s for s in writes if s.ask] or writes
        """What people ask for: the tools that say how, or all where none does."""

    def draw(self, kind: Kind, rng: random.Random) -> Goal | None:
        """One goal of a kind (`act`, `inform`, `refuse`), or None when this attempt found none."""
        snapshot = rng.choice(self.snapshots)
        brief = self.world.brief(snapshot)
        person = rng.choice(brief.people)
        session = self.world.open(snapshot)
        try:
            knowledge = Knowledge(session, self.specs)
            binder = Binder(knowledge, brief, person, rng, self.people)
            identified = binder.identify()
            if identified is None:
                return None
            goal = Goal(self.world, snapshot, (), brief, person, kind, knowledge, identified, [])
            found = {"act": self._act, "inform": self._inform, "refuse": self._refuse}[kind](goal, binder, rng)
            return goal if found else None
        finally:
            session.close()

    def _act(self, goal: Goal, binder: Binder, rng: random.Random) -> bool:
        for _ in range(rng.choices([1, 2, 3], [5, 4, 1])[0]):
            intent = self._write(goal, binder, rng)
            if intent is not None:
                goal.intents.append(intent)
        if goal.intents and rng.random() < 0.2:  # noqa: PLR2004 - a question beside the change, in a fifth of the tasks
            goal.intents.extend(filter(None, [self._question(goal, binder, rng)]))
        return any(i.wants == "change" for i in goal.intents)

    def _inform(self, goal: Goal, binder: Binder, rng: random.Random) -> bool:
        for _ in range(rng.choices([1, 2], [3, 2])[0]):
            intent = self._question(goal, binder, rng)
            if intent is not None and not self._asked(goal, intent):
                goal.intents.append(intent)
        return bool(goal.intents)

    @staticmethod
    def _asked(goal: Goal, intent: Intent) -> bool:
        return any(
            i.answer
            and intent.answer
            and i.answer.pick.referent.id == intent.answer.pick.referent.id
            and i.answer.field == intent.answer.field
            for i in goal.intents
        )

    def _refuse(self, goal: Goal, binder: Binder, rng: random.Random) -> bool:
        for _ in range(TRIES[self.world.fork_cost] // 2):
            bound = binder.bind(rng.choice(self.writes))
            if bound is None:
                continue
            because, clause = self._denied(goal, bound)
            if because is None or clause is None:
                continue
            denial = self._shown(goal, binder, because, clause)
            if denial is None or not self._flips(goal, bound, denial):
                continue
            spec = self.specs[bound.call.name]
            picks = self._picks(goal, bound, rng, {(because.path.rsplit("/", 1)[0], denial.field)})
            if picks is None:
                continue
            goal.intents.append(Intent("refusal", spec, bound, picks, {*bound.needs, denial.shown_by}))
            goal.denial = denial
            return True
        return False

    def _write(self, goal: Goal, binder: Binder, rng: random.Random) -> Intent | None:
        """A write that succeeds and breaks no rule, carried out; sometimes one on what the last write created."""
        done = {i.spec.name for i in goal.intents if i.spec}
        fresh = [r for r in goal.knowledge.referents if goal.knowledge.log[r.source].writes]
        follow = [s for s in self.writes if any(p.meaning.of == r.table for p in s.params for r in fresh)]
        wanted = follow if follow and rng.random() < 0.7 else self.writes  # noqa: PLR2004 - dependent first
        tries = TRIES[self.world.fork_cost] // 4
        for spec in (s for s in rng.sample(wanted, len(wanted)) for _ in range(TRIES_EACH)):
            if spec.name in done or not tries:
                continue
            tries -= 1
            bound = binder.bind(spec)
            if bound is None:
                continue
            trial = goal.knowledge.session.fork()
            outcome = trial.call(bound.call)
            changes = trial.diff() != goal.knowledge.session.diff()
            sound = isinstance(outcome, Result) and changes and not trial.breaches(Course())
            trial.close()
            picks = self._picks(goal, bound, rng, set()) if sound else None
            if picks is None:
                continue
            index = goal.knowledge.call(bound.call, bound.needs)
            if index is not None:
                return Intent("change", spec, bound, picks, {*bound.needs, index})
        return None

    def _question(self, goal: Goal, binder: Binder, rng: random.Random) -> Intent | None:
        """A readable value of a described record that nothing else gives away."""
        readers = [
            s for s in self.specs.values() if not s.writes and any(y.meaning.kind in SPEAKABLE for y in s.yields)
        ]
        for _ in range(TRIES[self.world.fork_cost] // 4):
            bound = binder.bind(rng.choice(readers))
            index = binder.read(bound) if bound else None
            shown = [r for r in goal.knowledge.referents if r.source == index and r.shown]
            if not shown:
                continue
            target = rng.choice(shown)
            askable = [a for a in target.attributes if self._askable(goal, a, target)]
            if not askable:
                continue
            asked = rng.choice(askable)
            hidden = {asked.field, *_changed(goal, target)}
            noun = noun_of(self.specs, target.table)
            found = pick(target, goal.knowledge.of(target.table), noun, rng, hidden)
            if target.id == goal.person.id and target.table == self.people:
                found = Pick(target, (), None, "my account")
            if found is not None:
                answer = Answer(self._located(goal, found), asked.field, asked.meaning, asked.value)
                source = goal.identified if found.phrase == "my account" else target.source
                way = self._way(goal, {source}, {target.id}, rng)
                if way is not None:
                    return Intent("answer", None, None, way, {source}, answer)
        return None

    def _askable(self, goal: Goal, asked: Attribute, target: Referent) -> bool:
        """Whether a value, once said, proves that it was read: nothing else says it."""
        if asked.meaning.kind == "count" and (not isinstance(asked.value, int) or asked.value < COUNT_FLOOR):
            return False
        rivals = [a for a in target.attributes if a.field != asked.field and a.value == asked.value]
        own = any(f.value == asked.value for f in goal.person.facts.values())
        changed = asked.field in _changed(goal, target)
        return not (rivals or own or changed or mentions(goal.brief.policy, asked.value, asked.meaning))

    def _picks(
        self, goal: Goal, bound: Bound, rng: random.Random, hidden: set[tuple[str, str]]
    ) -> dict[str, list[Pick]] | None:
        """Words for every record the call needs, except the person themself; None if one cannot be singled out."""
        picks: dict[str, list[Pick]] = {}
        for name, choice in bound.choices.items():
            if choice.param.personal:
                continue
            for referent in choice.referents:
                noun, among = noun_of(self.specs, referent.table), goal.knowledge.of(referent.table)
                found: Pick | None = None
                if referent.source == goal.knowledge.last_write():
                    found = Pick(referent, (), None, f"that {noun}")
                elif not all(
                    goal.knowledge.log[r.source].writes for r in among
                ):  # else who knows what others there are
                    covered = {f for at, f in hidden if at.endswith(f"/{referent.id}")} | _changed(goal, referent)
                    found = pick(referent, among, noun, rng, covered)
                if found is None:
                    return None
                picks.setdefault(name, []).append(self._located(goal, found))
        way = self._way(goal, set(bound.needs), {r.id for c in bound.choices.values() for r in c.referents}, rng)
        return None if way is None else {**way, **picks}

    def _located(self, goal: Goal, found: Pick) -> Pick:
        """The pick with the words of the search that brings the record up, unless its phrase holds them already."""
        call = goal.knowledge.log[found.referent.source].call
        for param in self.specs[call.name].params:
            value = call.arguments.get(param.name)
            if (
                param.meaning.kind == "text"
                and isinstance(value, str)
                and not mentions(found.phrase, value, param.meaning)
            ) and not any(f.value == value for f in goal.person.facts.values()):
                return found._replace(phrase=f'{found.phrase} that comes up for "{value}"')
        return found

    def _way(self, goal: Goal, wanted: set[int], told: set[str], rng: random.Random) -> dict[str, list[Pick]] | None:
        """Words for records that only the reads on the way need, so that the person can say them when asked."""
        picks: dict[str, list[Pick]] = {}
        given: dict[str, Json] = {}
        settled = set(goal.order()[0])
        for index in goal.knowledge.closure(wanted):
            if index in settled or goal.knowledge.log[index].together:
                continue
            call = goal.knowledge.log[index].call
            for param in self.specs[call.name].params:
                key = call.arguments.get(param.name)
                if given.setdefault(param.name, key) != key and not param.personal:
                    return None
                if param.meaning.kind != "identifier" or param.personal or param.many or key is None or key in told:
                    continue
                target = next((r for r in goal.knowledge.of(param.meaning.of) if r.id == key), None)
                if target is None or target.source == goal.knowledge.last_write():
                    continue
                hidden = _changed(goal, target)
                found = pick(target, goal.knowledge.of(target.table), noun_of(self.specs, target.table), rng, hidden)
                if found is None or param.name in picks:
                    return None
                picks[param.name] = [found]
        return picks

    def _denied(self, goal: Goal, bound: Bound) -> tuple[Because | None, str | None]:
        """The deciding fact and the one clause that forbid a call: the tool refuses, or a rule breaks afterwards."""
        trial = goal.knowledge.session.fork()
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

    def _shown(self, goal: Goal, binder: Binder, because: Because, clause: str) -> Denial | None:
        """Where the deciding fact can be read; it must be a value that can be said and that the policy does not say."""
        _, key, name = because.path.split("/", 2)
        for _ in range(2):
            for referent in goal.knowledge.referents:
                attribute = referent.attribute(name) if referent.id == key else None
                if attribute is None or attribute.value != because.value:
                    continue
                if not self._askable(goal, attribute, referent):
                    return None
                return Denial(clause, because, referent.source, name, attribute.meaning)
            binder.read_about(key)
        return None

    def _flips(self, goal: Goal, bound: Bound, denial: Denial) -> bool:
        """Whether the twin, one field changed, lets the very same call pass."""
        kept = goal.knowledge.closure({goal.identified, denial.shown_by, *bound.needs})
        calls = [*(goal.knowledge.log[i].call for i in kept), bound.call]
        twin = replay(self.world, goal.snapshot, twin_setup(denial.because), calls)
        return all(isinstance(o, Result) for o in twin.outcomes) and not twin.breaches and bool(twin.diff)


def twin_setup(because: Because) -> tuple[Edit, ...]:
    """The one edit that turns a denial into its twin."""
    return (Edit(path=because.path, value=because.instead),)


def people_table(world: World) -> str:
    """The table of the people: what the personal arguments point at."""
    tables = [p.meaning.of for s in world.specs.values() for p in s.params if p.personal]
    return tables[0] if tables else ""


def _changed(goal: Goal, referent: Referent) -> set[str]:
    """Fields that the talk so far has changed in any record of the referent's table: no longer sure to tell apart."""
    if goal.knowledge.last_write() is None:
        return set()
    seen: dict[str, dict[str, Json]] = {}
    found: set[str] = set()
    for other in goal.knowledge.referents:
        if other.table == referent.table:
            first = seen.setdefault(other.id, {})
            found |= {a.field for a in other.attributes if first.setdefault(a.field, a.value) != a.value}
    paths = (path.split("/", 2) for path in goal.knowledge.session.diff())
    return found | {rest[0] for _, key, *rest in paths if rest and key in seen}
