"""What the shop keeps: customers, what they pay with, products, orders, and what comes back."""

import datetime
from typing import Annotated, Literal, TypeAlias

from tools_env.authoring import Amount, Contact, Count, Date, Doc, Identifier, Prose, Record, Table, Terms

CustomerId = Annotated[str, Identifier("customers"), Doc("The customer's id.")]
PaymentId = Annotated[str, Identifier("payment_methods"), Doc("The id of one of the customer's payment methods.")]
ProductId = Annotated[str, Identifier("products"), Doc("The product's id.")]
VariantId = Annotated[str, Identifier("variants"), Doc("The id of a variant of a product.")]
OrderId = Annotated[str, Identifier("orders"), Doc("The order's id.")]
LineId = Annotated[str, Identifier("lines"), Doc("The id of a line of the order.")]
ReturnId = Annotated[str, Identifier("returns"), Doc("The return's id.")]
ExchangeId = Annotated[str, Identifier("exchanges"), Doc("The exchange's id.")]
ClaimId = Annotated[str, Identifier("claims"), Doc("The claim's id.")]

Email = Annotated[str, Contact("email"), Doc("The email address the customer gave.")]
Phone = Annotated[str, Contact("phone")]
Address = Annotated[
    str, Contact("street address"), Doc("Street, town and postcode, as in '12 Alder Row, Fenwick 40213'.")
]
Message = Annotated[str, Prose("gift message"), Doc("The words to print on the gift card.")]

Category: TypeAlias = Literal[
    "lighting", "furniture", "planters", "textiles", "storage", "garden tools", "camping", "grills"
]
Tier: TypeAlias = Literal["basic", "seasonal", "club"]
Standing: TypeAlias = Literal["good", "under review", "suspended"]
MethodKind: TypeAlias = Literal["card", "gift card", "store account"]
MethodState: TypeAlias = Literal["active", "expired", "blocked"]
OrderStatus: TypeAlias = Literal[
    "placed", "being packed", "with the carrier", "delivered", "called off", "sent back by the carrier"
]
Carrier: TypeAlias = Literal["parcel post", "own van", "freight truck", "bicycle courier"]
SoldAs: TypeAlias = Literal["regular stock", "seasonal special", "clearance"]
CancelReason: TypeAlias = Literal["no longer needed", "too slow", "too expensive", "a duplicate"]
ReturnReason: TypeAlias = Literal["is no longer wanted", "does not fit", "looks different", "came too late"]
ReturnStatus: TypeAlias = Literal["open", "collected", "refunded", "called off"]
Problem: TypeAlias = Literal["arrived broken", "came with parts missing", "was the wrong item", "stopped working"]
Remedy: TypeAlias = Literal["replacement", "repair", "refund"]
ClaimStatus: TypeAlias = Literal["waiting", "settled", "declined"]


class Customer(Record):
    customer_id: CustomerId
    name: str
    email: Email
    phone: Phone
    address: Address
    postcode: str
    tier: Tier
    standing: Standing
    points: Count
    joined_on: Date
    address_changed_on: Date


class PaymentMethod(Record):
    payment_id: PaymentId
    customer_id: CustomerId
    kind: MethodKind
    ending: str
    state: MethodState
    balance: Amount | None = None


class Product(Record):
    product_id: ProductId
    name: str
    category: Category
    material: str
    warranty_months: Count


class Variant(Record):
    variant_id: VariantId
    product_id: ProductId
    product: str
    colour: str
    size: str
    price: Amount
    stock: Count
    sale_type: SoldAs


class Order(Record):
    order_id: OrderId
    customer_id: CustomerId
    placed_on: Date
    status: OrderStatus
    arrival: Date
    carrier: Carrier
    address: Address
    payment_id: PaymentId
    delivery_fee: Amount
    total: Amount
    refund: Amount = 0.0
    cancel_reason: CancelReason | None = None
    gift_message: Message = ""


class Line(Record):
    line_id: LineId
    order_id: OrderId
    customer_id: CustomerId
    product_id: ProductId
    variant_id: VariantId
    product: str
    category: Category
    colour: str
    size: str
    price: Amount
    quantity: Count
    sale_type: SoldAs
    warranty_until: Date


class OrderWithLines(Order):
    lines: list[Line]


class Return(Record):
    return_id: ReturnId
    customer_id: CustomerId
    order_id: OrderId
    line_id: LineId
    product: str
    reason: ReturnReason
    refund_to: PaymentId
    refund_due: Amount
    requested_on: Date
    status: ReturnStatus
    pickup: Date | None = None


class Exchange(Record):
    exchange_id: ExchangeId
    customer_id: CustomerId
    order_id: OrderId
    line_id: LineId
    product: str
    variant_id: VariantId
    colour: str
    size: str
    difference: Amount
    payment_id: PaymentId
    requested_on: Date


class Claim(Record):
    claim_id: ClaimId
    customer_id: CustomerId
    order_id: OrderId
    line_id: LineId
    product: str
    problem: Problem
    opened_on: Date
    status: ClaimStatus
    remedy: Remedy | None = None


class RetailTerms(Terms):
    """The policy's figures; where several values are eligible they stand as `a or b`, or `a, b` for categories."""

    open_statuses: str
    free_cancel_days: int
    cancel_fee: float
    address_carriers: str
    service_tiers: str
    days_ahead: int
    gift_from: float
    usable_states: str
    buying_standings: str
    reserve: int
    order_limit: int
    free_delivery_from: float
    delivery_fee: float
    balance_cap: float
    points_min: int
    points_rate: int
    return_days: int
    extra_days: int
    returnable: str
    return_fee: float
    exchange_days: int
    exchange_classes: str
    live_returns: str
    claim_days: int
    replacement_from: float
    live_claims: str
    address_days: int


def among(value: str, eligible: str) -> bool:
    """Whether a value is one of those that a figure such as `placed or being packed` names."""
    return value in eligible.replace(", ", " or ").split(" or ")


class Books:
    """The tables of the shop, its date and its terms: what every desk of the shop works on."""

    customers: Table[Customer]
    payment_methods: Table[PaymentMethod]
    products: Table[Product]
    variants: Table[Variant]
    orders: Table[Order]
    lines: Table[Line]
    returns: Table[Return]
    exchanges: Table[Exchange]
    claims: Table[Claim]
    now: datetime.date
    terms: RetailTerms
