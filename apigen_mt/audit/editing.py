"""Finished talks that can be edited: what is changed stays a talk, and calls can be carried out again for real."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.judge import carried_out, judge
from blueprints.judging.verdict import EndReason, Verdict
from tools_env.calls import Call, Outcome, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.port import World
from tools_env.replay import Replayed
from tools_env.values import Json

Item: TypeAlias = tuple[Event, HumanTurn | None]


@dataclass(frozen=True)
class Talk:
    """A played talk in a form that can be edited: each event with the human turn that it is, if it is one."""

    blueprint: Blueprint
    world: World
    items: tuple[Item, ...]
    end_reason: EndReason = "user_stop"

    @property
    def events(self) -> list[Event]:
        """Everything that happened."""
        return [event for event, _ in self.items]

    @property
    def course(self) -> Course:
        """The events as a course."""
        return Course(events=tuple(self.events))

    @property
    def human_turns(self) -> tuple[HumanTurn, ...]:
        """The human's turns, each with its place in the course."""
        return tuple(h.model_copy(update={"turn": n}) for n, (_, h) in enumerate(self.items) if h is not None)

    def verdict(self, blueprint: Blueprint | None = None, *, without: Collection[str] = ()) -> Verdict:
        """What the judge says of the talk, by its own blueprint or another one, with some gates left out."""
        return judge(
            blueprint or self.blueprint, self.course, self.human_turns, self.end_reason, self.world, without=without
        )

    @cached_property
    def done(self) -> Replayed:
        """What its calls come to."""
        return carried_out(self.blueprint, self.course, self.world, hashed=False)

    def where(self, wanted: Callable[[Event], bool]) -> list[int]:
        """Places of events of a sort."""
        return [n for n, (event, _) in enumerate(self.items) if wanted(event)]

    def writes(self) -> list[int]:
        """Places of the agent's calls that were carried out and write."""
        return self.where(lambda e: isinstance(e, Called) and e.writes and _carried_out(e))

    def reads(self) -> list[int]:
        """Places of the agent's calls that were carried out and read."""
        return self.where(lambda e: isinstance(e, Called) and not e.writes and _carried_out(e))

    def agent_words(self) -> list[int]:
        """Places of the agent's messages to the human."""
        return self.where(lambda e: isinstance(e, Said) and e.speaker == "agent" and e.batch is None)

    def human_words(self) -> list[int]:
        """Places of the human's messages."""
        return self.where(lambda e: isinstance(e, Said) and e.speaker == "human")

    def called(self, place: int) -> Called:
        """The call at a place."""
        event = self.items[place][0]
        if not isinstance(event, Called):
            raise TypeError(f"event {place} is no call")
        return event

    def text(self, place: int) -> str:
        """The words at a place."""
        event = self.items[place][0]
        if not isinstance(event, Said):
            raise TypeError(f"event {place} is no message")
        return event.text

    def acts(self, act: str) -> list[int]:
        """Places of the human's turns of one kind."""
        return [n for n, (_, h) in enumerate(self.items) if h is not None and h.act == act]

    def without(self, *places: int) -> "Talk":
        """The talk with some events left out."""
        return self.rebuilt(item for n, item in enumerate(self.items) if n not in places)

    def with_at(self, place: int, *events: Event | HumanTurn) -> "Talk":
        """The talk with events put in before `place`; a human turn stands for its message."""
        return self.rebuilt([*self.items[:place], *map(item_of, events), *self.items[place:]])

    def saying(self, place: int, text: str) -> "Talk":
        """The talk with other words in one message."""
        event, human = self.items[place]
        item = event.model_copy(update={"text": text}), human and human.model_copy(update={"text": text})
        return self.rebuilt([*self.items[:place], item, *self.items[place + 1 :]])

    def reworded(self, change: Callable[[str], str], *, human: bool = False) -> "Talk":
        """The talk with all of the agent's words changed, or all of the human's."""
        talk, speaker = self, "human" if human else "agent"
        for place in self.where(lambda e: isinstance(e, Said) and e.speaker == speaker):
            talk = talk.saying(place, change(self.text(place)))
        return talk

    def calling(self, place: int, **arguments: Json) -> "Talk":
        """The talk with other arguments in one call."""
        event = self.called(place)
        made = event.call.model_copy(update={"arguments": event.call.arguments | arguments})
        return self.event_at(place, event.model_copy(update={"call": made}))

    def event_at(self, place: int, event: Event) -> "Talk":
        """The talk with one event in place of another; nothing else is touched."""
        return self.rebuilt([*self.items[:place], (event, self.items[place][1]), *self.items[place + 1 :]])

    def moved(self, place: int, to: int) -> "Talk":
        """The talk with one event at another place: before the one that is at `to` now."""
        left = [*self.items[:place], *self.items[place + 1 :]]
        at = to - (place < to)
        return self.rebuilt([*left[:at], self.items[place], *left[at:]])

    def ending(self, reason: EndReason) -> "Talk":
        """The talk as if it had ended otherwise."""
        return replace(self, end_reason=reason)

    def rebuilt(self, items: Iterable[Item]) -> "Talk":
        """The same task with other events."""
        return replace(self, items=tuple(items))

    def about(self, blueprint: Blueprint) -> "Talk":
        """The same events by another blueprint."""
        return replace(self, blueprint=blueprint)

    def honest(self, blueprint: Blueprint | None = None) -> "Talk":
        """The talk with every call really carried out and its ids and numbers put in order. Calls that stood in one
        message still do; one that was put in or repeated has a message of its own.
        """
        setting = self.about(blueprint or self.blueprint)
        honest = setting.rebuilt(_numbered(self.items, iter(setting.done.outcomes), self.world))
        honest.__dict__["done"] = setting.done
        return honest


def _carried_out(event: Called) -> bool:
    return isinstance(event.outcome, Result) and event.call.actor == "agent"


def _numbered(items: Iterable[Item], outcomes: Iterator[Outcome], world: World) -> Iterator[Item]:
    number, batch, before, met = 0, -1, None, set[str]()
    for event, human in items:
        if isinstance(event, Said):
            if event.batch is not None:
                batch += event.batch != before
                before = event.batch
                yield event.model_copy(update={"batch": batch}), human
                continue
            before = None
            yield event, human
            continue
        number += 1
        joins = event.call_id and event.call_id not in met and event.batch == before
        batch += not joins
        before = event.batch if event.call_id and event.call_id not in met else None
        met.add(event.call_id)
        spec = world.specs.get(event.call.name)
        update = {"call_id": f"call_{number}", "batch": batch, "writes": spec is not None and spec.writes}
        outcome = event.outcome if event.raw else next(outcomes)
        yield event.model_copy(update={**update, "outcome": outcome}), None


def item_of(event: Event | HumanTurn) -> Item:
    """An event as a part of a talk; a human turn with its message."""
    if isinstance(event, HumanTurn):
        return Said(speaker="human", text=event.text), event
    return event, None


def agent(text: str) -> Said:
    """A message of the agent."""
    return Said(speaker="agent", text=text)


def call(name: str, arguments: dict[str, Json]) -> Called:
    """A call that `Talk.honest` will carry out."""
    return Called(call_id="", call=Call(name=name, arguments=arguments), outcome=Result(value=None))
