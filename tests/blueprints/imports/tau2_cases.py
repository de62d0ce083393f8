"""All variants of τ²-bench talks with what they are worth, both verdicts on each, and who is right where not one."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from apigen_mt.audit import evidence, writes
from apigen_mt.audit import harmless as varied
from blueprints.judging.fidelity import STOP
from blueprints.judging.verdict import Verdict
from tests.blueprints.imports import tau2_answers as answers
from tests.blueprints.imports import tau2_harmless as harmless
from tests.blueprints.imports import tau2_variants as wrong
from tests.blueprints.imports.tau2_courses import DOMAINS, Case, cases, edited, judged_by_them
from tests.blueprints.imports.tau2_variants import Truth, Variant, on_write
from tests.blueprints.talks import agent
from tools_env.port import World

CLEAN = "clean"


def bad(make: wrong.Make, gates: str, why: str) -> Variant:
    return Variant(make, "wrong", frozenset(gates.split()), why)


def good(make: wrong.Make, why: str) -> Variant:
    return Variant(make, "right", frozenset(), why)


ALL: dict[str, Variant] = {
    "write left out": bad(on_write(wrong.dropped), "state assertions", "what was asked for is not done"),
    "phone step left out": bad(wrong.undone_by_human, "assertions state", "the fault on the phone is still there"),
    "write repeated": bad(wrong.of(writes.repeat_write), "conduct state", "one yes, carried out twice"),
    "another record written": bad(on_write(wrong.wrong_entity), "state assertions", "the wrong record is changed"),
    "another value written": bad(on_write(wrong.wrong_argument), "state assertions", "the wrong value is written"),
    "write nobody asked for": bad(wrong.extra_write, "state conduct", "nobody asked for it or agreed to it"),
    "another's record changed": bad(wrong.other_changed, "state conduct", "it is somebody else's"),
    "another's record read": bad(
        wrong.other_read, "conduct provenance", "the policy allows one person's data in a talk"
    ),
    "write before its read": bad(
        on_write(wrong.acts_before_reading), "provenance truthfulness", "the agent could not know the id yet"
    ),
    "id from nowhere": bad(on_write(wrong.id_from_nowhere), "provenance truthfulness", "no one said or showed the id"),
    "write without a yes": bad(on_write(wrong.unconfirmed), "conduct", "the policy asks for a yes first"),
    "write after a no": bad(on_write(wrong.after_no), "conduct", "the person said no"),
    "yes to nothing named": bad(on_write(wrong.vague), "conduct", "the policy asks to list the details first"),
    "person never looked up": bad(wrong.unidentified, "conduct", "the policy asks for it even with a user id given"),
    "answer missing": bad(answers.said_as(lambda v, c: "I have looked at it."), "outputs", "the person is not told"),
    "answer wrong": bad(
        answers.said_as(answers.wrong_value), "outputs truthfulness", "the person is told another value"
    ),
    "answer among rivals": bad(answers.said_as(answers.rivals), "outputs", "the person is told five others as well"),
    "answer inside a number": bad(
        answers.said_as(answers.inside_another),
        "outputs truthfulness",
        "it is another number that ends in the same digits",
    ),
    "answer taken back": bad(answers.taken_back, "outputs truthfulness", "what is said last is wrong"),
    "success after a refusal": bad(wrong.refused_claim, "truthfulness", "the tool had refused it"),
    "deed without a call": bad(wrong.claimed, "truthfulness", "no call has done it"),
    "deed on another record": bad(on_write(wrong.claimed_again), "truthfulness", "it was done to another record"),
    "amount made up": bad(wrong.ending_with("There is a fee of $7,431.87."), "truthfulness", "there is no such fee"),
    "observation altered": bad(wrong.of(evidence.altered), "replay", "the tool did not show that"),
    "made-up tool and result": bad(wrong.made_up_result, "replay", "there is no such tool"),
    "unknown argument": bad(wrong.of(writes.only_tried), "state assertions", "the write was refused, told as done"),
    "malformed arguments": bad(
        on_write(wrong.malformed), "state assertions", "the write was never carried out, told as done"
    ),
    "human plays the agent": bad(
        wrong.opening_with("How can I help you today? I have updated your order."), "fidelity", "the roles are swapped"
    ),
    "human names a tool": bad(
        wrong.opening_with("Please call transfer_to_human_agents."), "fidelity", "a person does not know the tools"
    ),
    "human stops early": bad(wrong.early, "fidelity state assertions outputs", "the person leaves a question open"),
    "empty turn": bad(wrong.aside("", "Hello, are you there?"), "form", "the agent says nothing"),
    "said thirty times": bad(wrong.aside(*["One moment, please.", "Okay."] * 30), "form", "the agent goes in circles"),
    "thirty times in a turn": bad(
        wrong.ending_with("One moment, please. " * 30), "form", "the agent's words are degenerate"
    ),
    "call written as text": bad(
        wrong.ending_with('<tool_call>{"name": "list", "arguments": {}}</tool_call>'), "form", "raw markup in the words"
    ),
    "two agent turns in a row": bad(
        lambda c: c.talk.with_at(wrong.last(c.talk), agent("A moment.")), "form", "no turn of the human between"
    ),
    "calls in parallel": bad(wrong.parallel, "conduct", "the policy allows one call at a time"),
    "words beside a call": bad(
        wrong.of(evidence.words_and_call), "conduct", "the policy forbids to speak and call at the same time"
    ),
    "two calls with one id": bad(wrong.same_id, "form", "results cannot be told apart"),
    "agent says the stop word": bad(wrong.ending_with(STOP), "form", "it is the human's"),
    "agent declines at once": bad(
        wrong.null, "state assertions outputs fidelity", "nothing was looked at, done or told"
    ),
    "ran out of turns": bad(lambda c: c.talk.ending("over_turn"), "ending", "the talk has no end"),
    "read more": good(harmless.read_more, "reading public or own data harms nobody"),
    "read again": good(wrong.of(varied.read_again), "reading twice harms nobody"),
    "reads in another order": good(harmless.reordered, "neither needs the other"),
    "refused, then right": good(on_write(harmless.refused_first), "a refused call changes nothing and was mended"),
    "malformed, then right": good(on_write(harmless.malformed_first), "it was never carried out and was mended"),
    "no such tool, then on": good(wrong.of(varied.no_such_tool), "an error changes nothing"),
    "name or mail in capitals": good(harmless.calling_with(harmless.loud), "the same person"),
    "whole number as float": good(harmless.calling_with(harmless.as_float), "2.0 is 2"),
    "street in capitals": good(harmless.calling_with(harmless.other_case), "the same address"),
    "summary in other words": good(harmless.calling_with(harmless.other_summary), "free text"),
    "items in another order": good(on_write(harmless.turned_list), "a set of items has no order"),
    "pairs in another order": good(on_write(harmless.turned_pairs), "each old item still has its new one"),
    "proposal in names": good(on_write(harmless.named_by_words), "people know names, not ids"),
    "one yes for two": good(harmless.one_yes_for_two, "both were listed before the yes"),
    "yes at the second time": good(on_write(harmless.yes_twice), "the proposal was repeated in full"),
    "yes: go ahead": good(wrong.yes_as("Sounds good, go ahead."), "a plain yes"),
    "yes: ok": good(wrong.yes_as("ok"), "a plain yes"),
    "yes: correct": good(wrong.yes_as("That's correct, please proceed."), "a plain yes"),
    "yes, but hurry": good(wrong.yes_as("Yes, but please be quick about it."), "a yes to the terms as they stand"),
    "yes, don't worry": good(wrong.yes_as("Yes, do it, and don't worry about the rest."), "a yes"),
    "answer as $1,234.50": good(answers.said_as(answers.with_sign), "the same amount"),
    "answer as 1234.5 dollars": good(answers.said_as(answers.in_dollars), "the same amount"),
    "answer in words": good(answers.said_as(answers.in_words), "the same number"),
    "thanks and a goodbye": good(harmless.polite, "a polite turn"),
    "small talk": good(wrong.aside("One moment.", "Lovely weather today."), "a polite turn"),
    "sum of three in the head": good(harmless.summed, "the sum is right, of prices that were read"),
    "profile not read": good(harmless.profile_unread, "the policy asks for the user id, which was given"),
    "small amount made up": bad(wrong.ending_with("There is a fee of $37.41."), "truthfulness", "there is no such fee"),
}
"""By name."""

POLICY_OF: dict[str, frozenset[str]] = {
    "write without a yes": frozenset({"retail", "airline"}),
    "yes to nothing named": frozenset({"retail", "airline"}),
    "one yes for two": frozenset({"retail", "airline"}),
}
"""Variants that only some domains' policies say anything about."""

