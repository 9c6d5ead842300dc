"""Problems with several circuits: initial states or data inputs."""

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError

BODY = real_amplitudes(2, 1)
FLIPPED = Circuit(2, [Gate("x", (0,)), *BODY.ops], BODY.parameters)
H = {"Z0 Z1": 1.0, "X0": 0.5, "I": 0.2}
THETA = np.array([0.4, -0.7, 1.1, 0.3])
TWO = qng.Problem.weighted([(BODY, 0.25), (FLIPPED, 0.75)], H, start=THETA)


def parts(value):
    return 0.25 * value(qng.Problem(BODY, H)) + 0.75 * value(qng.Problem(FLIPPED, H))


def test_energy_gradient_metric_and_hessian_are_weighted_sums():
    assert qng.energy(TWO).value == pytest.approx(parts(lambda p: qng.energy(p, THETA).value))
    assert qng.gradient(TWO).value == pytest.approx(parts(lambda p: qng.gradient(p, THETA).value))
    for f in (lambda p: qng.metric(p, THETA).dense(), lambda p: qng.hessian(p, THETA).dense()):
        assert f(TWO) == pytest.approx(parts(f), abs=1e-12)


def test_from_shots_with_errors():
    found = qng.metric(TWO, THETA, "blocks", shots=40_000)
    exact = qng.metric(TWO, THETA, "blocks").dense()
    known = found.std_error > 0
    assert np.all(np.abs(found.dense() - exact)[known] < 4 * found.std_error[known])
    energy = qng.energy(TWO, shots=4000)
    assert abs(energy.value - qng.energy(TWO).value) < 4 * energy.std_error


def test_a_run_minimises_the_sum():
    run = qng.minimize(TWO, "qng", steps=200, tol=1e-12)
    assert run.fun == pytest.approx(qng.energy(TWO, run.x).value, abs=1e-12)
    assert np.linalg.norm(qng.gradient(TWO, run.x).value) < 1e-4
    assert run.fun < run.trace["energy"][0] - 0.1
    assert run.reference is None


def test_frozen_parameters_are_bound_in_every_circuit():
    run = qng.minimize(TWO.freeze("t1"), "gd", steps=5)
    assert run.x[1] == THETA[1]
    assert run.fun == pytest.approx(qng.energy(TWO, run.x).value, abs=1e-12)


@pytest.mark.parametrize(
    ("circuits", "message"),
    [
        ([], "at least one circuit"),
        ([(BODY, 0.0)], "weight of a circuit must be a positive number"),
        ([(BODY, 0.5), (real_amplitudes(2, 0), 0.5)], "the same qubits and parameters"),
        ([(BODY, 0.5), (real_amplitudes(3, 1), 0.5)], "the same qubits and parameters"),
    ],
)
def test_refusals(circuits, message):
    with pytest.raises(InputError, match=message):
        qng.Problem.weighted(circuits, H)


def test_what_is_of_one_circuit_is_refused():
    with pytest.raises(InputError, match="of one circuit"):
        qng.berry_curvature(TWO)
    with pytest.raises(InputError, match="on one circuit"):
        qng.compare_steps(TWO)
