"""`--json`: stdout is one document of the documented form, whatever is asked; all else is on stderr."""

import json

import pytest
from pydantic import BaseModel

from apigen_mt.audit.matrix import Matrix
from apigen_mt.cli import main, parser
from apigen_mt.cli_help import REPORTING
from apigen_mt.cli_json import Page, Preview
from apigen_mt.doctor.checks import Diagnosis
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_stats import DraftStats
from apigen_mt.evaluation.figures import Evaluation
from apigen_mt.export.export import Exported
from apigen_mt.forecast import Forecast
from apigen_mt.shown import DomainShown
from apigen_mt.stats import Stats
from apigen_mt.trajectory import Outcome
from apigen_mt.verifying.report import VerifyReport
from apigen_mt.verifying.reverify import ReverifyReport

LIBRARY = ("--domain", "library")
COMMANDS: list[tuple[str, type[BaseModel]]] = [
    ("stats made", Stats),
    ("stats drafted", DraftStats),
    ("stats measured", Evaluation),
    ("show made", Stats),
    ("show drafted", DraftStats),
    ("show measured", Evaluation),
    ("show library", DomainShown),
    ("show made 0", Outcome),
    ("show made 0 --attempt 0", Outcome),
    ("show drafted 0", DraftOutcome),
    ("show made 0 --html talk.html", Page),
    ("verify made", VerifyReport),
    ("reverify made --out differences", ReverifyReport),
    ("audit --run made", Matrix),
    ("export made --format messages --out exported", Exported),
    ("doctor", Diagnosis),
    ("generate --domain library --count 1 --out other", Stats),
    ("generate --domain library --count 1 --out none --preview 1", Preview),
    ("generate --domain library --count 1 --out none --dry-run", Forecast),
    ("draft --domain library --count 1 --out none --dry-run", Forecast),
    ("play --blueprints drafted --out none --dry-run", Forecast),
    ("evaluate --blueprints drafted --out none --dry-run", Forecast),
]
"""On what `runs` has made."""


def document(capsys, *words: str, code: int = 0) -> str:
    """What stands on stdout; stderr has no JSON."""
    assert main([*words, "--json"]) == code
    out, err = capsys.readouterr()
    assert out.startswith("{\n")
    assert "{" not in err
    text: str = out
    return text


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with a run of each kind, made quietly."""
    folder = tmp_path_factory.mktemp("runs")
    made, drafted, measured = (str(folder / name) for name in ("made", "drafted", "measured"))
    assert main(["generate", *LIBRARY, "--count", "2", "--out", made, "--quiet"]) == 0
    assert main(["draft", *LIBRARY, "--count", "2", "--out", drafted, "--quiet"]) == 0
    assert main(["evaluate", "--blueprints", drafted, "--out", measured, "--quiet"]) == 0
    return folder


@pytest.mark.parametrize(("line", "form"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_stdout_is_one_document(runs, monkeypatch, capsys, line, form):
    monkeypatch.chdir(runs)
    found = form.model_validate_json(document(capsys, *line.split()))
    assert json.loads(found.model_dump_json()) != {}
    assert not (runs / "none").exists()


def test_play_reports_as_stats_does(runs, monkeypatch, capsys):
    monkeypatch.chdir(runs)
    told = document(capsys, "play", "--blueprints", "drafted", "--out", "played")
    assert told == document(capsys, "stats", "played")
    assert Stats.model_validate_json(told).funnel.kept == 2


def test_a_domain_is_told_with_its_tools_and_their_graph(capsys):
    found = DomainShown.model_validate_json(document(capsys, "show", "library", "--snapshot", "seed:3"))
    assert (found.domain, found.snapshot, found.people) == ("library", "seed:3", 120)
    tools = {tool.name for tool in found.tools}
    assert {name for edge in found.graph for name in (edge.source, edge.target)} <= tools
    assert {clause.number for clause in found.clauses} >= {"1", "2", "3"}


def test_findings_are_a_document_too(runs, tmp_path, capsys):
    rows = (runs / "made/dataset/data/train.jsonl").read_text("utf-8")
    (tmp_path / "spoilt.jsonl").write_text(rows.replace('"verdict"', '"verdikt"'), "utf-8")
    found = VerifyReport.model_validate_json(document(capsys, "verify", str(tmp_path / "spoilt.jsonl"), code=1))
    assert found.problems


def test_an_error_is_a_line_on_stderr_and_no_document(tmp_path, capsys):
    for words in (["stats", str(tmp_path)], ["show", "nope"], ["generate", "--domain", "nope", "--out", "x"]):
        assert main([*words, "--json"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)


def test_every_command_that_reports_takes_the_flag_and_no_other():
    taking = {name for name, command in parser().commands.items() if "--json" in command.format_help().split()}
    assert taking == {*REPORTING}
    assert {line.split()[0] for line, _ in COMMANDS} | {"play", "import-tasks"} == taking
