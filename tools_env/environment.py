"""Environments as classes: fields are the state, methods the tools, rules the law."""

import datetime
import inspect
import random
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from tools_env import functions, policy
from tools_env.calls import Because
from tools_env.course import Course
from tools_env.port import Brief, Fact, ForkCost, Person, SetUp, World, seed_of, seeds
from tools_env.rules import Clause, Conduct
from tools_env.session import LocalSession, Snapshot
from tools_env.state import fingerprint
from tools_env.table import Record, Table
from tools_env.tool import DomainError, Marked, Tool, ToolSpec, build, meaning_of, source_of
from tools_env.values import Meaning

SNAPSHOTS_KEPT = 8
F = TypeVar("F", bound=Callable[..., object])


class Terms(BaseModel):
    """The figures of a policy: part of the snapshot, so that text and rules come from the same data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoTerms(Terms):
    """A policy without figures."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a `@rule` method returns when its clause is broken: the words, and the deciding fact if there is one."""

    message: str
    because: Because | None = None


def rule(clause: str) -> Callable[[F], F]:
    """Mark a method as an executable clause.

    `(self)` is checked against the state after every write; `(self, course)` also sees the course so far.
    It returns None or False where the clause is kept; where it is broken, True or the deciding fact (and its docstring
    says what is wrong), a message, or a `Verdict` with both.
    """

    def mark(function: F) -> F:
        function.__dict__["__clause__"] = clause
        return function

    return mark


