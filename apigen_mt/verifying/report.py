"""What a proof found: problems, doubts, and how much was checked."""

from apigen_mt.terminal import shortened
from tools_env.values import Part

SHOWN = 20
WIDTH = 1000
"""At most so many problems are shown, each in one line of at most so many characters: files are not trusted."""


class Problem(Part):
    """What is wrong with a row or a task (its id, or a file and a line of it)."""

    row: str
    what: str


class VerifyReport(Part):
    """Rows, talks that were not kept (`failures`) and tasks checked, what is wrong, and what could not be told. `given`
    are those of imported tasks, whose wording and solvability are taken as they are; their talks are judged like any.
    """

    checked: int
    failures: int = 0
    tasks: int = 0
    given: int = 0
    problems: tuple[Problem, ...] = ()
    unknown: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: all good, 1: findings (they come before doubts), 3: could not tell, as when there is nothing at all."""
        nothing = not (self.checked or self.failures or self.tasks)
        return 1 if self.problems else 3 if self.unknown or nothing else 0

    def render(self) -> str:
        """The report for a person, one line a problem."""
        found = (("wrong", self.problems), ("unknown", self.unknown))
        lines = [shortened(f"{what}: {p.row}: {p.what}", WIDTH) for what, ps in found for p in ps[:SHOWN]]
        more = sum(max(0, len(ps) - SHOWN) for ps in (self.problems, self.unknown))
        lines += [f"and {more} more"] if more else []
        told = [f"{self.checked} rows checked"] if self.checked or not self.tasks else []
        told += [f"{self.failures} talks that were not kept judged again"] if self.failures else []
        told += [f"{self.tasks} tasks checked"] if self.tasks else []
        told += [f"{len(self.problems)} wrong"]
        told += [f"{len(self.unknown)} could not be told"] if self.unknown else []
        told += [f"{self.given} on imported tasks, taken as given"] if self.given else []
        return "\n".join([*lines, ", ".join(told)])
