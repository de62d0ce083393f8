"""The records of one snapshot of the clinic, read without any tool, and calls on sessions where some were edited."""

from random import Random

from tools_env.calls import Because, Call, Edit, Outcome, Refusal, Result
from tools_env.course import Course
from tools_env.domains.clinic import Clinic
from tools_env.domains.clinic.books import Books
from tools_env.domains.clinic.data import fill
from tools_env.domains.clinic.records import Patient, Slot
from tools_env.domains.clinic.terms import among
from tools_env.port import Session
from tools_env.table import Table
from tools_env.values import Json

WORLD = Clinic.world()
SNAPSHOT = "seed:0"


def seeded() -> Books:
    """The records of the snapshot, read without any tool."""
    books = Books()
    for name, record in Clinic.tables_.items():
        setattr(books, name, Table(name, record))
    fill(books, Random("clinic/0"))
    return books


BOOKS = seeded()
TERMS = BOOKS.terms
NOW = BOOKS.now


def day(days: int) -> str:
    return BOOKS.ahead(days).isoformat()


def patient(key: str) -> Patient:
    return BOOKS.patients[key]


def slot_for(who: Patient, *, direct: bool, specialty: str = "") -> Slot:
    """A slot that nothing speaks against."""
    taken = {a.scheduled_on for a in BOOKS.appointments if a.patient_id == who.patient_id}
    return next(
        s
        for s in BOOKS.slots
        if among(s.specialty, TERMS.direct_specialties) == direct
        and specialty in {"", s.specialty}
        and s.available_on <= BOOKS.ahead(TERMS.days_ahead)
        and s.age_group == "all ages"
        and s.available_on not in taken
    )


def call(session: Session, tool: str, /, **arguments: Json) -> Outcome:
    return session.call(Call(name=tool, arguments=arguments))


def value(outcome: Outcome) -> dict[str, Json]:
    assert isinstance(outcome, Result), outcome
    assert isinstance(outcome.value, dict)
    return outcome.value


def clause(outcome: Outcome) -> str | None:
    return outcome.clause if isinstance(outcome, Refusal) else None


def with_edits(edits: dict[str, Json]) -> Session:
    return WORLD.open(SNAPSHOT, tuple(Edit(path=path, value=new) for path, new in edits.items()))


def broken(session: Session) -> dict[str, Because | None]:
    """Clauses that the state breaks, with their deciding facts."""
    return {breach.clause: breach.because for breach in session.breaches(Course())}


GOOD = next(
    p
    for p in BOOKS.patients
    if p.balance_due < TERMS.balance_limit and (p.pause_end is None or p.pause_end < NOW) and p.callback is None
)
