"""Grounded sampling: whatever is drawn is true, wanted, and told in a person's words."""

import random
from collections import Counter

import pytest

from apigen_mt.cast.reading import named
from blueprints.blueprint import Blueprint
from blueprints.coverage import OPERATORS
from blueprints.draft import ground
from blueprints.goal import Answer, Goal
from blueprints.knowledge import Referent, people_table, referents_in
from blueprints.sampling import Sampler
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS, goals, tasks
from tests.blueprints.talks import DOMAINS, planned, world_of
from tests.small_worlds import Workshop
from tests.swap_world import OrderId, SwapShop
from tools_env import authoring as env
from tools_env.calls import Call, Result
from tools_env.mentions import mentions
from tools_env.replay import replay
from tools_env.tool import noun_of
from tools_env.values import Json


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_goal_is_carried_out_and_breaks_no_rule(domain, kind):
    for goal in goals(domain, kind, 15):
        assert goal.kind == kind
        done = replay(goal.world, goal.snapshot, goal.setup, goal.actions())
        assert all(isinstance(outcome, Result) for outcome in done.outcomes)
        assert not done.breaches
        assert bool(done.diff) == any(intent.wants == "change" for intent in goal.intents)


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_generator_draws_the_same_goal(domain, kind):
    world = world_of(domain)
    for number in range(6):
        drafts = []
        for _ in range(2):
            rng = random.Random(number)
            goal = Sampler(world).draw(kind, rng)
            drafts.append(goal and ground(goal, "", rng))
        assert drafts[0] == drafts[1]


@pytest.mark.parametrize("domain", WORLDS)
def test_every_write_of_a_goal_changes_something(domain):
    """A matter that is settled before it is raised tells a solved task from an unsolved one in no way."""
    for blueprint in (b for kind in ("act", "partial", "clarify") for b in tasks(domain, kind, 12)):
        specs = world_of(domain).specs
        for number, action in enumerate(blueprint.actions):
            if specs[action.name].writes:
                before = replay(world_of(domain), blueprint.snapshot, blueprint.setup, blueprint.actions[:number])
                after = replay(world_of(domain), blueprint.snapshot, blueprint.setup, blueprint.actions[: number + 1])
                assert before.diff != after.diff, (action, blueprint.instruction)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_a_refusal_turns_on_one_field(domain, kind):
    world = world_of(domain)
    for goal in goals(domain, kind, 15):
        assert goal.denial is not None
        table, key, field = goal.denial.because.path.split("/")
        shown = goal.knowledge.log[goal.denial.shown_by].value
        assert any(key in map(str, record.values()) and field in record for record in objects(shown)), table
        assert goal.denial.because.value != goal.denial.because.instead
        policy = world.brief(goal.snapshot).policy
        assert not mentions(policy, goal.denial.because.value, goal.denial.meaning)


def objects(shown: Json) -> list[dict[str, Json]]:
    if isinstance(shown, list):
        return [found for member in shown for found in objects(member)]
    if isinstance(shown, dict):
        return [shown, *(found for member in shown.values() for found in objects(member))]
    return []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_description_still_holds_when_its_turn_comes(domain):
    """It fits one record only of all that an agent sees that looks everywhere just before the call."""
    world = world_of(domain)
    checked = 0
    for blueprint in planned(domain, 72):
        looks = [
            Call(name=s.name, arguments={p.name: blueprint.person for p in s.params})
            for s in world.specs.values()
            if not s.writes and all(p.personal for p in s.params)
        ]
        for number, action in enumerate(blueprint.actions):
            before = blueprint.actions[:number]
            if not world.specs[action.name].writes:
                continue
            calls = [*before, *(a for a in before if not world.specs[a.name].writes), *looks]
            done = replay(world, blueprint.snapshot, blueprint.setup, calls)
            pairs = enumerate(zip(calls, done.outcomes, strict=True))
            seen = [r for n, (a, o) in pairs for r in referents_in(o.observed(), world.specs[a.name], n, a)]
            checked += sum(check_described(blueprint, number, name, seen) for name in action.arguments)
    assert checked >= 30


def check_described(blueprint: Blueprint, number: int, name: str, seen: list[Referent]) -> bool:
    """One identifier of one action: what the person calls it fits that record alone, now."""
    stage = next(n for n, s in enumerate(blueprint.stages) if number < s.until)
    known = [k for k in blueprint.known.values() if k.about == name and k.stage == stage and k.phrase]
    key = blueprint.actions[number].arguments[name]
    if not known or known[0].phrase.startswith("that ") or not isinstance(key, str):
        return False
    table = known[0].meaning.of
    among = list({r.id: r for r in seen if r.table == table}.values())
    found = named(known[0].phrase, among, [noun_of(world_of(blueprint.domain).specs, table)])
    assert [r.id for r in found] == [key], blueprint.instruction
    return True


