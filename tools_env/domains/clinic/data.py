"""One snapshot's worth of clinic, from a seeded generator alone: the house first, then its patients."""

import datetime
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final, TypeVar

from tools_env.authoring import choices, people
from tools_env.domains.clinic.books import Books, working_day
from tools_env.domains.clinic.files import Files
from tools_env.domains.clinic.people import LANGUAGES, PHARMACIES, SITES, STREETS, SURNAMES
from tools_env.domains.clinic.records import Doctor, Patient, Pharmacy, Slot, Specialty, Time
from tools_env.domains.clinic.terms import draw_terms

PATIENTS: Final = 400
SLOTS_EACH: Final = 7
T = TypeVar("T")

# What share of the records is of which kind, by weight.
_AGE_GROUPS: Mapping[str, int] = {
    "all ages": 74,
    "up to 15": 8,
    "65 and older": 8,
    "50 and older": 4,
    "21 and older": 6,
}
# In how many days a pharmacy opens again; those that are open do not say.
_REOPENING: Mapping[tuple[int, int], int] = {(0, 0): 70, (1, 3): 10, (12, 40): 20}


def fill(books: Books, rng: Random) -> None:
    """Fill every table, the date and the terms."""
    books.now = datetime.date(2026, 1, 12) + datetime.timedelta(days=rng.randrange(300))
    books.now = books.working_day_from(0)
    books.terms = draw_terms(rng)
    doctors = [doctor for n, surname in enumerate(SURNAMES) for doctor in [_doctor(books, rng, n, surname)]]
    keys = iter(rng.sample(range(10_000, 89_999), len(doctors) * SLOTS_EACH))
    for doctor in doctors:
        _slots(books, rng, doctor, keys)
    pharmacies = [_pharmacy(books, rng, town, name) for town, names in PHARMACIES.items() for name in names]
    numbers = rng.sample(range(10_000, 89_999), PATIENTS)
    phones = rng.sample(range(201_00, 990_00), PATIENTS)
    files = Files(books, rng, doctors, pharmacies)
    for number, phone, (name, email) in zip(numbers, phones, people(rng, PATIENTS), strict=True):
        files.open(_patient(books, rng, f"P{number}", name, email, phone))


def draw(rng: Random, shares: Mapping[T, int]) -> T:
    """One of several kinds, by weight."""
    return rng.choices([*shares], [*shares.values()])[0]


def _doctor(books: Books, rng: Random, number: int, surname: str) -> Doctor:
    specialties: tuple[Specialty, ...] = choices(Specialty)
    return books.doctors.put(
        Doctor(
            doctor_id=f"D{101 + 7 * number}",
            surname=surname,
            specialty=specialties[number % len(specialties)],
            site=rng.choice(SITES),
            languages=rng.choice(LANGUAGES),
        )
    )


def _slots(books: Books, rng: Random, doctor: Doctor, keys: Iterator[int]) -> None:
    """Free slots on different days, one of them too far ahead."""
    times: tuple[Time, ...] = choices(Time)
    days = [day for n in range(1, books.terms.days_ahead + 40) if working_day(day := books.ahead(n))]
    near = sum(1 for day in days if day <= books.ahead(books.terms.days_ahead))
    for day in [*sorted(rng.sample(days[:near], SLOTS_EACH - 1)), rng.choice(days[near:])]:
        slot = Slot(
            slot_id=f"S{next(keys)}",
            doctor=doctor.surname,
            specialty=doctor.specialty,
            site=doctor.site,
            available_on=day,
            time=rng.choice(times),
            age_group=draw(rng, _AGE_GROUPS),
            fee=rng.randrange(4500, 19_500, 50) / 100,
        )
        books.slots.put(slot)


def _pharmacy(books: Books, rng: Random, town: str, name: str) -> Pharmacy:
    first, last = draw(rng, _REOPENING)
    key = 301 + 3 * len(books.pharmacies)
    pharmacy = Pharmacy.model_validate(
        {
            "pharmacy_id": f"PH{key}",
            "name": name,
            "town": town,
            "address": _street(rng),
            "reopening": books.ahead(rng.randrange(first, last)) if last else None,
        }
    )
    return books.pharmacies.put(pharmacy)


def _patient(books: Books, rng: Random, key: str, name: str, email: str, phone: int) -> Patient:
    born = datetime.date(1938, 1, 1) + datetime.timedelta(days=rng.randrange(26_000))
    patient = Patient(
        patient_id=key,
        name=name,
        email=email,
        phone=f"{phone // 100}-555-01{phone % 100:02d}",
        date_of_birth=born.isoformat(),
        address=f"{_street(rng)}, {rng.choice([*PHARMACIES])} {rng.randrange(40_100, 48_900)}",
        registered_on=books.back(rng.randrange(900, 4200)),
        balance_due=0.0,
        last_contact_change=books.back(rng.choice([rng.randrange(4, 28), *[rng.randrange(62, 800)] * 3])),
        pause_end=rng.choice([None] * 4 + [books.back(rng.randrange(3, 90)), books.ahead(rng.randrange(3, 60))]),
        callback=rng.choice([None, None, books.back(rng.randrange(8, 200)), books.ahead(rng.randrange(1, 3))]),
    )
    return books.patients.put(patient)


def _street(rng: Random) -> str:
    return f"{rng.randrange(1, 180)} {rng.choice(STREETS)}"
