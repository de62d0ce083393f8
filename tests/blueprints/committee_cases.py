"""Reviewers of every temper, who answer in text that is read as a model's is, and what they write."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from apigen_mt.models.answers import Unparsed, read_answer
from apigen_mt.models.chat import ChatReply
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.review import Reviewer
from blueprints.committee.votes import CRITERIA, Criterion, Mark, Review
from tests.blueprints.talks import DOMAINS, planned
from tools_env.values import Json


@dataclass
class Player:
    """Answers with these, one after the other: a text to be read as a reply, or a rejection of the port itself."""

    answers: tuple[str | Rejected, ...]
    heard: list[tuple[str, str, int]] = field(default_factory=list)

    async def __call__(self, prompt: str, subject: str, number: int, kind: type[BaseModel]) -> BaseModel | Rejected:
        answer = self.answers[len(self.heard)]
        self.heard.append((prompt, subject, number))
        if isinstance(answer, Rejected):
            return answer
        found = read_answer(ChatReply(text=answer), kind)
        if isinstance(found, Unparsed):
            return Rejected(stage="author", reason=f"no usable answer: {found.reason}")
        return found


def form(no: Iterable[Criterion] = ()) -> dict[str, Json]:
    """A review as JSON, with a 0 for these criteria."""
    refused = set(no)
    return {c: {"reason": f"about {c}.", "score": int(c not in refused)} for c in CRITERIA}


def written(no: Iterable[Criterion] = ()) -> str:
    return json.dumps(form(no))


def reviewed(*no: Criterion) -> Review:
    return Review(**{c: Mark(reason=f"about {c}.", score=0 if c in no else 1) for c in CRITERIA})


def member(*answers: str | Rejected, name: str = "qwen") -> Reviewer:
    return Reviewer(name, Player(answers))


def player(reviewer: Reviewer) -> Player:
    assert isinstance(reviewer.ask, Player)
    return reviewer.ask


TIMED_OUT = Rejected(stage="reviewer", reason="no answer within 60 s")
PROSE = "I like it. All four criteria hold, so I give it 1, 1, 1 and 1."

TEMPERS: dict[str, tuple[str | Rejected, ...]] = {
    "yes": ("YES",),
    "no": ("NO",),
    "silent": (TIMED_OUT, TIMED_OUT),
    "malformed then yes": (PROSE, "YES"),
    "malformed twice": (PROSE, PROSE),
    "late, then malformed": (TIMED_OUT, PROSE),
}
"""What a reviewer answers, in order; YES and NO stand for a review that says so of the criterion in question."""

SAYS_YES = {"yes", "malformed then yes"}


def of_temper(temper: str, criterion: Criterion, name: str = "qwen") -> Reviewer:
    """A reviewer of a temper who has nothing to say against the other criteria."""
    words: dict[str | Rejected, str] = {"YES": written(), "NO": written([criterion])}
    return member(*(words.get(a, a) for a in TEMPERS[temper]), name=name)


def some(kind: str, domain: str) -> Blueprint:
    return next(b for b in planned(domain, 72) if b.kind == kind and not b.parents)


def everything() -> list[Blueprint]:
    return [b for domain in DOMAINS for b in planned(domain, 48)]
