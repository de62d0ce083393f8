"""`apigen-mt audit`: good talks spoilt and varied in known ways, and what the verdict makes of them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from apigen_mt.audit.matrix import Matrix
from apigen_mt.cli_places import MATRIX, refuse_place
from apigen_mt.config import ConfigError
from apigen_mt.run_folder import RunFolder
from apigen_mt.trajectory import Row
from tools_env.port import World
from tools_env.resolve import INSTALLED, UnknownDomain, resolve

DONE, FINDINGS, UNTOLD = 0, 1, 3


def audit(options: argparse.Namespace) -> int:
    """Audit the verdict; 1 with every miss in one line, 3 when there was no talk to audit."""
    from apigen_mt.audit.auditing import GATES, usual
    from apigen_mt.audit.auditing import audit as attack
    from apigen_mt.audit.told import as_text

    if options.count < 1:
        raise ConfigError("--count: at least one task")
    if unknown := sorted(set(options.without) - GATES):
        raise ConfigError(f"--without {unknown[0]}: there is no such gate; there are {', '.join(sorted(GATES))}")
    if options.out:
        refuse_place("--out", options.out, MATRIX)
    for domain in options.domain:
        resolve(domain, Path.cwd())
    for run in options.run:
        RunFolder(run)
    domains = options.domain or (() if options.run else usual())
    matrix = attack(domains, options.run, seed=options.seed, count=options.count, without=options.without)
    text = matrix.model_dump_json(indent=2) if options.json else as_text(matrix)
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")
    print(text)
    if not any(matrix.talks.values()):
        print("apigen-mt: there was no good talk to audit", file=sys.stderr)
        return UNTOLD
    return DONE if matrix.ok else FINDINGS


def audited(domains: Sequence[str]) -> Callable[[Sequence[Row]], Matrix]:
    """An audit of an export's rows, for its card; only of worlds that come along or are named."""
    from apigen_mt.audit.auditing import MOST_EACH, audit_rows

    def world_of(name: str) -> World:
        named = {world.name: world for world in (resolve(domain, Path.cwd()) for domain in domains)}
        if name not in named and name not in INSTALLED:
            raise UnknownDomain(f"its code is run only if you name it too (--domain {name})")
        return named.get(name) or resolve(name)

    return lambda rows: audit_rows(rows, world_of, most=MOST_EACH)
