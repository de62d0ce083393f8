"""The page in a real browser: found, filtered, read, walked by keys; nothing complains, nothing leaves the page."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen_mt.config import parse
from apigen_mt.journal import Journal
from apigen_mt.run_folder import RunFolder, keep_config
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.packed import report, report_of
from apigen_mt.viewer.summaries import Summary, summaries
from tests.apigen_mt.shared_runs import generated
from tests.apigen_mt.viewer.browsing import NARROW, WIDE, Browser, chromium
from tests.apigen_mt.viewer.hostile_rows import hostile_row
from tests.apigen_mt.viewer.hostile_texts import HUGE, TEXTS
from tests.apigen_mt.viewer.mixed_runs import mixed, repeated
from tests.blueprints.talks import world_of

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).resolve().parents[3] / "build" / "screenshots"
ROWS = "table.lines tbody tr"


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tab) -> Path:
    """Where runs and their pages lie; made only where there is a browser."""
    found: Path = tmp_path_factory.mktemp("pages")
    generated("retail", 100, found / "source")
    return found


@pytest.fixture(scope="module")
def run(folder) -> RunFolder:
    """500 tasks of retail, many of which came to nothing."""
    return mixed(RunFolder(folder / "source"), world_of("retail"), folder / "run", copies=5)


@pytest.fixture(scope="module")
def lines(run) -> dict[str, Summary]:
    return {line.id: line for line in summaries(run)}


@pytest.fixture(scope="module")
def page(run, folder) -> str:
    file: Path = folder / "report.html"
    file.write_text(report(run, world_of), "utf-8")
    return file.as_uri()


@pytest.fixture
def browser(tab, page) -> Iterator[Browser]:
    tab.size(*WIDE)
    tab.colours("light")
    tab.complaints()
    tab.open(page)
    tab.heard()
    yield tab
    assert tab.complaints() == []
    assert tab.heard() == []


def total(browser: Browser) -> int:
    return int(browser.text(".total").split()[0].replace(",", ""))


def listed(browser: Browser, count: int) -> None:
    browser.until("return Number((document.querySelector('.total')?.innerText || '').split(' ')[0].replace(',', '')) "
                  "=== arguments[0]", count)  # fmt: skip


def state_talk(lines: dict[str, Summary]) -> str:
    return next(line.id for line in lines.values() if line.gate == "state")


def test_the_overview_leads_to_the_lists_of_its_figures(browser, lines):
    assert browser.texts(".overview h2")[0].startswith("Funnel")
    rows = "[...document.querySelectorAll('.phase tr.bad')]"
    told = browser.run(f"return {rows}.map((row) => [row.querySelector('a').getAttribute('href'), row.innerText])")
    assert sum("\t" in text for _, text in told) == len(told) > 8
    for href, text in told[:4]:
        browser.go(href)
        number = int(next(part for part in text.split("\t") if part.strip().isdecimal()))
        listed(browser, number)
    browser.go("#/")
    browser.until("return document.querySelectorAll('.graph .node').length === 26")
    assert len(browser.texts(".clauses li")) == 28
    browser.run("document.querySelector('.graph .node').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    listed(browser, sum("find_customer_by_email" in line.tools for line in lines.values()))


def test_filters_search_and_order_agree_with_the_run(browser, lines):
    browser.go("#/list")
    listed(browser, len(lines))
    assert len(browser.texts(ROWS)) == 100
    browser.choose("[data-filter=status]", "failed")
    failed = [line for line in lines.values() if line.status == "failed"]
    listed(browser, len(failed))
    browser.choose("[data-filter=kind]", "act")
    listed(browser, sum(line.kind == "act" for line in failed))
    browser.click(".clear")
    listed(browser, len(lines))
    for name, value in (("tool", "cancel_order"), ("clause", "2.1")):
        browser.go(f"#/list?{name}={value}")
        listed(browser, sum(value in getattr(line, f"{name}s") for line in lines.values()))
    browser.go("#/list?sort=turns&descending=true")
    most = max(lines.values(), key=lambda line: line.turns)
    browser.until("return document.querySelector('td[data-name=turns]').innerText === arguments[0]", str(most.turns))
    browser.go("#/list?offset=100")
    browser.until("return document.querySelector('.pages').innerText.includes('101 to 200')")
    words = lines["7.0"].first.split()[-4:]
    browser.go("#/list")
    browser.click("#search")
    browser.run("document.getElementById('search').focus()")
    browser.press(" ".join(words))
    expected = sum(all(word.lower() in line.text.lower() for word in words) for line in lines.values())
    assert expected
    listed(browser, expected)


def test_everything_can_be_reached_by_keys(browser, lines):
    browser.go("#/list")
    listed(browser, len(lines))
    browser.press("j", "j", "j", "k")
    assert browser.run("return document.querySelector('tr.chosen').dataset.id") == list(lines)[1]
    browser.press("\ue007")
    browser.until("return location.hash === arguments[0]", f"#/talk/{list(lines)[1]}")
    browser.until("return document.querySelectorAll('.turn').length > 3")
    browser.press("j", "j")
    browser.until("return document.querySelector('.turn.here')?.dataset.turn === '1'")
    assert str(browser.run("return location.hash")).endswith("/turn/1")
    for key, place in (("n", 2), ("p", 1)):
        browser.press(key)
        browser.until("return location.hash === arguments[0]", f"#/talk/{list(lines)[place]}")
        browser.until("return document.querySelector('.title b').innerText === arguments[0]", list(lines)[place])
    browser.press("\ue00c")
    browser.until("return document.querySelector('tr.chosen')?.dataset.id === arguments[0]", list(lines)[1])
    browser.press("?")
    browser.until("return document.querySelector('dialog').open")
    browser.press("\ue00c")
    browser.until("return !document.querySelector('dialog').open")
    browser.press("/")
    browser.until("return document.activeElement.id === 'search'")
    browser.press("\ue00c")
    browser.until("return document.activeElement.id !== 'search'")
    browser.press("\ue00c")
    browser.until("return document.querySelector('.overview')")
    browser.press("/")
    browser.until("return document.activeElement?.id === 'search'")


def test_a_link_leads_to_a_turn(browser, page, lines):
    wanted = next(line.id for line in lines.values() if line.turns > 14)
    browser.open(f"{page}#/talk/{wanted}/turn/9")
    browser.heard()
    place = "document.querySelector('.turn.here').getBoundingClientRect()"
    browser.until(f"return document.querySelector('.turn.here')?.dataset.turn === '9' && {place}.top > 0 "
                  f"&& {place}.bottom < innerHeight")  # fmt: skip
    browser.go(f"#/talk/{wanted}/turn/2")
    browser.until("return document.querySelector('.turn.here').dataset.turn === '2'")
    browser.go("#/talk/99999.0")
    browser.until("return document.querySelector('.missing')")
    assert browser.text(".missing h1") == "There is no talk 99999.0 in this run."
    browser.go("#/talk/../../etc")
    browser.until("return document.querySelector('.overview')")


def test_a_rejected_talk_shows_what_was_expected_and_what_was_found(browser, lines):
    wanted = state_talk(lines)
    browser.go(f"#/talk/{wanted}")
    browser.until("return document.querySelector('.record.wrong[open]')")
    assert "state" in browser.text(".gate.fail")
    assert "not as expected" in browser.text(".changes")
    head = browser.texts(".record.wrong thead th")
    assert head[0] == "field"
    assert head[-2:] == ["expected", "found"]
    off = browser.run("return [...document.querySelectorAll('.record tr.wrong')].map((row) => "
                      "[row.querySelector('.expected').innerText, row.querySelector('.off').innerText])")  # fmt: skip
    assert off
    assert all(expected != found for expected, found in off)
    assert lines[wanted].fault in browser.text(".why")


def test_siblings_lead_to_each_other(browser, lines):
    attempt = next(line for line in lines.values() if line.attempt == 1)
    browser.go(f"#/talk/{attempt.id}")
    browser.until("return document.querySelectorAll('.siblings li').length === 2")
    browser.click(".siblings li:first-child a")
    browser.until("return location.hash === arguments[0]", f"#/talk/{attempt.task}.0")
    browser.until("return document.querySelector('.siblings .here')?.innerText.startsWith(arguments[0])",
                  f"{attempt.task}.0")  # fmt: skip
    assert browser.texts(".siblings .here a") == [f"{attempt.task}.0"]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_read_by_everybody(browser, lines, size, colours):
    browser.size(*size)
    browser.colours(colours)
    kept = next(line.id for line in lines.values() if line.status == "kept" and line.writes > 1)
    rejected = next(line.id for line in lines.values() if line.status == "rejected")
    wanted = {"funnel": "#/", "list": "#/list?status=failed", "kept": f"#/talk/{kept}",
              "diff": f"#/talk/{state_talk(lines)}", "task": f"#/talk/{rejected}"}  # fmt: skip
    for name, place in wanted.items():
        browser.go(place)
        view = {"funnel": ".overview", "list": ROWS}.get(name, ".talkhead")
        browser.until("return document.querySelector(arguments[0])", view)
        browser.shot(SHOTS / f"{name}-{size[0]}-{colours}.png")
        assert browser.axe() == []
        assert browser.run("return document.documentElement.scrollWidth") <= size[0]


def test_two_thousand_talks_are_small_and_at_hand(tab, run, folder):
    many = repeated(run, folder / "many", 4)
    count = sum(1 for _ in summaries(many))
    assert count > 2000
    file: Path = folder / "many.html"
    file.write_text(report(many, world_of), "utf-8")
    size = file.stat().st_size / count * 2000
    assert size < 6_000_000
    took = tab.open(f"{file.as_uri()}#/list")
    assert total(tab) == count
    assert took < 2.0
    tab.heard()
    tab.run("window.began = performance.now(); document.getElementById('search').focus()")
    tab.press("warranty")
    tab.until("return document.querySelector('#search').value === 'warranty' && location.hash.includes('warranty')")
    tab.until("return Number(document.querySelector('.total').innerText.split(' ')[0].replace(',', '')) < arguments[0]",
              count)  # fmt: skip
    assert tab.run("return performance.now() - window.began") < 5000
    assert tab.heard() == []


def test_a_page_over_one_task_opens_its_talk(tab, run, folder):
    file: Path = folder / "one.html"
    outcome = next(o for o in run.outcomes() if len(o.rows) == 1 and not o.failures)
    file.write_text(report_of(outcome, world_of("retail")), "utf-8")
    tab.complaints()
    tab.open(file.as_uri())
    tab.until("return document.querySelectorAll('.turn').length > 3")
    assert tab.complaints() == []


OURS = [
    *("A", "ARTICLE", "B", "BUTTON", "CODE", "DD", "DETAILS", "DIALOG", "DIV", "DL", "DT", "H1", "H2", "H3", "HEADER"),
    *("I", "INPUT", "KBD", "LI", "MAIN", "NAV", "NOSCRIPT", "OL", "OPTION", "P", "PRE", "SECTION", "SELECT", "SPAN"),
    *("SUMMARY", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"),
]
LOOK = """
    const inside = [...document.querySelectorAll('#page *')];
    return [document.documentElement.dataset.caught || '', inside.map((one) => one.tagName.toUpperCase())
      .filter((name) => !arguments[0].includes(name)), inside.flatMap((one) => [...one.attributes]).filter((one) =>
      /^on/.test(one.name) || (['href', 'src', 'action'].includes(one.name) && !one.value.startsWith('#')))
      .map((one) => one.name + '=' + one.value)];
