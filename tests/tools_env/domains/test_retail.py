"""What retail's tools do to money, stock and records, found by looking at the records themselves."""

import datetime
from collections.abc import Callable, Iterator
from random import Random
from typing import Literal

import pytest

from tools_env.calls import Call, Edit, Outcome, Refusal, Result
from tools_env.course import Called, Course, Said
from tools_env.domains.retail import Retail
from tools_env.domains.retail.data import fill
from tools_env.domains.retail.records import Books, Customer, Line, Order, PaymentMethod, among
from tools_env.environment import Environment
from tools_env.port import Session
from tools_env.table import Table
from tools_env.values import Json

Speaker = Literal["human", "agent"]
WORLD = Retail.world()
SNAPSHOT = "seed:0"


def seeded() -> Books:
    """The records of the snapshot, read without any tool."""
    books = Books()
    for name, record in Retail.tables_.items():
        setattr(books, name, Table(name, record))
    fill(books, Random("retail/0"))
    return books


BOOKS = seeded()
TERMS = BOOKS.terms
ACTIVE = {m.payment_id: m for m in BOOKS.payment_methods if m.state == "active"}


def wallet(customer_id: str, *kinds: str) -> list[PaymentMethod]:
    return [m for m in ACTIVE.values() if m.customer_id == customer_id and (not kinds or m.kind in kinds)]


def lines_of(order: Order) -> list[Line]:
    return [line for line in BOOKS.lines if line.order_id == order.order_id]


def orders(wanted: Callable[[Order], bool]) -> Iterator[Order]:
    return (order for order in BOOKS.orders if wanted(order))


def untouched(line: Line) -> bool:
    return not any(r.line_id == line.line_id for r in BOOKS.returns)


def customer(order: Order) -> Customer:
    return next(c for c in BOOKS.customers if c.customer_id == order.customer_id)


def call(session: Session, tool: str, /, **arguments: Json) -> Outcome:
    return session.call(Call(name=tool, arguments=arguments))


def value(outcome: Outcome) -> dict[str, Json]:
    assert isinstance(outcome, Result), outcome
    assert isinstance(outcome.value, dict)
    return outcome.value


@pytest.fixture
def session():
    return WORLD.open(SNAPSHOT)


def test_the_books_are_those_of_the_world(session):
    found = value(call(session, "get_order", order_id=next(iter(BOOKS.orders)).order_id))
    assert found["total"] == next(iter(BOOKS.orders)).total


def test_totals_are_lines_and_delivery():
    for order in BOOKS.orders:
        goods = round(sum(line.price * line.quantity for line in lines_of(order)), 2)
        assert order.total == round(goods + order.delivery_fee, 2)
        assert (order.delivery_fee == 0) == (goods >= TERMS.free_delivery_from)


def test_dates_and_statuses_fit():
    for order in BOOKS.orders:
        assert order.placed_on <= BOOKS.now
        assert order.placed_on <= order.arrival
        assert order.status != "delivered" or order.arrival < BOOKS.now
        assert order.status not in {"placed", "being packed"} or order.arrival > BOOKS.now
    assert all(r.requested_on <= BOOKS.now for r in BOOKS.returns)


@pytest.mark.parametrize("late", [False, True])
def test_cancelling_pays_back_less_the_fee_if_late(session, late):
    limit = BOOKS.now - datetime.timedelta(days=TERMS.free_cancel_days)
    order = next(
        order
        for order in orders(lambda o: o.status == "placed" and (o.placed_on < limit) == late)
        if BOOKS.payment_methods[order.payment_id].balance is not None
    )
    before = BOOKS.payment_methods[order.payment_id].balance
    cancelled = value(call(session, "cancel_order", order_id=order.order_id, reason="too slow"))
    refund = round(order.total - (TERMS.cancel_fee if late else 0), 2)
    assert (cancelled["status"], cancelled["refund"]) == ("called off", refund)
    change = session.diff()[f"payment_methods/{order.payment_id}/balance"]
    assert (change.before, change.after) == (before, round((before or 0) + refund, 2))
    again = call(session, "cancel_order", order_id=order.order_id, reason="too slow")
    assert isinstance(again, Refusal)
    assert again.clause == "2.1"


