"""`apigen-mt view`: how it begins, ends, and says what is wrong."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from apigen_mt.cli import main
from tests.apigen_mt.shared_runs import generated

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
WITHOUT = "import sys; sys.modules[sys.argv[1]] = None\nfrom apigen_mt.cli import main\nsys.exit(main(sys.argv[2:]))"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("view") / "run"
    generated("library", 2, folder)
    return folder


def ended(*arguments: object) -> int | str | None:
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code


def told(capsys) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    line: str = err
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_at_once_also_while_somebody_is_connected(run, number, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "apigen_mt.cli", "view", str(run), "--port", "0"],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(rf"{re.escape(str(run))} at http://127\.0\.0\.1:(\d+)/ until Ctrl-C\n", line)
    assert found, line
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=PATIENCE)
    connection.request("GET", "/")
    assert connection.getresponse().read().startswith(b"<!DOCTYPE html>")
    waiting = threading.Thread(target=connection.request, args=("GET", "/api/overview"))
    waiting.start()
    waiting.join()
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(PATIENCE) == 130
    assert time.monotonic() - began < 5
    _, err = process.communicate()
    assert err == "apigen-mt: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_told_in_one_line(run, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ended("view", run, "--port", port) == 3
    assert told(capsys) == (
        f"apigen-mt: --port {port} at 127.0.0.1: Address already in use; give another --port, or 0 for a free one\n"
    )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7", ""])
def test_an_address_that_is_none_of_ours_is_told_in_one_line(run, capsys, host):
    assert ended("view", run, "--port", 0, "--host", host) in {2, 3}
    assert "--host" in told(capsys) or host


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_told(run, capsys, port):
    assert ended("view", run, f"--port={port}") == 2
    assert "--port" in told(capsys)


def test_a_folder_that_is_no_run_is_told(tmp_path, capsys):
    assert ended("view", tmp_path) == 2
    assert "is no run" in told(capsys)


def test_the_extra_is_named_where_it_is_missing(run):
    library = "starlette"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, library, "view", str(run)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"apigen-mt: `view` needs {library}: python -m pip install 'apigen-mt[view]'\n"
