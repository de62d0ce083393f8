"""Binding: whole listings are read, parallel lists go pair by pair, and an address comes in one piece."""

import random
from typing import Annotated

from blueprints.binding import MOST_LISTED, Binder, Bound
from blueprints.knowledge import Knowledge, Referent, people_table
from tests.swap_world import POSTCODES, STREETS, TOWNS, BuyerId, OrderId, SwapShop
from tools_env import authoring as env
from tools_env.calls import Because, Call
from tools_env.port import World

SHOP = SwapShop.world("swaps")
SWAP = SHOP.specs["swap_articles"]
SEEDS = range(120)


def binder(seed: int = 0, person: int = 0, world: World = SHOP) -> Binder:
    brief = world.brief("seed:0")
    knowledge = Knowledge(world.open("seed:0"), dict(world.specs))
    return Binder(knowledge, brief, brief.people[person], random.Random(seed), people_table(world))


def introduced(seed: int = 0, person: int = 0, world: World = SHOP) -> Binder:
    found = binder(seed, person, world)
    assert found.identify() is not None
    return found


def bound_to(tool: str, seed: int) -> tuple[Binder, Bound | None]:
    made = introduced(seed, seed % 8)
    return made, made.bind(SHOP.specs[tool])


def names(made: Binder) -> list[str]:
    return [logged.call.name for logged in made.knowledge.log]


def test_a_finder_that_gives_an_id_alone_is_enough_to_know_the_person():
    made = introduced()
    (known,) = made.knowledge.listed("buyers")
    assert (known.id, names(made)) == (made.person.id, ["find_buyer"])


class TwoFinders(SwapShop):
    """A shop with two ways to find somebody. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.read()
    def find_by_name(
        self, first_name: Annotated[str, env.Doc("First.")], last_name: Annotated[str, env.Doc("Last.")]
    ) -> BuyerId:
        """Find a buyer by name."""
        return self.buyers.one(first_name=first_name, last_name=last_name).buyer_id


def test_no_second_finder_is_asked_for_a_person_whose_id_is_known():
    world = TwoFinders.world("two finders")
    for seed in SEEDS:
        made = introduced(seed, seed % 8, world)
        before = len(names(made))
        made.bind(world.specs["get_buyer"])
        assert names(made)[before:] == []


def test_of_records_listed_by_id_alone_the_whole_listing_is_read():
    several = 0
    for seed in SEEDS:
        made, bound = bound_to("cancel_order", seed)
        assert bound is not None
        (buyer,) = (r for r in made.knowledge.of("buyers"))
        orders = made.knowledge.log[buyer.source].value
        assert isinstance(orders, dict)
        assert isinstance(orders["orders"], list)
        reads = [n for n, logged in enumerate(made.knowledge.log) if logged.call.name == "get_order"]
        assert [made.knowledge.log[n].call.arguments["order_id"] for n in reads] == orders["orders"]
        assert all(made.knowledge.log[n].together == tuple(reads) for n in reads)
        several += len(reads) > 1
    assert several > 20


class Hoard(SwapShop):
    """A shop whose one buyer has a great many orders. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    many = MOST_LISTED

    def fill(self, rng: env.Random) -> None:
        super().fill(rng)
        buyer = next(iter(self.buyers))
        keys = [f"#X{n}" for n in range(self.many)]
        for key in keys:
            self.orders.put(self._order(key, buyer.buyer_id, 0, rng))
        self.buyers.change(buyer, orders=keys)


