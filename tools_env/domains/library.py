"""Library, the teaching domain: a reading club's members and their loans; five tools, two rules, one page."""

from datetime import date, timedelta
from typing import Annotated, Literal

from tools_env import authoring as env

MemberId = Annotated[str, env.Identifier("members"), env.Doc("The member's id.")]
LoanId = Annotated[str, env.Identifier("loans"), env.Doc("The loan's id.")]
Email = Annotated[str, env.Contact("email"), env.Doc("The email address the member gave.")]
Title = Annotated[Literal["Salt Orchard", "Blue Tide", "Silent Engine", "Glass Harvest"], env.Doc("One of our titles.")]
Branch = Annotated[Literal["north", "harbour", "old town"], env.Doc("The branch where it is collected.")]


class Member(env.Record):
    member_id: MemberId
    name: str
    email: Email
    card_expires: env.Date


class Loan(env.Record):
    loan_id: LoanId
    member_id: MemberId
    title: Title
    due: env.Date
    branch: Branch


class Figures(env.Terms):
    loan_days: int
    most_loans: int


class Library(env.Environment):
    """You help the members of a reading club, which lends a few titles in many copies. Today is {now}.

    1 Find the member by email address before anything else, and serve one member in a talk.
    2 Before you change anything, say exactly what you will do and wait for a yes.
    3 A loan can be renewed until the day it is due; that moves the due date by {loan_days} days.
    4 Borrowing, renewing and changing the branch need a card that has not expired.
    5 A member has at most {most_loans} loans; a new one is due after {loan_days} days.
    """

    members: env.Table[Member]
    loans: env.Table[Loan]
    terms: Figures
    person, knows = "members", ("name", "email")
    conduct = (env.authenticated_by("1", "find_member"), env.one_person("1"), env.confirmed_writes("2"))

    def fill(self, rng: env.Random) -> None:
        """Make 120 members with as many loans as they may have, or fewer."""
        self.now, self.terms = date(2026, 3, 2), Figures(loan_days=rng.choice([14, 21]), most_loans=rng.choice([3, 4]))
        for n, (name, email) in enumerate(env.people(rng, 120), 100):
            expires = self.now + timedelta(rng.randrange(-60, 300))
            self.members.put(Member(member_id=f"M{n}", name=name, email=email, card_expires=expires))
            for title in rng.sample(env.choices(Title), rng.randrange(self.terms.most_loans) + 1):
                self._lend(f"M{n}", title, self.now + timedelta(rng.randrange(-9, 28)), rng.choice(env.choices(Branch)))

    def _lend(self, member: str, title: Title, due: date, branch: Branch) -> Loan:
        return self.loans.put(Loan(loan_id=self.loans.new_id(), member_id=member, title=title, due=due, branch=branch))

    @env.read("1")
    def find_member(self, email: Email) -> Member:
        """Find a member by email address."""
        return self.members.one(email=email.strip().lower())

    @env.read()
    def list_loans(self, member_id: MemberId) -> list[Loan]:
        """List what a member has on loan."""
        return self.loans.where(member_id=self.members[member_id].key)

    @env.write("3", ask="renew {loan_id}")
    def renew_loan(self, loan_id: LoanId) -> Loan:
        """Renew a loan by one loan period."""
        if (loan := self.loans[loan_id]).due < self.now:
            raise env.Refused("3", f"It was due {loan.due}.", self.loans.because(loan, "due", self.now + timedelta(3)))
        return self.loans.change(loan, due=loan.due + timedelta(self.terms.loan_days))

    @env.write(ask="collect {loan_id} at the {branch} branch instead")
    def change_branch(self, loan_id: LoanId, branch: Branch) -> Loan:
        """Change the branch where a loan is collected."""
        return self.loans.change(self.loans[loan_id], branch=branch)

    @env.write(ask='borrow "{title}" and collect it at the {branch} branch')
    def borrow(self, member_id: MemberId, title: Title, branch: Branch) -> Loan:
        """Lend a copy of a title to a member, who collects it at a branch."""
        return self._lend(self.members[member_id].key, title, self.now + timedelta(self.terms.loan_days), branch)

    @env.rule("4")
    def card_has_expired(self) -> env.Because | None:
        """The member's card has expired."""
        late = [m for w in self.loans.written() if (m := self.members[w.member_id]).card_expires < self.now]
        return self.members.because(late[0], "card_expires", self.now + timedelta(99)) if late else None

    @env.rule("5")
    def too_many_loans(self) -> bool:
        """The member would have too many loans."""
        return any(len(self.loans.where(member_id=w.member_id)) > self.terms.most_loans for w in self.loans.written())
