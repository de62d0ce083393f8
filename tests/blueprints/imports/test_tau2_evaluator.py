"""Our verdict and tau2's own, on the same talks: where they differ it is known who is right, and why."""

from collections import Counter
from pathlib import Path

import pytest

from tests.blueprints.imports import tau2_cases, tau2_listing
from tests.blueprints.imports.tau2_cases import CLEAN, OURS_WRONG, Row, judged, variants
from tests.blueprints.imports.tau2_courses import DOMAINS

TASKS = {"retail": 114, "airline": 50, "telecom": 100}
MOST = {"retail": 10, "airline": 6, "telecom": 8}
DOCS = Path(__file__).parents[3] / "docs" / "results"


def unexplained(found: list[Row]) -> list[Row]:
    """Talks that ours gets wrong though nobody knows why, and disagreements without an owner."""
    return [
        row
        for row in found
        if (row.truth != "unclear" and (row.ours == "pass") != (row.truth == "right") and row.variant not in OURS_WRONG
            and not (row.variant == CLEAN and row.right and row.why != "not explained"))
        or (row.differs and (not row.right or row.why == "not explained"))
    ]  # fmt: skip


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sample_of_talks_is_judged_as_it_was_made(domain):
    found = [judged(case, name) for case, name in variants(domain, 3, 1, every=9)]
    kinds = Counter((row.variant == CLEAN, row.truth) for row in found)
    assert kinds[False, "wrong"] >= 3
    assert kinds[False, "right"] >= 1
    assert not unexplained(found)
    assert any(row.differs and row.right == "ours" for row in found)


@pytest.mark.proof
def test_every_disagreement_has_an_owner_and_is_listed():
    found = list(tau2_cases.rows(TASKS, MOST))
    tau2_listing.write(found, DOCS)
    assert sum(row.variant != CLEAN for row in found) >= 500
    assert Counter(row.domain for row in found if row.variant == CLEAN) == TASKS
    assert not unexplained(found)
    assert (DOCS / "tau2-disagreements.csv").stat().st_size < 300_000


def test_a_listing_holds_no_words_of_the_tasks(tmp_path):
    """Only words of our own code, names of tools and fields, ids and numbers stay in a finding."""
    row = judged(*next((c, n) for c, n in variants("retail", 1, 0) if n == CLEAN))
    tau2_listing.write([row._replace(ours="fail", words="x", right="ours", why="y")], tmp_path)
    world = next(variants("retail", 1, 0))[0].bench.world
    assert tau2_cases.plain("get_user_details shows Yusuf Rossi at #W5270061 for $12.50", world) == (
        "get_user_details shows … at #W5270061 for $12.50"
    )
    assert (tmp_path / "tau2-disagreements.csv").read_text("utf-8").count("\n") == 2
