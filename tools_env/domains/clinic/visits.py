"""Visits: free slots, and appointments that are booked, moved and cancelled."""

from datetime import timedelta
from typing import Annotated

from tools_env.authoring import Date, Doc, Refused, read, write
from tools_env.domains.clinic.books import Books, working_day
from tools_env.domains.clinic.records import (
    Appointment,
    AppointmentId,
    CancelReason,
    Doctor,
    DoctorId,
    Invoice,
    Patient,
    PatientId,
    Referral,
    ReferralId,
    Slot,
    SlotId,
    Specialty,
    admits,
    age_on,
)
from tools_env.domains.clinic.terms import among


class Visits(Books):
    """Tools around slots and appointments."""

    @read()
    def list_doctors(self, specialty: Annotated[Specialty, Doc("The specialty to look in.")]) -> list[Doctor]:
        """List the doctors of a specialty."""
        return self.doctors.where(specialty=specialty)

    @read()
    def list_slots(self, doctor_id: DoctorId) -> list[Slot]:
        """List the free slots of a doctor."""
        return self.slots.where(doctor=self.doctors[doctor_id].surname)

    @read()
    def list_slots_for_referral(self, referral_id: ReferralId) -> list[Slot]:
        """List the free slots of the specialty that a referral is for."""
        return self.slots.where(specialty=self.referrals[referral_id].specialty)

    @read()
    def list_appointments(self, patient_id: PatientId) -> list[Appointment]:
        """List the appointments of a patient, past ones included."""
        return self.appointments.where(patient_id=self.patients[patient_id].patient_id)

    @write("2.1", "2.2", "2.4", "2.5", ask="book {slot_id}")
    def book_visit(self, patient_id: PatientId, slot_id: SlotId) -> Appointment:
        """Book a slot of a specialty that needs no referral."""
        patient, slot = self.patients[patient_id], self.slots[slot_id]
        if not among(slot.specialty, self.terms.direct_specialties):
            raise Refused("2.2", f"A visit for {slot.specialty} needs a referral.")
        return self._book(patient, slot, None)

    @write("2.1", "2.3", "2.4", "2.5", ask="book {slot_id} using {referral_id}")
    def book_visit_on_referral(self, referral_id: ReferralId, slot_id: SlotId) -> Appointment:
        """Book a slot for the patient whom a referral is for."""
        referral, slot = self.referrals[referral_id], self.slots[slot_id]
        if referral.specialty != slot.specialty:
            raise Refused("", f"The referral is for {referral.specialty}, the slot for {slot.specialty}.")
        if not referral.visits_left:
            raise Refused("2.3", "The referral has no visits left.")
        if slot.available_on > referral.expiry:
            fact = self.referrals.because(referral, "expiry", slot.available_on + timedelta(days=25))
            raise Refused("2.3", f"The referral expires on {referral.expiry}.", fact)
        booked = self._book(self.patients[referral.patient_id], slot, referral)
        self.referrals.change(referral, visits_left=referral.visits_left - 1)
        return booked

    @write("2.1", "2.8", ask="move {appointment_id} to {day}")
    def move_visit(
        self, appointment_id: AppointmentId, day: Annotated[Date, Doc("The day on which it takes place instead.")]
    ) -> Appointment:
        """Move a booked appointment to another day, at the same time and with the same doctor."""
        appointment = self.appointments[appointment_id]
        self._still_open("2.8", appointment, self.terms.move_days)
        if not working_day(day) or day == appointment.scheduled_on:
            raise Refused("2.8", f"It cannot be moved to {day}.")
        if not self.now < day <= self.ahead(self.terms.days_ahead):
            raise Refused("2.1", f"{day} is not among the days that can be chosen.")
        return self.appointments.change(appointment, scheduled_on=day)

    @write("2.9", ask="cancel {appointment_id} because {reason}")
    def cancel_visit(
        self, appointment_id: AppointmentId, reason: Annotated[CancelReason, Doc("Why it is cancelled.")]
    ) -> Appointment:
        """Cancel a booked appointment; at short notice an invoice is sent."""
        appointment, terms = self.appointments[appointment_id], self.terms
        self._still_open("2.9", appointment, terms.cancel_days)
        if appointment.scheduled_on < self.ahead(terms.free_cancel_days):
            patient = self.patients[appointment.patient_id]
            self.patients.change(patient, balance_due=round(patient.balance_due + terms.late_fee, 2))
            self.invoices.put(
                Invoice(
                    invoice_id=self.invoices.new_id("V", 90_000),
                    patient_id=patient.patient_id,
                    service="late cancellation",
                    doctor=appointment.doctor,
                    visit_date=appointment.scheduled_on,
                    issued_on=self.now,
                    due=self.ahead(terms.invoice_days),
                    amount=terms.late_fee,
                    status="open",
                )
            )
        return self.appointments.change(appointment, status="cancelled", cancel_reason=reason)

    def _book(self, patient: Patient, slot: Slot, referral: Referral | None) -> Appointment:
        if patient.balance_due > self.terms.balance_limit:
            fact = self.patients.because(patient, "balance_due", round(self.terms.balance_limit * 0.4 + 0.5, 2))
            raise Refused("2.5", f"The patient's balance due is {patient.balance_due:.2f}.", fact)
        self._fits(patient, slot)
        self.slots.remove(slot)
        return self.appointments.put(
            Appointment(
                appointment_id=self.appointments.new_id("A", 90_000),
                patient_id=patient.patient_id,
                doctor=slot.doctor,
                specialty=slot.specialty,
                site=slot.site,
                scheduled_on=slot.available_on,
                time=slot.time,
                fee=slot.fee,
                booked_on=self.now,
                status="booked",
                referral_id=referral.referral_id if referral else None,
            )
        )

    def _fits(self, patient: Patient, slot: Slot) -> None:
        """Refuse a slot that is too far ahead or kept for another age group."""
        if not self.now < slot.available_on <= self.ahead(self.terms.days_ahead):
            fact = self.slots.because(slot, "available_on", self.working_day_from(11))
            raise Refused("2.1", f"The slot is on {slot.available_on}, which cannot be booked yet.", fact)
        if not admits(slot.age_group, age_on(patient.date_of_birth, slot.available_on)):
            fact = self.slots.because(slot, "age_group", "all ages")
            raise Refused("2.4", f"The slot is for the age group {slot.age_group}.", fact)

    def _still_open(self, clause: str, appointment: Appointment, days: int) -> None:
        """Refuse an appointment that is not booked or takes place in fewer days."""
        if appointment.status != "booked":
            raise Refused(clause, f"The appointment is {appointment.status}.")
        if appointment.scheduled_on < self.ahead(days):
            fact = self.appointments.because(appointment, "scheduled_on", self.working_day_from(days + 14))
            raise Refused(clause, f"It takes place on {appointment.scheduled_on}, too soon to alter it.", fact)
