"""A bad author, behind a real server on loopback: every fault is found at its gate, each time, and named."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from apigen_mt.config import parse
from apigen_mt.journal import Journal
from apigen_mt.models.budget import Budget
from apigen_mt.players import Players
from blueprints.blueprint import Blueprint, Rejected
from blueprints.draft import word
from blueprints.drafted.context import Context
from blueprints.drafted.propose import prompt_of, propose
from blueprints.model_author import Ask, ModelAuthor
from tests.apigen_mt.bad_author import BadAuthor, Fault, Ruined, said
from tests.apigen_mt.bad_proposals import DRAFTED, again, allowed, too_many_loans
from tests.apigen_mt.bad_wording import GROUNDED, wording_of
from tests.apigen_mt.model_server import AUTHOR, role
from tests.blueprints.drafted.honest import Body, assembled, context_of, proposal_of, sound
from tests.blueprints.talks import at_once, world_of
from tests.chat_server import ChatServer

TRIES, MORE = 4, 10
"""How often each fault is tried at least, and in the proof."""
AMONG, AMONG_MORE = 90, 160
"""Among how many tasks of a domain those that a fault can ruin are looked for."""


@asynccontextmanager
async def asking(folder: Path, author: BadAuthor) -> AsyncIterator[tuple[Ask, ChatServer]]:
    """The way to ask the author behind a server, as a run asks."""
    async with ChatServer(author) as server:
        config = parse({"domain": "library", "roles": {"author": role(server.url, AUTHOR)}})
        with Journal.open(folder, config.identity()) as journal:
            async with Players(config, world_of("library"), journal, Budget(), {}) as players:
                yield players.asking(config.roles.author, "author"), server


def cases(fault: Fault, tries: int = TRIES, among: int = AMONG) -> list[tuple[Context, Ruined, Body]]:
    """So many tasks of each domain that a fault can ruin, or fewer; the contexts ask for what they get."""
    found: list[tuple[Context, Ruined, Body]] = []
    for domain in ("library", "retail"):
        possible = ((b, body, fault(b, body)) for b in sound(domain, among) for body in [proposal_of(b)])
        ruined = islice(((b, body, bad) for b, body, bad in possible if bad is not None), tries)
        found += [(setting(fault, b, body), bad, body) for b, body, bad in ruined]
    return found


def setting(fault: Fault, blueprint: Blueprint, body: Body) -> Context:
    context = context_of(blueprint)
    if fault is allowed:
        return replace(context, kind="refuse")
    if fault is again:
        earlier = assembled(context, body)
        assert isinstance(earlier, Blueprint)
        return replace(context, earlier=(earlier,))
    return context


@pytest.mark.parametrize("fault", DRAFTED, ids=lambda f: f.__name__)
async def test_a_bad_proposal_is_found_at_its_gate_and_named(tmp_path, fault):
    await check_proposals(tmp_path, fault, TRIES, AMONG)


@pytest.mark.proof
@pytest.mark.parametrize("fault", DRAFTED, ids=lambda f: f.__name__)
async def test_many_bad_proposals_are_found_at_their_gate_and_named(tmp_path, fault):
    await check_proposals(tmp_path, fault, MORE, AMONG_MORE)


async def check_proposals(folder: Path, fault: Fault, tries: int, among: int) -> None:
    author, tried = BadAuthor(), cases(fault, tries, among)
    assert len(tried) >= tries
    async with asking(folder, author) as (ask, _):
        for context, ruined, honest in tried:
            author.plays(prompt_of(context, ()), ruined, honest)
            found = await propose(context, ask, (), 0)
            assert isinstance(found, Rejected), found.instruction
            assert found.stage == DRAFTED[fault], (found, honest)
            assert all(told in found.reason for told in ruined.told), (found.reason, ruined.told)


async def test_calls_that_break_a_rule_only_together_are_found_with_its_clause(tmp_path):
    author, tried = BadAuthor(), too_many_loans(TRIES)
    assert len(tried) >= TRIES
    async with asking(tmp_path, author) as (ask, _):
        for blueprint, body in tried:
            context = context_of(blueprint)
            author.plays(prompt_of(context, ()), Ruined(said(body), ()), body)
            found = await propose(context, ask, (), 0)
            assert isinstance(found, Rejected)
            assert found.stage == "rules"
            assert "together the calls break clause 5: The member would have too many loans." in found.reason


@pytest.mark.parametrize("domain", ["library", "retail"])
async def test_an_author_who_mends_what_is_named_is_believed(tmp_path, domain):
    """One bad proposal of each kind, sent back, then the honest one: it stands, with its round in the provenance."""
    author, count = BadAuthor(mends=True), 0
    faults = [fault for fault, stage in DRAFTED.items() if stage != "author" and fault not in (again, allowed)]
    async with asking(tmp_path, author) as (ask, server):
        for place, fault in enumerate(faults):
            for blueprint in sound(domain)[place:]:
                body = proposal_of(blueprint)
                ruined, context = fault(blueprint, body), replace(context_of(blueprint), subject=f"{place}")
                if ruined is None:
                    continue
                author.plays(prompt_of(context, ()), ruined, body)
                first = await propose(context, ask, (), 0)
                assert isinstance(first, Rejected)
                assert first.reason[:400] in prompt_of(context, (first,))
                second = await propose(context, ask, (first,), 1, "author-1b")
                assert isinstance(second, Blueprint), second
                told = second.provenance
                assert (told.mode, told.author, told.rounds) == ("drafted", "author-1b", 1)
                count += 1
                break
    assert count >= 0.85 * len(faults), "not every fault can be planted in every domain"
    assert server.requests == 2 * count


@pytest.mark.parametrize("fault", DRAFTED, ids=lambda f: f.__name__)
def test_a_reason_is_a_sentence_for_a_person(fault):
    """The reasons that the gates give by themselves; those for unusable answers come with the answer's schema."""
    for context, ruined, _ in cases(fault)[:3] if DRAFTED[fault] != "author" else ():
        found = assembled(context, json.loads(ruined.answer.text or ""))
        assert isinstance(found, Rejected)
        assert 20 < len(found.reason) < 500
        assert not found.reason.startswith(("{", "[", "<"))


