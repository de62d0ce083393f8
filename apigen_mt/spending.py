"""What a run may spend: whose reply goes on which model's account, prices before it begins, and the budget it gets."""

from collections.abc import Iterable, Mapping

from apigen_mt.config import Command, Config, ConfigError
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.budget import Budget, Cap, stage_of
from apigen_mt.models.chat import Usage
from apigen_mt.models.prices import Price, dearest, listed

_ENDINGS = (".repair", ".blind", ".calibrate")
"""What is hung on the name of a role where its replies are journalled apart."""


def role_behind(name: str, config: Config) -> RoleConfig:
    """Whose replies are journalled under a name; a role without a model where nobody's are."""
    roles = {
        "author": config.roles.author,
        "human": config.roles.human,
        "human.score": config.roles.human,
        "agent": config.roles.agent,
        "summariser": config.summariser,
        **{f"reviewer:{role.name}": role for role in config.reviewers},
        **{f"judge:{role.name}": role for role in config.judges},
    }
    while name not in roles:
        ending = next((e for e in _ENDINGS if name.endswith(e)), "")
        if not ending:
            return RoleConfig()
        name = name.removesuffix(ending)
    return roles[name]


def priced(config: Config, command: Command) -> Config:
    """The configuration with the prices of all models that are known: as given, or else as listed for their endpoints.

    Raises `ConfigError` where a budget in dollars is set and the price of a model is not known: it is never nothing.
    """
    if config.cache is True:
        raise ConfigError("cache: name its folder; only the command line looks up where the user's caches are")
    roles = config.models(command)
    prices = dict(config.prices)
    for model in sorted({role.model for role in roles} - prices.keys()):
        found = _listed(model, (url for role in roles if role.model == model for url in role.urls))
        if found is not None:
            prices[model] = found
    unknown = sorted({role.model for role in roles} - prices.keys())
    if unknown and (place := _in_dollars(config)):
        url = next(url for role in roles if role.model == unknown[0] for url in role.urls)
        raise ConfigError(
            f"{place}: the price of {unknown[0]} at {url} is not known; name it in --config, in dollars for a million"
            f' tokens: prices: {{"{unknown[0]}": {{input: 0.25, output: 2.0}}}} (0 if it costs nothing)'
        )
    return config.model_copy(update={"prices": prices})


def budget_of(config: Config, totals: Mapping[str, Usage]) -> Budget:
    """The budget of a run, with what earlier sittings have spent: `totals` are the journal's, by role."""
    budget = Budget(Cap(tokens=config.budget_tokens, usd=config.budget_usd), config.stages, config.prices)
    for name, usage in totals.items():
        budget.count(usage, role_behind(name, config).model, stage_of(name))
    return budget


def _listed(model: str, urls: Iterable[str]) -> Price | None:
    """The dearest listed price over all endpoints of a model; None if one of them has none."""
    found = [listed(model, url) for url in dict.fromkeys(urls)]
    known = [price for price in found if price is not None]
    return dearest(known) if known and len(known) == len(found) else None


def _in_dollars(config: Config) -> str:
    """The setting that caps dollars, or nothing."""
    if config.budget_usd is not None:
        return "budget_usd"
    return next((f"stages.{stage}.usd" for stage, cap in config.stages.items() if cap.usd is not None), "")
