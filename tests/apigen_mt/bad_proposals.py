"""Bad proposals: ways to ruin an honest one in one place, each with the gate that has to find it."""

from collections.abc import Mapping

from blueprints.blueprint import Blueprint
from tests.apigen_mt import bad_requests, bad_words
from tests.apigen_mt.bad_author import Fault, Ruined, changed, cut_off, invalid_json, said, silent, sorry
from tests.blueprints.drafted.honest import Body, sound, written
from tests.blueprints.talks import world_of
from tools_env.calls import Call
from tools_env.replay import replay
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json


def specs_of(blueprint: Blueprint) -> Mapping[str, ToolSpec]:
    return world_of(blueprint.domain).specs


def calls(body: Body) -> list[Body]:
    """Every call of a proposal."""
    return [call for matter in body["matters"] for call in made(matter)]


def made(matter: Body) -> list[Body]:
    """The calls of a matter."""
    return [*matter["calls"], *([matter["change"]] if "change" in matter else [])]


def pointing(blueprint: Blueprint, call: Body) -> Param | None:
    """The first argument of a call that names one record, and not the person."""
    for param in specs_of(blueprint)[call["tool"]].params:
        given = param.name in call["arguments"]
        if param.meaning.kind == "identifier" and not param.personal and not param.many and given:
            return param
    return None


# What is wrong with the calls.


def wrong_tool(_: Blueprint, body: Body) -> Ruined:
    name = f"{calls(body)[-1]['tool']}_at_once"
    return changed(body, lambda b: calls(b)[-1].update(tool=name), name, "there is no tool")


def invented_record(blueprint: Blueprint, body: Body) -> Ruined | None:
    param = pointing(blueprint, calls(body)[-1])
    if param is None:
        return None
    return changed(body, lambda b: calls(b)[-1]["arguments"].update({param.name: "ZZ404-9"}), "ZZ404-9")


def wrong_type(_: Blueprint, body: Body) -> Ruined:
    name = next(iter(calls(body)[0]["arguments"]))
    return changed(
        body, lambda b: calls(b)[0]["arguments"].update({name: [True, 7]}), name, "[true, 7]", "text in quotes"
    )


def nested_deeply(_: Blueprint, body: Body) -> Ruined:
    deep: object = "in"
    for _place in range(60):
        deep = [deep]
    name = next(iter(calls(body)[0]["arguments"]))
    return changed(body, lambda b: calls(b)[0]["arguments"].update({name: deep}), f"arguments.{name}")


def missing_argument(_: Blueprint, body: Body) -> Ruined:
    name = next(iter(calls(body)[0]["arguments"]))
    return changed(
        body, lambda b: calls(b)[0]["arguments"].pop(name), calls(body)[0]["tool"], f"lacks the argument {name!r}"
    )


def unknown_argument(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: calls(b)[0]["arguments"].update(haste=True), "has no argument 'haste'")


