"""What the clinic's tools do to patients, visits and referrals, found by looking at the records themselves."""

import datetime
from collections import Counter
from typing import Literal

import pytest

from tests.clinic_books import (
    BOOKS,
    GOOD,
    NOW,
    SNAPSHOT,
    TERMS,
    WORLD,
    broken,
    call,
    clause,
    day,
    patient,
    slot_for,
    value,
    with_edits,
)
from tests.exploring import Explorer
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Called, Course, Said
from tools_env.domains.clinic.books import working_day
from tools_env.domains.clinic.records import admits, age_on
from tools_env.domains.clinic.terms import among
from tools_env.mentions import mentions
from tools_env.values import Json

Speaker = Literal["human", "agent"]


@pytest.fixture
def session():
    return WORLD.open(SNAPSHOT)


def test_the_balance_is_what_stands_open():
    due: Counter[str] = Counter()
    for invoice in BOOKS.invoices:
        due[invoice.patient_id] += round(100 * invoice.amount) if invoice.status == "open" else 0
    assert {p.patient_id: round(100 * p.balance_due) for p in BOOKS.patients} == {
        p.key: due[p.key] for p in BOOKS.patients
    }


def test_dates_fit():
    for visit in BOOKS.appointments:
        assert working_day(visit.scheduled_on)
        assert visit.booked_on < visit.scheduled_on
        assert (visit.status in {"attended", "missed"}) <= (visit.scheduled_on < NOW)
        assert visit.status != "booked" or visit.scheduled_on >= NOW
    assert all(working_day(s.available_on) and s.available_on > NOW for s in BOOKS.slots)
    assert all(i.visit_date < i.issued_on <= NOW for i in BOOKS.invoices)
    assert all(p.issued_on < p.reviewed_on < NOW for p in BOOKS.prescriptions)
    assert all(i.cover_start < i.cover_end for i in BOOKS.insurances)
    assert all((r.status == "waiting") == (r.ready_on >= NOW) for r in BOOKS.repeats)


def test_people_can_be_found_in_three_ways(session):
    assert len({p.phone for p in BOOKS.patients}) == len(BOOKS.patients) == 400
    assert all(p.phone[3:10] == "-555-01" for p in BOOKS.patients)
    ways: list[tuple[str, dict[str, Json]]] = [
        ("find_patient_by_email", {"email": GOOD.email.upper()}),
        ("find_patient_by_phone", {"phone": GOOD.phone}),
        ("find_patient_by_name_and_birth", {"name": GOOD.name.upper(), "date_of_birth": GOOD.date_of_birth}),
    ]
    for tool, arguments in ways:
        assert value(call(session, tool, **arguments))["patient_id"] == GOOD.patient_id
    wrong = call(session, "find_patient_by_name_and_birth", name=GOOD.name, date_of_birth="1901-01-01")
    assert isinstance(wrong, Refusal)
    assert (wrong.cause, wrong.clause) == ("missing", None)


def test_a_direct_visit_takes_the_slot(session):
    slot = slot_for(GOOD, direct=True)
    booked = value(call(session, "book_visit", patient_id=GOOD.patient_id, slot_id=slot.slot_id))
    assert (booked["scheduled_on"], booked["doctor"], booked["fee"]) == (
        slot.available_on.isoformat(),
        slot.doctor,
        slot.fee,
    )
    assert {path.split("/")[0] for path in session.diff()} == {"slots", "appointments"}
    assert broken(session) == {}
    again = call(session, "book_visit", patient_id=GOOD.patient_id, slot_id=slot.slot_id)
    assert isinstance(again, Refusal)
    assert again.cause == "missing"
    assert isinstance(
        call(session, "cancel_visit", appointment_id=booked["appointment_id"], reason="the time does not suit"), Result
    )


def test_a_specialist_is_seen_on_a_referral_only(session):
    referral = next(
        r for r in BOOKS.referrals if r.visits_left and patient(r.patient_id).balance_due < TERMS.balance_limit
    )
    slot = slot_for(patient(referral.patient_id), direct=False, specialty=referral.specialty)
    assert clause(call(session, "book_visit", patient_id=referral.patient_id, slot_id=slot.slot_id)) == "2.2"
    arguments: dict[str, Json] = {"referral_id": referral.referral_id, "slot_id": slot.slot_id}
    path = f"referrals/{referral.referral_id}/expiry"
    last, over = slot.available_on, slot.available_on - datetime.timedelta(days=1)
    fine = with_edits({path: last.isoformat()})
    assert value(call(fine, "book_visit_on_referral", **arguments))["referral_id"] == referral.referral_id
    assert fine.diff()[f"referrals/{referral.referral_id}/visits_left"].after == referral.visits_left - 1
    assert clause(call(with_edits({path: over.isoformat()}), "book_visit_on_referral", **arguments)) == "2.3"
    used_up = with_edits({path: last.isoformat(), f"referrals/{referral.referral_id}/visits_left": 0})
    assert clause(call(used_up, "book_visit_on_referral", **arguments)) == "2.3"


