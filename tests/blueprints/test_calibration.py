"""Calibration: faults that no gate sees, twins that nobody should object to, and what is counted."""

import asyncio
import random
from functools import cache

import pytest

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint, Rejected
from blueprints.checks import check
from blueprints.committee.calibration import TOGETHER, Calibration, Case, calibrate, cases, measure, render
from blueprints.committee.faults import faults, planted
from blueprints.committee.material import question
from blueprints.committee.review import Reviewer
from blueprints.committee.twins import harmless, twins
from blueprints.committee.votes import CRITERIA, Ballot, Criterion
from blueprints.wilson import wilson
from tests.blueprints.committee_cases import TIMED_OUT, reviewed
from tests.blueprints.talks import DOMAINS, at_once, planned, world_of
from tools_env.replay import replay

KINDS = [fault.kind for fault in faults()]
EACH = 4


@cache
def spoiled(kind: str, domain: str) -> list[tuple[Blueprint, Blueprint]]:
    """Every planned task in which a fault has a place, before and after."""
    fault = next(f for f in faults() if f.kind == kind)
    rng = random.Random(kind)
    pairs = [(b, planted(fault, b, rng, world_of(domain))) for b in planned(domain, 72)]
    return [(before, after) for before, after in pairs if after is not None]


@cache
def made(domain: str = "library") -> tuple[Case, ...]:
    return cases(planned(domain, 72), world_of(domain), 0, EACH)


def told(blueprint: Blueprint) -> str:
    return "\n".join([blueprint.instruction, *(s.say for s in blueprint.stages)])


def test_every_criterion_has_faults_of_its_own():
    assert len(KINDS) == len(set(KINDS)) >= 8
    for criterion in CRITERIA:
        assert sum(f.criterion == criterion for f in faults()) >= 2


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_fault_passes_every_gate_and_is_another_task(kind, domain):
    assert len(spoiled(kind, domain)) >= 2
    check_planted(domain, spoiled(kind, domain)[:10])


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_planted_fault_passes_every_gate_and_is_another_task(kind, domain):
    check_planted(domain, spoiled(kind, domain))


def check_planted(domain: str, pairs: list[tuple[Blueprint, Blueprint]]) -> None:
    for before, after in pairs:
        assert not list(check(after, world_of(domain)))
        assert after.id == after.identity() != before.id
        assert after.person == before.person
        assert after.outputs == before.outputs
        assert after.known == before.known
        assert after.instruction.endswith(PUSH_BACK) == before.instruction.endswith(PUSH_BACK)
        assert len(after.stages) == len(before.stages)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_stays_and_what_is_said_changes_except_where_a_wish_is_forgotten(kind, domain):
    for before, after in spoiled(kind, domain):
        if kind == "wish not carried out":
            assert told(after) == told(before)
            assert after.actions == before.actions[: len(after.actions)] != before.actions
            assert after.diff != before.diff
            assert after.diff == replay(world_of(domain), after.snapshot, after.setup, after.actions).diff
        else:
            assert after.actions == before.actions
            assert after.diff == before.diff
            assert told(after) != told(before)
            assert sum(a.say != b.say for a, b in zip(after.stages, before.stages, strict=True)) == 1


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("only mentioned, yet done", ["nothing done about it today"]),
        ("told not to, yet done", ["by no means"]),
        ("another record", ["another ", " than "]),
        ("another value", ["on second thoughts"]),
        ("asks for more", ["and also "]),
        ("somebody else's account", ["neighbour", "that is not mine", "that is not yours"]),
        ("fallback not done", ["account closed instead"]),
        ("wishes that contradict", ["none of that done"]),
        ("left vague", ["something done that seems fit"]),
        ("second question unanswered", [" as well"]),
        ("absurd motive", [", because "]),
        ("dictates the steps", ["by these steps in this order: "]),
        ("in the desk's voice", ["Thank you for contacting our service desk"]),
    ],
)
def test_a_fault_can_be_read_in_the_words(kind, words, domain):
    for before, after in spoiled(kind, domain):
        assert all(word in told(after) for word in words)
        assert not all(word in told(before) for word in words) or kind in {"absurd motive", "another record"}
        assert "{" not in told(after)


