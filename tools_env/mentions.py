"""What a text says by value: whether it names an amount, a date, a choice or an identifier, in any usual spelling."""

import datetime
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from tools_env.numerals import money_in, numerals_in
from tools_env.standing import standing, uncased
from tools_env.values import Json, Meaning, folded

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH = "|".join(f"{m[:3]}(?:{m[3:]})?" if len(m) > 3 else m for m in _MONTHS) + "|sept"  # noqa: PLR2004
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""A mail address in a text."""

_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"\d{4}")
_ISO = re.compile(r"(?<![\d/.-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d/-])")
_IN_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?![\d/-])")
"""02/22/2026 has the month first, 22.02.2026 the day, and 22/02/2026 could be nothing else."""
_CLOCK = re.compile(r"(?<![\d:])\d\d:\d\d(?!\d)")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY = re.compile(
    rf"\b(May|(?i:(?!may\b)(?:{_MONTH})))\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!,?\s+\d{{4}}|[.,:]\d)|"
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(May|(?i:(?!may\b)(?:{_MONTH})))\b(?!\.?,?\s+\d{{4}})"
)
_NUMBER = re.compile(r"(?<![\w.,-])[$€£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)(?![\w-]|[.,]\d)")
_MONEY = re.compile(
    r"[$€£]\s?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)|(?<![\w.,-])(\d[\d,]*\.\d\d)(?![\d%])|"
    r"(?<![\w.,-])(\d[\d,]*(?:\.\d+)?)\s(?:dollars?|bucks|USD)\b"
)

_POINT = re.compile(r"(?<=\d)[.,](?=\d)")
_CENTS = re.compile(r"\$?(?<![\d.,])(\d[\d,]*) dollars? (?:and )?(\d{1,2}) cents?\b")
_HYPHENS = re.compile(r"[\u2010-\u2015\u2212]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
TEN = 10
"""Smaller numbers in words are said by the way: "one moment", "the two of you"."""


@lru_cache(maxsize=4096)
def legible(text: str) -> str:
    """A text in plain characters: no other digits, letters, spaces or hyphens for the usual ones, none invisible; 5
    dollars and 20 cents are $5.20.
    """
    if "cent" in text:
        text = _CENTS.sub(lambda m: f"${m[1]}.{m[2]:>02}", text)
    if text.isascii():
        return text
    folded_ = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _HYPHENS.sub("-", folded_)


def _date(year: str, month: str, day: str) -> str | None:
    number = int(month) if month.isdigit() else next(i for i, m in enumerate(_MONTHS, 1) if m[:3] == month[:3].lower())
    try:
        return datetime.date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


def _in_figures(first: str, mark: str, second: str, year: str) -> str | None:
    month_first = _date(year, first, second) if mark == "/" else None
    return month_first or _date(year, second, first)


def dateless(text: str) -> str:
    """A text with blanks for its full dates."""
    if _YEAR.search(text):
        for pattern in (_ISO, _IN_FIGURES, _MONTH_FIRST, _DAY_FIRST):
            text = pattern.sub(lambda m: " " * len(m[0]), text)
    return text


@lru_cache(maxsize=4096)
def dates_in(text: str) -> frozenset[str]:
    """Every full date a text names, as ISO text."""
    if not _YEAR.search(text := legible(text)):
        return frozenset()
    found = [_date(y, m, d) for y, m, d in _ISO.findall(text)]
    if _a_month(text):
        found += [_date(y, m, d) for m, d, y in _MONTH_FIRST.findall(text)]
        found += [_date(y, m, d) for d, m, y in _DAY_FIRST.findall(text)]
    found += [_in_figures(*groups) for groups in _IN_FIGURES.findall(text)]
    return frozenset(d for d in found if d)


def _a_month(text: str) -> bool:
    """Whether a text holds a month's name, if only in another word."""
    lowered = text.lower()
    return any(month[:3] in lowered for month in _MONTHS)


@lru_cache(maxsize=4096)
def numbers_in(text: str) -> frozenset[float]:
    """Every number a text names on its own (no parts of dates, ids or words), in digits or, from ten on, in words;
    1,234.50 is one number.
    """
    text = legible(text)
    words = frozenset(n for n in numerals_in(text) if n >= TEN)
    if not _DIGIT.search(text):
        return words
    return words | {float(n.replace(",", "")) for n in _NUMBER.findall(dateless(text))}


def numbers_said(text: str) -> frozenset[float]:
    """As `numbers_in`, with small numbers in words: "three bags"."""
    return numbers_in(text) | numerals_in(legible(text))


