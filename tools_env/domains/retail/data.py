"""One snapshot's worth of shop, from a seeded generator alone."""

import datetime
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final, TypeVar

from tools_env.authoring import money, people
from tools_env.domains.retail.catalogue import CATALOGUE, Model
from tools_env.domains.retail.people import STREETS, TOWNS
from tools_env.domains.retail.records import (
    Books,
    Carrier,
    Claim,
    ClaimStatus,
    Customer,
    Line,
    MethodKind,
    MethodState,
    Order,
    OrderStatus,
    PaymentMethod,
    Problem,
    Product,
    RetailTerms,
    Return,
    ReturnReason,
    ReturnStatus,
    SoldAs,
    Standing,
    Tier,
    Variant,
)

CUSTOMERS: Final = 520
T = TypeVar("T")

# What share of the records, in percent or by weight, is of which kind.
_TIERS: Mapping[Tier, int] = {"basic": 45, "seasonal": 20, "club": 35}
_STANDINGS: Mapping[Standing, int] = {"good": 84, "under review": 9, "suspended": 7}
_WALLETS: Mapping[tuple[MethodKind, ...], int] = {
    ("card",): 20,
    ("card", "gift card"): 20,
    ("card", "card", "store account"): 20,
    ("card", "gift card", "store account"): 20,
    ("card", "gift card", "gift card", "store account"): 20,
}
_STATES: Mapping[MethodState, int] = {"active": 90, "expired": 6, "blocked": 4}
_SOLD_AS: Mapping[SoldAs, int] = {"regular stock": 72, "seasonal special": 15, "clearance": 13}
_STOCK: Mapping[tuple[int, int], int] = {(0, 1): 4, (10, 13): 16, (13, 19): 14, (19, 96): 66}
_CARRIERS: Mapping[Carrier, int] = {"parcel post": 55, "own van": 18, "freight truck": 15, "bicycle courier": 12}
# Status, and how many days ago the arrival was (negative: it is still to come).
_STAGES: Mapping[tuple[OrderStatus, int, int], int] = {
    ("placed", -10, -3): 27,
    ("being packed", -7, -2): 9,
    ("with the carrier", -4, 0): 9,
    ("delivered", 1, 31): 27,
    ("delivered", 31, 131): 11,
    ("delivered", 380, 1250): 9,
    ("called off", -6, 12): 5,
    ("sent back by the carrier", 1, 14): 5,
}
_REASONS: Mapping[ReturnReason, int] = {
    "is no longer wanted": 4,
    "does not fit": 3,
    "looks different": 2,
    "came too late": 1,
}
_PROBLEMS: Mapping[Problem, int] = {
    "arrived broken": 3,
    "came with parts missing": 2,
    "was the wrong item": 2,
    "stopped working": 2,
}
_FATES: Mapping[str, int] = {"kept": 72, "returned": 16, "claimed": 12}
_RETURNED: Mapping[ReturnStatus, int] = {"open": 4, "collected": 2, "refunded": 2, "called off": 2}
_CLAIMED: Mapping[ClaimStatus, int] = {"waiting": 5, "settled": 3, "declined": 2}
_SHELVES = tuple(dict.fromkeys(model.category for model in CATALOGUE))