def test_the_people_are_those_whom_personal_arguments_name():
    assert people_table(world_of("library")) == "members"
    assert people_table(world_of("retail")) == "customers"


def stated_ids(blueprint: Blueprint) -> set[str]:
    """Ids of records, the person's own apart, that the person says or is told."""
    world = world_of(blueprint.domain)
    done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
    pairs = zip(blueprint.actions, done.outcomes, strict=True)
    seen = [r for call, o in pairs for r in referents_in(o.observed(), world.specs[call.name], 0, call)]
    ids = {r.id for r in seen} | {i for r in seen for _, i in r.context}
    told = [
        blueprint.instruction,
        *(s.say for s in blueprint.stages),
        *(str(k.value) for k in blueprint.known.values()),
    ]
    words = {word.strip('.,;:?!()"') for text in told for word in text.split()}
    return (ids & words) - {blueprint.person}


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_most_write_tasks_state_no_identifier(domain, record_property):
    tasks = [b for b in planned(domain, 200) if b.diff]
    free = [b for b in tasks if not stated_ids(b)]
    record_property("write tasks", len(tasks))
    record_property("without an identifier", len(free))
    assert len(tasks) >= 100
    assert len(free) / len(tasks) >= 0.5


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_write_task_of_a_sample_states_an_identifier(domain):
    tasks = [b for b in planned(domain, 72) if b.diff]
    assert len(tasks) >= 40
    assert not {key for b in tasks for key in stated_ids(b)}


def test_the_operators_all_come_up():
    found = [b for domain in (*WORLDS, SWAPS) for kind in ("act", "inform") for b in tasks(domain, kind, 60)]
    counts = Counter(operator for b in found for operator in b.operators)
    assert {*counts} == {*OPERATORS, "several intents"}
    assert min(counts.values()) >= 3, counts


