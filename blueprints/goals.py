"""Goals: how a person picks out a record they have no id for (arXiv 2504.03601 §3.1; design: goals of operators)."""

import random
from collections.abc import Collection, Iterable
from itertools import combinations
from typing import NamedTuple

from blueprints.knowledge import Referent
from blueprints.wording import COUNT_FLOOR, Attribute, Superlative, describe
from tools_env.values import Json, canonical

MOST_ATTRIBUTES = 3


class Pick(NamedTuple):
    """A record and the words that single it out: by attributes, or by a superlative over its like."""

    referent: Referent
    attributes: tuple[Attribute, ...]
    superlative: Superlative | None
    phrase: str


def pick(
    target: Referent, others: Iterable[Referent], noun: str, rng: random.Random, hidden: Collection[str] = ()
) -> Pick | None:
    """Describe `target` so that it is the only one among `others` (those the reads return); None if nothing does.

    `hidden` are fields that must not be used: a deciding fact, an answer, or what changed during the talk.
    Operators: *superlative* in nearly half of the cases where one holds, else *describe instead of name* with the
    shortest set of attributes.
    """
    rivals = [o for o in others if o.table == target.table and o.id != target.id]
    usable = [a for a in target.attributes if a.field not in hidden and _telling(a)]
    natural = [a for a in usable if a.meaning.kind != "count"]
    best = _superlatives(rivals, natural)
    if best and rivals and rng.random() < 0.45:  # noqa: PLR2004 - share of superlatives where one holds
        which = rng.choice(best)
        return Pick(target, (), which, describe(noun, (), which))
    for attributes in (natural, usable):
        attributes.sort(key=lambda a: (a.meaning.kind != "text", a.meaning.kind == "amount"))
        for size in range(1, MOST_ATTRIBUTES + 1):
            sets = [s for s in combinations(attributes, size) if not any(_fits(r, s) for r in rivals)]
            if sets:
                chosen = sets[0] if rng.random() < 0.6 else rng.choice(sets)  # noqa: PLR2004 - mostly the most natural
                return Pick(target, chosen, None, describe(noun, chosen))
    if best:
        return Pick(target, (), best[0], describe(noun, (), best[0]))
    return None


def _telling(attribute: Attribute) -> bool:
    kind, value = attribute.meaning.kind, attribute.value
    return not (kind == "count" and isinstance(value, int) and value < COUNT_FLOOR) and value not in ("", None)


def _fits(referent: Referent, attributes: Iterable[Attribute]) -> bool:
    return all(
        (found := referent.attribute(a.field)) is not None and canonical(found.value) == canonical(a.value)
        for a in attributes
    )


def _superlatives(rivals: list[Referent], usable: list[Attribute]) -> list[Superlative]:
    found: list[Superlative] = []
    for attribute in usable:
        if attribute.meaning.kind not in {"date", "amount", "count"}:
            continue
        values = [a.value for r in rivals if (a := r.attribute(attribute.field)) is not None]
        if len(values) != len(rivals) or any(canonical(v) == canonical(attribute.value) for v in values):
            continue
        if all(_below(v, attribute.value) for v in values):
            found.append(Superlative(attribute.field, attribute.meaning, "highest"))
        if all(_below(attribute.value, v) for v in values):
            found.append(Superlative(attribute.field, attribute.meaning, "lowest"))
    return found


def _below(one: Json, other: Json) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one < other
    return isinstance(one, str) and isinstance(other, str) and one < other


def resolves(
    text_attributes: Collection[tuple[str, Json]], which: Superlative | None, among: list[Referent]
) -> list[str]:
    """Ids among `among` that a description selects: the check behind the realizability gate."""
    if which is not None:
        valued = [(a.value, r.id) for r in among if (a := r.attribute(which.field)) is not None]
        pairs = [(v, i) for v, i in valued if not any(_below(v, w) for w, _ in valued)]
        if which.direction == "lowest":
            pairs = [(v, i) for v, i in valued if not any(_below(w, v) for w, _ in valued)]
        return list(dict.fromkeys(i for _, i in pairs))
    wanted = dict(text_attributes)
    fitting = (
        r.id
        for r in among
        if all((a := r.attribute(f)) is not None and canonical(a.value) == canonical(v) for f, v in wanted.items())
    )
    return list(dict.fromkeys(fitting))
