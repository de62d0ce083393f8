"""What is served and how: the command line, the GPUs, and what is refused before anything is started."""

import pytest

from apigen_mt.serving.gpus import VISIBLE, shared_out, visible
from apigen_mt.serving.wanted import CannotServe, Serve


def line(wanted, *, tools=True):
    return wanted.arguments(8123, wanted.parsers(tools=tools))


def wanted_of(model, **more):
    return Serve(model, command=("/bin/true", "run"), **more)


def after(arguments, flag):
    return arguments[arguments.index(flag) + 1]


def test_the_command_line_has_what_a_run_needs():
    found = line(wanted_of("Qwen/Qwen3-8B", tensor_parallel=2, data_parallel=4, more=("--max-model-len", "16384")))
    assert found[:4] == ["/bin/true", "run", "serve", "Qwen/Qwen3-8B"]
    assert (after(found, "--host"), after(found, "--port")) == ("127.0.0.1", "8123")
    assert after(found, "--served-model-name") == "Qwen/Qwen3-8B"
    assert {"--enable-prefix-caching", "--enable-prompt-tokens-details", "--enable-auto-tool-choice"} <= set(found)
    assert (after(found, "--tool-call-parser"), after(found, "--reasoning-parser")) == ("hermes", "qwen3")
    assert (after(found, "--tensor-parallel-size"), after(found, "--data-parallel-size")) == ("2", "4")
    assert found[-2:] == ["--max-model-len", "16384"]
    assert not [argument for argument in found if "guided" in argument or "key" in argument]


def test_parsers_can_be_named_or_left_out():
    named = line(wanted_of("Qwen/Qwen3-8B", tool_parser="qwen3_xml", reasoning_parser="none"))
    assert after(named, "--tool-call-parser") == "qwen3_xml"
    assert "--reasoning-parser" not in named
    none = line(wanted_of("acme/clerk", tool_parser="none"))
    assert "--enable-auto-tool-choice" not in none


def test_an_unknown_family_is_refused_where_tools_are_called():
    with pytest.raises(CannotServe, match=r"acme/clerk: how .* is not known.*--tool-call-parser"):
        line(wanted_of("acme/clerk"))
    assert "--tool-call-parser" not in line(wanted_of("acme/clerk"), tools=False)


def test_a_folder_is_called_by_its_last_part(tmp_path):
    (tmp_path / "clerk-7b").mkdir()
    wanted = wanted_of(f"{tmp_path}/clerk-7b/")
    assert wanted.served_name == "clerk-7b"
    assert wanted_of(str(tmp_path), name="xlam-mine").served_name == "xlam-mine"


@pytest.mark.parametrize(
    "more", ["--port=80", "--host", "--api_key", "--api-key=x", "--served-model-name", "--ssl-keyfile", "--config"]
)
def test_what_is_set_here_cannot_be_passed_through(more):
    with pytest.raises(CannotServe, match="that is set here"):
        wanted_of("xlam", more=("--enforce-eager", more))


@pytest.mark.parametrize("bad", [{"replicas": 0}, {"tensor_parallel": -1}, {"seconds": 0}, {"name": "a b"}])
def test_senseless_settings_are_refused(bad):
    with pytest.raises(CannotServe):
        wanted_of("xlam", **bad)
    with pytest.raises(CannotServe, match="name a model"):
        wanted_of("--trust-remote-code")


def test_a_command_that_is_not_there_is_told_with_the_way_out():
    with pytest.raises(CannotServe, match=r"no such command.*--vllm-command"):
        Serve("xlam", environment={"PATH": "/nowhere"}).program()


def test_replicas_share_what_can_be_seen(tmp_path):
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
    assert visible({}, tmp_path) == ("0", "1")
    assert visible({}, tmp_path / "none") == ()
    assert visible({VISIBLE: "GPU-aa, GPU-bb"}, tmp_path) == ("GPU-aa", "GPU-bb")
    assert shared_out(("0", "1", "2", "3"), 2, 2) == [{VISIBLE: "0,1"}, {VISIBLE: "2,3"}]
    assert shared_out(("0", "1"), 1, 1) == [{}]
    assert shared_out((), 3, 1) == [{}, {}, {}]
    with pytest.raises(CannotServe, match="need 4, and 2 can be seen"):
        shared_out(("0", "1"), 2, 2)
