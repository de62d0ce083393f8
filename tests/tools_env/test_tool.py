import datetime
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel
from typing_extensions import Doc

from tools_env.calls import Refusal
from tools_env.tool import DomainError, Marked, Param, build, choices, meaning_of
from tools_env.values import Amount, Contact, Count, Date, Identifier, Json, Meaning, Paired, Prose, Unordered

PLAIN = Marked(writes=True, clauses=("1",), ask="", actors=("agent",))
ItemId = Annotated[str, Identifier("items"), Doc("The item's id.")]
OwnerId = Annotated[str, Identifier("owners"), Doc("The owner's id.")]


class Part(BaseModel):
    item_id: ItemId
    price: Amount
    bought: Date | None = None


class Box(BaseModel):
    box_id: Annotated[str, Identifier("boxes")]
    parts: list[Part]
    by_name: dict[str, Part] = {}
    tags: Annotated[list[str], Unordered()] = []


def everything(  # noqa: PLR0913 - one argument of each meaning
    item_ids: Annotated[list[ItemId], Unordered(Identifier("items")), Doc("Items.")],
    to: Annotated[list[ItemId], Paired("swap", Identifier("items")), Doc("Others.")],
    owner_id: OwnerId,
    size: Annotated[Literal["small", "large"], Doc("The size.")],
    amount: Annotated[Amount, Doc("Dollars.")],
    pieces: Annotated[Count, Doc("Pieces.")],
    day: Annotated[Date, Doc("The day.")],
    email: Annotated[str, Contact("email"), Doc("Email.")],
    *,
    fast: Annotated[bool, Doc("In a hurry.")] = False,
    note: Annotated[str | None, Prose("note"), Doc("A note.")] = None,
    part: Annotated[Part | None, Doc("A part.")] = None,
) -> list[Box]:
    """Do everything at once,
    and slowly.
    """
    raise NotImplementedError(item_ids, to, owner_id, size, amount, pieces, day, email, fast, note, part)


TOOL = build("everything", everything, PLAIN, skip=0, person="owners")
RIGHT: dict[str, Json] = {
    "item_ids": ["I1"],
    "to": ["I2"],
    "owner_id": "O1",
    "size": "small",
    "amount": 5,
    "pieces": 2.0,
    "day": "2026-01-02",
    "email": "a@example.com",
}


def test_arguments_have_meanings():
    kinds = {p.name: (p.meaning.kind, p.meaning.of, p.required, p.many) for p in TOOL.spec.params}
    assert kinds == {
        "item_ids": ("identifier", "items", True, True),
        "to": ("identifier", "items", True, True),
        "owner_id": ("identifier", "owners", True, False),
        "size": ("choice", "", True, False),
        "amount": ("amount", "", True, False),
        "pieces": ("count", "", True, False),
        "day": ("date", "", True, False),
        "email": ("contact", "email", True, False),
        "fast": ("flag", "", False, False),
        "note": ("prose", "note", False, False),
        "part": ("nested", "", False, False),
    }
    meanings = TOOL.spec.meanings()
    assert meanings["item_ids"].unordered
    assert meanings["to"].paired == "swap"
    assert [p.name for p in TOOL.spec.params if p.personal] == ["owner_id"]
    size = TOOL.spec.param("size")
    assert size is not None
    assert size.choices == ("small", "large")
    assert TOOL.spec.params[0].label == "item"
    assert TOOL.spec.params[2].label == "owner"


def test_results_have_meanings():
    yields = {y.path: (y.meaning.kind, y.meaning.of) for y in TOOL.spec.yields}
    assert yields["[].box_id"] == ("identifier", "boxes")
    assert yields["[].parts[].item_id"] == ("identifier", "items")
    assert yields["[].parts[].price"] == ("amount", "")
    assert yields["[].parts[].bought"] == ("date", "")
    assert yields["[].by_name.*.item_id"] == ("identifier", "items")


def test_the_function_is_what_endpoints_want():
    function = TOOL.spec.function()["function"]
    assert isinstance(function, dict)
    assert function["description"] == "Do everything at once, and slowly."
    parameters = function["parameters"]
    assert isinstance(parameters, dict)
    assert parameters["type"] == "object"
    assert parameters["additionalProperties"] is False
    assert parameters["required"] == [*RIGHT]
    text = str(parameters)
    assert "$ref" not in text
    assert "'title'" not in text
    assert "Dollars." in text


