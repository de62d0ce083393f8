"""A model as the person, on a loopback server: what breaks the part is asked for again with the reason, or ends void;
of several candidates the best is spoken.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import apigen_mt
from apigen_mt.cast.human_words import NOTE
from apigen_mt.cast.model_human import RESAMPLES, SCORER
from apigen_mt.trajectory import Row
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP
from tests.apigen_mt.model_server import HUMAN, Understudies, role
from tests.blueprints.talks import world_of
from tests.chat_server import Answer, Body, ChatServer

COUNT = 4
Change = Callable[[dict, Blueprint], dict]
"""What a bad model makes of the turn that the script would say."""


def out_of(part: Blueprint, wanted: str) -> str:
    """The name of some fact of a tier."""
    return next((n for n, k in part.known.items() if k.disclose == wanted and k.about), "nothing")


BAD: dict[str, Change] = {
    "invents": lambda t, _: t | {"text": f"{t['text']} It was on 2019-07-09."},
    "leaks": lambda t, b: t | {"text": f"{t['text']} My record is {b.person}."},
    "speaks as the agent": lambda t, _: t | {"text": "How can I help you today?"},
    "says nothing": lambda t, _: t | {"text": ""},
    "names facts that are none": lambda t, _: t | {"fact_ids": ["shoe size"]},
    "names what it does not know": lambda t, b: t | {"fact_ids": [*t["fact_ids"], out_of(b, "unknown")]},
    "stops early": lambda t, b: {"act": "stop", "fact_ids": [], "consents_to": "", "text": f"Bye. {STOP}"},
    "agrees and says no": lambda t, _: {"act": "confirm", "fact_ids": [], "consents_to": "all", "text": "No way."},
    "pushes back against nothing": lambda t, _: t | {"act": "push_back" if t["act"] == "raise" else t["act"]},
}


class Model:
    """A person's model that says what the script would, changed by `change` unless it has been told why not."""

    def __init__(self, world: str, tasks: list[Blueprint], change: Change | None = None, *, deaf: bool = False) -> None:
        self.understudies = Understudies(world_of(world), tasks)
        self.change = change
        self.deaf = deaf
        self.complaints: list[str] = []
        self.scored: list[str] = []

    def __call__(self, body: Body, _: int) -> Answer:
        assert body["model"] == HUMAN
        first, last = body["messages"][0]["content"], body["messages"][-1]["content"]
        if first.startswith("A person writes"):
            self.scored.append(first)
            return Answer(
                text=json.dumps(
                    {
                        "reason": "So it is.",
                        "score": 9 if "forsooth: " in first.partition("The message to judge")[2] else 4,
                    }
                )
            )
        good = self.understudies.human(body)
        told = last.startswith("(You cannot say that")
        self.complaints += [last] if told else []
        if self.change is None or (told and not self.deaf):
            return good
        assert good.text is not None
        part = next(b for b in self.understudies.blueprints if b.instruction in first)
        return Answer(text=json.dumps(self.change(json.loads(good.text), part)))


@pytest.fixture(scope="module")
def tasks(tmp_path_factory) -> list[Blueprint]:
    run = apigen_mt.generate("library", COUNT, tmp_path_factory.mktemp("tasks"))
    return [o.blueprint for o in run.outcomes if o.blueprint is not None]


def played(model: Model, folder: Path, **settings) -> list[Row]:
    """The rows of a run whose person is a model, kept and failed."""
    server = ChatServer(model)
    with server.in_thread():
        roles = {"human": role(server.url, HUMAN, temperature=0.7)}
        run = apigen_mt.generate("library", COUNT, folder / "run", roles=roles, **settings)
    return [row for o in run.outcomes for row in (*o.rows, *o.failures)]


def test_a_model_that_plays_its_part_is_kept_in_every_temperament(tasks, tmp_path):
    model = Model("library", tasks)
    rows = played(model, tmp_path, temperaments={"chatty": 1, "mistrustful": 1})
    assert [row.verdict.ok for row in rows] == [True] * COUNT
    assert not model.complaints
    assert {row.temperament for row in rows} == {"chatty", "mistrustful"}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_turn_is_asked_for_again_with_the_reason(name, tasks, tmp_path):
    model = Model("library", tasks, BAD[name])
    rows = played(model, tmp_path)
    assert [row.verdict.ok for row in rows] == [True] * COUNT
    assert model.complaints


@pytest.mark.parametrize("name", ["invents", "speaks as the agent", "says nothing", "names facts that are none"])
def test_a_model_that_does_not_listen_ends_the_talk_and_has_the_blame(name, tasks, tmp_path):
    model = Model("library", tasks, BAD[name], deaf=True)
    rows = played(model, tmp_path)
    assert {(row.end_reason, row.verdict.fault, len(row.human_turns)) for row in rows} == {("void", "human", 0)}
    assert len(model.complaints) == COUNT * (RESAMPLES - 1)


def test_a_yes_to_something_else_is_asked_for_again(tasks, tmp_path):
    """The person's model agrees before it has told which loan is meant, and whatever is proposed."""

    def eager(turn: dict, part: Blueprint) -> dict:
        wanted = out_of(part, "volunteer")
        return turn | {"act": "confirm", "consents_to": wanted, "text": "Yes."} if turn["act"] == "correct" else turn

    minded = [b for b in tasks if any(s.change for s in b.stages)]
    rows = played(Model("library", tasks, eager), tmp_path)
    assert all(row.verdict.ok for row in rows)
    assert sum(h.act == "correct" for row in rows for h in row.human_turns) >= len(minded)


class Changing:
    """A turn with an old word, every other time."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, turn: dict, part: Blueprint) -> dict:
        self.times += 1
        return turn if self.times % 2 else turn | {"text": f"forsooth: {turn['text']}"}


def test_of_several_candidates_the_best_is_spoken_and_each_is_journalled(tasks, tmp_path):
    model = Model("library", tasks, Changing())
    rows = played(model, tmp_path, quality="high", concurrency=1)
    assert [row.verdict.ok for row in rows] == [True] * COUNT
    openings = [row.human_turns[0].text for row in rows]
    assert all(text.startswith("forsooth: ") for text in openings)
    assert all("The talk so far" in prompt and "Where it stands" in prompt for prompt in model.scored)
    usage = Counter(name for row in rows for name in row.usage)
    assert usage["human"] == usage[SCORER] == COUNT
    turns = sum(len(row.human_turns) for row in rows)
    assert turns * 2 >= len(model.scored) > turns


def test_the_model_is_told_where_the_talk_stands(tasks, tmp_path):
    seen: list[str] = []

    class Listening(Model):
        def __call__(self, body: Body, number: int) -> Answer:
            seen.append(body["messages"][-1]["content"].partition(NOTE)[2])
            return super().__call__(body, number)

    played(Listening("library", tasks), tmp_path)
    assert all(seen)
    assert any("Bring up matter 1." in note for note in seen)
    assert any("May be told now: " in note and "email" in note for note in seen)
    assert any("The agent asks whether to go ahead." in note for note in seen)
    assert any("when this one is settled, stop." in note for note in seen)
