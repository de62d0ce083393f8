"""A proposal played out: its calls carried out in a fresh session, and everything that they showed."""

from dataclasses import dataclass

from blueprints.blueprint import Rejected
from blueprints.drafted.context import Context
from blueprints.drafted.proposal import Matter, Proposal
from blueprints.knowledge import Referent, each, referents_in
from tools_env.calls import Call, Refusal, Result
from tools_env.replay import Replayed, replay
from tools_env.values import Json, compact


@dataclass(frozen=True, slots=True)
class Played:
    """The calls of each matter, of a refusal all but the last, which is `forbidden`; and what came of them.

    `seen` are the records that the calls showed, each with the index of its call.
    """

    context: Context
    proposal: Proposal
    matters: tuple[tuple[Call, ...], ...]
    forbidden: Call | None
    done: Replayed
    seen: tuple[Referent, ...]

    @property
    def actions(self) -> tuple[Call, ...]:
        """All calls in order."""
        return tuple(call for calls in self.matters for call in calls)

    def until(self, number: int) -> int:
        """How many calls are done when a matter is settled."""
        return sum(len(calls) for calls in self.matters[: number + 1])

    def numbered(self, number: int) -> list[tuple[int, Call]]:
        """The calls of a matter with their indices; the forbidden one stands at the end, where it would be made."""
        start = self.until(number) - len(self.matters[number])
        calls = list(self.matters[number])
        if self.forbidden is not None and number == len(self.matters) - 1:
            calls.append(self.forbidden)
        return list(enumerate(calls, start))

    def shown_before(self, index: int) -> list[Referent]:
        """The records that earlier calls showed."""
        return [r for r in self.seen if r.source < index]

    def values_before(self, index: int) -> list[Json]:
        """What earlier calls returned."""
        return [o.observed() for o in self.done.outcomes[:index]]

    def writes(self, index: int) -> bool:
        """Whether the call at an index changes something."""
        return self.context.world.specs[self.actions[index].name].writes

    def matter(self, number: int) -> Matter:
        """What was proposed of a matter."""
        return self.proposal.matters[number]

    def plain_elsewhere(self, number: int) -> list[Json]:
        """The values, ids apart, that the changes of other matters are given."""
        specs = self.context.world.specs
        others = [call for n in range(len(self.matters)) if n != number for _, call in self.numbered(n)]
        return [
            value
            for call in others
            for p in specs[call.name].params
            if specs[call.name].writes and p.meaning.kind != "identifier"
            for value in each(call.arguments.get(p.name))
        ]


def play(context: Context, proposal: Proposal, calls: tuple[tuple[Call, ...], ...]) -> Played | Rejected:
    """Carry the calls out; why not, where one does not succeed, touches somebody else's records or breaks a rule."""
    forbidden = calls[-1][-1] if proposal.matters[-1].wants == "refusal" else None
    matters = (*calls[:-1], calls[-1][:-1]) if forbidden is not None else calls
    matters, done = _found_first(context, matters)
    actions = [call for made in matters for call in made]
    for call, outcome in zip(actions, done.outcomes, strict=True):
        if not isinstance(outcome, Result):
            return Rejected(stage="execution", reason=f"{shown(call)} did not succeed: {_mending(outcome)}")
        other = next((t.owner for t in outcome.touched if t.owner and t.owner != context.person.id), None)
        if other is not None:
            reason = f"{shown(call)} touches records of somebody else, {other}: stay with the person of this task"
            return Rejected(stage="rules", reason=reason)
    for breach in done.breaches:
        reason = f"together the calls break clause {breach.clause}: {breach.message.rstrip('.')}. Change what breaks it"
        return Rejected(stage="rules", reason=reason)
    specs = context.world.specs
    pairs = enumerate(zip(actions, done.outcomes, strict=True))
    seen = [r for n, (call, o) in pairs for r in referents_in(o.observed(), specs[call.name], n, call)]
    return Played(context, proposal, matters, forbidden, done, tuple(seen))


def _found_first(
    context: Context, matters: tuple[tuple[Call, ...], ...]
) -> tuple[tuple[tuple[Call, ...], ...], Replayed]:
    """The calls carried out; with the one before them that finds the person, if that was all that broke the rules."""

    def carried_out(made: tuple[tuple[Call, ...], ...]) -> Replayed:
        return replay(context.world, context.snapshot, (), [call for calls in made for call in calls])

    done, found = carried_out(matters), context.shown[0].call if context.shown else None
    if found is not None and done.breaches and all(found != call for calls in matters for call in calls):
        first = ((found, *matters[0]), *matters[1:])
        if not (again := carried_out(first)).breaches:
            return first, again
    return matters, done


def _mending(outcome: Refusal | object) -> str:
    if not isinstance(outcome, Refusal):
        return "the tool is out of order"
    if outcome.clause:
        return f"{outcome.reason} Clause {outcome.clause} forbids it: ask for something that is allowed"
    if outcome.cause == "missing":
        return f"{outcome.reason} Take ids and names from the records above, letter for letter"
    return outcome.reason


def shown(call: Call) -> str:
    """A call as the author wrote it."""
    return f"{call.name}({', '.join(f'{n}={compact(v)}' for n, v in call.arguments.items())})"
