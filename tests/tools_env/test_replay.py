from tests.small_worlds import Workshop
from tools_env.calls import Assertion, Call, Edit, Fault, Refusal, Result
from tools_env.replay import replay

WORLD = Workshop.world()


def calls(*named):
    return [Call(name=name, arguments=arguments) for name, arguments in named]


PAINT = ("paint", {"shelf_id": "S1", "colour": "blue"})
WIDEN = ("widen", {"shelf_id": "S1", "by": 20})
NARROW = ("widen", {"shelf_id": "S1", "by": -20})
LOOK = ("get_shelf", {"shelf_id": "S1"})


def test_the_same_calls_have_the_same_outcomes_and_state():
    one, other = (replay(WORLD, "seed:0", (), calls(LOOK, PAINT, PAINT)) for _ in range(2))
    assert one == other
    assert [type(o) for o in one.outcomes] == [Result, Result, Refusal]
    assert [*one.diff] == ["shelves/S1/colour"]
    assert [(c.call_id, c.writes) for _, c in one.course.called()] == [("c1", False), ("c2", True), ("c3", True)]
    assert one.course.is_plan
    assert one.fault is None


def test_replay_starts_from_the_set_up():
    found = replay(WORLD, "seed:0", (Edit(path="shelves/S1/colour", value="blue"),), calls(PAINT))
    assert isinstance(found.outcomes[0], Refusal)
    assert found.diff == {}
    assert found.fingerprint != replay(WORLD, "seed:0", (), ()).fingerprint


def test_a_rule_broken_on_the_way_is_found_even_if_mended_later():
    found = replay(WORLD, "seed:0", (), calls(WIDEN, NARROW))
    assert found.diff == {}
    assert [b.clause for b in found.breaches] == ["2"]


def test_a_fault_is_pointed_out():
    found = replay(WORLD, "seed:0", (), calls(LOOK, ("stumble", {"shelf_id": "S1"}), LOOK))
    assert isinstance(found.fault, Fault)
    assert isinstance(found.outcomes[2], Result)


def test_unknown_tools_are_replayed_as_refusals():
    assert [o.outcome for o in replay(WORLD, "seed:0", (), calls(("fly", {}))).outcomes] == ["refusal"]


def test_what_does_not_hold_in_the_end_is_told():
    look, widen = calls(LOOK, WIDEN)
    shown = replay(WORLD, "seed:0", (), [look]).outcomes[0].observed()
    right = Assertion(call=look, value=shown)
    wrong = Assertion(call=look, value="nothing", message="the shelf is gone")
    writing = Assertion(call=widen)
    found = replay(WORLD, "seed:0", (), (), assertions=(right, wrong, writing))
    assert found.unmet[0].startswith("the shelf is gone: ")
    assert len(found.unmet) == 2
    assert "a check only reads" in found.unmet[1]
    assert found.diff == {}


def test_what_is_withheld_is_refused_like_a_tool_that_there_is_not():
    held = replay(WORLD, "seed:0", (), calls(LOOK, PAINT, LOOK), withheld=("paint",))
    look, paint, _ = held.outcomes
    assert isinstance(look, Result)
    assert isinstance(paint, Refusal)
    assert (paint.cause, "paint" in paint.reason) == ("unknown_tool", True)
    strange = replay(WORLD, "seed:0", (), calls(("fly", {}))).outcomes[0]
    assert isinstance(strange, Refusal)
    assert paint.reason.replace("paint", "fly") == strange.reason
    assert held.diff == {}
    assert not held.breaches
    assert [c.writes for _, c in held.course.called()] == [False, True, False]


def test_what_is_not_withheld_is_carried_out_as_ever():
    assert replay(WORLD, "seed:0", (), calls(PAINT), withheld=("widen",)).diff
    assert replay(WORLD, "seed:0", (), calls(PAINT), withheld=()) == replay(WORLD, "seed:0", (), calls(PAINT))
