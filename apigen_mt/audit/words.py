"""Talks spoilt in their words and form: of the human, of the agent, and of the record as a whole."""

from typing import get_args

from apigen_mt.audit.answers import adding
from apigen_mt.audit.editing import Talk, agent
from apigen_mt.audit.places import beside, chat, dice, ids_in, last_words, shaped_like
from apigen_mt.audit.writes import Maker, drop_write
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.verdict import EndReason
from tools_env.calls import Assertion, Call, Outcome, Result
from tools_env.course import Said
from tools_env.mentions import mentions, spoken
from tools_env.values import same

OTHERS_FAULT = {"user_stop", "infrastructure", "over_time", "void"}
"""Endings that are right, or that are neither speaker's fault."""
MARKUP = (
    '<tool_call>{"name": "list", "arguments": {}}</tool_call>',
    '{"name": "list", "arguments": {}}',
    '```json\n{"id": 1}\n```',
    "<|im_start|>assistant",
    "[TOOL_CALLS]",
    "</think>",
)


def human_adding(text: str) -> Maker:
    """The person's first message, with a sentence after it."""
    return lambda talk: talk.saying(0, f"{talk.text(0)} {text}")


def leaks_id(talk: Talk) -> Talk | None:
    """The human gives an id away that they do not know."""
    known = {str(k.value) for k in talk.blueprint.known.values()}
    for place in talk.writes():
        for key in ids_in(talk, place):
            if key not in known and shaped_like(key) and key not in talk.blueprint.instruction:
                return human_adding(f"It is {key}.")(talk)
    return None


def makes_up_id(talk: Talk) -> Talk | None:
    """The human says an id that looks like one of those that matter and is none."""
    for place in talk.writes():
        for key in ids_in(talk, place):
            if shaped_like(key) not in {"", key}:
                return human_adding(f"It is {shaped_like(key)}.")(talk)
    return None


def says_answer(talk: Talk) -> Talk | None:
    """The human says the answer before the agent does."""
    for output in talk.blueprint.outputs:
        facts = [k.value for k in talk.blueprint.known.values()]
        if output.value in facts or mentions(talk.blueprint.instruction, output.value, output.meaning):
            continue
        return human_adding(f"I think it is {spoken(output.value, output.meaning)}.")(talk)
    return None


def claims_unknown(talk: Talk) -> Talk | None:
    """The human is recorded to give away what they do not know."""
    unknown = [n for n, k in talk.blueprint.known.items() if k.disclose == "unknown"]
    event, human = talk.items[0]
    if not unknown or human is None:
        return None
    item = (event, human.model_copy(update={"fact_ids": (*human.fact_ids, unknown[0])}))
    return talk.rebuilt([item, *talk.items[1:]])


def stops_early(talk: Talk) -> Talk | None:
    """Instead of answering the agent's first question the human ends the talk."""
    question = next((n for n in talk.agent_words() if "?" in talk.text(n)), None)
    if question is None or "else" in talk.text(question):
        return None
    kept = talk.rebuilt(talk.items[: question + 1])
    return kept.with_at(question + 1, HumanTurn(act="stop", text=f"Thanks, bye. {STOP}"))


def matter_left_out(talk: Talk) -> Talk | None:
    """The human ends the talk before they have raised their last matter."""
    raised = talk.acts("raise")
    if len(raised) < 2:  # noqa: PLR2004 - two matters
        return None
    kept = talk.rebuilt(talk.items[: raised[-1]])
    return kept.with_at(raised[-1], HumanTurn(act="stop", text=f"That was all, thank you. {STOP}"))


def goes_on(talk: Talk) -> Talk | None:
    """The human goes on talking after they have ended the talk."""
    place = talk.human_words()[-1]
    again = HumanTurn(act="stop", text=f"One more thing: thank you. {STOP}")
    return talk.with_at(place + 1, agent("Goodbye."), again)


def names_tool(talk: Talk) -> Talk | None:
    """The human speaks of a tool by its name."""
    names = [name for name in talk.world.specs if "_" in name]
    return human_adding(f"Please call {dice(talk, 'tool').choice(names)}.")(talk) if names else None


def names_argument(talk: Talk) -> Talk | None:
    """The human speaks of an argument by its name."""
    names = sorted({p.name for s in talk.world.specs.values() for p in s.params if "_" in p.name})
    return human_adding(f"You will need the {dice(talk, 'argument').choice(names)}.")(talk) if names else None


def silent_human(talk: Talk) -> Talk | None:
    """The human sends an empty message."""
    return talk.with_at(last_words(talk), agent("Are you still there?"), chat(" "))


def parrot(talk: Talk) -> Talk | None:
    """The human says the very same thing again and again, whatever the agent says."""
    asked = ("Pardon?", "Could you put it in other words?", "I am not sure what you mean.", "Please tell me more.")
    turns = [turn for text in asked for turn in (agent(text), chat("I would like you to see to it."))]
    return talk.with_at(last_words(talk), *turns)


