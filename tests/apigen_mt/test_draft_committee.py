"""The committee through the whole pipeline: majorities, silence, plans, and how good the reviewers are."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from apigen_mt.drafting import Drafts, draft
from apigen_mt.journal import Journal
from apigen_mt.models.failures import EndpointError
from tests.apigen_mt.draft_server import (
    AUTHOR,
    PLANNER,
    Desk,
    Script,
    approves,
    authored,
    babbles,
    hangs,
    objects,
    plans,
    review,
    reviewers,
    words,
)
from tests.apigen_mt.model_server import role
from tests.chat_server import Answer, ChatServer, failure
from tools_env.values import Json

NAMES = ("one-1b", "two-2b", "three-3b", "four-4b")


def reviewed(out: Path, *scripts: Script, count: int = 2, **settings) -> tuple[Drafts, Desk]:
    """A run whose words always pass the gates, before a committee of these."""
    names = NAMES[: len(scripts)]
    desk = Desk({AUTHOR: words, PLANNER: plans, **dict(zip(names, scripts, strict=True))})
    with ChatServer(desk).in_thread() as server:
        committee: list[Json] = []
        for name, script in zip(names, scripts, strict=True):
            committee += reviewers(server.url, name, **({"timeout": 0.3} if script is hangs else {}))
        if "summariser" in settings:
            settings["summariser"] = role(server.url, PLANNER)
        draws = partial(draft, "library", count, out, roles=authored(server.url), reviewers=committee)
        return draws(kinds={"act": 1}, **{"rounds": 1, "max_attempts": count, **settings}), desk


def test_a_majority_accepts_and_the_blueprint_says_who(tmp_path):
    run, desk = reviewed(tmp_path / "run", approves, approves, objects)
    assert len(run.blueprints) == 2
    for blueprint, outcome in zip(run.blueprints, run.outcomes, strict=True):
        assert blueprint.provenance.reviewed == "accepted by 2 of 3 (one-1b, two-2b, three-3b)"
        assert [b.reviewer for b in outcome.rounds[-1].votes.ballots] == list(NAMES[:3])
        assert {"reviewer:one-1b", "reviewer:two-2b", "reviewer:three-3b"} < outcome.usage.keys()
    assert [desk.asked(name) for name in NAMES[:3]] == [2, 2, 2]


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ((approves, objects, objects), "creativity: 1 of 3 reviewers say yes"),
        ((approves, objects), "creativity: 1 of 2 reviewers say yes"),
        ((approves, approves, objects, objects), "creativity: 2 of 4 reviewers say yes"),
        ((approves, babbles, objects), "1 gave no usable review"),
        ((approves, hangs, objects), "1 gave no usable review"),
    ],
    ids=["two against one", "a tie", "a tie of four", "nonsense and a no", "silence and a no"],
)
def test_without_a_majority_it_is_sent_back_and_then_rejected(tmp_path, scripts, told):
    run, desk = reviewed(tmp_path / "run", *scripts)
    assert run.blueprints == ()
    for outcome in run.outcomes:
        assert [r.gate for r in outcome.rounds] == ["committee", "committee"]
        assert any(told in reason.reason for reason in outcome.rounds[0].reasons)
        assert outcome.reason is not None
        assert outcome.reason.stage == "committee"
    assert sum("creativity was looked at" in prompt for prompt in desk.prompts[AUTHOR]) == 2


def test_one_that_times_out_and_one_that_answers_nonsense_cannot_outvote_three(tmp_path):
    run, desk = reviewed(tmp_path / "run", approves, hangs, approves, count=1)
    assert run.blueprints[0].provenance.reviewed.startswith("accepted by 2 of 3")
    silent = run.outcomes[0].rounds[0].votes.ballots[1]
    assert silent.review is None
    assert "no answer in time" in silent.abstained_because
    run, desk = reviewed(tmp_path / "other", approves, babbles, approves, count=1)
    assert run.blueprints[0].provenance.reviewed.startswith("accepted by 2 of 3")
    assert "no usable answer" in run.outcomes[0].rounds[0].votes.ballots[1].abstained_because
    assert desk.asked(NAMES[1]) == 4  # asked, mended, asked once more, mended


def test_the_reasons_become_one_plan_where_there_is_a_summariser(tmp_path):
    run, desk = reviewed(tmp_path / "run", objects, summariser=True)
    assert [[r.plan for r in o.rounds] for o in run.outcomes] == [["Say more about why.", ""]] * 2
    sent_back = [p for p in desk.prompts[AUTHOR] if "Say more about why." in p]
    assert len(sent_back) == 2
    assert not any("creativity was looked at" in p for p in sent_back)
    assert all("creativity was looked at" in p for p in desk.prompts[PLANNER])
    assert run.outcomes[0].usage["summariser"].total == 210


def test_replies_are_journalled_by_who_gave_them(tmp_path):
    run, _ = reviewed(tmp_path / "run", approves, objects, count=1, summariser=True)
    assert run.blueprints == ()
    with Journal.read(tmp_path / "run") as journal:
        assert set(journal.totals()) == {"author", "reviewer:one-1b", "reviewer:two-2b", "summariser"}
    database = sqlite3.connect(tmp_path / "run" / "journal.sqlite")
    rows = database.execute("SELECT role, blueprint, turn FROM replies ORDER BY role, turn").fetchall()
    database.close()
    assert len({subject for _, subject, _ in rows}) == 1
    assert [t for r, _, t in rows if r == "reviewer:one-1b"] == [0, 2]
    assert [t for r, _, t in rows if r == "author"] == [0, 1]
    assert [t for r, _, t in rows if r == "summariser"] == [0]


def test_a_reviewer_that_is_down_is_nobodys_vote_and_the_task_is_tried_again(tmp_path):
    down = True

    def shaky(_: str) -> Answer:
        return Answer(body=b"<html>bad gateway</html>") if down else Answer(text=review())

    desk = Desk({AUTHOR: words, NAMES[0]: shaky})
    with ChatServer(desk).in_thread() as server:
        committee = reviewers(server.url, NAMES[0])
        draws = partial(draft, "library", 2, tmp_path / "run", roles=authored(server.url), reviewers=committee)
        assert [o.status for o in draws().outcomes] == ["failed", "failed"]
        down = False
        assert [o.status for o in draws().outcomes] == ["accepted", "accepted"]
    assert desk.asked(AUTHOR) == 2


def test_a_reviewer_whose_key_is_wrong_stops_the_run(tmp_path):
    desk = Desk({AUTHOR: words, NAMES[0]: lambda _: failure(401, "no such key")})
    with ChatServer(desk).in_thread() as server:
        committee = reviewers(server.url, NAMES[0])
        with pytest.raises(EndpointError, match="key"):
            draft("library", 2, tmp_path / "run", roles=authored(server.url), reviewers=committee)


def test_a_twin_comes_before_the_committee_too_in_the_words_of_its_refusal(tmp_path):
    desk = Desk({AUTHOR: words, NAMES[0]: approves})
    with ChatServer(desk).in_thread() as server:
        committee = reviewers(server.url, NAMES[0])
        kinds = {"refuse": 1}
        run = draft("library", 4, tmp_path / "run", roles=authored(server.url), reviewers=committee, kinds=kinds)
    assert [b.kind for b in run.blueprints] == ["refuse", "act", "refuse", "act"]
    for refusal, twin in zip(run.blueprints[::2], run.blueprints[1::2], strict=True):
        assert twin.parents == (refusal.id,)
        assert [s.say for s in twin.stages] == [s.say for s in refusal.stages]
        assert twin.provenance.reviewed.startswith("accepted by 1 of 1 (one-1b")
    assert (desk.asked(AUTHOR), desk.asked(NAMES[0])) == (2, 4)


def test_faults_planted_in_accepted_blueprints_measure_each_reviewer(tmp_path):
    """The same model twice is measured as two, for temperatures may differ."""
    desk = Desk({AUTHOR: words, NAMES[0]: approves})
    with ChatServer(desk).in_thread() as server:
        again: Json = {**role(server.url, NAMES[0]), "name": "again"}
        committee = [again, *reviewers(server.url, NAMES[0])]
        draws = partial(draft, "library", 3, tmp_path / "run", roles=authored(server.url), reviewers=committee)
        run = draws(kinds={"act": 1}, calibrated=2)
        assert run.calibration is not None
        assert run.calibration.reviewers == ("again", "one-1b", "the committee")
        asked = server.requests
        assert (draws(kinds={"act": 1}, calibrated=2).calibration, server.requests) == (run.calibration, asked)
    recall, alarms = run.calibration.recall("again"), run.calibration.false_alarms("again")
    assert recall.asked == recall.reviewed > 0
    assert (recall.objected, alarms.objected) == (0, 0)
    with Journal.read(tmp_path / "run") as journal:
        assert journal.totals()["reviewer:again.calibrate"].prompt == 300 * (recall.asked + alarms.asked)