def test_an_order_takes_stock_and_balance(session):
    variant = next(v for v in BOOKS.variants if v.stock > TERMS.reserve + 5)
    method = next(m for m in ACTIVE.values() if m.balance and m.balance > variant.price + 20)
    arguments: dict[str, Json] = {"customer_id": method.customer_id, "variant_id": variant.variant_id}
    order = value(call(session, "place_order", **arguments, quantity=1, payment_id=method.payment_id))
    fee = 0 if variant.price >= TERMS.free_delivery_from else TERMS.delivery_fee
    assert order["total"] == round(variant.price + fee, 2)
    diff = session.diff()
    assert diff[f"variants/{variant.variant_id}/stock"].after == variant.stock - 1
    assert diff[f"payment_methods/{method.payment_id}/balance"].after == round(
        (method.balance or 0) - variant.price - fee, 2
    )
    assert {path.split("/")[0] for path in diff} == {"variants", "payment_methods", "orders", "lines"}
    found = value(call(session, "get_order", order_id=order["order_id"]))
    assert found == order
    assert isinstance(call(session, "cancel_order", order_id=order["order_id"], reason="a duplicate"), Result)


def test_too_many_pieces_or_none_are_refused(session):
    method = next(m for m in ACTIVE.values() if m.kind == "card")
    variant = next(v for v in BOOKS.variants if v.stock > TERMS.reserve)
    for quantity in (0, -1, TERMS.order_limit + 1):
        outcome = call(
            session,
            "place_order",
            customer_id=method.customer_id,
            variant_id=variant.variant_id,
            quantity=quantity,
            payment_id=method.payment_id,
        )
        assert isinstance(outcome, Refusal)
        assert outcome.clause == "3.5"


def returnable() -> Iterator[tuple[Order, Line]]:
    recent = BOOKS.now - datetime.timedelta(days=TERMS.return_days)
    for order in orders(lambda o: o.status == "delivered" and o.arrival >= recent):
        for line in lines_of(order):
            if untouched(line) and among(line.sale_type, TERMS.returnable) and wallet(order.customer_id):
                yield order, line


@pytest.mark.parametrize(("reason", "fee"), [("is no longer wanted", TERMS.return_fee), ("does not fit", 0.0)])
def test_a_return_then_its_pickup(session, reason, fee):
    order, line = next(returnable())
    method = wallet(order.customer_id)[0]
    arguments: dict[str, Json] = {"order_id": order.order_id, "line_id": line.line_id, "refund_to": method.payment_id}
    found = value(call(session, "request_return", **arguments, reason=reason))
    assert found["refund_due"] == round(line.price * line.quantity - fee, 2)
    assert session.breaches(Course()) == ()
    day = (BOOKS.now + datetime.timedelta(days=3)).isoformat()
    assert value(call(session, "book_pickup", return_id=found["return_id"], day=day))["pickup"] == day
    twice = call(session, "request_return", **arguments, reason=reason)
    assert isinstance(twice, Refusal)
    assert value(call(session, "withdraw_return", return_id=found["return_id"]))["status"] == "called off"
    assert isinstance(call(session, "request_return", **arguments, reason=reason), Result)
    late = call(session, "book_pickup", return_id=found["return_id"], day=day)
    assert isinstance(late, Refusal)
    assert late.clause == "4.6"


@pytest.mark.parametrize("offset", [0, -1, TERMS.days_ahead + 1])
def test_a_pickup_lies_within_the_days_ahead(session, offset):
    live = next(r for r in BOOKS.returns if r.status == "open")
    day = (BOOKS.now + datetime.timedelta(days=offset)).isoformat()
    outcome = call(session, "book_pickup", return_id=live.return_id, day=day)
    assert isinstance(outcome, Refusal)
    assert outcome.clause == "2.5"


