"""Calibration: how many planted faults each reviewer finds, and how often they object to what is harmless."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from blueprints.blueprint import Blueprint
from blueprints.committee.faults import faults, planted
from blueprints.committee.material import question
from blueprints.committee.review import Gather, Reviewer, ballot, in_turn
from blueprints.committee.twins import harmless, twins
from blueprints.committee.votes import Ballot, Criterion, Votes, count
from blueprints.wilson import wilson
from tools_env.port import World
from tools_env.values import Part

TOGETHER = "the committee"
"""Stands for all reviewers, by majority."""


class Case(Part):
    """A blueprint to be reviewed, what was done to it, and the criterion that should fail (none: harmless)."""

    kind: str
    criterion: Criterion | None
    blueprint: Blueprint


class Measured(Part):
    """How one reviewer judged the cases of one kind: how many were asked, how many reviews came, and what they said.

    Objecting is a 0 for any criterion, naming a 0 for the planted one. Shares are of the reviews that came, so that
    silence is neither a fault found nor a false alarm; for the committee silence has been counted as its rule says.
    """

    reviewer: str
    kind: str
    criterion: Criterion | None
    asked: int
    reviewed: int
    objected: int
    named: int = 0

    @property
    def share(self) -> float | None:
        """Recall where a fault was planted, else the rate of false alarms; none without a review."""
        return self.objected / self.reviewed if self.reviewed else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share."""
        return wilson(self.objected, self.reviewed)


class Calibration(Part):
    """All that was measured: by reviewer, and for each by kind, faults before harmless twins."""

    measured: tuple[Measured, ...]

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Whom it is about, in order."""
        return tuple(dict.fromkeys(m.reviewer for m in self.measured))

    def recall(self, reviewer: str) -> Measured:
        """A reviewer over all planted faults."""
        return _sum(reviewer, "all faults", [m for m in self.measured if m.reviewer == reviewer and m.criterion])

    def false_alarms(self, reviewer: str) -> Measured:
        """A reviewer over all harmless twins."""
        return _sum(reviewer, "all harmless", [m for m in self.measured if m.reviewer == reviewer and not m.criterion])


def cases(blueprints: Sequence[Blueprint], world: World, seed: int, each: int) -> tuple[Case, ...]:
    """Up to `each` cases of every kind, made of accepted blueprints; the same seed makes the same."""
    found: list[Case] = []
    for fault in faults():
        made = _made(blueprints, f"{seed} {fault.kind}", partial(planted, fault, world=world))
        found += [Case(kind=fault.kind, criterion=fault.criterion, blueprint=b) for b in islice(made, each)]
    for twin in twins():
        made = _made(blueprints, f"{seed} {twin.kind}", partial(harmless, twin, world=world))
        found += [Case(kind=twin.kind, criterion=None, blueprint=b) for b in islice(made, each)]
    return tuple(found)


def _made(
    blueprints: Sequence[Blueprint], seed: str, make: Callable[[Blueprint, random.Random], Blueprint | None]
) -> Iterator[Blueprint]:
    rng = random.Random(seed)
    for blueprint in rng.sample(blueprints, len(blueprints)):
        made = make(blueprint, rng)
        if made is not None:
            yield made


async def calibrate(
    reviewers: Iterable[Reviewer], made: Sequence[Case], world: World, gather: Gather = in_turn
) -> Calibration:
    """Have every reviewer judge every case; with more than one, the committee is measured too."""
    members = tuple(reviewers)
    names = [one.name for one in members]
    if not members or len({*names, TOGETHER}) <= len(names):
        raise ValueError("reviewers are needed, each by a name of its own")
    asked = [question(case.blueprint, world, case.blueprint.identity()) for case in made]
    ballots = await gather(ballot(one, what) for what in asked for one in members)
    by_case = [tuple(ballots[n * len(members) : (n + 1) * len(members)]) for n in range(len(made))]
    return measure(names, made, by_case)


def measure(names: Sequence[str], made: Sequence[Case], ballots: Sequence[Sequence[Ballot]]) -> Calibration:
    """What the ballots of each case, one for each name in order, say of those who cast them."""
    voters = [(name, [count([one[place]]) for one in ballots]) for place, name in enumerate(names)]
    if len(names) > 1:
        voters.append((TOGETHER, [count(one) for one in ballots]))
    kinds = dict.fromkeys((case.kind, case.criterion) for case in made)
    found: list[Measured] = []
    for name, votes in voters:
        for kind, criterion in kinds:
            mine = [one for one, case in zip(votes, made, strict=True) if case.kind == kind]
            found.append(_measured(name, kind, criterion, mine))
    return Calibration(measured=tuple(found))


def _measured(reviewer: str, kind: str, criterion: Criterion | None, votes: Sequence[Votes]) -> Measured:
    """One reviewer's votes are those of a committee of one."""
    came = [v for v in votes if reviewer == TOGETHER or v.ballots[0].review is not None]
    return Measured(
        reviewer=reviewer,
        kind=kind,
        criterion=criterion,
        asked=len(votes),
        reviewed=len(came),
        objected=sum(v.status != "accepted" for v in came),
        named=sum(criterion in v.failed for v in came),
    )


def _sum(reviewer: str, kind: str, parts: Sequence[Measured]) -> Measured:
    return Measured(
        reviewer=reviewer,
        kind=kind,
        criterion=None,
        asked=sum(m.asked for m in parts),
        reviewed=sum(m.reviewed for m in parts),
        objected=sum(m.objected for m in parts),
        named=sum(m.named for m in parts),
    )


def render(calibration: Calibration) -> str:
    """The report as text, one table a reviewer."""
    tables = ["Faults found and false alarms, as shares of the reviews that came, with 95 % intervals (Wilson)."]
    for reviewer in calibration.reviewers:
        mine = [m for m in calibration.measured if m.reviewer == reviewer]
        rows: list[tuple[str, ...]] = [("fault planted", "should fail", "found", "", "by that criterion", "no review")]
        rows += [_row(m, m.criterion) for m in mine if m.criterion]
        rows += [_row(calibration.recall(reviewer), "any")]
        rows += [("harmless", "", "false alarms", "", "", "no review")]
        rows += [_row(m, "") for m in mine if not m.criterion]
        rows += [_row(calibration.false_alarms(reviewer), "")]
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
        tables.append("\n".join([reviewer, *(f"  {line}" for line in lines)]))
    return "\n\n".join(tables) + "\n"


def _row(measured: Measured, criterion: str) -> tuple[str, ...]:
    low, high = measured.interval
    share = "" if measured.share is None else f"{measured.share:.0%} [{low:.0%}, {high:.0%}]"
    named = f"{measured.named} of {measured.reviewed}" if criterion else ""
    silent = str(measured.asked - measured.reviewed)
    return (measured.kind, criterion, f"{measured.objected} of {measured.reviewed}", share, named, silent)
