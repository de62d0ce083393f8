"""Every gate of phase one: a sound blueprint passes them all, and with one thing broken the right one says so."""

from collections.abc import Iterator

import pytest

from blueprints.blueprint import Blueprint, Output, Rejected
from blueprints.checks import check, world_gates
from blueprints.word_gates import invention, leakage
from tests.blueprints.breaks import ALL, altered, with_line, with_words
from tests.blueprints.drawn import WORLDS, tasks, with_operator
from tests.blueprints.talks import DOMAINS, planned, world_of
from tools_env.calls import Assertion, Call
from tools_env.mentions import spoken
from tools_env.replay import replay
from tools_env.values import Identifier, Json, Meaning


def blueprints(domain: str) -> tuple[Blueprint, ...]:
    return planned(domain, 72)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sound_blueprint_passes_every_gate(domain):
    world = world_of(domain)
    wrong = [found for b in blueprints(domain) for found in check(b, world)]
    assert not wrong


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("break_", ALL, ids=lambda b: b.__name__)
def test_one_thing_broken_is_found_at_its_gate(domain, break_):
    world = world_of(domain)
    broken = [found for b in blueprints(domain)[:40] if (found := break_(b)) is not None]
    assert broken
    for blueprint in broken[:12]:
        stages = [r.stage for r in check(blueprint, world)]
        assert ALL[break_] in stages, (blueprint.instruction, list(check(blueprint, world)))


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("break_", [b for b, gate in ALL.items() if gate in {"leakage", "wording"}],
                         ids=lambda b: b.__name__)  # fmt: skip
def test_words_alone_never_trouble_the_gates_of_the_world(domain, break_):
    found = [b for b in map(break_, blueprints(domain)[:20]) if b is not None]
    assert found
    assert not [r for b in found for r in only(world_gates(b, world_of(domain)))]


def only(found: Iterator[Rejected]) -> list[Rejected]:
    return [r for r in found if r.stage not in {"outputs", "evidence"}]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_rejection_says_why_in_words(domain):
    world = world_of(domain)
    for break_ in ALL:
        broken = next((found for b in blueprints(domain) if (found := break_(b)) is not None), None)
        assert broken is not None, break_.__name__
        assert all(len(r.reason) > 10 and r.reason[0] != "<" for r in check(broken, world))


def first(domain: str = "library", kind: str = "act") -> Blueprint:
    return next(b for b in blueprints(domain) if b.kind == kind)


@pytest.mark.parametrize(
    "words",
    [
        "My name is [your name].",
        "Renew it until <date>.",
        "It is about {title}.",
        "I am @readerfan there.",
        "Keep: the title.",
        "keep : the title",
        "Matter 2: another loan.",
        "Background: you are in a hurry.",
        "PRESERVE: all facts.",
    ],
)
def test_what_nobody_types_is_sent_back(words):
    (found,) = invention(with_words(first(), words), world_of("library"))
    assert (found.stage, found.reason.startswith("the instruction holds ")) == ("wording", True)
    assert "leave it out" in found.reason


@pytest.mark.parametrize(
    "words",
    [
        "I keep forgetting it.",
        "That matters: a lot.",
        "It was in the background.",
        "There are 2 < 3 of them.",
        "No matter 2 or 3.",
        "We met @ noon.",
    ],
)
def test_what_people_do_type_is_left_alone(words):
    assert list(invention(with_words(first(), words), world_of("library"))) == []


def test_the_persons_own_words_and_mail_may_look_odd():
    blueprint, world = first(), world_of("library")
    mail = str(blueprint.known["email"].value)
    assert list(invention(with_words(blueprint, f"Write to {mail}."), world)) == []
    odd = blueprint.known["name"].model_copy(update={"value": "Ada [Ace]"})
    known = {**blueprint.known, "name": odd}
    named = with_words(blueprint.model_copy(update={"known": known}), "You are Ada [Ace].")
    assert list(invention(named, world)) == []


def test_a_persons_own_id_may_be_said_if_they_know_it():
    blueprint = first()
    words = with_words(blueprint, f"Your number is {blueprint.person}.")
    assert [r.stage for r in leakage(words, world_of("library"))] == ["leakage"]
    own = blueprint.known["email"].model_copy(
        update={"value": blueprint.person, "meaning": Identifier("members"), "label": "member id"}
    )
    told = words.model_copy(update={"known": {**words.known, "member_id": own}})
    assert list(leakage(told, world_of("library"))) == []
    about = own.model_copy(update={"about": "member_id"})
    assert list(leakage(words.model_copy(update={"known": {**words.known, "member_id": about}}), world_of("library")))