class Environment:
    """Base of environments in class form.

    Annotate `name: Table[RecordType]` for the state, mark methods with `@read` and `@write`, rules with `@rule`,
    write the numbered policy into `policy_text` or the docstring, and fill the tables in `fill`.
    `person` names the table of the people, `knows` the fields of it that people know of themselves.
    """

    now: datetime.date
    terms: Terms = NoTerms()

    person: ClassVar[str] = ""
    knows: ClassVar[tuple[str, ...]] = ()
    pools: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    conduct: ClassVar[tuple[Conduct, ...]] = ()
    by_model: ClassVar[tuple[str, ...]] = ()
    policy_text: ClassVar[str] = ""

    tables_: ClassVar[Mapping[str, type[Record]]] = {}
    tools_: ClassVar[Mapping[str, Tool]] = {}
    rules_: ClassVar[Mapping[str, Callable[..., object]]] = {}
    clauses_: ClassVar[tuple[Clause, ...]] = ()

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Collect tables, tools and rules, and refuse a class that is not documented or whose clauses hang loose."""
        super().__init_subclass__(**kwargs)
        hints = typing.get_type_hints(cls, include_extras=True)
        cls.tables_ = {n: typing.get_args(h)[0] for n, h in hints.items() if typing.get_origin(h) is Table}
        members = {n: m for n, m in inspect.getmembers(cls, inspect.isfunction) if not n.startswith("_")}
        order = {n: i for i, n in enumerate(k for base in reversed(cls.__mro__) for k in vars(base))}
        members = dict(sorted(members.items(), key=lambda item: order[item[0]]))
        marked = {n: m.__dict__["__tool__"] for n, m in members.items() if "__tool__" in m.__dict__}
        cls.tools_ = {
            n: build(n, members[n], typing.cast("Marked", mark), person=cls.person) for n, mark in marked.items()
        }
        cls.rules_ = {n: m for n, m in members.items() if "__clause__" in m.__dict__}
        text = cls.policy_text or inspect.getdoc(cls) or ""
        cited = {n: str(m.__dict__["__clause__"]) for n, m in cls.rules_.items()} | {
            c.name: c.clause for c in cls.conduct
        }
        cls.clauses_ = policy.upheld(
            cls.__qualname__, text, {n: t.spec.clauses for n, t in cls.tools_.items()}, cited, cls.by_model
        )
        if cls.person and cls.person not in cls.tables_:
            raise DomainError(f"{cls.__qualname__}: person = {cls.person!r} is not one of the tables.")

    def fill(self, rng: random.Random) -> None:  # noqa: ARG002 - for those who override it
        """Fill tables, `now` and `terms` of one snapshot from the seeded generator alone."""
        raise DomainError(f"{type(self).__qualname__} has no fill(rng) that makes its data.")

    def fork(self) -> Self:
        """A copy that shares every record until one of the two writes."""
        twin = object.__new__(type(self))
        mine = self.__dict__
        state = {name: mine[name].fork() for name in self.tables_}
        state["now"], state["terms"] = mine["now"], mine["terms"]
        twin.__dict__ = state
        return twin

    @classmethod
    def world(cls, name: str = "") -> World:
        """This class behind the port."""
        return ClassWorld(cls, name or cls.__name__.lower())

    from_functions = staticmethod(functions.from_functions)


class ClassWorld:
    """An environment class behind the port; keeps the last few snapshots."""

    fork_cost: ForkCost = "cheap"

    def __init__(self, kind: type[Environment], name: str) -> None:
        self.kind = kind
        self.name = name
        self.specs: Mapping[str, ToolSpec] = {n: t.spec for n, t in kind.tools_.items()}
        self.clauses = kind.clauses_
        self.fields: Mapping[str, Meaning] = {
            f"{table}/{field}": meaning_of(_annotation(record, field))[0]
            for table, record in kind.tables_.items()
            for field in record.model_fields
        }
        self._snapshots: dict[str, Snapshot] = {}
        self._briefs: dict[str, Brief] = {}

    @cached_property
    def digest(self) -> str:
        """Hash of tool specifications, policy, the sources of all methods and rules, and all of snapshot 0."""
        bases = [base for base in self.kind.__mro__ if base not in Environment.__mro__]
        sources = [source_of(m) for base in bases for m in vars(base).values() if inspect.isfunction(m)]
        sources += [f"{c.clause} {c.name} {c.settings} {source_of(c.check)}" for c in self.kind.conduct]
        specs = [s.model_dump(mode="json") for s in self.specs.values()]
        state = self.snapshot("seed:0").state
        rows = [[t, r.model_dump(mode="json")] for t in self.kind.tables_ for r in state.__dict__[t]]
        return fingerprint([*specs, *sources, self.brief("seed:0").policy, *rows])

    def snapshots(self, most: int) -> tuple[str, ...]:
        """As many as wanted: any seed makes one."""
        return seeds(most)

    def brief(self, snapshot: str) -> Brief:
        """Date, rendered policy, people and pools of a snapshot."""
        if snapshot not in self._briefs:
            state = self.snapshot(snapshot).state
            figures = {**state.terms.model_dump(), "now": state.now.isoformat()}
            text = self.kind.policy_text or inspect.getdoc(self.kind) or ""
            self._briefs = dict([*self._briefs.items()][1 - SNAPSHOTS_KEPT :])
            self._briefs[snapshot] = Brief(
                now=state.now,
                policy=policy.render(text, figures).strip(),
                people=tuple(self._person(r) for r in (state.__dict__[self.kind.person] if self.kind.person else ())),
                pools=dict(self.kind.pools),
            )
        return self._briefs[snapshot]

    def _person(self, record: Record) -> Person:
        values = record.model_dump(mode="json")
        facts = {
            name: Fact(value=values[name], meaning=self.fields[f"{self.kind.person}/{name}"])
            for name in self.kind.knows
        }
        return Person(id=record.key, facts=facts)

    def open(self, snapshot: str, setup: SetUp = ()) -> LocalSession:
        """A new session over a shared snapshot."""
        return LocalSession.opened(self.snapshot(snapshot), setup)

    def snapshot(self, name: str) -> Snapshot:
        """The database that sessions of that name share; the last few are kept."""
        if name not in self._snapshots:
            seed = seed_of(name)
            state = object.__new__(self.kind)
            for table, record in self.kind.tables_.items():
                state.__dict__[table] = Table(table, record)
            state.__dict__["terms"] = self.kind.terms
            state.fill(random.Random(f"{self.name}/{seed}"))
            if strangers := sorted(state.__dict__.keys() - {*self.kind.tables_, "now", "terms"}):
                raise DomainError(f"{self.kind.__qualname__}.fill sets self.{strangers[0]}, which is no table.")
            for table in self.kind.tables_:
                state.__dict__[table] = state.__dict__[table].settled()
            if not isinstance(state.__dict__.get("now"), datetime.date):
                raise DomainError(f"{self.kind.__qualname__}.fill must set self.now to the snapshot's date.")
            self._snapshots = dict([*self._snapshots.items()][1 - SNAPSHOTS_KEPT :])
            self._snapshots[name] = Snapshot(
                name, state, self.kind.tools_, _laws(self.kind), owners(self.kind), self.fields
            )
        return self._snapshots[name]


def owners(kind: type[Environment]) -> dict[str, str]:
    """Table to the field that says whose record it is: its own id for people, else the first id of a person."""
    found: dict[str, str] = {}
    for table, record in kind.tables_.items():
        if table == kind.person:
            found[table] = record.key_field
            continue
        for name in record.model_fields:
            meaning = meaning_of(_annotation(record, name))[0]
            if meaning.kind == "identifier" and meaning.of == kind.person:
                found[table] = name
                break
    return found


def _annotation(record: type[Record], field: str) -> object:
    info = record.model_fields[field]
    return typing.Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def _laws(kind: type[Environment]) -> tuple[tuple[str, Callable[..., object], bool], ...]:
    laws = [(str(f.__dict__["__clause__"]), f, len(inspect.signature(f).parameters) > 1) for f in kind.rules_.values()]
    return (*laws, *((c.clause, _conduct(c, kind), True) for c in kind.conduct))


def _conduct(conduct: Conduct, kind: type[Environment]) -> Callable[..., object]:
    specs = {n: t.spec for n, t in kind.tools_.items()}

    def check(_: Environment, course: Course) -> object:
        return tuple(conduct.breaches(course, specs))

    return check
