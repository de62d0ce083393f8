"""Personas: those that come with the package change the voice only, and a walk uses each before any comes again."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations

import pytest

from blueprints.checks import check
from blueprints.personas import Personas, shipped
from tests.blueprints.talks import planned, world_of
from tools_env.environment import ClassWorld
from tools_env.mentions import mentions

ENTRIES = shipped()
PLACES = """
Ababa Addis Aires Andes Antarctica Arctic Athens Auvergne Baku Bamako Bangkok Belgrade Belize Bergen Berlin
Birmingham Bogota Buenos Cairo Canada Chile Darjeeling Dhaka Eritrea Faroe Finland Florence Galway Gdansk Ghana
Harare Hebrides Hyderabad Ireland Islands Jakarta Jura Kabul Kerala Kigali Kingston Kochi Kolkata Kyoto Lagos
Lake Leeds Leicester Lima Lisbon Medellin Mekong Mendoza Montana Montevideo Montreal Nairobi Nepal Norway Oaxaca
Osaka Oudtshoorn Paris Persian Petra Punjab Quechua Russian Sahara Samoa Senegal Seoul Spanish Suva Tagalog
Tamale Tasmanian Tbilisi Timbuktu Titicaca Tromso Turku Ulaanbaatar Utrecht Valencia Vienna Vietnam Wales Warsaw
Zanzibar Zurich
"""
"""All that a persona may name: places and languages."""
TASKLIKE = re.compile(
    r"\b(?:yes|no|want(?:s|ed)?|need(?:s|ed)?|must|demand\w*|insist\w*|refus\w+|cancel\w*|refund\w*|orders?|tools?|"
    r"accounts? number|e-?mails?|passwords?|deadline|urgent\w*|immediately|today|tomorrow|yesterday|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tonight|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"ai|chatbots?|language models?|simulat\w+|dollars?|euros?|pounds?|forget your|forgot)\b",
    re.IGNORECASE,
)


def words(entry: str) -> list[str]:
    return re.findall(r"[a-z'-]+", entry.lower())


def test_there_are_many_and_none_twice():
    assert len(ENTRIES) >= 540
    assert len({" ".join(words(entry)) for entry in ENTRIES}) == len(ENTRIES)


def test_each_is_a_sentence_or_two_to_the_person_in_simple_letters():
    for entry in ENTRIES:
        assert re.fullmatch(r"[A-Z][A-Za-z ,.;:'-]+\.", entry), entry
        assert "  " not in entry
        assert 6 <= len(entry.split()) <= 45, entry
        assert {"you", "your", "yourself", "yours"} & set(words(entry)), entry
        assert len(re.findall(r"[.!?](?: |$)", entry)) <= 2, entry


def test_none_asks_for_anything_or_names_a_day_an_amount_or_a_machine():
    found = {m[0].lower(): entry for entry in ENTRIES for m in TASKLIKE.finditer(entry)}
    assert not found


def test_none_names_anybody_or_any_brand():
    inside = {
        word
        for entry in ENTRIES
        for part in re.split(r"(?<=\.) ", entry)
        for word in re.findall(r"[A-Za-z'-]+", part)[1:]
        if word[0].isupper()
    }
    assert inside - set(PLACES.split()) == set()


def test_none_is_much_like_another():
    grams = [{tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in map(words, ENTRIES)]
    alike = [
        (ENTRIES[a], ENTRIES[b])
        for (a, one), (b, other) in combinations(enumerate(grams), 2)
        if len(one & other) > 0.35 * min(len(one), len(other))
    ]
    assert not alike


def test_they_do_not_all_begin_alike():
    openings = Counter(tuple(words(entry)[:3]) for entry in ENTRIES)
    assert openings.most_common(1)[0][1] <= 0.06 * len(ENTRIES)
    assert len(openings) > len(ENTRIES) / 2
    assert Counter(words(entry)[0] for entry in ENTRIES).most_common(1)[0][1] <= 0.6 * len(ENTRIES)


@pytest.mark.parametrize("domain", ["clinic", "library", "retail"])
def test_none_says_a_value_that_an_answer_or_a_reason_could_be(domain):
    """A persona is part of the instruction, and what stands there is no answer to find out: the gates reject it."""
    world = world_of(domain)
    assert isinstance(world, ClassWorld)
    values = {(c, p.meaning) for s in world.specs.values() for p in s.params for c in p.choices}
    for name in world.snapshots(2):
        state = world.snapshot(name).state
        for table in state.tables_:
            records = [record.model_dump(mode="json") for record in state.__dict__[table]]
            read = {(f, v) for r in records for f, v in r.items() if isinstance(v, str) and not re.search(r"\d", v)}
            meanings = {f: world.fields[f"{table}/{f}"] for f, _ in read}
            values |= {(v, meanings[f]) for f, v in read if meanings[f].kind in {"choice", "text"}}
    assert len(values) > 6
    everything = " | ".join(ENTRIES)
    assert not [v for v, meaning in values if mentions(everything, v, meaning)]


def test_no_gate_takes_one_for_an_invented_fact():
    draft, world = planned("retail", 1)[0], world_of("retail")
    whole = draft.model_copy(update={"instruction": f"{draft.instruction} {' '.join(ENTRIES)}"})
    assert not list(check(draft, world))
    assert {wrong.stage for wrong in check(whole, world)} == {"format"}  # its id was made for other words


def test_a_pass_uses_each_once_and_the_next_does_so_again():
    personas = Personas(ENTRIES, 7)
    size = len(ENTRIES)
    for start in (0, size, 5 * size):
        assert sorted(personas.at(start + i) for i in range(size)) == sorted(ENTRIES)


def test_seed_and_index_alone_decide():
    one, other = Personas(ENTRIES, 3), Personas(list(ENTRIES), 3)
    backwards = [other.at(i) for i in reversed(range(50))][::-1]
    assert [one.at(i) for i in range(50)] == backwards
    assert backwards != [Personas(ENTRIES, 4).at(i) for i in range(50)]
    assert backwards != list(ENTRIES[:50])


def test_another_process_walks_the_same_way():
    code = (
        "import json; from blueprints.personas import Personas, shipped; p = Personas(shipped(), 11);"
        "print(json.dumps([p.at(i) for i in range(40)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    personas = Personas(ENTRIES, 11)
    assert json.loads(done.stdout) == [personas.at(i) for i in range(40)]


def test_a_single_persona_serves_every_task_and_none_serves_nobody():
    assert {Personas(["You hum."], 0).at(i) for i in range(5)} == {"You hum."}
    with pytest.raises(ValueError, match="no personas"):
        Personas([], 0)
