"""Proposing: the author model is asked for a whole task, told what was wrong before, and the gates look at it."""

import json
from collections.abc import Mapping
from importlib.resources import files
from string import Template

from blueprints.blueprint import Blueprint, Provenance, Rejected
from blueprints.drafted.assemble import assemble
from blueprints.drafted.context import Context
from blueprints.drafted.doable import Tried
from blueprints.drafted.proposal import Proposal, Wish, answer_type
from blueprints.drafted.reading import shortened
from blueprints.model_author import Ask
from tools_env.mentions import phrase
from tools_env.tool import Param, ToolSpec

LONGEST = 400
"""How many letters of a reason the author is shown."""
REASONS = 3
"""How many earlier reasons the author is shown."""
KINDS: Mapping[Wish, str] = {
    "act": "to end in a change, so its matters want `change`; a question beside it is fine",
    "inform": "a question, so its matters want `answer`, and nothing is changed",
    "refuse": "to be refused: it has one matter, which wants `refusal`, and one rule of the policy forbids it",
}


async def propose(
    context: Context, ask: Ask, feedback: tuple[Rejected, ...], number: int, author: str = "model"
) -> Blueprint | Rejected:
    """What the model proposes in a round, if it passes every gate; else the first that it does not pass."""
    form = answer_type(context.world.specs, context.kind)
    answer = await ask(prompt_of(context, feedback), context.subject, number, form)
    if isinstance(answer, Rejected):
        return answer
    if not isinstance(answer, Proposal):
        return Rejected(stage="author", reason="the answer is no proposal")
    provenance = Provenance(mode="drafted", author=author, task=context.index, rounds=number)
    return assemble(context, answer, provenance)


def prompt_of(context: Context, feedback: tuple[Rejected, ...]) -> str:
    """The prompt of a round. What all tasks of a world share stands first, so that an endpoint can keep it; what was
    wrong before stands last.
    """
    text = files("blueprints.prompts").joinpath("drafter.md").read_text(encoding="utf-8")
    return Template(text).substitute(
        tools="\n".join(_tool(s) for s in context.world.specs.values() if "agent" in s.actors),
        policy=context.brief.policy.strip(),
        person=_person(context),
        records="\n".join(_record(context)),
        examples=_examples(context),
        kind=KINDS[context.kind],
        walked=", ".join(n for n in context.walked if context.kind != "inform" or not context.world.specs[n].writes),
        ends=_ends(context),
        clauses=_clauses(context),
        feedback=_notes(feedback),
    )


def _tool(spec: ToolSpec) -> str:
    does = "changes something" if spec.writes else "looks something up"
    return "\n".join([f"{spec.name} ({does}): {spec.description}", *map(_argument, spec.params)])


def _argument(param: Param) -> str:
    choices = f" One of: {', '.join(param.choices)}." if param.choices else ""
    several = " A list." if param.many else ""
    spare = "" if param.required else " May be left out."
    return f"  - {param.name}: {param.description}{choices}{several}{spare}"


def _person(context: Context) -> str:
    known = [f"- {phrase(name)}: {fact.value}" for name, fact in context.person.facts.items()]
    manner = (
        f'Told to the person, this is their manner: "{context.persona}"' if context.persona else "Somebody ordinary."
    )
    return "\n".join([manner, "They know of themself:", *known])


def _record(context: Context) -> list[str]:
    return [
        f"{s.call.name}({_given(s.call.arguments)}) shows {json.dumps(shortened(s.value), ensure_ascii=False)}"
        for s in context.shown
    ]


def _given(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())


def _examples(context: Context) -> str:
    """Earlier tasks without their values, which belong to other people."""
    told: list[str] = []
    for example in context.examples:
        calls = "; ".join(f"{c.name}({', '.join(c.arguments)})" for c in example.actions)
        messages = " / ".join(s.say for s in example.stages)
        told.append(f"\nA task of somebody else that was good.\nInstruction: {example.instruction}\n"
                    f"Messages: {messages}\nCalls: {calls}\n")  # fmt: skip
    return "".join(told)


def _ends(context: Context) -> str:
    """What has been tried for this person, in words."""
    told = "; ".join(_end(one, context.world.specs[one.call.name]) for one in context.ends)
    return f"This was tried for this person: {told}.\n" if told else ""


def _end(one: Tried, spec: ToolSpec) -> str:
    """A call that was tried, its records named and the rest left to the author."""
    records = {p.name: one.call.arguments[p.name] for p in spec.params
               if p.meaning.kind == "identifier" and p.name in one.call.arguments}  # fmt: skip
    where = f" with {_given(records)}" if records else ""
    return f"{spec.name}{where} {f'is refused by rule {one.clause}' if one.clause else 'can be done'}"


def _clauses(context: Context) -> str:
    if not context.clauses:
        return ""
    return "If you can, let one of these rules matter:\n" + "\n".join(f"- {c}" for c in context.clauses) + "\n"


def _notes(feedback: tuple[Rejected, ...]) -> str:
    if not feedback:
        return ""
    reasons = "\n".join(f"- {r.reason[:LONGEST]}" for r in feedback[-REASONS:])
    return f"\nYour earlier proposals were sent back. Put this right:\n{reasons}\n"