class Dragon(Hoard):
    """A shop whose one buyer has one order more than that. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    many = MOST_LISTED + 1


def test_a_listing_that_is_too_long_is_left_alone():
    for kind, reads in ((Hoard, MOST_LISTED), (Dragon, 0)):
        world = kind.world("hoard")
        for seed in range(10):
            made = introduced(seed, 0, world)
            bound = made.bind(world.specs["cancel_order"])
            assert (bound is not None) == (reads > 0)
            assert names(made).count("get_order") == reads


def test_a_write_is_bound_to_no_record_that_nobody_has_looked_at():
    made = introduced()
    made.knowledge.call(Call(name="get_buyer", arguments={"buyer_id": made.person.id}), (0,))
    assert made.knowledge.listed("orders")
    assert not made.knowledge.of("orders")
    assert made.bind(SHOP.specs["cancel_order"], depth=0) is None
    read = made.bind(SHOP.specs["get_order"], depth=0)
    assert read is not None


def test_for_each_that_goes_another_of_its_kind_comes():
    pairs = 0
    for seed in SEEDS:
        _, bound = bound_to("swap_articles", seed)
        if bound is None:
            continue
        old, new = (bound.choices[n].referents for n in ("article_ids", "new_article_ids"))
        assert [r.id for r in old] == bound.call.arguments["article_ids"]
        assert [r.id for r in new] == bound.call.arguments["new_article_ids"]
        for one, other in zip(old, new, strict=True):
            assert product(one) == product(other)
            assert one.id != other.id
            assert one.source != other.source
        assert len({r.id for r in (*old, *new)}) == 2 * len(old)
        pairs += len(old)
    assert pairs > 60


def product(referent: Referent) -> str:
    return next(i for t, i in referent.context if t == "products")


def test_a_list_takes_several_of_what_one_call_showed():
    lengths = set()
    for seed in SEEDS:
        _, bound = bound_to("swap_articles", seed)
        if bound is not None:
            some = bound.choices["article_ids"].referents
            assert len({r.source for r in some}) == 1
            lengths.add(len(some))
    assert lengths == {1, 2}


def test_pairs_are_bound_so_that_the_tool_can_take_them():
    """What is there comes before what takes its place, whichever way the arguments are shuffled."""
    there = comes = 0
    for seed in SEEDS:
        _, bound = bound_to("swap_articles", seed)
        if bound is not None:
            order = ("orders", bound.call.arguments["order_id"])
            old, new = (bound.choices[n].referents for n in ("article_ids", "new_article_ids"))
            there += all(order in r.context for r in old)
            comes += any(order in r.context for r in new)
    assert there > 35
    assert comes < there / 2


def test_an_address_comes_in_one_piece():
    places = set()
    for seed in SEEDS:
        _, bound = bound_to("redirect_order", seed)
        assert bound is not None
        given = bound.call.arguments
        place = STREETS.index(str(given["street"]))
        assert (TOWNS[place], POSTCODES[place]) == (given["town"], given["postcode"])
        places.add(place)
    assert len(places) == len(STREETS)


class Loner(SwapShop):
    """A shop with a tool that wants a list of orders. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.write(ask="bundle {order_ids}")
    def bundle(
        self, order_ids: Annotated[list[OrderId], env.Unordered(env.Identifier("orders")), env.Doc("Which.")]
    ) -> str:
        """Send orders together."""
        return " ".join(order_ids)


def test_a_list_of_records_that_several_calls_showed_takes_one():
    """Nothing says that they go together."""
    world = Loner.world("loner")
    for seed in range(40):
        bound = introduced(seed, seed % 8, world).bind(world.specs["bundle"])
        assert bound is not None
        assert len(bound.choices["order_ids"].referents) == 1


def because(path: str) -> Because:
    return Because(path=path, value="packed", instead="waiting")


def test_a_record_that_a_tool_was_refused_for_is_left_alone_by_that_tool():
    for seed in SEEDS:
        made, bound = bound_to("cancel_order", seed)
        assert bound is not None
        refused = str(bound.call.arguments["order_id"])
        made.avoid("cancel_order", because(f"orders/{refused}/status"))
        again = made.bind(SHOP.specs["cancel_order"])
        assert again is None or again.call.arguments["order_id"] != refused
        others = [r.id for r in made.knowledge.of("orders") if r.id != refused]
        assert (again is None) == (not others)


def test_another_tool_may_have_a_record_that_one_was_refused_for():
    served = 0
    for seed in SEEDS:
        made, bound = bound_to("cancel_order", seed)
        assert bound is not None
        refused = bound.call.arguments["order_id"]
        made.avoid("cancel_order", because(f"orders/{refused}/status"))
        other = made.bind(SHOP.specs["redirect_order"])
        served += other is not None and other.call.arguments["order_id"] == refused
    assert served > 20


def test_the_person_themself_is_never_avoided():
    """A fact of theirs forbids the tool altogether, and is no reason to look for somebody else."""
    made = introduced()
    made.avoid("get_buyer", because(f"buyers/{made.person.id}/postcode"))
    made.avoid("get_buyer", None)
    made.avoid("get_buyer", because("nothing"))
    assert made.avoided == {}
    assert made.bind(SHOP.specs["get_buyer"]) is not None


def test_what_goes_with_a_record_is_bound_to_it():
    for seed in SEEDS:
        made, bound = bound_to("cancel_order", seed)
        assert bound is not None
        for order in made.knowledge.of("orders"):
            given = made.bind(SHOP.specs["redirect_order"], given=frozenset({("orders", order.id)}))
            assert given is not None
            assert given.call.arguments["order_id"] == order.id


def test_where_nothing_is_found_the_same_is_not_read_again_and_again():
    for seed in range(20):
        made = introduced(seed, seed % 8)
        for _ in range(3):
            made.bind(SHOP.specs["swap_articles"])
        before = len(made.knowledge.log)
        for _ in range(30):
            made.bind(SHOP.specs["swap_articles"])
        assert len(made.knowledge.log) - before <= len(made.knowledge.of("products")) + len(made.knowledge.of("orders"))
        calls = [(logged.call.name, str(logged.call.arguments)) for logged in made.knowledge.log]
        assert len(calls) == len(set(calls))
