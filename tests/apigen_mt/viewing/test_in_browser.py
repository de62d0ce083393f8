"""A run over HTTP in a real browser: followed while it is made, filtered, marked; nothing leaves the server."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.marks import MARKS, Marks
from apigen_mt.run_folder import RunFolder
from bench.view import replicated
from tests.apigen_mt.shared_runs import generated
from tests.apigen_mt.viewer.browsing import NARROW, WIDE, Browser, chromium
from tests.apigen_mt.viewer.mixed_runs import mixed
from tests.apigen_mt.viewing.served import Served, served, soon
from tests.blueprints.talks import world_of

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[3]
SHOTS = ROOT / "build" / "screenshots"
ROWS = "table.lines tbody tr"
TALKS = 20_000


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory, tab) -> Iterator[Served]:
    """40 tasks of the library, many of which came to nothing."""
    folder: Path = tmp_path_factory.mktemp("view")
    generated("library", 40, folder / "source")
    run = mixed(RunFolder(folder / "source"), world_of("library"), folder / "run")
    with served(run.path, folder / "index") as found:
        found.until(whole=True)
        found.figures(tasks=40)
        yield found


@pytest.fixture
def browser(tab, server) -> Iterator[Browser]:
    yield from quiet(tab, server)


def quiet(tab: Browser, server: Served) -> Iterator[Browser]:
    """The tab, at whose end nothing has complained and nobody else was asked for anything."""
    tab.size(*WIDE)
    tab.colours("light")
    tab.complaints()
    tab.heard()
    yield tab
    assert tab.complaints() == []
    asked = tab.heard()
    assert asked
    assert [url for url in asked if not url.startswith(server.url)] == []


def total(browser: Browser) -> int:
    told = browser.text(".total").replace(",", "").split()[:1]
    return int(told[0]) if told and told[0].isdecimal() else 0


def marked(browser: Browser, word: str) -> None:
    browser.until("return document.querySelector(`[data-mark=${arguments[0]}][aria-pressed=true]`) !== null", word)


def test_a_list_is_filtered_searched_and_sorted_by_the_server(browser, server):
    browser.open(f"{server.url}#/list?gate=conduct")
    failed = server.get("/api/list?gate=conduct").json["total"]
    assert 0 < failed == total(browser) < 40
    browser.run("location.hash = '#/list?status=kept&sort=turns&descending=true'")
    kept = server.get("/api/list?status=kept&sort=turns&descending=true&limit=100").json
    browser.until("return document.querySelector('.total')?.innerText.startsWith(arguments[0])", str(kept["total"]))
    assert browser.texts(f"{ROWS} td.id")[:20] == [row["id"] for row in kept["rows"][:20]]
    browser.press("/")
    browser.press("renew")
    browser.until("return location.hash.includes('text=renew')")
    words = server.get("/api/list?text=renew&status=kept").json["total"]
    browser.until("return document.querySelector('.total')?.innerText.startsWith(arguments[0])", str(words))


def test_a_turn_of_a_talk_has_an_address(browser, server):
    browser.open(f"{server.url}#/talk/0.0/turn/2")
    browser.until("return document.querySelector('.turn.here')?.dataset.turn === '2'")
    browser.press("j")
    browser.until("return location.hash === '#/talk/0.0/turn/3'")
    assert "as expected" in browser.text("[data-part=state]") or browser.texts("[data-part=state] .record")


def test_marks_are_made_survive_and_are_honoured(browser, server, tmp_path, capsys):
    kept = [row["id"] for row in server.get("/api/list?status=kept&limit=100").json["rows"]]
    browser.open(f"{server.url}#/talk/{kept[0]}")
    browser.until("return document.querySelector('.marking')?.hidden === false")
    browser.click("[data-mark=reject]")
    marked(browser, "reject")
    note = "Rude at the end. <script>alert(1)</script>"
    browser.run("document.querySelector('[data-note]').focus()")
    browser.press(note)
    browser.until("return document.querySelector('.marking [role=status]').innerText === 'saved'")
    browser.shot(SHOTS / "view-marked.png")
    browser.open(f"{server.url}#/talk/{kept[0]}")
    marked(browser, "reject")
    assert browser.run("return document.querySelector('[data-note]').value") == note
    browser.go(f"#/talk/{kept[1]}")
    browser.until("return document.querySelector('h1').innerText.includes(arguments[0])", kept[1])
    browser.until("return document.querySelector('.marking')?.hidden === false")
    browser.press("f")
    marked(browser, "flag")
    browser.go("#/list")
    browser.until("return document.querySelector('[data-filter=mark] option[value=flag]') !== null")
    browser.choose("[data-filter=mark]", "flag")
    browser.until("return document.querySelector('.total')?.innerText === '1 entry'")
    assert browser.texts(f"{ROWS} .mark") == ["flag"]
    assert server.get("/api/overview").json["facets"]["mark"] == {"flag": 1, "reject": 1}
    browser.go(f"#/talk/{kept[1]}")
    marked(browser, "flag")
    browser.press("f")
    soon(lambda: server.get("/api/list?mark=flag").json["total"] == 0)
    assert Marks.read(server.run).rows("reject") == [next(RunFolder(server.run).rows()).id]
    out = tmp_path / "out"
    licences = ("--licence", "big-model=MIT")
    assert main(["export", str(server.run), "--format", "messages", "--out", str(out), *licences]) == 0
    assert "1 left out: rejected by a person" in capsys.readouterr().out
    (server.run / MARKS).unlink()


def test_the_strip_says_that_the_server_is_gone_and_keys_do_no_harm(tab, server, tmp_path):
    run = tmp_path / "run"
    generated("library", 2, run)
    with served(run, tmp_path / "index") as found:
        tab.open(f"{found.url}#/talk/0.0")
        tab.until("return document.querySelector('.marking')?.hidden === false")
    tab.until("return document.querySelector('.live')?.innerText.includes('does not answer')")
    tab.press("x")
    tab.until("return document.querySelector('.marking [role=status]').innerText.startsWith('not saved')")
    tab.until("return document.querySelector('[data-mark=reject]').getAttribute('aria-pressed') === 'false'")
    tab.shot(SHOTS / "view-gone.png")
    assert not (run / MARKS).exists()
    tab.complaints()


def test_the_page_is_fit_for_phones_and_for_everybody(browser, server):
    browser.size(*NARROW)
    for hash_, name in (("#/talk/1.0", "talk"), ("#/list", "list"), ("#/", "overview")):
        browser.open(f"{server.url}{hash_}")
        browser.until("return document.querySelector('main') !== null")
        assert browser.run("return document.documentElement.scrollWidth") <= NARROW[0]
        assert browser.axe() == []
        browser.shot(SHOTS / f"view-{name}-390.png")


def test_rows_appear_while_they_are_made(tab, tmp_path):
    """Another process makes them; the page is opened once and never loaded again."""
    run, count = tmp_path / "run", 60
    words = ["generate", "--domain", "retail", "--count", str(count), "--out", str(run), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "apigen_mt.cli", *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    soon((run / "journal.sqlite").is_file, 60)
    soon((run / "config.yaml").is_file, 60)
    with served(run, tmp_path / "index") as found:
        watching = quiet(tab, found)
        browser = next(watching)
        browser.open(f"{found.url}#/list")
        first = total(browser)
        assert process.poll() is None
        browser.until("return document.querySelector('.live')?.innerText.startsWith('live')")
        seen = {first}
        while process.poll() is None:
            seen.add(total(browser))
            if len(seen) == 4:
                browser.shot(SHOTS / "view-live.png")
            threading.Event().wait(0.2)
        browser.until("return document.querySelector('.total')?.innerText === arguments[0]", f"{count} entries")
        assert len(seen) > 3
        browser.until("return document.querySelector('.live')?.hidden === true")
        browser.go("#/")
        browser.until(
            "return document.querySelector('.tiles')?.innerText.includes(arguments[0])", f"{count} of {count}"
        )
        assert browser.run("return performance.getEntriesByType('navigation').length") == 1
        for _ in watching:
            pass
    assert process.returncode == 0


def test_a_list_of_20_000_opens_soon(tab, tmp_path):
    """How soon stands in build/view-20000.json; here it only has to be much sooner than all of it can be read."""
    with served(replicated(tmp_path, TALKS), tmp_path / "index") as found:
        began = time.perf_counter()
        tab.open(f"{found.url}#/list")
        tab.until(f"return document.querySelectorAll('{ROWS}').length > 0")
        first = time.perf_counter() - began
        soon(lambda: found.get("/api/state").json["whole"], 900)
        tab.complaints()
        taken = tab.open(f"{found.url}#/list")
        assert total(tab) == TALKS
        assert tab.complaints() == []
    figures = {"seconds to the first lines": round(first, 2), "and when all is read": round(taken, 2)}
    (SHOTS.parent / "view-20000.json").write_text(json.dumps(figures), "utf-8")
    assert first < 10
    assert taken < 5
