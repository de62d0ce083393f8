import pytest

from apigen_mt.show_task import show_task
from tests.apigen_mt.rows import row
from tools_env.calls import Because, Call, Edit


def test_a_task_is_told_in_words():
    task = row(1).blueprint
    lines = show_task(task).splitlines()
    for title in ("task", "raised", "known", "calls that solve it", "change of state", "made"):
        assert title in lines, title
    text = "\n".join(lines)
    assert f"    {task.instruction}" in lines
    assert f"find_member(email={task.actions[0].arguments['email']})" in text
    [(path, change)] = task.diff.items()
    assert f"    {path}: {change.before} → {change.after}" in lines
    assert "(loan_id.title): " in text
    assert "told unasked" in text
    assert '{"' not in text
    assert task.id == lines[0]


def test_a_refusal_tells_what_is_refused_and_why():
    task = row(1).blueprint
    because = Because(path="loans/L1/due", value="2026-01-01", instead="2026-04-01")
    evidence = {
        "clause": "3",
        "because": because,
        "label": "due date",
        "meaning": {"kind": "date"},
        "source_call": 1,
        "forbidden": Call(name="renew_loan", arguments={"loan_id": "L1"}),
        "twin": (Edit(path="loans/L1/due", value="2026-04-01"),),
    }
    refusal = type(task).model_validate({**task.model_dump(), "evidence": evidence, "diff": {}})
    told = show_task(refusal)
    assert "renew_loan(loan_id=L1): clause 3, for due date is 2026-01-01 (loans/L1/due)" in told
    assert "    nothing changes" in told.splitlines()


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "left \u202e right", "\x9b2J", "a\rover", "x\n\nchange of state"])
def test_words_of_a_model_cannot_steer_the_terminal_nor_pose_as_a_title(hostile):
    task = row(1).blueprint
    [stage] = task.stages
    update = {"instruction": hostile, "persona": hostile, "stages": (stage.model_copy(update={"say": hostile}),)}
    text = show_task(task.model_copy(update=update))
    assert all(c == "\n" or c.isprintable() for c in text)
    assert text.splitlines().count("change of state") == 1
