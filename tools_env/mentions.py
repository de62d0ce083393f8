"""What a text says by value: whether it names an amount, a date, a choice or an identifier, in any usual spelling."""

import datetime
import re
from functools import lru_cache

from tools_env.values import Json, Meaning, folded

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH = "|".join(f"{m[:3]}(?:{m[3:]})?" if len(m) > 3 else m for m in _MONTHS) + "|sept"  # noqa: PLR2004
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""A mail address in a text."""

_DIGIT = re.compile(r"\d")
_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d-])")
_CLOCK = re.compile(r"(?<![\d:])\d\d:\d\d(?!\d)")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,-])[$€£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)(?![\w-]|[.,]\d)")
_MONEY = re.compile(r"[$€£]\s?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)|(?<![\w.,-])(\d[\d,]*\.\d\d)(?![\d%])")


def _date(year: str, month: str, day: str) -> str | None:
    number = int(month) if month.isdigit() else next(i for i, m in enumerate(_MONTHS, 1) if m[:3] == month[:3].lower())
    try:
        return datetime.date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def dates_in(text: str) -> frozenset[str]:
    """Every full date a text names, as ISO text."""
    if not _DIGIT.search(text):
        return frozenset()
    found = [_date(y, m, d) for y, m, d in _ISO.findall(text)]
    found += [_date(y, m, d) for m, d, y in _MONTH_FIRST.findall(text)]
    found += [_date(y, m, d) for d, m, y in _DAY_FIRST.findall(text)]
    return frozenset(d for d in found if d)


@lru_cache(maxsize=4096)
def numbers_in(text: str) -> frozenset[float]:
    """Every number a text names on its own (no parts of dates, ids or words); 1,234.50 is one number."""
    if not _DIGIT.search(text):
        return frozenset()
    return frozenset(float(n.replace(",", "")) for n in _NUMBER.findall(_ISO.sub(" ", text)))


@lru_cache(maxsize=4096)
def amounts_in(text: str) -> frozenset[float]:
    """Every amount of money a text names: with a currency sign, or with two decimals."""
    if not _DIGIT.search(text):
        return frozenset()
    return frozenset(float((a or b).replace(",", "")) for a, b in _MONEY.findall(text))


def phrase(value: str) -> str:
    """A choice or a name as people say it: `arrived_damaged` is "arrived damaged"."""
    return value.replace("_", " ").strip()


@lru_cache(maxsize=8192)
def _names(text: str, value: str) -> bool:
    said, parts = folded(text.replace("_", " ")), folded(phrase(value))
    if not all(part in said for part in parts.split()):
        return False
    words = re.escape(parts).replace(r"\ ", r"[\s_-]+")
    return re.search(rf"(?<![\w-]){words}(?![\w]|-\w)", said) is not None


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
            return value[:10] in dates_in(text) and (not clocks or value[11:16] in clocks)
        case str():
            return bool(value.strip()) and _names(text, value)
        case list():
            return all(mentions(text, v, meaning) for v in value)
        case dict():
            return all(mentions(text, v, meaning) for v in value.values())


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
