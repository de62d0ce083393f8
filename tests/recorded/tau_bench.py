"""Recorded talks of a real agent and a simulated person, τ-bench's airline runs, as courses that gates can judge.

The file lies beside the project, not in it (`../shared/data`). Calls are carried out in `tau2:airline`, whose database
is a later edition of the recorded one; what a call showed then is what it shows here (`Recorded`), and its effect on
the state is what the later edition makes of it. What differs between the two editions is counted by `agreement`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from blueprints.blueprint import Blueprint
from blueprints.imports.tau2_format import tasks_in
from blueprints.imports.tau2_tasks import Report, blueprints_of
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.verdict import EndReason
from tests.blueprints.talks import Talk
from tools_env.calls import Call, Outcome, Refusal, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.port import Brief, ForkCost, Session, SetUp, World
from tools_env.resolve import UnknownDomain, resolve
from tools_env.rules import Breach, Clause
from tools_env.state import Diff
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, Meaning, leaves

FILE = Path(__file__).parents[3] / "shared" / "data" / "tau-bench-gpt-4o-airline.json"
THINK = ToolSpec(
    name="think",
    description="Note a thought; nothing is looked up or changed.",
    writes=False,
    parameters={"type": "object", "properties": {"thought": {"type": "string"}}, "required": ["thought"]},
    params=(Param(name="thought", description="The thought.", meaning=Meaning("prose"), required=True),),
)
"""A tool of τ-bench that its later edition has not."""

HANDOVER = "transfer_to_human_agents"
"""The tool that ends a recorded talk."""


class Step(NamedTuple):
    """A recorded call, and the text that came back."""

    call: Call
    text: str

    @property
    def outcome(self) -> Outcome:
        """What the agent saw."""
        if self.text.startswith("Error"):
            return Refusal(reason=self.text)
        return Result(value=_json(self.text))


def _json(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value


@dataclass(frozen=True)
class Run:
    """One recorded run: its task, its messages, and whether it was counted a success."""

    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"task {self.raw['task_id']}, trial {self.raw['trial']}"

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        messages: Sequence[Mapping[str, Any]] = self.raw["traj"]
        return messages

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Its calls in order with what came back; each stands right before its answer (ids are used twice)."""
        return tuple(
            Step(Call(name=call["name"], arguments=json.loads(call["arguments"])), answer["content"])
            for asking, answer in pairwise(self.messages)
            if answer["role"] == "tool"
            for call in [asking["tool_calls"][0]["function"]]
        )

    def talk(self, base: World) -> Talk:
        """The run as a finished talk over a world that shows what was shown then."""
        blueprint = self.blueprint(base)
        policy = next(m["content"] for m in self.messages if m["role"] == "system")
        world = Recorded(base, self.steps, policy)
        session = world.open(blueprint.snapshot)
        steps = iter(self.steps)
        items: list[tuple[Event, HumanTurn | None]] = []
        batch = 0
        for message in self.messages:
            if message["role"] == "user":
                items.append(_human(message["content"], first=not items))
            elif message["role"] == "assistant" and (calls := message.get("tool_calls")):
                if (message.get("content") or "").strip():
                    items.append((Said(speaker="agent", text=message["content"], batch=batch), None))
                step = next(steps)
                outcome = session.call(step.call)
                writes = step.call.name in world.specs and world.specs[step.call.name].writes
                items.append((Called(call_id=f"{calls[0]['id']}-{batch}", call=step.call, outcome=outcome,
                                     writes=writes, batch=batch), None))  # fmt: skip
                batch += 1
            elif message["role"] == "assistant":
                items.append((Said(speaker="agent", text=message["content"] or ""), None))
        return Talk(blueprint, world, tuple(items), _ended(Course(events=tuple(e for e, _ in items))))

    def blueprint(self, base: World) -> Blueprint:
        """Its task, read as a task of the later edition is."""
        task = self.raw["info"]["task"]
        plain = {
            "id": str(self.raw["task_id"]),
            "user_scenario": {"instructions": task["instruction"]},
            "evaluation_criteria": {
                "actions": [{"name": a["name"], "arguments": a["kwargs"]} for a in task["actions"]],
                "communicate_info": task["outputs"],
            },
        }
        world = Recorded(base, (), base.brief(base.snapshots(1)[0]).policy)
        return next(blueprints_of(tasks_in(json.dumps([plain]).encode()), world, Report()))


