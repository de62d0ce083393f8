"""Rehearsal's human: answers free-text questions by fact name and synonyms, and confirms what matches its ledger."""

import random
import re
from collections.abc import Mapping, Sequence

from apigen_mt.cast.asides import MANNERS, WHY, WITHOUT_NUMBER
from apigen_mt.cast.ports import HumanView
from apigen_mt.temperaments import Temperament
from blueprints.author import said
from blueprints.blueprint import Blueprint, Known, Stage
from blueprints.judging import replies
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.ledger import SYNONYMS, Ledger
from blueprints.provisos import first_wish, offers_first
from blueprints.wording import second_person
from tools_env.mentions import amounts_in, dates_in, mentions, numbers_in
from tools_env.tool import ToolSpec
from tools_env.values import folded

THANKS = (
    "That's all, thank you.",
    "No, that's everything. Thanks!",
    "Great, that was all. Thank you.",
    "No, thank you.",
)
LOST = ("Sorry, I don't follow.", "I still don't follow.", "That does not help me yet.")
"""Said in turn to an agent that makes no sense, so that the person does not repeat themself word by word."""
YES = ("Yes, please.", "Yes, please go ahead.", "Yes, that's right.", "Yes, do it, please.")
INSISTING = (
    "Are you sure? I would really need this. Is there no exception?",
    "That's a pity. Could you check again whether it can be done?",
    "I don't want to insist, but is there really no way?",
)
CORRECTIONS = 2
REMINDERS = 2
AFTER = 0.4
"""Share of the remarks that come below the words they go with."""


