"""A finished talk on the judge's table: blueprint, course, human turns, and its calls carried out again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.verdict import EndReason
from tools_env.course import Called, Course, Said
from tools_env.port import Brief, World
from tools_env.replay import Replayed
from tools_env.values import Json


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

    def before(self, turn: int) -> Iterator[Said | Called]:
        """Events before a turn."""
        yield from self.course.events[:turn]


def id_shape(word: str) -> str:
    """An id with each run of digits as 9, so that ids of one kind look alike; empty for a word that is only one kind
    of sign, which could be any word or number.
    """
    shape = re.sub(r"[0-9]+", "9", word)
    return shape if "9" in shape and shape.strip("9-#_") else ""


def leaves(value: Json) -> Iterator[Json]:
    """Every scalar in a JSON value."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    else:
        yield value


def records(shown: Json) -> Iterator[dict[str, Json]]:
    """Every object in a result, those inside others too."""
    if isinstance(shown, list):
        for member in shown:
            yield from records(member)
    elif isinstance(shown, dict):
        yield shown
        for member in shown.values():
            yield from records(member)


def under(shown: Json, name: str) -> Iterator[Json]:
    """Every value that a result holds under a field name."""
    if isinstance(shown, list):
        for member in shown:
            yield from under(member, name)
    elif isinstance(shown, dict):
        for key, value in shown.items():
            if key == name:
                yield value
            yield from under(value, name)
