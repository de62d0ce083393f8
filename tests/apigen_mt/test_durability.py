"""What a run must survive: other speeds, other hash seeds, kill -9 at any moment, a full disk, an interrupt."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from apigen_mt import load_run
from apigen_mt.cli import main
from apigen_mt.journal import Journal, JournalError
from tests.apigen_mt.model_server import Understudies, roles
from tests.blueprints.talks import planned, world_of
from tests.chat_server import ChatServer

ROOT = Path(__file__).resolve().parents[2]
CLI = (sys.executable, "-m", "apigen_mt.cli")
HEAR = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from apigen_mt.cli import main
sys.exit(main())
"""
HEARING = (sys.executable, "-c", HEAR)
"""The same where an interrupt is heard, also when these tests run in the background, where it is not."""
PAUSE = 0.002
"""Seconds between two looks at a run that is going on."""


def flags(domain: str, count: int, out: Path, concurrency: int = 64) -> list[str]:
    return ["generate", "--domain", domain, "--count", str(count), "--out", str(out), "--quiet",
            "--concurrency", str(concurrency)]  # fmt: skip


def started(arguments: list[str], hash_seed: str = "random", before: tuple[str, ...] = CLI) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.Popen(
        [*before, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr."""
    _, err = process.communicate(timeout=600)
    return process.returncode, err


def goes_on(arguments: list[str]) -> bool:
    """Whether a command ends well in this process, where nothing else is asked of it."""
    return main(arguments) == 0


def dataset(run: Path) -> dict[str, bytes]:
    folder = run / "dataset"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def outcomes(run: Path) -> list[int]:
    """Numbers of the tasks whose outcome the journal holds; none while there is no journal yet."""
    try:
        with Journal.read(run) as journal:
            tasks = [task for task, _ in journal.outcomes()]
            assert journal.damaged == 0
            return tasks
    except JournalError:
        return []


def killed(process: subprocess.Popen[str], due: Callable[[], bool]) -> bool:
    """Kill the process as soon as it is `due`; False if it had ended by itself."""
    nap = threading.Event()
    while process.poll() is None:
        if due():
            process.kill()
            process.communicate()
            return True
        nap.wait(PAUSE)
    code, err = finished(process)
    assert code == 0, err
    return False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that nobody disturbs, with one talk at a time, by domain and count."""
    folder = tmp_path_factory.mktemp("whole")
    done: dict[tuple[str, int], tuple[Path, float]] = {}

    def run(domain: str, count: int) -> tuple[Path, float]:
        """The run and the seconds it took."""
        if (domain, count) not in done:
            out = folder / f"{domain}-{count}"
            begun = time.monotonic()
            assert finished(started(flags(domain, count, out, 1), hash_seed="1")) == (0, "")
            done[domain, count] = out, time.monotonic() - begun
        return done[domain, count]

    return run


def check_same_bytes(whole, tmp_path: Path, domain: str, count: int, settings: list[tuple[int, str]]) -> None:
    """The dataset of every (concurrency, hash seed) is the undisturbed one, byte for byte."""
    expected = dataset(whole(domain, count)[0])
    assert len(expected["data/train.jsonl"].splitlines()) == count
    for concurrency, hash_seed in settings:
        out = tmp_path / f"{concurrency}-{hash_seed}"
        assert finished(started(flags(domain, count, out, concurrency), hash_seed)) == (0, "")
        assert dataset(out) == expected


@pytest.mark.parametrize(("domain", "count"), [("library", 12), ("retail", 6)])
def test_the_same_seed_gives_the_same_bytes(whole, tmp_path, domain, count):
    check_same_bytes(whole, tmp_path, domain, count, [(64, "random")])


@pytest.mark.proof
@pytest.mark.parametrize("domain", ["library", "retail"])
def test_the_same_seed_gives_the_same_bytes_at_length(whole, tmp_path, domain):
    check_same_bytes(whole, tmp_path, domain, 300, [(1, "2"), (7, "3"), (64, "4"), (64, "random")])


def test_a_raised_count_extends_a_run_and_leaves_the_first_rows_alone(whole, tmp_path):
    out, domain = tmp_path / "run", "library"
    assert goes_on(flags(domain, 5, out))
    first = dataset(out)["data/train.jsonl"]
    assert goes_on(flags(domain, 12, out))
    assert dataset(out)["data/train.jsonl"].startswith(first)
    assert dataset(out) == dataset(whole(domain, 12)[0])


def disturbed(run: Path, arguments: list[str], moments: list[Callable[[], Callable[[], bool]]]) -> int:
    """Kill a run at every moment and continue it each time, then let it end; the kills that met it alive."""
    met = 0
    for moment in moments:
        before = outcomes(run)
        met += killed(started(arguments), moment())
        after = outcomes(run)
        assert after[: len(before)] == before
        assert after == list(range(len(after)))
    assert goes_on(arguments)
    return met


def check_unharmed(run: Path, undisturbed: Path, count: int) -> None:
    """A disturbed run ended as the undisturbed one: no row twice, none lost, nothing left lying about."""
    assert dataset(run) == dataset(undisturbed)
    rows = [json.loads(line)["id"] for line in dataset(run)["data/train.jsonl"].splitlines()]
    assert len(rows) == len(set(rows)) == count
    assert outcomes(run) == list(range(count))
    left = {path.name for path in run.iterdir() if not path.name.startswith("journal.sqlite")}
    assert left == {"config.yaml", "dataset", "journal.lock"}


def elapsed(seconds: float) -> Callable[[], Callable[[], bool]]:
    """A moment so many seconds after the start."""

    def begin() -> Callable[[], bool]:
        due = time.monotonic() + seconds
        return lambda: time.monotonic() >= due

    return begin


def recorded(run: Path, tasks: int) -> Callable[[], Callable[[], bool]]:
    """The moment at which so many outcomes stand in the journal."""

    def due() -> bool:
        try:
            with Journal.read(run) as journal:
                return journal.tasks() >= tasks
        except JournalError:
            return False

    return lambda: due


def further(run: Path, tasks: int, seconds: float) -> Callable[[], Callable[[], bool]]:
    """The moment at which a sitting has added so many outcomes, and some time has gone by since."""

    def begin() -> Callable[[], bool]:
        goal = len(outcomes(run)) + tasks
        reached: list[float] = []

        def due() -> bool:
            if not reached and len(outcomes(run)) >= goal:
                reached.append(time.monotonic())
            return bool(reached) and time.monotonic() >= reached[0] + seconds

        return due

    return begin


def appears(path: Path) -> Callable[[], Callable[[], bool]]:
    """The moment at which a file is there."""
    return lambda: path.exists


def test_a_killed_run_goes_on_where_it_was(whole, tmp_path):
    """Before the journal is there, at its first outcomes, in the middle, and while the dataset is being written."""
    out, count = tmp_path / "run", 12
    undisturbed, _ = whole("library", count)
    moments = [
        appears(out / "journal.lock"),
        recorded(out, 1),
        recorded(out, 6),
        appears(out / ".dataset.part"),
    ]
    met = disturbed(out, flags("library", count, out), moments)
    assert met == len(moments)
    check_unharmed(out, undisturbed, count)


@pytest.mark.proof
@pytest.mark.parametrize("domain", ["library", "retail"])
def test_a_run_killed_at_twenty_random_moments_ends_like_an_undisturbed_one(whole, tmp_path, domain):
    """Five moments lie in the start of a sitting, one in the writing of the dataset, the others anywhere between."""
    out, count, rng = tmp_path / "run", 300, random.Random(f"kill {domain}")
    undisturbed, seconds = whole(domain, count)
    moments = [further(out, rng.randint(3, 17), rng.uniform(0, 2 * seconds / count)) for _ in range(14)]
    for _ in range(5):
        moments.insert(rng.randint(0, len(moments)), elapsed(rng.uniform(0, 1.5)))
    met = disturbed(out, flags(domain, count, out), [*moments, appears(out / ".dataset.part")])
    assert met == 20
    check_unharmed(out, undisturbed, count)


def asked(server: ChatServer, requests: int) -> bool:
    return server.requests >= requests


def check_stops_of_a_model_run(tmp_path: Path, count: int, stops: Sequence[tuple[int, int]], concurrency: int) -> int:
    """Stop a model run with a signal after so many requests each; the requests that were paid twice."""
    out, settings = tmp_path / "run", tmp_path / "run.yaml"
    with ChatServer(Understudies(world_of("library"), planned("library", count, as_run=True))).in_thread() as server:
        settings.write_text(json.dumps({"roles": roles(server.url)}), "utf-8")
        arguments = [*flags("library", count, out, concurrency), "--config", str(settings)]
        for requests, stop in stops:
            assert stopped(started(arguments, before=HEARING), partial(asked, server, requests), stop)
        assert goes_on(arguments)
        twice = server.requests
        with Journal.read(out) as journal:
            twice -= journal.replies()
        assert goes_on([*flags("library", count, tmp_path / "other", 1), "--config", str(settings)])
    assert dataset(out) == dataset(tmp_path / "other")
    assert outcomes(out) == list(range(count))
    assert Counter(o.status for o in load_run(out).outcomes())["kept"] >= count * 0.6
    return twice


def stopped(process: subprocess.Popen[str], due: Callable[[], bool], stop: int) -> bool:
    """Stop the process as soon as it is `due`; an interrupted one says so."""
    if stop == signal.SIGKILL:
        return killed(process, due)
    nap = threading.Event()
    while process.poll() is None and not due():
        nap.wait(PAUSE)
    process.send_signal(stop)
    assert finished(process) == (130, "apigen-mt: interrupted; the same command goes on where it stopped\n")
    return True


def test_a_stopped_model_run_says_so_and_pays_again_only_for_what_was_under_way(tmp_path):
    """Killed in one of its first talks, interrupted in the middle."""
    stops = [(15, signal.SIGKILL), (60, signal.SIGINT)]
    assert 0 <= check_stops_of_a_model_run(tmp_path, 8, stops, concurrency=3) <= 2 * 3


@pytest.mark.proof
def test_a_model_run_killed_ten_times_pays_again_only_for_what_was_under_way(tmp_path):
    rng = random.Random("kill a model run")
    kills = [(requests, signal.SIGKILL) for requests in sorted(rng.sample(range(10, 500), 10))]
    twice = check_stops_of_a_model_run(tmp_path, 40, kills, concurrency=16)
    print(f"10 kills of a model run with 16 talks at a time: {twice} replies paid twice")  # noqa: T201
    assert 0 <= twice <= 10 * 16


LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from apigen_mt.cli import main
sys.exit(main())
"""


def refused_for_want_of_room(out: Path, limit: int) -> str:
    """The line that a run ends with when no file may grow beyond `limit` bytes; nothing half-written is left."""
    code, err = finished(started(flags("library", 12, out), before=(sys.executable, "-c", LIMITED, str(limit))))
    assert (code, err.count("\n")) == (3, 1), err
    assert not (out / "dataset").exists()
    assert not (out / ".dataset.part").exists()
    return err


@pytest.mark.parametrize(("limit", "tasks"), [(0, 0), (130_000, 1)], ids=["from the start", "soon"])
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(whole, tmp_path, limit, tasks):
    out, (undisturbed, _) = tmp_path / "run", whole("library", 12)
    assert refused_for_want_of_room(out, limit).startswith(f"apigen-mt: {out}")
    done = outcomes(out)
    assert tasks <= len(done) < 12
    assert done == list(range(len(done)))
    assert goes_on(flags("library", 12, out))
    check_unharmed(out, undisturbed, 12)


def test_a_disk_too_full_for_the_dataset_costs_nothing_that_was_done(whole, tmp_path):
    out, (undisturbed, _) = tmp_path / "run", whole("library", 12)
    assert killed(started(flags("library", 12, out)), appears(out / ".dataset.part")())
    assert refused_for_want_of_room(out, 100_000).startswith(f"apigen-mt: cannot write {out / 'dataset'}: ")
    assert outcomes(out) == list(range(12))
    assert goes_on(flags("library", 12, out))
    check_unharmed(out, undisturbed, 12)


@pytest.mark.proof
def test_an_interrupted_run_says_so_and_goes_on(whole, tmp_path):
    out, count = tmp_path / "run", 300
    undisturbed, _ = whole("library", count)
    process = started(flags("library", count, out, 4), before=HEARING)
    assert stopped(process, recorded(out, 3)(), signal.SIGINT)
    assert 3 <= len(outcomes(out)) < count
    assert goes_on(flags("library", count, out))
    check_unharmed(out, undisturbed, count)
