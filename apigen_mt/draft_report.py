"""The figures of a draft run as plain text, a funnel first."""

from collections.abc import Iterator

from apigen_mt.costs import bill_lines
from apigen_mt.draft_stats import DraftStats, Share
from apigen_mt.terminal import shortened, visible

WIDTH = 110


def render(stats: DraftStats) -> str:
    """All of it, part by part."""
    parts = (_funnel(stats), _made(stats), _committee(stats), _control(stats), _costs(stats), _reasons(stats))
    texts = ["\n".join(lines) for lines in map(list, parts) if lines]
    if stats.coverage:
        texts.insert(2, f"covered by\n{_indented(stats.coverage.table())}")
    if stats.calibration:
        texts.append(stats.calibration.rstrip())
    return "\n\n".join(texts)


def _funnel(stats: DraftStats) -> Iterator[str]:
    yield _line("tasks tried", stats.tried)
    if stats.overlapped:
        yield _line("  goals let go as overlapping", stats.overlapped)
    yield _line("  rejected", stats.rejected, stats.tried)
    yield from (_line(f"    by {gate}", count) for gate, count in stats.rejected_by.items())
    if stats.failed:
        yield _line("  failed, to be tried again", stats.failed, stats.tried)
    yield f"{_line('  accepted', stats.accepted, stats.tried)}  {_interval(stats.acceptance)}"
    for number, count in stats.rounds.items():
        told = "at the first attempt" if not number else f"sent back {number} time{'' if number == 1 else 's'}"
        yield _line(f"    {told}", count, stats.accepted)
    yield from (_line(f"  proposals sent back by {gate}", count) for gate, count in stats.sent_back_by.items())


def _made(stats: DraftStats) -> Iterator[str]:
    made, of = stats.made, stats.accepted
    if not of:
        return
    yield "of the accepted"
    yield from (_line(f"  kind {kind}", count, of) for kind, count in made.kinds.items())
    yield from (_line(f"  {n} write{'' if n == 1 else 's'}", count, of) for n, count in made.writes.items())
    yield from (_line(f"  operator {name}", count, of) for name, count in made.operators.items())
    yield from (_line(f"  {n} operator{'' if n == 1 else 's'}", count, of) for n, count in made.depth.items())
    yield _line("  with a condition", made.conditions, of)
    yield _line("  with a superlative", made.superlatives, of)
    yield _line("  with a fallback", made.fallbacks, of)
    yield _line("  recombined", made.recombined, of)
    yield _line("  different personas", made.personas)
    yield _line("  write tasks without record ids", made.write_tasks_without_ids, made.write_tasks)


def _committee(stats: DraftStats) -> Iterator[str]:
    if not stats.reviewers:
        yield "committee: none; the blueprints passed every gate and are not reviewed"
        return
    yield "committee"
    for one in stats.reviewers:
        asked = one.reviews + one.abstained
        yield visible(f"  {one.name} ({one.model}): {asked} asked, {one.reviews} reviews, {one.abstained} abstained")
    if stats.one_model:
        yield visible(f"  all reviews come from one model, {stats.one_model}: what it cannot see, none of them saw")
    if stats.not_reviewed:
        yield _line("  accepted but not reviewed", stats.not_reviewed, stats.accepted)


def _control(stats: DraftStats) -> Iterator[str]:
    if not stats.control:
        return
    yield "control: the author alone, asked again without feedback on the calls and tokens that feedback took"
    yield f"  {'':<14} {'accepted':>12}  {'share':>6} {'95 % interval':>16} {'author calls':>13} {'tokens':>12}"
    for arm in stats.control:
        one = arm.accepted
        shown = f"{one.count} of {one.of}"
        part = one.count / one.of if one.of else 0.0
        yield f"  {arm.arm:<14} {shown:>12}  {part:>6.1%} {_interval(one):>16} {arm.calls:>13,} {arm.tokens:>12,}"


def _costs(stats: DraftStats) -> Iterator[str]:
    if stats.bill.costs:
        yield "tokens, and dollars where a price is known"
        yield from bill_lines(stats.bill, "an accepted blueprint")


def _reasons(stats: DraftStats) -> Iterator[str]:
    if stats.reasons:
        yield "commonest reasons"
        yield from (f"  {count:>5}  {shortened(visible(reason), WIDTH)}" for reason, count in stats.reasons)


def _interval(share: Share) -> str:
    return f"[{share.low:.1%}, {share.high:.1%}]"


def _line(name: str, count: int, of: int = 0) -> str:
    return f"{name:<36} {count:>6,}" + (f"  {count / of:6.1%}" if of else "")


def _indented(text: str) -> str:
    return "\n".join(f"  {visible(line)}" for line in text.splitlines())
