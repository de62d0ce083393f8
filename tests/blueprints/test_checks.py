"""Every gate of phase one: a sound blueprint passes them all, and with one thing broken the right one says so."""

from collections.abc import Iterator

import pytest

from blueprints.blueprint import Blueprint, Output, Rejected
from blueprints.checks import check, invention, leakage, world_gates
from tests.blueprints.breaks import ALL, with_words
from tests.blueprints.talks import DOMAINS, planned, world_of
from tools_env.calls import Assertion, Call
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
    (found,) = invention(with_words(first(), words))
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
    assert list(invention(with_words(first(), words))) == []


def test_the_persons_own_words_and_mail_may_look_odd():
    blueprint = first()
    mail = str(blueprint.known["email"].value)
    assert list(invention(with_words(blueprint, f"Write to {mail}."))) == []
    odd = blueprint.known["name"].model_copy(update={"value": "Ada [Ace]"})
    known = {**blueprint.known, "name": odd}
    assert list(invention(with_words(blueprint.model_copy(update={"known": known}), "You are Ada [Ace]."))) == []


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


def test_an_output_without_a_source_stands_in_no_result():
    blueprint, world = first(kind="inform"), world_of("library")
    assert list(world_gates(output(blueprint, 987.65), world)) == []
    given = output(blueprint, 987.65).outputs[-1].model_copy(update={"source_call": 0})
    sourced = blueprint.model_copy(update={"outputs": (*blueprint.outputs, given)})
    assert [r.reason for r in world_gates(sourced, world)] == ["total is not in the result of its call"]


def test_an_output_without_a_source_may_not_be_copied_either():
    blueprint = with_words(output(first(kind="inform"), 987.65), "You believe that it is $987.65.")
    assert [r.stage for r in world_gates(blueprint, world_of("library"))] == ["outputs"]


def test_only_an_imported_task_tells_what_nobody_asks_for():
    blueprint, world = output(first(), 987.65), world_of("library")
    assert [r.stage for r in world_gates(blueprint, world)] == ["format"]
    imported = blueprint.provenance.model_copy(update={"mode": "imported"})
    assert list(world_gates(blueprint.model_copy(update={"provenance": imported}), world)) == []