def _human(text: str, *, first: bool) -> tuple[Event, HumanTurn]:
    act = "raise" if first else "stop" if STOP in text else "chat"
    return Said(speaker="human", text=text), HumanTurn.model_validate({"act": act, "text": text})


def _ended(course: Course) -> EndReason:
    last = course.events[-1]
    if isinstance(last, Called):
        return "transfer"
    return "user_stop" if STOP in last.text else "over_turn"


class Recorded:
    """A world whose sessions show what was recorded, call by call; the state behind them is the base world's."""

    fork_cost: ForkCost = "cheap"

    def __init__(self, base: World, steps: Sequence[Step], policy: str) -> None:
        self.base = base
        self.steps = steps
        self.policy = policy
        self.name = base.name
        handing_over = base.specs[HANDOVER].model_copy(update={"hands_over": True})
        self.specs: Mapping[str, ToolSpec] = {**base.specs, "think": THINK, HANDOVER: handing_over}
        self.clauses: Sequence[Clause] = base.clauses
        self.fields = base.fields
        self.digest = base.digest

    def snapshots(self, most: int) -> tuple[str, ...]:
        return self.base.snapshots(most)

    def brief(self, snapshot: str) -> Brief:
        return self.base.brief(snapshot).model_copy(update={"policy": self.policy})

    def open(self, snapshot: str, setup: SetUp = ()) -> Session:
        return RecordedSession(self, self.base.open(snapshot, setup))


class RecordedSession:
    """An open session: calls beyond the recorded ones show what the base world shows."""

    def __init__(self, world: Recorded, inner: Session, done: int = 0) -> None:
        self.world = world
        self.inner = inner
        self.done = done

    def call(self, call: Call) -> Outcome:
        outcome = Result(value="") if call.name == "think" else self.inner.call(call)
        step = self.world.steps[self.done] if self.done < len(self.world.steps) else None
        self.done += 1
        if step is None or step.call != call:
            return outcome
        then = step.outcome
        if isinstance(then, Result) and isinstance(outcome, Result):
            return then.model_copy(update={"touched": outcome.touched})
        return then

    def check(self, call: Call) -> Outcome:
        return self.inner.check(call)

    def fork(self) -> "RecordedSession":
        return RecordedSession(self.world, self.inner.fork(), self.done)

    def diff(self) -> Diff:
        return self.inner.diff()

    def fingerprint(self) -> str:
        return self.inner.fingerprint()

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        return self.inner.breaches(course)

    def close(self) -> None:
        self.inner.close()


@cache
def base_world() -> World:
    """The later edition; the test is skipped where tau2 is not installed."""
    pytest.importorskip("tau2", reason="tau2 is not installed")
    try:
        return resolve("tau2:airline")
    except UnknownDomain as why:
        pytest.skip(str(why))


@cache
def runs() -> tuple[Run, ...]:
    """Every recorded run; the test is skipped where the file is not there."""
    if not FILE.is_file():
        pytest.skip(f"no recorded runs: {FILE.name} is not in ../shared/data")
    return tuple(Run(raw) for raw in json.loads(FILE.read_text("utf-8")))


@cache
def successes() -> tuple[tuple[str, Talk], ...]:
    """The runs that were counted successes, by name."""
    base = base_world()
    return tuple((run.name, run.talk(base)) for run in runs() if run.raw["reward"] == 1)


def agreement() -> Counter[str]:
    """How the successes' recorded observations compare with what the later edition shows."""
    base = base_world()
    found: Counter[str] = Counter()
    for run in runs():
        if run.raw["reward"] == 1:
            session = base.open(base.snapshots(1)[0])
            found.update(_compared(session.call(s.call), s) for s in run.steps if s.call.name != "think")
            found["no such tool"] += sum(s.call.name == "think" for s in run.steps)
    return found


def _compared(now: Outcome, step: Step) -> str:
    then = step.outcome
    if isinstance(then, Result) != isinstance(now, Result):
        return "carried out in one, refused in the other"
    if isinstance(then, Refusal):
        return "refused in both"
    if now.observed() == then.observed():
        return "equal"
    one, other = ({*_plain(outcome.observed())} for outcome in (now, then))
    return "equal but for names and empty fields" if one == other else "other values"


def _plain(value: Json) -> Iterator[str]:
    """Values as text, numbers alike, empty ones left out."""
    for leaf in leaves(value):
        if leaf is not None:
            text = str(leaf)
            yield text.removesuffix(".0")
