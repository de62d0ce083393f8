"""Blueprints and talks that tests of blueprints, judges and casts share: planned, worded and rehearsed, then edited."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from apigen_mt.cast.oracle import Oracle, script_of
from apigen_mt.cast.ports import Agent
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.config import KINDS
from apigen_mt.planning import Mix, Planner
from apigen_mt.talk import Limits, play
from blueprints.author import TemplateAuthor
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.draft import word, worded_like
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.judge import judge
from blueprints.judging.verdict import EndReason, GateResult, Verdict
from blueprints.knowledge import people_table
from blueprints.personas import shipped
from tools_env.calls import Call, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.port import World
from tools_env.resolve import resolve
from tools_env.values import Json

DOMAINS = ("library", "retail")
SHARES: dict[Kind, float] = {"act": 0.6, "inform": 0.2, "refuse": 0.2}
MOST: dict[Kind, int] = {"act": 24, "inform": 12, "refuse": 12}
LIMITS = Limits(turns=20, calls=60, calls_in_a_row=25)


T = TypeVar("T")


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never has to wait: scripts answer at once, also where a loop runs already."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    coroutine.close()
    raise AssertionError("it had to wait")


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

    planner: Planner
    found: list[Blueprint] = field(default_factory=list)

    def grow(self) -> None:
        task, world, index = self.planner.next(), self.planner.world, len(self.found)
        assert isinstance(task.draft, Blueprint), task.draft
        worded: Blueprint | Rejected | tuple[Rejected, ...]
        if task.twin_of is None:
            worded = at_once(word(task.draft, TemplateAuthor(), world, 0, index))
        else:
            worded = worded_like(task.draft, self.found[task.twin_of], world, index)
        assert isinstance(worded, Blueprint), worded
        self.found.append(worded)


@cache
def _plan(domain: str, seed: int, snapshots: int, *, as_run: bool) -> _Plan:
    mix = Mix(dict(KINDS), personas=shipped()) if as_run else Mix(dict(SHARES), snapshots=snapshots)
    return _Plan(Planner(world_of(domain), seed, mix))


@dataclass(frozen=True, slots=True)
class Talk:
    """A played talk in a form that can be edited: each event with the human turn that it is, if it is one."""

    blueprint: Blueprint
    world: World
    items: tuple[tuple[Event, HumanTurn | None], ...]
    end_reason: EndReason = "user_stop"

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.items]

    @property
    def course(self) -> Course:
        return Course(events=tuple(self.events))

    @property
    def human_turns(self) -> tuple[HumanTurn, ...]:
        return tuple(h.model_copy(update={"turn": n}) for n, (_, h) in enumerate(self.items) if h is not None)

    def verdict(self, blueprint: Blueprint | None = None) -> Verdict:
        return judge(blueprint or self.blueprint, self.course, self.human_turns, self.end_reason, self.world)

    def where(self, wanted: Callable[[Event], bool]) -> list[int]:
        return [n for n, event in enumerate(self.events) if wanted(event)]

    def writes(self) -> list[int]:
        return self.where(lambda e: isinstance(e, Called) and e.writes)

    def reads(self) -> list[int]:
        return self.where(lambda e: isinstance(e, Called) and not e.writes)

    def agent_words(self) -> list[int]:
        return self.where(lambda e: isinstance(e, Said) and e.speaker == "agent")

    def called(self, place: int) -> Called:
        event = self.events[place]
        assert isinstance(event, Called)
        return event

    def text(self, place: int) -> str:
        event = self.events[place]
        assert isinstance(event, Said)
        return event.text

    def acts(self, act: str) -> list[int]:
        return [n for n, (_, h) in enumerate(self.items) if h is not None and h.act == act]

    def without(self, *places: int) -> "Talk":
        return self.rebuilt(item for n, item in enumerate(self.items) if n not in places)

    def with_at(self, place: int, *events: Event | HumanTurn) -> "Talk":
        """The talk with events put in before `place`; a human turn stands for its message."""
        return self.rebuilt([*self.items[:place], *map(item_of, events), *self.items[place:]])

    def saying(self, place: int, text: str) -> "Talk":
        """The talk with other words in one message."""
        event, human = self.items[place]
        assert isinstance(event, Said)
        item = event.model_copy(update={"text": text}), human and human.model_copy(update={"text": text})
        return self.rebuilt([*self.items[:place], item, *self.items[place + 1 :]])

    def reworded(self, change: Callable[[str], str]) -> "Talk":
        """The talk with all of the agent's words changed."""
        talk = self
        for place in self.agent_words():
            talk = talk.saying(place, change(self.text(place)))
        return talk

    def calling(self, place: int, **arguments: Json) -> "Talk":
        """The talk with other arguments in one call."""
        event = self.called(place)
        call = event.call.model_copy(update={"arguments": event.call.arguments | arguments})
        return self.event_at(place, event.model_copy(update={"call": call}))

    def event_at(self, place: int, event: Event) -> "Talk":
        """The talk with one event in place of another; nothing else is touched."""
        return self.rebuilt([*self.items[:place], (event, self.items[place][1]), *self.items[place + 1 :]])

    def ending(self, reason: EndReason) -> "Talk":
        return replace(self, end_reason=reason)

    def rebuilt(self, items: Iterable[tuple[Event, HumanTurn | None]]) -> "Talk":
        return replace(self, items=tuple(items))

    def honest(self, blueprint: Blueprint | None = None) -> "Talk":
        """The talk with every call really carried out, one to a message, and its ids and numbers put in order."""
        setting = blueprint or self.blueprint
        session = self.world.open(setting.snapshot, setting.setup)
        items: list[tuple[Event, HumanTurn | None]] = []
        number = 0
        for event, human in self.items:
            if isinstance(event, Called):
                number += 1
                spec = self.world.specs.get(event.call.name)
                items.append((
                    Called(call_id=f"call_{number}", call=event.call, outcome=session.call(event.call),
                           writes=spec is not None and spec.writes, batch=number - 1), None))  # fmt: skip
            else:
                items.append((event, human))
        return replace(self, blueprint=setting, items=tuple(items))


def item_of(event: Event | HumanTurn) -> tuple[Event, HumanTurn | None]:
    if isinstance(event, HumanTurn):
        return Said(speaker="human", text=event.text), event
    return event, None


def agent(text: str) -> Said:
    return Said(speaker="agent", text=text)


def call(name: str, arguments: dict[str, Json]) -> Called:
    """A call that `Talk.honest` will carry out."""
    return Called(call_id="", call=Call(name=name, arguments=arguments), outcome=Result(value=None))


def played(blueprint: Blueprint, world: World, player: Agent | None = None) -> Talk:
    """One talk with the scripted human, and with the oracle unless another agent is given."""
    player = player or Oracle(script_of(blueprint), world.specs, people_table(world))
    done = at_once(play(blueprint, world, ScriptedHuman(blueprint), player, LIMITS))
    turns = {h.turn: h for h in done.human_turns}
    return Talk(blueprint, world, tuple((e, turns.get(n)) for n, e in enumerate(done.course.events)), done.end_reason)


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