@pytest.mark.parametrize(
    ("group", "age", "fits"),
    [
        ("all ages", 3, True),
        ("up to 15", 15, True),
        ("up to 15", 16, False),
        ("65 and older", 65, True),
        ("65 and older", 64, False),
    ],
)
def test_age_groups_hold_their_ends(group, age, fits):
    assert admits(group, age) == fits


def test_age_counts_whole_years():
    assert [age_on("2000-05-10", datetime.date(2026, 5, d)) for d in (9, 10)] == [25, 26]


@pytest.mark.parametrize("tool", ["move_visit", "cancel_visit"])
def test_a_visit_is_altered_until_some_days_before(tool):
    days = TERMS.move_days if tool == "move_visit" else TERMS.cancel_days
    visit = next(a for a in BOOKS.appointments if a.status == "booked")
    target = next(d for n in range(14, 20) if working_day(datetime.date.fromisoformat(d := day(n))))
    more: dict[str, Json] = {"day": target} if tool == "move_visit" else {"reason": "it is no longer needed"}
    path = f"appointments/{visit.appointment_id}/scheduled_on"
    last, late = with_edits({path: day(days)}), with_edits({path: day(days - 1)})
    assert isinstance(call(last, tool, appointment_id=visit.appointment_id, **more), Result)
    refused = call(late, tool, appointment_id=visit.appointment_id, **more)
    assert isinstance(refused, Refusal)
    assert refused.clause == ("2.8" if tool == "move_visit" else "2.9")
    assert refused.because is not None
    assert (refused.because.path, refused.because.value) == (path, day(days - 1))
    again = with_edits({path: refused.because.instead})
    assert isinstance(call(again, tool, appointment_id=visit.appointment_id, **more), Result)


def test_moves_go_to_working_days_within_the_horizon(session):
    visit = next(
        a for a in BOOKS.appointments if a.status == "booked" and a.scheduled_on >= BOOKS.ahead(TERMS.move_days)
    )
    saturday = next(d for n in range(1, 9) if (d := BOOKS.ahead(n)).weekday() == 5)
    far = next(d for n in range(1, 9) if working_day(d := BOOKS.ahead(TERMS.days_ahead + n)))
    for wrong, cited in ((saturday, "2.8"), (visit.scheduled_on, "2.8"), (far, "2.1")):
        outcome = call(session, "move_visit", appointment_id=visit.appointment_id, day=wrong.isoformat())
        assert clause(outcome) == cited
    assert session.diff() == {}


@pytest.mark.parametrize("short", [False, True])
def test_cancelling_at_short_notice_costs_a_fee(short):
    visit = next(a for a in BOOKS.appointments if a.status == "booked")
    days = TERMS.free_cancel_days - 1 if short else TERMS.free_cancel_days
    session = with_edits({f"appointments/{visit.appointment_id}/scheduled_on": day(days)})
    cancelled = call(session, "cancel_visit", appointment_id=visit.appointment_id, reason="the site is too far away")
    assert value(cancelled)["status"] == "cancelled"
    made = [c.after for path, c in session.diff().items() if path.startswith("invoices/")]
    owed = session.diff().get(f"patients/{visit.patient_id}/balance_due")
    if short:
        assert isinstance(made[0], dict)
        assert (made[0]["amount"], made[0]["due"]) == (TERMS.late_fee, day(TERMS.invoice_days))
        assert owed is not None
        assert owed.after == round(patient(visit.patient_id).balance_due + TERMS.late_fee, 2)
    else:
        assert (made, owed) == ([], None)
    assert (
        clause(call(session, "cancel_visit", appointment_id=visit.appointment_id, reason="the time does not suit"))
        == "2.9"
    )


def test_no_visit_with_a_high_balance_or_during_a_pause():
    slot = slot_for(GOOD, direct=True)
    arguments: dict[str, Json] = {"patient_id": GOOD.patient_id, "slot_id": slot.slot_id}
    path = f"patients/{GOOD.patient_id}"
    limit = with_edits({f"{path}/balance_due": TERMS.balance_limit})
    assert isinstance(call(limit, "book_visit", **arguments), Result)
    above = with_edits({f"{path}/balance_due": TERMS.balance_limit + 0.01})
    assert clause(call(above, "book_visit", **arguments)) == "2.5"
    for days, found in ((-1, None), (0, "2.6")):
        session = with_edits({f"{path}/pause_end": day(days)})
        assert isinstance(call(session, "book_visit", **arguments), Result)
        assert [*broken(session)] == ([found] if found else [])


