"""What the clinic's tools do to prescriptions, invoices and insurances, found by looking at the records themselves."""

import datetime

import pytest

from tests.clinic_books import (
    BOOKS,
    NOW,
    SNAPSHOT,
    TERMS,
    WORLD,
    broken,
    call,
    clause,
    day,
    patient,
    value,
    with_edits,
)
from tools_env.calls import Refusal, Result
from tools_env.domains.clinic.records import Card, Insurance, Invoice, Prescription
from tools_env.domains.clinic.terms import among
from tools_env.values import Json


@pytest.fixture
def session():
    return WORLD.open(SNAPSHOT)


def repeatable() -> Prescription:
    return next(
        p
        for p in BOOKS.prescriptions
        if p.repeats_left
        and p.expiry >= NOW
        and p.supply_end <= BOOKS.ahead(TERMS.early_days)
        and among(p.group, TERMS.repeat_groups)
        and p.reviewed_on >= BOOKS.back(TERMS.review_days)
    )


def test_a_repeat_then_another_pharmacy_then_none(session):
    found = repeatable()
    pickup = day(TERMS.repeat_notice + TERMS.ready_days)
    repeat = value(call(session, "request_repeat", prescription_id=found.prescription_id, day=pickup))
    assert (repeat["charge"], repeat["ready_on"]) == (min(found.price, TERMS.repeat_cap), pickup)
    assert broken(session) == {}
    pharmacy = next(p for p in BOOKS.pharmacies if p.name != found.pharmacy and p.reopening is None)
    arguments: dict[str, Json] = {"repeat_id": repeat["repeat_id"], "pharmacy_id": pharmacy.pharmacy_id}
    assert value(call(session, "redirect_repeat", **arguments))["pharmacy"] == pharmacy.name
    assert broken(session) == {}
    assert value(call(session, "withdraw_repeat", repeat_id=repeat["repeat_id"]))["status"] == "withdrawn"
    assert [path for path in session.diff() if path.startswith("prescriptions/")] == []
    assert clause(call(session, "redirect_repeat", **arguments)) == "4.7"


@pytest.mark.parametrize(
    ("field", "last", "over", "cited"),
    [
        ("supply_end", TERMS.early_days, TERMS.early_days + 1, "4.2"),
        ("expiry", 0, -1, "4.3"),
        ("reviewed_on", -TERMS.review_days, -TERMS.review_days - 1, "4.5"),
    ],
)
def test_the_last_day_for_a_repeat_still_counts(field, last, over, cited):
    found = repeatable()
    path = f"prescriptions/{found.prescription_id}/{field}"
    for days, wanted in ((last, None), (over, cited)):
        session = with_edits({path: day(days)})
        outcome = call(session, "request_repeat", prescription_id=found.prescription_id, day=day(TERMS.pickup_days))
        because = outcome.because if isinstance(outcome, Refusal) else broken(session).get(cited)
        assert (clause(outcome) or next(iter(broken(session)), None)) == wanted
        assert (because.path if because else None) == (path if wanted else None)


@pytest.mark.parametrize("days", [TERMS.ready_days - 1, TERMS.pickup_days + 1])
def test_a_repeat_is_picked_up_within_its_days(session, days):
    outcome = call(session, "request_repeat", prescription_id=repeatable().prescription_id, day=day(days))
    assert clause(outcome) == "4.1"


def test_a_group_that_is_not_repeated_breaks_a_rule():
    found = repeatable()
    path = f"prescriptions/{found.prescription_id}/group"
    other = next(m.group for m in BOOKS.prescriptions if not among(m.group, TERMS.repeat_groups))
    session = with_edits({path: other})
    assert isinstance(call(session, "request_repeat", prescription_id=found.prescription_id, day=day(5)), Result)
    because = broken(session)["4.4"]
    assert because is not None
    assert (because.path, because.value) == (path, other)
    assert among(str(because.instead), TERMS.repeat_groups)


