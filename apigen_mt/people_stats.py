"""Figures on the simulated people of a run: how much they repeat one another, how much they say at once, and how talks
with each temperament end.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import fmean

from apigen_mt.temperaments import TEMPERAMENTS
from apigen_mt.trajectory import Row
from blueprints.judging.fidelity import STOP
from tools_env.values import Part

LONG, SHORT = 4, 3
"""So many words in a row count as repeated where they come again, and as one of the distinct ones."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class Manner(Part):
    """The talks of one temperament: how many were played, and how many of them kept."""

    played: int = 0
    kept: int = 0


class People(Part):
    """Of the human turns kept: `repeated` is the share of four words in a row that come more than once in the run,
    `distinct` the share of different ones among three in a row. `opening_facts` and `most_opening_facts` are the facts
    that a first message gives away. `temperaments` counts talks, kept or not.
    """

    repeated: float = 0.0
    distinct: float = 0.0
    opening_facts: float = 0.0
    most_opening_facts: int = 0
    temperaments: dict[str, Manner] = {}


@dataclass(slots=True)
class PeopleCount:
    """Figures while rows go by."""

    fours: Counter[tuple[str, ...]] = field(default_factory=Counter)
    threes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    openings: list[int] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, *, kept: bool) -> None:
        """Count one talk."""
        manner = row.temperament or TEMPERAMENTS[0]
        self.played[manner] += 1
        if not kept:
            return
        self.kept[manner] += 1
        if row.human_turns:
            self.openings.append(len(row.human_turns[0].fact_ids))
        for turn in row.human_turns:
            words = _WORD.findall(turn.text.replace(STOP, "").casefold())
            self.fours.update(_runs(words, LONG))
            self.threes.update(_runs(words, SHORT))

    def people(self) -> People:
        """The figures so far."""
        again = sum(n for n in self.fours.values() if n > 1)
        known = [*TEMPERAMENTS, *sorted(self.played.keys() - {*TEMPERAMENTS})]
        return People(
            repeated=again / self.fours.total() if self.fours else 0.0,
            distinct=len(self.threes) / self.threes.total() if self.threes else 0.0,
            opening_facts=fmean(self.openings) if self.openings else 0.0,
            most_opening_facts=max(self.openings, default=0),
            temperaments={
                name: Manner(played=self.played[name], kept=self.kept[name]) for name in known if self.played[name]
            },
        )


def people_lines(people: People) -> Iterator[str]:
    """The figures as lines of text; none where nothing was played."""
    if not people.temperaments:
        return
    yield ""
    yield "people"
    yield f"  {'four words said again':<30} {people.repeated:.1%}"
    yield f"  {'distinct three words':<30} {people.distinct:.1%}"
    yield f"  {'facts in a first message':<30} {people.opening_facts:.1f} (at most {people.most_opening_facts})"
    for name, manner in people.temperaments.items():
        yield f"  {name:<30} {manner.kept:>6,} of {manner.played:,} talks kept {manner.kept / manner.played:7.1%}"


def _runs(words: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + length]) for at in range(len(words) - length + 1))
