"""Malformed replies over the wire: no run breaks, nothing malformed is exported, and every task is accounted for."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apigen_mt import Run, generate, load_run, play
from apigen_mt.export.export import export
from apigen_mt.export.fit import Unfit, exported
from apigen_mt.run_folder import write_blueprints
from apigen_mt.stats import Stats, summary
from apigen_mt.trajectory import Outcome, Row
from apigen_mt.verify import verify
from blueprints.blueprint import Blueprint
from tests.apigen_mt.model_server import AGENT, AUTHOR, HUMAN, Understudies, role, roles
from tests.blueprints.talks import planned, world_of
from tests.chat_server import ChatServer, Script
from tests.engine.hostile_replies import GARBAGE, ODD, SPOILT, WITH_EITHER, WITH_WORDS
from tests.engine.hostile_server import Spoiling, Task
from tools_env.resolve import resolve
from tools_env.values import Json

KINDS = (*GARBAGE, *SPOILT, *ODD)
NO_COMPLETION = "the answer is no chat completion"
GARBAGE_ATTEMPTS = 2
ONE_ID = "two calls with one id"
LIMITS: Json = {"turns": 12, "calls": 40, "calls_in_a_row": 8}


def apart(count: int, seed: int) -> list[Blueprint]:
    """Blueprints of the library of which no two begin alike."""
    found: list[Blueprint] = []
    wanted = count
    while len(found) < count:
        wanted += count // 2 + 4
        found = []
        for blueprint in planned("library", wanted, seed, as_run=True):
            say = blueprint.stages[0].say
            if not any(say in b.stages[0].say or b.stages[0].say in say for b in found):
                found.append(blueprint)
    return found[:count]


def accounted(run: Run, asked: int) -> Stats:
    """Every task ended in one way, for a reason that is counted; what was kept stands in the dataset and proves."""
    found = summary(run.outcomes, load_run(run.folder).tokens())
    funnel = found.funnel
    assert [outcome.task for outcome in run.outcomes] == list(range(asked))
    assert funnel.asked == asked == funnel.kept + funnel.rejected + funnel.failed
    assert funnel.played == funnel.talks_kept + sum(funnel.failed_by.values()) + funnel.repeated
    assert funnel.rejected == sum(funnel.rejected_by.values())
    assert len((run.folder / "dataset/data/train.jsonl").read_text("utf-8").splitlines()) == run.kept
    report = verify(run.folder, resolve)
    assert report.exit_code == 0, report.render()
    return found


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A run with malformed replies, what was done to it, and the rows that the same run has with honest ones."""

    run: Run
    script: Spoiling
    honest: dict[str, Row]


def by_the_agent(tmp_path: Path, count: int, seed: int, kinds: Sequence[str] = KINDS) -> Spoilt:
    """Given blueprints; the agent's replies are malformed."""
    blueprints = apart(count, seed)
    file = tmp_path / "given.jsonl"
    write_blueprints(file, blueprints)
    honest = Understudies(world_of("library"), blueprints)
    script = Spoiling(honest, kinds, seed=seed)
    runs = [played(file, tmp_path / name, s) for name, s in (("run", script), ("honest", honest))]
    rows = {row.blueprint.id: row for outcome in runs[1].outcomes for row in outcome.rows}
    assert len(rows) >= count * 0.8
    return Spoilt(runs[0], script, rows)


def played(file: Path, out: Path, script: Script) -> Run:
    with ChatServer(script).in_thread() as server:
        return play(file, out, roles={"agent": role(server.url, AGENT)}, limits=LIMITS)


def trained(row: Row) -> list[tuple[Json, ...]]:
    """What the agent's messages say that are to be learned, whatever the ids of calls."""
    taught: list[Any] = [m for m, flag in zip(row.messages, row.train, strict=True) if flag is not None and flag.train]
    return [(m["content"], json.dumps([c["function"] for c in m.get("tool_calls", [])])) for m in taught]


