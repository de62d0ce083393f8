"""A proof in progress: the worlds it needs, what it counted, and what it found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from apigen_mt.verifying.report import Problem, VerifyReport
from tools_env.port import World
from tools_env.resolve import UnknownDomain
from tools_env.tool import DomainError

Resolver: TypeAlias = Callable[[str], World]
"""A domain's world by name; raises `UnknownDomain` or `DomainError`."""

HOSTILE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What checking something that was tampered with may run into."""


@dataclass(slots=True)
class Proof:
    """Worlds resolved so far, what was counted, problems found. `broken`: some row could not be read; `kept` are the
    ids of rows seen, with the hash of what each holds, in their order.
    """

    resolve: Resolver
    trusted: frozenset[str]
    checked: int = 0
    failures: int = 0
    tasks: int = 0
    given: int = 0
    broken: bool = False
    kept: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)
    worlds: dict[str, World | str] = field(default_factory=dict)

    def find(self, row: str, what: str) -> None:
        """Note something wrong."""
        self.problems.append(Problem(row=row, what=what))

    def doubt(self, row: str, what: str) -> None:
        """Note something that could not be told."""
        self.unknown.append(Problem(row=row, what=what))

    def world(self, domain: str) -> World | str:
        """The world of a domain, or why there is none; asked for once."""
        if domain not in self.worlds:
            self.worlds[domain] = self._resolved(domain)
        return self.worlds[domain]

    def _resolved(self, domain: str) -> World | str:
        if domain not in self.trusted:
            return f"the file names the domain {domain!r}, whose code is run only if you name it too (--domain)"
        try:
            return self.resolve(domain)
        except (UnknownDomain, DomainError) as error:
            return str(error)

    def report(self) -> VerifyReport:
        """What came of it."""
        return VerifyReport(
            checked=self.checked,
            failures=self.failures,
            tasks=self.tasks,
            given=self.given,
            problems=tuple(self.problems),
            unknown=tuple(self.unknown),
        )
