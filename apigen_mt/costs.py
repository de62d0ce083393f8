"""What a run has cost, by role and for each thing that was accepted: rows that are kept, or blueprints that stand."""

from collections.abc import Iterable, Iterator, Mapping

from apigen_mt.config import Config
from apigen_mt.models.answers import REPAIR
from apigen_mt.models.chat import Usage
from apigen_mt.models.prices import dollars
from apigen_mt.spending import role_behind
from apigen_mt.terminal import visible
from tools_env.values import Part

BESIDE = (".blind", ".calibrate")
"""Endings of the roles that measure something (control, calibration): accepted things are not charged with them."""


class Cost(Part):
    """What a role used and was paid for; dollars are none where no price is known."""

    role: str
    model: str
    usage: Usage
    dollars: float | None


class Bill(Part):
    """What a run has cost. `tokens_each` and `dollars_each` are for each of the `accepted`, with all that was in vain;
    none where nothing was accepted, or a price is not known. `reused` came from the reply cache and cost nothing.
    """

    costs: tuple[Cost, ...] = ()
    accepted: int = 0
    dollars: float | None = None
    tokens_each: float | None = None
    dollars_each: float | None = None
    reused: Usage = Usage()


def bill(usage: Mapping[str, Usage], config: Config, accepted: int, reused: Mapping[str, Usage] | None = None) -> Bill:
    """The bill of a run that accepted so much; `usage` and `reused` are tokens by role, as the journal has them."""
    costs = tuple(_costs(usage, config))
    production = [cost for cost in costs if not cost.role.endswith(BESIDE)]
    paid = _sum(cost.dollars for cost in production)
    tokens = sum(cost.usage.total for cost in production)
    return Bill(
        costs=costs,
        accepted=accepted,
        dollars=_sum(cost.dollars for cost in costs),
        tokens_each=tokens / accepted if accepted and production else None,
        dollars_each=paid / accepted if accepted and paid is not None else None,
        reused=sum((reused or {}).values(), Usage()),
    )


def bill_lines(found: Bill, each: str) -> Iterator[str]:
    """The bill as text, role by role; `each` is what is accepted, such as `a kept row`."""
    for cost in found.costs:
        share = ""
        if found.accepted:
            tokens, paid = cost.usage.total / found.accepted, cost.dollars and cost.dollars / found.accepted
            share = f"; {tokens:,.0f} tokens and {told(paid)} for each accepted"
        used = f"{cost.usage.prompt:,} in ({cost.usage.cached:,} cached), {cost.usage.completion:,} out"
        yield visible(f"  {cost.role} ({cost.model or 'unknown model'}): {used}, {told(cost.dollars)}{share}")
    if found.tokens_each is not None:
        yield f"  {each} took {found.tokens_each:,.0f} tokens and {told(found.dollars_each)}"
    if found.costs and found.reused.total:
        yield f"  from the reply cache, at no cost: {found.reused.prompt:,} in, {found.reused.completion:,} out"


def told(amount: float | None) -> str:
    """An amount in dollars, as people read it."""
    return "cost unknown" if amount is None else f"${amount:,.4f}"


def _costs(usage: Mapping[str, Usage], config: Config) -> Iterator[Cost]:
    """Tokens and dollars by role, repairs with the role that they mend."""
    total: dict[str, Usage] = {}
    for name, used in usage.items():
        role = name.removesuffix(REPAIR)
        total[role] = total.get(role, Usage()) + used
    for name, used in sorted(total.items()):
        model = role_behind(name, config).model
        price = config.prices.get(model)
        yield Cost(role=name, model=model, usage=used, dollars=None if price is None else dollars(price.of(used)))


def _sum(amounts: Iterable[float | None]) -> float | None:
    """The sum; none where there is nothing to add, or a part is not known."""
    known = list(amounts)
    return None if None in known or not known else sum(amount for amount in known if amount is not None)
