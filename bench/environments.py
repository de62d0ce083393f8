"""What a world costs: building a snapshot, forking, calling beyond the tool's own work, telling and hashing changes."""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tools_env.calls import Call, Result
from tools_env.domains.retail import Retail
from tools_env.environment import ClassWorld
from tools_env.session import LocalSession

LIMITS: Mapping[str, float] = {
    "snapshot_ms": 300.0,
    "fork_us": 5.0,
    "read_overhead_us": 30.0,
    "write_overhead_us": 30.0,
    "diff_and_fingerprint_us": 100.0,
    "created_diff_and_fingerprint_us": 100.0,
    "fork_kb": 100.0,
}
_ROUNDS = 2000


def median_us(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """The median time of one round, in microseconds."""
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def _overhead(world: ClassWorld, session: LocalSession, calls: Sequence[Call]) -> float:
    """The median over calls of what a call costs beyond the tool's own work on a state made ready for it."""
    state: Any = world.snapshot("seed:0").state
    found: list[float] = []
    for call in calls:
        tool = world.kind.tools_[call.name]
        arguments: Any = tool.parse(call.arguments)
        work = partial(_tool_alone, tool.function, iter([state.fork() for _ in range(_ROUNDS)]), arguments)
        whole = partial(_call, iter([session.fork() for _ in range(_ROUNDS)]), call)
        found.append(median_us(whole) - median_us(work))
    return statistics.median(found)


def _tool_alone(function: Callable[..., object], states: Iterator[object], arguments: Mapping[str, Any]) -> object:
    return function(next(states), **arguments)


def _call(sessions: Iterator[LocalSession], call: Call) -> object:
    return next(sessions).call(call)


def _reads(order: Mapping[str, Any]) -> Iterator[Call]:
    customer, key = order["customer_id"], order["order_id"]
    yield Call(name="get_order", arguments={"order_id": key})
    yield Call(name="list_orders", arguments={"customer_id": customer})
    yield Call(name="list_payment_methods", arguments={"customer_id": customer})
    yield Call(name="list_products", arguments={"category": "lighting"})


def _writes(order: Mapping[str, Any], day: str) -> Iterator[Call]:
    key = order["order_id"]
    yield Call(name="change_order_address", arguments={"order_id": key, "address": "4 Cobbler Yard, Ashcombe 40118"})
    yield Call(name="change_arrival", arguments={"order_id": key, "day": day})
    yield Call(name="cancel_order", arguments={"order_id": key, "reason": "too slow"})


def _placed(session: LocalSession, world: ClassWorld) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for person in world.brief("seed:0").people[:40]:
        outcome = session.call(Call(name="list_orders", arguments={"customer_id": person.id}))
        listed: Any = outcome.observed()
        found += [order for order in listed if order["status"] == "placed"]
    return found


def run() -> dict[str, float]:
    """Medians on retail: ms of CPU for a snapshot, µs for the rest, kB for a live fork in which three orders changed.

    The changes told and hashed are three altered orders, or (`created`) three new orders with their lines.
    """
    world = ClassWorld(Retail, "retail")
    session = world.open("seed:0")
    orders = _placed(session, world)
    day = world.brief("seed:0").now.replace(day=28).isoformat()
    writes = [call for order in orders[:6] for call in _writes(order, day)]
    allowed = [call for call in writes if isinstance(session.fork().call(call), Result)]
    altered, created = session.fork(), session.fork()
    _carry_out(altered, [next(_writes(order, day)) for order in orders], 3)
    _carry_out(created, _purchases(created, orders), 3)
    return {
        "snapshot_ms": statistics.median(_build(seed) for seed in range(5)),
        "fork_us": median_us(session.fork),
        "read_overhead_us": _overhead(world, session, [*_reads(orders[0])]),
        "write_overhead_us": _overhead(world, session, allowed[:6]),
        "diff_and_fingerprint_us": median_us(lambda: (altered.diff(), altered.fingerprint())),
        "created_diff_and_fingerprint_us": median_us(lambda: (created.diff(), created.fingerprint())),
        "fork_kb": _fork_kb(session, orders, day),
    }


def _purchases(session: LocalSession, orders: Sequence[Mapping[str, Any]]) -> Iterator[Call]:
    products: Any = session.call(Call(name="list_products", arguments={"category": "lighting"})).observed()
    variants: Any = session.call(
        Call(name="list_variants", arguments={"product_id": products[0]["product_id"]})
    ).observed()
    variant = max(variants, key=lambda v: v["stock"])["variant_id"]
    for order in orders:
        arguments = {name: order[name] for name in ("customer_id", "payment_id")}
        yield Call(name="place_order", arguments=arguments | {"variant_id": variant, "quantity": 1})


def _carry_out(session: LocalSession, calls: Iterable[Call], wanted: int) -> None:
    """Carry calls out until so many have succeeded."""
    for call in calls:
        wanted -= isinstance(session.call(call), Result)
        if not wanted:
            return
    raise RuntimeError(f"{wanted} writes short: the data has changed")


def _build(seed: int) -> float:
    """CPU of making one snapshot."""
    world = ClassWorld(Retail, "retail")
    started = time.process_time()
    world.open(f"seed:{seed}")
    return (time.process_time() - started) * 1000


def _fork_kb(session: LocalSession, orders: Sequence[Mapping[str, Any]], day: str, forks: int = 200) -> float:
    """Memory of one live fork in which three orders changed."""
    calls = [next(_writes(order, day)) for order in orders[:3]]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    alive = [session.fork() for _ in range(forks)]
    for fork in alive:
        for call in calls:
            fork.call(call)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(alive) / 1000


def table(figures: dict[str, float]) -> str:
    """The figures of `run` as text."""
    limits = {name: f"   limit {limit:g}" for name, limit in LIMITS.items()}
    lines = [f"{name:<32} {value:>8.2f}{limits.get(name, '')}" for name, value in figures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))
