"""The ledger of one person: what they know and how each fact may be told, what they have told and when, what they have
heard, and what is wrong with a turn by all that (design: cast). Where it cannot be sure, a turn is right.
"""

import re
from collections.abc import Iterator, Mapping

from blueprints.author import said, said_first
from blueprints.blueprint import Blueprint, Known, Stage
from blueprints.judging import replies
from blueprints.judging.consent import Proposed, contradictions
from blueprints.judging.disclosure import may_say, surely_says, words_of
from blueprints.judging.fidelity import STOP, HumanTurn
from tools_env.consent import affirms
from tools_env.mentions import mentions, phrase, spoken
from tools_env.tool import ToolSpec

SYNONYMS = {
    "email": ("e-mail", "email", "mail address"),
    "postcode": ("postcode", "post code", "postal code", "zip"),
    "name": ("your name", "full name", "first name", "last name", "name on the account"),
    "phone": ("phone", "telephone"),
    "words": ("words", "search for", "looking for"),
}
"""Other words in which people are asked for a fact, by its label."""
_OF_THEMSELF = re.compile(
    r"\b(?:verif\w*|identif\w*|identity|account|profile|record|details|information|contact|who you are|look you up|"
    r"find you|yourself|names?|e-?mail|mail|post ?code|postal|zip|phone|address|birth\w*|number|id)\b"
)
"""A question for who the person is, in whatever words."""
_OF_THE_MATTER = re.compile(
    r"\b(?:which|details?|describe|reason|about|specif\w*|more|else|want|wish|would you like)\b"
)
"""A question for more than who they are, though it names that too."""


