"""Made-up records for tests of how people pick one out: hypothesis draws them, with few values so that many collide."""

from hypothesis import strategies as st

from blueprints.knowledge import Referent
from blueprints.wording import Attribute
from tools_env.values import Meaning

DATE, AMOUNT, COUNT = Meaning("date"), Meaning("amount"), Meaning("count")
TEXT, CHOICE = Meaning("text"), Meaning("choice")

FIELDS = {
    "name": (TEXT, st.sampled_from(["Harbour Lantern", "Rill Planter", "the Old Mill"])),
    "colour": (TEXT, st.sampled_from(["jade", "smoke", "ivory"])),
    "status": (CHOICE, st.sampled_from(["placed", "being packed", "delivered"])),
    "placed_on": (DATE, st.sampled_from(["2026-03-01", "2026-03-02", "2026-04-11"])),
    "arrival": (DATE, st.sampled_from(["2026-05-01", "2026-05-03"])),
    "total": (AMOUNT, st.sampled_from([12.5, 25.0, 25, 1234.5])),
    "stock": (COUNT, st.sampled_from([3, 9, 10, 40])),
}


@st.composite
def referent(draw, number: int = 0) -> Referent:
    fields = draw(st.lists(st.sampled_from([*FIELDS]), unique=True, min_size=1))
    attributes = tuple(Attribute(name, draw(FIELDS[name][1]), FIELDS[name][0]) for name in fields)
    return Referent("orders", f"F{number}", attributes, 0, frozenset())


@st.composite
def shelf(draw) -> list[Referent]:
    """One to five records of one table, each with its own id."""
    return [draw(referent(number)) for number in range(draw(st.integers(1, 5)))]
