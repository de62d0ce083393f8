"""Files of personas that a user brings: what is read of them, and what is told about those that cannot be read."""

import json

import pytest

from apigen_mt.config import ConfigError
from apigen_mt.persona_files import LONGEST, LONGEST_LINE, MOST_LINES, read_personas
from blueprints.checks import check
from tests.blueprints.talks import planned, world_of

SINGER = "You are a nurse who sings."


def written(tmp_path, content, name="personas.jsonl"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def lines(*found):
    return "".join(f"{json.dumps(one)}\n" for one in found)


def complaint(path):
    with pytest.raises(ConfigError) as error:
        read_personas(path)
    told = str(error.value)
    assert "\n" not in told
    assert len(told) < len(str(path)) + 200
    return told.replace(str(path), "FILE")


def test_personas_are_read_from_objects_whatever_else_those_hold(tmp_path):
    content = lines(
        {"persona": "A nurse who sings.", "general domain": ["care", {"x": None}], "score": 1e9},
        {"input persona": "An etcher from Porto", "synthesized text": "…"},
        {"description": "The owner of a kiosk; writes in verse."},
    )
    expected = (SINGER, "You are an etcher from Porto.", "You are the owner of a kiosk; writes in verse.")
    assert read_personas(written(tmp_path, content)) == expected
    assert read_personas(written(tmp_path, content, "personas.txt")) == expected


def test_the_persona_goes_before_what_may_stand_in_for_it(tmp_path):
    content = lines({"description": "A shy miner", "persona": "A loud miner"})
    assert read_personas(written(tmp_path, content)) == ("You are a loud miner.",)


def test_text_is_read_line_by_line(tmp_path):
    content = (
        "\ufeffYou  hum\t while writing.\r\n\r\n   \nthe village's poet\nAnother day, another mood\nÜmit, du malst"
    )
    assert read_personas(written(tmp_path, content, "personas.txt")) == (
        "You hum while writing.",
        "You are the village's poet.",
        "Another day, another mood.",
        "Ümit, du malst.",
    )


def test_only_an_article_at_the_beginning_is_turned_into_you_are(tmp_path):
    told = ["A", "Theodora paints", "Ana sings", "You are a cook", "Once a cook, now a poet", "AN old hand"]
    assert read_personas(written(tmp_path, "\n".join(told), "personas.txt")) == (
        "A.",
        "Theodora paints.",
        "Ana sings.",
        "You are a cook.",
        "Once a cook, now a poet.",
        "You are an old hand.",
    )


def test_each_is_kept_once_where_it_stood_first(tmp_path):
    content = lines(*({"persona": p} for p in ("A nurse who sings", "You hum.", "a  nurse\nwho sings", SINGER)))
    assert read_personas(written(tmp_path, content)) == (SINGER, "You hum.")


def test_a_persona_may_be_as_long_as_allowed_and_no_longer(tmp_path):
    fits = "You " + "x" * (LONGEST - 4)
    assert read_personas(written(tmp_path, fits, "p.txt")) == (f"{fits}.",)
    assert complaint(written(tmp_path, f"You hum.\n{fits}y", "p.txt")).startswith("FILE:2: 401 characters")
    assert complaint(written(tmp_path, lines({"persona": fits + "y"}))).startswith("FILE:1: 401 characters")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"[]", "should be an object"),
        (b'"A nurse"', "should be an object"),
        (b"null", "should be an object"),
        (b"A nurse", "Invalid JSON"),
        (b'{"persona": "A nurse"', "Invalid JSON"),
        (b'{"persona": "A nurse"} {}', "Invalid JSON"),
        (b"{}", "no 'persona'"),
        (b'{"Persona": "A nurse"}', "no 'persona'"),
        (b'{"persona": null}', "should be a valid string"),
        (b'{"persona": ["A nurse"]}', "should be a valid string"),
        (b'{"persona": ""}', "is empty"),
        (b'{"persona": " \\n "}', "is empty"),
        (b'{"persona": "A \\ud800 nurse"}', "Invalid JSON"),
        (b'{"persona": "A \\u0000 nurse"}', "control character U+0000"),
        (b'{"persona": "A \\u202e nurse"}', "control character U+202E"),
        (b'{"persona": "A \\u001b[31m nurse"}', "control character U+001B"),
        (b'{"persona": "A \xff nurse"}', "not UTF-8"),
        (b"[" * 200_000, "Invalid JSON: recursion limit"),
        (b'{"a":' * 100_000, "Invalid JSON: recursion limit"),
        (b'{"x": ' + b"9" * 10_000 + b"}", "Invalid JSON"),
    ],
)
def test_a_line_that_holds_no_persona_is_told_with_its_place(tmp_path, line, told):
    said = complaint(written(tmp_path, b'{"persona": "You hum."}\n\n' + line + b"\n"))
    assert said.startswith("FILE:3: ")
    assert told in said


@pytest.mark.parametrize("line", [b"A \x07 nurse", b"A nurse\x00", b"A \xe2\x80\x8b nurse", b"A \xc2\x9b nurse"])
def test_text_with_control_characters_is_refused(tmp_path, line):
    assert complaint(written(tmp_path, line, "p.txt")).startswith("FILE:1: holds the control character U+")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings_are_refused(tmp_path, encoding):
    assert complaint(written(tmp_path, "A café owner\n".encode(encoding), "p.txt")).startswith("FILE:1: not UTF-8")


@pytest.mark.parametrize(
    "text",
    [
        "A nurse called [name]",
        "A nurse <b>who sings</b>",
        "A {job}",
        "A nurse reachable at a.b@example.com",
        "A blogger known as @nurse",
        "A gambler who lost $1,000",
        "A miser who counts 12.50 twice",
        "A child of May 4, 1990",
        "A child of 1990-05-04",
    ],
)
def test_what_every_task_would_be_rejected_for_is_refused_beforehand(tmp_path, text):
    draft = planned("retail", 1)[0]
    worded = draft.model_copy(update={"instruction": f"{draft.instruction} {text}"})
    assert "wording" in {wrong.stage for wrong in check(worded, world_of("retail"))}
    assert "FILE:1: holds brackets" in complaint(written(tmp_path, text, "p.txt"))


def test_ordinary_numbers_are_no_reason_to_refuse(tmp_path):
    told = "A 35-year-old who studies the 19th century: 2 cats, 3 jobs (no car)"
    assert read_personas(written(tmp_path, told, "p.txt")) == (f"You are a{told[1:]}.",)


@pytest.mark.parametrize("content", ["", "\n \n\t\n", "\ufeff"])
def test_a_file_without_personas_is_refused(tmp_path, content):
    assert complaint(written(tmp_path, content)).startswith("FILE holds no persona: write one a line")


def test_files_that_cannot_be_read_are_named(tmp_path):
    assert complaint(tmp_path / "none.jsonl").startswith("cannot read FILE: No such file")
    assert complaint(tmp_path).startswith("cannot read FILE: Is a directory")


def test_lines_and_files_of_any_size_are_refused_without_being_read_whole(tmp_path):
    path = written(tmp_path, "You hum.\n", "p.txt")
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    assert complaint(path).startswith(f"FILE:2: longer than {LONGEST_LINE:,} bytes")
    assert "more than" in complaint(written(tmp_path, "\n" * (MOST_LINES + 1), "many.txt"))
    assert read_personas(written(tmp_path, "You hum." + "\n" * MOST_LINES, "just.txt")) == ("You hum.",)
