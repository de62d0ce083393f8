"""Existing typed functions over a state object, made into a world: `Environment.from_functions(...)`."""

import copy
import datetime
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from tools_env import policy
from tools_env.calls import Call, Edit, Fault, Outcome, Refusal, Refused, Result, no_such_tool
from tools_env.course import Course
from tools_env.port import Brief, Fact, ForkCost, Person, SetUp, SetUpFailed, World, seed_of, seeds
from tools_env.rules import Breach, Clause, Conduct
from tools_env.session import TOOL_BUGS, reading_only
from tools_env.state import Diff, comparable, fingerprint, record_changes
from tools_env.tool import Marked, Tool, ToolSpec, build, source_of
from tools_env.values import Json, Meaning

Maker: TypeAlias = Callable[[random.Random], object]
"""Makes the state object of one snapshot from a seeded generator."""


@dataclass(frozen=True, slots=True)
class Law:
    """What the caller says about the functions' world: policy, people, conduct, and meanings of state fields."""

    policy: str
    now: datetime.date
    people: Callable[[Any], Mapping[str, Mapping[str, Json]]] | None = None
    fields: Mapping[str, Meaning] | None = None
    conduct: tuple[Conduct, ...] = ()
    by_model: tuple[str, ...] = ()
    cites: Mapping[str, tuple[str, ...]] | None = None
    person: str = ""


def from_functions(
    name: str, state: Maker, *, reads: Sequence[Callable[..., Any]], writes: Sequence[Callable[..., Any]], law: Law
) -> World:
    """A world over functions `f(state, ...)`: typed, documented, and changing nothing but the state they are given.

    The state may be any object of pydantic models, dataclasses, dicts and lists; its collections (dicts by id) are
    the tables. A fork copies the state when something writes, so it costs O(state): use a class for speed.

    Raises:
        DomainError: a function without docstring or annotations, or a clause nobody upholds.
    """
    cites = law.cites or {}
    tools = {
        f.__name__: build(
            f.__name__,
            f,
            Marked(writes=f in writes, clauses=cites.get(f.__name__, ()), ask="", actors=("agent",)),
            person=law.person,
        )
        for f in (*reads, *writes)
    }
    return FunctionsWorld(name, state, tools, law)


class FunctionsWorld:
    """Typed functions over a state object, behind the port."""

    fork_cost: ForkCost = "cheap"

    def __init__(self, name: str, maker: Maker, tools: Mapping[str, Tool], law: Law) -> None:
        self.name = name
        self.tools = tools
        self.law = law
        self.specs: Mapping[str, ToolSpec] = {n: t.spec for n, t in tools.items()}
        self.fields: Mapping[str, Meaning] = law.fields or {}
        rules = {c.name: c.clause for c in law.conduct}
        self.clauses: Sequence[Clause] = policy.upheld(
            name, law.policy, {n: t.spec.clauses for n, t in tools.items()}, rules, law.by_model
        )
        self._maker = maker

    @cached_property
    def digest(self) -> str:
        """Hash of tool specifications, sources, policy and snapshot 0."""
        specs = [s.model_dump(mode="json") for s in self.specs.values()]
        sources = [source_of(t.function) for t in self.tools.values()]
        conduct = [f"{c.clause} {c.name} {c.settings} {source_of(c.check)}" for c in self.law.conduct]
        return fingerprint([*specs, *sources, *conduct, self.law.policy, plain(self.make("seed:0"))])

    def make(self, snapshot: str) -> object:
        """The state object of a snapshot."""
        return self._maker(random.Random(f"{self.name}/{seed_of(snapshot)}"))

    def snapshots(self, most: int) -> tuple[str, ...]:
        """As many as wanted: any seed makes one."""
        return seeds(most)

    def brief(self, snapshot: str) -> Brief:
        """Date, policy and people of a snapshot."""
        found = self.law.people(self.make(snapshot)) if self.law.people else {}
        people = tuple(
            Person(
                id=key,
                facts={
                    n: Fact(value=v, meaning=self.fields.get(f"{self.law.person}/{n}", Meaning("contact", n)))
                    for n, v in facts.items()
                },
            )
            for key, facts in found.items()
        )
        text = policy.render(self.law.policy, {"now": self.law.now.isoformat()})
        return Brief(now=self.law.now, policy=text, people=people)

    def open(self, snapshot: str, setup: SetUp = ()) -> "FunctionsSession":
        """A new session on a state of its own."""
        session = FunctionsSession(self, snapshot, self.make(snapshot))
        for step in setup:
            if isinstance(step, Edit):
                raise SetUpFailed(f"{self.name} is made of functions: its set-up can be calls, not edits.")
            if not isinstance(outcome := session.call(step), Result):
                raise SetUpFailed(f"set-up call {step.name} did not succeed: {outcome.reason}")
        session.opened = copy.deepcopy(session.state)
        return session


