"""How long tasks and talks are: about as long as asked for, and long where that is asked for."""

import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from apigen_mt.config import KINDS
from apigen_mt.planning import Mix, Planner
from apigen_mt.stats import Stats, summary
from blueprints.blueprint import Blueprint
from blueprints.size import LONG_CALLS, Size
from tests.apigen_mt.shared_runs import generated
from tests.blueprints.talks import world_of

HERE = Path(__file__).resolve().parents[2]


def planned(domain: str, count: int, size: Size | None) -> list[Blueprint]:
    planner = Planner(world_of(domain), 3, Mix(dict(KINDS), size=size))
    return [draft for _ in range(count) if isinstance(draft := planner.next().draft, Blueprint)]


def calls(found: list[Blueprint]) -> float:
    return fmean(len(b.actions) for b in found)


def test_tasks_need_about_as_many_calls_as_asked_for():
    few, more = (planned("retail", 24, Size(calls=mean, spread=mean / 3)) for mean in (4, 9))
    assert 2.5 < calls(few) < 5.5
    assert 6.5 < calls(more) < 11
    assert max(len(b.actions) for b in more) > max(len(b.actions) for b in few)


def test_a_small_world_gives_what_it_can():
    as_they_come, wished = planned("library", 24, None), planned("library", 24, Size(calls=20, spread=2))
    assert len(wished) == len(as_they_come) == 24
    assert calls(as_they_come) + 1 < calls(wished) < 20


def test_talks_are_about_as_long_as_the_papers(tmp_path):
    run = generated("retail", 14, tmp_path / "run", seed=2)
    found = summary(run.outcomes)
    assert found.funnel.kept == 14
    assert 5.5 < found.calls.mean < 9
    assert 6 < found.human_turns.mean < 10


def test_in_the_long_profile_acts_need_more_than_twenty_calls(tmp_path):
    run = generated("clinic", 2, tmp_path / "run", seed=2, profile="long", kinds={"act": 1})
    found = summary(run.outcomes)
    assert found.funnel.kept == 2
    assert found.calls.least >= LONG_CALLS > 20


BOUNDS = {"retail": (6.3, 8.2), "clinic": (6.3, 8.2), "library": (3.2, 5.0)}
"""Mean calls; a library member has no more to wish for."""


@pytest.mark.proof
@pytest.mark.parametrize("domain", BOUNDS)
@pytest.mark.parametrize("profile", ["usual", "long"])
def test_five_hundred_are_all_kept_and_verify_in_a_fresh_process(domain, profile, tmp_path, capsys):
    if (domain, profile) == ("library", "long"):
        pytest.skip("the library is too small for long tasks and says so")
    count = 500 if profile == "usual" else 60
    run = generated(domain, count, tmp_path / "run", seed=6, profile=profile)
    found = summary(run.outcomes)
    told = [sys.executable, "-m", "apigen_mt.cli", "verify", str(run.folder)]
    again = subprocess.run(told, cwd=HERE, capture_output=True, text=True, check=False)
    with capsys.disabled():
        sys.stdout.write(f"\n{domain}, {profile}: {figures(found)}\n")
    assert found.funnel.kept == count
    assert again.returncode == 0, again.stdout + again.stderr
    assert found.calls.most <= (29 if profile == "usual" else 40)
    if profile == "usual":
        least, most = BOUNDS[domain]
        assert least <= found.calls.mean <= most
        assert 5 <= found.human_turns.mean <= 10
        return
    acts = [r.blueprint for o in run.outcomes for r in o.rows if r.blueprint.kind == "act" and not r.blueprint.parents]
    assert all(len(b.actions) >= LONG_CALLS for b in acts)
    assert len(acts) > 0.3 * count


def figures(found: Stats) -> str:
    spreads = (("calls", found.calls), ("human turns", found.human_turns), ("agent messages", found.agent_messages))
    parts = [f"{name} {s.mean:.2f} +- {s.deviation:.2f} ({s.least} to {s.most})" for name, s in spreads]
    return f"{found.funnel.kept} kept; {', '.join(parts)}"
