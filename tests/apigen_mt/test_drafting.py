"""Draft runs: every task accounted for, the same bytes whatever the concurrency, stopped and continued, and refused."""

import json
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from apigen_mt.config import ConfigError, parse
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.drafting import Drafts, adraft, counted, draft
from apigen_mt.generating import generate
from apigen_mt.journal import Drift, Journal
from apigen_mt.run_folder import BLUEPRINTS, NotARun, RunFolder
from blueprints.blueprint import Blueprint
from blueprints.checks import check
from tests.apigen_mt.draft_server import AUTHOR, Desk, authored, mends, slip, stubborn, words
from tests.apigen_mt.shared_runs import drafted
from tests.apigen_mt.test_durability import CLI, goes_on, killed, recorded, started
from tests.blueprints.talks import world_of
from tests.chat_server import Answer, ChatServer, failure
from tools_env.values import Json, compact

COUNT = 12


def lines(run: Path) -> list[str]:
    return (run / BLUEPRINTS).read_text("utf-8").splitlines()


def payloads(run: Path) -> list[tuple[int, str]]:
    with Journal.read(run) as journal:
        return list(journal.outcomes())


def statuses(run: Drafts) -> Counter[str]:
    """How tasks ended; every one that was tried did, once, and what was accepted stands in the file in order."""
    found: Counter[str] = Counter(o.status for o in run.outcomes)
    assert [o.task for o in run.outcomes] == list(range(len(run.outcomes)))
    assert found.total() == found["accepted"] + found["rejected"] + found["failed"]
    assert lines(run.folder) == [compact(b.model_dump(mode="json")) for b in run.blueprints]
    assert len(run.blueprints) == found["accepted"]
    return found


@pytest.mark.parametrize("domain", ["library", "retail"])
def test_without_a_model_every_blueprint_passes_every_gate_and_says_that_nobody_reviewed_it(tmp_path, domain):
    run = drafted(domain, COUNT, tmp_path / "run")
    assert statuses(run) == {"accepted": COUNT}
    for text in lines(run.folder):
        blueprint = Blueprint.model_validate_json(text)
        assert blueprint.id == blueprint.identity()
        assert list(check(blueprint, world_of(domain))) == []
        assert (blueprint.provenance.reviewed, blueprint.provenance.author) == ("not reviewed", "template")
    assert {path.name for path in run.folder.iterdir()} == {BLUEPRINTS, "config.yaml", "journal.sqlite", "journal.lock"}


RECOMBINING = {"window": 5, "recombine": 1.0, "snapshots": 1, "kinds": {"act": 1}}


@pytest.mark.parametrize("settings", [{}, RECOMBINING], ids=str)
def test_the_same_seed_gives_the_same_bytes_whatever_the_concurrency(tmp_path, settings):
    check_same_bytes(tmp_path, settings, 20, (1, 7))


@pytest.mark.proof
@pytest.mark.parametrize("settings", [{}, RECOMBINING], ids=str)
def test_the_same_seed_gives_the_same_bytes_whatever_the_concurrency_at_length(tmp_path, settings):
    check_same_bytes(tmp_path, settings, 60, (1, 7, 64))


def check_same_bytes(folder: Path, settings: dict, count: int, concurrencies: tuple[int, ...]) -> None:
    runs = [draft("library", count, folder / str(c), concurrency=c, **settings) for c in concurrencies]
    assert statuses(runs[0])["accepted"] == count
    for other in runs[1:]:
        assert lines(other.folder) == lines(runs[0].folder)
        assert payloads(other.folder) == payloads(runs[0].folder)


