"""What a command writes never takes the place of something that it did not write, nor of what it reads."""

import json
import subprocess
import sys

import pytest

from apigen_mt.cli import main
from apigen_mt.cli_parser import WIDTH
from tests.apigen_mt.rows import row


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(f"{row(0).model_dump_json()}\n", "utf-8")
    (tmp_path / "folder").mkdir()
    return tmp_path


def told(capsys, *arguments):
    code = main(list(arguments))
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    return code, line


COMMANDS = {
    "audit": ("audit", "--domain", "library", "--count", "1", "--out"),
    "reverify": ("reverify", "rows.jsonl", "--out"),
    "import-tasks": ("import-tasks", "tau2:retail", "--out"),
    "show": ("show", "nothing", "0", "--html"),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("rows.jsonl", "was not written by this command"),
        ("folder", "is a folder"),
        ("no/where", "there is no folder no"),
        ("rows.jsonl/within", "there is no folder rows.jsonl"),
        ("/dev/null", "is no plain file"),
    ],
)
def test_a_file_is_refused_before_anything_is_done(place, capsys, name, out, words):
    before = (place / "rows.jsonl").read_bytes()
    code, line = told(capsys, *COMMANDS[name], out)
    assert (code, words in line) == (2, True), line
    assert (place / "rows.jsonl").read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == ["folder", "rows.jsonl"]


def test_a_file_of_the_same_kind_is_replaced(place, capsys):
    (place / "found.jsonl").write_bytes(b"")
    for _ in range(2):
        assert main(["reverify", "rows.jsonl", "--out", "found.jsonl"]) == 0
    assert main(["audit", "--domain", "library", "--count", "1", "--json", "--out", "matrix"]) != 2
    assert main(["audit", "--domain", "library", "--count", "1", "--out", "matrix"]) != 2
    assert " good talks: library " in (place / "matrix").read_text("utf-8").splitlines()[0]


@pytest.mark.parametrize("kept", ["kept", "kept/data", "kept/.."])
def test_what_is_read_is_not_replaced(place, capsys, kept):
    assert main(["reverify", "rows.jsonl", "--out", "found.jsonl", "--keep", "kept"]) == 0
    capsys.readouterr()
    code, line = told(capsys, "reverify", "kept", "--out", "found.jsonl", "--keep", kept)
    assert (code, "lies in kept, or holds it" in line) == (2, True), line
    assert told(capsys, "reverify", "kept", "--out", "kept/found.jsonl")[0] == 2
    assert main(["verify", "kept"]) == 0


def test_nothing_to_audit_is_no_success(place, capsys):
    assert main(["generate", "--domain", "library", "--count", "1", "--out", "run", "--quiet"]) == 0
    (place / "later.yaml").write_text("limits: {turns: 1}\n", "utf-8")
    assert main(["generate", "--domain", "library", "--count", "1", "--config", "later.yaml", "--out", "cut",
                 "--quiet"]) == 0  # fmt: skip
    capsys.readouterr()
    assert told(capsys, "audit", "--run", "cut") == (3, "apigen-mt: there was no good talk to audit\n")


def test_a_line_from_outside_stays_one_line_of_some_length(place, capsys):
    lines = [{"instruction": "", "actions": [], "\x1b[2J\n0 wrong": 1}, {"x" * 9000: 1}]
    (place / "hostile.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert main(["verify", "hostile.jsonl"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in out] == ["wrong", "wrong", "2 tasks checked, 2 wrong"]
    assert max(map(len, out)) < WIDTH
    code, line = told(capsys, "play", "--blueprints", "hostile.jsonl", "--domain", "x" * 9000, "--out", "run")
    assert code == 2
    assert len(line) < WIDTH + 100


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["stats", "nowhere"], "interrupted"),
        (["play", "--blueprints", "a", "--out", "b"], "interrupted; the same command goes on where it stopped"),
    ],
)
def test_a_command_can_be_interrupted_while_it_loads(command, words):
    code = """
import sys
from apigen_mt.cli import main
class Interrupting:
    def find_spec(self, name, *rest):
        if name == "apigen_mt.cli_commands":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
sys.exit(main(sys.argv[1:]))
"""
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == f"apigen-mt: {words}\n"


def test_a_link_is_no_place_for_a_dataset(place, capsys):
    (place / "link").symlink_to("nowhere")
    code, line = told(capsys, "reverify", "rows.jsonl", "--out", "found.jsonl", "--keep", "link")
    assert (code, "link is no folder" in line) == (2, True), line
    assert (place / "link").is_symlink()