class FunctionsSession:
    """One open state object; writes work on a copy that is kept only when they succeed."""

    def __init__(self, world: FunctionsWorld, snapshot: str, state: object, opened: object = None) -> None:
        self.world = world
        self.snapshot = snapshot
        self.state = state
        self.opened = state if opened is None else opened

    def call(self, call: Call) -> Outcome:
        """Carry out a call; a refused or failed one leaves the state as it was."""
        tool = self.world.tools.get(call.name)
        if tool is None:
            return no_such_tool(call.name)
        arguments = tool.parse(call.arguments)
        if isinstance(arguments, Refusal):
            return arguments
        trial = copy.deepcopy(self.state)
        try:
            shown = tool.show(tool.function(trial, **arguments))
        except Refused as refused:
            return refused.refusal
        except TOOL_BUGS as bug:
            return Fault(reason=f"{type(bug).__name__}: {bug}")
        if tool.spec.writes:
            self.state = trial
        return Result(value=shown)

    def check(self, call: Call) -> Outcome:
        """A tool that reads; there are no other checks."""
        return reading_only(self.world.specs, call) or self.call(call)

    def fork(self) -> "FunctionsSession":
        """An independent copy; states are never changed in place, so this one is shared until a write."""
        return FunctionsSession(self.world, self.snapshot, self.state, self.opened)

    def diff(self) -> Diff:
        """What changed since the session was opened; walks the whole state."""
        return _compare(plain(self.opened), plain(self.state))

    def fingerprint(self) -> str:
        """A hash of snapshot and state."""
        initial = plain(self.world.make(self.snapshot))
        same = comparable(_compare(initial, plain(self.state)), self.world.fields)
        return fingerprint([self.snapshot, *([p, c.before, c.after] for p, c in same.items())])

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        """Every conduct rule that the course breaks."""
        return tuple(b for rule in self.world.law.conduct for b in rule.breaches(course, self.world.specs))

    def close(self) -> None:
        """Nothing to let go of."""


_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def plain(state: object) -> Json:
    """A state object as JSON: models, dataclasses, dicts, lists, and plain objects by their public attributes."""
    if hasattr(state, "__dict__") and not hasattr(state, "model_dump") and not hasattr(state, "__dataclass_fields__"):
        state = {k: v for k, v in vars(state).items() if not k.startswith("_")}
    shown: Json = _ANY.dump_python(state, mode="json")
    return shown


def _compare(before: Json, after: Json) -> Diff:
    found: Diff = {}
    for table, one, other in _pairs(before, after):
        if not isinstance(one, dict) or not isinstance(other, dict):
            if one != other:
                found |= record_changes("state", table, {"value": one}, {"value": other})
            continue
        for key, old, new in _pairs(one, other):
            if old == new:
                continue
            found |= record_changes(table, key, _record(old), _record(new))
    return dict(sorted(found.items()))


def _record(value: Json) -> dict[str, Json] | None:
    if value is None or isinstance(value, dict):
        return value
    return {"value": value}


def _pairs(one: Json, other: Json) -> Iterator[tuple[str, Json, Json]]:
    left = one if isinstance(one, dict) else {}
    right = other if isinstance(other, dict) else {}
    for key in dict.fromkeys([*left, *right]):
        yield key, left.get(key), right.get(key)
