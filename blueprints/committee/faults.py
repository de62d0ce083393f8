"""Faults of meaning planted in sound tasks, of a kind that no program sees, and the criterion that should fail.

Each planter is a pure function from a blueprint, randomness and the world to the spoiled blueprint, or to nothing where
the blueprint has no place for it. Harmless twins, in the module beside this one, show how often a reviewer cries wolf.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from blueprints.author import kept_back
from blueprints.blueprint import Blueprint, Known, Output
from blueprints.committee.material import flat
from blueprints.committee.rewording import intending, places, slotted, some, staged, unseen, with_intent
from blueprints.committee.votes import Criterion
from blueprints.solution import settled, solved
from blueprints.wording import SPEAKABLE, asked_label
from tools_env.mentions import phrase
from tools_env.port import World
from tools_env.tool import Yield
from tools_env.values import same, under

Planter: TypeAlias = Callable[[Blueprint, random.Random, World], Blueprint | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, the criterion that it breaks, and how to plant it."""

    kind: str
    criterion: Criterion
    plant: Planter


def faults() -> tuple[Fault, ...]:
    """Every kind, by criterion."""
    return (
        Fault("only mentioned, yet done", "correctness", only_mentioned),
        Fault("told not to, yet done", "correctness", told_not_to),
        Fault("another record", "correctness", another_record),
        Fault("another value", "correctness", another_value),
        Fault("wish not carried out", "completeness", not_carried_out),
        Fault("asks for more", "completeness", asks_for_more),
        Fault("somebody else's account", "completeness", somebody_elses),
        Fault("fallback not done", "completeness", fallback_not_done),
        Fault("wishes that contradict", "completeness", contradicts_itself),
        Fault("left vague", "completeness", left_vague),
        Fault("another question", "satisfaction", another_question),
        Fault("second question unanswered", "satisfaction", unanswered),
        Fault("absurd motive", "creativity", absurd),
        Fault("dictates the steps", "creativity", dictates_steps),
        Fault("in the desk's voice", "creativity", desks_voice),
    )


def planted(fault: Fault, blueprint: Blueprint, rng: random.Random, world: World) -> Blueprint | None:
    """The blueprint with the fault, or nothing where it has no place for it or a gate would see it."""
    return unseen(fault.plant(blueprint, rng, world), world)


