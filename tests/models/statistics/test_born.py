"""The Born distribution of a circuit as a model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.models import Born, fisher, mean_score
from qng.models.statistics.slopes import slopes
from qng.testing.strategies import cases


@pytest.mark.parametrize("basis", ["Z", "X", "X0 Y1"])
@settings(max_examples=4)
@given(case=cases(min_qubits=2, max_qubits=3))
def test_classical_is_at_most_quantum(basis: str, case: tuple[qng.Circuit, np.ndarray]) -> None:
    circuit, theta = case
    found = fisher(Born(circuit, basis), theta).dense()
    exact = qng.metric(circuit, theta, "fisher", basis=basis).dense()
    np.testing.assert_allclose(found, exact, atol=1e-9)
    least = np.linalg.eigvalsh(4 * qng.metric(circuit, theta).dense() - found)[0]
    assert least > -1e-8 * (1 + np.abs(found).max())


def test_scores_and_samples() -> None:
    model, theta = Born(real_amplitudes(3, 1)), np.linspace(0.3, 1.4, 6)
    x = model.support(theta)
    plain = slopes(lambda t: model.log_density(t, x), theta)
    np.testing.assert_allclose(model.score(theta, x), plain, atol=1e-8)
    np.testing.assert_allclose(mean_score(model, theta).value, 0, atol=1e-12)
    np.testing.assert_allclose(fisher(model, theta, "sum").dense(), model.fisher(theta), atol=1e-12)
    drawn = fisher(model, theta, "monte-carlo", n=4000)
    assert drawn.std_error is not None
    off = np.abs(drawn.dense() - fisher(model, theta).dense())
    assert np.all(off < 5 * drawn.std_error + 1e-9)


def test_rare_outcomes_count() -> None:
    circuit = real_amplitudes(1, 0)
    assert fisher(Born(circuit), [0.0]).dense()[0, 0] == pytest.approx(1.0)


def test_only_circuits() -> None:
    with pytest.raises(InputError, match="that of a circuit"):
        Born("h2")


def test_bars_and_stripes() -> None:
    problem = qng.load("born-bars")
    run = qng.minimize(problem, "ng", steps=60)
    assert run.error is not None
    assert run.error < 0.05
    assert run.reference == pytest.approx(math.log(6))
