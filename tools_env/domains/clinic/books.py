"""The tables of the clinic, its date and its terms: what every desk of the clinic works on."""

import datetime
from typing import Final

from tools_env.authoring import Table
from tools_env.domains.clinic.records import (
    Appointment,
    Card,
    Doctor,
    Handover,
    Insurance,
    Invoice,
    Patient,
    Pharmacy,
    Prescription,
    Referral,
    Repeat,
    Slot,
)
from tools_env.domains.clinic.terms import ClinicTerms

SATURDAY: Final = 5


class Books:
    """State without tools."""

    patients: Table[Patient]
    doctors: Table[Doctor]
    slots: Table[Slot]
    appointments: Table[Appointment]
    referrals: Table[Referral]
    pharmacies: Table[Pharmacy]
    prescriptions: Table[Prescription]
    repeats: Table[Repeat]
    insurances: Table[Insurance]
    invoices: Table[Invoice]
    cards: Table[Card]
    handovers: Table[Handover]
    now: datetime.date
    terms: ClinicTerms

    def ahead(self, days: int) -> datetime.date:
        """The day so many days after today."""
        return self.now + datetime.timedelta(days=days)

    def working_day_from(self, days: int) -> datetime.date:
        """The first day on which the clinic sees patients, counted from so many days after today."""
        return next(day for n in range(3) if working_day(day := self.ahead(days + n)))

    def back(self, days: int) -> datetime.date:
        """The day so many days before today."""
        return self.now - datetime.timedelta(days=days)


def working_day(day: datetime.date) -> bool:
    """Whether the clinic sees patients on a day: from Monday to Friday."""
    return day.weekday() < SATURDAY
