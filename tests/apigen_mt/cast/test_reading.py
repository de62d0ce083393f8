"""How rehearsal's agent reads values out of words, and records out of results."""

import json

import pytest

from apigen_mt.cast.ports import AgentView
from apigen_mt.cast.reading import last_write, observations, plain, slots
from blueprints.knowledge import latest
from tests.blueprints.talks import world_of
from tools_env.tool import Param
from tools_env.values import Json, Meaning

REASON = Param(
    name="reason", description="Why.", meaning=Meaning("choice"), choices=("a duplicate", "late", "too late")
)
DAY = Param(name="day", description="When.", meaning=Meaning("date"))
AMOUNT = Param(name="amount", description="How much.", meaning=Meaning("amount"))
PIECES = Param(name="quantity", description="How many.", meaning=Meaning("count"))
MAIL = Param(name="email", description="Where to.", meaning=Meaning("contact", "email"))
STREET = Param(name="address", description="Where.", meaning=Meaning("contact", "street address"))
WORDS = Param(name="words", description="What.", meaning=Meaning("text"))


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (REASON, "because it is a duplicate", "a duplicate"),
        (REASON, "because it is too late", "too late"),
        (REASON, "it is late, or a duplicate", None),
        (REASON, "because", None),
        (DAY, "on March 3rd, 2026", "2026-03-03"),
        (DAY, "on 2026-03-03 or 2026-03-04", None),
        (AMOUNT, "$1,234.50", 1234.5),
        (AMOUNT, "$12.00", 12),
        (AMOUNT, "a little", None),
        (PIECES, "3", 3),
        (MAIL, "It's a.b-c@example.com.", "a.b-c@example.com"),
        (STREET, "It's 4 Cobbler Yard, Ashcombe 40118.", "4 Cobbler Yard, Ashcombe 40118"),
    ],
)
def test_a_value_is_read_by_its_meaning(param, text, value):
    assert plain(param, text, whole=True) == value


def test_in_running_words_only_what_is_certain_is_read():
    assert plain(AMOUNT, "I have 2 cards and want 30 moved.", whole=False) is None
    assert plain(STREET, "Send it to 4 Cobbler Yard.", whole=False) is None
    assert plain(AMOUNT, "I have a question. The amount should be $30.00.", whole=False) == 30
    assert plain(WORDS, 'the book that comes up for "orchard"', whole=False) == "orchard"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want to move $5.00 from card A to card B.", {"amount": "$5.00", "source": "card A", "target": "card B"}),
        (
            "Please move $5.00 from card A to card B, please.",
            {"amount": "$5.00", "source": "card A", "target": "card B"},
        ),
        ("I want to move some money.", {}),
    ],
)
def test_words_fill_the_slots_of_a_tools_phrase(text, found):
    assert slots("move {amount} from {source} to {target}", text) == found


def message(name: str, number: int, **arguments: Json) -> dict[str, Json]:
    body: Json = {"name": name, "arguments": arguments}
    return {"role": "assistant", "content": "", "tool_calls": [{"id": f"c{number}", "function": body}]}


def shown(number: int, value: Json) -> dict[str, Json]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(value)}


def loan(branch: str) -> dict[str, Json]:
    return {"loan_id": "L1", "member_id": "M1", "title": "Blue Tide", "due": "2026-03-01", "branch": branch}


def test_records_are_read_as_they_were_shown_last():
    specs = world_of("library").specs
    view = AgentView(
        system="",
        tools=(),
        messages=(
            message("list_loans", 1, member_id="M1"),
            shown(1, [loan("north")]),
            message("change_branch", 2, loan_id="L1", branch="harbour"),
            shown(2, loan("harbour")),
            message("renew_loan", 3, loan_id="L9"),
            shown(3, {"error": "no such loan"}),
        ),
    )
    seen = observations(view, specs)
    assert [r.id for r in seen] == ["L1", "L1"]
    (now,) = latest(seen, "loans")
    held = now.attribute("branch")
    assert held is not None
    assert held.value == "harbour"
    assert ("members", "M1") in now.context
    assert last_write(view, specs) == 3
