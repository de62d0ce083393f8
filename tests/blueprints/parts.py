"""Parts for recombination: drawn for one person of a world, or written by hand for a club with three more tools."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Annotated

from apigen_mt.planning import Mix, Planner
from blueprints.author import TemplateAuthor
from blueprints.blueprint import Blueprint, Evidence, Kind, Known, Output, Rejected, Stage
from blueprints.draft import word
from blueprints.goals import pick
from blueprints.knowledge import Referent, referents_in
from tests.blueprints.talks import SHARES, at_once, world_of
from tools_env import authoring as env
from tools_env.calls import Because, Call, Edit
from tools_env.domains.library import Email, Library, Loan, LoanId, Member, MemberId, Title
from tools_env.port import Brief, ForkCost, Session, SetUp, World
from tools_env.replay import replay
from tools_env.rules import Clause
from tools_env.tool import ToolSpec
from tools_env.values import TEXT, Json, Meaning


@dataclass(frozen=True, slots=True)
class Alone:
    """A world in which nobody but one person calls, on one snapshot."""

    world: World
    place: int

    @property
    def name(self) -> str:
        return self.world.name

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self.world.specs

    @property
    def clauses(self) -> Sequence[Clause]:
        return self.world.clauses

    @property
    def fields(self) -> Mapping[str, Meaning]:
        return self.world.fields

    @property
    def digest(self) -> str:
        return self.world.digest

    @property
    def fork_cost(self) -> ForkCost:
        return self.world.fork_cost

    def snapshots(self, most: int) -> tuple[str, ...]:
        return self.world.snapshots(min(most, 1))

    def brief(self, snapshot: str) -> Brief:
        brief = self.world.brief(snapshot)
        return brief.model_copy(update={"people": (brief.people[self.place],)})

    def open(self, snapshot: str, setup: SetUp = ()) -> Session:
        return self.world.open(snapshot, setup)


@cache
def drawn(domain: str, place: int, count: int = 14) -> tuple[Blueprint, ...]:
    """Accepted tasks of one person, twins left out."""
    world = world_of(domain)
    planner = Planner(Alone(world, place), 0, Mix(dict(SHARES), snapshots=1))
    found: list[Blueprint] = []
    for _ in range(count):
        task = planner.next()
        if isinstance(task.draft, Blueprint) and task.twin_of is None:
            worded = at_once(word(task.draft, TemplateAuthor(), world, 0, task.index))
            found += [worded] if isinstance(worded, Blueprint) else []
    return tuple(found)


class Club(Library):
    """You help the members of a reading club, which lends a few titles in many copies. Today is {now}.

    1 Find the member by email address before anything else, and serve one member in a talk.
    2 Before you change anything, say exactly what you will do and wait for a yes.
    3 A loan can be renewed until the day it is due; that moves the due date by {loan_days} days.
    4 Borrowing, renewing and changing the branch need a card that has not expired.
    5 A member has at most {most_loans} loans; a new one is due after {loan_days} days.
    """

    def fill(self, rng: env.Random) -> None:
        super().fill(rng)
        self.terms = self.terms.model_copy(update={"loan_days": 21, "most_loans": 5})
        for member, days in (("M100", 90), ("M101", -12)):
            self.members.change(self.members[member], card_expires=self.now + timedelta(days))
            for loan in self.loans.where(member_id=member):
                self.loans.remove(loan)
            self._lend(member, "Salt Orchard", self.now + timedelta(5), "north")
            self._lend(member, "Blue Tide", self.now + timedelta(10), "harbour")
            self._lend(member, "Silent Engine", self.now + timedelta(16), "old town")

    @env.write(ask="have my card extended")
    def extend_card(self, member_id: MemberId) -> Member:
        """Extend a member's card by a year."""
        return self.members.change(self.members[member_id], card_expires=self.now + timedelta(365))

    @env.write(ask="be reached at {email} from now on")
    def change_email(self, member_id: MemberId, email: Email) -> Member:
        """Change a member's email address."""
        return self.members.change(self.members[member_id], email=email)

    @env.write(ask="keep {loan_id} until {day}")
    def keep_until(self, loan_id: LoanId, day: Annotated[env.Date, env.Doc("The day.")]) -> Loan:
        """Set the day until which a loan may be kept."""
        return self.loans.change(self.loans[loan_id], due=day)

    @env.write(ask="bring back {loan_id}")
    def bring_back(self, loan_id: LoanId) -> Loan:
        """Take a loan back."""
        loan = self.loans[loan_id]
        self.loans.remove(loan)
        return loan