@pytest.mark.parametrize(("days", "found"), [(TERMS.reopening_days, set()), (TERMS.reopening_days + 1, {"4.8"})])
def test_a_closed_pharmacy_is_chosen_shortly_before_it_opens(days, found):
    prescription = next(iter(BOOKS.prescriptions))
    pharmacy = next(p for p in BOOKS.pharmacies if p.name != prescription.pharmacy)
    session = with_edits({f"pharmacies/{pharmacy.pharmacy_id}/reopening": day(days)})
    arguments: dict[str, Json] = {
        "prescription_id": prescription.prescription_id,
        "pharmacy_id": pharmacy.pharmacy_id,
    }
    assert value(call(session, "change_pharmacy", **arguments))["pharmacy"] == pharmacy.name
    assert {*broken(session)} == found


def payable() -> tuple[Invoice, Card]:
    """An open invoice and a savings card that covers it."""
    return next(
        (invoice, card)
        for invoice in BOOKS.invoices
        if invoice.status == "open" and invoice.due >= BOOKS.back(TERMS.collection_days)
        for card in BOOKS.cards
        if card.patient_id == invoice.patient_id
        and card.expiry >= NOW
        and card.balance is not None
        and card.balance >= invoice.amount
    )


def test_paying_takes_the_amount_once(session):
    invoice, card = payable()
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "card_id": card.card_id}
    assert value(call(session, "pay_invoice", **arguments))["status"] == "paid"
    diff = session.diff()
    assert diff[f"cards/{card.card_id}/balance"].after == round((card.balance or 0) - invoice.amount, 2)
    owed = patient(invoice.patient_id).balance_due
    assert diff[f"patients/{invoice.patient_id}/balance_due"].after == round(owed - invoice.amount, 2)
    again = call(session, "pay_invoice", **arguments)
    assert isinstance(again, Refusal)
    assert again.cause == "missing"


def test_what_stands_against_paying():
    invoice, card = payable()
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "card_id": card.card_id}
    edits: list[tuple[str, Json, Json, str]] = [
        (f"cards/{card.card_id}/expiry", day(0), day(-1), "5.1"),
        (f"cards/{card.card_id}/balance", invoice.amount, invoice.amount - 0.01, "5.2"),
        (f"invoices/{invoice.invoice_id}/due", day(-TERMS.collection_days), day(-TERMS.collection_days - 1), "5.3"),
    ]
    for path, last, over, cited in edits:
        assert isinstance(call(with_edits({path: last}), "pay_invoice", **arguments), Result)
        refused = call(with_edits({path: over}), "pay_invoice", **arguments)
        assert isinstance(refused, Refusal)
        assert (refused.clause, refused.because.path if refused.because else "") == (cited, path)


def test_monthly_parts_need_an_amount_and_a_type_of_card():
    invoice, card = payable()
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "card_id": card.card_id, "parts": "three"}
    amount = f"invoices/{invoice.invoice_id}/amount"
    low = with_edits({amount: TERMS.parts_from - 0.01})
    assert clause(call(low, "split_invoice", **arguments)) == "5.4"
    savings = with_edits({amount: TERMS.parts_from})
    assert value(call(savings, "split_invoice", **arguments))["status"] == "in parts"
    assert [*broken(savings)] == ["5.5"]
    credit = with_edits({amount: TERMS.parts_from, f"cards/{card.card_id}/type": "credit"})
    assert isinstance(call(credit, "split_invoice", **arguments), Result)
    assert broken(credit) == {}


def test_a_dispute_is_opened_in_time():
    invoice = next(i for i in BOOKS.invoices if i.status == "open")
    path = f"invoices/{invoice.invoice_id}/issued_on"
    last, over = with_edits({path: day(-TERMS.dispute_days)}), with_edits({path: day(-TERMS.dispute_days - 1)})
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "ground": "the amount is wrong"}
    assert value(call(last, "dispute_invoice", **arguments))["status"] == "disputed"
    owed = last.diff()[f"patients/{invoice.patient_id}/balance_due"]
    assert owed.after == round(patient(invoice.patient_id).balance_due - invoice.amount, 2)
    assert clause(call(over, "dispute_invoice", **arguments)) == "5.6"


