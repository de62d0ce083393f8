"""Recombination: what is combined stands at every gate and can be played, and what does not go together is told why."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice, permutations

import pytest

from blueprints.blueprint import Blueprint, Condition, Other, Rejected
from blueprints.checks import check, world_gates
from blueprints.draft import twin_draft
from blueprints.recombine import combine, groups
from tests.blueprints.parts import Club, Desk, combined_words, drawn, superlative
from tests.blueprints.talks import played, said, world_of
from tools_env.calls import Result
from tools_env.replay import replay
from tools_env.values import Meaning, same, under

DOMAINS = ("library", "retail", "clinic")
PEOPLE = 3
PAIRS = 7


def pairs(domain: str) -> Iterator[tuple[Blueprint, ...]]:
    """Any two tasks of a person in either order, whether they go together or not, and the groups that should."""
    for place in range(PEOPLE):
        accepted = drawn(domain, place)
        yield from groups(accepted)
        pool = sorted(permutations(accepted, 2), key=lambda pair: pair[0].id[:8] + pair[1].id[:8])
        yield from islice(pool, PAIRS)


@cache
def combined(domain: str) -> tuple[tuple[tuple[Blueprint, ...], Blueprint], ...]:
    world = world_of(domain)
    found = ((parts, combine(parts, world)) for parts in pairs(domain))
    return tuple((parts, combined_words(d, world)) for parts, d in found if isinstance(d, Blueprint))


def refused(parts: tuple[Blueprint, ...], desk: Desk) -> str:
    found = combine(parts, desk.world)
    assert isinstance(found, Rejected), found
    assert found.stage == "recombination"
    return found.reason


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_combined_stands_at_every_gate_once_it_has_words(domain):
    found = combined(domain)
    assert len(found) > 15
    for parts, whole in found:
        assert list(check(whole, world_of(domain))) == []
        assert whole.id == whole.identity()
        assert whole.parents == tuple(p.id for p in parts)
        assert [s.intent for s in whole.stages] == [s.intent for p in parts for s in p.stages]
        assert whole.provenance.mode == "grounded"
        assert "several intents" in whole.operators
    kinds = {whole.kind for _, whole in found}
    assert {"act", "partial"} <= kinds <= {"act", "partial", "inform", "refuse"}
    for parts, whole in found:
        wants = {s.wants for p in parts for s in p.stages}
        assert (whole.kind in {"refuse", "partial"}) == ("refusal" in wants)
        assert (whole.kind in {"act", "partial"}) == ("change" in wants)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_draft_has_no_words_yet(domain):
    parts = combined(domain)[0][0]
    draft = combine(parts, world_of(domain))
    assert isinstance(draft, Blueprint)
    assert (draft.id, draft.instruction, {s.say for s in draft.stages}) == ("", "", {""})
    assert not any(s.facts for s in draft.stages)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_stage_ends_with_the_call_that_it_ended_with(domain):
    for parts, whole in combined(domain):
        ends = [(p.actions[s.until - 1].name, s.wants) for p in parts for s in p.stages]
        untils = [s.until for s in whole.stages]
        assert untils == sorted(untils)
        assert untils[-1] == len(whole.actions)
        for (name, wants), until in zip(ends, untils, strict=True):
            assert wants != "change" or whole.actions[until - 1].name == name


@pytest.mark.parametrize("domain", DOMAINS)
def test_outputs_and_deciding_facts_stand_in_the_result_they_point_at(domain):
    pointed = 0
    for _, whole in combined(domain):
        outcomes = replay(world_of(domain), whole.snapshot, (), whole.actions).outcomes
        for output in whole.outputs:
            if output.source_call is not None:
                shown = under(outcomes[output.source_call].observed(), output.name)
                assert any(same(v, output.value) for v in shown)
                pointed += output.source_call > 1
        if (found := whole.evidence) is not None:
            shown = under(outcomes[found.source_call].observed(), found.because.path.rsplit("/", 1)[-1])
            assert any(same(v, found.because.value) for v in shown)
            tried = replay(world_of(domain), whole.snapshot, (), (*whole.actions, found.forbidden))
            assert tried.breaches or not isinstance(tried.outcomes[-1], Result)
    assert pointed > 2


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_read_is_made_again_only_where_it_shows_something_new(domain):
    spared = again = 0
    for parts, whole in combined(domain):
        shown = replay(world_of(domain), whole.snapshot, (), whole.actions).outcomes
        reads = [(a.model_dump_json(), o) for a, o in zip(whole.actions, shown, strict=True)
                 if not world_of(domain).specs[a.name].writes]  # fmt: skip
        last: dict[str, object] = {}
        for call, outcome in reads:
            assert last.get(call) != outcome
            again += call in last
            last[call] = outcome
        spared += len(whole.actions) < sum(len(p.actions) for p in parts)
    assert spared > 10
    assert again or domain == "clinic"


@pytest.mark.parametrize("domain", DOMAINS)
def test_facts_of_later_matters_carry_the_matters_number(domain):
    for parts, whole in combined(domain):
        for name, fact in whole.known.items():
            assert not fact.about or not fact.stage or name.endswith(f" {fact.stage + 1}")
        assert sum(bool(k.about) for k in whole.known.values()) == sum(
            bool(k.about) for p in parts for k in p.known.values()
        )
        own = {n for n, k in whole.known.items() if not k.about}
        assert own == {n for p in parts for n, k in p.known.items() if not k.about}
        for name in own:
            told = {p.known[name].disclose for p in parts}
            assert whole.known[name].disclose == ("volunteer" if "volunteer" in told else "if_asked")


@pytest.mark.parametrize("domain", DOMAINS)
def test_groups_are_one_persons_and_use_each_task_once(domain):
    accepted = [b for place in range(PEOPLE) for b in drawn(domain, place)]
    found = list(groups(accepted))
    assert found == list(groups(accepted))
    used = Counter(p.id for group in found for p in group)
    assert set(used.values()) == {1}
    assert {len(group) for group in found} == {2, 3}
    order = {b.id: n for n, b in enumerate(accepted)}
    sound = 0
    for group in found:
        assert len({(p.snapshot, p.person) for p in group}) == 1
        assert sum(p.evidence is not None for p in group) == any(p.evidence for p in group) == bool(group[-1].evidence)
        plain = [order[p.id] for p in group if p.evidence is None]
        assert plain == sorted(plain)
        sound += isinstance(combine(group, world_of(domain)), Blueprint)
    assert sound / len(found) > 0.6


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_twin_of_a_group_with_a_refusal_does_it_all(domain):
    ended = [(whole, p) for p, whole in combined(domain) if p[-1].evidence]
    assert ended
    for whole, _ in ended:
        twin = twin_draft(whole, world_of(domain))
        assert isinstance(twin, Blueprint)
        assert whole.evidence is not None
        assert twin.actions == (*whole.actions, whole.evidence.forbidden)
        assert list(world_gates(twin, world_of(domain))) == []


@cache
def kept_alone(domain: str) -> frozenset[str]:
    accepted = {b.id: b for place in range(PEOPLE) for b in drawn(domain, place)}
    return frozenset(i for i, b in accepted.items() if played(b, world_of(domain)).verdict().ok)


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_kept_in_parts_is_kept_as_a_whole(domain):
    alone = kept_alone(domain)
    talks = [played(whole, world_of(domain)) for parts, whole in combined(domain) if {p.id for p in parts} <= alone]
    assert len(talks) > 10
    wrong = [said(v) for v in (talk.verdict() for talk in talks) if not v.ok]
    assert len(wrong) <= 0.05 * len(talks), wrong


def test_records_that_each_part_creates_are_told_apart():
    desk = Desk()
    parts = (desk.borrowed_and_moved("Glass Harvest", "north", "harbour"),
             desk.borrowed_and_moved("Blue Tide", "old town", "north"))  # fmt: skip
    first, second = (p.actions[-1].arguments["loan_id"] for p in parts)
    assert first == second
    whole = combined_words(combine(parts, desk.world), desk.world)
    moved = [a.arguments for a in whole.actions if a.name == "change_branch"]
    assert len({str(m["loan_id"]) for m in moved}) == 2
    assert [m["branch"] for m in moved] == ["harbour", "north"]
    assert [c.before for c in whole.diff.values()] == [None, None]
    assert played(whole, desk.world).verdict().ok


def test_three_parts_go_together():
    desk = Desk()
    parts = (desk.on_loan("renew_loan", "Salt Orchard"), desk.question("due", "Blue Tide"),
             desk.on_loan("change_branch", "Silent Engine", branch="north"))  # fmt: skip
    whole = combined_words(combine(parts, desk.world), desk.world)
    assert [a.name for a in whole.actions] == [
        "find_member", "list_loans", "renew_loan", "list_loans", "change_branch"
    ]  # fmt: skip
    assert [s.until for s in whole.stages] == [3, 4, 5]
    assert whole.outputs[0].source_call == 3
    assert whole.kind == "act"
    assert played(whole, desk.world).verdict().ok


def test_a_premise_that_an_earlier_part_destroys():
    desk = Desk()
    gone = (desk.on_loan("bring_back", "Blue Tide"), desk.on_loan("renew_loan", "Blue Tide"))
    assert refused(gone, desk).startswith("part 2: renew_loan no longer succeeds after what comes before it")
    told = (desk.on_loan("renew_loan", "Blue Tide"), desk.question("due", "Blue Tide"))
    assert "due is not in the result of its call" in refused(told, desk)


def test_a_refusal_that_an_earlier_part_lifts():
    desk = Desk("M101")
    lift = desk.task([(desk.find.model_copy(update={"name": "extend_card", "arguments": {"member_id": "M101"}}), {})])
    refusal = desk.refusal("Blue Tide")
    assert "renew_loan is no longer refused" in refused((lift, refusal), desk)
    assert "renew_loan is no longer refused in the end" in refused((refusal, lift), desk)
    sound = desk.on_loan("bring_back", "Salt Orchard")
    whole = combined_words(combine((sound, refusal), desk.world), desk.world)
    assert (whole.kind, whole.evidence and whole.evidence.forbidden) == (
        "partial", refusal.evidence and refusal.evidence.forbidden
    )  # fmt: skip
    assert played(whole, desk.world).verdict().ok
    lost = desk.on_loan("bring_back", "Blue Tide")
    assert (
        refused((lost, refusal), desk) == "part 2: renew_loan is refused for another reason after what comes before it"
    )


def test_a_superlative_that_an_earlier_part_makes_wrong():
    desk = Desk()
    words = superlative(desk, "Salt Orchard")
    renewed, moved = (
        desk.on_loan("renew_loan", "Salt Orchard"),
        desk.on_loan("change_branch", "Salt Orchard", words, branch="harbour"),
    )
    assert "does not single out" in refused((renewed, moved), desk)
    assert isinstance(combine((moved, renewed), desk.world), Blueprint)


def or_else(desk: Desk, words: str, about: str) -> Blueprint:
    """A loan moved if it is due late, and otherwise another one brought back, which these words stand for."""
    moved = desk.on_loan("change_branch", "Blue Tide", branch="north")
    condition = Condition(source_call=1, record=desk.loan("Blue Tide"), field="due", meaning=Meaning("date"),
                          than="after", value="2026-03-04", holds=True, text="it is due after 2026-03-04")  # fmt: skip
    other = Other(intent=f"bring back {words}", call=desk.on_loan("bring_back", about).actions[-1])
    stage = moved.stages[0].model_copy(update={"condition": condition, "other": other})
    return moved.model_copy(update={"stages": (stage,)}).sealed()


@pytest.mark.parametrize("words", ["the loan due 2026-03-07", "the loan due first"])
def test_a_branch_not_taken_that_an_earlier_part_leaves_without_its_record(words):
    """Nobody has that loan any more, or it is another one: no ledger holds these words."""
    desk = Desk()
    branch = or_else(desk, words, "Salt Orchard")
    late = desk.on_loan("keep_until", "Salt Orchard", day="2026-05-04")
    assert refused((late, branch), desk) == (
        f"part 2: 'bring back {words}' does not single out the loan any more after what comes before it"
    )
    assert isinstance(combine((branch, late), desk.world), Blueprint)
    told = or_else(desk, "the Salt Orchard", "Salt Orchard")
    assert isinstance(combine((late, told), desk.world), Blueprint)
    other = desk.on_loan("keep_until", "Silent Engine", day="2026-05-04")
    assert isinstance(combine((other, branch), desk.world), Blueprint)


def test_a_condition_that_an_earlier_part_leaves_without_its_record():
    desk = Desk()
    branch = or_else(desk, "the Salt Orchard", "Salt Orchard")
    condition = branch.stages[0].condition
    assert condition is not None
    on_branch = condition.model_copy(update={"text": "what is collected at the harbour branch is due after 2026-03-04"})
    stage = branch.stages[0].model_copy(update={"condition": on_branch})
    branch = branch.model_copy(update={"stages": (stage,)}).sealed()
    moved = desk.on_loan("change_branch", "Silent Engine", branch="harbour")
    assert "at the harbour branch is due after 2026-03-04' does not single out" in refused((moved, branch), desk)
    elsewhere = desk.on_loan("change_branch", "Silent Engine", branch="north")
    assert isinstance(combine((elsewhere, branch), desk.world), Blueprint)


def test_nobody_is_found_again_by_a_number_that_was_changed():
    desk = Desk()
    mail: dict[str, object] = {"email": "new-address@example.com"}
    known = desk.plain("change_email", {"email": "new-address@example.com"})
    call = desk.find.model_copy(update={"name": "change_email", "arguments": {"member_id": "M100", **mail}})
    moved = desk.task([(call, known)])
    whole = combined_words(combine((moved, desk.on_loan("renew_loan", "Blue Tide")), desk.world), desk.world)
    assert [a.name for a in whole.actions] == ["find_member", "list_loans", "change_email", "renew_loan"]
    reason = refused((moved, desk.card_question()), desk)
    assert reason == "part 2: find_member, on which it rests, cannot be made any more after what comes before it"


def test_two_changes_of_one_field_leave_one():
    desk = Desk()
    branches = [desk.on_loan("change_branch", "Blue Tide", branch=b) for b in ("north", "old town")]
    assert refused(tuple(branches), desk) == "two parts want the same"
    dates = (desk.on_loan("renew_loan", "Blue Tide"), desk.on_loan("keep_until", "Blue Tide", day="2026-05-04"))
    assert refused(dates, desk).endswith("/due, and only one of the changes is left")
    assert not [*groups(branches), *groups(dates)]
    going = (desk.on_loan("renew_loan", "Blue Tide"), desk.on_loan("bring_back", "Blue Tide"))
    assert not list(groups(going))


def test_parts_that_contradict_each_other():
    desk = Desk()
    one, other = desk.on_loan("renew_loan", "Salt Orchard"), desk.on_loan("renew_loan", "Blue Tide")
    name = other.known["name"].model_copy(update={"value": "Somebody Else"})
    other = other.model_copy(update={"known": {**other.known, "name": name}}).sealed()
    assert refused((one, other), desk).startswith("the parts do not agree on the person's name: ")


def test_what_was_never_a_part():
    desk, other = Desk(), Desk("M101", Desk().world)
    one, two = desk.on_loan("renew_loan", "Salt Orchard"), desk.on_loan("renew_loan", "Blue Tide")
    whole = combined_words(combine((one, two), desk.world), desk.world)
    refusal = other.refusal("Blue Tide")
    cases = {
        "it takes two": (one, one),
        "two or more": (one,),
        "part 2 is about another person": (one, other.on_loan("bring_back", "Blue Tide")),
        "part 2 is about another snapshot": (one, two.model_copy(update={"snapshot": "seed:1"}).sealed()),
        "part 2 was made for": (one, two.model_copy(update={"digest": "0"}).sealed()),
        "part 1 is left out: it starts from an edited snapshot": (whole, desk.on_loan("renew_loan", "Silent Engine")),
        "more than one part is a refusal": (refusal, other.refusal("Salt Orchard")),
        "stands alone": (one, two.model_copy(update={"kind": "clarify"}).sealed()),
        "taken as it is": (one, two.model_copy(update={"any_diff": True}).sealed()),
    }
    for reason, parts in cases.items():
        assert reason in refused(parts, desk)
        assert not list(groups(parts))


def test_two_snapshots_and_two_worlds_are_never_mixed():
    accepted = [*drawn("library", 0), *(b.model_copy(update={"snapshot": "seed:9"}) for b in drawn("library", 0))]
    assert {len({p.snapshot for p in g}) for g in groups(accepted)} == {1}
    assert Club.world("club").digest != world_of("library").digest
