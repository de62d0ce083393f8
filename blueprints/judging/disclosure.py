"""Whether a person's words give a fact away: surely, for what they must not say, or possibly, for what they say."""

import re
from collections.abc import Iterable

from blueprints.blueprint import Known
from blueprints.english import stems
from blueprints.word_gates import half_said
from tools_env.mentions import amounts_in, mentions
from tools_env.values import Json, Meaning

LONG_WORD, LONG, FEW = 4, 8, 10
"""Shorter words, shorter phrases and smaller numbers may be said without meaning the fact."""
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_BY_VALUE = frozenset({"contact", "identifier", "amount"})
"""Kinds that are told by value or not at all."""


def surely_says(text: str, value: Json, meaning: Meaning) -> bool:
    """Whether a text states a value that nobody would come to say by chance."""
    match value:
        case bool() | None | list() | dict():
            return False
        case int() | float():
            return meaning.kind == "amount" and value >= FEW and float(value) in amounts_in(text)
        case str() if meaning.kind in {"contact", "identifier", "date"}:
            return mentions(text, value, meaning)
        case str() if re.search(r"\d", value):
            return len(value) >= LONG_WORD and mentions(text, value, meaning)
        case str() if " " in value.strip():
            return len(value) >= LONG and mentions(text, value, meaning)
        case _:
            return (
                value[:1].isupper()
                and len(value) >= LONG_WORD
                and re.search(rf"\b{re.escape(value)}\b", text) is not None
            )


def may_say(text: str, known: Known) -> bool:
    """Whether a text could be telling a fact: by value where it has to be exact, otherwise by any word of it."""
    value, meaning = known.value, known.meaning
    if value is None or isinstance(value, bool | dict) or meaning.kind in {"flag", "nested"}:
        return True
    if any(mentions(text, one, meaning) for one in (value, known.at_first)):
        return True
    if isinstance(value, list):
        return any(may_say(text, known.model_copy(update={"value": one})) for one in value) or not value
    if meaning.kind == "date":
        return (
            half_said(text, value, meaning) or re.search(r"\b(?:today|tomorrow|yesterday|\w+day)\b", text) is not None
        )
    if isinstance(value, int | float):
        small = meaning.kind != "amount" and 0 <= value < len(_COUNTS)
        return small and _COUNTS[int(value)] in text.casefold()
    if known.field == "which":
        return True
    if meaning.kind in _BY_VALUE or re.search(r"\d", value):
        return _loosely(value) in _loosely(text)
    return bool(stems(text) & stems(f"{value} {known.label} {known.phrase}")) or not stems(value)


def _loosely(text: str) -> str:
    """Letters and digits alone: how a number is spaced or an address punctuated does not matter."""
    return re.sub(r"[\W_]+", "", text.casefold())


def words_of(facts: Iterable[Known]) -> str:
    """All that facts say, by value and in words."""
    told: list[str] = []
    for known in facts:
        values = known.value if isinstance(known.value, list) else [known.value]
        told += [str(v) for v in (*values, known.at_first) if v is not None]
        told += [f"${v:,.2f}" for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        told.append(known.phrase)
    return "\n".join(told)
