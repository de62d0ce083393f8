"""Journals for tests that run no event loop of their own: records go in one by one, each in a loop of its own."""

import asyncio

from apigen_mt.journal import Journal
from apigen_mt.models.chat import ChatReply, ReplyKey
from apigen_mt.trajectory import Outcome


def reply(journal: Journal, key: ReplyKey, digest: str, said: ChatReply) -> None:
    """Record a reply."""
    asyncio.run(journal.record_reply(key, digest, said))


def outcome(journal: Journal, task: int, payload: str) -> None:
    """Record an outcome."""
    asyncio.run(journal.record_outcome(task, payload))


def outcomes(journal: Journal, *every: Outcome) -> None:
    """Record what became of tasks."""
    for one in every:
        outcome(journal, one.task, one.model_dump_json())
