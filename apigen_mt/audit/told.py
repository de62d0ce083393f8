"""The audit's matrix for people: as text on a screen, and as Markdown for a card."""

from collections.abc import Iterable, Iterator, Sequence

from apigen_mt.audit.matrix import Line, Matrix, totals
from apigen_mt.terminal import visible

WIDTH = 52


def as_text(matrix: Matrix) -> str:
    """The matrix with its misses, one line each."""
    return "\n".join(map(visible, _lines(matrix)))


def _lines(matrix: Matrix) -> Iterator[str]:
    counted = ", ".join(f"{domain} {number}" for domain, number in matrix.talks.items())
    yield f"{sum(matrix.talks.values())} good talks: {counted}"
    if matrix.without:
        yield f"judged without the gates {', '.join(matrix.without)}"
    yield ""
    yield f"{'spoilt':{WIDTH}} {'talks':>7} {'found':>7} {'blamed':>7}"
    yield from (f"  {x.kind:{WIDTH - 2}} {x.n:7} {x.right:7} {x.blamed:7}" for x in made(matrix.spoilt))
    yield ""
    yield f"{'varied without harm':{WIDTH}} {'talks':>7} {'passed':>7}"
    yield from (f"  {x.kind:{WIDTH - 2}} {x.n:7} {x.right:7}" for x in made(matrix.harmless))
    yield ""
    yield f"{'agents that understand nothing':{WIDTH}} {'talks':>7} {'failed':>7}"
    yield from (f"  {x.kind:{WIDTH - 2}} {x.n:7} {x.right:7}" for x in made(matrix.adversaries))
    if idle := list(unmade(matrix)):
        yield ""
        yield "nothing to try on"
        yield from (f"  {line.kind}: needs {line.needs}" for line in idle)
    yield from (f"not audited: {why}" for why in matrix.unheard)
    yield ""
    yield from (f"miss: {miss}" for miss in matrix.misses)
    yield summary(matrix)


def summary(matrix: Matrix) -> str:
    """All of it in one line."""
    found = totals(matrix)
    spoilt, harmless, cheap = found["spoilt"], found["harmless"], found["adversaries"]
    kinds = len(list(made(matrix.spoilt))), len(list(made(matrix.harmless)))
    return (
        f"{spoilt.n} talks spoilt in {kinds[0]} ways, {spoilt.n - spoilt.right} not found, "
        f"{spoilt.blamed} blamed on the right one; {harmless.n} varied in {kinds[1]} harmless ways, "
        f"{harmless.n - harmless.right} refused; {cheap.n} talks of adversaries, {cheap.n - cheap.right} passed"
    )


def as_markdown(matrix: Matrix) -> str:
    """The matrix as tables for a card."""
    idle = [f"{line.kind} (needs {line.needs})" for line in unmade(matrix)]
    parts = [
        f"{summary(matrix)}.\n",
        table(("spoilt", "talks", "found", "blamed right"), ((x.kind, x.n, x.right, x.blamed) for x in
              made(matrix.spoilt))),
        table(("varied without harm", "talks", "passed"), ((x.kind, x.n, x.right) for x in made(matrix.harmless))),
        table(("adversary", "talks", "failed"), ((x.kind, x.n, x.right) for x in made(matrix.adversaries))),
    ]  # fmt: skip
    if idle:
        parts.append(f"Not applicable here: {'; '.join(idle)}.\n")
    return "\n".join(parts)


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    rows = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in line] for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def made(lines: Iterable[Line]) -> Iterator[Line]:
    """Kinds that some talk was changed by."""
    return (line for line in lines if line.n)


def unmade(matrix: Matrix) -> Iterator[Line]:
    """Kinds that no talk here could be changed by."""
    return (line for line in (*matrix.spoilt, *matrix.harmless) if not line.n)
