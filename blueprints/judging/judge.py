"""The verdict: a pure function of blueprint, course, human turns and end reason, by carrying out the calls again."""

from collections.abc import Collection, Sequence

from blueprints.blueprint import Blueprint
from blueprints.judging import conduct as conduct_gates
from blueprints.judging import form as form_gates
from blueprints.judging import outcome as outcome_gates
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.human import fidelity
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import EndReason, Fault, Finding, GateResult, Verdict, failed
from tools_env.course import Course
from tools_env.port import World
from tools_env.replay import Replayed, replay

BEFORE_SPEAKERS: tuple[Fault, ...] = ("infrastructure", "blueprint", "environment")


def judge(
    blueprint: Blueprint,
    course: Course,
    human_turns: Sequence[HumanTurn],
    end_reason: EndReason,
    world: World,
    *,
    without: Collection[str] = (),
    done: Replayed | None = None,
) -> Verdict:
    """Judge a finished course. Gates never look at an earlier verdict, a recorded diff or the agent's own claims.

    The blueprint is trusted to have passed its own gates; one without anything to tell a solved task from an
    unsolved one fails. `without` names gates to leave out, so that an audit can show what each of them is needed for;
    `done` are the calls as `carried_out` just now, where whoever asks has need of that too.
    Of a talk that was stopped early, the gate for which it was stands before the one on its ending.
    """
    done = done or carried_out(blueprint, course, world, hashed=False)
    talk = Talk(blueprint, course, tuple(human_turns), end_reason, world, done)
    stopped = end_reason == "failed_fast"
    gates_on_results = (outcome_gates.state, outcome_gates.assertions, outcome_gates.outputs, outcome_gates.evidence)
    results = outcome_gates.stopped(talk) if stopped else [gate(talk) for gate in gates_on_results]
    unsettled = any(g.status == "fail" for g in results)
    every = (
        _blueprint(blueprint),
        outcome_gates.replayed(talk),
        fidelity(talk, unsettled=unsettled),
        form_gates.ending(talk),
        form_gates.form(talk),
        *results,
        conduct_gates.conduct(talk),
        conduct_gates.provenance(talk),
        conduct_gates.truthfulness(talk),
    )
    every_in_order = sorted(every, key=lambda g: stopped and g.gate == "ending")
    gates = tuple(g for g in every_in_order if g.gate not in without)
    ok = not any(g.status == "fail" for g in gates)
    return Verdict(ok=ok, gates=gates, fault=None if ok else _fault(gates), end_reason=end_reason)


def carried_out(blueprint: Blueprint, course: Course, world: World, *, hashed: bool = True) -> Replayed:
    """The course's calls, carried out in a fresh session; those whose arguments were no JSON never were."""
    calls = (event.call for _, event in course.called() if not event.raw)
    return replay(
        world,
        blueprint.snapshot,
        blueprint.setup,
        calls,
        talk=course,
        assertions=blueprint.assertions,
        hashed=hashed,
        withheld=blueprint.withheld,
        disturbances=blueprint.disturbances,
    )


def _blueprint(blueprint: Blueprint) -> GateResult:
    """The blueprint can tell a solved task from an unsolved one, and is the one its id names."""
    if not blueprint.decisive:
        return failed(
            "blueprint", "blueprint", Finding(turn=None, text="nothing tells a solved task from an unsolved one")
        )
    if blueprint.id != blueprint.identity():
        return failed("blueprint", "blueprint", Finding(turn=None, text="the id is not the hash of the content"))
    return GateResult(gate="blueprint", status="pass")


def _fault(gates: Sequence[GateResult]) -> Fault | None:
    """Infrastructure first: a talk that broke off proves nothing about its speakers; then blueprint and environment, on
    which nobody in the talk has a say; then who did wrong first, the findings about the whole talk last.
    """
    wrong = [g for g in gates if g.status == "fail"]
    for fault in BEFORE_SPEAKERS:
        if any(g.fault == fault for g in wrong):
            return fault
    turns = [min((e.turn for e in g.evidence if e.turn is not None), default=None) for g in wrong]
    earliest = min(range(len(wrong)), key=lambda n: (turns[n] is None, turns[n] or 0, n))
    return wrong[earliest].fault
