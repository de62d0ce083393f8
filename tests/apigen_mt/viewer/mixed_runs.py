"""Runs in which things went wrong: talks of a rehearsal spoilt in every way that the audit knows, and judged again."""

import asyncio
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from apigen_mt.audit.corruptions import ALL
from apigen_mt.audit.rehearsal import talk_of
from apigen_mt.config import parse
from apigen_mt.journal import Journal
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from apigen_mt.run_folder import RunFolder, keep_config
from apigen_mt.trajectory import Outcome, Row
from blueprints.blueprint import Rejected
from tools_env.port import World
from tools_env.values import Json

PRICES: Json = {"big-model": {"input": 0.25, "output": 2.0}}
ROLES: Json = {"agent": {"model": "big-model", "base_url": "http://127.0.0.1:9/v1"}}


def mixed(source: RunFolder, world: World, out: Path, copies: int = 1) -> RunFolder:
    """A run of the tasks of another, of each several copies: one in five has failed, one in five has a failed sibling,
    one in seventeen was rejected.
    """
    out.mkdir()
    outcomes = [o for o in source.outcomes() if o.rows]
    config = parse({**source.config, "count": copies * len(outcomes), "prices": PRICES, "roles": ROLES})
    keep_config(config, out)
    ways = cycle(ALL)

    async def record() -> None:
        with Journal.open(out, config.identity()) as journal:
            for index in range(config.count):
                outcome = _turned(outcomes[index % len(outcomes)], index, world, ways)
                for role, used in outcome.usage.items():
                    key = ReplyKey(role=role, blueprint=str(index), attempt=0, turn=0)
                    await journal.record_reply(key, "0", ChatReply(text="", usage=used))
                await journal.record_outcome(index, outcome.model_dump_json())

    asyncio.run(record())
    return RunFolder(out)


def repeated(source: RunFolder, out: Path, times: int) -> RunFolder:
    """A run with the tasks of another several times over."""
    out.mkdir()
    outcomes = list(source.outcomes())
    config = parse({**source.config, "count": times * len(outcomes)})
    keep_config(config, out)

    async def record() -> None:
        with Journal.open(out, config.identity()) as journal:
            for index in range(config.count):
                outcome = outcomes[index % len(outcomes)].model_copy(update={"task": index})
                await journal.record_outcome(index, outcome.model_dump_json())

    asyncio.run(record())
    return RunFolder(out)


def _turned(found: Outcome, index: int, world: World, ways: Iterator[str]) -> Outcome:
    if index % 17 == 16:
        why = Rejected(stage="ambiguity", reason="the words fit another record as well: the loan due first")
        used = {"author": Usage(prompt=1200, completion=260)}
        return Outcome(task=index, status="rejected", kind=found.kind, reasons=(why,), usage=used)
    row = found.rows[0].model_copy(update={"usage": {"agent": Usage(prompt=9000 + 37 * index, completion=800 + index)}})
    base = {"task": index, "kind": found.kind, "blueprint": row.blueprint, "usage": row.usage}
    wrong = spoilt(row, world, ways) if index % 5 in {1, 3} else None
    if wrong is None:
        return Outcome.model_validate({**base, "status": "kept", "rows": (row,)})
    if index % 5 == 1:
        return Outcome.model_validate({**base, "status": "failed", "failures": (wrong,)})
    other = wrong.model_copy(update={"attempt": 1, "id": f"{wrong.blueprint.id}/1"})
    return Outcome.model_validate({**base, "status": "kept", "rows": (row,), "failures": (other,)})


def spoilt(row: Row, world: World, ways: Iterator[str]) -> Row | None:
    """The row spoilt in the next way that it can be; none if none of the next thirty can."""
    talk = talk_of(row, world)
    for _, name in zip(range(30), ways, strict=False):
        if (changed := ALL[name].spoil(talk)) is not None:
            messages, verdict = messages_of(changed.course), changed.verdict()
            if not verdict.ok:
                return row.model_copy(
                    update={
                        "course": changed.course,
                        "blueprint": changed.blueprint,
                        "messages": messages,
                        "train": train_flags(changed.course, messages),
                        "human_turns": changed.human_turns,
                        "end_reason": changed.end_reason,
                        "verdict": verdict,
                    }
                )
    return None
