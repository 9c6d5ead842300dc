"""Kernels are compiled whatever numba has inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from qng.execute.statevector.kernels.compiling import plain, quick, trial, ways
from qng.execute.statevector.kernels.compiling.jit import Kernel
from tests.execute.statevector.kernels.vanishing import NAMES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def test_without_a_name_inside_numba_kernels_are_compiled_plainly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.execute.statevector.kernels.vanishing"]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    found = dict(line.split(": ") for line in lines if not line.startswith(" "))
    # Without `rtsys` it only takes longer to load a kernel.
    needed = {name: "plain" for _, name, _ in NAMES}
    assert found == {"nothing": "quick", **needed, "rtsys": "quick"}
    said = [line for line in lines if line.startswith(f"    numba {numba.__version__} lacks what")]
    assert len(said) == len(NAMES) - 1


def test_a_trial_that_gives_other_numbers_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="qng")
    monkeypatch.setattr(trial, "_whole", Kernel(lambda v, point: True, kept=True, way=plain))
    assert ways.chosen.__wrapped__() is plain
    assert "(ArithmeticError: a trial gave [2.0, 2.0, 3.0, 4.0])" in caplog.text
    assert list(folder.rglob("trial-*")) == []


def test_a_trial_is_passed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ways.chosen.__wrapped__() is quick
    monkeypatch.setattr(trial, "_try", None)
    assert ways.chosen.__wrapped__() is quick


def test_a_numba_that_looks_for_no_kernel_on_disk_is_noticed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick.Cache, "keyed", False)
    assert not quick.keeps(quick.kernel(lambda v: v))


def counted(v: np.ndarray) -> float:
    return float(len(v))


def test_plain_kernels_are_kept_apart_for_other_sources(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misses() -> int:
        kernel = Kernel(counted, kept=True, way=plain)
        assert kernel(np.ones(3)) == 3.0
        return sum(kernel.compiled.stats.cache_misses.values())

    assert (misses(), misses()) == (1, 0)
    monkeypatch.setattr(plain, "fingerprint", lambda: "another")
    assert (misses(), misses()) == (1, 0)
    assert str(folder) == numba.config.CACHE_DIR
