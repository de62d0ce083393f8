"""An order of created records in which their ids have no say, so that they can be named alike in every run."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from tools_env.values import sort_key

Link: TypeAlias = tuple[str, ...]
"""What stands in the place of a created id: paths of the records it can mean. No JSON value is a tuple."""

Group: TypeAlias = tuple[list[str], str, list[str]]
"""What its members say without ids, what stands in the place of ids, and the members: all in one order."""

Seen: TypeAlias = tuple[int, str, list[tuple[int, str]]]
"""What tells a record apart: its rank so far, what it points at, and what points at it, with the ranks of that."""


class Holder:
    """One change without the created ids in it.

    `text` says all that does not depend on ids. `holes` are the places where ids were taken out: place, what stood
    there with links for ids, and whether its lists are unordered. `links` are all links in them.
    """

    __slots__ = ("holes", "links", "text")

    text: str
    holes: list[tuple[int, Any, bool]]
    links: list[Link]

    def content(self, known: Mapping[Link, Any]) -> list[Any]:
        """What stands in the holes, with what is known put for links."""
        return [known[v] if type(v) is tuple else _filled(v, known, unordered=u) for _, v, u in self.holes]


def _filled(value: Any, known: Mapping[Link, Any], *, unordered: bool) -> Any:  # noqa: ANN401 - JSON with links in it
    if isinstance(value, tuple):
        return known[value]
    if isinstance(value, list):
        filled = [_filled(v, known, unordered=unordered) for v in value]
        return sorted(filled, key=sort_key) if unordered else filled
    if isinstance(value, dict):
        return {k: _filled(v, known, unordered=unordered) for k, v in value.items()}
    return value


def in_groups(created: Iterable[str], holders: Mapping[str, Holder], shared: Sequence[Link]) -> list[Group]:
    """Created records, with the changes that hold their ids, in groups that are connected by ids.

    Members are in order by content, then by who points at whom; groups are in order by what they hold, and those that
    hold the same are interchangeable. `shared` are the links to several records.
    """
    found: list[Group] = []
    known: dict[Link, tuple[int, ...]] = {}
    for group in _connected(created, holders):
        if len(group) > 1:
            texts = {path: holders[path].text for path in group}
            alike = len(set(texts.values())) < len(group)
            order: Mapping[str, Any] = _refined(texts, holders, shared) if alike else texts
            group.sort(key=order.__getitem__)
        for rank, path in enumerate(group):
            known[path,] = (rank,)
        if shared:
            known |= _marks({path: rank for rank, path in enumerate(group)}, shared)
        content = ascii([holders[path].content(known) for path in group])
        found.append(([holders[path].text for path in group], content, group))
    found.sort()
    return found


def _connected(created: Iterable[str], holders: Mapping[str, Holder]) -> Collection[list[str]]:
    """Records and changed fields that are connected by ids."""
    group_of = {path: [path] for path in created}
    for path, holder in holders.items():
        for link in holder.links:
            for other in link:
                if other != path:
                    mine, theirs = group_of.setdefault(path, [path]), group_of[other]
                    if mine is not theirs:
                        mine += theirs
                        group_of.update(dict.fromkeys(theirs, mine))
    return {id(group): group for group in group_of.values()}.values()


def _marks(ranks: Mapping[str, int], shared: Sequence[Link]) -> dict[Link, tuple[int, ...]]:
    """What to put for each link in a group: the ranks of the records it can mean."""
    known: dict[Link, tuple[int, ...]] = {(path,): (rank,) for path, rank in ranks.items()}
    for link in shared:
        if ranks.keys() >= set(link):
            known[link] = tuple(sorted(ranks[path] for path in link))
    return known


def _refined(texts: Mapping[str, str], holders: Mapping[str, Holder], shared: Sequence[Link]) -> dict[str, int]:
    """Ranks that tell the members of a group apart: by content, then by what they point at and what points at them.

    Where that tells no more of them apart, one of the first that tie is singled out, which tells its neighbours apart
    in turn (colour refinement).
    """
    pointing: dict[str, set[str]] = {path: set() for path in texts}
    for path in texts:
        for link in holders[path].links:
            for other in link:
                pointing[other].add(path)
    ranks = _ranked(texts)
    while (classes := len(seen := Counter(ranks.values()))) < len(texts):
        known = _marks(ranks, shared)
        tied = [path for path in texts if seen[ranks[path]] > 1]
        finer: dict[str, Seen] = {path: (rank, "", []) for path, rank in ranks.items()}
        for path in tied:
            own = [(path,), *(link for link in shared if path in link and link in known)]
            mine = known | {link: (-1, *known[link]) for link in own}
            marks = [(ranks[p], ascii(holders[p].content(mine))) for p in pointing[path] if p != path]
            finer[path] = (ranks[path], ascii(holders[path].content(mine)), sorted(marks))
        ranks = _ranked(finer)
        if len(set(ranks.values())) == classes:
            single = min(tied, key=lambda path: (ranks[path], path))
            ranks = {path: 2 * rank for path, rank in ranks.items()}
            ranks[single] -= 1
    return ranks


def _ranked(found: Mapping[str, Any]) -> dict[str, int]:
    """The rank of each among all; those alike tie."""
    ordered = sorted(found.values())
    return {path: ordered.index(one) for path, one in found.items()}
