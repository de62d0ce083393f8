"""What `apigen-mt view` costs on a run of 20,000 talks: until the first page, until all is read, and a query then."""

import http.client
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path

from apigen_mt.generating import generate
from apigen_mt.journal import Journal
from apigen_mt.journal.sqlite_store import SQLiteStore
from apigen_mt.journal.store import outcome_row
from apigen_mt.run_folder import CONFIG, RunFolder

TALKS = 20_000
DIFFERENT = 60
LIMITS: Mapping[str, float] = {"first_list_s": 1.0, "list_p95_s": 0.2, "search_p95_s": 0.2, "rss_mb": 500}
_QUERIES = (
    "", "&offset=19900", "&sort=turns&descending=true", "&kind=act", "&status=kept&tool=get_order",
)  # fmt: skip
_TYPED = ("o", "or", "ord", "order", "order+c", "order+ca", "order+cancel", "example", "zzz+nothing")
_LISTS = [f"/api/list?limit=100{query}" for query in _QUERIES]
_SEARCHES = [f"/api/list?limit=100&text={text}" for text in _TYPED]
_TALKS = [f"/api/talk/{task}.0" for task in (0, 9999, 19999)]


def run() -> dict[str, float]:
    """Measure over a run that is made of a few rehearsal talks, each many times with other numbers."""
    with tempfile.TemporaryDirectory() as place:
        return _measured(replicated(Path(place), TALKS))


def replicated(place: Path, talks: int) -> Path:
    """A run of so many talks in `place`."""
    source = RunFolder(generate("retail", DIFFERENT, place / "source").folder)
    big = place / "big"
    big.mkdir()
    text = (source.path / CONFIG).read_text("utf-8").replace(f"count: {DIFFERENT}", f"count: {talks}")
    (big / CONFIG).write_text(text, "utf-8")
    with Journal.read(source.path) as journal:
        identity = journal.identity()
    with Journal.open(big, identity):
        pass
    store = SQLiteStore.open(big)
    payloads = islice(_numbered(source), talks)
    while group := [outcome_row(task, payload) for task, payload in islice(payloads, 500)]:
        store.commit(group)
    store.close()
    return big


def _numbered(source: RunFolder) -> Iterator[tuple[int, str]]:
    with Journal.read(source.path) as journal:
        held = [payload for _, payload in journal.outcomes()]
    for task in count():
        payload = held[task % len(held)]
        yield task, payload.replace(f'"task":{task % len(held)},', f'"task":{task},', 1)


def _measured(folder: Path) -> dict[str, float]:
    figures = {"journal_mb": (folder / "journal.sqlite").stat().st_size / 1e6}
    began = time.monotonic()
    command = [sys.executable, "-m", "apigen_mt.cli", "view", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own words
        try:
            line = server.stdout.readline() if server.stdout else ""
            figures["start_s"] = time.monotonic() - began
            port = int(line.split("//")[1].split("/")[0].rsplit(":", 1)[1])
            figures["first_list_s"] = _first(port)
            figures["while_reading_p95_s"] = _p95(port, _LISTS, rounds=6)
            figures["read_all_s"] = _whole(port, began)
            figures["list_p95_s"] = _p95(port, _LISTS, rounds=10)
            figures["search_p95_s"] = _p95(
                port, [f"limit=100&text={text.replace(' ', '+')}" for text in _TYPED], rounds=6
            )
            figures["talk_p95_s"] = _p95(port, _TALKS, rounds=6)
            figures["rss_mb"] = _rss(server.pid)
        finally:
            server.terminate()
    figures["own_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return figures


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def _first(port: int) -> float:
    """Seconds for all that a browser asks for until it shows a list that holds something."""
    began = time.monotonic()
    for path in ("/", "/api/state", "/api/overview"):
        _get(port, path)
    while not json.loads(_get(port, "/api/list?limit=100"))["rows"]:
        time.sleep(0.01)
    return time.monotonic() - began


def _whole(port: int, began: float) -> float:
    while not json.loads(_get(port, "/api/state"))["whole"]:
        time.sleep(0.2)
    return time.monotonic() - began


def _p95(port: int, paths: Sequence[str], rounds: int) -> float:
    taken = []
    for path in [*paths] * rounds:
        began = time.monotonic()
        _get(port, path)
        taken.append(time.monotonic() - began)
    return statistics.quantiles(taken, n=20)[-1]


def _rss(pid: int) -> float:
    """The most memory that a process had, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3
