"""The pipeline: every task asked for is kept, rejected or failed, and a second sitting does only what is missing."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from apigen_mt.cast.ports import AgentTurn, AgentView
from apigen_mt.config import Config, ConfigError, parse
from apigen_mt.generating import Run, agenerate, unwatched
from apigen_mt.journal import Journal
from apigen_mt.models.failures import EndpointError, plain
from apigen_mt.trajectory import Outcome
from tests.apigen_mt.model_server import AUTHOR, Understudies, role
from tests.blueprints.talks import world_of
from tests.chat_server import Answer, ChatServer
from tools_env.values import Json


def library(count: int, **settings: Json) -> Config:
    return parse({"domain": "library", "count": count, **settings})


async def sitting(folder: Path, config: Config, agent=None, watch=unwatched) -> Run:
    return await agenerate(config, folder, agent=agent, watch=watch, world=world_of("library"))


def stored(folder: Path) -> list[tuple[int, str]]:
    with Journal.read(folder) as journal:
        return list(journal.outcomes())


class Helpless:
    """An agent that can do nothing."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text="I'm sorry, I can't help you with that.")


class Failing:
    """An agent that works, badly, but for the talks that begin with certain words."""

    def __init__(self, *first: str, error: Exception) -> None:
        self.first = first
        self.error = error

    async def reply(self, view: AgentView) -> AgentTurn:
        if view.messages[0]["content"] in self.first:
            raise self.error
        return await Helpless().reply(view)


async def test_what_is_asked_for_is_done_once_in_order_whatever_the_concurrency(tmp_path):
    runs = {c: await sitting(tmp_path / str(c), library(14, concurrency=c)) for c in (1, 7, 64)}
    assert [len(run.outcomes) for run in runs.values()] == [14] * 3
    assert stored(tmp_path / "1") == stored(tmp_path / "7") == stored(tmp_path / "64")
    assert [outcome.task for outcome in runs[7].outcomes] == list(range(14))


async def test_a_second_sitting_does_nothing_twice(tmp_path):
    seen: list[Outcome] = []
    first = await sitting(tmp_path, library(6), watch=seen.append)
    again = await sitting(tmp_path, library(6), watch=seen.append)
    assert (first.finished.now, first.finished.done) == (6, 6)
    assert (again.finished.now, again.finished.done) == (0, 6)
    assert again.outcomes == first.outcomes
    assert Counter(outcome.task for outcome in seen) == dict.fromkeys(range(6), 2)


async def test_more_may_be_asked_for_and_fewer_would_cut_what_is_there(tmp_path):
    few = await sitting(tmp_path, library(5))
    more = await sitting(tmp_path, library(12))
    assert more.finished.now == 7
    assert more.outcomes[:5] == few.outcomes
    with pytest.raises(ConfigError, match="holds 12 tasks: --count 5 would cut it"):
        await sitting(tmp_path, library(5))
    assert len((tmp_path / "dataset" / "data" / "train.jsonl").read_text("utf-8").splitlines()) == more.kept


async def test_a_twin_has_the_words_of_its_refusal(tmp_path):
    run = await sitting(tmp_path, library(9, kinds={"refuse": 1}))
    drafted = [o.blueprint for o in run.outcomes if o.blueprint is not None]
    pairs = [(one, other) for one, other in pairwise(drafted) if one.kind == "refuse"]
    assert len(pairs) == 4
    for refusal, twin in pairs:
        assert twin.parents == (refusal.id,)
        assert [s.say for s in twin.stages] == [s.say for s in refusal.stages]


async def test_an_agent_that_cannot_do_it_fails_and_leaves_its_talks_as_evidence(tmp_path):
    run = await sitting(tmp_path, library(8), agent=Helpless)
    assert run.kept == 0
    assert [o.status for o in run.outcomes] == ["failed"] * 8
    for outcome in run.outcomes:
        (row,) = outcome.failures
        assert (row.verdict.ok, row.verdict.fault, row.cast.agent.source) == (False, "agent", "own")
        assert len(row.train) == len(row.messages)


async def test_every_attempt_is_told_and_the_same_talk_is_kept_once(tmp_path):
    run = await sitting(tmp_path, library(6, attempts=3))
    for outcome in run.outcomes:
        assert len({row.id for row in outcome.rows}) == len(outcome.rows) > 0
        assert len({str(row.messages) for row in outcome.rows}) == len(outcome.rows)
    assert max(len(outcome.rows) for outcome in run.outcomes) > 1
    helpless = await sitting(tmp_path / "other", library(3, attempts=3), agent=Helpless)
    assert [len(outcome.failures) for outcome in helpless.outcomes] == [3, 3, 3]


async def test_a_bug_comes_out_as_itself_and_what_was_done_stays(tmp_path):
    plan = await sitting(tmp_path / "plan", library(6))
    last = plan.outcomes[5].blueprint
    assert last is not None
    bad = Failing(last.stages[0].say, error=ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        await sitting(tmp_path / "run", library(6, concurrency=1), agent=lambda: bad)
    assert [task for task, _ in stored(tmp_path / "run")] == [0, 1, 2, 3, 4]


async def test_an_unusable_endpoint_stops_the_run_with_one_error(tmp_path):
    plan = await sitting(tmp_path / "plan", library(6))
    said = [o.blueprint.stages[0].say for o in plan.outcomes if o.blueprint is not None]
    bad = Failing(*said, error=plain("auth", "", "http://127.0.0.1:9/v1"))
    with pytest.raises(EndpointError):
        await sitting(tmp_path / "run", library(6, concurrency=6), agent=lambda: bad)
    assert not (tmp_path / "run" / "dataset").exists()


async def test_a_talk_that_broke_off_is_failed_and_tried_again_alone(tmp_path):
    plan = await sitting(tmp_path / "plan", library(5))
    third = plan.outcomes[2].blueprint
    assert third is not None
    broken = Failing(third.stages[0].say, error=plain("server", "", "http://127.0.0.1:9/v1"))
    run = await sitting(tmp_path / "run", library(5), agent=lambda: broken)
    assert [o.failures[0].verdict.fault == "infrastructure" for o in run.outcomes] == [False, False, True, False, False]
    again = await sitting(tmp_path / "run", library(5), agent=Helpless)
    assert again.finished.now == 1
    assert again.outcomes[2].failures[0].verdict.fault == "agent"
    assert [task for task, _ in stored(tmp_path / "run")] == [0, 1, 2, 3, 4]


async def test_a_refusal_without_words_yet_holds_its_twin_back_until_both_can_be_worded(tmp_path):
    script = Understudies(world_of("library"), [])
    down = True

    def author(body: dict) -> Answer:
        return Answer(body=b"<html>bad gateway</html>") if down else script.author(body)

    script.roles[AUTHOR] = author
    async with ChatServer(script) as server:
        config = library(4, kinds={"refuse": 1}, roles={"author": role(server.url, AUTHOR)})
        run = await sitting(tmp_path, config)
        assert [(o.status, o.reasons[0].stage) for o in run.outcomes] == [("failed", "infrastructure")] * 4
        down = False
        run = await sitting(tmp_path, config)
        assert [o.status for o in run.outcomes] == ["kept"] * 4
        drafted = [o.blueprint for o in run.outcomes if o.blueprint is not None]
        assert [d.parents for d in drafted] == [(), (drafted[0].id,), (), (drafted[2].id,)]
