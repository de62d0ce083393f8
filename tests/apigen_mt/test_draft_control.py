"""The control: does feedback do more than asking again on the same budget would?"""

from functools import partial
from pathlib import Path

import pytest

from apigen_mt.config import parse
from apigen_mt.draft_outcome import Blind
from apigen_mt.draft_stats import Arm, summary
from apigen_mt.drafting import Drafts, draft
from apigen_mt.journal import Journal
from apigen_mt.run_folder import RunFolder
from blueprints.wilson import wilson
from tests.apigen_mt.draft_server import (
    AUTHOR,
    SENT_BACK,
    Desk,
    Lucky,
    Script,
    approves,
    authored,
    mends,
    reviewers,
    slip,
    stubborn,
    words,
)
from tests.chat_server import Answer, ChatServer

REVIEWER = "judge-1b"


def controlled(out: Path, author: Script, count: int = 4, **settings) -> tuple[Drafts, Desk]:
    desk = Desk({AUTHOR: author, REVIEWER: approves})
    with ChatServer(desk).in_thread() as server:
        draws = partial(draft, "library", count, out, roles=authored(server.url), control="blind", kinds={"act": 1})
        return draws(
            **{"rounds": 2, "max_attempts": count, "reviewers": reviewers(server.url, REVIEWER), **settings}
        ), desk


def arms(run: Drafts) -> dict[str, Arm]:
    folder = RunFolder(run.folder)
    return {arm.arm: arm for arm in summary(run.outcomes, parse(folder.config), folder.tokens()).control}


def blinds(run: Drafts) -> list[Blind]:
    found = [outcome.blind for outcome in run.outcomes]
    assert all(blind is not None for blind in found)
    return [blind for blind in found if blind is not None]


def test_an_author_that_needs_feedback_does_no_better_by_being_asked_again(tmp_path):
    """Feedback mends it in one round: two calls, 290 tokens. Blind has the same first attempt and one call more."""
    run, desk = controlled(tmp_path / "run", mends)
    assert [o.status for o in run.outcomes] == ["accepted"] * 4
    for blind in blinds(run):
        assert (blind.accepted, blind.spent.calls, blind.spent.usage.total, blind.over.calls) == (False, 2, 240, 0)
        assert [r.gate for r in blind.tries] == ["leakage"]
    found = arms(run)
    assert {name: (a.accepted.count, a.accepted.of, a.calls, a.tokens) for name, a in found.items()} == {
        "first attempt": (0, 4, 4, 480),
        "blind": (0, 4, 8, 960),
        "feedback": (4, 4, 8, 4 * (120 + 170)),
    }
    assert (found["feedback"].accepted.low, found["feedback"].accepted.high) == wilson(4, 4)
    assert desk.asked(AUTHOR) == 4 * 3


def test_an_author_that_only_needs_luck_does_as_well_without_feedback(tmp_path):
    """Three calls with feedback and all in vain; the second fresh try, after the first attempt, is right."""
    run, _ = controlled(tmp_path / "run", Lucky(2))
    assert [o.status for o in run.outcomes] == ["rejected"] * 4
    for blind in blinds(run):
        assert (blind.accepted, blind.spent.calls, [r.gate for r in blind.tries]) == (True, 2, [""])
        assert [r.votes.status for r in blind.tries] == ["accepted"]
    assert {name: a.accepted.count for name, a in arms(run).items()} == {"first attempt": 0, "blind": 4, "feedback": 0}


def test_what_stands_at_the_first_attempt_costs_both_the_same_and_nothing_more(tmp_path):
    run, desk = controlled(tmp_path / "run", words)
    assert [(b.accepted, b.tries, b.spent.calls) for b in blinds(run)] == [(True, (), 1)] * 4
    assert {(a.accepted.count, a.calls, a.tokens) for a in arms(run).values()} == {(4, 4, 480)}
    assert (desk.asked(AUTHOR), desk.asked(REVIEWER)) == (4, 4)


