"""Why a refusal is right: the proposed call is tried, and what refuses it is taken down as evidence."""

from dataclasses import dataclass

from blueprints.blueprint import Evidence, Rejected
from blueprints.drafted.played import Played, shown
from blueprints.goal import twin_setup
from blueprints.wording import asked_label
from tools_env.calls import Because, Call, Refusal, Result
from tools_env.replay import replay
from tools_env.values import TEXT, same

FIELD = 3
"""How many parts the path of a field has: table, id, field."""


@dataclass(frozen=True, slots=True)
class _Denied:
    """The clause that forbids a call, and the fact that decides it."""

    clause: str
    because: Because


def evidence_of(played: Played, forbidden: Call) -> Evidence | Rejected:
    """What proves that a call must be refused; why there is no proof where it is allowed, or nothing shows the fact."""
    found = _denied(played, forbidden)
    if isinstance(found, Rejected):
        return found
    parts = found.because.path.split("/", 2)
    if len(parts) != FIELD:
        return _unproven(forbidden, f"clause {found.clause} forbids it, but no single field decides that")
    _, key, name = parts
    held = ((r, r.attribute(name)) for r in played.seen if r.id == key)
    seen = next(((r, a) for r, a in held if a is not None and same(a.value, found.because.value)), None)
    if seen is None:
        return _unproven(
            forbidden, f"no call before it shows the {asked_label(name, TEXT)} that decides: read it first"
        )
    record, attribute = seen
    return Evidence(
        clause=found.clause,
        because=found.because,
        label=asked_label(name, attribute.meaning),
        meaning=attribute.meaning,
        source_call=record.source,
        forbidden=forbidden,
        argument=next((n for n, v in forbidden.arguments.items() if v == key), ""),
        twin=twin_setup(found.because),
    )


def _denied(played: Played, forbidden: Call) -> _Denied | Rejected:
    context = played.context
    tried = replay(context.world, context.snapshot, (), (*played.actions, forbidden))
    last = tried.outcomes[-1]
    if isinstance(last, Result):
        broken = [b for b in tried.breaches if b not in played.done.breaches]
        if not broken:
            return _unproven(forbidden, "it is allowed, no rule forbids it: let the matter want the change, or ask for "
                             "something that a clause forbids")  # fmt: skip
        if len({b.clause for b in broken}) > 1:
            told = ", ".join(sorted({b.clause for b in broken}))
            return _unproven(forbidden, f"it breaks clauses {told} at once: break one only")
        clause, because = broken[0].clause, broken[0].because
    elif isinstance(last, Refusal) and last.cause == "policy":
        clause, because = last.clause or "", last.because
    else:
        why = last.reason if isinstance(last, Refusal) else "the tool is out of order"
        reason = f"{shown(forbidden)} is refused, but by no rule: {why} Take ids and values from the records above"
        return Rejected(stage="execution", reason=reason)
    if because is None or not clause:
        return _unproven(forbidden, f"clause {clause} forbids it, but no single fact of a record decides that")
    return _Denied(clause, because)


def _unproven(forbidden: Call, reason: str) -> Rejected:
    return Rejected(stage="evidence", reason=f"{shown(forbidden)} cannot stand as refused: {reason}")
