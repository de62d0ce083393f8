"""What was looked at, what is the matter with it, and what to do."""

from typing import Literal

from apigen_mt.terminal import shortened
from tools_env.values import Part

Status = Literal["ok", "note", "missing", "untold"]
"""`note`: worth knowing, nothing to be done; `missing`: something is to be done; `untold`: it could not be told."""
WIDTH = 400


class Check(Part):
    """One thing that was looked at; `todo` is empty where nothing is to be done."""

    about: str
    status: Status
    told: str
    todo: str = ""

    def __str__(self) -> str:
        """The check in one line."""
        return shortened(f"{self.told}: {self.todo}" if self.todo else self.told, WIDTH)


class Diagnosis(Part):
    """All that was looked at, in order."""

    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: nothing is missing, 1: something is, 3: nothing is as far as could be told, but not all could be."""
        found = {check.status for check in self.checks}
        return 1 if "missing" in found else 3 if "untold" in found else 0

    def render(self) -> str:
        """The checks for a person, one line each."""
        wide = max((len(shortened(check.about, WIDTH)) for check in self.checks), default=0)
        lines = [f"{check.status:<8} {shortened(check.about, WIDTH):<{wide}}  {check}" for check in self.checks]
        counts = [(sum(c.status == status for c in self.checks), words) for status, words in _ENDS.items()]
        told = ", ".join(f"{count} {words}" for count, words in counts if count)
        return "\n".join([*lines, told or "all is there"])


_ENDS: dict[Status, str] = {"missing": "to be mended", "untold": "could not be told"}
