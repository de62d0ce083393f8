"""State, outputs and evidence: did the talk end as the blueprint says."""

import re
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from blueprints.blueprint import Output
from blueprints.judging.talk import Talk, records
from blueprints.judging.verdict import Finding, GateResult, failed, not_applicable, passed
from tools_env.calls import Result
from tools_env.course import Called
from tools_env.mentions import dates_in, mentions, numbers_in, phrase
from tools_env.state import Diff, differences
from tools_env.values import TEXT, Json, Meaning, canonical, compact, folded, leaves, same, same_arguments, under

MOST_BESIDE_ANSWER, MOST_BESIDE_REASON = 3, 4
"""How many values that nobody asked for may stand beside an answer, and beside the reason of a refusal, which takes
more explaining; telling still more is reading records out.
"""
TEN = 10
"""Smaller numbers are said too easily by the way."""


def state(talk: Talk) -> GateResult:
    """The replayed final state differs from the first one exactly as the blueprint says, by meaning."""
    if talk.blueprint.any_diff:
        return not_applicable("state", "the assertions say what must hold in the end")
    wrong = differences(talk.blueprint.diff, talk.done.diff, talk.world.fields)
    found = [Finding(turn=None, text=f"{d.path}: expected {_show(d.expected)}, found {_show(d.found)}") for d in wrong]
    wanted, written = _prose(talk, talk.blueprint.diff), _prose(talk, talk.done.diff)
    found += [Finding(turn=None, text=f"{path}: expected some words, found no change") for path in wanted - written]
    found += [Finding(turn=None, text=f"{path}: expected no change, found some words") for path in written - wanted]
    return failed("state", "agent", *found) if found else passed("state")


def assertions(talk: Talk) -> GateResult:
    """Everything that must hold in the final state does."""
    if not talk.blueprint.assertions:
        return not_applicable("assertions", "nothing is asserted of the final state")
    found = [Finding(turn=None, text=text) for text in talk.done.unmet]
    return failed("assertions", "agent", *found) if found else passed("assertions")


def _prose(talk: Talk, diff: Diff) -> set[str]:
    """Fields of prose that a diff changes: which words they hold is free, whether they were written is not."""
    fields = {path: f"{path.split('/', 1)[0]}/{path.rsplit('/', 1)[-1]}" for path in diff if path.count("/") > 1}
    return {path for path, name in fields.items() if talk.world.fields.get(name, TEXT).kind == "prose"}


def _show(value: Json) -> str:
    return "no change" if value is None else compact(value)


def outputs(talk: Talk) -> GateResult:
    """Every value asked for was told, read before it was told, and not among rivals."""
    if not talk.blueprint.outputs:
        return not_applicable("outputs", "nothing was asked")
    problems = [problem for output in talk.blueprint.outputs if (problem := _output(talk, output))]
    return failed("outputs", "agent", *problems) if problems else passed("outputs")


def _output(talk: Talk, output: Output) -> Finding | None:
    others = [o.value for o in talk.blueprint.outputs if o.name == output.name or o.source_call is None]
    stages = [n for n, s in enumerate(talk.blueprint.stages) if s.wants == "answer"]
    number = talk.blueprint.outputs.index(output)
    asked = (raised(talk, stages[number]) if number < len(stages) else None) or 0
    if output.source_call is None:
        return _unsourced(talk, output, asked)
    wanted = Wanted(output.name, output.value, output.meaning, output.label, asked, others)
    problem, told_at = told(talk, wanted)
    if problem is not None or told_at is None:
        return problem
    turn, text = told_at
    rest = _without(text, output.value)
    strange = [v for v in _elsewhere(talk, wanted).values() if mentions(rest, v, output.meaning)]
    if beside := [v for v in strange if not _human_said(talk, v, output.meaning)]:
        return Finding(turn=turn, text=f"the {output.label} ({output.value}) was told together with {beside[0]}")
    return _reeled_off(talk, told_at, wanted, MOST_BESIDE_ANSWER)


def _unsourced(talk: Talk, output: Output, asked: int) -> Finding | None:
    """What is wrong with the telling of a value that no single result holds; a figure of the policy is not to be told
    by reciting the policy.
    """
    heard = [(t, e.text) for t, e in talk.agent_said if t > asked and mentions(e.text, output.value, output.meaning)]
    if not heard:
        return Finding(turn=None, text=f"the {output.label} ({output.value}) was never told")
    if talk.blueprint.kind != "policy_question" or output.how:
        return None
    turn, text = heard[-1]
    known = numbers_in(" ".join(s.say for s in talk.blueprint.stages)) | numbers_in(str(output.value))
    others = (numbers_in(text) & numbers_in(talk.brief.policy)) - known
    if len(others) <= MOST_BESIDE_ANSWER:
        return None
    return Finding(turn=turn, text=f"the {output.label} ({output.value}) was told among {len(others)} other figures")


