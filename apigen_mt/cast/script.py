"""What rehearsal's oracle is told of a blueprint: names and order of the tools and how each matter ends, no value."""

from blueprints.blueprint import Blueprint
from blueprints.solution import solution
from tools_env.values import Part


class Matter(Part):
    """One thing the person will raise: the tools to use for it, how it ends, and for a refusal the clause, the name
    of the fact that decides, and of the argument whose record it is a fact of. `rather` is the place among the tools of
    the one for what they would rather have, where that looks possible.
    """

    tools: tuple[str, ...]
    ends: str
    rather: int = -1
    forbidden: str = ""
    clause: str = ""
    fact: str = ""
    fact_of: str = ""


def script_of(blueprint: Blueprint) -> tuple[Matter, ...]:
    """What the oracle is told of a blueprint: names and order of tools, never a value."""
    moves = [m for m in solution(blueprint) if m.mishap is None or m.mishap.kind == "gone"]
    matters: list[Matter] = []
    start = 0
    for stage in blueprint.stages:
        mine = [m for m in moves if start <= m.action < stage.until]
        found = blueprint.evidence if stage.wants == "refusal" else None
        matters.append(
            Matter(
                tools=tuple(m.call.name for m in mine),
                ends=stage.wants,
                rather=next((n for n, m in enumerate(mine) if m.mishap is not None), -1),
                forbidden=found.forbidden.name if found else "",
                clause=found.clause if found else "",
                fact=found.label if found else "",
                fact_of=found.argument if found else "",
            )
        )
        start = stage.until
    return tuple(matters)
