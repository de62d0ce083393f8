"""What a good agent or a person may do otherwise in a τ²-bench talk, without being any less right."""

from collections.abc import Callable
from itertools import pairwise

from blueprints.judging.fidelity import HumanTurn
from tests.blueprints.imports.tau2_courses import FINDERS, YES, Case, ids_of, is_ask, proposal
from tests.blueprints.imports.tau2_variants import Make, last, malformed, neighbours, reads, renumbered, tried, writes
from tests.blueprints.talks import Talk, agent, call
from tools_env.calls import Refusal, Result
from tools_env.course import Called
from tools_env.values import Json, leaves

NEEDS_PROFILE = {"send_certificate", "update_reservation_baggages", "book_reservation"}
"""What the policy makes depend on membership or on means of payment."""


def read_more(case: Case) -> Talk | None:
    """Something public, and the person's own record once more."""
    public = {"retail": "list_all_product_types", "airline": "list_all_airports"}.get(case.bench.name)
    place = reads(case.talk)[-1]
    if public is None:
        return case.talk.with_at(place + 1, case.talk.called(place)).honest()
    return tried(case, public, {})


def reordered(case: Case) -> Talk | None:
    """Two reads in the other order, where neither shows an id that the other uses."""
    pair = neighbours(case)
    if pair is None:
        return None
    one, other = (case.talk.called(n) for n in pair)
    used = {v for _, v in ids_of(other.call.arguments)}
    if used & {str(v) for v in leaves(one.outcome.observed())} or one.call.name in FINDERS:
        return None
    items = list(case.talk.items)
    items[pair[0]], items[pair[1]] = items[pair[1]], items[pair[0]]
    return case.talk.rebuilt(items).honest()


def refused_first(case: Case, place: int) -> Talk | None:
    written = case.talk.called(place).call
    event = call(written.name, written.arguments | {"urgent": True})
    talk = case.talk.with_at(place, event).honest()
    return talk if isinstance(talk.called(place).outcome, Refusal) else None


def malformed_first(case: Case, place: int) -> Talk | None:
    attempt = malformed(case, place).called(place)
    return renumbered(case.talk.with_at(place, attempt))


def calling_with(change: Callable[[str, Json], Json]) -> Make:
    """The first call in which an argument can be written in another way, written so."""

    def make(case: Case) -> Talk | None:
        for n in case.talk.where(lambda e: isinstance(e, Called) and isinstance(e.outcome, Result)):
            for name, value in case.talk.called(n).call.arguments.items():
                if (new := change(name, value)) is not None:
                    return case.talk.calling(n, **{name: new}).honest()
        return None

    return make


def loud(name: str, value: Json) -> Json:
    return value.upper() if name in {"email", "first_name"} and isinstance(value, str) else None


def as_float(name: str, value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else None


def other_case(name: str, value: Json) -> Json:
    """The same street in capitals."""
    return value.upper() if name == "address1" and isinstance(value, str) else None


def other_summary(name: str, value: Json) -> Json:
    return "The person asked for a colleague." if name == "summary" else None


def permuted(case: Case, place: int) -> Talk | None:
    """Pairs of items in another order, proposed so too."""
    arguments = case.talk.called(place).call.arguments
    turned = {n: v[::-1] for n, v in arguments.items() if n in {"item_ids", "new_item_ids"} and isinstance(v, list)}
    if not any(len(set(map(str, v))) > 1 for v in turned.values()):
        return None
    return case.talk.calling(place, **turned).honest()


def turned_list(case: Case, place: int) -> Talk | None:
    return permuted(case, place) if "new_item_ids" not in case.talk.called(place).call.arguments else None


def turned_pairs(case: Case, place: int) -> Talk | None:
    return permuted(case, place) if "new_item_ids" in case.talk.called(place).call.arguments else None


def named_by_words(case: Case, place: int) -> Talk | None:
    """The proposal says what the items are called instead of their ids."""
    written = case.talk.called(place).call
    text = proposal(written)
    for _, key in ids_of(written.arguments):
        name = next((n for e in case.talk.events[:place] if (n := label_of(e, key))), "")
        text = text.replace(key, name) if name else text
    return case.talk.saying(place - 2, text) if text != proposal(written) else None


def label_of(event: object, key: str) -> str:
    """What an observation calls the record with this id."""
    pending: list[Json] = [event.outcome.observed()] if isinstance(event, Called) else []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            options = value.get("options")
            if value.get("item_id") == key and isinstance(options, dict):
                return f"the {value.get('name', 'one')} in {', '.join(map(str, options.values()))}"
            if value.get("id") == key and "source" in value:
                return f"your {str(value['source']).replace('_', ' ')}"
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return ""


def one_yes_for_two(case: Case) -> Talk | None:
    """Two writes in a row, proposed in one message and agreed to at once."""
    places = writes(case.talk)
    for one, two in pairwise(places):
        if two == one + 3 and is_ask(case.talk.events[one + 1]):
            texts = [case.talk.text(n).removesuffix(" Shall I go ahead?") for n in (one - 2, two - 2)]
            talk = case.talk.saying(one - 2, f"{' '.join(texts)} Shall I go ahead?")
            return talk.without(one + 1, one + 2).honest()
    return None


def polite(case: Case) -> Talk | None:
    place = last(case.talk) + 1
    thanks = HumanTurn(act="chat", text="Thank you, that was quick!")
    return case.talk.with_at(place, thanks, agent("You are welcome. Have a good day."))


def summed(case: Case) -> Talk | None:
    """The agent tells the sum of three prices of one order, worked out in its head."""
    for n in reads(case.talk):
        shown = case.talk.called(n).outcome.observed()
        items = shown.get("items") if isinstance(shown, dict) else None
        prices = [i["price"] for i in items if isinstance(i, dict)] if isinstance(items, list) else []
        if len(prices) >= 3 and all(isinstance(p, float) for p in prices):
            total = sum(float(str(p)) for p in prices[:3])
            place = last(case.talk)
            return case.talk.saying(place, f"Three of them came to ${total:,.2f}. {case.talk.text(place)}")
    return None


def profile_unread(case: Case) -> Talk | None:
    """The person gives their user id as the policy asks; their profile is not needed for anything."""
    found = case.talk.where(lambda e: isinstance(e, Called) and e.call.name == "get_user_details")
    names = {case.talk.called(n).call.name for n in writes(case.talk)}
    if case.bench.name != "airline" or not found or names & NEEDS_PROFILE:
        return None
    talk = case.talk.without(*found).honest()
    seen = talk.text(0)
    for event in talk.events:
        if isinstance(event, Called):
            if any(v not in seen for _, v in ids_of(event.call.arguments)):
                return None
            seen += " ".join(str(v) for v in leaves(event.outcome.observed()))
    return talk


def yes_twice(case: Case, place: int) -> Talk | None:
    """A question in between, and then the yes to the same proposal, said again in full."""
    asked = case.talk.events[place - 2]
    doubt = HumanTurn(act="chat", text="Hold on, how long will that take?")
    again = agent(f"It takes effect at once. {case.talk.text(place - 2)}")
    items = [asked, doubt, again, HumanTurn(act="confirm", text=YES)]
    return case.talk.without(place - 2, place - 1).with_at(place - 2, *items)
