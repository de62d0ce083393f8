"""Flags that have a model served as long as the run lasts."""

import argparse
import os
import shlex

from apigen_mt.config import ConfigError
from apigen_mt.serving.wanted import Serve

_NEEDED = ("vllm_command", "tool_call_parser", "reasoning_parser", "replicas", "tensor_parallel", "data_parallel",
           "serve_timeout", "vllm_args")  # fmt: skip


def serve_of(options: argparse.Namespace) -> Serve | None:
    """What the flags have served; nothing without --serve. Raises `ConfigError` and `CannotServe`."""
    given = {name: getattr(options, name) for name in _NEEDED if getattr(options, name) is not None}
    if options.serve is None:
        if given:
            raise ConfigError(f"--{next(iter(given)).replace('_', '-')} goes with --serve")
        return None
    if options.base_url is not None:
        raise ConfigError("--serve and --base-url: the one starts a server, the other names one; give one of them")
    try:
        command = tuple(shlex.split(given.get("vllm_command", "vllm")))
    except ValueError as error:
        raise ConfigError(f"--vllm-command: {error}") from error
    return Serve(
        options.serve,
        name=options.model or "",
        command=command,
        tool_parser=given.get("tool_call_parser", ""),
        reasoning_parser=given.get("reasoning_parser", ""),
        tensor_parallel=given.get("tensor_parallel", 1),
        data_parallel=given.get("data_parallel", 1),
        replicas=given.get("replicas", 1),
        seconds=given.get("serve_timeout", 1800.0),
        more=tuple(given.get("vllm_args", ())),
        environment=dict(os.environ),
    )
