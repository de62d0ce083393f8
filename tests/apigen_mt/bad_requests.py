"""Bad requests: messages that want less than the task does, or more, or something else, in both modes' answers."""

import calendar

from blueprints.author import slots
from blueprints.blueprint import Blueprint
from blueprints.questions import names
from blueprints.wording import fill
from tests.apigen_mt.bad_author import Fault, Ruined, changed
from tests.blueprints.drafted.honest import Body


def first_message(body: Body) -> str:
    return str(body["matters"][0]["message"] if "matters" in body else body["matter_1"])


def saying(body: Body, text: str, *told: str) -> Ruined:
    """The first message in other words."""
    if "matters" in body:
        return changed(body, lambda b: b["matters"][0].update(message=text), *told)
    return changed(body, lambda b: b.update(matter_1=text), *told)


def put(blueprint: Blueprint, body: Body, text: str, *told: str) -> Ruined | None:
    """The first wish, of a task that is to change something or be refused to, put into other words."""
    stage = blueprint.stages[0]
    wish = fill(stage.intent, slots(blueprint, 0))
    said = first_message(body)
    if stage.wants == "answer" or wish not in said:
        return None
    return saying(body, f"{text.format(wish=wish)}{said.partition(wish)[2].partition('.')[2]}", *told)


def goes_on(blueprint: Blueprint, body: Body, text: str, *told: str) -> Ruined | None:
    """The first message of such a task goes on in these words."""
    if blueprint.stages[0].wants == "answer":
        return None
    return saying(body, f"{first_message(body)} {text}", *told)


def denied(blueprint: Blueprint, body: Body) -> Ruined | None:
    return put(blueprint, body, "Please do not {wish}.", "message 1 asks not to have it done")


def unwanted(blueprint: Blueprint, body: Body) -> Ruined | None:
    return put(blueprint, body, "I would rather not {wish}, thanks.", "message 1 asks not to have it done")


def excepted(blueprint: Blueprint, body: Body) -> Ruined | None:
    return goes_on(blueprint, body, "I mean that, except for the last one.", "message 1 makes an exception")


def taken_back(blueprint: Blueprint, body: Body) -> Ruined | None:
    return goes_on(blueprint, body, "On second thoughts, leave it as it is.", "message 1 makes an exception")


def all_of_them(blueprint: Blueprint, body: Body) -> Ruined | None:
    return goes_on(blueprint, body, "And the same with all of them.", "message 1 asks for more", "all of them")


def at_no_cost(blueprint: Blueprint, body: Body) -> Ruined:
    return saying(body, f"{first_message(body)} But only if it costs nothing.", "message 1 makes the wish hang on")


def unless_it_costs(blueprint: Blueprint, body: Body) -> Ruined:
    return saying(body, f"{first_message(body)} Unless it costs me anything.", "message 1 makes the wish hang on")


def hanging_in_the_instruction(_: Blueprint, body: Body) -> Ruined:
    place = "instruction" if "matters" in body else "background"
    return changed(body, lambda b: b.update({place: f"{b[place]} You want it only if it is free."}), "only if")


def of_the_past(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message asks whether it was ever done."""
    return put(blueprint, body, "Tell me whether anybody has ever managed to {wish}.", "ask")


def forbidden_as_told(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message recites why it will be refused."""
    if blueprint.evidence is None:
        return None
    return put(blueprint, body, "I want to {wish}. The rules forbid you to {wish}.", "recites the rule that forbids it")


def another_question(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message asks about the same record, and not for the field that is answered."""
    stage = blueprint.stages[0]
    if stage.wants != "answer" or blueprint.outputs[0].source_call is None:
        return None
    whose = fill(stage.intent, slots(blueprint, 0)).partition(" of ")[2]
    rest = first_message(body).partition(whose)[2][1:]
    label, text = blueprint.outputs[0].label.removesuffix(" date"), f"Which language was used for {whose}?"
    return None if names(text, label) else saying(body, f"{text}{rest}", "ask", label)


def lower_id(blueprint: Blueprint, body: Body) -> Ruined:
    text = f"{first_message(body)} I am {blueprint.person.lower()}."
    return saying(body, text, blueprint.person, "internal id")


def hyphened_tool(blueprint: Blueprint, body: Body) -> Ruined | None:
    name = next((a.name for a in blueprint.actions if "_" in a.name), None)
    if name is None:
        return None
    return saying(body, f"{first_message(body)} Use {name.replace('_', '-')}.", name, "technical name")


def half_a_date(blueprint: Blueprint, body: Body) -> Ruined | None:
    """The message says the day and the month of the date that is asked for."""
    found = blueprint.outputs[0] if blueprint.outputs else None
    if found is None or found.meaning.kind != "date":
        return None
    value = str(found.value)
    day = f"the {int(value[8:10])}th of {calendar.month_name[int(value[5:7])]}"
    return saying(body, f"{first_message(body)} I think of {day}.", "already stands", value)


REQUESTS: tuple[Fault, ...] = (
    denied,
    unwanted,
    excepted,
    taken_back,
    all_of_them,
    at_no_cost,
    unless_it_costs,
    hanging_in_the_instruction,
    forbidden_as_told,
)
"""Those that are found by the same gate in both modes."""
