"""Money as people meet it: dry runs, budgets in dollars and by stage, bills, and a cache that is shared."""

import json
from pathlib import Path

import pytest
import yaml

from apigen_mt.cli import main
from apigen_mt.config import parse
from apigen_mt.costs import bill, bill_lines
from apigen_mt.journal import Journal
from apigen_mt.models.cache import FILE
from apigen_mt.models.chat import Usage
from apigen_mt.run_folder import load_run
from tests.apigen_mt.model_server import Understudies
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, ChatServer

COUNT = 4
URL = "http://127.0.0.1:9/v1"
"""Where nobody listens."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder, with the user's caches below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path


@pytest.fixture
def server():
    """A model that plays author and agent as rehearsal does."""
    script = Understudies(world_of("library"), planned("library", COUNT, as_run=True))

    def by_prompt(body: dict, _: int) -> Answer:
        answer = script.agent(body) if "tools" in body else script.author(body)
        end = "tool_calls" if answer.calls else "stop"
        return Answer(answer.text, answer.calls, usage=answer.usage, finish_reason=end)

    with ChatServer(by_prompt).in_thread() as found:
        yield found


def settings(folder: Path, **more) -> str:
    (folder / "more.yaml").write_text(yaml.safe_dump(more), "utf-8")
    return str(folder / "more.yaml")


def generate(url: str, out: str = "run", *more: str) -> int:
    role = ["--model", "m", "--base-url", url, "--human", "scripted"]
    return main(["generate", "--domain", "library", "--count", str(COUNT), "--out", out, "--quiet", *role, *more])


PRICES = {"m": {"input": 2.0, "output": 10.0, "cached": 0.5}}


def paid(out: Path) -> float:
    with Journal.read(out) as journal:
        used = sum(journal.totals().values(), Usage())
    return ((used.prompt - used.cached) * 2.0 + used.cached * 0.5 + used.completion * 10.0) / 1e6


def test_a_dollar_budget_ends_a_run_early_and_a_larger_one_goes_on(here, capsys, server):
    told = settings(here, prices=PRICES)
    assert generate(server.url, "run", "--config", told, "--budget-usd", "0.02") == 1
    assert "the dollar budget is spent with" in (err := capsys.readouterr().err)
    assert "raise --budget-usd to continue" in err
    assert 0 < paid(here / "run") <= 0.02
    before = server.requests
    assert generate(server.url, "run", "--config", told, "--budget-usd", "0.02") == 1
    assert server.requests == before
    assert generate(server.url, "run", "--config", told, "--budget-usd", "2") == 0
    with Journal.read(here / "run") as journal:
        assert journal.replies() == server.requests


def test_a_stage_that_is_spent_is_named(here, capsys, server):
    told = settings(here, stages={"draft": {"tokens": 1500}})
    assert generate(server.url, "run", "--config", told) == 1
    err = capsys.readouterr().err
    assert "the token budget of the draft stage is spent with" in err
    assert "raise stages.draft.tokens in --config to continue" in err
    assert 0 < load_run(here / "run").tokens()["author"].total <= 1500


@pytest.mark.parametrize("command", ["generate", "draft"])
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_dollars_without_a_price_are_refused_before_anything_is_there(here, capsys, command, dry):
    role = ["--model", "m", "--base-url", URL, "--quiet", "--budget-usd", "5", *dry]
    assert main([command, "--domain", "library", "--count", "2", "--out", "run", *role]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"budget_usd: the price of m at {URL} is not known" in err
    assert {path.name for path in here.iterdir()} <= {"caches"}


def lines_of(capsys) -> dict[str, list[str]]:
    """A dry run's lines by role: calls, tokens in, tokens out, dollars."""
    out, err = capsys.readouterr()
    assert err == ""
    rows = [line.split() for line in out.splitlines()[2:] if not line.startswith(("  assumed", "  the budget"))]
    return {words[0]: [word.replace(",", "") for word in words[-4:]] for words in rows}


def test_a_dry_run_tells_what_each_role_would_take_and_leaves_nothing(here, capsys, server):
    told = settings(here, prices=PRICES)
    before = sorted(here.rglob("*"))
    assert generate(server.url, "run", "--config", told, "--dry-run") == 0
    found = lines_of(capsys)
    assert (list(found), server.requests, sorted(here.rglob("*"))) == (["agent", "author", "all"], 0, before)
    assert generate(server.url, "run", "--config", told) == 0
    with Journal.read(here / "run") as journal:
        calls = journal.calls()
    assert int(found["author"][0]) == calls["author"]
    assert int(found["agent"][0]) == pytest.approx(calls["agent"], rel=0.2)
    assert float(found["all"][3].removeprefix("$")) > 0
    capsys.readouterr()
    assert generate(server.url, "run", "--config", told, "--dry-run", "--count", str(2 * COUNT)) == 0
    again = lines_of(capsys)
    assert again["agent"][:3] == [str(n) for n in (calls["agent"], *_used(here / "run", "agent"))]


def _used(out: Path, role: str) -> tuple[int, int]:
    used = load_run(out).tokens()[role]
    return used.prompt, used.completion


def test_a_dry_run_of_a_finished_run_has_nothing_to_go(here, capsys, server):
    assert generate(server.url) == 0
    capsys.readouterr()
    assert generate(server.url, "run", "--dry-run") == 0
    assert f"dry run: 0 of {COUNT} tasks to go" in capsys.readouterr().out