def somebody_else(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The desk looks up another person than the one who writes."""
    brief = world_of(blueprint.domain).brief(blueprint.snapshot)
    other = next(p for p in brief.people if p.id != blueprint.person)
    own = {str(k.value): n for n, k in blueprint.known.items() if not k.about}
    asked = calls(body)[0]["arguments"]
    if any(str(value) not in own for value in asked.values()):
        return None

    def change(b: Body) -> None:
        for name, value in asked.items():
            calls(b)[0]["arguments"][name] = other.facts[own[str(value)]].value

    return changed(body, change, "somebody else", other.id)


# What is wrong with what is wanted.


def second_change(blueprint: Blueprint, body: Body) -> Ruined | None:
    """A matter in which something is changed that nobody asked for, beside what they did."""
    call = calls(body)[-1]
    if blueprint.kind != "act" or body["matters"][-1]["wants"] != "change":
        return None
    return changed(body, lambda b: b["matters"][-1]["calls"].append(call), "two changes", call["tool"])


def change_in_a_question(blueprint: Blueprint, body: Body) -> Ruined | None:
    if blueprint.kind != "inform":
        return None
    specs = specs_of(blueprint)
    spec = next(s for s in specs.values() if s.writes and any(p.personal for p in s.params))
    values: dict[str, Json] = {p.name: p.choices[0] if p.choices else "x" for p in spec.params}
    values |= {p.name: blueprint.person for p in spec.params if p.personal}
    values |= {p.name: 3 for p in spec.params if p.meaning.kind == "count"}
    values |= {p.name: 9.5 for p in spec.params if p.meaning.kind == "amount"}
    extra = written(Call(name=spec.name, arguments=values))
    return changed(body, lambda b: b["matters"][-1]["calls"].append(extra), spec.name, "nobody asked for")


def change_unasked(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message asks for nothing."""
    if blueprint.kind != "act" or len(body["matters"]) > 1:
        return None
    text = "Hello, how are you today?"
    return changed(body, lambda b: b["matters"][0].update(message=text), "does not ask for", calls(body)[-1]["tool"])


def another_kind(blueprint: Blueprint, body: Body) -> Ruined | None:
    """A change that is called a question."""
    if blueprint.kind != "act" or any(m["wants"] == "answer" for m in body["matters"]):
        return None
    return changed(
        body, lambda b: [m.update(wants="answer", answer="done") for m in b["matters"]], "matters want: answer"
    )


def answer_to_no_question(blueprint: Blueprint, body: Body) -> Ruined | None:
    if blueprint.kind != "act" or body["matters"][0]["wants"] != "change":
        return None
    return changed(body, lambda b: b["matters"][0].update(answer="2031-12-24"), "2031-12-24", "leave the answer empty")


def allowed(blueprint: Blueprint, body: Body) -> Ruined | None:
    """A change that nothing forbids is to be refused; the task is one of that kind."""
    if blueprint.kind != "act" or len(body["matters"]) > 1:
        return None
    return changed(body, lambda b: b["matters"][0].update(wants="refusal"), calls(body)[-1]["tool"], "it is allowed")


def again(_: Blueprint, body: Body) -> Ruined:
    """An honest answer, to a task that somebody has thought of already."""
    return Ruined(said(body), ("an earlier task wants the same",))


def answer_from_nowhere(blueprint: Blueprint, body: Body) -> Ruined | None:
    if blueprint.kind != "inform":
        return None
    return changed(body, lambda b: b["matters"][-1].update(answer="2031-12-24"), "no result", "2031-12-24")


def id_in_the_message(blueprint: Blueprint, body: Body) -> Ruined | None:
    param = pointing(blueprint, calls(body)[-1])
    if param is None:
        return None
    key = str(calls(body)[-1]["arguments"][param.name])
    last = body["matters"][-1]["message"]
    return changed(body, lambda b: b["matters"][-1].update(message=f"{last} It is {key}."), key, "internal id")


def named_alone(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message names what the change is about, and asks for nothing."""
    phrases = [known.phrase for known in blueprint.known.values() if known.phrase.startswith("the ")]
    if blueprint.kind == "inform" or len(body["matters"]) > 1 or not phrases:
        return None
    text = f"Hello. It is about {phrases[0]}."
    return changed(body, lambda b: b["matters"][0].update(message=text), "does not ask for", calls(body)[-1]["tool"])


DRAFTED: dict[Fault, str] = {
    invalid_json: "author",
    sorry: "author",
    silent: "author",
    cut_off: "author",
    nested_deeply: "author",
    bad_words.endless: "author",
    wrong_tool: "format",
    wrong_type: "format",
    missing_argument: "format",
    unknown_argument: "format",
    another_kind: "format",
    answer_to_no_question: "format",
    second_change: "intent",
    change_in_a_question: "intent",
    change_unasked: "intent",
    named_alone: "intent",
    bad_requests.of_the_past: "intent",
    invented_record: "execution",
    somebody_else: "rules",
    answer_from_nowhere: "outputs",
    bad_requests.another_question: "outputs",
    bad_words.answer_in_words: "outputs",
    allowed: "evidence",
    bad_words.reason_in_words: "evidence",
    bad_words.fits_two: "realizability",
    bad_words.tool_in_words: "leakage",
    bad_words.id_in_words: "leakage",
    id_in_the_message: "leakage",
    bad_requests.lower_id: "leakage",
    bad_requests.hyphened_tool: "leakage",
    bad_requests.half_a_date: "outputs",
    bad_words.id_known: "leakage",
    bad_words.json_in_words: "leakage",
    bad_words.no_instruction: "wording",
    bad_words.nothing_said: "wording",
    bad_words.fact_left_out: "wording",
    bad_words.invented_date: "wording",
    bad_words.invented_amount: "wording",
    bad_words.invented_mail: "wording",
    bad_words.message_of_the_desk: "wording",
    bad_words.message_about_somebody: "wording",
    bad_words.instruction_about_somebody: "wording",
    bad_words.instruction_to_the_desk: "wording",
    bad_words.says_twice: "wording",
    **dict.fromkeys(bad_requests.REQUESTS, "wording"),
    again: "duplicate",
}
"""Ways to ruin a proposal, each with the gate that has to find it."""


TITLES = ("Salt Orchard", "Blue Tide", "Silent Engine", "Glass Harvest")


def too_many_loans(count: int) -> list[tuple[Blueprint, Body]]:
    """Members who want four more loans: each would do by itself, all together are more than anybody may have."""
    found: list[tuple[Blueprint, Body]] = []
    for blueprint in sound("library"):
        if len(found) == count:
            break
        mail = str(blueprint.known["email"].value)
        find = Call(name="find_member", arguments={"email": mail})
        lend = [
            Call(name="borrow", arguments={"member_id": blueprint.person, "title": t, "branch": "north"})
            for t in TITLES
        ]
        alone = [replay(world_of("library"), blueprint.snapshot, (), (find, one)) for one in lend]
        if blueprint.kind != "act" or any(a.breaches for a in alone):
            continue
        asked = [f'I would like to borrow "{t}" and collect it at the north branch.' for t in TITLES]
        matters: list[Body] = [
            {"wants": "change", "calls": [], "change": written(one), "message": message}
            for one, message in zip(lend, asked, strict=True)
        ]
        matters[0]["calls"] = [written(find)]
        told = f"You want to borrow {', '.join(TITLES)}, all from the north branch."
        found.append((blueprint, {"plan": "Much to read.", "matters": matters, "knows": [], "instruction": told}))
    return found
