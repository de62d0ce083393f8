"""Progress of a run on stderr: a bar in a terminal, now and then a line elsewhere, nothing when quiet."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from apigen_mt.models.observer import Done

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINES = 10


class Progress:
    """Counts tasks by what became of them, up to a total of tasks, or of those that became the `goal`."""

    def __init__(self, total: int, names: Sequence[str], *, quiet: bool, goal: str = "") -> None:
        self.total = total
        self.quiet = quiet
        self.goal = goal
        self.counts = dict.fromkeys(names, 0)
        self.shown = 0
        self.bar: Bar | None = None
        self.task: TaskID | None = None

    def __enter__(self) -> Self:
        """Start the bar where there is a terminal."""
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
            self.bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task(self._told(), total=self.total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()

    def watch(self, outcome: Done) -> None:
        """Count what became of a task."""
        self.note(outcome.status)

    def note(self, status: str) -> None:
        """Count one task."""
        self.counts[status] += 1
        done = self.counts[self.goal] if self.goal else sum(self.counts.values())
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=done, description=self._told())
        elif not self.quiet and done > self.shown and (done == self.total or done % max(1, self.total // LINES) == 0):
            self.shown = done
            print(f"{done}/{self.total} {self._told()}", file=sys.stderr)

    def _told(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())
