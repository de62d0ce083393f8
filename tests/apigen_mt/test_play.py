"""Playing given blueprints: the same loop, journal and dataset as a run that makes its own; each line checked first."""

import json
from pathlib import Path
from typing import Any

import pytest

import apigen_mt
from apigen_mt import Run, load_run
from apigen_mt.blueprint_files import given
from apigen_mt.cli import main
from apigen_mt.config import ConfigError, parse
from apigen_mt.journal import Drift, Journal, OtherCommand
from apigen_mt.models.failures import EndpointError, plain
from apigen_mt.playing import aplay, ready
from apigen_mt.verify import verify
from blueprints.blueprint import Blueprint, Provenance
from tests.apigen_mt.given_tasks import PLAIN, Helpless, in_turn, tasks, written
from tests.apigen_mt.model_server import AGENT, HUMAN, Understudies, role
from tests.apigen_mt.outside import Librarian
from tests.apigen_mt.test_durability import dataset, finished, killed, outcomes, started
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer
from tools_env.resolve import resolve
from tools_env.values import Json


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A run of `draft`."""
    folder: Path = tmp_path_factory.mktemp("drafted") / "run"
    apigen_mt.draft("library", 6, folder, seed=3)
    return folder


async def played(file: Path, out: Path, agent=None, **settings: Json) -> Run:
    config = parse({"domain": "", "blueprints": str(file), **PLAIN, **settings})
    return await aplay(ready(config, {"library": world_of("library")}), out, agent=agent)


def stored(folder: Path) -> list[tuple[int, str]]:
    with Journal.read(folder) as journal:
        return list(journal.outcomes())


def test_drafts_are_played_as_they_stand_and_their_rows_are_proven(drafted, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["play", "--blueprints", str(drafted), "--out", str(out), "--attempts", "2", "--quiet"]) == 0
    assert capsys.readouterr().out.endswith(f" rows from 6 of 6 blueprints: {out / 'dataset'}\n")
    run, blueprints = load_run(out), given(drafted).blueprints
    assert (run.command, run.config["domain"], run.config["count"]) == ("play", "library", 6)
    assert [outcome.blueprint for outcome in run.outcomes()] == list(blueprints)
    assert {row.cast.author.source for row in run.rows()} == {"template"}
    report = verify(out, resolve)
    assert (report.exit_code, report.checked) == (0, len(list(run.rows())))
    assert main(["stats", str(out)]) == main(["show", str(out), "0"]) == 0
    assert "tasks kept                            6" in capsys.readouterr().out
    assert main(["export", str(out), "--format", "messages", "--out", str(tmp_path / "export")]) == 0


async def test_the_bytes_are_the_same_whatever_the_concurrency(drafted, tmp_path):
    for concurrency in (1, 7):
        await played(drafted, tmp_path / str(concurrency), attempts=3, concurrency=concurrency)
    assert stored(tmp_path / "1") == stored(tmp_path / "7")
    assert dataset(tmp_path / "1") == dataset(tmp_path / "7")


async def test_more_attempts_extend_a_run_and_fewer_are_refused(drafted, tmp_path):
    whole = await played(drafted, tmp_path / "whole", attempts=3)
    await played(drafted, tmp_path / "run", attempts=1)
    run = await played(drafted, tmp_path / "run", attempts=3)
    assert (run.finished.now, run.outcomes) == (6, whole.outcomes)
    assert (await played(drafted, tmp_path / "run", attempts=3)).finished.now == 0
    with pytest.raises(ConfigError, match="was asked for 3 attempts at each task: 2 would cut it"):
        await played(drafted, tmp_path / "run", attempts=2)


async def test_all_different_successes_are_kept_and_every_failure_is_stored(tmp_path):
    file = written(tmp_path / "tasks.jsonl", tasks(2))
    agent = in_turn(True, False, True, False, True, False, False, True)
    run = await played(file, tmp_path / "run", agent, attempts=4, concurrency=1)
    first, second = run.outcomes
    assert [row.attempt for row in first.failures] == [1, 3]
    assert [row.attempt for row in second.failures] == [1, 2]
    for outcome in run.outcomes:
        told = sorted([row.attempt for row in (*outcome.rows, *outcome.failures)] + list(outcome.repeated))
        assert (outcome.status, told) == ("kept", [0, 1, 2, 3])
        assert len({json.dumps(row.messages) for row in outcome.rows}) == len(outcome.rows)
    assert run.kept == sum(len(outcome.rows) for outcome in run.outcomes)


async def test_only_the_attempt_that_broke_off_is_played_again(tmp_path):
    file, calls = written(tmp_path / "tasks.jsonl", tasks(1)), []

    class Broken:
        async def reply(self, view):
            raise plain("server", "", "http://127.0.0.1:9/v1")

    def counted():
        calls.append(1)
        return Librarian()

    run = await played(file, tmp_path / "run", in_turn(True, False, otherwise=Broken), attempts=2, concurrency=1)
    assert [(row.attempt, row.end_reason) for row in run.outcomes[0].failures] == [(1, "infrastructure")]
    again = await played(file, tmp_path / "run", counted, attempts=2)
    assert (len(calls), again.finished.now, again.outcomes[0].failures) == (1, 1, ())
    assert again.outcomes[0].rows[0] == run.outcomes[0].rows[0]


def models(url: str) -> dict[str, Json]:
    return {"agent": role(url, AGENT), "human": role(url, HUMAN)}


def test_a_model_run_that_died_pays_for_nothing_twice(tmp_path):
    blueprints = planned("library", 5, as_run=True)
    file = written(tmp_path / "tasks.jsonl", blueprints)
    script, cut = Understudies(world_of("library"), blueprints), 20

    def dying(body: Body, number: int) -> Answer | str:
        return Answer(status=401, body=b"{}") if number >= cut else script(body, number)

    with ChatServer(dying).in_thread() as server:
        settings: dict[str, Any] = {"roles": models(server.url), "concurrency": 3, "attempts": 2}
        with pytest.raises(EndpointError):
            apigen_mt.play(file, tmp_path / "run", **settings)
        with Journal.read(tmp_path / "run") as journal:
            assert (paid := journal.replies()) == cut
        cut = 10**9
        run = apigen_mt.play(file, tmp_path / "run", **settings)
        undisturbed = apigen_mt.play(file, tmp_path / "other", **settings)
    assert paid < server.requests
    assert run.kept > 0
    assert run.outcomes == undisturbed.outcomes
    assert dataset(tmp_path / "run") == dataset(tmp_path / "other")
    assert {row.cast.agent.model for row in load_run(tmp_path / "run").rows()} == {AGENT}


async def test_a_killed_run_ends_like_an_undisturbed_one(drafted, tmp_path):
    out = tmp_path / "run"
    flags = [
        "play",
        "--blueprints",
        str(drafted),
        "--out",
        str(out),
        "--attempts",
        "3",
        "--concurrency",
        "2",
        "--quiet",
    ]
    assert killed(started([*flags, "--config", str(plain_people(tmp_path))]), lambda: len(outcomes(out)) >= 2)
    assert 2 <= len(outcomes(out)) < 6
    assert finished(started([*flags, "--config", str(plain_people(tmp_path))])) == (0, "")
    whole = await played(drafted, tmp_path / "whole", attempts=3)
    assert stored(out) == stored(whole.folder)
    assert dataset(out) == dataset(whole.folder)


def plain_people(folder: Path) -> Path:
    """The settings of these tests as a file."""
    file = folder / "run.yaml"
    file.write_text(json.dumps(PLAIN), "utf-8")
    return file


async def test_other_blueprints_or_another_command_are_another_run(drafted, tmp_path):
    await played(drafted, tmp_path / "run")
    fewer = written(tmp_path / "fewer.jsonl", given(drafted).blueprints[:5])
    with pytest.raises(Drift, match="blueprints "):
        await played(fewer, tmp_path / "run")
    with pytest.raises(OtherCommand, match="begun by `apigen-mt play`"):
        apigen_mt.generate("library", 6, tmp_path / "run")
    copy = written(tmp_path / "elsewhere" / "copy.jsonl", given(drafted).blueprints)
    assert (await played(copy, tmp_path / "run")).finished.now == 0


async def test_two_domains_in_one_file_are_played_each_in_its_own(tmp_path):
    file = written(tmp_path / "tasks.jsonl", (*planned("retail", 2), *planned("library", 1)))
    what = ready(parse({"domain": "", "blueprints": str(file)}), {n: world_of(n) for n in ("library", "retail")})
    run = await aplay(what, tmp_path / "run")
    assert what.config.domain == "library, retail"
    assert [(o.status, o.blueprint and o.blueprint.domain) for o in run.outcomes] == [
        ("kept", "retail"), ("kept", "retail"), ("kept", "library"),
    ]  # fmt: skip


async def test_an_imported_task_that_the_oracle_cannot_follow_is_a_failure_and_no_crash(tmp_path):
    stage = tasks(1)[0].stages[0].model_copy(update={"wants": "refusal"})
    unclear = changed(stages=(stage,), provenance=Provenance(mode="imported", author="elsewhere"))
    run = await played(written(tmp_path / "tasks.jsonl", [unclear]), tmp_path / "run")
    (row,) = run.outcomes[0].failures
    assert (row.end_reason, row.verdict.fault, row.cast.author.source) == ("void", "blueprint", "imported")


def changed(**update: object) -> Blueprint:
    return tasks(1)[0].model_copy(update=update).sealed()


LINES: dict[str, tuple[str, str]] = {
    "nothing": ("", "holds no blueprint"),
    "no JSON": ("{", "line 1: no blueprint: Invalid JSON"),
    "no blueprint": ('{"id": 1}', "line 1: no blueprint: id: "),
    "another id": (tasks(1)[0].model_copy(update={"id": "0" * 64}).model_dump_json(), "line 1: the id is not the hash"),
    "another digest": (changed(digest="0" * 64).model_dump_json(), "line 1: made for library as it was"),
    "an unknown domain": (changed(domain="nowhere").model_dump_json(), "line 1: the domain 'nowhere' is not installed"),
    "code of its own": (changed(domain="os:path").model_dump_json(), "line 1: the domain 'os:path' is not installed"),
    "an unknown snapshot": (changed(snapshot="seed:x").model_dump_json(), "line 1: "),
    "no solution": (changed(actions=()).model_dump_json(), "line 1: format: "),
    "another change": (changed(diff={}).model_dump_json(), "line 1: execution: "),
    "imported, another change": (
        changed(diff={}, provenance=Provenance(mode="imported")).model_dump_json(), "line 1: execution: "
    ),
    "one thing twice": (
        f"{tasks(1)[0].model_dump_json()}\n\n{tasks(1)[0].model_dump_json()}",
        "line 3: the same blueprint stands in line 1 already",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_what_cannot_be_played_is_refused_in_one_line_with_its_place(name, tmp_path, capsys):
    text, told = LINES[name]
    file = tmp_path / "tasks.jsonl"
    file.write_text(text, "utf-8")
    assert main(["play", "--blueprints", str(file), "--out", str(tmp_path / "run")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"{file} {told}" in err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--blueprints", "nowhere.jsonl"], "cannot read nowhere.jsonl: No such file"),
        (["--blueprints", "."], ". is no run of `draft`"),
        (["--blueprints", "t.jsonl", "--attempts", "0"], "attempts: "),
        (["--blueprints", "t.jsonl", "--band", "0.2", "0.8"], "band and difficulty go together"),
        (["--blueprints", "t.jsonl", "--band", "0.8", "0.2", "--difficulty", "d"], "give the lower bound first"),
        (["--blueprints", "t.jsonl", "--human", "model"], "--human model needs --model"),
        (["--blueprints", "t.jsonl", "--model", "m"], "--model and --base-url go together"),
    ],
)
def test_wrong_flags_are_told_in_one_line(flags, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "t.jsonl", tasks(1))
    assert main(["play", "--out", "run", *flags]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err


def test_a_judge_that_breaks_off_leaves_its_talk_to_the_next_sitting(tmp_path):
    file, down = written(tmp_path / "tasks.jsonl", planned("library", 1)), True

    def answer(body: Body, number: int) -> Answer:
        return Answer(body=b"<html>bad gateway</html>") if down else Answer(text='{"reason": "fine", "sound": true}')

    with ChatServer(answer).in_thread() as server:
        judges: Json = [{"name": "strict", **role(server.url, "judge-1b")}]
        run = apigen_mt.play(file, tmp_path / "run", judges=judges)
        (row,) = run.outcomes[0].failures
        assert (row.end_reason, row.verdict.fault, row.ended_by[:9]) == (
            "infrastructure",
            "infrastructure",
            "a judge: ",
        )
        down = False
        run = apigen_mt.play(file, tmp_path / "run", judges=judges)
    assert (run.outcomes[0].failures, run.outcomes[0].rows[0].opinions[0].sound) == ((), True)


def test_one_s_own_agent_and_domain_are_played_from_python(tmp_path):
    file = written(tmp_path / "tasks.jsonl", tasks(2))
    run = apigen_mt.play(file, tmp_path / "run", attempts=2, agent=Helpless, domains=["library"])
    assert (run.kept, [len(outcome.failures) for outcome in run.outcomes]) == (0, [2, 2])
