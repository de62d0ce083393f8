"""What names say: which fields are called like identifiers, money, contacts, dates or free text."""

import re
from collections.abc import Iterator

from tools_env.values import Meaning

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_MARKS = frozenset({"id", "number", "uuid"})
_PREFIXES = frozenset({"current", "from", "my", "new", "old", "original", "other", "target", "to", "updated"})
_MONEY = frozenset({"balance", "charge", "cost", "credit", "fare", "fee", "price"})
_MONEY_LAST = frozenset({"amount", "due", "payment", "refund", "total"})
_UNITS = frozenset(
    {"count", "day", "gb", "hour", "kb", "kg", "km", "level", "mb", "minute", "month", "percent", "year"}
)
_PROSE = frozenset(
    {"comment", "content", "description", "expression", "message", "note", "remark", "summary", "thought"}
)
_DATES = frozenset({"birthday", "birthdate", "date", "dob"})
_CONTACTS = {"email": "email", "mail": "email", "mobile": "phone", "phone": "phone", "telephone": "phone"}
_ADDRESS = {"address": "address", "address1": "address1", "address2": "address2", "postcode": "zip", "street": "street",
            "zip": "zip", "zipcode": "zip"}  # fmt: skip
_PLACES = frozenset({"city", "country", "county", "province", "state", "town"})


def snake(name: str) -> str:
    """A name in snake case: `orderID`, `order-id` and `order_id` are one."""
    return _OTHER.sub("_", _HUMP.sub("_", name).lower()).strip("_")


def singular(name: str) -> str:
    """The singular of a name in snake case: `payment_methods` is `payment_method`."""
    if name.endswith("ies") and len(name) > 4:  # noqa: PLR2004 - ties, dies
        return f"{name[:-3]}y"
    if re.search(r"(?:s|x|z|ch|sh)es$", name) and not re.search(
        r"(?:cas|phras|hous|invoic|purchas|respons|siz)es$", name
    ):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


def plural(name: str) -> str:
    """The plural of a name in snake case."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "z", "ch", "sh")) else f"{name}s"


def noun(name: str) -> str | None:
    """What an identifier of that name is of: `item_ids` is of `item`, `id` of the nameless ""; None for other names."""
    *words, last = singular(snake(name)).split("_")
    if not words and last != "id":
        return None
    return "_".join(words) if last in _MARKS and contact(name) is None else None


def shorter(name: str) -> Iterator[str]:
    """The name without its first words, longest first: `new_item_id` is also `item_id`, never a bare mark."""
    words = singular(snake(name)).split("_")
    for start in range(1, len(words)):
        rest = words[start:]
        if (len(rest) > 1 and rest[-1] in _MARKS) or all(w in _PREFIXES for w in words[:start]):
            yield "_".join(rest)


def ends(name: str, tail: str) -> bool:
    """Whether a name is `tail`, or words before it."""
    return bool(tail) and (name == tail or name.endswith(f"_{tail}"))


def number(name: str, inside: str = "") -> Meaning:
    """An amount when the name, or that of the object it is `inside`, is money's; a count otherwise."""
    words = [singular(w) for w in snake(name).split("_")]
    if _MONEY & set(words):
        return Meaning("amount")
    if _UNITS & set(words):
        return Meaning("count")
    around = singular(snake(inside.rpartition(".")[2]))
    return Meaning("amount" if words[-1] in _MONEY_LAST or around in _MONEY else "count")


def contact(name: str, beside: frozenset[str] = frozenset()) -> Meaning | None:
    """A contact when the name is one's; `city` and `state` are when an address stands beside them."""
    words = snake(name).split("_")
    for word in reversed(words):
        if word in _CONTACTS:
            return Meaning("contact", _CONTACTS[word])
    if "_".join(words[-2:]) in {"postal_code", "post_code", "zip_code"}:
        return Meaning("contact", "zip")
    if words[-1] in _ADDRESS:
        return Meaning("contact", _ADDRESS[words[-1]])
    if words[-1] in _PLACES and any(_ADDRESS.keys() & set(snake(b).split("_")) for b in beside):
        return Meaning("contact", words[-1])
    return None


def dated(name: str) -> bool:
    """Whether the name is a date's."""
    words = snake(name).split("_")
    return words[-1] in _DATES or words[-3:] == ["date", "of", "birth"]


def text(name: str, beside: frozenset[str] = frozenset()) -> Meaning:
    """What a text of that name means: contact, date, prose or plain text."""
    if found := contact(name, beside):
        return found
    if dated(name):
        return Meaning("date")
    last = singular(snake(name).split("_")[-1])
    return Meaning("prose", last) if last in _PROSE else Meaning("text")
