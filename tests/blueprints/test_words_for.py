"""Words for records: what singles one out, what may be asked of one, and what only the reads on the way need."""

import random

import pytest

from blueprints.goal import Answer
from blueprints.goals import Pick
from blueprints.knowledge import Referent
from blueprints.search import Search
from blueprints.wording import COUNT_FLOOR, Attribute
from blueprints.words_for import askable, located, on_the_way, picks_for
from tests.blueprints.drawn import WORLDS, bound, desk, goals
from tests.blueprints.parts import Club
from tests.swap_world import SwapShop
from tools_env.calls import Call
from tools_env.mentions import mentions
from tools_env.values import TEXT, Json, Meaning

CLUB, SHOP = Club.world("club"), SwapShop.world("swaps")
SEEDS = range(40)


def listed(seed: int = 0) -> tuple[Search, dict[str, Referent]]:
    """A search for the first member of the club, and their loans by title."""
    search = desk(CLUB, seed)
    search.goal.knowledge.call(Call(name="list_loans", arguments={"member_id": "M100"}), (0,))
    loans = search.goal.knowledge.of("loans")
    return search, {str(a.value): r for r in loans if (a := r.attribute("title"))}


def attribute(name: str, value: Json, kind) -> Attribute:
    return Attribute(name, value, Meaning(kind))


def record(*attributes: Attribute) -> Referent:
    return Referent("loans", "L1", attributes, 1, frozenset())


@pytest.mark.parametrize(
    ("asked", "beside", "may"),
    [
        (attribute("pages", 312, "count"), [], True),
        (attribute("pages", COUNT_FLOOR, "count"), [], True),
        (attribute("copies", COUNT_FLOOR - 1, "count"), [], False),
        (attribute("copies", True, "count"), [], False),
        (attribute("fee", 2.5, "amount"), [], True),
        (attribute("due", "2027-05-04", "date"), [attribute("since", "2027-05-04", "date")], False),
        (attribute("due", "2027-05-04", "date"), [attribute("since", "2027-05-05", "date")], True),
        (attribute("on", "2026-03-02", "date"), [], False),
    ],
)
def test_a_value_is_asked_for_that_proves_it_was_read(asked, beside, may):
    """No small count, none that the record says twice, none that stands in the policy (today does)."""
    search, _ = listed()
    assert askable(search.goal, asked, record(asked, *beside)) == may


def test_what_the_person_knows_of_themself_is_not_asked_for():
    search, _ = listed()
    own = Attribute("owner", search.goal.person.facts["name"].value, TEXT)
    assert not askable(search.goal, own, record(own))


def test_what_the_talk_has_changed_is_not_asked_for():
    search, loans = listed()
    due = loans["Blue Tide"].attribute("due")
    assert due is not None
    assert askable(search.goal, due, loans["Blue Tide"])
    search.goal.knowledge.call(Call(name="renew_loan", arguments={"loan_id": loans["Salt Orchard"].id}), (1,))
    assert not askable(search.goal, due, loans["Blue Tide"])


def test_each_record_has_words_and_the_person_has_none():
    for seed in SEEDS:
        search, loans = listed(seed)
        made = picks_for(search.goal, bound(search, "renew_loan", loans["Blue Tide"]), search.rng, set())
        assert made is not None
        assert [*made] == ["loan_id"]
        assert made["loan_id"][0].referent == loans["Blue Tide"]
    search, _ = listed()
    person = search.goal.knowledge.of("members")[0]
    assert picks_for(search.goal, bound(search, "extend_card", person), search.rng, set()) == {}


def test_what_decides_is_no_part_of_the_words():
    told = set()
    for seed in SEEDS:
        search, loans = listed(seed)
        loan = loans["Silent Engine"]
        hidden = {(f"loans/{loan.id}", "title"), (f"loans/{loan.id}", "branch")}
        made = picks_for(search.goal, bound(search, "renew_loan", loan), search.rng, hidden)
        assert made is not None
        told.add(made["loan_id"][0].phrase)
    assert told
    assert not any("Silent Engine" in phrase or "old town" in phrase for phrase in told)


def test_a_record_that_nothing_tells_apart_has_no_words():
    search, loans = listed()
    loan = loans["Silent Engine"]
    every = {(f"loans/{loan.id}", a.field) for a in loan.attributes}
    assert picks_for(search.goal, bound(search, "renew_loan", loan), search.rng, every) is None


def test_what_has_just_been_made_is_that_record():
    search, _ = listed()
    lend = Call(name="borrow", arguments={"member_id": "M100", "title": "Glass Harvest", "branch": "north"})
    index = search.goal.knowledge.call(lend, (1,))
    made = next(r for r in search.goal.knowledge.referents if r.source == index)
    picks = picks_for(search.goal, bound(search, "renew_loan", made), search.rng, set())
    assert picks is not None
    assert picks["loan_id"][0].phrase == "that loan"


def test_a_pick_says_what_was_searched_for_unless_its_words_do():
    search, loans = listed()
    plain = Pick(loans["Blue Tide"], (), None, "the Blue Tide")
    assert located(search.goal, plain) == plain, "a listing takes no words"
    retail = [p for g in goals("retail", "inform", 40) for i in g.intents for ps in i.picks.values() for p in ps]
    answers = [i.answer for g in goals("retail", "inform", 40) for i in g.intents]
    retail += [a.pick for a in answers if isinstance(a, Answer)]
    searched = [p for p in retail if "that comes up for" in p.phrase]
    assert all(p.phrase.count('"') == 2 for p in searched)


def test_reads_on_the_way_have_words_for_what_they_need():
    """Who swaps a lamp says which lamp: the product is listed by name and its id is needed to look it up."""
    told = set()
    for seed in range(80):
        search = desk(SHOP, seed, seed % 8)
        swap = search.write("swap_articles")
        if swap is not None and swap.spec.name == "swap_articles":
            assert set(swap.picks) >= {"order_id", "article_ids", "new_article_ids"}
            told |= {p.phrase for p in swap.picks.get("product_id", [])}
    assert told <= {"the lamp", "the kettle", "the stool"}
    assert told


def test_two_different_things_on_the_way_are_more_than_one_word_holds():
    search = desk(SHOP, 0, 0)
    products = Call(name="list_products")
    index = search.goal.knowledge.call(products, ())
    assert index is not None
    looked = [
        search.goal.knowledge.call(Call(name="get_product", arguments={"product_id": key}), (index,))
        for key in ("P-lamp", "P-stool")
    ]
    one, other = (n for n in looked if n is not None)
    rng = random.Random(0)
    way = on_the_way(search.goal, {one}, set(), rng)
    assert way is not None
    assert [p.phrase for p in way["product_id"]] == ["the lamp"]
    assert on_the_way(search.goal, {one, other}, set(), rng) is None
    assert on_the_way(search.goal, {one}, {"P-lamp"}, rng) == {}, "what is said anyway needs no more words"


@pytest.mark.parametrize("domain", WORLDS)
def test_no_answer_is_small_or_stands_in_the_policy(domain):
    checked = 0
    for goal in goals(domain, "inform", 30):
        for intent in goal.intents:
            assert intent.answer is not None
            value, meaning = intent.answer.value, intent.answer.meaning
            assert not mentions(goal.brief.policy, value, meaning)
            assert meaning.kind != "count" or (isinstance(value, int) and value >= COUNT_FLOOR)
            checked += 1
    assert checked >= 30
