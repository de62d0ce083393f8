"""Small environments that tests of several floors are made with."""

import datetime
from typing import Annotated, Literal

from tools_env import authoring as env

ShelfId = Annotated[str, env.Identifier("shelves"), env.Doc("The shelf's id.")]
OwnerId = Annotated[str, env.Identifier("owners"), env.Doc("The owner's id.")]
Colour = Annotated[Literal["red", "blue"], env.Doc("The colour to paint it in.")]


class Owner(env.Record):
    owner_id: OwnerId
    name: str


class Shelf(env.Record):
    shelf_id: ShelfId
    owner_id: OwnerId | None = None
    above: ShelfId | None = None
    colour: Colour = "red"
    width: env.Amount = 1.0
    note: Annotated[str, env.Prose()] = ""
    place: Annotated[str, env.Contact("place")] = ""


class Workshop(env.Environment):
    """Shelves. Today is {now}.

    1 Only red shelves are painted.
    2 A shelf is at most ten wide.
    3 Be kind.
    """

    owners: env.Table[Owner]
    shelves: env.Table[Shelf]
    person, knows = "owners", ("name",)
    by_model = ("3",)

    def fill(self, rng: env.Random) -> None:
        self.now = datetime.date(2026, 1, 1)
        for n in range(3):
            self.owners.put(Owner(owner_id=f"O{n}", name=f"Owner {n}"))
            self.shelves.put(Shelf(shelf_id=f"S{n}", owner_id=f"O{n}", width=rng.randrange(1, 5)))
        self.shelves.put(Shelf(shelf_id="S9"))

    @env.read()
    def find_owner(self, name: Annotated[str, env.Doc("The name.")]) -> Owner:
        """Find an owner."""
        return self.owners.one(name=name)

    @env.read()
    def list_shelves(self, owner_id: OwnerId) -> list[Shelf]:
        """List the shelves of an owner."""
        return self.shelves.where(owner_id=owner_id)

    @env.read(actors=("agent", "human"))
    def get_shelf(self, shelf_id: ShelfId) -> Shelf:
        """Look at a shelf."""
        return self.shelves[shelf_id]

    @env.read()
    def spill(self, shelf_id: ShelfId) -> Shelf:
        """Look at a shelf and, wrongly, paint it."""
        return self.shelves.change(self.shelves[shelf_id], colour="blue")

    @env.write("1")
    def paint(self, shelf_id: ShelfId, colour: Colour) -> Shelf:
        """Paint a shelf."""
        shelf = self.shelves[shelf_id]
        painted = self.shelves.change(shelf, colour=colour)
        if shelf.colour != "red":
            raise env.Refused("1", "It is not red.", self.shelves.because(shelf, "colour", "red"))
        return painted

    @env.write()
    def widen(self, shelf_id: ShelfId, by: Annotated[env.Amount, env.Doc("By how much.")]) -> Shelf:
        """Make a shelf wider."""
        shelf = self.shelves[shelf_id]
        return self.shelves.change(shelf, width=shelf.width + by)

    @env.write()
    def hang(
        self,
        owner_id: OwnerId,
        above: Annotated[ShelfId | None, env.Doc("The shelf under it.")] = None,
        note: Annotated[str, env.Prose(), env.Doc("A note.")] = "",
        place: Annotated[str, env.Contact("place"), env.Doc("Where.")] = "",
    ) -> Shelf:
        """Hang a new shelf."""
        shelf = Shelf(shelf_id=self.shelves.new_id(), owner_id=owner_id, above=above, note=note, place=place)
        return self.shelves.put(shelf)

    @env.write()
    def take_down(self, shelf_id: ShelfId) -> str:
        """Take a shelf down."""
        self.shelves.remove(self.shelves[shelf_id])
        return "done"

    @env.write()
    def stumble(self, shelf_id: ShelfId) -> Shelf:
        """Break in the middle of the work."""
        shelf = self.shelves.change(self.shelves[shelf_id], colour="blue")
        raise LookupError(shelf.key)

    @env.rule("2")
    def too_wide(self) -> env.Verdict | None:
        """A shelf is too wide."""
        wide = [s for s in self.shelves.written() if s.width > 10]
        return env.Verdict("It is too wide.", self.shelves.because(wide[0], "width", 10.0)) if wide else None
