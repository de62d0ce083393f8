"""`apigen-mt completion`: what a shell needs to complete command lines, and the answers that it asks for then."""

import argparse

from apigen_mt.cli_parser import OneLine

DONE = 0
SHELLS = ("bash", "zsh", "fish")


def completion(options: argparse.Namespace) -> int:
    """Print what the shell is to read."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["apigen-mt"], True, options.shell))  # noqa: FBT003 - and files where nothing else fits
    return DONE


def complete(top: OneLine) -> None:
    """Answer a shell that asks how a line may go on, and end; domains go by their names, all else by files."""
    from argcomplete import autocomplete

    for command in top.commands.values():
        for actions in command.actions().values():
            for action in actions:
                if action.dest == "domain":
                    action.completer = _domains  # type: ignore[attr-defined] # where argcomplete looks for it
    autocomplete(top)


def _domains(**_: object) -> list[str]:
    from tools_env.resolve import INSTALLED

    return sorted(INSTALLED)
