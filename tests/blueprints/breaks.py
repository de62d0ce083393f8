"""Ways to break a sound blueprint in one place, each with the gate that has to find it."""

import re
from collections.abc import Callable

from blueprints.author import given_away
from blueprints.blueprint import Blueprint, Known, Stage
from blueprints.knowledge import Referent, referents_in
from tests.blueprints.talks import world_of
from tools_env.calls import Call, Edit
from tools_env.mentions import spoken
from tools_env.replay import replay
from tools_env.state import Change
from tools_env.values import Json, Meaning

Break = Callable[[Blueprint], Blueprint | None]
"""A blueprint with one thing broken, or None where this one has nothing to break."""


def altered(blueprint: Blueprint, **parts: object) -> Blueprint:
    """The blueprint with parts replaced and its id put right, so that only what is wrong in it is found."""
    return blueprint.model_copy(update=parts).sealed()


def with_action(blueprint: Blueprint, place: int, call: Call) -> Blueprint:
    actions = [*blueprint.actions]
    actions[place] = call
    return altered(blueprint, actions=tuple(actions))


def with_words(blueprint: Blueprint, text: str) -> Blueprint:
    return altered(blueprint, instruction=f"{blueprint.instruction} {text}")


def with_line(blueprint: Blueprint, number: int, say: str) -> Blueprint:
    stages = [*blueprint.stages]
    stages[number] = stages[number].model_copy(update={"say": say})
    return altered(blueprint, stages=tuple(stages))


def written(blueprint: Blueprint) -> int | None:
    """Place of the last action that writes."""
    specs = world_of(blueprint.domain).specs
    return next((n for n in reversed(range(len(blueprint.actions))) if specs[blueprint.actions[n].name].writes), None)


def unknown_tool(blueprint: Blueprint) -> Blueprint:
    return with_action(blueprint, -1, Call(name="grant_wish", arguments={}))


def wrong_type(blueprint: Blueprint) -> Blueprint:
    first = blueprint.actions[0]
    arguments: dict[str, Json] = dict.fromkeys(first.arguments, 7)
    return with_action(blueprint, 0, first.model_copy(update={"arguments": arguments}))


def change_repeated(blueprint: Blueprint) -> Blueprint | None:
    place = written(blueprint)
    return altered(blueprint, actions=(*blueprint.actions, blueprint.actions[place])) if place is not None else None


def missing_argument(blueprint: Blueprint) -> Blueprint:
    return with_action(blueprint, 0, blueprint.actions[0].model_copy(update={"arguments": {}}))


def unknown_argument(blueprint: Blueprint) -> Blueprint:
    first = blueprint.actions[0]
    return with_action(blueprint, 0, first.model_copy(update={"arguments": {**first.arguments, "haste": True}}))


def other_world(blueprint: Blueprint) -> Blueprint:
    return altered(blueprint, digest="0" * 64)


def no_stages(blueprint: Blueprint) -> Blueprint:
    return altered(blueprint, stages=())


def outputs_missing(blueprint: Blueprint) -> Blueprint | None:
    return altered(blueprint, outputs=()) if blueprint.outputs else None


def evidence_missing(blueprint: Blueprint) -> Blueprint | None:
    return altered(blueprint, evidence=None) if blueprint.evidence else None


def output_from_nowhere(blueprint: Blueprint) -> Blueprint | None:
    if not blueprint.outputs:
        return None
    first = blueprint.outputs[0].model_copy(update={"source_call": 99})
    return altered(blueprint, outputs=(first, *blueprint.outputs[1:]))


def tampered(blueprint: Blueprint) -> Blueprint:
    return blueprint.model_copy(update={"id": "f" * 64})


def reworded_but_not_sealed(blueprint: Blueprint) -> Blueprint:
    return blueprint.model_copy(update={"persona": "You are in a hurry."})


def refused_action(blueprint: Blueprint) -> Blueprint:
    """The person is looked up by a mail address or name that nobody has."""
    first = blueprint.actions[0]
    arguments: dict[str, Json] = dict.fromkeys(first.arguments, "nobody@example.com")
    return with_action(blueprint, 0, first.model_copy(update={"arguments": arguments}))


def unknown_snapshot(blueprint: Blueprint) -> Blueprint:
    return altered(blueprint, snapshot="tape:7")


def impossible_setup(blueprint: Blueprint) -> Blueprint:
    return altered(blueprint, setup=(Edit(path="nothing/N1/field", value=1),))


def other_diff(blueprint: Blueprint) -> Blueprint | None:
    """A change is recorded with another outcome than the actions have."""
    for path, change in blueprint.diff.items():
        meaning = world_of(blueprint.domain).fields.get(f"{path.split('/')[0]}/{path.split('/')[-1]}")
        if isinstance(change.after, str | int | float) and (meaning is None or meaning.kind != "prose"):
            wrong = change.model_copy(update={"after": "something else"})
            return altered(blueprint, diff={**blueprint.diff, path: wrong})
    return None