def draw_terms(rng: Random) -> RetailTerms:
    """The figures of one snapshot's policy."""
    return RetailTerms(
        open_statuses=rng.choice(["placed", "placed or being packed"]),
        free_cancel_days=rng.choice([1, 2, 3]),
        cancel_fee=rng.choice([4.5, 6.0, 7.5, 9.0]),
        address_carriers=rng.choice(["parcel post", "parcel post or own van", "parcel post or bicycle courier"]),
        service_tiers=rng.choice(["club", "club or seasonal"]),
        days_ahead=rng.choice([14, 18, 21, 28]),
        gift_from=rng.choice([60.0, 80.0, 110.0]),
        usable_states="active",
        buying_standings="good",
        reserve=rng.choice([12, 14, 16, 18]),
        order_limit=rng.choice([6, 8, 10]),
        free_delivery_from=rng.choice([80.0, 100.0, 120.0]),
        delivery_fee=rng.choice([4.9, 5.9, 6.9]),
        balance_cap=rng.choice([350.0, 400.0, 450.0]),
        points_min=rng.choice([300, 400, 500]),
        points_rate=rng.choice([50, 80, 100]),
        return_days=rng.choice([21, 30, 45, 60]),
        extra_days=rng.choice([5, 7, 10]),
        returnable=rng.choice(["regular stock", "regular stock or seasonal special"]),
        return_fee=rng.choice([3.5, 5.5, 8.0]),
        exchange_days=rng.choice([20, 28, 35, 50]),
        exchange_classes=", ".join(sorted(rng.sample(_SHELVES, rng.choice([5, 6])))),
        live_returns="open",
        claim_days=rng.choice([10, 15, 25, 40]),
        replacement_from=rng.choice([30.0, 40.0, 55.0]),
        live_claims="waiting",
        address_days=rng.choice([60, 90, 120]),
    )


def fill(books: Books, rng: Random) -> None:
    """Fill every table, the date and the terms."""
    books.now = datetime.date(2026, 1, 12) + datetime.timedelta(days=rng.randrange(300))
    books.terms = draw_terms(rng)
    Stocktaking(books, rng).fill()


