"""The plan for the author: made of all the reasons, or a reason why there is none."""

import json

import pytest

from blueprints.blueprint import Rejected
from blueprints.committee.plan import Plan, improvement_plan, plan_prompt
from tests.blueprints.committee_cases import PROSE, TIMED_OUT, Player, some

REASONS = (
    Rejected(stage="committee", reason="completeness: 0 of 3 reviewers say yes; a: The branch is missing."),
    Rejected(stage="wording", reason="stage 0 says\nnothing"),
)


async def test_a_plan_is_made_of_all_the_reasons():
    blueprint = some("act", "library")
    ask = Player((json.dumps({"plan": " Name the branch in the first message. "}),))
    assert await improvement_plan(ask, blueprint, REASONS, 2) == "Name the branch in the first message."
    ((prompt, subject, number),) = ask.heard
    assert (subject, number) == (blueprint.substance(), 2)
    assert "> - committee: completeness: 0 of 3 reviewers say yes; a: The branch is missing.\n" in prompt
    assert "> - wording: stage 0 says nothing\n" in prompt or prompt.endswith("> - wording: stage 0 says nothing")
    assert all(stage.say in prompt for stage in blueprint.stages)


@pytest.mark.parametrize("answer", [TIMED_OUT, PROSE, '{"plan": ""}', '{"plan": " "}', '{"plan": 1}', "{}"])
async def test_without_a_plan_there_is_a_reason(answer):
    found = await improvement_plan(Player((answer,)), some("act", "library"), REASONS)
    assert isinstance(found, Rejected)
    assert found.reason


async def test_a_plan_needs_reasons():
    with pytest.raises(ValueError, match="nothing to plan"):
        await improvement_plan(Player((json.dumps({"plan": "x"}),)), some("act", "library"), ())


def test_an_author_is_told_to_alter_what_it_can():
    blueprint = some("act", "library")
    free = blueprint.model_copy(update={"provenance": blueprint.provenance.model_copy(update={"mode": "drafted"})})
    assert "only the words" in plan_prompt(blueprint, REASONS)
    assert "alter everything" in plan_prompt(free, REASONS)
    assert list(Plan.model_json_schema()["properties"]) == ["plan"]
