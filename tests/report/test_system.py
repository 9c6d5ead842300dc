"""What is said of the installation and the machine."""

import importlib.metadata
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from qng.report import system
from qng.report.system import Package


def test_every_dependency_is_there_with_its_version():
    found = {package.name: package for package in system.packages()}
    for name in ("numpy", "scipy", "numba", "rich", "typer"):
        assert found[name].version == importlib.metadata.version(name)
        assert found[name].extra == ""
        assert found[name].fits
    assert found["numpy"].version == np.__version__
    assert found["pyscf"].extra == "chemistry"
    assert [p.extra == "" for p in system.packages()] == sorted(
        (p.extra == "" for p in system.packages()), reverse=True
    )


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.2", ">=2.2", True),
        ("2.10.1", ">=2.2", True),
        ("2.1.9", ">=2.2", False),
        ("0.50.0", "<1,>=0.51", False),
        ("", ">=2.2", True),
        ("1.0", "", True),
    ],
)
def test_versions_are_compared_as_numbers(version, wanted, fits):
    assert Package("x", wanted, version, "").fits is fits


def test_the_machine():
    found = system.machine()
    assert found["python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert 1 <= found["cores"]["usable"] <= os.cpu_count()
    assert found["vector"] in (4, 8)


def test_only_known_variables_are_told_and_no_home(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "a-token")
    monkeypatch.setattr(Path, "home", staticmethod(lambda: Path(system.__file__).parents[2]))
    found = system.machine()
    assert found["environment"]["OMP_NUM_THREADS"] == "3"
    assert "a-token" not in repr(found)
    assert found["qng"].endswith(" in ~/qng")


def test_libraries_of_linear_algebra():
    found = system.blas()
    assert found
    assert all(one["threads"] >= 1 and one["library"] for one in found)


def test_kernels_and_their_cache():
    from qng.execute.statevector.kernels.compiling.ways import chosen

    found = system.kernels()
    assert found["compiled"] == chosen().__name__.rpartition(".")[2]
    assert found["files"] >= 0


def test_sizes_are_those_of_files():
    sizes = {size.name: size for size in system.sizes()}
    files = importlib.metadata.files("numpy")
    places = [Path(str(file.locate())) for file in files]
    assert sizes["numpy"].own == sum(p.stat().st_size for p in places if p.is_file())
    # Nothing else needs PennyLane; NumPy goes with nothing.
    assert sizes["pennylane"].added > sizes["pennylane"].own
    assert sizes["numpy"].added == 0
    whole = system.whole()
    assert whole["default"] > whole["plain"] > sizes["numpy"].own


def test_what_was_tested_names_every_dependency():
    """.ci/tested.py has written the file; nothing in it is older than what is asked for."""
    text = (Path(__file__).parents[2] / ".github" / "tested-versions.txt").read_text()
    tested = {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE)
    }
    for package in system.packages():
        if package.extra == "":
            assert package.name in tested
        if package.name in tested:
            assert Package(package.name, package.wanted, tested[package.name], "").fits
