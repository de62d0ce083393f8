"""Words that fit another record, or leave a value open: found, made harmless where that is sound, else rejected."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest

from blueprints.ambiguity import ambiguous, widened
from blueprints.author import TemplateAuthor
from blueprints.blueprint import Blueprint, Known, Rejected
from blueprints.coverage import Wish
from blueprints.draft import ground, word
from tests.blueprints.drawn import draws, worded
from tests.blueprints.talks import DOMAINS, at_once, planned, world_of
from tools_env import authoring as env
from tools_env.calls import Call, Edit
from tools_env.port import World
from tools_env.replay import replay
from tools_env.state import differences
from tools_env.values import TEXT, Json, Meaning, under

POTS: tuple[tuple[Literal["red", "blue"], float], ...] = (("red", 12.0), ("red", 12.0), ("blue", 15.0), ("blue", 18.0))
GuestId = Annotated[str, env.Identifier("guests"), env.Doc("The guest's id.")]
PotId = Annotated[str, env.Identifier("pots"), env.Doc("The pot's id.")]
Colour = Annotated[Literal["red", "blue", "green"], env.Doc("The colour.")]


class Guest(env.Record):
    guest_id: GuestId
    name: str


class Pot(env.Record):
    pot_id: PotId
    guest_id: GuestId
    colour: Colour
    width: env.Amount


class Plant(env.Record):
    plant_id: Annotated[str, env.Identifier("plants")]
    pot_id: PotId
    water: env.Amount


class Nursery(env.Environment):
    """Pots. Today is {now}.

    1 Be kind.
    """

    guests: env.Table[Guest]
    pots: env.Table[Pot]
    plants: env.Table[Plant]
    person, knows, by_model = "guests", ("name",), ("1",)

    def fill(self, rng: env.Random) -> None:
        self.now = date(2026, 1, 1)
        for n in range(2):
            self.guests.put(Guest(guest_id=f"G{n}", name=f"Ada Birk {n}"))
            for m, (colour, width) in enumerate(POTS):
                self.pots.put(Pot(pot_id=f"P{n}{m}", guest_id=f"G{n}", colour=colour, width=width + n))
        rng.random()

    @env.read()
    def find_guest(self, name: Annotated[str, env.Doc("The name.")]) -> Guest:
        """Find a guest."""
        return self.guests.one(name=name)

    @env.read()
    def list_pots(self, guest_id: GuestId) -> list[Pot]:
        """List a guest's pots."""
        return self.pots.where(guest_id=guest_id)

    @env.read()
    def widest(self, guest_id: GuestId, colour: Colour) -> Pot:
        """Show a guest's first pot of a colour."""
        return self.pots.where(guest_id=guest_id, colour=colour)[0]

    @env.write(ask="have {pot_id} painted {colour}")
    def paint(self, pot_id: PotId, colour: Colour = "green") -> Pot:
        """Paint a pot."""
        return self.pots.change(self.pots[pot_id], colour=colour)

    @env.write(ask="have {pot_id} planted with {water} of water")
    def plant(self, pot_id: PotId, water: Annotated[env.Amount, env.Doc("How much.")]) -> Plant:
        """Plant a pot."""
        return self.plants.put(Plant(plant_id=self.plants.new_id(), pot_id=self.pots[pot_id].key, water=water))


NURSERY = Nursery.world()
READ = Call(name="list_pots", arguments={"guest_id": "G0"})


def fact(value: Json, field: str = "", about: str = "pot_id", meaning: Meaning = TEXT) -> Known:
    return Known(value=value, meaning=meaning, disclose="volunteer", label=field or about, about=about, field=field)


