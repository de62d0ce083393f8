"""docs/cli.md is true: made from the parser and the documents, and every command in it is one."""

import re
import shlex

import pytest

from apigen_mt import cli
from apigen_mt.cli import parser
from apigen_mt.cli_commands import COMMANDS
from apigen_mt.cli_help import CODES, EXAMPLES, FIRST
from tests.cli_manual import BEGIN, MANUAL, made

TEXT = MANUAL.read_text("utf-8")
SHOWN = sorted({*re.findall(r"apigen-mt ([a-z][^\n`)]*)", TEXT.partition(BEGIN)[2].partition("## JSON")[0])})


def words(line: str) -> list[str]:
    """A command line as a shell hands it over."""
    return shlex.split(re.split(r" > |\)\"| {3,}", line)[0])


def test_the_page_is_what_the_program_says():
    """Renewed by `python -m tests.cli_manual`."""
    assert TEXT.partition(BEGIN)[2] == made().removeprefix(BEGIN)


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_on_the_page_parses(line):
    assert parser().parse_args(words(line)).command == line.split()[0]


@pytest.mark.parametrize("line", [line.partition("apigen-mt ")[2] for line in FIRST.strip().splitlines()])
def test_a_first_command_parses(line):
    assert parser().parse_args(words(line)).command == line.split()[0]


def test_every_command_has_examples_and_a_word_on_each_flag():
    commands = parser().commands
    assert commands.keys() == COMMANDS.keys()
    for name, command in commands.items():
        assert f"apigen-mt {name}" in EXAMPLES[name]
        assert f"  {EXAMPLES[name].strip().splitlines()[0]}" in command.format_help()
        bare = [action.dest for actions in command.actions().values() for action in actions if not action.help]
        assert bare == []


def test_the_exit_codes_are_told_everywhere():
    assert tuple(CODES) == (cli.DONE, cli.FINDINGS, cli.USAGE, cli.INFRASTRUCTURE, cli.INTERRUPTED)
    for command in (parser(), *parser().commands.values()):
        assert all(f"  {code:<4} {meaning}" in command.format_help() for code, meaning in CODES.items())


def test_a_yes_or_no_flag_takes_nothing():
    assert "- `--quiet`: " in TEXT
    assert "- `--cache [FOLDER]`: " in TEXT
