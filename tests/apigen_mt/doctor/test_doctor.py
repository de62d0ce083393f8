"""`apigen-mt doctor`: what it finds out about an endpoint, what it ends with, and that it shows no key."""

import json
import time
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.doctor.checks import Check, Diagnosis
from apigen_mt.doctor.installation import writable
from tests.chat_server import Answer, Body, ChatServer, completion, failure
from tests.engine.fault_server import FaultServer

KEY = "sk-hidden-4711"
CALL = ("find_member", '{"email": "kim@example.com"}')


def able(body: Body, _: int) -> Answer:
    """Does all that it is asked for, and thinks aloud."""
    if "tools" in body:
        return Answer(calls=(CALL,), message={"reasoning_content": "I look them up."})
    return Answer(text='{"colour": "blue"}')


def weak(body: Body, _: int) -> Answer:
    """Writes calls as text, knows no schemas, and counts nothing."""
    if "tools" in body:
        return Answer(text="find_member(kim@example.com)", usage=None)
    return failure(400, "response_format is not supported")


def no_tools(body: Body, _: int) -> Answer:
    return failure(400, '"auto" tool choice requires --enable-auto-tool-choice') if "tools" in body else able(body, 0)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return tmp_path


def found(capsys, *flags: str, code: int = 0) -> list[Check]:
    """The checks of the endpoint; those of the installation are well."""
    assert main(["doctor", "--json", *flags]) == code
    out, err = capsys.readouterr()
    assert KEY not in out + err
    checks = Diagnosis.model_validate_json(out).checks
    assert {c.status for c in checks if " at " not in c.about} <= {"ok", "note"}
    return [c for c in checks if " at " in c.about]


def at(server: ChatServer, model: str = "m") -> tuple[str, ...]:
    return "--model", model, "--base-url", server.url


def test_an_installation_is_looked_at_and_nothing_is_left_behind(here, capsys):
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[-1], err) == ("all is there", "")
    assert all(f" {about} " in out for about in ("python", "apigen-mt", "extra otel", "extra tau2", "vllm", "folder"))
    assert list(here.iterdir()) == []


def test_an_endpoint_that_can_do_all_is_asked_three_times(capsys):
    with ChatServer(able, key=KEY, models=["m"]).in_thread() as server:
        key, *checks = found(capsys, *at(server))
    assert (server.requests, server.refused) == (2, 0)
    assert key.told == "OPENAI_API_KEY is set; for author, human, agent"
    told = ["it is there and lists the model", "it calls tools", "it keeps to a JSON schema"]
    assert [c.told for c in checks] == [*told, "it reports tokens, none as from its cache, reasoning apart"]
    assert {c.status for c in checks} == {"ok"}


def test_what_the_program_can_do_without_is_a_note(capsys):
    with ChatServer(weak, models=["other"]).in_thread() as server:
        checks = found(capsys, *at(server))
    assert [c.status for c in checks] == ["ok", "note", "note", "note", "note"]
    told = " ".join(map(str, checks))
    assert all(words in told for words in ("not among the 1", "as text", "schemas are refused", "reports no tokens"))


def test_an_agent_without_tools_is_something_to_mend_and_an_author_is_not(here, capsys):
    with ChatServer(no_tools, models=["m"]).in_thread() as server:
        assert "--tool-call-parser" in str(found(capsys, *at(server), code=1)[2])
        author = {"domain": "library", "roles": {"author": {"model": "m", "base_url": server.url}}}
        (here / "run.yaml").write_text(json.dumps(author), "utf-8")
        assert found(capsys, "--config", "run.yaml")[2].status == "note"


def test_a_model_of_another_name_is_told_with_the_near_ones(capsys):
    with ChatServer(lambda *_: failure(404, "no such model"), models=["qwen3-8b", "x"]).in_thread() as server:
        checks = found(capsys, *at(server, "qwen-8b"), code=1)
    assert checks[1].todo == "write qwen3-8b"
    assert checks[2].status == "missing"


def test_a_wrong_key_is_to_be_mended(capsys):
    with ChatServer(able, key="another").in_thread() as server:
        checks = found(capsys, *at(server), code=1)
    assert checks[-1].todo == "put a key that is taken into the environment variable OPENAI_API_KEY"


def test_a_key_that_cannot_be_one_is_not_sent(monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY} and more")
    with ChatServer(able).in_thread() as server:
        assert found(capsys, *at(server), code=1)[0].status == "missing"
    assert server.requests == 0


def test_an_endpoint_that_is_not_there_could_not_be_told(capsys):
    checks = found(capsys, "--model", "m", "--base-url", "http://127.0.0.1:9/v1", code=3)
    assert [c.status for c in checks] == ["ok", "untold"]


def test_an_endpoint_that_hangs_is_given_up_in_time(capsys):
    begun = time.monotonic()
    with ChatServer(lambda *_: Answer(hang=True), models=["m"]).in_thread() as server:
        checks = found(capsys, *at(server), "--timeout", "0.2", code=3)
    assert checks[-1].status == "untold"
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(("fault", "code"), [("429", 3), ("500", 3), ("reset", 3), ("cut", 3), ("403", 1), ("", 0)])
def test_a_server_that_fails_is_told_apart_from_one_that_refuses(capsys, fault, code):
    texts = {True: Answer(calls=(CALL,)), False: Answer(text='{"colour": "blue"}')}
    asked = (("Find the member whose email address is kim@example.com. Use the tool.", True),)
    places = [("m", text, 2) for text, _ in asked] + [("m", "You help the members of a library.", 2)]
    answers = {place: completion(texts[place[1].startswith("Find")], "m", 0) for place in places}
    with FaultServer(answers, lambda *_: fault).in_thread() as server:
        checks = found(capsys, "--model", "m", "--base-url", server.url, code=code)
    assert checks[1].told == "it lists no models"


def test_every_endpoint_of_a_file_is_tried_once_for_all_that_it_plays(here, capsys):
    with ChatServer(able, models=["a", "b"]).in_thread() as server:
        role = {"model": "a", "base_url": server.url}
        reviewers = [{"name": "first", **role}, {"name": "second", "model": "b", "base_url": server.url}]
        settings = {"domain": "library", "roles": {"author": role, "agent": role}, "reviewers": reviewers}
        (here / "run.yaml").write_text(json.dumps(settings), "utf-8")
        checks = found(capsys, "--config", "run.yaml")
    assert server.requests == 4
    told = [c.told.partition("; ")[2] for c in checks if c.told.startswith("OPENAI_API_KEY")]
    assert told == ["for author, agent, reviewer first", "for reviewer second"]


def test_a_place_where_no_run_can_be_kept_is_told():
    check = writable(Path("/proc"))
    assert (check.status, check.todo) == ("untold", "give runs another place with --out")


def test_what_is_missing_comes_before_what_could_not_be_told():
    checks = [Check(about="a", status=status, told="b") for status in ("ok", "note", "untold", "missing")]
    codes = [Diagnosis(checks=tuple(checks[: n + 1])).exit_code for n in range(4)]
    assert codes == [0, 0, 3, 1]
    assert Diagnosis(checks=tuple(checks)).render().splitlines()[-1] == "1 to be mended, 1 could not be told"


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--model", "m"], "--model and --base-url go together"),
        (["--config", "none.yaml"], "cannot read none.yaml"),
        (["--timeout", "0"], "--timeout 0: seconds from"),
    ],
)
def test_half_a_question_is_refused(capsys, flags, line):
    assert main(["doctor", *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
