"""The server: what it shows of a run, also while it is being written, and what is said of its talks."""

import json

import pytest

from apigen_mt.journal import Journal
from apigen_mt.marks import MARKS, Marks
from tests.apigen_mt.rows import failed, kept, rejected, row
from tests.apigen_mt.viewing.served import TOKEN, begun, served, soon
from tests.journals import outcome, outcomes


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


def test_the_page_says_what_may_run_in_it_and_holds_its_name_as_text(server):
    page = server.get("/")
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert b"<run>" not in page.body
    assert TOKEN.encode() in page.body


def test_every_answer_keeps_other_sites_out(server):
    for path in ("/", "/api/state", "/api/list", "/api/overview", "/api/talk/0.0", "/api/talk/99.0", "/nothing"):
        headers = server.get(path, origin="http://evil.example").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert not [name for name in headers if name.startswith("access-control")]


def test_lines_talks_and_figures_are_shown(server):
    found = server.get("/api/list?limit=2&sort=task").json
    assert found["total"] == 4
    assert [line["id"] for line in found["rows"]] == ["0.0", "1.0"]
    assert "text" not in found["rows"][0]
    assert [line["id"] for line in server.get("/api/list?status=failed").json["rows"]] == ["2.0"]
    assert server.get("/api/talk/0.0").json["replayed"] is True
    assert server.get("/api/talk/3").json["talk"] is None
    server.figures(tasks=4, good=2)
    assert server.get("/api/state").json["asked"] == 9


def test_marks_are_kept_shown_and_taken_back(rows, tmp_path):
    run = begun(tmp_path / "run", kept(0, rows[0]), kept(1, rows[1]), rejected(2, "format", "no words"))
    with served(run, tmp_path / "one") as found:
        found.until(whole=True)
        assert found.mark("0.0", "reject", "rude <script>").json["mark"] == "reject"
        assert found.mark("1.0", "flag").status == 200
        assert found.get("/api/mark/0.0").json["note"] == "rude <script>"
        assert [line["mark"] for line in found.get("/api/list").json["rows"]] == ["reject", "flag", ""]
        assert found.get("/api/list?mark=flag").json["total"] == 1
        assert found.mark("1.0", "none").json["mark"] == "none"
        assert found.mark("2", "keep").status == found.mark("7.0", "keep").status == 404
    with served(run, tmp_path / "two") as found:
        found.until(whole=True)
        assert [line["mark"] for line in found.get("/api/list").json["rows"]] == ["reject", "", ""]
    assert [Marks.read(run).word(one) for one in rows] == ["reject", "none", "none"]


def test_a_talk_that_was_played_anew_is_not_marked_by_who_read_the_other(rows, tmp_path):
    run = begun(tmp_path / "run", kept(0, rows[0]))
    with served(run, tmp_path / "index") as found:
        read = found.get("/api/mark/0.0").json["talk"]
        with Journal.open(run, {"domain": "library", "command": "generate"}) as journal:
            outcome(journal, 0, kept(0, rows[1]).model_dump_json())
        body = json.dumps({"mark": "reject", "note": "", "talk": read}).encode()
        refused = found.ask("POST", "/api/mark/0.0", body, **found.own())
        assert refused.status == 409
        assert "read it again" in refused.json["error"]


def test_a_run_that_is_being_written_is_followed(rows, tmp_path):
    """New tasks, one that is replaced and one that cannot be read; the writer ends while it is watched."""
    run = begun(tmp_path / "run")
    with served(run, tmp_path / "index") as found:
        found.until(whole=True, entries=0)
        found.figures(tasks=0)
        with Journal.open(run, {"domain": "library", "command": "generate"}) as journal:
            outcomes(journal, kept(3, rows[0]))
            found.until(entries=1)
            outcomes(journal, kept(1, rows[1]), rejected(0, "format", "no words"))
            found.until(entries=3)
            assert [line["id"] for line in found.get("/api/list").json["rows"]] == ["0", "1.0", "3.0"]
            outcome(journal, 2, '{"task": 2}')
            found.until(unread=1)
            outcomes(journal, kept(2, rows[2]), failed(3, row(1, finished=False)))
            found.until(unread=0, entries=4)
            soon(lambda: found.get("/api/list?status=failed").json["total"] == 1)
        alone = tmp_path / "alone"
        alone.mkdir()
        (alone / "journal.sqlite").write_bytes((run / "journal.sqlite").read_bytes())
        with Journal.read(alone) as journal:
            assert journal.held() == [0, 1, 2, 3]
        found.figures(tasks=4, good=2)


def test_a_run_without_talks_is_shown_and_not_marked(tmp_path):
    run = begun(tmp_path / "run", command="draft")
    with served(run, tmp_path / "index") as found:
        found.until(whole=True, markable=False)
        assert found.mark("0", "keep").status == 404


def test_what_is_the_matter_is_told_and_ends_nothing(rows, tmp_path):
    run = begun(tmp_path / "run", kept(0, rows[0]))
    (run / MARKS).write_text("hello\n", "utf-8")
    with served(run, tmp_path / "index") as found:
        found.until(whole=True, entries=1, trouble=f"{run / MARKS}: line 1 is no mark: take it out, or the file away")
        (run / MARKS).unlink()
        found.until(trouble="")
        (run / MARKS).symlink_to(tmp_path / "elsewhere")
        assert found.mark("0.0", "keep").status == 503
        assert not (tmp_path / "elsewhere").exists()
