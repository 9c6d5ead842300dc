"""The recipes of CONTRIBUTING.md are code that works and passes its check."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

import qng
from qng.execute.statevector.executor import Statevector
from qng.plan.quantities import By
from qng.plan.request import Probabilities, Request, Samples
from qng.testing import check_estimator, check_executor, check_loss, check_method

GUIDE = Path(__file__).parents[1] / ".github" / "CONTRIBUTING.md"


def measure(circuit, qubits, shots, rng):
    """The machine of the last recipe: the simulator, with the stream that is given."""
    p = Statevector(threads=1).run([Request(circuit, np.zeros((1, 0)), Probabilities())], 0)[0][0]
    mask = sum(1 << q for q in qubits)
    drawn = rng.multinomial(shots, p / p.sum())
    found = {}
    for k in np.flatnonzero(drawn):
        found[int(k) & mask] = found.get(int(k) & mask, 0) + int(drawn[k])
    return found


@pytest.fixture(scope="module")
def recipes():
    names = {"measure": measure}
    for block in re.findall(r"^ *```python\n(.*?)^ *```", GUIDE.read_text(), re.M | re.S):
        exec(textwrap.dedent(block), names)
    return names


def test_a_method(recipes):
    mine = recipes["SignDescent"](0.02)
    check_method(mine)
    run = qng.minimize("one-qubit", mine, steps=100)
    assert run.error < 0.1
    assert qng.minimize("one-qubit", mine, steps=20, shots=1000, seed=1).nit == 20


def test_a_search(recipes):
    mine = recipes["qng_best"]()
    check_method(mine)
    assert qng.minimize("h2", mine, steps=60).error < 1e-3


def test_an_estimator(recipes):
    row = recipes["row"]["flips"]
    check_estimator(row)
    circuit = qng.load("h2").circuit
    theta = np.random.default_rng(0).normal(size=circuit.n_parameters)
    exact = qng.metric(circuit, theta, "exact").dense()
    found = qng.metric(circuit, theta, row)
    jacobian = circuit.jacobian(theta)
    if np.array_equal(jacobian != 0, np.eye(len(theta)) != 0):
        assert np.allclose(np.diag(found.dense()), np.diag(exact))
    assert qng.metric(circuit, theta, row, shots=1000).std_error is not None
    qng.minimize("h2", "qng", steps=2, metric=By(row))


def test_a_loss(recipes):
    mine = recipes["quartic"]
    check_loss(mine)
    # dtheta = -theta^3 / (3 theta^2)
    run = qng.minimize(mine, "qng", lr=1.0, steps=3, damping=0.0, trust=np.inf)
    np.testing.assert_allclose(run.x, np.array([1.0, -2.0, 0.5]) * (2 / 3) ** 3, rtol=1e-8)


def test_an_executor(recipes):
    mine = recipes["Mine"]()
    check_executor(mine, shots=1000)
    assert Samples in mine.answers
