"""Talks that were stopped because they could no longer succeed, and an estimate of the tokens that this saved."""

from dataclasses import dataclass, field
from statistics import fmean

from apigen_mt.trajectory import Row


@dataclass(slots=True)
class Stopped:
    """Counts talks while they go by. Only those whose tokens are known enter the estimate."""

    talks: int = 0
    used: list[int] = field(default_factory=list)
    used_by_others: list[int] = field(default_factory=list)

    def note(self, row: Row) -> None:
        """Count one talk; one that infrastructure broke off says nothing of how long talks are."""
        early = row.end_reason == "failed_fast"
        self.talks += early
        tokens = sum(used.total for role, used in row.usage.items() if not role.startswith("judge:"))
        if tokens and row.end_reason not in {"infrastructure", "over_time"}:
            (self.used if early else self.used_by_others).append(tokens)

    def saved(self) -> int | None:
        """About so many tokens: for each stopped talk what the others of the run took on average, less what it took
        itself. None where nothing is known.
        """
        if not self.used or not self.used_by_others:
            return None
        return round(len(self.used) * fmean(self.used_by_others) - sum(self.used))
