import io

import pytest
from rich.console import Console

from apigen_mt.messages import messages_of
from apigen_mt.show import show_domain, show_row
from apigen_mt.terminal import one_line, shortened, visible
from tests.apigen_mt.rows import library, row
from tests.blueprints.disturbed import disturbed
from tests.blueprints.talks import played, world_of
from tools_env.calls import Call, Fault
from tools_env.course import Called, Course, Said


def printed(markup):
    """What a plain terminal shows."""
    paper = io.StringIO()
    console = Console(file=paper, highlight=False, soft_wrap=True, emoji=False, width=200)
    console.print(markup)
    return paper.getvalue()


def with_events(played, *events):
    course = Course(events=events)
    return played.model_copy(update={"course": course, "messages": messages_of(course)})


def test_a_talk_shows_task_words_calls_gates_and_change():
    played = row(1, beside="One moment.", slip=True)
    text = printed(show_row(played))
    assert played.id in text
    assert "library, seed:0, act, describe" in text
    assert "author template, human scripted, agent oracle" in text
    assert "verified" in text
    assert played.blueprint.instruction in text
    assert '-> find_member(email="' in text
    assert "beside calls" in text
    assert "<- refused: Wrong arguments for list_loans" in text
    assert "pass state" in text
    assert "found as expected" in text
    path = next(iter(played.blueprint.diff))
    assert f"expected {path}:" in text


def test_a_failed_talk_shows_whose_fault_it_was_and_the_evidence():
    played = row(1, finished=False)
    text = printed(show_row(played))
    assert "failed, fault of the agent" in text
    assert "FAIL state (fault of the agent)" in text
    [path] = played.blueprint.diff
    assert f"{path}: expected" in text
    with_world = printed(show_row(played, library()))
    [change] = played.blueprint.diff.values()
    assert f"{path}: expected {change.before} → {change.after}, found no change" in with_world


def test_a_call_that_met_a_mishap_in_store_is_told_as_such():
    (blueprint, *_) = disturbed("library", "transient")
    talk = played(blueprint, world_of("library"))
    shown = row(0).model_copy(update={"blueprint": blueprint, "course": talk.course})
    assert printed(show_row(shown)).count("in store: the tool is out of order once") == 1
    assert "in store" not in printed(show_row(row(0)))


def test_with_its_world_the_change_is_found_again():
    assert "as expected loans/" in printed(show_row(row(1), library()))


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\x9b2J",
        "left \u202e right",
        "back\x08\x08space",
        "\ud800",
        "a\rover",
        "line\u2028end",
    ],
)
def test_text_of_a_model_cannot_steer_the_terminal(hostile):
    said = Said(speaker="agent", text=hostile)
    raw = Called(
        call_id="1", call=Call(name=hostile, arguments={hostile: hostile}), outcome=Fault(reason=hostile), raw=hostile
    )
    text = printed(show_row(with_events(row(), said, raw)))
    assert all(c == "\n" or c.isprintable() for c in text)
    assert hostile not in text


def test_markup_in_the_data_stays_text():
    said = [
        Said(speaker="human", text=t) for t in ("[bold red]x[/bold red] [/dim] [link=http://example.com]y", "end\\")
    ]
    text = printed(show_row(with_events(row(), *said)))
    assert "[bold red]x[/bold red] [/dim] [link=http://example.com]y" in text
    assert "end\\\n" in text


def test_words_over_many_lines_cannot_pose_as_a_gate():
    text = printed(show_row(with_events(row(), Said(speaker="human", text="hello\n  pass state\n\ngates"))))
    assert "\n      pass state" in text or "\n    pass state" in text
    assert text.count("\ngates") == 1


def test_long_results_are_folded():
    assert shortened("a" * 300, 200) == "a" * 200 + " ... (100 more)"
    assert shortened("short\nline", 200) == "short line"


def test_what_prints_is_left_alone():
    assert visible("Zoë 👩\u200d🚀 東京\ttab\r\nnext") == "Zoë 👩\u200d🚀 東京    tab\nnext"
    assert visible("a\u00a0b\u202f1") == "a b 1"
    assert one_line(" a \n b ") == "a b"


def test_a_domain_shows_tools_policy_and_graph():
    text = printed(show_domain(library()))
    assert "writes renew_loan (clause 3)" in text
    assert "reads  list_loans" in text
    assert "email (contact of email):" in text
    assert "upheld by confirmed_writes" in text
    assert "{" not in text.split("policy")[1].split("API graph")[0]
    assert "list_loans -> " in text
    assert "renew_loan (loan_id)" in text
    assert library().digest in text