@pytest.mark.parametrize("domain", DOMAINS)
def test_another_question_is_about_the_same_record(domain):
    for before, after in spoiled("another question", domain):
        (number,) = (n for n, (a, b) in enumerate(zip(after.stages, before.stages, strict=True)) if a != b)
        asked, other = before.stages[number].intent, after.stages[number].intent
        assert asked.rpartition(" of ")[2] == other.rpartition(" of ")[2]
        assert asked.rpartition(" of ")[0] != other.rpartition(" of ")[0]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_model_authors_background_stays(domain):
    """What an author wrote around the program's sentences is left alone."""
    world, fault = world_of(domain), next(f for f in faults() if f.kind == "told not to, yet done")
    plain = next(before for before, _ in spoiled(fault.kind, domain))
    kept = "You are tired and write late at night."
    before = plain.model_copy(update={"instruction": f"{kept} {plain.instruction}"}).sealed()
    after = planted(fault, before, random.Random(1), world)
    assert after is not None
    assert after.instruction.startswith(kept)
    assert "by no means" in after.instruction


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_task_without_stages_has_no_place_for_a_wish_gone_wrong(domain):
    bare = planned(domain, 1)[0].model_copy(update={"stages": (), "outputs": ()})
    for fault in faults():
        assert fault.plant(bare, random.Random(1), world_of(domain)) is None


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("twin", twins(), ids=[t.kind for t in twins()])
def test_a_twin_is_the_same_task_in_other_words(twin, domain):
    rng = random.Random(twin.kind)
    pairs = [(b, harmless(twin, b, rng, world_of(domain))) for b in planned(domain, 72)]
    pairs = [(before, after) for before, after in pairs if after]
    assert len(pairs) >= 4
    for before, after in pairs:
        assert after is not None
        assert after.substance() == before.substance()
        assert after.diff == before.diff
        assert not list(check(after, world_of(domain)))
        assert (told(after) == told(before)) == (twin.kind == "as it was")


def test_the_same_seed_makes_the_same_cases():
    again = cases(planned("library", 72), world_of("library"), 0, EACH)
    other = cases(planned("library", 72), world_of("library"), 1, EACH)
    assert made() == again != other
    assert {c.kind for c in made()} == {*KINDS, *(t.kind for t in twins())}
    assert all(sum(c.kind == kind for c in made()) <= EACH for kind in KINDS)
    assert len({c.blueprint.id for c in made() if c.criterion}) == sum(c.criterion is not None for c in made())


def knowing(found: dict[str, Criterion | None], blind: str = "") -> Reviewer:
    """A reviewer who knows each case, but for one criterion."""

    async def ask(prompt, subject, number, kind):
        criterion = found[subject]
        return reviewed(*([criterion] if criterion and criterion != blind else []))

    return Reviewer(f"sees all but {blind}" if blind else "sees all", ask)


def saying(answer, name: str) -> Reviewer:
    async def ask(prompt, subject, number, kind):
        return answer

    return Reviewer(name, ask)


def calibrated(*reviewers: Reviewer) -> Calibration:
    return at_once(calibrate(reviewers, made(), world_of("library")))


def known() -> dict[str, Criterion | None]:
    return {c.blueprint.id: c.criterion for c in made()}


def test_who_sees_all_finds_all_and_cries_no_wolf():
    found = calibrated(knowing(known()))
    assert found.reviewers == ("sees all",)
    recall, alarms = found.recall("sees all"), found.false_alarms("sees all")
    faulty = sum(c.criterion is not None for c in made())
    assert (recall.objected, recall.named, recall.reviewed, recall.share) == (faulty, faulty, faulty, 1.0)
    assert (alarms.objected, alarms.reviewed, alarms.share) == (0, len(made()) - faulty, 0.0)
    assert recall.interval == wilson(faulty, faulty)
    assert [m.kind for m in found.measured] == [*KINDS, *(t.kind for t in twins())]


