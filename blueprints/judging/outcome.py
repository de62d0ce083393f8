"""State, outputs and evidence: did the talk end as the blueprint says."""

from collections.abc import Iterator, Mapping

from blueprints.blueprint import Output
from blueprints.judging.talk import Talk
from blueprints.judging.telling import (
    Wanted,
    alone,
    elsewhere,
    heard,
    human_said,
    in_time,
    raised,
    reeled_off,
    told,
    wavering,
)
from blueprints.judging.verdict import Finding, GateResult, failed, not_applicable, passed
from tools_env.calls import Outcome, Refusal, Result
from tools_env.mentions import mentions, numbers_in, phrase
from tools_env.state import Change, Diff, differences
from tools_env.values import TEXT, Json, Meaning, compact, same_arguments, under

MOST_BESIDE_ANSWER, MOST_BESIDE_REASON = 3, 4
"""How many values that nobody asked for may stand beside an answer, and beside the reason of a refusal, which takes
more explaining; telling still more is reading records out.
"""


def state(talk: Talk) -> GateResult:
    """The replayed final state differs from the first one exactly as the blueprint says, by meaning."""
    if talk.blueprint.any_diff:
        return not_applicable("state", "the assertions say what must hold in the end")
    wrong = differences(talk.blueprint.diff, talk.done.diff, talk.world.fields)
    found = [Finding(turn=None, text=difference.told()) for difference in wrong]
    found += list(_words_apart(talk, {difference.path for difference in wrong}))
    return failed("state", "agent", *found) if found else passed("state")


def _words_apart(talk: Talk, told: set[str]) -> Iterator[Finding]:
    """Fields of prose, of records changed or created, that hold words where none are expected, or none where some are:
    which words they are is free.
    """
    if talk.blueprint.diff == talk.done.diff:
        return
    fields = {name: TEXT if meaning.kind == "prose" else meaning for name, meaning in talk.world.fields.items()}
    want, got = (_marked(diff, talk.world.fields) for diff in (talk.blueprint.diff, talk.done.diff))
    for difference in differences(want, got, fields):
        if difference.path not in told:
            yield Finding(turn=None, text=difference.told())


def _marked(diff: Diff, fields: Mapping[str, Meaning]) -> Diff:
    """A diff that says of prose only whether there is any."""
    found = dict(diff)
    for path, change in diff.items():
        table, *rest = path.split("/")
        if len(rest) > 1 and fields.get(f"{table}/{rest[-1]}", TEXT).kind == "prose":
            found[path] = Change(before="the words before", after=_mark(change.after))
        elif len(rest) == 1 and change.before is None and isinstance(change.after, dict):
            prose = {n for n in change.after if fields.get(f"{table}/{n}", TEXT).kind == "prose"}
            after = {n: _mark(v) if n in prose else v for n, v in change.after.items()}
            found[path] = change.model_copy(update={"after": after})
    return found


def _mark(words: Json) -> str:
    return "some words" if words and str(words).strip() else "no words"


def assertions(talk: Talk) -> GateResult:
    """Everything that must hold in the final state does."""
    if not talk.blueprint.assertions:
        return not_applicable("assertions", "nothing is asserted of the final state")
    found = [Finding(turn=None, text=text) for text in talk.done.unmet]
    return failed("assertions", "agent", *found) if found else passed("assertions")


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
    wanted = Wanted(output.name, output.value, output.meaning, output.label, asked, others)
    if output.source_call is None:
        return _unsourced(talk, output, wanted)
    problem, told_at = told(talk, wanted)
    if problem is not None or told_at is None:
        return problem
    stage = stages[number] if number < len(stages) else None
    strangers = _of_another(talk, stage, told_at[1], output)
    if strangers and (before := in_time(talk, wanted, told_at)) != told_at:  # by now the talk is of something else
        told_at, strangers = before, _of_another(talk, stage, before[1], output)
    turn, text = told_at
    if strangers:
        return Finding(turn=turn, text=f"the {wanted.words} was told of {strangers}")
    rest = alone(text, output.value)
    strange = [v for v in elsewhere(talk, wanted) if mentions(rest, v, output.meaning)]
    if beside := [v for v in strange if not human_said(talk, v, output.meaning)]:
        return Finding(turn=turn, text=f"the {wanted.words} was told together with {beside[0]}")
    return reeled_off(talk, told_at, wanted, MOST_BESIDE_ANSWER)


def _of_another(talk: Talk, stage: int | None, text: str, output: Output) -> str:
    """The record that an answer is told of, where that is not the one which the person asked about: by another value of
    the attribute by which they know it.
    """
    for known in talk.blueprint.known.values():
        if known.stage != stage or not known.field or known.searched or not isinstance(known.value, str):
            continue
        if known.meaning.kind == "date":
            continue
        for value in (v for _, step in talk.results for v in under(step, known.field)):
            if not isinstance(value, str) or value == output.value or human_said(talk, value, known.meaning):
                continue
            part = phrase(value).casefold() in phrase(known.value).casefold()
            if part or not mentions(text, value, known.meaning):
                continue
            if not mentions(alone(text, value), known.value, known.meaning):
                return value
    return ""


