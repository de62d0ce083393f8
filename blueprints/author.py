"""The author writes what the person has in mind; the template author does it without a model."""

import random
from typing import Protocol

from blueprints.blueprint import Blueprint, Known, Rejected, Stage
from blueprints.wording import fill, second_person, sentence
from tools_env.mentions import spoken
from tools_env.values import Part

OPENERS = (
    "I would like to {}.",
    "Hi, I want to {}.",
    "Hello. I need to {}, please.",
    "Could you help me? I'd like to {}.",
    "Good morning, I was hoping to {}.",
)
LATER = ("I would also like to {}.", "One more thing: I want to {}.", "And then I need to {}, please.")
QUESTIONS = ("Can you tell me {}?", "I'd like to know {}.", "Could you look up {}?")
PUSH_BACK = "If you are told that this is not possible, ask once more before you accept it."
"""The sentence that the program puts at the end of every refusal's instruction."""


class Wording(Part):
    """What an author contributes: the instruction, told to the person in the second person, and one first-person
    line per stage with which the person raises it.
    """

    instruction: str
    says: tuple[str, ...]


class Author(Protocol):
    """Words a draft; `feedback` holds the reasons for which earlier wordings of it were rejected."""

    name: str

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        """The wording, or why there is none."""


class TemplateAuthor:
    """Writes from the tools' own `ask` phrases; the same draft gives the same words."""

    name = "template"

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        """The wording of a draft whose stages hold their intents."""
        return feedback[-1] if feedback else plain(draft)


def plain(draft: Blueprint) -> Wording:
    """A draft in the template's words."""
    rng = random.Random(draft.substance())
    says = tuple(_say(draft, number, rng) for number in range(len(draft.stages)))
    return Wording(instruction=instruction(draft), says=says)


def _say(draft: Blueprint, number: int, rng: random.Random) -> str:
    stage = draft.stages[number]
    forms = QUESTIONS if stage.wants == "answer" else LATER if number else OPENERS
    text = _hung(stage, rng.choice(forms), fill(stage.intent, slots(draft, number)), "I want to")
    extra = [
        sentence(f"the {k.label} {_should(k)} {said_first(k)}")
        for k in unsaid(draft, number)
        if k.disclose == "volunteer"
    ]
    own = [k for k in draft.known.values() if not k.about and k.disclose == "volunteer" and not number]
    extra += [sentence(f"my {k.label} is {said(k)}") for k in own]
    helping = [k for k in on_the_way(draft, number) if not kept_back(draft, k)]
    extra += [f"The {k.label} in question is {k.phrase}." for k in helping]
    return " ".join([text, *extra])


def _hung(stage: Stage, form: str, wanted: str, lead: str) -> str:
    """What is wanted with the condition it hangs on, or after what the person would rather have."""
    other = stage.other.intent if stage.other else ""
    if stage.condition is None:
        return f"{form.format(other)} If that can't be done, {lead} {wanted}." if other else form.format(wanted)
    if not other:
        return f"{form.format(wanted)} But only if {stage.condition.text}."
    first, second = (wanted, other) if stage.condition.holds else (other, wanted)
    return f"{form.format(first)} Do that only if {stage.condition.text}; otherwise {lead} {second}."


def _should(known: Known) -> str:
    """What is wanted should be so; where to look for it is so."""
    return "is" if known.searched else "should be"


def said(known: Known) -> str:
    """A fact in words."""
    return known.phrase or spoken(known.value, known.meaning)


def said_first(known: Known) -> str:
    """A fact in the words of who has not changed their mind yet."""
    return said(known) if known.at_first is None else spoken(known.at_first, known.meaning)


def slots(draft: Blueprint, number: int, *, everything: bool = False) -> dict[str, str]:
    """Words for the slots of a stage's intent; without `everything`, not those that are only given when asked."""
    return {
        known.about: said_first(known) if everything or not kept_back(draft, known) else known.vague
        for known in draft.known.values()
        if known.stage == number and known.about and not known.field
    }


def unsaid(draft: Blueprint, number: int) -> list[Known]:
    """Plain values of a stage for which its intent has no slot."""
    return [
        known
        for known in draft.known.values()
        if known.stage == number
        and known.about
        and known.disclose != "unknown"
        and not known.field
        and f"{{{known.about}}}" not in draft.stages[number].intent
    ]


def kept_back(draft: Blueprint, known: Known) -> bool:
    """Whether a fact is only given when asked; a record's words are when any attribute in them is."""
    if known.disclose != "unknown":
        return known.disclose == "if_asked"
    return any(
        k.disclose == "if_asked"
        for k in draft.known.values()
        if k.about == known.about and k.field and k.stage == known.stage
    )


def given_away(draft: Blueprint, number: int) -> tuple[str, ...]:
    """Names of the facts that a stage's line must give away: those volunteered in it."""
    return tuple(name for name, known in draft.known.items() if known.stage == number and known.disclose == "volunteer")


def instruction(draft: Blueprint) -> str:
    """The task as told to whoever plays the person."""
    own = {n: str(k.value) for n, k in draft.known.items() if not k.about}
    name = own.get("name") or " ".join(own[n] for n in ("first_name", "last_name") if n in own) or "a customer"
    lines = [f"You are {name}."]
    if draft.persona:
        lines.append(draft.persona)
    for number, stage in enumerate(draft.stages):
        what = second_person(fill(stage.intent, slots(draft, number, everything=True)))
        lead = "You want to" if not number else "When that is settled, you also want to"
        know = "know " if stage.wants == "answer" else ""
        lines.append(second_person(_hung(stage, f"{lead} {know}{{}}.", what, "you want to")))
        for known in unsaid(draft, number):
            lead = "the" if known.disclose == "volunteer" else "if you are asked: the"
            lines.append(sentence(f"{lead} {known.label} {_should(known)} {said_first(known)}"))
        if stage.change:
            changed = next(k for k in draft.known.values() if k.stage == number and k.at_first is not None)
            lines.append(f"When you are asked to confirm that, change your mind: {changed.label} {said(changed)}.")
        lines += [sentence(f"if you are asked which {k.label}: {k.phrase}") for k in on_the_way(draft, number)]
    return " ".join(lines)


def on_the_way(draft: Blueprint, number: int) -> list[Known]:
    """Records that the intent does not name but that help to find those it names."""
    intent = draft.stages[number].intent
    return [k for k in draft.known.values() if k.phrase and k.stage == number and f"{{{k.about}}}" not in intent]
