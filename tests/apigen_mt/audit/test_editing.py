"""Editing a finished talk: what is carried out again is honest, and messages that held several calls still do."""

from functools import cache

from apigen_mt.audit.editing import Talk, agent, call
from apigen_mt.audit.rehearsal import rehearsed
from tests.blueprints.talks import world_of
from tools_env.calls import Refusal, Result
from tools_env.course import Called


@cache
def first_change() -> Talk:
    return next(talk for talk in rehearsed(world_of("library"), 0, 12) if talk.writes() and talk.reads())


def test_carrying_a_talk_out_again_changes_nothing():
    talk = first_change()
    assert talk.honest() == talk
    assert talk.honest().verdict() == talk.verdict()


def test_an_edit_is_a_new_talk_and_its_calls_can_be_made_for_real():
    talk = first_change()
    place = talk.writes()[0]
    edited = talk.calling(place, nonsense=1)
    assert isinstance(edited.called(place).outcome, Result)
    assert isinstance(edited.honest().called(place).outcome, Refusal)
    assert talk.honest() == talk
    assert edited.honest().done.diff == {}


def test_calls_that_are_put_in_or_repeated_have_a_message_of_their_own():
    talk = first_change()
    place = talk.reads()[-1]
    twice = talk.with_at(place, call("look_everywhere", {})).with_at(place, talk.called(place)).honest()
    batches = [e.batch for e in twice.events if isinstance(e, Called)]
    assert batches == list(range(len(batches)))
    assert len({e.call_id for e in twice.events if isinstance(e, Called)}) == len(batches)


def test_two_calls_in_one_message_stay_there():
    talk = first_change()
    one, two = talk.reads()[:2]
    joined = talk.event_at(two, talk.called(two).model_copy(update={"batch": talk.called(one).batch}))
    again = joined.honest()
    assert again.called(two).batch == again.called(one).batch
    assert len({e.batch for e in again.events if isinstance(e, Called)}) == len(talk.reads() + talk.writes()) - 1


def test_words_are_changed_where_both_records_hold_them():
    talk = first_change()
    said = talk.saying(0, "Hello.").with_at(1, agent("Hello."))
    assert said.human_turns[0].text == said.text(0) == "Hello."
    assert said.human_turns[1].turn == talk.human_turns[1].turn + 1
    moved = talk.moved(talk.writes()[0], 1)
    assert moved.writes()[0] == 1
    assert len(moved.items) == len(talk.items)
