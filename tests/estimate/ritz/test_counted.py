"""The linear method from shots: what it goes to, and its errors."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.ritz import counted, exact
from qng.execute.statevector.executor import Statevector
from qng.geometry import Ritz
from qng.run.bench import answer
from qng.testing.strategies import problems
from tests import scores

EXACT = Statevector(1)


@settings(max_examples=10)
@given(problems(max_ops=6, max_qubits=3))
def test_many_shots_go_to_what_is_exact(case):
    """Exact distributions of the circuits: E, s, K and g to rounding."""
    circuit, theta, observable = case
    expected = answer(EXACT, exact.linear_method(circuit, observable, theta, form="dense"))
    found = answer(EXACT, scores.in_the_limit(counted.linear_method(circuit, observable, theta)))
    assert isinstance(found, Ritz)
    for name in ("energy", "slopes", "curvature", "states"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-9)
    assert found.source is None


CIRCUIT = Circuit.from_qasm(
    'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; qubit[2] q; ry(0.3) q[0]; '
    "rx(a) q[0]; ry(b) q[1]; cx q[0], q[1]; rz(2*a) q[1]; ry(a-b) q[0];"
)
H = PauliSum({"I": -0.5, "Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5})
THETA = np.array([0.9, 2.1])


@pytest.mark.parametrize("eps", [None, 2.0])
def test_errors_cover(eps):
    """500 repetitions of 2000 shots a circuit; see `scores.covered`."""
    options = {} if eps is None else {"eps": eps}
    name = "linear_method" if eps is None else "projected_inverse"
    plan = getattr(counted, name)(CIRCUIT, H, THETA, **options)
    expected = answer(EXACT, getattr(exact, name)(CIRCUIT, H, THETA, **options))
    lowest = []

    def read(m: Ritz) -> np.ndarray:
        lowest.append(m.lowest)
        return m.dense()

    values, errors = scores.repeated(plan, 100_000, read)
    scores.covered(values, errors, expected.dense())
    # w is not biased by more than a fifth of its scatter: 4.5 standard errors of the mean.
    assert abs(np.mean(lowest) - expected.lowest) < 0.2 * np.std(lowest)


def test_a_run_from_shots_finds_what_one_without_does():
    exact = qng.minimize("textbook-2", "linear-method", steps=8)
    run = qng.minimize("textbook-2", "linear-method", steps=8, shots=200_000, seed=1)
    assert run.trace["direction_error"][0] > 0
    assert abs(run.trace["exact"][-1] - exact.trace["energy"][-1]) < 5e-3


def test_no_parameter_moves_anything():
    circuit = Circuit(1, [], ("a",))
    found = qng.metric(
        qng.Problem(circuit=circuit, observable=PauliSum({"Z0": 1.0})),
        [0.3],
        "linear-method",
        shots=1000,
    )
    np.testing.assert_array_equal(found.dense(), [[0.0]])
    flat = qng.Problem(CIRCUIT, {"I": 2.0}, start=THETA)
    for name in ("linear-method", "projected-inverse"):
        run = qng.minimize(flat, name, steps=2, shots=1000)
        np.testing.assert_array_equal(run.trace["energy"], [2.0, 2.0, 2.0])


def test_a_constant_adds_to_no_error():
    plans = (counted.linear_method(CIRCUIT, h, THETA) for h in (H, H + PauliSum({"I": 100.0})))
    one, other = (answer(EXACT, plan, shots=50_000, seed=3) for plan in plans)
    np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-6)
    np.testing.assert_allclose(one.dense(), other.dense(), atol=1e-9)


def test_it_is_saved_with_its_errors(tmp_path):
    m = qng.metric("textbook-2", None, "linear-method", shots=50_000)
    qng.save_result(m, tmp_path / "m.json")
    again = qng.load_run(tmp_path / "m.json")
    np.testing.assert_array_equal(again.std_error, m.std_error)
    run = qng.minimize("textbook-2", "projected-inverse", steps=3, every=2, shots=50_000)
    run.save(tmp_path / "run.json")
    np.testing.assert_array_equal(
        qng.load_run(tmp_path / "run.json").trace["theta"], run.trace["theta"]
    )
