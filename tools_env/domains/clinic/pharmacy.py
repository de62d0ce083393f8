"""The pharmacy desk: prescriptions, where they are sent, and repeats of them."""

from typing import Annotated

from tools_env.authoring import Date, Doc, Refused, read, write
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.records import (
    PatientId,
    Pharmacy,
    PharmacyId,
    Prescription,
    PrescriptionId,
    Repeat,
    RepeatId,
    Town,
)


class PharmacyDesk(Books):
    """Tools around prescriptions."""

    @read()
    def list_pharmacies(self, town: Annotated[Town, Doc("The town to look in.")]) -> list[Pharmacy]:
        """List the pharmacies of a town."""
        return self.pharmacies.where(town=town)

    @read()
    def list_prescriptions(self, patient_id: PatientId) -> list[Prescription]:
        """List the prescriptions of a patient."""
        return self.prescriptions.where(patient_id=self.patients[patient_id].patient_id)

    @read()
    def list_repeats(self, patient_id: PatientId) -> list[Repeat]:
        """List the repeats that a patient requested."""
        return self.repeats.where(patient_id=self.patients[patient_id].patient_id)

    @write("4.1", "4.2", "4.3", "4.6", ask="request a repeat of {prescription_id}, to be picked up on {day}")
    def request_repeat(
        self, prescription_id: PrescriptionId, day: Annotated[Date, Doc("The day it is picked up.")]
    ) -> Repeat:
        """Request a repeat of a prescription at its pharmacy."""
        found, terms = self.prescriptions[prescription_id], self.terms
        if not self.ahead(terms.ready_days) <= day <= self.ahead(terms.pickup_days):
            raise Refused("4.1", f"{day} is not among the days on which it could be picked up.")
        if not found.repeats_left:
            raise Refused("4.1", "There are no repeats left.")
        if found.expiry < self.now:
            fact = self.prescriptions.because(found, "expiry", self.ahead(90))
            raise Refused("4.3", f"The prescription expired on {found.expiry}.", fact)
        if found.supply_end > self.ahead(terms.early_days):
            fact = self.prescriptions.because(found, "supply_end", self.ahead(2))
            raise Refused("4.2", f"The supply lasts until {found.supply_end}.", fact)
        self.prescriptions.change(found, repeats_left=found.repeats_left - 1)
        return self.repeats.put(
            Repeat(
                repeat_id=self.repeats.new_id("RP", 90_000),
                patient_id=found.patient_id,
                prescription_id=prescription_id,
                product=found.product,
                pharmacy=found.pharmacy,
                requested_on=self.now,
                ready_on=day,
                charge=min(found.price, terms.repeat_cap),
                status="waiting",
            )
        )

    @write(ask="have {prescription_id} sent to {pharmacy_id} from now on")
    def change_pharmacy(self, prescription_id: PrescriptionId, pharmacy_id: PharmacyId) -> Prescription:
        """Send a prescription to another pharmacy; repeats already requested stay where they are."""
        found, pharmacy = self.prescriptions[prescription_id], self.pharmacies[pharmacy_id]
        self._moves(found, pharmacy)
        return self.prescriptions.change(found, pharmacy=pharmacy.name)

    @write("4.7", ask="pick up {repeat_id} at {pharmacy_id} instead")
    def redirect_repeat(self, repeat_id: RepeatId, pharmacy_id: PharmacyId) -> Repeat:
        """Redirect a waiting repeat to another pharmacy."""
        found, pharmacy = self._waiting(repeat_id), self.pharmacies[pharmacy_id]
        self._moves(found, pharmacy)
        return self.repeats.change(found, pharmacy=pharmacy.name)

    @write("4.7", ask="withdraw {repeat_id}")
    def withdraw_repeat(self, repeat_id: RepeatId) -> Repeat:
        """Withdraw a waiting repeat; it counts as left again."""
        found = self._waiting(repeat_id)
        source = self.prescriptions[found.prescription_id]
        self.prescriptions.change(source, repeats_left=source.repeats_left + 1)
        return self.repeats.change(found, status="withdrawn")

    @staticmethod
    def _moves(found: Prescription | Repeat, pharmacy: Pharmacy) -> None:
        if found.pharmacy == pharmacy.name:
            raise Refused("", f"It is at {pharmacy.name} already.")

    def _waiting(self, repeat_id: str) -> Repeat:
        found, days = self.repeats[repeat_id], self.terms.repeat_notice
        if found.status != "waiting":
            raise Refused("4.7", f"The repeat is {found.status}.")
        if found.ready_on < self.ahead(days):
            fact = self.repeats.because(found, "ready_on", self.ahead(days + 5))
            raise Refused("4.7", f"It is ready on {found.ready_on}, too soon to alter it.", fact)
        return found
