"""From a goal to a blueprint: identity, words, rounds with an author, and twins."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.author import PUSH_BACK, TemplateAuthor, Wording
from blueprints.blueprint import Blueprint, Rejected
from blueprints.checks import check
from blueprints.draft import twin_draft, with_words, word, worded_like
from tests.blueprints.talks import DOMAINS, planned, world_of
from tools_env.calls import Result
from tools_env.replay import replay


@dataclass
class Slow:
    """An author who leaves the instruction out at first, and mends it when told so."""

    name: str = "slow"
    heard: list[tuple[Rejected, ...]] = field(default_factory=list)
    until: int = 2

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        self.heard.append(feedback)
        right = await TemplateAuthor().word(draft, ())
        assert isinstance(right, Wording)
        return right if len(feedback) >= self.until else Wording(instruction=" ", says=right.says)


@dataclass
class Mute:
    """An author who has nothing to say."""

    name: str = "mute"

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        return Rejected(stage="author", reason="no words today")


@dataclass
class Short(Mute):
    """An author who forgets the lines."""

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        return Wording(instruction="You want something.", says=())


def some(kind: str, domain: str = "library") -> Blueprint:
    return next(b for b in planned(domain, 72) if b.kind == kind and not b.parents)


async def test_an_author_is_told_why_and_may_mend_it():
    author = Slow()
    found = await word(some("act"), author, world_of("library"), rounds=3, task=7)
    assert isinstance(found, Blueprint)
    assert [len(f) for f in author.heard] == [0, 1, 2]
    assert {r.stage for r in author.heard[-1]} == {"wording"}
    assert (found.provenance.author, found.provenance.rounds, found.provenance.task) == ("slow", 2, 7)
    assert found.id == found.identity()


async def test_rounds_come_to_an_end_with_all_the_reasons():
    found = await word(some("act"), Slow(until=9), world_of("library"), rounds=1, task=0)
    assert not isinstance(found, Blueprint)
    assert [r.stage for r in found] == ["wording", "wording"]


@pytest.mark.parametrize(("author", "stages"), [(Mute(), ["author"]), (Short(), ["format", "format"])])
async def test_an_author_without_words_is_a_reason(author, stages):
    found = await word(some("act"), author, world_of("library"), rounds=1, task=0)
    assert not isinstance(found, Blueprint)
    assert [r.stage for r in found] == stages


def test_who_wrote_it_is_no_part_of_what_it_is():
    blueprint = some("inform")
    signed = blueprint.model_copy(update={"provenance": blueprint.provenance.model_copy(update={"author": "else"})})
    assert signed.identity() == blueprint.id
    assert signed.model_copy(update={"instruction": "Else."}).identity() != blueprint.id


@given(st.text(max_size=40), st.text(max_size=40))
def test_other_words_are_another_blueprint_and_the_same_task(told, line):
    blueprint = some("act")
    reworded = with_words(blueprint, told, [line] * len(blueprint.stages))
    assert reworded.substance() == blueprint.substance()
    assert (reworded.identity() == blueprint.identity()) == (
        reworded.instruction == blueprint.instruction and reworded.stages == blueprint.stages
    )


def test_a_blueprint_survives_being_written_down():
    for domain in DOMAINS:
        for blueprint in planned(domain, 72):
            assert Blueprint.model_validate_json(blueprint.model_dump_json()) == blueprint


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_two_blueprints_are_the_same_task(domain):
    plan = planned(domain, 72)
    assert len({b.id for b in plan}) == len({b.substance() for b in plan}) == len(plan)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_twin_has_the_words_of_its_refusal_and_does_what_it_forbids(domain):
    world = world_of(domain)
    refusals = [b for b in planned(domain, 72) if b.kind == "refuse"]
    assert len(refusals) >= 12
    for refusal in refusals:
        assert refusal.evidence is not None
        drafted = twin_draft(refusal, world)
        assert isinstance(drafted, Blueprint)
        twin = worded_like(drafted, refusal, world, 1)
        assert isinstance(twin, Blueprint)
        assert [s.say for s in twin.stages] == [s.say for s in refusal.stages]
        assert refusal.instruction == f"{twin.instruction} {PUSH_BACK}"
        assert twin.person == refusal.person
        assert twin.snapshot == refusal.snapshot
        assert len(twin.setup) == 1
        assert twin.actions[-1] == refusal.evidence.forbidden
        assert twin.diff
        assert not refusal.diff
        assert not list(check(twin, world))
        tried = replay(world, refusal.snapshot, refusal.setup, twin.actions)
        assert tried.breaches or not isinstance(tried.outcomes[-1], Result)


def test_only_a_refusal_has_a_twin():
    found = twin_draft(some("act"), world_of("library"))
    assert isinstance(found, Rejected)
    assert found.stage == "format"


@pytest.mark.parametrize("domain", DOMAINS)
def test_facts_are_volunteered_kept_back_and_unknown(domain):
    """A third or so of what a person knows of a matter waits to be asked for, so that talks unfold."""
    facts = [k for b in planned(domain, 72) for k in b.known.values() if k.about and k.field]
    back = sum(1 for k in facts if k.disclose == "if_asked") / len(facts)
    assert 0.15 < back < 0.45
    assert all(k.value is None for b in planned(domain, 72) for k in b.known.values() if k.disclose == "unknown")


def test_a_fact_that_an_own_fact_goes_by_too_is_new():
    """Where the person lives is one postcode, where the order is to go another."""
    plan = planned("tests.swap_world:SwapShop", 60)
    moved = [(b, a) for b in plan for a in b.actions if a.name == "redirect_order"]
    assert len(moved) > 5
    for blueprint, action in moved:
        new = [(n, k) for n, k in blueprint.known.items() if k.about == "postcode"]
        own = blueprint.known["postcode"]
        assert (own.about, own.label) == ("", "postcode")
        assert action.arguments["postcode"] in [k.value for _, k in new]
        assert all(n.startswith("new postcode") and k.label == "new postcode" for n, k in new)
        streets = [n for n, k in blueprint.known.items() if k.about == "street"]
        assert all(n.startswith("street") for n in streets)
