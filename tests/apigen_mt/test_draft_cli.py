"""`apigen-mt draft` and what other commands say of its runs: output, exit codes, and what is left untouched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.journal import Journal
from apigen_mt.run_folder import BLUEPRINTS
from blueprints.blueprint import Blueprint
from tests.apigen_mt.draft_server import Desk, approves, mends, plans, words
from tests.apigen_mt.test_cli import KEY, ended, told
from tests.chat_server import Answer, Body, ChatServer

LIBRARY = ("draft", "--domain", "library")
SECOND = ("--count", "2", "--seed", "1")
"""With the seed of what it is held against, a run looks for long before its first task is another one."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished draft run of four blueprints."""
    folder = tmp_path_factory.mktemp("done") / "run"
    assert main([*LIBRARY, "--count", "4", "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder, with a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return tmp_path


def one_model(body: Body, _: int) -> Answer:
    """One model in every role, told apart by what it is asked."""
    prompt = body["messages"][0]["content"]
    if prompt.startswith("You review"):
        return approves(prompt)
    return plans(prompt) if prompt.startswith("A task for a service desk") else words(prompt)


def test_without_a_model_it_says_what_it_made_and_that_nobody_reviewed_it(here, capsys):
    assert ended(*LIBRARY, "--count", "3", "--out", "run") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"3 blueprints from 3 tasks tried: run/{BLUEPRINTS}"
    assert "tasks tried                               3" in out
    assert "passed every gate and are not reviewed" in out
    assert "operators" in out
    assert err.splitlines()[-1] == "3/3 3 accepted, 0 rejected, 0 failed"
    lines = (here / "run" / BLUEPRINTS).read_text("utf-8").splitlines()
    assert [Blueprint.model_validate_json(line).provenance.task for line in lines] == [0, 1, 2]


def test_quiet_is_quiet_and_a_second_time_changes_nothing(run, capsys):
    before = {p.name: p.read_bytes() for p in run.iterdir() if not p.name.startswith("journal.")}
    assert ended(*LIBRARY, "--count", "4", "--out", run, "--quiet") == 0
    assert capsys.readouterr() == (f"4 blueprints from 4 tasks tried: {run}/{BLUEPRINTS}\n", "")
    assert {p.name: p.read_bytes() for p in run.iterdir() if not p.name.startswith("journal.")} == before


def test_figures_come_as_json_from_draft_and_from_stats(run, capsys):
    assert ended(*LIBRARY, "--count", "4", "--out", run, "--json", "--quiet") == 0
    out, err = capsys.readouterr()
    assert err == ""
    figures = json.loads(out)
    assert (figures["tried"], figures["accepted"], figures["acceptance"]["of"]) == (4, 4, 4)
    assert figures["not_reviewed"] == 4
    assert ended("stats", run, "--json") == 0
    assert json.loads(capsys.readouterr().out) == figures
    assert ended("stats", run) == 0
    assert "tasks tried" in capsys.readouterr().out


def test_a_model_is_author_committee_and_summariser_and_that_is_said(here, capsys):
    with ChatServer(one_model, key=KEY).in_thread() as server:
        assert ended(*LIBRARY, "--count", "3", "--out", "run", "--model", "m", "--base-url", server.url) == 0
        out, err = capsys.readouterr()
        temperatures = sorted({body.get("temperature", -1) for body in server.bodies})
    assert err.startswith("the committee is one model, m, 3 times: what it cannot see, none of them sees")
    assert "all reviews come from one model, m" in out
    assert "first (m): 3 asked, 3 reviews, 0 abstained" in out
    assert temperatures == [-1, 0.2, 0.6, 1.0]
    assert KEY not in out + err
    assert "cost unknown" in out
    assert "$" not in out
    assert not any(KEY.encode() in content for content in _written(here))


def _written(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_file_may_say_that_nobody_reviews(here, capsys):
    (here / "run.yaml").write_text("reviewers: []\nsummariser: {}\nprices: {m: {input: 1, output: 10}}\n", "utf-8")
    with ChatServer(one_model).in_thread() as server:
        model = ("--model", "m", "--base-url", server.url, "--config", "run.yaml")
        assert ended(*LIBRARY, "--count", "3", "--out", "run", *model) == 0
        assert server.requests <= 3
    out, err = capsys.readouterr()
    assert "not reviewed" in out
    assert "one model" not in out + err
    asked = server.requests
    assert f"author (m): {100 * asked} in (0 cached), {20 * asked} out, ${asked * 0.0003:.4f}" in out
    assert "an accepted blueprint took 120 tokens and $0.0003" in out


def test_control_and_calibration_are_shown(here, capsys):
    def script(body: Body, number: int) -> Answer:
        prompt = body["messages"][0]["content"]
        return mends(prompt) if prompt.startswith("Write the messages") else one_model(body, number)

    with ChatServer(script).in_thread() as server:
        model = ("--model", "m", "--base-url", server.url)
        flags = ("--count", "3", "--out", "run", "--control", "blind", "--calibrate", "2")
        assert ended(*LIBRARY, *flags, *model) == 0
    out, _ = capsys.readouterr()
    table = [line.split() for line in out.splitlines() if line.startswith(("  first attempt", "  blind", "  feedback"))]
    assert [row[:4] for row in table] == [
        ["first", "attempt", "0", "of"],
        ["blind", "0", "of", "3"],
        ["feedback", "3", "of", "3"],
    ]
    assert "author.blind (m)" in out
    assert "reviewer:first.calibrate (m)" in out
    assert "harmless" in out
    assert ended("stats", "run") == 0
    assert "harmless" in capsys.readouterr().out


def test_too_few_tries_end_with_1_and_say_what_to_raise(here, capsys):
    with ChatServer(lambda *_: Answer(text="No.")).in_thread() as server:
        model = ("--model", "m", "--base-url", server.url)
        assert ended(*LIBRARY, "--count", "2", "--max-attempts", "3", "--out", "run", *model, "--quiet") == 1
    out, err = capsys.readouterr()
    assert out.startswith("0 blueprints from 3 tasks tried")
    assert err == "2 of 2 blueprints are missing after 3 tasks; raise --max-attempts to go on\n"
    assert (here / "run" / BLUEPRINTS).read_bytes() == b""


def test_a_budget_ends_a_run_early_and_a_larger_one_goes_on(here, capsys):
    with ChatServer(one_model).in_thread() as server:
        flags = (*LIBRARY, "--count", "4", "--out", "run", "--model", "m", "--base-url", server.url, "--quiet")
        assert ended(*flags, "--budget-tokens", "4000") == 1
        err = capsys.readouterr().err
        assert "the token budget is spent with" in err
        assert "raise --budget-tokens" in err
        with Journal.read(here / "run") as journal:
            assert 0 < sum(used.total for used in journal.totals().values()) <= 4000
        assert ended(*flags, "--budget-tokens", "900000") == 0
        assert capsys.readouterr().out.startswith("4 blueprints")
        with Journal.read(here / "run") as journal:
            assert journal.replies() == server.requests


def test_an_endpoint_that_fails_ends_with_3_and_the_same_command_goes_on(here, capsys):
    down = True

    def script(body: Body, number: int) -> Answer:
        return Answer(body=b"<html>bad gateway</html>") if down else one_model(body, number)

    with ChatServer(script).in_thread() as server:
        flags = (*LIBRARY, "--count", "2", "--out", "run", "--model", "m", "--base-url", server.url, "--quiet")
        assert ended(*flags) == 3
        assert capsys.readouterr().err == "2 tasks broke off at an endpoint; the same command tries them again\n"
        down = False
        assert ended(*flags) == 0
    assert ended(*LIBRARY, "--count", "2", "--out", "other", "--model", "m", "--base-url", "http://127.0.0.1:9/v1") == 3


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ([], "domain is missing: give --domain"),
        (["--domain", "nope"], "unknown domain 'nope'"),
        (["--domain", "library", "--count", "0"], "count: "),
        (["--domain", "library", "--count", "x"], "--count: invalid int value: 'x'"),
        (["--domain", "library", "--max-attempts", "0"], "max_attempts: "),
        (["--domain", "library", "--count", "5", "--max-attempts", "4"], "4 tasks are too few for 5 blueprints"),
        (["--domain", "library", "--concurrency", "0"], "concurrency: "),
        (["--domain", "library", "--mode", "dreamt"], "invalid choice: 'dreamt'"),
        (["--domain", "library", "--mode", "drafted"], "needs an author model"),
        (["--domain", "library", "--control", "deaf"], "invalid choice: 'deaf'"),
        (["--domain", "library", "--control", "blind"], "name a model"),
        (["--domain", "library", "--calibrate", "0"], "--calibrate: at least one"),
        (["--domain", "library", "--calibrate", "3"], "--calibrate measures reviewers, and there are none"),
        (["--domain", "library", "--personas", "none.txt"], "cannot read none.txt"),
        (["--domain", "library", "--personas", "empty.txt"], "holds no persona"),
        (["--domain", "library", "--against", "none.jsonl"], "cannot read none.jsonl"),
        (["--domain", "library", "--against", "none.jsonl", "--against", "empty.txt"], "cannot read none.jsonl"),
        (["--domain", "library", "--model", "m"], "--model and --base-url go together"),
        (["--domain", "library", "--model", "", "--base-url", ""], "--model or --base-url is empty"),
        (["--domain", "library", "--config", "key.yaml"], "api_key_env is the name, in capitals,"),
        (["--domain", "library", "--config", "escape.yaml"], "a\\x1b[31mb"),
        (["--domain", "library", "--config", "many.yaml"], "snapshots"),
        (["--domain", "library", "--config", "odd.yaml"], "shares.condition"),
        (["--domain", "library", "--config", "never.yaml"], "shares.fallback"),
        (["--domain", "library", "--model", "m", "--base-url", "x/v1"], "must begin with http"),
        (["--domain", "library", "--config", "shares.yaml"], "kinds: "),
        (["--domain", "library", "--config", "rounds.yaml"], "rounds of 'library'"),
        (["--domain", "library", "--config", "twice.yaml"], "two reviewers are called 'a'"),
        (["--domain", "library", "--config", "price.yaml"], "prices.m.output"),
        (["--domain", "library", "--config", "secret.yaml"], "the key holds a space"),
        (["--domain", "tests.bare_world:Bare"], "nothing can be drafted in"),
        (["--domain", "library", "--out", ""], "the name is empty"),
        (["--domain", "library", "--out", "full"], "full is no run and not empty"),
    ],
    ids=lambda value: " ".join(value)[-34:] if isinstance(value, list) else None,
)
def test_what_cannot_be_is_told_in_one_line_and_nothing_is_written(here, capsys, monkeypatch, flags, line):
    monkeypatch.setenv("SPACED", "my secret")
    role = "model: m, base_url: 'http://127.0.0.1:9/v1'"
    texts = {
        "empty.txt": "\n\n",
        "key.yaml": f"roles: {{author: {{api_key_env: sk-a-secret-4711, {role}}}}}\n",
        "escape.yaml": '"a\\e[31mb": 1\n',
        "many.yaml": "snapshots: 10000000000\n",
        "odd.yaml": "shares: {condition: -5}\n",
        "never.yaml": "shares: {fallback: .nan}\n",
        "shares.yaml": "kinds: {act: 0, inform: 0}\n",
        "rounds.yaml": "rounds: {library: many}\n",
        "twice.yaml": f"reviewers: [{{name: a, {role}}}, {{name: a, {role}}}]\n",
        "price.yaml": "prices: {m: {input: 1}}\n",
        "secret.yaml": f"reviewers: [{{name: a, api_key_env: SPACED, {role}}}]\n",
    }
    for name, text in texts.items():
        (here / name).write_text(text, "utf-8")
    (here / "full").mkdir()
    (here / "full" / "mine").touch()
    assert ended("draft", "--out", "run", *flags) == 2
    said = told(capsys)
    assert line in said
    assert "secret" not in said.replace("secret.yaml", "")
    assert sorted(path.name for path in here.iterdir()) == sorted([*texts, "full"])
    assert [path.name for path in (here / "full").iterdir()] == ["mine"]


def test_another_configuration_and_another_command_are_refused(run, here, capsys):
    assert ended(*LIBRARY, "--count", "4", "--seed", "5", "--out", run) == 2
    assert "seed: 0 -> 5" in told(capsys)
    assert ended("generate", "--domain", "library", "--count", "4", "--out", run) == 2
    assert "was begun by `apigen-mt draft`" in told(capsys)
    assert ended("generate", "--domain", "library", "--count", "1", "--out", "talks", "--quiet") == 0
    capsys.readouterr()
    assert ended(*LIBRARY, "--count", "1", "--out", "talks") == 2
    assert "was begun by `apigen-mt generate`" in told(capsys)


def test_settings_of_draft_are_refused_by_generate(here, capsys):
    (here / "run.yaml").write_text("domain: library\nmode: drafted\n", "utf-8")
    assert ended("generate", "--config", "run.yaml", "--out", "run") == 2
    assert "are for `apigen-mt draft`" in told(capsys)
    assert [path.name for path in here.iterdir()] == ["run.yaml"]


def test_a_draft_run_can_be_read_and_holds_no_talks(run, here, capsys):
    assert ended("show", run) == 0
    assert "tasks tried" in capsys.readouterr().out
    assert ended("show", run, "2") == 0
    out, _ = capsys.readouterr()
    assert out.startswith("task 2, ")
    assert "round 0: passed every gate, not reviewed" in out
    assert "\ncalls that solve it\n    find_member(" in out
    assert ended("show", run, "9") == 2
    assert "has no task 9: it holds 4, counted from 0" in told(capsys)
    assert ended("export", run, "--format", "messages", "--out", "x") == 2
    assert "holds blueprints.jsonl and no talks yet" in told(capsys)
    assert ended(*LIBRARY, *SECOND, "--against", run / BLUEPRINTS, "--out", "new", "--quiet") == 0
    assert capsys.readouterr().out.startswith("2 blueprints")


def test_draft_explains_itself(capsys):
    assert ended("draft", "--help") == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: apigen-mt draft ")
    assert err == ""
    for flag in ("--mode", "--control", "--calibrate", "--max-attempts", "--personas", "--against", "--json"):
        assert flag in out


def test_a_server_needs_no_committee_to_be_asked_once_for_each_task(here, capsys):
    desk = Desk({"m": words})
    (here / "run.yaml").write_text("reviewers: []\nsummariser: {}\n", "utf-8")
    with ChatServer(desk).in_thread() as server:
        model = ("--model", "m", "--base-url", server.url, "--config", "run.yaml")
        assert ended(*LIBRARY, "--count", "3", "--out", "run", "--quiet", *model) == 0
    assert desk.asked("m") <= 3
    assert "3 blueprints" in capsys.readouterr().out
