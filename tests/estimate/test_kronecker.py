"""The nearest Kronecker product from shots, against repetitions.

As in test_variance_of: 500 repetitions know a standard deviation to 3.2 %.
"""

import numpy as np

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.estimate import METRICS, chosen
from qng.geometry import nearest_kronecker
from qng.plan.quantities import By
from tests.scores import repeated

CIRCUIT = hardware_efficient(2, 2, ("ry",))
THETA = np.random.default_rng(3).uniform(0.4, 2.6, CIRCUIT.n_parameters)


def test_claimed_is_true_and_the_limit_is_the_exact_one() -> None:
    size = CIRCUIT.n_parameters
    shape = (size // 2, 2)
    true = np.kron(*nearest_kronecker(qng.metric(CIRCUIT, THETA).dense(), shape))
    plan = chosen("metric", By("kfac"), METRICS, counting=True)(CIRCUIT, THETA)
    pairs = np.random.default_rng(4).normal(size=(5, 2, size))
    claims, covered = [], []

    def read(metric):
        if len(claims) < 50:
            claims.append([metric.variance_of(*pair) for pair in pairs])
        covered.append(np.abs(metric.dense() - true) <= 1.96 * metric.std_error)
        return np.array([v @ metric.matvec(w) for v, w in pairs])

    values, _ = repeated(plan, 40_000, read)
    found = np.sqrt(np.mean(claims, axis=0)) / values.std(axis=0, ddof=1)
    assert np.all((found > 0.85) & (found < 1.2)), found
    assert 0.92 < np.mean(covered) < 0.98
    exact = np.array([v @ true @ w for v, w in pairs])
    off = np.abs(values.mean(axis=0) - exact)
    assert np.all(off < 0.3 * values.std(axis=0))


def test_a_run_from_shots() -> None:
    found = qng.minimize("textbook-2", "kfac", steps=12, shots=40_000, seed=1)
    assert qng.energy("textbook-2", found.x).value < found.trace["energy"][0] - 0.5
