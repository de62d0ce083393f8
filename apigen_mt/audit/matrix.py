"""The audit's matrix: for every kind of change, how many talks it was made to and how many the verdict got right."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from apigen_mt.audit import corruptions, harmless
from apigen_mt.audit.editing import Talk
from blueprints.adversaries import ADVERSARIES, RIGHT_FOR, Adversary, talks
from blueprints.judging.judge import judge
from blueprints.judging.verdict import Verdict
from tools_env.values import Part

MOST = 25
"""So many talks of a domain are changed in one way."""
STEP = 7
MOST_WORDS = 90
"""A task is told in so many characters."""


class Line(Part):
    """One kind of change: how many talks it was made to, how many of them were judged right, and, of those that were
    spoilt, how often the right speaker was blamed; `needs` says what talk it can be made to.
    """

    kind: str
    n: int = 0
    right: int = 0
    blamed: int = 0
    needs: str = ""


class Miss(Part):
    """A spoilt talk that passes, a harmless one that fails, or a task that an adversary passes."""

    domain: str
    kind: str
    task: str
    what: str

    def __str__(self) -> str:
        """The miss in one line."""
        return f"{self.what}: {self.kind}: {self.domain}: {self.task}"


class Matrix(Part):
    """What an audit found: base talks by domain, and a line for every kind of change, in a fixed order."""

    talks: dict[str, int] = {}
    spoilt: tuple[Line, ...] = ()
    harmless: tuple[Line, ...] = ()
    adversaries: tuple[Line, ...] = ()
    misses: tuple[Miss, ...] = ()
    without: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    """Domains that could not be audited, each with the reason."""

    @property
    def ok(self) -> bool:
        """Whether the verdict was right every time."""
        return not self.misses


def measured(
    domain: str,
    base: Sequence[Talk],
    without: Collection[str] = (),
    *,
    most: int = MOST,
    only: Collection[str] = (),
) -> Matrix:
    """The matrix of one domain's talks, with some gates left out. No kind of change is made to more than `most` of
    them, each kind beginning with another talk; with `only`, no other kinds than these are tried.
    """
    misses: list[Miss] = []
    attacks = [
        _Attack(n, c.needs, partial(_spoilt, c, without), "passes though it is spoilt")
        for n, c in corruptions.ALL.items()
    ]
    changes = [
        _Attack(n, h.needs, partial(_varied, h, without), "fails though it is harmless")
        for n, h in harmless.ALL.items()
    ]
    cheap = [
        _Attack(a.name, "a task at which it is not right", partial(_cheap, a, without), "an adversary passes")
        for a in ADVERSARIES
    ]
    columns: list[tuple[Line, ...]] = []
    for several in (attacks, changes, cheap):
        wanted = [one for one in several if not only or one.kind in only]
        columns.append(
            tuple(_line(domain, one, _turned(base, number), most, misses) for number, one in enumerate(wanted))
        )
    return Matrix(
        talks={domain: len(base)},
        spoilt=columns[0],
        harmless=columns[1],
        adversaries=columns[2],
        misses=tuple(misses),
        without=tuple(sorted(without)),
    )


class _Judged(NamedTuple):
    """What came of one changed talk."""

    right: bool
    blamed: bool = False
    found: str = ""


class _Attack(NamedTuple):
    """One kind of change, and how to make and judge it."""

    kind: str
    needs: str
    judged: Callable[[Talk], _Judged | None]
    wrong: str


def _turned(base: Sequence[Talk], number: int) -> Sequence[Talk]:
    start = number * STEP % max(1, len(base))
    return [*base[start:], *base[:start]]


def _line(domain: str, attack: _Attack, base: Iterable[Talk], most: int, misses: list[Miss]) -> Line:
    n = right = blamed = 0
    for talk in base:
        came = attack.judged(talk)
        if came is None:
            continue
        n, right, blamed = n + 1, right + came.right, blamed + came.blamed
        if not came.right:
            what = f"{attack.wrong} ({came.found})" if came.found else attack.wrong
            misses.append(Miss(domain=domain, kind=attack.kind, task=_task(talk), what=what))
        if n == most:
            break
    return Line(kind=attack.kind, n=n, right=right, blamed=blamed, needs=attack.needs)


def _spoilt(kind: corruptions.Corruption, without: Collection[str], talk: Talk) -> _Judged | None:
    changed = kind.spoil(talk)
    if changed is None or changed == talk:
        return None
    verdict = changed.verdict(without=without)
    return _Judged(not verdict.ok, verdict.fault in kind.faults)


def _varied(kind: harmless.Harmless, without: Collection[str], talk: Talk) -> _Judged | None:
    changed = kind.vary(talk)
    if changed is None:
        return None
    verdict = changed.verdict(without=without)
    return _Judged(verdict.ok, found=_found(verdict))


def _cheap(adversary: Adversary, without: Collection[str], talk: Talk) -> _Judged | None:
    if adversary.name in RIGHT_FOR.get(talk.blueprint.kind, ()):
        return None
    tried = next(talks(talk.blueprint, talk.world, [adversary]))
    turns, left = tried.scene.human_turns, {"fidelity", *without}  # the simplest human there is: not who is judged
    verdict = judge(talk.blueprint, tried.course(), turns, tried.end_reason, talk.world, without=left)
    return _Judged(not verdict.ok, verdict.fault == "agent")


def _task(talk: Talk) -> str:
    words = " ".join(talk.blueprint.instruction.split())
    return f"{talk.blueprint.id[:12]} {words if len(words) <= MOST_WORDS else f'{words[: MOST_WORDS - 3]}...'}"


def _found(verdict: Verdict) -> str:
    gate = next((g for g in verdict.gates if g.status == "fail"), None)
    return "" if gate is None else f"{gate.gate}: {gate.evidence[0].text if gate.evidence else ''}"


def together(parts: Sequence[Matrix]) -> Matrix:
    """Several matrices as one."""
    counted: dict[str, int] = {}
    for part in parts:
        for domain, number in part.talks.items():
            counted[domain] = counted.get(domain, 0) + number
    return Matrix(
        talks=counted,
        spoilt=_added(p.spoilt for p in parts),
        harmless=_added(p.harmless for p in parts),
        adversaries=_added(p.adversaries for p in parts),
        misses=tuple(miss for p in parts for miss in p.misses),
        without=parts[0].without if parts else (),
        unheard=tuple(one for p in parts for one in p.unheard),
    )


def _added(columns: Iterable[Sequence[Line]]) -> tuple[Line, ...]:
    found: dict[str, Line] = {}
    for line in (line for lines in columns for line in lines):
        known = found.get(line.kind, Line(kind=line.kind, needs=line.needs))
        added = {"n": known.n + line.n, "right": known.right + line.right, "blamed": known.blamed + line.blamed}
        found[line.kind] = known.model_copy(update=added)
    return tuple(found.values())


def totals(matrix: Matrix) -> Mapping[str, Line]:
    """Sums over the kinds of each sort."""
    sorts = {"spoilt": matrix.spoilt, "harmless": matrix.harmless, "adversaries": matrix.adversaries}
    return {
        sort: Line(kind=sort, n=sum(x.n for x in lines), right=sum(x.right for x in lines),
                   blamed=sum(x.blamed for x in lines))
        for sort, lines in sorts.items()
    }  # fmt: skip
