"""The page: everything of a talk is there, and nothing in it is more than text."""

import re
from pathlib import Path
from typing import Any

import pytest

from apigen_mt.cli import main
from apigen_mt.messages import messages_of, train_flags, turns_of
from apigen_mt.trajectory import Opinion, Outcome, Row
from apigen_mt.viewer import html
from apigen_mt.viewer.changes import altered
from apigen_mt.viewer.detail import shown
from apigen_mt.viewer.packed import report_of
from tests.apigen_mt.rows import failed, kept, library, row
from tests.apigen_mt.viewer.hostile_rows import HOSTILE, hostile_row
from tests.apigen_mt.viewer.read_page import check_inert
from tools_env.calls import Refusal
from tools_env.course import Called, Course, Said
from tools_env.disturbances import Disturbance
from tools_env.port import World
from tools_env.state import Change
from tools_env.values import Json, Prose, leaves

ASSETS = Path(html.__file__).with_name("assets")
MODULES = sorted(ASSETS.glob("*.js"))


def told(played: Row, world: World | None = None) -> dict[str, Any]:
    """What a page shows of a row."""
    outcome = kept(0, played) if played.sound else failed(0, played)
    [detail] = check_inert(report_of(outcome, world)).details()
    return detail


def texts(detail: dict[str, Any]) -> str:
    return "\n".join(str(leaf) for leaf in leaves(detail))


def test_a_talk_is_there_with_all_that_belongs_to_it():
    played = row(1, beside="One moment.", slip=True)
    no = Opinion(judge="reader", model="judge-7b", sound=False, reason="too curt")
    found = told(played.model_copy(update={"opinions": (no,), "temperament": "in a hurry"}), library())
    blueprint = played.blueprint
    wanted = [blueprint.instruction, blueprint.id, blueprint.digest, played.fingerprint, "in a hurry", "too curt"]
    wanted += [event.text for event in played.course.events if isinstance(event, Said)]
    wanted += ["Find them first.", "find_member", "call refused for its arguments", "user_stop", "judge reader"]
    wanted += [gate.gate for gate in played.verdict.gates]
    wanted += [known.label for known in blueprint.known.values()]
    assert [words for words in wanted if words not in texts(found)] == []
    acts = [line["acted"] for line in found["talk.lines"] if "acted" in line]
    assert {"act": "raise", "facts": ["loan_id.title"]} in acts
    assert [one["turns"] for one in found["talk.ledger"] if one["name"] == "email"] == [[2]]
    [path] = blueprint.diff
    change = blueprint.diff[path]
    [record] = found["changes"]
    [cell] = record["cells"]
    assert cell == {"field": "due", "before": change.before, "expected": change.after, "found": change.after}


def test_a_failed_talk_shows_what_was_expected_and_what_was_found():
    played = row(1, finished=False)
    found = told(played, library())
    [change] = played.blueprint.diff.values()
    [cell] = found["changes"][0]["cells"]
    assert (cell["expected"], cell["found"], cell["wrong"]) == (change.after, "no change", True)
    assert (found["status"], found["gate"], found["fault"]) == ("failed", "state", "agent")
    unknown = told(played)
    assert not unknown.get("replayed")
    assert "found" not in unknown["changes"][0]["cells"][0]


def test_attempts_at_a_task_know_each_other():
    wrong = row(1, finished=False).model_copy(update={"attempt": 1})
    both = Outcome(task=3, status="kept", kind="act", blueprint=wrong.blueprint, rows=(row(1),), failures=(wrong,))
    read = check_inert(report_of(both, library()))
    assert [line["id"] for line in read.lines()] == ["3.0", "3.1"]
    assert [[one["id"] for one in detail["siblings"]] for detail in read.details()] == [["3.0", "3.1"]] * 2
    assert [one["id"] for one in check_inert(report_of(both, attempt=1)).details()] == ["3.1"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "replace"))
def test_text_of_anybody_is_inert(text):
    played = hostile_row(text)
    outcome = Outcome(task=0, status="failed", kind=text, blueprint=played.blueprint, failures=(played,))
    read = check_inert(report_of(outcome))
    found = texts({"details": read.details(), "lines": read.lines(), "shared": read.data()["shared"]})
    assert all(c == "\n" or c.isprintable() for c in found)
    if text.isprintable():
        assert found.count(text) > 10
    check_inert(html.page(text, "packed_source.js"))


def test_what_does_not_print_is_told():
    assert shown({"a\u202e": ["\x1b", 1, None, {"b": "\ud800"}]}) == {"a\\u202e": ["\\x1b", 1, None, {"b": "\\ud800"}]}


