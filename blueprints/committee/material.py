"""Material: all that a reviewer is shown of a task, marked line by line as something to judge and never to obey."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Template

from blueprints.author import kept_back, said, said_first
from blueprints.blueprint import Blueprint, Known, Output, Stage
from blueprints.solution import solved
from tools_env.calls import Call
from tools_env.mentions import spoken
from tools_env.port import World
from tools_env.state import Change, Diff
from tools_env.values import Json, Part, compact, leaves

ROOM = 2000
"""Characters up to which a result is shown in full; the longest of the shipped domains stay below."""

WANTS = {
    "change": "wants a change",
    "answer": "wants an answer",
    "refusal": "wants something that must be refused",
    "missing": "wants something for which the agent is given no tool",
}
HOW = {"volunteer": "says it unasked", "if_asked": "says it when asked", "unknown": "does not know its id"}


class Question(Part):
    """A prompt, and what it is about."""

    prompt: str
    subject: str

    def again(self, reason: str) -> "Question":
        """The same question after an answer that could not be used."""
        note = "An earlier answer to this could not be used; this time answer in exactly the form asked for. It was:"
        return self.model_copy(update={"prompt": f"{self.prompt.rstrip()}\n\n{note}\n{quoted(reason)}\n"})


def question(blueprint: Blueprint, world: World, subject: str = "") -> Question:
    """What a reviewer is asked about a blueprint; the subject is its substance unless another is given."""
    done = solved(blueprint, world, hashed=False)
    calls = zip(blueprint.actions, (o.observed() for o in done.outcomes), strict=True)
    wanted = _wanted(blueprint)
    parts = {
        "policy": quoted(world.brief(blueprint.snapshot).policy),
        "tools": quoted("\n".join(_tools(blueprint, world))),
        "task": quoted("\n".join(task(blueprint))),
        "calls": quoted("\n".join(_call(n, c, shown, wanted) for n, (c, shown) in enumerate(calls, 1))),
        "change": quoted("\n".join(_outcome(blueprint))),
        "outputs": quoted("\n".join(_heard(blueprint))),
    }
    return Question(prompt=filled("reviewer.md", parts), subject=subject or blueprint.substance())


def filled(name: str, parts: Mapping[str, str]) -> str:
    """A prompt with its blanks filled; a part too many or too few is an error."""
    template = Template(files("blueprints.prompts").joinpath(name).read_text(encoding="utf-8"))
    blanks = set(template.get_identifiers())
    if blanks != parts.keys():
        raise ValueError(f"{name} and its parts differ in {', '.join(sorted(blanks ^ parts.keys()))}")
    return template.substitute(parts)


def quoted(text: str) -> str:
    """A text with `>` before each of its lines, whatever they hold, so that none can pass for ours."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines() or ["(none)"])


def task(blueprint: Blueprint) -> Iterator[str]:
    """The task as the person has it in mind: instruction, wishes in order, and what they know."""
    if blueprint.persona:
        yield f"Persona: {flat(blueprint.persona)}"
    yield f"Told to the person: {flat(blueprint.instruction)}"
    yield "Their wishes, each as they first put it:"
    for number, stage in enumerate(blueprint.stages, 1):
        yield from _wish(number, stage)
    yield "What they know:"
    yield from (f"- {_fact(blueprint, known)}" for known in blueprint.known.values() if not known.field)


def _wish(number: int, stage: Stage) -> Iterator[str]:
    yield f"{number}. ({WANTS[stage.wants]}) {flat(stage.say)}"
    if stage.condition is not None:
        found, call = "so it is" if stage.condition.holds else "it is not so", stage.condition.source_call + 1
        yield f"   It hangs on this: {flat(stage.condition.text)}. Call {call} shows: {found}."
    if stage.change:
        yield f"   Asked to confirm, they change their mind: {flat(stage.change)}"


def _fact(blueprint: Blueprint, known: Known) -> str:
    wish = f", for wish {known.stage + 1}" if known.about and len(blueprint.stages) > 1 else ""
    if known.disclose != "unknown":
        first = "" if known.at_first is None else f"; at first they say {said_first(known)}"
        return flat(f"{known.label}{wish}: {said(known)} ({HOW[known.disclose]}{first})")
    held = f'; until asked they say "{known.vague}"' if known.vague and kept_back(blueprint, known) else ""
    return flat(f'{known.label}{wish}: called "{known.phrase}" ({HOW["unknown"]}{held})')


