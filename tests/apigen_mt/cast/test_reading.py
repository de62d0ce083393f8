"""How rehearsal's agent reads values out of words, and records out of results."""

import json

import pytest

from apigen_mt.cast.ports import AgentView
from apigen_mt.cast.reading import corrected, figure, last_write, named, observations, plain, several, slots, unread
from blueprints.knowledge import Referent, latest
from blueprints.wording import Attribute
from tests.blueprints.talks import world_of
from tools_env.tool import Param
from tools_env.values import TEXT, Identifier, Json, Meaning

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


SWAPS = "tests.swap_world:SwapShop"
ORDER = Param(name="order_id", description="Which.", meaning=Identifier("orders"))


def test_what_was_only_listed_is_unread_until_the_tool_was_given_it():
    buyer: Json = {"buyer_id": "ada", "orders": ["#W1", "#W2", "#W3"]}
    read = [message("get_buyer", 1, buyer_id="ada"), shown(1, buyer)]
    found = []
    for number, key in enumerate(("#W2", "#W1", "#W3"), 2):
        view = AgentView(system="", tools=(), messages=tuple(read))
        found.append(unread(view, observations(view, world_of(SWAPS).specs), ORDER, "get_order"))
        assert unread(view, observations(view, world_of(SWAPS).specs), ORDER, "get_invoice") == ["#W1", "#W2", "#W3"]
        read += [message("get_order", number, order_id=key), shown(number, {"order_id": key, "status": "packed"})]
    assert found == [["#W1", "#W2", "#W3"], ["#W1", "#W3"], ["#W3"]]
    assert unread(AgentView(system="", tools=(), messages=()), [], ORDER, "get_order") == []


def article(key: str, shade: str, price: float, source: int = 0) -> Referent:
    attributes = (Attribute("shade", shade, TEXT), Attribute("price", price, Meaning("amount")))
    return Referent("articles", key, attributes, source, frozenset())


AMONG = [article("A", "jade", 10.0), article("B", "jade", 20.0), article("C", "oak", 20.0)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the article with shade oak", ["C"]),
        ("I mean the cheapest article and the article with shade oak.", ["A", "C"]),
        ("the article with shade oak and the cheapest article", ["C", "A"]),
        ("the article with shade jade and with price $20.00", ["B"]),
        ("the article with shade jade and with price $20.00 and the article with shade oak", ["B", "C"]),
        ("the article with shade jade", []),
        ("something else and more", []),
    ],
)
def test_several_records_are_read_in_the_order_in_which_they_are_named(text, ids):
    assert several(text, AMONG, ["article"]) == ids


def test_a_record_seen_in_two_roles_is_named_once():
    twice = [*AMONG, Referent("articles", "C", (Attribute("size", "large", TEXT),), 1, frozenset())]
    assert [r.id for r in named("I mean the article with shade oak.", twice, ["article"])] == ["C"]
    assert [r.id for r in named("I mean the article with size large.", twice, ["article"])] == ["C"]


def test_a_persons_own_id_is_read_under_the_whole_name_of_the_argument():
    param = Param(name="member_id", description="Who.", meaning=Identifier("members"), personal=True)
    assert plain(param, "Hello. My member id is M17. I am in a hurry.", whole=False) == "M17"
    assert plain(param, "My member is M17.", whole=False) == "M17"
    assert plain(param, "It's M17.", whole=True) == "M17"
    assert plain(param, "I have a member card.", whole=False) is None


def test_of_two_wordings_the_last_counts():
    """Who says at first what they would rather have says second what is to be done."""
    told = "I want to move $5.00 from card A to card B. If that can't be done, I want to move $7.00 from card C to {}."
    ask = "move {amount} from {source} to {target}"
    assert slots(ask, told.format("card D")) == {"amount": "$7.00", "source": "card C", "target": "card D"}
    told = "renew the Blue Tide. Do that only if it is due; otherwise I want to renew it."
    assert slots("renew {loan_id}", told) == {"loan_id": "it"}


def test_words_end_where_the_sentence_or_its_half_does():
    ask = "renew {loan_id}"
    assert slots(ask, "I want to renew the Blue Tide; thank you.") == {"loan_id": "the Blue Tide"}
    assert slots(ask, "I want to renew the one at 12.50 in the north.") == {"loan_id": "the one at 12.50 in the north"}
    assert slots("help me", "Please help me.") == {}


BRANCH = Param(name="branch", description="Where.", meaning=Meaning("choice"), choices=("north", "harbour", "old town"))


def test_of_two_values_the_last_counts():
    assert plain(BRANCH, "The branch should be north. Wait, the branch should be old town.", whole=False) == "old town"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I want it at the north branch. Sorry, I have changed my mind: the branch should be harbour.", "harbour"),
        ("Sorry, I have changed my mind: the branch should be harbour. Yes, please.", "harbour"),
        ("I want it at the north branch.", None),
        ("Sorry, I have changed my mind: the title should be Blue Tide. At the north branch.", None),
        ("The branch should be harbour.", None),
    ],
)
def test_who_changes_their_mind_is_heard(text, value):
    assert corrected(BRANCH, text) == value


POLICY = """
1 At most 25 pieces go in a box; a box is $7.50.
2 Orders of $1,250 and more
  are free within 30 days.
"""


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("At most how many pieces go in a box", "25"),
        ("a box is how much", "$7.50"),
        ("Orders of how much and more are free within 30 days", "$1,250"),
        ("Orders of $1,250 and more are free within how many days", "30"),
        ("At least how many pieces go in a box", ""),
        ("Nothing is asked", ""),
    ],
)
def test_a_figure_is_read_where_its_sentence_stands_in_the_policy(question, found):
    assert figure(f'I would like to know what your rules say here: "{question}".', POLICY) == found


def test_a_question_without_a_quotation_asks_for_no_figure():
    assert figure("How many pieces go in a box?", POLICY) == ""


def test_the_first_of_its_like_is_so_among_all():
    """Of the two that are left the cheaper is not "the cheapest" where a third is cheaper still."""
    left = [AMONG[1], article("D", "elm", 30.0)]
    assert [r.id for r in named("the cheapest article", left, ["article"])] == ["B"]
    assert named("the cheapest article", left, ["article"], AMONG) == []
    assert [r.id for r in named("the cheapest article", AMONG, ["article"], [*AMONG, *left])] == ["A"]
