"""Personas: in what manner people write; each is drawn once before any is drawn again."""

import random
from collections.abc import Sequence
from importlib.resources import files


class Personas:
    """Entries in an order that the seed decides; what stands at an index depends on the entries, the seed and the
    index alone.
    """

    def __init__(self, entries: Sequence[str], seed: int) -> None:
        if not entries:
            raise ValueError("there are no personas to draw from")
        self._order = random.Random(f"{seed}/personas").sample(entries, len(entries))

    def at(self, index: int) -> str:
        """The persona of a task; after the last entry the walk begins again."""
        return self._order[index % len(self._order)]


def shipped() -> tuple[str, ...]:
    """The personas that come with the package."""
    return tuple(files("blueprints").joinpath("personas.txt").read_text(encoding="utf-8").splitlines())