def test_created_records_are_compared_field_by_field():
    new: dict[str, Json] = {"kind": "loan", "of": "M1"}
    expected = {"loans/L9": Change(before=None, after=new), "members/M1/note": Change(before="a", after="b")}
    found = {"loans/L7": Change(before=None, after={**new, "of": "M2"}), "members/M2/name": Change(before=1, after=2)}
    told = altered(expected, found, {"members/note": Prose()})
    assert [(one.record, one.how) for one in told] == [
        ("loans/loans#1", "created"),
        ("members/M1", "changed"),
        ("members/M2", "changed"),
    ]
    assert [tuple(cell.model_dump().values()) for cell in told[0].cells] == [
        ("kind", "", "loan", "loan", False),
        ("of", "", "M1", "M2", True),
    ]
    assert tuple(told[1].cells[0].model_dump().values()) == ("note", "a", "b", "no change", True)
    assert tuple(told[2].cells[0].model_dump().values()) == ("name", "1", "no change", "2", True)
    assert altered(expected, None, {})[0].cells[0].found == ""


def test_what_befell_a_call_on_purpose_is_marked_with_its_recovery():
    played = row(1)
    events = list(played.course.events)
    place = next(n for n, e in enumerate(events) if isinstance(e, Called) and e.call.name == "list_loans")
    called = events[place]
    assert isinstance(called, Called)
    missed = called.model_copy(update={"outcome": Refusal(reason="Try again.", cause="unavailable"), "batch": 90})
    course = Course(events=(*events[:place], missed, *events[place:]))
    messages = messages_of(course)
    mishap = Disturbance(kind="transient", tool="list_loans")
    disturbed = {"blueprint": played.blueprint.model_copy(update={"disturbances": (mishap,)}), "course": course}
    flagged = {"messages": messages, "train": train_flags(course, messages)}
    found = told(played.model_copy(update=disturbed | flagged))
    lines = found["talk.lines"]
    assert [line["turn"] for line in lines if "mishap" in line] == [place]
    assert lines[place]["mishap"] == "the tool is out of order once"
    assert lines[place]["masked"] == "call met a transient error"
    assert lines[place + 1]["recovery"] == "recovery after a transient error"
    assert found["task.mishaps"] == ["call 1 of list_loans: the tool is out of order once"]


def test_every_message_knows_its_turns():
    played = row(1, beside="One moment.", parallel=True)
    turns = turns_of(played.course)
    assert len(turns) == len(played.messages)
    assert sorted({turn for group in turns for turn in group}) == list(range(len(played.course.events)))


def test_the_command_writes_a_page(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "--domain", "library", "--count", "1", "--out", "run", "--quiet"]) == 0
    assert main(["show", "run", "0", "--html", "talk.html"]) == 0
    assert main(["report", "run", "--out", "report.html"]) == 0
    told = capsys.readouterr().out
    assert "task 0, attempt 0: talk.html" in told
    assert "generate of run: report.html, 0." in told
    [alone] = check_inert((tmp_path / "talk.html").read_text("utf-8")).details()
    [whole] = check_inert((tmp_path / "report.html").read_text("utf-8")).details()
    assert alone == whole
    assert main(["show", "run", "0", "--attempt", "7"]) == 2
    assert main(["show", "run", "--html", "talk.html"]) == 2
    assert main(["show", "library", "--html", "talk.html"]) == 2
    assert main(["show", "run", "0", "--html", "no/where.html"]) == 2
    assert main(["report", "run", "--out", "run/config.yaml"]) == 2
    assert main(["report", "nowhere", "--out", "report.html"]) == 2
    (tmp_path / "notes.html").write_text("mine", "utf-8")
    assert main(["report", "run", "--out", "notes.html"]) == 2
    assert (tmp_path / "notes.html").read_text("utf-8") == "mine"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_puts_no_text_where_it_could_act(path):
    text = path.read_text("utf-8")
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|\.cssText"
    assert not re.search(unsafe, text)
    assert len(text.splitlines()) <= 400
    assert text.startswith("// ")


@pytest.mark.parametrize("source", ["packed_source.js", "http_source.js"])
def test_modules_stand_in_an_order_in_which_they_know_each_other(source):
    script = html.script_of(source)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names))
    for path in MODULES:
        for wanted in re.findall(r"^import \{([^}]*)\}", path.read_text("utf-8"), re.MULTILINE):
            assert {name.strip() for name in wanted.split(",")} <= {*names}, path.name
