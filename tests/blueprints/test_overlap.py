"""Overlap with earlier tasks: the same call with the same arguments, or 13 words in a row."""

import pytest

from blueprints.author import PUSH_BACK, TemplateAuthor, Wording
from blueprints.blueprint import Blueprint, Stage
from blueprints.draft import word
from blueprints.overlap import WORDS, Against
from tests.blueprints.talks import at_once, planned, world_of
from tools_env.calls import Call
from tools_env.values import Json

COUNTING = "One two three four five six seven eight nine ten eleven twelve thirteen"


def task(*actions: Call, instruction: str = "", say: str = "") -> Blueprint:
    base = planned("library", 1)[0]
    stage = Stage(say=say, wants="change")
    words = {"instruction": instruction, "stages": (stage,)}
    return base.model_copy(update={"actions": actions, "evidence": None, **words})


def against(*tasks: Blueprint, domain: str = "retail") -> Against:
    found = Against(world_of(domain).specs)
    for number, one in enumerate(tasks, 1):
        found.add(one, f"old.jsonl:{number}")
    return found


def call(**arguments) -> Call:
    return Call(name="buy", arguments=arguments)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"id": "A1"}, {"id": "A1"}),
        ({"email": "Kim@Example.com"}, {"email": " kim@example.com"}),
        ({"amount": 25.0}, {"amount": 25}),
        ({"items": ["b", "a"]}, {"items": ["a", "b"]}),
        ({"a": 1, "b": {"c": [1]}}, {"b": {"c": [1.0]}, "a": 1}),
    ],
)
def test_a_call_of_equal_meaning_is_shared_and_its_place_told(old, new):
    found = against(task(call(id="other")), task(call(**old))).shared_call([call(id="new"), call(**new)])
    assert found is not None
    assert found.stage == "overlap"
    assert found.reason.startswith("shares the call buy(")
    assert found.reason.endswith(") with old.jsonl:2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"id": "A1"}, {"id": "A2"}),
        ({"id": "A1"}, {"id": "A1", "more": 1}),
        ({"flag": True}, {"flag": 1}),
        ({}, {}),
    ],
)
def test_another_call_or_one_without_arguments_is_not(old, new):
    assert against(task(call(**old))).shared_call([call(**new)]) is None


def test_the_same_arguments_of_another_tool_are_not_shared():
    assert against(task(call(id="A1"))).shared_call([Call(name="sell", arguments={"id": "A1"})]) is None


def test_prose_is_not_compared():
    spec = next(s for s in world_of("retail").specs.values() if any(p.meaning.kind == "prose" for p in s.params))
    names = {p.name: p.meaning.kind for p in spec.params}
    one: dict[str, Json] = {name: f"old {kind}" if kind == "prose" else "X1" for name, kind in names.items()}
    other: dict[str, Json] = {name: f"new {kind}" if kind == "prose" else "X1" for name, kind in names.items()}
    found = against(task(Call(name=spec.name, arguments=one))).shared_call([Call(name=spec.name, arguments=other)])
    assert (found is not None) == (set(names.values()) != {"prose"})


def test_the_call_that_must_be_refused_counts_too():
    refusal = next(b for b in planned("library", 12) if b.evidence)
    assert refusal.evidence
    assert against(refusal, domain="library").shared_call([refusal.evidence.forbidden]) is not None


@pytest.mark.parametrize("where", ["instruction", "say"])
def test_thirteen_words_in_a_row_are_shared_whatever_stands_between_them(where):
    held = against(task(**{where: f"Before it. {COUNTING}, and after it."}))
    found = held.shared_words(task(say=COUNTING.upper().replace(" ", " - ")))
    assert found is not None
    assert "shares 13 words in a row with old.jsonl:1" in found.reason
    assert COUNTING.lower() in found.reason


def test_twelve_words_in_a_row_are_not_nor_are_they_joined_over_two_texts():
    words = COUNTING.split()
    assert len(words) == WORDS
    held = against(task(instruction=COUNTING))
    assert held.shared_words(task(instruction=" ".join(words[1:]), say=words[0])) is None
    assert held.shared_words(task(instruction=" ".join(words[:-1]), say=words[-1])) is None


def test_the_programs_own_sentence_of_every_refusal_is_not_compared():
    assert len(PUSH_BACK.split()) > WORDS
    assert against(task(instruction=f"Old. {PUSH_BACK}")).shared_words(task(instruction=f"New. {PUSH_BACK}")) is None


def test_shared_words_are_sent_back_to_the_author_who_may_mend_them():
    draft = planned("library", 1)[0]
    heard = []

    class Second:
        name = "second"

        async def word(self, draft, feedback):
            heard.append(feedback)
            plain = await TemplateAuthor().word(draft, ())
            assert isinstance(plain, Wording)
            return (
                plain
                if feedback
                else plain.model_copy(update={"instruction": f"You say {COUNTING}. {plain.instruction}"})
            )

    held = against(task(instruction=COUNTING), domain="library")
    worded = at_once(word(draft, Second(), world_of("library"), 1, 0, held))
    assert isinstance(worded, Blueprint)
    assert worded.provenance.rounds == 1
    assert [r.stage for r in heard[1]] == ["overlap"]
    spent = at_once(word(draft, Second(), world_of("library"), 0, 0, held))
    assert isinstance(spent, tuple)
    assert [r.stage for r in spent] == ["overlap"]


def test_an_own_task_overlaps_with_itself():
    blueprint = max(planned("library", 12), key=lambda b: len(b.instruction.split()))
    held = against(blueprint, domain="library")
    assert held.shared_call(blueprint.actions) is not None
    assert (held.shared_words(blueprint) is not None) == (len(blueprint.instruction.split()) >= WORDS)
