"""Near-duplicates: instructions that say almost the same, found exactly, with the values that a task is about kept.

What is compared are the words, each value's word threefold, and the values' words two by two in their order: so another
filler word changes little, another date or name much, and "from one to the other" is not "from the other to the one".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint, Rejected
from tools_env.mentions import spoken

THRESHOLD = 0.85
"""Of 250 template tasks of either domain, those that differ in a value share at most 0.71; with one filler word put in
or exchanged they share at least 0.91.
"""
VALUE = 3
"""How often a value's word counts."""
EXCERPT = 100

_WORD = re.compile(r"\w(?:[\w@$.'-]*\w)?")
_DIGIT = re.compile("[0-9]")
_COMMON = frozenset({"a", "an", "and", "at", "for", "from", "in", "is", "of", "on", "the", "to", "with", "your"})


class Traits(NamedTuple):
    """What is compared: words and pairs of values, and which of them count `VALUE` times."""

    all: frozenset[str]
    values: frozenset[str]

    @property
    def weight(self) -> int:
        """How much all of them count."""
        return len(self.all) + (VALUE - 1) * len(self.values)


@dataclass(frozen=True, slots=True)
class _Held:
    id: str
    parents: tuple[str, ...]
    place: str
    traits: Traits
    weight: int


@dataclass(slots=True)
class Near:
    """The tasks so far. No pair at or above the threshold is missed: any two such share one of their rarest traits, by
    which alone they are filed (prefix filtering).
    """

    threshold: float = THRESHOLD
    _held: list[_Held] = field(default_factory=list)
    _filed: dict[str, list[int]] = field(default_factory=dict)

    def add(self, blueprint: Blueprint) -> None:
        """Hold a task."""
        traits = traits_of(blueprint)
        place = f"task {blueprint.provenance.task} ({blueprint.instruction[:EXCERPT]!r})"
        held = _Held(blueprint.id, blueprint.parents, place, traits, traits.weight)
        for trait in self._rarest(traits):
            self._filed.setdefault(trait, []).append(len(self._held))
        self._held.append(held)

    def close(self, blueprint: Blueprint) -> Rejected | None:
        """Why a task is too close to an earlier one; its own parents do not count: a twin shares their words."""
        if blueprint.setup and blueprint.parents:
            return None  # a twin stands or falls with its refusal
        traits = traits_of(blueprint)
        weight = traits.weight
        found = {n for trait in self._rarest(traits) for n in self._filed.get(trait, ())}
        least, most = self.threshold * weight, weight / self.threshold
        likely = (held for n in sorted(found) if least <= (held := self._held[n]).weight <= most)
        rivals = (held for held in likely if not _kin(held, blueprint))
        close = [(s, held) for held in rivals if (s := similarity(traits, held.traits)) >= self.threshold]
        if not close:
            return None
        share, held = max(close, key=lambda pair: pair[0])
        reason = f"says {share:.0%} of the same as {held.place}: vary what is asked for and its values, not the wording"
        return Rejected(stage="near_duplicate", reason=reason)

    def _rarest(self, traits: Traits) -> Iterator[str]:
        """Traits of which one must be shared by whatever is as similar as the threshold."""
        left = weight = traits.weight
        for trait in sorted(traits.all, key=_rarity):
            if left < self.threshold * weight:
                return
            yield trait
            left -= VALUE if trait in traits.values else 1


def _kin(held: _Held, blueprint: Blueprint) -> bool:
    return held.id in blueprint.parents or (bool(blueprint.id) and blueprint.id in held.parents)


def _rarity(trait: str) -> tuple[bool, bool, int, str]:
    """An order in which rare traits mostly come first: two values before one word, with a number before without."""
    return " " not in trait, _DIGIT.search(trait) is None, -len(trait), trait


def similarity(one: Traits, other: Traits) -> float:
    """The share of what both have in what either has, by weight (Jaccard)."""
    shared = len(one.all & other.all) + (VALUE - 1) * len(one.values & other.values)
    either = one.weight + other.weight - shared
    return shared / either if either else 1.0


def traits_of(blueprint: Blueprint) -> Traits:
    """The words of an instruction without persona and the sentence that every refusal has, and its values in order."""
    text = blueprint.instruction.replace(PUSH_BACK, " ")
    if blueprint.persona:
        text = text.replace(blueprint.persona, " ")
    words, values = _words(text), _values(blueprint)
    order = [word for word in words if word in values]
    pairs = {f"{one} {other}" for one, other in pairwise(order)}
    return Traits(frozenset(words) | pairs, frozenset(order) | pairs)


def _values(blueprint: Blueprint) -> set[str]:
    """The words of all values that a task is about: facts, what is compared with, and what is asked for."""
    facts = blueprint.known.values()
    said = [spoken(k.value, k.meaning) for k in facts if k.value is not None]
    said += [spoken(k.at_first, k.meaning) for k in facts if k.at_first is not None]
    said += [spoken(s.condition.value, s.condition.meaning) for s in blueprint.stages if s.condition]
    said += [output.label for output in blueprint.outputs]
    return {word for text in said for word in _words(text)} - _COMMON


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
