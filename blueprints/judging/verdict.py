"""Verdicts: every gate's result with evidence and, on failure, whose fault it is (design: verdict)."""

from typing import Literal, TypeAlias

from tools_env.values import Part

EndReason: TypeAlias = Literal[
    "user_stop",
    "agent_stop",
    "transfer",
    "over_turn",
    "over_call",
    "over_token",
    "over_time",
    "context_limit",
    "failed_fast",
    "void",
    "infrastructure",
]
"""How a talk ended, apart from whether it was right. `over_…`: a limit on messages, calls, tokens or time was reached;
`context_limit`: the agent's context was; `failed_fast`: it could no longer succeed; `void`: a speaker was silent.
"""

Fault: TypeAlias = Literal["agent", "human", "environment", "blueprint", "infrastructure"]
Status: TypeAlias = Literal["pass", "fail", "not_applicable"]


class Finding(Part):
    """What a gate saw: the turn (index of the event in the course; None: the whole talk) and words for it."""

    turn: int | None
    text: str


class GateResult(Part):
    """One gate's result; `fault` is set when it failed."""

    gate: str
    status: Status
    evidence: tuple[Finding, ...] = ()
    fault: Fault | None = None


class Verdict(Part):
    """All gates. `ok` only if every gate passed or did not apply; `fault` is that of the first gate that failed."""

    ok: bool
    gates: tuple[GateResult, ...]
    fault: Fault | None = None
    end_reason: EndReason


def passed(gate: str, *evidence: Finding) -> GateResult:
    """The gate found nothing wrong."""
    return GateResult(gate=gate, status="pass", evidence=evidence)


def failed(gate: str, fault: Fault, *evidence: Finding) -> GateResult:
    """The gate found something wrong; at least one finding says what."""
    return GateResult(gate=gate, status="fail", evidence=evidence, fault=fault)


def not_applicable(gate: str, why: str) -> GateResult:
    """The gate has nothing to look at in this kind of task."""
    return GateResult(gate=gate, status="not_applicable", evidence=(Finding(turn=None, text=why),))