def wider_diff(blueprint: Blueprint) -> Blueprint | None:
    change = Change(before="a", after="b")
    return altered(blueprint, diff={**blueprint.diff, "orders/F1/status": change}) if blueprint.diff else None


def smaller_diff(blueprint: Blueprint) -> Blueprint | None:
    """No change is recorded though the actions make one."""
    return altered(blueprint, diff={}) if blueprint.diff else None


def uncalled_for(blueprint: Blueprint) -> Blueprint | None:
    """A change that nobody asked for: the twin's write in the refusal's setting would be one, here a question's."""
    if blueprint.kind != "inform":
        return None
    stages = (Stage(say=blueprint.stages[0].say, wants="change", until=1), *blueprint.stages)
    return altered(blueprint, stages=stages)


def rule_broken(blueprint: Blueprint) -> Blueprint | None:
    """The first look at the person is left out."""
    rest = blueprint.actions[1:]
    personal = any(blueprint.person in a.arguments.values() for a in rest)
    if not personal or blueprint.outputs or blueprint.evidence:
        return None
    return altered(blueprint, actions=rest)


def wrong_output(blueprint: Blueprint) -> Blueprint | None:
    if not blueprint.outputs:
        return None
    first = blueprint.outputs[0].model_copy(update={"value": "no such thing"})
    return altered(blueprint, outputs=(first, *blueprint.outputs[1:]))


def output_under_another_name(blueprint: Blueprint) -> Blueprint | None:
    if not blueprint.outputs:
        return None
    first = blueprint.outputs[0].model_copy(update={"name": "nickname"})
    return altered(blueprint, outputs=(first, *blueprint.outputs[1:]))


def output_in_words(blueprint: Blueprint) -> Blueprint | None:
    if not blueprint.outputs:
        return None
    output = blueprint.outputs[0]
    return with_words(blueprint, f"You believe that it is {spoken(output.value, output.meaning)}.")


def output_known(blueprint: Blueprint) -> Blueprint | None:
    if not blueprint.outputs:
        return None
    output = blueprint.outputs[0]
    fact = Known(value=output.value, meaning=output.meaning, disclose="if_asked", label="hunch")
    return altered(blueprint, known={**blueprint.known, "hunch": fact})


def output_in_policy(blueprint: Blueprint) -> Blueprint | None:
    """A value that the policy says too: today's date stands in every policy."""
    if not blueprint.outputs:
        return None
    today = world_of(blueprint.domain).brief(blueprint.snapshot).now.isoformat()
    first = blueprint.outputs[0].model_copy(update={"value": today, "meaning": Meaning("date")})
    return altered(blueprint, outputs=(first, *blueprint.outputs[1:]))


def other_clause(blueprint: Blueprint) -> Blueprint | None:
    found = blueprint.evidence
    return altered(blueprint, evidence=found.model_copy(update={"clause": "2"})) if found else None


def allowed(blueprint: Blueprint) -> Blueprint | None:
    """The setting is the twin's, in which the call is right."""
    found = blueprint.evidence
    return altered(blueprint, setup=found.twin) if found else None


def twin_the_same(blueprint: Blueprint) -> Blueprint | None:
    """The twin changes nothing that matters: the deciding field gets the value it has."""
    found = blueprint.evidence
    if found is None:
        return None
    same = (Edit(path=found.because.path, value=found.because.value),)
    return altered(blueprint, evidence=found.model_copy(update={"twin": same}))


def reason_unread(blueprint: Blueprint) -> Blueprint | None:
    found = blueprint.evidence
    if found is None:
        return None
    because = found.because.model_copy(update={"path": f"{found.because.path.rsplit('/', 1)[0]}/nickname"})
    return altered(blueprint, evidence=found.model_copy(update={"because": because}))


def reason_in_words(blueprint: Blueprint) -> Blueprint | None:
    found = blueprint.evidence
    return with_words(blueprint, f"You know of {spoken(found.because.value, found.meaning)}.") if found else None


def unread_record(blueprint: Blueprint) -> Blueprint | None:
    """The read that shows the record is left out, and so nobody shows its id."""
    place = written(blueprint)
    if place is None or place < 2 or blueprint.outputs or blueprint.setup:
        return None
    specs = world_of(blueprint.domain).specs
    last = blueprint.actions[place]
    asked = [p for p in specs[last.name].params if p.meaning.kind == "identifier" and not p.personal]
    reads = [n for n in range(1, place) if not specs[blueprint.actions[n].name].writes]
    if not asked or not reads or any(specs[a.name].writes for a in blueprint.actions[:place]):
        return None
    return altered(blueprint, actions=(blueprint.actions[0], *blueprint.actions[place:]))


def fact_forgotten(blueprint: Blueprint) -> Blueprint | None:
    """Nobody says a value that the write needs."""
    place = written(blueprint)
    if place is None:
        return None
    params = world_of(blueprint.domain).specs[blueprint.actions[place].name].params
    plain = {p.name for p in params if p.meaning.kind in {"choice", "amount", "contact"} and not p.many}
    rest = {n: k for n, k in blueprint.known.items() if k.about not in plain}
    said = [str(k.value) for k in rest.values()]
    lost = [k for k in blueprint.known.values() if k.about in plain and str(k.value) not in said]
    return altered(blueprint, known=rest) if lost else None