def check_task(outcome: Outcome, task: Task, honest: Row) -> None:
    """What became of a task: nothing malformed in its talk is exported, and where it is lost one can see why.

    Calls get ids of our own: two with one id are two calls, and where the second came to nothing, is masked and did no
    harm, the talk is as good as any.
    """
    for row in outcome.rows:
        if isinstance(exported(row), Unfit) or row.messages == honest.messages:
            continue
        assert task.kind == ONE_ID, (task.kind, row.messages)
        assert [said for said in trained(row) if said not in trained(honest)] == []
    if not task.bodies or task.kind in ODD or (task.mended and task.kind in GARBAGE):
        assert [row.messages for row in outcome.rows] == [honest.messages], (task.kind, outcome)
    elif task.kind in GARBAGE:
        (row,) = outcome.failures
        assert (row.verdict.fault, row.end_reason) == ("infrastructure", "infrastructure"), task.kind
        assert row.ended_by.startswith(NO_COMPLETION)
        assert len(task.bodies) == GARBAGE_ATTEMPTS
    elif not task.mended and not (task.kind == ONE_ID and outcome.rows):
        (row,) = outcome.failures
        assert row.verdict.fault == "agent", (task.kind, row.verdict)


def check(spoilt: Spoilt) -> Counter[str]:
    """Every task of a run; how many replies of each kind there were."""
    stats = accounted(spoilt.run, len(spoilt.script.tasks))
    replies: Counter[str] = Counter()
    gone = 0
    for outcome in spoilt.run.outcomes:
        assert outcome.blueprint is not None
        task = spoilt.script.tasks[outcome.blueprint.id]
        if outcome.blueprint.id in spoilt.honest:
            check_task(outcome, task, spoilt.honest[outcome.blueprint.id])
        replies[task.kind] += len(task.bodies)
        gone += any(row.end_reason == "infrastructure" for row in outcome.failures)
    assert dict(stats.reasons).get(f"ending: {NO_COMPLETION}", 0) == gone
    return replies


def test_a_malformed_reply_of_an_agent_costs_at_most_its_talk_and_is_not_exported(tmp_path):
    replies = check(by_the_agent(tmp_path, len(KINDS), seed=0))
    assert sum(map(bool, replies.values())) >= len(KINDS) - 3, replies  # not every talk has words or calls to spoil
    for form in ("sharegpt", "messages"):
        rows = list(load_run(tmp_path / "run").rows())
        export(rows, form, tmp_path / form, licences={AGENT: "MIT"})
        lines = (tmp_path / form / "data/train.jsonl").read_text("utf-8").splitlines()
        assert 0 < len(lines) == sum(not isinstance(exported(row), Unfit) for row in rows)
        assert not any(sign in line for line in lines for sign in ("\ufffd", "\\ufffd", "\\ud8", "\\u0000"))


@pytest.mark.proof
def test_two_thousand_malformed_replies(tmp_path):
    replies: Counter[str] = Counter()
    kinds = (*GARBAGE, *SPOILT)
    for seed in range(10, 17):
        folder = tmp_path / str(seed)
        folder.mkdir()
        replies += check(by_the_agent(folder, 8 * len(kinds), seed, kinds))
    assert replies.total() >= 2000
    assert len(replies) == len(kinds) >= 20
    assert min(replies.values()) >= 40


PROSE = (*GARBAGE, *WITH_WORDS, *WITH_EITHER)


def test_a_malformed_reply_of_a_person_or_an_author_costs_at_most_its_task(tmp_path):
    count = len(PROSE)
    found, spoiled = {}, []
    for name, spoil in (("honest", False), ("run", True)):
        script = Understudies(world_of("library"), planned("library", count, as_run=True))
        spoiled.append(spoiling := Spoiling(script, PROSE, roles=(HUMAN, AUTHOR), seed=2))
        with ChatServer(spoiling if spoil else script).in_thread() as server:
            cast = {name: r for name, r in roles(server.url).items() if name != "agent"}
            found[name] = generate("library", count, tmp_path / name, roles=cast, limits=LIMITS)
    stats = accounted(found["run"], count)
    assert sum(bool(task.bodies) for task in spoiled[-1].tasks.values()) >= count * 2 // 3
    assert stats.funnel.kept >= count // 4
    assert stats.funnel.rejected + stats.funnel.failed >= count // 6
    for outcome, honest in zip(found["run"].outcomes, found["honest"].outcomes, strict=True):
        assert outcome.rows or outcome.failures or outcome.reasons
        if outcome.rows:
            assert [row.messages for row in outcome.rows] == [row.messages for row in honest.rows]
