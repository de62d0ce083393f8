"""Planning: which task comes at which index. Plans depend on seed and index alone, never on what finished first."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from blueprints.adversaries import adversaries
from blueprints.author import plain
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.checks import in_words
from blueprints.coverage import Coverage, Wish
from blueprints.disturbing import disturb, drawn
from blueprints.draft import ground, twin_draft, with_words
from blueprints.goal import Goal
from blueprints.overlap import Against
from blueprints.personas import Personas
from blueprints.reach import unreachable
from blueprints.sampling import Sampler, Shares
from blueprints.size import LONG_CALLS, LONGEST, Profile, Size
from blueprints.word_gates import leakage
from tools_env.disturbances import Mishap
from tools_env.mentions import mentions
from tools_env.port import World

ATTEMPTS = {"cheap": 400, "restart": 24}
"""How many goals may be tried for one task, by what a fork costs."""
WINDOW = 50
GOING = Wish(operator="fallback")
"""What is wished for where something is to go in mid-talk."""
LASTING, PATIENCE = 4, 12
"""How many attempts a wish is held on to; and one for something that can go."""
PATIENT = 8
"""How many attempts a task's size is held on to; in as many more it is half of that, and then as it comes."""
IN_VAIN = 2
"""How often a pair of tools is wished for in vain before it is given up."""
LOOKED_AT, WALKS = 100, 12
"""After how many tasks pairs of tools that never came are walked, and how often, to find out which cannot."""


@dataclass(frozen=True, slots=True)
class Task:
    """A planned task: its draft without words, and for a twin the index of the refusal whose words it shares.

    `overlapped` counts the goals let go on the way because they repeat a task they must not.
    """

    index: int
    kind: Kind
    draft: Blueprint | Rejected
    twin_of: int | None = None
    overlapped: int = 0


@dataclass(frozen=True, slots=True)
class Mix:
    """What tasks are made of: shares of kinds and of operators, personas, how many snapshots, and how many indices lie
    between two looks at what is covered; `steer` is the share of tasks steered to what earlier windows lack,
    `returning` that of tasks for somebody who had one in this window already. Tasks are of the `size` given, or as they
    come without one; with the profile `long` every act needs more than 20 calls. `disturbances` is the share of tasks
    that get a mishap.
    """

    kinds: dict[Kind, float]
    shares: Shares = field(default_factory=Shares)
    personas: Sequence[str] = ()
    snapshots: int = 8
    window: int = WINDOW
    steer: float = 0.75
    returning: float = 0.0
    size: Size | None = None
    profile: Profile = "usual"
    disturbances: float = 0.0


