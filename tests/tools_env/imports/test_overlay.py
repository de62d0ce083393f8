from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tools_env.calls import Because
from tools_env.imports.overlay import Overlay, StateRule, overlay_of
from tools_env.rules import one_call_at_a_time, one_person


class OneTable:
    """A state in which one order was changed."""

    def records(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        return {"o1": {"status": "cancelled"}} if table == "orders" else {}

    def changed(self, table: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        yield "o1", {"status": "pending"}, {"status": "cancelled"}


def test_clauses_are_the_texts_with_the_rules_that_test_them():
    overlay = Overlay(
        texts={"1": "One person.", "2": "One call."},
        conduct=(one_person("1"), one_call_at_a_time("2")),
        rules=(StateRule("2", "shipped", lambda _: None),),
    )
    assert [(c.number, c.text, c.enforced, c.by) for c in overlay.clauses()] == [
        ("1", "One person.", "rule", ("one_person",)),
        ("2", "One call.", "rule", ("one_call_at_a_time", "shipped")),
    ]


@pytest.mark.parametrize(
    ("said", "message", "because"),
    [
        ("it was shipped", "it was shipped", None),
        (Because(path="orders/o1/status", value="a", instead="b"), "the text", "orders/o1/status"),
    ],
)
def test_a_rule_says_what_is_wrong_in_words_or_as_a_fact(said, message, because):
    breach = StateRule("3", "r", lambda tables: said if tables.records("orders") else None).breach(
        OneTable(), "the text"
    )
    assert breach is not None
    assert (breach.clause, breach.message, breach.because and breach.because.path) == ("3", message, because)


def test_a_rule_that_is_kept_is_no_breach():
    assert (
        StateRule("3", "r", lambda tables: None if list(tables.changed("orders")) else "no").breach(OneTable(), "")
        is None
    )


def test_a_module_without_an_overlay_adds_nothing_and_one_with_it_brings_its_source():
    assert overlay_of("tools_env.imports.overlays.tau2_none") == Overlay()
    found = overlay_of("tools_env.imports.overlays.tau2_retail")
    assert found.person == "users"
    assert "OVERLAY = Overlay(" in found.source


def test_an_overlay_of_another_kind_is_a_bug():
    with pytest.raises(AttributeError, match="OVERLAY"):
        overlay_of("tools_env.imports.calculator")
