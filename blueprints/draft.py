"""Drafting: from a goal to a blueprint with its words, checked at every gate, with feedback to the author."""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from blueprints.author import PUSH_BACK, Author
from blueprints.blueprint import Blueprint, Disclose, Evidence, Known, Output, Provenance, Rejected, Stage
from blueprints.checks import check, world_gates
from blueprints.goals import Pick
from blueprints.overlap import Against
from blueprints.sampling import Goal, Intent, twin_setup
from blueprints.wording import asked_label, label
from tools_env.calls import Call
from tools_env.mentions import phrase
from tools_env.port import World
from tools_env.replay import replay
from tools_env.tool import noun_of
from tools_env.values import TEXT, Json, Meaning

Adder: TypeAlias = Callable[[str, Known], None]

KEPT_BACK = 0.3
"""Share of facts that the person gives only when asked, so that talks unfold over several turns."""

INTRODUCED = 0.3
"""Share of people who say who they are in their first message."""


def ground(goal: Goal, persona: str, rng: random.Random) -> Blueprint | Rejected:
    """A blueprint without words yet: facts, actions, outputs and diff come from the goal and a clean replay."""
    (indices, until), actions = goal.order(), goal.actions()
    order = {index: number for number, index in enumerate(indices)}
    known = own_facts(goal, rng)
    stages: list[Stage] = []
    outputs: list[Output] = []
    for number, intent in enumerate(goal.intents):
        known |= _facts(goal, intent, number, rng)
        stages.append(Stage(say="", wants=intent.wants, intent=_intent_text(intent), until=until[number]))
        if intent.answer:
            outputs.append(_output(intent, order))
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
    )
    return next(world_gates(draft, goal.world), draft)


async def word(
    draft: Blueprint, author: Author, world: World, rounds: int, task: int, against: Against | None = None
) -> Blueprint | tuple[Rejected, ...]:
    """Have the author word a draft until it passes every gate or the rounds are spent; then all reasons.

    Words that stand in a task of `against` are sent back like any others.
    """
    feedback: tuple[Rejected, ...] = ()
    for number in range(rounds + 1):
        wording = await author.word(draft, feedback)
        if isinstance(wording, Rejected):
            return (*feedback, wording)
        if len(wording.says) != len(draft.stages):
            reason = f"{len(wording.says)} lines for {len(draft.stages)} stages"
            feedback = (*feedback, Rejected(stage="format", reason=reason))
            continue
        worded = with_words(draft, wording.instruction, wording.says)
        provenance = Provenance(author=author.name, task=task, rounds=number)
        worded = worded.model_copy(update={"provenance": provenance}).sealed()
        found = next(check(worded, world), None) or (against.shared_words(worded) if against else None)
        if found is None:
            return worded
        feedback = (*feedback, found)
    return feedback


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


def own_facts(goal: Goal, rng: random.Random) -> dict[str, Known]:
    """What the person knows of themself: given when asked, or, by those who introduce themselves, at once."""
    shown = goal.knowledge.log[goal.identified].call.arguments.values() if rng.random() < INTRODUCED else ()
    return {
        name: Known(
            value=fact.value,
            meaning=fact.meaning,
            disclose="volunteer" if fact.value in shown else "if_asked",
            label=phrase(name) if fact.meaning.kind == "identifier" else label(name),
        )
        for name, fact in goal.person.facts.items()
    }


def _facts(goal: Goal, intent: Intent, number: int, rng: random.Random) -> dict[str, Known]:
    found: dict[str, Known] = {}

    def add(name: str, known: Known) -> None:
        if name in goal.person.facts:
            name, known = f"new {name}", known.model_copy(update={"label": f"new {known.label}"})
        found[name if not number else f"{name} {number + 1}"] = known

    for name, picks in intent.picks.items():
        kept = rng.random() < KEPT_BACK and not picks[0].phrase.startswith("that ")
        _describe(add, (name, _noun(goal, intent, name, picks)), picks, number, kept=kept, mine=_mine(goal, picks))
    if intent.answer:
        target = intent.answer.pick
        if target.attributes or target.superlative:
            _describe(add, ("record", "record"), [target], number, kept=False, mine=False)
    for name, choice in (intent.bound.choices if intent.bound else {}).items():
        if choice.param.meaning.kind == "identifier" or (intent.bound and name in intent.bound.facts):
            continue
        kept = f"{{{name}}}" not in _intent_text(intent) and rng.random() < KEPT_BACK
        disclose: Disclose = "if_asked" if kept else "volunteer"
        meaning, value = choice.param.meaning, choice.value
        add(
            name,
            Known(value=value, meaning=meaning, disclose=disclose, label=choice.param.label, about=name, stage=number),
        )
    for name, meaning, value in _searches(goal, number):
        if name not in (intent.bound.choices if intent.bound else {}):
            searched = Known(
                value=value, meaning=meaning, disclose="if_asked", label=label(name), about=name, searched=True
            )
            add(name, searched.model_copy(update={"stage": number}))
    return found