@dataclass
class Desk:
    """Writes tasks for one member of the club by hand; every one of them stands alone."""

    member: str = "M100"
    world: World = field(default_factory=lambda: Club.world("club"))
    said: dict[str, Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        person = next(p for p in self.world.brief("seed:0").people if p.id == self.member)
        for name, fact in person.facts.items():
            self.said[name] = Known(value=fact.value, meaning=fact.meaning, disclose="if_asked", label=name)
        self.find = Call(name="find_member", arguments={"email": person.facts["email"].value})
        self.list = Call(name="list_loans", arguments={"member_id": self.member})

    def loans(self) -> list[Referent]:
        shown = replay(self.world, "seed:0", (), (self.find, self.list)).outcomes[-1].observed()
        return referents_in(shown, self.world.specs["list_loans"], 1, self.list)

    def loan(self, title: str) -> str:
        return next(r.id for r in self.loans() if (a := r.attribute("title")) and a.value == title)

    def on_loan(self, tool: str, title: str, words: str = "", **more: Json) -> Blueprint:
        """A tool used on a loan, which the person calls by its title or by other words."""
        call = Call(name=tool, arguments={"loan_id": self.loan(title), **more})
        return self.task([(call, {**self.about("loan_id", title, words), **self.plain(tool, more)})])

    def about(self, name: str, title: str, words: str = "", stage: int = 0) -> dict[str, Known]:
        mark = f" {stage + 1}" if stage else ""
        told, key = (words, "which") if words else (title, "title")
        loan = Known(value=None, meaning=Meaning("identifier", "loans"), disclose="unknown", label="loan", about=name,
                     phrase=words or f"the {title}", vague="one of my loans", stage=stage)  # fmt: skip
        how = Known(value=told, meaning=TEXT, disclose="volunteer", label=key, about=name, field=key, stage=stage)
        return {f"{name}{mark}": loan, f"{name}.{key}{mark}": how}

    def plain(self, tool: str, values: Mapping[str, Json], stage: int = 0) -> dict[str, Known]:
        found: dict[str, Known] = {}
        for name, value in values.items():
            param = self.world.specs[tool].param(name)
            assert param is not None
            known = Known(value=value, meaning=param.meaning, disclose="volunteer", label=param.label, about=name)
            new = f"new {name}" if name in self.said else name
            found[f"{new} {stage + 1}" if stage else new] = known.model_copy(update={"stage": stage})
        return found

    def task(self, matters: list[tuple[Call, dict[str, Known]]], *reads: Call) -> Blueprint:
        """Changes, after the reads that every task here begins with."""
        actions = [self.find, self.list, *reads]
        stages: list[Stage] = []
        known = dict(self.said)
        for call, facts in matters:
            actions.append(call)
            known |= facts
            intent = self.world.specs[call.name].ask
            stages.append(Stage(say="", wants="change", intent=intent, until=len(actions)))
        return self.worded("act", tuple(stages), known, tuple(actions))

    def question(self, name: str, title: str, words: str = "") -> Blueprint:
        """What a field of a loan is."""
        value = next(r for r in self.loans() if r.id == self.loan(title)).attribute(name)
        assert value is not None
        output = Output(name=name, label=f"{name} date", meaning=value.meaning, value=value.value, source_call=1)
        stage = Stage(say="", wants="answer", intent=f"the {output.label} of {{record}}", until=2)
        known = {**self.said, **self.about("record", title, words)}
        return self.worded("inform", (stage,), known, (self.find, self.list), outputs=(output,))

    def card_question(self) -> Blueprint:
        """When the card expires, as it is read where the member is found."""
        shown = replay(self.world, "seed:0", (), (self.find,)).outcomes[0].observed()
        assert isinstance(shown, dict)
        output = Output(name="card_expires", label="card expires date", meaning=Meaning("date"),
                        value=shown["card_expires"], source_call=0)  # fmt: skip
        stage = Stage(say="", wants="answer", intent="the card expires date of my account", until=1)
        return self.worded("inform", (stage,), dict(self.said), (self.find,), outputs=(output,))

    def refusal(self, title: str) -> Blueprint:
        """A renewal that the expired card forbids."""
        shown = replay(self.world, "seed:0", (), (self.find,)).outcomes[0].observed()
        assert isinstance(shown, dict)
        because = Because(path=f"members/{self.member}/card_expires", value=shown["card_expires"],
                          instead=(date(2026, 3, 2) + timedelta(99)).isoformat())  # fmt: skip
        found = Evidence(
            clause="4",
            because=because,
            label="card expires date",
            meaning=Meaning("date"),
            source_call=0,
            forbidden=Call(name="renew_loan", arguments={"loan_id": self.loan(title)}),
            twin=(Edit(path=because.path, value=because.instead),),
        )
        stage = Stage(say="", wants="refusal", intent="renew {loan_id}", until=2)
        known = {**self.said, **self.about("loan_id", title)}
        return self.worded("refuse", (stage,), known, (self.find, self.list), evidence=found)

    def borrowed_and_moved(self, title: Title, branch: str, then: str) -> Blueprint:
        """A loan made, and moved to another branch: the second change needs the id that the first one gave."""
        lend = Call(name="borrow", arguments={"member_id": self.member, "title": title, "branch": branch})
        made = replay(self.world, "seed:0", (), (self.find, self.list, lend)).outcomes[-1].observed()
        assert isinstance(made, dict)
        move = Call(name="change_branch", arguments={"loan_id": made["loan_id"], "branch": then})
        first = self.plain("borrow", {"title": title, "branch": branch})
        second = {**self.about("loan_id", title, "that loan", 1), **self.plain("change_branch", {"branch": then}, 1)}
        return self.task([(lend, first), (move, second)])

    def worded(
        self,
        kind: Kind,
        stages: tuple[Stage, ...],
        known: dict[str, Known],
        actions: tuple[Call, ...],
        *,
        outputs: tuple[Output, ...] = (),
        evidence: Evidence | None = None,
    ) -> Blueprint:
        draft = Blueprint(
            domain=self.world.name,
            digest=self.world.digest,
            snapshot="seed:0",
            person=self.member,
            instruction="",
            stages=stages,
            known=known,
            actions=actions,
            outputs=outputs,
            diff=replay(self.world, "seed:0", (), actions).diff,
            evidence=evidence,
            kind=kind,
        )
        found = at_once(word(draft, TemplateAuthor(), self.world, 0, 0))
        assert isinstance(found, Blueprint), found
        return found


def superlative(desk: Desk, title: str) -> str:
    """The words for a loan that is due first or last."""
    target = next(r for r in desk.loans() if r.id == desk.loan(title))
    hidden = {"title", "branch", "member_id"}
    found = next(p for n in range(99) if (p := pick(target, desk.loans(), "loan", random.Random(n), hidden)) and
                 p.superlative)  # fmt: skip
    return found.phrase


def combined_words(draft: Blueprint | Rejected, world: World) -> Blueprint:
    """A recombined draft with the template's words, past every gate."""
    assert isinstance(draft, Blueprint), draft
    found = at_once(word(draft, TemplateAuthor(), world, 0, 0))
    assert isinstance(found, Blueprint), found
    return found
