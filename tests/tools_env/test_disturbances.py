import pytest
from pydantic import ValidationError

from blueprints.knowledge import people_table
from tests.blueprints.talks import world_of
from tests.small_worlds import Workshop
from tests.tools_env.test_functions import WORLD as FUNCTIONS
from tools_env.calls import Call, Edit, Refusal, Result
from tools_env.course import Course
from tools_env.disturbances import UNAVAILABLE, Disturbance, disturbed
from tools_env.port import Editable, SetUpFailed
from tools_env.replay import replay

WORLD = Workshop.world()
PAINT = Call(name="paint", arguments={"shelf_id": "S1", "colour": "blue"})
LOOK = Call(name="get_shelf", arguments={"shelf_id": "S1"})
LIST = Call(name="list_shelves", arguments={"owner_id": "O1"})
BLUE = (Edit(path="shelves/S1/colour", value="blue"),)


def opened(*disturbances):
    return disturbed(WORLD.open("seed:0"), disturbances)


def cause(outcome):
    return outcome.cause if isinstance(outcome, Refusal) else None


def test_a_session_without_disturbances_is_the_session_itself():
    session = WORLD.open("seed:0")
    assert disturbed(session, ()) is session


def test_a_transient_error_changes_nothing_and_the_call_made_again_is_carried_out():
    session = opened(Disturbance(kind="transient", tool="paint"))
    first = session.call(PAINT)
    assert isinstance(first, Refusal)
    assert (first.cause, first.reason, first.because) == ("unavailable", UNAVAILABLE, None)
    assert not session.diff()
    assert isinstance(session.call(PAINT), Result)
    assert [*session.diff()] == ["shelves/S1/colour"]


def test_calls_are_counted_by_tool_and_by_what_they_are_about():
    second = opened(Disturbance(kind="transient", tool="get_shelf", at=2))
    assert [cause(second.call(c)) for c in (LOOK, LIST, LOOK, LOOK)] == [None, None, "unavailable", None]
    only = opened(Disturbance(kind="transient", tool="get_shelf", about={"shelf_id": "S1"}))
    other = Call(name="get_shelf", arguments={"shelf_id": "S2"})
    assert [cause(only.call(c)) for c in (other, LOOK, LOOK)] == [None, "unavailable", None]
    humans = LOOK.model_copy(update={"actor": "human"})
    assert cause(opened(Disturbance(kind="transient", tool="get_shelf")).call(humans)) is None


def test_a_list_is_shown_empty_once_and_nothing_else_is():
    session = opened(Disturbance(kind="empty", tool="list_shelves"), Disturbance(kind="empty", tool="get_shelf"))
    assert session.call(LIST) == Result(value=[])
    assert len(session.call(LIST).observed()) == 1
    assert session.call(LOOK).observed()["shelf_id"] == "S1"
    wrong = opened(Disturbance(kind="empty", tool="list_shelves")).call(LIST.model_copy(update={"arguments": {}}))
    assert cause(wrong) == "arguments"


def test_what_goes_is_gone_when_the_call_is_made_and_counts_as_a_change():
    session = opened(Disturbance(kind="gone", tool="paint", about={"shelf_id": "S1"}, edits=BLUE))
    assert session.call(LOOK).observed()["colour"] == "red"
    outcome = session.call(PAINT)
    assert isinstance(outcome, Refusal)
    assert (outcome.cause, outcome.clause) == ("policy", "1")
    assert session.diff()["shelves/S1/colour"].after == "blue"
    assert session.call(LOOK).observed()["colour"] == "blue"


def test_what_goes_leaves_the_snapshot_and_other_sessions_alone():
    session = opened(Disturbance(kind="gone", tool="paint", edits=BLUE))
    fork = session.fork()
    session.call(PAINT)
    assert not fork.diff()
    assert not WORLD.open("seed:0").diff()
    assert WORLD.open("seed:0").fingerprint() == fork.fingerprint() != session.fingerprint()