def test_what_is_asserted_has_to_hold_once_the_actions_are_done():
    for blueprint in [b for b in blueprints("library") if b.kind == "act"][:6]:
        world = world_of("library")
        look = Call(name="list_loans", arguments={"member_id": blueprint.person})
        done = replay(world, blueprint.snapshot, blueprint.setup, (*blueprint.actions, look))
        right = Assertion(call=look, value=done.outcomes[-1].observed())
        wrong = right.model_copy(update={"value": "nothing", "message": "all is gone"})
        assert list(world_gates(blueprint.model_copy(update={"assertions": (right,)}), world)) == []
        (found,) = world_gates(blueprint.model_copy(update={"assertions": (right, wrong)}), world)
        assert (found.stage, found.reason.startswith("all is gone")) == ("execution", True)


def output(blueprint: Blueprint, value: Json) -> Blueprint:
    found = Output(name="total", label="total", meaning=Meaning("amount"), value=value)
    return blueprint.model_copy(update={"outputs": (*blueprint.outputs, found)})


def test_an_output_says_where_it_comes_from():
    blueprint, world = first(kind="inform"), world_of("library")
    assert [r.reason for r in world_gates(output(blueprint, 987.65), world)] == ["nothing says where total comes from"]
    given = output(blueprint, 987.65).outputs[-1].model_copy(update={"source_call": 0})
    sourced = blueprint.model_copy(update={"outputs": (*blueprint.outputs, given)})
    assert [r.reason for r in world_gates(sourced, world)] == ["total is not in the result of its call"]
    beyond = given.model_copy(update={"source_call": 99})
    wrong = blueprint.model_copy(update={"outputs": (*blueprint.outputs, beyond)})
    assert [r.reason for r in world_gates(wrong, world)] == ["output total comes from no action"]


def test_an_output_may_not_be_copied_from_the_persons_words():
    imported = first(kind="inform").provenance.model_copy(update={"mode": "imported"})
    blueprint = output(first(kind="inform"), 987.65).model_copy(update={"provenance": imported})
    assert not list(world_gates(blueprint, world_of("library")))
    told = with_words(blueprint, "You believe that it is $987.65.")
    assert [r.stage for r in world_gates(told, world_of("library"))] == ["outputs"]


def test_only_an_imported_task_tells_what_nobody_asks_for():
    silent = next(b for b in blueprints("library") if b.kind == "act" and not b.outputs)
    blueprint, world = output(silent, 987.65), world_of("library")
    assert [r.stage for r in world_gates(blueprint, world)] == ["format"]
    imported = blueprint.provenance.model_copy(update={"mode": "imported"})
    assert list(world_gates(blueprint.model_copy(update={"provenance": imported}), world)) == []


def told(blueprint: Blueprint, stage: str) -> list[str]:
    """What the gates of one name say."""
    return [r.reason for r in check(blueprint, world_of(blueprint.domain)) if r.stage == stage]


def with_output(blueprint: Blueprint, number: int, **parts: object) -> Blueprint:
    outputs = [*blueprint.outputs]
    outputs[number] = outputs[number].model_copy(update=parts)
    return altered(blueprint, outputs=tuple(outputs))


def totals() -> list[tuple[Blueprint, int]]:
    found = [(b, n) for b in with_operator("aggregate") for n, o in enumerate(b.outputs) if o.how == "total"]
    assert len(found) > 20
    return found


def test_a_total_that_does_not_add_up_is_found():
    for blueprint, number in totals():
        output = blueprint.outputs[number]
        assert isinstance(output.value, int | float)
        reason = f"the {output.label} is not what the results add up to"
        assert reason in told(with_output(blueprint, number, value=output.value + 0.01), "outputs")


def test_a_total_of_fewer_records_or_of_others_is_found():
    for blueprint, number in totals():
        output = blueprint.outputs[number]
        fewer = with_output(blueprint, number, of=output.of[1:])
        strange = with_output(blueprint, number, of=(*output.of, "nobody's"))
        for wrong in (fewer, strange):
            assert f"the {output.label} is not what the results add up to" in told(wrong, "outputs")


def test_a_total_of_another_field_is_found():
    for blueprint, number in totals():
        assert told(with_output(blueprint, number, name="shoe_size"), "outputs")


