"""From a proposal to a blueprint: what it says is looked for in what its calls really showed, and the gates decide."""

from collections.abc import Iterator

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint, Evidence, Known, Output, Provenance, Rejected, Stage
from blueprints.checks import check
from blueprints.drafted.answers import Asked, asked_in
from blueprints.drafted.calls import calls_of
from blueprints.drafted.context import Context
from blueprints.drafted.denial import evidence_of
from blueprints.drafted.intent import kind_of, shape, unasked, writes
from blueprints.drafted.ledger import Ledger
from blueprints.drafted.played import Played, play
from blueprints.drafted.proposal import Proposal
from blueprints.drafted.repeats import repeated
from blueprints.knowledge import each, people_table
from blueprints.word_gates import ids_in

SHORT = 5
"""Digits below this number may as well be a count or a year."""


def assemble(context: Context, proposal: Proposal, provenance: Provenance) -> Blueprint | Rejected:
    """The blueprint that a proposal makes, or the first gate that it does not pass."""
    wrong = next(shape(proposal, context), None)
    if wrong is not None:
        return wrong
    calls = calls_of(proposal, context.world.specs)
    if isinstance(calls, Rejected):
        return calls
    wrong = next(writes(proposal, calls, context), None)
    if wrong is not None:
        return wrong
    played = play(context, proposal, calls)
    if isinstance(played, Rejected):
        return played
    found = _found(played)
    if isinstance(found, Rejected):
        return found
    blueprint = _blueprint(played, *found).model_copy(update={"provenance": provenance}).sealed()
    return next(_gates(played, blueprint), blueprint)


def _gates(played: Played, blueprint: Blueprint) -> Iterator[Rejected]:
    """The gates of every blueprint, and those of what is proposed by a model alone."""
    yield from check(blueprint, played.context.world)
    yield from _recited(played, blueprint)
    yield from unasked(played, blueprint)
    yield from repeated(blueprint, played.context.earlier)


def _found(played: Played) -> tuple[dict[int, Asked], Evidence | None] | Rejected:
    """The answers by matter, and the evidence of a refusal."""
    asked: dict[int, Asked] = {}
    for number, matter in enumerate(played.proposal.matters):
        if matter.wants == "answer":
            found = asked_in(played, number)
            if isinstance(found, Rejected):
                return found
            asked[number] = found
    if played.forbidden is None:
        return asked, None
    evidence = evidence_of(played, played.forbidden)
    return evidence if isinstance(evidence, Rejected) else (asked, evidence)


def _blueprint(played: Played, asked: dict[int, Asked], evidence: Evidence | None) -> Blueprint:
    context, proposal = played.context, played.proposal
    hidden = {(a.target.id, a.output.name) for a in asked.values() if a.target}
    if evidence is not None:
        _, key, field = evidence.because.path.split("/", 2)
        hidden.add((key, field))
    ledger = Ledger(played, frozenset(hidden))
    ledger.own()
    people = people_table(context.world)
    for number in range(len(proposal.matters)):
        ledger.matter(number)
        target = asked[number].target if number in asked else None
        if target is not None and not (target.id == context.person.id and target.table == people):
            ledger.asked(number, target)
    used = {c for a in played.actions for c in context.world.specs[a.name].clauses}
    return Blueprint(
        domain=context.world.name,
        digest=context.world.digest,
        snapshot=context.snapshot,
        person=context.person.id,
        persona=context.persona,
        instruction=_instruction(played),
        stages=tuple(_stage(played, n, asked.get(n), ledger.known) for n in range(len(proposal.matters))),
        known=ledger.known,
        actions=played.actions,
        outputs=tuple(a.output for a in asked.values()),
        diff=played.done.diff,
        evidence=evidence,
        kind=kind_of(proposal),
        clauses=(evidence.clause,) if evidence else tuple(sorted(used)),
        operators=_operators(ledger.known),
    )


def _instruction(played: Played) -> str:
    """The instruction, with the name of the person, and for a refusal the sentence that every refusal ends with."""
    name = played.context.name
    told = played.proposal.instruction
    lead = "" if not name or name.casefold() in told.casefold() else f"You are {name}. "
    return f"{lead}{told}{f' {PUSH_BACK}' if played.forbidden else ''}"


def _stage(played: Played, number: int, asked: Asked | None, known: dict[str, Known]) -> Stage:
    matter = played.matter(number)
    here = {n: k for n, k in known.items() if k.stage == number}
    return Stage(
        say=matter.message,
        wants=matter.wants,
        facts=tuple(n for n, k in here.items() if k.disclose == "volunteer"),
        intent=_wish(played, number, asked.output if asked else None, here),
        until=played.until(number),
    )


def _wish(played: Played, number: int, output: Output | None, here: dict[str, Known]) -> str:
    """The wish in the first person, with slots for what the person knows."""
    if output is not None:
        whose = "{record}" if any(k.about == "record" for k in here.values()) else "my account"
        return f"the {output.label} of {whose}"
    spec = played.context.world.specs[played.numbered(number)[-1][1].name]
    summary = spec.description.rstrip(".").replace("{", "(").replace("}", ")")
    return spec.ask or summary[:1].lower() + summary[1:]


def _operators(known: dict[str, Known]) -> tuple[str, ...]:
    found = {"superlative" for k in known.values() if k.field == "which"}
    found |= {"describe" for k in known.values() if k.field not in {"", "which"}}
    found |= {"dependent write" for k in known.values() if k.phrase.startswith("that ")}
    return tuple(sorted(found))


def _recited(played: Played, blueprint: Blueprint) -> Iterator[Rejected]:
    """No id that the calls show is in the person's words or among what they bring along: people don't recite ids."""
    specs = played.context.world.specs
    own = {str(k.value) for k in blueprint.known.values() if not k.about}
    ids = {r.id for r in played.seen} | {r.id for r in played.context.records()}
    ids |= {str(v) for c in played.actions for p in specs[c.name].params if p.meaning.kind == "identifier"
            for v in each(c.arguments.get(p.name))}  # fmt: skip
    ids -= own
    for brought in played.proposal.knows:
        if str(brought.value).casefold() in {i.casefold() for i in ids}:
            reason = f"the person is to know {brought.value}, an internal id: let them describe the record instead"
            yield Rejected(stage="leakage", reason=reason)
    texts = [("the instruction", blueprint.instruction)]
    texts += [(f"the message of matter {n}", s.say) for n, s in enumerate(blueprint.stages, 1)]
    for place, text in texts:
        for word in sorted(ids_in(text, ids)):
            if _looks_made(word):
                reason = f"{place} holds the internal id {word}: describe the record instead"
                yield Rejected(stage="leakage", reason=reason)


def _looks_made(word: str) -> bool:
    """Whether a word is an id and neither an ordinary word nor a small number."""
    return any(c.isdigit() for c in word) and not (word.isdigit() and len(word) < SHORT)