def test_two_visits_on_one_day_break_a_rule():
    slot = slot_for(GOOD, direct=True)
    other = next(a for a in BOOKS.appointments if a.patient_id == GOOD.patient_id)
    on = {f"appointments/{other.appointment_id}/scheduled_on": slot.available_on.isoformat()}
    for status, found in (("booked", {"2.7"}), ("cancelled", set())):
        session = with_edits({**on, f"appointments/{other.appointment_id}/status": status})
        assert isinstance(call(session, "book_visit", patient_id=GOOD.patient_id, slot_id=slot.slot_id), Result)
        assert {*broken(session)} == found


def test_a_referral_is_extended_around_its_expiry():
    referral = next(r for r in BOOKS.referrals if among(r.specialty, TERMS.extendable_specialties))
    path = f"referrals/{referral.referral_id}"
    plain: dict[str, Json] = {f"{path}/issued_on": day(-TERMS.referral_age), f"{path}/extended_on": None}
    plain[f"{path}/expiry"] = day(3)
    cases: list[tuple[str, Json, str | None]] = [
        ("expiry", day(TERMS.extend_before), None),
        ("expiry", day(TERMS.extend_before + 1), "6.1"),
        ("expiry", day(-TERMS.extend_after), None),
        ("expiry", day(-TERMS.extend_after - 1), "6.1"),
        ("issued_on", day(-TERMS.referral_age - 1), "6.2"),
        ("extended_on", day(-TERMS.extend_again), None),
        ("extended_on", day(-TERMS.extend_again + 1), "6.4"),
    ]
    for field, new, cited in cases:
        session = with_edits({**plain, f"{path}/{field}": new})
        outcome = call(session, "extend_referral", referral_id=referral.referral_id)
        assert clause(outcome) == cited, (field, new)
        if cited is None:
            assert value(outcome)["expiry"] == day(TERMS.extend_days)
            assert broken(session) == {}
    others = [r.specialty for r in BOOKS.referrals if not among(r.specialty, TERMS.extendable_specialties)]
    session = with_edits({**plain, f"{path}/specialty": others[0]})
    assert isinstance(call(session, "extend_referral", referral_id=referral.referral_id), Result)
    assert [*broken(session)] == ["6.3"]


def test_contact_details_change_one_at_a_time():
    path = f"patients/{GOOD.patient_id}/last_contact_change"
    session = with_edits({path: day(-TERMS.contact_days)})
    moved = value(call(session, "change_phone", patient_id=GOOD.patient_id, new_phone=" 200-555-0133 "))
    assert (moved["phone"], moved["last_contact_change"]) == ("200-555-0133", NOW.isoformat())
    assert value(call(session, "find_patient_by_phone", phone="200-555-0133"))["patient_id"] == GOOD.patient_id
    again = call(session, "change_address", patient_id=GOOD.patient_id, new_address="9 Beech Hanger, Oakhurst 43915")
    assert isinstance(again, Refusal)
    assert (again.clause, again.because.path if again.because else "") == ("6.5", path)


@pytest.mark.parametrize("reason", ["new symptoms", "a side effect", "a test result", "a complaint"])
def test_a_handover_is_called_back_sooner_where_it_is_urgent(session, reason):
    made = value(call(session, "transfer_to_clinician", patient_id=GOOD.patient_id, reason=reason))
    days = TERMS.urgent_days if among(reason, TERMS.urgent_reasons) else TERMS.callback_days
    assert (made["callback"], made["opened_on"]) == (day(days), NOW.isoformat())
    assert session.diff()[f"patients/{GOOD.patient_id}/callback"].after == day(days)
    again = call(session, "transfer_to_clinician", patient_id=GOOD.patient_id, reason=reason)
    assert isinstance(again, Refusal)
    assert (again.clause, again.because.value if again.because else "") == ("1.6", day(days))


def talk(*steps: tuple[Speaker, str] | Call) -> tuple[str, ...]:
    """Clauses of conduct that a talk breaks; calls are carried out, what is said is only said."""
    session = WORLD.open(SNAPSHOT)
    events: list[Called | Said] = []
    for step in steps:
        if isinstance(step, Call):
            outcome = session.call(step)
            assert isinstance(outcome, Result), outcome
            writes = WORLD.specs[step.name].writes
            events.append(Called(call_id="c", call=step, outcome=outcome, writes=writes, batch=len(events)))
        else:
            events.append(Said(speaker=step[0], text=step[1]))
    return tuple(sorted({b.clause for b in session.breaches(Course(events=tuple(events)))}))


