"""Sessions over an in-process state: each call works on a fork, which is kept only when it succeeds."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, TypeAlias

from pydantic import BaseModel, ValidationError

from tools_env.calls import Because, Call, Edit, Fault, Outcome, Refusal, Refused, Result, Touch, no_such_tool
from tools_env.canon import Layouts, Values
from tools_env.course import Course
from tools_env.port import SetUp, SetUpFailed
from tools_env.rules import Breach
from tools_env.state import Diff, fingerprint_of, told
from tools_env.table import Record, Table
from tools_env.tool import Tool, ToolSpec
from tools_env.values import Meaning

Pair: TypeAlias = tuple[Record | None, Record | None]

TOOL_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a tool with a bug may raise; the call becomes a `Fault`, and the run goes on."""


class State(Protocol):
    """What a session needs of an environment instance: its tables under their names, and cheap forks."""

    @property
    def now(self) -> datetime.date:
        """The snapshot's frozen date."""

    @property
    def terms(self) -> BaseModel:
        """The figures of its policy."""

    @property
    def tables_(self) -> Mapping[str, type[Record]]:
        """Names of the tables, with what they hold."""

    def fork(self) -> Self:
        """A copy that shares records."""


class Snapshot:
    """One database that sessions share: the state, its tools and laws, and whose record each table's rows are."""

    def __init__(
        self,
        name: str,
        state: State,
        tools: Mapping[str, Tool],
        laws: tuple[tuple[str, Callable[..., object], bool], ...],
        owners: Mapping[str, str],
        fields: Mapping[str, Meaning],
    ) -> None:
        self.name = name
        self.state = state
        self.tools = tools
        self.laws = laws
        self.owners = owners
        self.layouts = Layouts(fields)
        self._touches: dict[tuple[str, str, str | None], Touch] = {}

    def touch(self, table: str, key: str, owner: str | None) -> Touch:
        """The same object for the same touch."""
        place = (table, key, owner)
        if (known := self._touches.get(place)) is None:
            known = self._touches[place] = Touch(table=table, id=key, owner=owner)
        return known


