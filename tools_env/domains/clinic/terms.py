"""The figures of the clinic's policy, and how they are drawn for one snapshot."""

from random import Random

from tools_env.authoring import Terms, choices
from tools_env.domains.clinic.records import MedicineGroup, Service, Specialty

DIRECT: tuple[Specialty, ...] = (
    "general practice", "dental care", "eye care", "physiotherapy", "dermatology",
)  # fmt: skip
"""The specialties that may need no referral."""


class ClinicTerms(Terms):
    """The policy's figures; where several values are eligible they stand as `a or b`, or `a, b`."""

    callback_days: int
    urgent_reasons: str
    urgent_days: int
    days_ahead: int
    direct_specialties: str
    balance_limit: float
    move_days: int
    cancel_days: int
    free_cancel_days: int
    late_fee: float
    invoice_days: int
    claim_days: int
    covered_services: str
    member_days: int
    ready_days: int
    pickup_days: int
    early_days: int
    repeat_groups: str
    review_days: int
    repeat_cap: float
    repeat_notice: int
    reopening_days: int
    collection_days: int
    parts_from: float
    parts_types: str
    dispute_days: int
    extend_before: int
    extend_after: int
    extend_days: int
    referral_age: int
    extendable_specialties: str
    extend_again: int
    contact_days: int


def draw_terms(rng: Random) -> ClinicTerms:
    """The figures of one snapshot's policy."""
    direct = rng.sample(DIRECT, 4)
    referred = [s for s in choices(Specialty) if s not in direct]
    services = [s for s in choices(Service) if s != "late cancellation"]
    return ClinicTerms(
        callback_days=rng.choice([4, 5, 6]),
        urgent_reasons=rng.choice(["new symptoms", "a side effect", "new symptoms or a side effect"]),
        urgent_days=rng.choice([2, 3]),
        days_ahead=rng.choice([35, 42, 50]),
        direct_specialties=", ".join(direct),
        balance_limit=rng.choice([300.0, 360.0, 420.0]),
        move_days=rng.choice([2, 3, 4]),
        cancel_days=rng.choice([2, 3]),
        free_cancel_days=rng.choice([5, 6, 8]),
        late_fee=rng.choice([18.0, 24.5, 32.0]),
        invoice_days=rng.choice([14, 21, 30]),
        claim_days=rng.choice([40, 55, 70]),
        covered_services=", ".join(sorted(rng.sample(services, rng.choice([4, 5])))),
        member_days=rng.choice([30, 60, 90]),
        ready_days=rng.choice([1, 2]),
        pickup_days=rng.choice([12, 14, 15]),
        early_days=rng.choice([7, 10, 13]),
        repeat_groups=", ".join(sorted(rng.sample(choices(MedicineGroup), rng.choice([5, 6])))),
        review_days=rng.choice([180, 270, 365]),
        repeat_cap=rng.choice([12.5, 16.0, 19.5]),
        repeat_notice=rng.choice([2, 3]),
        reopening_days=rng.choice([3, 4, 5]),
        collection_days=rng.choice([20, 30, 45]),
        parts_from=rng.choice([120.0, 150.0, 180.0]),
        parts_types=rng.choice(["credit", "credit or debit"]),
        dispute_days=rng.choice([20, 30, 40]),
        extend_before=rng.choice([28, 40, 60]),
        extend_after=rng.choice([10, 14, 21]),
        extend_days=rng.choice([75, 100, 120]),
        referral_age=rng.choice([240, 300, 365]),
        extendable_specialties=", ".join(sorted(rng.sample(referred, len(referred) - rng.choice([1, 2])))),
        extend_again=rng.choice([60, 80, 110]),
        contact_days=rng.choice([30, 45, 60]),
    )


def among(value: str, eligible: str) -> bool:
    """Whether a value is one of those that a figure such as `credit or debit` names."""
    return value in eligible.replace(", ", " or ").split(" or ")
