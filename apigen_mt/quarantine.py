"""Quarantine: a blueprint whose attempts agree on another final state than its own is suspect (design: verdict).

Only talks count in which nothing but the blueprint's own claims speaks against them: the person ended them content, and
form, conduct and everything else passed. A script that is told the solution is no witness, and neither is a talk in
which nothing changed: that is where every agent ends that gives up.
"""

from collections import Counter
from collections.abc import Sequence

from apigen_mt.trajectory import Quarantine, Row
from blueprints.judging.judge import carried_out
from tools_env.port import World

CLAIMS = frozenset({"state", "assertions", "outputs", "evidence"})
"""Gates that hold a talk against what the blueprint says should come of it."""
STATES = frozenset({"state", "assertions"})
WITNESSES = 2
"""So many talks have to agree, and at least as many as reach the blueprint's own state."""


def suspected(rows: Sequence[Row], world: World) -> Quarantine | None:
    """Why a blueprint's attempts speak against it, if they do."""
    witnesses = [row for row in _different(rows) if _bears_witness(row)]
    own = sum(row.verdict.ok for row in _different(rows))
    for fingerprint, times in Counter(row.fingerprint for row in witnesses).most_common():
        agreeing = [row for row in witnesses if row.fingerprint == fingerprint]
        if times < max(WITNESSES, own):
            return None
        if diff := carried_out(agreeing[0].blueprint, agreeing[0].course, world, hashed=False).diff:
            told = f"{times} attempts agree on another final state than the blueprint's"
            return Quarantine(
                reason=f"{told}, which {own or 'none'} reached",
                attempts=tuple(row.attempt for row in agreeing),
                fingerprint=fingerprint,
                diff=diff,
            )
    return None


def _bears_witness(row: Row) -> bool:
    """Whether a talk came out otherwise, and only the blueprint's own claims speak against it."""
    failing = {gate.gate for gate in row.verdict.gates if gate.status == "fail"}
    ended = row.end_reason == "user_stop" and row.cast.agent.source != "oracle"
    return bool(ended and failing & STATES and failing <= CLAIMS)


def _different(rows: Sequence[Row]) -> list[Row]:
    """The talks, those of the same messages once."""
    found: list[Row] = []
    for row in rows:
        if all(row.messages != other.messages for other in found):
            found.append(row)
    return found
