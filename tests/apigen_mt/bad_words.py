"""Bad words: what the instruction and the messages of a proposal must not say, or must not leave out."""

from functools import partial

from blueprints.blueprint import Blueprint
from blueprints.knowledge import Referent, latest, referents_in
from tests.apigen_mt.bad_author import Ruined, changed
from tests.blueprints.drafted.honest import Body
from tests.blueprints.talks import world_of
from tools_env.mentions import mentions, spoken
from tools_env.replay import replay
from tools_env.tool import Param
from tools_env.values import same


def fits_two(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The words say of a record what they may say of any."""
    if any(s.condition or s.other for s in blueprint.stages):
        return None
    facts = [k for k in blueprint.known.values() if k.about and k.field]
    written_to = blueprint.evidence.forbidden if blueprint.evidence else blueprint.actions[-1]
    named = [
        p
        for p in world_of(blueprint.domain).specs[written_to.name].params
        if p.meaning.kind == "identifier" and not p.personal
    ]
    about = {k.about for k in facts}
    if len(body["matters"]) > 1 or len(about) != 1 or blueprint.kind == "inform" or [p.name for p in named] != [*about]:
        return None
    if len({r.id for r in rivals(blueprint, named[0])}) < 2:
        return None
    words = [str(k.value) if k.field == "which" else spoken(k.value, k.meaning) for k in facts]

    def change(b: Body) -> None:
        b["instruction"], b["matters"][0]["message"] = (
            blank(text, words) for text in (b["instruction"], b["matters"][0]["message"])
        )

    key = str(written_to.arguments[named[0].name])
    left = blank(body["instruction"], words)
    if any(
        mentions(left, a.value, a.meaning) for r in rivals(blueprint, named[0]) if r.id == key for a in r.attributes
    ):
        return None  # "placed on" says a status, too
    return changed(body, change, "does not single out", key)


def blank(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, "nice")
    return text


def rivals(blueprint: Blueprint, param: Param) -> list[Referent]:
    """The records that an argument might point at."""
    world = world_of(blueprint.domain)
    done = replay(world, blueprint.snapshot, (), blueprint.actions)
    pairs = enumerate(zip(blueprint.actions, done.outcomes, strict=True))
    seen = [r for n, (c, o) in pairs for r in referents_in(o.observed(), world.specs[c.name], n, c)]
    return latest(seen, param.meaning.of)


def fact_left_out(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The instruction does not say what to change something to."""
    for known in blueprint.known.values():
        told = spoken(known.value, known.meaning)
        plain = known.about and not known.field and known.meaning.kind in {"choice", "contact"} and known.value
        other = any(k is not known and same(k.value, known.value) for k in blueprint.known.values())
        if plain and not other and body["instruction"].count(told) == 1:
            less = {"instruction": body["instruction"].replace(told, "something")}
            return changed(body, partial(dict.update, **less), "leaves out", told)
    return None


def no_instruction(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(instruction=" \u200b \n"), "the instruction is empty")


def nothing_said(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b["matters"][0].update(message="\u0000 "), "the message of matter 1 is empty")


def endless(_: Blueprint, body: Body) -> Ruined:
    return changed(body, lambda b: b.update(instruction="You want that. " * 200), "instruction", "at most 1200")


def add_words(body: Body, text: str, *told: str) -> Ruined:
    return changed(body, lambda b: b.update(instruction=f"{b['instruction']} {text}"), *told)


def say(body: Body, text: str, *told: str) -> Ruined:
    """The first message goes on in these words."""
    return changed(body, lambda b: b["matters"][0].update(message=f"{b['matters'][0]['message']} {text}"), *told)


def message_of_the_desk(_: Blueprint, body: Body) -> Ruined:
    return say(body, "I am sorry, but I can't process your request.", "message 1", "as the desk would")


def message_about_somebody(blueprint: Blueprint, body: Body) -> Ruined:
    name = first_name(blueprint)
    return say(body, f"This is for {name}\u2019s sake.", f"message 1 speaks of {name} as of somebody else")


def instruction_about_somebody(blueprint: Blueprint, body: Body) -> Ruined:
    name = first_name(blueprint)
    return add_words(body, f"It is {name}'s wish.", f"the instruction speaks of {name} as of somebody else")


def instruction_to_the_desk(_: Blueprint, body: Body) -> Ruined:
    return add_words(body, "You are a service desk assistant.", "the instruction speaks of 'service desk assistant'")


def says_twice(_: Blueprint, body: Body) -> Ruined:
    return add_words(
        body, "You do not want to wait. You  do not want to wait.", "says twice: 'You do not want to wait.'"
    )


def first_name(blueprint: Blueprint) -> str:
    """What the person is called."""
    own = {name: str(known.value) for name, known in blueprint.known.items() if not known.about}
    return (own.get("name") or own["first_name"]).split()[0]


def tool_in_words(_: Blueprint, body: Body) -> Ruined | None:
    names = (c["tool"] for matter in body["matters"] for c in [matter.get("change", {"tool": ""}), *matter["calls"]])
    name = next((n for n in names if "_" in n), None)
    return add_words(body, f"You want them to use {name}.", name, "technical name") if name else None


def id_in_words(blueprint: Blueprint, body: Body) -> Ruined:
    return add_words(body, f"Your number is {blueprint.person}.", blueprint.person, "internal id")


def id_known(blueprint: Blueprint, body: Body) -> Ruined:
    fact = {"what": "customer number", "value": blueprint.person}
    return changed(body, lambda b: b["knows"].insert(0, fact), blueprint.person, "internal id")


def json_in_words(_: Blueprint, body: Body) -> Ruined:
    return add_words(body, 'You answer with {"mood": "calm"}.', "JSON", "the instruction")


def invented_date(_: Blueprint, body: Body) -> Ruined:
    return add_words(body, "You have waited since July 9, 2019.", "2019-07-09", "not among the facts")


def invented_amount(_: Blueprint, body: Body) -> Ruined:
    return add_words(body, "You have at most $987.65 left.", "987.65", "not among the facts")


def invented_mail(_: Blueprint, body: Body) -> Ruined:
    return add_words(body, "You also write from elsewhere@example.com.", "elsewhere@example.com")


def answer_in_words(blueprint: Blueprint, body: Body) -> Ruined | None:
    if blueprint.kind != "inform":
        return None
    output = blueprint.outputs[0]
    told = spoken(output.value, output.meaning)
    return add_words(body, f"You believe that it is {told}.", str(output.value), "already stands in the person's words")


def reason_in_words(blueprint: Blueprint, body: Body) -> Ruined | None:
    found = blueprint.evidence
    if found is None:
        return None
    told = spoken(found.because.value, found.meaning)
    return add_words(body, f"You know of {told}.", found.label, "already stands in the person's words")
