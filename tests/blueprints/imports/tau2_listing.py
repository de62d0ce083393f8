"""The comparison of both evaluators as a section of docs/results/tau2.md and as a list of every disagreement."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.blueprints.imports.tau2_cases import ALL, CLEAN, OURS_WRONG, Row
from tests.blueprints.imports.tau2_courses import DOMAINS

HEADING = "## Two evaluators on the same courses"
COLUMNS = ("domain", "task", "variant", "truth", "tau2", "ours", "gate", "words", "right", "why")

METHOD = """\
Each solution of τ²-bench (retail 114, airline 50, {telecom} of telecom's 2,285, evenly spread) becomes one clean talk:
the person is looked up, whatever id the solution uses is read or said before, every write is proposed in detail and
agreed to, every value of `communicate_info` is told, and the person ends the talk. Of the clean talks that our verdict
accepts, variants are made whose worth follows from how they are made: {wrong} ways to spoil a talk, {harmless} harmless
ones. Both sides are given the same talk: ours as course, human turns and end reason; tau2 as its own messages, with
tool results that its environment shows (its evaluator replays them and raises where one differs). tau2's reward is
that of `evaluate_simulation`: environment, actions and communication by the task's reward basis. Its assertions in
words, which a model judges, are left out on both sides; no task's default basis asks for them.
`tests/blueprints/imports/tau2_cases.py` holds all variants; `make proof` makes this section and
[tau2-disagreements.csv](tau2-disagreements.csv), which lists every single disagreement. In that list words that come
from the tasks' data are left out (…)."""

COUNTED = "{} clean talks and {} variants were judged by both; they disagree on {}."

READING = """\
A verdict counts as a pass only if it is one: where tau2's evaluator raises because a recorded tool result is not what
its tools show ({raised} talks), that is a fail. "Unclear" are clean talks about tasks whose solution changes nothing
and that ask for no value: tau2 passes any talk that changes nothing, ours refuses to judge (fault: blueprint)."""

FOUND = """\
Ours had faults that only these tasks showed, mended since. Found by the clean talks:
an id that stands in the person's own instruction counted as given away by them (22 airline and 3 retail solutions);
so did an answer that stands in the instruction (retail 40 and 43); an empty second address line could never be
named in a proposal (retail 22 and 59); two answers, one of them under no field, counted as each other's rivals
(retail 59); and a call of the human after the agent's words counted as the agent acting out of turn (every telecom
talk). Found by the variants: "I have also cancelled" passed as a claim; a deed claimed of another record passed; so did
one sentence thirty times in a message, words beside a call, and a yes that another call had used up in vain. Refused
wrongly were proposals that name items by their options, a yes with "but please be quick" or "don't worry", sums of
three prices, an address in capitals inside a record, and an airline talk in which the person gives the user id and
nobody reads the profile. Together these took wrong talks that pass from 123 to under 40, and right talks that only ours
refused from 58 to 6."""

CLEAN_NOTES = """\
Clean talks, that is, the solutions themselves, that ours refuses:

- Airline 7, 9 and 37: ours is right. The solutions of 9 and 37 cancel NQNU5R, whose two legs were flown on 2024-05-13
  and 2024-05-14 and have landed; the policy says that an agent cannot help once any part was flown. That of 7 cancels
  XEHM4B, which is economy, not insured and two weeks old; none of the policy's grounds holds.
- Airline 35: ours is right. The solution books with the date of birth 1985-04-04, which no instruction holds and no
  call shows; the person's record says 1981-05-26.
- Retail 19, 39, 76 and 89: ours is right about the talk. The amount to be told comes from products or orders that the
  solution never reads, so an agent that follows it can only have made it up. The task's value itself may be right.
- 7 retail and 19 airline tasks: neither. Nothing tells a solved task from an unsolved one, and tau2 also passes an
  agent that declines at once (7 of 7 and 19 of 19)."""


def section(found: list[Row]) -> str:
    """The section's text."""
    variants = [row for row in found if row.variant != CLEAN]
    telecom = sum(r.domain == "telecom" and r.variant == CLEAN for r in found)
    wrong = sum(v.truth == "wrong" for v in ALL.values())
    raised = sum(r.tau2 == "raises" for r in found)
    parts = [
        HEADING,
        METHOD.format(telecom=telecom, wrong=wrong, harmless=len(ALL) - wrong),
        COUNTED.format(len(found) - len(variants), len(variants), sum(r.differs for r in found)),
        "\n".join(_confusion(found)),
        READING.format(raised=raised),
        "### Where they disagree, and who is right",
        "\n".join(_groups([r for r in variants if r.differs])),
        CLEAN_NOTES,
        "### Where both are wrong",
        "\n".join(_both(found)),
        "### What was mended",
        FOUND,
        "### Every variant",
        "\n".join(_by_variant(variants)),
    ]
    return "\n\n".join(parts) + "\n"


def _confusion(found: list[Row]) -> Iterator[str]:
    yield "| domain | truth | talks | both pass | only tau2 passes | only ours passes | both fail |"
    yield "|---|---|---|---|---|---|---|"
    for domain in DOMAINS:
        for truth in ("right", "wrong", "unclear"):
            here = [(r.tau2 == "pass", r.ours == "pass") for r in found if (r.domain, r.truth) == (domain, truth)]
            if here:
                counts = [here.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))]
                yield f"| {domain} | {truth} | {len(here)} | {' | '.join(map(str, counts))} |"


