"""Progress of a run on stderr: live in a terminal, now and then a line elsewhere, nothing when quiet."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import SILENT, Done, Observer
from apigen_mt.watching.progress import Figures
from apigen_mt.watching.several import Several

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

LINES = 10
"""Without a terminal, a line whenever so many parts of the tasks are done,"""
SECONDS = 60.0
"""and, when something happens, so many seconds after the last one."""
REFRESHED = 3
"""So many times a second a terminal shows it anew."""


class Progress:
    """Shows how far a run is; as a context, for as long as the block lasts. `observer` is what the run has to tell."""

    def __init__(self, total: int, names: Sequence[str], *, quiet: bool, goal: str = "") -> None:
        self.figures = Figures(total, names, goal=goal)
        self.live = not quiet and in_terminal()
        self.observer: Observer = SILENT
        if not quiet:
            self.observer = self.figures if self.live else Several((self.figures, Lines(self.figures)))
        self._shown: Live | None = None

    def __enter__(self) -> Self:
        """Show it where there is a terminal."""
        if self.live:
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
            self._shown = Live(
                console=console,
                get_renderable=self._view,
                refresh_per_second=REFRESHED,
                transient=True,
                redirect_stdout=False,
            )
            self._shown.start()
            console.show_cursor(True)  # noqa: FBT003 - a run that is ended hard must not leave a terminal without one
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        if self._shown is not None:
            self._shown.stop()

    def _view(self) -> "Group":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        figures = self.figures
        bar = Table.grid(padding=(0, 1))
        reached = min(figures.reached, figures.total)
        bar.add_row(ProgressBar(total=figures.total, completed=reached, width=40), f"{reached}/{figures.total}")
        return Group(bar, *(Text(line, no_wrap=True, overflow="ellipsis") for line in figures.lines()))


class Lines:
    """An observer that now and then prints a line of the figures, which have been told first."""

    def __init__(self, figures: Figures, clock: Callable[[], float] = time.monotonic) -> None:
        self._figures = figures
        self._clock = clock
        self._at = clock()
        self._shown = 0

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """Nothing."""

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:  # noqa: ARG002
        """A line if the last one is old."""
        if self._clock() - self._at >= SECONDS:
            self._say()

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:  # noqa: ARG002
        """A line if the last one is old."""
        if self._clock() - self._at >= SECONDS:
            self._say()

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """Nothing; what becomes of it is told."""

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """Nothing."""

    def done(self, outcome: Done) -> None:  # noqa: ARG002
        """A line for every tenth of the tasks."""
        reached, total = self._figures.reached, self._figures.total
        if reached > self._shown and (reached == total or reached % max(1, total // LINES) == 0):
            self._shown = reached
            self._say()

    def _say(self) -> None:
        self._at = self._clock()
        with suppress(OSError):  # nobody listens any more, and the run goes on
            print(self._figures.line(), file=sys.stderr)


def in_terminal() -> bool:
    """Whether stderr is a terminal that can be written over; one that says it is dumb gets lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in {"", "dumb", "unknown"}
