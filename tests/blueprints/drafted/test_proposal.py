"""The proposal: a strict schema that offers names, and bounds on whatever comes."""

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from apigen_mt.models.schemas import response_format
from blueprints.blueprint import Rejected
from blueprints.drafted.calls import DEPTH, call_of
from blueprints.drafted.proposal import MATTERS, WISHES, Proposal, ProposedCall, Wish, answer_type, clean
from tests.blueprints.drafted.honest import Body, proposal_of, sound
from tests.blueprints.talks import DOMAINS, world_of
from tools_env.calls import Call
from tools_env.tool import Param, ToolSpec
from tools_env.values import TEXT, Json


def schema_of(domain: str, kind: Wish) -> Body:
    wanted = response_format(answer_type(world_of(domain).specs, kind))
    assert isinstance(wanted, dict)
    schema = wanted["json_schema"]
    assert isinstance(schema, dict)
    return schema


@pytest.mark.parametrize("kind", WISHES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_endpoints_can_hold_a_model_to_the_schema(domain, kind):
    specs = world_of(domain).specs
    schema = schema_of(domain, kind)
    assert schema["strict"] is True
    text = json.dumps(schema)
    assert "$ref" not in text
    for writes in (False, True):
        offered = (json.dumps({"enum": [n]})[1:-1] in text for n, s in specs.items() if s.writes is writes)
        assert {*offered} == {not writes or kind != "inform"}
    assert len(text) < 16000


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(("kind", "spoil"), [
    ("act", lambda m: m.update(answer="Monday")),
    ("act", lambda m: m["calls"].append(m["change"])),
    ("act", lambda m: m.pop("change")),
    ("act", lambda m: m.update(wants="refusal")),
    ("refuse", lambda m: m.update(wants="change")),
    ("refuse", lambda m: m["calls"].append(m["change"])),
    ("inform", lambda m: m.update(change=m["calls"][0])),
    ("inform", lambda m: m.pop("answer")),
    ("inform", lambda m: m.update(wants="change")),
    ("inform", lambda m: m["calls"][0].update(tool="ask_around")),
    ("inform", lambda m: m["calls"][0]["arguments"].update(haste=True)),
    ("act", lambda m: m["change"]["arguments"].clear()),
    ("act", lambda m: m["change"]["arguments"].update({n: {"a": 1} for n in m["change"]["arguments"]})),
])  # fmt: skip
def test_the_schema_has_no_room_for_what_such_a_task_cannot_have(domain, kind, spoil):
    bodies = (proposal_of(b) for b in sound(domain) if b.kind == kind)
    body = next(b for b in bodies if kind != "act" or all("change" in m for m in b["matters"]))
    validator = Draft202012Validator(schema_of(domain, kind)["schema"])
    assert validator.is_valid(body)
    for matter in body["matters"]:
        spoil(matter)
    assert not validator.is_valid(body)


def test_a_refusal_has_one_matter_in_the_schema_and_more_are_read():
    body = proposal_of(next(b for b in sound("library") if b.kind == "refuse"))
    body["matters"] *= 2
    assert not Draft202012Validator(schema_of("library", "refuse")["schema"]).is_valid(body)
    form = answer_type(world_of("library").specs, "refuse")
    assert len(form.model_validate_json(json.dumps(body)).matters) == 2


@pytest.mark.parametrize("other", WISHES)
@pytest.mark.parametrize("kind", WISHES)
def test_a_task_of_another_kind_is_read_all_the_same(kind, other):
    body = proposal_of(next(b for b in sound("library") if b.kind == kind))
    read = answer_type(world_of("library").specs, other).model_validate_json(json.dumps(body))
    assert read.model_dump() == Proposal.model_validate(body).model_dump()


def test_what_a_person_wants_is_written_after_the_calls_and_the_instruction_last():
    assert list(Proposal.model_fields) == ["plan", "matters", "knows", "instruction"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_name_that_is_not_offered_is_read_all_the_same(domain):
    body = proposal_of(sound(domain)[0])
    body["matters"][0]["calls"][0]["tool"] = "no_such_tool"
    read = answer_type(world_of(domain).specs, "act").model_validate_json(json.dumps(body))
    assert read.matters[0].calls[0].tool == "no_such_tool"


def with_value(body: Body, value: object) -> Body:
    arguments = body["matters"][0]["calls"][0]["arguments"]
    arguments[next(iter(arguments))] = value
    return body


@pytest.mark.parametrize("spoil", [
    lambda b: b | {"plan": "x" * 1201},
    lambda b: b | {"instruction": "x" * 1201},
    lambda b: b | {"matters": b["matters"] * (MATTERS + 1)},
    lambda b: b | {"matters": []},
    lambda b: b | {"knows": [{"what": "age", "value": 7}] * 13},
    lambda b: b | {"more": 1},
    lambda b: with_value(b, "x" * 301),
    lambda b: with_value(b, ["x"] * 13),
    lambda b: with_value(b, [["x"]]),
    lambda b: with_value(b, {"x": 1}),
    lambda b: with_value(b, None),
    lambda b: with_value(b, 10**30),
    lambda b: with_value(b, float("nan")),
    lambda b: with_value(b, float("inf")),
])  # fmt: skip
def test_nothing_without_bounds_is_read(spoil):
    body = spoil(proposal_of(sound("library")[0]))
    with pytest.raises(ValidationError):
        answer_type(world_of("library").specs, "act").model_validate_json(json.dumps(body))


@pytest.mark.parametrize(("text", "plain"), [
    ("a\u0000b", "a b"),
    ("fi\u200bnd\u00ad_it", "find_it"),
    ("\u202eabc\u202c", "abc"),
    ("two\n\nlines\tand  more ", "two lines and more"),
    ("\ud83d\ude42", ""),
    ("caf\u00e9 \u4e2d\u6587", "caf\u00e9 \u4e2d\u6587"),
])  # fmt: skip
def test_a_text_is_cleaned(text, plain):
    assert clean(text) == plain


SPEC = ToolSpec(
    name="book",
    description="Book.",
    writes=True,
    parameters={
        "type": "object",
        "properties": {
            "day": {"type": "string"},
            "people": {"type": "integer"},
            "names": {"type": "array", "items": {"type": "string"}},
            "seat": {"anyOf": [{"type": "object"}, {"type": "null"}]},
            "window": {"type": "boolean"},
            "stops": {"type": "array", "items": {"type": "array"}},
            "meal": {"enum": ["soup", "rice"], "type": "string"},
        },
        "required": ["day"],
        "additionalProperties": False,
    },
    params=(
        Param(name="day", description="", meaning=TEXT),
        *(
            Param(name=n, description="", meaning=TEXT, required=False)
            for n in ("people", "names", "seat", "window", "meal", "stops")
        ),
    ),
)


def read(name: str, value: object) -> Call | Rejected:
    proposed = ProposedCall.model_validate({"tool": "book", "arguments": {"day": "Monday"} | {name: value}})
    return call_of(proposed, {"book": SPEC})


@pytest.mark.parametrize(("name", "value", "meant"), [
    ("people", 2, 2),
    ("people", "2", 2),
    ("names", ["Ann", "Bo"], ["Ann", "Bo"]),
    ("names", '["Ann"]', ["Ann"]),
    ("stops", ['["Rome", 2]', '["Pisa", 3]'], [["Rome", 2], ["Pisa", 3]]),
    ("seat", '{"row": 4}', {"row": 4}),
    ("window", True, True),
    ("window", "true", True),
    ("day", "2", "2"),
    ("meal", "soup", "soup"),
])  # fmt: skip
def test_a_value_is_read_as_the_tool_takes_it(name, value, meant: Json):
    call = read(name, value)
    assert isinstance(call, Call)
    assert call.arguments[name] == meant


@pytest.mark.parametrize("name", ["people", "names", "seat", "window", "meal", "stops"])
@pytest.mark.parametrize("nothing", ["", "null", "None"])
def test_an_argument_that_may_be_left_out_may_be_empty(name, nothing):
    call = read(name, nothing)
    assert isinstance(call, Call)
    assert call.arguments == {"day": "Monday"}


@pytest.mark.parametrize(("name", "value", "told"), [
    ("people", "two", 'people of book cannot be "two": it has to be a whole number'),
    ("people", 2.5, "people of book cannot be 2.5: it has to be a whole number"),
    ("day", 7, "day of book cannot be 7: it has to be text in quotes"),
    ("names", "Ann", 'names of book cannot be "Ann": it has to be a list'),
    ("window", "perhaps", 'window of book cannot be "perhaps": it has to be true or false'),
    ("meal", "cake", "meal of book cannot be \"cake\": it is one of 'soup', 'rice'"),
    ("seat", "[" * 250, "it has to be an object, written as JSON text"),
    ("seat", '{"a":' * DEPTH + "{}" + "}" * DEPTH, "it has to be an object, written as JSON text"),
])  # fmt: skip
def test_a_value_of_another_type_is_named_with_what_it_has_to_be(name, value, told):
    found = read(name, value)
    assert isinstance(found, Rejected)
    assert told in found.reason


def test_a_tool_of_the_persons_own_is_no_tool_of_the_desk():
    own = SPEC.model_copy(update={"actors": ("human",)})
    found = call_of(ProposedCall(tool="book", arguments={"day": "Monday"}), {"book": own})
    assert isinstance(found, Rejected)
    assert "there is no tool 'book'" in found.reason
