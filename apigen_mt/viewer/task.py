"""A blueprint and the rounds it went through, as they are shown."""

from collections.abc import Iterable

from apigen_mt.show_task import MISHAPS, TIERS
from blueprints.blueprint import Blueprint, Evidence, Known
from blueprints.committee.votes import CRITERIA
from blueprints.rounds import Round
from tools_env.calls import Call
from tools_env.state import plain
from tools_env.values import Json, Part


class CallTold(Part):
    """A call of the solution."""

    tool: str
    arguments: dict[str, Json]
    actor: str


class Fact(Part):
    """A fact of the ledger: its value or what they call it, what they say first, and how it may be told."""

    name: str
    label: str
    value: str
    first: str
    tier: str


class StageTold(Part):
    """What the person raises, what ends it, and what it hangs on."""

    say: str
    wants: str
    hangs_on: str = ""
    otherwise: str = ""
    change: str = ""


class Refusal(Part):
    """Why a refusal is right: the clause, the deciding fact, and the call that must not succeed."""

    clause: str
    label: str
    value: str
    path: str
    forbidden: CallTold


class Task(Part):
    """A blueprint for reading; `made` maps how it came to be."""

    blueprint: str
    domain: str
    snapshot: str
    kind: str
    instruction: str
    person: str
    persona: str
    operators: tuple[str, ...]
    clauses: tuple[str, ...]
    facts: tuple[Fact, ...]
    stages: tuple[StageTold, ...]
    actions: tuple[CallTold, ...]
    outputs: tuple[tuple[str, str], ...]
    refusal: Refusal | None
    assertions: tuple[str, ...]
    mishaps: tuple[str, ...]
    withheld: tuple[str, ...]
    made: dict[str, str]


class BallotTold(Part):
    """A reviewer's marks by criterion with their reasons, or why there are none."""

    reviewer: str
    model: str
    marks: dict[str, tuple[int, str]]
    abstained: str


class RoundTold(Part):
    """What became of a proposal: the gate that sent it back and why, the votes, and the plan the author was given."""

    stood: bool
    gate: str
    reasons: tuple[str, ...]
    votes: str
    ballots: tuple[BallotTold, ...]
    plan: str


def task(blueprint: Blueprint) -> Task:
    """A blueprint for reading."""
    made = blueprint.provenance
    return Task(
        blueprint=blueprint.id,
        domain=blueprint.domain,
        snapshot=blueprint.snapshot,
        kind=blueprint.kind,
        instruction=blueprint.instruction,
        person=blueprint.person,
        persona=blueprint.persona,
        operators=blueprint.operators,
        clauses=blueprint.clauses,
        facts=tuple(_fact(name, known) for name, known in blueprint.known.items()),
        stages=tuple(
            StageTold(
                say=stage.say,
                wants=stage.wants,
                hangs_on=stage.condition.text if stage.condition else "",
                otherwise=stage.other.intent if stage.other else "",
                change=stage.change,
            )
            for stage in blueprint.stages
        ),
        actions=tuple(map(_call, blueprint.actions)),
        outputs=tuple((output.label, plain(output.value)) for output in blueprint.outputs),
        refusal=_refusal(blueprint.evidence) if blueprint.evidence is not None else None,
        assertions=tuple(a.message or f"{a.call.name}: {plain(a.value)}" for a in blueprint.assertions),
        mishaps=tuple(f"call {one.at} of {one.tool}: {MISHAPS[one.kind]}" for one in blueprint.disturbances),
        withheld=blueprint.withheld,
        made={
            "mode": made.mode,
            "author": made.author,
            "committee": made.reviewed,
            "feedback rounds": str(made.rounds),
            "source": made.source,
            "parents": ", ".join(blueprint.parents),
            "digest": blueprint.digest,
        },
    )


def rounds_told(rounds: Iterable[Round]) -> tuple[RoundTold, ...]:
    """Rounds for reading."""
    return tuple(
        RoundTold(
            stood=one.stood,
            gate=one.gate,
            reasons=tuple(reason.reason for reason in one.reasons),
            votes=one.votes.told() if one.votes.ballots else "",
            ballots=tuple(
                BallotTold(
                    reviewer=ballot.reviewer,
                    model=ballot.model,
                    marks={c: (ballot.review.mark(c).score, ballot.review.mark(c).reason) for c in CRITERIA}
                    if ballot.review is not None
                    else {},
                    abstained=ballot.abstained_because,
                )
                for ballot in one.votes.ballots
            ),
            plan=one.plan,
        )
        for one in rounds
    )


def _fact(name: str, known: Known) -> Fact:
    return Fact(
        name=name,
        label=known.label,
        value=known.phrase if known.value is None else plain(known.value),
        first=known.vague if known.at_first is None else plain(known.at_first),
        tier=TIERS[known.disclose],
    )


def _refusal(evidence: Evidence) -> Refusal:
    because = evidence.because
    return Refusal(
        clause=evidence.clause,
        label=evidence.label,
        value=plain(because.value),
        path=because.path,
        forbidden=_call(evidence.forbidden),
    )


def _call(call: Call) -> CallTold:
    return CallTold(tool=call.name, arguments=call.arguments, actor=call.actor)
