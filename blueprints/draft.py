"""Drafting: from a goal to a blueprint with its words, checked at every gate, with feedback to the author."""

import random
from collections.abc import Iterable, Iterator, Mapping

from blueprints.adversaries import adversaries
from blueprints.ambiguity import ambiguous
from blueprints.author import PUSH_BACK, Author
from blueprints.blueprint import (
    Blueprint,
    Condition,
    Evidence,
    Other,
    Output,
    Provenance,
    Rejected,
    Stage,
)
from blueprints.checks import check, world_gates
from blueprints.facts import facts_of, intent_text, own_facts
from blueprints.goal import Answer, Figure, Goal, Intent, Total, twin_setup
from blueprints.overlap import Against, calls_of
from blueprints.rounds import Gates, Ports, Propose, drafted
from blueprints.wording import asked_label, label
from tools_env.calls import Call
from tools_env.mentions import spoken
from tools_env.port import World
from tools_env.replay import replay


def ground(goal: Goal, persona: str, rng: random.Random) -> Blueprint | Rejected:
    """A blueprint without words yet: facts, actions, outputs and diff come from the goal and a clean replay."""
    (indices, until), actions = goal.order(), goal.actions()
    order = {index: number for number, index in enumerate(indices)}
    known = own_facts(goal, rng)
    stages: list[Stage] = []
    outputs: list[Output] = []
    for number, intent in enumerate(goal.intents):
        known |= facts_of(goal, intent, number, rng)
        stages.append(_stage(intent, until[number], order))
        outputs += [found for found in [_output(intent, order)] if found is not None]
    done = replay(goal.world, goal.snapshot, goal.setup, actions)
    draft = Blueprint(
        domain=goal.world.name,
        digest=goal.world.digest,
        snapshot=goal.snapshot,
        setup=goal.setup,
        person=goal.person.id,
        persona=persona,
        instruction="",
        stages=tuple(stages),
        known=known,
        actions=actions,
        outputs=tuple(outputs),
        diff=done.diff,
        evidence=_evidence(goal, order),
        kind=goal.kind,
        clauses=_clauses(goal, actions),
        operators=tuple(sorted(_operators(goal))),
        withheld=goal.withheld(),
    )
    return next(world_gates(draft, goal.world), draft)


async def word(
    draft: Blueprint, author: Author, world: World, rounds: int, task: int, against: Against | None = None
) -> Blueprint | tuple[Rejected, ...]:
    """Have the author word a draft until it passes every gate or the rounds are spent; then all reasons.

    Words that stand in a task of `against` are sent back like any others.
    """
    done = await drafted(Ports(wording_of(draft, author, task), gates_of(world, against)), rounds)
    return done.blueprint or done.reasons


def wording_of(draft: Blueprint, author: Author, task: int) -> Propose:
    """Proposing as it is for a grounded draft: the author gives the words, the rest stands."""

    async def propose(feedback: tuple[Rejected, ...], number: int) -> Blueprint | Rejected:
        wording = await author.word(draft, feedback)
        if isinstance(wording, Rejected):
            return wording
        if len(wording.says) != len(draft.stages):
            return Rejected(stage="format", reason=f"{len(wording.says)} lines for {len(draft.stages)} stages")
        worded = with_words(draft, wording.instruction, wording.says)
        provenance = Provenance(author=author.name, task=task, rounds=number)
        return worded.model_copy(update={"provenance": provenance}).sealed()

    return propose


def gates_of(world: World, against: Against | None = None) -> Gates:
    """Every gate of phase one, and the tasks that no new one may repeat."""

    def gates(blueprint: Blueprint) -> Iterator[Rejected]:
        yield from check(blueprint, world)
        yield from ambiguous(blueprint, world)
        yield from adversaries(blueprint, world)
        for found in (against.shared_call(calls_of(blueprint)), against.shared_words(blueprint)) if against else ():
            if found is not None:
                yield found

    return gates


def with_words(draft: Blueprint, instruction: str, says: Iterable[str]) -> Blueprint:
    """The draft with an author's words in its stages."""
    stages = tuple(
        stage.model_copy(update={"say": say.strip(), "facts": spoken_in(draft, number)})
        for number, (stage, say) in enumerate(zip(draft.stages, says, strict=True))
    )
    told = " ".join(instruction.split())
    if any(s.wants == "refusal" for s in stages):
        told = f"{told} {PUSH_BACK}"
    return draft.model_copy(update={"instruction": told, "stages": stages})


def spoken_in(draft: Blueprint, number: int) -> tuple[str, ...]:
    """Names of the facts that a stage's line gives away: those volunteered in it."""
    return tuple(n for n, k in draft.known.items() if k.stage == number and k.disclose == "volunteer")


