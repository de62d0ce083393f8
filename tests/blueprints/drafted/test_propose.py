"""Proposing: one question to the model, what never changes first and what was wrong last; the gates decide."""

import re
from importlib.resources import files

import pytest
from pydantic import BaseModel

from blueprints.blueprint import Blueprint, Rejected
from blueprints.drafted.context import Context, sample_context
from blueprints.drafted.proposal import Proposal
from blueprints.drafted.propose import LONGEST, prompt_of, propose
from blueprints.drafted.repeats import repeated
from blueprints.drafted.walk import Settings
from tests.blueprints.drafted.honest import context_of, proposal_of, sound
from tests.blueprints.talks import DOMAINS, world_of


class Author:
    """Answers every question with the same, and notes what it was asked."""

    def __init__(self, answer: BaseModel | Rejected) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, int, type[BaseModel]]] = []

    async def __call__(self, prompt: str, subject: str, number: int, kind: type[BaseModel]) -> BaseModel | Rejected:
        self.asked.append((prompt, subject, number, kind))
        return self.answer


def honest(domain: str = "library", place: int = 0) -> tuple[Context, Author]:
    blueprint = sound(domain)[place]
    return context_of(blueprint), Author(Proposal.model_validate(proposal_of(blueprint)))


@pytest.mark.parametrize("domain", DOMAINS)
async def test_the_model_is_asked_once_a_round_under_the_same_subject(domain):
    context, author = honest(domain)
    sent_back = Rejected(stage="wording", reason="the instruction leaves out the branch: harbour")
    first = await propose(context, author, (), 0)
    second = await propose(context, author, (sent_back,), 1, "small-1b")
    assert isinstance(first, Blueprint)
    assert isinstance(second, Blueprint)
    assert [(s, n) for _, s, n, _ in author.asked] == [(context.subject, 0), (context.subject, 1)]
    assert all(issubclass(kind, Proposal) for *_, kind in author.asked)
    assert (second.provenance.mode, second.provenance.author, second.provenance.rounds) == ("drafted", "small-1b", 1)
    assert first.id == second.id


async def test_no_answer_is_handed_on_as_it_is():
    context, _ = honest()
    none = Rejected(stage="author", reason="no usable answer: there is no JSON in it")
    assert await propose(context, Author(none), (), 0) == none


async def test_an_answer_of_another_type_is_none():
    class Other(BaseModel):
        pass

    context, _ = honest()
    found = await propose(context, Author(Other()), (), 0)
    assert isinstance(found, Rejected)
    assert found.stage == "author"


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_all_tasks_share_stands_first_and_what_was_wrong_last(domain):
    contexts = [sample_context(world_of(domain), 0, index, Settings()) for index in range(8)]
    prompts = [prompt_of(c, ()) for c in contexts if isinstance(c, Context)]
    tools = prompts[0].index("The policy of the desk:")
    assert len({p[:tools] for p in prompts}) == 1
    context = next(c for c in contexts if isinstance(c, Context))
    wrong = tuple(Rejected(stage="rules", reason=f"reason {n}: {'x' * 900}") for n in range(5))
    told = prompt_of(context, wrong)
    head = prompt_of(context, ()).removesuffix("\nWrite the task now.\n")
    assert told.startswith(head)
    assert "reason 1" not in told
    assert all(f"- reason {n}: x" in told for n in (2, 3, 4))
    assert len(told) - len(head) < 3 * LONGEST + 200


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_prompt_names_every_tool_of_the_desk_and_its_choices(domain):
    context = sample_context(world_of(domain), 0, 0, Settings())
    assert isinstance(context, Context)
    text = prompt_of(context, ())
    for spec in world_of(domain).specs.values():
        assert f"{spec.name} (" in text
        assert all(f"- {p.name}:" in text for p in spec.params)
        assert all(", ".join(p.choices) in text for p in spec.params)
    assert context.brief.policy.strip() in text
    assert all(str(f.value) in text for f in context.person.facts.values())


def test_the_prompt_itself_holds_nothing_that_could_be_copied_into_a_task():
    text = files("blueprints.prompts").joinpath("drafter.md").read_text(encoding="utf-8")
    assert not re.findall(r"\d", text)
    assert "@" not in text
    assert "_" not in text
    assert len(text) < 3500


def test_a_task_that_was_there_before_is_a_repeat_also_in_other_words():
    for blueprint in sound("library")[:20]:
        reworded = blueprint.model_copy(update={"instruction": "You are in need of the very same."})
        assert [r.stage for r in repeated(reworded, [blueprint])] == ["duplicate"]
        assert not list(repeated(blueprint, [blueprint.model_copy(update={"person": "somebody else"})]))


def test_nearly_the_same_words_are_a_repeat_and_other_values_are_not():
    blueprint = next(b for b in sound("library") if b.kind == "act")
    other = blueprint.model_copy(update={"diff": {}, "instruction": f"{blueprint.instruction} Please."})
    assert [r.stage for r in repeated(other, [blueprint])] == ["duplicate"]
    apart = other.model_copy(update={"instruction": "You want to know when the library opens on the third of May."})
    assert not list(repeated(apart, [blueprint]))
