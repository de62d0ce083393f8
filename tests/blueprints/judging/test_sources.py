"""Where the values in calls come from is noted beside the gate; only identifiers are gated."""

import pytest

from blueprints.judging.conduct import provenance
from tests.blueprints.judging.judged import REFUSED, did, human, talk, task, texts
from tests.blueprints.talks import agent, world_of
from tools_env.course import Said
from tools_env.values import Json

IDS: dict[str, dict[str, Json]] = {
    "book_pickup": {"return_id": "R1"},
    "move_balance": {"from_payment_id": "PM1", "to_payment_id": "PM2"},
    "place_order": {"customer_id": "C1", "variant_id": "G1", "payment_id": "PM1"},
    "cancel_order": {"order_id": "F1"},
    "set_gift_message": {"order_id": "F1"},
    "change_order_address": {"order_id": "F1"},
}
NAMED = human("It is about R1, PM1, PM2, C1, G1 and F1.")
SHOWN: Json = [{"total": 20.25, "placed_on": "2026-02-03"}, {"total": 12.5, "placed_on": "2026-01-03"}, {"total": 7.0}]


def noted(name: str, value: Json, *before: Said) -> str:
    """What is noted of the one argument of a call that is no identifier."""
    spec = world_of("retail").specs[name]
    (param,) = [p for p in spec.params if p.meaning.kind != "identifier"]
    call = did("retail", name, "done", **{**IDS[name], param.name: value})
    result = provenance(talk("retail", NAMED, did("retail", "list_orders", SHOWN), *before, call))
    assert result.status == "pass"
    (text,) = texts(result)
    assert result.evidence[0].turn == 2 + len(before)
    return text.removeprefix(f"{param.label} ")


@pytest.mark.parametrize(
    ("name", "value", "said", "source"),
    [
        ("move_balance", 20.25, "", "seen"),
        ("move_balance", 15.5, "Take $15.50.", "seen"),
        ("move_balance", 32.75, "", "derived (sum or difference)"),
        ("move_balance", 39.75, "", "derived (sum of a field)"),
        ("move_balance", 243.0, "", "derived (multiple)"),
        ("move_balance", 7431.87, "", "unexplained"),
        ("place_order", 3, "", "derived (count)"),
        ("place_order", 4, "I want four of it.", "seen"),
        ("place_order", 7431, "", "unexplained"),
        ("book_pickup", "2026-02-03", "", "seen"),
        ("book_pickup", "2026-02-14", "Eleven days after that.", "derived (11 days after 2026-02-03)"),
        ("book_pickup", "2033-07-09", "", "unexplained"),
        ("cancel_order", "too slow", "It takes too long.", "choice"),
        ("cancel_order", "too slow", "It is too slow.", "seen"),
        ("set_gift_message", "Merry midsummer", "", "own words"),
        ("change_order_address", "1 Sea Road", "Send it to 1 Sea Road.", "seen"),
        ("change_order_address", "2 Sea Road", "Send it to 1 Sea Road.", "unexplained"),
    ],
)
def test_every_value_is_noted(name, value, said, source):
    assert noted(name, value, *([human(said)] if said else [])) == source


def test_what_the_agent_said_itself_explains_nothing():
    assert noted("change_order_address", "2 Sea Road", agent("I will send it to 2 Sea Road.")) == "unexplained"


def test_figures_of_the_policy_are_known():
    assert "120 days" in world_of("retail").brief(task("retail").snapshot).policy
    assert noted("place_order", 120) == "policy"


def test_identifiers_are_gated_and_not_noted():
    call = did("retail", "cancel_order", "done", order_id="F99", reason="too slow")
    result = provenance(talk("retail", human("Cancel it."), call))
    assert (result.status, texts(result)) == ("fail", ["cancel_order: nobody had named order F99"])
    refused = did("retail", "cancel_order", REFUSED, order_id="F99", reason="too slow")
    assert provenance(talk("retail", human("Cancel it."), refused)).status == "pass"
