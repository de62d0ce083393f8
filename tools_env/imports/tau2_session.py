"""Sessions over a τ² environment: each call runs on copies of its toolkits that hold lent records."""

import copy
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from tools_env.calls import Call, Edit, Fault, Outcome, Refusal, Result, Touch, no_such_tool
from tools_env.course import Course
from tools_env.imports.frozen import WouldChange
from tools_env.imports.tau2_state import Changes, Dumps
from tools_env.imports.tau2_tools import Function
from tools_env.imports.tau2_view import Source, View
from tools_env.port import SetUp, SetUpFailed
from tools_env.rules import Breach
from tools_env.session import TOOL_BUGS
from tools_env.state import Diff, altered, by_meaning, fingerprint, told
from tools_env.tool import ToolSpec
from tools_env.values import Json, Meaning


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One database that sessions share, under its name, and what is known of its tools and values."""

    name: str
    source: Source
    specs: Mapping[str, ToolSpec]
    fields: Mapping[str, Meaning]


class Tau2Session:
    """One open copy of a τ² database. Fork O(1); diff and fingerprint O(records changed)."""

    __slots__ = ("_changes", "_opened", "_snapshot", "_source")

    def __init__(self, snapshot: Snapshot, changes: Changes, opened: Changes) -> None:
        self._snapshot = snapshot
        self._source = snapshot.source
        self._changes = changes
        self._opened = opened

    @classmethod
    def open(cls, snapshot: Snapshot, setup: SetUp) -> "Tau2Session":
        """A session after its set-up; what the set-up changed does not count as a change."""
        session = cls(snapshot, {}, {})
        for step in setup:
            if isinstance(step, Edit):
                session._edit(step)
            elif (function := snapshot.source.functions.get((step.actor, step.name))) is None:
                raise SetUpFailed(f"set-up call {step.name} did not succeed: there is no such function")
            elif not isinstance(outcome := session._carry_out(function, step, keep=True), Result):
                raise SetUpFailed(f"set-up call {step.name} did not succeed: {outcome.reason}")
        if setup and not isinstance(outcome := session._synced(), Result):
            raise SetUpFailed(f"the set-up does not fit together: {outcome.reason}")
        session._opened = session._changes
        return session

    def edit(self, edit: Edit) -> None:
        """Set a field in mid-talk, as a change of the talk; what hangs on it follows."""
        before = self._changes
        self._edit(edit)
        if not isinstance(outcome := self._synced(), Result):
            self._changes = before
            raise SetUpFailed(f"the edit of {edit.path} does not fit the rest: {outcome.reason}")

    def call(self, call: Call) -> Outcome:
        """Carry out a call of a tool; a refused one changes nothing, a reading one neither."""
        spec = self._snapshot.specs.get(call.name)
        if spec is None:
            return no_such_tool(call.name)
        if call.actor not in spec.actors:
            return Refusal(reason=f"{call.name} is not a tool of the {call.actor}.", cause="unknown_tool")
        return self._carry_out(self._source.functions[call.actor, call.name], call, keep=spec.writes)

    def check(self, call: Call) -> Outcome:
        """A tool that reads, or a function of a toolkit that is no tool; whatever it changes is thrown away."""
        function = self._source.functions.get((call.actor, call.name))
        if function is None:
            return Refusal(reason=f"There is no function named {call.name!r}.", cause="unknown_tool")
        if function.is_tool and function.writes:
            return Refusal(reason=f"{call.name} writes: a check only reads.", cause="arguments")
        return self._carry_out(function, call, keep=False, scalar=True)

    def _carry_out(self, function: Function, call: Call, *, keep: bool, scalar: bool = False) -> Outcome:
        """Run a function with as few clones as it is likely to need; again with all, where it would change others."""
        refusal = self._source.tools[call.actor, call.name].parse(call.arguments)
        if isinstance(refusal, Refusal):
            return refusal
        try:
            return self._run(function, call, self._source.near[call.actor] if keep else (), keep=keep, scalar=scalar)
        except WouldChange:
            return self._run(function, call, self._source.all, keep=keep, scalar=scalar)

    def _run(self, function: Function, call: Call, lends: Collection[str], *, keep: bool, scalar: bool) -> Outcome:
        view = View(self._source, self._changes, lends)
        try:
            result = function.run(view.kits[function.actor], copy.deepcopy(call.arguments))
            touched = view.touched(call.arguments, result)
            if keep:
                view.environment.sync_tools()
        except TOOL_BUGS as error:
            return _refusal(error)
        try:
            plain = scalar and (result is None or isinstance(result, bool | int | float | str))
            value: Any = result if plain else shown(self._source.show, result)
            changed = view.changed() if keep else {}
        except TOOL_BUGS as bug:
            return Fault(reason=f"{type(bug).__name__}: {bug}")
        return Result.model_construct(value=value, touched=self._touches(touched, changed))

    def _touches(self, touched: dict[tuple[str, str], None], changed: dict[str, dict[str, Any]]) -> tuple[Touch, ...]:
        """Take the changes over; say what was touched."""
        before = self._changes
        self._take(changed)
        places = {**touched, **{(table, key): None for table, records in changed.items() for key in records}}
        found: list[Touch] = []
        for shelf in self._source.shelves:
            for table, key in places:
                if table == shelf.table:
                    record = shelf.now(self._changes, key)
                    found.append(self._source.touch(shelf, key, shelf.now(before, key) if record is None else record))
        return tuple(found)

    def _take(self, changed: Mapping[str, Mapping[str, Any]]) -> None:
        if changed:
            tables = {shelf.table: shelf for shelf in self._source.shelves if shelf.table in changed}
            self._changes = {
                **self._changes,
                **{name: tables[name].merged(self._changes, records) for name, records in changed.items()},
            }

    def _synced(self) -> Outcome:
        """Bring what one speaker's side says of the other's up to date, as after a call."""
        view = View(self._source, self._changes, self._source.all)
        try:
            view.environment.sync_tools()
        except TOOL_BUGS as error:
            return _refusal(error)
        self._take(view.changed())
        return Result(value=None)

    def _edit(self, edit: Edit) -> None:
        table, _, rest = edit.path.partition("/")
        key, _, field = rest.rpartition("/")
        shelf = next((s for s in self._source.shelves if s.table == table), None)
        record = shelf.now(self._changes, key) if shelf is not None and key else None
        if shelf is None or (key and record is None) or (shelf.form == "one" and (key or rest) != table):
            raise SetUpFailed(f"set-up names {edit.path}, which is no record")
        if field and key and field not in (values := shelf.dumped(record)):
            raise SetUpFailed(f"set-up names {edit.path}, which is no field")
        try:
            new = shelf.parsed({**values, field: edit.value} if key else edit.value)
        except ValidationError as error:
            raise SetUpFailed(f"set-up of {edit.path}: {error.errors()[0]['msg']}") from error
        if shelf.id_field and getattr(new, shelf.id_field) != (key or rest):
            raise SetUpFailed(f"set-up of {edit.path}: an id stays what it is")
        self._take({table: {key or rest: new}})

    def fork(self) -> "Tau2Session":
        """An independent copy of the present state: a state is never changed in place."""
        return Tau2Session(self._snapshot, self._changes, self._opened)

    def diff(self) -> Diff:
        """What changed since the session was opened, by field path."""
        return told(self._altered(self._opened))

    def fingerprint(self) -> str:
        """A hash of snapshot and changes since it, set-up included."""
        same = by_meaning(self._altered({}), self._snapshot.fields)
        return fingerprint([[self._snapshot.name, *([path, *values] for path, values in same.items())]])

    def _altered(self, since: Changes) -> dict[str, tuple[Json, ...]]:
        found: dict[str, tuple[Json, ...]] = {}
        for shelf in self._source.shelves:
            for key in {**since.get(shelf.table, {}), **self._changes.get(shelf.table, {})}:
                before, after = shelf.now(since, key), shelf.now(self._changes, key)
                if before is after:
                    continue
                both = type(before) is type(after) and isinstance(before, BaseModel)
                fields = {n for n, v in vars(before).items() if v != vars(after).get(n)} if both else None
                one, other = (None if record is None else shelf.dumped(record, fields) for record in (before, after))
                found |= altered(shelf.table, key, one, other)
        return found

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        """Every rule of the overlay that the present state or the course breaks."""
        found = [b for rule in self._source.overlay.conduct for b in rule.breaches(course, self._snapshot.specs)]
        overlay = self._source.overlay
        tables = Dumps(self._source.shelves, self._opened, self._changes)
        said = (rule.breach(tables, overlay.texts.get(rule.clause, rule.name)) for rule in overlay.rules)
        found += [breach for breach in said if breach is not None]
        return tuple(found)

    def close(self) -> None:
        """Nothing to let go of."""


def shown(show: Callable[[object], str], result: object) -> Json:
    """What τ² shows of a result: JSON where its text is an object or a list, else that text."""
    text = show(result)
    if text[:1] not in {"{", "["}:
        return text
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value


def _refusal(error: Exception) -> Refusal:
    """What a toolkit says by raising: a ValueError is its way to refuse, anything else its way to say misuse."""
    reason = str(error) or type(error).__name__
    if not isinstance(error, ValueError):
        return Refusal(reason=reason, cause="arguments")
    return Refusal(reason=reason, cause="missing" if "not found" in reason.casefold() else "policy")
