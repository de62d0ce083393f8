"""What says almost the same as an earlier task is found, and what differs in a value is left alone."""

import random

import pytest

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint
from blueprints.near import THRESHOLD, Near, Traits, similarity, traits_of
from tests.blueprints.talks import DOMAINS, planned

FILLERS = ("please", "really", "just", "kindly", "actually")


def told(blueprint: Blueprint, text: str, **parts: object) -> Blueprint:
    return blueprint.model_copy(update={"instruction": text, "id": "", **parts}).sealed()


def holding(*blueprints: Blueprint) -> Near:
    near = Near()
    for blueprint in blueprints:
        near.add(blueprint)
    return near


def alone(domain: str, count: int = 120) -> list[Blueprint]:
    """Tasks that are not twins."""
    return [b for b in planned(domain, count) if not b.parents]


@pytest.mark.parametrize("domain", DOMAINS)
def test_different_tasks_are_not_rejected(domain):
    near, rejected = Near(), 0
    for blueprint in planned(domain, 120):
        rejected += near.close(blueprint) is not None
        near.add(blueprint)
    assert rejected <= 2


@pytest.mark.parametrize("domain", DOMAINS)
def test_another_filler_word_makes_no_other_task(domain):
    rng = random.Random(0)
    for number, blueprint in enumerate(alone(domain)):
        words = blueprint.instruction.replace(PUSH_BACK, "").split()
        words.insert(rng.randrange(3, len(words)), FILLERS[number % len(FILLERS)])
        found = holding(blueprint).close(told(blueprint, " ".join(words)))
        assert found is not None
        assert (found.stage, "vary what is asked for" in found.reason) == ("near_duplicate", True)


@pytest.mark.parametrize("domain", DOMAINS)
def test_another_persona_makes_no_other_task(domain):
    for blueprint in alone(domain, 40):
        one, two = (
            "You are a retired sailor, patient and brief.",
            "You run a bakery and are always in a hurry, so be quick.",
        )
        texts = [blueprint.instruction.replace(". You want", f". {p} You want", 1) for p in (one, two)]
        assert texts[0] != texts[1]
        first, second = (told(blueprint, t, persona=p) for t, p in zip(texts, (one, two), strict=True))
        assert similarity(traits_of(first), traits_of(second)) == 1.0
        assert holding(first).close(second) is not None


def test_another_value_makes_another_task():
    for blueprint in [b for b in alone("retail") if len(b.stages) == 1]:
        for name, known in blueprint.known.items():
            day = str(known.value)
            if known.meaning.kind == "date" and blueprint.instruction.count(day) == 1:
                facts = {**blueprint.known, name: known.model_copy(update={"value": "2031-12-24"})}
                other = told(blueprint, blueprint.instruction.replace(day, "2031-12-24"), known=facts)
                assert holding(blueprint).close(other) is None


def test_the_same_values_the_other_way_round_make_another_task():
    blueprint = alone("library", 12)[0]
    mail = blueprint.known["email"]
    known = {"one": mail.model_copy(update={"value": "7731"}), "other": mail.model_copy(update={"value": "2686"})}
    text = (
        "You are Ada Birk. You want to move $95.00 from the payment with ending 7731 to the payment with ending 2686."
    )
    first = told(blueprint, text, known=known, outputs=())
    turned = told(first, text.replace("7731", "§").replace("2686", "7731").replace("§", "2686"))
    assert sorted(turned.instruction) == sorted(first.instruction)
    assert similarity(traits_of(first), traits_of(turned)) < THRESHOLD


def test_a_twin_may_say_the_same_as_its_refusal_and_as_nothing_else():
    tasks = planned("library", 60)
    twin = next(b for b in tasks if b.parents)
    refusal = next(b for b in tasks if b.id == twin.parents[0])
    assert holding(refusal).close(twin) is None
    assert holding(twin).close(refusal) is None
    orphan = twin.model_copy(update={"parents": ()}).sealed()
    assert holding(refusal).close(orphan) is not None


def test_the_reason_names_the_closest_task_and_how_close_it_is():
    first, second = alone("retail", 12)[:2]
    near = holding(first, second)
    found = near.close(told(second, f"{second.instruction} Please."))
    assert found is not None
    assert f"task {second.provenance.task} " in found.reason
    assert second.instruction[:40] in found.reason
    assert "9" in found.reason.split("%")[0]


def test_the_threshold_can_be_set():
    first = alone("library", 12)[0]
    other = told(first, first.instruction.replace("You want to", "What you need is to"))
    assert Near(threshold=1.0).close(other) is None
    strict, lenient = Near(threshold=0.3), Near(threshold=0.99)
    strict.add(first)
    lenient.add(first)
    assert strict.close(other) is not None
    assert lenient.close(other) is None


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("threshold", [0.4, 0.6, THRESHOLD])
def test_the_index_misses_nothing_that_comparing_with_all_would_find(domain, threshold):
    near = Near(threshold=threshold)
    seen: list[Traits] = []
    for blueprint in alone(domain):
        traits = traits_of(blueprint)
        shares = [similarity(traits, other) for other in seen]
        found = near.close(blueprint)
        assert (found is not None) == any(share >= threshold for share in shares)
        if found is not None:
            assert f"{max(shares):.0%}" in found.reason
        near.add(blueprint)
        seen.append(traits)
