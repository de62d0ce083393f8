"""What the clinic keeps: patients, visits, referrals, prescriptions, insurances and invoices."""

import datetime
from typing import Annotated, Literal, TypeAlias

from tools_env.authoring import Amount, Contact, Count, Date, Doc, Identifier, Record

PatientId = Annotated[str, Identifier("patients"), Doc("The patient's id.")]
DoctorId = Annotated[str, Identifier("doctors"), Doc("The doctor's id.")]
SlotId = Annotated[str, Identifier("slots"), Doc("The id of a free slot.")]
AppointmentId = Annotated[str, Identifier("appointments"), Doc("The appointment's id.")]
ReferralId = Annotated[str, Identifier("referrals"), Doc("The referral's id.")]
PharmacyId = Annotated[str, Identifier("pharmacies"), Doc("The pharmacy's id.")]
PrescriptionId = Annotated[str, Identifier("prescriptions"), Doc("The prescription's id.")]
RepeatId = Annotated[str, Identifier("repeats"), Doc("The id of a requested repeat.")]
InsuranceId = Annotated[str, Identifier("insurances"), Doc("The id of one of the patient's insurances.")]
InvoiceId = Annotated[str, Identifier("invoices"), Doc("The invoice's id.")]
CardId = Annotated[str, Identifier("cards"), Doc("The id of one of the patient's cards.")]
HandoverId = Annotated[str, Identifier("handovers"), Doc("The handover's id.")]

Email = Annotated[str, Contact("email")]
Phone = Annotated[str, Contact("phone")]
Address = Annotated[str, Contact("street address")]
BirthDate = Annotated[str, Doc("The day of birth, as YYYY-MM-DD.")]

Specialty: TypeAlias = Literal[
    "general practice", "dental care", "eye care", "physiotherapy", "cardiology", "dermatology", "neurology",
    "orthopaedics",
]  # fmt: skip
Time: TypeAlias = Literal["08:20", "09:00", "09:40", "10:20", "11:00", "13:40", "14:20", "15:00", "15:40", "16:20"]
Town: TypeAlias = Literal["Ashcombe", "Eastmere", "Larkfield", "Oakhurst", "Stonebeck"]
MedicineGroup: TypeAlias = Literal[
    "allergy relief", "asthma", "blood pressure", "digestion", "pain relief", "skin care", "sleep aid", "thyroid"
]
Service: TypeAlias = Literal[
    "consultation", "blood test", "x-ray scan", "vaccination", "skin treatment", "dental cleaning", "hearing test",
    "nutrition advice", "late cancellation",
]  # fmt: skip
VisitStatus: TypeAlias = Literal["booked", "attended", "missed", "cancelled"]
RepeatStatus: TypeAlias = Literal["waiting", "picked up", "withdrawn"]
InvoiceStatus: TypeAlias = Literal["open", "paid", "disputed", "in parts"]
CardType: TypeAlias = Literal["credit", "debit", "health savings"]
CancelReason: TypeAlias = Literal[
    "it is no longer needed", "the time does not suit", "the site is too far away", "another clinic was quicker"
]
Ground: TypeAlias = Literal["the visit never took place", "the amount is wrong", "the service was another one"]
Parts: TypeAlias = Literal["two", "three", "four", "six"]
HandoverReason: TypeAlias = Literal["new symptoms", "a side effect", "a test result", "a complaint"]


class Patient(Record):
    patient_id: PatientId
    name: str
    email: Email
    phone: Phone
    date_of_birth: BirthDate
    address: Address
    registered_on: Date
    balance_due: Amount
    last_contact_change: Date
    pause_end: Date | None = None
    callback: Date | None = None


class Doctor(Record):
    doctor_id: DoctorId
    surname: str
    specialty: Specialty
    site: str
    languages: str


class Slot(Record):
    slot_id: SlotId
    doctor: str
    specialty: Specialty
    site: str
    available_on: Date
    time: Time
    age_group: str
    fee: Amount


class Appointment(Record):
    appointment_id: AppointmentId
    patient_id: PatientId
    doctor: str
    specialty: Specialty
    site: str
    scheduled_on: Date
    time: Time
    fee: Amount
    booked_on: Date
    status: VisitStatus
    referral_id: ReferralId | None = None
    cancel_reason: CancelReason | None = None


class Referral(Record):
    referral_id: ReferralId
    patient_id: PatientId
    specialty: Specialty
    doctor: str
    issued_on: Date
    expiry: Date
    visits_left: Count
    extended_on: Date | None = None


class Pharmacy(Record):
    pharmacy_id: PharmacyId
    name: str
    town: Town
    address: str
    reopening: Date | None = None


class Prescription(Record):
    prescription_id: PrescriptionId
    patient_id: PatientId
    product: str
    strength: str
    group: MedicineGroup
    doctor: str
    issued_on: Date
    reviewed_on: Date
    expiry: Date
    supply_end: Date
    days_of_supply: Count
    repeats_left: Count
    price: Amount
    pharmacy: str


class Repeat(Record):
    repeat_id: RepeatId
    patient_id: PatientId
    prescription_id: PrescriptionId
    product: str
    pharmacy: str
    requested_on: Date
    ready_on: Date
    charge: Amount
    status: RepeatStatus


class Insurance(Record):
    insurance_id: InsuranceId
    patient_id: PatientId
    insurer: str
    plan: str
    member_number: str
    changed_on: Date
    cover_start: Date
    cover_end: Date
    copay: Amount
    allowance_left: Amount


class Invoice(Record):
    invoice_id: InvoiceId
    patient_id: PatientId
    service: Service
    doctor: str
    visit_date: Date
    issued_on: Date
    due: Date
    amount: Amount
    status: InvoiceStatus
    insurance_id: InsuranceId | None = None
    insurer_pays: Amount = 0.0
    card_id: CardId | None = None
    parts: Parts | None = None
    ground: Ground | None = None


class Card(Record):
    card_id: CardId
    patient_id: PatientId
    type: CardType
    ending: str
    expiry: Date
    balance: Amount | None = None


class Handover(Record):
    handover_id: HandoverId
    patient_id: PatientId
    reason: HandoverReason
    opened_on: Date
    callback: Date


def age_on(birth: str, day: datetime.date) -> int:
    """Whole years on a day."""
    born = datetime.date.fromisoformat(birth)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def admits(age_group: str, age: int) -> bool:
    """Whether an age belongs to a group such as `all ages`, `60 and older` or `up to 15`."""
    match age_group.split():
        case [years, "and", "older"]:
            return age >= int(years)
        case ["up", "to", years]:
            return age <= int(years)
    return True
