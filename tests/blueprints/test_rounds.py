"""Rounds: what goes back to an author, when it ends, and what is written down of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.votes import CRITERIA, Ballot, Review, Votes, count
from blueprints.rounds import TOLD, Drafted, Ports, Round, drafted, one_round
from tests.blueprints.talks import planned

TASK = planned("library", 1)[0]
WRONG = Rejected(stage="wording", reason="say the title")
OTHER = Rejected(stage="leakage", reason="no tool names")


def review(*scores: int) -> Review:
    marks = {c: {"reason": f"{c} is so", "score": s} for c, s in zip(CRITERIA, scores, strict=True)}
    return Review.model_validate(marks)


NO = count([Ballot(reviewer="m", review=review(1, 0, 1, 0))])
YES = count([Ballot(reviewer="m", review=review(1, 1, 1, 1))])


@dataclass
class Table:
    """Everybody at the table, who says in turn what they are given to say and writes down what they are told."""

    proposals: list[Blueprint | Rejected] = field(default_factory=lambda: [TASK] * 9)
    found: list[Sequence[Rejected]] = field(default_factory=list)
    votes: list[Votes] = field(default_factory=list)
    plans: list[str | Rejected] = field(default_factory=list)
    told: list[tuple[Rejected, ...]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    planned: list[tuple[Rejected, ...]] = field(default_factory=list)
    read: int = 0

    async def propose(self, told: tuple[Rejected, ...], number: int) -> Blueprint | Rejected:
        self.told.append(told)
        self.numbers.append(number)
        return self.proposals.pop(0)

    def gates(self, blueprint: Blueprint) -> Iterator[Rejected]:
        for reason in self.found.pop(0) if self.found else ():
            self.read += 1
            yield reason

    async def review(self, blueprint: Blueprint, number: int) -> Votes:
        return self.votes.pop(0)

    async def summarise(self, blueprint: Blueprint, reasons: Sequence[Rejected], number: int) -> str | Rejected:
        self.planned.append(tuple(reasons))
        return self.plans.pop(0)

    def ports(self) -> Ports:
        return Ports(
            self.propose,
            self.gates,
            self.review if self.votes else None,
            self.summarise if self.plans else None,
        )

    async def seated(self, rounds: int = 3) -> Drafted:
        return await drafted(self.ports(), rounds)


async def test_what_passes_every_gate_stands_and_is_not_reviewed():
    done = await Table().seated()
    assert done.blueprint is not None
    assert done.rounds == (Round(),)
    assert (done.blueprint.provenance.rounds, done.blueprint.provenance.reviewed) == (0, "not reviewed")
    assert done.blueprint.id == TASK.id == done.blueprint.identity()


async def test_the_author_is_told_of_every_round_before_and_all_that_one_gate_found():
    more = Rejected(stage="wording", reason="and the date")
    table = Table(found=[[WRONG, more, OTHER], [OTHER], []])
    done = await table.seated()
    assert [r.gate for r in done.rounds] == ["wording", "leakage", ""]
    assert done.rounds[0].reasons == (WRONG, more)
    both = Rejected(stage="wording", reason="say the title; and the date")
    assert table.told == [(), (both,), (both, OTHER)]
    assert table.numbers == [0, 1, 2]
    assert done.reasons == (WRONG, OTHER)
    assert done.blueprint is not None
    assert done.blueprint.provenance.rounds == 2


async def test_gates_are_not_asked_further_than_what_is_told():
    table = Table(found=[[WRONG] * 50])
    await drafted(table.ports(), 0)
    assert table.read == TOLD
    table = Table(found=[[WRONG, OTHER, OTHER, OTHER]])
    await drafted(table.ports(), 0)
    assert table.read == 2


@pytest.mark.parametrize("rounds", [0, 1, 4])
async def test_it_ends_when_the_rounds_are_spent(rounds):
    table = Table(found=[[WRONG]] * 9)
    done = await table.seated(rounds)
    assert done.blueprint is None
    assert len(done.rounds) == len(table.told) == rounds + 1


async def test_an_author_that_gives_up_is_not_asked_again_and_one_that_errs_is():
    lost = Rejected(stage="author", reason="no words today")
    done = await Table(proposals=[lost, TASK]).seated()
    assert (done.blueprint, done.rounds) == (None, (Round(gate="author", reasons=(lost,)),))
    short = Rejected(stage="format", reason="one line for two stages")
    done = await Table(proposals=[short, short, TASK]).seated()
    assert [r.gate for r in done.rounds] == ["format", "format", ""]


async def test_the_committee_sees_only_what_passes_the_gates_and_may_send_it_back():
    table = Table(found=[[WRONG], [], []], votes=[NO, YES])
    done = await table.seated()
    assert [(r.gate, r.votes.status) for r in done.rounds] == [
        ("wording", "not reviewed"),
        ("committee", "rejected"),
        ("", "accepted"),
    ]
    told = table.told[-1][-1]
    assert told.stage == "committee"
    assert "completeness: 0 of 1" in told.reason
    assert "creativity: 0 of 1" in told.reason
    assert done.blueprint is not None
    assert done.blueprint.provenance.reviewed == YES.told()


async def test_a_plan_is_told_instead_of_the_reasons():
    table = Table(votes=[NO, NO, NO], plans=["Write it anew.", Rejected(stage="plan", reason="none")])
    done = await table.seated(2)
    assert table.told[1] == (Rejected(stage="plan", reason="Write it anew."),)
    assert table.told[2][-1].stage == "committee"
    assert [r.plan for r in done.rounds] == ["Write it anew.", "", ""]
    assert table.planned == [NO.reasons(), NO.reasons()]


async def test_gates_need_no_plan():
    table = Table(found=[[WRONG], []], plans=["never asked for"])
    await table.seated()
    assert table.told[-1] == (WRONG,)
    assert table.planned == []


async def test_a_round_by_itself_tells_nothing_and_keeps_what_was_proposed():
    table = Table(found=[[WRONG]])
    proposed, result = await one_round(table.ports(), (), 5)
    assert (proposed, result.stood, table.told, table.numbers) == (TASK, False, [()], [5])