def _tools(blueprint: Blueprint, world: World) -> Iterator[str]:
    calls = [*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])]
    for name in dict.fromkeys(c.name for c in calls):
        spec = world.specs.get(name)
        kind = "changes" if spec and spec.writes else "reads"
        yield flat(f"{name} ({kind}): {spec.description}" if spec else f"{name}: there is no such tool")
    for name in blueprint.withheld:
        yield f"{name}: not given to the agent"


def _call(number: int, call: Call, shown: Json, wanted: frozenset[str]) -> str:
    by = " (called by the person)" if call.actor == "human" else ""
    return f"{number}. {_written(call)}{by}\n   shows {shortened(shown, wanted)}"


def _written(call: Call) -> str:
    return f"{call.name}({', '.join(f'{n}={compact(v)}' for n, v in call.arguments.items())})"


def shortened(value: Json, wanted: frozenset[str], room: int = ROOM) -> str:
    """A result as text; a long one keeps of each list what the task is about, and says what was left out."""
    whole = compact(value)
    if len(whole) <= room:
        return whole
    less = compact(_less(value, wanted))
    return less if len(less) <= room else f"{less[:room]} … (cut here)"


def _less(value: Json, wanted: frozenset[str]) -> Json:
    if isinstance(value, dict):
        return {name: _less(one, wanted) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    kept: list[Json] = [_less(one, wanted) for one in value if any(str(leaf) in wanted for leaf in leaves(one))]
    left = len(value) - len(kept)
    return [*kept, f"… {left} more left out"] if left else kept


def _wanted(blueprint: Blueprint) -> frozenset[str]:
    """Ids and values that tell which records a task is about."""
    found = [leaf for call in blueprint.actions for leaf in leaves(dict(call.arguments))]
    found += [leaf for output in blueprint.outputs for leaf in leaves(output.value)]
    found += [part for path in blueprint.diff for part in path.split("/")[1:2]]
    if blueprint.evidence:
        found += [*leaves(dict(blueprint.evidence.forbidden.arguments)), *blueprint.evidence.because.path.split("/")]
    return frozenset(str(one) for one in found if not isinstance(one, bool) and one not in {None, ""})


def _outcome(blueprint: Blueprint) -> Iterator[str]:
    if blueprint.any_diff:
        yield "Any final state is right in which the following holds."
    else:
        yield from changes(blueprint.diff)
        yield from (
            f"Of this, {edit.path} changes by itself when {one.tool} is first tried, which is then refused."
            for one in blueprint.disturbances
            for edit in one.edits
        )
    for one in blueprint.assertions:
        yield flat(one.message or f"{_written(one.call)} shows {compact(one.value)}")


def changes(diff: Diff) -> Iterator[str]:
    """A diff in lines that a person can read."""
    if not diff:
        yield "Nothing is changed."
    for path, change in diff.items():
        table, key, *name = path.split("/", 2)
        yield f"{table} {key}: {_change(change, name)}"


def _change(change: Change, name: list[str]) -> str:
    before, after = shortened(change.before, frozenset()), shortened(change.after, frozenset())
    also = "".join(f" or {compact(other)}" for other in change.any_of)
    if name:
        return f"{name[0]} was {before}, becomes {after}{also}"
    if change.before is None:
        return f"new record {after}{also}"
    return f"removed, was {before}" if change.after is None else f"was {before}, becomes {after}{also}"


def _heard(blueprint: Blueprint) -> Iterator[str]:
    yield from map(_output, blueprint.outputs)
    found = blueprint.evidence
    if found is not None:
        value, instead = (spoken(v, found.meaning) for v in (found.because.value, found.because.instead))
        yield f"A refusal: {_written(found.forbidden)} must not be carried out."
        yield f"Clause {found.clause} forbids it, as the {found.label} is {value}; with {instead} it would be right."
        yield f"The person must be told that the {found.label} is {value}."
    if any(stage.wants == "missing" for stage in blueprint.stages):
        yield "That what they want cannot be done here, for want of a tool."


def _output(output: Output) -> str:
    worked = f"worked out: {output.how} over {', '.join(output.of)}" if output.how else "not from one call"
    source = f" ({worked})" if output.source_call is None else f" (from call {output.source_call + 1})"
    unit = f" {output.unit}" if output.unit and output.meaning.kind != "amount" else ""
    return f"{output.label}: {spoken(output.value, output.meaning)}{unit}{source}"


def flat(text: str) -> str:
    """A text on one line, so that it cannot lay itself out like the material around it."""
    return " ".join(text.split())
