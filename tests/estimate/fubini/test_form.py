"""Which form of the exact metric is taken, and that every form is the same metric."""

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import UnsupportedMeasureError
from qng.estimate.fubini.form import cheapest
from qng.geometry import Dense, Implicit, LowRank, Marquardt, PseudoInverse, Tikhonov
from qng.testing.strategies import cases, problems
from tests import dense


def layers(n: int, count: int) -> Circuit:
    """One rotation a parameter."""
    names = [f"t{k}" for k in range(count)]
    words = [Pauli.parse(f"{'YZX'[k % 3]}{k % n} Z{(k + 1) % n}") for k in range(count)]
    return Circuit(n, [Rotation(w, parameter(t)) for w, t in zip(words, names)], names)


@pytest.mark.parametrize(
    ("n", "count", "form"),
    [
        (2, 3, "exact"),
        (2, 300, "exact"),
        (10, 100, "exact"),
        (14, 170, "exact"),
        (6, 1200, "low-rank"),
        (8, 2000, "implicit"),
        (10, 2000, "implicit"),
        (12, 1500, "implicit"),
        (16, 2000, "implicit"),
        (20, 600, "implicit"),
    ],
)
def test_the_form_follows_the_cost(n, count, form):
    assert cheapest(layers(n, count)) == form


@settings(max_examples=100)
@given(cases())
def test_every_form_is_the_metric(case):
    circuit, theta = case
    g = qng.metric(circuit, theta, "exact").dense()
    v = np.random.default_rng(0).normal(size=len(g))
    for name, kind in (("implicit", Implicit), ("low-rank", LowRank)):
        metric = qng.metric(circuit, theta, name)
        assert isinstance(metric, kind)
        dense.close(metric.matvec(v), g @ v, 1e-12, 1.0)
        dense.close(metric.dense(), g, 1e-12, 1.0)
        dense.close(metric.diagonal(), np.diag(g), 1e-12, 1.0)
        dense.close(metric.spectrum(), np.linalg.eigvalsh(g), 1e-11, 1.0)


@settings(max_examples=50)
@given(cases(max_ops=8))
def test_every_form_in_other_coordinates(case):
    circuit, theta = case
    a = np.random.default_rng(0).normal(size=(circuit.n_parameters, 2))
    g = a.T @ qng.metric(circuit, theta, "exact").dense() @ a
    for name in ("implicit", "low-rank"):
        pulled = qng.metric(circuit, theta, name).pullback(a)
        dense.close(pulled.matvec([0.3, -1.0]), g @ [0.3, -1.0], 1e-11, 1.0)
        dense.close(pulled.dense(), g, 1e-11, 1.0)


@settings(max_examples=100)
@given(problems())
def test_every_form_gives_the_same_direction(case):
    circuit, theta, observable = case
    s = qng.gradient(qng.Problem(circuit, observable), theta).value
    metrics = {name: qng.metric(circuit, theta, name) for name in ("exact", "low-rank", "implicit")}
    whole = Tikhonov(1e-3)(metrics["exact"], s)
    few = Tikhonov(1e-3)(metrics["low-rank"], s)
    dense.close(few.direction, whole.direction, 1e-9, 1.0)
    g = metrics["exact"].dense()
    products = Tikhonov(1e-3, 1e-12)(metrics["implicit"], s)
    dense.close(products.direction, whole.direction, 1e-8, 1.0)
    loose = Tikhonov(1e-3)(metrics["implicit"], s).direction
    left = g @ loose + 1e-3 * loose - s
    assert np.linalg.norm(left) <= 1.01e-2 * np.linalg.norm(s) + 1e-15
    if np.abs(g).max(initial=0.0) <= 1e-9:
        return  # what is relative to a metric that is rounding is rounding itself
    assert few.rank == whole.rank
    for solver in (PseudoInverse(1e-6), Marquardt(1e-2)):
        same = solver(metrics["low-rank"], s).direction
        dense.close(same, solver(metrics["exact"], s).direction, 1e-6, 1.0)


def test_more_parameters_than_amplitudes():
    """Two qubits and nine parameters: a metric of rank six at most."""
    circuit = layers(2, 9)
    theta = np.linspace(-2, 2, 9)
    metric = qng.metric(circuit, theta, "low-rank")
    assert metric.factor.shape == (8, 9)
    assert Tikhonov()(metric, np.ones(9)).rank <= 6
    assert isinstance(qng.metric(circuit, theta), Dense)


def test_they_need_an_exact_executor():
    for name in ("implicit", "low-rank"):
        with pytest.raises(UnsupportedMeasureError, match="cannot be had from shots"):
            qng.metric("one-qubit", None, name, shots=100)
