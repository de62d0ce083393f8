"""Rehearsal's human: answers free-text questions by fact name and synonyms, and confirms what matches its ledger."""

import random
import re

from apigen_mt.cast.ports import HumanView
from blueprints.author import said
from blueprints.blueprint import Blueprint, Known, Stage
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.wording import second_person
from tools_env.mentions import amounts_in, dates_in, mentions, numbers_in
from tools_env.values import folded

SYNONYMS = {
    "email": ("e-mail", "email", "mail address"),
    "postcode": ("postcode", "post code", "postal code", "zip"),
    "name": ("your name", "full name", "first name", "last name", "name on the account"),
    "phone": ("phone", "telephone"),
    "words": ("words", "search for", "looking for"),
}
_CONFIRM = re.compile(
    r"\b(?:confirm|shall i|should i|would you like me to|do you want me to|may i(?! have| ask| know| get| take)|"
    r"can i (?:go|proceed)|proceed|"
    r"go ahead|is (?:this|that|everything|all of this) (?:all )?(?:correct|right|ok|okay|fine)|"
    r"does (?:this|that) (?:look|sound))\b"
)
_REFUSES = re.compile(
    r"\b(?:can(?:no|')t|can not|unable|not (?:possible|allowed|permitted|eligible|able)|"
    r"isn't (?:possible|allowed|eligible)|"
    r"sorry|unfortunately|regret|against (?:our|the) policy|won't be able)\b"
)
_ASKS = re.compile(
    r"\?|\b(?:please (?:provide|give|tell|share|specify|let me know)|could you|can you|"
    r"i(?:'ll| will)? need|may i have)\b"
)
_CLAIMS = re.compile(
    r"\b(?:done|(?:has|have) been|i(?:'ve| have)|success\w*|completed?|processed|updated|confirmed|settled|all set|"
    r"booked|cancell?ed|placed|changed|opened|renewed|is now|are now)\b"
)
_CLOSING = re.compile(r"\b(?:anything else|something else|further (?:help|assistance)|help you with)\b")
THANKS = (
    "That's all, thank you.",
    "No, that's everything. Thanks!",
    "Great, that was all. Thank you.",
    "No, thank you.",
)
YES = ("Yes, please.", "Yes, please go ahead.", "Yes, that's right.", "Yes, do it, please.")
CORRECTIONS = 2
REMINDERS = 2


