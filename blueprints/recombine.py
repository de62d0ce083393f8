"""Recombination: accepted tasks of one person become one longer task (arXiv 2504.03601 §3, reverse recombination).

The paper concatenates the actions and does not carry them out again: unsound where a later part depends on what an
earlier one changed. Twins stay out, for they start from an edited snapshot, and so does what was recombined before.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from blueprints.blueprint import Blueprint, Evidence, Kind, Known, Output, Provenance, Rejected, Stage
from blueprints.draft import twin_draft
from blueprints.joint import Joint, Placed, carried_out
from blueprints.knowledge import each
from blueprints.standing import unsound
from tools_env.mentions import mentions
from tools_env.port import World
from tools_env.replay import replay
from tools_env.state import Diff
from tools_env.values import compact, same

KINDS: frozenset[Kind] = frozenset({"act", "inform", "refuse", "partial"})
"""What can be a part: a task with a tool withheld, or about the policy alone, says something about its whole talk."""

SEVERAL = "several intents"
"""The operator that every recombined task has (`draft.ground` gives it to goals of several intents)."""

TRIPLE = 3
"""Every third group has three parts where that many fit, the others two."""


def combine(parts: Sequence[Blueprint], world: World) -> Blueprint | Rejected:
    """One draft without words that holds the matters of all parts, in order, carried out again; or why they do not go
    together.
    """
    reason = next(_unlike(parts, world), "")
    joint = reason or carried_out(parts, world)
    if isinstance(joint, str):
        return Rejected(stage="recombination", reason=joint)
    draft = _draft(parts, joint)
    reason = next(unsound(parts, draft, joint), "") or _without_twin(draft, world)
    return Rejected(stage="recombination", reason=reason) if reason else draft


def _without_twin(draft: Blueprint, world: World) -> str:
    """Why a refusal that comes last has no twin: the deciding fact decides something in another part too."""
    if draft.evidence is None or draft.stages[-1].wants != "refusal":
        return ""
    twin = twin_draft(draft, world)
    return f"together they have no twin: {twin.reason}" if isinstance(twin, Rejected) else ""


def groups(accepted: Iterable[Blueprint]) -> Iterator[tuple[Blueprint, ...]]:
    """Pairs, and now and then three, that may go together, in index order, each blueprint in one group at most.

    A refusal comes last, so that its twin is the same task with one more action.
    """
    beside: dict[tuple[str, ...], list[Blueprint]] = {}
    for one in accepted:
        if not _out(one):
            beside.setdefault((one.domain, one.digest, one.snapshot, one.person), []).append(one)
    number = 0
    for left in beside.values():
        while len(left) > 1:
            group = [left.pop(0)]
            number += 1
            size = 2 if number % TRIPLE else TRIPLE
            while len(group) < size and (fit := next((p for p in left if _goes_with(p, group)), None)) is not None:
                left.remove(fit)
                group.append(fit)
            if len(group) > 1:
                yield tuple(sorted(group, key=lambda p: p.evidence is not None))


def _out(part: Blueprint) -> str:
    """Why a blueprint is no part of anything, or nothing."""
    if part.setup or part.parents:
        return "it starts from an edited snapshot, or is made from other tasks"
    if part.kind not in KINDS or part.withheld:
        return f"a task of the kind {part.kind} stands alone"
    if part.any_diff or part.assertions or part.provenance.mode == "imported":
        return "an imported task is taken as it is"
    return ""


def _unlike(parts: Sequence[Blueprint], world: World) -> Iterator[str]:
    """Why the parts cannot be parts of one task, as far as can be told before anything is carried out."""
    if len({p.id for p in parts}) < max(len(parts), 2):
        yield "it takes two or more different tasks"
    for number, part in enumerate(parts, 1):
        if part.domain != world.name or part.digest != world.digest:
            yield f"part {number} was made for {part.domain} as it was, not for {world.name} as it is now"
        elif reason := _out(part):
            yield f"part {number} is left out: {reason}"
        elif part.snapshot != parts[0].snapshot:
            yield f"part {number} is about another snapshot"
        elif part.person != parts[0].person:
            yield f"part {number} is about another person"
    if sum(p.evidence is not None for p in parts) > 1:
        yield "more than one part is a refusal"
    for one, other in combinations(parts, 2):
        if _wishes(one) & _wishes(other):
            yield "two parts want the same"
        yield from (
            f"the parts do not agree on the person's {k.label}: {k.value} and {also.value}"
            for n, k in _own(one).items()
            if (also := _own(other).get(n)) and not (k.meaning == also.meaning and same(k.value, also.value, k.meaning))
        )


def _own(part: Blueprint) -> dict[str, Known]:
    return {n: k for n, k in part.known.items() if not k.about}


def _wishes(part: Blueprint) -> set[str]:
    """What is wanted, equal where two parts want the same: a tool used on the records described, or a value told. What
    is done to a record that the part itself creates is nobody else's.
    """
    created = {p.split("/")[1] for p, c in part.diff.items() if p.count("/") == 1 and c.before is None}
    found = {compact([o.name, o.value]) for o in part.outputs}
    for number, stage in enumerate(part.stages):
        call = part.evidence.forbidden if part.evidence and stage.wants == "refusal" else None
        if stage.wants == "change" and stage.until:
            call = part.actions[stage.until - 1]
        if call is not None:
            described = {k.about for k in part.known.values() if k.stage == number and k.meaning.kind == "identifier"}
            records = {n: v for n, v in call.arguments.items() if n in described}
            if not created & {v for value in records.values() for v in each(value)}:
                found.add(compact([call.name, records or call.arguments]))
    return found


def _goes_with(part: Blueprint, group: list[Blueprint]) -> bool:
    """Whether a part may join a group, as far as can be told without a world."""
    if sum(p.evidence is not None for p in (part, *group)) > 1:
        return False
    return not any(
        _wishes(part) & _wishes(p) or _conflict(part.diff, p.diff) or _spoils(part, p) or _spoils(p, part)
        for p in group
    )


def _spoils(one: Blueprint, other: Blueprint) -> bool:
    """Whether a task gives away, asks for or changes what is asked or decides in another."""
    asked = [(o.name, o.value, o.meaning) for o in other.outputs]
    asked += [(e.because.path.rsplit("/", 1)[-1], e.because.value, e.meaning) for e in [other.evidence] if e]
    told = [one.instruction, *(s.say for s in one.stages), *(k.phrase for k in one.known.values())]
    return any(
        any(mentions(text, value, meaning) for text in told)
        or any(k.value is not None and same(k.value, value, meaning) for k in one.known.values())
        or any(o.name == name and same(o.value, value, meaning) for o in one.outputs)
        or any(p.endswith(f"/{name}") and same(c.before, value, meaning) for p, c in one.diff.items())
        for name, value, meaning in asked
    )


def _conflict(one: Diff, other: Diff) -> bool:
    """Whether two changes are of the same field, but for numbers, which may add up, and records that each creates; or
    one removes a record that the other changes.
    """
    shared = [p for p in one if p in other and not (p.count("/") == 1 and one[p].before is None)]
    gone = [f"{p}/" for d in (one, other) for p, c in d.items() if p.count("/") == 1 and c.after is None]
    return any(
        not isinstance(d[p].after, int | float) or isinstance(d[p].after, bool) for p in shared for d in (one, other)
    ) or any(p.startswith(g) for p in (*one, *other) for g in gone)


def _draft(parts: Sequence[Blueprint], joint: Joint) -> Blueprint:
    """The matters of all parts over the joint course, whatever points at an action or a stage put right."""
    known: dict[str, Known] = {}
    for name, fact in (pair for part in parts for pair in _own(part).items()):
        if name not in known or fact.disclose == "volunteer":
            known[name] = fact
    stages: list[Stage] = []
    outputs: list[Output] = []
    for part, placed in zip(parts, joint.parts, strict=True):
        known |= _facts(part, len(stages))
        stages += [_stage(s, placed, joint.world) for s in part.stages]
        outputs += [_output(o, placed) for o in part.outputs]
    evidence = next((_evidence(p.evidence, at, joint) for p, at in zip(parts, joint.parts, strict=True) if p.evidence),
                    None)  # fmt: skip
    first, drafted = parts[0], any(p.provenance.mode == "drafted" for p in parts)
    return Blueprint(
        domain=first.domain,
        digest=first.digest,
        snapshot=first.snapshot,
        person=first.person,
        persona=first.persona,
        instruction="",
        stages=tuple(stages),
        known=known,
        actions=tuple(joint.calls),
        outputs=tuple(outputs),
        diff=replay(joint.world, first.snapshot, (), joint.calls).diff,
        evidence=evidence,
        kind=_kind(stages),
        clauses=tuple(sorted({c for p in parts for c in p.clauses})),
        operators=tuple(sorted({SEVERAL, *(o for p in parts for o in p.operators)})),
        parents=tuple(p.id for p in parts),
        provenance=Provenance(mode="drafted" if drafted else "grounded", author=first.provenance.author),
    )


def _kind(stages: Iterable[Stage]) -> Kind:
    wants = {s.wants for s in stages}
    if "refusal" in wants:
        return "partial" if "change" in wants else "refuse"
    return "act" if "change" in wants else "inform"


def _facts(part: Blueprint, before: int) -> dict[str, Known]:
    """The facts about a part's matters; those of later stages carry the stage's number in their names."""
    found: dict[str, Known] = {}
    for name, fact in part.known.items():
        if fact.about:
            plain = name.removesuffix(f" {fact.stage + 1}") if fact.stage else name
            number = before + fact.stage
            moved = fact.model_copy(update={"stage": number})
            found[f"{plain} {number + 1}" if number else plain] = moved
    return found


def _stage(stage: Stage, placed: Placed, world: World) -> Stage:
    """A stage of a part in its new place, without the line that raises it."""
    condition, other = stage.condition, stage.other
    if condition is not None:
        here = {"source_call": placed.places[condition.source_call], "record": placed.record(condition.record)}
        condition = condition.model_copy(update=here)
    if other is not None and other.call is not None:
        other = other.model_copy(update={"call": placed.renamed(other.call, world.specs[other.call.name])})
    update = {"say": "", "facts": (), "until": placed.until(stage.until)}
    return stage.model_copy(update={**update, "condition": condition, "other": other})


def _output(output: Output, placed: Placed) -> Output:
    place = None if output.source_call is None else placed.places[output.source_call]
    return output.model_copy(update={"source_call": place, "of": tuple(map(placed.record, output.of))})


def _evidence(found: Evidence, placed: Placed, joint: Joint) -> Evidence:
    forbidden = placed.renamed(found.forbidden, joint.world.specs[found.forbidden.name])
    return found.model_copy(update={"source_call": placed.places[found.source_call], "forbidden": forbidden})
