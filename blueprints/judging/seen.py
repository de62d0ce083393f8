"""What had been said or shown so far in a talk: words, ids, numbers, dates."""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from blueprints.judging.talk import Talk, records
from tools_env.calls import Result
from tools_env.course import Called, Said
from tools_env.mentions import dates_in, numbers_in, numbers_said
from tools_env.values import leaves

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
        self.policy = _policy(talk.brief.policy)
        self.texts = [self.policy.text]
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

    def shown(self, key: str) -> bool:
        """Whether this very text was seen anywhere but in the policy."""
        if self.talk.first_shown.get(key, self.until) < self.until:
            return True
        return any(_stands(key.casefold(), text) for text in self.texts[1:])

    def mail(self, address: str) -> bool:
        """Whether a mail address was seen, in capitals or not."""
        return self.text(address) or any(
            turn < self.until and key.casefold() == address.casefold() for key, turn in self.talk.first_shown.items()
        )

    def figures(self, number: str) -> bool:
        """Whether a long number was seen, whatever stands between its figures."""
        bare = _figures(number)
        shown = (key for key, turn in self.talk.first_shown.items() if turn < self.until)
        return any(bare in _figures(text) for text in (*shown, *self.texts))

    def word(self, part: str) -> bool:
        """Whether some value that a result showed so far, or the name of its field, holds this part of a word: the deed
        may be an earlier one. A field that says what somebody does ("insurer pays") speaks of no deed.
        """
        events = self.talk.course.events[: self.until]
        shown = [e.outcome.value for e in events if isinstance(e, Called) and isinstance(e.outcome, Result)]
        names = {name for value in shown for record in records(value) for name in record}
        if any(part in word and not word.endswith("s") for name in names for word in name.split("_")):
            return True
        return any(isinstance(v, str) and part in v.lower() for value in shown for v in leaves(value))


def _figures(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


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
        policy = self.policy
        self.now = talk.brief.now
        self.numbers: set[float] = set(policy.numbers)
        self.found: set[float] = set()
        """Those numbers that stand elsewhere than in the policy."""
        self.lengths: set[int] = set()
        """How many members the lists had that were shown."""
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
        if not self._waiting:
            return
        for turn, event in self._waiting:
            if isinstance(event, Called):
                shown = self.talk.figures_at(turn)
                self.found |= shown.numbers
                self.dates |= shown.dates
                self.lengths |= shown.lengths
                for name, column in shown.columns.items():
                    self.columns.setdefault(name, set()).update(column)
            elif event.speaker == "human":
                self.found |= numbers_said(event.text)
                self.days |= numbers_said(event.text)
                self.dates |= dates_in(event.text)
        self.numbers |= self.found
        self._waiting.clear()

    def amount(self, value: float) -> bool:
        """Whether an amount was seen, or is the sum, difference or small multiple of amounts seen, or the sum of all or
        of three of one field.
        """
        return bool(self._amount(value))

    def reckoned(self, value: float) -> str:
        """How a number in a call comes about: seen, or by which reckoning; empty where nothing explains it."""
        self._catch_up()
        if value in self.found:
            return "seen"
        if value.is_integer() and value in {0, 1, *self.lengths}:
            return "count"
        how = self._amount(value)
        return "policy" if how == "seen" and value in self.policy.numbers else how

    def _amount(self, value: float) -> str:
        self._catch_up()
        if any(abs(n - value) < CENT for n in self.numbers):
            return "seen"
        if any(abs(n - value) < CENT for column in self.columns.values() for n in column):
            return "sum of a field"
        if any(len(c) <= MOST_ADDED and _adds_up(value, sorted(c)) for c in self.columns.values()):
            return "sum of three"
        numbers = sorted(self.numbers)[:400]
        known = {round(n, 2) for n in numbers}
        if any(round(abs(value - n), 2) in known or round(value + n, 2) in known for n in numbers):
            return "sum or difference"
        return "multiple" if any(n and round(value / n, 6) in SMALL for n in numbers) else ""

    def date(self, iso: str) -> bool:
        """Whether a date was seen, or lies as many days as policy or person name after one, or before today."""
        return bool(self._date(iso))

    def day(self, month_and_day: str) -> bool:
        """Whether a day named without its year is one that was seen, or derived, in this year or the next."""
        self._catch_up()
        if any(d[5:] == month_and_day for d in self.dates):
            return True
        return any(
            self._date(f"{self.now.year + n}-{month_and_day}")
            for n in (0, 1)
            if _exists(self.now.year + n, month_and_day)
        )

    def dated(self, text: str) -> str:
        """How a date in a call comes about; empty where the text is no date or nothing explains it."""
        return self._date(text) if dates_in(text) == {text} else ""

    def _date(self, iso: str) -> str:
        self._catch_up()
        if iso in self.dates:
            return "seen"
        day = datetime.date.fromisoformat(iso)
        if (before := (self.now - day).days) in self.days:
            return f"{before} days before today"
        for known in sorted(self.dates):
            if (after := (day - datetime.date.fromisoformat(known)).days) in self.days:
                return f"{after} days after {known}"
        return ""


def _exists(year: int, month_and_day: str) -> bool:
    try:
        datetime.date.fromisoformat(f"{year}-{month_and_day}")
    except ValueError:
        return False
    return True


def _adds_up(value: float, column: Sequence[float]) -> bool:
    """Whether an amount is the sum of three of these."""
    known = {round(n, 2) for n in column}
    return any(
        round(value - one - other, 2) in known - {round(one, 2), round(other, 2)}
        for place, one in enumerate(column)
        for other in column[place + 1 :]
    )
