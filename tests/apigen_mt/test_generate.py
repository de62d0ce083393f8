"""Whole runs: with models on scripted servers, from a script or a notebook, with one's own agent or world."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import apigen_mt
from apigen_mt import AgentTurn, AgentView, Run, WantedCall, generate, load_run
from apigen_mt.cast.model_agent import RESPOND
from apigen_mt.config import ConfigError, parse
from apigen_mt.generating import agenerate
from apigen_mt.run_folder import NotARun
from apigen_mt.trajectory import Role
from apigen_mt.verify import verify
from blueprints.judging.judge import judge
from tests.apigen_mt.model_server import AGENT, AUTHOR, HUMAN, Understudies, role, roles
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer, failure
from tests.child_world import child_library
from tools_env.resolve import resolve
from tools_env.values import Json

ROOT = Path(__file__).resolve().parents[2]
COUNT = 6
DEEP = "[" * 600 + "]" * 600


def understudies(domain: str = "library", count: int = COUNT, **instead) -> Understudies:
    return Understudies(world_of(domain), planned(domain, count, as_run=True), **instead)


def counted(run: Run, asked: int) -> Counter[str]:
    """How tasks ended; every one of them did, once, and what was kept stands in the dataset and proves again."""
    status: Counter[str] = Counter(outcome.status for outcome in run.outcomes)
    assert [outcome.task for outcome in run.outcomes] == list(range(asked))
    lines = (run.folder / "dataset" / "data" / "train.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == run.kept >= status["kept"]
    if run.kept:
        report = verify(run.folder, resolve)
        assert (report.exit_code, report.checked) == (0, run.kept)
    return status


@pytest.mark.parametrize("domain", ["library", "retail"])
def test_three_models_at_three_addresses_make_rows_that_verify(tmp_path, domain):
    script = understudies(domain)
    servers = [ChatServer(script, key=f"key-{n}") for n in range(3)]
    with servers[0].in_thread() as author, servers[1].in_thread() as human, servers[2].in_thread() as agent:
        cast = {
            "author": role(author.url, AUTHOR, api_key_env="K0"),
            "human": role(human.url, HUMAN, api_key_env="K1", temperature=0.3),
            "agent": role(agent.url, AGENT, api_key_env="K2"),
        }
        keys = {f"K{n}": f"key-{n}" for n in range(3)}
        run = generate(domain, COUNT, tmp_path / "run", roles=cast, keys=keys, concurrency=4)
    status = counted(run, COUNT)
    assert status["kept"] >= COUNT * 0.6
    assert status["kept"] + status["rejected"] + status["failed"] == COUNT
    row = next(load_run(tmp_path / "run").rows())
    assert row.cast.author == Role(source="model", model=AUTHOR)
    assert row.cast.human == Role(source="model", model=HUMAN, temperature=0.3)
    assert row.cast.agent == Role(source="model", model=AGENT)
    turns = sum(message["role"] == "assistant" for message in row.messages)
    assert (row.usage["agent"].prompt, row.usage["agent"].completion) == (200 * turns, 30 * turns)
    assert row.usage["human"].completion == 10 * len(row.human_turns)
    assert row.blueprint.instruction.startswith("You are in a good mood.")
    spent = load_run(tmp_path / "run").tokens()
    assert {name: (used.prompt, used.completion) for name, used in spent.items()} == {
        "author": (100 * author.requests, 20 * author.requests),
        "human": (80 * human.requests, 10 * human.requests),
        "agent": (200 * agent.requests, 30 * agent.requests),
    }
    for server in (author, human, agent):
        assert {body["model"] for body in server.bodies} <= {AUTHOR, HUMAN, AGENT}
        assert len({body["model"] for body in server.bodies}) == 1
        assert server.refused == 0


def test_what_is_not_told_to_an_agent_is_in_none_of_its_requests(tmp_path):
    script = understudies()
    with ChatServer(script).in_thread() as server:
        run = generate("library", COUNT, tmp_path / "run", roles=roles(server.url))
    instructions = [o.blueprint.instruction for o in run.outcomes if o.blueprint is not None]
    tools = {name for name in world_of("library").specs if "_" in name}
    for body, raw in zip(server.bodies, server.raw, strict=True):
        text = raw.decode()
        if body["model"] == AGENT:
            assert not any(instruction in text for instruction in instructions)
            assert "You are in a good mood" not in text
        else:
            assert "tools" not in body
            assert not any(name in text for name in tools)


MESSES = {
    "silence": Answer(text=""),
    "null": Answer(text=None),
    "spaces": Answer(text=" \n\t "),
    "broken arguments": Answer(text="", calls=(("find_member", '{"email": "a@exam'),)),
    "arguments no object": Answer(text="", calls=(("find_member", '["a@example.com"]'),)),
    "arguments null": Answer(text="", calls=(("find_member", "null"),)),
    "argument past all bounds": Answer(text="", calls=(("find_member", '{"email": 1e999}'),)),
    "argument NaN": Answer(text="", calls=(("find_member", '{"email": NaN}'),)),
    "a number of 5000 digits": Answer(text="", calls=(("find_member", '{"email": ' + "9" * 5000 + "}"),)),
    "a number of 4000 digits": Answer(text="", calls=(("find_member", '{"email": ' + "9" * 4000 + "}"),)),
    "a deep nest": Answer(text="", calls=(("find_member", f'{{"email": {DEEP}}}'),)),
    "a lone surrogate": Answer(text="\ud800", calls=(("find_member", '{"email": "\\ud800", "\\udfff": 1}'),)),
    "a null character": Answer(text="\0", calls=(("find_member", '{"email": "\\u0000"}'),)),
    "unknown tool": Answer(text="", calls=(("delete_everything", "{}"),)),
    "nameless tool": Answer(text="", calls=(("", "{}"),)),
    "tool of 10000 letters": Answer(text="", calls=(("x" * 10_000, "{}"),)),
    "an endless loop": Answer(text="", calls=(("find_member", '{"email": "nobody@example.com"}'),)),
    "many calls at once": Answer(text="", calls=(("find_member", '{"email": "nobody@example.com"}'),) * 70),
    "10000 letters": Answer(text="Ja " * 3500),
    "a call as text": Answer(text='{"name": "find_member", "arguments": {"email": "nobody@example.com"}}'),
    "markup": Answer(text='<tool_call>{"name": "find_member", "arguments": {}}</tool_call>'),
    "markup of a terminal": Answer(text="\x1b[2J[bold]Done.[/bold]"),
    "no words through the tool": Answer(text="", calls=((RESPOND, "{}"),)),
    "null through the tool": Answer(text="", calls=((RESPOND, '{"message": null}'),)),
    "broken words through the tool": Answer(text="", calls=((RESPOND, '{"message": "Hel'),)),
    "the end": Answer(text="###STOP###"),
    "an early success": Answer(text="Done! Your loan was renewed and everything is settled. Anything else?"),
}


@pytest.mark.parametrize("manner", [{}, {"parse_text_calls": True}, {"respond_tool": True}], ids=str)
def test_nothing_a_model_agent_does_crashes_a_run_or_is_kept(tmp_path, manner):
    messes = list(MESSES.values())

    def agent(body: Body) -> Answer:
        """The same mess through all of one talk."""
        return messes[[b.stages[0].say in body["messages"][1]["content"] for b in script.blueprints].index(True)]

    count = len(messes)
    script = understudies(count=count, agent=agent)
    limits = {"turns": 4, "calls": 60, "calls_in_a_row": 4}
    with ChatServer(script).in_thread() as server:
        cast = {"agent": role(server.url, AGENT, **manner)}
        run = generate("library", count, tmp_path / "run", roles=cast, limits=limits)
    assert counted(run, count) == {"failed": count}
    assert {row.verdict.fault for row in load_run(tmp_path / "run").failures()} <= {"agent", "human"}
    assert load_run(tmp_path / "run").tokens()["agent"].total == 15 * server.requests
    ends = Counter(row.end_reason for row in load_run(tmp_path / "run").failures())
    assert ends["void"] >= 2
    assert ends["over_turn"] + ends["over_call"] >= 10, ends
    assert ends["infrastructure"] == 0


WORDS = json.dumps({"act": "raise", "text": "I want to pay 987.65 for my tool find_member.", "fact_ids": []})
HUMANS = {
    "silence": "",
    "no JSON": "I would like to renew my loan.",
    "half of it": '{"act": "raise", "text": "Hel',
    "no such act": '{"act": "dance", "text": "Hello."}',
    "more than asked for": '{"act": "raise", "text": "Hello.", "mood": "good"}',
    "no text": '{"act": "raise", "text": ""}',
    "a fact that is none": '{"act": "raise", "text": "Hello.", "fact_ids": ["moon"]}',
    "invented": WORDS,
    "deep": '{"act": "raise", "text": ' + DEEP + "}",
}


def test_a_model_human_that_answers_nonsense_ends_the_talk_void(tmp_path):
    answers: Iterator[str] = iter(list(HUMANS.values()) * 100)
    script = understudies(human=lambda _: Answer(text=next(answers)))
    with ChatServer(script).in_thread() as server:
        run = generate("library", COUNT, tmp_path / "run", roles={"human": role(server.url, HUMAN)}, concurrency=1)
    assert counted(run, COUNT) == {"failed": COUNT}
    for row in load_run(tmp_path / "run").failures():
        assert (row.end_reason, row.verdict.ok) == ("void", False)
    assert server.requests <= COUNT * 2 * 3 * 2  # turns that stand, resamples, repairs


def test_a_model_human_that_stops_at_once_is_not_kept(tmp_path):
    stop = json.dumps({"act": "stop", "text": "Never mind."})
    script = understudies(human=lambda _: Answer(text=stop))
    with ChatServer(script).in_thread() as server:
        run = generate("library", COUNT, tmp_path / "run", roles={"human": role(server.url, HUMAN)})
    assert counted(run, COUNT) == {"failed": COUNT}
    assert {row.verdict.fault for row in load_run(tmp_path / "run").failures()} == {"human"}


AUTHORS = {
    "silence": "",
    "no JSON": "Here are the messages you wanted.",
    "too few": '{"background": "You are happy."}',
    "technical": '{"background": "x", "matter_1": "Call renew_loan for L1.", "matter_2": "b", "matter_3": "c"}',
    "another task": '{"background": "You are happy.", "matter_1": "I want to buy a horse."}',
}


@pytest.mark.parametrize("words", AUTHORS.values(), ids=AUTHORS)
def test_an_author_that_does_not_keep_to_the_task_has_it_rejected(tmp_path, words):
    script = understudies(author=lambda _: Answer(text=words))
    with ChatServer(script).in_thread() as server:
        run = generate("library", 4, tmp_path / "run", roles={"author": role(server.url, AUTHOR)}, rounds=1)
    assert counted(run, 4) == {"rejected": 4}
    assert all(outcome.reasons for outcome in run.outcomes)
    assert all(outcome.usage["author"].total >= 15 for outcome in run.outcomes)
    assert server.requests <= 4 * 2 * 2  # rounds, repairs


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (failure(500, "out of order", retry_after_ms="1"), "infrastructure"),
        (Answer(body=b"<html>bad gateway</html>"), "infrastructure"),
        (failure(400, "This model's maximum context length is 8192 tokens."), "context_limit"),
    ],
    ids=["500", "a page", "too long"],
)
def test_an_endpoint_that_fails_one_talk_costs_that_talk_alone(tmp_path, answer, end):
    script = understudies()
    sick = script.blueprints[1].stages[0].say
    mended = False

    def agent(body: Body) -> Answer:
        return answer if sick in body["messages"][1]["content"] and not mended else script.agent(body)

    script.roles[AGENT] = agent
    with ChatServer(script).in_thread() as server:
        cast = {"agent": role(server.url, AGENT)}
        run = generate("library", 4, tmp_path / "run", roles=cast)
        assert [o.failures[0].end_reason for o in run.outcomes if o.task == 1] == [end]
        assert [o.status for o in run.outcomes if o.task != 1] == ["kept"] * 3
        assert counted(run, 4)["failed"] == 1
        mended, asked = True, server.requests
        again = generate("library", 4, tmp_path / "run", roles=cast)
    again_status = again.outcomes[1].status
    if end == "context_limit":
        assert (again.finished.now, again_status, server.requests) == (0, "failed", asked)
    else:
        (row,) = again.outcomes[1].rows
        said = sum(message["role"] == "assistant" for message in row.messages)
        assert (again.finished.now, again_status, server.requests) == (1, "kept", asked + said)


class Helpless:
    """Somebody's own agent: it looks the person up if it can, and then gives up."""

    async def reply(self, view: AgentView) -> AgentTurn:
        if view.messages[-1]["role"] == "user" and len(view.messages) == 1:
            return AgentTurn(calls=(WantedCall(name="find_member", arguments={"email": "a@example.com"}),))
        return AgentTurn(text="I'm sorry, I can't help you with that.")


