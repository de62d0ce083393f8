"""The gates of phase one: each looks at a blueprint and says nothing, or why it cannot stand (arXiv 2504.03601 §3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema import Draft202012Validator

from blueprints.blueprint import Blueprint, Evidence, Output, Rejected
from blueprints.hinges import field_of, hinges
from blueprints.realizability import unobtainable
from blueprints.solution import solved, unrecovered
from blueprints.voice import voice
from blueprints.wishes import wishes
from blueprints.word_gates import invention, leakage, wording
from tools_env.calls import Call, Refusal, Result
from tools_env.mentions import mentions
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.replay import Replayed, replay
from tools_env.state import differences
from tools_env.values import Json, Meaning, money, same, under


@dataclass(frozen=True, slots=True)
class Draft:
    """A blueprint on the table: its world, and its actions carried out in a fresh session."""

    blueprint: Blueprint
    world: World
    done: Replayed


def check(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Every gate, in order; empty when the blueprint stands."""
    yield from world_gates(blueprint, world)
    yield from _word_gates(blueprint, world)
    if blueprint.id != blueprint.identity():
        yield Rejected(stage="format", reason="the id is not the hash of the content")


def _word_gates(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    yield from leakage(blueprint, world)
    yield from invention(blueprint, world)
    yield from wording(blueprint)
    yield from voice(blueprint)


def in_words(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates on the words of a blueprint that passed those which need none: what they give away or leave out."""
    for output in blueprint.outputs:
        if reason := _answer_copied(blueprint, world, output):
            yield Rejected(stage="outputs", reason=reason)
    if blueprint.evidence and (reason := _fact_copied(blueprint, world, blueprint.evidence)):
        yield Rejected(stage="evidence", reason=reason)
    yield from _word_gates(blueprint, world)


def world_gates(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates that need no words: format, execution, rules, outputs, evidence, realizability, disturbances, hinges,
    wishes.
    """
    wrong = next(form(blueprint, world), None)
    if wrong is not None:
        yield wrong
        return
    try:
        done = solved(blueprint, world)
    except (UnknownSnapshot, SetUpFailed) as error:
        yield Rejected(stage="execution", reason=str(error))
        return
    draft = Draft(blueprint, world, done)
    for gate in (execution, rules, outputs, evidence, unobtainable_values, disturbances):
        yield from gate(draft)
    yield from hinges(blueprint, world, done)
    yield from wishes(blueprint, world)
    if not blueprint.decisive:
        yield Rejected(stage="format", reason="nothing tells a solved task from an unsolved one")


def as_given(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates of an imported task, which is taken as it is, quirks and all: made for this world as it is now, its
    actions change what it says, and its assertions hold afterwards.
    """
    if blueprint.domain != world.name or blueprint.digest != world.digest:
        yield Rejected(stage="format", reason=f"made for {blueprint.domain} as it was, not as it is now")
        return
    done = solved(blueprint, world)
    yield from (Rejected(stage="execution", reason=text) for text in done.unmet)
    for wrong in differences(blueprint.diff, done.diff, world.fields)[:1]:
        yield Rejected(stage="execution", reason=f"the actions change {wrong.path} otherwise than stated")


def form(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Parts present, calls valid by schema, and something that tells a solved task from an unsolved one."""
    if blueprint.domain != world.name or blueprint.digest != world.digest:
        yield Rejected(
            stage="format", reason=f"made for {blueprint.domain} as it was, not as it is now: draft it again"
        )
    if not blueprint.stages or not (blueprint.actions or blueprint.kind == "policy_question"):
        yield Rejected(stage="format", reason="a blueprint needs stages and actions")
    for call in blueprint.actions:
        if reason := _misformed(call, world):
            yield Rejected(stage="format", reason=reason)
    changes = [c for c in blueprint.actions if c.name in world.specs and world.specs[c.name].writes]
    if again := next((c for n, c in enumerate(changes) if c in changes[:n]), None):
        reason = f"{again.name} is called twice with the same arguments: a change is asked for and made once"
        yield Rejected(stage="format", reason=reason)
    yield from _together(blueprint, world)


def _misformed(call: Call, world: World) -> str:
    """What is wrong with a call by its tool's schema."""
    spec = world.specs.get(call.name)
    if spec is None:
        return f"there is no tool {call.name!r}"
    error = next(iter(Draft202012Validator(spec.parameters).iter_errors(call.arguments)), None)
    return "" if error is None else f"{call.name}: {error.message}"


def _together(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Whether the parts go together: wants with outputs, evidence and tools withheld, outputs with actions."""
    wants = {s.wants for s in blueprint.stages}
    unasked = bool(blueprint.outputs) and "answer" not in wants and blueprint.provenance.mode != "imported"
    unanswered = "answer" in wants and not blueprint.outputs
    withheld = ("missing" in wants) == bool(blueprint.withheld)
    if ("refusal" in wants) != (blueprint.evidence is not None) or unasked or unanswered or not withheld:
        yield Rejected(stage="format", reason="stages, outputs and evidence do not go together")
    calls = [*blueprint.actions, *(s.other.call for s in blueprint.stages if s.other and s.other.call)]
    calls += [blueprint.evidence.forbidden] if blueprint.evidence else []
    for name in blueprint.withheld:
        if name not in world.specs or any(call.name == name for call in calls):
            yield Rejected(
                stage="format", reason=f"{name} is withheld, and is no tool of the world or called all the same"
            )
    for output in blueprint.outputs:
        if output.source_call is not None and output.source_call >= len(blueprint.actions):
            yield Rejected(stage="format", reason=f"output {output.name} comes from no action")


def execution(draft: Draft) -> Iterator[Rejected]:
    """Every action is carried out, and together they change exactly what the blueprint says."""
    blueprint = draft.blueprint
    for call, outcome in zip(blueprint.actions, draft.done.outcomes, strict=True):
        if not isinstance(outcome, Result):
            yield Rejected(stage="execution", reason=f"{call.name} did not succeed: {outcome.reason}")
            return
    yield from (Rejected(stage="execution", reason=text) for text in draft.done.unmet)
    wrong = differences(blueprint.diff, draft.done.diff, draft.world.fields)
    if wrong:
        yield Rejected(stage="execution", reason=f"the actions change {wrong[0].path} otherwise than stated")
    changes = any(s.wants == "change" for s in blueprint.stages)
    if changes != bool(blueprint.diff):
        reason = "nothing changes" if changes else "something changes though nobody asked for a change"
        yield Rejected(stage="execution", reason=reason)


def rules(draft: Draft) -> Iterator[Rejected]:
    """No rule is broken at any step."""
    for breach in draft.done.breaches:
        yield Rejected(stage="rules", reason=f"clause {breach.clause}: {breach.message}")


def outputs(draft: Draft) -> Iterator[Rejected]:
    """Each output stands in the result it is said to come from, or adds up from results, or stands in the policy where
    the policy is asked about; and nowhere the agent could copy it from.
    """
    for output in draft.blueprint.outputs:
        if reason := _unfounded(draft, output):
            yield Rejected(stage="outputs", reason=reason)
        if reason := _answer_copied(draft.blueprint, draft.world, output):
            yield Rejected(stage="outputs", reason=reason)


def _unfounded(draft: Draft, output: Output) -> str:
    if output.source_call is not None:
        shown = draft.done.outcomes[output.source_call].observed()
        found = any(same(value, output.value) for value in under(shown, output.name))
        return "" if found else f"{output.name} is not in the result of its call"
    if output.how:
        return "" if adds_up(output, draft.done) else f"the {output.label} is not what the results add up to"
    if draft.blueprint.kind == "policy_question":
        policy = draft.world.brief(draft.blueprint.snapshot).policy
        return "" if mentions(policy, output.value, output.meaning) else f"{output.value} is not in the policy"
    return "" if draft.blueprint.provenance.mode == "imported" else f"nothing says where {output.name} comes from"


def adds_up(output: Output, done: Replayed) -> bool:
    """Whether the field's values of the records named, each as some result shows it, make the output."""
    values: dict[str, Json] = {}
    for outcome in done.outcomes:
        for key in output.of:
            shown = field_of(outcome.observed(), key, output.name)
            values |= {key: shown[-1]} if shown else {}
    numbers = [v for v in values.values() if isinstance(v, int | float)]
    return len(numbers) == len(output.of) and same(money(sum(numbers)), output.value)


def _answer_copied(blueprint: Blueprint, world: World, output: Output) -> str:
    reason = _copied(blueprint, world, output.value, output.meaning, policy=blueprint.kind != "policy_question")
    return reason and f"the answer {output.value} {reason}"


def _fact_copied(blueprint: Blueprint, world: World, evidence: Evidence) -> str:
    reason = _copied(blueprint, world, evidence.because.value, evidence.meaning)
    return reason and f"the deciding {evidence.label} {reason}"


def _copied(blueprint: Blueprint, world: World, value: Json, meaning: Meaning, *, policy: bool = True) -> str:
    texts = [blueprint.instruction, *(s.say for s in blueprint.stages), *(k.phrase for k in blueprint.known.values())]
    if any(mentions(text, value, meaning) for text in texts):
        return "already stands in the person's words: leave it out of them"
    if any(k.value is not None and same(k.value, value, meaning) for k in blueprint.known.values()):
        return "is known to the person: it has to be one that they do not know"
    if policy and mentions(world.brief(blueprint.snapshot).policy, value, meaning):
        return "already stands in the policy: it has to be one that only the tools show"
    return ""


def evidence(draft: Draft) -> Iterator[Rejected]:
    """A refusal breaks exactly one clause, its deciding fact was read and is said nowhere, and its twin is right."""
    blueprint, found = draft.blueprint, draft.blueprint.evidence
    if found is None:
        return
    shown = draft.done.outcomes[found.source_call].observed()
    field = found.because.path.rsplit("/", 1)[-1]
    if not any(same(v, found.because.value) for v in under(shown, field)):
        yield Rejected(stage="evidence", reason=f"{found.label} cannot be read in the result of its call")
    if reason := _fact_copied(blueprint, draft.world, found):
        yield Rejected(stage="evidence", reason=reason)
    calls = (*blueprint.actions, found.forbidden)
    tried = replay(draft.world, blueprint.snapshot, blueprint.setup, calls)
    last = tried.outcomes[-1]
    broken = {b.clause for b in tried.breaches}
    if isinstance(last, Refusal) and last.clause:
        broken.add(last.clause)
    if broken != {found.clause}:
        yield Rejected(
            stage="evidence", reason=f"the forbidden call breaks {sorted(broken) or 'nothing'}, not {found.clause}"
        )
    twin = replay(draft.world, blueprint.snapshot, found.twin, calls)
    if twin.breaches or not all(isinstance(o, Result) for o in twin.outcomes) or not twin.diff:
        yield Rejected(stage="evidence", reason="with the deciding fact changed the call is still not right")


def unobtainable_values(draft: Draft) -> Iterator[Rejected]:
    """Realizability: an agent with only tools and the human's words can get every value it needs."""
    for reason in unobtainable(draft.blueprint, draft.world, draft.done):
        yield Rejected(stage="realizability", reason=reason)


def disturbances(draft: Draft) -> Iterator[Rejected]:
    """Every mishap comes to pass on the way of the solution, which gets over it."""
    for reason in unrecovered(draft.blueprint, draft.world):
        yield Rejected(stage="disturbances", reason=reason)
