"""Gates on words: what a person would say, and all that they have to say (arXiv 2504.03601 §3; design: leakage)."""

import calendar
import re
from collections.abc import Iterable, Iterator

from blueprints.author import given_away, kept_back, said, said_first, slots
from blueprints.blueprint import Blueprint, Known, Rejected
from blueprints.hinges import said_otherwise, unsaid
from blueprints.questions import questions
from blueprints.requests import asks_for, requests
from blueprints.wording import fill
from tools_env.mentions import MAIL, amounts_in, dates_in, mentions
from tools_env.port import World
from tools_env.values import Json, Meaning, same


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
        for name in sorted({*technical_in(text, technical)}):
            yield Rejected(
                stage="leakage", reason=f"{place} uses the technical name {name}: say it in a person's words"
            )
        for key in sorted(ids_in(text, ids)):
            yield Rejected(stage="leakage", reason=f"{place} holds the internal id {key}: describe the record instead")
        if re.search(r'[{\[]\s*"|"\s*:', text):
            yield Rejected(stage="leakage", reason=f"{place} holds JSON: write prose")
        for what, value in _secrets(blueprint, text):
            yield Rejected(stage="leakage", reason=f"{place} gives away the {what}, {value}: leave its day out")


def _secrets(blueprint: Blueprint, text: str) -> Iterator[tuple[str, str]]:
    """The dates for the agent to find that a text names by day and month, unless the person knows another such day."""
    found = [(o.label, o.value, o.meaning) for o in blueprint.outputs]
    if blueprint.evidence:
        found.append((blueprint.evidence.label, blueprint.evidence.because.value, blueprint.evidence.meaning))
    known = {str(k.value)[5:10] for k in blueprint.known.values() if k.meaning.kind == "date"}
    known |= {str(s.condition.value)[5:10] for s in blueprint.stages if s.condition}
    for what, value, meaning in found:
        if half_said(text, value, meaning) and str(value)[5:10] not in known:
            yield what, str(value)


_DAY = (
    r"\b(?:{day}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{month}|{short}\.?)|(?:{month}|{short}\.?)\s+(?:the\s+)?{day}(?:st|nd|rd|th)?)"
    r"(?![\w])"
)


def half_said(text: str, value: Json, meaning: Meaning) -> bool:
    """Whether a text names the day and the month of a date without its year."""
    if meaning.kind != "date" or not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return False
    month = calendar.month_name[int(value[5:7])]
    day = _DAY.format(day=f"0?{int(value[8:10])}", month=month, short=month[:3])
    return re.search(day, text, re.IGNORECASE) is not None


_TOKEN = re.compile(r"[\w#-]+")
_TOOL = r"(?<![\w-])(?:{hyphened}(?![\w-])|{spaced}\s+(?:tool|function|command|api|endpoint|method|call)\b)"


def technical_in(text: str, names: Iterable[str]) -> Iterator[str]:
    """The technical names that a text holds: in any case, with hyphens, or with blanks where it calls them a tool."""
    words = {w.casefold() for w in _TOKEN.findall(text)}
    for name in names:
        spoken = re.escape(name).split("_")
        other = _TOOL.format(hyphened="-".join(spoken), spaced=r"\s+".join(spoken))
        if name.casefold() in words or re.search(other, text, re.IGNORECASE):
            yield name


def ids_in(text: str, ids: Iterable[str]) -> set[str]:
    """The ids that a text holds: as they are, and those with a digit in any case."""
    words = set(_TOKEN.findall(text))
    folded = {w.casefold() for w in words}
    return {i for i in ids if i in words or (any(c.isdigit() for c in i) and i.casefold() in folded)}


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
    yield from requests(blueprint)
    if blueprint.provenance.mode == "grounded":
        yield from questions(blueprint)


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
    wanted = fill(stage.intent, slots(blueprint, number))
    if stage.wants != "answer" and blueprint.provenance.mode == "grounded" and not asks_for(blueprint, number):
        reason = f"message {number + 1} asks for something else: say that they want to {wanted}"
        yield Rejected(stage="wording", reason=reason)
    for left_out in unsaid(stage, stage.say):
        yield Rejected(stage="wording", reason=f"message {number + 1} leaves out {left_out}")
    for otherwise in said_otherwise(stage, wanted, stage.say):
        yield Rejected(stage="wording", reason=f"message {number + 1} {otherwise}")
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
