"""What a drafted run tries at each index: sampled contexts, from which an author model proposes whole tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from apigen_mt.config import Config
from apigen_mt.draft_tasks import Due
from apigen_mt.players import Players
from blueprints.blueprint import Blueprint, Rejected
from blueprints.coverage import Pair
from blueprints.drafted.context import Context, sample_context
from blueprints.drafted.proposal import Wish
from blueprints.drafted.propose import propose
from blueprints.drafted.walk import Settings
from blueprints.near import Near
from blueprints.rounds import GIVEN_UP, Propose
from tools_env.port import World

WISHES = get_args(Wish)
"""The kinds of tasks that a model proposes."""
FIRST = 5
"""So many indices without a context are a domain without any."""


@dataclass(slots=True)
class Proposed:
    """Contexts from which an author model proposes whole tasks; accepted ones are examples for later windows.

    An answer that cannot be used is sent back like any other, for here the form is the author's as well; and so is what
    says almost the same as a task of an earlier window.
    """

    config: Config
    world: World
    personas: Sequence[str]
    index: int = 0
    examples: list[Blueprint] = field(default_factory=list)
    near: Near = field(default_factory=Near)

    def barren(self) -> Rejected | None:
        """Why no context can be sampled, if the first few cannot."""
        found = [self._context(index) for index in range(FIRST)]
        rejected = [context for context in found if isinstance(context, Rejected)]
        return rejected[0] if len(rejected) == len(found) else None

    def next(self) -> Due:
        """The context at the next index."""
        index, self.index = self.index, self.index + 1
        context = self._context(index)
        if isinstance(context, Rejected):
            return Due(index, "drafted", rejected=context)

        def proposing(players: Players, name: str, turn: int | None) -> Propose:
            author = players.config.roles.author
            ask = players.asking(author, name, turn)

            async def proposed(feedback: tuple[Rejected, ...], number: int) -> Blueprint | Rejected:
                found = await propose(context, ask, feedback, number, author.model)
                if isinstance(found, Rejected) and found.stage == GIVEN_UP:
                    return Rejected(stage="format", reason=found.reason)
                return found if isinstance(found, Rejected) else self.near.close(found) or found

            return proposed

        return Due(index, context.kind, context.subject, proposing)

    def _context(self, index: int) -> Context | Rejected:
        settings = settings_of(self.config)
        return sample_context(self.world, self.config.seed, index, settings, self.personas, tuple(self.examples))

    def given_up(self) -> dict[Pair, str]:
        """None: walks are drawn by chance."""
        return {}

    def feed(self, accepted: Sequence[Blueprint]) -> None:
        """Show them to later authors."""
        self.examples.extend(accepted)
        for blueprint in accepted:
            self.near.add(blueprint)


def settings_of(config: Config) -> Settings:
    """The amounts that contexts are drawn by."""
    walk = config.walk
    return Settings.model_validate(
        {
            "kinds": {kind: share for kind, share in config.kinds.items() if share and kind in WISHES},
            "snapshots": config.snapshots,
            "walk": walk.length,
            **walk.model_dump(exclude={"length"}),
        }
    )