class Planner:
    """Draws tasks in index order. Every draft differs in substance from all before it, and from those in `against`.

    At the end of each window of indices it looks at what its own plans cover and steers later ones to what is missing.
    """

    def __init__(self, world: World, seed: int, mix: Mix, against: Against | None = None) -> None:
        self.world = world
        self.seed = seed
        self.mix = mix
        self.sampler = Sampler(world, mix.snapshots, mix.shares)
        wanted = {k: s for k, s in sorted(mix.kinds.items()) if s > 0}
        self.kinds = {k: s for k, s in wanted.items() if self.sampler.can(k)} or wanted
        self.personas = Personas(mix.personas, seed) if mix.personas else None
        self.against = against or Against()
        self.coverage = Coverage(world)
        self.seen: set[str] = set()
        self.given: dict[Kind, int] = dict.fromkeys(self.kinds, 0)
        self.long = mix.profile == "long"
        self.looked = False
        self.twin: Blueprint | None = None
        self.index = 0
        self.fresh: list[Blueprint] = []
        self.met: list[tuple[str, str]] = []
        self.vain: Counter[tuple[str, ...]] = Counter()

    def next(self) -> Task:
        """The next task. A refusal is followed by its twin."""
        index, self.index = self.index, self.index + 1
        if index and index % self.mix.window == 0:
            self.look()
        if self.twin is not None:
            draft, self.twin = self.twin, None
            self._take(draft)
            return Task(index, "act", draft, twin_of=index - 1)
        kind, overlapped = self._due(), 0
        calls, least = self._calls(index, kind)
        wish, who = self._wish(index, kind), self._returning(index)
        for attempt in range(ATTEMPTS[self.world.fork_cost]):
            rng = random.Random(f"{self.seed}/{index}/{attempt}")
            lasting = attempt < (PATIENCE if wish is GOING else LASTING)
            wanted = max(least, calls >> attempt // PATIENT if attempt < 2 * PATIENT else 0)
            goal = self.sampler.draw(kind, rng, wish if lasting else None, wanted, who if lasting else None, least)
            if goal is None:
                continue
            if self.against.shared_call(goal.calls()) is not None:
                overlapped += 1
                continue
            found = self._drafted(goal, rng, index, wish if lasting else None)
            if found is None:
                continue
            if wish and not lasting:
                self._let_go(wish)
            if self._repeats(found):
                self.twin = None
                overlapped += 1
                continue
            self._take(found)
            self.met.append((goal.snapshot, goal.person.id))
            self.given[kind] += 1
            return Task(index, kind, found, overlapped=overlapped)
        return Task(index, kind, self._nothing(kind, overlapped, least), overlapped=overlapped)

    def _calls(self, index: int, kind: Kind) -> tuple[int, int]:
        """How many calls the task of an index is to need, and how many at least."""
        rng = random.Random(f"{self.seed}/{index}/size")
        if kind == "act" and self.long:
            return rng.randint(LONG_CALLS, LONGEST), LONG_CALLS
        return (self.mix.size.draw(rng) if self.mix.size else 0), 0

    def _drafted(self, goal: Goal, rng: random.Random, index: int, wish: Wish | None) -> Blueprint | None:
        """The goal as a draft that grants the wish and passes the gates; its twin is kept for the index after."""
        found = ground(goal, "", rng)
        if isinstance(found, Rejected) or found.substance() in self.seen:
            return None
        found = disturb(found, self.world, random.Random(f"{self.seed}/{index}/mishap"), self._mishaps(index))
        if found.substance() in self.seen:
            return None
        if (wish and not self._grants(found, wish)) or not self._twin(found):
            return None
        if self._spoilt(_in_plain_words(found)):
            self.twin = None
            return None
        return self._voiced(found, index)

    def _spoilt(self, draft: Blueprint) -> bool:
        """Whether a gate speaks against a draft, which stands without words, in those of the template: what another
        matter says may give it away.
        """
        return next(chain(in_words(draft, self.world), adversaries(draft, self.world)), None) is not None

    def _voiced(self, draft: Blueprint, index: int) -> Blueprint:
        """The draft with the persona of its index."""
        if self.personas is None:
            return draft
        persona = self.personas.at(index)
        values = [(o.value, o.meaning) for o in draft.outputs]
        values += [(draft.evidence.because.value, draft.evidence.meaning)] if draft.evidence else []
        if any(mentions(persona, value, meaning) for value, meaning in values):
            return draft
        told = draft.model_copy(update={"instruction": persona})
        if next(leakage(told, self.world), None) is not None:  # "on first-name terms" is the name of an argument
            return draft
        if self.twin is not None:
            self.twin = self.twin.model_copy(update={"persona": persona})
        return draft.model_copy(update={"persona": persona})

    def _take(self, draft: Blueprint) -> None:
        self.seen.add(draft.substance())
        self.fresh.append(draft)

    def look(self) -> None:
        """Count what the window that has ended covers."""
        for draft in self.fresh:
            self.coverage.add(draft)
        self.fresh.clear()
        self.met.clear()
        if self.index > LOOKED_AT and not self.looked and self.world.fork_cost == "cheap":
            self.looked = True
            rng = random.Random(f"{self.seed}/reach")
            reasons = unreachable(self.world, self.coverage.uncovered(), self.sampler.snapshots, rng, WALKS)
            self.coverage.give_up(reasons)

    def _mishaps(self, index: int) -> tuple[Mishap, ...]:
        """The sorts of mishaps to try on the task of an index, whatever draft of it is made."""
        return drawn(random.Random(f"{self.seed}/{index}/mishaps"), self.mix.disturbances)

    def _wish(self, index: int, kind: Kind) -> Wish | None:
        """What to steer a task to, once a window has ended; pairs of tools are wished of acts alone, and where
        something is to go in mid-talk, there has to be something to fall back on.
        """
        if kind == "act" and self._mishaps(index)[:1] == ("gone",) and self.world.fork_cost == "cheap":
            return GOING
        rng = random.Random(f"{self.seed}/{index}/wish")
        if not self.coverage.tasks or rng.random() >= self.mix.steer:
            return None
        return self.coverage.wish(rng, pairs=kind == "act")

    def _returning(self, index: int) -> tuple[str, str] | None:
        """The snapshot and the person of an earlier task of this window, now and then: tasks of one person can be
        combined.
        """
        rng = random.Random(f"{self.seed}/{index}/who")
        return rng.choice(self.met) if self.met and rng.random() < self.mix.returning else None

    def _grants(self, draft: Blueprint, wish: Wish) -> bool:
        """Whether a draft holds the pair that was wished for, or what goes in mid-talk; other wishes are taken as they
        come.
        """
        if wish is GOING:
            return any(d.kind == "gone" for d in draft.disturbances)
        return not wish.pair or wish.pair in self.coverage.pairs(draft)

    def _let_go(self, wish: Wish) -> None:
        """Note a pair that was wished for in vain; after so many times it is wished for no more."""
        self.vain[wish.pair] += 1
        if wish.pair and self.vain[wish.pair] == IN_VAIN:
            first, then = wish.pair
            reason = f"in {IN_VAIN * LASTING} draws for it no task came of {first} and then {then}"
            self.coverage.give_up({(first, then): reason})

    def _nothing(self, kind: Kind, overlapped: int, least: int) -> Rejected:
        """Why no task was found; a kind that this world has not at all gives its share to the others, and where it has
        no long tasks the shorter ones come in their place.
        """
        wanted = f"{kind} task of {least} calls or more" if least else f"{kind} task"
        told = f"no {wanted} was found in {ATTEMPTS[self.world.fork_cost]} attempts"
        if overlapped:
            reason = f"{told}, {overlapped} of which overlap with earlier tasks"
        elif least and not self.given[kind]:
            self.long = False
            reason = f"{told}: shorter ones come instead"
        elif not self.given[kind] and len(self.kinds) > 1:
            del self.kinds[kind]
            reason = f"{told}: its share goes to the other kinds"
        else:
            reason = f"{told}: the domain may be too small"
        return Rejected(stage="sampling", reason=reason)

    def _twin(self, draft: Blueprint) -> bool:
        """Keep the twin of a refusal for the next index; False when it has none that stands."""
        if draft.evidence is None:
            return True
        twin = twin_draft(draft, self.world)
        if isinstance(twin, Rejected) or twin.substance() in self.seen:
            return False
        self.twin = twin
        return True

    def _repeats(self, draft: Blueprint) -> bool:
        """Whether even the template's words, whose facts every author keeps, stand in an earlier task."""
        return self.against.shared_words(_in_plain_words(draft)) is not None

    def _due(self) -> Kind:
        """The kind furthest behind its share; twins count as act only by the way."""
        total = sum(self.kinds.values())
        planned = sum(self.given.values()) + 1
        return max(self.kinds, key=lambda k: self.kinds[k] / total * planned - self.given[k])


def _in_plain_words(draft: Blueprint) -> Blueprint:
    words = plain(draft)
    return with_words(draft, words.instruction, words.says).sealed()