def test_the_last_day_of_a_window_still_counts_and_tiers_have_longer():
    order, line = next((o, n) for o, n in returnable() if customer(o).tier == "basic")
    method = wallet(order.customer_id)[0]
    arguments: dict[str, Json] = {
        "order_id": order.order_id,
        "line_id": line.line_id,
        "reason": "does not fit",
        "refund_to": method.payment_id,
    }

    def outcome(days: int, tier: str) -> str | None:
        arrival = (BOOKS.now - datetime.timedelta(days=days)).isoformat()
        setup = (
            Edit(path=f"orders/{order.order_id}/arrival", value=arrival),
            Edit(path=f"customers/{order.customer_id}/tier", value=tier),
        )
        found = call(WORLD.open(SNAPSHOT, setup), "request_return", **arguments)
        return found.clause if isinstance(found, Refusal) else None

    days, longer = TERMS.return_days, TERMS.return_days + TERMS.extra_days
    assert [outcome(days, "basic"), outcome(days + 1, "basic")] == [None, "4.1"]
    assert [outcome(longer, "club"), outcome(longer + 1, "club")] == [None, "4.1"]


def test_a_claim_then_its_settlement(session):
    order, line = next(returnable())
    claim = value(call(session, "open_claim", order_id=order.order_id, line_id=line.line_id, problem="stopped working"))
    assert claim["status"] == "waiting"
    settled = value(call(session, "settle_claim", claim_id=claim["claim_id"], remedy="repair"))
    assert (settled["status"], settled["remedy"]) == ("settled", "repair")
    again = call(session, "settle_claim", claim_id=claim["claim_id"], remedy="refund")
    assert isinstance(again, Refusal)
    assert again.clause == "5.3"


def test_switching_and_exchanging_settle_the_difference(session):
    for order in orders(lambda o: o.status == "placed"):
        line = lines_of(order)[0]
        for method in wallet(order.customer_id, "card"):
            for variant in BOOKS.variants.where(product_id=line.product_id):
                if variant.stock > TERMS.reserve and variant.variant_id != line.variant_id:
                    found = value(
                        call(
                            session,
                            "switch_variant",
                            order_id=order.order_id,
                            line_id=line.line_id,
                            variant_id=variant.variant_id,
                            payment_id=method.payment_id,
                        )
                    )
                    difference = (variant.price - line.price) * line.quantity
                    assert found["total"] == pytest.approx(order.total + difference)
                    assert session.diff()[f"variants/{variant.variant_id}/stock"].after == variant.stock - line.quantity
                    return
    pytest.fail("no order could be switched")


def test_changing_the_payment_gives_the_first_one_its_money_back(session):
    order = next(
        o
        for o in orders(lambda o: o.status == "placed")
        if BOOKS.payment_methods[o.payment_id].kind != "card" and wallet(o.customer_id, "card")
    )
    card, first = wallet(order.customer_id, "card")[0], BOOKS.payment_methods[order.payment_id]
    assert value(call(session, "change_order_payment", order_id=order.order_id, payment_id=card.payment_id))
    change = session.diff()[f"payment_methods/{first.payment_id}/balance"]
    assert change.after == round((first.balance or 0) + order.total, 2)


def test_balance_moves_whole(session):
    pairs = (
        (a, b)
        for a in ACTIVE.values()
        for b in wallet(a.customer_id, "gift card", "store account")
        if a.balance and b.balance and a is not b and a.balance > 30 and b.balance + 30 < TERMS.balance_cap
    )
    source, target = next(pairs)
    ids: dict[str, Json] = {"from_payment_id": source.payment_id, "to_payment_id": target.payment_id}
    outcome = call(session, "move_balance", **ids, amount=12.34)
    assert isinstance(outcome, Result)
    after = {p.split("/")[1]: c.after for p, c in session.diff().items()}
    assert after == {
        source.payment_id: round((source.balance or 0) - 12.34, 2),
        target.payment_id: round((target.balance or 0) + 12.34, 2),
    }
    for amount, clause in ((0, None), (-5, None), (5000, "3.2")):
        refused = call(session, "move_balance", **ids, amount=amount)
        assert isinstance(refused, Refusal)
        assert refused.clause == clause