class ScriptedHuman:
    """Plays one blueprint's person, in one of the temperaments. Knows the ledger and never the tools, but for the
    choices that they offer (`specs`), which the agent may name; the same talk gives the same words.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        attempt: int = 0,
        temperament: Temperament = "plain",
        specs: Mapping[str, ToolSpec] | None = None,
    ) -> None:
        self.blueprint = blueprint
        self.ledger = Ledger(blueprint, specs or {})
        self.manner = MANNERS[temperament]
        self.temperament = temperament
        self.rng = random.Random(f"{blueprint.id}/{attempt}")
        self.whims = random.Random(f"{blueprint.id}/{attempt}/{temperament}")
        self.said: set[str] = set()
        self.doubted = False
        self.stage = -1
        self.disclosed: set[str] = set()
        self.pushed = False
        self.confirmed = False
        self.let_go = False
        self.corrections = 0
        self.asked_again = 0
        self.lost = 0

    async def speak(self, view: HumanView) -> HumanTurn | None:
        """The next turn, from the agent's last words."""
        if view.dialogue:
            self.ledger.hear(view.dialogue[-1][1])
        turn = self._mannered(self._answer(view.dialogue[-1][1]) if view.dialogue else self._raise())
        self.ledger.speak(turn)
        return turn

    def _mannered(self, turn: HumanTurn) -> HumanTurn:
        """A turn with a remark of this temperament: before the words, or below them where nothing else is said."""
        remarks = {"raise": self.manner.raising, "answer": self.manner.answering}.get(turn.act, ())
        left = [r for r in remarks if r not in self.said]
        if not left or self.whims.random() >= self.manner.often:
            return turn
        remark = self.whims.choice(left)
        self.said.add(remark)
        after = self.whims.random() < AFTER
        return turn.model_copy(update={"text": f"{turn.text}\n\n{remark}" if after else f"{remark} {turn.text}"})

    def _one_of(self, own: Sequence[str], usual: Sequence[str]) -> str:
        """One of the temperament's own ways to say something, or of the usual ones."""
        return self.whims.choice(own) if own else self.rng.choice(usual)

    def _raise(self, lead: str = "") -> HumanTurn:
        self.stage += 1
        self.pushed = self.confirmed = self.let_go = False
        self.corrections = self.asked_again = 0
        stage = self.blueprint.stages[self.stage]
        self.disclosed |= set(stage.facts)
        return HumanTurn(act="raise", fact_ids=stage.facts, text=f"{lead}{stage.say}".strip())

    def _answer(self, heard: str) -> HumanTurn:
        stage = self.blueprint.stages[self.stage]
        if stage.wants in {"refusal", "missing"} and replies.refuses(heard) and not replies.speaks_of_consent(heard):
            return self._refused()
        if self._turned_down(stage, heard) and "?" not in heard:
            return self._again(stage)
        if replies.proposes(heard) and offers_first(stage, heard) and not self.let_go:
            self.confirmed = True
            return self._yes(first_wish(stage))
        if replies.proposes(heard) and stage.wants != "answer" and (not self.confirmed or self.ledger.objections()):
            return self._confirm(heard)
        wanted = self._wanted(replies.plainly(heard)) if not replies.closes(heard) and replies.asks(heard) else []
        if wanted:
            return self._doubt(wanted) or self._tell(wanted)
        return self._go_on(stage, heard, closing=replies.closes(heard))

    def _go_on(self, stage: Stage, heard: str, *, closing: bool) -> HumanTurn:
        """What to say where nothing is proposed and nothing by name is asked for."""
        if stage.wants == "answer" and not self._answered(heard) and self.asked_again == 0:
            self.asked_again += 1
            rest = self._rest()
            return self._tell(rest) if rest and "?" in heard else self._again(stage)
        if "?" in heard and not closing and (replies.asks(heard) and not self._settled(stage)):
            rest = self._rest()
            if rest:
                return self._tell(rest)
            if replies.speaks_of_consent(heard) or self.confirmed:
                return self._yes()
            return HumanTurn(act="dont_know", text="I don't know that, sorry. I have told you all I know.")
        if not self._settled(stage) and not closing and not replies.claims(heard) and stage.wants != "answer":
            self.asked_again += 1
            if self.asked_again <= REMINDERS:
                return self._again(stage)
        return self._next()

    def _yes(self, intent: str = "") -> HumanTurn:
        intent = second_person(intent or self.blueprint.stages[self.stage].intent)
        return HumanTurn(act="confirm", consents_to=intent, text=self._one_of(self.manner.yes, YES))

    def _doubt(self, wanted: list[tuple[str, Known]]) -> HumanTurn | None:
        """What the mistrustful say once in a talk, when they are first asked for something about themselves."""
        own = any(not known.about and name not in self.disclosed for name, known in wanted)
        if self.temperament != "mistrustful" or self.doubted or not own:
            return None
        self.doubted = True
        return HumanTurn(act="chat", text=self.whims.choice(WHY))

    def _turned_down(self, stage: Stage, heard: str) -> bool:
        """Whether the yes that was given was to what they would rather have, which is refused now after all."""
        if not self.confirmed or self.let_go or not first_wish(stage) or not replies.refuses(heard):
            return False
        self.confirmed, self.let_go = False, True
        return True

    def _settled(self, stage: Stage) -> bool:
        return (stage.wants == "change" and self.confirmed) or (stage.wants in {"refusal", "missing"} and self.pushed)

    def _refused(self) -> HumanTurn:
        if not self.pushed:
            self.pushed = True
            return HumanTurn(act="push_back", text=self._one_of(self.manner.insisting, INSISTING))
        return self._next("" if self.temperament == "terse" else "All right, I see. ", gave_in=True)

    def _confirm(self, heard: str) -> HumanTurn:
        objections = [n for n, _ in self.ledger.objections()]
        missing = [n for n, k in self._plain() if not mentions(heard, k.value, k.meaning) and k.meaning.kind != "prose"]
        wrong = [n for n in missing if n in objections] or objections
        if objections or (missing and self.corrections < CORRECTIONS):
            self.corrections += 1
            name = (wrong if self.corrections > CORRECTIONS else [*missing, *wrong])[0]
            known = self.blueprint.known[name]
            self.disclosed.add(name)
            changes = known.at_first is not None and mentions(heard, known.at_first, known.meaning)
            text = self.blueprint.stages[self.stage].change if changes else ""
            text = text or f"Wait, the {known.label} should be {said(known)}."
            return HumanTurn(act="correct", fact_ids=(name,), text=text)
        self.confirmed = True
        return self._yes()

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
        terse = self.temperament == "terse"
        if self.temperament == "forgetful" and any(known.phrase for _, known in facts):
            lines.append(self.whims.choice(WITHOUT_NUMBER))
        for name, known in facts:
            self.disclosed.add(name)
            names += [name] if known.disclose != "unknown" else self._attributes(known)
            if known.phrase:
                lines.append(f"{known.phrase[:1].upper()}{known.phrase[1:]}." if terse else f"I mean {known.phrase}.")
            elif len(facts) == 1:
                lines.append(said(known) if terse else f"It's {said(known)}.")
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
        lost = LOST[self.lost % len(LOST)]
        self.lost += 1
        return HumanTurn(act="chat", text=f"{lost} {stage.say}")

    def _next(self, lead: str = "", *, gave_in: bool = False) -> HumanTurn:
        if self.stage + 1 < len(self.blueprint.stages):
            usual = "" if self.temperament == "terse" else self.rng.choice(("Thank you. ", "Great, thanks. ", ""))
            return self._raise(lead or usual)
        farewell = self._one_of(self.manner.thanks, ("That was all, thank you.",) if gave_in else THANKS)
        return HumanTurn(act="stop", text=f"{lead}{farewell} {STOP}")


def _stands(label: str, text: str, labels: list[str]) -> bool:
    """Whether a label stands in a text by itself: in "which new article" there is no "article"."""
    for longer in labels:
        if label in longer and label != longer:
            text = text.replace(longer, " ")
    return re.search(rf"\b{re.escape(label)}\b", text) is not None
