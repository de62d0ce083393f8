import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apigen_mt.export.dataset import write_dataset
from apigen_mt.export.export import export
from apigen_mt.verify import verify
from apigen_mt.verifying.report import VerifyReport
from tests.apigen_mt.rows import library, row
from tools_env.resolve import UnknownDomain, resolve


@pytest.fixture(scope="module")
def rows():
    return [row(0), row(1, beside="One moment.", parallel=True), row(2, slip=True)]


@pytest.fixture
def lines(rows, tmp_path):
    """A function that writes rows (with one changed as told) as JSON lines."""

    def write(change=lambda _: None, number=1):
        dumped = [r.model_dump(mode="json") for r in rows]
        change(dumped[number])
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(f"{json.dumps(d)}\n" for d in dumped), encoding="utf-8")
        return path

    return write


def found(path, **settings):
    report = verify(path, resolve, **settings)
    return report, [p.what for p in report.problems], [p.what for p in report.unknown]


def test_good_rows_pass_in_every_place(rows, lines, tmp_path):
    write_dataset(tmp_path / "dataset", rows, domain="library")
    export(rows, "sharegpt", tmp_path / "sharegpt")
    export(rows, "messages", tmp_path / "messages", name="mine")
    places = ["dataset", "sharegpt", "messages", "dataset/data/train.jsonl", "sharegpt/proof.parquet"]
    for path in (*(tmp_path / place for place in places), lines()):
        report, problems, unknown = found(path)
        assert (report.checked, problems, unknown, report.exit_code) == (3, [], [], 0), path
        assert report.render() == "3 rows checked, 0 wrong"


def sealed_again(data):
    """Give a changed blueprint a fitting id, as a careful forger would."""
    from blueprints.blueprint import Blueprint

    data["blueprint"]["id"] = Blueprint.model_validate(data["blueprint"]).identity()
    data["id"] = f"{data['blueprint']['id']}/0"


def another_diff(data):
    [change] = data["blueprint"]["diff"].values()
    change["after"] = "2030-01-01"
    sealed_again(data)


def another_result(data):
    event = next(e for e in data["course"]["events"] if e.get("event") == "called" and e["writes"])
    event["outcome"]["value"]["due"] = "2030-01-01"


def without_confirmation(data):
    for event in data["course"]["events"]:
        if event.get("text") == "Yes, please.":
            event["text"] = "No."


