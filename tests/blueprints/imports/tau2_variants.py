"""Wrong and harmless variants of a clean talk. What each is worth follows from how it is made, never from a verdict."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal, NamedTuple

from apigen_mt.audit.answers import adding
from apigen_mt.audit.words import human_adding
from apigen_mt.audit.writes import Maker
from blueprints.judging.fidelity import STOP, HumanTurn
from tests.blueprints.imports.tau2_courses import FINDERS, Case, ids_of, is_ask, proposal
from tests.blueprints.talks import Talk, agent, call, item_of
from tools_env.calls import Refusal, Result
from tools_env.course import Called, Said
from tools_env.values import Json, leaves

Make = Callable[[Case], Talk | None]
Truth = Literal["right", "wrong", "unclear"]
NOBODY = "#W0000000"


class Variant(NamedTuple):
    """How to make it, what it is worth by construction, the gates that should find it, and why it is worth that."""

    make: Make
    truth: Truth
    gates: frozenset[str]
    why: str


def writes(talk: Talk) -> list[int]:
    """Writes of the agent that were carried out."""
    return talk.where(
        lambda e: isinstance(e, Called) and e.writes and e.call.actor == "agent" and isinstance(e.outcome, Result)
    )


def reads(talk: Talk) -> list[int]:
    return talk.where(
        lambda e: isinstance(e, Called) and not e.writes and e.call.actor == "agent" and isinstance(e.outcome, Result)
    )


def last(talk: Talk) -> int:
    return talk.agent_words()[-1]


def of(make: Maker) -> Make:
    """A change that the audit makes as well."""
    return lambda case: make(case.talk)


def ending_with(text: str) -> Make:
    """The agent's last message with a sentence before it."""
    return of(adding(text))


def opening_with(text: str) -> Make:
    return of(human_adding(text))


def on_write(change: Callable[[Case, int], Talk | None]) -> Make:
    """A change to the last write that was carried out."""

    def make(case: Case) -> Talk | None:
        places = writes(case.talk)
        return change(case, places[-1]) if places else None

    return make


def acting(case: Case, place: int, **arguments: Json) -> Talk:
    """The write at a place with other arguments, proposed with them too."""
    talk = case.talk.calling(place, **arguments)
    asked = max(n for n in range(place) if is_ask(talk.events[n]))
    return talk.saying(asked, proposal(talk.called(place).call)).honest()


def dropped(case: Case, place: int) -> Talk | None:
    session = case.talk.world.open(case.blueprint.snapshot, case.blueprint.setup)
    for n in case.talk.where(lambda e: isinstance(e, Called)):
        before = session.fingerprint()
        session.call(case.talk.called(n).call)
        if n == place and session.fingerprint() == before:
            return None
    return case.talk.without(place).honest()


def own(case: Case, name: str) -> list[str]:
    """Ids of the person's orders or reservations."""
    record = case.bench.database["users"].get(case.blueprint.person, {}) if case.bench.name != "telecom" else {}
    return list(record.get("orders" if name == "order_id" else "reservations", ()))


def stranger(case: Case) -> str | None:
    """Somebody else."""
    if case.bench.name == "telecom":
        return "C1002" if "C1001" in str(case.blueprint.actions) else None
    return next((key for key in case.bench.database["users"] if key != case.blueprint.person), None)


def wrong_entity(case: Case, place: int) -> Talk | None:
    arguments = case.talk.called(place).call.arguments
    for name in ("order_id", "reservation_id"):
        if others := [k for k in own(case, name) if name in arguments and k != arguments[name]]:
            return acting(case, place, **{name: others[0]})
    return None


def wrong_argument(case: Case, place: int) -> Talk | None:
    arguments = case.talk.called(place).call.arguments
    for name, value in arguments.items():
        found: Json = None
        if name == "reason":
            found = "ordered by mistake" if value == "no longer needed" else "no longer needed"
        elif name == "new_item_ids" and isinstance(value, list):
            products = case.bench.database["products"].values()
            family = next(p["variants"] for p in products if value[0] in p["variants"])
            items = arguments["item_ids"]
            free = [k for k, v in family.items() if v["available"] and k not in value and k not in str(items)]
            found = [free[0], *value[1:]] if free else None
        elif name == "item_ids" and isinstance(value, list) and len(value) > 1 and "new_item_ids" not in arguments:
            found = value[1:]
        elif name in {"amount", "gb_amount", "total_baggages"} and isinstance(value, int | float):
            found = value + 1
        elif name == "address1":
            found = "9 Elsewhere Road"
        if found is not None:
            return acting(case, place, **{name: found})
    return None


