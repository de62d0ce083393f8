"""A value is told when it is said as true, to the person, alone, and for good."""

import pytest

from blueprints.blueprint import Output
from blueprints.judging.outcome import outputs
from blueprints.judging.verdict import GateResult
from tests.blueprints.judging.judged import did, human, talk
from tests.blueprints.talks import agent
from tools_env.course import Said
from tools_env.values import TEXT, Json, Meaning

ORDERS: Json = [
    {"order_id": "F1", "placed_on": "2026-06-10", "status": "delivered", "total": 12.5},
    {"order_id": "F2", "placed_on": "2026-06-12", "status": "placed", "total": 30.0},
]
READ = did("retail", "list_orders", ORDERS, customer_id="C1")
STATUS = Output(name="status", label="status", meaning=TEXT, value="delivered", source_call=0)
DATE = Output(name="placed_on", label="placing date", meaning=Meaning("date"), value="2026-06-10", source_call=0)
TOTAL = Output(name="total", label="total", meaning=Meaning("amount"), value=42.5, how="total")
ASKED = human("What about the order placed on 2026-06-10?")
AGAIN = human("Are you certain?")


def judged(output: Output, *said: Said, first: Said = ASKED) -> GateResult:
    found = talk("retail", first, READ, *said, acts=("raise",))
    blueprint = found.blueprint.model_copy(update={"outputs": (output,)})
    return outputs(type(found)(blueprint, found.course, found.human_turns, "user_stop", found.world, found.done))


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (STATUS, ("The order placed on 2026-06-10 is delivered.",)),
        (STATUS, ("It is delivered, not placed.",)),
        (STATUS, ("It is delivered.", "Yes, the order placed on 2026-06-10 is delivered.")),
        (DATE, ("It was placed on 2026-06-10.", "Glad to help. Call us at any time, 24 hours a day.")),
        (DATE, ("It was placed on June 10.",)),
        (TOTAL, ("Together that is $42.50, for $12.50 and $30.00.",)),
        (TOTAL, ("Together that is forty-two dollars and fifty cents.",)),
        (TOTAL, ("Together that is $42.50.", "Yes, $42.50.")),
    ],
)
def test_told(output, said):
    first, *rest = map(agent, said)
    assert judged(output, first, *(event for again in rest for event in (AGAIN, again))).status == "pass"


@pytest.mark.parametrize(
    ("output", "said", "words"),
    [
        (STATUS, ("The order placed on 2026-06-10 is delivered or placed.",), "told together with placed"),
        (STATUS, ("It is delivered.", "Sorry, it is placed."), "and then as something else"),
        (STATUS, ("It is not delivered.",), "never told"),
        (STATUS, ("It isn't delivered.",), "never told"),
        (DATE, ("It was not placed on 2026-06-10.", "No."), "never told"),
        (DATE, ("It was placed on 2026-06-10 or 2026-06-11.",), "told together with 2026-06-11"),
        (DATE, ("It was placed on 2026-06-11, or maybe on 2026-06-10.",), "told together with 2026-06-11"),
        (DATE, ("It was placed on 2026-06-10.", "Sorry, it is 2026-06-11."), "and then as something else"),
        (DATE, ("It was placed on 2026-06-10.", "It is June 11."), "and then as something else"),
        (TOTAL, ("Together that is $42.50 or $41.89.",), "told together with 41.89"),
        (TOTAL, ("Together that is $42.50.", "Sorry, it is $41.89."), "and then as something else"),
    ],
)
def test_not_told(output, said, words):
    first, *rest = map(agent, said)
    result = judged(output, first, *(event for again in rest for event in (AGAIN, again)))
    assert result.status == "fail"
    assert words in result.evidence[0].text


def test_words_beside_a_call_are_not_heard():
    aside = agent("It is delivered.").model_copy(update={"batch": 0})
    assert judged(STATUS, aside, agent("One moment.")).status == "fail"


def test_the_negation_of_a_description_denies_nothing():
    other = agent("The status of the line that is no longer wanted is delivered.")
    assert judged(STATUS, other).status == "pass"


def other_matter(*said: Said) -> GateResult:
    """What is found where, after this, the person raises something else, and is told two dates of that."""
    more = (human("And now the other order."), agent("Done. It was placed on 2026-06-12, and pays for 2026-06-10."))
    found = talk("retail", ASKED, READ, *said, *more, acts=("raise", "raise"))
    blueprint = found.blueprint.model_copy(update={"outputs": (DATE,)})
    return outputs(type(found)(blueprint, found.course, found.human_turns, "user_stop", found.world, found.done))


def test_what_is_told_of_another_matter_takes_nothing_back():
    assert other_matter(agent("It was placed on 2026-06-10.")).status == "pass"
    assert other_matter(agent("It was placed on 2026-06-10 or 2026-06-12.")).status == "fail"
    assert other_matter(agent("Glad to help.")).status == "fail"