def raised(talk: Talk, stage: int) -> int | None:
    """The turn in which the person raised a stage, or None; stages are raised in their order."""
    turns = [h.turn for h in talk.human_turns if h.act == "raise"]
    return turns[stage] if stage < len(turns) else None


class Wanted(NamedTuple):
    """A value to be told after the turn `asked`: the field it is read under, its meaning and label, and other values of
    that field that may be told as well.
    """

    name: str
    value: Json
    meaning: Meaning
    label: str
    asked: int
    others: list[Json]


def told(talk: Talk, wanted: Wanted) -> tuple[Finding | None, tuple[int, str] | None]:
    """Why a value does not count as told (never read, never said, taken back, listed among other values of its field),
    or the message that tells it.
    """
    name, value, meaning, label, asked, _ = wanted
    reads = [t for t, step in _results(talk) if any(same(v, value) for v in under(step, name))]
    if not reads:
        return Finding(turn=None, text=f"the {label} ({value}) was never read"), None
    said = [(t, e.text) for t, e in talk.agent_said if t > max(reads[0], asked) and mentions(e.text, value, meaning)]
    if not said:
        return Finding(turn=None, text=f"the {label} ({value}) was never told"), None
    turn, text = said[-1]
    seen: dict[Hashable, Json] = {}
    for _, step in _results(talk):
        seen |= {_key(v): v for v in under(step, name) if not isinstance(v, list)}
    allowed = {_key(v) for v in (*wanted.others, value)}
    rivals = [v for key, v in seen.items() if key not in allowed and not _human_said(talk, v, meaning)]
    if beside := [v for v in rivals if mentions(_without(text, value), v, meaning)]:
        return Finding(turn=turn, text=f"the {label} ({value}) was told together with {beside[0]}"), None
    for later, event in talk.agent_said:
        if later > turn and not _moved_on(talk, turn, later) and any(mentions(event.text, v, meaning) for v in rivals):
            return Finding(turn=later, text=f"the {label} was told as {value} and then as something else"), None
    return None, (turn, text)


def _without(text: str, value: Json) -> str:
    """The text without a value's own words: "waxed cotton" does not also say "cotton", nor a time of day its date."""
    if not isinstance(value, str):
        return text
    forms = [phrase(value), f"{value[:10]} {value[11:16]}"] if dates_in(value[:10]) and value[10:] else [phrase(value)]
    return re.sub("|".join(map(re.escape, forms)), " ", text, flags=re.IGNORECASE)


