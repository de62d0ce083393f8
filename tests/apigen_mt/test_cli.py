"""The command line: what it prints, what it ends with, and what it leaves untouched when something is wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.journal import Journal
from tests.apigen_mt.model_server import Understudies
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, ChatServer, failure

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"aiohttp", "datasets", "jsonschema", "networkx", "openai", "pyarrow", "pydantic", "rich", "tenacity", "yaml"}
KEY = "sk-hidden-4711"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of three tasks."""
    folder = tmp_path_factory.mktemp("done") / "run"
    assert main(["generate", "--domain", "library", "--count", "3", "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ended(*arguments: str | Path) -> int | str | None:
    """The exit code, however the command ends."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code


def told(capsys) -> str:
    """The one line on stderr; nothing was printed besides."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    assert len(err) < 500
    line: str = err
    return line


def state(folder: Path) -> dict[str, bytes]:
    """Every file of a run with its content; of the journal, what it holds."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("journal.")
    }
    with Journal.read(folder) as journal:
        files["journal"] = repr((journal.identity(), list(journal.outcomes()), journal.replies())).encode()
        assert journal.damaged == 0
    return files


def test_a_run_says_what_it_made(here, capsys):
    assert ended("generate", "--domain", "library", "--count", "3", "--out", "run") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "3 rows from 3 of 3 tasks: run/dataset"
    assert "tasks asked                           3" in out
    assert err.splitlines()[-1] == "3/3 3 kept, 0 rejected, 0 failed"
    files = {"config.yaml", "dataset/README.md", "dataset/data/train.jsonl"}
    assert files | {"dataset/data/train-00000-of-00001.parquet", "journal"} == set(state(here / "run"))


def test_quiet_is_quiet_and_a_second_time_changes_nothing(run, capsys):
    before = state(run)
    assert ended("generate", "--domain", "library", "--count", "3", "--out", run, "--quiet") == 0
    assert capsys.readouterr() == (f"3 rows from 3 of 3 tasks: {run}/dataset\n", "")
    assert state(run) == before


def test_a_preview_shows_talks_and_leaves_nothing(here, capsys):
    assert ended("generate", "--domain", "library", "--out", "run", "--preview", "2") == 0
    out, _ = capsys.readouterr()
    assert out.count("\nended by user stop: verified\n") == 2
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("domain", "line"),
    [
        ("nope", "unknown domain 'nope': use clinic, library, retail, tau2:NAME, or package.module:Class"),
        ("", "unknown domain ''"),
        ("../x:Y", "unknown domain '../x:Y'"),
        ("a.b:c.d", "unknown domain 'a.b:c.d'"),
        ("a b:C", "unknown domain"),
        (":", "unknown domain"),
        ("no_such_module:World", "cannot import no_such_module"),
        ("json:Nothing", "Nothing in json is not"),
        ("json:JSONDecoder", "JSONDecoder in json is not"),
        ("os:system", "system in os is not"),
        ("os:abort", "abort in os is not"),
        ("sys:exit", "exit in sys is not"),
        ("builtins:breakpoint", "breakpoint in builtins is not"),
        ("os.path:join", "cannot make a world"),
        ("evil\n\x1b[2J:X", "unknown domain"),
    ],
)
def test_a_domain_that_is_none_is_told(here, capsys, domain, line):
    assert ended("generate", "--domain", domain, "--count", "2", "--out", "run") == 2
    said = told(capsys)
    assert line in said
    assert "\x1b" not in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ([], "domain is missing: give --domain"),
        (["--domain", "library", "--count", "0"], "count: "),
        (["--domain", "library", "--count", "-3"], "count: "),
        (["--domain", "library", "--count", "x"], "--count: invalid int value: 'x'"),
        (["--domain", "library", "--concurrency", "0"], "concurrency: "),
        (["--domain", "library", "--budget-tokens", "-1"], "budget_tokens: "),
        (["--domain", "library", "--preview", "0"], "--preview: "),
        (["--domain", "library", "--model", "m"], "--model and --base-url go together"),
        (["--domain", "library", "--base-url", "http://x/v1"], "--model and --base-url go together"),
        (["--domain", "library", "--human", "model"], "--human model needs --model"),
        (["--domain", "library", "--human", "actor"], "invalid choice: 'actor'"),
        (["--domain", "library", "--model", "m", "--base-url", "x/v1"], "must begin with http"),
        (["--domain", "library", "--model", "m", "--base-url", f"http://me:{KEY}@x/v1"], "must not hold credentials"),
        (["--domain", "library", "--config", "none.yaml"], "cannot read none.yaml"),
        (["--domain", "library", "--out", ""], "the name is empty"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else None,
)
def test_a_flag_that_cannot_be_is_told_and_nothing_is_written(here, capsys, flags, line):
    assert ended("generate", "--out", "run", *flags) == 2
    said = told(capsys)
    assert line in said
    assert KEY not in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("domain: library\nkinds: {act: 0}\n", "kinds: "),
        ("domain: library\ncolour: red\n", "colour: "),
        ("domain: [\n", "no valid YAML"),
        ("domain: !!python/object/apply:os.system ['touch hacked']\n", "no valid YAML"),
        ("a: &a [b, b]\nc: [*a, *a]\n", "aliases"),
        ("[" * 10_000_000, "larger than"),
        ("domain: " + "[" * 50_000, "no valid YAML"),
        ("roles: {agent: {model: m}}\ndomain: library\n", "roles.agent: "),
    ],
    ids=lambda value: value[:20],
)
def test_a_file_of_settings_that_cannot_be_is_told(here, capsys, text, line):
    (here / "run.yaml").write_text(text, "utf-8")
    assert ended("generate", "--config", "run.yaml", "--out", "run") == 2
    assert line in told(capsys)
    assert [path.name for path in here.iterdir()] == ["run.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["show", "nonsense"],
        ["show", "."],
        ["show", "file"],
        ["show", "os:abort"],
        ["show", "library", "--snapshot", "nope"],
        ["stats"],
        ["stats", ""],
        ["stats", "."],
        ["stats", "file"],
        ["stats", "none"],
        ["export", "none", "--format", "messages", "--out", "x"],
        ["export", ".", "--format", "messages", "--out", "x"],
    ],
    ids=" ".join,
)
def test_nonsense_is_told_in_one_line(here, capsys, arguments):
    (here / "file").write_text("nonsense", "utf-8")
    assert ended(*arguments) == 2
    assert told(capsys).startswith("apigen-mt")
    assert [path.name for path in here.iterdir()] == ["file"]


@pytest.mark.parametrize(("row", "line"), [("99", "it holds 0 to 2"), ("-1", "no task -1"), ("x", "invalid int")])
def test_a_row_that_is_not_there_is_told(run, capsys, row, line):
    assert ended("show", run, row) == 2
    assert line in told(capsys)


@pytest.mark.parametrize(("path", "code"), [("none", 3), (".", 3), ("file", 3), ("empty", 3)])
def test_verify_tells_what_it_cannot_tell(here, capsys, path, code):
    (here / "file").write_text("nonsense\n", "utf-8")
    (here / "empty").touch()
    assert ended("verify", path) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1].endswith(("0 wrong", "1 wrong", "1 could not be told"))


def test_another_configuration_is_refused_with_the_difference(run, capsys):
    before = state(run)
    assert ended("generate", "--domain", "library", "--count", "3", "--seed", "5", "--out", run) == 2
    assert "seed: 0 -> 5" in told(capsys)
    assert ended("generate", "--domain", "retail", "--count", "3", "--out", run) == 2
    assert 'domain: "library" -> "retail"' in told(capsys)
    model = ("--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert ended("generate", "--domain", "library", "--count", "3", *model, "--out", run) == 2
    assert 'roles.agent.model: "" -> "m"' in told(capsys)
    assert state(run) == before


def test_a_run_that_somebody_works_on_is_left_alone(run, capsys):
    before = state(run)
    with Journal.read(run) as journal:
        identity = journal.identity()
    with Journal.open(run, identity):
        assert ended("generate", "--domain", "library", "--count", "4", "--out", run) == 3
    assert "another process is working on" in told(capsys)
    assert state(run) == before


def test_a_run_is_not_begun_where_something_else_is(here, capsys):
    (here / "file").write_text("mine", "utf-8")
    assert ended("generate", "--domain", "library", "--count", "2", "--out", "file") == 2
    assert "a run is a folder" in told(capsys)
    assert ended("generate", "--domain", "library", "--count", "2", "--out", ".") == 2
    assert "it holds file" in told(capsys)
    assert [path.read_text("utf-8") for path in here.iterdir()] == ["mine"]


@pytest.mark.parametrize("out", ["/dev/null/run", "/proc/run"])
def test_a_place_that_cannot_be_written_is_told(here, capsys, out):
    assert ended("generate", "--domain", "library", "--count", "2", "--out", out) == 3
    assert out in told(capsys)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_closed_to_us_is_told(here, capsys):
    (here / "closed").mkdir(mode=0o500)
    assert ended("generate", "--domain", "library", "--count", "2", "--out", "closed/run") == 3
    assert "closed/run" in told(capsys)


def test_a_dataset_folder_with_something_of_ones_own_is_not_replaced(here, capsys):
    assert ended("generate", "--domain", "library", "--count", "2", "--out", "run", "--quiet") == 0
    (here / "run" / "dataset" / "notes.txt").write_text("mine", "utf-8")
    before = state(here / "run")
    capsys.readouterr()
    assert ended("generate", "--domain", "library", "--count", "3", "--out", "run", "--quiet") == 2
    assert "notes.txt" in told(capsys)
    after = state(here / "run")
    assert {k: v for k, v in after.items() if k.startswith("dataset")} == {
        k: v for k, v in before.items() if k.startswith("dataset")
    }


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return KEY


def written(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def model_run(url: str, *more: str) -> int | str | None:
    flags = ("--domain", "library", "--count", "4", "--out", "run", "--concurrency", "2")
    return ended("generate", *flags, "--model", "m", "--base-url", url, "--human", "scripted", *more)


def test_a_wrong_key_is_told_once_and_is_nowhere_to_be_found(here, capsys, key):
    with ChatServer(lambda *_: "Hello.", key="another").in_thread() as server:
        assert model_run(server.url) == 3
    assert server.requests == 0
    assert 0 < server.refused <= 2
    said = told(capsys)
    assert "key" in said
    assert KEY not in said
    assert not any(KEY.encode() in content for content in written(here))
    assert not (here / "run" / "dataset").exists()


def test_an_endpoint_that_is_not_there_is_told(here, capsys, key):
    assert model_run("http://127.0.0.1:9/v1") == 3
    assert "http://127.0.0.1:9/v1: no connection" in told(capsys)
    assert not (here / "run" / "dataset").exists()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (failure(404, "The model `m` does not exist."), "no such model"),
        (failure(400, "tools are not supported"), "tools are not supported"),
        (Answer(status=402, body=b'{"error": "pay first"}'), "pay first"),
    ],
)
def test_an_endpoint_that_refuses_is_told(here, capsys, key, answer, line):
    with ChatServer(lambda *_: answer).in_thread() as server:
        assert model_run(server.url) == 3
    assert line in told(capsys)


def test_the_key_goes_to_the_endpoint_and_nowhere_else(here, capsys, key):
    planned("library", 4)
    script = Understudies(world_of("library"), planned("library", 4))

    def by_prompt(body: dict, _: int) -> Answer:
        return script.agent(body) if "tools" in body else script.author(body)

    with ChatServer(by_prompt, key=KEY).in_thread() as server:
        assert model_run(server.url) == 0
    out, err = capsys.readouterr()
    assert "4 of 4 tasks" in out
    assert (server.refused, server.requests > 8) == (0, True)
    assert KEY not in out + err
    assert not any(KEY.encode() in content for content in written(here))
    assert any(server.url.encode() in content for content in written(here))


def test_a_talk_that_broke_off_ends_with_3_and_the_same_command_mends_it(here, capsys, key):
    script = Understudies(world_of("library"), planned("library", 4))
    down = True

    def by_prompt(body: dict, _: int) -> Answer:
        if down and "tools" in body:
            return Answer(body=b"<html>bad gateway</html>")
        return script.agent(body) if "tools" in body else script.author(body)

    with ChatServer(by_prompt).in_thread() as server:
        assert model_run(server.url, "--quiet") == 3
        assert capsys.readouterr().err.startswith("4 tasks broke off")
        down = False
        assert model_run(server.url, "--quiet") == 0
        assert "4 of 4 tasks" in capsys.readouterr().out


def test_a_budget_ends_a_run_early_and_a_larger_one_goes_on(here, capsys, key):
    script = Understudies(world_of("library"), planned("library", 4))

    def by_prompt(body: dict, _: int) -> Answer:
        return script.agent(body) if "tools" in body else script.author(body)

    def spent() -> int:
        with Journal.read(here / "run") as journal:
            return sum(used.total for used in journal.totals().values())

    with ChatServer(by_prompt).in_thread() as server:
        assert model_run(server.url, "--quiet", "--budget-tokens", "4000") == 1
        err = capsys.readouterr().err
        assert "raise --budget-tokens to continue" in err
        assert 0 < spent() <= 4000
        paid = server.requests
        assert model_run(server.url, "--quiet", "--budget-tokens", "4000") == 1
        assert server.requests == paid
        capsys.readouterr()
        assert model_run(server.url, "--quiet", "--budget-tokens", "400000") == 0
        assert "4 of 4 tasks" in capsys.readouterr().out
        with Journal.read(here / "run") as journal:
            assert journal.replies() == server.requests


def test_help_imports_nothing_that_is_slow():
    code = "import sys\nfrom apigen_mt.cli import main\ntry:\n    main(['--help'])\nfinally:\n    print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    *help_text, modules = done.stdout.splitlines()
    assert (done.returncode, help_text[0]) == (0, "usage: apigen-mt [-h] [--version] COMMAND ...")
    assert not HEAVY & set(modules.split())
    assert all(f"\n    {command}" in done.stdout for command in ("generate", "export", "show", "stats", "verify"))


@pytest.mark.parametrize("command", ["generate", "export", "show", "stats", "verify"])
def test_every_command_explains_itself(capsys, command):
    assert ended(command, "--help") == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: apigen-mt {command} ")
    assert err == ""
