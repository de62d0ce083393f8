"""What became of the tasks of a run in which a mishap was in store, by its sort, beside those without any."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apigen_mt.trajectory import Outcome
from tools_env.values import Part

CALLED = {"transient": "a transient error", "empty": "an empty list", "gone": "an option that goes", "": "no mishap"}


class Mishaps(Part):
    """How many accepted tasks had a mishap of one sort in store, and how many of them were kept."""

    tasks: int = 0
    kept: int = 0


@dataclass(slots=True)
class MishapCount:
    """Counts tasks by their mishaps while outcomes go by; rejected ones never came to be played."""

    tasks: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one task."""
        if outcome.blueprint is not None and outcome.status != "rejected":
            kinds: set[str] = {d.kind for d in outcome.blueprint.disturbances}
            for kind in kinds or {""}:
                self.tasks[kind] += 1
                self.kept[kind] += outcome.status == "kept"

    def mishaps(self) -> dict[str, Mishaps]:
        """The counts by sort, in a fixed order; `""` stands for none."""
        return {kind: Mishaps(tasks=self.tasks[kind], kept=self.kept[kind]) for kind in CALLED if self.tasks[kind]}


def mishap_lines(mishaps: Mapping[str, Mishaps]) -> Iterator[str]:
    """The counts in lines, where any task had a mishap in store."""
    whole = sum(m.tasks for m in mishaps.values())
    for kind, found in mishaps.items() if mishaps.keys() - {""} else ():
        kept = f"{found.kept:,} kept, {found.kept / found.tasks:.1%}"
        yield f"{'tasks with ' + CALLED[kind]:<32} {found.tasks:>6,}  {found.tasks / whole:6.1%}  ({kept})"
