"""Flags of a sitting: who watches it and which model is served for it. Light, for they are on the way to --help."""

import argparse
from pathlib import Path

from apigen_mt.serving.families import NONE


def watching_flags(command: argparse.ArgumentParser) -> None:
    """What the commands share that make or continue a run."""
    group = command.add_argument_group("watching a run")
    told = "serve Prometheus metrics at http://127.0.0.1:PORT/metrics while the run goes on; 0 takes a free port"
    group.add_argument("--metrics-port", type=int, metavar="PORT", help=told)
    told = "the address that --metrics-port listens at (default: 127.0.0.1, this machine only)"
    group.add_argument("--metrics-host", metavar="ADDRESS", help=told)
    told = "add a JSON line for each request, retry and task to FILE; ids and counts, nothing that was said"
    group.add_argument("--log", type=Path, metavar="FILE", help=told)
    told = "send OpenTelemetry spans to where the variables OTEL_EXPORTER_OTLP_* say; needs apigen-mt[otel]"
    group.add_argument("--traces", action="store_true", help=told)


def serving_flags(command: argparse.ArgumentParser) -> None:
    """What the commands share that ask models."""
    group = command.add_argument_group("serving a model with vLLM, which is installed apart")
    told = (
        "start `vllm serve MODEL` for this run and stop it afterwards; it plays every role that --model would set, "
        "but for those whose endpoint --config names. --model then names it in requests and rows"
    )
    group.add_argument("--serve", metavar="MODEL", help=told)
    told = "vLLM's command, such as /path/to/venv/bin/vllm (default: vllm)"
    group.add_argument("--vllm-command", metavar="COMMAND", help=told)
    told = f"vLLM's parser of tool calls, or {NONE} (default: by the model's family)"
    group.add_argument("--tool-call-parser", metavar="NAME", help=told)
    told = f"vLLM's parser of reasoning, or {NONE} (default: by the model's family)"
    group.add_argument("--reasoning-parser", metavar="NAME", help=told)
    told = "so many servers, each with its share of the GPUs that can be seen (default: 1)"
    group.add_argument("--replicas", type=int, metavar="N", help=told)
    group.add_argument("--tensor-parallel", type=int, metavar="T", help="GPUs that share each layer of the model")
    group.add_argument("--data-parallel", type=int, metavar="D", help="copies of the model behind one server")
    told = "seconds until it has to be ready (default: 1800); a server that ends before is told at once"
    group.add_argument("--serve-timeout", type=float, metavar="S", help=told)
    told = "everything after this goes to `vllm serve` as it is, such as --max-model-len 16384"
    group.add_argument("--vllm-args", nargs=argparse.REMAINDER, metavar="...", help=told)
