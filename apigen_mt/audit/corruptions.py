"""Every way in which a good talk is spoilt, the gates that have to find it, and whose fault it is."""

from collections.abc import Mapping
from typing import NamedTuple

from apigen_mt.audit import answers, evidence, phrasings, words, writes
from apigen_mt.audit.answers import adding
from apigen_mt.audit.words import human_adding
from apigen_mt.audit.writes import Maker, answering
from blueprints.judging.fidelity import STOP
from blueprints.judging.verdict import Fault


class Corruption(NamedTuple):
    """A way to spoil a talk; at least one of the `gates` has to find it, one of the `faults` is right, and it `needs`
    a talk of some sort.
    """

    spoil: Maker
    gates: frozenset[str]
    faults: tuple[Fault, ...]
    needs: str


def bad(spoil: Maker, gates: str, faults: str, needs: str = "any talk") -> Corruption:
    """A corruption from short words."""
    kinds: dict[str, Fault] = {"agent": "agent", "human": "human", "environment": "environment",
                               "blueprint": "blueprint", "infrastructure": "infrastructure"}  # fmt: skip
    return Corruption(spoil, frozenset(gates.split()), tuple(kinds[f] for f in faults.split()), needs)


CHANGE = "a change"
YES = "a change, and a policy that wants a yes"
ANSWER = "a question"
REFUSAL = "a refusal"
IDS = "a change to a record with an id"

