"""Hostile configurations: each is told in one line within seconds, runs no code and leaves nothing behind."""

from collections.abc import Mapping

import pytest

from tests.engine.hostile_places import check_told, check_untouched, ended, lay_out, tree

URL = "http://127.0.0.1:9/v1"
ROLE = "model: m, base_url: 'http://127.0.0.1:9/v1'"
BOMB = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10) if n else 'lol'}]\n" for n in range(12))
"""Ten to the eleventh strings, were they written out."""
HUGE = "0x" + "f" * 20_000

TEXTS: Mapping[str, str | bytes] = {
    # tags of a language, and what else YAML can do
    "a call of the system": "domain: !!python/object/apply:os.system ['touch ../hacked']\n",
    "a call of a class": "domain: !!python/object/new:subprocess.Popen [['touch', '../hacked']]\n",
    "a module": "domain: !!python/module:trap\n",
    "a name of a module": "domain: !!python/name:trap.World\n",
    "an object with state": "!!python/object:trap.World {domain: library}\n",
    "a tag of its own": "domain: !World library\n",
    "a tag by address": "%TAG ! tag:yaml.org,2002:python/\n---\ndomain: !object/apply:os.system ['touch ../hacked']\n",
    "bytes": "domain: !!binary bGlicmFyeQ==\n",
    "a set": "domain: library\nkinds: !!set {act, inform}\n",
    "pairs": "domain: library\nkinds: !!pairs [act: 1, act: 2]\n",
    "an alias": "domain: &d library\nmodel: *d\n",
    "an alias bomb": BOMB,
    "an alias of itself": "roles: &r {agent: *r}\n",
    "a merge of itself": "roles: &r {<<: *r}\n",
    "an anchor and a merge": "base: &b {domain: library}\n<<: *b\n",
    "two documents": "domain: library\n---\ndomain: retail\n",
    "a name given twice": "domain: library\nroles: {agent: {model: a, base_url: b, model: c}}\n",
    "a hundred thousand names": "domain: library\nkinds:\n" + "".join(f"  k{n}: 1\n" for n in range(9000)),
    "keys of other types": "domain: library\n1: 2\nnull: 3\ntrue: 4\n",
    "a key that is a list": "? [domain]\n: library\n",
    "a date": "domain: library\nseed: 2026-01-01\n",
    "a date that is none": "domain: library\nseed: 2026-02-31\n",
    # sizes
    "ten thousand brackets": "domain: " + "[" * 10_000,
    "ten thousand names within each other": "domain: " + "{a: " * 10_000,
    "indented without end": "".join(" " * n + f"k{n}:\n" for n in range(400)),
    "a long line": "domain: " + "x" * 99_000,
    "a huge number": f"domain: library\nseed: {HUGE}\n",
    "a huge number in extra": f"domain: library\nroles: {{agent: {{{ROLE}, extra: {{a: {HUGE}}}}}}}\n",
    "a number of many digits": f"domain: library\nseed: {'9' * 5000}\n",
    "a number to the base of sixty": "domain: library\nseed: " + ":".join(["59"] * 3000) + "\n",
    # what is no text
    "no UTF-8": b"domain: \xff\xfe\n",
    "UTF-16": "domain: library\n".encode("utf-16"),
    "a null character": "domain: library\0\n",
    "a null character, written out": 'domain: "library\\0"\n',
    "half of a pair": 'domain: "\\uD800"\n',
    "half of a pair in extra": f'domain: x\nroles: {{agent: {{{ROLE}, extra: {{"\\uD800": "\\uDFFF"}}}}}}\n',
    "colours": 'domain: "\\e[31mred"\n',
    "from right to left": 'domain: "\u202eyrarbil"\n',
    "a line break": 'domain: "library\\nretail"\n',
    "nothing but marks": b"\xef\xbb\xbf\xef\xbb\xbf",
    # wrong types and values
    "a list": "- domain: library\n",
    "a word": "library\n",
    "a number": "7\n",
    "not a number": "domain: library\nsteer: .nan\n",
    "without end": "domain: library\nlimits: {seconds: .inf}\n",
    "less than nothing": "domain: library\ncount: -1\n",
    "a list for a domain": "domain: [library]\n",
    "a word for roles": "domain: library\nroles: everyone\n",
    "a number for a model": f"domain: library\nroles: {{agent: {{model: 7, base_url: '{URL}'}}}}\n",
    "rounds by a list": "domain: library\nrounds: {library: [3]}\n",
    "a network of its own": "domain: library\nroles: {agent: {model: m, base_url: 'file:///etc/passwd'}}\n",
    "an address with a line break": 'domain: library\nroles: {agent: {model: m, base_url: "http://a\\r\\nX: y/v1"}}\n',
    "the talk set by extra": f"domain: library\nroles: {{agent: {{{ROLE}, extra: {{messages: []}}}}}}\n",
    "a variable that is none": f"domain: library\nroles: {{agent: {{{ROLE}, api_key_env: 'HOME; touch ../hacked'}}}}\n",
    "a reviewer's name with a path": f"domain: library\nreviewers: [{{name: ../../x, {ROLE}}}]\n",
    "a judge's name with a line break": f'domain: library\njudges: [{{name: "a\\nb", {ROLE}}}]\n',
    # paths
    "personas of a device": "domain: library\npersonas: /dev/zero\n",
    "personas of a pipe": "domain: library\npersonas: pipe\n",
    "personas of a null character": 'domain: library\npersonas: "a\\0b"\n',
    "personas of somebody else": "domain: library\npersonas: ../outside/nothing\n",
    "against a device": "domain: library\nagainst: [/dev/urandom]\n",
    "against a pipe": "domain: library\nagainst: [pipe]\n",
    "against a null character": 'domain: library\nagainst: ["a\\0b"]\n',
    "against the root": "domain: library\nagainst: [/]\n",
    "against a link to itself": "domain: library\nagainst: [loop]\n",
    "a domain by path": "domain: ../inside/trap:World\n",
    "a domain by a file": "domain: trap.py\n",
    "a checkout that is none": "domain: tau2:retail@/nowhere\n",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_configuration_is_told(here, capsys, name):
    text = TEXTS[name]
    (here / "inside" / "run.yaml").write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    before = tree(here)
    check_told(*ended(capsys, "generate", "--config", "run.yaml", "--out", "run"))
    check_untouched(here, before)


@pytest.mark.parametrize("mark", [b"x", b"a: {\n"], ids=ascii)
def test_a_file_of_a_hundred_megabytes_is_told(here, capsys, mark):
    with (here / "inside" / "run.yaml").open("wb") as file:
        for _ in range(100):
            file.write(mark * (1_000_000 // len(mark)))
    for command in (
        ("generate", "--out", "run", "--config"),
        ("play", "--out", "run", "--blueprints"),
        ("generate", "--domain", "library", "--out", "run", "--against"),
        ("draft", "--domain", "library", "--out", "run", "--personas"),
    ):
        check_told(*ended(capsys, *command, "run.yaml"))
    assert not (here / "inside" / "run").exists()
    (here / "inside" / "run.yaml").unlink()
