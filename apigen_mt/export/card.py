"""Dataset cards: what the rows are, who made them, how they were checked, and what they are not."""

from collections.abc import Iterable, Mapping
from textwrap import dedent

import yaml

from apigen_mt.audit.matrix import Matrix
from apigen_mt.audit.told import as_markdown
from apigen_mt.export.folder import TAG
from apigen_mt.export.tally import Tally
from tools_env.values import Json

_SCRIPTS = {
    "template": "script: a template filled from the task",
    "scripted": "script: answers from the task's facts",
    "oracle": "script: knows the order of the right calls, takes every value from the talk or the tools",
    "own": "the caller's own player",
}

_MARKS = {
    "keep": "rows that a person read and would keep",
    "flag": "rows that a person flagged",
}

_ROWS = """
    A row is one talk between a person and an agent that acts through tools over an executable environment. The task
    behind it (the *blueprint*: what the person wants and knows, the calls that solve it, the change they make) was
    checked before the talk, the talk after it; only talks that every gate passed are here.
"""

_PROOF = """
    Each row can be proven: `apigen-mt verify .` carries the calls of every row out again in a fresh session, judges
    the talk again and compares the result, then writes the data files again and compares them. That needs the same
    version of the domain: its digest is named above.
"""

_LIMITS = """
    - The people are simulated. Real ones are less cooperative, less exact and more varied.
    - The gates prove that state, answers, conduct and form are right by the domain's rules. They do not prove that
      the wording is natural, and clauses that only a reader could judge were judged by nobody.
    - The records are synthetic: names, addresses and numbers belong to nobody.
"""

_UNAUDITED = """
    No audit was run: the gates were not attacked with spoilt versions of these very talks.
"""

_AUDIT = """
    Good talks of this set were spoilt in known ways, and varied in ways that harm nothing, and judged again. A spoilt
    talk has to fail and a harmless one to pass; *blamed right* counts failures that were put down to the right one of
    agent, human, environment, blueprint and infrastructure. Agents that understand nothing had a go at the tasks, too.
"""

_ORACLE = """
    **An oracle played the agent.** These talks were not produced by a language model: a script that is told the
    names and the order of the right calls stands in for the agent. They show that the tasks can be solved and what
    a solution looks like; their wording is a template's.
"""


def card(
    name: str,
    tally: Tally,
    data: str,
    contents: str,
    *,
    form: str,
    digest: str,
    licences: Mapping[str, str] | None = None,
    left_out: Mapping[str, int] | None = None,
) -> str:
    """The text of `README.md`; `data` is the pattern that `load_dataset` reads, `contents` says what the files hold.

    `digest` is the hash of the data: without it in the head, `load_dataset` would take the cached copy of one folder
    for any other of the same name.
    """
    sections = [_head(name, data, form, digest), f"# {_plain(name)}\n", _paragraph(_ROWS)]
    if tally.oracle:
        sections.append(_paragraph(_ORACLE))
    sections += [
        "## Contents\n",
        dedent(contents).strip() + "\n",
        "## Numbers\n",
        _numbers(tally),
        "## Who made it\n",
        _cast(tally, licences or {}),
        "## How it was checked\n",
        _gates(tally),
        _paragraph(_PROOF),
        "## How the check was checked\n",
        _audit(tally.matrix),
    ]
    if left_out:
        sections += ["## Left out\n", _table(("reason", "rows"), sorted(left_out.items()))]
    sections += ["## Limits\n", dedent(_LIMITS).strip() + "\n"]
    return "\n".join(sections)


def _head(name: str, data: str, form: str, digest: str) -> str:
    config: Json = {
        "config_name": "default",
        "description": f"sha256 of the rows: {digest}",
        "data_files": [{"split": "train", "path": data}],
    }
    settings: dict[str, Json] = {
        "pretty_name": name,
        "tags": [TAG, f"{TAG}-{form}", "function-calling", "tool-use", "synthetic"],
        "task_categories": ["text-generation"],
        "configs": [config],
    }
    return f"---\n{yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)}---\n"


def _numbers(tally: Tally) -> str:
    lines = [
        ("rows", tally.rows),
        *((f"domain {domain} (digest {digest})", count) for (domain, digest), count in sorted(tally.domains.items())),
        *((f"kind {kind}", count) for kind, count in sorted(tally.kinds.items())),
        *((f"operator {operator}", count) for operator, count in sorted(tally.operators.items())),
        *((f"ended by {end}", count) for end, count in sorted(tally.ends.items())),
        ("messages", tally.messages),
        ("calls", tally.calls),
        ("calls that were refused", tally.refused_calls),
        ("assistant messages masked from training", tally.masked),
        ("messages with words beside their calls", tally.text_beside_calls),
        *((told, tally.marks[mark]) for mark, told in _MARKS.items() if tally.marks[mark]),
    ]
    return _table(("what", "count"), lines)


def _cast(tally: Tally, licences: Mapping[str, str]) -> str:
    lines = [
        (role, model or _SCRIPTS.get(source, source), licences.get(model or source, "-"), count)
        for (role, source, model), count in sorted(tally.players.items())
    ]
    return _table(("role", "played by", "licence", "rows"), lines)


def _gates(tally: Tally) -> str:
    names = dict.fromkeys(gate for gate, _ in tally.gates)
    lines = [(gate, tally.gates[gate, "pass"], tally.gates[gate, "not_applicable"]) for gate in names]
    return _table(("gate", "passed", "did not apply"), lines)


def _audit(matrix: Matrix | None) -> str:
    """The audit's matrix, or word that there is none."""
    if matrix is None or not any(matrix.talks.values()):
        why = "".join(f"- {_plain(one)}\n" for one in (matrix.unheard if matrix else ()))
        return _paragraph(_UNAUDITED) + (f"\n{why}" if why else "")
    misses = [f"- miss: {_plain(str(miss))}" for miss in matrix.misses]
    misses += [f"- not audited: {_plain(one)}" for one in matrix.unheard]
    counted = f"{sum(matrix.talks.values())} of the rows were taken, evenly spread.\n"
    parts = [_paragraph(_AUDIT), counted, as_markdown(matrix), *(["\n".join(misses) + "\n"] if misses else [])]
    return "\n".join(parts)


def _table(head: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> str:
    rows = [head, tuple("---" for _ in head), *(tuple(_plain(str(cell)) for cell in line) for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _plain(text: str) -> str:
    """Text from outside, so that it cannot break out of its line or its cell."""
    return "".join(f"\\{c}" if c in "|<>[]`\\" else c for c in " ".join(text.split()) if c.isprintable())


def _paragraph(text: str) -> str:
    return dedent(text).strip() + "\n"


def named(name: str, tally: Tally) -> str:
    """A name that says so when a script played the agent."""
    return f"{name}-oracle" if tally.oracle and "oracle" not in name else name
