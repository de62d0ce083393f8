"""Goals and tasks of every kind, drawn for tests from worlds and worded by the template; and searches by hand."""

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice

from blueprints.author import plain
from blueprints.binding import Binder, Bound
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.coverage import Wish
from blueprints.draft import ground, twin_draft, with_words, worded_like
from blueprints.goal import Goal
from blueprints.knowledge import Choice, Knowledge, Referent, people_table
from blueprints.sampling import Sampler, Shares
from blueprints.search import Found, Search
from blueprints.words_for import picks_for
from tests.blueprints.talks import Talk, played, world_of
from tools_env.calls import Call
from tools_env.port import World
from tools_env.values import Json

WORLDS = ("library", "retail", "clinic")
SWAPS = "tests.swap_world:SwapShop"
MOST_DRAWN = 1000
KINDS: tuple[Kind, ...] = ("act", "inform", "refuse", "partial", "clarify", "missing_tool", "policy_question")


def draws(
    world: World, kind: Kind, tries: int, wish: Wish | None = None, shares: Shares | None = None, calls: int = 0
) -> Iterator[tuple[Goal, random.Random]]:
    """The goals, of so many calls at least, that so many attempts find, each with the generator that drew it."""
    sampler = Sampler(world, shares=shares)
    for number in range(tries):
        rng = random.Random(f"{kind}/{number}")
        if (goal := sampler.draw(kind, rng, wish, calls, least=calls)) is not None:
            yield goal, rng


@cache
def goals(domain: str, kind: Kind, count: int) -> tuple[Goal, ...]:
    """The first goals of a kind."""
    found = [goal for (goal, _), _ in zip(draws(world_of(domain), kind, 12 * count), range(count), strict=False)]
    assert len(found) == count
    return tuple(found)


def worded(draft: Blueprint) -> Blueprint:
    """A draft in the template's words."""
    words = plain(draft)
    return with_words(draft, words.instruction, words.says).sealed()


def tasks(domain: str, kind: Kind, count: int, shares: Shares | None = None) -> tuple[Blueprint, ...]:
    """The first tasks of a kind that stand before they are worded."""
    found, more = _drawing(domain, kind, shares)
    found += islice(more, max(0, count - len(found)))
    assert len(found) >= count
    return tuple(found[:count])


@cache
def _drawing(domain: str, kind: Kind, shares: Shares | None) -> tuple[list[Blueprint], Iterator[Blueprint]]:
    """What was drawn so far, and what there is to draw: the more of it, the more tests ask for."""
    drafts = (ground(goal, "", rng) for goal, rng in draws(world_of(domain), kind, MOST_DRAWN, shares=shares))
    return [], (worded(draft) for draft in drafts if isinstance(draft, Blueprint))


@cache
def twins(domain: str, kind: Kind, count: int) -> tuple[tuple[Blueprint, Blueprint], ...]:
    """Refusals of a kind with their twins; those that have none are left out, as they are in a plan."""
    world = world_of(domain)
    found: list[tuple[Blueprint, Blueprint]] = []
    for refusal in tasks(domain, kind, count):
        draft = twin_draft(refusal, world)
        if isinstance(draft, Rejected):
            continue
        twin = worded_like(draft, refusal, world, 1)
        assert isinstance(twin, Blueprint), twin
        found.append((refusal, twin))
    return tuple(found)


def talks(domain: str, kind: Kind, count: int) -> tuple[Talk, ...]:
    """Rehearsals of the first tasks of a kind."""
    return tuple(_talk(domain, kind, number) for number in range(count))


@cache
def _talk(domain: str, kind: Kind, number: int) -> Talk:
    return played(tasks(domain, kind, number + 1)[number], world_of(domain))


@cache
def with_operator(name: str, tries: int = 18) -> tuple[Blueprint, ...]:
    """Tasks of all worlds that have an operator, drawn with a wish for it."""
    kind: Kind = "inform" if name == "aggregate" else "act"
    found: list[Blueprint] = []
    for domain in (*WORLDS, SWAPS):
        for goal, rng in draws(world_of(domain), kind, tries, Wish(operator=name)):
            draft = ground(goal, "", rng)
            found += [worded(draft)] if isinstance(draft, Blueprint) and name in draft.operators else []
    return tuple(found)


def desk(world: World, seed: int = 0, person: int = 0, kind: Kind = "act") -> Search:
    """A search for one person of the first snapshot who has been found."""
    brief = world.brief("seed:0")
    rng = random.Random(seed)
    knowledge = Knowledge(world.open("seed:0"), dict(world.specs))
    binder = Binder(knowledge, brief, brief.people[person], rng, people_table(world))
    identified = binder.identify()
    assert identified is not None
    goal = Goal(world, "seed:0", (), brief, brief.people[person], kind, knowledge, identified, [])
    return Search(goal, binder, rng, Sampler(world, 1).writes)


def bound(search: Search, tool: str, record: Referent, **plain_values: Json) -> Bound:
    """A call of a tool about one record, with values for its other arguments."""
    spec = search.goal.world.specs[tool]
    target = next(p for p in spec.params if p.meaning.of == record.table and p.meaning.kind == "identifier")
    choices = {target.name: Choice(target, record.id, (record,))}
    for name, value in plain_values.items():
        param = spec.param(name)
        assert param is not None
        choices[name] = Choice(param, value)
    arguments = {n: c.value for n, c in choices.items()}
    return Bound(Call(name=tool, arguments=arguments), choices, {}, (record.source,))


def found(search: Search, tool: str, record: Referent, **plain_values: Json) -> Found:
    """A write about one record, with words for it."""
    made = bound(search, tool, record, **plain_values)
    picks = picks_for(search.goal, made, search.rng, set())
    assert picks is not None
    return Found(search.goal.world.specs[tool], made, picks)