class Stocktaking:
    """The making of one snapshot, table by table."""

    def __init__(self, books: Books, rng: Random) -> None:
        self.books = books
        self.rng = rng
        self.shelf: list[tuple[Product, list[Variant]]] = []

    def fill(self) -> None:
        """Make products, then each customer with what they pay with and what they ordered."""
        rng = self.rng
        keys = iter(rng.sample(range(1000, 9999), 400))
        self.shelf = [self._product(model, keys) for model in CATALOGUE]
        orders = iter(rng.sample(range(20_000, 70_000), CUSTOMERS * 3))
        methods = iter(rng.sample(range(100_000, 900_000), CUSTOMERS * 4))
        numbers = rng.sample(range(4000, 9000), CUSTOMERS)
        for number, (name, email) in zip(numbers, people(rng, CUSTOMERS), strict=True):
            customer = self._customer(f"C{number}", name, email)
            wallet = [self._method(customer, kind, methods) for kind in self._draw(_WALLETS)]
            for _ in range(rng.choice([1, 2, 2, 3, 3])):
                self._order(customer, rng.choice(wallet), f"F{next(orders)}")

    def _draw(self, shares: Mapping[T, int]) -> T:
        return self.rng.choices([*shares], [*shares.values()])[0]

    def _back(self, days: int) -> datetime.date:
        return self.books.now - datetime.timedelta(days=days)

    def _product(self, model: Model, keys: Iterator[int]) -> tuple[Product, list[Variant]]:
        product = Product(
            product_id=f"G{next(keys)}",
            name=model.name,
            category=model.category,
            material=model.material,
            warranty_months=model.warranty,
        )
        variants = [
            Variant(
                variant_id=f"{product.product_id}-{next(keys)}",
                product_id=product.product_id,
                product=product.name,
                colour=colour,
                size=size,
                price=money(model.price * (1 + 0.34 * step) + self.rng.randrange(320) / 100),
                stock=self.rng.randrange(*self._draw(_STOCK)),
                sale_type=self._draw(_SOLD_AS),
            )
            for colour in model.colours.split("/")
            for step, size in enumerate(model.sizes.split("/"))
        ]
        return self.books.products.put(product), [self.books.variants.put(v) for v in variants]

    def _customer(self, key: str, name: str, email: str) -> Customer:
        rng, postcode = self.rng, str(self.rng.randrange(40_100, 48_900))
        customer = Customer(
            customer_id=key,
            name=name,
            email=email,
            phone=f"{rng.randrange(201, 990)}-555-01{rng.randrange(100):02d}",
            address=f"{rng.randrange(1, 180)} {rng.choice(STREETS)}, {rng.choice(TOWNS)} {postcode}",
            postcode=postcode,
            tier=self._draw(_TIERS),
            standing=self._draw(_STANDINGS),
            points=rng.randrange(40, 1900),
            joined_on=self._back(rng.randrange(1300, 3400)),
            address_changed_on=self._back(rng.choice([rng.randrange(8, 59), rng.randrange(121, 1300)])),
        )
        return self.books.customers.put(customer)

    def _method(self, customer: Customer, kind: MethodKind, keys: Iterator[int]) -> PaymentMethod:
        most = self.rng.choice([34_000, 43_000])
        method = PaymentMethod(
            payment_id=f"PM{next(keys)}",
            customer_id=customer.customer_id,
            kind=kind,
            ending=f"{self.rng.randrange(1001, 9999)}",
            state=self._draw(_STATES),
            balance=None if kind == "card" else self.rng.randrange(1150, most) / 100,
        )
        return self.books.payment_methods.put(method)

    def _order(self, customer: Customer, method: PaymentMethod, key: str) -> None:
        rng = self.rng
        status, earliest, latest = self._draw(_STAGES)
        age = rng.randrange(earliest, latest)
        placed = self._back(max(age, 0) + rng.randrange(1, 8))
        chosen = enumerate(rng.sample(self.shelf, rng.choice([1, 2, 2, 3])), 1)
        lines = [self._line(customer, f"{key}-{n}", item, rng.choice(sorts), placed) for n, (item, sorts) in chosen]
        goods = money(sum(line.price * line.quantity for line in lines))
        fee = 0.0 if goods >= self.books.terms.free_delivery_from else self.books.terms.delivery_fee
        order = Order(
            order_id=key,
            customer_id=customer.customer_id,
            placed_on=placed,
            status=status,
            arrival=self._back(age),
            carrier=self._draw(_CARRIERS),
            address=customer.address,
            payment_id=method.payment_id,
            delivery_fee=fee,
            total=money(goods + fee),
            refund=money(goods + fee) if status == "called off" else 0.0,
        )
        self.books.orders.put(order)
        for line in lines if status == "delivered" else ():
            self._fate(order, line, rng.randrange(min(20, age)))

    def _line(self, customer: Customer, key: str, item: Product, variant: Variant, placed: datetime.date) -> Line:
        line = Line(
            line_id=key,
            order_id=key.rpartition("-")[0],
            customer_id=customer.customer_id,
            product_id=item.product_id,
            variant_id=variant.variant_id,
            product=item.name,
            category=item.category,
            colour=variant.colour,
            size=variant.size,
            price=variant.price,
            quantity=self.rng.choice([1, 1, 1, 2, 3]),
            sale_type=variant.sale_type,
            warranty_until=placed + datetime.timedelta(days=30 * item.warranty_months),
        )
        return self.books.lines.put(line)

    def _fate(self, order: Order, line: Line, since: int) -> None:
        """Some lines already came back or are complained about, since so many days."""
        match self._draw(_FATES):
            case "returned":
                status = self._draw(_RETURNED)
                self.books.returns.put(
                    Return(
                        return_id=f"R{line.line_id[1:].replace('-', '')}",
                        customer_id=order.customer_id,
                        order_id=order.order_id,
                        line_id=line.line_id,
                        product=line.product,
                        reason=self._draw(_REASONS),
                        refund_to=order.payment_id,
                        refund_due=money(line.price * line.quantity),
                        requested_on=self._back(since),
                        status=status,
                        pickup=None if status == "open" else self._back(since // 2),
                    )
                )
            case "claimed":
                state = self._draw(_CLAIMED)
                self.books.claims.put(
                    Claim(
                        claim_id=f"K{line.line_id[1:].replace('-', '')}",
                        customer_id=order.customer_id,
                        order_id=order.order_id,
                        line_id=line.line_id,
                        product=line.product,
                        problem=self._draw(_PROBLEMS),
                        opened_on=self._back(since),
                        status=state,
                        remedy=self.rng.choice(["repair", "refund"]) if state == "settled" else None,
                    )
                )
