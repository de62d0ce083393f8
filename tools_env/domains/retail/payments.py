"""Money and goods: what every desk does before it charges, pays back or takes something off the shelf."""

import datetime

from tools_env.authoring import Because, Refused, money
from tools_env.domains.retail.records import Books, Line, Order, OrderStatus, PaymentMethod, Variant, among


class Payments(Books):
    """Shared moves of the desks; none of them is a tool."""

    def method_of(self, customer_id: str, payment_id: str) -> PaymentMethod:
        """A payment method of this very customer."""
        method = self.payment_methods[payment_id]
        if method.customer_id != customer_id:
            raise Refused("", f"{payment_id} is no payment method of customer {customer_id}.")
        return method

    def were(self, order: Order, status: OrderStatus, arrival: datetime.date) -> Because:
        """The status of an order as the deciding fact: at another one it arrives on that day, and is not paid back."""
        return self.orders.because(order, "status", status, arrival=arrival, refund=0.0, cancel_reason=None)

    def line_of(self, order: Order, line_id: str) -> Line:
        """A line of this very order."""
        line = self.lines[line_id]
        if line.order_id != order.order_id:
            raise Refused("", f"{line_id} is no line of order {order.order_id}.")
        return line

    def variant_like(self, line: Line, variant_id: str) -> Variant:
        """Another variant of the product of a line, free to be sold."""
        variant = self.variants[variant_id]
        if variant.product_id != line.product_id:
            raise Refused("", f"{variant_id} is a variant of another product than {line.product}.")
        if variant.variant_id == line.variant_id:
            raise Refused("", f"{line.line_id} is this very variant already.")
        return variant

    def require_active(self, method: PaymentMethod) -> None:
        """Refuse a payment method that cannot be used (3.1)."""
        if not among(method.state, self.terms.usable_states):
            fact = self.payment_methods.because(method, "state", "active")
            raise Refused("3.1", f"The {method.kind} ending in {method.ending} is {method.state}.", fact)

    def require_balance(self, method: PaymentMethod, amount: float) -> None:
        """Refuse a gift card or store account that does not cover the amount (3.2)."""
        if method.balance is not None and method.balance < amount:
            fact = self.payment_methods.because(method, "balance", money(amount + 20))
            raise Refused("3.2", f"Its balance of {method.balance:.2f} does not cover {amount:.2f}.", fact)

    def charge(self, method: PaymentMethod, amount: float) -> None:
        """Take an amount, or give it back when it is negative."""
        self.require_active(method)
        self.require_balance(method, amount)
        self.move(method, -amount)

    def move(self, method: PaymentMethod, amount: float) -> None:
        """Book an amount on a balance, if there is one to book on."""
        if method.balance is not None and amount:
            self.payment_methods.change(method, balance=money(method.balance + amount))

    def require_stock(self, variant: Variant) -> None:
        """Refuse a variant of which only the reserve is left (3.4)."""
        if variant.stock <= self.terms.reserve:
            fact = self.variants.because(variant, "stock", self.terms.reserve + 30)
            raise Refused("3.4", f"Only {variant.stock} pieces of it are in stock.", fact)

    def require_day(self, day: datetime.date) -> None:
        """Refuse a day that is not after today or too far ahead (2.5)."""
        if not self.now < day <= self.now + datetime.timedelta(days=self.terms.days_ahead):
            raise Refused("2.5", f"{day} is not among the days that can be chosen.")