@pytest.mark.parametrize("domain", WORLDS)
def test_a_figure_that_is_not_in_the_policy_is_found(domain):
    for blueprint in tasks(domain, "policy_question", 10):
        assert told(with_output(blueprint, 0, value=98765), "outputs") == ["98765 is not in the policy"]


@pytest.mark.parametrize("domain", WORLDS)
def test_a_figure_that_the_question_gives_away_is_found(domain):
    for blueprint in tasks(domain, "policy_question", 10):
        wrong = with_words(blueprint, f"You believe that it is {blueprint.outputs[0].value}.")
        (reason,) = told(wrong, "outputs")
        assert "already stands in the person's words" in reason


def test_an_answer_that_stands_in_the_policy_is_one_only_where_the_policy_is_asked_about():
    for blueprint in tasks("retail", "policy_question", 10):
        asked = altered(blueprint, kind="inform", actions=tasks("retail", "inform", 1)[0].actions[:1])
        assert any("nothing says where" in reason for reason in told(asked, "outputs"))
        assert any("already stands in the policy" in reason for reason in told(asked, "outputs"))


def test_only_a_question_about_the_policy_needs_no_action():
    blueprint = tasks("retail", "inform", 1)[0]
    assert told(altered(blueprint, actions=()), "format")[0] == "a blueprint needs stages and actions"
    assert not told(tasks("retail", "policy_question", 1)[0], "format")


@pytest.mark.parametrize("domain", WORLDS)
def test_a_tool_that_is_withheld_is_no_action(domain):
    for blueprint in tasks(domain, "missing_tool", 10):
        used = blueprint.actions[0].name
        (reason,) = told(altered(blueprint, withheld=(used,)), "format")
        assert reason.startswith(f"{used} is withheld")
        (reason,) = told(altered(blueprint, withheld=("fly",)), "format")
        assert reason.startswith("fly is withheld")


@pytest.mark.parametrize("domain", WORLDS)
def test_a_tool_is_withheld_where_something_is_missing_and_nowhere_else(domain):
    apart = "stages, outputs and evidence do not go together"
    for blueprint in tasks(domain, "missing_tool", 10):
        assert told(altered(blueprint, withheld=()), "format") == [apart]
    for blueprint in tasks(domain, "act", 5):
        used = {a.name for a in blueprint.actions}
        spare = next(n for n in world_of(domain).specs if n not in used)
        assert told(altered(blueprint, withheld=(spare,)), "format") == [apart]


def test_a_line_that_says_at_once_what_is_kept_back_is_sent_back():
    checked = 0
    for blueprint in tasks("retail", "clarify", 15):
        back = [k for k in blueprint.known.values() if k.disclose == "if_asked" and k.field not in {"", "which"}]
        for known in back:
            say = f"{blueprint.stages[0].say} It is {spoken(known.value, known.meaning)}."
            sent_back = told(with_line(blueprint, 0, say), "wording")
            assert any("waits to be asked for" in reason for reason in sent_back)
            checked += 1
    assert checked > 5


def test_who_changes_their_mind_says_the_first_value_first():
    for blueprint in with_operator("change of mind"):
        for number, stage in enumerate(blueprint.stages):
            for known in (k for k in blueprint.known.values() if k.stage == number and k.at_first is not None):
                say = stage.say.replace(str(known.at_first), "something")
                reasons = told(with_line(blueprint, number, f"Hello. {say}"), "wording")
                if str(known.at_first) in stage.say:
                    assert any(f"does not say the {known.label}" in reason for reason in reasons)


def test_the_dates_of_a_condition_and_the_figures_of_a_rule_are_nobodys_invention():
    for blueprint in (*with_operator("condition"), *(b for d in WORLDS for b in tasks(d, "policy_question", 10))):
        assert not [*invention(blueprint, world_of(blueprint.domain))]
    for blueprint in with_operator("condition")[:10]:
        assert [*invention(with_words(blueprint, "It is about 1999-12-31."), world_of(blueprint.domain))]


def test_the_other_branch_may_hold_no_id():
    for blueprint in with_operator("fallback"):
        number, other = next((n, s.other) for n, s in enumerate(blueprint.stages) if s.other)
        assert other.call is not None
        world = world_of(blueprint.domain)
        ids = [str(v) for n, v in other.call.arguments.items() if world.specs[other.call.name].meanings()[n].kind ==
               "identifier" and isinstance(v, str) and v != blueprint.person]  # fmt: skip
        for key in ids:
            wrong = with_line(blueprint, number, f"{blueprint.stages[number].say} {key}")
            assert any(f"holds the internal id {key}" in reason for reason in told(wrong, "leakage"))
