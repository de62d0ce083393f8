"""`apigen-mt init`: every setting is there with its default and a line, and nothing is ever replaced."""

import re

import pytest
import yaml
from pydantic import BaseModel

from apigen_mt.cli import main
from apigen_mt.config import Config, load
from apigen_mt.config_template import FILLED, template
from apigen_mt.config_words import WORDS

DEFAULTS = Config(domain="retail")


def parts(part: BaseModel) -> dict[str, set[str]]:
    """The settings of each part, by the part's class."""
    found = {type(part).__name__: set(type(part).model_fields)}
    for _, value in part:
        found |= parts(value) if isinstance(value, BaseModel) else {}
    return found


def test_it_reads_back_as_the_defaults(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(template(), "utf-8")
    assert load(path, {}) == DEFAULTS


def test_every_setting_is_told_and_none_besides():
    assert {name: set(words) for name, words in WORDS.items()} == parts(DEFAULTS)
    assert yaml.safe_load(template()).keys() | FILLED == set(Config.model_fields)
    for words in WORDS.values():
        assert all(f"# {word}\n" in template() for word in words.values())


def test_what_stands_there_as_a_comment_can_be_uncommented():
    role = "model: m, base_url: 'http://127.0.0.1:9/v1'"
    text = template().replace("# summariser:  #", f"summariser: {{{role}}} #")
    text = text.replace("# reviewers:  #", f"reviewers: [{{name: a, {role}}}] #")
    config = Config.model_validate(yaml.safe_load(text))
    assert (config.summariser.model, config.reviewers[0].name) == ("m", "a")


def test_lines_can_be_read():
    assert max(map(len, template().splitlines())) <= 140
    assert not re.search(r"\bNone\b|\bTrue\b", template())


def test_it_is_written_once_and_never_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert "apigen-mt doctor --config run.yaml" in capsys.readouterr().out
    (tmp_path / "run.yaml").write_text("mine", "utf-8")
    assert main(["init"]) == 2
    assert capsys.readouterr().err.startswith("apigen-mt: run.yaml is there already, and stays as it is")
    assert (tmp_path / "run.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["none/run.yaml", ".", "link"])
def test_a_place_that_cannot_be_written_is_told(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("nowhere")
    assert main(["init", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_can_be_made_from_it_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "all.yaml"]) == 0
    assert main(["generate", "--config", "all.yaml", "--domain", "library", "--count", "2", "--out", "run"]) == 0
    assert main(["generate", "--domain", "library", "--count", "2", "--out", "run"]) == 0
