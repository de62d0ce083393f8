"""A sitting: how a person works on a run this time. None of it matters to what is made."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from apigen_mt.config import Command, Config
from apigen_mt.config_roles import RoleConfig
from apigen_mt.journal import Journal
from apigen_mt.models.gate import Gate
from apigen_mt.models.observer import SILENT, Done, Observer
from apigen_mt.serving.roles import SERVED
from apigen_mt.serving.served import Served, served
from apigen_mt.serving.wanted import Serve

D = TypeVar("D", bound=Done)


def unheard(_: str) -> None:
    """Notes for nobody."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """`accept_drift`: go on under other settings than the run was begun with; `gate`: shut by whoever ends the sitting
    early; `tell`: given a line about what else whoever runs it should know; `observer`: told of every request;
    `serve`: a model to be served as long as the sitting lasts.
    """

    accept_drift: bool = False
    gate: Gate = field(default_factory=Gate)
    tell: Callable[[str], None] = unheard
    observer: Observer = SILENT
    serve: Serve | None = None

    def note(self, journal: Journal) -> None:
        """Pass on what the journal has to say."""
        for line in journal.notes:
            self.tell(line)

    def serving(self, config: Config, command: Command, folder: Path) -> AbstractAsyncContextManager[Served]:
        """The served model of a run in `folder`, for as long as the block lasts. It gets none of the run's keys."""
        roles = config.models(command)
        keys = {RoleConfig().api_key_env, *(role.api_key_env for role in roles)}
        wanted = self.serve
        if wanted is not None:
            kept = {name: value for name, value in wanted.environment.items() if name not in keys}
            wanted = replace(wanted, environment=kept)
        tools = command != "draft" and SERVED in config.roles.agent.urls
        urls = [url for role in roles for url in role.urls]
        return served(wanted, urls, folder, tools=tools, tell=self.tell)

    def watched(self, watch: Callable[[D], None]) -> Callable[[D], None]:
        """`watch`, and the observer told of what it is told of."""

        def both(outcome: D) -> None:
            watch(outcome)
            self.observer.done(outcome)

        return both
