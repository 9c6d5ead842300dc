"""Metrics are tensors: in other coordinates they are A^T M A, and their steps are the same ones."""

import numpy as np
import pytest

import qng
from qng.circuit.circuit import Circuit

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; input float c; '
BODY = (
    "qubit[2] q; ry(0.4) q[0]; rx({a}) q[0]; ry({b}) q[1]; cx q[0], q[1]; t q[1]; rz(2*({a})) q[1];"
    "ry({c}) q[0]; cz q[0], q[1]; rx({b} - ({c})) q[1];"
)
A = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 0.5], [1.0, 0.0, 1.5]])
OURS = Circuit.from_qasm(HEADER + BODY.format(a="a", b="b", c="c"))
MOVED = Circuit.from_qasm(HEADER + BODY.format(a="a + 2*b", b="0.5*c - b", c="a + 1.5*c"))
H = {"Z0 Z1": 1.0, "X1": -0.4, "Y0": 0.7, "X0 X1": 0.2}
THERE = np.array([0.3, -0.5, 0.8])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("exact", {}),
        ("observables", {}),
        ("observables", {"words": "local-2", "floor": 0.3}),
        ("observables", {"weight": "coefficients"}),
        ("observables", {"weight": "terms"}),
        ("random-measurements", {}),
        ("linear-method", {}),
        ("projected-inverse", {"eps": 0.7}),
    ],
)
def test_a_step_is_the_same_in_all_coordinates(name, options):
    """theta = A t: M of t is A^T M A, and A dt = dtheta."""
    ours, moved = (
        qng.Problem(circuit, H, start=point)
        for circuit, point in ((OURS, A @ THERE), (MOVED, THERE))
    )
    m, other = (qng.metric(p, None, name, **options).dense() for p in (ours, moved))
    np.testing.assert_allclose(other, A.T @ m @ A, atol=1e-10)
    assert np.abs(np.linalg.eigvalsh(m)).min() > 1e-5
    step, there = (
        np.linalg.solve(matrix, qng.gradient(p).value) for matrix, p in ((m, ours), (other, moved))
    )
    np.testing.assert_allclose(A @ there, step, rtol=1e-6)
