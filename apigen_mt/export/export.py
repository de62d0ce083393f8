"""Exports: rows in the form a trainer reads, with a card, and with the canonical rows as proof (design: rows)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from apigen_mt.audit.auditing import Sample
from apigen_mt.audit.matrix import Matrix
from apigen_mt.export import dataset
from apigen_mt.export.card import card, named
from apigen_mt.export.columns import Sheet
from apigen_mt.export.fit import Unfit
from apigen_mt.export.folder import README, ExportError, written_whole
from apigen_mt.export.tally import Tally, generators
from apigen_mt.export.views import VIEWS, View
from apigen_mt.marks import Marks
from apigen_mt.trajectory import Row
from tools_env.values import Part

CastName: TypeAlias = Literal["oracle", "model"]
"""Who played the agent: rehearsal's script, or a model (or the caller's own agent)."""

LINES = "data/train.jsonl"
PARQUET = "data/train.parquet"
PROOF = "proof.parquet"
LLAMA_FACTORY = "dataset_info.json"
LAYOUT = frozenset({README, "data", PROOF, LLAMA_FACTORY})

_CONTENTS = {
    "sharegpt": """
        - `data/train.jsonl` and `data/train.parquet` hold the same rows in ShareGPT form, as APIGen-MT-5k and
          LLaMA-Factory have it: `conversations` (human, function_call, observation, gpt in strict alternation, human
          first, gpt last), `tools` (JSON text), `system`. Parallel calls are one JSON list with one observation.
        - `dataset_info.json` is the entry that LLaMA-Factory wants.
        - `proof.parquet` holds the canonical rows, in the same order.

        The turn that ends a talk is not part of this form, nor are words that an agent writes beside its calls.
        The form cannot mask single messages: calls that were refused are learned from along with their recovery.
        """,
    "messages": """
        - `data/train.jsonl` and `data/train.parquet` hold the same rows: `messages` (OpenAI chat messages, the system
          message first; `arguments` are objects, `content` is never null), `tools`, and `train`, one flag per message
          (null: not the assistant's; false: a refused or faulty call, not to be learned from).
        - `proof.parquet` holds the canonical rows, in the same order.

        The turn that ends a talk is not part of this form.
        """,
}


class Exported(Part):
    """What an export holds: its name, the rows written, and the rows left out by reason."""

    name: str
    form: str
    rows: int
    left_out: dict[str, int] = {}
    text_beside_calls: int = 0
    flagged: int = 0
    """How many of the rows bear a person's flag."""
    missed: int = 0
    """How often the verdict was wrong about spoilt or harmlessly varied talks, in an audit of some rows."""

    def __str__(self) -> str:
        """What was written and what was not, for a person."""
        lines = [f"{self.rows} rows written as {self.name}"]
        lines += [f"{count} left out: {reason}" for reason, count in sorted(self.left_out.items())]
        if self.text_beside_calls and self.form == "sharegpt":
            lines.append(f"{self.text_beside_calls} messages lost the words beside their calls (kept in {PROOF})")
        if self.flagged:
            lines.append(f"{self.flagged} of them flagged by a person")
        if self.missed:
            misses = "a miss" if self.missed == 1 else f"{self.missed} misses"
            lines.append(f"the audit of these rows has {misses}, told on the card")
        return "\n".join(lines)


def export(
    rows: Iterable[Row],
    form: str,
    folder: Path,
    *,
    name: str = "",
    licences: Mapping[str, str] | None = None,
    cast: CastName | None = None,
    audit: Callable[[Sequence[Row]], Matrix] | None = None,
    marks: Marks | None = None,
) -> Exported:
    """Write verified rows as `sharegpt` or `messages` to `folder`, whole or not at all.

    `licences` maps every generating model to the licence of what it writes; `audit` makes the matrix for the card from
    some of the rows. A row that a person rejected (`marks`) is left out; no mark makes a row that is not verified pass.
    Raises `ExportError`: unknown form, a model without a licence, oracle and model agents mixed, no row left, or a
    folder with other things in it.
    """
    view = VIEWS.get(form)
    if view is None:
        raise ExportError(f"unknown format {form!r}: use {' or '.join(VIEWS)}")
    licences = licences or {}
    left_out: Counter[str] = Counter()
    marks = marks or Marks()
    sample = Sample()
    with written_whole(folder, LAYOUT) as fresh:
        chosen = _standing(_chosen(rows, cast, licences, left_out), marks, left_out)
        tally = write_view(fresh, view, sample.watched(chosen), left_out, marks)
        if not tally.rows:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
            raise ExportError(f"there is no row to export: {reasons or 'none was kept'}")
        name = named(name or dataset.default_name(*{domain for domain, _ in tally.domains}), tally)
        write_schema(fresh, view, name)
        digest = dataset.digest_of(fresh / LINES)
        tally.matrix = audit(sample.rows()) if audit else None
        text = card(
            name, tally, PARQUET, _CONTENTS[form], form=form, digest=digest, licences=licences, left_out=left_out
        )
        (fresh / README).write_text(text, encoding="utf-8")
    return Exported(
        name=name,
        form=form,
        rows=tally.rows,
        left_out=dict(left_out),
        text_beside_calls=tally.text_beside_calls,
        flagged=tally.marks["flag"],
        missed=len(tally.matrix.misses) if tally.matrix else 0,
    )


def write_view(
    folder: Path, view: View, rows: Iterable[Row], left_out: Counter[str], marks: Marks | None = None
) -> Tally:
    """Write the data files and the proof of the rows that fit the view; count the others."""
    tally = Tally()
    (folder / LINES).parent.mkdir()
    with (
        (folder / LINES).open("w", encoding="utf-8", newline="\n") as lines,
        Sheet(folder / PARQUET, view.columns) as parquet,
        dataset.sheet(folder / PROOF) as proof,
    ):
        for row in rows:
            record = view.record(row)
            if isinstance(record, Unfit):
                left_out[record.reason] += 1
                continue
            tally.add(row)
            if marks is not None:
                tally.marks[marks.word(row)] += 1
            lines.write(f"{json.dumps(record, ensure_ascii=False)}\n")
            parquet.add(record)
            dataset.add(proof, row)
    return tally


def write_schema(folder: Path, view: View, name: str) -> None:
    """Write the entry with which LLaMA-Factory finds a ShareGPT file; other forms have none."""
    if view.name != "sharegpt":
        return
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    entry = {name: {"file_name": LINES, "formatting": "sharegpt", "columns": columns}}
    (folder / LLAMA_FACTORY).write_text(f"{json.dumps(entry, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


def cast_of(row: Row) -> CastName:
    """Whether an oracle or a model played the agent."""
    return "oracle" if row.cast.agent.source == "oracle" else "model"


def _standing(rows: Iterable[Row], marks: Marks, left_out: Counter[str]) -> Iterator[Row]:
    """The rows that no person rejected."""
    for row in rows:
        if marks.word(row) == "reject":
            left_out["rejected by a person"] += 1
        else:
            yield row


def _chosen(
    rows: Iterable[Row], cast: CastName | None, licences: Mapping[str, str], left_out: Counter[str]
) -> Iterator[Row]:
    """The verified rows of one cast, every generating model's licence known."""
    found = cast
    for row in rows:
        played = cast_of(row)
        if cast is not None and played != cast:
            left_out["played by an oracle" if played == "oracle" else "played by a model"] += 1
            continue
        if not row.sound:
            left_out["not verified"] += 1
            continue
        found = found or played
        if found != played:
            raise ExportError(
                "an oracle played some rows and a model others: choose one with cast oracle or cast model"
            )
        for model, role in generators(row.cast):
            if not licences.get(model):
                raise ExportError(
                    f"no licence is given for what {model!r} ({role}) wrote: give one, such as {model}=MIT"
                )
        yield row
