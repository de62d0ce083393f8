"""Descriptions read back: which records the facts of a blueprint's ledger fit."""

from collections.abc import Sequence

from blueprints.blueprint import Known
from blueprints.goals import resolves
from blueprints.knowledge import Referent
from blueprints.wording import Superlative, superlative_phrase

TELLABLE = frozenset({"amount", "date", "count"})
"""What has an order, so that people speak of the highest or the lowest."""


def described_by(facts: Sequence[Known], among: Sequence[Referent]) -> list[str]:
    """Ids of the records that a description fits; none where its words are of another kind ("that order")."""
    which = next((k for k in facts if k.field == "which"), None)
    if which is None:
        return resolves([(k.field, k.value) for k in facts], None, [*among])
    superlative = superlative_in(str(which.value), among)
    return [] if superlative is None else resolves([], superlative, [*among])


def superlative_in(phrase: str, among: Sequence[Referent]) -> Superlative | None:
    """The superlative that a phrase expresses over some field of these records; the longest that stands in it."""
    fields = {a.field: a.meaning for r in among for a in r.attributes if a.meaning.kind in TELLABLE}
    found = [Superlative(f, m, d) for f, m in fields.items() for d in ("highest", "lowest")]
    return max(
        (w for w in found if superlative_phrase(w) in phrase), key=lambda w: len(superlative_phrase(w)), default=None
    )
