"""What had been said or shown so far in a talk: words, ids, numbers, dates."""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from blueprints.judging.talk import Talk, records
from tools_env.course import Called, Said
from tools_env.mentions import dates_in, numbers_in
from tools_env.values import Json

_NUMBERING = re.compile(r"^\s*[\d.]+\s", re.MULTILINE)
CENT = 0.005
MOST_ADDED = 12
"""Three of a longer column add up to almost anything."""
SMALL = frozenset(float(n) for n in range(2, 21))


class Policy(NamedTuple):
    """What a policy says: its words folded, its numbers, those that number no clause, its dates."""

    text: str
    numbers: frozenset[float]
    days: frozenset[float]
    dates: frozenset[str]


@lru_cache(maxsize=64)
def _policy(text: str) -> Policy:
    return Policy(text.casefold(), numbers_in(text), numbers_in(_NUMBERING.sub(" ", text)), dates_in(text))


class Heard:
    """The human's words and the values that calls took and showed."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.texts = [_policy(talk.brief.policy).text]
        self.until = 0
        """How many of the talk's events were noted: what they showed is known."""

    def note(self, turn: int, event: Said | Called) -> None:
        """Remember a human message or what a call showed."""
        self.until = turn + 1
        if isinstance(event, Said) and event.speaker == "human":
            self.texts.append(event.text.casefold())

    def text(self, key: str) -> bool:
        """Whether this very text was seen, as a value or as a word."""
        if self.talk.first_shown.get(key, self.until) < self.until:
            return True
        return any(_stands(key.casefold(), text) for text in self.texts)

    def word(self, part: str) -> bool:
        """Whether some value shown so far holds this part of a word: the deed may be an earlier one."""
        return any(turn < self.until and part in value.lower() for value, turn in self.talk.first_shown.items())


def _stands(word: str, text: str) -> bool:
    """Whether a word stands in a text by itself: not inside another, nor joined to one by a hyphen."""
    at = text.find(word)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
        if not any(c.isalnum() or c in "_-" for c in around):
            return True
        at = text.find(word, at + 1)
    return False


class Seen(Heard):
    """As `Heard`, with numbers and dates, which are only looked for when an amount or a date is asked about."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(talk)
        policy = _policy(talk.brief.policy)
        self.now = talk.brief.now
        self.numbers: set[float] = set(policy.numbers)
        self.days: set[float] = {1.0, *policy.days}
        self.dates: set[str] = {*policy.dates, talk.brief.now.isoformat()}
        self.columns: dict[str, set[float]] = {}
        """Amounts by the field they were shown under, and the sum of each result's under that name."""
        self._waiting: list[tuple[int, Said | Called]] = []

    def note(self, turn: int, event: Said | Called) -> None:
        """Remember a human message or what a call showed."""
        super().note(turn, event)
        self._waiting.append((turn, event))

    def _catch_up(self) -> None:
        for turn, event in self._waiting:
            if isinstance(event, Called):
                for leaf in self.talk.values_at(turn):
                    self._leaf(leaf)
                self._columns(event.outcome.observed())
            elif event.speaker == "human":
                self.numbers |= numbers_in(event.text)
                self.days |= numbers_in(event.text)
                self.dates |= dates_in(event.text)
        self._waiting.clear()

    def _columns(self, shown: Json) -> None:
        found: dict[str, list[float]] = {}
        for record in records(shown):
            for name, value in record.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found.setdefault(name, []).append(float(value))
        for name, values in found.items():
            self.columns.setdefault(name, set()).update({*values, sum(values)})

    def _leaf(self, leaf: Json) -> None:
        if isinstance(leaf, str):
            self.numbers |= numbers_in(leaf)
            self.dates |= dates_in(leaf)
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            self.numbers.add(float(leaf))

    def amount(self, value: float) -> bool:
        """Whether an amount was seen, or is the sum, difference or small multiple of amounts seen, or the sum of all or
        of three of one field.
        """
        self._catch_up()
        if any(abs(n - value) < CENT for n in self.numbers):
            return True
        if any(abs(n - value) < CENT for column in self.columns.values() for n in column):
            return True
        if any(len(c) <= MOST_ADDED and _adds_up(value, sorted(c)) for c in self.columns.values()):
            return True
        numbers = sorted(self.numbers)[:400]
        known = {round(n, 2) for n in numbers}
        return any(
            round(abs(value - n), 2) in known or round(value + n, 2) in known or (n and round(value / n, 6) in SMALL)
            for n in numbers
        )

    def date(self, iso: str) -> bool:
        """Whether a date was seen, or lies as many days as policy or person name after one, or before today."""
        self._catch_up()
        if iso in self.dates:
            return True
        day = datetime.date.fromisoformat(iso)
        after = (day - datetime.date.fromisoformat(d) for d in self.dates)
        return (self.now - day).days in self.days or any(span.days in self.days for span in after)


def _adds_up(value: float, column: Sequence[float]) -> bool:
    """Whether an amount is the sum of three of these."""
    known = {round(n, 2) for n in column}
    return any(
        round(value - one - other, 2) in known - {round(one, 2), round(other, 2)}
        for place, one in enumerate(column)
        for other in column[place + 1 :]
    )
