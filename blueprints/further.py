"""Further wishes: questions and changes that are added to a goal until it needs as many calls as its size asks for."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from blueprints.beside import clear, told_apart
from blueprints.goal import Intent
from blueprints.search import Search

Sort: TypeAlias = Literal["question", "change"]

MOST: dict[Sort, int] = {"question": 14, "change": 14}
"""How many further wishes of each sort a task may have."""
FRUITLESS = 3
"""How often in a row nothing may be found before a sort is given up."""
LOOKED_AT = 4
"""From how many questions the one is taken that needs the most calls."""
WORTH = 2
"""How many calls of one are enough to look no further."""


@dataclass(frozen=True, slots=True)
class Further:
    """Adds wishes to the goal of a search: `change` makes a change, `questions` is the share of questions."""

    search: Search
    change: Callable[[], Intent | None]
    questions: float

    def fill(self, calls: int, *, changes: bool = True, last: int = 0) -> None:
        """Add wishes until the goal needs about so many calls; before the `last` ones, which stay where they are."""
        goal, rng = self.search.goal, self.search.rng
        shares: dict[Sort, float] = {"question": self.questions if changes else 1.0}
        shares |= {"change": 1 - self.questions} if changes else {}
        shares = {sort: share for sort, share in shares.items() if share}
        found: Counter[Sort] = Counter()
        fruitless: Counter[Sort] = Counter()
        while shares and (missing := calls - goal.size()) > 0:
            sort = rng.choices([*shares], [*shares.values()])[0]
            intent = self._question(missing) if sort == "question" else self.change()
            if intent is not None:
                goal.intents.insert(len(goal.intents) - last, intent)
                found[sort] += 1
            fruitless[sort] = 0 if intent else fruitless[sort] + 1
            if fruitless[sort] == FRUITLESS or found[sort] == MOST[sort]:
                del shares[sort]

    def _question(self, missing: int) -> Intent | None:
        """A question that needs further calls: of a few the one that needs most of those that are missing."""
        goal = self.search.goal
        best, most = None, 0
        for _ in range(LOOKED_AT):
            intent = self.search.question()
            if intent is None:
                break
            more = goal.added(intent)
            if not most < more <= missing or not clear(goal, intent) or (goal.denial and not told_apart(goal, intent)):
                continue
            best, most = intent, more
            if most >= WORTH:
                break
        return best