class ScriptedHuman:
    """Plays one blueprint's person. Knows the ledger and never the tools; the same talk gives the same words."""

    def __init__(self, blueprint: Blueprint, attempt: int = 0) -> None:
        self.blueprint = blueprint
        self.rng = random.Random(f"{blueprint.id}/{attempt}")
        self.stage = -1
        self.disclosed: set[str] = set()
        self.pushed = False
        self.confirmed = False
        self.corrections = 0
        self.asked_again = 0

    async def speak(self, view: HumanView) -> HumanTurn | None:
        """The next turn, from the agent's last words."""
        if not view.dialogue:
            return self._raise()
        heard = view.dialogue[-1][1]
        return self._answer(heard, heard.casefold().replace("\u2019", "'"))

    def _raise(self, lead: str = "") -> HumanTurn:
        self.stage += 1
        self.pushed = self.confirmed = False
        self.corrections = self.asked_again = 0
        stage = self.blueprint.stages[self.stage]
        self.disclosed |= set(stage.facts)
        return HumanTurn(act="raise", fact_ids=stage.facts, text=f"{lead}{stage.say}".strip())

    def _answer(self, heard: str, low: str) -> HumanTurn:
        stage = self.blueprint.stages[self.stage]
        closing = _CLOSING.search(low) is not None
        if stage.wants in {"refusal", "missing"} and _REFUSES.search(low) and not _CONFIRM.search(low):
            return self._refused(stage)
        if not self.confirmed and stage.wants != "answer" and _CONFIRM.search(low) and "?" in low:
            return self._confirm(heard)
        wanted = self._wanted(low) if not closing and _ASKS.search(low) else []
        if wanted:
            return self._tell(wanted)
        if stage.wants == "answer" and not self._answered(heard) and self.asked_again == 0:
            self.asked_again += 1
            rest = self._rest()
            return self._tell(rest) if rest and "?" in low else self._again(stage)
        if "?" in low and not closing and (_ASKS.search(low) and not self._settled(stage)):
            rest = self._rest()
            if rest:
                return self._tell(rest)
            if _CONFIRM.search(low) or self.confirmed:
                return HumanTurn(act="confirm", text=self.rng.choice(YES), consents_to=second_person(stage.intent))
            return HumanTurn(act="dont_know", text="I don't know that, sorry. I have told you all I know.")
        if not self._settled(stage) and not closing and not _CLAIMS.search(low) and stage.wants != "answer":
            self.asked_again += 1
            if self.asked_again <= REMINDERS:
                return self._again(stage)
        return self._next()

    def _settled(self, stage: Stage) -> bool:
        return (stage.wants == "change" and self.confirmed) or (stage.wants in {"refusal", "missing"} and self.pushed)

    def _refused(self, stage: Stage) -> HumanTurn:
        if not self.pushed:
            self.pushed = True
            text = self.rng.choice((
                "Are you sure? I would really need this. Is there no exception?",
                "That's a pity. Could you check again whether it can be done?",
                "I don't want to insist, but is there really no way?",
            ))  # fmt: skip
            return HumanTurn(act="push_back", text=text)
        del stage
        return self._next("All right, I see. ")

    def _confirm(self, heard: str) -> HumanTurn:
        missing = [
            (n, k) for n, k in self._plain() if not mentions(heard, k.value, k.meaning) and k.meaning.kind != "prose"
        ]
        if missing and self.corrections < CORRECTIONS:
            self.corrections += 1
            name, known = missing[0]
            self.disclosed.add(name)
            changes = known.at_first is not None and mentions(heard, known.at_first, known.meaning)
            text = self.blueprint.stages[self.stage].change if changes else ""
            text = text or f"Wait, the {known.label} should be {said(known)}."
            return HumanTurn(act="correct", fact_ids=(name,), text=text)
        self.confirmed = True
        intent = second_person(self.blueprint.stages[self.stage].intent)
        return HumanTurn(act="confirm", consents_to=intent, text=self.rng.choice(YES))

    def _plain(self) -> list[tuple[str, Known]]:
        return [
            (n, k) for n, k in self._current() if k.about and not k.field and k.disclose != "unknown" and not k.searched
        ]

    def _current(self) -> list[tuple[str, Known]]:
        return [(n, k) for n, k in self.blueprint.known.items() if not k.about or k.stage == self.stage]

    def _wanted(self, low: str) -> list[tuple[str, Known]]:
        """Facts whose names the agent uses in its question, those about the matter in hand and about the person."""
        text = folded(low)
        found = []
        for name, known in self._current():
            if known.field:
                continue
            names = (known.label, *SYNONYMS.get(known.label, (known.label.split(" ")[-1],)))
            if any(re.search(rf"\b{re.escape(n)}s?\b", text) for n in names):
                found.append((name, known))
        exact = [(n, k) for n, k in found if _stands(k.label, text, [other.label for _, other in found])]
        return exact or found

    def _rest(self) -> list[tuple[str, Known]]:
        """Facts of the matter in hand that were not given yet."""
        return [
            (n, k)
            for n, k in self._current()
            if k.about and not k.field and n not in self.disclosed and (k.phrase or k.disclose == "if_asked")
        ]

    def _tell(self, facts: list[tuple[str, Known]]) -> HumanTurn:
        names: list[str] = []
        lines: list[str] = []
        for name, known in facts:
            self.disclosed.add(name)
            names += [name] if known.disclose != "unknown" else self._attributes(known)
            if known.phrase:
                lines.append(f"I mean {known.phrase}.")
            elif len(facts) == 1:
                lines.append(f"It's {said(known)}.")
            else:
                lines.append(
                    f"The {known.label} is {said(known)}." if known.about else f"My {known.label} is {said(known)}."
                )
        return HumanTurn(act="answer", fact_ids=tuple(dict.fromkeys(names)), text=" ".join(lines))

    def _attributes(self, known: Known) -> list[str]:
        return [n for n, k in self._current() if k.field and k.about == known.about and k.stage == known.stage]

    def _answered(self, heard: str) -> bool:
        """Whether the agent's words could hold the answer: the person cannot know more than its kind."""
        intent = self.blueprint.stages[self.stage].intent
        derived = {"total": "adds up to", "": "rules say"}
        outputs = [
            o
            for o in self.blueprint.outputs
            if (derived[o.how] if o.source_call is None else f"the {o.label} of") in intent
        ]
        kinds = {o.meaning.kind for o in outputs}
        if "date" in kinds:
            return bool(dates_in(heard))
        if kinds & {"amount", "count"}:
            return bool(amounts_in(heard) or numbers_in(heard))
        stated = "?" not in heard and re.search(r"\b(?:is|are|was|were|it's)\b", heard, re.IGNORECASE) is not None
        return stated or any(o.label.casefold() in heard.casefold() for o in outputs)

    def _again(self, stage: Stage) -> HumanTurn:
        return HumanTurn(act="chat", text=f"Sorry, I don't follow. {stage.say}")

    def _next(self, lead: str = "") -> HumanTurn:
        if self.stage + 1 < len(self.blueprint.stages):
            return self._raise(lead or self.rng.choice(("Thank you. ", "Great, thanks. ", "")))
        farewell = "That was all, thank you." if lead else self.rng.choice(THANKS)
        return HumanTurn(act="stop", text=f"{lead}{farewell} {STOP}")


def _stands(label: str, text: str, labels: list[str]) -> bool:
    """Whether a label stands in a text by itself: in "which new article" there is no "article"."""
    for longer in labels:
        if label in longer and label != longer:
            text = text.replace(longer, " ")
    return re.search(rf"\b{re.escape(label)}\b", text) is not None
