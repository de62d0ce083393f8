"""A task for reading: what the person has in mind, what they know, the calls that solve it, what these change."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from apigen_mt.terminal import shortened, visible
from blueprints.blueprint import Blueprint
from tools_env.calls import Call
from tools_env.disturbances import Mishap
from tools_env.state import plain

WIDTH = 110
VALUE = 200
MISHAPS: dict[Mishap, str] = {
    "transient": "the tool is out of order once",
    "empty": "the list is shown empty once",
    "gone": "what looked possible has gone",
}
TIERS = {"volunteer": "told unasked", "if_asked": "told if asked", "unknown": "not known"}


def show_task(task: Blueprint) -> str:
    """The task as plain text, in which nothing can steer a terminal."""
    head = [task.domain, task.snapshot, task.kind, *task.operators, *(f"clause {clause}" for clause in task.clauses)]
    lines = [task.id, ", ".join(head), "", "task", *_wrapped(task.instruction)]
    lines += _part("persona", [task.persona] if task.persona else [])
    lines += _part("raised", [f"{stage.say} ({stage.wants})" for stage in task.stages])
    lines += _part("known", list(_known(task)))
    lines += _part("calls that solve it", [_call(call) for call in task.actions])
    lines += _part("on the way", [f"call {one.at} of {one.tool}: {MISHAPS[one.kind]}" for one in task.disturbances])
    lines += _part("to be told", [f"{output.label}: {plain(output.value)}" for output in task.outputs])
    if task.evidence is not None:
        why = f"{task.evidence.label} is {plain(task.evidence.because.value)} ({task.evidence.because.path})"
        lines += _part("to be refused", [f"{_call(task.evidence.forbidden)}: clause {task.evidence.clause}, for {why}"])
    lines += _part("not given to the agent", task.withheld)
    lines += _part("must hold in the end", [a.message or _call(a.call) for a in task.assertions])
    changes = [f"{path}: {plain(c.before)} → {plain(c.after)}" for path, c in task.diff.items()]
    lines += _part("change of state", changes or ["nothing changes"])
    made = f"{task.provenance.mode}, by {task.provenance.author}, {task.provenance.reviewed}"
    return "\n".join(visible(line) for line in [*lines, *_part("made", [made])])


def _known(task: Blueprint) -> Iterator[str]:
    for name, known in task.known.items():
        value = known.phrase or "-" if known.value is None else plain(known.value)
        yield f"{known.label} ({name}): {value}, {TIERS[known.disclose]}"


def _call(call: Call) -> str:
    told = ", ".join(f"{name}={plain(value)}" for name, value in call.arguments.items())
    return f"{'' if call.actor == 'agent' else f'{call.actor}: '}{call.name}({told})"


def _part(title: str, texts: Sequence[str]) -> list[str]:
    """A titled part; nothing where there is nothing to say."""
    return ["", title, *(f"    {shortened(text, 4 * VALUE)}" for text in texts)] if texts else []


def _wrapped(text: str) -> Iterator[str]:
    for paragraph in visible(text).split("\n"):
        yield from (f"    {line}" for line in wrap(paragraph, WIDTH) or [""])
