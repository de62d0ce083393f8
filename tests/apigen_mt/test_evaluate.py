"""Evaluations: each blueprint tried several times, and what is told of it holds against a count by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import apigen_mt
from apigen_mt.cli import main
from apigen_mt.evaluation.difficulty import Tried, read_difficulty
from apigen_mt.models.failures import EndpointError, plain
from blueprints.blueprint import Blueprint
from tests.apigen_mt.given_tasks import PLAIN, Helpless, in_turn, misled, tasks, written
from tests.apigen_mt.model_server import AGENT, HUMAN, Understudies, role
from tests.apigen_mt.outside import Librarian
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer

Judged = apigen_mt.Evaluated


def tried(folder: Path, count: int, *able: bool, trials: int, **settings) -> Judged:
    """Tasks tried one after the other, solved or not as it is said here."""
    file = written(folder / "tasks.jsonl", tasks(count))
    agent = in_turn(*able, **settings)
    return apigen_mt.evaluate(
        file, folder / "run", trials=trials, agent=agent, concurrency=1, domains=["library"], **PLAIN
    )


def test_the_figures_are_those_counted_by_hand(tmp_path):
    able = (True, True, True, True, True, False, True, False, False, False, False, True)
    found = tried(tmp_path, 3, *able, trials=4).evaluation
    assert (found.agent, found.human, found.tasks, found.trials, found.solved) == ("own", "scripted", 3, 12, 7)
    assert (found.asked, found.broke_off, found.missing) == (12, 0, 0)
    assert [at.pass_hat.value for at in found.at] == pytest.approx([7 / 12, (1 + 1 / 6) / 3, 1 / 3, 1 / 3])
    assert [at.plain.value for at in found.at] == pytest.approx(
        [(1 + 2**-k + 4**-k) / 3 for k in (1, 2, 3, 4)]
    )  # fmt: skip
    assert [at.pass_at.value for at in found.at] == pytest.approx([7 / 12, (1 + 5 / 6 + 1 / 2) / 3, (2 + 3 / 4) / 3, 1])
    assert all(at.pass_hat.low <= at.pass_hat.value <= at.pass_hat.high for at in found.at)
    assert (found.faults, sum(found.failed_by.values()), found.ends) == ({"agent": 5}, 5, {"user_stop": 5})
    assert {name: (group.tasks, group.trials, group.solved) for name, group in found.kinds.items()} == {
        "act": (3, 12, 7)
    }
    assert {*found.clauses} == {"1", "3"}
    assert {*found.operators} == {"describe"}
    assert found.kinds["act"].share.value == pytest.approx(7 / 12)
    known = read_difficulty([tmp_path / "run"])
    assert [known[b.id].share for b in tasks(3)] == [1, 0.5, 0.25]
    assert known[tasks(1)[0].id].agents == {"own": Tried(trials=4, solved=4)}


def test_infrastructure_is_tried_again_told_apart_and_in_no_denominator(tmp_path):
    class Broken:
        async def reply(self, view):
            raise plain("server", "", "http://127.0.0.1:9/v1")

    able = (True, False, False, False, True, True, False, True, True)
    found = tried(tmp_path, 2, *able, trials=3, otherwise=Broken).evaluation
    assert (found.asked, found.trials, found.solved, found.broke_off) == (6, 5, 5, 1)
    assert [(at.k, at.tasks, at.pass_hat.value) for at in found.at] == [(1, 2, 1.0), (2, 2, 1.0), (3, 1, 1.0)]
    assert (found.faults, found.ends) == ({}, {})
    assert read_difficulty([tmp_path / "run"])[tasks(1)[0].id].agents == {"own": Tried(trials=2, solved=2)}
    mended = tried(tmp_path, 2, True, trials=3)
    assert (mended.evaluation.trials, mended.evaluation.solved, mended.evaluation.broke_off) == (6, 6, 0)
    assert mended.run.finished.now == 1


def test_too_long_a_talk_is_the_agent_s_failure(tmp_path):
    class Endless:
        async def reply(self, view):
            raise EndpointError("context", "too long", "http://127.0.0.1:9/v1")

    found = tried(tmp_path, 1, True, False, trials=2, otherwise=Endless).evaluation
    assert (found.trials, found.solved, found.broke_off) == (2, 1, 0)
    assert (found.faults, found.ends) == ({"agent": 1}, {"context_limit": 1})


def test_a_suspect_blueprint_counts_and_is_named(tmp_path):
    file = written(tmp_path / "tasks.jsonl", [misled()])
    found = apigen_mt.evaluate(file, tmp_path / "run", trials=4, agent=Librarian, **PLAIN).evaluation
    assert (found.trials, found.solved, [s.blueprint for s in found.suspects]) == (4, 0, [misled().id])


def unable(blueprints: tuple[Blueprint, ...], script: Understudies) -> Callable[[Body, int], Answer | str]:
    """A model that does not help with every third task."""
    lost = {b.stages[0].say for b in blueprints[::3]}

    def answer(body: Body, number: int) -> Answer | str:
        if body["model"] == AGENT and any(say in body["messages"][1]["content"] for say in lost):
            return Answer(text="I'm sorry, I can't help you with that.", usage=(200, 30))
        return script(body, number)

    return answer


def test_a_model_is_measured_and_those_in_the_band_are_played(tmp_path, capsys):
    blueprints = planned("library", 4, as_run=True)
    file, out = written(tmp_path / "tasks.jsonl", blueprints), tmp_path / "run"
    with ChatServer(unable(blueprints, Understudies(world_of("library"), blueprints))).in_thread() as server:
        model = ["--model", AGENT, "--base-url", server.url]
        flags = ["evaluate", "--blueprints", str(file), "--trials", "2", "--out", str(out), *model]
        assert main([*flags, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {body["model"] for body in server.bodies} == {AGENT}
        asked = server.requests
        assert main(flags) == 0
        assert server.requests == asked
        told = capsys.readouterr().out
        assert (
            main(
                [
                    "evaluate",
                    *flags[1:3],
                    "--trials",
                    "2",
                    "--out",
                    str(tmp_path / "one"),
                    *model,
                    "--quiet",
                    "--concurrency",
                    "1",
                ]
            )
            == 0
        )
    assert (found["agent"], found["human"], found["tasks"], found["trials"]) == (AGENT, "scripted", 4, 8)
    assert 0 < found["solved"] < 8
    assert f"{found['solved']} of 8 trials solved, 4 tasks: {out / 'difficulty.jsonl'}" in told
    assert (tmp_path / "one" / "difficulty.jsonl").read_bytes() == (out / "difficulty.jsonl").read_bytes()
    shares = {b: d.share for b, d in read_difficulty([out]).items()}
    easy = [b for b in blueprints if shares[b.id] == 1]
    assert 0 < len(easy) < 4
    band = ["--band", "1", "1", "--difficulty", str(out)]
    assert main(["play", "--blueprints", str(file), "--out", str(tmp_path / "easy"), *band, "--quiet"]) == 0
    assert [o.blueprint for o in apigen_mt.load_run(tmp_path / "easy").outcomes()] == easy
    capsys.readouterr()
    assert (
        main(["play", "--blueprints", str(file), "--out", str(tmp_path / "no"), "--band", "0.3", "0.4", *band[3:]]) == 2
    )
    assert capsys.readouterr().err.count("none of the 4 blueprints is in it (4 of them were tried)\n") == 1
    assert main(["stats", str(out)]) == 0
    assert "means over tasks, with 95 % intervals" in capsys.readouterr().out


def test_a_person_played_by_a_model_is_asked_for(tmp_path):
    blueprints = planned("library", 1, as_run=True)
    file = written(tmp_path / "tasks.jsonl", blueprints)
    with ChatServer(Understudies(world_of("library"), blueprints)).in_thread() as server:
        roles = {"agent": role(server.url, AGENT), "human": role(server.url, HUMAN)}
        found = apigen_mt.evaluate(file, tmp_path / "run", trials=1, roles=roles).evaluation
    assert (found.agent, found.human) == (AGENT, HUMAN)
    assert {cost.role: (cost.usage.total > 0, cost.dollars) for cost in found.bill.costs}["human"] == (True, None)
    assert found.bill.accepted == found.solved


def test_an_endpoint_that_breaks_off_ends_with_3_and_is_made_good_later(tmp_path, capsys):
    blueprints = planned("library", 2, as_run=True)
    file, script, down = written(tmp_path / "t.jsonl", blueprints), Understudies(world_of("library"), blueprints), True

    def answer(body: Body, number: int) -> Answer | str:
        return Answer(body=b"<html>bad gateway</html>") if down else script(body, number)

    with ChatServer(answer).in_thread() as server:
        flags = ["evaluate", "--blueprints", str(file), "--trials", "1", "--out", str(tmp_path / "run"), "--quiet",
                 "--model", AGENT, "--base-url", server.url]  # fmt: skip
        assert main(flags) == 3
        assert "the endpoint is down, and continuing the run later goes on from here" in capsys.readouterr().err
        down = False
        assert main(flags) == 0
    assert capsys.readouterr().out.startswith("2 of 2 trials solved, 2 tasks")


def test_nothing_solved_is_told_as_such(tmp_path):
    file = written(tmp_path / "tasks.jsonl", tasks(2))
    found = apigen_mt.evaluate(file, tmp_path / "run", trials=2, agent=Helpless).evaluation
    assert [at.pass_at.value for at in found.at] == [0, 0]
    assert found.at[0].pass_hat.high > 0