@lru_cache(maxsize=4096)
def days_in(text: str) -> frozenset[str]:
    """Every day of a year that a text names without the year, as month and day: "March 5" is 03-05."""
    if not _DIGIT.search(text) or not _a_month(legible(text)):
        return frozenset()
    found = [_date("2024", m or other, d or day) for m, d, day, other in _DAY.findall(legible(text))]
    return frozenset(d[5:] for d in found if d)


@lru_cache(maxsize=4096)
def amounts_in(text: str) -> frozenset[float]:
    """Every amount of money a text names: with a currency sign, with two decimals, or in words."""
    text = legible(text)
    if not _DIGIT.search(text):
        return money_in(text)
    return money_in(text) | {float((a or b or c).replace(",", "")) for a, b, c in _MONEY.findall(dateless(text))}


def phrase(value: str) -> str:
    """A choice or a name as people say it: `arrived_damaged` is "arrived damaged"."""
    return value.replace("_", " ").strip()


@lru_cache(maxsize=8192)
def _names(text: str, value: str) -> bool:
    return next(standing(_spelt(value), _spelt(legible(text))), None) is not None


@lru_cache(maxsize=8192)
def _spelt(words: str) -> str:
    """Words as they are compared: case, blanks and punctuation do not matter, the points in numbers do."""
    return folded(_POINT.sub("\u00b7", words.replace("_", " ")))


def mentions(text: str, value: Json, meaning: Meaning) -> bool:
    """Whether `text` states `value`, read by its meaning: dates and numbers in any spelling, words as whole words."""
    match value:
        case None:
            return False
        case bool():
            return _names(text, "yes" if value else "no")
        case int() | float():
            return any(abs(n - value) < 0.005 for n in numbers_in(text))  # noqa: PLR2004 - half a cent
        case str() if meaning.kind == "date":
            clocks = _CLOCK.findall(text) if value[11:] else []
            named = value[:10] in dates_in(text) or value[5:10] in days_in(text)
            return named and (not clocks or value[11:16] in clocks)
        case str():
            return bool(value.strip()) and _names(text, value)
        case list():
            return all(mentions(text, v, meaning) for v in value)
        case dict():
            return all(mentions(text, v, meaning) for v in value.values())


class Place(NamedTuple):
    """Where a text names a value of a sort: from, to, and the value (a date as ISO text, without year MM-DD)."""

    start: int
    end: int
    value: str | float


def places(text: str, value: Json, meaning: Meaning) -> list[Place]:
    """Where a legible text names one date, number or phrase; a number in words has no place."""
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return []
    if isinstance(value, str) and meaning.kind != "date":
        whole = standing(uncased(phrase(value)), uncased(text)) if value.strip() else ()
        return [Place(start, end, value) for start, end in whole]
    wanted = {value[:10], value[5:10]} if isinstance(value, str) else {round(float(value), 2)}
    return [
        p
        for p in alike(text, meaning, value)
        if (p.value if isinstance(value, str) else round(float(p.value), 2)) in wanted
    ]


def alike(text: str, meaning: Meaning, value: Json) -> list[Place]:
    """Where a legible text names dates, for a date, or numbers, for a number."""
    if isinstance(value, str) and meaning.kind == "date":
        full = [
            Place(m.start(), m.end(), date)
            for pattern in (_ISO, _MONTH_FIRST, _DAY_FIRST, _IN_FIGURES)
            for m in pattern.finditer(text)
            for date in dates_in(m[0])
        ]
        short = [Place(m.start(), m.end(), day) for m in _DAY.finditer(text) for day in days_in(m[0])]
        return sorted([*full, *short])
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = _NUMBER.finditer(dateless(text))
        return [Place(m.start(), m.end(), float(m[1].replace(",", ""))) for m in found]
    return []


def without(text: str, words: str) -> str:
    """A text without some words, where they stand by themselves."""
    if not words.strip():
        return text
    kept, end = [], 0
    for start, stop in standing(uncased(words), uncased(text)):
        kept.append(text[end:start])
        end = stop
    return " ".join([*kept, text[end:]])


def spoken(value: Json, meaning: Meaning) -> str:
    """A value as a person would say it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if meaning.kind == "amount":
            return f"${value:,.2f}"
        case str() if meaning.kind == "choice":
            return phrase(value)
        case str() if meaning.kind == "date":
            return f"{value[:10]} {value[11:16]}".strip()
        case list():
            return " and ".join(spoken(v, meaning) for v in value)
    return str(value)
