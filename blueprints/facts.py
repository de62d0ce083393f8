"""What the person knows of a goal: of themself, of the records it is about, of values they bring along."""

import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

from blueprints.blueprint import Disclose, Known
from blueprints.goal import Answer, Figure, Goal, Intent, Total
from blueprints.goals import Pick
from blueprints.wording import asked_label, label
from tools_env.mentions import phrase
from tools_env.tool import noun_of
from tools_env.values import TEXT, Json, Meaning

Adder: TypeAlias = Callable[[str, Known], None]

KEPT_BACK = 0.3
"""Share of facts that a person with one wish gives only when asked, so that talks unfold over several turns."""

INTRODUCED = 0.5
"""Share of people who say who they are in their first message."""


def kept_back(goal: Goal) -> float:
    """The share for one goal: the more wishes it holds the less for each, so that the person is asked no oftener."""
    return KEPT_BACK / max(1, len(goal.intents))


def own_facts(goal: Goal, rng: random.Random) -> dict[str, Known]:
    """What the person knows of themself: given when asked, or, by those who introduce themselves, at once."""
    told = rng.random() < INTRODUCED and not goal.anonymous
    shown = goal.knowledge.log[goal.identified].call.arguments.values() if told else ()
    return {
        name: Known(
            value=fact.value,
            meaning=fact.meaning,
            disclose="volunteer" if fact.value in shown else "if_asked",
            label=phrase(name) if fact.meaning.kind == "identifier" else label(name),
        )
        for name, fact in goal.person.facts.items()
    }


def facts_of(goal: Goal, intent: Intent, number: int, rng: random.Random) -> dict[str, Known]:
    """What the person knows for one matter."""
    found: dict[str, Known] = {}

    def add(name: str, known: Known) -> None:
        if name in goal.person.facts:
            name, known = f"new {name}", known.model_copy(update={"label": f"new {known.label}"})
        found[name if not number else f"{name} {number + 1}"] = known

    plain = intent.hinge is None and intent.other is None
    for name, picks in intent.picks.items():
        kept = intent.vague or (rng.random() < kept_back(goal) and plain)
        kept = kept and not picks[0].phrase.startswith("that ")
        _describe(add, (name, _noun(goal, intent, name, picks)), picks, number, kept=kept, mine=_mine(goal, picks))
    if isinstance(intent.answer, Answer):
        target = intent.answer.pick
        if target.attributes or target.superlative:
            _describe(add, ("record", "record"), [target], number, kept=False, mine=False)
    _values(add, intent, number, (rng, kept_back(goal)))
    for name, meaning, value in _searches(goal, number):
        if name not in (intent.bound.choices if intent.bound else {}):
            told = meaning.kind in {"choice", "date"} and rng.random() >= kept_back(goal)
            disclose: Disclose = "volunteer" if told else "if_asked"
            searched = Known(
                value=value, meaning=meaning, disclose=disclose, label=label(name), about=name, searched=True
            )
            add(name, searched.model_copy(update={"stage": number}))
    return found


def _values(add: Adder, intent: Intent, number: int, draws: tuple[random.Random, float]) -> None:
    """Values for arguments that are no records, some of them, by a share, kept back."""
    rng, share = draws
    for name, choice in (intent.bound.choices if intent.bound else {}).items():
        if choice.param.meaning.kind == "identifier" or (intent.bound and name in intent.bound.facts):
            continue
        changed = intent.at_first is not None and intent.at_first[0].name == name
        kept = f"{{{name}}}" not in intent_text(intent) and rng.random() < share and not changed
        disclose: Disclose = "if_asked" if kept else "volunteer"
        known = Known(
            value=choice.value,
            meaning=choice.param.meaning,
            disclose=disclose,
            label=choice.param.label,
            about=name,
            stage=number,
        )
        first = intent.at_first[1] if intent.at_first is not None and changed else None
        add(name, known.model_copy(update={"at_first": first}))


def _describe(add: Adder, names: tuple[str, str], picks: list[Pick], number: int, *, kept: bool, mine: bool) -> None:
    disclose: Disclose = "if_asked" if kept else "volunteer"
    phrase = " and ".join(p.phrase for p in picks)
    meaning = Meaning("identifier", picks[0].referent.table)
    name, noun = names
    plain = noun.rpartition(" ")[2]
    vague = f"one of my {plain}s" if mine else f"a certain {noun}"
    add(name, Known(value=None, meaning=meaning, disclose="unknown", label=noun, about=name, phrase=phrase, vague=vague,
                    stage=number))  # fmt: skip
    for place, one in enumerate(picks):
        mark = f"{name}.{place + 1}" if place else name
        for a in one.attributes:
            add(f"{mark}.{a.field}", Known(value=a.value, meaning=a.meaning, disclose=disclose, label=label(a.field),
                                           about=name, field=a.field, stage=number))  # fmt: skip
        if not one.attributes:
            add(f"{mark}.which", Known(value=one.phrase, meaning=TEXT, disclose=disclose, label=noun, about=name,
                                       field="which", stage=number))  # fmt: skip


def _noun(goal: Goal, intent: Intent, name: str, picks: list[Pick]) -> str:
    """What the person calls the record of an argument."""
    noun = noun_of(goal.knowledge.specs, picks[0].referent.table)
    param = intent.spec.param(name) if intent.spec else None
    return intent.spec.called(param, noun) if intent.spec and param else noun


def _mine(goal: Goal, picks: list[Pick]) -> bool:
    return any(i == goal.person.id for p in picks for _, i in p.referent.context)


def _searches(goal: Goal, number: int) -> Iterator[tuple[str, Meaning, Json]]:
    """Values that reads on the way were given besides ids: the words of a search, a date looked up."""
    kept, until = goal.order()
    for index in kept[until[number - 1] if number else 1 : until[number]]:
        logged = goal.knowledge.log[index]
        if logged.writes:
            continue
        for param in goal.knowledge.specs[logged.call.name].params:
            value = logged.call.arguments.get(param.name)
            own = any(f.value == value for f in goal.person.facts.values())
            if param.meaning.kind != "identifier" and value is not None and not own:
                yield param.name, param.meaning, value


def intent_text(intent: Intent) -> str:
    """What is wanted, with slots for what the person says of it."""
    match intent.answer:
        case Answer(pick=pick, field=field, meaning=meaning):
            return f"the {asked_label(field, meaning)} of " + (
                "{record}" if pick.attributes or pick.superlative else pick.phrase
            )
        case Total(field=field, noun=noun):
            return f"what the {label(field)} of all my {noun}s adds up to"
        case Figure(question=question):
            return f'what your rules say here: "{question}"'
    if intent.spec is None:
        return ""
    summary = intent.spec.description.rstrip(".")
    return intent.spec.ask or summary[:1].lower() + summary[1:]