def only_mentioned(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """A wish becomes a mere remark; the actions carry it out all the same."""
    told = "just mention a plan to {intent} one day, and have nothing done about it today"
    return intending(blueprint, some(blueprint, rng, "change"), told)


def told_not_to(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """The person forbids what the actions do."""
    told = "have the desk leave everything as it is, and by no means {intent}"
    return intending(blueprint, some(blueprint, rng, "change"), told)


def another_record(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """The person wants another record than the one they name, which is the one that the actions change."""
    found = [(n, k) for n, k in slotted(blueprint) if k.phrase and not kept_back(blueprint, k)]
    if not found:
        return None
    number, known = rng.choice(found)
    slot = f"{{{known.about}}}"
    intent = blueprint.stages[number].intent.replace(slot, f"another {known.label} than {slot}")
    return with_intent(blueprint, number, intent)


def another_value(blueprint: Blueprint, rng: random.Random, world: World) -> Blueprint | None:
    """The person corrects a value in the same breath; the actions use the one from before."""
    found = [(n, k, c) for n, k in slotted(blueprint) if k.value is not None
              for c in _corrections(blueprint, k, world)]  # fmt: skip
    if not found:
        return None
    number, _, correction = rng.choice(found)
    return intending(blueprint, number, f"{{intent}}, or rather, on second thoughts, {correction}")


def not_carried_out(blueprint: Blueprint, _: random.Random, world: World) -> Blueprint | None:
    """The last of several changes is missing from the actions."""
    stages = blueprint.stages
    if [s.wants for s in stages[-1:]] != ["change"] or not any(s.wants == "change" for s in stages[:-1]):
        return None
    actions = blueprint.actions[: stages[-2].until]
    less = settled(blueprint).model_copy(update={"actions": actions})
    diff = solved(less, world, hashed=False).diff
    if len(actions) == len(blueprint.actions) or diff == blueprint.diff:
        return None
    last = stages[-1].model_copy(update={"until": len(actions)})
    return blueprint.model_copy(update={"actions": actions, "diff": diff, "stages": (*stages[:-1], last)})


def asks_for_more(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """One wish more than there are actions for."""
    more = (
        "have my account closed for good",
        "have a manager ring me back tonight",
        "have all of it printed and posted",
    )
    return intending(blueprint, some(blueprint, rng, "change"), f"{{intent}}, and also {rng.choice(more)}")


def somebody_elses(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """A wish that no policy allows and that the actions pass over."""
    told = "{intent}, and have the very same done for a neighbour, on an account that is not mine"
    changed = intending(blueprint, some(blueprint, rng, "change"), told)
    return changed and changed.model_copy(update={"instruction": changed.instruction.replace("not mine", "not yours")})


def fallback_not_done(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """What the person wants instead, should they be refused, is never done."""
    told = "{intent}, or, if that cannot be done, have my account closed instead"
    return intending(blueprint, some(blueprint, rng, "refusal"), told)


def contradicts_itself(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """The person wants something and its opposite."""
    told = "{intent}, and just as much to have none of that done and everything kept as it was"
    return intending(blueprint, some(blueprint, rng, "change"), told)


def left_vague(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """Nobody can tell from the words what is to be done with the record."""
    plain_values = {k.stage for k in blueprint.known.values() if k.about and not k.field and k.value is not None}
    found = [n for n in places(blueprint, "change") if n not in plain_values]
    return intending(blueprint, rng.choice(found) if found else None, "have something done that seems fit")


def another_question(blueprint: Blueprint, rng: random.Random, world: World) -> Blueprint | None:
    """The person asks for something else than they are to be told."""
    found = _other_field(blueprint, rng, world)
    if found is None:
        return None
    number, output, other = found
    return with_intent(blueprint, number, blueprint.stages[number].intent.replace(output.label, other, 1))


def unanswered(blueprint: Blueprint, rng: random.Random, world: World) -> Blueprint | None:
    """The person asks for one thing more than they are to be told."""
    found = _other_field(blueprint, rng, world)
    return found and intending(blueprint, found[0], f"{{intent}}, and the {found[2]} as well")


def absurd(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """Nobody wants it for such a reason."""
    why = (
        "the moon ordered it in a dream",
        "a goldfish needs it to fly to the sun",
        "that turns every stone into soup",
    )
    return intending(blueprint, some(blueprint, rng), f"{{intent}}, because {rng.choice(why)}")


def dictates_steps(blueprint: Blueprint, _: random.Random, world: World) -> Blueprint | None:
    """The person recites the procedure, so that nothing is left for the agent to find out."""
    used = dict.fromkeys(call.name for call in blueprint.actions)
    steps = "; then ".join(_lower(world.specs[name].description) for name in used if name in world.specs)
    last = places(blueprint)[-1:]
    told = f"{{intent}}, by these steps in this order: {steps.replace('{', '').replace('}', '')}"
    return intending(blueprint, last[0] if last else None, told)


def desks_voice(blueprint: Blueprint, rng: random.Random, _: World) -> Blueprint | None:
    """The message is one that the desk would write."""
    if not blueprint.stages:
        return None
    number = rng.randrange(len(blueprint.stages))
    wrote = blueprint.stages[number].say
    say = f'Thank you for contacting our service desk. You wrote: "{wrote}" We will gladly see to it for you.'
    return staged(blueprint, number, blueprint.stages[number].model_copy(update={"say": say}))


def _corrections(blueprint: Blueprint, known: Known, world: World) -> list[str]:
    match known.meaning.kind:
        case "date":
            return ["two days after that"]
        case "amount" | "count":
            return ["twice that"]
        case "choice":
            used = (c.name for c in blueprint.actions if c.arguments.get(known.about) == known.value)
            specs = [world.specs[name] for name in used if name in world.specs]
            others = {o for s in specs if (p := s.param(known.about)) for o in p.choices if o != known.value}
            named = phrase(str(known.value))
            return [f"not {named} but {phrase(other)}" for other in sorted(others)]
    return []


def _other_field(blueprint: Blueprint, rng: random.Random, world: World) -> tuple[int, Output, str] | None:
    """A question, its answer, and what else it could have asked of the same result; another answer would be right."""
    asked, simple = [n for n, s in enumerate(blueprint.stages) if s.wants == "answer"], places(blueprint, "answer")
    found = [(n, o, o.source_call) for n, o in zip(asked, blueprint.outputs, strict=False)
             if o.source_call is not None and n in simple
             and blueprint.stages[n].intent.startswith(f"the {o.label} of ")]  # fmt: skip
    if not found:
        return None
    number, output, source = rng.choice(found)
    done = solved(blueprint, world, hashed=False)
    shown, spec = done.outcomes[source].observed(), world.specs[blueprint.actions[source].name]
    beside = [(asked_label(y.name, y.meaning), list(under(shown, y.name))) for y in _beside(spec.yields, output.name)]
    others = [name for name, values in beside if values and not any(same(v, output.value) for v in values)]
    told = {k.label for k in blueprint.known.values()} | {o.label for o in blueprint.outputs}
    fresh = sorted({o for o in others if o not in told and o not in blueprint.stages[number].intent})
    return (number, output, rng.choice(fresh)) if fresh else None


def _beside(yields: tuple[Yield, ...], name: str) -> list[Yield]:
    """What stands beside a field of that name and can be asked for."""
    parents = {y.path.rpartition(".")[0] for y in yields if y.name == name}
    return [
        y for y in yields if y.path.rpartition(".")[0] in parents and y.name != name and y.meaning.kind in SPEAKABLE
    ]


def _lower(text: str) -> str:
    plainly = flat(text).rstrip(".")
    return plainly[:1].lower() + plainly[1:]
