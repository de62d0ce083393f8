import pytest

from tests.small_worlds import Workshop
from tools_env.calls import Call, Edit, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.port import SetUpFailed, UnknownSnapshot
from tools_env.state import differences

WORLD = Workshop.world()


SHELF = {"shelf_id": "S1", "owner_id": "O1", "above": None, "colour": "red", "width": 0, "note": "", "place": ""}


def call(session, name, **arguments):
    return session.call(Call(name=name, arguments=arguments))


@pytest.fixture
def session():
    return WORLD.open("seed:0")


def test_a_read_is_carried_out_and_says_whose_records_it_touched(session):
    result = call(session, "list_shelves", owner_id="O1")
    assert isinstance(result, Result)
    assert isinstance(result.value, list)
    assert [{**shelf, "width": 0} for shelf in result.value if isinstance(shelf, dict)] == [SHELF]
    assert [(t.table, t.id, t.owner) for t in result.touched] == [("shelves", "S1", "O1")]
    assert result.observed() == result.value


def test_a_record_without_owner_is_nobodys(session):
    result = call(session, "get_shelf", shelf_id="S9")
    assert [t.owner for t in result.touched] == [None]


def test_a_removed_record_still_has_its_owner(session):
    result = call(session, "take_down", shelf_id="S1")
    assert [(t.id, t.owner) for t in result.touched] == [("S1", "O1")]
    assert session.diff()["shelves/S1"].after is None


def test_a_read_changes_nothing_even_if_it_tries(session):
    before = session.fingerprint()
    assert isinstance(call(session, "spill", shelf_id="S1"), Result)
    assert session.diff() == {}
    assert session.fingerprint() == before


@pytest.mark.parametrize(
    ("name", "arguments", "cause", "words"),
    [
        ("paint", {"shelf_id": "S1", "colour": "green"}, "arguments", "colour"),
        ("paint", {"shelf_id": "S1"}, "arguments", "colour"),
        ("paint", {"shelf_id": 1, "colour": "red"}, "arguments", "shelf_id"),
        ("paint", {"shelf_id": "S1", "colour": "red", "shine": True}, "arguments", "shine"),
        ("widen", {"shelf_id": "S1", "by": "2"}, "arguments", "by"),
        ("widen", {"shelf_id": "S1", "by": True}, "arguments", "by"),
        ("widen", {"shelf_id": "S1", "by": float("nan")}, "arguments", "widen"),
        ("widen", {"shelf_id": "S1", "by": None}, "arguments", "by"),
        ("paint", {"shelf_id": "\ud800", "colour": "red"}, "arguments", "paint"),
        ("paint", {"shelf_id": "S7", "colour": "red"}, "missing", "S7"),
        ("sell", {}, "unknown_tool", "sell"),
        ("too_wide", {}, "unknown_tool", "too_wide"),
        ("_laws", {}, "unknown_tool", "_laws"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_words(session, name, arguments, cause, words):
    before = session.fingerprint()
    refusal = call(session, name, **arguments)
    assert isinstance(refusal, Refusal)
    assert (refusal.cause, refusal.clause, refusal.because) == (cause, None, None)
    assert words in refusal.reason
    assert refusal.observed() == {"error": refusal.reason}
    assert (session.diff(), session.fingerprint()) == ({}, before)


def test_numbers_are_taken_by_meaning(session):
    assert isinstance(call(session, "widen", shelf_id="S1", by=2), Result)
    assert isinstance(call(session, "widen", shelf_id="S2", by=2.0), Result)


def test_a_policy_refusal_cites_its_clause_and_undoes_what_the_tool_did(session):
    call(session, "paint", shelf_id="S1", colour="blue")
    before = session.fingerprint()
    refusal = call(session, "paint", shelf_id="S1", colour="red")
    assert isinstance(refusal, Refusal)
    assert (refusal.cause, refusal.clause) == ("policy", "1")
    assert refusal.because is not None
    assert (refusal.because.path, refusal.because.value, refusal.because.instead) == (
        "shelves/S1/colour",
        "blue",
        "red",
    )
    assert session.fingerprint() == before


def test_the_deciding_edit_turns_a_refusal_round(session):
    call(session, "paint", shelf_id="S1", colour="blue")
    refusal = call(session, "paint", shelf_id="S1", colour="blue")
    assert isinstance(refusal, Refusal)
    assert refusal.because is not None
    twin = WORLD.open("seed:0", (Edit(path=refusal.because.path, value=refusal.because.instead),))
    assert isinstance(call(twin, "paint", shelf_id="S1", colour="blue"), Result)


def test_a_bug_in_a_tool_is_a_fault_and_changes_nothing(session):
    fault = call(session, "stumble", shelf_id="S1")
    assert isinstance(fault, Fault)
    assert "LookupError" in fault.reason
    assert "out of order" in str(fault.observed())
    assert session.diff() == {}


def test_a_tool_is_for_its_actors(session):
    allowed = session.call(Call(name="get_shelf", arguments={"shelf_id": "S1"}, actor="human"))
    assert isinstance(allowed, Result)
    refused = session.call(Call(name="list_shelves", arguments={"owner_id": "O1"}, actor="human"))
    assert isinstance(refused, Refusal)
    assert refused.cause == "unknown_tool"


def test_forks_go_their_own_ways(session):
    call(session, "widen", shelf_id="S1", by=1)
    fork = session.fork()
    assert fork.fingerprint() == session.fingerprint()
    call(fork, "paint", shelf_id="S2", colour="blue")
    assert [*session.diff()] == ["shelves/S1/width"]
    assert [*fork.diff()] == ["shelves/S1/width", "shelves/S2/colour"]
    call(session, "paint", shelf_id="S0", colour="blue")
    assert [*fork.diff()] == ["shelves/S1/width", "shelves/S2/colour"]
    session.close()
    assert isinstance(call(fork, "get_shelf", shelf_id="S1"), Result)


def test_going_back_is_no_change(session):
    before = session.fingerprint()
    call(session, "widen", shelf_id="S1", by=2)
    assert session.fingerprint() != before
    call(session, "widen", shelf_id="S1", by=-2)
    assert session.diff() == {}
    assert session.fingerprint() == before


def test_independent_creations_in_another_order_are_the_same_state(session):
    other = WORLD.open("seed:0")
    for one in (session, other):
        for owner in ("O1", "O2") if one is session else ("O2", "O1"):
            hung = call(one, "hang", owner_id=owner, note=f"written by {owner} of {one}").observed()
            assert isinstance(call(one, "hang", owner_id=owner, above=hung["shelf_id"]), Result)
    assert [*session.diff()] == [*other.diff()]
    assert session.diff() != other.diff()
    assert session.fingerprint() == other.fingerprint()
    assert not differences(session.diff(), other.diff(), WORLD.fields)


def test_contacts_are_folded_and_prose_is_ignored_in_the_fingerprint(session):
    other = WORLD.open("seed:0")
    call(session, "hang", owner_id="O1", note="a", place="Attic,  left")
    call(other, "hang", owner_id="O1", note="b", place="attic left")
    assert session.fingerprint() == other.fingerprint()
    call(other, "hang", owner_id="O1", place="attic right")
    assert session.fingerprint() != other.fingerprint()


def test_snapshots_differ_in_their_fingerprint():
    assert WORLD.open("seed:0").fingerprint() != WORLD.open("seed:1").fingerprint()


def test_a_set_up_is_where_the_talk_begins():
    steps = (
        Edit(path="shelves/S1/width", value=50),
        Call(name="paint", arguments={"shelf_id": "S2", "colour": "blue"}),
    )
    session = WORLD.open("seed:0", steps)
    assert session.diff() == {}
    assert session.fingerprint() != WORLD.open("seed:0").fingerprint()
    assert session.fingerprint() == WORLD.open("seed:0", steps).fingerprint()
    assert session.breaches(Course()) == (), "what a set-up did breaks no rule"
    call(session, "widen", shelf_id="S1", by=1)
    assert {p: (c.before, c.after) for p, c in session.diff().items()} == {"shelves/S1/width": (50.0, 51.0)}
    assert [b.clause for b in session.breaches(Course())] == ["2"]
    assert call(WORLD.open("seed:0"), "get_shelf", shelf_id="S2").observed()["colour"] == "red"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Edit(path="shelves/S7/width", value=1), "no record"),
        (Edit(path="tables/S1/width", value=1), "no record"),
        (Edit(path="shelves/S1", value=1), "valid dictionary"),
        (Edit(path="shelves/S1/depth", value=1), "depth"),
        (Edit(path="shelves/S1/width", value="wide"), "width"),
        (Edit(path="shelves/S1/shelf_id", value="S8"), "id"),
        (Call(name="paint", arguments={"shelf_id": "S7", "colour": "red"}), "paint"),
        (Call(name="stumble", arguments={"shelf_id": "S1"}), "stumble"),
    ],
)
def test_a_set_up_that_cannot_be_done_says_why(step, words):
    with pytest.raises(SetUpFailed, match=words):
        WORLD.open("seed:0", (step,))