def test_a_blind_spot_shows_in_its_own_faults_only():
    found = calibrated(knowing(known(), blind="satisfaction"))
    for m in found.measured:
        assert m.share == (0.0 if m.criterion in {"satisfaction", None} else 1.0)


@pytest.mark.parametrize(("no", "share", "alarms"), [((), 0.0, 0.0), (("creativity",), 1.0, 1.0)])
def test_who_always_says_the_same_has_as_many_false_alarms(no, share, alarms):
    found = calibrated(saying(reviewed(*no), "same"))
    assert (found.recall("same").share, found.false_alarms("same").share) == (share, alarms)
    named = sum(c.criterion in no for c in made() if c.criterion)
    assert found.recall("same").named == named


def test_silence_is_neither_a_find_nor_a_false_alarm():
    found = calibrated(saying(TIMED_OUT, "mute"))
    for m in found.measured:
        assert (m.reviewed, m.objected, m.share, m.interval) == (0, 0, None, (0.0, 1.0))
        assert m.asked > 0


def test_a_committee_is_measured_by_its_rule():
    found = calibrated(knowing(known()), saying(reviewed(), "kind"), saying(TIMED_OUT, "mute"))
    assert found.reviewers == ("sees all", "kind", "mute", TOGETHER)
    assert found.recall(TOGETHER).share == 1.0
    assert found.false_alarms(TOGETHER).share == 0.0  # two of three say yes to what is harmless
    pair = calibrated(knowing(known()), saying(TIMED_OUT, "mute"))
    assert pair.false_alarms(TOGETHER).share == 1.0  # one of two is no majority


async def test_side_by_side_gives_the_same():
    async def side_by_side(waiting):
        return await asyncio.gather(*waiting)

    members = [knowing(known()), saying(reviewed(), "kind")]
    found = await calibrate(members, made(), world_of("library"), side_by_side)
    assert found == await calibrate(members, made(), world_of("library"))


@pytest.mark.parametrize("names", [(), ("a", "a"), (TOGETHER,)])
def test_reviewers_need_names_of_their_own(names):
    with pytest.raises(ValueError, match="name of its own"):
        calibrated(*(saying(reviewed(), name) for name in names))


def test_cases_are_put_as_tasks_are():
    case = made()[0]
    asked = question(case.blueprint, world_of("library"), case.blueprint.identity())
    assert asked.subject == case.blueprint.id
    assert case.kind not in asked.prompt


def test_the_report_says_it_in_figures():
    blueprint = planned("library", 1)[0]
    some = [Case(kind="another record", criterion="correctness", blueprint=blueprint)] * 3
    some += [Case(kind="courtesy", criterion=None, blueprint=blueprint)] * 2
    silent = Ballot(reviewer="qwen", abstained_because="late")
    reviews = (reviewed("correctness"), reviewed("creativity"), None, reviewed(), None)
    ballots = [Ballot(reviewer="qwen", review=one) if one else silent for one in reviews]
    lines = render(measure(["qwen"], some, [[b] for b in ballots])).splitlines()
    assert lines[2] == "qwen"
    assert [" ".join(line.split()) for line in lines[3:]] == [
        "fault planted should fail found by that criterion no review",
        "another record correctness 2 of 2 100% [34%, 100%] 1 of 2 1",
        "all faults any 2 of 2 100% [34%, 100%] 1 of 2 1",
        "harmless false alarms no review",
        "courtesy 0 of 1 0% [0%, 79%] 1",
        "all harmless 0 of 1 0% [0%, 79%] 1",
    ]


def test_a_report_without_a_review_has_no_shares():
    text = render(calibrated(saying(Rejected(stage="x", reason="gone"), "mute")))
    assert "0 of 0" in text
    assert "%]" not in text
