"""Bad wording: ways to ruin what the grounded mode's author writes, each with the gate that has to find it."""

import json

from blueprints.author import TemplateAuthor, given_away, kept_back
from blueprints.blueprint import Blueprint, Rejected
from tests.apigen_mt import bad_requests
from tests.apigen_mt.bad_author import Fault, Ruined, changed, cut_off, invalid_json, silent, sorry
from tests.blueprints.drafted.honest import Body
from tests.blueprints.talks import at_once
from tools_env.mentions import spoken
from tools_env.values import same


def wording_of(blueprint: Blueprint) -> Body:
    """What an honest author would answer: the template's words, and a mood."""
    plain = at_once(TemplateAuthor().word(blueprint, ()))
    assert not isinstance(plain, Rejected)
    said = {f"matter_{n}": text for n, text in enumerate(plain.says, 1)}
    return {"background": "You are in a good mood.", **said}


def add(body: Body, text: str, *told: str, to: str = "matter_1") -> Ruined:
    return changed(body, lambda b: b.update({to: f"{b[to]} {text}"}), *told)


def a_number_for_words(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(matter_1=7), "matter_1")


def matter_left_out(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.pop("matter_1"), "matter_1: Field required")


def matter_too_many(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(matter_9="And one more."), "matter_9")


def endless(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(background="You wait. " * 90), "background", "at most 600")


def nothing_said(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(matter_1="   "), "message 1 says nothing")


def tool_in_words(blueprint: Blueprint, body: Body) -> Ruined | None:
    name = next((a.name for a in blueprint.actions if "_" in a.name), None)
    return add(body, f"Please use {name}.", name, "technical name") if name else None


def id_in_words(blueprint: Blueprint, body: Body) -> Ruined:
    return add(body, f"I am {blueprint.person}.", blueprint.person, "internal id")


def json_in_words(_: Blueprint, body: Body) -> Ruined:
    return add(body, json.dumps({"mood": "calm"}), "holds JSON", "message 1")


def invented_date(_: Blueprint, body: Body) -> Ruined:
    return add(body, "You have waited since July 9, 2019.", "2019-07-09", "not among the facts", to="background")


def invented_amount(_: Blueprint, body: Body) -> Ruined:
    return add(body, "It cost me $987.65.", "987.65", "not among the facts")


def invented_mail(_: Blueprint, body: Body) -> Ruined:
    return add(body, "Write to elsewhere@example.com.", "elsewhere@example.com")


def blank_left(_: Blueprint, body: Body) -> Ruined:
    return add(body, "Regards, [your name]", "[your name]", "leave it out")


def fact_left_out(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The first message does not say what it is to volunteer."""
    for known in (blueprint.known[name] for name in given_away(blueprint, 0)):
        told = spoken(known.value, known.meaning)
        if known.value is None or known.field == "which" or body["matter_1"].count(told) != 1:
            continue
        return _saying(body, body["matter_1"].replace(told, "something"), told)
    return None


def _saying(body: Body, text: str, told: str) -> Ruined:
    return changed(body, lambda b: b.update(matter_1=text), "message 1 does not say", told)


def given_away_early(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The first message says what the person only says when asked."""
    for known in blueprint.known.values():
        waits = known.stage == 0 and known.about and known.field not in {"", "which"} and kept_back(blueprint, known)
        twice = any(k is not known and same(k.value, known.value) for k in blueprint.known.values())
        told = spoken(known.value, known.meaning)
        if waits and not twice and told not in body["matter_1"]:
            return add(body, f"It is about {told}.", "gives away", known.label)
    return None


def answer_in_words(blueprint: Blueprint, body: Body) -> Ruined | None:
    if not blueprint.outputs:
        return None
    output = blueprint.outputs[0]
    return add(body, f"I think it is {spoken(output.value, output.meaning)}.", str(output.value), "leave it out")


def reason_in_words(blueprint: Blueprint, body: Body) -> Ruined | None:
    found = blueprint.evidence
    if found is None:
        return None
    told = spoken(found.because.value, found.meaning)
    return add(body, f"You know of {told}.", found.label, "leave it out", to="background")


GROUNDED: dict[Fault, str] = {
    invalid_json: "author",
    sorry: "author",
    silent: "author",
    cut_off: "author",
    a_number_for_words: "author",
    matter_left_out: "author",
    matter_too_many: "author",
    endless: "author",
    answer_in_words: "outputs",
    reason_in_words: "evidence",
    tool_in_words: "leakage",
    id_in_words: "leakage",
    json_in_words: "leakage",
    nothing_said: "wording",
    invented_date: "wording",
    invented_amount: "wording",
    invented_mail: "wording",
    blank_left: "wording",
    fact_left_out: "wording",
    given_away_early: "wording",
    **dict.fromkeys((*bad_requests.REQUESTS, bad_requests.of_the_past, bad_requests.another_question), "wording"),
    **dict.fromkeys((bad_requests.lower_id, bad_requests.hyphened_tool), "leakage"),
    bad_requests.half_a_date: "outputs",
}
"""Ways to ruin the words of a draft, each with the gate that has to find it."""
