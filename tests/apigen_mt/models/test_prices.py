from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen_mt.config import ConfigError, parse
from apigen_mt.models.chat import Usage
from apigen_mt.models.prices import DOLLAR, Price, dearest, dollars, listed
from apigen_mt.spending import budget_of, priced, role_behind

OPENAI = "https://api.openai.com/v1"
CENTS = st.integers(0, 10**8).map(lambda n: n / 10**4)
COUNTS = st.integers(0, 10**7)


def config(**settings):
    return parse({"domain": "library", **settings})


def role(model="m", url=OPENAI):
    return {"model": model, "base_url": url}


def test_cached_tokens_have_a_price_of_their_own():
    usage = Usage(prompt=1_000_000, completion=500_000, cached=600_000)
    assert dollars(Price(input=2.0, output=8.0, cached=0.5).of(usage)) == 0.8 + 0.3 + 4.0
    assert dollars(Price(input=2.0, output=8.0).of(usage)) == 2.0 + 4.0
    assert dollars(Price(input=2.0, output=8.0, cached=0.0).of(usage)) == 0.8 + 4.0


@settings(max_examples=40)
@given(CENTS, CENTS, CENTS, st.lists(st.tuples(COUNTS, COUNTS, COUNTS), max_size=9))
def test_money_is_exact_and_the_same_in_whatever_parts_it_is_added(paid_in, paid_out, paid_cached, counts):
    price = Price(input=paid_in, output=paid_out, cached=paid_cached)
    usages = [Usage(prompt=a + c, completion=b, cached=c) for a, b, c in counts]
    exact = sum(
        ((u.prompt - u.cached) * Fraction(str(paid_in)) + u.cached * Fraction(str(paid_cached))
         + u.completion * Fraction(str(paid_out))) for u in usages
    ) * DOLLAR / 10**6  # fmt: skip
    assert sum(price.of(u) for u in usages) == price.of(sum(usages, Usage())) == exact
    assert all(price.most(u) >= price.of(u) for u in usages)


def test_a_listed_price_is_that_of_the_model_at_the_endpoint():
    found = listed("gpt-5-mini", OPENAI)
    assert found is not None
    assert 0 < found.input < found.output
    assert found.cached is not None
    assert found.cached < found.input


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-5-mini", "http://127.0.0.1:8000/v1"),
        ("gpt-5-mini", "http://[::1]:8000/v1"),
        ("gpt-5-mini", "http://localhost:8000/v1"),
        ("gpt-5-mini", "http://box.local/v1"),
        ("gpt-5-mini", "https://proxy.example.com/v1"),
        ("gpt-5-mini", "https://example.com/api.openai.com/v1"),
        ("no-such-model", OPENAI),
        ("sonar", "https://api.perplexity.ai"),  # a request costs something besides its tokens
    ],
)
def test_what_is_not_listed_has_no_price(model, url):
    assert listed(model, url) is None


def test_the_dearest_of_several_prices_is_too_low_for_none():
    assert dearest([Price(input=1, output=5), Price(input=2, output=3, cached=0.1)]) == Price(
        input=2, output=5, cached=1
    )


def test_given_prices_win_over_listed_ones_and_both_are_stored():
    asked = config(roles={"author": role("gpt-5-mini"), "agent": role("gpt-4o")},
                   prices={"gpt-4o": {"input": 7, "output": 9}})  # fmt: skip
    found = priced(asked, "generate").prices
    assert found["gpt-4o"] == Price(input=7, output=9)
    assert found["gpt-5-mini"] == listed("gpt-5-mini", OPENAI)
    assert priced(config(roles={"agent": role("m")}), "generate").prices == {}


@pytest.mark.parametrize(
    ("settings", "place"), [({"budget_usd": 1.5}, "budget_usd"), ({"stages": {"play": {"usd": 2}}}, "stages.play.usd")]
)
def test_a_dollar_budget_without_a_price_is_refused_and_says_how_to_give_it(settings, place):
    asked = {"roles": {"agent": role("m", "http://127.0.0.1:9/v1"), "human": role("gpt-5-mini")}, **settings}
    with pytest.raises(ConfigError) as caught:
        priced(config(**asked), "generate")
    said = str(caught.value)
    assert said.startswith(f"{place}: the price of m at http://127.0.0.1:9/v1 is not known; ")
    assert '"m": {input: 0.25, output: 2.0}' in said
    assert "\n" not in said
    free = priced(config(**asked, prices={"m": {"input": 0, "output": 0}}), "generate")
    assert free.prices["m"] == Price(input=0, output=0)
    assert priced(config(roles={"author": role("m")}, **settings), "play").prices == {}


def test_a_model_at_two_endpoints_has_a_price_only_if_both_list_it():
    two = config(roles={"agent": role("gpt-5-mini"), "human": role("gpt-5-mini", "http://127.0.0.1:9/v1")})
    assert priced(two, "generate").prices == {}


def test_every_name_in_a_journal_leads_to_its_model():
    reviewer = {"name": "x.blind", **role("reviewing")}
    asked = config(roles={name: role(name) for name in ("author", "human", "agent")}, summariser=role("summing"),
                   reviewers=[reviewer], judges=[{"name": "x", **role("judging")}])  # fmt: skip
    told = {
        "author": "author", "author.repair": "author", "author.blind.repair": "author", "human.score.repair": "human",
        "agent": "agent", "summariser.blind": "summing", "reviewer:x.blind.calibrate": "reviewing",
        "reviewer:x.blind": "reviewing", "judge:x.repair": "judging", "reviewer:x": "", "nobody": "",
    }  # fmt: skip
    assert {name: role_behind(name, asked).model for name in told} == told


def test_earlier_sittings_are_counted_to_the_last_token():
    prices = {"a": Price(input=0.1, output=0.3, cached=0.025), "h": Price(input=3, output=15)}
    asked = config(roles={"agent": role("a"), "human": role("h")}, prices=prices, budget_usd=1)
    totals = {"agent": Usage(prompt=12_345, completion=678, cached=9_000), "human.score": Usage(prompt=7, completion=1)}
    budget = budget_of(asked, totals)
    assert budget.tokens == 12_345 + 678 + 7 + 1
    assert budget.money == 3_345 * 100_000 + 9_000 * 25_000 + 678 * 300_000 + 7 * 3_000_000 + 15_000_000
