"""Blueprints and talks that tests of blueprints, judges and casts share: planned, worded and rehearsed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from apigen_mt.audit.editing import Talk, agent, call, item_of
from apigen_mt.audit.rehearsal import LIMITS, at_once, played, worded_tasks
from apigen_mt.config import Config
from apigen_mt.planning import Mix, Planner
from blueprints.blueprint import Blueprint, Kind
from blueprints.judging.verdict import GateResult, Verdict
from blueprints.personas import shipped
from tools_env.port import World
from tools_env.resolve import resolve

DOMAINS = ("library", "retail")
SHARES: dict[Kind, float] = {"act": 0.6, "inform": 0.2, "refuse": 0.2}
MOST: dict[Kind, int] = {"act": 24, "inform": 12, "refuse": 12}
__all__ = ["LIMITS", "Talk", "agent", "at_once", "call", "item_of", "played"]


@cache
def world_of(domain: str) -> World:
    return resolve(domain)


@cache
def planned(
    domain: str, count: int, seed: int = 0, snapshots: int = 8, *, as_run: bool = False
) -> tuple[Blueprint, ...]:
    """Blueprints in index order, worded by the template author; each refusal is followed by its twin. Those of a run
    with its own settings are of all kinds and have personas.
    """
    plan = _plan(domain, seed, snapshots, as_run=as_run)
    while len(plan.found) < count:
        plan.grow()
    return tuple(plan.found[:count])


@dataclass(slots=True)
class _Plan:
    """One plan that grows as tests ask for more of it."""

    tasks: Iterator[object]
    found: list[Blueprint] = field(default_factory=list)

    def grow(self) -> None:
        worded = next(self.tasks)
        assert isinstance(worded, Blueprint), worded
        self.found.append(worded)


@cache
def _plan(domain: str, seed: int, snapshots: int, *, as_run: bool) -> _Plan:
    mix = Config(domain=domain).mix(shipped()) if as_run else Mix(dict(SHARES), snapshots=snapshots)
    return _Plan(worded_tasks(Planner(world_of(domain), seed, mix)))


@cache
def rehearsed(domain: str, count: int, seed: int = 0) -> tuple[Talk, ...]:
    """Rehearsals of the first `count` tasks of a plan."""
    world = world_of(domain)
    return tuple(played(blueprint, world) for blueprint in planned(domain, count, seed))


def dozens(domain: str) -> list[Talk]:
    """A dozen refusals, a dozen questions and twice as many changes, twins among them."""
    talks = rehearsed(domain, 72)
    return [talk for kind, most in MOST.items() for talk in of_kind(talks, kind)[:most]]


def of_kind(talks: Sequence[Talk], kind: Kind) -> list[Talk]:
    return [talk for talk in talks if talk.blueprint.kind == kind]


def failed(verdict: Verdict) -> list[str]:
    """Names of the gates that failed."""
    return [gate.gate for gate in verdict.gates if gate.status == "fail"]


def gate(verdict: Verdict, name: str) -> GateResult:
    return next(g for g in verdict.gates if g.gate == name)


def said(verdict: Verdict) -> str:
    """Everything that failed gates found, for a failing assertion's message."""
    found = [f"{g.gate} ({g.fault}): {e.text}" for g in verdict.gates if g.status == "fail" for e in g.evidence]
    return "; ".join(found)
