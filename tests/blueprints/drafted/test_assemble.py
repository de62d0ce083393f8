"""Assembling: an honest proposal becomes the blueprint that it tells of, found again in what its calls show."""

import copy
from dataclasses import replace

import pytest

from blueprints.blueprint import Blueprint, Rejected
from blueprints.drafted.context import Context
from tests.blueprints.drafted.honest import Body, assembled, context_of, proposal_of, sound, written
from tests.blueprints.talks import DOMAINS, failed, played, said, world_of
from tools_env.mentions import spoken
from tools_env.values import Json


def stands(context: Context, body: Body) -> Blueprint:
    found = assembled(context, body)
    assert isinstance(found, Blueprint), found
    return found


def reason(context: Context, body: Body) -> tuple[str, str]:
    found = assembled(context, body)
    assert isinstance(found, Rejected), found.instruction
    return found.stage, found.reason


def of_kind(kind: str, domain: str = "library") -> Blueprint:
    return next(b for b in sound(domain) if b.kind == kind and len(b.stages) == 1)


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_honest_proposal_becomes_the_task_it_tells_of(domain):
    for blueprint in sound(domain):
        found = stands(context_of(blueprint), proposal_of(blueprint))
        assert (found.actions, found.diff, found.evidence) == (blueprint.actions, blueprint.diff, blueprint.evidence)
        assert found.outputs == blueprint.outputs
        assert (found.kind, found.person, found.instruction) == (
            blueprint.kind,
            blueprint.person,
            blueprint.instruction,
        )
        assert [s.until for s in found.stages] == [s.until for s in blueprint.stages]
        assert found.id == found.identity()


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_drafted_task_can_be_played_and_judged(domain):
    world = world_of(domain)
    for blueprint in sound(domain)[::3]:
        talk = played(stands(context_of(blueprint), proposal_of(blueprint)), world)
        verdict = talk.verdict()
        assert not failed(verdict), said(verdict)


def test_everything_a_person_says_is_in_the_ledger_with_when_they_say_it():
    for blueprint in sound("retail"):
        found = stands(context_of(blueprint), proposal_of(blueprint))
        for number, stage in enumerate(found.stages):
            for name in stage.facts:
                known = found.known[name]
                assert (known.stage, known.disclose) == (number, "volunteer")
        unknown = [k for k in found.known.values() if k.disclose == "unknown"]
        assert all(k.phrase and k.vague and k.value is None for k in unknown)


@pytest.mark.parametrize("spelling", [lambda v: f"${v:,.2f}", lambda v: f"{v:.2f}", lambda v: f"It is {v:.2f}."])
def test_an_amount_is_found_in_any_spelling(spelling):
    blueprint = next(b for b in sound("retail") if b.outputs and b.outputs[0].meaning.kind == "amount")
    body = proposal_of(blueprint)
    place = next(n for n, m in enumerate(body["matters"]) if m["wants"] == "answer")
    body["matters"][place]["answer"] = spelling(blueprint.outputs[0].value)
    assert stands(context_of(blueprint), body).outputs == blueprint.outputs


def test_a_count_that_may_be_said_by_chance_is_no_answer():
    tried = 0
    for blueprint in (b for b in sound("retail") if any(a.name == "get_order" for a in b.actions)):
        context, body = replace(context_of(blueprint), kind="inform"), proposal_of(blueprint)
        held = [a.value for r in context.records() for a in r.attributes if a.meaning.kind == "count"]
        small = next((v for v in held if isinstance(v, int) and 0 < v < 10), None)
        if small is None:
            continue
        reads = [written(a) for a in blueprint.actions if not context.world.specs[a.name].writes]
        body["matters"] = [{"wants": "answer", "calls": reads, "answer": small, "message": "How many did I order?"}]
        stage, told = reason(context, body)
        assert stage == "outputs"
        assert told.startswith(f"the answer {small} is a count below 10")
        tried += 1
    assert tried


def test_controls_and_invisible_letters_are_taken_out_of_the_words():
    blueprint = of_kind("act")
    body = proposal_of(blueprint)
    body["instruction"] = body["instruction"].replace(" ", "\u202e \u0007\n ").replace("want", "wa\u200bnt")
    found = stands(context_of(blueprint), body)
    assert found.instruction == blueprint.instruction


