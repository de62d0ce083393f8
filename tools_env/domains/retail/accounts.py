"""The desk for accounts: who somebody is, what they pay with, points and the address on file."""

import re
from datetime import timedelta
from typing import Annotated

from tools_env.authoring import Amount, Doc, Refused, money, read, write
from tools_env.domains.retail.payments import Payments
from tools_env.domains.retail.records import Address, Customer, CustomerId, Email, PaymentId, PaymentMethod
from tools_env.values import folded


class Accounts(Payments):
    """Tools around the customer's own record and balances."""

    @read("1.1")
    def find_customer_by_email(self, email: Email) -> Customer:
        """Find a customer by email address."""
        if found := self.customers.where(email=email.strip().lower()):
            return found[0]
        raise Refused("", "No customer has this email address: ask the customer for theirs.")

    @read("1.1")
    def find_customer_by_name_and_postcode(
        self,
        name: Annotated[str, Doc("First and last name.")],
        postcode: Annotated[str, Doc("The five digits of the postcode on file.")],
    ) -> Customer:
        """Find a customer by full name and postcode, where the email address is not known."""
        wanted = folded(name), postcode.strip()
        if found := self.customers.select(lambda c: c.postcode == wanted[1] and folded(c.name) == wanted[0]):
            return found[0]
        raise Refused("", "No customer has this name and postcode: ask the customer for theirs.")

    @read()
    def list_payment_methods(self, customer_id: CustomerId) -> list[PaymentMethod]:
        """List a customer's cards, gift cards and store accounts with their state and balance."""
        return self.payment_methods.where(customer_id=self.customers[customer_id].customer_id)

    @write("3.1", "3.2", "3.6", ask="move {amount} from {from_payment_id} to {to_payment_id}")
    def move_balance(
        self,
        from_payment_id: Annotated[PaymentId, Doc("The gift card or store account that gives.")],
        to_payment_id: Annotated[PaymentId, Doc("The gift card or store account that receives.")],
        amount: Annotated[Amount, Doc("How much to move, in dollars.")],
    ) -> list[PaymentMethod]:
        """Move balance from one gift card or store account of a customer to another."""
        source = self.payment_methods[from_payment_id]
        target = self.method_of(source.customer_id, to_payment_id)
        if source.payment_id == target.payment_id:
            raise Refused("", "That is one and the same payment method.")
        if amount <= 0:
            raise Refused("", "The amount must be above zero.")
        self.require_active(source)
        if source.balance is None:
            raise Refused("3.2", "A card has no balance to move.")
        self.require_balance(source, amount)
        self.top_up(target, amount)
        source = self.payment_methods.change(source, balance=money(source.balance - amount))
        return [source, self.payment_methods[target.payment_id]]

    @write("3.1", "3.2", "3.6", "3.7", ask="turn all my points into balance on {payment_id}")
    def redeem_points(self, customer_id: CustomerId, payment_id: PaymentId) -> PaymentMethod:
        """Turn all points of a customer into balance on a gift card or store account."""
        customer, terms = self.customers[customer_id], self.terms
        target = self.method_of(customer_id, payment_id)
        if customer.points < terms.points_min:
            enough = self.customers.because(customer, "points", terms.points_min + 10)
            raise Refused("3.7", f"The customer has only {customer.points} points.", enough)
        worth = money(customer.points / terms.points_rate)
        self.customers.change(customer, points=0)
        return self.top_up(target, worth)

    @write("5.4", ask="change my address on file to {address}")
    def update_address(self, customer_id: CustomerId, address: Address) -> Customer:
        """Replace the address on file of a customer; orders already placed keep theirs."""
        customer = self.customers[customer_id]
        earliest = customer.address_changed_on + timedelta(days=self.terms.address_days)
        if self.now < earliest:
            before = self.now - timedelta(days=self.terms.address_days + 30)
            fact = self.customers.because(customer, "address_changed_on", before)
            raise Refused("5.4", f"The address was changed on {customer.address_changed_on}, too recently.", fact)
        codes = re.findall(r"\b\d{5}\b", address)
        postcode = codes[-1] if codes else customer.postcode
        return self.customers.change(customer, address=address.strip(), postcode=postcode, address_changed_on=self.now)

    def top_up(self, method: PaymentMethod, amount: float) -> PaymentMethod:
        """Add to a balance; refused for cards, for methods that cannot be used, and above the cap."""
        self.require_active(method)
        if method.balance is None:
            raise Refused("3.6", "A card has no balance that could grow.")
        if method.balance + amount > self.terms.balance_cap:
            fact = self.payment_methods.because(method, "balance", 10.5)
            raise Refused("3.6", f"With its balance of {method.balance:.2f} it would rise above the limit.", fact)
        return self.payment_methods.change(method, balance=money(method.balance + amount))
