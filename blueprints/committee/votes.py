"""Votes: what reviewers say of a task by four criteria, and what follows from it (arXiv 2504.03601 §3, stage 2).

A criterion holds only if more than half of the reviewers who were asked say so: whoever gives no usable answer counts
as a no, and a tie fails. Nothing else is stored than the ballots, so that no acceptance can stand beside other votes.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from blueprints.blueprint import Rejected
from tools_env.values import Json, Part

Criterion: TypeAlias = Literal["correctness", "completeness", "satisfaction", "creativity"]
Status: TypeAlias = Literal["accepted", "rejected", "not reviewed"]
CRITERIA: tuple[Criterion, ...] = ("correctness", "completeness", "satisfaction", "creativity")

LONGEST = 300
"""Characters of a reviewer's reason that are passed on."""


class Mark(Part):
    """A criterion's score, after the sentence that gives the reason, so that weak models think first."""

    reason: str = Field(min_length=1)
    score: Literal[0, 1]

    @field_validator("score", mode="before")
    @classmethod
    def _number(cls, score: Json) -> Json:
        """Nothing else stands for a number, though to Python `true` and 1.0 are 1."""
        if type(score) is not int:
            raise ValueError("write the number 0 or 1")
        return score


class Review(Part):
    """What a reviewer fills in."""

    correctness: Mark
    completeness: Mark
    satisfaction: Mark
    creativity: Mark

    def mark(self, criterion: Criterion) -> Mark:
        """The mark for one criterion."""
        found: Mark = getattr(self, criterion)
        return found


class Ballot(Part):
    """One reviewer's review, or why there is none. `model` is what answers by the reviewer's name (empty: the same)."""

    reviewer: str
    model: str = ""
    review: Review | None = None
    abstained_because: str = ""

    @model_validator(mode="after")
    def _either(self) -> "Ballot":
        if (self.review is None) != bool(self.abstained_because):
            raise ValueError("a ballot holds a review, or else the reason why it holds none")
        return self

    @property
    def scores(self) -> dict[Criterion, int] | None:
        """Score by criterion; none if the reviewer abstained."""
        return None if self.review is None else {c: self.review.mark(c).score for c in CRITERIA}

    def yes(self, criterion: Criterion) -> bool:
        """Whether the reviewer says that the criterion holds."""
        return self.review is not None and self.review.mark(criterion).score == 1


class Votes(Part):
    """The ballots of everybody who was asked; all else follows from them."""

    ballots: tuple[Ballot, ...] = ()

    def yes(self, criterion: Criterion) -> int:
        """How many reviewers say that the criterion holds."""
        return sum(b.yes(criterion) for b in self.ballots)

    def passes(self, criterion: Criterion) -> bool:
        """Whether more than half of those asked say that the criterion holds."""
        return 2 * self.yes(criterion) > len(self.ballots)

    @property
    def failed(self) -> tuple[Criterion, ...]:
        """The criteria without a majority."""
        return tuple(c for c in CRITERIA if not self.passes(c))

    @property
    def status(self) -> Status:
        """Accepted if every criterion has its majority; where nobody was asked, not reviewed."""
        if not self.ballots:
            return "not reviewed"
        return "rejected" if self.failed else "accepted"

    @property
    def average(self) -> float:
        """Share of yes among all scores that were asked for; a missing one counts as a no."""
        asked = len(CRITERIA) * len(self.ballots)
        return sum(map(self.yes, CRITERIA)) / asked if asked else 0.0

    @property
    def one_model(self) -> bool:
        """Whether all reviewers are the same model, so that they share its blind spots."""
        return len({b.model or b.reviewer for b in self.ballots}) == 1

    def reasons(self) -> tuple[Rejected, ...]:
        """Why a task was rejected, one reason a criterion, in the reviewers' words for the author."""
        if self.status != "rejected":
            return ()
        return tuple(Rejected(stage="committee", reason=self._reason(c)) for c in self.failed)

    def told(self) -> str:
        """The outcome in one line; the number who accepted is that of the criterion that the fewest said yes to."""
        if not self.ballots:
            return "not reviewed"
        asked = len(self.ballots)
        if self.status == "accepted":
            return f"accepted by {min(map(self.yes, CRITERIA))} of {asked} ({self._who()})"
        found = ", ".join(f"{c} {self.yes(c)} of {asked}" for c in self.failed)
        return f"rejected: {found} ({self._who()})"

    def _who(self) -> str:
        names = ", ".join(f"{b.reviewer} abstained" if b.review is None else b.reviewer for b in self.ballots)
        if not self.one_model:
            return names
        first = self.ballots[0]
        return f"{names}; only one model{f', {first.model}' if first.model not in {'', first.reviewer} else ''}"

    def _reason(self, criterion: Criterion) -> str:
        noes = [f"{b.reviewer}: {one_line(b.review.mark(criterion).reason)}"
                for b in self.ballots if b.review is not None and not b.yes(criterion)]  # fmt: skip
        silent = sum(b.review is None for b in self.ballots)
        told = [f"{criterion}: {self.yes(criterion)} of {len(self.ballots)} reviewers say yes", *noes]
        if silent:
            told.append(f"{silent} gave no usable review, which says nothing about the task")
        return "; ".join(told)


def count(ballots: Iterable[Ballot]) -> Votes:
    """The votes of everybody who was asked."""
    return Votes(ballots=tuple(ballots))


def one_line(text: str) -> str:
    """A text without line breaks, cut where it is too long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST].rstrip()} …"
