"""What a mistyped command line is told: one line, what was probably meant, and nothing that might be a key."""

import pytest

from apigen_mt.cli import main
from apigen_mt.config import ConfigError, parse

KEY = "sk-hidden-4711"
RUN = ("generate", "--domain", "library", "--out", "run")


def refused(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    assert (end.value.code, out, err.count("\n")) == (2, "", 1)
    line: str = err
    return line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "apigen-mt: name a command, one of audit, completion, doctor, "),
        (("exprot", "run"), "apigen-mt: argument COMMAND: invalid choice: 'exprot', did you mean export? (see "),
        (("--versoin",), "apigen-mt: unrecognized arguments: --versoin, did you mean --version?"),
        (("generate", "retail"), "required: --out, such as: apigen-mt generate --domain retail --count 50 --out runs/"),
        (("frobnicate",), "invalid choice: 'frobnicate', use generate, draft, play, "),
        (
            (*RUN, "--modle", "m"),
            "apigen-mt generate: unrecognized arguments: --modle ..., did you mean --model? (see ",
        ),
        ((*RUN, "--zzz"), "apigen-mt generate: unrecognized arguments: --zzz (see apigen-mt generate --help)"),
        ((*RUN, f"--api-key={KEY}", KEY), "unrecognized arguments: --api-key ... (see "),
        ((*RUN, "--human", "scriptd"), "argument --human: invalid choice: 'scriptd', did you mean scripted?"),
        ((*RUN, "--human", "actor"), "argument --human: invalid choice: 'actor', use scripted, model (see "),
        (("audit", "--withuot", "x"), "unrecognized arguments: --withuot ... (see apigen-mt audit --help)"),
        (("completion", "tcsh"), "invalid choice: 'tcsh', use bash, zsh, fish"),
        (
            ("stats", "a\x1b[2Jb", "c", "d\n"),
            "stats: unrecognized arguments: ... ..., no flag takes them (see ",
        ),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_was_probably_meant_is_told(capsys, arguments, line):
    said = refused(capsys, *arguments)
    assert line in said
    assert KEY not in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("domain", "near"), [("retial", "retail"), ("Library", "library"), ("tau2:retial", "tau2:retail")]
)
def test_a_domain_that_is_nearly_one_is_told(tmp_path, capsys, domain, near):
    assert main(["generate", "--domain", domain, "--out", str(tmp_path / "run")]) == 2
    assert f"unknown domain '{domain}', did you mean {near}?\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"cuont": 3}, "cuont: there is no such setting, did you mean count?"),
        ({"roles": {"agent": {"modle": "m"}}}, "roles.agent.modle: there is no such setting, did you mean model?"),
        ({"reviewers": [{"nmae": "a"}]}, "reviewers.0.nmae: there is no such setting, did you mean name?"),
        ({"limits": {"colour": 3}}, "limits.colour: there is no such setting"),
    ],
)
def test_a_setting_that_is_nearly_one_is_told(settings, line):
    with pytest.raises(ConfigError) as told:
        parse({"domain": "library", **settings})
    assert str(told.value) in {
        line,
        "reviewers.0.name is missing: give --reviewers.0.name, or set it in the configuration file",
    }


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("apigen-mt 0.")
