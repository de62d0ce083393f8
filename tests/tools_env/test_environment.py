import datetime
from typing import Annotated

import pytest

from tests.small_worlds import Owner, OwnerId, Shelf, Workshop
from tools_env import authoring as env
from tools_env.calls import Call, Edit
from tools_env.course import Course
from tools_env.port import World


def test_a_class_becomes_a_world():
    world: World = Workshop.world()
    assert world.name == "workshop"
    assert [*world.specs][:3] == ["find_owner", "list_shelves", "get_shelf"]
    assert [c.enforced for c in world.clauses] == ["tool", "rule", "model"]
    assert world.fields["shelves/owner_id"].of == "owners"
    assert world.fields["shelves/note"].kind == "prose"
    assert world.fork_cost == "cheap"


def test_a_brief_says_what_is_fixed():
    brief = Workshop.world().brief("seed:0")
    assert brief.now == datetime.date(2026, 1, 1)
    assert "Today is 2026-01-01." in brief.policy
    assert [(p.id, p.facts["name"].value) for p in brief.people] == [(f"O{n}", f"Owner {n}") for n in range(3)]


def define(**members):
    """Define a class as somebody careless would."""
    base = {"__doc__": "1 Be kind.", "by_model": ("1",), "__annotations__": {}}
    return type("Careless", (env.Environment,), base | members)


@env.read()
def undocumented(self, name: str) -> str:
    """Look somebody up."""
    return name


@env.write("7")
def misciting(self) -> str:
    """Do something."""
    return ""


@env.rule("8")
def misruling(self) -> None:
    """Nothing."""


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"look": undocumented}, "argument 'name' is not described"),
        ({"do": misciting}, "do cites clause 7"),
        ({"law": misruling}, "law cites clause 8"),
        ({"by_model": ()}, "clause 1 is upheld by no tool"),
        ({"by_model": ("1", "2")}, "cites clause 2"),
        ({"person": "people"}, "person = 'people'"),
        ({"conduct": (env.one_person("4"),)}, "one_person cites clause 4"),
        ({"policy_text": "1 One.\n1 Two."}, "stands twice"),
    ],
)
def test_a_careless_class_is_refused_when_it_is_defined(members, words):
    with pytest.raises(env.DomainError, match=words):
        define(**members)


def test_a_class_without_data_is_refused_when_it_is_opened():
    with pytest.raises(env.DomainError, match="fill"):
        define().world().open("seed:0")
    with pytest.raises(env.DomainError, match=r"must set self\.now"):
        define(fill=lambda self, rng: None).world().open("seed:0")


def test_a_figure_that_is_no_term_is_refused():
    def fill(self, rng):
        self.now = datetime.date(2026, 1, 1)

    with pytest.raises(env.DomainError, match="days"):
        define(policy_text="1 After {days} days.", fill=fill).world().brief("seed:0")


def test_a_careful_class_is_taken():
    assert [c.number for c in define().world().clauses] == ["1"]


class Louder(Workshop):
    """Shelves. Today is {now}.

    1 Only red shelves are painted.
    2 A shelf is at most ten wide.
    3 Be kind.
    4 Say it, when a shelf hangs.
    """

    @env.rule("4")
    def hung(self) -> bool:
        """A shelf
        was hung.
        """
        return any(shelf.above for shelf in self.shelves.written())

    @env.rule("4")
    def said(self, course: Course) -> str | None:
        return "Nothing was said." if self.shelves.changed() and course.is_plan else None

    @env.rule("3")
    def kind(self) -> env.Because | None:
        """That is not kind."""
        blue = [shelf for shelf in self.shelves.written() if shelf.colour == "blue"]
        return self.shelves.because(blue[0], "colour", "red") if blue else None


def test_a_subclass_adds_to_tools_and_rules():
    session = Louder.world().open("seed:0")
    assert session.breaches(Course()) == ()
    session.call(Call(name="hang", arguments={"owner_id": "O1", "above": "S1"}))
    session.call(Call(name="paint", arguments={"shelf_id": "S1", "colour": "blue"}))
    found = [(b.clause, b.message, b.because and b.because.path) for b in session.breaches(Course())]
    assert found == [
        ("4", "A shelf was hung.", None),
        ("4", "Nothing was said.", None),
        ("3", "That is not kind.", "shelves/S1/colour"),
    ]


def test_the_digest_tells_worlds_apart():
    class Wider(Workshop):
        __doc__ = Workshop.__doc__

        @env.rule("2")
        def too_wide(self) -> None:
            """Never."""

    class Paler(Workshop):
        __doc__ = Workshop.__doc__

        def fill(self, rng):
            super().fill(rng)
            self.owners.put(Owner(owner_id="O8", name="Owner 8"))

    class Stricter(Workshop):
        __doc__ = Workshop.__doc__
        conduct = (env.authenticated_by("3", "find_owner"),)

    class Laxer(Workshop):
        __doc__ = Workshop.__doc__
        conduct = (env.authenticated_by("3", "find_owner", "get_shelf"),)

    kinds = (Workshop, Wider, Paler, Stricter, Laxer)
    assert len({kind.world("same").digest for kind in kinds}) == len(kinds)
    assert Workshop.world().digest == Workshop.world().digest


def test_few_snapshots_are_kept_and_come_back_the_same():
    world = Workshop.world()
    first = world.open("seed:0").call(Call(name="get_shelf", arguments={"shelf_id": "S1"}))
    brief = world.brief("seed:0")
    for seed in range(1, 20):
        world.open(f"seed:{seed}")
        world.brief(f"seed:{seed}")
    assert world.open("seed:0").call(Call(name="get_shelf", arguments={"shelf_id": "S1"})) == first
    assert world.brief("seed:0") == brief


def test_a_mixin_brings_tools_without_being_an_environment():
    class Desk:
        shelves: env.Table[Shelf]

        @env.read()
        def count_shelves(self, owner_id: OwnerId) -> Annotated[int, "plain"]:
            """Count the shelves of an owner."""
            return len(self.shelves.where(owner_id=owner_id))

    class Counting(Desk, Workshop):
        __doc__ = Workshop.__doc__

    session = Counting.world().open("seed:0", (Edit(path="shelves/S9/owner_id", value="O1"),))
    outcome = session.call(Call(name="count_shelves", arguments={"owner_id": "O1"}))
    assert outcome.observed() == 2