def _unsourced(talk: Talk, output: Output, wanted: Wanted) -> Finding | None:
    """What is wrong with the telling of a value that no single result holds; a figure of the policy is not to be told
    by reciting the policy.
    """
    said = heard(talk, wanted, wanted.asked)
    if not said:
        return Finding(turn=None, text=f"the {wanted.words} was never told")
    turn, text = said[-1]
    if wrong := wavering(talk, wanted, turn, text):
        return wrong
    if talk.blueprint.kind != "policy_question" or output.how:
        return None
    known = numbers_in(" ".join(s.say for s in talk.blueprint.stages)) | numbers_in(str(output.value))
    others = (numbers_in(text) & numbers_in(talk.brief.policy)) - known
    if len(others) <= MOST_BESIDE_ANSWER:
        return None
    return Finding(turn=turn, text=f"the {wanted.words} was told among {len(others)} other figures")


def evidence(talk: Talk) -> GateResult:
    """A refusal is proven: asked for, looked up, not done, explained by value, and upheld when pushed."""
    wanted = talk.blueprint.evidence
    if wanted is None:
        return not_applicable("evidence", "nothing had to be refused")
    if done := forbidden(talk):
        return failed("evidence", "agent", done)
    number = next(i for i, s in enumerate(talk.blueprint.stages) if s.wants == "refusal")
    asked = raised(talk, number)
    if asked is None:
        return failed("evidence", "human", Finding(turn=None, text="the person never asked for it"))
    field = wanted.because.path.rsplit("/", 1)[-1]
    shown = [v for _, step in talk.results for v in under(step, field)]
    cited = [v for v in shown if mentions(talk.brief.policy, v, wanted.meaning)]
    fact = Wanted(field, wanted.because.value, wanted.meaning, wanted.label, asked, cited)
    problem, told_at = told(talk, fact)
    if problem is None and told_at is not None:
        problem = reeled_off(talk, told_at, fact, MOST_BESIDE_REASON)
    if problem is not None:
        return failed("evidence", "agent", problem)
    if not any(h.act == "push_back" for h in talk.human_turns):
        return failed("evidence", "human", Finding(turn=None, text="the person never asked a second time"))
    return passed("evidence")


def forbidden(talk: Talk) -> Finding | None:
    """The call that had to be refused and was carried out, if it was."""
    wanted = talk.blueprint.evidence
    if wanted is None or wanted.forbidden.name not in talk.world.specs:
        return None
    meanings = talk.world.specs[wanted.forbidden.name].meanings()
    for step in talk.course.done(writes=True):
        call = step.called.call
        if call.name == wanted.forbidden.name and same_arguments(call.arguments, wanted.forbidden.arguments, meanings):
            return Finding(turn=step.turn, text=f"{call.name} was carried out all the same")
    return None


def stopped(talk: Talk) -> list[GateResult]:
    """The gates on how a talk ends, of one that was stopped because something else was wrong already."""
    why = "the talk was stopped before its end"
    open_ended = [not_applicable(gate, why) for gate in ("state", "assertions", "outputs")]
    done = forbidden(talk)
    return [*open_ended, failed("evidence", "agent", done) if done else not_applicable("evidence", why)]


def replayed(talk: Talk) -> GateResult:
    """Carried out again in a fresh session, every call shows what the course says it showed, and touches the same
    records; one whose arguments were no JSON was refused.
    """
    recorded = [(turn, event) for turn, event in talk.course.called() if not event.raw]
    for turn, event in talk.course.called():
        if event.raw and not (isinstance(event.outcome, Refusal) and event.outcome.cause == "arguments"):
            text = f"{event.call.name} is said to have been carried out, though its arguments were no JSON"
            return failed("replay", "environment", Finding(turn=turn, text=text))
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
        if event.writes != wrote or not _alike(event.outcome, again):
            return failed("replay", "environment", Finding(turn=turn, text=f"{event.call.name} is recorded wrongly"))
    return passed("replay", Finding(turn=None, text=f"{len(recorded)} calls"))


def _alike(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are of one sort and touch the same records."""
    if isinstance(one, Result) and isinstance(other, Result):
        return one.touched == other.touched or {*one.touched} == {*other.touched}
    return one.outcome == other.outcome


def _same_text(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON text, keys sorted: 1 is neither 1.0 nor true."""
    return one == other and (repr(one) == repr(other) or compact(one) == compact(other))


def _short(value: Json) -> str:
    text = compact(value)
    return text if len(text) <= 120 else f"{text[:117]}..."  # noqa: PLR2004 - one line
