"""Secrets planted wherever one may come from: none is written to a run, an export, a page, a log or a terminal."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apigen_mt.cli import main
from tests.apigen_mt.model_server import Understudies
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer, failure

KEY = "sk-Canary/4711+hidden=="
"""With signs that JSON and addresses may write in other ways."""
VARIABLES: Mapping[str, str] = {
    "OPENAI_API_KEY": KEY,
    "OPENAI_ORG_ID": "org-canary-4712",
    "OPENAI_PROJECT_ID": "project-canary-4713",
    "OPENAI_ADMIN_KEY": "admin-canary-4714",
    "ANTHROPIC_API_KEY": "other-canary-4715",
    "HF_TOKEN": "hf-canary-4716",
    "HTTP_PROXY": "http://me:proxy-canary-4717@127.0.0.1:9",
    "HTTPS_PROXY": "http://me:proxy-canary-4717@127.0.0.1:9",
    "ALL_PROXY": "socks5://me:proxy-canary-4717@127.0.0.1:9",
    "OPENAI_LOG": "debug",
    "OPENAI_BASE_URL": "http://me:base-canary-4718@127.0.0.1:9/v1",
}
GIVEN = "given-canary-4719"
"""A secret that somebody writes where it does not belong."""
CANARIES = (
    KEY,
    "4711+hidden",
    "org-canary-4712",
    "project-canary-4713",
    "admin-canary-4714",
    "other-canary-4715",
    "hf-canary-4716",
    "proxy-canary-4717",
    "base-canary-4718",
    GIVEN,
    "trace-canary-4720",
)
ESCAPED = KEY.replace("/", "\\/").replace("+", "\\u002B").replace("=", "\\u003d")
COUNT = 8


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """What is written below a folder, as it lies there and as it is read."""
    for path in sorted(folder.rglob("*")):
        yield str(path), bytes(str(path), "utf-8", "surrogateescape")
        if not path.is_file():
            continue
        yield str(path), path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield str(path), (repr(table.to_pylist()) + repr(table.schema)).encode()
        elif path.suffix == ".sqlite":
            with sqlite3.connect(path) as database:
                yield str(path), "\n".join(database.iterdump()).encode()


def check_silent(folder: Path, *printed: str) -> None:
    """No canary in anything that was written or printed."""
    for place, text in [*contents(folder), *(("printed", p.encode()) for p in printed)]:
        found = [canary for canary in CANARIES if canary.encode() in text]
        assert not found, (place, found)


def ended(*arguments: str) -> int | str | None:
    try:
        return main(list(arguments))
    except SystemExit as end:
        return end.code


def model_run(url: str, count: int) -> int | str | None:
    flags = ("--domain", "library", "--count", str(count), "--out", "run", "--model", "m", "--base-url", url)
    Path("soon.yaml").write_text("deadlines: {down: 1, request: 5}\n", "utf-8")
    return ended("generate", *flags, "--human", "scripted", "--config", "soon.yaml")


def honest() -> Understudies:
    return Understudies(world_of("library"), planned("library", COUNT, as_run=True))


WAYS = ("words", "thoughts", "escapes", "arguments", "fields", "nothing")


def echoing(fine: Answer, way: str) -> Answer:
    """The answer with the key somewhere in it."""
    text = fine.text or ""
    if way == "words":
        return Answer(text=f"{text} Bearer {KEY}", calls=fine.calls)
    if way == "thoughts":
        return Answer(text=text, calls=fine.calls, message={"reasoning_content": f"The key is {KEY}."})
    if way == "escapes" and not fine.calls:
        whole = json.dumps({"choices": [{"message": {"content": f"{text} HERE"}}]})
        return Answer(body=whole.replace("HERE", ESCAPED).encode())
    if way == "arguments" and fine.calls:
        return Answer(calls=((fine.calls[0][0], json.dumps({"email": KEY, "note": KEY})),))
    if way == "fields":
        return Answer(text=text, calls=fine.calls, message={"name": KEY}, finish_reason=KEY)
    return fine


def test_a_key_that_replies_repeat_is_in_nothing_that_is_written_or_shown(here, capfd):
    script = honest()
    used: dict[str, str] = {}

    def answer(body: Body, number: int) -> Answer:
        if "tools" not in body:
            return echoing(script.author(body), "thoughts")
        way = used.setdefault(body["messages"][1]["content"], WAYS[len(used) % len(WAYS)])
        return echoing(script.agent(body), way)

    with ChatServer(answer, key=KEY).in_thread() as server:
        assert model_run(server.url, COUNT) == 0
    assert (server.refused, set(used.values())) == (0, set(WAYS))
    for command in (
        ("stats", "run"),
        ("stats", "run", "--json"),
        *(("show", "run", str(task)) for task in range(3)),
        *(("show", "run", str(task), "--html", f"{task}.html") for task in range(3, 6)),
        ("verify", "run"),
        ("export", "run", "--format", "sharegpt", "--out", "sharegpt", "--licence", "m=MIT"),
        ("export", "run", "--format", "messages", "--out", "messages", "--licence", "m=MIT"),
    ):
        assert ended(*command) == 0, command
    check_silent(here, *capfd.readouterr())
    assert sum(b"[key]" in text for _, text in contents(here)) >= 3


def test_a_secret_would_be_found_wherever_it_is(here):
    """The search itself is tried on a name, a line, a table and a database."""
    pq.write_table(pa.table({"row": [f"x{KEY}"] * 100}), here / "a.parquet")
    with sqlite3.connect(here / "a.sqlite") as database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.execute("INSERT INTO t VALUES (?)", (KEY,))
    database.close()
    (here / "a.txt").write_text(KEY, "utf-8")
    (here / f"a {GIVEN}").mkdir()
    for name in ("a.parquet", "a.sqlite", "a.txt", f"a {GIVEN}"):
        folder = here.parent / f"of {name[:5]}"
        folder.mkdir()
        (here / name).rename(folder / name)
        with pytest.raises(AssertionError):
            check_silent(folder)
    with pytest.raises(AssertionError):
        check_silent(here, KEY)


BROKEN: Mapping[str, Answer] = {
    "401": failure(401, f"Incorrect API key provided: {KEY}"),
    "400": failure(400, f"You sent Authorization: Bearer {KEY}"),
    "500": failure(500, f"at handler(key={KEY})", retry_after_ms="1"),
    "a page": Answer(status=400, body=f"<pre>Authorization: Bearer {KEY}</pre>".encode()),
    "escapes": Answer(status=400, body=b'{"error": {"message": "bad key ' + ESCAPED.encode() + b'"}}'),
    "no JSON": Answer(body=f"Bearer {KEY}".encode()),
    "an error in a 200": Answer(body=json.dumps({"error": {"message": f"bad {KEY}", "code": 400}}).encode()),
    "escapes in a 200": Answer(body=b'{"error": {"message": "bad key ' + ESCAPED.encode() + b'", "code": 400}}'),
    "another place": Answer(status=307, body=b"", headers={"Location": f"http://127.0.0.1:9/{KEY}?key={KEY}"}),
    "a header": Answer(status=400, body=b"{}", headers={"Retry-After": KEY, "X-Request-Id": KEY}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_key_that_an_error_repeats_is_told_to_nobody(here, capfd, how):
    script = honest()

    def answer(body: Body, number: int) -> Answer:
        return BROKEN[how] if "tools" in body else script.author(body)

    with ChatServer(answer).in_thread() as server:
        assert model_run(server.url, 2) == 3
    ended("stats", "run")
    ended("show", "run", "0")
    out, err = capfd.readouterr()
    assert "[key]" in err + out + "".join(str(c) for _, c in contents(here)) or how in {"a header", "500"}
    check_silent(here, out, err)


WRITTEN: Mapping[str, str] = {
    "a key among the settings": f"api_key: {GIVEN}\n",
    "a key of a role": f"roles: {{agent: {{model: m, base_url: URL, api_key: {GIVEN}}}}}\n",
    "a key for the name of a variable": f"roles: {{agent: {{model: m, base_url: URL, api_key_env: {GIVEN}}}}}\n",
    "a user and a password": f"roles: {{agent: {{model: m, base_url: 'http://me:{GIVEN}@127.0.0.1:9/v1'}}}}\n",
    "a host that is none": f"roles: {{agent: {{model: m, base_url: 'http://me:{GIVEN}\u2100@127.0.0.1:9/v1'}}}}\n",
    "a port that is none": f"roles: {{agent: {{model: m, base_url: 'http://127.0.0.1:{GIVEN}/v1'}}}}\n",
    "an address without end": f"roles: {{agent: {{model: m, base_url: 'http://[{GIVEN}/v1'}}}}\n",
    "replicas": f"roles: {{agent: {{model: m, base_url: ['http://a:{GIVEN}@b/v1', 'http://a:{GIVEN}@b/v1']}}}}\n",
    "a query": f"roles: {{agent: {{model: m, base_url: 'http://127.0.0.1:9/v1?api-key={GIVEN}'}}}}\n",
    "a fragment": f"roles: {{agent: {{model: m, base_url: 'http://127.0.0.1:9/v1#{GIVEN}'}}}}\n",
    "a header": f"roles: {{agent: {{model: m, base_url: URL, extra: {{extra_headers: {{X-Key: {GIVEN}}}}}}}}}\n",
    "a field of the body": f"roles: {{agent: {{model: m, base_url: URL, extra: {{api_key: {GIVEN}}}}}}}\n",
    "a field within": f"roles: {{agent: {{model: m, base_url: URL, extra: {{a: [{{Authorization: {GIVEN}}}]}}}}}}\n",
    "the key itself as a licence": f"roles: {{agent: {{model: m, base_url: URL, licence: 'by {KEY}'}}}}\n",
    "the key itself in extra": f"roles: {{agent: {{model: m, base_url: URL, extra: {{user: '{KEY}'}}}}}}\n",
    "the key itself as a model": f"roles: {{agent: {{model: '{KEY}', base_url: URL}}}}\n",
    "a line that is no YAML": f"roles: {{agent: {{api_key: {GIVEN}\n",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_in_the_configuration_is_refused_and_not_repeated(here, capfd, how):
    text = WRITTEN[how].replace("URL", "'http://127.0.0.1:9/v1'")
    (here / "run.yaml").write_text(("" if "domain" in text else "domain: library\n") + text, "utf-8")
    assert ended("generate", "--config", "run.yaml", "--out", "run") == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not (here / "run").exists()
    (here / "run.yaml").unlink()
    check_silent(here, out, err)


@pytest.mark.parametrize(
    "flags",
    [
        ("--base-url", f"http://me:{GIVEN}@127.0.0.1:9/v1", "--model", "m"),
        ("--base-url", f"http://127.0.0.1:9/v1?key={GIVEN}", "--model", "m"),
        ("--base-url", f"ftp://{GIVEN}", "--model", "m"),
        ("--api-key", GIVEN),
        (f"--api-key={GIVEN}",),
        ("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--key", GIVEN, "--token", GIVEN),
    ],
    ids=lambda flags: flags[0],
)
def test_a_secret_among_the_flags_is_refused_and_not_repeated(here, capfd, flags):
    assert ended("generate", "--domain", "library", "--count", "1", "--out", "run", *flags) == 2
    check_silent(here, *capfd.readouterr())


BUG = """
from tools_env.domains.library import Library
def world():
    secret = "trace-canary-" + str(4720)
    raise RuntimeError("a bug of one's own")
"""


def test_a_traceback_holds_no_secret(here):
    """A bug shows its traceback, and neither the environment nor what variables held."""
    (here / "own.py").write_text(BUG, "utf-8")
    command = [sys.executable, "-X", "dev", "-m", "apigen_mt.cli", "generate", "--domain", "own:world", "--out", "run"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert "a bug of one's own" in done.stderr
    check_silent(here, done.stdout, done.stderr)