class LocalSession:
    """One open copy of a snapshot. Fork O(tables), call O(records touched), diff and fingerprint O(records changed)."""

    __slots__ = ("_snapshot", "_state")

    def __init__(self, snapshot: Snapshot, state: State) -> None:
        self._snapshot = snapshot
        self._state = state

    @classmethod
    def opened(cls, snapshot: Snapshot, setup: SetUp = ()) -> Self:
        """A session after its set-up; what the set-up changed does not count as a change."""
        session = cls(snapshot, snapshot.state.fork())
        for step in setup:
            if isinstance(step, Edit):
                session._edit(step)
            elif not isinstance(outcome := session.call(step), Result):
                raise SetUpFailed(f"set-up call {step.name} did not succeed: {outcome.reason}")
        for name in session._state.tables_ if setup else ():
            session._state.__dict__[name].opened()
        return session

    def _edit(self, edit: Edit) -> None:
        table, _, rest = edit.path.partition("/")
        key, _, field = rest.rpartition("/")
        if table not in self._state.tables_ or (key and key not in self._state.__dict__[table]):
            raise SetUpFailed(f"set-up names {edit.path}, which is no record")
        rows: Table[Any] = self._state.__dict__[table]
        try:
            values = edit.value if not key else rows[key].model_dump(mode="json") | {field: edit.value}
            record = rows.record_type.model_validate(values)
            if record.key != (key or rest):
                raise SetUpFailed(f"set-up of {edit.path}: an id stays what it is")
            rows.put(record)
        except ValidationError as error:
            raise SetUpFailed(f"set-up of {edit.path}: {error.errors()[0]['msg']}") from error

    def edit(self, edit: Edit) -> None:
        """Set a field in mid-talk, as a change of the talk."""
        before = self._state
        self._state = before.fork()
        try:
            self._edit(edit)
        except SetUpFailed:
            self._state = before
            raise

    def call(self, call: Call) -> Outcome:
        """Carry out a call on a fork; keep the fork only if a write succeeded."""
        tool = self._snapshot.tools.get(call.name)
        if tool is None:
            return no_such_tool(call.name)
        if call.actor not in tool.spec.actors:
            return Refusal(reason=f"{call.name} is not a tool of the {call.actor}.", cause="unknown_tool")
        arguments = tool.parse(call.arguments)
        if isinstance(arguments, Refusal):
            return arguments
        trial = self._state.fork()
        try:
            value = tool.function(trial, **arguments)
            shown = tool.show(value)
        except Refused as refused:
            return refused.refusal
        except TOOL_BUGS as bug:
            return Fault(reason=f"{type(bug).__name__}: {bug}")
        touched = self._touched(trial)
        if tool.spec.writes:
            self._state = trial
        return Result.model_construct(value=shown, touched=touched)

    def check(self, call: Call) -> Outcome:
        """A tool that reads; there are no other checks."""
        return reading_only({n: t.spec for n, t in self._snapshot.tools.items()}, call) or self.call(call)

    def _touched(self, trial: State) -> tuple[Touch, ...]:
        found: list[Touch] = []
        state = trial.__dict__
        for name in trial.tables_:
            table: Table[Any] = state[name]
            if not table.touched:
                continue
            field = self._snapshot.owners.get(name)
            for key in dict.fromkeys(table.touched):
                record = table.peek(key) or table.removed(key)
                owner = getattr(record, field) if field and record is not None else None
                found.append(self._snapshot.touch(name, key, owner))
            table.touched = []
        return tuple(found)

    def fork(self) -> "LocalSession":
        """An independent copy of the present state: a state is never changed in place, so both go on from this one."""
        return LocalSession(self._snapshot, self._state)

    def diff(self) -> Diff:
        """What changed since the session was opened, by field path."""
        return told(_changes(self._state, Table.changed))

    def fingerprint(self) -> str:
        """A hash of snapshot and changes since it, set-up included."""
        changes = _changes(self._state, Table.changed_since_snapshot)
        return fingerprint_of(self._snapshot.name, changes, self._snapshot.layouts)

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        """Every rule that the present state or the course breaks."""
        found: list[Breach] = []
        state = self._state.fork()
        for clause, law, over_course in self._snapshot.laws:
            verdict: Any = law(state, course) if over_course else law(state)
            if isinstance(verdict, tuple):
                found.extend(verdict)
            elif verdict:
                found.append(_breach(clause, law, verdict))
        return tuple(found)

    def close(self) -> None:
        """Nothing to let go of."""


def _breach(clause: str, law: Callable[..., object], verdict: Any) -> Breach:  # noqa: ANN401 - whatever a rule says
    """What a rule returned, as a breach; where it gives no words, its docstring does."""
    words = " ".join((law.__doc__ or f"Clause {clause} is broken.").split())
    if isinstance(verdict, str):
        return Breach(clause=clause, message=verdict)
    if verdict is True or isinstance(verdict, Because):
        return Breach(clause=clause, message=words, because=verdict if isinstance(verdict, Because) else None)
    return Breach(clause=clause, message=verdict.message, because=verdict.because)


def _changes(state: State, changed: Callable[[Table[Any]], Mapping[str, Pair]]) -> dict[str, Values]:
    changes: dict[str, Values] = {}
    tables = state.__dict__
    for name in state.tables_:
        for key, (before, after) in changed(tables[name]).items():
            if before is None or after is None:
                one, other = before.shown() if before else None, after.shown() if after else None
                changes[f"{name}/{key}"] = (one, other)
            else:
                now = after.__dict__
                for field, value in before.__dict__.items():
                    if value is not now[field] and value != now[field]:
                        old, new = before.shown_field(field), after.shown_field(field)
                        if old != new:
                            changes[f"{name}/{key}/{field}"] = (old, new)
    return changes


def reading_only(specs: Mapping[str, ToolSpec], call: Call) -> Refusal | None:
    """Why a call cannot serve as a check: there is no such tool, or it writes."""
    spec = specs.get(call.name)
    if spec is None:
        return no_such_tool(call.name)
    return Refusal(reason=f"{call.name} writes: a check only reads.", cause="arguments") if spec.writes else None