def task(write: Call, *described: tuple[str, Json], reads: tuple[Call, ...] = (READ,), **known: Known) -> Blueprint:
    """One write on a pot that is described by some of its fields."""
    actions = (Call(name="find_guest", arguments={"name": "Ada Birk 0"}), *reads, write)
    phrase = "the pot with " + " and ".join(f"{n} {v}" for n, v in described)
    facts = {
        "pot_id": Known(
            value=None,
            meaning=Meaning("identifier", "pots"),
            disclose="unknown",
            label="pot",
            about="pot_id",
            phrase=phrase,
        )
    }
    facts |= {f"pot_id.{n}": fact(v, n) for n, v in described}
    return Blueprint.model_validate({
        "domain": NURSERY.name, "digest": NURSERY.digest, "snapshot": "seed:0", "person": "G0", "instruction": "You …",
        "stages": [{"say": "Please.", "wants": "change", "until": len(actions), "intent": "have {pot_id} changed"}],
        "known": {"name": fact("Ada Birk 0", about=""), **facts, **known}, "actions": actions,
        "diff": replay(NURSERY, "seed:0", (), actions).diff, "kind": "act",
    })  # fmt: skip


def paint(pot: str, **more: Json) -> Call:
    return Call(name="paint", arguments={"pot_id": pot, **more})


def plant(pot: str) -> Call:
    return Call(name="plant", arguments={"pot_id": pot, "water": 30.0})


WATER = fact(30.0, about="water", meaning=Meaning("amount"))


def reasons(blueprint: Blueprint, world: World = NURSERY) -> list[str]:
    found = list(ambiguous(blueprint, world))
    assert {r.stage for r in found} <= {"ambiguity"}
    return [r.reason for r in found]


@pytest.mark.parametrize("domain", DOMAINS)
def test_grounded_tasks_leave_nothing_open(domain):
    world = world_of(domain)
    for blueprint in planned(domain, 72):
        assert reasons(blueprint, world) == []
        assert widened(blueprint, world) is blueprint


def test_a_description_that_fits_one_record_is_enough():
    assert reasons(task(paint("P03"), ("width", 18.0))) == []


def test_a_description_that_fits_two_names_both_and_says_what_tells_them_apart():
    (reason,) = reasons(task(paint("P03"), ("colour", "blue")))
    assert "'the pot with colour blue' fits the pot with width $18.00 and also the one with width $15.00" in reason
    assert reason.endswith("say more of it, such as its width")


def test_somebody_elses_record_is_no_rival():
    others = Call(name="list_pots", arguments={"guest_id": "G1"})
    assert reasons(task(paint("P02"), ("width", 15.0), reads=(others, READ))) == []
    (reason,) = reasons(task(paint("P02"), ("colour", "blue"), reads=(others, READ)))
    assert "$18.00" in reason


def test_a_record_that_only_another_read_shows_is_a_rival_too():
    first = Call(name="widest", arguments={"guest_id": "G0", "colour": "blue"})
    colour = fact("blue", about="colour")
    (reason,) = reasons(task(paint("P02"), ("colour", "blue"), reads=(first,), colour=colour))
    assert "$18.00" in reason
    assert reasons(task(paint("P02"), ("width", 15.0), reads=(first,), colour=colour)) == []


def test_more_is_said_of_a_record_that_more_can_be_said_of():
    better = widened(task(paint("P03"), ("colour", "blue")), NURSERY)
    assert isinstance(better, Blueprint)
    assert reasons(better) == []
    assert better.known["pot_id"].phrase == "the pot with colour blue and with width $18.00"
    assert (better.known["pot_id.width"].value, better.instruction, better.stages[0].say) == (18.0, "", "")


def test_what_changes_or_is_asked_for_is_not_used_to_tell_apart():
    turned = task(Call(name="paint", arguments={"pot_id": "P03", "colour": "red"}), ("guest_id", "G0"),
                  colour=fact("red", about="colour"))  # fmt: skip
    known = {n: k for n, k in turned.known.items() if n != "pot_id.guest_id"}
    whole = turned.model_copy(update={"known": {**known, "pot_id.colour": fact("blue", "colour")}})
    better = widened(whole, NURSERY)
    assert isinstance(better, Blueprint)
    assert {n for n in better.known if n.startswith("pot_id.")} == {"pot_id.colour", "pot_id.width"}


