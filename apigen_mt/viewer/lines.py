"""The talk event by event, and what befell each: a mishap in store, what the person did, whether it is learned from."""

from collections.abc import Iterator

from apigen_mt.messages import turns_of
from apigen_mt.show_task import MISHAPS
from apigen_mt.trajectory import Row, TrainFlag
from blueprints.judging.fidelity import HumanTurn
from tools_env.calls import Fault, Refusal
from tools_env.course import Called, Said
from tools_env.disturbances import Pending
from tools_env.values import Json, Part

RECOVERY = "recovery"
"""How the reason of a message begins that is learned because it gets over something."""


class Acted(Part):
    """What the person does in a message: the act, the facts it tells, and what it agrees to."""

    act: str
    facts: tuple[str, ...]
    agreed: str


class Line(Part):
    """An event of the talk; `turn` is its index. A call has a `tool`, its `outcome` and a `result`.

    `beside` are words of the agent beside its calls, which the person does not see; `raw` is what stood where arguments
    belong, `promoted` marks a call that was written as text. `masked` is why the agent's message is not to be learned
    from, if it is not, and `recovery` what it recovers from; `mishap` is what befell a call on purpose.
    """

    turn: int
    speaker: str
    text: str = ""
    reasoning: str = ""
    beside: bool = False
    batch: int | None = None
    tool: str = ""
    arguments: dict[str, Json] = {}
    outcome: str = ""
    result: Json = None
    writes: bool = False
    clause: str = ""
    cause: str = ""
    raw: str = ""
    promoted: bool = False
    masked: str = ""
    recovery: str = ""
    mishap: str = ""
    acted: Acted | None = None


def lines(row: Row) -> Iterator[Line]:
    """Every event of a row's talk, in order."""
    flags: dict[int, TrainFlag] = {}
    for turns, flag in zip(turns_of(row.course), row.train, strict=False):
        if flag is not None:
            flags |= dict.fromkeys(turns, flag)
    acts = {turn.turn: _acted(turn) for turn in row.human_turns}
    pending = Pending(row.blueprint.disturbances)
    for turn, event in enumerate(row.course.events):
        line = _call(turn, event) if isinstance(event, Called) else _words(turn, event, acts.get(turn))
        more: dict[str, str] = {}
        flag = flags.get(turn)
        if flag is not None and not flag.train:
            more["masked"] = flag.reason
        elif flag is not None and flag.reason.startswith(RECOVERY):
            more["recovery"] = flag.reason
        if isinstance(event, Called) and not event.raw and (met := pending.met(event.call)):
            more["mishap"] = ", ".join(MISHAPS[kind] for kind in met)
        yield line.model_copy(update=more) if more else line


def _acted(turn: HumanTurn) -> Acted:
    return Acted(act=turn.act.replace("_", " "), facts=turn.fact_ids, agreed=turn.consents_to)


def _words(turn: int, said: Said, acted: Acted | None) -> Line:
    if said.speaker == "human":
        return Line(turn=turn, speaker=said.speaker, text=said.text, acted=acted)
    beside = said.batch is not None
    return Line(
        turn=turn, speaker=said.speaker, text=said.text, reasoning=said.reasoning, beside=beside, batch=said.batch
    )


def _call(turn: int, event: Called) -> Line:
    outcome = event.outcome
    denied = outcome if isinstance(outcome, Refusal) else None
    return Line(
        turn=turn,
        speaker=event.call.actor,
        reasoning=event.reasoning,
        batch=event.batch,
        tool=event.call.name,
        arguments=event.call.arguments,
        outcome=outcome.outcome,
        result=outcome.reason if isinstance(outcome, Refusal | Fault) else outcome.observed(),
        writes=event.writes,
        clause=(denied.clause or "") if denied else "",
        cause=denied.cause if denied else "",
        raw=event.raw,
        promoted=event.promoted,
    )
