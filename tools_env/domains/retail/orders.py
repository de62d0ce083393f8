"""The desk for orders: what there is to buy, new orders, and changes before an order leaves."""

from datetime import timedelta
from typing import Annotated

from tools_env.authoring import Count, Date, Doc, Refused, money, read, write
from tools_env.domains.retail.payments import Payments
from tools_env.domains.retail.records import (
    Address,
    CancelReason,
    Category,
    CustomerId,
    Line,
    LineId,
    Message,
    Order,
    OrderId,
    OrderWithLines,
    PaymentId,
    Product,
    ProductId,
    Variant,
    VariantId,
    among,
)


class Orders(Payments):
    """Tools around products and around orders that have not left yet."""

    @read()
    def list_products(self, category: Annotated[Category, Doc("The category to look in.")]) -> list[Product]:
        """List the products of a category."""
        return self.products.where(category=category)

    @read()
    def list_variants(self, product_id: ProductId) -> list[Variant]:
        """List the colours and sizes of a product with price and stock."""
        return self.variants.where(product_id=self.products[product_id].product_id)

    @read()
    def list_orders(self, customer_id: CustomerId) -> list[Order]:
        """List the orders of a customer."""
        return self.orders.where(customer_id=self.customers[customer_id].customer_id)

    @read()
    def get_order(self, order_id: OrderId) -> OrderWithLines:
        """Look at one order with its lines."""
        order = self.orders[order_id]
        return OrderWithLines.model_construct(**order.__dict__, lines=self.lines.where(order_id=order_id))

    @write("3.1", "3.2", "3.4", "3.5", ask="order {quantity} of {variant_id} and pay with {payment_id}")
    def place_order(
        self,
        customer_id: CustomerId,
        variant_id: VariantId,
        quantity: Annotated[Count, Doc("How many pieces.")],
        payment_id: PaymentId,
    ) -> OrderWithLines:
        """Order some pieces of one variant, sent to the customer's address on file."""
        customer, variant = self.customers[customer_id], self.variants[variant_id]
        method = self.method_of(customer_id, payment_id)
        if not 1 <= quantity <= self.terms.order_limit:
            raise Refused("3.5", f"{quantity} pieces cannot be ordered at once.")
        self.require_stock(variant)
        goods = money(variant.price * quantity)
        fee = 0.0 if goods >= self.terms.free_delivery_from else self.terms.delivery_fee
        self.charge(method, money(goods + fee))
        self.variants.change(variant, stock=variant.stock - quantity)
        order = self.orders.put(
            Order(
                order_id=self.orders.new_id("F", 70_000),
                customer_id=customer_id,
                placed_on=self.now,
                status="placed",
                arrival=self.now + timedelta(days=6),
                carrier="parcel post",
                address=customer.address,
                payment_id=payment_id,
                delivery_fee=fee,
                total=money(goods + fee),
            )
        )
        return OrderWithLines.model_construct(**order.__dict__, lines=[self._line(order, variant, quantity)])

    def _line(self, order: Order, variant: Variant, quantity: int) -> Line:
        product = self.products[variant.product_id]
        line = Line(
            line_id=f"{order.order_id}-1",
            order_id=order.order_id,
            customer_id=order.customer_id,
            product_id=product.product_id,
            variant_id=variant.variant_id,
            product=product.name,
            category=product.category,
            colour=variant.colour,
            size=variant.size,
            price=variant.price,
            quantity=quantity,
            sale_type=variant.sale_type,
            warranty_until=self.now + timedelta(days=30 * product.warranty_months),
        )
        return self.lines.put(line)

    @write("2.1", "2.2", ask="cancel {order_id} because it is {reason}")
    def cancel_order(self, order_id: OrderId, reason: Annotated[CancelReason, Doc("Why it is cancelled.")]) -> Order:
        """Cancel an order and pay it back, less the fee if there is one."""
        order = self._open_order(order_id)
        late = self.now > order.placed_on + timedelta(days=self.terms.free_cancel_days)
        refund = max(0.0, money(order.total - self.terms.cancel_fee)) if late else order.total
        self.move(self.payment_methods[order.payment_id], refund)
        return self.orders.change(order, status="called off", refund=refund, cancel_reason=reason)

    @write("2.1", ask="have {order_id} sent to {address} instead")
    def change_order_address(self, order_id: OrderId, address: Address) -> Order:
        """Send an order to another address."""
        return self.orders.change(self._open_order(order_id), address=address.strip())

    @write("2.1", "2.5", ask="have {order_id} arrive on {day} instead")
    def change_arrival(self, order_id: OrderId, day: Annotated[Date, Doc("The day it should arrive.")]) -> Order:
        """Choose another day for the arrival of an order."""
        order = self._open_order(order_id)
        self.require_day(day)
        return self.orders.change(order, arrival=day)

    @write("2.1", "3.1", "3.2", ask="pay for {order_id} with {payment_id} instead")
    def change_order_payment(self, order_id: OrderId, payment_id: PaymentId) -> Order:
        """Pay for an order with another payment method; the one used before gets its money back."""
        order = self._open_order(order_id)
        method = self.method_of(order.customer_id, payment_id)
        if method.payment_id == order.payment_id:
            raise Refused("", "The order is paid with this payment method already.")
        self.charge(method, order.total)
        self.move(self.payment_methods[order.payment_id], order.total)
        return self.orders.change(order, payment_id=payment_id)

    @write("2.1", "2.6", ask='have "{message}" printed as the gift message of {order_id}')
    def set_gift_message(self, order_id: OrderId, message: Message) -> Order:
        """Put a gift message into an order, in place of an earlier one."""
        order = self._open_order(order_id)
        if order.total < self.terms.gift_from:
            fact = self.orders.because(order, "total", self.terms.gift_from + 12.4)
            raise Refused("2.6", f"The total of the order is only {order.total:.2f}.", fact)
        return self.orders.change(order, gift_message=message)

    @write(
        "2.1",
        "3.1",
        "3.2",
        "3.4",
        "4.4",
        ask="switch {line_id} in {order_id} to {variant_id}, settled with {payment_id}",
    )
    def switch_variant(
        self, order_id: OrderId, line_id: LineId, variant_id: VariantId, payment_id: PaymentId
    ) -> OrderWithLines:
        """Switch a line of an order that has not left to another colour or size of the same product."""
        order = self._open_order(order_id)
        line, method = self.line_of(order, line_id), self.method_of(order.customer_id, payment_id)
        variant = self.variant_like(line, variant_id)
        self.require_stock(variant)
        difference = money((variant.price - line.price) * line.quantity)
        self.charge(method, difference)
        self.variants.change(variant, stock=variant.stock - line.quantity)
        self.lines.change(
            line,
            variant_id=variant_id,
            colour=variant.colour,
            size=variant.size,
            price=variant.price,
            sale_type=variant.sale_type,
        )
        self.orders.change(order, total=money(order.total + difference))
        return self.get_order(order_id)

    def _open_order(self, order_id: str) -> Order:
        order = self.orders[order_id]
        if not among(order.status, self.terms.open_statuses):
            fact = self.were(order, "placed", arrival=max(order.arrival, self.now + timedelta(days=5)))
            raise Refused("2.1", f"The order is {order.status}.", fact)
        return order
