"""What an imported world does not say of itself: its date, its people, what its values mean, how to behave in it."""

import datetime
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from tools_env.calls import Because
from tools_env.rules import Breach, Clause, Conduct
from tools_env.values import Meaning

Dump: TypeAlias = Mapping[str, Any]
"""One record as JSON; what its fields hold is known to the world's overlay alone."""


class Tables(Protocol):
    """What a rule sees of the state."""

    def records(self, table: str) -> Mapping[str, Dump]:
        """Records of a table by id, as they are now."""

    def changed(self, table: str) -> Iterator[tuple[str, Dump, Dump]]:
        """Id, before and after of records changed since the session was opened, those created or removed left out."""


@dataclass(frozen=True, slots=True)
class StateRule:
    """An executable clause over the state: `check` says what is wrong, in words or as the deciding fact, or nothing."""

    clause: str
    name: str
    check: Callable[[Tables], Because | str | None] = field(repr=False)

    def breach(self, tables: Tables, text: str) -> Breach | None:
        """The breach there is; where the rule gives no words, `text` (its clause) does."""
        found = self.check(tables)
        if isinstance(found, Because):
            return Breach(clause=self.clause, message=text, because=found)
        return Breach(clause=self.clause, message=found) if found else None


@dataclass(frozen=True, slots=True)
class Overlay:
    """All that is added to an imported world, in data (design: an overlay of at most 40 lines).

    `person` names the table of the people, `knows` what they know of themselves as fact to dotted path in their record,
    `owners` the field of a table that says whose record it is (otherwise: its first field that holds ids of people).
    `meanings` maps `table/field`, `tool.param` or `Model.field`; `ask` a tool to how a person asks for it.
    `texts` words the clauses that `conduct` and `rules` cite: numbers of our own, where a policy has none.
    """

    now: datetime.date = datetime.date(2024, 5, 15)
    person: str = ""
    knows: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    ask: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    conduct: tuple[Conduct, ...] = ()
    rules: tuple[StateRule, ...] = ()
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    """The text of the module that holds the overlay, for the world's digest."""

    def clauses(self) -> tuple[Clause, ...]:
        """The clauses that the rules cite, each with its text and the rules that test it."""
        cited = [(c.clause, c.name) for c in self.conduct] + [(r.clause, r.name) for r in self.rules]
        return tuple(
            Clause(number=number, text=text, enforced="rule", by=tuple(n for c, n in cited if c == number))
            for number, text in self.texts.items()
        )


def overlay_of(module: str) -> Overlay:
    """The `OVERLAY` of a module of that name, with the module's source; an empty overlay where there is no module."""
    if importlib.util.find_spec(module) is None:
        return Overlay()
    found = importlib.import_module(module)
    overlay = found.OVERLAY
    if not isinstance(overlay, Overlay):
        raise TypeError(f"{module}.OVERLAY is not an Overlay.")
    values = {name: getattr(overlay, name) for name in Overlay.__slots__}
    return Overlay(**(values | {"source": inspect.getsource(found)}))
