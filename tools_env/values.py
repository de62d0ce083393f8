"""Values with meaning: what an argument or a field stands for decides how it is compared, spoken and sampled."""

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

Json: TypeAlias = JsonValue
"""Any JSON value: what crosses the border between a tool and its caller."""

Kind: TypeAlias = Literal[
    "identifier", "choice", "amount", "date", "count", "contact", "prose", "text", "flag", "nested"
]


class Part(BaseModel):
    """Base of every stored or exchanged piece of data: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value stands for (design: values have meaning).

    `of` names what an identifier points at or what a contact or a prose text is about, so that values of one
    kind can be told apart; `unordered` marks a list that is compared as a multiset; `paired` names the group of
    parallel lists whose entries belong together by position.
    """

    kind: Kind
    of: str = ""
    unordered: bool = False
    paired: str = ""


def Identifier(of: str) -> Meaning:  # noqa: N802 - reads as a type inside Annotated[...]
    """Mark a value as the id of a record of table `of`."""
    return Meaning("identifier", of)


def Contact(of: str) -> Meaning:  # noqa: N802 - reads as a type inside Annotated[...]
    """Mark an address, mail or phone; compared without regard to case and spaces; `of` names the pool of samples."""
    return Meaning("contact", of)


def Prose(of: str = "note") -> Meaning:  # noqa: N802 - reads as a type inside Annotated[...]
    """Mark free text; it is outside every comparison; `of` names the pool of samples."""
    return Meaning("prose", of)


def Unordered(inner: Meaning | None = None) -> Meaning:  # noqa: N802 - reads as a type inside Annotated[...]
    """Mark a list whose order has no meaning; `inner` is the meaning of its members."""
    inner = inner or Meaning("text")
    return Meaning(inner.kind, inner.of, unordered=True)


def Paired(group: str, inner: Meaning) -> Meaning:  # noqa: N802 - reads as a type inside Annotated[...]
    """Mark one of several parallel lists: members of `group` at one position belong together."""
    return Meaning(inner.kind, inner.of, paired=group)


Amount = Annotated[float, Meaning("amount")]
Count = Annotated[int, Meaning("count")]
Date = Annotated[datetime.date, Meaning("date")]

TEXT = Meaning("text")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_SPACES = re.compile(r"[\s,.;]+")


def money(value: float) -> float:
    """Round to cents."""
    return round(value + 0.0, 2)


def folded(text: str) -> str:
    """Case- and space-folded text: how contacts are compared."""
    return _SPACES.sub(" ", text.casefold()).strip()


def canonical(value: Json, meaning: Meaning | None = None) -> Json:
    """Bring a JSON value to the form in which equal meanings are equal: 25.0 is 25, contacts are folded,
    unordered lists are sorted, keys are sorted.
    """
    if isinstance(value, str):
        return folded(value) if meaning is not None and meaning.kind == "contact" else value
    if isinstance(value, float):
        rounded = round(value, 6)
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, list):
        inner = [canonical(v, meaning) for v in value]
        return sorted(inner, key=sort_key) if meaning is not None and meaning.unordered else inner
    if isinstance(value, dict):
        return {k: canonical(value[k], meaning) for k in sorted(value)}
    return value


def leaves(value: Json) -> list[Json]:
    """Every scalar in a JSON value, in order."""
    found: list[Json] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
        else:
            found.append(one)
    return found


def under(shown: Json, *names: str) -> list[Json]:
    """Every value that a result holds under one of these field names, in order."""
    found: list[Json] = []
    _gather(shown, frozenset(names), found)
    return found


def _gather(shown: Json, names: frozenset[str], found: list[Json]) -> None:
    if isinstance(shown, list):
        for member in shown:
            if isinstance(member, dict | list):
                _gather(member, names, found)
    elif isinstance(shown, dict):
        for key, value in shown.items():
            if key in names:
                found.append(value)
            if isinstance(value, dict | list):
                _gather(value, names, found)


def sort_key(value: Json) -> str:
    """A total order over canonical JSON values, in which 1 and true differ and NaN has its place."""
    return repr(value)


def compact(value: Json) -> str:
    """Canonical JSON text: sorted keys, no spaces, non-ASCII kept."""
    return _ENCODER.encode(value)


def same(one: Json, other: Json, meaning: Meaning | None = None) -> bool:
    """Whether two values mean the same (design: values have meaning)."""
    if meaning is not None and meaning.kind == "prose":
        return True
    return sort_key(canonical(one, meaning)) == sort_key(canonical(other, meaning))


def same_arguments(one: Mapping[str, Json], other: Mapping[str, Json], meanings: Mapping[str, Meaning]) -> bool:
    """Whether two sets of arguments mean the same: paired lists as multisets of pairs, prose ignored."""
    if one.keys() != other.keys():
        return False
    groups: dict[str, list[str]] = {}
    for name in one:
        meaning = meanings.get(name, TEXT)
        if meaning.paired:
            groups.setdefault(meaning.paired, []).append(name)
        elif not same(one[name], other[name], meaning):
            return False
    return all(_rows(one, names) == _rows(other, names) for names in groups.values())


def _rows(arguments: Mapping[str, Json], names: Iterable[str]) -> list[str]:
    columns = [value if isinstance(value, list) else [value] for value in (arguments[n] for n in names)]
    width = max(len(c) for c in columns)
    return sorted(sort_key([canonical(c[i]) if i < len(c) else None for c in columns]) for i in range(width))
