"""The verdict as a whole: pure, in order, and blaming the right one."""

from blueprints.judging.judge import judge
from blueprints.judging.verdict import Verdict
from tests.blueprints.talks import dozens, failed, gate, rehearsed
from tools_env.calls import Call, Fault, Refusal
from tools_env.course import Called, Course
from tools_env.state import Change


def test_the_same_talk_is_always_judged_the_same():
    for talk in dozens("library"):
        assert talk.verdict() == talk.verdict()
        assert Verdict.model_validate_json(talk.verdict().model_dump_json()) == talk.verdict()


def test_a_blueprint_that_tells_nothing_apart_is_nobodys_success():
    for talk in dozens("library")[:6]:
        empty = talk.blueprint.model_copy(update={"diff": {}, "outputs": (), "evidence": None}).sealed()
        verdict = talk.verdict(empty)
        assert not verdict.ok
        assert verdict.fault == "blueprint"


def test_a_blueprint_that_was_tampered_with_is_found():
    for talk in dozens("retail")[:6]:
        changed = talk.blueprint.model_copy(update={"persona": "You are somebody else."})
        verdict = talk.verdict(changed)
        assert failed(verdict) == ["blueprint"]
        assert verdict.fault == "blueprint"


def test_a_talk_that_broke_off_proves_nothing_about_its_speakers():
    for talk in dozens("retail")[:6]:
        broken = talk.rebuilt(talk.items[:2]).ending("infrastructure")
        verdict = broken.verdict()
        assert len(failed(verdict)) > 1
        assert verdict.fault == "infrastructure"


def test_a_talk_that_never_began_is_judged():
    talk = dozens("library")[0]
    verdict = judge(talk.blueprint, Course(), (), "void", talk.world)
    assert not verdict.ok
    assert {"ending", "state"} <= set(failed(verdict))


def test_a_fault_of_the_world_is_the_worlds():
    talk = dozens("library")[0]
    place = talk.reads()[-1]
    event = talk.called(place).model_copy(update={"outcome": Fault(reason="it broke")})
    verdict = talk.event_at(place, event).verdict()
    assert gate(verdict, "replay").fault == "environment"
    assert verdict.fault == "environment"


def test_every_gate_that_fails_says_where_and_why():
    for talk in dozens("library"):
        verdict = talk.without(*talk.reads(), *talk.writes()).verdict()
        assert failed(verdict)
        for found in verdict.gates:
            if found.status == "fail":
                assert found.evidence
                assert found.fault
            assert all(e.turn is None or 0 <= e.turn < len(talk.events) for e in found.evidence)


def test_arguments_that_were_no_json_are_passed_over():
    """A call whose arguments could not be read changed nothing, and is refused in the course itself."""
    for talk in rehearsed("library", 72)[:10]:
        place = talk.reads()[0]
        refusal = Refusal(reason="The arguments of find_member are not a JSON object.", cause="arguments")
        raw = Called(call_id="call_0", call=Call(name="find_member"), outcome=refusal, batch=0, raw='{"email": ')
        assert talk.with_at(place, raw).verdict().ok


def test_an_indifferent_choice_may_fall_either_way():
    """`any_of` lists what would be as right."""
    for talk in dozens("library"):
        changed = {p: c for p, c in talk.blueprint.diff.items() if isinstance(c.after, str)}
        if not changed:
            continue
        path, change = next(iter(changed.items()))
        other = Change(before=change.before, after="elsewhere", any_of=(change.after,))
        diff = {**talk.blueprint.diff, path: other}
        assert talk.verdict(talk.blueprint.model_copy(update={"diff": diff}).sealed()).ok
        wrong = {**talk.blueprint.diff, path: other.model_copy(update={"any_of": ()})}
        assert failed(talk.verdict(talk.blueprint.model_copy(update={"diff": wrong}).sealed())) == ["state"]
