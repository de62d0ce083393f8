"""What a result shows: records with an id of their own, and records that are only listed."""

from typing import Annotated

import pytest

from blueprints.knowledge import Knowledge, Logged, Referent, each, latest, referents_in
from blueprints.wording import Attribute
from tests.swap_world import SwapShop
from tools_env import authoring as env
from tools_env.calls import Call
from tools_env.tool import Marked, ToolSpec, Yield, build
from tools_env.values import TEXT, Identifier, Json

SHOP = SwapShop.world("swaps")
READ = Marked(writes=False, clauses=(), ask="", actors=("agent",))


def session_of(world=SHOP):
    return Knowledge(world.open("seed:0"), dict(world.specs))


def seen(name: str, value: Json, **arguments: Json) -> list[Referent]:
    return referents_in(value, SHOP.specs[name], 0, Call(name=name, arguments=arguments))


ORDER: Json = {
    "order_id": "#W1",
    "buyer_id": "ada",
    "status": "packed",
    "placed_on": "2026-01-02",
    "lines": [
        {"article_id": "L1", "product_id": "P-lamp", "shade": "jade", "price": 21.0},
        {"article_id": "S1", "product_id": "P-stool", "shade": "oak", "price": 42.0},
    ],
}


def test_an_object_with_an_id_of_its_own_is_a_record_with_what_it_stands_among():
    order, lamp, stool = seen("get_order", ORDER, order_id="#W1")
    assert (order.table, order.id, order.shown) == ("orders", "#W1", True)
    assert order.context == {("buyers", "ada")}
    assert (lamp.table, lamp.id) == ("articles", "L1")
    assert lamp.context == {("orders", "#W1"), ("buyers", "ada"), ("products", "P-lamp")}
    assert stool.context == {("orders", "#W1"), ("buyers", "ada"), ("products", "P-stool")}
    assert [a.field for a in lamp.attributes] == ["shade", "price"]


def test_an_id_that_is_not_the_objects_own_makes_no_record():
    """The buyer's id in an order says whose it is; of the buyer it shows nothing."""
    assert {r.table for r in seen("get_order", ORDER)} == {"orders", "articles"}


def test_records_listed_by_id_alone_are_not_shown():
    buyer: Json = {"buyer_id": "ada", "first_name": "Ada", "orders": ["#W1", "#W2"]}
    ada, one, two = seen("get_buyer", buyer, buyer_id="ada")
    assert (ada.shown, ada.id) == (True, "ada")
    assert [(r.table, r.id, r.shown, r.attributes) for r in (one, two)] == [
        ("orders", "#W1", False, ()),
        ("orders", "#W2", False, ()),
    ]
    assert one.context == {("buyers", "ada")}


def test_an_id_that_is_all_there_is_is_listed():
    (found,) = seen("find_buyer", "ada", email="a@example.com")
    assert (found.table, found.id, found.shown) == ("buyers", "ada", False)


def test_nothing_found_lists_nothing():
    assert seen("find_buyer", "") == seen("find_buyer", None) == []
    assert seen("get_buyer", {"buyer_id": "ada", "orders": ["", None]})[1:] == []


def test_the_keys_of_a_map_name_the_records_it_lists():
    lamp, stool = seen("list_products", {"lamp": "P-lamp", "stool": "P-stool"})
    assert lamp.shown
    assert (lamp.table, lamp.id, lamp.attributes) == ("products", "P-lamp", (Attribute("name", "lamp", TEXT),))
    assert stool.attributes[0].value == "stool"


def test_records_under_any_key_of_a_map_are_found():
    value: Json = {"product_id": "P", "name": "lamp", "articles": {"L1": {"article_id": "L1", "shade": "jade"}}}
    product, article = seen("get_product", value, product_id="P")
    assert (product.table, article.table, article.id) == ("products", "articles", "L1")
    assert article.context == {("products", "P")}
    assert [a.field for a in article.attributes] == ["shade"]


def test_what_was_asked_about_is_what_a_listing_stands_among():
    def list_orders(
        buyer_id: Annotated[str, Identifier("buyers"), env.Doc("Whose.")],
    ) -> list[Annotated[str, Identifier("orders")]]:
        """List the orders of a buyer."""
        return [buyer_id]

    spec = build("list_orders", list_orders, READ, skip=0).spec
    call = Call(name="list_orders", arguments={"buyer_id": "ada"})
    (found,) = referents_in(["#W1"], spec, 3, call)
    assert found == Referent("orders", "#W1", (), 3, frozenset({("buyers", "ada")}), shown=False)