def prompt_for(blueprint: Blueprint) -> str:
    """What the grounded mode's author is asked at first."""
    heard: list[str] = []

    async def listening(prompt: str, *_: object) -> Rejected:
        heard.append(prompt)
        return Rejected(stage="author", reason="only listening")

    at_once(ModelAuthor("author-1b", listening).word(blueprint, ()))
    return heard[0]


@pytest.mark.parametrize("fault", GROUNDED, ids=lambda f: f.__name__)
async def test_bad_wording_of_a_grounded_task_is_found_at_its_gate_and_named(tmp_path, fault):
    await check_wording(tmp_path, fault, TRIES, AMONG)


@pytest.mark.proof
@pytest.mark.parametrize("fault", GROUNDED, ids=lambda f: f.__name__)
async def test_much_bad_wording_is_found_at_its_gate_and_named(tmp_path, fault):
    await check_wording(tmp_path, fault, MORE, AMONG_MORE)


async def check_wording(folder: Path, fault: Fault, tries: int, among: int) -> None:
    author, count = BadAuthor(), 0
    async with asking(folder, author) as (ask, _):
        for domain in ("library", "retail"):
            possible = ((b, body, fault(b, body)) for b in sound(domain, among) for body in [wording_of(b)])
            ruined = ((b, body, bad) for b, body, bad in possible if bad is not None)
            for blueprint, honest, bad in islice(ruined, tries):
                author.plays(prompt_for(blueprint), bad, honest)
                found = await word(blueprint, ModelAuthor("author-1b", ask), world_of(domain), 0, 0)
                assert isinstance(found, tuple), found.instruction
                assert found[-1].stage == GROUNDED[fault], found
                assert all(told in found[-1].reason for told in bad.told), (found[-1].reason, bad.told)
                count += 1
    assert count >= tries
