"""A finished talk on the judge's table: blueprint, course, human turns, and its calls carried out again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.verdict import EndReason
from blueprints.knowledge import referents_in
from tools_env.calls import Result
from tools_env.course import Called, Course, Said
from tools_env.port import Brief, World
from tools_env.replay import Replayed
from tools_env.values import Json, leaves


@dataclass(frozen=True)
class Talk:
    """Everything the gates look at. Nothing in it is taken from the recorded result of an earlier verdict."""

    blueprint: Blueprint
    course: Course
    human_turns: tuple[HumanTurn, ...]
    end_reason: EndReason
    world: World
    done: Replayed

    @cached_property
    def brief(self) -> Brief:
        """What is fixed about the talk's snapshot."""
        return self.world.brief(self.blueprint.snapshot)

    @cached_property
    def agent_said(self) -> tuple[tuple[int, Said], ...]:
        """The agent's messages to the human with their turns."""
        return tuple((t, e) for t, e in self.course.said("agent") if e.text.strip())

    @cached_property
    def human_said(self) -> tuple[tuple[int, Said], ...]:
        """The human's messages with their turns."""
        return tuple(self.course.said("human"))

    @cached_property
    def id_shapes(self) -> frozenset[str]:
        """The shapes of the ids that this talk's calls and results show: letters, and runs of digits as one 9."""
        shapes: set[str] = set()
        for turn, called in self.course.called():
            spec = self.world.specs.get(called.call.name)
            for param in spec.params if spec else ():
                value = called.call.arguments.get(param.name)
                if param.meaning.kind == "identifier" and isinstance(value, str):
                    shapes.add(id_shape(value))
            if spec and isinstance(called.outcome, Result):
                for referent in referents_in(called.outcome.value, spec, turn, called.call):
                    shapes |= {id_shape(key) for key in (referent.id, *(i for _, i in referent.context))}
        return frozenset(shapes - {""})

    def values_at(self, turn: int) -> list[Json]:
        """Every scalar that the call of a turn showed, and took where it was carried out."""
        if (found := self._values.get(turn)) is None:
            event = self.course.events[turn]
            found = self._values[turn] = []
            if isinstance(event, Called):
                found += leaves(event.outcome.observed())
                found += leaves(event.call.arguments) if isinstance(event.outcome, Result) else []
        return found

    @cached_property
    def first_shown(self) -> dict[str, int]:
        """Every text that a call took or showed, with the first turn in which one did."""
        found: dict[str, int] = {}
        for turn, _ in self.course.called():
            for leaf in self.values_at(turn):
                if isinstance(leaf, str):
                    found.setdefault(leaf, turn)
        return found

    @cached_property
    def _values(self) -> dict[int, list[Json]]:
        return {}

    def before(self, turn: int) -> Iterator[Said | Called]:
        """Events before a turn."""
        yield from self.course.events[:turn]


def id_shape(word: str) -> str:
    """An id with each run of digits as 9, so that ids of one kind look alike; empty for a word that is only one kind
    of sign, which could be any word or number.
    """
    shape = re.sub(r"[0-9]+", "9", word)
    return shape if "9" in shape and shape.strip("9-#_") else ""


def records(shown: Json) -> Iterator[dict[str, Json]]:
    """Every object in a result, those inside others too."""
    if isinstance(shown, list):
        for member in shown:
            yield from records(member)
    elif isinstance(shown, dict):
        yield shown
        for member in shown.values():
            yield from records(member)
