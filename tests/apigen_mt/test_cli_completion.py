"""Shell completion: what a shell reads, and what it is answered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("shell", "mark"),
    [("bash", "complete -o nospace"), ("zsh", "compdef"), ("fish", "complete --command apigen-mt")],
)
def test_a_shell_is_told_how_to_ask(capsys, shell, mark):
    assert main(["completion", shell]) == 0
    out, err = capsys.readouterr()
    assert (mark in out, err) == (True, "")


def answered(folder: Path, line: str) -> set[str]:
    """What a shell is told that stands at the end of a line."""
    to = folder / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(to)}
    env = {**os.environ, **asked, "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    command = [sys.executable, "-m", "apigen_mt.cli"]
    done = subprocess.run(command, cwd=folder, env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"", b"")
    return {word.strip() for word in to.read_text("utf-8").split("\n")}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("apigen-mt exp", {"export"}),
        ("apigen-mt generate --budget-", {"--budget-tokens", "--budget-usd"}),
        ("apigen-mt generate --domain re", {"retail"}),
        ("apigen-mt export run --format ", {"sharegpt", "messages"}),
        ("apigen-mt stats my-", {"my-run/"}),
    ],
)
def test_commands_flags_domains_choices_and_files_are_completed(tmp_path, line, words):
    (tmp_path / "my-run").mkdir()
    assert answered(tmp_path, line) == words