def fits_two(blueprint: Blueprint) -> Blueprint | None:
    """What the person says of a record says nothing any more, where more than one could be meant."""
    told = [n for n, k in blueprint.known.items() if k.field]
    tables = {k.meaning.of for k in blueprint.known.values() if k.phrase}
    if not told or any(k.phrase.startswith("that ") for k in blueprint.known.values()):
        return None
    if min(len({r.id for r in shown(blueprint) if r.table == table}) for table in tables) < 2:
        return None
    vague = {n: k.model_copy(update={"value": "nice", "field": "mood"}) if n in told else k
             for n, k in blueprint.known.items()}  # fmt: skip
    return altered(blueprint, known=vague)


def shown(blueprint: Blueprint) -> list[Referent]:
    """Every record that the actions show."""
    world = world_of(blueprint.domain)
    done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
    pairs = zip(blueprint.actions, done.outcomes, strict=True)
    return [r for call, o in pairs for r in referents_in(o.observed(), world.specs[call.name], 0, call)]


def id_in_words(blueprint: Blueprint) -> Blueprint:
    return with_words(blueprint, f"Your number is {blueprint.person}.")


def tool_in_words(blueprint: Blueprint) -> Blueprint:
    return with_words(blueprint, f"You want them to use {blueprint.actions[0].name}.")


def argument_in_words(blueprint: Blueprint) -> Blueprint | None:
    names = [n for a in blueprint.actions for n in a.arguments if "_" in n]
    return with_line(blueprint, 0, f"{blueprint.stages[0].say} The {names[0]} is known to you.") if names else None


def json_in_words(blueprint: Blueprint) -> Blueprint:
    return with_line(blueprint, 0, f'{blueprint.stages[0].say} {{"kind": "urgent"}}')


def nothing_told(blueprint: Blueprint) -> Blueprint:
    return altered(blueprint, instruction="  ")


def nothing_said(blueprint: Blueprint) -> Blueprint:
    return with_line(blueprint, 0, "")


def left_out(blueprint: Blueprint) -> Blueprint | None:
    """The instruction does not say something that the person is to know about the matter."""
    for known in blueprint.known.values():
        told = spoken(known.value, known.meaning)
        if (
            known.about
            and known.value is not None
            and known.field != "which"
            and blueprint.instruction.count(told) == 1
        ):
            return altered(blueprint, instruction=blueprint.instruction.replace(told, "something"))
    return None


def not_volunteered(blueprint: Blueprint) -> Blueprint | None:
    """The line does not say what it is recorded to give away."""
    facts = [blueprint.known[name] for name in given_away(blueprint, 0)]
    told = [spoken(k.value, k.meaning) for k in facts if k.value is not None and k.field != "which"]
    if not told or blueprint.outputs:
        return None
    return with_line(blueprint, 0, re.sub(re.escape(told[0]), "it", blueprint.stages[0].say))


def given_away_early(blueprint: Blueprint) -> Blueprint | None:
    """The line says what waits to be asked for."""
    waits = [k for k in blueprint.known.values() if k.disclose == "if_asked" and k.field and k.stage == 0 and k.about]
    waits = [k for k in waits if spoken(k.value, k.meaning) not in blueprint.stages[0].say]
    return (
        with_line(blueprint, 0, f"{blueprint.stages[0].say} {spoken(waits[0].value, waits[0].meaning)}!")
        if waits
        else None
    )


def invented_date(blueprint: Blueprint) -> Blueprint:
    return with_words(blueprint, "You have waited since 2019-07-09.")


ALL: dict[Break, str] = {
    unknown_tool: "format",
    wrong_type: "format",
    missing_argument: "format",
    change_repeated: "format",
    unknown_argument: "format",
    other_world: "format",
    no_stages: "format",
    outputs_missing: "format",
    evidence_missing: "format",
    output_from_nowhere: "format",
    tampered: "format",
    reworded_but_not_sealed: "format",
    refused_action: "execution",
    unknown_snapshot: "execution",
    impossible_setup: "execution",
    other_diff: "execution",
    wider_diff: "execution",
    smaller_diff: "execution",
    uncalled_for: "execution",
    rule_broken: "rules",
    wrong_output: "outputs",
    output_under_another_name: "outputs",
    output_in_words: "outputs",
    output_known: "outputs",
    output_in_policy: "outputs",
    other_clause: "evidence",
    allowed: "evidence",
    twin_the_same: "evidence",
    reason_unread: "evidence",
    reason_in_words: "evidence",
    unread_record: "realizability",
    fact_forgotten: "realizability",
    fits_two: "realizability",
    id_in_words: "leakage",
    tool_in_words: "leakage",
    argument_in_words: "leakage",
    json_in_words: "leakage",
    invented_date: "wording",
    nothing_told: "wording",
    nothing_said: "wording",
    left_out: "wording",
    not_volunteered: "wording",
    given_away_early: "wording",
}