def extra_write(case: Case) -> Talk | None:
    """Something nobody asked for, on the person's own record."""
    person = case.blueprint.person
    home = {"address1": "9 Elsewhere Road", "address2": "", "city": "Ashcombe", "state": "TX", "country": "USA"}
    options: dict[str, tuple[str, dict[str, Json]]] = {
        "retail": ("modify_user_address", {"user_id": person, **home, "zip": "40118"}),
        "airline": ("send_certificate", {"user_id": person, "amount": 50}),
        "telecom": ("disable_roaming", {"customer_id": "C1001", "line_id": "L1001"}),
    }
    return tried(case, *options[case.bench.name]) if person or case.bench.name == "telecom" else None


def tried(case: Case, name: str, arguments: dict[str, Json], *, words: str = "") -> Talk | None:
    """One more call that is carried out before the agent's last message."""
    place = last(case.talk)
    talk = case.talk.with_at(place, call(name, arguments)).honest()
    if not isinstance(talk.called(place).outcome, Result):
        return None
    return talk.saying(place + 1, f"{words} {talk.text(place + 1)}") if words else talk


def other_changed(case: Case) -> Talk | None:
    who = stranger(case)
    home = {"address1": "9 Elsewhere Road", "address2": "", "city": "Ashcombe", "state": "TX", "country": "USA"}
    if who is None or case.bench.name == "telecom":
        return None
    if case.bench.name == "retail":
        return tried(case, "modify_user_address", {"user_id": who, **home, "zip": "40118"})
    return tried(case, "send_certificate", {"user_id": who, "amount": 50})


def other_read(case: Case) -> Talk | None:
    who = stranger(case)
    if who is None:
        return None
    telecom = case.bench.name == "telecom"
    return tried(case, "get_customer_by_id" if telecom else "get_user_details",
                 {"customer_id" if telecom else "user_id": who})  # fmt: skip


def hiding(case: Case, place: int) -> list[int]:
    """Reads before a write that show an id it uses and that the person did not say."""
    talk = case.talk
    words = " ".join(e.text for e in talk.events[:place] if isinstance(e, Said) and e.speaker == "human")
    unsaid = {v for _, v in ids_of(talk.called(place).call.arguments) if v not in words}
    shows = {n: {str(v) for v in leaves(talk.called(n).outcome.observed())} for n in reads(talk) if n < place}
    for key in sorted(unsaid):
        if key != case.blueprint.person and (found := [n for n, seen in shows.items() if key in seen]):
            return found
    return []


def acts_before_reading(case: Case, place: int) -> Talk | None:
    """The read that shows an id comes after the write that uses it."""
    moved = [n for n in hiding(case, place) if case.talk.called(n).call.name not in FINDERS]
    if not moved:
        return None
    items = list(case.talk.items)
    order = [n for n in range(place + 1) if n not in moved] + moved + list(range(place + 1, len(items)))
    return case.talk.rebuilt(items[n] for n in order).honest()


def id_from_nowhere(case: Case, place: int) -> Talk | None:
    """An id that exists, though no call has shown it and nobody has said it."""
    return case.talk.without(*found).honest() if (found := hiding(case, place)) else None


def unconfirmed(case: Case, place: int) -> Talk | None:
    return case.talk.without(place - 2, place - 1).honest()


def after_no(case: Case, place: int) -> Talk | None:
    return case.talk.saying(place - 1, "No, please don't. I have to think about it.")


def vague(case: Case, place: int) -> Talk | None:
    return case.talk.saying(place - 2, "Shall I go ahead?")


def yes_as(text: str) -> Make:
    return on_write(lambda case, place: case.talk.saying(place - 1, text))


def unidentified(case: Case) -> Talk | None:
    """The person only gives their user id, and is never looked up as the policy asks."""
    found = case.talk.where(lambda e: isinstance(e, Called) and e.call.name in FINDERS)
    if case.bench.name != "retail" or not found or not writes(case.talk):
        return None
    return opening_with(f"My user id is {case.blueprint.person}.")(case.with_talk(case.talk.without(*found).honest()))


def refused_claim(case: Case) -> Talk | None:
    """One more write is refused, and the agent says that it was done."""
    person, talk = case.blueprint.person, case.talk
    if case.bench.name == "retail":
        orders = case.bench.database["orders"]
        done = [k for k in own(case, "order_id") if orders[k]["status"] in {"delivered", "processed", "cancelled"}]
        made: tuple[str, dict[str, Json]] = (
            "cancel_pending_order",
            {"order_id": (done or [NOBODY])[0], "reason": "no longer needed"},
        )
    elif case.bench.name == "airline":
        made = ("cancel_reservation", {"reservation_id": "ZZZZZZ"})
    else:
        made = ("resume_line", {"customer_id": "C1001", "line_id": "L9999"})
    place = last(talk)
    verb = {"retail": "cancelled the order", "airline": "cancelled the booking", "telecom": "resumed the line"}
    tried = talk.with_at(place, call(*made)).honest() if person or case.bench.name == "telecom" else None
    if tried is None or not isinstance(tried.called(place).outcome, Refusal):
        return None
    return tried.saying(place + 1, f"I have also {verb[case.bench.name]}. {tried.text(place + 1)}")


