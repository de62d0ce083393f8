"""Hostile names of runs, domains and files: told in one line or taken as they are, and nothing is written elsewhere."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from apigen_mt.cli import main
from tests.engine.hostile_places import TRAP, check_told, check_untouched, ended, lay_out, tree

TAKEN = (
    "run with spaces", "-run", "--run", "r\u00fcn \u8fd0\u884c", "\u202egnp.exe", "new\nline", "tab\tname", "bell\x07",
    "\x1b[31mred\x1b[2J", "'a\"b", "$(touch hacked)", "`touch hacked`", "; touch hacked", "| touch hacked", "%s%n%(x)s",
    "{domain}", "*", "~", "CON", "...", " ", "x" * 240, os.fsdecode(b"\xff\xfe"), "[bold]red", "C:\\run",
    "\\\\host\\share", "\u200b", ".hidden", "a\u0301", "\U0001f600", "!important", "#run", "run;rm -rf x", "\x7f",
)  # fmt: skip
"""Names that a folder may have: the run is made there and nowhere else."""
REFUSED = (
    "", ".", "..", "/", "../outside", "../outside/../outside", "file", "file/run", "pipe", "pipe/run", "to-outside",
    "dangling", "loop", "loop/run", "x" * 256, "d/" * 3000, "nul\0", "\ud800", "/dev/null", "/dev/null/run",
    "/dev/full", "/proc/self/fd", "/proc/run", "/sys/run", "trap.py",
)  # fmt: skip
"""Names of what is there already, or that no folder can have."""
DOMAINS = (
    "trap", "trap.py", "./trap:World", "../inside/trap:World", "trap:World()", "trap:World;x", "trap :World", "trap:",
    "\x1b]0;x\x07:X", "retail\u200b", " retail", "RETAIL", "retail\0", "\ud800:X", "x" * 100_000, "a." * 5000 + "b:X",
    "tau2:../../etc", "tau2:retail@", "tau2:retail@/nowhere", "tau2:retail@pipe", "tau2:retail@\0", "tau2:\n",
    "shutil:rmtree", "subprocess:Popen", "tarfile:TarFile", "builtins:eval", "\u202eliater", "::", "a:b:c", "domain: x",
)  # fmt: skip
"""Names of no domain."""
FILES = ("/dev/zero", "/dev/urandom", "/dev/full", "pipe", "loop", "dangling", "nul\0", "\ud800", "x" * 300,
         "no\nwhere", "d/" * 3000, "/proc/self/mem", "/proc/self/environ", ".", "/", "trap.py")  # fmt: skip
"""Names of no file that could be read for what it should hold."""
READERS: Mapping[str, Sequence[str]] = {
    "configuration": ("generate", "--domain", "library", "--count", "1", "--out", "run", "--config"),
    "blueprints": ("play", "--out", "run", "--blueprints"),
    "against": ("generate", "--domain", "library", "--count", "1", "--out", "run", "--against"),
    "personas": ("draft", "--domain", "library", "--count", "1", "--out", "run", "--personas"),
    "stats": ("stats",),
    "show": ("show",),
    "export": ("export", "--format", "messages", "--out", "view"),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path


def check_made(here: Path, capsys, name: str) -> None:
    """A run is made in its folder, and nowhere else."""
    before = tree(here)
    code, out, err = ended(capsys, "generate", "--domain", "library", "--count", "1", f"--out={name}", "--quiet")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert out[:-1].isprintable()
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    check_untouched(here, before, [f"inside/{shown}"])
    assert (here / "inside" / name / "dataset" / "README.md").is_file()


@pytest.mark.parametrize("name", TAKEN[::5], ids=ascii)
def test_a_run_is_made_in_its_folder_whatever_it_is_called_and_nowhere_else(here, capsys, name):
    check_made(here, capsys, name)


@pytest.mark.proof
@pytest.mark.parametrize("name", TAKEN, ids=ascii)
def test_a_run_is_made_in_its_folder_under_any_name(here, capsys, name):
    check_made(here, capsys, name)


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_a_run_is_not_made_where_it_cannot_be(here, capsys, name):
    before = tree(here)
    check_told(*ended(capsys, "generate", "--domain", "library", "--count", "1", f"--out={name}", "--quiet"))
    check_untouched(here, before)


@pytest.mark.parametrize("name", DOMAINS, ids=ascii)
def test_a_domain_that_is_none_runs_nothing(here, capsys, name):
    before = tree(here)
    check_told(*ended(capsys, "generate", f"--domain={name}", "--count", "1", "--out", "run"))
    check_untouched(here, before)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_cannot_be_read_for_what_it_should_hold_is_told(here, capsys, reader):
    before = tree(here)
    for name in FILES[:-1] if reader == "personas" else FILES:  # a program is lines of text
        check_told(*ended(capsys, *READERS[reader], name))
        check_untouched(here, before)


@pytest.mark.parametrize("command", [("verify",), ("reverify", "--out", "again.jsonl")], ids=lambda c: c[0])
def test_a_proof_of_no_file_tells_that_it_cannot_tell(here, capsys, command):
    before = tree(here)
    for name in FILES:
        code, out, err = ended(capsys, *command, name)
        assert code in {2, 3}, name
        assert all(line.isprintable() for line in (out + err).splitlines())
        check_untouched(here, before, ["inside/again.jsonl"])


LINKED = ("journal.sqlite", "journal.lock", "journal.sqlite-wal", "journal.sqlite-shm", "config.yaml",
          ".config.yaml.new", "dataset", ".dataset.part")  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("done") / "run"
    assert main(["generate", "--domain", "library", "--count", "1", "--out", str(folder), "--quiet"]) == 0
    return folder


def prepared(done: Path, inside: Path, link: str, fresh: bool) -> Iterator[str]:
    """A run folder, new or finished, in which one name is a link to something outside."""
    run = inside / "run"
    run.mkdir()
    for path in sorted(done.rglob("*")) if not fresh else ():
        there = run / path.relative_to(done)
        if path.is_dir():
            there.mkdir()
        else:
            there.write_bytes(path.read_bytes())
    target = inside.parent / "outside" / "mine"
    if link.endswith(("dataset", ".part")):
        target = target.parent
    if (run / link).is_dir():
        (run / link).rename(target.parent / "moved")
    else:
        (run / link).unlink(missing_ok=True)
    (run / link).symlink_to(target)
    yield str(run)
    (run / link).unlink(missing_ok=True)
    (run / link).symlink_to(inside.parent / "outside" / "new")
    yield str(run)


def check_inside(here: Path, capsys, done: Path, link: str, fresh: bool) -> None:
    """A run that meets a link in its folder writes nothing outside."""
    for run in prepared(done, here / "inside", link, fresh):
        outside = tree(here / "outside")
        code, _, err = ended(capsys, "generate", "--domain", "library", "--count", "2", "--out", run, "--quiet")
        assert code in {0, 2, 3}
        assert err.count("\n") == (code != 0)
        assert tree(here / "outside") == outside


@pytest.mark.parametrize("link", LINKED)
def test_a_link_in_a_new_run_folder_leads_nothing_out_of_it(here, capsys, done, link):
    check_inside(here, capsys, done, link, fresh=True)


@pytest.mark.proof
@pytest.mark.parametrize("link", LINKED)
def test_a_link_in_a_run_folder_leads_nothing_out_of_it(here, capsys, done, link):
    check_inside(here, capsys, done, link, fresh=False)


LIBRARIES = ("openai", "aiohttp", "yaml", "datasets", "pyarrow", "rich", "networkx", "jsonschema", "tenacity",
             "pydantic", "random", "json", "sqlite3", "tau2", "apigen_mt", "sitecustomize")  # fmt: skip


def check_strangers(here: Path, *domains: str) -> None:
    """A command that stands in a folder of strangers imports nothing of it but the module that is asked for."""
    folder = here / "inside"
    for name in LIBRARIES:
        (folder / f"{name}.py").write_text(TRAP.format(mark=str(here / "hacked")), "utf-8")
    (folder / "own.py").write_text("from tools_env.domains.library import Library\n", "utf-8")
    for number, domain in enumerate(domains):
        command = [sys.executable, "-P", "-m", "apigen_mt.cli", "generate", "--domain", domain, "--count", "1"]
        command += ["--quiet", "--out", f"run-{number}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not (here / "hacked").exists(), domain


def test_what_lies_in_the_current_folder_is_not_taken_for_a_library(here):
    check_strangers(here, "own:Library")


@pytest.mark.proof
def test_what_lies_in_the_current_folder_is_not_taken_for_a_library_whatever_the_domain(here):
    check_strangers(here, "library", "own:Library", "tau2:retail")
