"""A parser of commands that tells what is wrong in one line, and what was probably meant."""

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from apigen_mt.terminal import shortened
from tools_env.meant import meant

USAGE = 2
"""The exit code of a command line that is none."""
WIDTH = 2000
"""An error is told in at most so many characters."""
HIDDEN = "..."
_UNKNOWN = "unrecognized arguments: "
_REQUIRED = "the following arguments are required: "
_CHOICE = re.compile(r"invalid choice: (?P<word>.*) \(choose from (?P<known>.*)\)", re.DOTALL)


class OneLine(argparse.ArgumentParser):
    """A parser that tells what is wrong in one line; `commands` are those that it has below it, by name, and `example`
    is a command line that is right.
    """

    commands: "dict[str, OneLine]"
    example: str = ""

    def actions(self) -> dict[str, list[argparse.Action]]:
        """Its places and flags by the title of their group; those that `--help` leaves out, and itself, are none."""
        groups = {str(group.title): list[argparse.Action]() for group in self._action_groups}
        for action in self._actions:
            if action.help != argparse.SUPPRESS and action.dest != "help":
                groups[str(getattr(getattr(action, "container", None), "title", ""))].append(action)
        return {title: actions for title, actions in groups.items() if actions}

    def read(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """The command line as it is meant; what a command does not know is told by that command. Exits with 2."""
        options, unknown = self.parse_known_args(arguments)
        command = self if options.command is None else self.commands[options.command]
        if unknown:
            command.error(_UNKNOWN + " ".join(unknown))
        if command is self:
            self.error(f"name a command, one of {', '.join(sorted(self.commands))}")
        return options

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        if message.startswith(_UNKNOWN):
            words = [self._flag(word) for word in message.removeprefix(_UNKNOWN).split(" ")]
            hint = next(filter(None, map(self._meant, words)), "")
            message = _UNKNOWN + " ".join(words) + (hint if any(w != HIDDEN for w in words) else ", no flag takes them")
        elif message.startswith(_REQUIRED) and self.example:
            message = f"{message}, such as: {self.example}"
        message = _CHOICE.sub(_chosen, message)
        self.exit(USAGE, f"{self.prog}: {shortened(message, WIDTH)} (see {self.prog} --help)\n")

    @staticmethod
    def _flag(word: str) -> str:
        """The name of a flag that there is not; what stands beside it might be a key, and is told to nobody."""
        return word.partition("=")[0] if word.startswith("-") else HIDDEN

    def _meant(self, flag: str) -> str:
        known = (name for actions in self.actions().values() for a in actions for name in a.option_strings)
        return meant(flag, known)


def _chosen(found: re.Match[str]) -> str:
    """What argparse says of a word that is no choice, shorter."""
    word, known = found["word"], re.findall(r"[\w.:+-]+", found["known"])
    return f"invalid choice: {word}" + (meant(word.strip("'"), known) or f", use {', '.join(known)}")