class Ledger:
    """Kept while a talk goes on: `hear` the agent, ask for the `faults` of a turn, and `speak` it."""

    def __init__(self, blueprint: Blueprint, specs: Mapping[str, ToolSpec]) -> None:
        self.blueprint = blueprint
        self.specs = specs
        self.told: dict[str, int] = {}
        """Facts that were told, each with the number of the human's turn that told it first."""
        self.raised = 0
        self.turns = 0
        self.heard: list[str] = []
        self.words: list[str] = []
        self.pushed = self.agreed = self.refused = False
        self._asked_self = self._asked_matter = False

    # --- what happens ---

    def hear(self, text: str) -> None:
        """The agent says something to the person."""
        self.heard.append(text)
        self.refused = self.refused or replies.refuses(text)
        own = [k for k in self.blueprint.known.values() if not k.about]
        for question in replies.questions(text):
            theirs = _OF_THEMSELF.search(question) is not None or any(_named(k, question) for k in own)
            named = any(_named(k, question) for _, k in self.current() if k.about)
            if theirs:
                self._asked_self = True
            if named or not theirs or _OF_THE_MATTER.search(question):
                self._asked_matter = True

    def speak(self, turn: HumanTurn) -> None:
        """The person has said a turn: what it names as told is told."""
        if turn.act == "raise":
            self.raised += 1
            self.pushed = self.agreed = self.refused = self._asked_matter = False
        self.pushed = self.pushed or turn.act == "push_back"
        self.agreed = self.agreed or turn.act == "confirm"
        for name in turn.fact_ids:
            self.told.setdefault(name, self.turns)
        self.words.append(turn.text)
        self.turns += 1

    # --- what holds now ---

    @property
    def stage(self) -> Stage | None:
        """The matter in hand; none before the first is raised."""
        return self.blueprint.stages[min(self.raised, len(self.blueprint.stages)) - 1] if self.raised else None

    @property
    def last(self) -> str:
        """What the agent said last."""
        return self.heard[-1] if self.heard else ""

    def current(self) -> list[tuple[str, Known]]:
        """Facts about the person, and about the matter in hand."""
        return [(n, k) for n, k in self.blueprint.known.items() if not k.about or k.stage == self.raised - 1]

    def asked(self, known: Known) -> bool:
        """Whether the agent has asked for a fact, or for something that it could be an answer to."""
        return self._asked_matter if known.about else self._asked_self

    def objections(self) -> list[tuple[str, str]]:
        """Names of the facts that the agent's last proposal contradicts, with what it says instead. Somebody who is
        still to change their mind objects to every proposal.
        """
        if not self.raised or not replies.proposes(self.last):
            return []
        matter = min(self.raised, len(self.blueprint.stages)) - 1
        before = "\n".join([*self.heard[:-1], *self.words])
        found = dict(contradictions(Proposed(self.last, before), matter, self.blueprint, self.specs))
        for name, known in self.current():
            minded = known.about and known.at_first is not None and name not in self.told
            if minded and not mentions(self.last, known.value, known.meaning):
                found.setdefault(name, "what they wanted at first")
        return list(found.items())

    # --- what is wrong with a turn ---

    def faults(self, turn: HumanTurn) -> Iterator[str]:
        """What in a turn does not agree with the ledger, or with itself; for after it as well as before it is said."""
        yield from self._act(turn)
        if self.blueprint.provenance.mode != "imported":
            yield from self._told(turn, of_themself=False)
            yield from self._untold(turn, of_themself=False)
        if affirms(turn.text) and turn.act != "stop":
            for name, instead in self.objections():
                known = self.blueprint.known[name]
                yield f"agrees to {instead} as the {known.label}, which should be {said(known)}"

    def hasty(self, turn: HumanTurn) -> Iterator[str]:
        """What else to ask for again before it is said, though it may turn out to do no harm: what comes too early, as
        far as the person can see, and who says more of themself than they were asked for.
        """
        if self.blueprint.provenance.mode != "imported":
            yield from self._told(turn, of_themself=True)
            yield from self._untold(turn, of_themself=True)
        if turn.act == "confirm" and not turn.consents_to.strip():
            yield "agrees without saying to what (consents_to)"
        stage = self.stage
        if stage is None:
            return
        told = any(mentions("\n".join(self.heard), o.value, o.meaning) for o in self.blueprint.outputs)
        answered = self.agreed or self.pushed or self.refused or (stage.wants == "answer" and told)
        if turn.act == "stop" and not answered and next(replies.questions(self.last), ""):
            yield "ends the talk in reply to a question, with the matter unsettled"
        insists = stage.wants in {"refusal", "missing"} and self.refused and not self.pushed
        if insists and turn.act in {"stop", "accept", "raise"}:
            yield "takes no for an answer without having asked once more"

    def _act(self, turn: HumanTurn) -> Iterator[str]:
        stages = len(self.blueprint.stages)
        if (STOP in turn.text) != (turn.act == "stop"):
            yield "has the stop word without being a stop" if STOP in turn.text else "stops without the stop word"
        elif turn.act == "stop" and self.raised < stages:
            yield f"ends the talk after raising {self.raised} of {stages} matters"
        elif turn.act == "raise" and self.raised >= stages:
            yield "raises one more matter than there is"
        elif turn.act == "confirm" and not affirms(turn.text):
            yield "is meant to agree and is no plain yes"
        elif turn.act == "dont_know" and turn.fact_ids:
            yield f"says that they do not know, and gives away {turn.fact_ids[0]}"
        elif turn.act == "push_back" and not any(map(replies.may_refuse, self.heard)):
            yield "pushes back though nothing was refused"
        elif turn.act == "push_back" and replies.accepts(turn.text):
            yield "is meant to push back and gives in"

    def _told(self, turn: HumanTurn, *, of_themself: bool) -> Iterator[str]:
        """Facts that a turn names as told, about the person or not: each may be told now, and is in the words."""
        raised = self.raised + (turn.act == "raise")
        words = self._said_before(raised)
        for name in turn.fact_ids:
            known = self.blueprint.known.get(name)
            if known is None or known.disclose == "unknown" or bool(known.about) == of_themself:
                continue
            again = name in self.told or surely_says(words, known.value, known.meaning)
            if known.about and known.stage >= raised:
                yield f"gives away the {known.label} ({name}) before that matter is raised"
            elif known.disclose == "if_asked" and not again and not self.asked(known):
                yield f"gives away the {known.label} ({name}) before being asked for it"
            if not may_say(turn.text, known):
                yield f"names {name} as told, and the words do not say it: {said_first(known)}"

    def _untold(self, turn: HumanTurn, *, of_themself: bool) -> Iterator[str]:
        """Facts that the words tell and the turn does not name, unless they had been said before."""
        named = {*turn.fact_ids, *self.told}
        known_of = {n: k for n, k in self.blueprint.known.items() if bool(k.about) != of_themself}
        left = {n: k for n, k in known_of.items() if n not in named and k.disclose != "unknown"}
        found = {n: k for n, k in left.items() if surely_says(turn.text, k.value, k.meaning)}
        if found:
            words = self._said_before(self.raised + (turn.act == "raise"))
            words += "\n" + words_of(k for n, k in self.blueprint.known.items() if n in named)
            for name, known in found.items():
                if not mentions(words, known.value, known.meaning):
                    value = spoken(known.value, known.meaning)
                    yield f"gives away the {known.label}, {value}, and does not name the fact {name}"

    def _said_before(self, raised: int) -> str:
        """All that either speaker has said, and the words that the matters raised come with."""
        stages = self.blueprint.stages[:raised]
        own = [f"{s.say}\n{s.change}\n{s.condition.text if s.condition else ''}" for s in stages]
        return "\n".join([*self.heard, *self.words, *own])


def _named(known: Known, question: str) -> bool:
    """Whether a question names a fact: by its label or the last word of it, by a synonym, or by its argument."""
    names = (known.label, known.label.split(" ")[-1], phrase(known.about), *SYNONYMS.get(known.label, ()))
    return any(name and name in question and re.search(rf"\b{re.escape(name)}s?\b", question) for name in names)
