"""The commands by name; each loads only what it needs."""

import argparse
from collections.abc import Callable, Mapping


def _audit(options: argparse.Namespace) -> int:
    from apigen_mt.cli_audit import audit

    return audit(options)


def _completion(options: argparse.Namespace) -> int:
    from apigen_mt.cli_completion import completion

    return completion(options)


def _doctor(options: argparse.Namespace) -> int:
    from apigen_mt.cli_doctor import doctor

    return doctor(options)


def _draft(options: argparse.Namespace) -> int:
    from apigen_mt.cli_draft import draft

    return draft(options)


def _play(options: argparse.Namespace) -> int:
    from apigen_mt.cli_play import play

    return play(options)


def _evaluate(options: argparse.Namespace) -> int:
    from apigen_mt.cli_evaluate import evaluate

    return evaluate(options)


def _generate(options: argparse.Namespace) -> int:
    from apigen_mt.cli_generate import generate

    return generate(options)


def _init(options: argparse.Namespace) -> int:
    from apigen_mt.cli_init import init

    return init(options)


def _import_tasks(options: argparse.Namespace) -> int:
    from apigen_mt.cli_imports import import_tasks

    return import_tasks(options)


def _export(options: argparse.Namespace) -> int:
    from apigen_mt.cli_export import export

    return export(options)


def _report(options: argparse.Namespace) -> int:
    from apigen_mt.cli_report import report

    return report(options)


def _reverify(options: argparse.Namespace) -> int:
    from apigen_mt.cli_reading import reverify

    return reverify(options)


def _show(options: argparse.Namespace) -> int:
    from apigen_mt.cli_reading import show

    return show(options)


def _stats(options: argparse.Namespace) -> int:
    from apigen_mt.cli_reading import stats

    return stats(options)


def _verify(options: argparse.Namespace) -> int:
    from apigen_mt.cli_reading import verify

    return verify(options)


def _view(options: argparse.Namespace) -> int:
    from apigen_mt.cli_view import view

    return view(options)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "audit": _audit,
    "completion": _completion,
    "doctor": _doctor,
    "draft": _draft,
    "play": _play,
    "evaluate": _evaluate,
    "generate": _generate,
    "init": _init,
    "import-tasks": _import_tasks,
    "export": _export,
    "report": _report,
    "reverify": _reverify,
    "show": _show,
    "stats": _stats,
    "verify": _verify,
    "view": _view,
}
