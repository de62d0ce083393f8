"""One battery over every domain, through the port alone; then what retail and library promise beyond it."""

import json
import os
import string
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from tests.exploring import Explorer, Tried
from tools_env.calls import Call, Edit, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.mentions import mentions
from tools_env.port import Session, World
from tools_env.replay import replay
from tools_env.resolve import resolve
from tools_env.state import differences
from tools_env.values import Json

ROOT = Path(__file__).resolve().parents[2]
CHILD = "tests.child_world:child_library"
DOMAINS = ("library", "retail", "clinic", CHILD)
# people, tries of each write for each of them: a child process has to be restarted for every try
EFFORT = {"library": (40, 6), "retail": (60, 6), "clinic": (60, 8), CHILD: (2, 1)}
OPEN: list[Session] = []


@lru_cache(maxsize=4)
def world_of(name: str) -> World:
    return resolve(name)


@lru_cache(maxsize=4)
def explored(name: str) -> tuple[tuple[Explorer, ...], tuple[Tried, ...]]:
    world = world_of(name)
    people, tries = EFFORT[name]
    explorers = [
        Explorer(world, snapshot, person)
        for snapshot in ("seed:0", "seed:1")[: 1 if name == CHILD else 2]
        for person in world.brief(snapshot).people[:people]
    ]
    OPEN.extend(explorer.session for explorer in explorers)
    found: list[Tried] = []
    for explorer in explorers:
        explorer.look()
        found += explorer.try_writes(tries)
    return tuple(explorers), tuple(found)


@pytest.fixture(params=DOMAINS)
def name(request):
    return request.param


@pytest.fixture
def world(name):
    return world_of(name)


@pytest.fixture(scope="module", autouse=True)
def end_children():
    yield
    for session in OPEN:
        session.close()


