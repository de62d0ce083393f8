"""Stopping talks that can no longer succeed, over whole runs."""

from apigen_mt import AgentTurn, AgentView, generate, load_run
from apigen_mt.cli import DONE, main
from apigen_mt.stats import first_failure, summary
from apigen_mt.verify import verify
from tools_env.resolve import resolve

COUNT = 6


class Raw:
    """An agent that writes its calls into its words, and never does anything else."""

    async def reply(self, _: AgentView) -> AgentTurn:
        return AgentTurn(text='<tool_call>{"name": "find_member"}</tool_call>')


def test_a_run_that_stops_early_keeps_the_very_same_rows(tmp_path):
    whole = generate("library", COUNT, tmp_path / "whole")
    early = generate("library", COUNT, tmp_path / "early", fail_fast=True)
    assert whole.kept == early.kept == COUNT
    first, second = (run.folder / "dataset" / "data" / "train.jsonl" for run in (whole, early))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_stopped_is_stopped_at_once_and_told_with_its_gate(tmp_path):
    whole = generate("library", COUNT, tmp_path / "whole", agent=Raw)
    early = generate("library", COUNT, tmp_path / "early", agent=Raw, fail_fast=True)
    assert whole.kept == early.kept == 0
    longer = [*load_run(tmp_path / "whole").failures()]
    rows = [*load_run(tmp_path / "early").failures()]
    assert len(rows) == len(longer) == COUNT
    for row, other in zip(rows, longer, strict=True):
        assert (row.end_reason, len(row.course.events)) == ("failed_fast", 2)
        assert row.ended_by.startswith("form: raw markup")
        assert (first_failure(row.verdict).gate, row.verdict.fault) == ("form", "agent")
        assert not other.verdict.ok
        assert row.course.events == other.course.events[:2]
    assert summary(early.outcomes).stopped_early == COUNT
    assert summary(early.outcomes).funnel.failed_by == {"form (agent)": COUNT}


def test_the_flag_is_part_of_what_a_run_is(tmp_path, capsys):
    flags = ["generate", "--domain", "library", "--count", "1", "--out", str(tmp_path / "run"), "--quiet"]
    assert main([*flags, "--fail-fast"]) == DONE
    assert load_run(tmp_path / "run").config["fail_fast"] is True
    assert verify(tmp_path / "run", resolve).exit_code == 0
    assert main(flags) != DONE
    assert "fail_fast" in capsys.readouterr().err