def test_two_that_nothing_tells_apart_are_both_accepted_where_one_value_holds_the_choice():
    blueprint = task(plant("P00"), ("colour", "red"), water=WATER)
    (reason,) = reasons(blueprint)
    assert reason.endswith("nothing readable tells apart: ask for another record")
    wide = widened(blueprint, NURSERY)
    assert isinstance(wide, Blueprint)
    assert reasons(wide) == []
    for pot, right in (("P00", True), ("P01", True), ("P02", False), ("P10", False)):
        done = replay(NURSERY, "seed:0", (), (*blueprint.actions[:-1], plant(pot)))
        assert (not differences(wide.diff, done.diff, NURSERY.fields)) is right


def test_two_that_nothing_tells_apart_are_rejected_where_the_change_is_in_the_record_itself():
    found = widened(task(paint("P00"), ("colour", "red")), NURSERY)
    assert isinstance(found, Rejected)
    assert (found.stage, "nothing readable tells apart" in found.reason) == ("ambiguity", True)


def test_a_value_has_to_be_said_shown_or_declared():
    assert reasons(task(plant("P03"), ("width", 18.0), water=WATER)) == []
    (reason,) = reasons(task(plant("P03"), ("width", 18.0)))
    assert reason == "plant: the water could as well be another than $30.00: have the person say it"
    assert reasons(task(paint("P03", colour="green"), ("width", 18.0))) == []
    (reason,) = reasons(task(paint("P03", colour="red"), ("width", 18.0)))
    assert "the colour could as well be another than red" in reason
    assert reasons(task(paint("P03", colour="red"), ("width", 18.0), colour=fact("red", about="colour"))) == []


def test_two_values_for_one_argument_leave_it_open():
    both: dict[str, Any] = {"water": WATER, "water too": fact(50.0, about="water", meaning=Meaning("amount"))}
    (reason,) = reasons(task(plant("P03"), ("width", 18.0), **both))
    assert reason == "the person says $50.00 as well as $30.00 for the water: leave one out"
    later: dict[str, Any] = {**both, "water too": both["water too"].model_copy(update={"stage": 1})}
    assert reasons(task(plant("P03"), ("width", 18.0), **later)) == []


def test_an_imported_task_is_taken_as_it_is():
    blueprint = task(paint("P03"), ("colour", "blue"))
    imported = blueprint.model_copy(update={"provenance": blueprint.provenance.model_copy(update={"mode": "imported"})})
    assert reasons(imported) == []


def tied(blueprint: Blueprint, world: World) -> Blueprint | None:
    """The same task where another loan is due on the same day as the one that is due first or last."""
    which = blueprint.known.get("loan_id.which")
    write = next((a for a in blueprint.actions if a.name == "change_branch"), None)
    if which is None or write is None or " due " not in str(which.value) or len(blueprint.stages) > 1:
        return None
    loans = Call(name="list_loans", arguments={"member_id": blueprint.person})
    shown = replay(world, blueprint.snapshot, (), [loans]).outcomes[0].observed()
    due = dict(zip(under(shown, "loan_id"), under(shown, "due"), strict=True))
    target = write.arguments["loan_id"]
    other = next((key for key in due if key != target), None)
    edit = Edit(path=f"loans/{other}/due", value=due[target])
    return blueprint.model_copy(update={"setup": (*blueprint.setup, edit)}) if other else None


def test_two_that_come_first_are_told_apart_by_more_words():
    world = world_of("library")
    drafts = (ground(goal, "", rng) for goal, rng in draws(world, "act", 400, Wish(tool="change_branch")))
    tasks = (worded(draft) for draft in drafts if isinstance(draft, Blueprint))
    found = [t for b in tasks if (t := tied(b, world)) is not None]
    assert len(found) > 3
    for blueprint in found:
        (reason,) = reasons(blueprint, world)
        assert "fits the loan with" in reason
        better = widened(blueprint, world)
        assert isinstance(better, Blueprint)
        assert "loan_id.which" not in better.known
        assert reasons(better, world) == []
        assert isinstance(at_once(word(better, TemplateAuthor(), world, 0, 0)), Blueprint)