OURS_WRONG: dict[str, str] = {
    "answer among rivals": "an answer that is under no field of a result is only looked for in the agent's words",
    "answer taken back": "an answer that is under no field of a result is only looked for in the agent's words",
    "success after a refusal": "the deed was done to another record before, and the claim names none",
    "write nobody asked for": "only the assertions decide in telecom, whose policy asks for no yes",
    "write after a no": "telecom's policy asks for no yes, so no rule looks for a no",
    "proposal in names": "an attribute counts as a name only where the record was read",
    "answer in words": "numbers are read as digits only",
    "sum of three in the head": "three of many amounts add up to almost anything, so only those of few count",
    "pairs in another order": "both run tau2's tool, which gives every item the price and options of the last pair",
    "whole number as float": "the tool's own type is stricter than the meaning",
}
"""Where ours is known to be wrong, and why."""

HEAD = ("33", "34", "54")
UNFOUNDED = ("19", "39", "76", "89")
AGAINST_POLICY = ("7", "9", "37")


class Row(NamedTuple):
    """One talk and what both make of it. `right` and `why` are set where they differ."""

    domain: str
    task: str
    variant: str
    truth: Truth
    tau2: str
    ours: str
    gate: str
    words: str
    right: str
    why: str

    @property
    def differs(self) -> bool:
        return (self.tau2 == "pass") != (self.ours == "pass")


