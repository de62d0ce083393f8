"""Wishes beside each other while a goal is made: which go together, and which would give another away or undo it."""

from collections.abc import Iterator, Mapping

from blueprints.binding import Bound
from blueprints.goal import Answer, Goal, Intent, Total
from blueprints.goals import Pick
from blueprints.wording import NAMES
from tools_env.mentions import mentions
from tools_env.state import Diff
from tools_env.tool import ToolSpec
from tools_env.values import Json, same

UNDOING = frozenset({"cancel", "withdraw", "remove", "delete", "revoke", "undo"})
"""Words in the names of tools that people ask for when they no longer want a thing."""


def clear(goal: Goal, intent: Intent, more: Mapping[str, list[Pick]] | None = None) -> bool:
    """Whether an intent goes with the others: nothing is asked twice, and nobody's words give an answer away."""
    mine = _subject(intent)
    if mine is not None and any(_subject(i) == mine for i in goal.intents):
        return False
    intents = [*goal.intents, intent]
    values = [(i.answer.value, i.answer.meaning) for i in intents if i.answer is not None]
    if not values:
        return True
    picks = [p for i in intents for p in _picks(i)] + [p for ps in (more or {}).values() for p in ps]
    texts = [p.phrase for p in picks] + [i.other.text for i in intents if i.other]
    given = [c.value for i in intents if i.bound for c in i.bound.choices.values()]
    given += [v for i in intents for index in goal.knowledge.closure(i.calls)
              for v in goal.knowledge.log[index].call.arguments.values()]  # fmt: skip
    return not any(any(mentions(t, v, m) for t in texts) or any(same(g, v, m) for g in given) for v, m in values)


def _subject(intent: Intent) -> tuple[str, str] | None:
    match intent.answer:
        case Answer(pick=pick, field=field):
            return pick.referent.id, field
        case Total(field=field):
            return "", field
    return None


def _picks(intent: Intent) -> Iterator[Pick]:
    for picks in intent.picks.values():
        yield from picks
    if isinstance(intent.answer, Answer):
        yield intent.answer.pick


def told_apart(goal: Goal, intent: Intent) -> bool:
    """Whether an intent's words and its answer do not hang on the field that decides the refusal: the twin has another
    value there, and who was asked for it has told it already.
    """
    denial = goal.denial
    if denial is None:
        return False
    used = {a.field for p in _picks(intent) for a in p.attributes}
    used |= {p.superlative.field for p in _picks(intent) if p.superlative}
    used |= {intent.hinge.field} if intent.hinge else set()
    answer = intent.answer
    if answer is not None:
        used |= {answer.field} if isinstance(answer, Answer | Total) else set()
        if same(answer.value, denial.because.value, denial.meaning):
            return False
    texts = (p.phrase for p in _picks(intent))
    return denial.field not in used and not any(mentions(t, denial.because.value, denial.meaning) for t in texts)


def takes_back(goal: Goal, spec: ToolSpec, before: Diff, after: Diff) -> bool:
    """Whether a write, which led from one change of state to another, takes back what an earlier wish of the talk was
    about: it cancels or withdraws what was changed or made before; a field that was changed before gets another value,
    unless it is a number, which may add up; a record that was made before loses a value that the person gave for it.
    """
    undone = UNDOING & {*spec.name.split("_")}
    if undone and {_record(p) for p in before} & {_record(p) for p in after if after[p] != before.get(p)}:
        return True
    for path, change in before.items():
        now = after[path].after
        if now == change.after:
            continue
        if path.count("/") > 1 or not (isinstance(now, dict) and isinstance(change.after, dict)):
            if not isinstance(now, int | float) or isinstance(now, bool):
                return True
        elif any(now.get(name) != value and _given(goal, value) for name, value in change.after.items()):
            return True
    return False


def spoken_of(goal: Goal, bound: Bound) -> bool:
    """Whether a call is about what an earlier wish has changed, the person's own record aside, or takes the name
    by which an earlier wish has called a record: nobody renews a loan and borrows the same book.
    """
    names = [a.value for i in goal.intents for p in _picks(i) for a in p.attributes if a.field in NAMES]
    if any(c.value in names for c in bound.choices.values() if c.param.meaning.kind != "identifier"):
        return True
    changed = {_record(path) for path in goal.knowledge.session.diff()}
    choices = (c for c in bound.choices.values() if not c.param.personal)
    return any(f"{r.table}/{r.id}" in changed for c in choices for r in c.referents)


def _record(path: str) -> str:
    return "/".join(path.split("/")[:2])


def _given(goal: Goal, value: Json) -> bool:
    """Whether the person gave a value for a change: text or a date, for small numbers stand for many things."""
    return isinstance(value, str) and any(
        c.value == value for i in goal.intents if i.bound and i.wants == "change" for c in i.bound.choices.values()
    )