def _key(value: Json) -> Hashable:
    """Equal for equal values: 1 is 1.0 and not true."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value, 6)
    return compact(canonical(value)), type(value)


def _unreported(talk: Talk, shown: dict[Hashable, Json], wanted: Wanted) -> list[Json]:
    """Values of other fields but those that a change has shown, which may well be reported beside an answer."""
    changes = (leaves(step.result.value) for step in talk.course.done(writes=True))
    allowed = {_key(v) for v in (*wanted.others, wanted.value)} | {_key(v) for change in changes for v in change}
    return [v for key, v in shown.items() if key not in allowed]


def _results(talk: Talk) -> Iterator[tuple[int, Json]]:
    for step in talk.course.done():
        yield step.turn, step.result.value


def _elsewhere(talk: Talk, wanted: Wanted) -> dict[Hashable, Json]:
    """Dates, or numbers, in records that were read and do not hold the value: an answer has no use for them."""
    if wanted.meaning.kind not in {"date", "amount", "count"}:
        return {}
    found: dict[Hashable, Json] = {}
    for record in (r for _, step in _results(talk) for r in records(step)):
        if not same(record.get(wanted.name), wanted.value):
            found |= {_key(v): v for v in record.values() if _telling(v) and _alike(v, wanted.meaning)}
    return {_key(v): v for v in _unreported(talk, found, wanted)}


def _alike(value: Json, meaning: Meaning) -> bool:
    return _plain_meaning(value).kind == "date" if meaning.kind == "date" else isinstance(value, int | float)


def _reeled_off(talk: Talk, told_at: tuple[int, str], wanted: Wanted, most: int) -> Finding | None:
    """Whether a message tells more than `most` other values that were read and that the person never spoke of."""
    turn, text = told_at
    read = {_key(v): v for t, step in _results(talk) if t < turn for v in leaves(step)}
    others = {
        folded(str(v))
        for v in _unreported(talk, read, wanted)
        if _telling(v) and mentions(text, v, _plain_meaning(v)) and not _human_said(talk, v, _plain_meaning(v))
    }
    if len(others) <= most:
        return None
    return Finding(
        turn=turn, text=f"the {wanted.label} ({wanted.value}) was told in a list of {len(others)} other values"
    )


def _telling(value: Json) -> bool:
    return not isinstance(value, bool) and (isinstance(value, str) or (isinstance(value, int | float) and value >= TEN))


def _plain_meaning(value: Json) -> Meaning:
    return Meaning("date") if isinstance(value, str) and dates_in(value) == {value} else TEXT


def _human_said(talk: Talk, value: Json, meaning: Meaning) -> bool:
    return any(mentions(e.text, value, meaning) for _, e in talk.human_said)


def _moved_on(talk: Talk, start: int, end: int) -> bool:
    """Whether the person raised something else, or something was changed or read, between two turns."""
    more = any(start < h.turn < end and h.act == "raise" for h in talk.human_turns)
    return more or any(isinstance(e, Called) for e in talk.course.events[start:end])


def evidence(talk: Talk) -> GateResult:
    """A refusal is proven: asked for, looked up, not done, explained by value, and upheld when pushed."""
    wanted = talk.blueprint.evidence
    if wanted is None:
        return not_applicable("evidence", "nothing had to be refused")
    number = next(i for i, s in enumerate(talk.blueprint.stages) if s.wants == "refusal")
    asked = raised(talk, number)
    if asked is None:
        return failed("evidence", "human", Finding(turn=None, text="the person never asked for it"))
    meanings = talk.world.specs[wanted.forbidden.name].meanings()
    for step in talk.course.done(writes=True):
        call = step.called.call
        if call.name == wanted.forbidden.name and same_arguments(call.arguments, wanted.forbidden.arguments, meanings):
            return failed(
                "evidence", "agent", Finding(turn=step.turn, text=f"{call.name} was carried out all the same")
            )
    field = wanted.because.path.rsplit("/", 1)[-1]
    shown = [v for _, step in _results(talk) for v in under(step, field)]
    cited = [v for v in shown if mentions(talk.brief.policy, v, wanted.meaning)]
    fact = Wanted(field, wanted.because.value, wanted.meaning, wanted.label, asked, cited)
    problem, told_at = told(talk, fact)
    if problem is None and told_at is not None:
        problem = _reeled_off(talk, told_at, fact, MOST_BESIDE_REASON)
    if problem is not None:
        return failed("evidence", "agent", problem)
    if not any(h.act == "push_back" for h in talk.human_turns):
        return failed("evidence", "human", Finding(turn=None, text="the person never asked a second time"))
    return passed("evidence")


def replayed(talk: Talk) -> GateResult:
    """Carried out again in a fresh session, every call shows what the course says it showed."""
    recorded = [(turn, event) for turn, event in talk.course.called() if not event.raw]
    for (turn, event), again in zip(recorded, talk.done.outcomes, strict=True):
        if event.outcome.outcome == "fault" or again.outcome == "fault":
            return failed(
                "replay", "environment", Finding(turn=turn, text=f"{event.call.name}: the tool was out of order")
            )
        if not _same_text(event.outcome.observed(), again.observed()):
            now, then = _short(again.observed()), _short(event.outcome.observed())
            text = f"{event.call.name} shows {now} now, the course says {then}"
            return failed("replay", "environment", Finding(turn=turn, text=text))
        wrote = talk.world.specs[event.call.name].writes if event.call.name in talk.world.specs else False
        if event.writes != wrote or isinstance(event.outcome, Result) != isinstance(again, Result):
            return failed("replay", "environment", Finding(turn=turn, text=f"{event.call.name} is recorded wrongly"))
    return passed("replay", Finding(turn=None, text=f"{len(recorded)} calls"))


def _same_text(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON text, keys sorted: 1 is neither 1.0 nor true."""
    return one == other and (repr(one) == repr(other) or compact(one) == compact(other))


def _short(value: Json) -> str:
    text = compact(value)
    return text if len(text) <= 120 else f"{text[:117]}..."  # noqa: PLR2004 - one line
