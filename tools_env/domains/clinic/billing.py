"""Billing: invoices, the cards that pay them, and the insurances that take them over."""

from datetime import timedelta
from typing import Annotated

from tools_env.authoring import Doc, Refused, money, read, write
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.records import (
    Card,
    CardId,
    Ground,
    Insurance,
    InsuranceId,
    Invoice,
    InvoiceId,
    Parts,
    PatientId,
)


class Billing(Books):
    """Tools around invoices."""

    @read()
    def list_invoices(self, patient_id: PatientId) -> list[Invoice]:
        """List the invoices of a patient."""
        return self.invoices.where(patient_id=self.patients[patient_id].patient_id)

    @read()
    def list_cards(self, patient_id: PatientId) -> list[Card]:
        """List the cards that a patient pays with."""
        return self.cards.where(patient_id=self.patients[patient_id].patient_id)

    @read()
    def list_insurances(self, patient_id: PatientId) -> list[Insurance]:
        """List the insurances of a patient."""
        return self.insurances.where(patient_id=self.patients[patient_id].patient_id)

    @write("5.1", "5.2", "5.3", ask="pay {invoice_id} with {card_id}")
    def pay_invoice(self, invoice_id: InvoiceId, card_id: CardId) -> Invoice:
        """Pay all that is due on an invoice."""
        invoice, card = self._payable(invoice_id), self._card(invoice_id, card_id)
        if card.balance is not None:
            if card.balance < invoice.amount:
                fact = self.cards.because(card, "balance", money(invoice.amount + 35.4))
                raise Refused("5.2", f"The balance of the card is only {card.balance:.2f}.", fact)
            self.cards.change(card, balance=money(card.balance - invoice.amount))
        self._owe(invoice, -invoice.amount)
        return self.invoices.change(invoice, status="paid", card_id=card_id)

    @write("5.1", "5.3", "5.4", ask="pay {invoice_id} in {parts} monthly parts with {card_id}")
    def split_invoice(
        self, invoice_id: InvoiceId, parts: Annotated[Parts, Doc("Into how many parts.")], card_id: CardId
    ) -> Invoice:
        """Split an invoice into monthly parts that are charged to a card."""
        invoice = self._payable(invoice_id)
        self._card(invoice_id, card_id)
        if invoice.amount < self.terms.parts_from:
            fact = self.invoices.because(invoice, "amount", money(self.terms.parts_from + 42.6))
            raise Refused("5.4", f"The amount of the invoice is only {invoice.amount:.2f}.", fact)
        return self.invoices.change(invoice, status="in parts", parts=parts, card_id=card_id)

    @write("5.6", ask="dispute {invoice_id} because {ground}")
    def dispute_invoice(
        self, invoice_id: InvoiceId, ground: Annotated[Ground, Doc("What the patient says is wrong with it.")]
    ) -> Invoice:
        """Have an invoice looked into; nothing has to be paid on it until then."""
        invoice, days = self._open(invoice_id), self.terms.dispute_days
        if invoice.issued_on < self.back(days):
            fact = self.invoices.because(invoice, "issued_on", self.back(days // 2))
            raise Refused("5.6", f"The invoice was issued on {invoice.issued_on}, too long ago.", fact)
        self._owe(invoice, -invoice.amount)
        return self.invoices.change(invoice, status="disputed", ground=ground)

    @write("3.1", "3.2", "3.4", "3.5", ask="have {invoice_id} billed to {insurance_id}")
    def bill_insurance(self, invoice_id: InvoiceId, insurance_id: InsuranceId) -> Invoice:
        """Bill an invoice to an insurance; the copay stays with the patient."""
        invoice, insurance = self._open(invoice_id), self.insurances[insurance_id]
        if insurance.patient_id != invoice.patient_id:
            raise Refused("", f"{insurance_id} is no insurance of patient {invoice.patient_id}.")
        if invoice.insurance_id is not None:
            raise Refused("", "The invoice has been billed to an insurance already.")
        self._covered(invoice, insurance)
        share = money(invoice.amount - insurance.copay)
        if share <= 0:
            fact = self.insurances.because(insurance, "copay", money(invoice.amount / 3))
            raise Refused("3.4", f"The copay is {insurance.copay:.2f}, so nothing is left to bill.", fact)
        if share > insurance.allowance_left:
            fact = self.insurances.because(insurance, "allowance_left", money(share + 120.5))
            raise Refused("3.5", f"The allowance left is only {insurance.allowance_left:.2f}.", fact)
        self.insurances.change(insurance, allowance_left=money(insurance.allowance_left - share))
        self._owe(invoice, -share)
        return self.invoices.change(invoice, insurance_id=insurance_id, insurer_pays=share, amount=insurance.copay)

    @write("3.6", ask="change the member number of {insurance_id} to {member_number}")
    def change_member_number(
        self, insurance_id: InsuranceId, member_number: Annotated[str, Doc("The new member number.")]
    ) -> Insurance:
        """Replace the member number under which a patient is insured."""
        insurance, days = self.insurances[insurance_id], self.terms.member_days
        if insurance.cover_end < self.now:
            fact = self.insurances.because(insurance, "cover_end", self.ahead(160))
            raise Refused("3.6", f"The cover ended on {insurance.cover_end}.", fact)
        if insurance.changed_on > self.back(days):
            fact = self.insurances.because(insurance, "changed_on", self.back(days + 50))
            raise Refused("3.6", f"The number was set on {insurance.changed_on}.", fact)
        return self.insurances.change(insurance, member_number=member_number.strip(), changed_on=self.now)

    def _covered(self, invoice: Invoice, insurance: Insurance) -> None:
        """Refuse a visit that lies outside the cover or too far back."""
        if invoice.visit_date < self.back(self.terms.claim_days):
            fact = self.invoices.because(invoice, "visit_date", self.back(9))
            raise Refused("3.2", f"The visit was on {invoice.visit_date}, too long ago.", fact)
        if invoice.visit_date < insurance.cover_start:
            earlier = invoice.visit_date - timedelta(days=80)
            fact = self.insurances.because(insurance, "cover_start", earlier)
            raise Refused("3.1", f"The cover started only on {insurance.cover_start}.", fact)
        if invoice.visit_date > insurance.cover_end:
            fact = self.insurances.because(insurance, "cover_end", self.ahead(110))
            raise Refused("3.1", f"The cover ended on {insurance.cover_end}.", fact)

    def _open(self, invoice_id: str) -> Invoice:
        invoice = self.invoices[invoice_id]
        if invoice.status != "open":
            raise Refused("", f"The invoice is {invoice.status}, not open.")
        return invoice

    def _payable(self, invoice_id: str) -> Invoice:
        """An open invoice that is not with the collectors."""
        invoice, days = self._open(invoice_id), self.terms.collection_days
        if invoice.due < self.back(days):
            fact = self.invoices.because(invoice, "due", self.ahead(8))
            raise Refused("5.3", f"It was due on {invoice.due} and is with the collectors.", fact)
        return invoice

    def _card(self, invoice_id: str, card_id: str) -> Card:
        """A card of the patient who owes the invoice, fit to be charged."""
        card, owner = self.cards[card_id], self.invoices[invoice_id].patient_id
        if card.patient_id != owner:
            raise Refused("", f"{card_id} is no card of patient {owner}.")
        if card.expiry < self.now:
            fact = self.cards.because(card, "expiry", self.ahead(400))
            raise Refused("5.1", f"The card expired on {card.expiry}.", fact)
        return card

    def _owe(self, invoice: Invoice, change: float) -> None:
        patient = self.patients[invoice.patient_id]
        self.patients.change(patient, balance_due=money(patient.balance_due + change))
