"""The file of one patient: visits, referrals, prescriptions, insurances, invoices and cards."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from tools_env.authoring import choices, money
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.people import INSURERS, MEDICINES, PLANS, REFERRING, Medicine
from tools_env.domains.clinic.records import (
    Appointment,
    Card,
    CardType,
    Doctor,
    Handover,
    HandoverReason,
    Insurance,
    Invoice,
    InvoiceStatus,
    Patient,
    Pharmacy,
    Prescription,
    Referral,
    Repeat,
    RepeatStatus,
    Service,
    Specialty,
    Time,
    VisitStatus,
)
from tools_env.domains.clinic.terms import among

KEYS: Final = 12_000
_TYPES: tuple[tuple[CardType, ...], ...] = (
    ("credit", "debit"), ("credit", "health savings"), ("debit", "health savings"),
    ("credit", "debit", "health savings"), ("credit", "credit", "health savings"),
)  # fmt: skip
_LATER: tuple[VisitStatus, ...] = ("booked",) * 6 + ("cancelled",)
_EARLIER: tuple[VisitStatus, ...] = ("attended",) * 5 + ("missed", "cancelled")
_BILLED: tuple[InvoiceStatus, ...] = ("open",) * 8 + ("paid",) * 2 + ("disputed",)


class Files:
    """Opens the files of patients, with ids that never come twice."""

    def __init__(self, books: Books, rng: Random, doctors: Sequence[Doctor], pharmacies: Sequence[Pharmacy]) -> None:
        self.books = books
        self.rng = rng
        self.doctors = doctors
        self.pharmacies = pharmacies
        self.keys: Iterator[int] = iter(rng.sample(range(10_000, 89_999), KEYS))
        self.times: tuple[Time, ...] = choices(Time)
        self.services: tuple[Service, ...] = choices(Service)[:-1]
        specialties: tuple[Specialty, ...] = choices(Specialty)
        self.referred = [s for s in specialties if not among(s, books.terms.direct_specialties)]

    def open(self, patient: Patient) -> None:
        """Fill the file of a patient."""
        rng = self.rng
        for doctor in rng.sample(self.doctors, rng.choice([2, 3, 3, 4])):
            self._appointment(patient, doctor)
        for specialty in rng.sample(self.referred, rng.choice([1, 2, 2, 3])):
            self._referral(patient, specialty)
        for medicine in rng.sample(MEDICINES, rng.choice([2, 2, 3])):
            self._prescription(patient, medicine)
        for insurer in rng.sample(INSURERS, rng.choice([1, 1, 2])):
            self._insurance(patient, insurer)
        for kind in rng.choice(_TYPES):
            self._card(patient, kind)
        invoices = [self._invoice(patient, service) for service in rng.sample(self.services, rng.choice([2, 3, 4]))]
        due = money(sum(i.amount for i in invoices if i.status == "open"))
        self.books.patients.put(patient.model_copy(update={"balance_due": due}))
        if patient.callback:
            self._handover(patient)

    def _key(self, prefix: str) -> str:
        return f"{prefix}{next(self.keys)}"

    def _appointment(self, patient: Patient, doctor: Doctor) -> None:
        rng, ahead = self.rng, self.rng.random() < 0.7  # noqa: PLR2004 - share of visits still to come
        later = rng.choice([rng.randrange(5), rng.randrange(5, 48), rng.randrange(5, 48)])
        days = later if ahead else -rng.randrange(4, 300)
        on = self.books.working_day_from(days)
        appointment = Appointment(
            appointment_id=self._key("A"),
            patient_id=patient.patient_id,
            doctor=doctor.surname,
            specialty=doctor.specialty,
            site=doctor.site,
            scheduled_on=on,
            time=rng.choice(self.times),
            fee=rng.randrange(4500, 19_500, 50) / 100,
            booked_on=min(on, self.books.now) - (self.books.ahead(rng.randrange(2, 50)) - self.books.now),
            status=rng.choice(_LATER if ahead else _EARLIER),
        )
        self.books.appointments.put(appointment)

    def _referral(self, patient: Patient, specialty: Specialty) -> None:
        rng, books = self.rng, self.books
        issued = rng.choice([rng.randrange(60, 235), rng.randrange(60, 235), rng.randrange(370, 600)])
        extended = rng.choice([None, None, rng.randrange(8, 58), rng.randrange(112, 200)])
        referral = Referral(
            referral_id=self._key("R"),
            patient_id=patient.patient_id,
            specialty=specialty,
            doctor=rng.choice(REFERRING),
            issued_on=books.back(issued),
            expiry=books.ahead(
                rng.choice(
                    [rng.randrange(-60, 0), rng.randrange(28), rng.randrange(28, 60), *[rng.randrange(60, 150)] * 2]
                )
            ),
            visits_left=rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5]),
            extended_on=books.back(extended) if extended and extended < issued else None,
        )
        books.referrals.put(referral)

    def _prescription(self, patient: Patient, medicine: Medicine) -> None:
        rng, books = self.rng, self.books
        pharmacy, issued = rng.choice(self.pharmacies), rng.randrange(100, 700)
        supply = rng.choice([rng.randrange(-12, 7), rng.randrange(-12, 7), rng.randrange(15, 70)])
        reviewed = rng.choice([rng.randrange(10, 90)] * 4 + [rng.randrange(380, 650)])
        found = Prescription(
            prescription_id=self._key("RX"),
            patient_id=patient.patient_id,
            product=medicine.product,
            strength=medicine.strength,
            group=medicine.group,
            doctor=rng.choice(self.doctors).surname,
            issued_on=books.back(max(issued, reviewed + 5)),
            reviewed_on=books.back(reviewed),
            expiry=books.ahead(rng.choice([rng.randrange(10, 300)] * 5 + [rng.randrange(-80, -3)])),
            supply_end=books.ahead(supply),
            days_of_supply=rng.choice([28, 30, 56, 60, 84, 90]),
            repeats_left=rng.choice([0, 1, 1, 2, 2, 3, 4, 5]),
            price=money(medicine.price + rng.randrange(300) / 100),
            pharmacy=pharmacy.name,
        )
        books.prescriptions.put(found)
        if rng.random() < 0.5:  # noqa: PLR2004 - share of prescriptions with a repeat on its way or picked up
            self._repeat(found, rng.choice(["waiting", "waiting", "picked up"]))

    def _repeat(self, found: Prescription, status: RepeatStatus) -> None:
        rng, books = self.rng, self.books
        waiting = status == "waiting"
        ready = (
            books.ahead(rng.choice([rng.randrange(2), rng.randrange(3, 10)]))
            if waiting
            else books.back(rng.randrange(5, 25))
        )
        repeat = Repeat(
            repeat_id=self._key("RP"),
            patient_id=found.patient_id,
            prescription_id=found.prescription_id,
            product=found.product,
            pharmacy=found.pharmacy,
            requested_on=min(ready, books.now) - (books.ahead(rng.randrange(1, 6)) - books.now),
            ready_on=ready,
            charge=min(found.price, books.terms.repeat_cap),
            status=status,
        )
        books.repeats.put(repeat)

    def _insurance(self, patient: Patient, insurer: str) -> None:
        rng, books = self.rng, self.books
        start = books.back(rng.choice([rng.randrange(120, 900)] * 5 + [rng.randrange(2, 12)]))
        end = books.ahead(rng.choice([rng.randrange(20, 330)] * 4 + [rng.randrange(-110, -15)]))
        insurance = Insurance(
            insurance_id=self._key("N"),
            patient_id=patient.patient_id,
            insurer=insurer,
            plan=rng.choice(PLANS),
            member_number=f"{rng.randrange(40_000_000, 99_000_000)}",
            changed_on=books.back(rng.choice([rng.randrange(4, 29), *[rng.randrange(91, 700)] * 3])),
            cover_start=start,
            cover_end=max(end, start + (books.now - books.back(30))),
            copay=rng.choice([1050, 1275, 1825, 2240, 2760, 6480]) / 100,
            allowance_left=rng.choice([rng.randrange(1100, 7800), *[rng.randrange(30_000, 99_000)] * 2]) / 100,
        )
        books.insurances.put(insurance)

    def _card(self, patient: Patient, kind: CardType) -> None:
        rng, books = self.rng, self.books
        card = Card(
            card_id=self._key("K"),
            patient_id=patient.patient_id,
            type=kind,
            ending=f"{rng.randrange(1001, 9999)}",
            expiry=books.ahead(rng.choice([rng.randrange(60, 1400)] * 4 + [rng.randrange(-200, -4)])),
            balance=rng.randrange(1200, 42_000) / 100 if kind == "health savings" else None,
        )
        books.cards.put(card)

    def _invoice(self, patient: Patient, service: Service) -> Invoice:
        rng, books = self.rng, self.books
        age = rng.choice([rng.randrange(7, 38), rng.randrange(7, 38), rng.randrange(72, 200)])
        issued = age - rng.randrange(1, 6)
        status = rng.choice(_BILLED)
        invoice = Invoice(
            invoice_id=self._key("V"),
            patient_id=patient.patient_id,
            service=service,
            doctor=rng.choice(self.doctors).surname,
            visit_date=books.back(age),
            issued_on=books.back(issued),
            due=books.ahead(books.terms.invoice_days - issued),
            amount=rng.choice([rng.randrange(1900, 8800, 5), rng.randrange(9000, 27_000, 5)]) / 100,
            status=status,
            ground="the amount is wrong" if status == "disputed" else None,
        )
        return books.invoices.put(invoice)

    def _handover(self, patient: Patient) -> None:
        if patient.callback is None:
            return
        opened = min(patient.callback, self.books.now) - (self.books.ahead(self.rng.randrange(1, 4)) - self.books.now)
        reasons: tuple[HandoverReason, ...] = choices(HandoverReason)
        handover = Handover(
            handover_id=self._key("H"),
            patient_id=patient.patient_id,
            reason=self.rng.choice(reasons),
            opened_on=opened,
            callback=patient.callback,
        )
        self.books.handovers.put(handover)
