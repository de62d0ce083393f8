"""`--serve`, `--log` and `--metrics-port` as people use them, with a stand-in for vLLM."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.config import parse
from apigen_mt.models.chat import Usage
from apigen_mt.run_folder import RunFolder
from apigen_mt.serving.roles import SERVED
from tests.apigen_mt.given_tasks import tasks, written
from tests.apigen_mt.serving.processes import gone, notes, pids

FAKE = Path(__file__).with_name("fake_vllm.py")
KEY = "sk-canary-0123456789"


@pytest.fixture
def blueprints(tmp_path):
    return written(tmp_path / "tasks.jsonl", tasks(3))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the stand-ins leave their notes."""
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("FAKE_FOLDER", str(tmp_path / "notes"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return tmp_path / "notes"


def serving(model, *more):
    return ["--serve", model, "--vllm-command", shlex.join([sys.executable, str(FAKE)]), *more]


def test_a_run_with_a_served_agent(blueprints, folder, tmp_path, capsys):
    out, log = tmp_path / "run", tmp_path / "run.log"
    wanted = serving("acme/xlam-clerk", "--replicas", "2")
    play = ["play", "--blueprints", str(blueprints), "--out", str(out), "--human", "scripted", *wanted]
    assert main([*play, "--log", str(log), "--metrics-port", "0"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == f"0 rows from 3 of 3 blueprints: {out / 'dataset'}"
    assert "serving acme/xlam-clerk (xLAM; tool calls: xlam" in said.err
    assert "metrics at http://127.0.0.1:" in said.err
    assert all(gone(pid, 0) for pid in pids(folder))
    asked = [json.loads(line) for line in (folder / "requests").read_text().splitlines()]
    assert {body["model"] for body in asked} == {"acme/xlam-clerk"}
    assert {note["environment"]["OPENAI_API_KEY"] for note in notes(folder)} == {None}
    assert len(notes(folder)) == 2

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    ids = {blueprint.id for blueprint in tasks(3)}
    assert {line["run"] for line in lines} == {"run"}
    assert {line["blueprint"] for line in lines if line["event"] == "answered"} == ids
    assert [line["event"] for line in lines].count("answered") == len(asked)
    assert [line["event"] for line in lines].count("done") == 3
    assert not [line for line in lines if "stand-in" in json.dumps(line)]

    assert parse(RunFolder(out).config).roles.agent.base_url == SERVED
    assert main([*play, "--replicas", "1"]) == 0
    assert len((folder / "requests").read_text().splitlines()) == len(asked)  # other ports, the same replies
    assert RunFolder(out).tokens() == {"agent": Usage(prompt=10 * len(asked), completion=5 * len(asked))}
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in everything


def test_a_server_that_crashes_is_shown(blueprints, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM", "crash")
    assert main(["play", "--blueprints", str(blueprints), "--out", str(tmp_path / "run"), *serving("xlam")]) == 3
    said = capsys.readouterr().err
    assert (
        said.splitlines()[-1]
        == f"apigen-mt: vllm serve xlam ended with code 1; its log: {tmp_path / 'run' / 'serving-0.log'}"
    )
    assert "  RuntimeError: Engine core initialization failed. \\x1b[31mSee above." in said
    assert all(gone(pid, 0) for pid in pids(folder))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--serve", "xlam", "--base-url", "http://127.0.0.1:1/v1"], "--serve and --base-url"),
        (["--replicas", "2"], "--replicas goes with --serve"),
        (["--serve", "acme/clerk"], "--tool-call-parser"),
        (["--serve", "xlam", "--vllm-command", "/nowhere/vllm"], "--vllm-command /path/to/venv/bin/vllm"),
        (["--serve", "xlam", "--vllm-args", "--api-key", "k"], "that is set here"),
        (["--metrics-port", "70000"], "a port is a number"),
        (["--metrics-host", "127.0.0.1"], "goes with --metrics-port"),
        (["--log", "{blueprints}"], "is no log of a run"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(blueprints, folder, tmp_path, flags, told, capsys):
    before = blueprints.read_bytes()
    flags = [flag.format(blueprints=blueprints) for flag in flags]
    code = main(["play", "--blueprints", str(blueprints), "--out", str(tmp_path / "run"), "--quiet", *flags])
    said = capsys.readouterr().err
    assert code == 2
    assert told in said
    assert said.count("\n") == 1
    assert blueprints.read_bytes() == before
