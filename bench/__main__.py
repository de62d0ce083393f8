"""`make bench`: every measurement of this folder, as one table, and as JSON in build/bench.json."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import client, environments, generation, tau2

OUT = Path("build/bench.json")
LIMITS: Mapping[str, float] = {
    **{f"cpu_ms_{messages}": client.LIMIT_MS for messages in client.HISTORIES},
    **environments.LIMITS,
    **generation.LIMITS,
    **tau2.LIMITS,
}
GROUPS: Mapping[str, Callable[[], dict[str, float]]] = {
    "client": client.run,
    "environments": environments.run,
    "generation": generation.run,
    "tau2": tau2.run,
}


def main() -> None:
    """Measure, print, write. A figure above its limit is marked."""
    console = Console(highlight=False)
    table = Table(
        "what", "figure", "value", "limit", title=f"{os.cpu_count()} cores, Python {platform.python_version()}"
    )
    figures: dict[str, dict[str, float]] = {}
    for group, measure in GROUPS.items():
        figures[group] = {name: round(value, 3) for name, value in measure().items()}
        for name, value in figures[group].items():
            limit = LIMITS.get(name)
            above = limit is not None and value > limit
            shown = "" if limit is None else f"{limit:g}{' EXCEEDED' if above else ''}"
            table.add_row(group, name, f"{value:,.2f}", shown, style="red" if above else None)
        table.add_section()
    console.print(table)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")
    console.print(f"written to {OUT}")


if __name__ == "__main__":
    main()
