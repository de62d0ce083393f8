"""Which roles are served: those that name no endpoint of their own, and no others."""

import pytest

from apigen_mt.config import ConfigError, load
from apigen_mt.serving.roles import SERVED, SERVED_KEY, served_role
from tools_env.values import Json

ROLE = served_role("clerk-7b")
OWN = '{model: m, base_url: "http://127.0.0.1:8000/v1"}'


def configured(tmp_path, text, roles=("author", "human", "agent"), unless=None):
    path = tmp_path / "run.yaml"
    path.write_text(f"domain: library\n{text}")
    return load(path, {"roles": dict.fromkeys(roles, ROLE)}, unless)


def test_a_role_that_names_an_endpoint_keeps_it(tmp_path):
    config = configured(tmp_path, f"roles: {{human: {OWN}, agent: {{temperature: 0.5}}}}")
    assert config.roles.human.base_url == "http://127.0.0.1:8000/v1"
    assert (config.roles.agent.base_url, config.roles.agent.model, config.roles.agent.temperature) == (
        SERVED, "clerk-7b", 0.5,
    )  # fmt: skip
    assert (config.roles.author.base_url, config.roles.author.api_key_env) == (SERVED, SERVED_KEY)


def test_judges_and_reviewers_without_an_endpoint_are_served(tmp_path):
    text = f"judges: [{{name: a}}, {{name: b, {OWN[1:]}]\nreviewers: [{{name: c, model: clerk-7b}}]"
    config = configured(tmp_path, text)
    assert [judge.model for judge in config.judges] == ["clerk-7b", "m"]
    assert [judge.base_url == SERVED for judge in config.judges] == [True, False]
    assert config.reviewers[0].base_url == SERVED


@pytest.mark.parametrize("text", ["roles: {agent: {model: another}}", "judges: [{name: a, model: another}]"])
def test_another_model_without_an_endpoint_is_refused(tmp_path, text):
    with pytest.raises(ConfigError, match="a model needs its base_url"):
        configured(tmp_path, text)


def test_a_role_that_is_not_set_is_served_only_by_name(tmp_path):
    named = configured(tmp_path, "roles: {human: {model: clerk-7b}}\nsummariser: {model: clerk-7b}", ("agent",))
    assert (named.roles.human.base_url, named.summariser.base_url) == (SERVED, SERVED)
    unnamed = configured(tmp_path, "roles: {human: {temperature: 0.3}}", ("agent",))
    assert unnamed.roles.human.model == ""


def test_without_a_served_model_flags_win_as_ever(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(f"domain: library\nroles: {{agent: {OWN}}}\n")
    given: dict[str, Json] = {"model": "x", "base_url": "http://127.0.0.1:1/v1"}
    assert load(path, {"roles": {"agent": given}}).roles.agent.model == "x"
