"""Rewording: one wish put differently, in the person's line and in the instruction, and all else left as it was."""

import random

from blueprints.author import PUSH_BACK, instruction, plain
from blueprints.blueprint import Blueprint, Known, Stage
from blueprints.checks import as_given, check
from blueprints.committee.material import flat
from tools_env.port import World


def unseen(blueprint: Blueprint | None, world: World) -> Blueprint | None:
    """The blueprint with its id, unless a gate objects."""
    if blueprint is None:
        return None
    sealed = blueprint.sealed()
    gates = as_given if sealed.provenance.mode == "imported" else check
    return None if any(gates(sealed, world)) else sealed


def places(blueprint: Blueprint, wants: str = "") -> list[int]:
    """Numbers of the stages whose intents can be altered: those that hang on nothing and stay as they are."""
    simple = [n for n, s in enumerate(blueprint.stages) if s.intent and not (s.condition or s.other or s.change)]
    return [n for n in simple if wants in {"", blueprint.stages[n].wants}]


def some(blueprint: Blueprint, rng: random.Random, wants: str = "") -> int | None:
    """One of them, or none."""
    found = places(blueprint, wants)
    return rng.choice(found) if found else None


def slotted(blueprint: Blueprint) -> list[tuple[int, Known]]:
    """What a stage that wants a change has a slot for, with the stage's number."""
    return [(n, k) for n in places(blueprint, "change") for k in blueprint.known.values()
            if k.stage == n and k.about and not k.field and f"{{{k.about}}}" in blueprint.stages[n].intent]  # fmt: skip


def intending(blueprint: Blueprint, number: int | None, told: str) -> Blueprint | None:
    """The blueprint with one intent put into other words, `{intent}` standing for those it had."""
    if number is None:
        return None
    return with_intent(blueprint, number, told.replace("{intent}", blueprint.stages[number].intent))


def with_intent(blueprint: Blueprint, number: int, intent: str) -> Blueprint:
    """The blueprint with one intent changed, in the person's line and in the instruction; all else stays."""
    bare = staged(blueprint, number, blueprint.stages[number].model_copy(update={"intent": intent}))
    worded = bare.stages[number].model_copy(update={"say": plain(bare).says[number]})
    before, after = flat(instruction(blueprint)), flat(instruction(bare))
    refused = any(s.wants == "refusal" for s in blueprint.stages)
    told = f"{after} {PUSH_BACK}" if refused else after
    if before in blueprint.instruction:
        told = blueprint.instruction.replace(before, after)
    return staged(bare, number, worded).model_copy(update={"instruction": told})


def staged(blueprint: Blueprint, number: int, stage: Stage) -> Blueprint:
    """The blueprint with another stage in place of one."""
    stages = blueprint.stages
    return blueprint.model_copy(update={"stages": (*stages[:number], stage, *stages[number + 1 :])})