FORGERIES = {
    "blueprint content": (
        lambda d: d["blueprint"].update(instruction="Buy bonds."),
        "the blueprint's id is not the hash",
    ),
    "row id": (lambda d: d.update(id="nonsense/0"), "the row's id is not that of"),
    "message": (lambda d: d["messages"][1].update(content="Send money."), "the messages are not those of the course"),
    "train flag": (lambda d: d["train"][1].update(train=False), "the train flags are not those of the course"),
    "records touched": (lambda d: d["touched"].pop(), "the records touched are not those of the course"),
    "version": (lambda d: d.update(row_version=99), "it is of version 99, and this program knows 1"),
    "temperament": (lambda d: d.update(temperament="\x1b[2Jrude"), "there is no temperament"),
    "usage": (lambda d: d.update(usage={"agent": {"prompt": -5}}), "its usage is below nothing"),
    "policy": (lambda d: d.update(system="Do what you like."), "policy or tools are not those of the domain"),
    "tools": (lambda d: d["tools"].pop(), "policy or tools are not those of the domain"),
    "fingerprint": (lambda d: d.update(fingerprint="0" * 64), "the calls lead to another final state"),
    "diff": (another_diff, "the blueprint does not stand (execution)"),
    "result": (another_result, "judged again, the verdict differs: replay fail"),
    "confirmation": (without_confirmation, "judged again, the verdict differs"),
    "verdict": (lambda d: d["verdict"]["gates"].pop(), "judged again, the verdict differs"),
    "snapshot": (lambda d: d["blueprint"].update(snapshot="nowhere"), "unknown snapshot 'nowhere'"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_whatever_is_changed_in_a_row_is_found(what, lines):
    change, expected = FORGERIES[what]
    report, problems, _ = found(lines(change))
    assert report.exit_code == 1
    assert any(p.startswith(expected) for p in problems), problems
    assert report.checked == 3


def test_a_failed_row_that_claims_to_be_verified_is_found(tmp_path):
    forged = row(0, finished=False).model_dump(mode="json")
    forged["verdict"] = row(0).model_dump(mode="json")["verdict"]
    (tmp_path / "rows.jsonl").write_text(json.dumps(forged), encoding="utf-8")
    _, problems, _ = found(tmp_path / "rows.jsonl")
    assert any("the verdict differs: " in p and "state fail" in p for p in problems), problems


def test_a_failed_row_is_found(tmp_path):
    (tmp_path / "rows.jsonl").write_text(row(0, finished=False).model_dump_json(), encoding="utf-8")
    assert "the verdict is not ok: state" in found(tmp_path / "rows.jsonl")[1]


def test_a_row_that_occurs_twice_is_found(rows, tmp_path):
    (tmp_path / "rows.jsonl").write_text(f"{rows[0].model_dump_json()}\n" * 2, encoding="utf-8")
    assert found(tmp_path / "rows.jsonl")[1] == ["occurs twice"]


# could not tell


def test_a_domain_that_has_changed_cannot_be_told(lines):
    def older(data):
        data["blueprint"]["digest"] = "0" * 64
        sealed_again(data)

    report, problems, unknown = found(lines(older))
    assert (problems, unknown) == ([], ["the domain library has changed since the row was made (see reverify)"])
    assert report.exit_code == 3
    assert "unknown: " in report.render()


def test_a_domain_that_is_missing_cannot_be_told(lines):
    def nobody(name):
        raise UnknownDomain(f"unknown domain {name!r}")

    report = verify(lines(), nobody)
    assert [p.what for p in report.unknown] == ["unknown domain 'library'"] * 3
    assert report.exit_code == 3


def test_code_that_only_the_file_names_is_never_run(lines):
    def elsewhere(data):
        data["blueprint"]["domain"] = "os:abort"
        sealed_again(data)

    asked = []

    def resolver(name):
        asked.append(name)
        return library()

    report = verify(lines(elsewhere), resolver)
    assert asked == ["library"]
    assert report.exit_code == 3
    assert "names the domain 'os:abort'" in report.unknown[0].what
    verify(lines(elsewhere), resolver, domains=["os:abort"])
    assert asked == ["library", "library", "os:abort"]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"PAR1 not really PAR1"])
@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet", "x.txt"])
def test_garbage_is_told_in_lines(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    report = verify(tmp_path / name, resolve)
    assert report.exit_code in {1, 3}
    assert "Traceback" not in report.render()


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "null",
        "1e999",
        '"text"',
        "{" * 5000,
        "[" * 5000,
        '{"id": "\x1b[2J"}',
        '{"row_version": "\\ud800"}',
        "\ud800",
    ],
)
def test_a_line_that_is_no_row_is_one_finding(line, lines):
    path = lines()
    with path.open("ab") as file:
        file.write(line.encode("utf-8", "surrogatepass") + b"\n")
    report = verify(path, resolve)
    assert (report.checked, report.exit_code, len(report.problems)) == (4, 1, 1)
    assert report.problems[0].row == "rows.jsonl:4"
    assert all(c == "\n" or c.isprintable() for c in report.render())


def test_values_that_lead_checks_astray_are_findings(lines):
    def astray(data):
        output = {"name": "due", "label": "d", "meaning": {"kind": "date"}, "value": 1, "source_call": 99}
        data["blueprint"]["outputs"] = [output]
        data["blueprint"]["stages"].append({"say": "What?", "wants": "answer"})
        sealed_again(data)

    report, problems, _ = found(lines(astray))
    assert report.exit_code == 1
    assert problems


def test_an_imported_task_is_taken_as_given_and_its_talk_is_not(lines):
    def imported(data):
        data["blueprint"]["provenance"]["mode"] = "imported"

    report, _, _ = found(lines(imported))
    assert report.exit_code == 0
    assert "1 on imported tasks, taken as given" in report.render()

    def otherwise(data):
        imported(data)
        another_diff(data)

    report, problems, _ = found(lines(otherwise))
    assert report.exit_code == 1
    assert any("otherwise than stated" in problem for problem in problems)


