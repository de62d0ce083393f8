"""What in an agent's proposal contradicts the person's wishes: a yes to it is the person's fault."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from blueprints.blueprint import Blueprint, Known
from blueprints.judging.talk import id_shape
from tools_env.mentions import MAIL, amounts_in, dates_in, mentions, phrase, spoken
from tools_env.tool import ToolSpec
from tools_env.values import Json, leaves

_WORD = re.compile(r"[\w#-]+")
NEAR = 40
"""How many signs after its label a value may stand."""
_ANYBODYS = frozenset({"other", "none", "any", "all", "yes", "no"})
"""Choices that are everyday words besides."""


class Proposed(NamedTuple):
    """A proposal, and what had been said before it: what it repeats is nothing new."""

    text: str
    before: str


def contradictions(
    proposed: Proposed, matter: int, blueprint: Blueprint, specs: Mapping[str, ToolSpec]
) -> Iterator[tuple[str, str]]:
    """Names of the facts of a matter that a proposal contradicts, with what it says instead: a value of the same kind
    in the place of theirs. What a proposal leaves out contradicts nothing.
    """
    stage = blueprint.stages[matter]
    words = "\n".join(
        [stage.say, stage.condition.text if stage.condition else "", stage.other.intent if stage.other else ""]
    )
    for name, known in blueprint.known.items():
        if not known.about or known.stage != matter or known.disclose == "unknown" or known.searched:
            continue
        if known.value is None or mentions(proposed.text, known.value, known.meaning):
            continue
        if known.at_first is not None and mentions(proposed.text, known.at_first, known.meaning):
            yield name, spoken(known.at_first, known.meaning)
        elif (
            instead := _labelled(proposed.text, known)
            if known.field
            else _rival(proposed, words, known, blueprint, specs)
        ) and not _of_another_matter(instead, blueprint):
            yield name, instead


def _of_another_matter(value: str, blueprint: Blueprint) -> bool:
    """Whether an imported task, whose one matter holds all of its wishes, needs a value too."""
    if blueprint.provenance.mode != "imported":
        return False
    return any(str(leaf) == value for call in blueprint.actions for leaf in leaves(call.arguments))


def _rival(proposed: Proposed, words: str, known: Known, blueprint: Blueprint, specs: Mapping[str, ToolSpec]) -> str:
    """Another value for an argument, which neither the person nor an earlier message has named."""
    text, before = proposed.text, f"{proposed.before}\n{words}"
    match known.meaning.kind:
        case "date":
            return min(dates_in(text) - dates_in(before), default="")
        case "amount":
            return next((f"${a:,.2f}" for a in sorted(amounts_in(text) - amounts_in(before))), "")
        case "contact":
            return next((m for m in MAIL.findall(text) if MAIL.search(str(known.value)) and m not in before), "")
        case "identifier":
            shape = id_shape(str(known.value))
            return next((w for w in _WORD.findall(text) if shape and id_shape(w) == shape and w not in before), "")
        case _:
            rivals = _choices(known, blueprint, specs)
            return next(
                (
                    phrase(c)
                    for c in rivals
                    if mentions(text, c, known.meaning) and not mentions(words, c, known.meaning)
                ),
                "",
            )


def _choices(known: Known, blueprint: Blueprint, specs: Mapping[str, ToolSpec]) -> Iterator[str]:
    """What else the argument of a fact may be, where that is an enumeration."""
    value = phrase(str(known.value)).casefold()
    names = {a.name for a in blueprint.actions} | ({blueprint.evidence.forbidden.name} if blueprint.evidence else set())
    for name in sorted(names & specs.keys()):
        for param in specs[name].params:
            if param.name == known.about:
                for choice in param.choices:
                    other = phrase(choice).casefold()
                    if other not in value and value not in other and other not in _ANYBODYS:
                        yield choice


def _labelled(text: str, known: Known) -> str:
    """Another date or amount right after the label of an attribute by which the person knows a record."""
    found = re.search(rf"\b{re.escape(known.label)}\b(.{{1,{NEAR}}})", text, re.IGNORECASE | re.DOTALL)
    if found is None:
        return ""
    near: list[Json] = []
    if known.meaning.kind == "date":
        near += sorted(dates_in(found[1]))
    elif known.meaning.kind == "amount":
        near += [f"${a:,.2f}" for a in sorted(amounts_in(found[1]))]
    return str(near[0]) if near else ""