def test_an_agent_of_ones_own_plays_and_is_named(tmp_path):
    run = generate("library", 4, tmp_path / "run", agent=Helpless, seed=3)
    assert counted(run, 4) == {"failed": 4}
    for row in load_run(tmp_path / "run").failures():
        assert row.cast.agent == Role(source="own")
        assert (row.seed, row.verdict.ok, row.verdict.fault) == (3, False, "agent")


async def test_a_notebook_may_call_it_where_a_loop_runs(tmp_path):
    run = generate("library", 3, tmp_path / "run")
    again = await agenerate(parse({"domain": "library", "count": 3}), tmp_path / "run")
    assert (run.kept, again.kept, again.finished.now) == (3, 3, 0)


def test_what_the_package_names_it_has(tmp_path):
    assert all(getattr(apigen_mt, name) is not None for name in apigen_mt.__all__)
    assert callable(apigen_mt.generate)
    assert not hasattr(apigen_mt, "regenerate")


def test_a_script_needs_nothing_but_the_package(tmp_path):
    """In a process of its own, where nothing was imported before."""
    script = tmp_path / "make.py"
    script.write_text(SCRIPT, "utf-8")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 2 own\n", "")


SCRIPT = """
import apigen_mt
from apigen_mt import AgentTurn, generate, load_run

class Mine:
    async def reply(self, view):
        return AgentTurn(text="No.")

kept = apigen_mt.generate("library", 2, "kept").kept
run = generate("library", 2, "run", agent=Mine)
rows = list(load_run("run").failures())
print(kept, len(rows), rows[0].cast.agent.source)
"""


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"count": 0}, "count: "), ({"count": 1, "colour": "red"}, "colour: "), ({"count": 1, "seed": "x"}, "seed: ")],
)
def test_a_wrong_setting_is_told_by_its_place_and_nothing_is_written(tmp_path, settings, told):
    with pytest.raises(ConfigError, match=told):
        generate("library", out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(NotARun):
        load_run(tmp_path / "none")


SMALL: dict[str, Json] = {"calls": 2, "spread": 1}


def test_a_world_in_a_process_of_its_own_gives_the_same_tasks_and_verdicts(tmp_path):
    """No cheap forks and no state to look into: what is above the port must not need them."""
    config = parse({"domain": "tests.child_world:child_library", "count": 2, "snapshots": 1, "size": SMALL})
    run = asyncio.run(agenerate(config, tmp_path / "child", world=child_library()))
    assert [outcome.status for outcome in run.outcomes] == ["kept"] * 2
    for row in load_run(tmp_path / "child").rows():
        own = row.blueprint.model_copy(update={"domain": "library"}).sealed()
        near = judge(own, row.course, row.human_turns, row.end_reason, world_of("library"))
        assert near == row.verdict


@pytest.mark.proof
def test_a_world_of_ones_own_is_named_on_the_command_line_to_make_and_to_prove_rows(tmp_path):
    out, named = str(tmp_path / "run"), "tests.child_world:child_library"
    assert command("generate", "--domain", named, "--count", "8", "--out", out) == (
        0,
        f"8 rows from 8 of 8 tasks: {out}",
    )
    assert command("verify", out) == (3, "8 rows checked, 0 wrong, 8 could not be told")
    assert command("verify", out, "--domain", named) == (0, "8 rows checked, 0 wrong")
    assert {outcome.kind for outcome in load_run(out).outcomes()} >= {"act", "inform", "refuse"}


def command(*arguments: str) -> tuple[int, str]:
    """Exit code and last line of a command, given where the tests' own worlds can be imported."""
    call = [sys.executable, "-m", "apigen_mt.cli", *arguments]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()[-1].removesuffix("/dataset")