def test_the_person_is_named_when_the_author_forgot_it():
    blueprint = of_kind("act")
    body = proposal_of(blueprint)
    body["instruction"] = body["instruction"].partition(". ")[2]
    assert stands(context_of(blueprint), body).instruction == blueprint.instruction


def test_a_longer_description_that_is_true_is_fine_and_a_false_one_is_not():
    """Dates and amounts of the record itself may be said beside what singles it out."""
    blueprint = next(
        b for b in sound("library") if "loan_id.title" in b.known and len(b.stages) == 1 and not b.evidence
    )
    loan = next(r for r in context_of(blueprint).records() if r.id == blueprint.actions[-1].arguments.get("loan_id"))
    due = loan.attribute("due")
    assert due is not None
    body = proposal_of(blueprint)
    body["instruction"] += f" It is due on {spoken(due.value, due.meaning)}."
    found = stands(context_of(blueprint), body)
    assert found.known["loan_id.due"].disclose == "if_asked"
    body["instruction"] = body["instruction"].replace(str(due.value), "2026-12-31")
    assert reason(context_of(blueprint), body)[0] == "wording"


def test_a_fact_that_is_only_given_when_asked_stands_in_the_instruction_alone():
    blueprint = next(b for b in sound("library") if any(k.disclose == "volunteer" and k.field == "title"
                                                        for k in b.known.values()) and len(b.stages) == 1)  # fmt: skip
    title = next(k for k in blueprint.known.values() if k.field == "title")
    body = proposal_of(blueprint)
    body["matters"][0]["message"] = body["matters"][0]["message"].replace(f"the {title.value}", "one of my loans")
    found = stands(context_of(blueprint), body)
    assert {k.disclose for k in found.known.values() if k.field == "title"} == {"if_asked"}


@pytest.mark.parametrize(("kind", "other"), [("act", "inform"), ("inform", "act"), ("refuse", "act")])
def test_another_kind_than_wished_for_is_sent_back(kind, other):
    blueprint = of_kind(kind)
    context = replace(context_of(blueprint), kind=other)
    stage, told = reason(context, proposal_of(blueprint))
    assert stage == "format"
    assert "the task is to be" in told


def test_a_refusal_stands_alone():
    blueprint = of_kind("refuse")
    body = proposal_of(blueprint)
    body["matters"].insert(0, copy.deepcopy(body["matters"][0]) | {"wants": "change"})
    assert reason(context_of(blueprint), body) == (
        "format",
        "a matter that is refused stands alone: leave the other matters out",
    )


def test_a_refusal_whose_reason_nobody_reads_has_no_proof():
    blueprint = next(b for b in sound("retail") if b.kind == "refuse" and len(b.actions) > 1)
    body = proposal_of(blueprint)
    del body["matters"][0]["calls"][1:]
    stage, told = reason(context_of(blueprint), body)
    assert stage == "evidence"
    assert "read it first" in told


@pytest.mark.parametrize("kind", ["act", "refuse"])
def test_an_author_who_forgot_to_find_the_person_is_helped(kind):
    blueprint = of_kind(kind)
    body = proposal_of(blueprint)
    del body["matters"][0]["calls"][0]
    assert stands(context_of(blueprint), body).actions == blueprint.actions


def test_a_change_comes_last_in_its_matter():
    blueprint = of_kind("act")
    body = proposal_of(blueprint)
    matter = body["matters"][0]
    matter["calls"] += [matter.pop("change"), matter["calls"][0]]
    stage, told = reason(context_of(blueprint), body)
    assert stage == "intent"
    assert "let the change be its last call" in told


@pytest.mark.parametrize("empty", ["", "none", "N/A", "null", False])
def test_no_answer_may_be_written_in_several_ways(empty: Json):
    blueprint = of_kind("act")
    body = proposal_of(blueprint)
    body["matters"][0]["answer"] = empty
    assert stands(context_of(blueprint), body).outputs == ()
