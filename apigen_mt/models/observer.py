"""Who watches a run: told of every request, wait, reply and bill, and never in the way."""

from typing import Protocol

from apigen_mt.models.chat import ReplyKey, Usage


class Done(Protocol):
    """What an observer needs of a task's outcome, of a draft's too."""

    @property
    def task(self) -> int:
        """Its index."""
        ...

    @property
    def kind(self) -> str:
        """What kind of task it is."""
        ...

    @property
    def status(self) -> str:
        """What became of it."""
        ...


class Observer(Protocol):
    """Told what happens while it happens. Nothing here may raise or block; `lane` is an endpoint as it may be shown."""

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """A request has gone out, one for each attempt."""
        ...

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:
        """A reply has come, so many seconds after it was asked for."""
        ...

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """An attempt has failed with a `cause`, a kind of `EndpointError`; the next is so many seconds away."""
        ...

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """A request is given up."""
        ...

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """A reply has been paid for; the dollars are unknown where the price is."""
        ...

    def done(self, outcome: Done) -> None:
        """A task is done."""
        ...


class Silent:
    """Nobody watches."""

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """Nothing."""

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:
        """Nothing."""

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """Nothing."""

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """Nothing."""

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """Nothing."""

    def done(self, outcome: Done) -> None:
        """Nothing."""


SILENT: Observer = Silent()
