"""From a goal to a blueprint: identity, words, rounds with an author, and twins."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.author import PUSH_BACK, TemplateAuthor, Wording
from blueprints.blueprint import Blueprint, Rejected
from blueprints.checks import check
from blueprints.draft import ground, twin_draft, with_words, word, worded_like
from blueprints.goal import Answer, Total
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS, draws, goals, tasks, twins, with_operator, worded
from tests.blueprints.talks import DOMAINS, planned, world_of
from tools_env.calls import Edit, Result
from tools_env.mentions import mentions
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
        assert twin.setup == refusal.evidence.twin
        places = [edit.path for edit in twin.setup if isinstance(edit, Edit)]
        assert places[0] == refusal.evidence.because.path
        assert len({place.rpartition("/")[0] for place in places}) == 1
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
    """A good part of what a person knows of a matter waits to be asked for, so that talks unfold."""
    facts = [k for b in planned(domain, 72) for k in b.known.values() if k.about and k.field]
    back = sum(1 for k in facts if k.disclose == "if_asked") / len(facts)
    assert 0.1 < back < 0.45
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


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_drawn_passes_every_gate_in_the_templates_words(domain, kind):
    world = world_of(domain)
    for blueprint in tasks(domain, kind, 15):
        assert blueprint.kind == kind
        assert not list(check(blueprint, world)), blueprint.instruction


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_hardly_any_goal_comes_to_nothing(domain, kind):
    made = [ground(goal, "", rng) for goal, rng in draws(world_of(domain), kind, 30)]
    wrong = [draft for draft in made if isinstance(draft, Rejected)]
    assert len(wrong) <= 0.15 * len(made), wrong


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_is_not_drawn_again(domain, kind):
    found = tasks(domain, kind, 15)
    assert len({b.substance() for b in found}) >= len(found) - (kind == "policy_question") * 3


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_the_twin_of_a_refusal_passes_every_gate_in_the_same_words(domain, kind):
    """The other matter of a partial is told apart by the same words, though a field has changed."""
    pairs = twins(domain, kind, 15)
    assert len(pairs) >= 10
    for refusal, twin in pairs:
        assert refusal.evidence is not None
        assert [s.say for s in twin.stages] == [s.say for s in refusal.stages]
        assert {s.wants for s in twin.stages} == {"change"}
        assert twin.actions == (*refusal.actions, refusal.evidence.forbidden)
        assert (twin.kind, twin.evidence, PUSH_BACK in twin.instruction) == ("act", None, False)
        assert not list(check(twin, world_of(domain)))


@pytest.mark.parametrize("domain", WORLDS)
def test_a_partial_changes_what_it_may_and_breaks_one_clause(domain):
    for blueprint in tasks(domain, "partial", 15):
        assert [s.wants for s in blueprint.stages] == ["change", "refusal"]
        assert blueprint.evidence is not None
        assert blueprint.diff
        assert blueprint.clauses == (blueprint.evidence.clause,)
        assert blueprint.instruction.endswith(PUSH_BACK)


@pytest.mark.parametrize("domain", WORLDS)
def test_who_is_vague_says_no_more_than_one_of_mine(domain):
    for blueprint in tasks(domain, "clarify", 15):
        (stage,) = blueprint.stages
        assert "one of my " in stage.say
        back = [k for k in blueprint.known.values() if k.disclose == "if_asked" and k.field]
        assert back
        assert all(k.phrase in blueprint.instruction for k in blueprint.known.values() if k.phrase)


@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_withheld_is_asked_for_and_not_done(domain):
    for blueprint in tasks(domain, "missing_tool", 15):
        (withheld,) = blueprint.withheld
        assert [s.wants for s in blueprint.stages][1:] == ["missing"]
        assert withheld not in {a.name for a in blueprint.actions}
        assert withheld not in blueprint.offered(world_of(domain).specs)
        assert len(blueprint.offered(world_of(domain).specs)) == len(world_of(domain).specs) - 1
        assert blueprint.stages[-1].until == len(blueprint.actions)


@pytest.mark.parametrize("domain", WORLDS)
def test_a_question_about_the_policy_takes_no_call(domain):
    for blueprint in tasks(domain, "policy_question", 15):
        (output,) = blueprint.outputs
        assert (blueprint.actions, blueprint.diff, output.source_call) == ((), {}, None)
        assert blueprint.clauses == (output.name.removeprefix("clause "),)
        policy = world_of(domain).brief(blueprint.snapshot).policy
        assert mentions(policy, output.value, output.meaning)
        assert not mentions(blueprint.stages[0].say, output.value, output.meaning)


def test_outputs_say_where_they_come_from():
    totals = 0
    for domain in ("retail", "clinic"):
        for goal, rng in [*draws(world_of(domain), "inform", 40)]:
            draft = ground(goal, "", rng)
            if not isinstance(draft, Blueprint):
                continue
            for output, intent in zip(draft.outputs, goal.intents, strict=True):
                assert (output.source_call is None) == (output.how == "total") == isinstance(intent.answer, Total)
                assert bool(output.of) == (output.how == "total")
                assert (output.unit == "USD") == (output.meaning.kind == "amount")
                if isinstance(intent.answer, Answer):
                    made = goal.knowledge.log[intent.shown_by].call
                    assert output.source_call is not None
                    assert draft.actions[output.source_call] == made
                totals += output.how == "total"
    assert totals > 10


def test_operators_are_named_for_what_is_in_the_stages():
    for name, shows in (
        ("condition", lambda s: s.condition is not None),
        ("fallback", lambda s: s.other is not None and s.condition is None),
        ("change of mind", lambda s: s.change != ""),
    ):
        some_ = with_operator(name)
        assert len(some_) > 12
        assert all(any(shows(s) for s in b.stages) for b in some_)
    plain = [b for d in WORLDS for b in tasks(d, "act", 40) if not {*b.operators} & {"condition", "fallback"}]
    assert not [s for b in plain for s in b.stages if s.condition or s.other]
    assert all((len(b.stages) > 1) == ("several intents" in b.operators) for b in plain)


def test_an_operator_makes_another_task():
    """The same calls with a condition, or another first wish, are no repetition."""
    blueprint = next(b for b in with_operator("condition") if len(b.stages) == 1)
    (stage,) = blueprint.stages
    bare = blueprint.model_copy(update={"stages": (stage.model_copy(update={"condition": None, "other": None}),)})
    assert bare.substance() != blueprint.substance()


def test_the_goal_of_a_draft_stays_as_it_is():
    goal = goals("library", "act", 1)[0]
    import random

    one, other = (ground(goal, "You are in a hurry.", random.Random(3)) for _ in range(2))
    assert isinstance(one, Blueprint)
    assert one == other
    assert worded(one).persona == "You are in a hurry."