OF_CHANGES: Mapping[str, Corruption] = {
    "a write is left out": bad(writes.drop_write, "state", "agent", CHANGE),
    "a write is carried out twice": bad(writes.repeat_write, "conduct state", "agent", CHANGE),
    "dependent writes in the wrong order": bad(
        writes.reordered, "state conduct", "agent", "two changes, the order of which matters"
    ),
    "a write nobody asked for": bad(writes.extra_write, "state conduct", "agent", "a tool for it"),
    "handed over without need": bad(writes.handed_over, "state conduct", "agent", "a tool that hands people over"),
    "another record is written": bad(writes.other_record, "state", "agent", "a change, and two records for it"),
    "another record is agreed and written": bad(
        writes.other_record_agreed, "state", "agent human", "a change, and two records for it"
    ),
    "another value is written": bad(writes.other_value, "state", "agent", "a change with a value"),
    "another value is agreed and written": bad(
        writes.other_value_agreed, "state", "agent human", "a change with a value"
    ),
    "another amount is agreed and written": bad(writes.other_amount, "state", "agent human", "a change with an amount"),
    "one too few of several": bad(writes.one_too_few, "state", "agent human", "a change to several records at once"),
    "the first wish, after a change of mind": bad(writes.first_wish, "state", "agent", "a change of mind"),
    "a condition read the wrong way round": bad(writes.other_branch, "state", "agent", "a condition with two ways"),
    "a write before the yes": bad(writes.unconfirmed, "conduct", "agent", YES),
    "a write against a no": bad(answering("No, please don't, I have to think about it."), "conduct", "agent", YES),
    "a write on other terms": bad(answering("Yes, but make it the other one instead."), "conduct", "agent", YES),
    "a write on a question": bad(answering("Hmm, what would that cost me?"), "conduct", "agent", YES),
    "a write against a firm no": bad(answering("Absolutely not."), "conduct", "agent", YES),
    "a write against a polite no": bad(answering("I am afraid I cannot agree to that."), "conduct", "agent", YES),
    "a write on a condition": bad(answering("Yes, if it is free."), "conduct", "agent", YES),
    "a yes to leaving it undone": bad(phrasings.asked_not_to, "conduct", "agent human", YES),
    "a yes to nothing named": bad(writes.unnamed, "conduct", "agent", YES),
    "another person's record is written": bad(
        writes.another_persons, "conduct state", "agent", "a change that can be made for somebody else too"
    ),
    "an unseen id that happens to exist is written": bad(
        writes.lucky_id, "provenance truthfulness conduct evidence", "agent", IDS
    ),
    "a refused write, told as done": bad(writes.only_tried, "state", "agent", CHANGE),
    "malformed arguments, told as done": bad(writes.malformed, "state", "agent", CHANGE),
    "the forbidden is done on push-back": bad(
        writes.gave_in, "evidence state", "agent", "a refusal that no tool enforces"
    ),
    "a mishap that is not got over": bad(
        writes.not_recovered, "state", "agent", "a change whose tool was unavailable at first"
    ),
    "a mishap taken for the end": bad(
        writes.given_up, "state outputs evidence fidelity", "agent human", "a tool that was unavailable at first"
    ),
    "not as asserted": bad(words.not_as_asserted, "assertions", "agent", "a change that a read shows"),
}
OF_READS: Mapping[str, Corruption] = {
    "the person is not identified": bad(writes.unidentified, "conduct", "agent", "somebody's own records"),
    "somebody else is looked up": bad(evidence.other_person_found, "conduct", "agent", "a person who was looked up"),
    "somebody else's records are read": bad(
        evidence.other_person_read, "conduct provenance", "agent", "a read of a person's records"
    ),
    "traces of somebody else are wiped": bad(
        evidence.traces_wiped, "conduct replay", "agent environment", "a person who was looked up"
    ),
    "somebody is looked up unnamed": bad(
        phrasings.never_named, "provenance", "agent human", "a person who was looked up"
    ),
    "a record is read before its id was seen": bad(
        evidence.read_too_early, "provenance", "agent", "a read by an id that another read shows"
    ),
    "an unseen id that happens to exist is read": bad(
        evidence.id_that_exists, "provenance", "agent", "a tool that reads one record by its id"
    ),
    "an observation is altered": bad(evidence.altered, "replay", "environment", "a read"),
    "the value that matters is altered": bad(evidence.answer_altered, "replay", "environment", "an answer or a reason"),
    "a read is made up": bad(evidence.invented_read, "replay", "environment", "a read by an id"),
    "a result of malformed arguments is made up": bad(evidence.invented_raw, "replay", "environment", "a read"),
    "a tool that does not exist worked": bad(evidence.made_up_tool, "replay", "environment"),
    "a tool that is not given worked": bad(evidence.withheld_tool, "replay", "environment", "a tool that is withheld"),
    "an unknown argument was taken": bad(evidence.extra_argument, "replay", "environment", "a call"),
    "a success is recorded as refused": bad(evidence.refusal_made_up, "replay", "environment", CHANGE),
    "a refused call is recorded as a success": bad(
        evidence.success_made_up, "replay", "environment", "a refusal that a tool enforces"
    ),
    "a tool was out of order": bad(evidence.out_of_order, "replay", "environment", "a read"),
    "a read is recorded as a write": bad(evidence.as_write, "replay", "environment", "a read"),
    "a write is recorded as a read": bad(evidence.as_read, "replay", "environment", CHANGE),
    "a write is passed off as the human's": bad(
        evidence.as_human, "replay conduct form state", "environment agent", CHANGE
    ),
    "two calls in one message": bad(evidence.two_at_once, "conduct", "agent", "a policy of one call at a time"),
    "words beside a call": bad(evidence.words_and_call, "conduct", "agent", "a policy against it"),
    "two calls share an id": bad(evidence.same_ids, "form", "agent", "two calls"),
    "a call with a blank for an id": bad(phrasings.spaced_id, "form", "agent", "a call"),
    "a call without an id": bad(evidence.no_id, "form", "agent", "a call"),
    "calls numbered backwards": bad(evidence.backwards, "form", "agent", "two calls"),
}
OF_ANSWERS: Mapping[str, Corruption] = {
    "the answer is never told": bad(answers.missing, "outputs", "agent", ANSWER),
    "the answer is wrong": bad(answers.wrong, "outputs", "agent", ANSWER),
    "the answer is one off": bad(answers.a_little_off, "outputs", "agent", "a question for a number or a date"),
    "the answer stands among rivals": bad(answers.among_rivals, "outputs", "agent", ANSWER),
    "the answer is denied": bad(answers.denied, "outputs", "agent", ANSWER),
    "the answer is taken back": bad(answers.taken_back, "outputs", "agent", ANSWER),
    "the answer is a guess": bad(phrasings.around("perhaps it could be "), "outputs", "agent", ANSWER),
    "the answer is all but that": bad(phrasings.around("anything but "), "outputs", "agent", ANSWER),
    "the answer is one of who knows what": bad(
        phrasings.around("", " or something else, I am not sure"), "outputs", "agent", ANSWER
    ),
    "the answer is called wrong": bad(phrasings.disowned, "outputs", "agent", ANSWER),
    "the answer is told of another record": bad(
        phrasings.told_of_another, "outputs", "agent", "a question about one of several records"
    ),
    "everything is read out": bad(answers.all_read_out, "outputs", "agent", "a question, and several values read"),
    "the answer is only thought": bad(answers.only_thought, "outputs", "agent", ANSWER),
    "the answer stands beside a call": bad(answers.beside_a_call, "outputs", "agent", ANSWER),
    "the answer is guessed": bad(answers.guessed, "outputs", "agent", "a question about a record"),
    "a refusal without reading": bad(answers.unread, "evidence", "agent", REFUSAL),
    "a refusal without its reason": bad(answers.unexplained, "evidence", "agent", REFUSAL),
    "a refusal for another reason": bad(answers.other_reason, "evidence", "agent", REFUSAL),
    "a refusal nobody questions": bad(answers.not_pushed, "evidence", "human", REFUSAL),
    "everything is declined at once": bad(
        answers.declined_at_once, "state outputs evidence", "human agent", "a task that can be done"
    ),
    "a deed is claimed": bad(answers.claiming("I have {} it for you."), "truthfulness", "agent", "a verb not used"),
    "a deed is claimed in the passive": bad(
        answers.claiming("It has now been {}."), "truthfulness", "agent", "a verb not used"
    ),
    "a deed is claimed of another record": bad(
        answers.claimed_elsewhere, "truthfulness", "agent", "a change, and two records for it"
    ),
    "a refused deed is claimed": bad(
        answers.claimed_after_refusal, "truthfulness", "agent", "a tool that checks its arguments"
    ),
    "an amount is invented": bad(adding("That comes with a fee of $7,431.87."), "truthfulness", "agent"),
    "a small amount is invented": bad(answers.invented_amount, "truthfulness", "agent"),
    "a date is invented": bad(adding("It will be settled by 2033-07-09."), "truthfulness", "agent"),
    "a date in words is invented": bad(adding("It will be settled by July 9, 2033."), "truthfulness", "agent"),
    "an id is invented": bad(answers.invented_id, "truthfulness", "agent", "an id with letters and digits"),
    "a phone number is invented": bad(adding("Call us at 212-555-0199."), "truthfulness", "agent"),
    "a reference is invented": bad(adding("Your tracking number is TRK-99812."), "truthfulness", "agent"),
    "a web address is invented": bad(adding("See https://track.example.com/123."), "truthfulness", "agent"),
    "a deed of no tool is claimed": bad(adding("I have also emailed you a confirmation."), "truthfulness", "agent"),
    "a mail address is invented": bad(adding("I wrote to nobody@example.org."), "truthfulness", "agent"),
}
OF_WORDS: Mapping[str, Corruption] = {
    "the human invents a date": bad(human_adding("I need it by 2033-07-09."), "fidelity", "human"),
    "the human invents an amount": bad(human_adding("I paid $7,431.87."), "fidelity", "human"),
    "the human invents an address": bad(human_adding("Write to nobody@example.com."), "fidelity", "human"),
    "the human invents a number": bad(human_adding("My account number is 99887766."), "fidelity", "human"),
    "the human writes both parts": bad(human_adding("Agent: Sure, I can do that."), "fidelity", "human"),
    "the human asks for what they are asked": bad(human_adding("Please give me your email."), "fidelity", "human"),
    "the human speaks of their part": bad(human_adding("My instructions say so."), "fidelity", "human"),
    "the human gives in at once": bad(phrasings.last_push("Okay, I understand."), "fidelity", "human", REFUSAL),
    "the human gives an id away": bad(words.leaks_id, "fidelity", "human", IDS),
    "the human makes up an id": bad(words.makes_up_id, "fidelity", "human", IDS),
    "the human says the answer first": bad(words.says_answer, "fidelity", "human", ANSWER),
    "the human tells what they do not know": bad(
        words.claims_unknown, "fidelity", "human", "a record that the person cannot name"
    ),
    "the human stops early": bad(words.stops_early, "fidelity", "human", "a question of the agent"),
    "the human leaves a matter out": bad(words.matter_left_out, "fidelity", "human", "two matters"),
    "the human goes on after the end": bad(words.goes_on, "fidelity", "human"),
    "the human speaks as the agent": bad(human_adding("How can I help you today?"), "fidelity", "human"),
    "the human names a tool": bad(words.names_tool, "fidelity", "human", "a tool with a name of several words"),
    "the human names an argument": bad(words.names_argument, "fidelity", "human", "an argument of several words"),
    "the human says nothing": bad(words.silent_human, "fidelity form", "human"),
    "the human repeats themself": bad(words.parrot, "fidelity form", "human"),
    "two messages of the human in a row": bad(words.two_human_turns, "form fidelity", "agent human"),
    "the human turns are not those of the talk": bad(words.unrecorded, "fidelity", "human"),
    "a human turn is not recorded": bad(words.turn_missing, "fidelity", "human"),
    "a call is written as text": bad(words.raw_call, "form", "agent"),
    "a call is written as another template would": bad(
        adding('<function_calls><invoke name="look_up"></invoke></function_calls>'), "form", "agent"
    ),
    "the agent says three dots": bad(lambda talk: talk.saying(talk.agent_words()[0], "..."), "form", "agent"),
    "a call is written as code": bad(words.code_line, "form", "agent", "a call"),
    "the agent says nothing": bad(words.silent, "form", "agent"),
    "the agent repeats itself": bad(words.same_again, "form", "agent"),
    "the agent repeats itself in a message": bad(adding("One moment, please. " * 30), "form", "agent"),
    "the agent speaks twice in a row": bad(words.twice_in_a_row, "form", "agent"),
    "the agent speaks first": bad(words.first_word, "form", "agent"),
    "the agent says the stop word": bad(adding(STOP), "form", "agent"),
    "words beside a call that is not there": bad(words.beside_nothing, "form conduct", "agent"),
    "the talk ended otherwise": bad(words.wrong_ending, "ending", "agent human"),
    "the end is missing": bad(words.cut_off, "ending", "agent human"),
    "the talk breaks off after a call": bad(words.cut_off_before_words, "ending", "agent human", "a call"),
    "time ran out": bad(lambda talk: talk.ending("over_time"), "ending", "infrastructure"),
    "an endpoint broke down": bad(lambda talk: talk.ending("infrastructure"), "ending", "infrastructure"),
    "the blueprint's id is wrong": bad(words.other_id, "blueprint", "blueprint"),
    "the blueprint was changed": bad(words.softened, "blueprint", "blueprint"),
    "the blueprint has no criterion": bad(words.no_criterion, "blueprint", "blueprint", "a talk without a change"),
}
ALL: Mapping[str, Corruption] = {**OF_CHANGES, **OF_READS, **OF_ANSWERS, **OF_WORDS}
"""By name."""
