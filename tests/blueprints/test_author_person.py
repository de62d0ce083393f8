"""To whom the template tells an instruction: to the person whose things it is about."""

import re

import pytest

from tests.blueprints.drawn import WORLDS
from tests.blueprints.talks import planned


@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_the_persons_own_is_told_as_theirs(domain):
    check_told(domain, 24)


@pytest.mark.proof
@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_the_persons_own_is_told_as_theirs_in_many_tasks(domain):
    check_told(domain, 300)


def check_told(domain: str, count: int) -> None:
    """No "their" but the rules of the desk, outside of quotes and personas."""
    for blueprint in planned(domain, count):
        told = re.sub(r'"[^"]*"', " ", blueprint.instruction).replace(blueprint.persona or "-", " ")
        assert "their" not in told.replace("their rules", "").split(), told
        assert not {"my", "me"} & {*told.split()}, told
