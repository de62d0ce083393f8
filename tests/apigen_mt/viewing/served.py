"""A view served on a port of its own, and requests to it just as they are told."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from apigen_mt.journal import Journal
from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Outcome
from apigen_mt.viewing.listening import Listening
from apigen_mt.viewing.server import application
from apigen_mt.viewing.view import View
from tests.blueprints.talks import world_of
from tests.journals import outcomes

EVERYWHERE = "0.0.0.0"  # noqa: S104 - named, never bound to
TOKEN = "the-token-of-this-server"
SOON = 20
DIGEST = "0" * 64


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Served(NamedTuple):
    run: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """A request with exactly these headers; `_` stands for `-`, and a Host is added unless there is one."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if "host" not in told:
                connection.putheader("host", f"127.0.0.1:{self.port}")
            for name, value in told.items():
                connection.putheader(name, value)
            if body is not None and "content-length" not in told:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, None, **headers)

    def own(self) -> dict[str, str]:
        """The headers with which the page itself sends a mark."""
        origin = f"http://127.0.0.1:{self.port}"
        return {"origin": origin, "x_apigen_mt_token": TOKEN, "content_type": "application/json"}

    def mark(self, entry: str, mark: str, note: str = "", **more: str) -> Reply:
        read = self.get(f"/api/mark/{entry}")
        talk = read.json["talk"] if read.status == 200 else DIGEST
        body = json.dumps({"mark": mark, "note": note, "talk": talk}).encode()
        return self.ask("POST", f"/api/mark/{entry}", body, **(self.own() | more))

    def until(self, **about: object) -> None:
        """Wait until the state says so."""
        soon(lambda: about.items() <= self.get("/api/state").json.items())

    def figures(self, **about: object) -> None:
        """Wait until the overview says so."""
        soon(lambda: about.items() <= self.get("/api/overview").json.items())


def soon(done: Callable[[], bool], seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def begun(folder: Path, *every: Outcome, count: int = 9, command: str = "generate") -> Path:
    folder.mkdir()
    (folder / "config.yaml").write_text(json.dumps({"domain": "library", "count": count}), "utf-8")
    with Journal.open(folder, {"domain": "library", "command": command}) as journal:
        outcomes(journal, *every)
    return folder


@contextmanager
def served(run: Path, place: Path, host: str = "127.0.0.1"):
    place.mkdir()
    view = View(RunFolder(run), place, world_of, every=0.05)
    with Listening("127.0.0.1", 0) as listening:
        shown = application(view, title="<run> & co", host=host, token=TOKEN)
        thread = threading.Thread(target=listening.serve, args=(shown,))
        view.start()
        thread.start()
        try:
            yield Served(run, int(listening.url.rsplit(":", 1)[1].strip("/")))
        finally:
            listening.end()
            thread.join(SOON)
            view.close()
    assert not thread.is_alive()
