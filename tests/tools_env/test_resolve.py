import sys

import pytest

from tools_env.calls import Call
from tools_env.resolve import BUILT_IN, UnknownDomain, resolve
from tools_env.tool import DomainError

SHELTER = '''
"""A world in the user's own folder."""
import datetime
from typing import Annotated
from tools_env import authoring as env

DogId = Annotated[str, env.Identifier("dogs"), env.Doc("The dog's id.")]

class Dog(env.Record):
    dog_id: DogId
    name: str

class Shelter(env.Environment):
    """Dogs.

    1 Be kind.
    """
    dogs: env.Table[Dog]
    by_model = ("1",)

    def fill(self, rng):
        self.now = datetime.date(2026, 1, 1)
        self.dogs.put(Dog(dog_id="D1", name=rng.choice(["Rex", "Fido"])))

    @env.read()
    def get_dog(self, dog_id: DogId) -> Dog:
        """Look at a dog."""
        return self.dogs[dog_id]

def make():
    return Shelter.world("made")

class Needy:
    def __init__(self, something):
        self.something = something

NUMBER = 3
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own_shelter.py").write_text(SHELTER, encoding="utf-8")
    (tmp_path / "own_broken.py").write_text("def (", encoding="utf-8")
    careless = SHELTER.replace('by_model = ("1",)', "by_model = ()")
    (tmp_path / "own_careless.py").write_text(careless, encoding="utf-8")
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before
    for name in ("own_shelter", "own_broken", "own_careless"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_built_in_goes_by_its_name(name):
    assert resolve(name).name == name


def test_a_class_of_the_users_folder(folder):
    world = resolve("own_shelter:Shelter", folder)
    assert world.name == "own_shelter:Shelter"
    outcome = world.open("seed:3").call(Call(name="get_dog", arguments={"dog_id": "D1"}))
    assert outcome.outcome == "result"
    assert resolve("own_shelter:make", folder).name == "made"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shop", "use clinic, library, retail, tau2:NAME, or package.module:Class"),
        ("", "unknown domain"),
        (":Shelter", "unknown domain"),
        ("own_shelter:", "unknown domain"),
        ("../own_shelter:Shelter", "unknown domain"),
        ("no_such_module_here:Shelter", "cannot import no_such_module_here"),
        ("own_broken:Shelter", "cannot import own_broken"),
        ("own_shelter:Kennel", "Kennel in own_shelter is not"),
        ("own_shelter:NUMBER", "NUMBER in own_shelter is not"),
        ("own_shelter:Dog", "Dog in own_shelter"),
        ("own_shelter:Needy", "Needy in own_shelter"),
    ],
)
def test_what_is_no_domain_is_said_in_one_line(folder, name, words):
    with pytest.raises(UnknownDomain, match=words) as unknown:
        resolve(name, folder)
    assert "\n" not in str(unknown.value)


def test_a_class_written_wrongly_says_where(folder):
    with pytest.raises(DomainError, match="Shelter: clause 1"):
        resolve("own_careless:Shelter", folder)
