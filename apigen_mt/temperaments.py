"""Temperaments: the manner in which a person talks, whatever they want. It never changes what is right."""

import random
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Temperament: TypeAlias = Literal["plain", "terse", "chatty", "impatient", "forgetful", "tangential", "mistrustful"]
TEMPERAMENTS: tuple[Temperament, ...] = get_args(Temperament)
MIX: Mapping[Temperament, float] = {
    "plain": 0.4,
    "terse": 0.15,
    "chatty": 0.1,
    "impatient": 0.1,
    "forgetful": 0.1,
    "tangential": 0.075,
    "mistrustful": 0.075,
}
"""The shares of the temperaments unless the configuration says otherwise."""


def drawn(shares: Mapping[Temperament, float], blueprint: str, attempt: int) -> Temperament:
    """The temperament of one talk: the same for the same blueprint, attempt and shares."""
    kinds = [kind for kind in TEMPERAMENTS if shares.get(kind, 0) > 0]
    rng = random.Random(f"{blueprint}/{attempt}/temperament")
    return rng.choices(kinds, [shares[kind] for kind in kinds])[0]
