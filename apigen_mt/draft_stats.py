"""Statistics of a draft run: funnel, what the accepted blueprints are made of, committee, control and costs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from apigen_mt.config import Config
from apigen_mt.costs import Bill, bill
from apigen_mt.draft_making import plus
from apigen_mt.draft_outcome import DraftOutcome, Spent
from apigen_mt.models.chat import Usage
from blueprints.coverage import Covered
from blueprints.wilson import wilson
from tools_env.values import Part

REASONS = 8


class Share(Part):
    """A count among a number, with Wilson's 95 % interval."""

    count: int = 0
    of: int = 0
    low: float = 0.0
    high: float = 1.0


class Arm(Part):
    """One arm of the control: tasks that stood among those an author worked on, and what the author used."""

    arm: str
    accepted: Share
    calls: int
    tokens: int


class ReviewerStats(Part):
    """One member of the committee: reviews that came and abstentions, over all rounds."""

    name: str
    model: str
    reviews: int
    abstained: int


class MakeUp(Part):
    """What the accepted blueprints are made of: how many of them have each thing. `writes` maps a number of writes, and
    `depth` a number of operators, to blueprints; `personas` are the different ones.
    """

    kinds: dict[str, int] = {}
    writes: dict[int, int] = {}
    operators: dict[str, int] = {}
    depth: dict[int, int] = {}
    recombined: int = 0
    write_tasks: int = 0
    write_tasks_without_ids: int = 0
    conditions: int = 0
    superlatives: int = 0
    fallbacks: int = 0
    personas: int = 0


class DraftStats(Part):
    """A draft run in figures. tried = accepted + rejected + failed; `acceptance` leaves those that failed out.

    `rejected_by` maps the gate of the last round to tasks, `sent_back_by` a gate to proposals. Of the `bill`, roles
    that end in `.blind` (control) or `.calibrate` do not count towards an accepted blueprint.
    """

    tried: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    overlapped: int = 0
    acceptance: Share = Share()
    rejected_by: dict[str, int] = {}
    sent_back_by: dict[str, int] = {}
    reasons: tuple[tuple[str, int], ...] = ()
    rounds: dict[int, int] = {}
    made: MakeUp = MakeUp()
    not_reviewed: int = 0
    one_model: str = ""
    reviewers: tuple[ReviewerStats, ...] = ()
    bill: Bill = Bill()
    control: tuple[Arm, ...] = ()
    coverage: Covered | None = None
    calibration: str = ""


def share(count: int, of: int) -> Share:
    """A count among a number with its interval."""
    low, high = wilson(count, of)
    return Share(count=count, of=of, low=low, high=high)


def summary(
    outcomes: Sequence[DraftOutcome],
    config: Config,
    usage: Mapping[str, Usage],
    coverage: Covered | None = None,
    calibration: str = "",
    reused: Mapping[str, Usage] | None = None,
) -> DraftStats:
    """The figures of a draft run; `usage` are the tokens of the journal by role, `reused` those that cost nothing."""
    status = Counter(o.status for o in outcomes)
    accepted = [o.accepted for o in outcomes if o.accepted is not None]
    rejected = [o.reason for o in outcomes if o.status == "rejected" and o.reason is not None]
    models = {b.reviewer for o in outcomes for r in o.rounds for b in r.votes.ballots}
    return DraftStats(
        tried=len(outcomes),
        accepted=status["accepted"],
        rejected=status["rejected"],
        failed=status["failed"],
        overlapped=sum(o.overlapped for o in outcomes),
        acceptance=share(status["accepted"], status["accepted"] + status["rejected"]),
        rejected_by=_most(Counter(r.stage for r in rejected)),
        sent_back_by=_most(Counter(r.gate for o in outcomes for r in o.rounds if r.gate)),
        reasons=tuple(_most(Counter(f"{r.stage}: {r.reason}" for r in rejected)).items())[:REASONS],
        rounds=_by_number(len(o.rounds) - 1 for o in outcomes if o.accepted is not None),
        made=_made_of(outcomes),
        not_reviewed=sum(b.provenance.reviewed == "not reviewed" for b in accepted),
        one_model=next(iter(models)) if len(models) == 1 else "",
        reviewers=tuple(_reviewers(outcomes, config)),
        bill=bill(usage, config, status["accepted"], reused),
        control=_control(outcomes),
        coverage=coverage,
        calibration=calibration,
    )


def _made_of(outcomes: Iterable[DraftOutcome]) -> MakeUp:
    found = [(o, o.accepted) for o in outcomes if o.accepted is not None]
    accepted = [b for _, b in found]
    writing = [o for o, b in found if b.diff]
    operators = Counter(o for b in accepted for o in b.operators)
    return MakeUp(
        kinds=_most(Counter(b.kind for b in accepted)),
        writes=_by_number(o.writes for o, _ in found),
        operators=_most(operators),
        depth=_by_number(len(b.operators) for b in accepted),
        recombined=sum(len(b.parents) > 1 for b in accepted),
        write_tasks=len(writing),
        write_tasks_without_ids=sum(not o.says_ids for o in writing),
        conditions=operators["condition"],
        superlatives=operators["superlative"],
        fallbacks=operators["fallback"],
        personas=len({b.persona for b in accepted if b.persona}),
    )


def _reviewers(outcomes: Iterable[DraftOutcome], config: Config) -> Iterable[ReviewerStats]:
    """Ballots by place in the committee."""
    cast = [r.votes.ballots for o in outcomes for r in o.rounds if r.votes.ballots]
    for place, role in enumerate(config.reviewers):
        mine = [ballots[place] for ballots in cast if place < len(ballots)]
        came = sum(ballot.review is not None for ballot in mine)
        yield ReviewerStats(name=role.name, model=role.model, reviews=came, abstained=len(mine) - came)


def _control(outcomes: Iterable[DraftOutcome]) -> tuple[Arm, ...]:
    """First attempt, blind and feedback, over the tasks that both arms worked on."""
    tasks = [(o, o.blind) for o in outcomes if o.blind is not None and o.rounds and o.spent]
    if not tasks:
        return ()
    first = _arm("first attempt", [(o.rounds[0].stood, o.spent[0]) for o, _ in tasks])
    blind = _arm("blind", [(blind.accepted, blind.spent) for _, blind in tasks])
    fed = [(o.stood, _total(o.spent)) for o, _ in tasks]
    return (first, blind, _arm("feedback", fed))


def _arm(name: str, tasks: Sequence[tuple[bool, Spent]]) -> Arm:
    spent = _total([s for _, s in tasks])
    accepted = share(sum(stood for stood, _ in tasks), len(tasks))
    return Arm(arm=name, accepted=accepted, calls=spent.calls, tokens=spent.usage.total)


def _total(spent: Iterable[Spent]) -> Spent:
    total = Spent()
    for one in spent:
        total = plus(total, one)
    return total


def _by_number(numbers: Iterable[int]) -> dict[int, int]:
    return dict(sorted(Counter(numbers).items()))


def _most(counter: Counter[str]) -> dict[str, int]:
    """Most first, then by name: the same whatever the order in which tasks were done."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
