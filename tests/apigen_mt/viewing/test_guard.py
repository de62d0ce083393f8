"""The server: what it refuses to whom."""

import json
import socket
from pathlib import Path

import pytest

from apigen_mt.marks import MARKS
from apigen_mt.viewing.guard import LARGEST
from tests.apigen_mt.rows import failed, kept, rejected, row
from tests.apigen_mt.viewing.served import DIGEST, EVERYWHERE, SOON, begun, served


@pytest.fixture(scope="module")
def rows():
    return [row(number) for number in range(3)]


@pytest.fixture(scope="module")
def server(rows, tmp_path_factory):
    place = tmp_path_factory.mktemp("server")
    told = [kept(0, rows[0]), kept(1, rows[1]), failed(2, row(2, finished=False)), rejected(3, "format", "no words")]
    with served(begun(place / "run", *told), place / "index") as found:
        found.until(whole=True, entries=4)
        yield found


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "",
        EVERYWHERE,
        "169.254.1.1",
        "[::2]:80",
    ],
)
def test_a_name_that_points_here_is_no_name_of_this_server(server, host):
    for method, path in (("GET", "/"), ("GET", "/api/talk/0.0"), ("POST", "/api/mark/0.0")):
        assert server.ask(method, path, b"{}", host=host, **server.own()).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1", "[::1]:8000", "localhost:1"])
def test_names_of_this_machine_will_do_whatever_the_port(server, host):
    assert server.get("/api/state", host=host).status == 200


def test_another_host_has_to_be_told(rows, tmp_path):
    run = begun(tmp_path / "run", kept(0, rows[0]))
    with served(run, tmp_path / "one", "lab.example") as found:
        assert found.get("/", host="lab.example:80").status == 200
        assert found.get("/", host="other.example").status == 421
    with served(run, tmp_path / "two", EVERYWHERE) as found:
        assert found.get("/", host="192.0.2.7:80").status == 200
        assert found.get("/", host="lab.example").status == 421


def test_no_host_and_two_hosts_are_refused(server):
    for lines in ("", "Host: localhost\r\nHost: evil.example\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as raw:
            raw.sendall(f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
            assert raw.recv(100).split()[1] in {b"400", b"421"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ""}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:1"}, 403),
        ({"origin": "https://127.0.0.1"}, 403),
        ({"x_apigen_mt_token": ""}, 403),
        ({"x_apigen_mt_token": "the-token"}, 403),
        ({"x_apigen_mt_token": "é" * 24}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "multipart/form-data; boundary=x"}, 415),
    ],
)
def test_a_mark_comes_from_the_own_page_or_not_at_all(server, headers, status):
    assert server.mark("0.0", "reject", **headers).status == status
    assert not (server.run / MARKS).exists()


@pytest.mark.parametrize("missing", ["origin", "x_apigen_mt_token", "content_type"])
def test_nothing_of_that_may_be_missing(server, missing):
    headers = server.own()
    del headers[missing]
    body = json.dumps({"mark": "reject", "note": "", "talk": server.get("/api/mark/0.0").json["talk"]}).encode()
    assert server.ask("POST", "/api/mark/0.0", body, **headers).status in {403, 415}
    assert not (server.run / MARKS).exists()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_do_nothing(server, method):
    assert server.ask(method, "/api/mark/0.0", **server.own()).status in {400, 405}


@pytest.mark.parametrize("path", ["/", "/api/list", "/api/talk/0.0", "/api/state"])
def test_only_marks_can_be_sent(server, path):
    assert server.ask("POST", path, b"{}", **server.own()).status == 405


def content(run: Path) -> dict[str, bytes]:
    """All files of a run but those that SQLite has beside a database while it is open."""
    beside = ("-shm", "-wal")
    return {path.name: path.read_bytes() for path in run.iterdir() if not path.name.endswith(beside)}


def test_reading_changes_nothing(server):
    before = content(server.run)
    for path in ("/", "/api/list?text=a", "/api/talk/0.0", "/api/mark/0.0?mark=reject", "/api/overview"):
        assert server.get(path).status == 200
    assert before == content(server.run)


@pytest.mark.parametrize(
    "entry",
    [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "0.0.0",
        "-1.0",
        "0.0%00",
        "9999999999.0",
        "%D9%A1.0",
        "1e3",
        "x" * 4000,
    ],
)
def test_an_id_that_is_none_is_not_found(server, entry):
    for path in (f"/api/talk/{entry}", f"/api/mark/{entry}"):
        found = server.get(path)
        assert found.status == 404
        assert "error" in found.json


@pytest.mark.parametrize(
    "query",
    [
        "limit=501", "limit=0", "limit=x", "offset=-1", "offset=1e99", "sort=line", "sort=task;DROP", "what=1",
        "mark=none", "descending=perhaps", f"text={'x' * 501}", "kind=act&kind=refuse",
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_told(server, query):
    found = server.get(f"/api/list?{query}")
    assert found.status == 400
    assert found.json["error"]


def test_a_query_in_the_words_of_a_database_is_only_words(server):
    for text in ("'%20OR%201=1", "%22%20OR%20%22", "*", "NEAR(a)", "%00", "%F0%9F%91%8D", "a:b", "%ED%A0%80"):
        assert server.get(f"/api/list?text={text}").status == 200
        assert server.get(f"/api/list?kind={text}").json == {"total": 0, "rows": []}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"[" * 100_000, b'{"mark":"keep"}', b'{"mark":"adore","talk":"' + b"0" * 64 + b'"}',
        b'{"mark":"keep","talk":"../../etc"}', b"\xff\xfe",
        b'{"mark":"keep","note":"\\ud800","talk":"' + b"0" * 64 + b'"}',
        b'{"mark":"keep","talk":"' + b"0" * 64 + b'","row":"another"}',
        json.dumps({"mark": "keep", "note": "x" * 4001, "talk": DIGEST}).encode(),
    ],
)  # fmt: skip
def test_a_mark_that_is_none_is_told(server, body):
    found = server.ask("POST", "/api/mark/0.0", body, **server.own())
    assert found.status == 400
    assert len(found.json["error"]) < 300
    assert not (server.run / MARKS).exists()


def test_a_body_beyond_a_megabyte_is_refused(server):
    told = server.ask("POST", "/api/mark/0.0", b"{}", content_length=str(LARGEST + 1), **server.own())
    assert told.status == 413
    big = b" " * (LARGEST + 1)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(big), big)
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in server.own().items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as raw:
        raw.sendall(
            f"POST /api/mark/0.0 HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n{head}"
            "transfer-encoding: chunked\r\n\r\n".encode()
            + chunked
        )
        assert raw.recv(100).split()[1] == b"413"


def test_rubbish_on_the_wire_ends_nothing(server):
    for rubbish in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 100_000):
        with socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as raw:
            raw.sendall(rubbish)
    assert server.get("/api/state").status == 200
