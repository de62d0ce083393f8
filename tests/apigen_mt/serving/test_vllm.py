"""A real vLLM, started as a run starts it, on a model made here: ready, obeying, and gone. `make vllm` runs it.

`APIGEN_VLLM` names vLLM's command; without it everything here is skipped.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from apigen_mt.models.answers import ask
from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import Endpoint
from apigen_mt.models.wire import OpenAIWire
from apigen_mt.run_folder import RunFolder
from apigen_mt.serving.families import NONE, known_parsers
from apigen_mt.serving.roles import SERVED, SERVED_KEY
from apigen_mt.serving.served import served
from apigen_mt.serving.shim import descendants
from apigen_mt.serving.wanted import Serve
from tests.apigen_mt.given_tasks import tasks, written
from tests.apigen_mt.serving.processes import gone
from tests.one_lane import one_lane
from tools_env.values import Json

VLLM = os.environ.get("APIGEN_VLLM", "")
pytestmark = [
    pytest.mark.skipif(not VLLM, reason="no vLLM is named: APIGEN_VLLM=/path/to/venv/bin/vllm make vllm"),
    pytest.mark.timeout(900),
]
HERE = Path(__file__).parent
SCHEMAS = '{"backend": "xgrammar", "disable_any_whitespace": true}'
"""A model without sense under a schema would write blanks until it is cut off."""
MORE = (
    *("--max-model-len", "16384", "--enforce-eager", "--dtype", "float32", "--max-num-seqs", "4"),
    *("--structured-outputs-config", SCHEMAS),
)
PAINT: dict[str, Json] = {
    "type": "function",
    "function": {
        "name": "paint",
        "description": "Paints the door.",
        "parameters": {
            "type": "object",
            "properties": {"color": {"type": "string", "enum": ["red", "green"]}},
            "required": ["color"],
            "additionalProperties": False,
        },
    },
}


class Painted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    color: Literal["red", "green"]
    dry: bool


def python_of(vllm):
    """The interpreter of vLLM's environment."""
    return str(Path(shutil.which(vllm) or vllm).with_name("python"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny-xlam"
    made = subprocess.run(
        [python_of(VLLM), str(HERE / "tiny_model.py"), str(folder)], check=False, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    return folder


def environment():
    return {**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}


def test_every_parser_in_the_list_of_families_is_one_of_vllms():
    code = (
        "import json; from vllm.tool_parsers import ToolParserManager as T; "
        "from vllm.reasoning import ReasoningParserManager as R; "
        "print(json.dumps([[*T.tool_parsers, *T.lazy_parsers], [*R.reasoning_parsers, *R.lazy_parsers]]))"
    )
    done = subprocess.run([python_of(VLLM), "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tools, reasoning = json.loads(done.stdout.splitlines()[-1])
    listed = known_parsers()
    assert {p.tools for p in listed} - {""} <= set(tools)
    assert {p.reasoning for p in listed} - {""} <= set(reasoning)
    assert NONE not in {*tools, *reasoning}


async def test_it_obeys_tool_choice_and_schemas_and_is_gone_afterwards(model, tmp_path):
    wanted = Serve(str(model), command=(VLLM,), seconds=600, more=MORE, environment=environment())
    async with served(wanted, (SERVED,), tmp_path, tools=True, tell=lambda _: None) as up:
        (url,) = up.addresses[SERVED]
        endpoint = Endpoint(url, up.keys[SERVED_KEY])
        running = descendants(os.getpid())
        assert len(running) >= 3  # the shim, the server and its engine

        said: tuple[Json, ...] = ({"role": "user", "content": "Paint the door."},)
        body: dict[str, Json] = {"model": "tiny-xlam", "messages": list(said), "tools": [PAINT]}
        body |= {"tool_choice": {"type": "function", "function": {"name": "paint"}}, "max_tokens": 200}
        async with OpenAIWire(endpoint, 1) as wire:
            answer = json.loads(await wire.post(json.dumps(body).encode(), 300))
        (call,) = answer["choices"][0]["message"]["tool_calls"]
        assert call["function"]["name"] == "paint"
        assert json.loads(call["function"]["arguments"])["color"] in {"red", "green"}

        async with one_lane(endpoint) as client:
            key = ReplyKey(role="agent", blueprint="b")
            for turn in range(3):
                request = ChatRequest(model="tiny-xlam", messages=said, sampling=Sampling(max_tokens=200, seed=turn))
                assert isinstance(await ask(client, key, request, Painted), Painted)
            long = ChatRequest(model="tiny-xlam", messages=said * 30, sampling=Sampling(max_tokens=1))
            first, second = [(await client.complete(key, long)).usage.cached for _ in range(2)]
        assert second > first  # beginnings are cached, and the server says so
    assert not [pid for pid in running if not gone(pid, 0)]


def started(out, blueprints, model, attempts):
    """A run of `play` with vLLM."""
    line = [sys.executable, "-m", "apigen_mt.cli", "play", "--blueprints", str(blueprints), "--out", str(out)]
    line += ["--config", str(blueprints.with_name("run.yaml")), "--human", "scripted", "--attempts", str(attempts)]
    line += ["--serve", str(model), "--vllm-command", VLLM, "--vllm-args", *MORE]
    return subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_ready(run):
    """What was told before the server was ready, and the processes of the run then."""
    told = []
    while (line := run.stderr.readline()) and " is ready: " not in line:
        told.append(line)
    assert line, "".join(told)
    return "".join(told), descendants(run.pid)


@pytest.fixture
def blueprints(tmp_path):
    (tmp_path / "run.yaml").write_text("limits: {turns: 2}\nroles: {agent: {max_tokens: 48}}\n")
    return written(tmp_path / "tasks.jsonl", tasks(2))


def test_a_run_is_played_by_it_and_nothing_is_left(model, blueprints, tmp_path):
    out = tmp_path / "run"
    with started(out, blueprints, model, 1) as run:
        told, running = until_ready(run)
        said, wrong = run.communicate()
    assert (run.returncode, said.splitlines()[-1].split(":")[0]) == (0, "0 rows from 2 of 2 blueprints"), wrong
    assert "tool calls: xlam" in told
    assert len(running) >= 3
    assert not [pid for pid in running if not gone(pid, 0)]
    assert RunFolder(out).tokens()["agent"].completion > 0


def test_it_is_gone_when_the_run_is_killed(model, blueprints, tmp_path):
    with started(tmp_path / "run", blueprints, model, 500) as run:
        _, running = until_ready(run)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert run.returncode == -signal.SIGKILL
    assert len(running) >= 3
    assert not [pid for pid in running if not gone(pid, 60)]