def test_points_become_balance(session):
    rich = {c.customer_id: c for c in BOOKS.customers if c.points >= TERMS.points_min}
    method = next(
        m
        for m in ACTIVE.values()
        if m.customer_id in rich and m.balance is not None and m.balance + 40 < TERMS.balance_cap
    )
    points = rich[method.customer_id].points
    found = value(call(session, "redeem_points", customer_id=method.customer_id, payment_id=method.payment_id))
    assert found["balance"] == round((method.balance or 0) + round(points / TERMS.points_rate, 2), 2)
    assert session.diff()[f"customers/{method.customer_id}/points"].after == 0


def test_a_new_address_brings_its_postcode(session):
    old = BOOKS.now - datetime.timedelta(days=TERMS.address_days)
    who = next(c for c in BOOKS.customers if c.address_changed_on <= old)
    moved = value(
        call(session, "update_address", customer_id=who.customer_id, address="4 Cobbler Yard, Ashcombe 40118")
    )
    assert (moved["postcode"], moved["address_changed_on"]) == ("40118", BOOKS.now.isoformat())
    found = call(session, "find_customer_by_name_and_postcode", name=who.name.upper(), postcode="40118")
    assert value(found)["customer_id"] == who.customer_id
    again = call(session, "update_address", customer_id=who.customer_id, address="5 Cobbler Yard, Ashcombe 40118")
    assert isinstance(again, Refusal)
    assert again.clause == "5.4"


def talk(*steps: tuple[Speaker, str] | Call) -> tuple[str, ...]:
    """Clauses of conduct that a talk breaks; calls are carried out, what is said is only said."""
    session = WORLD.open(SNAPSHOT)
    events: list[Called | Said] = []
    for step in steps:
        if isinstance(step, Call):
            outcome = session.call(step)
            writes = WORLD.specs[step.name].writes
            events.append(Called(call_id="c", call=step, outcome=outcome, writes=writes, batch=len(events)))
        else:
            events.append(Said(speaker=step[0], text=step[1]))
    return tuple(sorted({b.clause for b in session.breaches(Course(events=tuple(events)))}))


def test_conduct_of_a_talk():
    order = next(orders(lambda o: o.status == "placed" and o.total > TERMS.gift_from))
    find = Call(name="find_customer_by_email", arguments={"email": customer(order).email})
    look = Call(name="get_order", arguments={"order_id": order.order_id})
    gift = Call(name="set_gift_message", arguments={"order_id": order.order_id, "message": "Enjoy"})
    stranger = next(c for c in BOOKS.customers if c.customer_id != order.customer_id)
    other = Call(name="list_orders", arguments={"customer_id": stranger.customer_id})
    asked: tuple[Speaker, str] = ("agent", f"Shall I print it on the order you placed on {order.placed_on}?")
    assert talk(("human", "Hi"), find, look, asked, ("human", "Yes, please"), gift) == ()
    assert talk(("human", "Hi"), look, find, asked, ("human", "Yes, please"), gift) == ("1.1",)
    assert talk(("human", "Hi"), find, look, other) == ("1.2",)
    assert talk(("human", "Hi"), find, look, gift) == ("1.3",)
    assert talk(("human", "Hi"), find, look, ("agent", "Shall I print it?"), ("human", "Yes"), gift) == ("1.3",)


def test_retail_is_an_environment():
    assert issubclass(Retail, Environment)
    assert [*Retail.tables_] == [
        "customers",
        "payment_methods",
        "products",
        "variants",
        "orders",
        "lines",
        "returns",
        "exchanges",
        "claims",
    ]
