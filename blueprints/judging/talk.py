"""A finished talk on the judge's table: blueprint, course, human turns, and its calls carried out again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.shown import Figures, figures_in
from blueprints.judging.verdict import EndReason
from blueprints.knowledge import referents_in
from tools_env.calls import Result
from tools_env.course import Called, Course, Said
from tools_env.port import Brief, World
from tools_env.replay import Replayed
from tools_env.values import Json, folded, leaves


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
        """The agent's messages to the human with their turns; words beside a call are not among them: nobody hears."""
        return tuple((t, e) for t, e in self.course.said("agent") if e.text.strip() and e.batch is None)

    @cached_property
    def human_said(self) -> tuple[tuple[int, Said], ...]:
        """The human's messages with their turns."""
        return tuple(self.course.said("human"))

    @cached_property
    def id_shapes(self) -> frozenset[str]:
        """The shapes of the ids that this talk's calls and results show, near and loose."""
        shapes: set[str] = set()
        for turn, called in self.course.called():
            spec = self.world.specs.get(called.call.name)
            for param in spec.params if spec else ():
                value = called.call.arguments.get(param.name)
                if param.meaning.kind == "identifier" and isinstance(value, str):
                    shapes |= {id_shape(value), loose_shape(value)}
            if spec and isinstance(called.outcome, Result):
                for referent in referents_in(called.outcome.value, spec, turn, called.call):
                    keys = (referent.id, *(i for _, i in referent.context))
                    shapes |= {shape(key) for key in keys for shape in (id_shape, loose_shape)}
        return frozenset(shapes - {""})

    def like_an_id(self, word: str) -> bool:
        """Whether a word looks like the ids of this talk."""
        return bool(shape := id_shape(word)) and not self.id_shapes.isdisjoint({shape, loose_shape(word)})

    @cached_property
    def pairs_said(self) -> frozenset[tuple[str, str]]:
        """Every two words that stand side by side in the human's messages, folded."""
        texts = (re.findall(r"\w+", folded(e.text)) for _, e in self.human_said)
        return frozenset(pair for words in texts for pair in pairwise(words))

    @cached_property
    def id_names(self) -> tuple[str, ...]:
        """Names of arguments and fields that hold identifiers."""
        specs = self.world.specs.values()
        params = [p.name for s in specs for p in s.params if p.meaning.kind == "identifier"]
        fields = [y.name for s in specs if s.ids_shown for y in s.yields if y.meaning.kind == "identifier"]
        return tuple(dict.fromkeys([*params, *fields]))

    @cached_property
    def results(self) -> tuple[tuple[int, Json], ...]:
        """What calls showed, with their turns."""
        return tuple((step.turn, step.result.value) for step in self.course.done())

    def figures_at(self, turn: int) -> Figures:
        """The numbers, dates and lengths of lists that the call of a turn showed."""
        if (found := self._figures.get(turn)) is None:
            event = self.course.events[turn]
            shown = event.outcome.observed() if isinstance(event, Called) else None
            found = self._figures[turn] = figures_in(self.values_at(turn), records(shown), shown)
        return found

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

    @cached_property
    def _figures(self) -> dict[int, Figures]:
        return {}

    def before(self, turn: int) -> Iterator[Said | Called]:
        """Events before a turn."""
        yield from self.course.events[:turn]


_FIGURES = re.compile(r"[0-9]+")


def id_shape(word: str) -> str:
    """An id with each run of digits as 9, so that ids of one kind look alike; empty for a word that is only one kind
    of sign, which could be any word or number.
    """
    if not word.strip("0123456789-#_") or not (found := _FIGURES.search(word)):
        return ""
    return word[: found.start()] + _FIGURES.sub("9", word[found.start() :])


_MIXED = re.compile(r"(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])(?![A-Z]+[0-9]+$)[A-Z0-9]{5,}")


def loose_shape(word: str) -> str:
    """The length of an id in which capitals and digits are mixed at will, as in M05KNL; empty for any other word."""
    return f"*{len(word)}" if _MIXED.fullmatch(word) else ""


def records(shown: Json) -> list[dict[str, Json]]:
    """Every object in a result, those inside others too, in order."""
    found: list[dict[str, Json]] = []
    _gather(shown, found)
    return found


def _gather(shown: Json, found: list[dict[str, Json]]) -> None:
    if isinstance(shown, dict):
        found.append(shown)
    members = shown.values() if isinstance(shown, dict) else shown if isinstance(shown, list) else ()
    for member in members:
        if isinstance(member, dict | list):
            _gather(member, found)
