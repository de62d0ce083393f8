"""Rows proven again: what each says of itself, and what comes out when its world does everything again."""

import hashlib
from collections.abc import Iterable, Iterator

from apigen_mt.messages import messages_of, train_flags
from apigen_mt.temperaments import TEMPERAMENTS
from apigen_mt.trajectory import ROW_VERSION, Row, touched_in
from apigen_mt.verifying.proof import HOSTILE, Proof
from blueprints.blueprint import Blueprint, Rejected
from blueprints.checks import as_given, world_gates
from blueprints.judging.judge import carried_out, judge
from blueprints.judging.verdict import Verdict
from tools_env.port import SetUpFailed, UnknownSnapshot, World


def check_rows(rows: Iterable[tuple[str, Row | None]], proof: Proof) -> None:
    """Everything that the rows of a dataset claim, each row once."""
    for _, row in rows:
        proof.checked += 1
        if row is None:
            proof.broken = True
        elif row.id in proof.kept:
            proof.find(row.id, "occurs twice")
        else:
            proof.kept[row.id] = hash_of(row)
            for what in (*_unsound(row.verdict), *rejected(row)):
                proof.find(row.id, what)
            _check(row, proof)


def check_failure(row: Row, proof: Proof) -> None:
    """Everything that a failed talk claims: that it failed, whose fault it was, and all that a row claims, too."""
    proof.failures += 1
    if row.sound:
        proof.find(row.id, "is stored as failed, and neither a gate nor an opinion says so")
    if not row.verdict.ok and row.verdict.fault is None:
        proof.find(row.id, "is stored as failed without whose fault it was")
    _check(row, proof)


def check_withheld(row: Row, proof: Proof) -> None:
    """Everything that a talk claims which verified and is withheld, because its blueprint is suspect."""
    proof.failures += 1
    for what in _unsound(row.verdict):
        proof.find(row.id, what)
    _check(row, proof)


def hash_of(row: Row) -> str:
    """A hash of all that a row holds."""
    return hashlib.sha256(row.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()


def _check(row: Row, proof: Proof) -> None:
    proof.given += row.blueprint.provenance.mode == "imported"
    try:
        for what in claims(row):
            proof.find(row.id, what)
        world = proof.world(row.blueprint.domain)
        if isinstance(world, str):
            proof.doubt(row.id, world)
        elif world.digest != row.blueprint.digest:
            proof.doubt(row.id, f"the domain {row.blueprint.domain} has changed since the row was made (see reverify)")
        else:
            for what in _replayed(row, world):
                proof.find(row.id, what)
    except HOSTILE as error:
        proof.find(row.id, f"cannot be checked: {type(error).__name__}: {error}")


def claims(row: Row) -> Iterator[str]:
    """What is wrong with what a row says of itself, without its world."""
    if row.blueprint.id != row.blueprint.identity():
        yield "the blueprint's id is not the hash of its content"
    if row.id != f"{row.blueprint.id}/{row.attempt}":
        yield "the row's id is not that of its blueprint and attempt"
    messages = messages_of(row.course)
    if row.messages != messages:
        yield "the messages are not those of the course"
    elif row.train != train_flags(row.course, messages):
        yield "the train flags are not those of the course"
    if row.touched != touched_in(row.course):
        yield "the records touched are not those of the course"
    if row.row_version != ROW_VERSION:
        yield f"it is of version {row.row_version}, and this program knows {ROW_VERSION}"
    if row.temperament and row.temperament not in TEMPERAMENTS:
        yield f"there is no temperament {row.temperament!r}"
    if any(min(spent.prompt, spent.completion, spent.cached) < 0 for spent in row.usage.values()):
        yield "its usage is below nothing"


def _unsound(verdict: Verdict) -> Iterator[str]:
    if not verdict.ok:
        yield f"the verdict is not ok: {', '.join(g.gate for g in verdict.gates if g.status == 'fail')}"


def rejected(row: Row) -> Iterator[str]:
    """The opinions that speak against a row: a model may only reject."""
    for opinion in row.opinions:
        if not opinion.sound:
            yield f"{opinion.judge} ({opinion.model}) rejects it{f': {opinion.reason}' if opinion.reason else ''}"


def standing(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """The gates that a row's blueprint has to pass in its world: those of the world, not those on words."""
    gates = as_given if blueprint.provenance.mode == "imported" else world_gates
    yield from gates(blueprint, world)


def _replayed(row: Row, world: World) -> Iterator[str]:
    """What comes out when the row's world does everything again."""
    blueprint = row.blueprint
    try:
        for rejected in standing(blueprint, world):
            yield f"the blueprint does not stand ({rejected.stage}): {rejected.reason}"
        done = carried_out(blueprint, row.course, world)
        verdict = judge(blueprint, row.course, row.human_turns, row.end_reason, world, done=done)
    except (UnknownSnapshot, SetUpFailed) as error:
        yield str(error)
        return
    if told_otherwise(row, world):
        yield "policy or tools are not those of the domain"
    if done.fingerprint != row.fingerprint:
        yield "the calls lead to another final state"
    if verdict != row.verdict:
        known = {g.gate: g for g in row.verdict.gates}
        changed = [g for g in verdict.gates if known.get(g.gate) != g]
        told = [f"{g.gate} {g.status}{f' ({g.evidence[0].text})' if g.evidence else ''}" for g in changed]
        yield f"judged again, the verdict differs: {', '.join(told) or 'in its summary'}"


def told_otherwise(row: Row, world: World) -> bool:
    """Whether the agent was told another policy, or given other tools, than the world would tell and give it now."""
    tools = tuple(s.function() for s in row.blueprint.offered(world.specs).values())
    return row.system != world.brief(row.blueprint.snapshot).policy or row.tools != tools
