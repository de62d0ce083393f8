"""Honest proposals: what a good author would send for tasks known to be sound, and the context it is sent in."""

from functools import cache
from typing import Any

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint, Provenance, Rejected
from blueprints.drafted.assemble import assemble
from blueprints.drafted.context import Context
from blueprints.drafted.proposal import Proposal
from blueprints.drafted.reading import Shown
from tests.blueprints.talks import planned, world_of
from tools_env.calls import Call, Result
from tools_env.replay import replay
from tools_env.state import fingerprint

Body = dict[str, Any]
WANTS = {"change", "answer", "refusal"}


def simple(blueprint: Blueprint) -> bool:
    """Whether a task is of a form that can be proposed: no condition, no set-up, answers read off one record."""
    plain = all(s.wants in WANTS and s.condition is None and s.other is None and not s.change for s in blueprint.stages)
    read = all(o.source_call is not None for o in blueprint.outputs)
    return plain and read and not blueprint.setup and blueprint.kind in {"act", "inform", "refuse"}


@cache
def sound(domain: str, count: int = 90) -> tuple[Blueprint, ...]:
    """Planned tasks of a form that can be proposed."""
    return tuple(b for b in planned(domain, count) if simple(b))


def context_of(blueprint: Blueprint, earlier: tuple[Blueprint, ...] = ()) -> Context:
    """The context in which a task might have been proposed: its person, and what its own reads show."""
    world = world_of(blueprint.domain)
    brief = world.brief(blueprint.snapshot)
    done = replay(world, blueprint.snapshot, (), blueprint.actions)
    pairs = zip(blueprint.actions, done.outcomes, strict=True)
    shown = [Shown(c, o.value) for c, o in pairs if isinstance(o, Result) and not world.specs[c.name].writes]
    assert blueprint.kind in {"act", "inform", "refuse"}
    return Context(
        world=world,
        snapshot=blueprint.snapshot,
        brief=brief,
        person=next(p for p in brief.people if p.id == blueprint.person),
        persona=blueprint.persona,
        kind=blueprint.kind,
        walked=tuple(a.name for a in blueprint.actions),
        ends=(),
        clauses=(),
        shown=tuple(shown),
        examples=(),
        earlier=earlier,
        index=blueprint.provenance.task,
        subject=fingerprint([blueprint.id]),
    )


def proposal_of(blueprint: Blueprint) -> Body:
    """The proposal that says what a blueprint holds, as JSON."""
    outputs = list(blueprint.outputs)
    matters: list[Body] = []
    start = 0
    for stage in blueprint.stages:
        calls = [*blueprint.actions[start : stage.until]]
        if stage.wants == "refusal" and blueprint.evidence is not None:
            calls.append(blueprint.evidence.forbidden)
        last = {"answer": outputs.pop(0).value} if stage.wants == "answer" else {"change": written(calls.pop())}
        matters.append({"wants": stage.wants, "calls": [*map(written, calls)], **last, "message": stage.say})
        start = stage.until
    told = [k for k in blueprint.known.values() if k.about and not k.field and k.value is not None]
    return {
        "plan": "The person wants what they say.",
        "matters": matters,
        "knows": [{"what": k.label, "value": k.value} for k in told if not isinstance(k.value, list)],
        "instruction": blueprint.instruction.replace(PUSH_BACK, "").strip(),
    }


def written(call: Call) -> Body:
    """A call as it stands in a proposal."""
    return {"tool": call.name, "arguments": {**call.arguments}}


def assembled(context: Context, body: Body) -> Blueprint | Rejected:
    """What comes of a proposal."""
    return assemble(context, Proposal.model_validate(body), Provenance(mode="drafted"))