DIGESTS = "import sys; from tools_env.resolve import resolve; print(*[resolve(n).digest for n in sys.argv[1:]])"


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_digests_are_the_same_in_every_process(hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", DIGESTS, *DOMAINS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [world_of(name).digest for name in DOMAINS]


def test_specs_are_whole_and_cross_a_wire(world):
    for name, spec in world.specs.items():
        assert spec.name == name
        assert type(spec).model_validate_json(spec.model_dump_json()) == spec
        assert spec.description.endswith(".")
        json.dumps(spec.function())
        properties = spec.parameters["properties"]
        assert isinstance(properties, dict)
        assert [*properties] == [p.name for p in spec.params]


def test_a_write_can_be_asked_for(world):
    for spec in world.specs.values():
        if spec.writes:
            slots = {slot for _, slot, _, _ in string.Formatter().parse(spec.ask) if slot}
            assert slots == {p.name for p in spec.params if not p.personal}, spec.name
            assert spec.ask[0].islower()


def test_the_policy_has_all_its_clauses_and_figures(world):
    for snapshot in ("seed:0", "seed:3"):
        brief = world.brief(snapshot)
        assert "{" not in brief.policy
        assert brief.now.isoformat() in brief.policy
        for clause in world.clauses:
            assert f"{clause.number} " in brief.policy
            assert clause.by


def test_snapshots_differ_in_figures(world):
    assert len({world.brief(f"seed:{seed}").policy for seed in range(6)}) > 1


def test_people_can_be_told_apart(world):
    brief = world.brief("seed:0")
    assert len(brief.people) >= 100
    assert len({p.id for p in brief.people}) == len({p.facts["email"].value for p in brief.people}) == len(brief.people)
    assert all(str(p.facts["email"].value).endswith("@example.com") for p in brief.people)


def test_sessions_of_one_snapshot_begin_alike(world):
    one, other = world.open("seed:2"), world.open("seed:2")
    assert one.fingerprint() == other.fingerprint()
    assert one.diff() == {}
    one.close()
    other.close()


def test_reads_work_and_change_nothing(name):
    for explorer in explored(name)[0]:
        assert explorer.reads
        assert not [call for call, outcome in explorer.reads if isinstance(outcome, Fault)]
    first = explored(name)[0][0]
    assert first.session.diff() == {}
    untouched = world_of(name).open(first.snapshot)
    assert first.session.fingerprint() == untouched.fingerprint()
    untouched.close()


def test_what_a_person_can_reach_is_theirs_or_nobodys(name):
    for explorer in explored(name)[0]:
        owners = {t.owner for _, o in explorer.reads if isinstance(o, Result) for t in o.touched}
        assert owners <= {explorer.person.id, None}


def test_every_tool_is_reached(name):
    explorers, tried = explored(name)
    used = {call.name for e in explorers for call, outcome in e.reads if isinstance(outcome, Result)}
    used |= {t.call.name for t in tried if isinstance(t.outcome, Result)}
    assert used == set(world_of(name).specs)


def test_refusals_cite_what_upholds_the_clause(name):
    world = world_of(name)
    upheld = {clause.number: clause.by for clause in world.clauses}
    for one in explored(name)[1]:
        if isinstance(one.outcome, Refusal) and one.clause:
            assert one.call.name in upheld[one.clause]
            assert one.clause in world.specs[one.call.name].clauses


def test_a_deciding_fact_is_readable_and_decides(name):
    """Change the deciding field alone: most denials turn round, the others meet another clause, never the same."""
    world = world_of(name)
    turned: Counter[bool] = Counter()
    for one in explored(name)[1]:
        if one.because is None:
            continue
        twin = world.open(one.snapshot, (Edit(path=one.because.path, value=one.because.instead),))
        outcome = twin.call(one.call)
        breaches = twin.breaches(Course()) if isinstance(outcome, Result) else ()
        twin.close()
        again = Tried(one.snapshot, one.call, outcome, breaches)
        turned[isinstance(outcome, Result) and not breaches] += 1
        assert again.because is None or again.because.path != one.because.path, one
    assert turned[True] > turned[False]


def test_a_replay_of_what_worked_works_again(name):
    world = world_of(name)
    worked = [t for t in explored(name)[1] if isinstance(t.outcome, Result) and t.snapshot == "seed:0"]
    for one in worked[:: max(1, len(worked) // 20)]:
        once = replay(world, one.snapshot, (), [one.call])
        assert once.outcomes == (one.outcome,)
        assert [b.clause for b in once.breaches] == [b.clause for b in one.breaches if b.turn is None] or once.breaches


def test_the_child_shows_the_same_world_as_its_own_process():
    here, there = world_of("library"), world_of(CHILD)
    assert here.digest == there.digest
    assert here.brief("seed:0") == there.brief("seed:0")
    (explorer, *_), _ = explored(CHILD)
    session = here.open("seed:0")
    for call, outcome in explorer.reads:
        assert session.call(call) == outcome
    writes = [t.call for t in explored(CHILD)[1]]
    one, other = replay(here, "seed:0", (), writes), replay(there, "seed:0", (), writes)
    assert (one.outcomes, one.diff, one.fingerprint) == (other.outcomes, other.diff, other.fingerprint)
    assert not differences(one.diff, other.diff, here.fields)


RULES = {
    "library": {"4", "5"},
    "retail": {"2.3", "2.4", "3.3", "4.2", "4.5", "5.3"},
    "clinic": {"2.6", "2.7", "3.3", "4.4", "4.5", "4.8", "5.5", "6.3"},
}


@pytest.mark.parametrize(("name", "clauses"), RULES.items())
def test_every_rule_fires_and_stays_silent(name, clauses):
    tried = [t for t in explored(name)[1] if isinstance(t.outcome, Result)]
    fired = {breach.clause for t in tried for breach in t.breaches}
    assert clauses <= fired
    assert [t for t in tried if not t.breaches]
    for clause in clauses:
        names = {t.call.name for t in tried if clause in {b.clause for b in t.breaches}}
        assert [t for t in tried if t.call.name in names and clause not in {b.clause for b in t.breaches}], clause


def rows(session: Session, name: str, **arguments: Json) -> list[dict[str, Json]]:
    found = session.call(Call(name=name, arguments=arguments)).observed()
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def test_retail_is_large_enough():
    world = world_of("retail")
    assert len(world.specs) >= 16
    assert sum(spec.writes for spec in world.specs.values()) >= 8
    assert 20 <= len(world.clauses) <= 28
    assert {c.enforced for c in world.clauses} == {"tool", "rule", "model"}
    session = world.open("seed:5")
    people = world.brief("seed:5").people
    assert len(people) >= 500
    assert sum(len(rows(session, "list_orders", customer_id=p.id)) for p in people) >= 1000
    categories = world.specs["list_products"].params[0].choices
    products = [p for category in categories for p in rows(session, "list_products", category=category)]
    assert len(products) == 50
    for product in products:
        variants = rows(session, "list_variants", product_id=product["product_id"])
        assert len({(str(v["colour"]), str(v["size"])) for v in variants}) == len(variants) >= 2


PROVABLE = {"2.1", "2.3", "2.4", "2.6", "3.1", "3.2", "3.3", "3.4", "3.6", "3.7", "4.1", "4.2", "4.4", "4.5"}
PROVABLE |= {"4.6", "5.1", "5.2", "5.3", "5.4"}


def test_retail_denials_can_be_proven():
    """Of each eligibility clause some denial rests on a fact that is stated by value and that no policy gives away."""
    world = world_of("retail")
    proven = set()
    for one in explored("retail")[1]:
        because = one.because
        if because is None or (isinstance(because.value, int | float) and abs(because.value) < 10):
            continue
        table, _, field = because.path.split("/")
        if not mentions(world.brief(one.snapshot).policy, because.value, world.fields[f"{table}/{field}"]):
            proven.add(one.clause)
    assert proven == PROVABLE


def test_retail_refuses_records_that_do_not_belong_together():
    world = world_of("retail")
    one, other = explored("retail")[0][:2]
    line, foreign = next(iter(one.contexts["lines"])), next(iter(other.contexts["lines"]))
    method, stranger = next(iter(one.contexts["payment_methods"])), next(iter(other.contexts["payment_methods"]))
    order = line.rpartition("-")[0]
    variant = next(iter(one.contexts["variants"]))
    wrong: list[tuple[str, dict[str, Json]]] = [
        ("request_return", {"order_id": order, "line_id": foreign, "reason": "does not fit", "refund_to": method}),
        ("request_return", {"order_id": order, "line_id": line, "reason": "does not fit", "refund_to": stranger}),
        ("open_claim", {"order_id": order, "line_id": foreign, "problem": "stopped working"}),
        ("place_order", {"customer_id": one.person.id, "variant_id": variant, "quantity": 1, "payment_id": stranger}),
        ("redeem_points", {"customer_id": one.person.id, "payment_id": stranger}),
        ("move_balance", {"from_payment_id": method, "to_payment_id": stranger, "amount": 5}),
        ("move_balance", {"from_payment_id": method, "to_payment_id": method, "amount": 5}),
    ]
    for name, arguments in wrong:
        outcome = world.open("seed:0").call(Call(name=name, arguments=arguments))
        assert isinstance(outcome, Refusal), (name, arguments)
        assert (outcome.cause, outcome.clause) == ("missing", None)
