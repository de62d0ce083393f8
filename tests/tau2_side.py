"""τ²-bench driven by its own means, beside our world: what each makes of one of its tasks."""

import copy
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.blueprints.talks import world_of
from tools_env.calls import Assertion, Call, Edit, Result
from tools_env.imports.tau2 import Tau2World
from tools_env.port import SetUp
from tools_env.replay import Replayed, replay
from tools_env.state import Diff

ACTORS: Mapping[str, Any] = {"assistant": "agent", "user": "human"}


def ours(name: str) -> Tau2World:
    """Our world of a domain, loaded once for all tests."""
    found = world_of(f"tau2:{name}")
    assert isinstance(found, Tau2World)
    return found


def domain(name: str) -> Any:
    """Their module that makes a domain's environment and tasks."""
    return importlib.import_module(f"tau2.domains.{name}.environment")


def tables(environment: Any) -> dict[str, Any]:
    """Both their databases as JSON, by field."""
    kits = [kit for kit in (environment.tools, environment.user_tools) if kit is not None]
    return {name: rows for kit in kits for name, rows in kit.db.model_dump(mode="json").items()}


@dataclass
class Both:
    """One solution carried out by both. `theirs` are the contents of their tool messages, None for an error."""

    ours: Replayed
    theirs: list[str | None]
    reasons: list[str]
    before: dict[str, Any]
    after: dict[str, Any]
    met: list[bool]
    partial: int
    """Calls that raised and still changed their database."""

    @property
    def unchanged(self) -> bool:
        return self.before == self.after

    def differences(self) -> list[str]:
        """What the two do not agree on, in words."""
        found = [
            f"call {number}: {outcome.observed()} instead of {wanted or self.reasons[number]}"
            for number, (outcome, wanted) in enumerate(zip(self.ours.outcomes, self.theirs, strict=True))
            if not _agree(outcome, wanted, self.reasons[number])
        ]
        applied = put(self.before, self.ours.diff)
        found += [f"table {name}" for name in self.after if applied[name] != self.after[name]]
        if len(self.ours.unmet) != self.met.count(False):
            found.append(f"assertions: {self.ours.unmet} against {self.met}")
        return found


def _agree(outcome: Any, wanted: str | None, reason: str) -> bool:
    if wanted is None:
        return not isinstance(outcome, Result) and f"Error: {outcome.reason}" == reason
    shown = json.loads(wanted) if wanted[:1] in {"{", "["} else wanted
    return isinstance(outcome, Result) and outcome.value == shown


def both(world: Tau2World, pristine: Any, task: Any) -> Both:
    """Carry a task's solution out on our side and on theirs, each from the task's initial state."""
    wanted, start = task.evaluation_criteria, task.initial_state
    actions = (wanted.actions if wanted else None) or []
    demands = (wanted.env_assertions if wanted else None) or []
    environment = _started(pristine, start)
    before = tables(environment)
    theirs, reasons = _solved(environment, actions)
    met = [environment.run_env_assertion(one, raise_assertion_error=False) for one in demands]
    ours = replay(
        world,
        world.snapshot,
        setup_of(start, pristine),
        [Call(name=a.name, arguments=a.arguments, actor=ACTORS[a.requestor]) for a in actions],
        assertions=[
            Assertion(call=_call(one), value=one.assert_value, message=one.message or one.func_name) for one in demands
        ],
    )
    partial = _partial(_started(pristine, start), actions) if None in theirs else 0
    return Both(ours, theirs, reasons, before, tables(environment), met, partial)


def _started(pristine: Any, start: Any) -> Any:
    environment = copy.deepcopy(pristine)
    if start is not None:
        environment.set_state(start.initialization_data, start.initialization_actions, start.message_history or [])
    return environment


def _solved(environment: Any, actions: list[Any]) -> tuple[list[str | None], list[str]]:
    said = [environment.get_response(_message(action)) for action in actions]
    return [None if one.error else one.content for one in said], [one.content for one in said]


def _message(action: Any) -> Any:
    kind = importlib.import_module("tau2.data_model.message").ToolCall
    return kind(id="1", name=action.name, arguments=action.arguments, requestor=action.requestor)


def _partial(environment: Any, actions: list[Any]) -> int:
    found = 0
    for action in actions:
        before = tables(environment)
        if environment.get_response(_message(action)).error:
            found += before != tables(environment)
    return found


def setup_of(start: Any, pristine: Any) -> SetUp:
    """Their initial state as our set-up."""
    steps: list[Call | Edit] = []
    if start is None:
        return ()
    data = (start.initialization_data.agent_data or {}) if start.initialization_data else {}
    for table, rows in data.items():
        for key, row in rows.items():
            if key in getattr(pristine.tools.db, table):
                steps += [Edit(path=f"{table}/{key}/{field}", value=value) for field, value in row.items()]
            else:
                steps.append(Edit(path=f"{table}/{key}", value=row))
    steps += [_call(one) for one in start.initialization_actions or []]
    for message in start.message_history or []:
        for one in getattr(message, "tool_calls", None) or []:
            steps.append(Call(name=one.name, arguments=one.arguments, actor=ACTORS[one.requestor]))
    return tuple(steps)


def _call(function: Any) -> Call:
    return Call(name=function.func_name, arguments=function.arguments, actor=ACTORS[function.env_type])


def put(before: Mapping[str, Any], diff: Diff) -> dict[str, Any]:
    """Their tables with our diff applied."""
    found = {name: copy.copy(rows) for name, rows in before.items()}
    for path, change in diff.items():
        table, key, *field = path.split("/", 2)
        rows = found[table]
        place: Any = key
        if isinstance(rows, list):
            place = next((i for i, row in enumerate(rows) if next(iter(row.values())) == key), len(rows))
        if key == table:
            rows[field[0]] = change.after
        elif field:
            rows[place] = {**rows[place], field[0]: change.after}
        elif change.after is None:
            del rows[place]
        elif place == len(rows):
            rows.append(change.after)
        else:
            rows[place] = change.after
    return found
