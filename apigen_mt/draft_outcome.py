"""What became of one task in phase one: the blueprint or the reasons, every round, and what it took."""

from typing import Literal

from apigen_mt.models.chat import Usage
from blueprints.blueprint import Blueprint, Rejected
from blueprints.rounds import Round
from tools_env.values import Part


class Spent(Part):
    """What an author used: calls, repairs included, and tokens."""

    calls: int = 0
    usage: Usage = Usage()


class Blind(Part):
    """The control: the same author asked again without feedback, on the calls and tokens that feedback took.

    `tries` are those that fitted; a last one that went over the tokens is not counted, in `over` and for nothing else.
    """

    accepted: bool
    tries: tuple[Round, ...] = ()
    spent: Spent = Spent()
    over: Spent = Spent()


class DraftOutcome(Part):
    """What became of one task of a draft run. Over a run tried = accepted + rejected + failed.

    `rounds` are the author's, `spent` what each took; `reasons` stand outside of them: no draft was found, an endpoint
    broke off, or an accepted blueprint was let go as a near-duplicate and is kept here as evidence. `writes` counts the
    actions that change something; `says_ids` is whether the person names a record by its id, their own aside.
    """

    task: int
    status: Literal["accepted", "rejected", "failed"]
    kind: str
    blueprint: Blueprint | None = None
    rounds: tuple[Round, ...] = ()
    spent: tuple[Spent, ...] = ()
    reasons: tuple[Rejected, ...] = ()
    usage: dict[str, Usage] = {}
    overlapped: int = 0
    writes: int = 0
    says_ids: bool = False
    blind: Blind | None = None

    @property
    def accepted(self) -> Blueprint | None:
        """The blueprint, if it stands."""
        return self.blueprint if self.status == "accepted" else None

    @property
    def stood(self) -> bool:
        """Whether the last round stood, whatever was found out afterwards."""
        return bool(self.rounds) and self.rounds[-1].stood

    @property
    def reason(self) -> Rejected | None:
        """Why it was not accepted, if it was not."""
        if self.status == "accepted":
            return None
        return self.reasons[-1] if self.reasons else self.rounds[-1].reasons[0]
