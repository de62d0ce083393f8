"""Configurations: flags over files, and what is refused, each in one line with its place."""

import pytest

from apigen_mt.config import Config, ConfigError, dump, load, parse
from apigen_mt.config_file import LARGEST
from tools_env.values import Json

URL = "http://127.0.0.1:9/v1"


def at(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(tmp_path, text, **flags):
    with pytest.raises(ConfigError) as told:
        load(at(tmp_path, text), flags)
    line = str(told.value)
    assert "\n" not in line
    assert len(line) < 400
    return line


def test_the_least_configuration_is_a_domain():
    config = load(None, {"domain": "library"})
    assert (config.domain, config.count, config.rehearsal) == ("library", 50, True)


def test_flags_win_over_the_file_and_leave_the_rest_of_a_role_alone(tmp_path):
    text = f"domain: retail\ncount: 7\nroles: {{agent: {{model: a, base_url: '{URL}', temperature: 0.5}}}}\n"
    config = load(at(tmp_path, text), {"count": 9, "roles": {"agent": {"model": "b"}}})
    assert (config.domain, config.count) == ("retail", 9)
    assert (config.roles.agent.model, config.roles.agent.temperature) == ("b", 0.5)


def test_what_is_stored_reads_back_the_same(tmp_path):
    role: Json = {"model": "größe", "base_url": URL, "extra": {"reasoning": {"effort": "low"}, "n_best": [1, None]}}
    config = parse({"domain": "library", "roles": {"agent": role, "human": role}, "kinds": {"act": 1}})
    assert load(at(tmp_path, dump(config)), {}) == config


def test_count_concurrency_and_budget_are_no_part_of_the_identity():
    one = parse({"domain": "library"})
    other = parse({"domain": "library", "count": 3, "concurrency": 99, "budget_tokens": 5})
    assert one.identity() == other.identity()
    assert one.identity() != parse({"domain": "library", "seed": 1}).identity()


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"count": 0}, "count"),
        ({"count": -5}, "count"),
        ({"count": "many"}, "count"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 10**9}, "concurrency"),
        ({"budget_tokens": 0}, "budget_tokens"),
        ({"colour": "red"}, "colour"),
        ({"kinds": {"act": 0, "inform": 0}}, "kinds"),
        ({"kinds": {}}, "kinds"),
        ({"kinds": {"act": -1, "inform": 2}}, "kinds"),
        ({"kinds": {"act": float("nan")}}, "kinds"),
        ({"kinds": {"act": float("inf")}}, "kinds"),
        ({"kinds": {"dance": 1}}, "kinds.dance.[key]"),
        ({"limits": {"turns": 0}}, "limits.turns"),
        ({"roles": {"agent": {"model": "m"}}}, "roles.agent"),
        ({"roles": {"agent": {"base_url": URL}}}, "roles.agent"),
        ({"roles": {"agent": {"model": "m", "base_url": "127.0.0.1:9"}}}, "roles.agent"),
        ({"roles": {"agent": {"model": "m", "base_url": URL, "temperature": float("nan")}}}, "roles.agent.temperature"),
        ({"roles": {"agent": {"model": "m", "base_url": URL, "extra": {"messages": []}}}}, "roles.agent"),
        ({"roles": {"agent": {"model": "m", "base_url": URL, "api_key": "hidden-4711"}}}, "roles.agent.api_key"),
        ({"roles": {"agent": {"extra": {"top_k": float("nan")}}}}, "roles.agent"),
        ({"roles": {"judge": {}}}, "roles.judge"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_place(settings, place):
    with pytest.raises(ConfigError) as told:
        parse({"domain": "library", **settings})
    assert str(told.value).startswith(f"{place}: ")
    assert "\n" not in str(told.value)
    assert "hidden-4711" not in str(told.value)


@pytest.mark.parametrize("url", ["http://me:hidden-4711@127.0.0.1/v1", "http://127.0.0.1/v1?key=hidden-4711"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError) as told:
        parse({"domain": "library", "roles": {"agent": {"model": "m", "base_url": url}}})
    assert "hidden-4711" not in str(told.value)


def test_no_domain_is_told(tmp_path):
    assert refused(tmp_path, "count: 3\n").startswith("domain is missing")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("domain: [library\n", "line 2"),
        ("- domain\n- library\n", "settings by name"),
        ("library", "settings by name"),
        (b"\xff\xfe\x00domain", "not UTF-8"),
        ("domain: library\x00", "no valid YAML"),
        ("domain: library\ncount: 5\ncount: 6\n", "'count' is given twice"),
        ("domain: library\nroles: {agent: {model: a, model: b}}\n", "'model' is given twice"),
        ("domain: !!python/object/apply:os.system ['true']\n", "line 1"),
        ("domain: !!python/name:os.system\n", "line 1"),
        ("domain: library\nseed: 2026-13-45\n", "no valid YAML"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "aliases"),
        ("a: &a\n  <<: *a\n", "aliases"),
        ("a: &a [*a]\n", "aliases"),
        ("domain: " + "[" * 50_000, "no valid YAML"),
        ("domain: " + "{a: " * 20_000, "no valid YAML"),
        ("[" * 10_000_000, f"{LARGEST:,} bytes"),
        ("domain: library\n---\ndomain: retail\n", "line 2"),
        ("? [a, b]\n: c\n", "line 1"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_is_no_plain_configuration_is_refused(tmp_path, text, told):
    assert told in refused(tmp_path, text)


def test_an_empty_file_sets_nothing(tmp_path):
    assert load(at(tmp_path, "# nothing yet\n"), {"domain": "library"}) == Config(domain="library")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.yaml", {"domain": "library"})
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path, {"domain": "library"})


def test_a_role_may_have_replicas_and_one_alone_is_no_list(tmp_path):
    both: list[Json] = ["http://one.example:8000/v1", "http://two.example:8000/v1"]
    agent = parse({"domain": "library", "roles": {"agent": {"model": "m", "base_url": both}}}).roles.agent
    assert agent.urls == tuple(both)
    alone = parse({"domain": "library", "roles": {"agent": {"model": "m", "base_url": both[:1]}}}).roles.agent
    assert (alone.base_url, alone.urls) == (both[0], (both[0],))
    stored = dump(parse({"domain": "library", "roles": {"agent": agent.model_dump(mode="json")}}))
    assert load(at(tmp_path, stored), {}).roles.agent == agent


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ([], "a URL or a list of URLs"),
        (7, "a URL or a list of URLs"),
        ([""], "a URL or a list of URLs"),
        (["http://one.example/v1", None], "a URL or a list of URLs"),
        (["http://one.example/v1", "http://one.example/v1/"], "http://one.example/v1 twice"),
        (["http://me:hidden-4711@one.example/v1"] * 2, "http://one.example/v1 twice"),
        (["http://one.example/v1", "http://me:hidden-4711@two.example/v1"], "credentials"),
        (["http://one.example/v1", "http://two.example/v1?key=hidden-4711"], "no query"),
        (["http://one.example/v1", "two.example"], "http:// or https://"),
    ],
)
def test_replicas_that_cannot_be_are_refused_in_one_line(urls, said):
    with pytest.raises(ConfigError) as told:
        parse({"domain": "library", "roles": {"agent": {"model": "m", "base_url": urls}}})
    assert said in str(told.value)
    assert "roles.agent" in str(told.value)
    assert "hidden-4711" not in str(told.value)
    assert "\n" not in str(told.value)


def test_deadlines_are_no_part_of_a_run():
    plain, other = parse({"domain": "library"}), parse({"domain": "library", "deadlines": {"reply": 5, "down": 7}})
    assert other.deadlines.reply == 5
    assert plain.identity() == other.identity()
