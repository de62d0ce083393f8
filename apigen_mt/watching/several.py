"""Several observers as one."""

from collections.abc import Sequence

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import Done, Observer


class Several:
    """Observers told in their order; none of them is silence."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.sent(lane, role, key)

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.answered(lane, key, seconds, usage)

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.retried(lane, key, cause, wait)

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.failed(lane, key, cause)

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.settled(stage, usage, usd)

    def done(self, outcome: Done) -> None:
        """Tell them all."""
        for observer in self._observers:
            observer.done(outcome)
