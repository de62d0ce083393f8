"""What tokens cost: prices as given, or as listed for an endpoint. Money is counted in whole units: sums are exact."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field

from apigen_mt.models.chat import Usage
from tools_env.values import Part

DOLLAR = 10**12
"""Units of money in a dollar: a token's price is a whole number of them for any price with up to six decimals."""
_TOKEN = DOLLAR // 10**6
_SOME = 1000
"""So many tokens are priced to read a price off; few enough for the price that holds for short prompts."""


class Price(Part):
    """What a model costs, in dollars for a million tokens; `cached` is for the part of a prompt that the endpoint had
    in its cache, and is `input` unless it is given.
    """

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def of(self, usage: Usage) -> int:
        """What these tokens cost, in `DOLLAR`ths of a dollar."""
        fresh = usage.prompt - usage.cached
        cached = self.input if self.cached is None else self.cached
        return fresh * _units(self.input) + usage.cached * _units(cached) + usage.completion * _units(self.output)

    def most(self, usage: Usage) -> int:
        """What these tokens may cost at most, whatever of the prompt is cached."""
        return max(self.of(usage.model_copy(update={"cached": cached})) for cached in (0, usage.prompt))


def dollars(money: int) -> float:
    """An amount of money in dollars, for people."""
    return money / DOLLAR


def dearest(prices: list[Price]) -> Price:
    """A price that is too low for none of these."""
    cached = [p.input if p.cached is None else p.cached for p in prices]
    return Price(input=max(p.input for p in prices), output=max(p.output for p in prices), cached=max(cached))


def listed(model: str, base_url: str) -> Price | None:
    """The price that genai-prices, as installed, lists for a model at this very endpoint; nothing is fetched.

    None where it knows the endpoint or the model not, or where a request costs something besides its tokens. Tiers for
    very long prompts are left out.
    """
    if not _public(base_url):
        return None
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    def million(**tokens: int) -> float:
        total = calc_price(Counted(**tokens), model_ref=model, provider_api_url=base_url).total_price
        return float(total * 1_000_000 / _SOME)

    try:
        if million():
            return None
        cached = million(input_tokens=_SOME, cache_read_tokens=_SOME)
        return Price(input=million(input_tokens=_SOME), output=million(output_tokens=_SOME), cached=cached)
    except (LookupError, ValueError):
        return None


def _units(per_million: float) -> int:
    return round(per_million * _TOKEN)


def _public(base_url: str) -> bool:
    """Whether an address may be a provider's: a name with a dot in it, and no number."""
    host = urlsplit(base_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return "." in host and not host.endswith(".local")
    return False