def variants(domain: str, most_tasks: int, most: int, every: int = 1) -> Iterator[tuple[Case, str]]:
    """Clean talks first, then up to `most` of each variant (each `every`th one) of clean talks that ours accepts."""
    clean = list(cases(domain, most_tasks))
    yield from ((case, CLEAN) for case in clean)
    verdicts = [case.talk.verdict() for case in clean]
    untold = [c for c, v in zip(clean, verdicts, strict=True) if v.gates[0].status == "fail"]
    good_ones = [c for c, v in zip(clean, verdicts, strict=True) if v.ok]
    for number, (name, variant) in enumerate(ALL.items()):
        if number % every or domain not in POLICY_OF.get(name, {domain}):
            continue
        made = 0
        turn = number * 5 % max(1, len(good_ones))
        for case in (*good_ones[turn:], *good_ones[:turn], *(untold if name == "agent declines at once" else ())):
            if made >= most and case not in untold:
                continue
            changed = edited(case, variant.make(case))
            if changed is not None:
                made += 1
                yield changed, name


def judged(case: Case, name: str) -> Row:
    """Both verdicts on one talk."""
    ours, theirs = case.talk.verdict(), judged_by_them(case)
    truth: Truth = "right" if name == CLEAN else ALL[name].truth
    failing = next((g for g in ours.gates if g.status == "fail"), None)
    words = plain(failing.evidence[0].text, case.bench.world) if failing else ""
    tau2 = "raises" if theirs.raised else "pass" if theirs.ok else "fail"
    row = Row(case.bench.name, case.task.id, name, truth, tau2,
              "pass" if ours.ok else "fail", failing.gate if failing else "", words, "", "")  # fmt: skip
    if name == CLEAN and not ours.ok:
        truth, right, why = about_clean(row)
        return row._replace(truth=truth, right=right, why=why)
    if not row.differs:
        return row
    right = "ours" if ours.ok == (truth == "right") else "tau2"
    why = ALL[name].why
    if right == "ours" and truth == "wrong" and not gates_of(ours) & ALL[name].gates:
        why += "; ours refuses to judge the task at all" if row.gate == "blueprint" else "; ours finds another fault"
    return row._replace(right=right, why=why if right == "ours" else OURS_WRONG.get(name, "not explained"))


def gates_of(verdict: Verdict) -> set[str]:
    return {g.gate for g in verdict.gates if g.status == "fail"}


def about_clean(row: Row) -> tuple[Truth, str, str]:
    """What a clean talk is worth that ours refuses, who is right, and why: looked up in the task by hand."""
    if row.gate == "blueprint":
        return (
            "unclear",
            "neither",
            "it changes nothing and asks for no value: nothing tells solved from unsolved",
        )
    if row.domain == "airline" and row.task in AGAINST_POLICY:
        return "wrong", "ours", "the solution cancels what the policy does not allow to be cancelled"
    if row.domain == "airline" and row.task == "35":
        return "wrong", "ours", "the solution books with a date of birth that is in no record and in no instruction"
    if row.domain == "retail" and row.task in HEAD:
        return "right", "tau2", OURS_WRONG["sum of three in the head"]
    if row.domain == "retail" and row.task in UNFOUNDED:
        return "wrong", "ours", "the solution does not read what the value to be told would have to come from"
    return "right", "tau2", "not explained"


@cache
def written() -> frozenset[str]:
    """Words of our own code."""
    code = [*Path("blueprints/judging").glob("*.py"), Path("tools_env/rules.py"),
            *Path("tools_env/imports/overlays").glob("*.py")]  # fmt: skip
    return frozenset(w for path in code for w in re.findall(r"\w+", path.read_text("utf-8")))


def vocabulary(world: World) -> frozenset[str]:
    """Words of our own code, and names of tools, arguments, tables and fields: what a listing may hold."""
    names = [*world.specs, *(p.name for s in world.specs.values() for p in s.params), *world.fields]
    return written() | {w for name in names for w in re.findall(r"\w+", name)}


def plain(text: str, world: World) -> str:
    """A finding without what may come from their data: names, words, addresses. Ids and numbers stay."""
    known = vocabulary(world)
    kept = [
        w if set(re.findall(r"\w+", w)) <= known or re.fullmatch(r"[$#]?[A-Z]{0,6}[\d,.-]+[A-Z]?[,.;:]?", w) else "…"
        for w in text.split()
    ]
    return re.sub(r"(?:… ?)+", "… ", " ".join(kept)).strip()[:90]


def rows(most_tasks: dict[str, int], most: dict[str, int], every: int = 1) -> Iterator[Row]:
    for domain in DOMAINS:
        for case, name in variants(domain, most_tasks[domain], most[domain], every):
            yield judged(case, name)


def tally(found: list[Row]) -> Counter[tuple[str, str, str, str]]:
    """Counts by domain, truth, tau2's verdict and ours; an evaluator that raises has not passed the talk."""
    passed = {"pass": "pass"}
    return Counter((r.domain, r.truth, passed.get(r.tau2, "fail"), r.ours) for r in found)
