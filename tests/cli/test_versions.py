"""`qng versions`."""

import numpy as np

from qng import __version__
from tests.cli.test_commands import as_json, done


def test_a_table_for_bug_reports():
    out = done("versions")
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert __version__ in rows["qng"]
    assert np.__version__ in rows["numpy"]
    for key in ("python", "system", "processor", "cores", "environment", "BLAS", "kernels"):
        assert len(rows[key].split()) > 1
    assert "MB in " in rows["kernels"] or "nowhere" in rows["kernels"]
    assert "plain exact run" not in out


def test_sizes():
    out = done("versions", "--sizes")
    assert "a default install takes " in out
    assert "matplotlib, pennylane, qiskit and qiskit-aer may be missing" in out


def test_as_json():
    found = as_json("versions")
    assert set(found) == {"machine", "blas", "kernels", "packages"}
    assert {row["name"] for row in found["packages"]} >= {"numpy", "qiskit"}
    whole = as_json("versions", "--sizes")["whole"]
    assert whole["plain"] < whole["default"]
