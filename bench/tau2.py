"""What a τ²-bench world costs: forking it, and judging a finished talk, beside tau2's own way of doing both."""

import copy
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from apigen_mt.cli_imports import tau2_folder, tau2_tasks
from bench.environments import median_us
from blueprints.blueprint import Blueprint
from blueprints.imports.tau2_tasks import Report, blueprints_of
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.judge import judge
from tools_env.calls import Result
from tools_env.course import Called, Course, Said
from tools_env.port import World
from tools_env.resolve import resolve

DOMAINS = ("retail", "airline")
LIMITS: Mapping[str, float] = {
    **{f"{domain}_fork_us": 1000.0 for domain in DOMAINS},
    **{f"{domain}_judge_ms": 2.0 for domain in DOMAINS},
}
THEIRS = 8
"""So many of the solutions are judged by tau2, which takes its time."""


def run() -> dict[str, float]:
    """Medians by domain: µs of a fork, ms of CPU of a verdict over a solution's talk; tau2's deep copy of the database
    and its environment evaluator, in ms of CPU. Nothing, and a line that says so, where tau2 is not installed.
    """
    if importlib.util.find_spec("tau2") is None:
        print("tau2 is not installed: its worlds are not measured")
        return {}
    figures: dict[str, float] = {}
    for domain in DOMAINS:
        figures |= {f"{domain}_{name}": value for name, value in _measured(domain).items()}
    return figures


def _measured(domain: str) -> dict[str, float]:
    world = resolve(f"tau2:{domain}")
    blueprints = list(blueprints_of(tau2_tasks(tau2_folder(domain)), world, Report()))
    talks = [(b, *_talk(b, world)) for b in blueprints if b.diff]
    session = world.open(blueprints[0].snapshot)
    make = import_module(f"tau2.domains.{domain}.environment").get_environment
    database = make().tools.db
    step = max(1, len(talks) // THEIRS)
    return {
        "fork_us": median_us(session.fork),
        "judge_ms": statistics.median(_cpu_ms(partial(judge, b, c, h, "user_stop", world)) for b, c, h in talks),
        "tau2_deepcopy_ms": statistics.median(_cpu_ms(partial(copy.deepcopy, database)) for _ in range(5)),
        "tau2_evaluator_ms": statistics.median(_theirs_ms(domain, make, b, c) for b, c, _ in talks[::step]),
    }


def _talk(blueprint: Blueprint, world: World) -> tuple[Course, tuple[HumanTurn, ...]]:
    """The solution as a talk: what is wanted, the calls, an answer, goodbye. Judging it costs what judging any does."""
    session = world.open(blueprint.snapshot, blueprint.setup)
    told = "; ".join(str(output.value) for output in blueprint.outputs)
    opening, bye = blueprint.stages[0].say or "Hello.", f"Thank you, goodbye. {STOP}"
    calls = [
        Called(call_id=f"c{n}", call=call, outcome=session.call(call), writes=world.specs[call.name].writes, batch=n)
        for n, call in enumerate(blueprint.actions)
    ]
    answer = Said(speaker="agent", text=f"It is done. {told}")
    hello, goodbye = Said(speaker="human", text=opening), Said(speaker="human", text=bye)
    events: tuple[Said | Called, ...] = (hello, *calls, answer, goodbye)
    turns = (HumanTurn(act="raise", text=opening), HumanTurn(act="stop", text=bye, turn=len(events) - 1))
    return Course(events=events), turns


def _theirs_ms(domain: str, make: Callable[..., Any], blueprint: Blueprint, course: Course) -> float:
    """CPU of tau2's environment evaluator on the same calls."""
    message = import_module("tau2.data_model.message")
    evaluator = import_module("tau2.evaluator.evaluator_env").EnvironmentEvaluator
    raw = json.loads((tau2_folder(domain) / "tasks.json").read_bytes())
    key = blueprint.provenance.source.removeprefix(f"tau2:{domain}/")
    task = import_module("tau2.data_model.tasks").Task.model_validate(next(t for t in raw if t["id"] == key))
    talk: list[Any] = []
    for _, called in course.called():
        if not isinstance(called.outcome, Result):
            continue
        shown = called.outcome.value
        call = message.ToolCall(id=called.call_id, name=called.call.name, arguments=dict(called.call.arguments))
        content = shown if isinstance(shown, str) else json.dumps(shown)
        talk.append(message.AssistantMessage(role="assistant", tool_calls=[call]))
        talk.append(message.ToolMessage(role="tool", id=call.id, content=content))
    return _cpu_ms(partial(evaluator.calculate_reward, make, task, talk))


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000