def _describe(add: Adder, names: tuple[str, str], picks: list[Pick], number: int, *, kept: bool, mine: bool) -> None:
    disclose: Disclose = "if_asked" if kept else "volunteer"
    phrase = " and ".join(p.phrase for p in picks)
    meaning = Meaning("identifier", picks[0].referent.table)
    name, noun = names
    plain = noun.rpartition(" ")[2]
    vague = f"one of my {plain}s" if mine else f"a certain {noun}"
    add(name, Known(value=None, meaning=meaning, disclose="unknown", label=noun, about=name, phrase=phrase, vague=vague,
                    stage=number))  # fmt: skip
    for place, one in enumerate(picks):
        mark = f"{name}.{place + 1}" if place else name
        for a in one.attributes:
            add(f"{mark}.{a.field}", Known(value=a.value, meaning=a.meaning, disclose=disclose, label=label(a.field),
                                           about=name, field=a.field, stage=number))  # fmt: skip
        if not one.attributes:
            add(f"{mark}.which", Known(value=one.phrase, meaning=TEXT, disclose=disclose, label=noun, about=name,
                                       field="which", stage=number))  # fmt: skip


def _noun(goal: Goal, intent: Intent, name: str, picks: list[Pick]) -> str:
    """What the person calls the record of an argument."""
    noun = noun_of(goal.knowledge.specs, picks[0].referent.table)
    param = intent.spec.param(name) if intent.spec else None
    return intent.spec.called(param, noun) if intent.spec and param else noun


def _mine(goal: Goal, picks: list[Pick]) -> bool:
    return any(i == goal.person.id for p in picks for _, i in p.referent.context)


def _searches(goal: Goal, number: int) -> list[tuple[str, Meaning, Json]]:
    """Values that reads on the way were given besides ids: the words of a search, a date looked up."""
    found: list[tuple[str, Meaning, Json]] = []
    kept, until = goal.order()
    for index in kept[until[number - 1] if number else 1 : until[number]]:
        logged = goal.knowledge.log[index]
        if logged.writes:
            continue
        for param in goal.knowledge.specs[logged.call.name].params:
            value = logged.call.arguments.get(param.name)
            own = any(f.value == value for f in goal.person.facts.values())
            if param.meaning.kind != "identifier" and value is not None and not own:
                found.append((param.name, param.meaning, value))
    return found


def _intent_text(intent: Intent) -> str:
    if intent.answer:
        pick, field = intent.answer.pick, asked_label(intent.answer.field, intent.answer.meaning)
        return f"the {field} of " + ("{record}" if pick.attributes or pick.superlative else pick.phrase)
    if intent.spec is None:
        return ""
    summary = intent.spec.description.rstrip(".")
    return intent.spec.ask or summary[:1].lower() + summary[1:]


def _output(intent: Intent, order: Mapping[int, int]) -> Output:
    answer = intent.answer
    if answer is None:
        raise ValueError("an output needs an answer")
    source = next(iter(intent.calls))
    return Output(
        name=answer.field,
        label=asked_label(answer.field, answer.meaning),
        meaning=answer.meaning,
        value=answer.value,
        source_call=order[source],
        unit="USD" if answer.meaning.kind == "amount" else "",
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
    specs = goal.world.specs
    return tuple(sorted({c for a in actions for c in specs[a.name].clauses}))


def _operators(goal: Goal) -> set[str]:
    found: set[str] = set()
    for intent in goal.intents:
        picks = [p for ps in intent.picks.values() for p in ps] + ([intent.answer.pick] if intent.answer else [])
        found |= {"superlative" for p in picks if p.superlative}
        found |= {"describe" for p in picks if p.attributes}
        found |= {"dependent write" for p in picks if goal.knowledge.log[p.referent.source].writes}
    return found
