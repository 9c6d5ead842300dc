"""Our optimizers in the models of qiskit-machine-learning."""

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import SparsePauliOp

pytest.importorskip("qiskit_algorithms")
algorithms = pytest.importorskip("qiskit_machine_learning.algorithms")
networks = pytest.importorskip("qiskit_machine_learning.neural_networks")

from qng.adapters.qiskit import Optimizer, minimizer  # noqa: E402
from qng.errors import InputError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

X = np.random.default_rng(0).uniform(-1, 1, (12, 2))
Y = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)
FEATURES, ANSATZ = zz_feature_map(2, reps=1), real_amplitudes(2, reps=1)
CIRCUITS = [FEATURES.assign_parameters(x).compose(ANSATZ) for x in X]
START = np.full(4, 0.3)


def classified(optimizer):
    network = networks.EstimatorQNN(
        circuit=FEATURES.compose(ANSATZ),
        observables=SparsePauliOp("ZZ"),
        input_params=FEATURES.parameters,
        weight_params=ANSATZ.parameters,
        estimator=StatevectorEstimator(),
    )
    made = algorithms.NeuralNetworkClassifier(network, optimizer=optimizer, initial_point=START)
    return made.fit(X, Y).fit_result


@pytest.mark.parametrize("make", [Optimizer, minimizer], ids=["a class", "a callable"])
def test_a_classifier_in_the_mean_metric_of_its_data(make):
    found = classified(make("qng", CIRCUITS, maxiter=6))
    assert (found.gradient, found.nit) == ("given", 6)
    # From 0.55; the lowest is about 0.2.
    assert found.fun < 0.35 < found.run.trace["energy"][0]


def test_a_classifier_of_bits():
    made = algorithms.VQC(
        feature_map=FEATURES,
        ansatz=ANSATZ,
        optimizer=minimizer("qng", CIRCUITS, maxiter=2),
        sampler=StatevectorSampler(default_shots=200, seed=np.random.default_rng(0)),
        initial_point=START,
    )
    assert made.fit(X, (Y + 1) // 2).fit_result.nit == 2


def test_it_needs_a_circuit():
    with pytest.raises(InputError, match="give the circuit that fun runs"):
        classified(Optimizer("qng"))
