"""Lists and figures of runs of every command: they say what `stats` says, and every figure leads to its entries."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

import apigen_mt
from apigen_mt.config import Config, parse
from apigen_mt.draft_outcome import Blind, DraftOutcome, Spent
from apigen_mt.journal import Journal
from apigen_mt.models.chat import Usage
from apigen_mt.run_folder import RunFolder, keep_config
from apigen_mt.stats import summary
from apigen_mt.viewer.detail import details
from apigen_mt.viewer.entries import ID, entries, outcomes_of
from apigen_mt.viewer.overview import Overview, overview
from apigen_mt.viewer.packed import report
from apigen_mt.viewer.summaries import Summary, summaries
from blueprints.blueprint import Rejected
from blueprints.committee.votes import Ballot, Votes
from blueprints.rounds import Round
from tests.apigen_mt.draft_server import review
from tests.apigen_mt.given_tasks import PLAIN, misled, tasks, written
from tests.apigen_mt.outside import Librarian
from tests.apigen_mt.shared_runs import generated
from tests.apigen_mt.viewer.mixed_runs import mixed
from tests.apigen_mt.viewer.read_page import check_inert
from tests.blueprints.talks import planned, world_of
from tools_env.values import Json

URL = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """Tasks of the library of which many came to nothing."""
    folder: Path = tmp_path_factory.mktemp("mixed")
    generated("library", 18, folder / "source")
    return mixed(RunFolder(folder / "source"), world_of("library"), folder / "run")


@pytest.fixture(scope="module")
def suspect(tmp_path_factory) -> RunFolder:
    folder: Path = tmp_path_factory.mktemp("suspect")
    file = written(folder / "tasks.jsonl", (tasks(1)[0], misled()))
    apigen_mt.play(file, folder / "run", attempts=3, agent=Librarian, **PLAIN)
    return RunFolder(folder / "run")


def told(folder: RunFolder, domain: str = "library") -> Overview:
    return Overview.model_validate_json(json.dumps(overview(folder, world_of(domain))))


def recorded(out: Path, config: Config, outcomes: list[DraftOutcome]) -> RunFolder:
    async def record() -> None:
        with Journal.open(out, config.identity("draft")) as journal:
            for outcome in outcomes:
                await journal.record_outcome(outcome.task, outcome.model_dump_json())

    out.mkdir()
    keep_config(config, out)
    asyncio.run(record())
    return RunFolder(out)


def lists(lines: list[Summary], **wanted: str) -> int:
    return sum(all(getattr(line, name) == value for name, value in wanted.items()) for line in lines)


def test_every_entry_has_an_id_of_its_own_and_a_line(run):
    lines = list(summaries(run))
    assert len({line.id for line in lines}) == len(lines)
    assert all(ID.fullmatch(line.id) for line in lines)
    assert [line.id for line in lines] == [found["id"] for found in details(run)]
    assert {line.status for line in lines} == {"kept", "failed", "rejected"}
    for line in lines:
        assert bool(line.gate) == (line.status != "kept")
        assert (line.phase == "draft") == (line.attempt is None)
        assert line.first
    kept = next(line for line in lines if line.status == "kept")
    row = next(iter(run.rows()))
    assert kept.calls == sum(1 for _ in row.course.called())
    assert kept.tokens == row.usage["agent"].total
    assert row.blueprint.instruction in kept.text


def test_the_funnel_is_that_of_stats_and_leads_to_the_list(run):
    found, lines = told(run), list(summaries(run))
    funnel = summary(run.outcomes()).funnel
    draft, play = found.phases
    assert (draft.total, draft.passed) == (funnel.asked, funnel.accepted)
    assert (play.total, play.passed) == (funnel.played, funnel.talks_kept)
    assert {lost.gate: lost.count for lost in draft.lost} == funnel.rejected_by
    assert {f"{lost.gate} ({lost.fault})": lost.count for lost in play.lost} == funnel.failed_by
    for phase in found.phases:
        assert phase.total == phase.passed + sum(lost.count for lost in phase.lost)
        assert all(lists(lines, gate=o.gate, fault=o.fault, status=o.status) == o.count for o in phase.lost)
    assert sum(found.faults.values()) == sum(lost.count for lost in play.lost)
    for name in ("kind", "status", "gate"):
        assert found.facets[name] == Counter(filter(None, (getattr(line, name) for line in lines)))
    assert play.tokens == sum(cost.usage.total for cost in found.costs if cost.role == "agent")
    assert all(lost.dollars for lost in play.lost)
    assert draft.dollars is None


def test_what_is_covered_is_laid_out_to_be_drawn(run):
    found = told(run).map
    assert found is not None
    world = world_of("library")
    assert {node.tool for node in found.nodes} == {*world.specs}
    assert len({(node.column, node.row) for node in found.nodes}) == len(found.nodes)
    first = {node.tool for node in found.nodes if node.column == 0}
    assert "find_member" in first
    assert not any(world.specs[tool].writes for tool in first)
    assert any(edge.count for edge in found.edges)
    assert {clause.number for clause in found.clauses} == {clause.number for clause in world.clauses}
    assert not any("{" in clause.text for clause in found.clauses)
    assert found.tasks == sum(o.status == "kept" for o in run.outcomes())
    other = told(run, "retail").map
    assert other is not None
    assert (other.tasks, other.left_out) == (0, found.tasks)
    assert overview(run)["map"] is None


def test_a_quarantined_task_says_on_what_its_attempts_agree(suspect):
    found = told(suspect)
    [phase] = found.phases
    assert (phase.name, phase.total) == ("Phase two: talks", 6)
    assert found.faults == {"blueprint": 3}
    wrong = [detail for detail in details(suspect) if detail["status"] == "failed"]
    assert len(wrong) == 3
    for detail in wrong:
        assert isinstance(detail["suspect"], dict)
        assert detail["suspect"]["ids"] == ["1.0", "1.1", "1.2"]
        assert detail["suspect"]["changes"]


def test_a_draft_run_shows_its_rounds_its_votes_and_both_arms(tmp_path):
    reviewers: Json = [{"name": name, "model": "x", "base_url": URL} for name in "ab"]
    roles: Json = {"author": {"model": "m", "base_url": URL}}
    config = parse({"domain": "library", "count": 2, "roles": roles, "reviewers": reviewers, "control": "blind"})
    plan = [b for b in planned("library", 12) if b.kind == "act"]
    ballot = Ballot.model_validate({"reviewer": "a", "review": json.loads(review(creativity=0))})
    no = Votes(ballots=(ballot, Ballot(reviewer="b", abstained_because="no answer in time")))
    sent = Round(gate="committee", reasons=no.reasons(), votes=no, plan="Make it livelier.")
    spent, near = Spent(calls=1, usage=Usage(prompt=500)), Rejected(stage="near_duplicate", reason="as task 0")
    whole = {"kind": "act", "blueprint": plan[0], "writes": 1}
    blind = Blind(accepted=False, tries=(sent,), spent=spent)
    more = {"rounds": (sent, Round()), "spent": (spent, spent), "blind": blind}
    stood = DraftOutcome.model_validate({"task": 0, "status": "accepted", **whole, **more})
    refused = DraftOutcome(task=1, status="rejected", kind="act", rounds=(sent,))
    again = DraftOutcome.model_validate({"task": 2, "status": "rejected", **whole, "reasons": (near,)})
    run = recorded(tmp_path / "run", config, [stood, refused, again])
    found = told(run)
    [phase] = found.phases
    assert (phase.total, phase.passed) == (3, 1)
    assert {lost.gate: lost.count for lost in phase.lost} == {"committee": 1, "near_duplicate": 1}
    assert [arm.arm for arm in found.arms] == ["first attempt", "blind", "feedback"]
    assert [(one.name, one.reviews, one.abstained) for one in found.reviewers] == [("a", 2, 0), ("b", 0, 2)]
    read = check_inert(report(run, world_of))
    first, second, third = read.details()
    assert first["rounds"][0]["plan"] == "Make it livelier."
    assert first["rounds"][0]["ballots"][0]["marks"]["creativity"][0] == 0
    assert first["rounds"][0]["ballots"][1]["abstained"] == "no answer in time"
    assert first["blind"][0]["gate"] == "committee"
    assert "talk.lines" not in first
    assert second["reasons"][0][0] == "committee"
    assert third["gate"] == "near_duplicate"


def test_an_evaluation_tells_how_often_its_tasks_are_solved(tmp_path):
    file = written(tmp_path / "tasks.jsonl", tasks(2))
    apigen_mt.evaluate(file, tmp_path / "run", trials=2, agent=Librarian, **PLAIN)
    run = RunFolder(tmp_path / "run")
    found = told(run)
    assert [(one.k, one.tasks, one.pass_hat.value) for one in found.at] == [(1, 2, 1.0), (2, 2, 1.0)]
    assert [entry.id for outcome in outcomes_of(run) for entry in entries(outcome)] == ["0.0", "0.1", "1.0"]
    [phase] = found.phases
    assert (phase.total, phase.passed, [lost.status for lost in phase.lost]) == (4, 3, ["repeated"])
    assert check_inert(report(run, world_of)).data()["overview"]["command"] == "evaluate"
