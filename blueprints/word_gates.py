"""Gates on words: what a person would say, and all that they have to say (arXiv 2504.03601 §3; design: leakage)."""

import re
from collections.abc import Iterator

from blueprints.author import given_away, kept_back, said, said_first, slots
from blueprints.blueprint import Blueprint, Known, Rejected
from blueprints.hinges import shares_words, unsaid
from blueprints.wording import fill
from tools_env.mentions import MAIL, amounts_in, dates_in, mentions
from tools_env.port import World
from tools_env.values import Json, same


def leakage(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The person's words hold no tool or argument names, no internal ids and no JSON; ordinary words are fine."""
    texts = [
        ("the instruction", blueprint.instruction),
        *((f"message {i}", s.say) for i, s in enumerate(blueprint.stages, 1)),
    ]
    technical = {n for n in world.specs if "_" in n}
    technical |= {p.name for s in world.specs.values() for p in s.params if "_" in p.name}
    calls = [*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])]
    calls += [s.other.call for s in blueprint.stages if s.other and s.other.call]
    ids = {str(v) for a in calls for n, v in flat(a.arguments, world, a.name) if n == "identifier"} | {blueprint.person}
    ids -= {str(k.value) for k in blueprint.known.values() if not k.about}
    for place, text in texts:
        words = set(re.findall(r"[\w#-]+", text))
        for name in sorted(words & technical):
            yield Rejected(
                stage="leakage", reason=f"{place} uses the technical name {name}: say it in a person's words"
            )
        for key in sorted(words & ids):
            yield Rejected(stage="leakage", reason=f"{place} holds the internal id {key}: describe the record instead")
        if re.search(r'[{\[]\s*"|"\s*:', text):
            yield Rejected(stage="leakage", reason=f"{place} holds JSON: write prose")


def flat(arguments: dict[str, Json], world: World, tool: str) -> Iterator[tuple[str, Json]]:
    """Argument values with the kind of their meaning, lists taken apart."""
    meanings = world.specs[tool].meanings() if tool in world.specs else {}
    for name, value in arguments.items():
        kind = meanings[name].kind if name in meanings else "text"
        for one in value if isinstance(value, list) else [value]:
            yield kind, one


_NOT_SPOKEN = re.compile(
    r"\[[^\]]*\]|<[^>]*>|\{[^}]*\}|(?<!\S)@\w+|\b(?:keep|preserve|matter \d+|background|subject)\s*:", re.IGNORECASE
)
"""What nobody types to a service desk: blanks left to fill in, handles, headings of the author's own instructions."""


ASKED = 0.3
"""The least share of a question's longer words that it holds in whatever way it is put."""


def invention(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The words hold no date, amount or mail address that is not among the facts, and nothing nobody would type."""
    facts = [k for k in blueprint.known.values() if k.value is not None]
    hung = [s.condition.text for s in blueprint.stages if s.condition]
    hung += [s.other.intent for s in blueprint.stages if s.other]
    hung += [world.brief(blueprint.snapshot).policy] if blueprint.kind == "policy_question" else []
    first = [str(k.at_first) for k in facts if k.at_first is not None]
    own = "\n".join([*(str(k.value) for k in facts), *(k.phrase for k in blueprint.known.values()), *hung, *first])
    numbers = {float(k.value) for k in facts if isinstance(k.value, int | float)}
    texts = [
        ("the instruction", blueprint.instruction),
        *((f"message {i}", s.say) for i, s in enumerate(blueprint.stages, 1)),
    ]
    for place, text in texts:
        strange = [f"the date {d}" for d in sorted(dates_in(text) - dates_in(own))]
        strange += [f"the amount {a:,.2f}" for a in sorted(amounts_in(text) - amounts_in(own) - numbers)]
        strange += [f"the address {m}" for m in MAIL.findall(text) if m.casefold() not in own.casefold()]
        strange += [f"{m[0].strip()!r}" for m in _NOT_SPOKEN.finditer(MAIL.sub(" ", text)) if m[0] not in own]
        for what in strange:
            yield Rejected(stage="wording", reason=f"{place} holds {what}, which is not among the facts: leave it out")


def wording(blueprint: Blueprint) -> Iterator[Rejected]:
    """Each line says what it volunteers and nothing that is only given when asked; the instruction says it all."""
    if not blueprint.instruction.strip():
        yield Rejected(stage="wording", reason="the instruction is empty")
    for number, stage in enumerate(blueprint.stages):
        if not stage.say.strip():
            yield Rejected(stage="wording", reason=f"message {number + 1} says nothing")
        yield from _line(blueprint, number)
        yield from _facts(blueprint, number)


def _line(blueprint: Blueprint, number: int) -> Iterator[Rejected]:
    """The line of one stage says what it volunteers and what the matter hangs on, and not what comes to mind later."""
    stage = blueprint.stages[number]
    for name in given_away(blueprint, number):
        known = blueprint.known[name]
        value = known.value if known.at_first is None else known.at_first
        if value is not None and not mentions(stage.say, value, known.meaning):
            reason = f"message {number + 1} does not say the {known.label}: {said_first(known)}"
            yield Rejected(stage="wording", reason=reason)
    for known in blueprint.known.values():
        later = known.stage == number and known.at_first is not None
        if later and mentions(stage.say, known.value, known.meaning):
            reason = f"message {number + 1} says {said(known)} already, to which they only change their mind later"
            yield Rejected(stage="wording", reason=reason)
    loose = stage.wants == "answer" or not any(blueprint.known[n].value for n in given_away(blueprint, number))
    if loose and blueprint.provenance.mode == "grounded" and not shares_words(stage.intent, stage.say, ASKED):
        wanted = fill(stage.intent, slots(blueprint, number))
        reason = f"message {number + 1} asks for something else: say that they want to {wanted}"
        yield Rejected(stage="wording", reason=reason)
    for left_out in unsaid(stage, stage.say):
        yield Rejected(stage="wording", reason=f"message {number + 1} leaves out {left_out}")
    for left_out in unsaid(stage, blueprint.instruction):
        yield Rejected(stage="wording", reason=f"the instruction leaves out {left_out}")


def _facts(blueprint: Blueprint, number: int) -> Iterator[Rejected]:
    """The facts of one stage: the instruction says each, and the line none that waits to be asked for."""
    stage = blueprint.stages[number]
    for known in blueprint.known.values():
        if known.stage == number and known.about and known.value is not None:
            missing = not mentions(blueprint.instruction, known.value, known.meaning)
            if missing and known.field != "which":
                yield Rejected(stage="wording", reason=f"the instruction leaves out the {known.label}: {said(known)}")
            waits = kept_back(blueprint, known) and known.field and not _said_anyway(blueprint, known)
            if waits and mentions(stage.say, known.value, known.meaning):
                yield Rejected(
                    stage="wording",
                    reason=f"message {number + 1} gives away the {known.label}, which waits to be asked for",
                )


def _said_anyway(blueprint: Blueprint, known: Known) -> bool:
    """Whether the same value is also volunteered as another fact of the same stage."""
    others = [k for k in blueprint.known.values() if k.stage == known.stage and k.disclose == "volunteer"]
    values = [v for k in others for v in (k.value, k.at_first) if v is not None]
    return any(mentions(str(v), known.value, known.meaning) or same(v, known.value) for v in values)
