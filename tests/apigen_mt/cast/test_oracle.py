"""Rehearsal's agent takes every value from the talk, asks for what is missing, and gives up rather than guess."""

import json
from itertools import pairwise

import pytest

from apigen_mt.cast.oracle import ASKS, Oracle
from apigen_mt.cast.ports import AgentTurn, AgentView, GaveUp, HumanView, WantedCall
from apigen_mt.cast.script import Matter, script_of
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.knowledge import people_table
from tests.blueprints.drawn import KINDS, WORLDS, talks, tasks, with_operator
from tests.blueprints.talks import DOMAINS, LIMITS, Talk, planned, played, rehearsed, said, world_of
from tools_env.consent import affirms
from tools_env.course import Called, Said
from tools_env.mentions import mentions
from tools_env.values import Json


class Says:
    """A human who says the same lines whatever they hear."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    async def speak(self, view: HumanView) -> HumanTurn | None:
        text = self.lines[min(view.turn, len(self.lines) - 1)]
        return HumanTurn(act="raise" if not view.turn else "answer", text=text)


def oracle(blueprint: Blueprint) -> Oracle:
    world = world_of(blueprint.domain)
    return Oracle(script_of(blueprint), world.specs, people_table(world))


def some(kind: str, domain: str = "library") -> Blueprint:
    return next(b for b in planned(domain, 72) if b.kind == kind)


async def hears(blueprint: Blueprint, *lines: str) -> tuple[str, str, list[str]]:
    """The end of a talk with somebody who says these lines, why it ended, and what the oracle said."""
    from apigen_mt.talk import play

    done = await play(blueprint, world_of(blueprint.domain), Says(*lines), oracle(blueprint), LIMITS)
    return done.end_reason, done.why, [e.text for _, e in done.course.said("agent")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_argument_was_said_or_shown_before(domain):
    checked = 0
    for talk in rehearsed(domain, 72):
        for place in talk.reads() + talk.writes():
            for name, value in talk.called(place).call.arguments.items():
                meanings = talk.world.specs[talk.called(place).call.name].meanings()
                assert all(
                    known(talk, place, v, meanings[name]) for v in (value if isinstance(value, list) else [value])
                )
                checked += 1
    assert checked > 200


def known(talk: Talk, place: int, value: Json, meaning) -> bool:
    for event in talk.events[:place]:
        if isinstance(event, Said) and event.speaker == "human" and mentions(event.text, value, meaning):
            return True
        if isinstance(event, Called) and json.dumps(value) in json.dumps(event.outcome.observed()):
            return True
    return False


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_write_is_proposed_and_agreed_to(domain):
    for talk in rehearsed(domain, 72):
        for place in talk.writes():
            before = [e for e in talk.events[:place] if isinstance(e, Said)]
            assert before[-2].speaker == "agent"
            assert before[-2].text.endswith("Shall I go ahead?")
            assert affirms(before[-1].text)


async def test_it_asks_twice_for_what_is_missing_and_then_gives_up():
    ended, why, said = await hears(some("act"), "I need something done.", "I'd rather not say.")
    assert (ended, why) == ("void", "nobody says the email")
    assert len([text for text in said if "email" in text]) == ASKS


async def test_it_carries_nothing_out_on_a_no():
    plan = (b for b in planned("library", 72) if b.kind == "act" and len(b.stages) == 1)
    blueprint = next(b for b in plan if not any(k.disclose == "if_asked" and k.about for k in b.known.values()))
    mail = str(blueprint.known["email"].value)
    lines = [blueprint.stages[0].say, f"It's {mail}.", "No, better not.", "No, I said."]
    world = world_of("library")
    from apigen_mt.talk import play

    done = await play(blueprint, world, Says(*lines), oracle(blueprint), LIMITS)
    assert not list(done.course.done(writes=True))
    assert any("Shall I go ahead?" in e.text for _, e in done.course.said("agent"))


async def test_a_refused_call_is_the_blueprints_fault():
    """The refusal's twin would be right; in the refusal's own setting the tool stands in the way."""
    plan = planned("retail", 72)
    pairs = [(r, t) for r, t in pairwise(plan) if t.parents == (r.id,)]
    from apigen_mt.cast.scripted_human import ScriptedHuman
    from apigen_mt.talk import play

    ends: set[str] = set()
    for refusal, twin in pairs:
        wrong = twin.model_copy(update={"setup": refusal.setup})
        done = await play(wrong, world_of("retail"), ScriptedHuman(twin), oracle(twin), LIMITS)
        if done.end_reason == "void":
            ends.add(done.why.split(":")[0])
    assert ends == {"a call was refused"}


async def test_a_person_who_raises_more_than_there_is_is_not_served():
    said: list[Json] = [{"role": "user", "content": "One more thing."}]
    clerk = Oracle((), world_of("library").specs, "members")
    with pytest.raises(GaveUp, match="more than there is"):
        await clerk.reply(AgentView(system="", tools=(), messages=tuple(m for m in said if isinstance(m, dict))))


async def test_an_answer_is_read_off_what_was_seen():
    world = world_of("library")
    session = world.open("seed:0")
    from tools_env.calls import Call

    brief = world.brief("seed:0")
    person = brief.people[3]
    mail = person.facts["email"].value
    member = session.call(Call(name="find_member", arguments={"email": mail})).observed()
    loans = session.call(Call(name="list_loans", arguments={"member_id": person.id})).observed()
    assert isinstance(loans, list)
    assert isinstance(loans[0], dict)
    clerk = Oracle((Matter(tools=("find_member", "list_loans"), ends="answer"),), world.specs, "members")
    turns: list[AgentTurn] = []
    messages: list[dict[str, Json]] = [
        {"role": "user", "content": f"Can you tell me the due date of the {loans[0]['title']}? My email is {mail}."}
    ]
    for shown in (member, loans, None):
        turn = await clerk.reply(AgentView(system="", tools=(), messages=tuple(messages)))
        turns.append(turn)
        if turn.calls:
            body: Json = {"name": turn.calls[0].name, "arguments": turn.calls[0].arguments}
            messages.append(
                {"role": "assistant", "content": "", "tool_calls": [{"id": turn.calls[0].id, "function": body}]}
            )
            messages.append({"role": "tool", "tool_call_id": turn.calls[0].id, "content": json.dumps(shown)})
    assert [turn.calls[0].name for turn in turns if turn.calls] == ["find_member", "list_loans"]
    assert turns[-1].text.startswith(f"The due date of the {loans[0]['title']} is {loans[0]['due']}.")


SWAPS = "tests.swap_world:SwapShop"


def swapper(*tools: str, forbidden: str = "", ends: str = "change", system: str = "") -> "Clerk":
    matter = Matter(tools=tools, ends=ends, forbidden=forbidden, clause="1", fact="status", fact_of="order_id")
    return Clerk(Oracle((matter,), world_of(SWAPS).specs, "buyers"), system)


class Clerk:
    """An oracle, and the talk it is in."""

    def __init__(self, player: Oracle, system: str) -> None:
        self.player, self.system = player, system
        self.messages: list[dict[str, Json]] = []

    async def hears(self, text: str) -> AgentTurn:
        self.messages.append({"role": "user", "content": text})
        return await self._turn()

    async def sees(self, value: Json) -> AgentTurn:
        key = f"c{len(self.messages)}"
        (call,) = self.last.calls
        body: Json = {"name": call.name, "arguments": call.arguments}
        self.messages.append({"role": "assistant", "content": "", "tool_calls": [{"id": key, "function": body}]})
        self.messages.append({"role": "tool", "tool_call_id": key, "content": json.dumps(value)})
        return await self._turn()

    async def _turn(self) -> AgentTurn:
        view = AgentView(system=self.system, tools=(), messages=tuple(self.messages))
        self.last = await self.player.reply(view)
        if self.last.text:
            self.messages.append({"role": "assistant", "content": self.last.text})
        return self.last


def order(key: str, status: str = "packed", *lines: Json) -> Json:
    return {"order_id": key, "buyer_id": "ada", "status": status, "lines": [*lines]}


def line(key: str, product: str, shade: str) -> Json:
    return {"article_id": key, "product_id": product, "shade": shade, "price": 12.5 if product == "P-lamp" else 40.0}


async def test_it_reads_a_listing_through_before_it_asks_which():
    clerk = swapper("find_buyer", "get_buyer", "get_order", "get_order", "cancel_order")
    await clerk.hears("I want to cancel the order with status waiting. My email is a@example.com.")
    await clerk.sees("ada")
    read = [await clerk.sees({"buyer_id": "ada", "orders": ["#W2", "#W1"]})]
    read.append(await clerk.sees(order("#W2", "waiting")))
    assert [t.calls[0].arguments for t in read] == [{"order_id": "#W2"}, {"order_id": "#W1"}]
    asked = await clerk.sees(order("#W1"))
    assert "#W2" in asked.text
    assert "#W1" not in asked.text


async def test_it_asks_a_person_for_their_own_id_and_takes_it_as_they_say_it():
    clerk = swapper("get_buyer")
    assert (await clerk.hears("I want something.")).text == "Could you please tell me your buyer id?"
    assert (await clerk.hears("It's ada_ames_0.")).calls[0].arguments == {"buyer_id": "ada_ames_0"}


async def test_it_hears_a_persons_own_id_that_is_volunteered():
    found = await swapper("get_buyer").hears("I want something. My buyer id is ada_ames_0.")
    assert found.calls[0].arguments == {"buyer_id": "ada_ames_0"}


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("1 Nothing packed is cancelled.", "and clause 1 of our policy does not allow it"),
        ("Rules:\n  1 Nothing packed is cancelled.", "and clause 1 of our policy does not allow it"),
        ("Nothing packed is cancelled. Pay 1 dollar.", "and our policy does not allow it"),
        ("11 Nothing packed is cancelled.", "and our policy does not allow it"),
    ],
)
async def test_it_names_a_clause_only_where_the_policy_is_numbered(system, words):
    clerk = swapper("get_order", forbidden="cancel_order", ends="refusal", system=system)
    clerk.messages = [{"role": "user", "content": "I want to cancel the order with status packed."}]
    clerk.last = AgentTurn(calls=(WantedCall(name="get_order", arguments={"order_id": "#W1"}, id="c"),))
    clerk.player.matter, clerk.player.finished, clerk.player.position = 0, False, 1
    assert words in (await clerk.sees(order("#W1"))).text


async def swap(words: str, *answers: str) -> AgentTurn:
    clerk = swapper("find_buyer", "get_buyer", "get_order", "get_order", "swap_articles")
    await clerk.hears(f"{words} My email is a@example.com.")
    await clerk.sees("ada")
    await clerk.sees({"buyer_id": "ada", "orders": ["#W1", "#W2"]})
    await clerk.sees(order("#W1", "received", line("L1", "P-lamp", "jade"), line("S1", "P-stool", "oak")))
    found = await clerk.sees(order("#W2", "waiting", line("L2", "P-lamp", "ivory"), line("L1", "P-lamp", "jade")))
    for answer in answers:
        found = await clerk.hears(answer)
    return found


async def test_what_comes_instead_is_not_what_goes_back():
    """It need not stand in the same order, and the same article may stand in two."""
    told = "I want to swap the article with shade jade from the order with status received for {}."
    asked = await swap(told.format("the article with shade ivory"))
    assert "swap article L1 from order #W1 for article L2." in asked.text
    ended = await swap(told.format("a certain new article"), "I mean the article with shade ivory.")
    assert ended.text == asked.text
    left = await swap(told.format("the article with price $12.50"))
    assert left.text == asked.text


async def test_several_go_back_for_several():
    asked = await swap(
        "I want to swap the article with shade oak and the article with shade jade from the order with status received "
        "for the article with shade ivory."
    )
    assert "swap article S1 and article L1 from order #W1 for article L2." in asked.text


@pytest.mark.parametrize("domain", WORLDS)
def test_its_script_holds_names_and_never_a_value(domain):
    for blueprint in (b for kind in KINDS for b in tasks(domain, kind, 8)):
        script = script_of(blueprint)
        assert [m.ends for m in script] == [s.wants for s in blueprint.stages]
        assert [n for m in script for n in m.tools] == [a.name for a in blueprint.actions]
        told = " ".join(m.model_dump_json() for m in script)
        values = [o.value for o in blueprint.outputs if isinstance(o.value, str) and len(o.value) > 3]
        ids = [
            v
            for a in blueprint.actions
            for v in a.arguments.values()
            if isinstance(v, str) and any(map(str.isdigit, v))
        ]
        assert not [v for v in (*values, *ids) if v in told]


@pytest.mark.parametrize("name", ["condition", "fallback", "change of mind", "aggregate", "dependent write"])
def test_it_solves_what_hangs_on_something(name):
    found = with_operator(name, 60) if name == "dependent write" else with_operator(name)
    assert len(found) > (3 if name == "dependent write" else 12)
    for blueprint in found:
        verdict = played(blueprint, world_of(blueprint.domain)).verdict()
        assert verdict.ok, (said(verdict), blueprint.instruction)


@pytest.mark.parametrize("domain", WORLDS)
def test_what_no_tool_does_is_declined_twice_and_not_tried(domain):
    for talk in talks(domain, "missing_tool", 10):
        words = [talk.text(place) for place in talk.agent_words()[-2:]]
        assert words[0].startswith("I'm sorry")
        assert words[1].startswith("I did check again")
        assert not {*talk.blueprint.withheld} & {talk.called(p).call.name for p in talk.reads() + talk.writes()}


@pytest.mark.parametrize("domain", WORLDS)
def test_a_figure_is_read_off_the_policy_without_a_call(domain):
    for talk in talks(domain, "policy_question", 8):
        assert not talk.reads()
        (output,) = talk.blueprint.outputs
        assert any(mentions(talk.text(place), output.value, output.meaning) for place in talk.agent_words())


@pytest.mark.parametrize("domain", WORLDS)
def test_it_asks_which_before_it_changes_what_was_left_open(domain):
    for talk in talks(domain, "clarify", 10):
        label = next(k.label for k in talk.blueprint.known.values() if k.vague.startswith("one of my "))
        asked = [p for p in talk.agent_words() if talk.text(p).startswith(f"Which {label}")]
        assert asked
        assert asked[0] < talk.writes()[0]


def test_it_proposes_again_after_a_change_of_mind():
    for blueprint in with_operator("change of mind")[:20]:
        talk = played(blueprint, world_of(blueprint.domain))
        changes = [p for p in talk.acts("correct") if "changed my mind" in talk.text(p)]
        assert len(changes) == sum(s.change != "" for s in blueprint.stages)
        for place in changes:
            number = sum(p < place for p in talk.acts("raise")) - 1
            (known,) = [k for k in blueprint.known.values() if k.stage == number and k.at_first is not None]
            before = max(p for p in talk.agent_words() if p < place)
            later = (p for p in talk.agent_words() if p > place and talk.text(p).endswith("Shall I go ahead?"))
            assert mentions(talk.text(before), known.at_first, known.meaning)
            assert mentions(talk.text(next(later)), known.value, known.meaning)


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", ["act", "partial", "clarify", "missing_tool"])
def test_writes_of_every_kind_are_proposed_and_agreed_to(domain, kind):
    for talk in talks(domain, kind, 10):
        for place in talk.writes():
            before = [e for e in talk.events[:place] if isinstance(e, Said)]
            assert before[-2].text.endswith("Shall I go ahead?")
            assert affirms(before[-1].text)
