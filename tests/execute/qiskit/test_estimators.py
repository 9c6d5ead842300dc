"""Qiskit's estimators as executors: values by closed forms, errors against their spread.

Values with noise are held to 5 standard errors: a false alarm is below 1e-6.
"""

import numpy as np
import pytest
from qiskit.primitives import BackendEstimatorV2, StatevectorEstimator, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_aer.primitives import EstimatorV2 as AerEstimator

import qng
from qng.errors import InputError, QngError, UnsupportedMeasureError
from qng.execute.qiskit.estimators import Estimates
from qng.plan.request import Expectation, Request

H2 = qng.load("h2")
THETA = np.random.default_rng(1).uniform(-np.pi, np.pi, len(H2.parameters))
ENERGY = float(qng.energy(H2, THETA).value)
EXACT = {
    "Qiskit's": StatevectorEstimator(),
    "Aer's": AerEstimator(),
}


def noise_model():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    return model


@pytest.mark.parametrize("device", EXACT.values(), ids=EXACT)
def test_exact_values_and_gradients(device):
    found = qng.energy(H2, THETA, executor=device)
    assert found.value == pytest.approx(ENERGY, abs=1e-10)
    assert found.std_error is None
    gradient = qng.gradient(H2, THETA, executor=device)
    assert gradient.value == pytest.approx(qng.gradient(H2, THETA).value, abs=1e-9)
    run = qng.minimize(H2, "adam", start=THETA, steps=1, executor=device)
    assert run.x == pytest.approx(qng.minimize(H2, "adam", start=THETA, steps=1).x, abs=1e-8)


@pytest.mark.parametrize(
    "device",
    [
        StatevectorEstimator(),
        StatevectorEstimator(default_precision=0.05, seed=7),
        AerEstimator(),
        BackendEstimatorV2(backend=AerSimulator()),
    ],
    ids=["Qiskit's", "with a precision", "Aer's", "on a backend"],
)
def test_shots_are_a_precision_with_errors(device):
    found = qng.energy(H2, THETA, executor=device, shots=40_000, seed=3)
    assert found.std_error is not None
    assert 0.004 < found.std_error < 0.02  # 1/sqrt(shots), times what the words make of it
    assert abs(found.value - ENERGY) < 5 * found.std_error


def test_an_own_precision_serves_without_shots():
    device = StatevectorEstimator(default_precision=0.01)
    found = qng.energy(H2, THETA, executor=device)
    assert found.std_error == 0.01
    assert found.value != ENERGY
    run = qng.minimize(H2, "adam", start=THETA, steps=2, executor=device)
    assert run.std_error == 0.01


@pytest.mark.parametrize(
    "make",
    [
        lambda: StatevectorEstimator(seed=5),
        AerEstimator,
        lambda: AerEstimator(options={"run_options": {"seed_simulator": 5}}),
    ],
    ids=["Qiskit's", "Aer's", "Aer's with a seed"],
)
def test_seeds_decide_and_points_draw_apart(make):
    points = np.array([THETA, THETA])

    def values(seed):
        device = make()
        return qng.energy(H2, points, executor=device, shots=1000, seed=seed).value

    assert np.array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))
    assert values(1)[0] != values(1)[1]


def test_noise_is_known():
    assert qng.executor(StatevectorEstimator()).noise == ""
    assert qng.executor(AerEstimator()).noise == ""
    noisy = AerEstimator(options={"backend_options": {"noise_model": noise_model()}})
    assert "noise model" in qng.executor(noisy).noise
    assert qng.executor(BackendEstimatorV2(backend=GenericBackendV2(4, seed=1))).noise
    assert Estimates(StatevectorEstimator(), noise="mine", name="ours").noise == "mine"
    assert abs(qng.energy(H2, THETA, executor=noisy).value - ENERGY) > 1e-3


def test_a_coupled_device_finds_its_qubits():
    """Observables go with the qubits, wherever the transpiler has put them."""
    circuit = qng.Circuit.from_qasm(
        "OPENQASM 3.0; include 'stdgates.inc'; input float[64] a; qubit[3] q; ry(a) q[2]; cx q[2], "
        "q[0]; x q[1];"
    )
    problem = qng.Problem(circuit, {"Z2": 1.0, "Z0 Z1": 0.5, "": 0.25})
    backend = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=2)
    device = Estimates(AerEstimator.from_backend(AerSimulator.from_backend(backend)), noise="some")
    found = qng.energy(problem, [0.6], executor=device)
    assert found.value == pytest.approx(0.25 + 0.5 * np.cos(0.6), abs=0.1)  # with its noise


def test_constants_and_circuits_without_parameters():
    circuit = qng.Circuit.from_qasm("OPENQASM 3.0; include 'stdgates.inc'; qubit[2] q; h q[0];")
    device = Estimates(StatevectorEstimator())
    phi = np.zeros((3, 0))
    one, two = (
        Request(circuit, phi, Expectation(qng.PauliSum(of)))
        for of in ({"": 2.0}, {"X0": 1.0, "": 1.0})
    )
    assert [r.value.tolist() for r in device.run([one, two], 0)] == [
        [2.0] * 3,
        pytest.approx([2.0] * 3),
    ]
    assert device.run([], 0) == []
    with pytest.raises(InputError, match="not Hermitian"):
        device.run([Request(circuit, phi, Expectation(qng.PauliSum({"X0": 1j})))], 0)


def test_a_metric_is_refused_in_one_line_that_says_what_to_do():
    for shots in (None, 10_000):
        with pytest.raises(UnsupportedMeasureError, match="methods without a metric") as caught:
            qng.minimize(H2, "qng", executor=StatevectorEstimator(), shots=shots)
        assert "SamplerV2" in str(caught.value)


def test_what_is_no_estimator_is_refused():
    with pytest.raises(InputError, match="EstimatorV2 of Qiskit is expected"):
        Estimates(StatevectorSampler())
    with pytest.raises(InputError, match="optimization_level"):
        Estimates(StatevectorEstimator(), optimization_level=7)


class Broken(AerEstimator):
    """Refuses, or fails when it is waited for."""

    def run(self, pubs, *, precision=None):
        raise RuntimeError("no\nmore")


def test_what_the_device_says_is_told():
    with pytest.raises(QngError, match="refused the batch: no more"):
        qng.energy(H2, THETA, executor=Broken())


def test_the_errors_of_aer_are_those_of_its_values():
    """100 values: their standard deviation is known to 7 %, held to 5 standard errors."""
    device = AerEstimator(options={"run_options": {"seed_simulator": 5}})
    points = np.tile(THETA, (100, 1))
    found = qng.energy(H2, points, executor=device, shots=2_500, seed=1)
    assert np.all(found.std_error == 0.02)
    assert np.std(found.value, ddof=1) == pytest.approx(0.02, rel=0.36)
    assert abs(np.mean(found.value) - ENERGY) < 5 * 0.002
