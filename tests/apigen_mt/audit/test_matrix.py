"""The matrix: deterministic, honest about what it could not try, and not content when a gate is left out."""

from functools import cache

import pytest

from apigen_mt.audit.auditing import GATES, Sample, audit, audit_rows
from apigen_mt.audit.editing import Talk
from apigen_mt.audit.matrix import Matrix, measured, together, totals
from apigen_mt.audit.rehearsal import rehearsed
from apigen_mt.audit.told import as_markdown, as_text, summary
from tests.apigen_mt.rows import row
from tests.blueprints.judging.test_corruptions import NEEDED
from tests.blueprints.talks import world_of
from tools_env.resolve import UnknownDomain, resolve


@cache
def talks() -> tuple[Talk, ...]:
    return tuple(rehearsed(world_of("library"), 3, 8))


@cache
def small() -> Matrix:
    return measured("library", talks(), most=1)


def test_nothing_is_missed_and_every_kind_has_its_line():
    matrix = small()
    assert matrix.ok, [str(miss) for miss in matrix.misses]
    assert matrix.talks == {"library": 8}
    assert len(matrix.spoilt) >= 30
    assert len(matrix.harmless) >= 12
    assert len(matrix.adversaries) == 7
    assert all(line.n <= 1 for line in (*matrix.spoilt, *matrix.harmless, *matrix.adversaries))
    assert all(line.needs for line in matrix.spoilt)
    assert totals(matrix)["spoilt"].n >= 80


def test_a_gate_left_out_is_missed():
    gates = set(NEEDED) - {"evidence"}
    assert set(NEEDED) == GATES
    for gate in sorted(gates):
        matrix = measured("library", talks(), {gate}, only={NEEDED[gate]})
        assert not matrix.ok, gate
        assert str(matrix.misses[0]).startswith(f"passes though it is spoilt: {NEEDED[gate]}: library: ")


def test_the_text_tells_kinds_misses_and_what_could_not_be_tried():
    blind = measured("library", talks(), {"form"}, only={"a call is written as text", "two calls in one message"})
    text = as_text(blind)
    assert "judged without the gates form" in text
    assert "two calls in one message: needs a policy of one call at a time" in text
    assert text.count("miss: ") == len(blind.misses) > 0
    assert text.endswith(summary(blind))


def test_matrices_are_added_up():
    both = together([small(), small()])
    assert both.talks == {"library": 16}
    assert [line.kind for line in both.spoilt] == [line.kind for line in small().spoilt]
    assert totals(both)["harmless"].n == 2 * totals(small())["harmless"].n
    assert "| the answer is wrong | " in as_markdown(both)


def test_rows_of_a_world_that_is_not_there_or_was_changed_are_not_audited():
    rows = [row(0), row(3)]

    def nowhere(name):
        raise UnknownDomain(name)

    assert audit_rows(rows, nowhere).unheard == ("library: library",)
    other = rows[0].model_copy(update={"blueprint": rows[0].blueprint.model_copy(update={"digest": "0"})})
    matrix = audit_rows([other], resolve)
    assert matrix.unheard == ("library: 1 rows are of another version of the domain",)
    assert matrix.talks == {"library": 0}


def test_a_sample_is_spread_over_all_rows():
    rows = [row(0), row(3)] * 50
    sample = Sample(most=5)
    assert list(sample.watched(rows)) == rows
    assert len(sample.rows()) == 5
    assert len(sample.kept) < 10


@pytest.mark.proof
def test_thousands_of_spoilt_talks_fail_and_all_harmless_ones_pass(record_property):
    domains = ["library", "retail", "clinic"]
    matrix = audit(domains, seed=5)
    found = totals(matrix)
    record_property("summary", summary(matrix))
    assert matrix.ok, as_text(matrix)
    assert found["spoilt"].n >= 2000
    assert found["harmless"].n >= 700
    assert audit(["library"], seed=5, count=10) == audit(["library"], seed=5, count=10, processes=1)
