"""A folder with things beside it that nobody may touch, and how a command ends there: for hostile names and files."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from apigen_mt.cli import main

SECONDS = 5
"""Of processor time that a command may take to tell what is wrong."""
TRAP = "from pathlib import Path\nPath({mark!r}).touch()\nclass World:\n    pass\n"
Tree = Mapping[str, bytes | None]


def tree(folder: Path) -> Tree:
    """Everything below a folder by name: content of files, where links point, None for the rest."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
        if path.is_symlink():
            found[name] = os.fsencode(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def lay_out(folder: Path) -> None:
    """`inside` to stand in, `outside` beside it, and a trap that leaves a mark when it is imported."""
    inside, outside = folder / "inside", folder / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "mine").write_text("mine", "utf-8")
    (inside / "file").write_text("mine", "utf-8")
    (inside / "trap.py").write_text(TRAP.format(mark=str(folder / "hacked")), "utf-8")
    (inside / "to-outside").symlink_to(outside)
    (inside / "dangling").symlink_to(outside / "nothing")
    (inside / "loop").symlink_to(inside / "loop")
    os.mkfifo(inside / "pipe")


def ended(capsys, *arguments: str) -> tuple[int | str | None, str, str]:
    """The exit code, and what was printed; within the seconds that a command may take."""
    before = time.process_time()
    try:
        code: int | str | None = main(list(arguments))
    except SystemExit as end:
        code = end.code
    assert time.process_time() - before < SECONDS
    out, err = capsys.readouterr()
    return code, out, err


def check_told(code: int | str | None, out: str, err: str) -> None:
    """One line that a terminal can show, of some length."""
    assert code in {2, 3}, (code, err)
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err[:-1].isprintable(), err
    assert len(err) < 3000


def check_untouched(folder: Path, before: Tree, but: Sequence[str] = ()) -> None:
    """Nothing below `folder` is otherwise, but for what lies in these folders."""
    after = {n: c for n, c in tree(folder).items() if not any(n == b or n.startswith(f"{b}/") for b in but)}
    assert after == before
