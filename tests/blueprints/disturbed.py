"""Disturbed tasks for tests: drawn from worlds, with one sort of mishap each."""

import random
from functools import cache

from blueprints.blueprint import Blueprint
from blueprints.coverage import Wish
from blueprints.disturbing import disturb
from blueprints.draft import ground
from tests.blueprints.drawn import draws, worded
from tests.blueprints.talks import world_of
from tools_env.disturbances import Mishap

SORTS: tuple[Mishap, ...] = ("transient", "empty", "gone")


@cache
def disturbed(domain: str, sort: Mishap, count: int = 3) -> tuple[Blueprint, ...]:
    """The first tasks in which a mishap of a sort is in store, in the template's words."""
    found: list[Blueprint] = []
    wish = Wish(operator="fallback") if sort == "gone" else None
    for goal, rng in draws(world_of(domain), "act", 120, wish):
        draft = ground(goal, "", rng)
        if isinstance(draft, Blueprint):
            changed = disturb(draft, world_of(domain), random.Random(len(found)), (sort,))
            found += [worded(changed)] if changed.disturbances else []
        if len(found) == count:
            return tuple(found)
    raise AssertionError(f"{domain} has only {len(found)} tasks with {sort}")
