"""Clinic: all desks as one environment, with the clauses that no tool enforces."""

from importlib.resources import files
from random import Random

from tools_env.authoring import (
    Course,
    Environment,
    Verdict,
    authenticated_by,
    confirmed_writes,
    one_person,
    rule,
)
from tools_env.domains.clinic import data
from tools_env.domains.clinic.billing import Billing
from tools_env.domains.clinic.people import NEW_ADDRESSES, NEW_MEMBER_NUMBERS, NEW_PHONES
from tools_env.domains.clinic.pharmacy import PharmacyDesk
from tools_env.domains.clinic.reception import Reception
from tools_env.domains.clinic.referrals import Referrals
from tools_env.domains.clinic.terms import ClinicTerms, among
from tools_env.domains.clinic.visits import Visits


class Clinic(Billing, PharmacyDesk, Referrals, Visits, Reception, Environment):
    """The Millbrook Clinic."""

    terms: ClinicTerms
    person, knows = "patients", ("name", "email", "phone", "date_of_birth")
    pools = {"street address": NEW_ADDRESSES, "phone": NEW_PHONES, "member_number": NEW_MEMBER_NUMBERS}
    policy_text = files("tools_env.domains.clinic").joinpath("policy.md").read_text("utf-8")
    conduct = (
        authenticated_by("1.1", "find_patient_by_email", "find_patient_by_phone", "find_patient_by_name_and_birth"),
        one_person("1.2"),
        confirmed_writes("1.3"),
    )
    by_model = ("1.4", "1.5")

    def fill(self, rng: Random) -> None:
        """Draw the terms and make doctors, pharmacies and patients with all that is theirs."""
        data.fill(self, rng)

    @rule("1.7")
    def handover_comes_last(self, course: Course) -> str | None:
        """Nothing is changed after a handover."""
        handed = False
        for step in course.done(writes=True):
            if handed:
                return f"{step.called.call.name} came after the handover."
            handed = step.called.call.name == "transfer_to_clinician"
        return None

    @rule("2.6")
    def bookings_are_not_paused(self) -> Verdict | None:
        """A pause of bookings is over before a visit is booked."""
        for patient in (self.patients[made.patient_id] for made in self.appointments.created()):
            if patient.pause_end and patient.pause_end >= self.now:
                fact = self.patients.because(patient, "pause_end", self.back(20))
                return Verdict(f"The patient's bookings are paused until {patient.pause_end}.", fact)
        return None

    @rule("2.7")
    def one_visit_a_day(self) -> Verdict | None:
        """No two booked visits of a patient fall on one day."""
        for made in (a for a in self.appointments.written() if a.status == "booked"):
            for other in self.appointments.where(patient_id=made.patient_id, scheduled_on=made.scheduled_on):
                if other.status == "booked" and other.appointment_id != made.appointment_id:
                    fact = self.appointments.because(
                        other, "scheduled_on", self.working_day_from(self.terms.days_ahead + 9)
                    )
                    return Verdict(f"There is another visit on {other.scheduled_on}.", fact)
        return None

    @rule("3.3")
    def service_is_covered(self) -> Verdict | None:
        """Insurers take on some services only."""
        for before, after in self.invoices.changed().values():
            billed = before and after and after.insurance_id != before.insurance_id
            if billed and after and not among(after.service, self.terms.covered_services):
                fact = self.invoices.because(after, "service", self.terms.covered_services.split(", ")[0])
                return Verdict(f"The invoice is for a {after.service}.", fact)
        return None

    @rule("4.4")
    def group_can_be_repeated(self) -> Verdict | None:
        """Some medicines are repeated at a visit only."""
        for found in (self.prescriptions[made.prescription_id] for made in self.repeats.created()):
            if not among(found.group, self.terms.repeat_groups):
                fact = self.prescriptions.because(found, "group", self.terms.repeat_groups.split(", ")[0])
                return Verdict(f"The medicine belongs to the group {found.group}.", fact)
        return None

    @rule("4.5")
    def reviewed_lately(self) -> Verdict | None:
        """A doctor has reviewed the prescription lately."""
        for found in (self.prescriptions[made.prescription_id] for made in self.repeats.created()):
            if found.reviewed_on < self.back(self.terms.review_days):
                fact = self.prescriptions.because(found, "reviewed_on", self.back(40))
                return Verdict(f"It was last reviewed on {found.reviewed_on}.", fact)
        return None

    @rule("4.8")
    def pharmacy_is_open(self) -> Verdict | None:
        """Nothing is sent to a pharmacy that stays closed."""
        changes = [*self.prescriptions.changed().values(), *self.repeats.changed().values()]
        for before, after in changes:
            if not before or not after or before.pharmacy == after.pharmacy:
                continue
            pharmacy = self.pharmacies.one(name=after.pharmacy)
            if pharmacy.reopening and pharmacy.reopening > self.ahead(self.terms.reopening_days):
                fact = self.pharmacies.because(pharmacy, "reopening", self.ahead(1))
                return Verdict(f"{pharmacy.name} is closed until {pharmacy.reopening}.", fact)
        return None

    @rule("5.5")
    def card_takes_parts(self) -> Verdict | None:
        """Monthly parts are charged to some types of card only."""
        for invoice in (i for i in self.invoices.written() if i.parts and i.card_id):
            card = self.cards[invoice.card_id or ""]
            if not among(card.type, self.terms.parts_types):
                fact = self.cards.because(card, "type", "credit")
                return Verdict(f"The card is of the type {card.type}.", fact)
        return None

    @rule("6.3")
    def specialty_can_be_extended(self) -> Verdict | None:
        """Referrals for some specialties are not extended."""
        for before, after in self.referrals.changed().values():
            extended = before and after and after.extended_on != before.extended_on
            if extended and after and not among(after.specialty, self.terms.extendable_specialties):
                fact = self.referrals.because(after, "specialty", self.terms.extendable_specialties.split(", ")[0])
                return Verdict(f"The referral is for {after.specialty}.", fact)
        return None
