"""What is to be served and how: a model, vLLM's command, parsers, sizes; and the command line that follows."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apigen_mt.serving.families import NONE, Parsers, parsers_of

KEY = "VLLM_API_KEY"
"""vLLM takes its key from this variable; on a command line every user of the machine could read it."""
_OURS = frozenset(
    {"--host", "--port", "--uds", "--api-key", "--served-model-name", "--root-path", "--headless", "--config"}
)
_NAME = re.compile(r"[\w./:+-]{1,200}")


class CannotServe(ValueError):  # noqa: N818 - reads as what is the matter
    """What was asked for cannot be served; one line says why and what to do."""


@dataclass(frozen=True, slots=True)
class Serve:
    """A model to be served by `replicas` of `vllm serve`, each over tensor x data parallel GPUs.

    `name` is what requests call it (default: the model's own name, of a folder its last part). A parser that is not
    named goes by the family, `none` is none. `more` are further arguments, `seconds` how long it may take until it is
    ready, `environment` the variables it is started with. Raises `CannotServe`.
    """

    model: str
    name: str = ""
    command: tuple[str, ...] = ("vllm",)
    tool_parser: str = ""
    reasoning_parser: str = ""
    tensor_parallel: int = 1
    data_parallel: int = 1
    replicas: int = 1
    seconds: float = 1800.0
    more: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.model or self.model.startswith("-"):
            raise CannotServe("--serve: name a model, by its folder or as vLLM knows it")
        if not _NAME.fullmatch(self.served_name):
            raise CannotServe(f"--serve {self.model!r}: name it otherwise with --model, in letters, digits and . - /")
        sizes = (self.tensor_parallel, self.data_parallel, self.replicas)
        if min(sizes) < 1 or max(sizes) > 1024 or not 0 < self.seconds <= 1e6:  # noqa: PLR2004
            raise CannotServe("--tensor-parallel, --data-parallel, --replicas and --serve-timeout: from 1, not so high")
        for argument in self.more:
            flag = argument.partition("=")[0].replace("_", "-")
            if flag in _OURS or flag.startswith("--ssl-"):
                raise CannotServe(f"--vllm-args {flag}: that is set here; leave it out")

    @property
    def served_name(self) -> str:
        """What requests call the model."""
        if self.name:
            return self.name
        folder = Path(self.model)
        return folder.resolve().name if folder.exists() else self.model

    @property
    def devices(self) -> int:
        """How many GPUs one replica takes."""
        return self.tensor_parallel * self.data_parallel

    def parsers(self, *, tools: bool) -> Parsers:
        """The parsers to be used. Raises `CannotServe` where `tools` are needed and nothing says how calls are read."""
        known = parsers_of(self.served_name) or parsers_of(self.model)
        asked, thought = self.tool_parser, self.reasoning_parser
        if tools and not asked and not (known and known.tools):
            raise CannotServe(
                f"--serve {self.model}: how this model writes tool calls is not known here; give --tool-call-parser "
                f"and one of vLLM's names, or {NONE}, where calls are written as plain JSON"
            )
        found = known or Parsers("unknown family")
        return Parsers(found.family, _named(asked, found.tools), _named(thought, found.reasoning))

    def program(self) -> str:
        """Where vLLM's command lies. Raises `CannotServe` if it is nowhere."""
        name = self.command[0] if self.command else ""
        found = shutil.which(name, path=self.environment.get("PATH"))
        if found is None:
            raise CannotServe(
                f"{name or 'vllm'}: no such command; install vLLM into an environment of its own and name it: "
                "--vllm-command /path/to/venv/bin/vllm"
            )
        return found

    def arguments(self, port: int, parsers: Parsers) -> list[str]:
        """The command line of one replica; what the user passes through comes last and wins."""
        line = [self.program(), *self.command[1:], "serve", self.model, "--served-model-name", self.served_name]
        line += [
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--enable-prefix-caching",
            "--enable-prompt-tokens-details",
        ]
        if parsers.tools:
            line += ["--enable-auto-tool-choice", "--tool-call-parser", parsers.tools]
        if parsers.reasoning:
            line += ["--reasoning-parser", parsers.reasoning]
        if self.tensor_parallel > 1:
            line += ["--tensor-parallel-size", str(self.tensor_parallel)]
        if self.data_parallel > 1:
            line += ["--data-parallel-size", str(self.data_parallel)]
        return [*line, *self.more]


def _named(asked: str, known: str) -> str:
    return "" if asked == NONE else asked or known
