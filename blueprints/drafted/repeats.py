"""Repeats: a task that one accepted before already is, in substance or nearly word by word."""

import itertools
import re
from collections.abc import Iterable, Iterator

from blueprints.blueprint import Blueprint, Rejected
from tools_env.calls import Call
from tools_env.values import compact

LIKE = 0.8
"""The share of neighbouring pairs of words, values kept, from which two instructions are the same."""

LETTERS = 200
"""How much of the earlier task is told."""

_WORD = re.compile(r"\w+")


def repeated(blueprint: Blueprint, earlier: Iterable[Blueprint]) -> Iterator[Rejected]:
    """Whether a task does what an earlier one of the same person does, or says it in nearly the same words."""
    core, pairs = _core(blueprint), _pairs(blueprint.instruction)
    for other in earlier:
        if (other.snapshot, other.person) != (blueprint.snapshot, blueprint.person):
            continue
        near = _pairs(other.instruction)
        if core == _core(other) or (pairs and len(pairs & near) / len(pairs | near) >= LIKE):
            told = other.instruction if len(other.instruction) <= LETTERS else f"{other.instruction[:LETTERS]}…"
            reason = f"an earlier task wants the same, {told!r}: think of something else for this person"
            yield Rejected(stage="duplicate", reason=reason)


def _core(blueprint: Blueprint) -> frozenset[str]:
    """What a task comes to, however it is reached: what changes, what is answered, and what is refused."""
    told = {f"{path} becomes {compact(change.after)}" for path, change in blueprint.diff.items()}
    told |= {f"{o.label} {compact(o.value)} is asked for" for o in blueprint.outputs}
    if blueprint.evidence is not None:
        told.add(f"{_plain(blueprint.evidence.forbidden)} is refused")
    return frozenset(told)


def _plain(call: Call) -> str:
    return f"{call.name}({compact(call.arguments)[1:-1]})"


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    words = _WORD.findall(text.casefold())
    return frozenset(itertools.pairwise(words))