def test_conduct_of_a_talk():
    prescription = next(p for p in BOOKS.prescriptions if p.pharmacy != "Swan Pharmacy")
    pharmacy = next(p for p in BOOKS.pharmacies if p.name == "Swan Pharmacy")
    who = patient(prescription.patient_id)
    find = Call(name="find_patient_by_phone", arguments={"phone": who.phone})
    look = Call(name="list_prescriptions", arguments={"patient_id": who.patient_id})
    send = Call(
        name="change_pharmacy",
        arguments={"prescription_id": prescription.prescription_id, "pharmacy_id": pharmacy.pharmacy_id},
    )
    towns = Call(name="list_pharmacies", arguments={"town": pharmacy.town})
    stranger = next(p for p in BOOKS.patients if p.patient_id != who.patient_id)
    other = Call(name="list_cards", arguments={"patient_id": stranger.patient_id})
    ids = f"{prescription.prescription_id} to {pharmacy.pharmacy_id}"
    asked: tuple[Speaker, str] = ("agent", f"Shall I send {ids}?")
    start: tuple[Speaker, str] = ("human", "Hi")
    yes: tuple[Speaker, str] = ("human", "Yes, please")
    closed = {"4.8"} if pharmacy.reopening and pharmacy.reopening > BOOKS.ahead(TERMS.reopening_days) else set()
    assert {*talk(start, find, look, towns, asked, yes, send)} == closed
    assert {*talk(start, look, find, towns, asked, yes, send)} == {"1.1", *closed}
    assert talk(start, find, look, other) == ("1.2",)
    assert {*talk(start, find, look, towns, send)} == {"1.3", *closed}
    hand = Call(name="transfer_to_clinician", arguments={"patient_id": GOOD.patient_id, "reason": "a complaint"})
    seek = Call(name="find_patient_by_email", arguments={"email": GOOD.email})
    about: tuple[Speaker, str] = ("agent", "Shall I hand you over about a complaint?")
    assert talk(start, seek, about, yes, hand) == ()
    assert talk(start, seek, hand) == ("1.3",)


def test_nothing_is_changed_after_a_handover(session):
    visit = next(
        a
        for a in BOOKS.appointments
        if a.status == "booked"
        and a.scheduled_on >= BOOKS.ahead(TERMS.cancel_days)
        and not patient(a.patient_id).callback
    )
    hand = Call(name="transfer_to_clinician", arguments={"patient_id": visit.patient_id, "reason": "a complaint"})
    cancel = Call(
        name="cancel_visit", arguments={"appointment_id": visit.appointment_id, "reason": "the time does not suit"}
    )
    for order, found in (((cancel, hand), set()), ((hand, cancel), {"1.7"})):
        copy = session.fork()
        done = [Called(call_id="c", call=c, outcome=copy.call(c), writes=True, batch=n) for n, c in enumerate(order)]
        assert {b.clause for b in copy.breaches(Course(events=tuple(done)))} - {"1.1"} == found


def test_the_clinic_is_large_enough():
    writes = [spec for spec in WORLD.specs.values() if spec.writes]
    assert len(WORLD.specs) >= 30
    assert len(writes) >= 16
    assert len(WORLD.clauses) >= 40
    assert Counter(c.enforced for c in WORLD.clauses)["model"] == 2
    owners = [r.patient_id for t in (BOOKS.appointments, BOOKS.invoices, BOOKS.prescriptions) for r in t]
    assert min(Counter(owners).values()) >= 4


def test_denials_can_be_proven():
    """Of most clauses some denial rests on a fact that is stated by value and that no policy gives away."""
    brief = WORLD.brief(SNAPSHOT)
    proven: set[str | None] = set()
    for person in brief.people[:80]:
        explorer = Explorer(WORLD, SNAPSHOT, person)
        explorer.look()
        for one in explorer.try_writes(8):
            because = one.because
            if because is None or (isinstance(because.value, int | float) and abs(because.value) < 10):
                continue
            table, _, field = because.path.split("/")
            if not mentions(brief.policy, because.value, WORLD.fields[f"{table}/{field}"]):
                proven.add(one.clause)
        explorer.session.close()
    assert proven == PROVABLE


PROVABLE = {"1.6", "2.1", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6"}
PROVABLE |= {"4.2", "4.3", "4.4", "4.5", "4.7", "4.8", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6"}
PROVABLE |= {"6.1", "6.2", "6.3", "6.4", "6.5"}
