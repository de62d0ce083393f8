"""Policy texts: numbered clauses with figures filled in from the snapshot, and who upholds each."""

import re
import string
from collections.abc import Iterable, Mapping

from tools_env.rules import Clause
from tools_env.tool import DomainError

_CLAUSE = re.compile(r"^\s*(\d+(?:\.\d+)*)[.)]?\s+(\S.*)$")


def clauses_of(text: str) -> dict[str, str]:
    """Number to clause; a line that begins with no number goes on with the clause before it, headings end it."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if match := _CLAUSE.match(line):
            last = match[1]
            if last in found:
                raise DomainError(f"clause {last} stands twice in the policy.")
            found[last] = match[2].strip()
        elif not line.strip() or line.startswith("#"):
            last = ""
        elif last:
            found[last] += f" {line.strip()}"
    return found


def render(text: str, figures: Mapping[str, object]) -> str:
    """The policy with every `{figure}` filled in; unknown figures are a `DomainError`."""
    used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if unknown := sorted(used - figures.keys()):
        raise DomainError(f"the policy uses {unknown[0]!r}, which is neither a term nor 'now'.")
    return text.format_map({name: figures[name] for name in used})


def upheld(
    place: str, text: str, tools: Mapping[str, Iterable[str]], rules: Mapping[str, str], by_model: Iterable[str]
) -> tuple[Clause, ...]:
    """Tie every clause to the tools that enforce it, the rules that test it, or a model's reading.

    `tools` maps a tool to the clauses it cites, `rules` a rule to its clause.

    Raises:
        DomainError: a clause nobody upholds, or a citation of a clause that is not in the policy.
    """
    clauses = clauses_of(text)
    by: dict[str, list[tuple[str, str]]] = {number: [] for number in clauses}
    cited = [(c, "tool", name) for name, numbers in tools.items() for c in numbers]
    cited += [(c, "rule", name) for name, c in rules.items()]
    cited += [(c, "model", "a reader") for c in by_model]
    for number, kind, name in cited:
        if number not in by:
            raise DomainError(f"{place}: {name} cites clause {number}, which the policy does not have.")
        by[number].append((kind, name))
    found: list[Clause] = []
    for number, clause in clauses.items():
        if not by[number]:
            raise DomainError(
                f"{place}: clause {number} is upheld by no tool and no rule; cite it, or list it in by_model."
            )
        kinds = {kind for kind, _ in by[number]}
        enforced = next(k for k in ("tool", "rule", "model") if k in kinds)
        found.append(Clause(number=number, text=clause, enforced=enforced, by=tuple(n for _, n in by[number])))
    return tuple(found)
