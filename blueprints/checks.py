"""The gates of phase one: each looks at a blueprint and says nothing, or why it cannot stand (arXiv 2504.03601 §3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jsonschema import Draft202012Validator

from blueprints.author import given_away, kept_back, said
from blueprints.blueprint import Blueprint, Known, Rejected
from blueprints.realizability import unobtainable
from tools_env.calls import Refusal, Result
from tools_env.mentions import MAIL, amounts_in, dates_in, mentions
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.replay import Replayed, replay
from tools_env.state import differences
from tools_env.values import Json, Meaning, same, under


@dataclass(frozen=True, slots=True)
class Draft:
    """A blueprint on the table: its world, and its actions carried out in a fresh session."""

    blueprint: Blueprint
    world: World
    done: Replayed


def check(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Every gate, in order; empty when the blueprint stands."""
    yield from world_gates(blueprint, world)
    yield from leakage(blueprint, world)
    yield from invention(blueprint)
    yield from wording(blueprint)
    if blueprint.id != blueprint.identity():
        yield Rejected(stage="format", reason="the id is not the hash of the content")


def world_gates(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates that need no words: format, execution, rules, outputs, evidence, realizability."""
    wrong = next(form(blueprint, world), None)
    if wrong is not None:
        yield wrong
        return
    try:
        done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions, assertions=blueprint.assertions)
    except (UnknownSnapshot, SetUpFailed) as error:
        yield Rejected(stage="execution", reason=str(error))
        return
    draft = Draft(blueprint, world, done)
    for gate in (execution, rules, outputs, evidence, unobtainable_values):
        yield from gate(draft)


def as_given(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates of an imported task, which is taken as it is, quirks and all: made for this world as it is now, its
    actions change what it says, and its assertions hold afterwards.
    """
    if blueprint.domain != world.name or blueprint.digest != world.digest:
        yield Rejected(stage="format", reason=f"made for {blueprint.domain} as it was, not as it is now")
        return
    done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions, assertions=blueprint.assertions)
    yield from (Rejected(stage="execution", reason=text) for text in done.unmet)
    for wrong in differences(blueprint.diff, done.diff, world.fields)[:1]:
        yield Rejected(stage="execution", reason=f"the actions change {wrong.path} otherwise than stated")


def form(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Parts present, calls valid by schema, and something that tells a solved task from an unsolved one."""
    if blueprint.domain != world.name or blueprint.digest != world.digest:
        yield Rejected(
            stage="format", reason=f"made for {blueprint.domain} as it was, not as it is now: draft it again"
        )
    if not blueprint.stages or not blueprint.actions:
        yield Rejected(stage="format", reason="a blueprint needs stages and actions")
    for call in blueprint.actions:
        spec = world.specs.get(call.name)
        if spec is None:
            yield Rejected(stage="format", reason=f"there is no tool {call.name!r}")
            continue
        error = next(iter(Draft202012Validator(spec.parameters).iter_errors(call.arguments)), None)
        if error is not None:
            yield Rejected(stage="format", reason=f"{call.name}: {error.message}")
    wants = {s.wants for s in blueprint.stages}
    unasked = bool(blueprint.outputs) and "answer" not in wants and blueprint.provenance.mode != "imported"
    unanswered = "answer" in wants and not blueprint.outputs
    if ("refusal" in wants) != (blueprint.evidence is not None) or unasked or unanswered:
        yield Rejected(stage="format", reason="stages, outputs and evidence do not go together")
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
    """Each output stands in the result it is said to come from, and nowhere the agent could copy it from."""
    for output in draft.blueprint.outputs:
        shown = None if output.source_call is None else draft.done.outcomes[output.source_call].observed()
        if output.source_call is not None and not any(same(value, output.value) for value in under(shown, output.name)):
            yield Rejected(stage="outputs", reason=f"{output.name} is not in the result of its call")
        if reason := _copied(draft, output.value, output.meaning):
            yield Rejected(stage="outputs", reason=f"the answer {output.value} {reason}")


def _copied(draft: Draft, value: Json, meaning: Meaning) -> str:
    blueprint = draft.blueprint
    texts = [blueprint.instruction, *(s.say for s in blueprint.stages), *(k.phrase for k in blueprint.known.values())]
    if any(mentions(text, value, meaning) for text in texts):
        return "already stands in the person's words"
    if any(k.value is not None and same(k.value, value, meaning) for k in blueprint.known.values()):
        return "is known to the person"
    if mentions(draft.world.brief(blueprint.snapshot).policy, value, meaning):
        return "already stands in the policy"
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
    if reason := _copied(draft, found.because.value, found.meaning):
        yield Rejected(stage="evidence", reason=f"the deciding {found.label} {reason}")
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


def leakage(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The person's words hold no tool or argument names, no internal ids and no JSON; ordinary words are fine."""
    texts = [
        ("the instruction", blueprint.instruction),
        *((f"stage {i}", s.say) for i, s in enumerate(blueprint.stages)),
    ]
    technical = {n for n in world.specs if "_" in n}
    technical |= {p.name for s in world.specs.values() for p in s.params if "_" in p.name}
    calls = [*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])]
    ids = {str(v) for a in calls for n, v in flat(a.arguments, world, a.name) if n == "identifier"} | {blueprint.person}
    ids -= {str(k.value) for k in blueprint.known.values() if not k.about}
    for place, text in texts:
        words = set(re.findall(r"[\w#-]+", text))
        for name in sorted(words & technical):
            yield Rejected(
                stage="leakage", reason=f"{place} uses the technical name {name}: say it in a person's words"
            )
        for key in sorted(words & ids):
            yield Rejected(stage="leakage", reason=f"{place} holds the internal id {key}: describe the record instead")
        if re.search(r'[{\[]\s*"|"\s*:', text):
            yield Rejected(stage="leakage", reason=f"{place} holds JSON: write prose")


