from pathlib import PosixPath

import pytest

from apigen_mt.journal import Journal
from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from apigen_mt.run_folder import NotARun, RunFolder, load_run, refuse_foreign
from tests import journals
from tests.apigen_mt.rows import failed, kept, rejected, row


@pytest.fixture
def run(tmp_path):
    rows = [row(0), row(1)]
    outcomes = [kept(0, rows[0]), rejected(1, "wording", "empty"), failed(2, row(3, finished=False)), kept(3, rows[1])]
    with Journal.open(tmp_path / "run", {"seed": 1}) as journal:
        journals.outcomes(journal, *reversed(outcomes))
    (tmp_path / "run/config.yaml").write_text("domain: library\nroles:\n  agent: {model: x, licence: MIT}\n")
    return tmp_path / "run", outcomes


def test_a_run_is_read_in_task_order(run):
    path, outcomes = run
    folder = load_run(path)
    assert list(folder.outcomes()) == outcomes
    assert list(folder.rows()) == [outcomes[0].rows[0], outcomes[3].rows[0]]
    assert [r.verdict.ok for r in folder.failures()] == [False]
    assert folder.config["roles"] == {"agent": {"model": "x", "licence": "MIT"}}
    assert folder.dataset == path / "dataset"
    assert folder.tokens() == {}
    assert RunFolder.looks_like(path)


def test_tokens_come_from_the_journal(run):
    path, _ = run
    key = ReplyKey(role="agent", blueprint="b", attempt=0, turn=0)
    spent = ChatReply.model_validate({"text": "hi", "usage": {"prompt": 5, "completion": 2, "cached": 1}})
    with Journal.open(path, {"seed": 1}) as journal:
        journals.reply(journal, key, "digest", spent)
    assert RunFolder(path).tokens() == {"agent": Usage(prompt=5, completion=2, cached=1)}


def test_what_is_no_run_is_told_in_one_line(run, tmp_path):
    path, _ = run
    with pytest.raises(NotARun, match="there is no such folder"):
        RunFolder(tmp_path / "missing")
    with pytest.raises(NotARun, match=r"holds no journal\.sqlite"):
        RunFolder(tmp_path)
    (path / "config.yaml").write_text("- not\n- settings\n")
    with pytest.raises(NotARun, match="must hold settings by name"):
        _ = RunFolder(path).config
    (path / "config.yaml").write_text("{: [")
    with pytest.raises(NotARun, match=r"config\.yaml") as caught:
        _ = RunFolder(path).config
    assert "\n" not in str(caught.value)
    (path / "config.yaml").unlink()
    with pytest.raises(NotARun, match=r"holds no config\.yaml"):
        RunFolder(path)


def test_a_journal_of_another_version_is_told_in_one_line(run):
    path, _ = run
    with Journal.open(path, {"seed": 1}) as journal:
        journals.outcome(journal, 9, '{"future": true}')
    with pytest.raises(NotARun, match="task 9 was recorded by another version"):
        list(RunFolder(path).rows())
    (path / "journal.sqlite").write_bytes(b"junk")
    with pytest.raises(NotARun, match=r"journal\.sqlite"):
        list(RunFolder(path).outcomes())


class Emptied(PosixPath):
    """A folder from which something goes after it was listed."""

    def iterdir(self):
        yield from super().iterdir()
        yield self / "journal.sqlite-shm"


def test_what_a_reader_takes_away_meanwhile_is_no_harm(run):
    """Whoever closes a journal last takes SQLite's own files with it."""
    folder, _ = run
    vanishing = Emptied(folder)
    assert not all(path.exists() for path in vanishing.iterdir())
    refuse_foreign(vanishing)
