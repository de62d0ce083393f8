"""Meanings inferred from invented data."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from tests.tools_env.imports.inferring import feeds, kind, own, param, yields
from tools_env.imports.inference import Inferred, Signature, infer
from tools_env.imports.overlay import Overlay
from tools_env.values import Json, Meaning

STRING: dict[str, Json] = {"type": "string"}


def signature(returns: object = str, **properties: Any) -> Signature:
    return Signature({"type": "object", "properties": properties, "required": list(properties)}, returns)


# An invented garden centre.


class Bed(BaseModel):
    bed_no: str
    planted: str
    depth_cm: int


class Grade(Enum):
    FINE = "fine"
    COARSE = "coarse"


class Sort(BaseModel):
    sort_id: str
    grade: Grade
    price: float


class Plant(BaseModel):
    plant_id: str
    gardener_id: str
    label: str
    state: str
    rows: str
    beds: list[Bed]
    sorts: dict[str, Sort]
    removed_sorts: list[str] | None = None
    removal_reason: Literal["eaten", "frozen"] | None = None
    parent: "Plant | None" = None


def plants(number: int = 40) -> dict[str, dict[str, Json]]:
    return {
        f"P{n:03}": {
            "plant_id": f"P{n:03}",
            "gardener_id": f"gus_{n % 7}",
            "label": f"Label {n}",
            "state": ["dry", "wet"][n % 2],
            "rows": str(n % 5 + 1),
            "beds": [{"bed_no": "1", "planted": "2025-03-01", "depth_cm": n}],
            "sorts": {f"{n}-{s}": {"sort_id": f"{n}-{s}", "grade": "fine", "price": 2.5} for s in "ab"},
        }
        for n in range(number)
    }


def gardeners() -> dict[str, dict[str, Json]]:
    return {
        f"gus_{n}": {
            "gardener_id": f"gus_{n}",
            "email": f"gus{n}@example.com",
            "home": {"street": f"{n} Elm Road", "zip": "00501", "state": "NY"},
            "plants": [f"P{m:03}" for m in range(n, 40, 7)],
            "born": "1990-02-03",
        }
        for n in range(7)
    }


GARDEN = {"plants": plants(), "gardeners": gardeners()}
TOOLS = {
    "get_plant": signature(Plant, plant_id=STRING),
    "get_gardener_id_by_email": signature(str, email=STRING),
    "swap_sorts": signature(
        Plant,
        plant_id=STRING,
        sort_ids={"type": "array", "items": STRING},
        new_sort_ids={"type": "array", "items": STRING},
    ),
    "drop_sorts": signature(Plant, sort_ids={"type": "array", "items": STRING}, reason=STRING),
    "water": signature(
        bool,
        id=STRING,
        state=STRING,
        litres={"type": "number"},
        price_cap={"anyOf": [{"type": "number"}, {"type": "null"}]},
        day={"type": "string", "description": "Such as YYYY-MM-DD."},
        urgent={"type": "boolean"},
        mode={"anyOf": [{"type": "string", "enum": ["hose", "can"]}, {"type": "string"}]},
        note=STRING,
        parts={"type": "array", "items": {"anyOf": [{"type": "object"}, {"type": "string"}]}},
    ),
    "water_plant": signature(bool, id=STRING),
    "list_names": signature(str),
    "count_plants": signature(int),
}
SEEN: dict[str, Sequence[Json]] = {"list_names": ['{"Label 1": "P001", "Label 2": "P002"}'], "count_plants": [40]}


@pytest.fixture(scope="module")
def garden() -> Inferred:
    return infer(GARDEN, TOOLS, Overlay(person="gardeners"), SEEN)


def test_fields_of_state_are_known_by_their_values(garden):
    told = {
        "plants/plant_id": "identifier plants",
        "plants/gardener_id": "identifier gardeners",
        "plants/label": "text",
        "plants/state": "choice",
        "plants/beds[].planted": "date",
        "plants/beds[].depth_cm": "count",
        "plants/sorts.*.sort_id": "identifier sorts",
        "plants/sorts.*.price": "amount",
        "plants/sorts.*": "nested",
        "gardeners/plants": "identifier plants",
        "gardeners/email": "contact email",
        "gardeners/home": "nested",
        "gardeners/home.state": "contact state",
        "gardeners/born": "date",
    }
    assert {k: kind(garden.fields.get(k)) for k in told} == told


def test_fields_that_only_a_model_knows_are_learnt_from_it(garden):
    assert kind(garden.fields["plants/removal_reason"]) == "choice"
    assert kind(garden.fields["plants/removed_sorts"]) == "identifier sorts"


def test_numbers_stored_as_text_are_no_ids(garden):
    assert kind(garden.fields["plants/rows"]) == "choice"
    assert kind(garden.fields["plants/beds[].bed_no"]) != "identifier beds"
    rows: dict[str, dict[str, Json]] = {
        str(n): {"room_id": str(n), "floor": str(n % 3), "doors": str(n)} for n in range(30)
    }
    found = infer({"rooms": rows}, {}, Overlay())
    assert [kind(m) for m in found.fields.values()] == ["identifier rooms", "choice", "text"]


def test_overlapping_key_sets_are_told_apart_by_name():
    cats: dict[str, dict[str, Json]] = {
        str(n): {"cat_id": str(n), "dog_id": str(n + 1), "rank": str(n)} for n in range(20)
    }
    dogs: dict[str, dict[str, Json]] = {
        str(n): {"dog_id": str(n), "best_cat": str(n % 20), "weight": n} for n in range(40)
    }
    found = infer({"cats": cats, "dogs": dogs}, {"pet": signature(str, dog_id=STRING, old_cat_id=STRING)}, Overlay())
    assert kind(found.fields["cats/dog_id"]) == "identifier dogs"
    assert kind(found.fields["dogs/best_cat"]) == "identifier cats"
    assert kind(found.fields["cats/rank"]) == "text"
    assert [kind(p.meaning) for p in found.params("pet")] == ["identifier dogs", "identifier cats"]


def test_unlike_ids_of_one_name_are_two_spaces():
    one: dict[str, dict[str, Json]] = {f"o{n}": {"lines": [{"line_id": f"ol-{n}-{m}"} for m in "xy"]} for n in range(9)}
    two: dict[str, dict[str, Json]] = {f"t{n}": {"lines": [{"line_id": f"tr-{n}-{m}"} for m in "xy"]} for n in range(9)}
    found = infer({"orders": one, "trains": two}, {}, Overlay())
    assert found.fields["orders/lines[].line_id"].of == "lines"
    assert found.fields["trains/lines[].line_id"].of not in {"lines", ""}


def test_arguments_take_the_meaning_of_the_field_they_are_called_after(garden):
    assert [kind(p.meaning) for p in garden.params("swap_sorts")] == ["identifier plants"] + ["identifier sorts"] * 2
    assert [p.meaning.paired for p in garden.params("swap_sorts")] == ["", "sorts", "sorts"]
    alone = param(garden, "drop_sorts", "sort_ids")
    assert (alone.many, alone.meaning.unordered, alone.meaning.paired) == (True, True, "")
    reason = param(garden, "drop_sorts", "reason")
    assert (kind(reason.meaning), reason.choices) == ("choice", ("eaten", "frozen"))


def test_arguments_without_a_field_go_by_schema_and_name(garden):
    told = {p.name: kind(p.meaning) for p in garden.params("water")}
    assert told == {
        "id": "text",
        "state": "choice",
        "litres": "count",
        "price_cap": "amount",
        "day": "date",
        "urgent": "flag",
        "mode": "choice",
        "note": "prose note",
        "parts": "nested",
    }
    assert param(garden, "water", "mode").choices == ("hose", "can")
    assert param(garden, "water", "state").choices == ("dry", "wet")
    assert param(garden, "water", "parts").many
    assert kind(param(garden, "water_plant", "id").meaning) == "identifier plants"


def test_results_are_read_through_their_models(garden):
    assert yields(garden, "get_plant") == {
        "plant_id": "identifier plants",
        "gardener_id": "identifier gardeners",
        "label": "text",
        "state": "choice",
        "rows": "choice",
        "beds[].bed_no": "choice",
        "beds[].planted": "date",
        "beds[].depth_cm": "count",
        "sorts.*.sort_id": "identifier sorts",
        "sorts.*.grade": "choice",
        "sorts.*.price": "amount",
        "removed_sorts[]": "identifier sorts",
        "removal_reason": "choice",
    }
    assert own(garden, "get_plant") == {"plant_id", "sorts.*.sort_id"}


def test_results_without_annotation_are_read_from_what_was_seen(garden):
    assert yields(garden, "list_names") == {"*": "identifier plants"}
    assert yields(garden, "get_gardener_id_by_email") == {"": "identifier gardeners"}
    assert yields(garden, "count_plants") == {"": "count"}
    assert feeds(garden, "list_names", "get_plant") == {"plant_id"}
    assert feeds(garden, "count_plants", "get_plant") == set()


def test_seen_records_go_by_the_id_of_their_table():
    seen: Json = [{"gardener_id": "gus_1", "plant_id": "P001", "label": "Label 1", "beds": []}]
    found = infer(GARDEN, {"find": signature(list[dict[str, Any]])}, Overlay(), {"find": [seen]})
    assert own(found, "find") == {"[].plant_id"}
    assert yields(found, "find")["[].gardener_id"] == "identifier gardeners"


def test_a_record_never_goes_by_the_id_of_the_record_around_it():
    class Leaf(BaseModel):
        plant_id: str
        colour: str

    class Whole(BaseModel):
        plant_id: str
        label: str
        leaves: list[Leaf]

    found = infer(GARDEN, {"look": signature(Whole)}, Overlay())
    assert own(found, "look") == {"plant_id"}


def test_the_overlay_has_the_last_word():
    given = {
        "plants/label": Meaning("prose", "label"),
        "drop_sorts.reason": Meaning("text"),
        "Sort.price": Meaning("count"),
    }
    found = infer(GARDEN, TOOLS, Overlay(person="gardeners", meanings=given))
    assert found.fields["plants/label"] == given["plants/label"]
    assert (param(found, "drop_sorts", "reason").meaning.kind, param(found, "drop_sorts", "reason").choices) == (
        "text",
        (),
    )
    assert yields(found, "get_plant")["sorts.*.price"] == "count"
    assert yields(found, "get_plant")["label"] == "prose label"


def test_only_ids_of_the_people_are_personal(garden):
    found = infer(GARDEN, {"hire": signature(str, gardener_id=STRING, plant_id=STRING)}, Overlay(person="gardeners"))
    assert [p.personal for p in found.params("hire")] == [True, False]
    assert not any(p.personal for p in infer(GARDEN, TOOLS, Overlay()).params("get_plant"))


def test_empty_worlds_and_odd_names_are_no_trouble():
    odd: dict[str, dict[str, dict[str, Json]]] = {
        "empty": {},
        "": {"": {"": ""}},
        "a/b": {"k/1": {"[]": [], "*": {"x y": None}, ".": [{"id": 1}, "id", None, [[]]], "__class__": 1.5}},
        "device": {"device": {"mode": "device", "orderID": "device"}},
    }
    tools: dict[str, Signature] = {
        "": signature(
            None, **{"": dict[str, Json](), "[]": {"type": "array"}, "id": {"type": ["string", "null"]}, "s": True}
        ),
        "_id": signature(dict),
        "list": signature(list, _id={"type": "array", "items": {"type": "array", "items": STRING}}),
        "bare": Signature({}, Any),
    }
    found = infer(odd, tools, Overlay(), {"": [], "_id": ["{broken", None], "bare": [{"id": "k/1"}, [], 3]})
    assert kind(found.fields["a/b/__class__"]) == "count"
    assert kind(found.fields["device/mode"]) == "text"
    assert [p.name for p in found.params("")] == ["", "[]", "id", "s"]
    assert (found.params("bare"), found.params("unknown"), found.yields("unknown")) == ((), (), ())
    assert infer({}, {}, Overlay()).fields == {}


def test_what_is_inferred_does_not_depend_on_the_order_of_tables_and_tools(garden):
    turned = infer(
        dict(reversed(GARDEN.items())), dict(reversed(TOOLS.items())), Overlay(person="gardeners"), SEEN
    )  # fmt: skip
    assert dict(turned.fields) == dict(garden.fields)
    assert all(turned.params(t) == garden.params(t) and turned.yields(t) == garden.yields(t) for t in TOOLS)
