"""How far a run is: what became of its tasks, what is on the wire, what it has cost, how long it may still take."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.models.budget import Stage, stage_of
from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import Done
from apigen_mt.stats import first_failure
from apigen_mt.terminal import shortened
from apigen_mt.trajectory import Outcome

WARM = 1.0
"""Seconds that pass before the pace is taken: what earlier sittings did is told all at once."""
LAST, MOST = 3, 6
"""So many of the last reasons are told, and so many kinds of them are counted."""
_WIDTH = 160


class Figures:
    """An observer that counts, up to a total of tasks, or of those that became the `goal`; `names` are what may become
    of a task. Requests, tokens and dollars are those of this sitting. It may be read from another thread.
    """

    def __init__(
        self, total: int, names: Sequence[str], *, goal: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = total
        self.goal = goal
        self.counts = dict.fromkeys(names, 0)
        self.usage = Usage()
        self.dollars = 0.0
        self.unpriced = 0
        self.retries = 0
        self._clock = clock
        self._begun = clock()
        self._from: tuple[float, int] | None = None
        self._open: set[tuple[str, ReplyKey]] = set()
        self._refused: Counter[str] = Counter()
        self._last: deque[str] = deque(maxlen=LAST)
        self._lock = Lock()

    @property
    def reached(self) -> int:
        """How many tasks count towards the total."""
        return self.counts[self.goal] if self.goal else sum(self.counts.values())

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:  # noqa: ARG002 - the key holds it
        """One more on the wire."""
        with self._lock:
            self._open.add((lane, key))

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:  # noqa: ARG002
        """One less."""
        with self._lock:
            self._open.discard((lane, key))

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:  # noqa: ARG002
        """One less, until it is sent again."""
        with self._lock:
            self._open.discard((lane, key))
            self.retries += 1

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:  # noqa: ARG002
        """One less."""
        with self._lock:
            self._open.discard((lane, key))

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:  # noqa: ARG002
        """Count what was paid; an unknown price is not nothing."""
        with self._lock:
            self.usage += usage
            self.dollars += usd or 0.0
            self.unpriced += usd is None

    def done(self, outcome: Done) -> None:
        """Count what became of a task, and why it is not kept."""
        with self._lock:
            self.counts[outcome.status] += 1
            if why := _why(outcome):
                self._refused[why[0]] += 1
                self._last.append(shortened(": ".join(part for part in why if part), _WIDTH))
            self._mark(self._clock())

    def told(self) -> str:
        """What became of the tasks, in a line."""
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())

    def line(self) -> str:
        """All in one line."""
        with self._lock:
            parts = [f"{len(self._open)} in flight"] if self._open else []
            parts += [*self._cost(), *self._left()]
            parts += [f"last: {self._last[-1]}"] if self._last else []
            return "; ".join([f"{self.reached}/{self.total} {self.told()}", *parts])

    def lines(self) -> tuple[str, ...]:
        """The same at length, from the phases to the last reasons."""
        with self._lock:
            cost = ", ".join([*self._cost(), *([f"{self.retries} retries"] if self.retries else []), *self._left()])
            kinds = ", ".join(f"{name} {count}" for name, count in self._refused.most_common(MOST))
            refused = [f"not kept   {kinds}", *(f"           {one}" for one in self._last)] if kinds else []
            return (*self._phases(), *([cost] if cost else []), *refused)

    def _phases(self) -> Iterator[str]:
        """A line for each phase that the command has; what has a talk was accepted."""
        counts, one, two = self.counts, dict[str, int](), dict[str, int]()
        if "kept" not in counts:
            one = counts
        elif "rejected" not in counts:
            two = counts
        else:
            one = {"accepted": counts["kept"] + counts["failed"], "rejected": counts["rejected"]}
            two = {"kept": counts["kept"], "failed": counts["failed"]}
        flying = Counter(stage_of(key.role) for _, key in self._open)
        phases: tuple[tuple[str, dict[str, int], Stage], ...] = (("one", one, "draft"), ("two", two, "play"))
        for number, shown, stage in phases:
            if shown:
                told = ", ".join(f"{count} {name}" for name, count in shown.items())
                yield f"phase {number}  {told}, {flying[stage]} requests in flight"

    def _cost(self) -> Iterator[str]:
        if self.usage.total:
            share = self.usage.cached / self.usage.prompt if self.usage.prompt else 0
            yield f"{self.usage.total:,} tokens" + (f" ({share:.0%} of the input cached)" if share else "")
            if self.dollars or not self.unpriced:
                yield f"${self.dollars:,.2f}" + (
                    f" and {self.unpriced} replies of unknown price" if self.unpriced else ""
                )

    def _left(self) -> Iterator[str]:
        now, reached = self._clock(), self.reached
        self._mark(now)
        if self._from is not None and now - self._from[0] >= WARM and reached < self.total:
            pace = (reached - self._from[1]) / (now - self._from[0])
            if pace > 0:
                yield f"about {_span((self.total - reached) / pace)} left"

    def _mark(self, now: float) -> None:
        """Note from where on the pace is taken."""
        if self._from is None and now - self._begun >= WARM:
            self._from = now, self.reached


def _why(outcome: Done) -> tuple[str, str] | None:
    """Which gate or reader a task failed at, and why, if it did."""
    match outcome:
        case DraftOutcome(reason=reason) if reason is not None:
            return reason.stage, reason.reason
        case Outcome(status="rejected", reasons=(*_, last)):
            return last.stage, last.reason
        case Outcome(status="failed", quarantined=found) if found is not None:
            return "quarantine", found.reason
        case Outcome(status="failed", failures=(*_, row)):
            if row.rejected_by:
                return f"judge {row.rejected_by}", ""
            gate = first_failure(row.verdict)
            return f"{gate.gate} ({row.verdict.fault or 'nobody'})", gate.evidence[0].text if gate.evidence else ""
    return None


def _span(seconds: float) -> str:
    """A time that need not be exact."""
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004
