"""The page of a talk: everything of it is there, and nothing in it is more than text."""

import re
from html.parser import HTMLParser

import pytest

from apigen_mt.cli import main
from apigen_mt.messages import messages_of, train_flags, turns_of
from apigen_mt.trajectory import Opinion
from apigen_mt.viewer.changes import altered
from apigen_mt.viewer.page import page
from tests.apigen_mt.rows import library, row
from tools_env.calls import Call, Fault, Refusal, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.disturbances import Disturbance
from tools_env.state import Change
from tools_env.values import Json, Prose

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "section", "article", "h1", "h2", "h3", "p"),
    *("span", "a", "b", "div", "dl", "dt", "dd", "ol", "li", "table", "tr", "th", "td", "details", "summary", "pre"),
    "code",
}
VOID = {"meta"}


class Read(HTMLParser):
    """The elements with their attributes, the text outside of the style, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.styles: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.words.append(" ")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.styles if self.open[-1:] == ["style"] else self.words).append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def check_inert(text: str) -> Read:
    """Nothing on the page acts, loads, or leads elsewhere."""
    found = Read(text)
    assert found.open == []
    assert {tag for tag, _ in found.elements} <= TAGS
    assert len([tag for tag, _ in found.elements if tag == "style"]) == 1
    for tag, attributes in found.elements:
        assert attributes.keys() <= {
            "lang",
            "charset",
            "name",
            "content",
            "http-equiv",
            "class",
            "id",
            "href",
            "colspan",
        }
        assert tag == "meta" or not {"http-equiv", "content"} & attributes.keys()
        assert str(attributes.get("href", "#")).startswith("#")
    assert "url(" not in "".join(found.styles)
    assert "@import" not in "".join(found.styles)
    policy = next(a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for _, a in found.elements if "href" in a} <= {str(i) for i in ids}
    return found


def test_a_talk_is_there_with_all_that_belongs_to_it():
    played = row(1, beside="One moment.", slip=True)
    no = Opinion(judge="reader", model="judge-7b", sound=False, reason="too curt")
    found = check_inert(page(played.model_copy(update={"opinions": (no,), "temperament": "in a hurry"}), library()))
    blueprint = played.blueprint
    wanted = [blueprint.instruction, blueprint.id, blueprint.digest, played.fingerprint, "in a hurry", "too curt"]
    wanted += [event.text for event in played.course.events if isinstance(event, Said)]
    wanted += ["Find them first.", "find_member", "verified", "call refused", "not to be learned from", "user stop"]
    wanted += ["raise, tells loan_id.title", "confirm, agrees to: renew ", "answer, tells email"]
    wanted += [gate.gate for gate in played.verdict.gates]
    wanted += [known.label for known in blueprint.known.values()]
    assert [words for words in wanted if words not in found.text] == []
    [path] = blueprint.diff
    change = blueprint.diff[path]
    cells = re.sub(r"\s+", " ", found.text)
    assert f"due {change.before} {change.after} {change.after}" in cells


def test_a_failed_talk_shows_what_was_expected_and_what_was_found():
    played = row(1, finished=False)
    found = check_inert(page(played, library()))
    [change] = played.blueprint.diff.values()
    assert f"due {change.before} {change.after} no change" in re.sub(r"\s+", " ", found.text)
    assert "fault of the agent" in found.text
    assert [a for tag, a in found.elements if tag == "tr" and a.get("class") == "wrong"]
    assert "The domain is not at hand as it was" in check_inert(page(played)).text


def test_evidence_leads_to_its_turn():
    played = row(1)
    gate = next(g for g in played.verdict.gates if g.gate == "conduct")
    finding = {"turn": 3, "text": "look here"}
    gates = tuple(
        type(g).model_validate({**g.model_dump(), "evidence": [finding]}) if g == gate else g
        for g in played.verdict.gates
    )
    verdict = played.verdict.model_copy(update={"gates": gates})
    found = check_inert(page(played.model_copy(update={"verdict": verdict})))
    assert ("a", {"href": "#turn-3"}) in found.elements


HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</div></pre></details></title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "<!-- --><![CDATA[ ]]>&lt;script&gt;",
    "left \u202e right \u2066 \x00 \x1b[31m \ud800",
    "<a href='javascript:alert(1)'>" + "x" * 10_000,
]


def hostile_row(text):
    """A talk in which every text of anybody is this one."""
    played = row(1, slip=True)
    call = Call(name=text, arguments={text: [text, {text: text}]})
    outcomes = (Result(value={text: text}), Refusal(reason=text, clause=text), Fault(reason=text))
    events: list[Event] = [
        Said(speaker="human", text=text),
        Said(speaker="agent", text=text, reasoning=text, batch=0),
        *(Called(call_id=text, call=call, outcome=o, batch=0, raw=text, reasoning=text) for o in outcomes),
    ]
    course = Course(events=tuple(events))
    fact = next(iter(played.blueprint.known.values()))
    known = {text: fact.model_copy(update={"label": text, "value": text})}
    stages = tuple(s.model_copy(update={"say": text, "intent": text}) for s in played.blueprint.stages)
    blueprint = played.blueprint.model_copy(
        update={
            "instruction": text,
            "persona": text,
            "person": text,
            "known": known,
            "stages": stages,
            "actions": (call,),
            "operators": (text,),
            "clauses": (text,),
            "diff": {f"{text}/{text}/{text}": Change(before=text, after=text)},
        }
    )
    gates = tuple(
        g.model_validate({**g.model_dump(), "evidence": [{"turn": 1, "text": text}]}) for g in played.verdict.gates
    )
    turns = tuple(t.model_copy(update={"fact_ids": (text,), "consents_to": text}) for t in played.human_turns[:1])
    opinion = Opinion(judge=text, model=text, sound=False, reason=text)
    messages = messages_of(course)
    return played.model_copy(
        update={
            "blueprint": blueprint,
            "course": course,
            "messages": messages,
            "train": train_flags(course, messages),
            "verdict": played.verdict.model_copy(update={"gates": gates}),
            "opinions": (opinion,),
            "human_turns": turns,
            "ended_by": text,
            "temperament": text,
            "system": text,
            "tools": ({"function": {"name": text, "description": text}},),
        }
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "replace"))
def test_text_of_anybody_is_inert(text):
    made = page(hostile_row(text))
    made.encode("utf-8")
    found = check_inert(made)
    assert all(c == "\n" or c.isprintable() for c in made)
    if text.isprintable():
        assert found.text.count(text) > 10


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
    assert [tuple(cell) for cell in told[0].cells] == [
        ("kind", "", "loan", "loan", False),
        ("of", "", "M1", "M2", True),
    ]
    assert tuple(told[1].cells[0]) == ("note", "a", "b", "no change", True)
    assert tuple(told[2].cells[0]) == ("name", "1", "no change", "2", True)
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
    found = check_inert(page(played.model_copy(update=disturbed | flagged)))
    text = re.sub(r"\s+", " ", found.text)
    assert text.count("disturbed the tool is out of order once") == 1
    assert "not to be learned from call met a transient error" in text
    assert "learned recovery after a transient error" in text
    assert "On the way: list_loans, call 1: the tool is out of order once" in text


def test_every_message_knows_its_turns():
    played = row(1, beside="One moment.", parallel=True)
    turns = turns_of(played.course)
    assert len(turns) == len(played.messages)
    assert sorted({turn for group in turns for turn in group}) == list(range(len(played.course.events)))


def test_the_command_writes_a_page(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "--domain", "library", "--count", "1", "--out", "run", "--quiet"]) == 0
    assert main(["show", "run", "0", "--html", "talk.html"]) == 0
    assert "attempt 0 at task 0: talk.html" in capsys.readouterr().out
    check_inert((tmp_path / "talk.html").read_text("utf-8"))
    assert main(["show", "run", "0", "--attempt", "7"]) == 2
    assert main(["show", "run", "--html", "talk.html"]) == 2
    assert main(["show", "library", "--html", "talk.html"]) == 2
    assert main(["show", "run", "0", "--html", "no/where.html"]) == 2