def test_it_never_takes_more_calls_than_feedback_took(tmp_path):
    run, desk = controlled(tmp_path / "run", stubborn)
    assert all(len(o.spent) == 3 for o in run.outcomes)
    assert [(b.accepted, b.spent.calls, len(b.tries)) for b in blinds(run)] == [(False, 3, 2)] * 4
    assert desk.asked(AUTHOR) == 4 * (3 + 2)


def test_it_never_takes_more_tokens_than_feedback_took(tmp_path):
    """Fed rounds are cheap here: what is left after the first attempt is less than another one would take."""
    run, desk = controlled(tmp_path / "run", lambda p: slip(p, (10, 5) if SENT_BACK in p else (100, 20)))
    assert [(b.spent.calls, b.spent.usage.total, b.tries) for b in blinds(run)] == [(1, 120, ())] * 4
    assert desk.asked(AUTHOR) == 4 * 3


def test_a_try_that_goes_over_is_not_counted_and_told_apart(tmp_path):
    """A fresh try that happens to be long would have stood; it does not fit, so it counts for nothing."""
    seen: set[str] = set()

    def author(prompt: str) -> Answer:
        if SENT_BACK in prompt:
            return slip(prompt, (100, 20))
        again = prompt in seen
        seen.add(prompt)
        return words(prompt, (100, 500)) if again else slip(prompt, (100, 20))

    run, _ = controlled(tmp_path / "run", author)
    for blind in blinds(run):
        assert (blind.accepted, blind.tries, blind.spent.usage.total) == (False, (), 120)
        assert (blind.over.calls, blind.over.usage.total) == (1, 600)


def test_repairs_are_calls_like_others(tmp_path):
    """An answer that is no JSON is asked for once more: two calls for one attempt, in both arms."""
    run, desk = controlled(tmp_path / "run", lambda _: Answer(text="Hello.", usage=(50, 5)))
    for outcome, blind in zip(run.outcomes, blinds(run), strict=True):
        assert [r.gate for r in outcome.rounds] == ["author"]
        assert [(s.calls, s.usage.total) for s in outcome.spent] == [(2, 110)]
        assert (blind.accepted, blind.spent.calls, blind.tries) == (False, 2, ())
    assert desk.asked(AUTHOR) == 8


def test_its_replies_are_journalled_apart_and_paid_once(tmp_path):
    desk = Desk({AUTHOR: Lucky(2), REVIEWER: approves})
    with ChatServer(desk).in_thread() as server:
        draws = partial(draft, "library", 3, tmp_path / "run", roles=authored(server.url), control="blind", rounds=1)
        run = draws(reviewers=reviewers(server.url, REVIEWER), max_attempts=3, kinds={"act": 1})
        paid = server.requests
        again = draws(reviewers=reviewers(server.url, REVIEWER), max_attempts=3, kinds={"act": 1})
        assert (again.outcomes, server.requests) == (run.outcomes, paid)
    with Journal.read(tmp_path / "run") as journal:
        totals = journal.totals()
        assert set(totals) == {"author", "author.blind", f"reviewer:{REVIEWER}.blind"}
        assert totals["author.blind"].total == 3 * 120


def test_twins_are_left_out_for_no_author_is_asked_for_them(tmp_path):
    run, _ = controlled(tmp_path / "run", words, kinds={"refuse": 1})
    assert [o.blind is not None for o in run.outcomes] == [True, False, True, False]
    assert arms(run)["feedback"].accepted.of == 2


@pytest.mark.parametrize("concurrency", [1, 16])
def test_figures_are_the_same_whatever_the_concurrency(tmp_path, concurrency):
    run, _ = controlled(tmp_path / "run", mends, count=6, concurrency=concurrency)
    assert {name: (a.accepted.count, a.calls, a.tokens) for name, a in arms(run).items()} == {
        "first attempt": (0, 6, 720),
        "blind": (0, 12, 1440),
        "feedback": (6, 12, 6 * 290),
    }