def billable() -> tuple[Invoice, Insurance]:
    return next(
        (invoice, insurance)
        for invoice in BOOKS.invoices
        if invoice.status == "open"
        and invoice.visit_date >= BOOKS.back(TERMS.claim_days)
        and among(invoice.service, TERMS.covered_services)
        for insurance in BOOKS.insurances
        if insurance.patient_id == invoice.patient_id
        and insurance.cover_start <= invoice.visit_date <= insurance.cover_end
        and insurance.copay < invoice.amount < insurance.allowance_left
    )


def test_the_insurer_pays_all_but_the_copay(session):
    invoice, insurance = billable()
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "insurance_id": insurance.insurance_id}
    billed = value(call(session, "bill_insurance", **arguments))
    share = round(invoice.amount - insurance.copay, 2)
    assert (billed["amount"], billed["insurer_pays"], billed["status"]) == (insurance.copay, share, "open")
    diff = session.diff()
    assert diff[f"insurances/{insurance.insurance_id}/allowance_left"].after == round(
        insurance.allowance_left - share, 2
    )
    owed = patient(invoice.patient_id).balance_due
    assert diff[f"patients/{invoice.patient_id}/balance_due"].after == round(owed - share, 2)
    assert broken(session) == {}
    assert isinstance(call(session, "bill_insurance", **arguments), Refusal)


def test_what_stands_against_billing():
    invoice, insurance = billable()
    arguments: dict[str, Json] = {"invoice_id": invoice.invoice_id, "insurance_id": insurance.insurance_id}
    visit, one = invoice.visit_date, datetime.timedelta(days=1)
    share = round(invoice.amount - insurance.copay, 2)
    theirs, ours = f"insurances/{insurance.insurance_id}", f"invoices/{invoice.invoice_id}"
    edits: list[tuple[str, Json, Json, str]] = [
        (f"{theirs}/cover_start", visit.isoformat(), (visit + one).isoformat(), "3.1"),
        (f"{theirs}/cover_end", visit.isoformat(), (visit - one).isoformat(), "3.1"),
        (f"{theirs}/copay", round(invoice.amount - 0.01, 2), invoice.amount, "3.4"),
        (f"{theirs}/allowance_left", share, round(share - 0.01, 2), "3.5"),
        (f"{ours}/visit_date", day(-TERMS.claim_days), day(-TERMS.claim_days - 1), "3.2"),
    ]
    for path, last, over, cited in edits:
        early = {} if path.endswith("cover_start") else {f"{theirs}/cover_start": day(-900)}
        assert isinstance(call(with_edits({**early, path: last}), "bill_insurance", **arguments), Result), path
        refused = call(with_edits({**early, path: over}), "bill_insurance", **arguments)
        assert isinstance(refused, Refusal)
        assert (refused.clause, refused.because.path if refused.because else "") == (cited, path)
        assert refused.because is not None
        twin = with_edits({**early, path: refused.because.instead})
        assert isinstance(call(twin, "bill_insurance", **arguments), Result)


def test_a_service_nobody_covers_breaks_a_rule():
    invoice, insurance = billable()
    session = with_edits({f"invoices/{invoice.invoice_id}/service": "late cancellation"})
    billed = call(session, "bill_insurance", invoice_id=invoice.invoice_id, insurance_id=insurance.insurance_id)
    assert isinstance(billed, Result)
    assert [*broken(session)] == ["3.3"]


def test_a_member_number_changes_while_the_cover_lasts():
    insurance = next(iter(BOOKS.insurances))
    path = f"insurances/{insurance.insurance_id}"
    plain: dict[str, Json] = {f"{path}/cover_end": day(0), f"{path}/changed_on": day(-TERMS.member_days)}
    arguments: dict[str, Json] = {"insurance_id": insurance.insurance_id, "member_number": "30418822"}
    assert value(call(with_edits(plain), "change_member_number", **arguments))["member_number"] == "30418822"
    for field, new in (("cover_end", day(-1)), ("changed_on", day(1 - TERMS.member_days))):
        refused = call(with_edits({**plain, f"{path}/{field}": new}), "change_member_number", **arguments)
        assert isinstance(refused, Refusal)
        assert (refused.clause, refused.because.path if refused.because else "") == ("3.6", f"{path}/{field}")
