"""A world in which nothing can be asked for: people, and no tool but the one that finds them."""

import datetime
from typing import Annotated

from tools_env import authoring as env

GuestId = Annotated[str, env.Identifier("guests"), env.Doc("The guest's id.")]


class Guest(env.Record):
    guest_id: GuestId
    name: str


class Bare(env.Environment):
    """Guests, and nothing to do for them. Today is {now}.

    1 Be kind.
    """

    guests: env.Table[Guest]
    person, knows = "guests", ("name",)
    by_model = ("1",)

    def fill(self, rng: env.Random) -> None:
        self.now = datetime.date(2026, 1, 1)
        for n in range(3):
            self.guests.put(Guest(guest_id=f"G{n}", name=f"Guest {n}"))

    @env.read()
    def find_guest(self, name: Annotated[str, env.Doc("The name.")]) -> Guest:
        """Find a guest."""
        return self.guests.one(name=name)