def test_a_tool_without_arguments_still_has_properties():
    def nothing() -> str:
        """Do nothing."""
        return ""

    assert build("nothing", nothing, PLAIN, skip=0).spec.parameters["properties"] == {}


def test_right_arguments_are_parsed_to_types():
    parsed = TOOL.parse(RIGHT)
    assert isinstance(parsed, dict)
    assert parsed["day"] == datetime.date(2026, 1, 2)
    assert parsed["pieces"] == 2
    assert parsed["note"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("item_ids", "I1"),
        ("item_ids", [1]),
        ("size", "SMALL"),
        ("amount", "5"),
        ("pieces", 2.5),
        ("pieces", True),
        ("day", "tomorrow"),
        ("day", 20260102),
        ("day", "2026-02-30"),
        ("owner_id", None),
        ("fast", "yes"),
        ("part", {"item_id": "I1"}),
        ("surprise", 1),
    ],
)
def test_wrong_arguments_are_refused_by_name(name, value):
    refusal = TOOL.parse({**RIGHT, name: value})
    assert isinstance(refusal, Refusal)
    assert refusal.cause == "arguments"
    assert name in refusal.reason


def test_manuals_may_stand_in_the_docstring():
    def sell(item: str, price: float = 1.0) -> str:
        """Sell an item.

        Args:
            item: The item
                to sell.
            price (float): What it costs.

        Returns:
            item: nothing of interest.
        """
        return f"{item} {price}"

    tool = build("sell", sell, PLAIN, skip=0)
    assert tool.spec.description == "Sell an item."
    assert [(p.name, p.description) for p in tool.spec.params] == [
        ("item", "The item to sell."),
        ("price", "What it costs."),
    ]


def undocumented(item: str) -> str:
    """Sell an item."""
    return item


def half_documented(item: str, price: float) -> str:
    """Sell an item.

    Args:
        item: The item.
    """
    return f"{item} {price}"


def wordless(item: Annotated[str, Doc("The item.")]) -> str:
    return item


def unannotated(item) -> str:
    """Sell an item.

    Args:
        item: The item.
    """
    return str(item)


def endless(item: Annotated[str, Doc("The item.")]):
    """Sell an item."""
    return item


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (undocumented, "undocumented: argument 'item' is not described"),
        (half_documented, "half_documented: argument 'price' is not described"),
        (wordless, "wordless: no docstring"),
        (unannotated, "unannotated: argument 'item' has no annotation"),
        (endless, "endless: no return annotation"),
    ],
)
def test_a_careless_tool_is_refused_when_it_is_defined(function, words):
    with pytest.raises(DomainError, match=words):
        build(function.__name__, function, PLAIN, skip=0)


def test_optional_types_keep_their_meaning():
    assert meaning_of(ItemId | None)[0] == Identifier("items")
    assert meaning_of(Annotated[str | None, Prose("note")])[0] == Prose("note")
    assert meaning_of(Literal["a", "b"] | None) == (Meaning("choice"), Literal["a", "b"])
    assert choices(Annotated[Literal["a", "b"], Doc("x")]) == ("a", "b")
    assert choices(str) == ()


@pytest.mark.parametrize(
    ("name", "label"),
    [("item_id", "item"), ("item_ids", "item"), ("new_item_ids", "new item"), ("bids", "bids"), ("to", "to")],
)
def test_an_argument_is_called_after_what_it_takes(name, label):
    assert Param(name=name, description="", meaning=Identifier("items")).label == label


def test_the_first_id_of_an_object_is_its_own():
    own = {y.path for y in TOOL.spec.yields if y.own}
    assert own == {"[].box_id", "[].parts[].item_id", "[].by_name.*.item_id"}


def test_every_path_to_a_value_is_a_place():
    assert TOOL.spec.places >= {"", "[]", "[].parts", "[].parts[]", "[].parts[].price", "[].by_name", "[].by_name.*"}
    assert not TOOL.spec.places & {"parts", "[].part", "[].by_name.*.", "[].parts[].pric"}
    assert TOOL.spec.yielded["[].parts[].price"].meaning.kind == "amount"


def test_a_map_at_the_top_has_any_key():
    def stock() -> dict[str, ItemId]:
        """Everything there is."""
        return {}

    def shelves() -> dict[str, Part]:
        """Everything there is, looked at."""
        return {}

    assert [y.path for y in build("stock", stock, PLAIN, skip=0).spec.yields] == ["*"]
    assert next(y.path for y in build("shelves", shelves, PLAIN, skip=0).spec.yields) == "*.item_id"
