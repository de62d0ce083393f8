"""The vocabulary of rehearsal: how records are described in words that people use and scripts can read."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from tools_env.mentions import phrase, spoken
from tools_env.values import Json, Meaning

Direction = Literal["highest", "lowest"]
_ARTICLES = re.compile(r"^(?:the|an?|her|his|my|our|their|your)\b", re.IGNORECASE)
SPEAKABLE = frozenset({"text", "date", "amount", "count", "choice"})
COUNT_FLOOR = 10
"""A bare count below this is too easily said by chance to prove anything (design: outputs)."""


NAMES = frozenset({"name", "title", "product", "product_name", "item", "item_name"})
"""Fields whose value is what people call the record."""
CALLED = frozenset({"name", "title"})
"""Those that name the record itself; the others name a thing that the record is about, unless it is the thing."""
THINGS = frozenset({"article", "item", "line", "product", "variant"})


class Attribute(NamedTuple):
    """A readable property of a record: field name, value, meaning."""

    field: str
    value: Json
    meaning: Meaning


class Superlative(NamedTuple):
    """A record picked out as the first or last of its like by one field."""

    field: str
    meaning: Meaning
    direction: Direction


def label(field: str) -> str:
    """A field's name as people say it."""
    return phrase(field).removesuffix(" id")


def superlative_phrase(which: Superlative) -> str:
    """Such as "placed most recently", "cheapest", "with the highest total"."""
    name, high = label(which.field), which.direction == "highest"
    if which.meaning.kind == "date" and (name.endswith(" on") or name == "due"):
        return f"{name.removesuffix(' on')} {'last' if high else 'first'}"
    if which.meaning.kind == "date":
        return f"with the {'latest' if high else 'earliest'} {name.removesuffix(' until')}"
    if name in {"price", "unit price"}:
        return "most expensive" if high else "cheapest"
    if which.meaning.kind == "count" and name.endswith("s"):
        return f"with the {'most' if high else 'fewest'} {name}"
    return f"with the {'highest' if high else 'lowest'} {name}"


def describe(noun: str, attributes: Sequence[Attribute], which: Superlative | None = None) -> str:
    """A noun phrase that picks a record out by its attributes, or by a superlative."""
    if which is not None:
        said = superlative_phrase(which)
        return f"the {said} {noun}" if " " not in said or said == "most expensive" else f"the {noun} {said}"
    named = next((a for a in attributes if a.field in NAMES and isinstance(a.value, str)), None)
    rest = [a for a in attributes if a is not named]
    if named is not None:
        name = str(named.value) if _ARTICLES.match(str(named.value)) else f"the {named.value}"
        if named.field not in CALLED and noun not in THINGS:
            name = f"the {noun} for {name}"
        extra = ", ".join(f"{label(a.field)} {spoken(a.value, a.meaning)}" for a in rest)
        return f"{name} ({extra})" if extra else name
    parts = [_attribute(a) for a in rest]
    return f"the {noun} {' and '.join(parts)}"


def _attribute(attribute: Attribute) -> str:
    name, value = label(attribute.field), spoken(attribute.value, attribute.meaning)
    if attribute.meaning.kind == "date" and (name.endswith(" on") or name == "due"):
        return f"{name} {value}"
    return f"with {name} {value}"


def asked_label(field: str, meaning: Meaning) -> str:
    """What a person calls a value they ask for: "due date", "number of pages"."""
    name = label(field)
    if meaning.kind == "date":
        return f"{name.removesuffix(' on').removesuffix(' until').removesuffix(' date')} date"
    return f"number of {name}" if meaning.kind == "count" else name


class _Slots(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"a certain {label(key)}"


def fill(ask: str, slots: Mapping[str, str]) -> str:
    """An `ask` template with its slots filled."""
    return ask.format_map(_Slots(slots))


def second_person(text: str) -> str:
    """A first-person intent told to the person: my becomes your, and your rules, which are the desk's, theirs. What
    stands in quotes stays, and what is turned already.
    """
    turned = {"my": "your", "me": "you", "your rules": "their rules"}
    return re.sub(r'"[^"]*"|\b(?:my|me|your rules)\b', lambda found: turned.get(found[0], found[0]), text)


def sentence(text: str) -> str:
    """Begin with a capital, end with a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
