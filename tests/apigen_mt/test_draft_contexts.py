"""Drafted runs: an author model proposes whole tasks, and only what the gates let through stands."""

import json
from functools import cache, partial

import pytest

from apigen_mt.config import ConfigError, parse
from apigen_mt.draft_contexts import Proposed, settings_of
from apigen_mt.drafting import draft
from apigen_mt.journal import Journal
from blueprints.blueprint import Blueprint
from blueprints.checks import check
from blueprints.drafted.propose import KINDS
from tests.apigen_mt.draft_server import AUTHOR, Desk, approves, authored, reviewers
from tests.blueprints.drafted.honest import proposal_of, simple
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, ChatServer

REVIEWER = "judge-1b"
WISHED: dict[str, str] = {str(kind): told for kind, told in KINDS.items()}


@cache
def pool() -> tuple[Blueprint, ...]:
    """Tasks that a model could have proposed, all on one snapshot."""
    return tuple(b for b in planned("library", 300, snapshots=1) if simple(b))


def honest(prompt: str) -> Answer:
    """A proposal for the person in the prompt, if the pool has one of the kind wished for."""
    for blueprint in pool():
        if f": {blueprint.known['email'].value}\n" in prompt and WISHED[blueprint.kind] in prompt:
            return Answer(text=json.dumps(proposal_of(blueprint)), usage=(1000, 200))
    return Answer(text='{"plan": "I cannot think of anything."}', usage=(1000, 10))


def test_what_a_model_proposes_stands_if_it_passes_and_is_the_same_whatever_the_concurrency(tmp_path):
    runs = []
    for concurrency in (1, 16):
        desk = Desk({AUTHOR: honest, REVIEWER: approves})
        with ChatServer(desk).in_thread() as server:
            draws = partial(draft, "library", 8, tmp_path / str(concurrency), mode="drafted", snapshots=1, rounds=1)
            committee = reviewers(server.url, REVIEWER)
            run = draws(roles=authored(server.url), reviewers=committee, window=5, concurrency=concurrency)
        assert len(run.blueprints) == 8
        assert {o.status for o in run.outcomes} == {"accepted", "rejected"}
        runs.append([(o.task, o.status, o.kind) for o in run.outcomes])
        for outcome in run.outcomes:
            if outcome.status == "rejected":
                assert all(r.gate for r in outcome.rounds)
                continue
            blueprint = outcome.blueprint
            assert blueprint is not None
            assert (blueprint.provenance.mode, blueprint.provenance.author) == ("drafted", AUTHOR)
            assert blueprint.provenance.reviewed.startswith("accepted by 1 of 1")
            assert (blueprint.provenance.task, outcome.usage["author"].total) == (outcome.task, 1200)
            assert blueprint.persona
            assert list(check(blueprint, world_of("library"))) == []
        with Journal.read(run.folder) as journal:
            assert sum(u.total for o in run.outcomes for u in o.usage.values()) == sum(
                u.total for u in journal.totals().values()
            )
    assert runs[0] == runs[1]


def test_an_answer_that_cannot_be_used_is_sent_back_as_a_fault_of_form(tmp_path):
    desk = Desk({AUTHOR: lambda _: Answer(text="No.", usage=(10, 1))})
    with ChatServer(desk).in_thread() as server:
        roles = authored(server.url)
        run = draft("library", 1, tmp_path / "run", mode="drafted", roles=roles, rounds=2, max_attempts=1)
    assert [r.gate for r in run.outcomes[0].rounds] == ["format"] * 3
    assert [s.calls for s in run.outcomes[0].spent] == [2, 2, 2]
    assert "Put this right" in desk.prompts[AUTHOR][-1]


def test_the_control_asks_for_whole_tasks_too(tmp_path):
    desk = Desk({AUTHOR: lambda _: Answer(text="No.", usage=(10, 1))})
    with ChatServer(desk).in_thread() as server:
        draws = partial(draft, "library", 1, tmp_path / "run", mode="drafted", control="blind", max_attempts=1)
        blind = draws(roles=authored(server.url), rounds=2).outcomes[0].blind
    assert blind is not None
    assert (blind.accepted, blind.spent.calls, [r.gate for r in blind.tries]) == (False, 6, ["format"] * 2)
    assert len({p for p in desk.prompts[AUTHOR] if "Put this right" not in p}) == 1


def test_accepted_tasks_are_examples_from_the_next_window_on():
    config = parse({"domain": "library", "mode": "drafted", "snapshots": 1, "walk": {"examples": 2}})
    source = Proposed(config, world_of("library"), ("You hum.",))
    assert source.barren() is None
    first = [source.next() for _ in range(3)]
    source.feed(pool()[:20])
    assert [due.index for due in first] == [0, 1, 2]
    assert source.next().index == 3
    assert len(source.examples) == 20
    assert source.near.close(pool()[0]) is not None


def test_the_settings_of_the_walk_are_those_of_the_sampling():
    config = parse({"domain": "library", "walk": {"length": 7, "start": "finder", "restart": 0.5}, "snapshots": 3})
    found = settings_of(config)
    assert (found.walk, found.start, found.restart, found.snapshots) == (7, "finder", 0.5, 3)
    assert set(found.kinds) == {"act", "inform", "refuse"}


def test_a_kind_that_no_model_proposes_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'clarify' is not drafted"):
        draft(
            "library",
            1,
            tmp_path / "run",
            mode="drafted",
            roles=authored("http://127.0.0.1:9/v1"),
            kinds={"clarify": 1},
        )
    assert not (tmp_path / "run").exists()
