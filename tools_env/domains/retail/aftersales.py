"""The desk for what comes back: returns, exchanges and claims."""

from datetime import timedelta
from typing import Annotated

from tools_env.authoring import Date, Doc, Refused, money, read, write
from tools_env.domains.retail.payments import Payments
from tools_env.domains.retail.records import (
    Claim,
    ClaimId,
    CustomerId,
    Exchange,
    Line,
    LineId,
    Order,
    OrderId,
    PaymentId,
    Problem,
    Remedy,
    Return,
    ReturnId,
    ReturnReason,
    VariantId,
    among,
)


class AfterSales(Payments):
    """Tools around goods that reached the customer."""

    @read()
    def list_returns(self, customer_id: CustomerId) -> list[Return]:
        """List the returns of a customer."""
        return self.returns.where(customer_id=self.customers[customer_id].customer_id)

    @read()
    def list_exchanges(self, customer_id: CustomerId) -> list[Exchange]:
        """List the exchanges of a customer."""
        return self.exchanges.where(customer_id=self.customers[customer_id].customer_id)

    @read()
    def list_claims(self, customer_id: CustomerId) -> list[Claim]:
        """List the claims of a customer."""
        return self.claims.where(customer_id=self.customers[customer_id].customer_id)

    @write("3.1", "4.1", "4.3", ask="return {line_id} from {order_id} because it {reason}, refunded to {refund_to}")
    def request_return(
        self,
        order_id: OrderId,
        line_id: LineId,
        reason: Annotated[ReturnReason, Doc("Why it comes back.")],
        refund_to: Annotated[PaymentId, Doc("The payment method that gets the refund.")],
    ) -> Return:
        """Take a line of an order back; the refund is paid once the goods are in."""
        order = self.orders[order_id]
        line, method = self.line_of(order, line_id), self.method_of(order.customer_id, refund_to)
        self._still_here(line)
        longer = among(self.customers[order.customer_id].tier, self.terms.service_tiers)
        self._within("4.1", order, self.terms.return_days + (self.terms.extra_days if longer else 0))
        self.require_active(method)
        fee = self.terms.return_fee if reason == "is no longer wanted" else 0.0
        return self.returns.put(
            Return(
                return_id=self.returns.new_id("R", 900_000),
                customer_id=order.customer_id,
                order_id=order_id,
                line_id=line_id,
                product=line.product,
                reason=reason,
                refund_to=refund_to,
                refund_due=max(0.0, money(line.price * line.quantity - fee)),
                requested_on=self.now,
                status="open",
            )
        )

    @write("2.5", "4.6", ask="have {return_id} picked up on {day}")
    def book_pickup(self, return_id: ReturnId, day: Annotated[Date, Doc("The day of the pickup.")]) -> Return:
        """Book the day on which a return is picked up, or move it to another day."""
        found = self._live_return(return_id)
        self.require_day(day)
        return self.returns.change(found, pickup=day)

    @write("4.6", ask="withdraw {return_id}")
    def withdraw_return(self, return_id: ReturnId) -> Return:
        """Withdraw a return: the customer keeps the goods."""
        return self.returns.change(self._live_return(return_id), status="called off")

    @write(
        "3.1", "3.2", "3.4", "4.4", ask="exchange {line_id} from {order_id} for {variant_id}, settled with {payment_id}"
    )
    def request_exchange(
        self, order_id: OrderId, line_id: LineId, variant_id: VariantId, payment_id: PaymentId
    ) -> Exchange:
        """Exchange a line that reached the customer for another colour or size of the same product."""
        order = self.orders[order_id]
        line, method = self.line_of(order, line_id), self.method_of(order.customer_id, payment_id)
        variant = self.variant_like(line, variant_id)
        self._still_here(line)
        self._within("4.4", order, self.terms.exchange_days)
        self.require_stock(variant)
        difference = money((variant.price - line.price) * line.quantity)
        self.charge(method, difference)
        self.variants.change(variant, stock=variant.stock - line.quantity)
        return self.exchanges.put(
            Exchange(
                exchange_id=self.exchanges.new_id("X", 30_000),
                customer_id=order.customer_id,
                order_id=order_id,
                line_id=line_id,
                product=line.product,
                variant_id=variant_id,
                colour=variant.colour,
                size=variant.size,
                difference=difference,
                payment_id=payment_id,
                requested_on=self.now,
            )
        )

    @write("5.1", "5.2", ask="report that {line_id} from {order_id} {problem}")
    def open_claim(
        self, order_id: OrderId, line_id: LineId, problem: Annotated[Problem, Doc("What is wrong with it.")]
    ) -> Claim:
        """Open a claim about a line; how it is settled is a step of its own."""
        order = self.orders[order_id]
        line = self.line_of(order, line_id)
        self._still_here(line)
        if problem != "stopped working":
            self._within("5.1", order, self.terms.claim_days)
        self._arrived("5.2", order)
        if problem == "stopped working" and line.warranty_until < self.now:
            fact = self.lines.because(line, "warranty_until", self.now + timedelta(days=200))
            raise Refused("5.2", f"Its warranty ended on {line.warranty_until}.", fact)
        return self.claims.put(
            Claim(
                claim_id=self.claims.new_id("K", 900_000),
                customer_id=order.customer_id,
                order_id=order_id,
                line_id=line_id,
                product=line.product,
                problem=problem,
                opened_on=self.now,
                status="waiting",
            )
        )

    @write("5.3", ask="have {claim_id} settled by {remedy}")
    def settle_claim(self, claim_id: ClaimId, remedy: Annotated[Remedy, Doc("How it is made good.")]) -> Claim:
        """Settle a claim by a replacement, a repair or a refund."""
        claim = self.claims[claim_id]
        if not among(claim.status, self.terms.live_claims):
            fact = self.claims.because(claim, "status", "waiting")
            raise Refused("5.3", f"The claim is {claim.status}.", fact)
        return self.claims.change(claim, status="settled", remedy=remedy)

    def _live_return(self, return_id: str) -> Return:
        found = self.returns[return_id]
        if not among(found.status, self.terms.live_returns):
            fact = self.returns.because(found, "status", "open")
            raise Refused("4.6", f"The return is {found.status}.", fact)
        return found

    def _still_here(self, line: Line) -> None:
        """Refuse a line that is on its way back already."""
        if any(r.status != "called off" for r in self.returns.where(line_id=line.line_id)):
            raise Refused("", f"{line.line_id} has been returned already.")
        if self.exchanges.where(line_id=line.line_id):
            raise Refused("", f"{line.line_id} has been exchanged already.")

    def _within(self, clause: str, order: Order, days: int) -> None:
        """Refuse what has not reached the customer, or came more than `days` days ago."""
        self._arrived(clause, order)
        if self.now > order.arrival + timedelta(days=days):
            fact = self.orders.because(order, "arrival", self.now - timedelta(days=max(1, days // 3)))
            raise Refused(clause, f"It arrived on {order.arrival}, more than {days} days ago.", fact)

    def _arrived(self, clause: str, order: Order) -> None:
        """Refuse what has not reached the customer."""
        if order.status != "delivered":
            fact = self.were(order, "delivered", arrival=min(order.arrival, self.now - timedelta(days=2)))
            raise Refused(clause, f"The order is {order.status}.", fact)