def test_values_inside_an_object_that_is_no_record_are_said_of_the_record_around_it():
    yields = (
        Yield(path="card_id", meaning=Identifier("cards"), own=True),
        Yield(path="make.name", meaning=TEXT),
        Yield(path="owner.buyer_id", meaning=Identifier("buyers"), own=True),
        Yield(path="owner.name", meaning=TEXT),
    )
    spec = ToolSpec(name="get_card", description="", writes=False, parameters={}, yields=yields)
    value: Json = {"card_id": "C1", "make": {"name": "Blue Card"}, "owner": {"buyer_id": "ada", "name": "Ada"}}
    card, ada = referents_in(value, spec, 0, Call(name="get_card"))
    assert [(a.field, a.value) for a in card.attributes] == [("name", "Blue Card")]
    assert (ada.id, [a.value for a in ada.attributes]) == ("ada", ["Ada"])


def test_only_the_id_marked_as_own_makes_a_record():
    yields = (
        Yield(path="order_id", meaning=Identifier("orders")),
        Yield(path="line_id", meaning=Identifier("lines"), own=True),
    )
    spec = ToolSpec(name="look", description="", writes=False, parameters={}, yields=yields)
    (line,) = referents_in({"order_id": "#W1", "line_id": "7"}, spec, 0, Call(name="look"))
    assert (line.table, line.id, line.context) == ("lines", "7", frozenset({("orders", "#W1")}))


def test_what_is_listed_is_no_longer_once_it_is_shown():
    knowledge = session_of()
    person = SHOP.brief("seed:0").people[0]
    knowledge.call(Call(name="get_buyer", arguments={"buyer_id": person.id}), ())
    listed = [r.id for r in knowledge.listed("orders")]
    assert listed
    assert knowledge.of("orders") == []
    assert [r.id for r in knowledge.beside(knowledge.listed("orders")[0])] == listed
    knowledge.call(Call(name="get_order", arguments={"order_id": listed[0]}), ())
    assert [r.id for r in knowledge.listed("orders")] == listed[1:]
    assert [r.id for r in knowledge.of("orders")] == listed[:1]


def test_a_listing_ends_where_another_begins():
    knowledge = session_of()
    for person in SHOP.brief("seed:0").people[:2]:
        knowledge.call(Call(name="get_buyer", arguments={"buyer_id": person.id}), ())
    for one in knowledge.listed("orders"):
        assert {r.context for r in knowledge.beside(one)} == {one.context}
        assert one in knowledge.beside(one)


def test_where_one_read_of_a_listing_is_needed_all_are():
    knowledge = session_of()
    call = Call(name="list_products")
    knowledge.log += [Logged(call, None, writes=False, needs=n) for n in ((), (0,), (0,), ())]
    assert knowledge.closure({1}) == [0, 1]
    for index in (1, 2):
        knowledge.log[index].together = (1, 2)
    assert knowledge.closure({1}) == [0, 1, 2]


def referent(key: str, source: int, *, shown: bool = True, **values: Json) -> Referent:
    attributes = tuple(Attribute(n, v, TEXT) for n, v in values.items())
    return Referent("orders", key, attributes, source, frozenset(), shown=shown)


def test_the_latest_are_those_shown_as_they_were_seen_last():
    found = [
        referent("A", 0, shade="red"),
        referent("B", 0, shade="red"),
        referent("C", 0, shown=False),
        referent("A", 1, shade="blue"),
    ]
    assert [(r.id, r.source) for r in latest(found, "orders")] == [("A", 1), ("B", 0)]
    assert latest(found, "buyers") == []


def test_a_record_shown_in_two_roles_is_there_in_both():
    found = [referent("A", 0, shade="red"), referent("A", 1, price="12"), referent("A", 2, shade="blue")]
    assert [(r.id, r.source) for r in latest(found, "orders")] == [("A", 2), ("A", 1)]


@pytest.mark.parametrize(("value", "members"), [(None, []), ("a", ["a"]), (["a", "b"], ["a", "b"]), ([], [])])
def test_an_argument_has_members(value, members):
    assert each(value) == members


def test_a_read_is_made_once_unless_it_is_forgotten():
    knowledge = session_of()
    person = SHOP.brief("seed:0").people[0]
    look = Call(name="get_buyer", arguments={"buyer_id": person.id})
    assert knowledge.made(look) == 0 == len(knowledge.log)
    first = knowledge.call(look, ())
    products = knowledge.call(Call(name="list_products"), ())
    assert knowledge.call(look, ()) == first == knowledge.made(look)
    knowledge.forget("get_buyer")
    assert knowledge.made(look) == len(knowledge.log)
    again = knowledge.call(look, ())
    assert again not in {first, products}
    assert knowledge.call(Call(name="list_products"), ()) == products, "what another tool read stands"


def test_whether_a_record_was_shown_follows_what_is_read():
    knowledge = session_of()
    person = SHOP.brief("seed:0").people[0]
    knowledge.call(Call(name="get_buyer", arguments={"buyer_id": person.id}), ())
    key = knowledge.listed("orders")[0].id
    assert knowledge.shows("buyers", person.id)
    assert not knowledge.shows("orders", key)
    knowledge.call(Call(name="get_order", arguments={"order_id": key}), ())
    assert knowledge.shows("orders", key)
    assert not knowledge.shows("articles", key)
