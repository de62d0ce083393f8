"""The template author's words."""

import pytest

from blueprints.author import instruction
from blueprints.blueprint import Blueprint, Known
from tests.blueprints.talks import planned
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
