"""`apigen-mt view`: a run in a browser, also while it is being made."""

import argparse
import sys
import tempfile
from pathlib import Path
from secrets import token_urlsafe

from apigen_mt.cli_worlds import worlds_of
from apigen_mt.config import ConfigError
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import visible
from apigen_mt.viewing.guard import LOOPBACK
from apigen_mt.viewing.listening import Listening
from apigen_mt.viewing.server import application
from apigen_mt.viewing.view import View

_PORTS = range(1 << 16)
_EXTRA = ("anyio", "starlette", "uvicorn")


def view(options: argparse.Namespace) -> int:
    """Serve a run until Ctrl-C."""
    folder = RunFolder(options.run)
    _refuse_without_extra()
    if options.port not in _PORTS:
        raise ConfigError(f"--port {options.port}: a port is a number from 0, for a free one, to {_PORTS[-1]}")
    if not options.host:
        raise ConfigError("--host is empty: leave it out, and only this machine can reach the page")
    with (
        Listening(options.host, options.port) as listening,
        tempfile.TemporaryDirectory(prefix="apigen-mt-view-") as place,
    ):
        shown = View(folder, Path(place), worlds_of(options.domain))
        shown.start()
        print(visible(f"{options.run} at {listening.url} until Ctrl-C"), flush=True)
        if options.host not in LOOPBACK:
            told = "whoever can reach this address can read the run and mark its talks"
            print(f"apigen-mt: --host {visible(options.host)}: {told}", file=sys.stderr)
        try:
            title = f"{folder.path.resolve().name}: {folder.command}"
            listening.serve(application(shown, title=title, host=options.host, token=token_urlsafe(32)))
        finally:
            shown.close()
    if listening.signalled:
        raise KeyboardInterrupt
    return 0


def _refuse_without_extra() -> None:
    from importlib.util import find_spec

    if missing := [name for name in _EXTRA if find_spec(name) is None]:
        raise ConfigError(f"`view` needs {missing[0]}: python -m pip install 'apigen-mt[view]'")
