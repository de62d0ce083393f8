"""Talks and domains for reading in a terminal, as text with rich's markup; nothing in the data can act as markup."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from apigen_mt.messages import tool_text
from apigen_mt.show_task import MISHAPS
from apigen_mt.terminal import one_line, shortened, visible
from apigen_mt.trajectory import Quarantine, Row
from blueprints.judging.judge import carried_out
from blueprints.judging.verdict import GateResult
from tools_env.calls import Call, Fault, Outcome, Refusal
from tools_env.course import Called, Event
from tools_env.disturbances import Pending
from tools_env.graph import api_graph
from tools_env.policy import clauses_of
from tools_env.port import World
from tools_env.state import Diff, comparable, differences
from tools_env.tool import ToolSpec
from tools_env.values import Json, compact

WIDTH = 110
RESULT = 200
ARGUMENT = 60
_MARKS = {"pass": "[green]pass[/green]", "fail": "[bold red]FAIL[/bold red]", "not_applicable": "[dim]-   [/dim]"}


def show_row(row: Row, world: World | None = None) -> str:
    """A talk with its task, verdict and change of state, for `rich` to print.

    With its `world` the change is found by carrying the calls out again; without, the verdict tells where it differs.
    """
    blueprint = row.blueprint
    parts = [
        *_head(row),
        "",
        _title("task"),
        *_wrapped(blueprint.instruction),
        "",
        _title("talk"),
        *_talk(row),
        "",
        _title("gates"),
        *(line for gate in row.verdict.gates for line in _gate(gate)),
        "",
        _title("change of state"),
        *_change(row, world),
    ]
    return "\n".join(parts)


def show_quarantine(found: Quarantine) -> str:
    """Why a blueprint is suspect, with the state on which its attempts agree, for `rich` to print."""
    attempts = ", ".join(str(number) for number in found.attempts)
    head = f"[bold red]quarantined[/bold red]: {_safe(found.reason)} (attempts {attempts})"
    return "\n".join([head, *_changes(found.diff, "they agree ")])


def show_domain(world: World, snapshot: str = "") -> str:
    """Tools, policy with what upholds each clause, and the API graph of a domain, for `rich` to print."""
    snapshot = snapshot or world.snapshots(1)[0]
    brief = world.brief(snapshot)
    told = clauses_of(brief.policy)
    parts = [
        f"[bold]{_safe(world.name)}[/bold]  {_safe(snapshot)}, {brief.now.isoformat()}, {len(brief.people)} people",
        f"[dim]digest {_safe(world.digest)}[/dim]",
        "",
        _title("tools"),
        *(line for spec in world.specs.values() for line in _tool(spec)),
        "",
        _title("policy"),
    ]
    if any(clause.number not in told for clause in world.clauses):
        parts += [*(line for text in brief.policy.splitlines() for line in _wrapped(text)), "", _title("rules")]
    for clause in world.clauses:
        parts += _wrapped(f"{clause.number}  {told.get(clause.number, clause.text)}")
        parts.append(f"      [dim]upheld by {_safe(', '.join(clause.by))}[/dim]")
    return "\n".join([*parts, "", _title("API graph"), *_graph(world)])


def _head(row: Row) -> Iterator[str]:
    blueprint, verdict = row.blueprint, row.verdict
    yield f"[bold]{_safe(row.id)}[/bold]"
    marks = [blueprint.domain, blueprint.snapshot, blueprint.kind, *blueprint.operators]
    yield _safe(", ".join(marks))
    cast = (("author", row.cast.author), ("human", row.cast.human), ("agent", row.cast.agent))
    yield _safe("cast: " + ", ".join(f"{name} {role.model or role.source}" for name, role in cast))
    why = f" ({row.ended_by})" if row.ended_by else ""
    result = "[green]verified[/green]" if verdict.ok else f"[bold red]failed, fault of the {verdict.fault}[/bold red]"
    result = f"[bold red]rejected by judge {_safe(row.rejected_by)}[/bold red]" if row.rejected_by else result
    yield f"ended by {_safe(verdict.end_reason.replace('_', ' ') + why)}: {result}"
    for opinion in row.opinions:
        yield _safe(f"judge {opinion.judge}: {'sound' if opinion.sound else 'not sound'}, {one_line(opinion.reason)}")


def _talk(row: Row) -> Iterator[str]:
    """What was said and called; calls that met a mishap which was in store for them are told as such."""
    pending = Pending(row.blueprint.disturbances)
    for event in row.course.events:
        yield from _event(event)
        if isinstance(event, Called) and not event.raw:
            yield from (f"       [yellow]in store: {MISHAPS[kind]}[/yellow]" for kind in pending.met(event.call))


def _event(event: Event) -> Iterator[str]:
    if isinstance(event, Called):
        yield f"    [yellow]-> {_safe(_call(event.call))}[/yellow]"
        if event.promoted:
            yield "       [dim]written as text, taken for a call[/dim]"
        if event.raw:
            yield f"       [red]as written: {_safe(shortened(event.raw, RESULT))}[/red]"
        yield f"    {_outcome(event.outcome)}"
        return
    colour = "cyan" if event.speaker == "human" else "magenta"
    beside = " [dim](beside calls, not shown to the human)[/dim]" if event.batch is not None else ""
    yield f"  [bold {colour}]{event.speaker}[/bold {colour}]{beside}"
    yield from _wrapped(event.text)


def _call(call: Call) -> str:
    told = ", ".join(f"{one_line(n)}={shortened(compact(v), ARGUMENT)}" for n, v in call.arguments.items())
    return f"{'' if call.actor == 'agent' else f'{call.actor}: '}{one_line(call.name)}({told})"


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Refusal():
            clause = f" [clause {outcome.clause}]" if outcome.clause else ""
            return f"[red]<- refused{_safe(clause)}: {_safe(shortened(outcome.reason, RESULT))}[/red]"
        case Fault():
            return f"[bold red]<- fault: {_safe(shortened(outcome.reason, RESULT))}[/bold red]"
    return f"[dim]<- {_safe(shortened(tool_text(outcome), RESULT))}[/dim]"


def _gate(gate: GateResult) -> Iterator[str]:
    first = gate.evidence[0].text if gate.status == "not_applicable" and gate.evidence else ""
    fault = f" (fault of the {gate.fault})" if gate.fault else ""
    why = f": [dim]{_safe(one_line(first))}[/dim]" if first else ""
    yield f"  {_MARKS[gate.status]} {_safe(gate.gate)}{fault}{why}"
    if gate.status == "fail":
        for finding in gate.evidence:
            place = "" if finding.turn is None else f"event {finding.turn}: "
            yield f"         {_safe(place + one_line(finding.text))}"


def _change(row: Row, world: World | None) -> Iterator[str]:
    expected = row.blueprint.diff
    if row.blueprint.any_diff:
        yield "  any change will do with which the assertions hold"
        return
    if world is None or world.digest != row.blueprint.digest:
        state = next((g for g in row.verdict.gates if g.gate == "state"), None)
        yield from _changes(expected, "expected ") if expected else ["  nothing is expected to change"]
        if state is not None and state.status == "pass":
            yield "  [green]found as expected[/green]"
        elif state is not None:
            yield from (f"  [red]{_safe(one_line(f.text))}[/red]" for f in state.evidence)
        return
    found = carried_out(row.blueprint, row.course, world).diff
    wrong = differences(expected, found, world.fields)
    if not wrong:
        yield from _changes(found, "as expected ") if found else ["  nothing changes, as expected"]
        return
    yield from (f"  [red]{_safe(shortened(one.told(), 4 * RESULT))}[/red]" for one in wrong)
    apart = {one.path for one in wrong}
    right = {path: change for path, change in comparable(found, world.fields).items() if path not in apart}
    yield from _changes(right, "as expected ")


def _changes(diff: Diff, lead: str) -> Iterator[str]:
    for path, change in diff.items():
        before, after = (_value(v) for v in (change.before, change.after))
        yield f"  {lead}{_safe(one_line(path))}: {_safe(before)} -> {_safe(after)}"


def _value(value: Json) -> str:
    return "nothing" if value is None else shortened(compact(value), RESULT)


def _tool(spec: ToolSpec) -> Iterator[str]:
    kind = "[yellow]writes[/yellow]" if spec.writes else "[green]reads[/green] "
    clauses = f" [dim](clause {_safe(', '.join(spec.clauses))})[/dim]" if spec.clauses else ""
    yield f"  {kind} [bold]{_safe(spec.name)}[/bold]{clauses}  {_safe(one_line(spec.description))}"
    for param in spec.params:
        notes = [param.meaning.kind + (f" of {param.meaning.of}" if param.meaning.of else "")]
        notes += (["list"] if param.many else []) + ([] if param.required else ["optional"])
        choices = f" One of: {', '.join(param.choices)}." if param.choices else ""
        told = f"{param.name} ({', '.join(notes)}): {one_line(param.description)}{choices}"
        yield f"           {_safe(told)}"


def _graph(world: World) -> Iterator[str]:
    graph = api_graph(world)
    yield f"  {graph.number_of_nodes()} tools, {graph.number_of_edges()} edges (what one shows, the other can take)"
    for source in graph:
        fed: Mapping[str, Mapping[str, list[str]]] = graph[source]
        if fed:
            told = ", ".join(f"{target} ({', '.join(edge['feeds'])})" for target, edge in fed.items())
            yield from _wrapped(f"{source} -> {told}", indent="  ")


def _title(text: str) -> str:
    return f"[bold underline]{text}[/bold underline]"


def _wrapped(text: str, indent: str = "    ") -> Iterator[str]:
    """Visible text in lines of the terminal's width, its own line ends kept, so that it cannot pose as ours."""
    for paragraph in visible(text).split("\n"):
        for line in wrap(paragraph, WIDTH - len(indent)) or [""]:
            yield indent + _safe(f"{line} ")[:-1]  # a backslash at the end would be doubled, to keep it off a tag


def _safe(text: str) -> str:
    """Text that prints as it is: no terminal codes, no markup."""
    from rich.markup import escape

    return escape(visible(text))