def test_a_set_up_can_put_a_whole_record_there():
    shelf = WORLD.open("seed:0").call(Call(name="get_shelf", arguments={"shelf_id": "S1"})).observed()
    assert isinstance(shelf, dict)
    session = WORLD.open("seed:0", (Edit(path="shelves/S77", value={**shelf, "shelf_id": "S77"}),))
    assert session.call(Call(name="get_shelf", arguments={"shelf_id": "S77"})).observed() == {
        **shelf,
        "shelf_id": "S77",
    }
    assert session.diff() == {}
    with pytest.raises(SetUpFailed, match="an id stays"):
        WORLD.open("seed:0", (Edit(path="shelves/S77", value=shelf),))


def test_a_check_reads_and_changes_nothing():
    session = WORLD.open("seed:0")
    assert isinstance(session.check(Call(name="get_shelf", arguments={"shelf_id": "S1"})), Result)
    assert isinstance(session.check(Call(name="widen", arguments={"shelf_id": "S1", "by": 1})), Refusal)
    assert isinstance(session.check(Call(name="fly")), Refusal)
    assert session.diff() == {}


@pytest.mark.parametrize("name", ["", "seed", "seed:", "seed:x", "seed:-1", "fixture:0"])
def test_an_unknown_snapshot_says_what_is_expected(name):
    with pytest.raises(UnknownSnapshot, match="expected seed:N"):
        WORLD.open(name)
    with pytest.raises(UnknownSnapshot):
        WORLD.brief(name)


def test_a_broken_rule_names_clause_words_and_deciding_fact(session):
    assert session.breaches(Course()) == ()
    call(session, "widen", shelf_id="S1", by=20)
    (breach,) = session.breaches(Course())
    assert (breach.clause, breach.message) == ("2", "It is too wide.")
    assert breach.because is not None
    assert (breach.because.path, breach.because.instead) == ("shelves/S1/width", 10.0)
    assert session.breaches(Course()) == (breach,), "asking leaves no trace"