def test_a_dry_run_of_rehearsal_asks_nobody(here, capsys):
    assert main(["generate", "--domain", "library", "--count", "2", "--out", "run", "--dry-run"]) == 0
    assert "no model plays: nothing is asked" in capsys.readouterr().out
    assert list(here.iterdir()) == []


def test_a_dry_run_of_every_command(here, capsys):
    assert main(["draft", "--domain", "library", "--count", "3", "--out", "tasks", "--quiet"]) == 0
    role = ["--model", "m", "--base-url", URL]
    play = ["--blueprints", "tasks", "--out", "run", "--dry-run", "--human", "model", *role]
    told = settings(here, prices=PRICES, budget_usd=0.001, quality="high")
    capsys.readouterr()
    assert main(["play", "--attempts", "2", "--config", told, *play]) == 0
    out = capsys.readouterr().out
    assert "dry run: 6 of 6 talks to go" in out
    assert {line.split()[0] for line in out.splitlines()} >= {"agent", "human", "human.score", "all"}
    assert "the budget covers about" in out
    assert main(["evaluate", "--trials", "2", "--json", *play]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(role["role"], role["dollars"]) for role in found["roles"]] == [("agent", None), ("human", None)]
    told = settings(here, mode="drafted")
    drafting = ["draft", "--domain", "library", "--count", "10", "--out", "run", "--dry-run", "--json", *role]
    assert main(drafting) == 0
    words = json.loads(capsys.readouterr().out)
    assert main([*drafting, "--config", told]) == 0
    whole = json.loads(capsys.readouterr().out)
    roles = ["author", "reviewer:first", "reviewer:second", "reviewer:third"]
    assert [role["role"] for role in words["roles"]] == [role["role"] for role in whole["roles"]] == roles
    assert [role["calls"] for role in words["roles"]] == [10] * 4
    assert whole["roles"][0]["usage"]["prompt"] > 2 * words["roles"][0]["usage"]["prompt"]
    assert not (here / "run").exists()


def test_stats_tell_what_a_kept_row_has_cost(here, capsys, server):
    assert generate(server.url, "run", "--config", settings(here, prices=PRICES)) == 0
    capsys.readouterr()
    assert main(["stats", "run"]) == 0
    text = capsys.readouterr().out
    each = paid(here / "run") / COUNT
    assert f"a kept row took {sum(load_run('run').tokens().values(), Usage()).total / COUNT:,.0f} tokens" in text
    assert f"and ${each:,.4f}\n" in text
    assert main(["stats", "run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["bill"]
    assert found["dollars_each"] == pytest.approx(each)
    assert {cost["role"]: cost["model"] for cost in found["costs"]} == {"agent": "m", "author": "m"}


def test_a_bill_without_a_price_is_unknown_and_never_nothing():
    config = parse({"domain": "library", "roles": {"agent": {"model": "m", "base_url": URL}}})
    found = bill({"agent": Usage(prompt=1000), "agent.repair": Usage(prompt=1)}, config, 2)
    assert (found.dollars, found.dollars_each, found.tokens_each) == (None, None, 500.5)
    assert "cost unknown" in "\n".join(bill_lines(found, "a kept row"))
    assert bill({}, config, 2).dollars is None


def dataset(out: str) -> bytes:
    return (Path(out) / "dataset" / "data" / "train.jsonl").read_bytes()


def test_two_runs_share_replies_where_both_ask_for_it(here, capsys, server):
    assert generate(server.url, "one", "--cache") == 0
    asked = server.requests
    assert asked > 0
    assert (here / "caches" / "apigen-mt" / FILE).is_file()
    assert generate(server.url, "two", "--cache", "--budget-tokens", "1") == 0
    assert server.requests == asked
    assert dataset("one") == dataset("two")
    paid_for, shared = load_run("one").tokens(), load_run("two").reused()
    assert sum(load_run("two").tokens().values(), Usage()) == Usage()
    assert paid_for == shared
    capsys.readouterr()
    assert main(["stats", "two"]) == 0
    everything = sum(shared.values(), Usage())
    assert f"from the reply cache, at no cost: {everything.prompt:,} in" in capsys.readouterr().out


def test_the_cache_is_off_unless_asked_for_and_can_be_refused(here, server):
    told = settings(here, cache=True)
    assert generate(server.url, "one", "--config", told) == 0
    asked = server.requests
    assert generate(server.url, "two") == 0
    assert server.requests == 2 * asked
    assert generate(server.url, "three", "--config", told, "--no-cache") == 0
    assert server.requests == 3 * asked
    assert generate(server.url, "four", "--config", told) == 0
    assert server.requests == 3 * asked
    assert generate(server.url, "five", "--cache", str(here / "elsewhere")) == 0
    assert server.requests == 4 * asked
    assert (here / "elsewhere" / FILE).is_file()


def test_rehearsal_has_nothing_to_share(here):
    assert main(["generate", "--domain", "library", "--count", "1", "--out", "run", "--cache", "--quiet"]) == 0
    assert not (here / "caches").exists()


def test_a_damaged_cache_stops_nobody(here, capsys, server):
    (here / "caches" / "apigen-mt").mkdir(parents=True)
    (here / "caches" / "apigen-mt" / FILE).write_bytes(b"no database at all" * 100)
    assert generate(server.url, "run", "--cache") == 0
    assert f"{COUNT} of {COUNT} tasks" in capsys.readouterr().out