def test_accepted_tasks_of_one_person_are_recombined_in_later_windows(tmp_path):
    domain = "tests.swap_world:SwapShop"
    run = draft(domain, 30, tmp_path / "run", window=10, recombine=1.0, snapshots=1)
    joint = [(o.task, o.accepted) for o in run.outcomes if o.accepted is not None and len(o.accepted.parents) > 1]
    assert len(joint) >= 2
    accepted = {o.accepted.id: o.task for o in run.outcomes if o.accepted is not None}
    for task, blueprint in joint:
        assert task >= 10
        assert all(accepted[part] // 10 < task // 10 for part in blueprint.parents)
        assert list(check(blueprint, world_of(domain))) == []


def test_a_raised_count_extends_a_run_and_a_lowered_one_would_cut_it(tmp_path):
    whole = draft("library", COUNT, tmp_path / "whole")
    draft("library", 5, tmp_path / "run")
    assert lines(tmp_path / "run") == lines(whole.folder)[:5]
    draft("library", COUNT, tmp_path / "run")
    assert lines(tmp_path / "run") == lines(whole.folder)
    with pytest.raises(ConfigError, match=f"holds {COUNT} blueprints: --count 3 would cut it"):
        draft("library", 3, tmp_path / "run")
    assert lines(tmp_path / "run") == lines(whole.folder)
    assert payloads(tmp_path / "run") == payloads(whole.folder)


def picky(prompt: str) -> Answer:
    """An author that fails for a third of the tasks, whatever it is told: which ones the words of the task decide."""
    matter = prompt.partition("Matter 1\n")[2].splitlines()[0]
    return slip(prompt) if sum(map(ord, matter)) % 3 == 0 else words(prompt)


def test_as_many_are_tried_as_it_takes_and_none_more_whatever_the_concurrency(tmp_path):
    outcomes: list[list[tuple[int, str]]] = []
    for concurrency in (1, 7):
        desk = Desk({AUTHOR: picky})
        with ChatServer(desk).in_thread() as server:
            draws = partial(draft, "library", COUNT, tmp_path / str(concurrency), window=4, rounds=1)
            run = draws(roles=authored(server.url), concurrency=concurrency)
        found = statuses(run)
        assert found["accepted"] == COUNT
        assert found["rejected"] >= 2
        assert run.outcomes[-1].status == "accepted"
        assert desk.asked(AUTHOR) == sum(spent.calls for o in run.outcomes for spent in o.spent)
        assert len(payloads(run.folder)) == len(run.outcomes)
        outcomes.append([(o.task, o.blueprint.substance() if o.blueprint else o.status) for o in run.outcomes])
    assert outcomes[0] == outcomes[1]


def test_tries_come_to_an_end_and_a_higher_bound_goes_on(tmp_path):
    with ChatServer(Desk({AUTHOR: stubborn})).in_thread() as server:
        draws = partial(draft, "library", 3, tmp_path / "run", roles=authored(server.url), rounds=0)
        assert statuses(draws(max_attempts=5)) == {"rejected": 5}
        assert lines(tmp_path / "run") == []
        paid = server.requests
        assert statuses(draws(max_attempts=7)) == {"rejected": 7}
        assert server.requests > paid
        assert statuses(draws()) == {"rejected": 30}


def test_an_author_is_told_why_in_its_next_round_and_that_is_written_down(tmp_path):
    desk = Desk({AUTHOR: mends})
    with ChatServer(desk).in_thread() as server:
        run = draft("library", 6, tmp_path / "run", roles=authored(server.url), kinds={"act": 1})
        assert statuses(run) == {"accepted": 6}
        for outcome in run.outcomes:
            assert [r.gate for r in outcome.rounds] == ["leakage", ""]
            assert [(s.calls, s.usage.prompt) for s in outcome.spent] == [(1, 100), (1, 150)]
            assert outcome.usage["author"].total == 100 + 20 + 150 + 20
            assert outcome.blueprint is not None
            assert (outcome.blueprint.provenance.author, outcome.blueprint.provenance.rounds) == (AUTHOR, 1)
        assert any("holds JSON: write prose" in prompt for prompt in desk.prompts[AUTHOR])
        again = draft("library", 6, tmp_path / "run", roles=authored(server.url), kinds={"act": 1})
    assert again.outcomes == run.outcomes
    assert desk.asked(AUTHOR) == 12


def test_what_broke_off_keeps_its_place_and_is_tried_again(tmp_path):
    down = True

    def author(prompt: str) -> Answer:
        if down and sum(map(ord, prompt)) % 3 == 0:
            return Answer(body=b"<html>bad gateway</html>")
        return words(prompt)

    with ChatServer(Desk({AUTHOR: author})).in_thread() as server:
        draws = partial(draft, "library", COUNT, tmp_path / "run", roles=authored(server.url))
        first = statuses(draws())
        assert first["failed"] >= 2
        assert first["accepted"] + first["failed"] == COUNT
        down = False
        assert statuses(draws()) == {"accepted": COUNT}
        other = draft("library", COUNT, tmp_path / "other", roles=authored(server.url))
    assert lines(tmp_path / "run") == lines(other.folder)


def test_a_talk_that_is_too_long_for_the_author_is_no_task(tmp_path):
    long = failure(400, "This model's maximum context length is 8192 tokens.")
    with ChatServer(Desk({AUTHOR: lambda _: long})).in_thread() as server:
        run = draft("library", 2, tmp_path / "run", roles=authored(server.url), max_attempts=3)
    assert statuses(run) == {"rejected": 3}
    assert {o.reason.stage for o in run.outcomes if o.reason is not None} == {"author"}


def test_other_settings_are_refused_with_the_difference_and_free_ones_are_not(tmp_path):
    draws = partial(draft, "library", 3, tmp_path / "run")
    draws()
    before = payloads(tmp_path / "run")
    for settings, told in (
        ({"seed": 5}, "seed: 0 -> 5"),
        ({"rounds": 1}, "rounds: 3 -> 1"),
        ({"window": 7}, "window: 50 -> 7"),
        ({"kinds": {"act": 1}}, "kinds.act: 0.48 -> 1"),
        ({"recombine": 0.5}, "recombine: 0.1 -> 0.5"),
    ):
        with pytest.raises(Drift, match=told):
            draws(**settings)
    prices = {"m": {"input": 1, "output": 2}}
    draws(concurrency=3, budget_tokens=9, max_attempts=9, prices=prices, attempts=4, limits={"turns": 3})
    assert payloads(tmp_path / "run") == before


def test_runs_of_draft_and_generate_are_told_apart(tmp_path):
    draft("library", 2, tmp_path / "drafts")
    generate("library", 2, tmp_path / "talks")
    with pytest.raises(Drift, match=r"begun by `apigen-mt draft`, and `generate` is another matter"):
        generate("library", 2, tmp_path / "drafts")
    with pytest.raises(Drift, match=r"begun by `apigen-mt generate`, and `draft` is another matter"):
        draft("library", 2, tmp_path / "talks")
    assert not (tmp_path / "drafts" / "dataset").exists()
    assert not (tmp_path / "talks" / BLUEPRINTS).exists()
    assert len(list(RunFolder(tmp_path / "drafts").drafts())) == 2
    with pytest.raises(NotARun, match=BLUEPRINTS):
        list(RunFolder(tmp_path / "drafts").outcomes())
    with pytest.raises(NotARun, match="no run of `draft`"):
        list(RunFolder(tmp_path / "talks").drafts())


def test_a_killed_run_goes_on_and_ends_with_the_same_blueprints(tmp_path):
    whole = drafted("retail", 12, tmp_path / "whole", concurrency=1)
    out = tmp_path / "run"
    flags = ["draft", "--domain", "retail", "--count", "12", "--out", str(out), "--quiet"]
    for tasks in (1, 6):
        assert killed(started(flags, before=CLI), recorded(out, tasks)())
        assert not (out / BLUEPRINTS).exists()
    assert goes_on(flags)
    assert lines(out) == lines(whole.folder)
    assert payloads(out) == payloads(whole.folder)
    assert {path.name for path in out.iterdir()} >= {BLUEPRINTS, "config.yaml", "journal.lock"}
    assert not list(out.glob(".*"))


def test_a_killed_model_run_pays_again_only_for_what_was_under_way(tmp_path):
    out, settings = tmp_path / "run", tmp_path / "run.yaml"
    with ChatServer(Desk({AUTHOR: mends})).in_thread() as server:
        settings.write_text(json.dumps({"roles": authored(server.url)}), "utf-8")
        flags = ["draft", "--domain", "library", "--count", "12", "--out", str(out), "--quiet"]
        flags += ["--config", str(settings), "--concurrency", "3"]
        assert killed(started(flags), lambda: server.requests >= 9)
        assert goes_on(flags)
        with Journal.read(out) as journal:
            assert server.requests - journal.replies() <= 3
        whole = draft("library", 12, tmp_path / "whole", roles=authored(server.url))
    assert lines(out) == lines(whole.folder)


async def test_a_notebook_may_call_it_where_a_loop_runs(tmp_path):
    run = draft("library", 3, tmp_path / "run")
    again = await adraft(parse({"domain": "library", "count": 3}), tmp_path / "run")
    assert run.outcomes == again.outcomes


def test_what_counts_ends_with_the_one_that_makes_the_number_full():
    accepted = DraftOutcome(task=0, status="accepted", kind="act")
    rejected = DraftOutcome(task=1, status="rejected", kind="act")
    assert list(counted([rejected, accepted, rejected, accepted, accepted], 2)) == [
        rejected,
        accepted,
        rejected,
        accepted,
    ]
    assert list(counted([rejected, accepted, rejected], 2)) == [rejected, accepted, rejected]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"mode": "drafted"}, "mode drafted needs an author model"),
        ({"control": "blind"}, "name a model"),
        ({"max_attempts": 1}, "1 tasks are too few for 2 blueprints"),
        ({"personas": "none.txt"}, "cannot read none.txt"),
        ({"against": ["none.jsonl"]}, "cannot read none.jsonl"),
        ({"kinds": {"act": 0}}, "kinds: "),
        ({"window": 0}, "window: "),
        ({"recombine": 1.5}, "recombine: "),
        ({"rounds": {"library": -1}}, "rounds of 'library'"),
        ({"walk": {"restart": 2}}, r"walk\.restart: "),
        ({"prices": {"m": {"input": 1}}}, r"prices\.m\.output"),
        ({"reviewers": [{"name": "a"}]}, "'a' needs a model"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_and_nothing_is_written(tmp_path, settings, told):
    with pytest.raises(ConfigError, match=told):
        draft("library", 2, tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_a_domain_in_which_nothing_can_be_bound_is_told_and_nothing_is_written(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing can be drafted in .*: no .* task was found"):
        draft("tests.bare_world:Bare", 2, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert tmp_path.is_dir()


def test_rounds_may_be_given_by_domain(tmp_path):
    by_domain: Json = {"library": 0, "tau2:airline": 5}
    assert parse({"domain": "library", "rounds": by_domain}).rounds == 0
    assert parse({"domain": "tau2:airline", "rounds": by_domain}).rounds == 5
    assert parse({"domain": "retail", "rounds": by_domain}).rounds == 3
