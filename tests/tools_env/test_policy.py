import pytest

from tools_env.policy import clauses_of, render, upheld
from tools_env.tool import DomainError

TEXT = """Today is {now}.

# Part
1.1 First clause,
which goes on.
1.2) Second, after {days} days.

A remark without number.
2. Third
"""


def test_clauses_are_numbered_lines_with_what_follows_them():
    assert clauses_of(TEXT) == {
        "1.1": "First clause, which goes on.",
        "1.2": "Second, after {days} days.",
        "2": "Third",
    }


def test_figures_are_filled_in():
    assert "after 30 days" in render(TEXT, {"now": "2026-01-01", "days": 30, "unused": 1})
    assert render("${fee:.2f}", {"fee": 4.5}) == "$4.50"
    with pytest.raises(DomainError, match="days"):
        render(TEXT, {"now": "2026-01-01"})


def test_each_clause_says_who_upholds_it():
    clauses = upheld("here", TEXT, {"sell": ("1.1", "1.2"), "buy": ("1.1",)}, {"kind": "1.2"}, ("2",))
    assert [(c.number, c.enforced, c.by) for c in clauses] == [
        ("1.1", "tool", ("sell", "buy")),
        ("1.2", "tool", ("sell", "kind")),
        ("2", "model", ("a reader",)),
    ]


def test_a_clause_nobody_upholds_is_refused():
    with pytest.raises(DomainError, match=r"here: clause 2 is upheld by no tool"):
        upheld("here", TEXT, {"sell": ("1.1",)}, {"kind": "1.2"}, ())


@pytest.mark.parametrize(
    ("tools", "rules", "by_model", "culprit"),
    [({"sell": ("9",)}, {}, (), "sell"), ({}, {"kind": "9"}, (), "kind"), ({}, {}, ("9",), "a reader")],
)
def test_a_citation_of_no_clause_is_refused(tools, rules, by_model, culprit):
    with pytest.raises(DomainError, match=rf"here: {culprit} cites clause 9"):
        upheld("here", TEXT, tools, rules, by_model)


def test_a_number_twice_is_refused():
    with pytest.raises(DomainError, match="clause 1 stands twice"):
        clauses_of("1 One.\n1 Again.")
