"""A dataset judged again after its domain was mended: what still stands, what does not, and what cannot be told."""

import inspect
import json
from datetime import date, timedelta

import pytest

from apigen_mt.cli import main
from apigen_mt.export.dataset import write_dataset
from apigen_mt.export.export import export
from apigen_mt.verify import verify
from apigen_mt.verifying.reverify import reverify
from tests.apigen_mt.rows import row
from tools_env import authoring as env
from tools_env.domains.library import Branch, Library, Loan, LoanId, Title
from tools_env.resolve import resolve

ROWS = tuple(row(n) for n in range(3))


class Retold(Library):
    """The same club, written otherwise."""

    policy_text = inspect.getdoc(Library) or ""

    def _lend(self, member: str, title: Title, due: date, branch: Branch) -> Loan:
        key = self.loans.new_id()
        return self.loans.put(Loan(loan_id=key, member_id=member, title=title, due=due, branch=branch))


class Larger(Retold):
    """A tool more."""

    @env.read()
    def opening_hours(self) -> str:
        """Tell when the club is open."""
        return "9 to 5"


class Longer(Retold):
    """A renewal lasts a day longer."""

    @env.write("3", ask="renew {loan_id}")
    def renew_loan(self, loan_id: LoanId) -> Loan:
        """Renew a loan by one loan period."""
        loan = self.loans[loan_id]
        return self.loans.change(loan, due=loan.due + timedelta(self.terms.loan_days + 1))


class Renamed(Retold):
    """A renewal goes by another name."""

    renew_loan = None  # type: ignore[assignment] # so that the tool is gone

    @env.write("3", ask="extend {loan_id}")
    def extend_loan(self, loan_id: LoanId) -> Loan:
        """Renew a loan by one loan period."""
        loan = self.loans[loan_id]
        return self.loans.change(loan, due=loan.due + timedelta(self.terms.loan_days))


@pytest.fixture
def dataset(tmp_path):
    write_dataset(tmp_path / "d", ROWS, domain="library")
    return tmp_path / "d"


def again(path, world=None, **settings):
    """The report, and what became of each row."""
    out = path.parent / "out.jsonl"
    report = reverify(path, out, lambda name: world or resolve(name), **settings)
    return report, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_where_nothing_changed_every_row_stands(dataset, tmp_path):
    export(ROWS, "sharegpt", tmp_path / "x")
    for path in (dataset, dataset / "data/train.jsonl", tmp_path / "x", tmp_path / "x/proof.parquet"):
        report, found = again(path)
        assert (report.rows, report.exit_code, report.moved) == (3, 0, 0)
        assert report.render() == "3 rows judged again, 3 stand as they were"
        assert [(f["row"], f["status"], f["why"]) for f in found] == [(r.id, "stands", []) for r in ROWS]


def test_rows_of_an_earlier_digest_are_carried_out_in_the_present_world(dataset, tmp_path):
    world = Retold.world("library")
    assert verify(dataset, lambda _: world).exit_code == 3
    report, found = again(dataset, world, keep=tmp_path / "kept")
    assert (report.standings, report.moved, report.kept, report.exit_code) == ({"stands": 3}, 3, 3, 0)
    assert "3 are of an earlier state of their domain" in report.render()
    assert [f["digest"] for f in found] == [[resolve("library").digest, world.digest]] * 3
    proven = verify(tmp_path / "kept", lambda _: world)
    assert (proven.checked, proven.problems, proven.unknown) == (3, (), ())
    kept = [json.loads(line) for line in (tmp_path / "kept/data/train.jsonl").read_text("utf-8").splitlines()]
    assert [k["id"] for k in kept] == [f["now"] for f in found]
    assert not {k["id"] for k in kept} & {r.id for r in ROWS}


def test_other_tools_than_the_agent_had_are_a_difference_and_no_row_of_the_present(dataset, tmp_path):
    report, found = again(dataset, Larger.world("library"), keep=tmp_path / "kept")
    assert (report.standings, report.kept, report.exit_code) == ({"changed": 3}, 0, 1)
    assert found[0]["why"] == ["policy or tools are not those that the agent was given"]
    assert found[0]["after"]["ok"]


def test_a_mended_tool_makes_rows_fail_with_gates_evidence_and_fault(dataset, tmp_path):
    report, found = again(dataset, Longer.world("library"), keep=tmp_path / "kept")
    assert (report.standings, report.kept, report.exit_code) == ({"fails": 3}, 0, 1)
    first = found[0]
    assert (first["before"]["ok"], first["after"]["ok"], first["after"]["fault"]) == (True, False, "environment")
    replay = next(g for g in first["gates"] if g["gate"] == "replay")
    assert (replay["before"], replay["after"], replay["fault"]) == ("pass", "fail", "environment")
    assert "renew_loan shows" in replay["evidence"][0]["text"]
    [observation] = first["observations"]
    assert observation["call"] == "renew_loan"
    assert observation["before"]["due"] < observation["after"]["due"]
    assert any(why.startswith("the blueprint does not stand (execution)") for why in first["why"])
    assert first["fingerprint"][0] == ROWS[0].fingerprint != first["fingerprint"][1]
    assert f"fails: {ROWS[0].id}: replay pass -> fail, fault of the environment: " in report.render()


def test_what_cannot_be_carried_out_again_is_untold_with_its_reason(dataset, tmp_path):
    report, found = again(dataset, Renamed.world("library"))
    assert (report.standings, report.exit_code) == ({"untold": 3}, 3)
    assert found[0]["why"] == ["cannot be carried out again: there is no tool 'renew_loan'"]
    row = json.loads(ROWS[0].model_dump_json())
    row["blueprint"]["snapshot"] = "nowhere"
    for text in (json.dumps(row), json.dumps({"blueprint": 1})):
        (tmp_path / "one.jsonl").write_text(text, "utf-8")
        report, [one] = again(tmp_path / "one.jsonl")
        assert (one["status"], report.exit_code) == ("untold", 3)
    report, [one] = again(tmp_path / "nothing")
    assert (one["why"], report.exit_code) == (["there is no such file or folder"], 3)


def test_a_gate_that_was_mended_is_told_by_name(tmp_path):
    old = json.loads(ROWS[0].model_dump_json())
    old["verdict"]["gates"] = [g for g in old["verdict"]["gates"] if g["gate"] != "truthfulness"]
    (tmp_path / "old.jsonl").write_text(json.dumps(old), "utf-8")
    report, [one] = again(tmp_path / "old.jsonl", keep=tmp_path / "kept")
    assert (report.gates, report.kept, report.exit_code) == ({"truthfulness": 1}, 1, 1)
    assert [(g["gate"], g["before"], g["after"]) for g in one["gates"]] == [("truthfulness", None, "pass")]
    assert one["why"] == ["truthfulness new -> pass"]
    assert verify(tmp_path / "kept", resolve).exit_code == 0


def test_the_command_writes_what_it_found(dataset, tmp_path, capsys):
    out = tmp_path / "found.jsonl"
    assert main(["reverify", str(dataset), "--out", str(out)]) == 0
    assert "3 rows judged again, 3 stand as they were" in capsys.readouterr().out
    assert len(out.read_text("utf-8").splitlines()) == 3
    assert main(["reverify", str(dataset), "--out", str(out), "--keep", str(dataset)]) == 2
    assert main(["reverify", str(dataset), "--out", str(tmp_path)]) == 2
    assert main(["reverify", str(dataset), "--out", str(tmp_path / "no/where")]) == 2