"""


def harmless(browser: Browser) -> None:
    assert browser.run(LOOK, OURS) == ["", [], []]


def hostile_outcome(task: int, text: str) -> Outcome:
    row = hostile_row(text)
    return Outcome(task=task, status="failed", kind=text, blueprint=row.blueprint, failures=(row,))


def test_two_hundred_hostile_texts_are_text(tab, tmp_path):
    assert len(set(TEXTS)) == 200
    out = tmp_path / "run"
    out.mkdir()
    config = parse({"domain": "library", "count": len(TEXTS)})
    keep_config(config, out)

    async def record() -> None:
        with Journal.open(out, config.identity()) as journal:
            for task, text in enumerate(TEXTS):
                await journal.record_outcome(task, hostile_outcome(task, text).model_dump_json())

    asyncio.run(record())
    file: Path = tmp_path / "hostile.html"
    file.write_text(report(RunFolder(out), world_of), "utf-8")
    tab.size(*WIDE)
    tab.complaints()
    tab.open(file.as_uri())
    tab.heard()
    tab.until("return document.querySelector('.overview')")
    assert tab.run("return document.documentElement.dataset.caught || ''") == ""
    for offset in (0, 100):
        tab.go(f"#/list?offset={offset}")
        tab.until("return document.querySelectorAll('table.lines tbody tr').length === 100")
        tab.until("return document.querySelector('tr[data-id]').dataset.id === arguments[0]", f"{offset}.0")
        harmless(tab)
    for task in range(len(TEXTS)):
        tab.go(f"#/talk/{task}.0")
        tab.until("return document.querySelector('.title')?.innerText.startsWith(arguments[0])", f"{task}.0 ")
        harmless(tab)
        assert tab.run("return document.querySelectorAll('.turn').length") == 5
        assert tab.run("return document.documentElement.scrollWidth") <= WIDE[0]
    assert tab.complaints() == []
    assert tab.heard() == []


def test_a_text_of_a_million_characters_is_folded(tab, tmp_path):
    assert len(HUGE) > 1_000_000
    file: Path = tmp_path / "huge.html"
    file.write_text(report_of(hostile_outcome(0, HUGE)), "utf-8")
    tab.complaints()
    assert tab.open(file.as_uri()) < 5
    tab.until("return document.querySelectorAll('.turn').length === 5")
    harmless(tab)
    before = len(tab.text(".turn.human"))
    assert before < 10_000
    tab.click(".turn.human .more")
    tab.until("return document.querySelector('.turn.human').innerText.length > 100000")
    assert tab.complaints() == []
