"""One name, one quantity: what a row is without shots is what it goes to with more and more."""

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate import BERRY, GRADIENTS, HESSIANS, METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.plan.quantities import By
from qng.run.bench import answer
from tests.scores import in_the_limit, repeated

EXACT = Statevector(1)
H = PauliSum({"Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5, "Y0 X1": 0.3})
TABLES = {"metric": METRICS, "gradient": GRADIENTS, "Hessian": HESSIANS, "curvature": BERRY}
# A difference has the step for a quantity; its default is another one where there is noise.
OPTIONS = {"finite-difference": {"step": 0.3}}
BOTH = [
    pytest.param(kind, name, id=f"{kind}-{name}")
    for kind, table in TABLES.items()
    for name, row in table.items()
    if row.variant(False) is not None and row.variant(True) is not None
    if not row.simulated  # those are exact where bits are counted, too
    if name != "observables"  # whose default is another one there
]


def circuit_of(n_qubits, ops, names):
    turns = [op if isinstance(op, Gate) else Rotation(Pauli.parse(op[0]), op[1]) for op in ops]
    return Circuit(n_qubits, turns, names)


HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; qubit[2] q;'
A, B = parameter("a"), parameter("b")
CNOT = Gate("cx", (0, 1))
CASES = {
    "shared": circuit_of(
        2,
        [("X0", A), ("Y1", B), CNOT, ("Z1", 2.0 * A), ("Y0", A - B), ("X1", B), ("Y1", 0.5 * A)],
        ["a", "b"],
    ),
    "functions": Circuit.from_qasm(
        HEADER + "ry(2*sin(a)) q[0]; rx(b*b+a) q[1]; cx q[0], q[1]; rz(a*b) q[0]; ry(b) q[0];"
        "rx(cos(b)) q[1];"
    ),
    "controlled": Circuit.from_qasm(
        HEADER + "h q[0]; ry(0.7) q[1]; crx(a) q[0], q[1]; ctrl @ ry(2*b) q[1], q[0];"
        "cp(a) q[0], q[1];"
    ),
}
THETA = np.array([0.7, 1.1])


def value(found):
    return found.dense() if hasattr(found, "dense") else getattr(found, "value", found)


def plans(kind, name, case):
    """Without shots, and with them."""
    by = By(name, **OPTIONS.get(name, {}))
    return [
        chosen(kind, by, TABLES[kind], counting=counting)(CASES[case], THETA, observable=H, seed=3)
        for counting in (False, True)
    ]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_in_the_limit(kind, name, case):
    without, counted = plans(kind, name, case)
    expected, found = value(answer(EXACT, without)), value(answer(EXACT, in_the_limit(counted)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_within_errors(kind, name, case):
    """No entry of the mean over 60 estimates is 5 standard errors off: false alarms below 1e-3."""
    without, counted = plans(kind, name, case)
    expected = value(answer(EXACT, without))
    values, errors = repeated(counted, 20_000, value, repetitions=60)
    error = np.sqrt(np.mean(errors**2, axis=0) / len(values))
    assert np.all(np.abs(values.mean(axis=0) - expected) <= 5 * error + 1e-12)


@pytest.mark.parametrize("name", ["fisher", "fisher-diagonal"])
def test_where_a_probability_is_zero(name):
    """What an outcome contributes whose amplitude stays zero is not counted, but in the errors.

    One rotation of a parameter alone would move it, the others of the parameter move it back.
    """
    circuit = Circuit.from_qasm(
        HEADER.replace("[2]", "[3]") + "h q[0]; ry(0.7) q[1]; crx(a) q[0], q[1];"
        "cry(b) q[1], q[2]; cp(a) q[0], q[2];"
    )
    without, counted = (
        chosen("metric", name, METRICS, counting=counting)(circuit, THETA)
        for counting in (False, True)
    )
    exact = answer(EXACT, without).dense()
    values, errors = repeated(counted, 20_000, repetitions=60)
    assert np.abs(values.mean(axis=0) - exact).max() > 0.01
    assert np.all(np.abs(values.mean(axis=0) - exact) <= 1.96 * errors.min(axis=0) + 1e-12)