def twin_draft(refusal: Blueprint, world: World) -> Blueprint | Rejected:
    """The twin of a refusal: same person and words, the deciding field changed, the forbidden call now right."""
    evidence = refusal.evidence
    if evidence is None:
        return Rejected(stage="format", reason="only a refusal has a twin")
    changed = {label(edit.path.rsplit("/", 1)[-1]).split()[0] for edit in evidence.twin}
    if any(s.other and changed & set(s.other.intent.split()) for s in refusal.stages):
        reason = "what they would rather have is picked out by what the twin changes"
        return Rejected(stage="wishes", reason=reason)
    actions = (*refusal.actions, evidence.forbidden)
    done = replay(world, refusal.snapshot, evidence.twin, actions)
    stages = tuple(
        s.model_copy(update={"wants": "change", "until": s.until + 1}) if s.wants == "refusal" else s
        for s in refusal.stages
    )
    twin = refusal.model_copy(
        update={
            "id": "",
            "setup": evidence.twin,
            "actions": actions,
            "diff": done.diff,
            "evidence": None,
            "kind": "act",
            "stages": stages,
            "instruction": refusal.instruction.replace(PUSH_BACK, "").strip(),
        }
    )
    return next(world_gates(twin, world), twin)


def worded_like(twin: Blueprint, refusal: Blueprint, world: World, task: int) -> Blueprint | Rejected:
    """The twin with the words of the refusal that was accepted."""
    told = refusal.instruction.replace(PUSH_BACK, "")
    worded = with_words(twin, told, (s.say for s in refusal.stages))
    provenance = Provenance(author=refusal.provenance.author, task=task, rounds=refusal.provenance.rounds)
    worded = worded.model_copy(update={"parents": (refusal.id,), "provenance": provenance}).sealed()
    return next(check(worded, world), worded)


def _output(intent: Intent, order: Mapping[int, int]) -> Output | None:
    answer = intent.answer
    if answer is None:
        return None
    unit = "USD" if answer.meaning.kind == "amount" else ""
    plain = Output(name="figure", label="figure", meaning=answer.meaning, value=answer.value, unit=unit)
    match answer:
        case Answer(field=field, meaning=meaning):
            source = order[intent.shown_by]
            return plain.model_copy(update={"name": field, "label": asked_label(field, meaning), "source_call": source})
        case Total(field=field, of=of, noun=noun):
            return plain.model_copy(
                update={"name": field, "label": f"{label(field)} of all {noun}s", "how": "total", "of": of}
            )
        case Figure(clause=clause):
            return plain.model_copy(update={"name": f"clause {clause}"})


def _stage(intent: Intent, until: int, order: Mapping[int, int]) -> Stage:
    """A stage without words."""
    hinge, other = intent.hinge, intent.other
    change = ""
    if intent.at_first is not None and intent.bound is not None:
        param = intent.at_first[0]
        value = spoken(intent.bound.call.arguments[param.name], param.meaning)
        change = f"Sorry, I have changed my mind: the {param.label} should be {value}."
    condition = None
    if hinge is not None:
        said = f"{asked_label(hinge.field, hinge.meaning)} is {hinge.than} {spoken(hinge.value, hinge.meaning)}"
        condition = Condition(
            source_call=order[hinge.referent.source],
            record=hinge.referent.id,
            field=hinge.field,
            meaning=hinge.meaning,
            than=hinge.than,
            value=hinge.value,
            holds=hinge.holds,
            text=f"{hinge.noun} {said}",
        )
    instead = None if other is None else Other(intent=other.text, call=other.bound.call)
    text = intent_text(intent)
    return Stage(
        say="", wants=intent.wants, intent=text, until=until, condition=condition, other=instead, change=change
    )


def _evidence(goal: Goal, order: Mapping[int, int]) -> Evidence | None:
    denial = goal.denial
    if denial is None:
        return None
    bound = goal.intents[-1].bound
    if bound is None:
        raise ValueError("a refusal needs the call that is refused")
    return Evidence(
        clause=denial.clause,
        because=denial.because,
        label=asked_label(denial.field, denial.meaning),
        meaning=denial.meaning,
        source_call=order[denial.shown_by],
        forbidden=bound.call,
        argument=next((n for n, v in bound.call.arguments.items() if v == denial.because.path.split("/")[1]), ""),
        twin=twin_setup(denial.because),
    )


def _clauses(goal: Goal, actions: Iterable[Call]) -> tuple[str, ...]:
    if goal.denial:
        return (goal.denial.clause,)
    if goal.anonymous:
        return tuple(sorted({i.answer.clause for i in goal.intents if isinstance(i.answer, Figure)}))
    specs = goal.world.specs
    return tuple(sorted({c for a in actions for c in specs[a.name].clauses}))


def _operators(goal: Goal) -> set[str]:
    found = {"several intents"} if len(goal.intents) > 1 else set()
    for intent in goal.intents:
        picks = [p for ps in intent.picks.values() for p in ps]
        picks += [intent.answer.pick] if isinstance(intent.answer, Answer) else []
        found |= {"superlative" for p in picks if p.superlative}
        found |= {"describe" for p in picks if p.attributes}
        found |= {"dependent write" for p in picks if goal.knowledge.log[p.referent.source].writes}
        found |= {"condition"} if intent.hinge else {"fallback"} if intent.other else set()
        found |= {"change of mind"} if intent.at_first else set()
        found |= {"aggregate"} if isinstance(intent.answer, Total) else set()
    return found
