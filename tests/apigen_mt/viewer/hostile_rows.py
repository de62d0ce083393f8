"""Rows in which every text of anybody is one and the same."""

from apigen_mt.messages import messages_of, train_flags
from apigen_mt.trajectory import Opinion
from tests.apigen_mt.rows import row
from tools_env.calls import Call, Fault, Refusal, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.state import Change

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</div></pre></details></title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "<!-- --><![CDATA[ ]]>&lt;script&gt;",
    "left \u202e right \u2066 \x00 \x1b[31m \ud800",
    "<a href='javascript:alert(1)'>" + "x" * 10_000,
]


def hostile_row(text):
    """A talk in which every text of anybody is this one."""
    played = row(1, slip=True)
    call = Call(name=text, arguments={text: [text, {text: text}]})
    outcomes = (Result(value={text: text}), Refusal(reason=text, clause=text), Fault(reason=text))
    events: list[Event] = [
        Said(speaker="human", text=text),
        Said(speaker="agent", text=text, reasoning=text, batch=0),
        *(Called(call_id=text, call=call, outcome=o, batch=0, raw=text, reasoning=text) for o in outcomes),
    ]
    course = Course(events=tuple(events))
    fact = next(iter(played.blueprint.known.values()))
    known = {text: fact.model_copy(update={"label": text, "value": text})}
    stages = tuple(s.model_copy(update={"say": text, "intent": text}) for s in played.blueprint.stages)
    blueprint = played.blueprint.model_copy(
        update={
            "instruction": text,
            "persona": text,
            "person": text,
            "known": known,
            "stages": stages,
            "actions": (call,),
            "operators": (text,),
            "clauses": (text,),
            "diff": {f"{text}/{text}/{text}": Change(before=text, after=text)},
        }
    )
    gates = tuple(
        g.model_validate({**g.model_dump(), "evidence": [{"turn": 1, "text": text}]}) for g in played.verdict.gates
    )
    turns = tuple(t.model_copy(update={"fact_ids": (text,), "consents_to": text}) for t in played.human_turns[:1])
    opinion = Opinion(judge=text, model=text, sound=False, reason=text)
    messages = messages_of(course)
    return played.model_copy(
        update={
            "blueprint": blueprint,
            "course": course,
            "messages": messages,
            "train": train_flags(course, messages),
            "verdict": played.verdict.model_copy(update={"gates": gates}),
            "opinions": (opinion,),
            "human_turns": turns,
            "ended_by": text,
            "temperament": text,
            "system": text,
            "tools": ({"function": {"name": text, "description": text}},),
        }
    )
