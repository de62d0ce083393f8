"""What a model that plays the person is told: its part, and before each turn where the talk stands by the ledger."""

from functools import cache
from importlib.resources import files

from apigen_mt.temperaments import Temperament
from blueprints.author import said, said_first
from blueprints.blueprint import Blueprint, Known
from blueprints.judging import replies
from blueprints.judging.ledger import Ledger

NOTE = "\n\n(Note for you alone, not part of the talk: "
"""Where the note begins in the last message that the model is shown; it ends with the message."""
_WANTS = {
    "change": "it is settled when the agent says that it is done",
    "answer": "it is settled when you have been told what you want to know",
    "refusal": "you will be told that it is not possible: ask once more, then accept it",
    "missing": "you will be told that it cannot be done here: ask once more, then accept it",
}


def matters(blueprint: Blueprint) -> str:
    """The person's matters, numbered, each with what settles it and the change of mind that comes before the yes."""
    lines: list[str] = []
    for number, stage in enumerate(blueprint.stages, 1):
        lines.append(f'{number}. For example: "{stage.say}" ({_WANTS[stage.wants]})')
        if stage.change:
            lines.append(f'   You change your mind before you agree. For example: "{stage.change}"')
    return "\n".join(lines)


@cache
def manner(temperament: Temperament) -> str:
    """The person's temperament; nothing for a plain one."""
    text = files("apigen_mt.cast.prompts").joinpath("temperaments.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in text.split("## ")[1:])
    return sections[temperament].strip() if temperament in sections else ""


def facts(blueprint: Blueprint) -> str:
    """What the person knows, a line a fact, with how it may be told."""
    return "\n".join(f"- {name}: {_fact(known)}" for name, known in blueprint.known.items())


def _fact(known: Known) -> str:
    matter = f" of matter {known.stage + 1}" if known.about else ""
    if known.disclose == "unknown":
        return f"the {known.label}{matter} (its id is not known to you; you call it {known.phrase or known.vague})"
    when = "when asked" if known.disclose == "if_asked" else "say it"
    minded = f"; at first you say {said_first(known)}" if known.at_first is not None else ""
    return f"{'your' if not known.about else 'the'} {known.label}{matter} is {said(known)} ({when}{minded})"


def note(ledger: Ledger) -> str:
    """Where the talk stands: the matter in hand, what was told, what may be told now and what has to wait."""
    stages = ledger.blueprint.stages
    stage = ledger.stage
    if stage is None:
        return "nothing was said yet. Bring up matter 1."
    parts = [f"matter {min(ledger.raised, len(stages))} of {len(stages)} is in hand."]
    current = [(n, k) for n, k in ledger.current() if k.disclose != "unknown"]
    told = [n for n, _ in current if n in ledger.told]
    open_now = [n for n, k in current if n not in ledger.told and (k.disclose == "volunteer" or ledger.asked(k))]
    waiting = [n for n, _ in current if n not in ledger.told and n not in open_now]
    for lead, names in (("Told", told), ("May be told now", open_now), ("Wait until asked", waiting)):
        parts += [f"{lead}: {', '.join(names)}."] if names else []
    parts += _next(ledger)
    return " ".join(parts)


def _next(ledger: Ledger) -> list[str]:
    """What is due, as far as it can be told from the words."""
    stage, stages = ledger.stage, ledger.blueprint.stages
    if objections := ledger.objections():
        wrong = [f"the {ledger.blueprint.known[name].label} is not {instead}" for name, instead in objections]
        return [f"Do not agree to what is proposed: {'; '.join(wrong)}."]
    if stage is not None and stage.wants in {"refusal", "missing"} and ledger.refused and not ledger.pushed:
        return ["It was refused: ask once more."]
    if replies.proposes(ledger.last):
        return ["The agent asks whether to go ahead."]
    if ledger.raised < len(stages):
        return [f"When this matter is settled, bring up matter {ledger.raised + 1}."]
    return ["There is no other matter: when this one is settled, stop."]
