"""An evaluation as plain text."""

from collections.abc import Iterator, Mapping

from apigen_mt.costs import bill_lines
from apigen_mt.evaluation.figures import Evaluation, Group
from apigen_mt.evaluation.passk import Estimate
from apigen_mt.terminal import shortened, visible

WIDTH = 110


def render(found: Evaluation) -> str:
    """All of it, part by part."""
    groups = (("kind", found.kinds), ("clause", found.clauses), ("operator", found.operators))
    parts = [_head(found), _at(found), *(_groups(name, group) for name, group in groups), _failures(found)]
    return "\n\n".join(visible("\n".join(lines)) for lines in map(list, [*parts, _suspects(found)]) if lines)


def _head(found: Evaluation) -> Iterator[str]:
    yield f"agent {found.agent or '-'}, human {found.human or '-'}"
    yield _line("tasks tried", found.tasks)
    yield _line("trials asked", found.asked)
    yield _line("  counted", found.trials, found.asked)
    yield _line("    solved", found.solved, found.trials)
    if found.broke_off:
        yield _line("  broke off at an endpoint or a tool, not counted", found.broke_off, found.asked)
    if found.missing:
        yield _line("  not played yet", found.missing, found.asked)
    if found.bill.costs:
        yield "tokens, and dollars where a price is known"
        yield from bill_lines(found.bill, "a solved trial")


def _at(found: Evaluation) -> Iterator[str]:
    if not found.at:
        return
    yield "means over tasks, with 95 % intervals; pass^k as tau-bench has it: C(c,k)/C(n,k); plain: (c/n)^k"
    yield f"  {'k':>2} {'tasks':>6}  {'pass^k':<24} {'plain pass^k':<24} {'pass@k':<24}"
    for at in found.at:
        told = (at.pass_hat, at.plain, at.pass_at)
        yield f"  {at.k:>2} {at.tasks:>6}  {' '.join(f'{_estimate(one):<24}' for one in told).rstrip()}"
    if found.unspoilt is not None:
        yield f"  pass^1 without trials that human, environment or blueprint spoilt: {_estimate(found.unspoilt)}"


def _groups(name: str, groups: Mapping[str, Group]) -> Iterator[str]:
    if not groups:
        return
    yield f"{f'by {name}':<24} {'tasks':>6} {'trials':>7}  {'pass^1':<24} pass^k"
    for one, group in groups.items():
        later = " ".join(f"{value:.1%}" for k, value in group.pass_hat.items() if k > 1)
        counts = f"  {shortened(one, 22):<22} {group.tasks:>6} {group.trials:>7}"
        yield f"{counts}  {_estimate(group.share):<24} {later}".rstrip()


def _failures(found: Evaluation) -> Iterator[str]:
    failed = found.trials - found.solved
    if not failed:
        return
    yield _line("trials failed", failed, found.trials)
    yield from (_line(f"  fault of the {fault}", count, failed) for fault, count in found.faults.items())
    yield from (_line(f"  by {gate}", count, failed) for gate, count in found.failed_by.items())
    yield from (_line(f"  ended by {end.replace('_', ' ')}", count, failed) for end, count in found.ends.items())


def _suspects(found: Evaluation) -> Iterator[str]:
    if found.suspects:
        yield "blueprints to look at"
        yield from (shortened(f"  task {one.task}: {one.reason}", WIDTH) for one in found.suspects)


def _estimate(one: Estimate) -> str:
    return f"{one.value:6.1%} [{one.low:.1%}, {one.high:.1%}]"


def _line(name: str, count: int, of: int = 0) -> str:
    return f"{name:<48} {count:>6,}" + (f"  {count / of:6.1%}" if of else "")
