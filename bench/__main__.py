"""`make bench`: the measurements of this folder, as a table, and as JSON in build/bench.json.

`python -m bench engine client` takes only these groups; what the file holds of others stays there.
"""

import argparse
import importlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from rich.console import Console
from rich.table import Table

OUT = Path("build/bench.json")
GROUPS = ("client", "engine", "environments", "generation", "tau2", "view")


class Group(Protocol):
    """A module that measures: figures by name, and what they may be at most."""

    LIMITS: Mapping[str, float]

    def run(self) -> dict[str, float]:
        """Measure."""
        ...


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write. A figure beyond its limit is marked."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; all groups unless some are named.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--json", type=Path, default=OUT, metavar="FILE", help=f"where figures go ({OUT})")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.groups) - set(GROUPS)):
        parser.error(f"there is no group {unknown[0]!r}: {', '.join(GROUPS)}")
    console = Console(highlight=False)
    table = Table(
        "what", "figure", "value", "limit", title=f"{os.cpu_count()} cores, Python {platform.python_version()}"
    )
    figures = _written(options.json)
    for name in GROUPS:
        if options.groups and name not in options.groups:
            continue
        group = cast("Group", importlib.import_module(f"bench.{name}"))
        figures[name] = {what: round(value, 3) for what, value in group.run().items()}
        for what, value in figures[name].items():
            limit, beyond = _limit(group, what, value)
            table.add_row(name, what, f"{value:,.2f}", limit, style="red" if beyond else None)
        table.add_section()
    console.print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")
    console.print(f"written to {options.json}")


def _limit(group: Group, what: str, value: float) -> tuple[str, bool]:
    """The limit of a figure in words, and whether it is beyond it."""
    most, least = group.LIMITS.get(what), getattr(group, "AT_LEAST", {}).get(what)
    beyond = (most is not None and value > most) or (least is not None and value < least)
    told = [f"{most:g}"] if most is not None else []
    told += [f"at least {least:g}"] if least is not None else []
    return " ".join([*told, *(["EXCEEDED" if most is not None else "MISSED"] if beyond else [])]), beyond


def _written(path: Path) -> dict[str, dict[str, float]]:
    """The figures that a file holds from before."""
    try:
        found: dict[str, dict[str, float]] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


if __name__ == "__main__":
    main()