class Busy(SwapShop):
    """A shop with tools that nobody asks for, of which some hardly ever work. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.write()
    def touch_up(self, order_id: OrderId) -> str:
        """Do what nobody asks for."""
        self.orders.change(self.orders[order_id], town="elsewhere")
        return "done"

    @env.write(ask="fetch {order_id} myself", actors=("human",))
    def fetch(self, order_id: OrderId) -> str:
        """Do what only the human can."""
        self.orders.remove(self.orders[order_id])
        return "done"


def test_people_ask_for_what_the_tools_have_words_for():
    sampler = Sampler(Busy.world("busy"))
    assert {s.name for s in sampler.writes} == {"cancel_order", "redirect_order", "swap_articles"}
    drawn = [sampler.draw("act", random.Random(n)) for n in range(60)]
    used = {call.name for goal in drawn if goal for call in goal.actions()}
    assert "cancel_order" in used
    assert not used & {"touch_up", "fetch"}


def test_where_no_tool_has_words_all_writes_will_do():
    workshop = Workshop.world("workshop")
    assert {s.name for s in Sampler(workshop).writes} == {s.name for s in workshop.specs.values() if s.writes}


def test_every_write_comes_up_though_one_seldom_works():
    """Only what is received is swapped, and its pairs are hard to find: it has its share all the same."""
    sampler = Sampler(world_of(SWAPS))
    drawn = [sampler.draw("act", random.Random(n)) for n in range(80)]
    used = [intent.spec.name for goal in drawn if goal for intent in goal.intents if intent.spec]
    assert set(used) == {"cancel_order", "redirect_order", "swap_articles"}
    assert used.count("swap_articles") > 15


def test_snapshots_are_those_that_the_world_names():
    world = world_of("library")
    assert Sampler(world, 3).snapshots == world.snapshots(3)
    assert {goal.snapshot for goal in goals_of("library", 3)} == set(world.snapshots(3))


def goals_of(domain: str, snapshots: int) -> list[Goal]:
    sampler = Sampler(world_of(domain), snapshots)
    return [goal for n in range(30) if (goal := sampler.draw("act", random.Random(n)))]


def test_the_reads_of_a_listing_need_no_words_of_their_own():
    sampler = Sampler(world_of(SWAPS))
    listed = 0
    for number in range(60):
        goal = sampler.draw("inform", random.Random(number))
        for intent in goal.intents if goal else ():
            assert goal is not None
            assert "order_id" not in intent.picks
            listed += any(goal.knowledge.log[i].together for i in goal.order()[0])
    assert listed > 20


def test_the_calls_of_a_refusal_include_the_one_that_is_refused():
    for goal in goals("retail", "refuse", 3):
        (refused,) = (i.bound.call for i in goal.intents if i.wants == "refusal" and i.bound)
        assert goal.calls() == (*goal.actions(), refused)
    assert all(goal.calls() == goal.actions() for goal in goals("retail", "act", 3))


def wants(goal: Goal) -> list[str]:
    return [intent.wants for intent in goal.intents]


@pytest.mark.parametrize("domain", WORLDS)
def test_each_kind_wants_what_it_is_called_for(domain):
    assert all("change" in wants(g) and {*wants(g)} <= {"change", "answer"} for g in goals(domain, "act", 12))
    assert all({*wants(g)} == {"answer"} for g in goals(domain, "inform", 12))
    assert all(wants(g) == ["refusal"] and g.denial for g in goals(domain, "refuse", 12))
    assert all(wants(g) == ["change", "refusal"] and g.denial for g in goals(domain, "partial", 12))
    assert all(wants(g) == ["change"] and g.intents[0].vague for g in goals(domain, "clarify", 12))
    assert all(wants(g)[1:] == ["missing"] and wants(g)[0] in {"change", "answer"}
               for g in goals(domain, "missing_tool", 12))  # fmt: skip
    assert all(wants(g) == ["answer"] and g.anonymous for g in goals(domain, "policy_question", 12))


@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_missing_is_a_tool_that_nothing_else_needs(domain):
    for goal in goals(domain, "missing_tool", 12):
        (withheld,) = goal.withheld()
        assert withheld not in {call.name for call in goal.actions()}
        kept = goal.intents[0]
        assert kept.other is None or kept.other.spec.name != withheld


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
def test_what_is_left_open_could_be_another_record_of_the_persons(domain):
    """The same could be done to it as well: who tries one after the other does not find out which is meant."""
    for goal in goals(domain, "clarify", 15):
        (intent,) = goal.intents
        assert intent.bound is not None
        call, possible = intent.bound.call, 0
        for name, picks in intent.picks.items():
            for other in others_like(goal, picks[0].referent) if len(picks) == 1 and name in call.arguments else ():
                value: Json = [other.id] if isinstance(call.arguments[name], list) else other.id
                instead = call.model_copy(update={"arguments": {**call.arguments, name: value}})
                done = replay(goal.world, goal.snapshot, (), (*goal.actions()[:-1], instead))
                possible += isinstance(done.outcomes[-1], Result) and not done.breaches and bool(done.diff)
        assert possible, intent.spec


def others_like(goal: Goal, target: Referent) -> list[Referent]:
    """Other records of the person's that a record could be taken for."""
    mine = people_table(goal.world), goal.person.id
    return [r for r in goal.knowledge.of(target.table) if r.id != target.id and mine in r.context & target.context]


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
def test_no_change_undoes_an_earlier_one(domain):
    """What was changed once is still changed after every later call."""
    several = 0
    for goal in goals(domain, "act", 30):
        changed: set[str] = set()
        for number, logged in enumerate(goal.knowledge.log):
            if logged.writes:
                calls = [one.call for one in goal.knowledge.log[: number + 1]]
                diff = replay(goal.world, goal.snapshot, (), calls).diff
                assert changed <= diff.keys(), logged.call
                several += bool(changed)
                changed = {*diff}
    assert several >= 5


@pytest.mark.parametrize("domain", WORLDS)
def test_the_words_of_a_partial_do_not_hang_on_what_decides_its_refusal(domain):
    """The twin has another value there: "the order placed last" would be another order."""
    for goal in goals(domain, "partial", 15):
        change, _ = goal.intents
        assert goal.denial is not None
        picks = [p for ps in change.picks.values() for p in ps]
        assert goal.denial.field not in {p.superlative.field for p in picks if p.superlative}
        assert goal.denial.field not in {a.field for p in picks for a in p.attributes}
        assert change.hinge is None or change.hinge.field != goal.denial.field


def test_nobody_asks_twice_or_gives_an_answer_away_elsewhere():
    several = 0
    for goal in (g for domain in WORLDS for g in goals(domain, "inform", 30)):
        asked = [i.answer for i in goal.intents if i.answer]
        described = [a for a in asked if isinstance(a, Answer)]
        texts = [p.phrase for i in goal.intents for ps in i.picks.values() for p in ps]
        texts += [a.pick.phrase for a in described]
        assert not [a for a in asked if any(mentions(text, a.value, a.meaning) for text in texts)]
        assert len({(a.pick.referent.id, a.field) for a in described}) == len(described)
        several += len(asked) > 1
    assert several > 20
