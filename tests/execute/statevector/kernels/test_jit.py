"""Kernels on disk: compiled once, said once, loaded by whoever comes next."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from qng.execute.statevector.kernels.bundles import Bundle
from qng.execute.statevector.kernels.compiling import cache, jit


def doubled(v: Any) -> None:
    for k in range(len(v)):
        v[k] *= 2.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    cache._tell.cache_clear()
    return tmp_path


def run() -> int:
    """A process that comes to the kernel; how many versions of it it had to compile."""
    kernel: Any = jit.kernel(doubled)
    v = np.arange(3.0)
    kernel(v)
    assert v.tolist() == [0.0, 2.0, 4.0]
    return sum(kernel.compiled.stats.cache_misses.values())


def test_a_kernel_is_compiled_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="qng")
    assert run() == 1
    assert [record.getMessage() for record in caplog.records] == [
        "the simulator's loops are compiled, once on this machine: about 20 seconds"
    ]
    cache._tell.cache_clear()
    assert run() == 0
    assert len(caplog.records) == 1


def test_a_change_of_any_source_compiles_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (run(), run()) == (1, 0)
    monkeypatch.setattr(cache, "fingerprint", lambda: "another")
    assert (run(), run()) == (1, 0)
    assert list(folder.rglob("*.nbi"))


def test_without_what_is_private_to_numba(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run() == 1
    monkeypatch.setattr(cache, "_references", None)
    assert run() == 0


def test_without_a_folder_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, f: Any) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(cache.Cache, "__init__", refuse)
    assert (run(), run()) == (1, 1)


def test_python_looks_for_garbage_after_a_kernel_is_compiled(folder: Path) -> None:
    assert gc.isenabled()
    assert run() == 1
    assert gc.isenabled()


def test_arrays_of_a_bundle_are_contiguous() -> None:
    grid = np.arange(6.0).reshape(2, 3)
    assert Bundle((grid, 3)).kind is Bundle((grid + 1.0, 4)).kind
    with pytest.raises(ValueError, match="contiguous"):
        Bundle((grid.T, 3))
