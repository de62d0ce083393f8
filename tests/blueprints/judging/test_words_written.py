"""Prose in the state: which words were written is free, whether any were is not, in new records too."""

import pytest

from blueprints.blueprint import Blueprint, Stage
from blueprints.judging.judge import carried_out
from blueprints.judging.outcome import state
from blueprints.judging.talk import Talk
from tests.small_worlds import Workshop
from tools_env.calls import Call, Result
from tools_env.course import Called, Course
from tools_env.replay import replay
from tools_env.values import Json

WORLD = Workshop.world()
HANG, NOTE = "hang", "Mind the step."


def hung(**arguments: Json) -> Call:
    return Call(name=HANG, arguments={"owner_id": "O1", **arguments})


def found(wanted: tuple[Call, ...], done: tuple[Call, ...]) -> list[str]:
    """What the gate finds when the second calls are made where the first were expected."""
    diff = replay(WORLD, "seed:0", (), wanted).diff
    blueprint = Blueprint(
        domain="workshop", digest=WORLD.digest, snapshot="seed:0", person="O1", instruction="", known={},
        stages=(Stage(say="", wants="change"),), actions=wanted, diff=diff, kind="act",
    ).sealed()  # fmt: skip
    events = tuple(Called(call_id=f"c{n}", call=c, outcome=Result(value=None)) for n, c in enumerate(done))
    again = carried_out(blueprint, Course(events=events), WORLD)
    result = state(Talk(blueprint, Course(events=events), (), "user_stop", WORLD, again))
    return [e.text for e in result.evidence] if result.status == "fail" else []


@pytest.mark.parametrize(
    ("wanted", "done"),
    [(hung(), hung()), (hung(note=NOTE), hung(note=NOTE)), (hung(note=NOTE), hung(note="Watch out, there is a step."))],
)
def test_the_words_of_a_new_record_are_free(wanted, done):
    assert found((wanted,), (done,)) == []


@pytest.mark.parametrize(
    ("wanted", "done", "words"),
    [
        (hung(note=NOTE), hung(), "expected some words, found no words"),
        (hung(note=NOTE), hung(note="  "), "expected some words, found no words"),
        (hung(), hung(note=NOTE), "expected no words, found some words"),
    ],
)
def test_a_new_record_has_words_where_they_were_asked_for(wanted, done, words):
    (text,) = found((wanted,), (done,))
    assert words in text
    assert text.startswith("shelves/")


def test_other_faults_of_a_new_record_are_told_once():
    other = Call(name=HANG, arguments={"owner_id": "O2"})
    assert found((hung(note=NOTE),), (other,)) == ["shelves/shelves#1: owner_id expected O1, found O2"]
