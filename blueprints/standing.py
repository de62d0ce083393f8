"""Whether recombined parts still stand: each asks for something that the others neither undo, settle nor blur."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from blueprints.author import plain
from blueprints.blueprint import Blueprint, Evidence, Known, Stage
from blueprints.checks import check
from blueprints.descriptions import TELLABLE
from blueprints.draft import with_words
from blueprints.goals import resolves
from blueprints.joint import Joint, Placed
from blueprints.knowledge import Referent, each, latest, referents_in
from blueprints.realizability import unobtainable
from blueprints.wording import Direction, Superlative, superlative_phrase
from tools_env.calls import Because, Call, Refusal, Result
from tools_env.mentions import mentions
from tools_env.replay import replay
from tools_env.state import Diff
from tools_env.tool import noun_of
from tools_env.values import Json

DIRECTIONS: tuple[Direction, ...] = ("highest", "lowest")


def unsound(parts: Sequence[Blueprint], draft: Blueprint, joint: Joint) -> Iterator[str]:
    """Reasons why a joint draft does not do what each of its parts says: what the gates see, and what they cannot see
    because it takes the parts to tell.
    """
    yield from _overwritten([p.diff for p in parts], draft.diff)
    first = 0
    for number, (part, placed) in enumerate(zip(parts, joint.parts, strict=True), 1):
        stages = range(first, first := first + len(part.stages))
        yield from (f"part {number}: {reason}" for reason in _gone(part, placed))
        yield from (f"part {number}: {reason}" for reason in _adds_up_otherwise(part, placed, joint))
        yield from (f"part {number}: {reason}" for reason in _refused_otherwise(part, placed, draft, joint))
        yield from (f"part {number}: {reason}" for reason in _unclear(draft, stages, joint))
        yield from (f"part {number}: {reason}" for reason in _told_otherwise(part, placed, draft, stages, joint))
    words = plain(draft)
    worded = with_words(draft, words.instruction, words.says).sealed()
    yield from (f"together: {wrong.reason} ({wrong.stage})" for wrong in check(worded, joint.world))


def _overwritten(alone: Sequence[Diff], together: Diff) -> Iterator[str]:
    """Fields that two parts change and that hold in the end what one part alone would have left there."""
    for one, other in combinations(alone, 2):
        for path in (p for p in one if p in other and p in together):
            created = path.count("/") == 1 and one[path].before is None
            if not created and together[path].after in (one[path].after, other[path].after):
                yield f"two parts change {path}, and only one of the changes is left"


def _gone(part: Blueprint, placed: Placed) -> Iterator[str]:
    """What was to be read off a result that is not to be had any more."""
    rests = [o.source_call for o in part.outputs if o.source_call is not None]
    rests += [s.condition.source_call for s in part.stages if s.condition]
    rests += [part.evidence.source_call] if part.evidence else []
    for index in sorted(placed.gone.intersection(rests)):
        yield f"{part.actions[index].name}, on which it rests, cannot be made any more after what comes before it"


def _adds_up_otherwise(part: Blueprint, placed: Placed, joint: Joint) -> Iterator[str]:
    """Values worked out from several records, where the reads now show other records, or other values of theirs."""
    for output in (o for o in part.outputs if o.of):
        for index, action in enumerate(part.actions):
            then = _values(joint, action, placed.alone[index], output.name)
            here = _values(joint, joint.calls[placed.places[index]], joint.results[placed.places[index]], output.name)
            if not joint.world.specs[action.name].writes and then.keys() & set(output.of) and then != here:
                yield f"the {output.label} is worked out from records that are others after what comes before it"
                break


def _values(joint: Joint, call: Call, shown: Json, name: str) -> dict[str, Json]:
    """What a result says under a name of each record, and of those that it only lists."""
    found = referents_in(shown, joint.world.specs[call.name], 0, call)
    return {r.id: a.value if (a := r.attribute(name)) is not None else None for r in found}


def _refused_otherwise(part: Blueprint, placed: Placed, draft: Blueprint, joint: Joint) -> Iterator[str]:
    """A refusal that is none any more, or has another reason, when it is asked for or at the end."""
    if part.evidence is None or draft.evidence is None:
        return
    wanted: Evidence = draft.evidence
    settled = next(placed.until(s.until) for s in part.stages if s.wants == "refusal")
    for count, when in ((settled, "after what comes before it"), (len(joint.calls), "in the end")):
        found = _denials(joint, draft.snapshot, joint.calls[:count], wanted.forbidden)
        if not found:
            yield f"{wanted.forbidden.name} is no longer refused {when}"
        elif {clause for clause, _ in found} != {wanted.clause} or (wanted.clause, wanted.because) not in found:
            yield f"{wanted.forbidden.name} is refused for another reason {when}"


def _denials(joint: Joint, snapshot: str, calls: Sequence[Call], tried: Call) -> list[tuple[str, Because | None]]:
    """By what a call is forbidden after others: clause and deciding fact; empty when it may be made."""
    done = replay(joint.world, snapshot, (), (*calls, tried))
    last = done.outcomes[-1]
    found = [(b.clause, b.because) for b in done.breaches]
    if isinstance(last, Refusal):
        found.append((last.clause or "", last.because))
    return found if found or isinstance(last, Result) else [("", None)]


def _unclear(draft: Blueprint, stages: range, joint: Joint) -> Iterator[str]:
    """Arguments of a matter's change that its own words do not single out any more among all that was shown by then.

    The gate takes the words of the whole talk together: another matter's may fit where this one's have become wrong.
    """
    done = replay(joint.world, draft.snapshot, (), joint.calls)
    for number in stages:
        stage, settled = draft.stages[number], draft.stages[number - 1].until if number else 0
        tried = [(i, c) for i, c in enumerate(joint.calls) if settled <= i < stage.until]
        if draft.evidence is not None and stage.wants == "refusal":
            tried.append((stage.until, draft.evidence.forbidden))
        known = _said_for(draft, stages, number)
        for index, call in tried:
            if joint.world.specs[call.name].writes:
                before = (Call(name=c.name) for c in joint.calls[:index])
                alone = {"known": known, "actions": (*before, call), "stages": (), "outputs": (), "evidence": None}
                yield from unobtainable(draft.model_copy(update=alone), joint.world, done)


def _told_otherwise(part: Blueprint, placed: Placed, draft: Blueprint, stages: range, joint: Joint) -> Iterator[str]:
    """Words of a branch that is not taken, or of a condition, that singled a record out where the part stood alone, and
    do so no more when the matter comes up: such words are in no ledger.
    """
    for was, now in zip(part.stages, (draft.stages[n] for n in stages), strict=True):
        before = _seen(part.actions[: was.until - 1], placed.alone, joint)
        after = _seen(joint.calls[: now.until - 1], joint.results, joint)
        for text, table, key, present in _untold(was, now, before, joint):
            then, here = latest(before, table), latest(after, table)
            for words in (w for record in then if record.id == key for w in _words(text, record, then)):
                if resolves(*words, then) == [key] and resolves(*words, here) != [present]:
                    noun = noun_of(joint.world.specs, table)
                    yield f"{text!r} does not single out the {noun} any more after what comes before it"
                    break


def _seen(calls: Sequence[Call], results: Sequence[Json], joint: Joint) -> list[Referent]:
    """The records that calls show."""
    pairs = enumerate(zip(calls, results, strict=False))
    return [r for n, (call, shown) in pairs for r in referents_in(shown, joint.world.specs[call.name], n, call)]


def _untold(was: Stage, now: Stage, seen: Sequence[Referent], joint: Joint) -> Iterator[tuple[str, str, str, str]]:
    """The words of a stage for what no ledger holds, with the table of the record that they are about, its id where the
    part stood alone, and its present id.
    """
    if was.other is not None and was.other.call is not None and now.other is not None and now.other.call is not None:
        then, here = was.other.call.arguments, now.other.call.arguments
        for param in joint.world.specs[was.other.call.name].params:
            if param.meaning.kind == "identifier" and not param.personal:
                for key, present in zip(each(then.get(param.name)), each(here.get(param.name)), strict=True):
                    yield was.other.intent, param.meaning.of, str(key), str(present)
    if was.condition is not None and now.condition is not None:
        for table in sorted({r.table for r in seen if r.id == was.condition.record}):
            yield was.condition.text, table, was.condition.record, now.condition.record


def _words(
    text: str, record: Referent, among: Sequence[Referent]
) -> Iterator[tuple[list[tuple[str, Json]], Superlative | None]]:
    """What a text may say of a record: the values of it that stand there, and every superlative."""
    said = [(a.field, a.value) for a in record.attributes if mentions(text, a.value, a.meaning)]
    if said:
        yield said, None
    fields = {a.field: a.meaning for r in among for a in r.attributes if a.meaning.kind in TELLABLE}
    for which in (Superlative(f, m, d) for f, m in fields.items() for d in DIRECTIONS):
        if superlative_phrase(which) in text:
            yield [], which


def _said_for(draft: Blueprint, stages: range, number: int) -> dict[str, Known]:
    """The person's own facts, a stage's, and the part's other facts about arguments of which the stage says nothing."""
    here = {k.about for k in draft.known.values() if k.stage == number}
    return {
        n: k
        for n, k in draft.known.items()
        if not k.about or k.stage == number or (k.stage in stages and k.about not in here)
    }
