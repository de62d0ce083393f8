"""The reception: who somebody is, how to reach them, and the handover to a clinician."""

from typing import Annotated

from tools_env.authoring import Doc, Refused, read, write
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.records import (
    Address,
    BirthDate,
    Email,
    Handover,
    HandoverReason,
    Patient,
    PatientId,
    Phone,
)
from tools_env.domains.clinic.terms import among
from tools_env.values import folded


class Reception(Books):
    """Tools around the patient's own record."""

    @read("1.1")
    def find_patient_by_email(self, email: Annotated[Email, Doc("The email address the patient gave.")]) -> Patient:
        """Find a patient by email address."""
        return self.patients.one(email=email.strip().lower())

    @read("1.1")
    def find_patient_by_phone(self, phone: Annotated[Phone, Doc("The phone number the patient gave.")]) -> Patient:
        """Find a patient by phone number."""
        return self.patients.one(phone=phone.strip())

    @read("1.1")
    def find_patient_by_name_and_birth(
        self, name: Annotated[str, Doc("First and last name.")], date_of_birth: BirthDate
    ) -> Patient:
        """Find a patient by full name and date of birth."""
        wanted = folded(name), date_of_birth.strip()
        if found := self.patients.select(lambda p: p.date_of_birth == wanted[1] and folded(p.name) == wanted[0]):
            return found[0]
        raise Refused("", "No patient has this name and date of birth: ask the patient for theirs.")

    @read()
    def list_handovers(self, patient_id: PatientId) -> list[Handover]:
        """List the handovers of a patient to clinicians."""
        return self.handovers.where(patient_id=self.patients[patient_id].patient_id)

    @write("6.5", ask="change my phone number to {new_phone}")
    def change_phone(self, patient_id: PatientId, new_phone: Annotated[Phone, Doc("The new phone number.")]) -> Patient:
        """Replace the phone number of a patient."""
        patient = self._settled_contact(patient_id)
        return self.patients.change(patient, phone=new_phone.strip(), last_contact_change=self.now)

    @write("6.5", ask="change my postal address to {new_address}")
    def change_address(
        self, patient_id: PatientId, new_address: Annotated[Address, Doc("Street and number, town and postcode.")]
    ) -> Patient:
        """Replace the postal address of a patient."""
        patient = self._settled_contact(patient_id)
        return self.patients.change(patient, address=new_address.strip(), last_contact_change=self.now)

    @write("1.6", ask="be handed over to a clinician about {reason}", hands_over=True)
    def transfer_to_clinician(
        self, patient_id: PatientId, reason: Annotated[HandoverReason, Doc("What the patient brings up.")]
    ) -> Handover:
        """Hand a patient over to a clinician, who calls them back."""
        patient, terms = self.patients[patient_id], self.terms
        if patient.callback and patient.callback >= self.now:
            fact = self.patients.because(patient, "callback", self.back(12))
            raise Refused("1.6", f"A clinician already calls on {patient.callback}.", fact)
        days = terms.urgent_days if among(reason, terms.urgent_reasons) else terms.callback_days
        self.patients.change(patient, callback=self.ahead(days))
        return self.handovers.put(
            Handover(
                handover_id=self.handovers.new_id("H", 90_000),
                patient_id=patient_id,
                reason=reason,
                opened_on=self.now,
                callback=self.ahead(days),
            )
        )

    def _settled_contact(self, patient_id: str) -> Patient:
        patient, days = self.patients[patient_id], self.terms.contact_days
        if patient.last_contact_change > self.back(days):
            fact = self.patients.because(patient, "last_contact_change", self.back(days + 40))
            raise Refused("6.5", f"The contact details were changed on {patient.last_contact_change}.", fact)
        return patient
