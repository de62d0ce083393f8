"""The template author's words."""

import pytest

from blueprints.author import given_away, instruction, plain, said_first, slots
from blueprints.blueprint import Blueprint, Known, Stage
from tests.blueprints.drawn import KINDS, WORLDS, tasks, with_operator
from tests.blueprints.talks import planned
from tools_env.mentions import mentions, spoken
from tools_env.values import TEXT


def told(**facts: str) -> str:
    blueprint: Blueprint = planned("library", 72)[0]
    own = {n: Known(value=v, meaning=TEXT, disclose="if_asked", label=n) for n, v in facts.items()}
    about = {n: k for n, k in blueprint.known.items() if k.about}
    return instruction(blueprint.model_copy(update={"known": {**own, **about}}))


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"name": "Ada Ames"}, "Ada Ames"),
        ({"name": "Ada Ames", "first_name": "Bea", "last_name": "Birk"}, "Ada Ames"),
        ({"last_name": "Birk", "first_name": "Bea"}, "Bea Birk"),
        ({"first_name": "Bea"}, "Bea"),
        ({"email": "a@example.com"}, "a customer"),
        ({}, "a customer"),
    ],
)
def test_a_person_goes_by_their_name(facts, name):
    assert told(**facts).startswith(f"You are {name}.")


def test_a_name_that_a_matter_is_about_is_not_the_persons():
    blueprint = planned("library", 72)[0]
    about = Known(value="Other", meaning=TEXT, disclose="volunteer", label="name", about="name")
    assert instruction(blueprint.model_copy(update={"known": {"name": about}})).startswith("You are a customer.")


def wished(name: str) -> list[tuple[Blueprint, int, Stage]]:
    """Every stage with an operator, in its task."""
    shows = {
        "condition": lambda s: s.condition is not None and s.other is None,
        "otherwise": lambda s: s.condition is not None and s.other is not None,
        "fallback": lambda s: s.condition is None and s.other is not None,
        "change of mind": lambda s: bool(s.change),
    }[name]
    among = with_operator("condition" if name == "otherwise" else name)
    found = [(b, n, s) for b in among for n, s in enumerate(b.stages) if shows(s)]
    assert len(found) > 5
    return found


def test_a_condition_alone_is_told_after_what_hangs_on_it():
    for _, _, stage in wished("condition"):
        assert stage.condition is not None
        assert f"But only if {stage.condition.text}." in stage.say


def test_what_is_wanted_otherwise_is_told_second_whichever_way_it_turns_out():
    for blueprint, number, stage in wished("otherwise"):
        assert stage.condition is not None
        assert stage.other is not None
        first, otherwise = stage.say.split(f"Do that only if {stage.condition.text}; otherwise I want to ")
        wanted = stage.intent.format_map(slots(blueprint, number))
        told, instead = (wanted, stage.other.intent) if stage.condition.holds else (stage.other.intent, wanted)
        assert told in first
        assert instead in otherwise


def test_what_the_person_would_rather_have_is_told_first():
    for _, _, stage in wished("fallback"):
        assert stage.other is not None
        first, second = stage.say.split("If that can't be done, I want to ")
        assert stage.other.intent in first
        assert second


def test_who_changes_their_mind_says_the_first_value_and_only_the_instruction_the_second():
    for blueprint, number, stage in wished("change of mind"):
        (known,) = [k for k in blueprint.known.values() if k.stage == number and k.at_first is not None]
        assert mentions(stage.say, known.at_first, known.meaning)
        assert not mentions(stage.say, known.value, known.meaning)
        assert mentions(stage.change, known.value, known.meaning)
        assert mentions(blueprint.instruction, known.value, known.meaning)
        assert "change your mind" in blueprint.instruction
        assert said_first(known) == spoken(known.at_first, known.meaning)


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_draft_has_the_same_words_and_a_line_for_each_matter(domain, kind):
    for blueprint in tasks(domain, kind, 12):
        words = plain(blueprint)
        assert words == plain(blueprint)
        assert len(words.says) == len(blueprint.stages)
        assert words.says == tuple(s.say for s in blueprint.stages)
        for number, say in enumerate(words.says):
            told = [blueprint.known[n] for n in given_away(blueprint, number)]
            assert all(mentions(say, k.value if k.at_first is None else k.at_first, k.meaning) for k in told)


def test_a_person_is_told_of_themself_in_the_second_person():
    for blueprint, _, stage in wished("condition"):
        assert stage.condition is not None
        assert " my " not in f" {blueprint.instruction} "
