"""Flags that have a run watched, and what watches it: metrics, a structured log, traces."""

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from secrets import token_hex

from apigen_mt.config import Command, Config, ConfigError
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.watching.log import Log, LogError
from apigen_mt.watching.metrics import LOOPBACK, MetricsServer
from apigen_mt.watching.several import Several
from apigen_mt.watching.traces import NoTraces, Traces, collector

_PORTS = range(1 << 16)


@contextmanager
def watching(options: argparse.Namespace, config: Config, progress: Observer) -> Iterator[Observer]:
    """Whoever is to watch besides, for as long as the block lasts. Raises `ConfigError` where nobody can."""
    if options.metrics_host is not None and options.metrics_port is None:
        raise ConfigError("--metrics-host goes with --metrics-port")
    with ExitStack() as stack:
        observers = [] if progress is SILENT else [progress]
        if options.metrics_port is not None:
            server = _metrics(options.metrics_host or LOOPBACK, options.metrics_port, config.count)
            stack.callback(server.close)
            _say(f"metrics at http://{server.host}:{server.port}/metrics")
            observers.append(server.metrics)
        if options.log is not None:
            log = _log(options)
            stack.callback(_closed, log, f"--log {options.log}")
            log.note("begun", command=options.command, count=config.count, concurrency=config.concurrency)
            observers.append(log)
        if options.traces:
            traces = _traces(options, config)
            stack.callback(_closed, traces, "--traces")
            observers.append(traces)
        yield Several(observers) if observers else SILENT


def _metrics(host: str, port: int, asked: int) -> MetricsServer:
    if port not in _PORTS:
        raise ConfigError(f"--metrics-port {port}: a port is a number from 0, for a free one, to {_PORTS[-1]}")
    try:
        return MetricsServer.start(port, host, asked=asked)
    except OSError as error:
        told = f"--metrics-port {port} at {host}: {error.strerror or error}"
        raise ConfigError(f"{told}; give another port, or 0 for a free one") from error


def _log(options: argparse.Namespace) -> Log:
    try:
        return Log(options.log, run=options.out.resolve().name, sitting=token_hex(4))
    except (LogError, ValueError) as error:
        raise ConfigError(f"--log {error}") from error


def _traces(options: argparse.Namespace, config: Config) -> Traces:
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # spans that are lost are told once, below
    logging.getLogger("opentelemetry").propagate = False
    try:
        return Traces(collector(), run=options.out.resolve().name, models=models_of(config, options.command))
    except NoTraces as error:
        raise ConfigError(f"--{error}") from error


def models_of(config: Config, command: Command) -> Mapping[str, str]:
    """The models of a command by the roles under which they are asked."""
    roles = config.roles
    named = {"author": roles.author, "human": roles.human, "agent": roles.agent, "summariser": config.summariser}
    named |= {f"reviewer:{reviewer.name}": reviewer for reviewer in config.reviewers}
    named |= {f"judge:{judge.name}": judge for judge in config.judges}
    playing = {id(role) for role in config.models(command)}
    return {name: role.model for name, role in named.items() if id(role) in playing}


def _closed(watcher: Log | Traces, flag: str) -> None:
    watcher.close()
    if watcher.lost:
        _say(f"{flag}: {watcher.lost} entries could not be written; the run is not affected")


def _say(line: str) -> None:
    print(f"apigen-mt: {line}", file=sys.stderr)
