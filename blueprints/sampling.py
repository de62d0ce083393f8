"""Grounded sampling: person, snapshot and goal, with actions, outputs and diff true by construction.

Everything goes through the environment port: a goal is found by reading, tried in a fork, and carried out.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, TypeAlias

from pydantic import Field

from blueprints.beside import clear, told_apart
from blueprints.binding import Binder
from blueprints.blueprint import Kind
from blueprints.coverage import Wish
from blueprints.figures import figures
from blueprints.further import Further
from blueprints.goal import Figure, Goal, Intent
from blueprints.knowledge import Knowledge, people_table
from blueprints.operators import fallback, hinge, second_thoughts
from blueprints.search import Found, Search
from tools_env.calls import Call
from tools_env.port import Unexplained, World
from tools_env.values import Json, Part

Rate: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Shares(Part):
    """How often the operators are tried, as shares of the writes (questions for `aggregate`) that they could go with.

    `questions` is the share of questions among the further wishes of tasks with changes: they take a turn of the person
    each, a change takes two or three.
    """

    condition: Rate = 0.45
    fallback: Rate = 0.7
    change_of_mind: Rate = 0.12
    aggregate: Rate = 0.2
    questions: Rate = 0.6


ROOM = 2
"""How many calls are left to what comes last in a task when further wishes go before it."""
PROVEN: frozenset[Kind] = frozenset({"refuse", "partial"})
"""Kinds with a refusal, which the fact that decides it proves."""
WISHED = 0.9
"""How often an operator that is wished for is tried."""


class Sampler:
    """Draws goals from a world; the same generator state gives the same goal."""

    def __init__(self, world: World, snapshots: int = 8, shares: Shares | None = None) -> None:
        self.world = world
        self.snapshots = world.snapshots(snapshots)
        self.specs = dict(world.specs)
        self.people = people_table(world)
        self.shares = shares or Shares()
        self.unexplained = isinstance(world, Unexplained) and world.unexplained
        writes = [s for s in self.specs.values() if s.writes and "agent" in s.actors]
        self.handing_over = [s for s in writes if s.hands_over and s.ask]
        writes = [s for s in writes if not s.hands_over]
        self.writes = [s for s in writes if s.ask] or writes
        """What people ask for: the tools that say how, or all where none does."""
        self._figures: dict[str, Sequence[Figure]] = {}

    def can(self, kind: Kind) -> bool:
        """Whether this world has what a kind is about: a tool that hands over, a figure in its policy."""
        if kind == "transfer":
            return bool(self.handing_over)
        return kind != "policy_question" or bool(self.figures(self.snapshots[0]))

    def figures(self, snapshot: str) -> Sequence[Figure]:
        """The figures of a snapshot's policy that can be asked for."""
        if snapshot not in self._figures:
            self._figures[snapshot] = tuple(figures(self.world, snapshot))
        return self._figures[snapshot]

    def draw(
        self,
        kind: Kind,
        rng: random.Random,
        wish: Wish | None = None,
        calls: int = 0,
        who: tuple[str, str] | None = None,
        least: int = 0,
    ) -> Goal | None:
        """One goal of a kind, or None when this attempt found none; with what is wished for where that can be had.

        It gets further wishes until it needs about so many `calls`, as far as the world goes, and does not count where
        it then needs fewer than `least`; without it is as it comes. `who` is a snapshot and the id of somebody in it.
        """
        if kind in PROVEN and self.unexplained:
            return None
        snapshot = who[0] if who else rng.choice(self.snapshots)
        brief = self.world.brief(snapshot)
        if not brief.people:
            return None
        person = next(p for p in brief.people if p.id == who[1]) if who else rng.choice(brief.people)
        session = self.world.open(snapshot)
        try:
            knowledge = Knowledge(session, self.specs)
            binder = Binder(knowledge, brief, person, rng, self.people)
            identified = binder.identify()
            if identified is None:
                return None
            goal = Goal(self.world, snapshot, (), brief, person, kind, knowledge, identified, [])
            search = Search(goal, binder, rng, self.writes)
            wish = self._meant(search, wish or Wish())
            if wish.pair and not self._led(search, wish.pair):
                return None
            found = self._kinds[kind](search, wish, calls)
            return goal if found and goal.size() >= least else None
        finally:
            session.close()

    @property
    def _kinds(self) -> Mapping[Kind, Callable[[Search, Wish, int], bool]]:
        return {
            "act": self._act,
            "inform": self._inform,
            "refuse": self._refuse,
            "partial": self._partial,
            "clarify": self._clarify,
            "missing_tool": self._missing,
            "transfer": self._transfer,
            "policy_question": self._policy,
        }

    def _further(self, search: Search) -> Further:
        search.leading, search.follow_on = None, False  # what was wished for is had
        return Further(search, partial(self._change, search, apart=True), self.shares.questions)

    def _act(self, search: Search, wish: Wish, calls: int) -> bool:
        goal, rng = search.goal, search.rng
        first, *then = wish.pair or (wish.tool,)
        most = rng.choices(*((1, 2), (4, 1)) if calls else ((1, 2, 3, 4), (50, 38, 10, 2)))[0]
        for number in range(max(most, 2) if self._writing(first) and then else most):
            tool = first if not number and self._writing(first) else "".join(then[:1])
            goal.intents.extend(filter(None, [self._change(search, tool, wish.operator)]))
        reader = next((n for n in (*then, first) if n and not self._writing(n)), "")
        if goal.intents and (reader or (not calls and rng.random() < self.shares.questions)):
            asked = search.question(reader)
            goal.intents.extend([asked] if asked and clear(goal, asked) else [])
        if goal.intents:
            self._further(search).fill(calls)
        return any(i.wants == "change" for i in goal.intents)

    def _writing(self, tool: str) -> bool:
        return tool in self.specs and self.specs[tool].writes

    def _meant(self, search: Search, wish: Wish) -> Wish:
        """A wish for a clause is one for a tool that upholds it."""
        if not wish.clause or wish.tool:
            return wish
        tools = [s.name for s in self.writes if wish.clause in s.clauses]
        return replace(wish, tool=search.rng.choice(tools) if tools else "")

    def _led(self, search: Search, pair: tuple[str, ...]) -> bool:
        """Make the first call of a pair where it reads, so that what comes next can follow from it; whether it can."""
        search.follow_on = True
        return self._writing(pair[0]) or search.lead(self.specs[pair[0]], self.specs[pair[1]])

    def _change(self, search: Search, first: str = "", operator: str = "", *, apart: bool = False) -> Intent | None:
        """A write with what it hangs on, carried out; `apart` from what was changed before, and by any tool."""
        shares = self.shares

        def due(name: str, share: float) -> bool:
            return search.rng.random() < (WISHED if operator == name else share)

        found = search.write(first, apart=apart)
        if found is None or not clear(search.goal, Intent("change", found.spec, found.bound, found.picks)):
            return None
        hung = rather = first_value = None
        if found.spec.ask:
            if operator not in {"fallback", "change of mind"} and due("condition", shares.condition):
                hung = hinge(search, found)
            if hung is None and operator != "change of mind" and due("fallback", shares.fallback):
                rather = fallback(search, found)
            if hung is None and rather is None and due("change of mind", shares.change_of_mind):
                first_value = second_thoughts(search, found)
        whole = Intent("change", found.spec, found.bound, found.picks, other=hung[1] if hung else rather)
        if not clear(search.goal, whole):
            return None
        intent = search.carry_out(found)
        if intent is not None:
            intent.hinge, intent.other = hung or (None, rather)
            intent.at_first = first_value
        return intent

    def _inform(self, search: Search, wish: Wish, calls: int) -> bool:
        goal, rng = search.goal, search.rng
        if rng.random() < (WISHED if wish.operator == "aggregate" else self.shares.aggregate):
            goal.intents.extend(filter(None, [search.total()]))
        for _number in range((1 if calls else rng.choices([1, 2], [3, 2])[0]) - len(goal.intents)):
            intent = search.question(wish.pair[1] if wish.pair else wish.tool)
            if intent is not None and clear(goal, intent):
                goal.intents.append(intent)
        self._further(search).fill(calls, changes=False)
        return bool(goal.intents)

    def _refuse(self, search: Search, wish: Wish, calls: int) -> bool:
        """What policy forbids, which comes last, after questions."""
        if not search.denial(wish.tool, wish.clause):
            return False
        self._asked_before(search, calls)
        return True

    def _asked_before(self, search: Search, calls: int) -> None:
        """Questions before the refusal, unless it is about "that order": what the change before it made."""
        last = search.goal.intents[-1]
        if not any(p.phrase.startswith("that ") for ps in last.picks.values() for p in ps):
            self._further(search).fill(calls, changes=False, last=1)

    def _partial(self, search: Search, wish: Wish, calls: int) -> bool:
        """A change and a refusal: what policy forbids comes last."""
        goal = search.goal
        first = self._change(search, operator=wish.operator)
        if first is None:
            return False
        goal.intents.append(first)
        self._further(search).fill(calls - ROOM)
        if not search.denial(wish.tool, wish.clause) or not all(told_apart(goal, i) for i in goal.intents[:-1]):
            return False
        self._asked_before(search, calls)
        return True

    def _clarify(self, search: Search, wish: Wish, calls: int) -> bool:
        """A change to one of several records that could be meant until the person says which."""
        goal = search.goal
        found = search.write(wish.tool)
        if found is None or not found.spec.ask or not _open_choice(search, found):
            return False
        intent = search.carry_out(found)
        if intent is None:
            return False
        intent.vague = True
        goal.intents.append(intent)
        self._further(search).fill(calls)
        return True

    def _missing(self, search: Search, wish: Wish, calls: int) -> bool:
        """Something that can be done, and something whose tool is withheld."""
        goal = search.goal
        ask = search.rng.random() < 0.4  # noqa: PLR2004 - beside a question or a change
        intent = search.question() if ask else self._change(search)
        found = search.write(wish.tool) if intent else None
        if intent is None or found is None or not found.spec.ask:
            return False
        if not clear(goal, intent, found.picks):
            return False
        others = {intent.spec.name if intent.spec else "", intent.other.spec.name if intent.other else ""}
        if found.spec.name in others or any(p.phrase.startswith("that ") for ps in found.picks.values() for p in ps):
            return False
        goal.intents += [intent, Intent("missing", found.spec, found.bound, found.picks)]
        search.without(found.spec)
        self._further(search).fill(calls)
        return True

    def _transfer(self, search: Search, wish: Wish, calls: int) -> bool:
        """Something that is for somebody else, in half of the tasks after a change."""
        goal = search.goal
        if search.rng.random() < 0.5:  # noqa: PLR2004
            goal.intents.extend(filter(None, [self._change(search, wish.tool, wish.operator)]))
        self._further(search).fill(calls - ROOM)
        handing = Search(goal, search.binder, search.rng, self.handing_over)
        found = handing.write()
        intent = handing.carry_out(found) if found else None
        goal.intents.extend(filter(None, [intent]))
        return intent is not None

    def _policy(self, search: Search, _wish: Wish, _calls: int) -> bool:
        goal = search.goal
        known = self.figures(goal.snapshot)
        if not known:
            return False
        goal.intents.append(Intent("answer", None, None, {}, set(), search.rng.choice(known)))
        return True


def _open_choice(search: Search, found: Found) -> bool:
    """Whether another record of the person's could be meant as well by who does not say which: the same could be done
    to it, so that trying does not tell.
    """
    for name, picks in found.picks.items():
        if name in found.bound.choices and len(picks) == 1 and not picks[0].phrase.startswith("that "):
            target = picks[0].referent
            mine = {c for c in target.context if c[0] == search.binder.people}
            rivals = [r for r in search.goal.knowledge.of(target.table) if r.id != target.id and mine <= r.context]
            if mine and any(search.possible(_of(found, name, r.id)) for r in rivals[: search.tries]):
                return True
    return False


def _of(found: Found, name: str, key: str) -> Call:
    """The call with another record for one of its arguments."""
    call = found.bound.call
    value: Json = [key] if found.bound.choices[name].param.many else key
    return call.model_copy(update={"arguments": {**call.arguments, name: value}})
