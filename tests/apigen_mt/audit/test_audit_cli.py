"""The command, and the matrix on the card of an export."""

import json

import pytest

from apigen_mt.audit.auditing import audit_rows
from apigen_mt.cli import main
from apigen_mt.export.export import export
from tests.apigen_mt.rows import row
from tools_env.resolve import UnknownDomain, resolve


def test_an_audit_without_misses_ends_with_0_and_is_the_same_again(capsys, tmp_path):
    command = ["audit", "--domain", "library", "--count", "1", "--seed", "4"]
    assert main([*command, "--out", str(tmp_path / "matrix.txt")]) == 0
    told = capsys.readouterr().out
    assert (tmp_path / "matrix.txt").read_text("utf-8") == told
    assert " good talks: library " in told
    assert main([*command, "--json"]) == 0
    matrix = json.loads(capsys.readouterr().out)
    assert matrix["misses"] == []
    assert f"{sum(line['n'] for line in matrix['spoilt'])} talks spoilt in" in told


def test_a_gate_left_out_ends_with_1_and_each_miss_is_one_line(capsys):
    assert main(["audit", "--domain", "library", "--count", "1", "--without", "form"]) == 1
    told = capsys.readouterr().out
    assert "miss: passes though it is spoilt: a call is written as text: library: " in told


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--without", "taste"), "--without taste: there is no such gate"),
        (("--count", "0"), "--count: at least one task"),
        (("--domain", "nowhere"), "nowhere"),
        (("--run", "nothing/here"), "nothing/here is no run"),
    ],
)
def test_what_cannot_be_audited_is_told_in_one_line(flags, words, capsys):
    assert main(["audit", *flags]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_the_card_shows_the_matrix_over_the_rows(tmp_path):
    report = export(
        [row(0), row(3)], "messages", tmp_path / "out", audit=lambda rows: audit_rows(rows, resolve, most=1)
    )
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert report.missed == 0
    assert "2 of the rows were taken, evenly spread." in card
    assert "| a write is left out | 1 | 1 | 1 |" in card
    assert "| days as May 4, 2026 | 1 | 1 |" in card
    assert "| do-everything | 1 | 1 |" in card
    assert "Not applicable here: " in card
    assert "No audit was run" not in card


def test_the_card_says_that_no_audit_was_run(tmp_path):
    def nowhere(name):
        raise UnknownDomain(f"there is no {name} here")

    export([row(0)], "messages", tmp_path / "none")
    export([row(0)], "messages", tmp_path / "unknown", audit=lambda rows: audit_rows(rows, nowhere))
    for name in ("none", "unknown"):
        assert "No audit was run" in (tmp_path / name / "README.md").read_text("utf-8")
    assert "there is no library here" in (tmp_path / "unknown/README.md").read_text("utf-8")