def test_a_place_with_nothing_in_it_cannot_be_told(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        report = verify(path, resolve)
        assert (report.checked, report.exit_code) == (0, 3)


def test_a_table_without_rows_of_ours_cannot_be_told(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    pq.write_table(pa.table({"row": [1, None]}), tmp_path / "y.parquet")
    assert found(tmp_path / "x.parquet")[2] == ["has no column 'row': it holds no canonical rows"]
    assert found(tmp_path / "y.parquet")[0].exit_code == 1


# views


def changed_bytes(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"renew", b"cancel", 1))


VIEW_FORGERIES = {
    "lines": ("sharegpt", "data/train.jsonl", changed_bytes, "is not what the canonical rows give"),
    "lines of messages": ("messages", "data/train.jsonl", changed_bytes, "is not what the canonical rows give"),
    "entry": ("sharegpt", "dataset_info.json", lambda p: p.write_text("{}"), "is not what the canonical rows give"),
    "parquet": (
        "messages",
        "data/train.parquet",
        lambda p: p.write_bytes(b"junk"),
        "is not what the canonical rows give",
    ),
    "missing": ("sharegpt", "data/train.parquet", lambda p: p.unlink(), "is missing"),
    "stray": ("messages", "data/extra.jsonl", lambda p: p.write_text("{}"), "is no file of an export"),
}


@pytest.mark.parametrize("what", VIEW_FORGERIES)
def test_a_view_that_differs_from_its_proof_is_found(what, rows, tmp_path):
    form, name, forge, expected = VIEW_FORGERIES[what]
    export(rows, form, tmp_path / "x")
    forge(tmp_path / "x" / name)
    report = verify(tmp_path / "x", resolve)
    assert [(p.row, p.what) for p in report.problems] == [(name, expected)]
    assert report.exit_code == 1


def test_a_table_that_another_version_wrote_is_still_the_same(rows, tmp_path):
    export(rows, "messages", tmp_path / "x")
    path = tmp_path / "x/data/train.parquet"
    before = path.read_bytes()
    table = pq.read_table(path)
    pq.write_table(table, path, compression="gzip")
    assert path.read_bytes() != before
    assert found(tmp_path / "x")[1] == []
    pq.write_table(table.slice(1), path)
    assert found(tmp_path / "x")[1] == ["is not what the canonical rows give"]


def test_lines_and_table_of_a_dataset_are_compared(rows, tmp_path):
    write_dataset(tmp_path / "d", rows, domain="library")
    write_dataset(tmp_path / "e", rows[:2], domain="library")
    shutil.copy(tmp_path / "e/data/train.jsonl", tmp_path / "d/data/train.jsonl")
    _, problems, _ = found(tmp_path / "d")
    assert problems == ["is not what the canonical rows give"]


def test_an_export_whose_card_is_gone_cannot_be_told(rows, tmp_path):
    export(rows, "messages", tmp_path / "x")
    (tmp_path / "x/README.md").write_text("---\n{: [\n---\n")
    report = verify(tmp_path / "x", resolve)
    assert [p.what for p in report.unknown] == ["the card does not say which form this is"]
    assert report.exit_code == 3


def test_findings_come_before_doubts():
    problem = {"row": "r", "what": "w"}
    assert VerifyReport.model_validate({"checked": 1, "problems": [problem], "unknown": [problem]}).exit_code == 1
    many = VerifyReport.model_validate({"checked": 50, "problems": [problem] * 50})
    assert "and 30 more" in many.render()


@pytest.mark.parametrize(
    ("domain", "asked_for"),
    [("tau2:airline", True), ("library", True), ("tau2:airline@/tmp/x", False), ("tau2:other", False)],
)
def test_what_the_user_installed_needs_no_naming(lines, domain, asked_for):
    """A name that stands for installed code is resolved; one that leads elsewhere only if it is given on purpose."""
    names: list[str] = []

    def resolver(name):
        names.append(name)
        raise UnknownDomain(f"unknown domain {name!r}")

    def elsewhere(data):
        data["blueprint"]["domain"] = domain
        sealed_again(data)

    report = verify(lines(elsewhere), resolver)
    assert (domain in names) is asked_for
    wanted = f"unknown domain {domain!r}" if asked_for else f"names the domain {domain!r}"
    assert any(wanted in p.what for p in report.unknown)
    verify(lines(elsewhere), resolver, domains=[domain])
    assert domain in names
