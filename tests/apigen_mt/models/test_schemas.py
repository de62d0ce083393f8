from typing import Annotated, Any, Literal

import jsonschema
from pydantic import BaseModel, ConfigDict, Field

from apigen_mt.models.chat import ChatRequest
from apigen_mt.models.schemas import plain_schema, response_format, spelled_out


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["leaf"] = "leaf"
    title: str = Field(description="What it is called.")


class Pair(BaseModel):
    kind: Literal["pair"]
    left: Leaf
    right: Leaf | None = None


class Root(BaseModel):
    """Two kinds of things."""

    things: list[Annotated[Leaf | Pair, Field(discriminator="kind")]]
    properties: int = 3


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


class Loose(BaseModel):
    counts: dict[str, int]


def walk(node):
    yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(part)


def test_references_are_inlined_and_objects_are_closed_with_all_properties_required():
    schema: Any = plain_schema(Root)
    nodes = [node for node in walk(schema) if isinstance(node, dict)]
    objects = [node for node in nodes if node.get("type") == "object"]
    assert len(objects) == 5
    assert all(node["required"] == list(node["properties"]) for node in objects)
    assert all(node["additionalProperties"] is False for node in objects)
    assert not [node for node in nodes if {"$ref", "$defs", "oneOf", "const", "default", "discriminator"} & node.keys()]


def test_properties_that_are_called_like_keywords_survive():
    schema: Any = plain_schema(Root)
    assert schema["properties"]["properties"] == {"type": "integer"}
    leaf = schema["properties"]["things"]["items"]["anyOf"][0]
    assert leaf["properties"]["title"] == {"type": "string", "description": "What it is called."}


def test_what_the_schema_admits_the_type_accepts():
    schema: Any = plain_schema(Root)
    value = {"things": [{"kind": "leaf", "title": "x"}], "properties": 1}
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(value)
    assert not jsonschema.Draft202012Validator(schema).is_valid({**value, "more": 1})
    assert Root.model_validate(value).properties == 1


def test_a_recursive_type_keeps_one_local_definition():
    schema: Any = plain_schema(Tree)
    assert list(schema["$defs"]) == ["Tree"]
    value = {"name": "a", "children": [{"name": "b", "children": []}]}
    assert jsonschema.Draft202012Validator(schema).is_valid(value)
    assert not jsonschema.Draft202012Validator(schema).is_valid({"name": "a", "children": [{"name": 1}]})


def test_strict_is_asked_only_where_no_object_is_open():
    strict: Any = response_format(Root)
    loose: Any = response_format(Loose)
    assert strict["json_schema"]["strict"] is True
    assert loose["json_schema"]["strict"] is False


def test_spelling_out_adds_a_message_when_the_last_one_is_no_users():
    messages: Any = ({"role": "user", "content": "x"}, {"role": "assistant", "content": "y"})
    request = ChatRequest(model="m", messages=messages, response_format=response_format(Loose))
    plain: Any = spelled_out(request)
    assert plain.messages[:2] == messages
    assert plain.messages[2]["role"] == "user"
    assert '"counts"' in plain.messages[2]["content"]
    assert plain.response_format is None