def flat(arguments: dict[str, Json], world: World, tool: str) -> Iterator[tuple[str, Json]]:
    """Argument values with the kind of their meaning, lists taken apart."""
    meanings = world.specs[tool].meanings() if tool in world.specs else {}
    for name, value in arguments.items():
        kind = meanings[name].kind if name in meanings else "text"
        for one in value if isinstance(value, list) else [value]:
            yield kind, one


_NOT_SPOKEN = re.compile(
    r"\[[^\]]*\]|<[^>]*>|\{[^}]*\}|(?<!\S)@\w+|\b(?:keep|preserve|matter \d+|background)\s*:", re.IGNORECASE
)
"""What nobody types to a service desk: blanks left to fill in, handles, headings of the author's own instructions."""


def invention(blueprint: Blueprint) -> Iterator[Rejected]:
    """The words hold no date, amount or mail address that is not among the facts, and nothing nobody would type."""
    facts = [k for k in blueprint.known.values() if k.value is not None]
    own = "\n".join([*(str(k.value) for k in facts), *(k.phrase for k in blueprint.known.values())])
    numbers = {float(k.value) for k in facts if isinstance(k.value, int | float)}
    texts = [
        ("the instruction", blueprint.instruction),
        *((f"stage {i}", s.say) for i, s in enumerate(blueprint.stages)),
    ]
    for place, text in texts:
        strange = [f"the date {d}" for d in sorted(dates_in(text) - dates_in(own))]
        strange += [f"the amount {a:,.2f}" for a in sorted(amounts_in(text) - amounts_in(own) - numbers)]
        strange += [f"the address {m}" for m in MAIL.findall(text) if m.casefold() not in own.casefold()]
        strange += [f"{m[0].strip()!r}" for m in _NOT_SPOKEN.finditer(MAIL.sub(" ", text)) if m[0] not in own]
        for what in strange:
            yield Rejected(stage="wording", reason=f"{place} holds {what}, which is not among the facts: leave it out")


def wording(blueprint: Blueprint) -> Iterator[Rejected]:
    """Each line says what it volunteers and nothing that is only given when asked; the instruction says it all."""
    if not blueprint.instruction.strip():
        yield Rejected(stage="wording", reason="the instruction is empty")
    for number, stage in enumerate(blueprint.stages):
        if not stage.say.strip():
            yield Rejected(stage="wording", reason=f"stage {number} says nothing")
        for name in given_away(blueprint, number):
            known = blueprint.known[name]
            if known.value is not None and not mentions(stage.say, known.value, known.meaning):
                yield Rejected(stage="wording", reason=f"stage {number} does not say the {known.label}: {said(known)}")
        for name, known in blueprint.known.items():
            if known.stage == number and known.about and known.value is not None:
                missing = not mentions(blueprint.instruction, known.value, known.meaning)
                if missing and known.field != "which":
                    yield Rejected(
                        stage="wording", reason=f"the instruction leaves out the {known.label}: {said(known)}"
                    )
                waits = kept_back(blueprint, known) and known.field and not _said_anyway(blueprint, known)
                if waits and mentions(stage.say, known.value, known.meaning):
                    yield Rejected(
                        stage="wording", reason=f"stage {number} gives away {name}, which waits to be asked for"
                    )


def _said_anyway(blueprint: Blueprint, known: Known) -> bool:
    """Whether the same value is also volunteered as another fact of the same stage."""
    others = [k for k in blueprint.known.values() if k.stage == known.stage and k.disclose == "volunteer"]
    return any(mentions(str(k.value), known.value, known.meaning) or same(k.value, known.value) for k in others)
