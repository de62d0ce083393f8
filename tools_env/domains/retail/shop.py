"""Retail: the shop's desks as one environment, with the clauses that no tool enforces."""

from collections.abc import Iterator
from importlib.resources import files
from random import Random

from tools_env.authoring import (
    Environment,
    Verdict,
    authenticated_by,
    confirmed_writes,
    one_call_at_a_time,
    one_person,
    rule,
)
from tools_env.domains.retail import data
from tools_env.domains.retail.accounts import Accounts
from tools_env.domains.retail.aftersales import AfterSales
from tools_env.domains.retail.orders import Orders
from tools_env.domains.retail.people import GIFT_MESSAGES, NEW_ADDRESSES
from tools_env.domains.retail.records import Order, RetailTerms, among


class Retail(Accounts, Orders, AfterSales, Environment):
    """Fernhill Supply: home, garden and outdoor goods."""

    terms: RetailTerms
    person, knows = "customers", ("name", "email", "postcode", "phone")
    pools = {"street address": NEW_ADDRESSES, "gift message": GIFT_MESSAGES}
    policy_text = files("tools_env.domains.retail").joinpath("policy.md").read_text("utf-8")
    conduct = (
        authenticated_by("1.1", "find_customer_by_email", "find_customer_by_name_and_postcode"),
        one_person("1.2"),
        confirmed_writes("1.3"),
        one_call_at_a_time("1.4"),
    )
    by_model = ("1.5",)

    def fill(self, rng: Random) -> None:
        """Draw the terms and make products, customers, orders and what came back."""
        data.fill(self, rng)

    def _altered(self, field: str) -> Iterator[Order]:
        """Orders of which a field was altered."""
        for before, after in self.orders.changed().values():
            if before and after and getattr(before, field) != getattr(after, field):
                yield after

    @rule("2.3")
    def address_fits_carrier(self) -> Verdict | None:
        """An altered address goes with a carrier that can turn round."""
        for order in self._altered("address"):
            if not among(order.carrier, self.terms.address_carriers):
                fact = self.orders.because(order, "carrier", "parcel post")
                return Verdict(f"The order travels by {order.carrier}.", fact)
        return None

    @rule("2.4")
    def arrival_is_a_service(self) -> Verdict | None:
        """Another arrival is for some tiers only."""
        for customer in (self.customers[order.customer_id] for order in self._altered("arrival")):
            if not among(customer.tier, self.terms.service_tiers):
                fact = self.customers.because(customer, "tier", "club")
                return Verdict(f"The customer's tier is {customer.tier}.", fact)
        return None

    @rule("3.3")
    def buyer_in_good_standing(self) -> Verdict | None:
        """New orders are for customers in good standing."""
        for customer in (self.customers[order.customer_id] for order in self.orders.created()):
            if not among(customer.standing, self.terms.buying_standings):
                fact = self.customers.because(customer, "standing", "good")
                return Verdict(f"The customer's standing is {customer.standing}.", fact)
        return None

    @rule("4.2")
    def returnable(self) -> Verdict | None:
        """Some lines were sold for good."""
        for line in (self.lines[found.line_id] for found in self.returns.created()):
            if not among(line.sale_type, self.terms.returnable):
                fact = self.lines.because(line, "sale_type", "regular stock")
                return Verdict(f"The line was sold as {line.sale_type}.", fact)
        return None

    @rule("4.5")
    def exchangeable(self) -> Verdict | None:
        """Some categories are not exchanged."""
        for line in (self.lines[found.line_id] for found in self.exchanges.created()):
            if not among(line.category, self.terms.exchange_classes):
                fact = self.lines.because(line, "category", self.terms.exchange_classes.split(", ")[0])
                return Verdict(f"The line belongs to {line.category}.", fact)
        return None

    @rule("5.3")
    def worth_replacing(self) -> Verdict | None:
        """Cheap goods are not replaced."""
        for claim in self.claims.written():
            line = self.lines[claim.line_id]
            if claim.remedy == "replacement" and line.price < self.terms.replacement_from:
                fact = self.lines.because(line, "price", self.terms.replacement_from + 15.5)
                return Verdict(f"The price of the line was only {line.price:.2f}.", fact)
        return None