def _groups(found: list[Row]) -> Iterator[str]:
    yield "| variant | who is right | why | retail | airline | telecom | an example |"
    yield "|---|---|---|---|---|---|---|"
    order = sorted(found, key=lambda r: (r.right, [*ALL].index(r.variant), r.why))
    for (right, variant, why), rows in groupby(order, key=lambda r: (r.right, r.variant, r.why)):
        group = [*rows]
        counts = Counter(r.domain for r in group)
        first = group[0]
        example = f"{first.domain} {_short(first.task)}" + (f": {first.gate}, {first.words}" if first.gate else "")
        yield f"| {variant} | {right} | {why} | {' | '.join(str(counts[d]) for d in DOMAINS)} | {_cell(example)} |"


def _both(found: list[Row]) -> Iterator[str]:
    yield "| variant | truth | both | why ours is wrong | retail | airline | telecom |"
    yield "|---|---|---|---|---|---|---|"
    same = [r for r in found if not r.differs and r.truth != "unclear" and (r.ours == "pass") != (r.truth == "right")]
    order = sorted(same, key=lambda r: [*ALL].index(r.variant))
    for (variant, truth, ours), rows in groupby(order, key=lambda r: (r.variant, r.truth, r.ours)):
        counts = Counter(r.domain for r in rows)
        why = OURS_WRONG.get(variant, "not explained")
        yield f"| {variant} | {truth} | {ours} | {why} | {' | '.join(str(counts[d]) for d in DOMAINS)} |"


def _by_variant(found: list[Row]) -> Iterator[str]:
    yield "Talks, of them passed by tau2 / by ours."
    yield ""
    yield "| variant | truth | retail | airline | telecom |"
    yield "|---|---|---|---|---|"
    for name, variant in ALL.items():
        cells = []
        for domain in DOMAINS:
            here = [r for r in found if (r.domain, r.variant) == (domain, name)]
            theirs, ours = sum(r.tau2 == "pass" for r in here), sum(r.ours == "pass" for r in here)
            cells.append(f"{len(here)}: {theirs} / {ours}" if here else "-")
        yield f"| {name} | {variant.truth} | {' | '.join(cells)} |"


def _short(task: str) -> str:
    return task if len(task) <= 40 else f"{task[:37]}…"


def _cell(text: str) -> str:
    return text.replace("|", "¦")


def write(found: list[Row], folder: Path) -> None:
    """Put the section into tau2.md, in place of an earlier one, and the list beside it."""
    page = folder / "tau2.md"
    text = page.read_text("utf-8") if page.exists() else "# τ²-bench\n\n"
    before, _, rest = text.partition(f"{HEADING}\n")
    after = re.search(r"^## ", rest, re.MULTILINE)
    page.write_text(
        before.rstrip() + "\n\n" + section(found) + (f"\n{rest[after.start() :]}" if after else ""), "utf-8"
    )
    with (folder / "tau2-disagreements.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows([getattr(row, name) for name in COLUMNS] for row in found if row.differs)