def test_a_record_that_is_no_more_cannot_change():
    session = opened(Disturbance(kind="gone", tool="paint", edits=BLUE))
    session.call(Call(name="take_down", arguments={"shelf_id": "S1"}))
    assert cause(session.call(PAINT)) == "missing"
    assert [*session.diff()] == ["shelves/S1"]


def test_a_fork_counts_for_itself():
    session = opened(Disturbance(kind="transient", tool="get_shelf", at=2))
    session.call(LOOK)
    fork = session.fork()
    assert [cause(fork.call(LOOK)) for _ in range(2)] == ["unavailable", None]
    assert [cause(session.call(LOOK)) for _ in range(2)] == ["unavailable", None]


def test_the_same_calls_meet_the_same_mishaps_when_replayed():
    disturbances = (
        Disturbance(kind="transient", tool="get_shelf", at=2),
        Disturbance(kind="empty", tool="list_shelves"),
        Disturbance(kind="gone", tool="paint", edits=BLUE),
    )
    calls = (LIST, LOOK, LOOK, LIST, PAINT, LOOK)
    one, other = (replay(WORLD, "seed:0", (), calls, disturbances=disturbances) for _ in range(2))
    assert one == other
    session = opened(*disturbances)
    assert tuple(session.call(c) for c in calls) == one.outcomes
    assert (session.diff(), session.fingerprint()) == (one.diff, one.fingerprint)
    assert one != replay(WORLD, "seed:0", (), calls)


def test_checks_and_rules_are_not_disturbed():
    session = opened(Disturbance(kind="transient", tool="get_shelf"))
    assert isinstance(session.check(LOOK), Result)
    session.call(Call(name="widen", arguments={"shelf_id": "S1", "by": 20}))
    assert [b.clause for b in session.breaches(Course())] == ["2"]
    assert cause(session.call(LOOK)) == "unavailable"


def test_nothing_goes_in_a_world_that_sets_no_fields_in_mid_talk():
    plain = FUNCTIONS.open("seed:0")
    assert not isinstance(plain, Editable)
    with pytest.raises(SetUpFailed, match="mid-talk"):
        disturbed(plain, (Disturbance(kind="gone", tool="paint", edits=BLUE),))
    less = disturbed(FUNCTIONS.open("seed:0"), (Disturbance(kind="transient", tool="paint"),))
    assert cause(less.call(PAINT)) == "unavailable"


def test_only_what_goes_has_edits():
    one = {"tool": "paint", "edits": [edit.model_dump() for edit in BLUE]}
    for kind, edits in (("gone", []), ("transient", one["edits"]), ("empty", one["edits"])):
        with pytest.raises(ValidationError, match="needs edits"):
            Disturbance.model_validate({**one, "kind": kind, "edits": edits})


def test_an_edit_that_names_nothing_is_refused_and_changes_nothing():
    session = WORLD.open("seed:0")
    assert isinstance(session, Editable)
    for path, value in (("shelves/S77/colour", "blue"), ("shelves/S1/colour", "green"), ("shelves/S1/shelf_id", "S2")):
        with pytest.raises(SetUpFailed):
            session.edit(Edit(path=path, value=value))
    assert not session.diff()
    assert session.fingerprint() == WORLD.open("seed:0").fingerprint()


@pytest.mark.parametrize("domain", ["library", "retail", "clinic", "tau2:retail"])
def test_domains_set_fields_in_mid_talk_as_before_it(domain):
    world = world_of(domain)
    snapshot = world.snapshots(1)[0]
    person = world.brief(snapshot).people[0]
    edit = Edit(path=f"{people_table(world)}/{person.id}/email", value="somebody.else@example.com")
    before, within = world.open(snapshot, (edit,)), world.open(snapshot)
    assert isinstance(within, Editable)
    fork = within.fork()
    within.edit(edit)
    assert within.fingerprint() == before.fingerprint() != fork.fingerprint()
    assert [*within.diff()] == [edit.path]
    assert not before.diff()
    assert not fork.diff()