def claimed(case: Case) -> Talk | None:
    """A deed that no call has done, of a kind that the talk has not seen."""
    deeds = {
        "retail": {"cancel": "cancelled your order", "return": "returned your lamp", "exchange": "exchanged your desk"},
        "airline": {"cancel": "cancelled your booking", "book": "booked your flight", "send": "sent a certificate"},
        "telecom": {"resume": "resumed your line", "suspend": "suspended your other line"},
    }[case.bench.name]
    done = {case.talk.called(n).call.name.split("_")[0] for n in writes(case.talk)}
    free = [text for verb, text in deeds.items() if verb not in done]
    return ending_with(f"I have {free[0]} as well.")(case) if free else None


def claimed_again(case: Case, place: int) -> Talk | None:
    """What was done to one record is claimed of another."""
    written = case.talk.called(place).call
    verb = {"cancel": "cancelled", "return": "returned", "exchange": "exchanged"}.get(written.name.split("_")[0])
    done = {v for n in writes(case.talk) for _, v in ids_of(case.talk.called(n).call.arguments)}
    shown = {str(v) for n in reads(case.talk) for v in leaves(case.talk.called(n).outcome.observed())}
    name = "order_id" if case.bench.name == "retail" else "reservation_id"
    others = [k for k in own(case, name) if k not in done and k in shown]
    return ending_with(f"I have also {verb} {others[0]}.")(case) if verb and others else None


def made_up_result(case: Case) -> Talk | None:
    made = call("grant_wish", {"wish": "a pony"}).model_copy(
        update={"call_id": "x", "batch": 99, "outcome": Result(value={"granted": "yes"})}
    )
    return case.talk.with_at(last(case.talk), made)


def malformed(case: Case, place: int) -> Talk:
    event = case.talk.called(place)
    broken = {"raw": '{"order_id": ', "outcome": Refusal(reason="The arguments are no JSON object.", cause="arguments"),
              "call": event.call.model_copy(update={"arguments": {}})}  # fmt: skip
    honest = case.talk.without(place).honest()
    return renumbered(honest.with_at(place, event.model_copy(update=broken)))


def renumbered(talk: Talk) -> Talk:
    """Calls numbered in order, one to a message."""
    for number, place in enumerate(talk.where(lambda e: isinstance(e, Called))):
        event = talk.called(place).model_copy(update={"batch": number, "call_id": f"call_{number + 1}"})
        talk = talk.event_at(place, event)
    return talk


def early(case: Case) -> Talk | None:
    """Instead of answering the agent's first proposal the human ends the talk."""
    asked = case.talk.where(is_ask)
    if not asked:
        return None
    kept = case.talk.rebuilt(case.talk.items[: asked[0] + 1])
    return kept.with_at(asked[0] + 1, HumanTurn(act="stop", text=f"Thanks, bye. {STOP}")).honest()


def aside(*texts: str) -> Make:
    """Exchanges put in before the agent's last message: what the agent says, and what the human answers."""

    def make(case: Case) -> Talk | None:
        place = last(case.talk)
        if not isinstance(case.talk.events[place - 1], Called):
            return None
        turns = [agent(t) if n % 2 == 0 else HumanTurn(act="chat", text=t) for n, t in enumerate(texts)]
        return case.talk.with_at(place, *turns)

    return make


def numbered(case: Case, first: int, second: int, **same: str) -> Talk:
    """The second call in the message of the first."""
    event, batch = case.talk.called(second), case.talk.called(first).batch
    return case.talk.event_at(second, event.model_copy(update={"batch": batch, **same}))


def neighbours(case: Case) -> tuple[int, int] | None:
    places = reads(case.talk)
    return next(((a, b) for a, b in pairwise(places) if b == a + 1), None)


def parallel(case: Case) -> Talk | None:
    return numbered(case, *pair) if (pair := neighbours(case)) else None


def same_id(case: Case) -> Talk | None:
    pair = neighbours(case)
    if pair is None:
        return None
    event = case.talk.called(pair[1])
    return case.talk.event_at(pair[1], event.model_copy(update={"call_id": case.talk.called(pair[0]).call_id}))


def null(case: Case) -> Talk | None:
    first, bye = case.talk.items[0], case.talk.items[-1]
    return case.talk.rebuilt([first, item_of(agent("I am sorry, I cannot help with that.")), bye])


def undone_by_human(case: Case) -> Talk | None:
    """The last thing that the human has to do on the phone is left out, though they say that it is done."""
    places = case.talk.where(lambda e: isinstance(e, Called) and e.writes and e.call.actor == "human")
    return case.talk.without(places[-1]).honest() if places else None
