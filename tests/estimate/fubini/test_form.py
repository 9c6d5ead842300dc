"""Which form of the exact metric is taken, and that every form is the same metric."""

import numpy as np
import pytest
from hypothesis import example, given, settings

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import UnsupportedMeasureError
from qng.estimate.fubini.form import cheapest
from qng.geometry import Dense, Implicit, LowRank, Marquardt, PseudoInverse, Tikhonov
from qng.testing.strategies import cases, problems
from tests import dense

FORMS = ("exact", "low-rank", "implicit")


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


def nearly_an_eigenstate() -> tuple[Circuit, np.ndarray, PauliSum]:
    """Rotations about Z, of a state near |0>: g is 1e-6, and its small eigenvalues are rounding."""
    ops = [Rotation(Pauli.parse("Y0"), as_angle(1e-3))]
    names = [f"t{k}" for k in range(5)]
    for name, fixed in zip(names, ("Y0", "X0", None, None, None)):
        ops.append(Rotation(Pauli.parse("Z0"), parameter(name)))
        if fixed is not None:
            ops.append(Rotation(Pauli.parse(fixed), as_angle(1e-3)))
    return Circuit(1, ops, names), np.linspace(0.3, 1, 5), PauliSum({"X0": 1.0})


def rounding(circuit: Circuit, theta) -> float:
    """Of an entry of g: a fraction of |d_i psi|^2 <= (sum_r |A_ri|/2)^2, however small g is."""
    return 1e-14 * (np.abs(circuit.jacobian(theta)).sum(axis=0).max(initial=0.0) / 2) ** 2


@settings(max_examples=100)
@example(nearly_an_eigenstate())
@given(problems())
def test_every_form_gives_the_same_direction(case):
    """To what the rounding u of g, and the tolerance of conjugate gradients, make of a direction.

    (g + lambda) d = s:         |delta d| <= (u P |d| + |residual|)/lambda
    the same with lambda g_ii:  u/g_ii and d_i sqrt(g_ii) in place of u and d_i
    g^+ s:                      |delta d| <= u |s|/(w gap), w the smallest eigenvalue that is kept
                                and gap its distance from those that are not

    Eigenvalues and entries that are to be above a limit and are within u of it may be taken for
    either.
    """
    circuit, theta, observable = case
    size, damping, u = circuit.n_parameters, 1e-3, rounding(circuit, theta)
    s = qng.gradient(qng.Problem(circuit, observable), theta).value
    whole, low, products = (qng.metric(circuit, theta, name) for name in FORMS)
    g, w, length = whole.dense(), np.abs(whole.spectrum()), np.linalg.norm(s)

    def apart(solver, metric):
        return np.linalg.norm(solver(metric, s).direction - solver(whole, s).direction)

    exact = Tikhonov(damping)(whole, s)
    slack = u * size * np.linalg.norm(exact.direction) / damping
    few = Tikhonov(damping)(low, s)
    assert np.linalg.norm(few.direction - exact.direction) <= slack
    assert apart(Tikhonov(damping, 1e-12), products) <= slack + 1.01e-12 * length / damping
    loose = Tikhonov(damping)(products, s).direction
    left = np.linalg.norm(g @ loose + damping * loose - s)
    assert left <= 1.01e-2 * length + u * size * np.linalg.norm(loose)

    top = w.max(initial=0.0)
    if np.all(np.abs(w - 1e-13 * top) > u):
        assert few.rank == exact.rank
    kept, dropped = w[w > 1e-6 * top], w[w <= 1e-6 * top]
    if np.all(np.abs(w - 1e-6 * top) > u) and kept.size:
        gap = kept.min() - dropped.max(initial=0.0)
        assert apart(PseudoInverse(1e-6), low) <= 4 * u * length / (kept.min() * gap)
    entries, limit = np.diag(g), 1e-13 * np.diag(g).max(initial=0.0)
    scale = entries[entries > limit]
    # A damping of 1e-2 is well above the rounding of g_ij/sqrt(g_ii g_jj).
    if np.all(np.abs(entries - limit) > u) and np.all(scale > 1e4 * u):
        scale = np.append(scale, 1.0)
        inside = np.sqrt(scale.max()) * np.linalg.norm(Marquardt(1e-2)(whole, s).direction)
        error = 4 * size * u / scale.min() * inside / 1e-2
        assert apart(Marquardt(1e-2), low) <= error / np.sqrt(scale.min())


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