def unrecorded(talk: Talk) -> Talk | None:
    """A message of the human that is not as the record of human turns has it."""
    event = talk.items[0][0]
    if not isinstance(event, Said):
        return None
    return talk.event_at(0, event.model_copy(update={"text": f"{event.text} And hurry up."}))


def turn_missing(talk: Talk) -> Talk | None:
    """A human turn that is in the talk and not in the record of human turns."""
    place = talk.human_words()[-1]
    return talk.rebuilt([*talk.items[:place], (talk.items[place][0], None), *talk.items[place + 1 :]])


def two_human_turns(talk: Talk) -> Talk | None:
    """Two messages of the human in a row."""
    return talk.with_at(1, chat("Hello?"))


def raw_call(talk: Talk) -> Talk | None:
    """A call is written into the words."""
    return adding(dice(talk, "markup").choice(MARKUP))(talk)


def code_line(talk: Talk) -> Talk | None:
    """A call is written into the words as a line of code."""
    places = talk.writes() or talk.reads()
    if not places:
        return None
    made = talk.called(places[-1]).call
    return adding(f"{made.name}({', '.join(f'{n}={v!r}' for n, v in made.arguments.items())})")(talk)


def silent(talk: Talk) -> Talk | None:
    """The agent says nothing."""
    return talk.with_at(last_words(talk), agent("  "), chat("Hello, are you there?"))


def same_again(talk: Talk) -> Talk | None:
    """The agent says the same thing three times in a row."""
    words = agent("One moment, please.")
    return talk.with_at(last_words(talk), words, chat("Okay."), words, chat("All right."), words, chat("Fine."))


def twice_in_a_row(talk: Talk) -> Talk | None:
    """Two messages of the agent in a row."""
    return talk.with_at(last_words(talk), agent("A moment, please."))


def first_word(talk: Talk) -> Talk | None:
    """The agent speaks first."""
    return talk.with_at(0, agent("Welcome! How can I help you today?"))


def beside_nothing(talk: Talk) -> Talk | None:
    """Words of the agent that are recorded beside a call that is not there."""
    return talk.with_at(last_words(talk), beside("That is all settled, then.", 98))


def wrong_ending(talk: Talk) -> Talk | None:
    """The talk is said to have ended otherwise than it did."""
    reasons: list[EndReason] = [r for r in get_args(EndReason) if r not in OTHERS_FAULT]
    return talk.ending(dice(talk, "ending").choice(reasons))


def cut_off(talk: Talk) -> Talk | None:
    """The end is missing."""
    return talk.without(*range(last_words(talk) + 1, len(talk.items)))


def cut_off_before_words(talk: Talk) -> Talk | None:
    """The talk breaks off after the last call."""
    places = talk.reads() + talk.writes()
    return talk.rebuilt(talk.items[: max(places) + 1]) if places else None


def other_id(talk: Talk) -> Talk | None:
    """The blueprint bears an id that is not its own."""
    return talk.about(talk.blueprint.model_copy(update={"id": "0" * 64}))


def softened(talk: Talk) -> Talk | None:
    """The blueprint asks for something else than what its id stands for."""
    changed = {"outputs": (), "evidence": None, "instruction": f"{talk.blueprint.instruction} Please."}
    return talk.about(talk.blueprint.model_copy(update={**changed, "id": talk.blueprint.id}))


def no_criterion(talk: Talk) -> Talk | None:
    """Nothing in the blueprint tells a solved task from an unsolved one."""
    if talk.blueprint.diff or talk.writes():
        return None
    empty: dict[str, object] = {"diff": {}, "outputs": (), "evidence": None, "assertions": ()}
    return talk.about(talk.blueprint.model_copy(update=empty).sealed())


def asserted(talk: Talk) -> Talk | None:
    """The same talk, judged by what must hold in the end instead of by the change: what a tool shows then."""
    if not talk.writes() or talk.blueprint.any_diff or talk.blueprint.disturbances:
        return None
    for n in reversed(talk.reads()):
        read = talk.called(n).call
        then = _in_the_end(talk, read)
        if isinstance(then, Result) and then.observed() != _in_the_end(talk.rebuilt(()), read).observed():
            held = Assertion(call=read, value=then.observed(), message="what the person asked for")
            changed = {"any_diff": True, "diff": {}, "assertions": (held,)}
            return talk.about(talk.blueprint.model_copy(update=changed).sealed())
    return None


def not_as_asserted(talk: Talk) -> Talk | None:
    """What must hold in the end does not, for a change is left out."""
    by_assertion = asserted(talk)
    spoilt = drop_write(by_assertion) if by_assertion else None
    if spoilt is None:
        return None
    held = spoilt.blueprint.assertions[0]
    return None if same(_in_the_end(spoilt, held.call).observed(), held.value) else spoilt


def _in_the_end(talk: Talk, read: Call) -> Outcome:
    """What a read shows after all calls of the talk."""
    session = talk.world.open(talk.blueprint.snapshot, talk.blueprint.setup)
    try:
        for _, event in talk.course.called():
            session.call(event.call)
        return session.check(read)
    finally:
        session.close()
