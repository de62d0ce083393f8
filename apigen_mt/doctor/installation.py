"""What is installed, and whether a run can be kept where one stands."""

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory

from apigen_mt.doctor.checks import Check
from apigen_mt.journal import Journal, JournalError

NAME = "apigen-mt"
ROOM = 1 << 30
"""Bytes below which a disk is nearly full."""
FOR = {"tau2": "the domains tau2:NAME", "otel": "--traces"}
"""What an extra is for; those that are not here are for people who work on the program itself."""


def installed(vllm: str | None) -> Iterator[Check]:
    """Python, the packages that are needed, the extras, and where vLLM's command lies."""
    yield Check(about="python", status="ok", told=f"{platform.python_version()} on {platform.system()}")
    if sys.platform != "linux":
        yield Check(about="platform", status="note", told=f"{platform.system()}: tested on Linux only")
    if lacking := _lacking(""):
        todo = f"pip install {' '.join(map(repr, lacking))}"
        yield Check(about=NAME, status="missing", told=f"{version(NAME)} lacks {', '.join(lacking)}", todo=todo)
    else:
        yield Check(about=NAME, status="ok", told=f"{version(NAME)} with all packages that it needs")
    for extra in sorted(FOR.keys() & {*(metadata(NAME).get_all("Provides-Extra") or ())}):
        yield _extra(extra, _lacking(extra))
    if vllm is None:
        told = "its command is not on the PATH; needed for --serve only"
        yield Check(about="vllm", status="note", told=told, todo="name it with --vllm-command")
    else:
        yield Check(about="vllm", status="ok", told=vllm)


def _extra(extra: str, lacking: list[str]) -> Check:
    if not lacking:
        return Check(about=f"extra {extra}", status="ok", told="installed")
    told = f"not installed; needed for {FOR[extra]} only"
    return Check(about=f"extra {extra}", status="note", told=told, todo=f"pip install '{NAME}[{extra}]'")


def _lacking(extra: str) -> list[str]:
    """The requirements of an extra, or of the program itself, that are not met."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - for `doctor` alone

    lacking = []
    for text in requires(NAME) or ():
        wanted = Requirement(text)
        always = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        asked = not always and wanted.marker is not None and wanted.marker.evaluate({"extra": extra})
        if (asked if extra else always) and not wanted.specifier.contains(_version(wanted.name), prereleases=True):
            lacking.append(f"{wanted.name}{wanted.specifier}")
    return lacking


def _version(package: str) -> str:
    """The installed version; one that no requirement is met by where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "0.dev0"


def writable(folder: Path) -> Check:
    """Whether a run can be begun in a folder: a journal is made there and thrown away."""
    about = f"folder {folder}"
    try:
        with TemporaryDirectory(prefix=".apigen-mt-doctor-", dir=folder) as place:
            Journal.open(Path(place) / "run", {}).close()
            free = shutil.disk_usage(folder).free
    except (JournalError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        todo = "give runs another place with --out"
        return Check(about=about, status="untold", told=f"no run can be kept here, {why}", todo=todo)
    room = f"{free / ROOM:,.1f} GiB free"
    if free < ROOM:
        return Check(about=about, status="note", told=f"a run can be kept here; {room}", todo="a large run needs more")
    return Check(about=about, status="ok", told=f"a run can be kept here; {room}")
