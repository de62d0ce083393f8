"""Proving again what lies in files: read, re-execute, re-judge, re-render (design: rows). Files are not trusted."""

from collections.abc import Collection
from pathlib import Path

from apigen_mt.export import dataset, export
from apigen_mt.run_folder import RunFolder
from apigen_mt.verifying.folders import compare_dataset, compare_export, compared
from apigen_mt.verifying.lines import blueprints_of, contents_of, rows_of
from apigen_mt.verifying.proof import Proof, Resolver
from apigen_mt.verifying.report import VerifyReport
from apigen_mt.verifying.rows import check_rows
from apigen_mt.verifying.runs import check_run
from apigen_mt.verifying.tasks import check_tasks
from tools_env.resolve import INSTALLED


def verify(path: Path, resolve_world: Resolver, *, domains: Collection[str] = ()) -> VerifyReport:
    """Check a run folder, a dataset, an export, a `.jsonl` or `.parquet` file of canonical rows, or a file of
    blueprints.

    Rows and blueprints name their domains. A name such as `module:Class` is code: other than built-in ones are only
    resolved when they are listed in `domains`. Never raises for what the files hold.
    """
    proof = Proof(resolve_world, INSTALLED | frozenset(domains))
    try:
        _verify(path, proof)
    except OSError as error:
        proof.doubt(str(path), f"cannot be read: {error.strerror or error}")
    return proof.report()


def _verify(path: Path, proof: Proof) -> None:
    if path.is_dir() and RunFolder.looks_like(path):
        check_run(path, proof)
    elif not path.exists():
        proof.doubt(str(path), "there is no such file or folder")
    elif path.is_file():
        _check_file(path, proof)
    elif (path / export.PROOF).is_file():
        check_rows(rows_of(path / export.PROOF, proof), proof)
        compared(compare_export, path, proof)
    elif (path / dataset.LINES).is_file():
        check_rows(rows_of(path / dataset.LINES, proof), proof)
        compared(compare_dataset, path, proof)
    else:
        proof.doubt(str(path), f"is no run and holds neither {export.PROOF} nor {dataset.LINES}")


def _check_file(path: Path, proof: Proof) -> None:
    match contents_of(path):
        case "rows":
            check_rows(rows_of(path, proof), proof)
        case "blueprints":
            check_tasks(blueprints_of(path, proof), proof)
        case None:
            proof.doubt(str(path), "holds neither canonical rows nor blueprints")
