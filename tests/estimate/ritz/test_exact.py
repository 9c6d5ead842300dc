"""The linear method against Rayleigh and Ritz on arrays of an independent simulator."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, QngError, UnknownNameError
from qng.estimate.ritz import exact
from qng.estimate.table import METRICS, chosen
from qng.execute.statevector.executor import Statevector
from qng.geometry import Ritz, RitzProducts
from qng.run.bench import answer
from qng.testing.strategies import problems
from tests import dense


def tangent(circuit, theta):
    """psi, and derivative states orthogonal to it as rows."""
    psi = dense.state(circuit, theta)
    rows = dense.differences(lambda t: dense.state(circuit, t), theta)
    return psi, rows - np.outer(rows @ psi.conj(), psi)


def energies(states: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Re <a|H|b> and Re <a|b>."""
    return (states.conj() @ h @ states.T).real, (states.conj() @ states.T).real


def lowest_of(states: np.ndarray, h: np.ndarray) -> float:
    """The lowest energy of real combinations, by an orthonormal basis of the realified states."""
    real = np.concatenate([states.real, states.imag], axis=1)
    u, sizes, _ = np.linalg.svd(real.T, full_matrices=False)
    u = u[:, sizes > 1e-6 * sizes[0]]
    whole = np.block([[h.real, -h.imag], [h.imag, h.real]])
    return float(np.linalg.eigvalsh(u.T @ whole @ u)[0])


def found(circuit, h, theta, **options) -> Ritz:
    return answer(Statevector(1), exact.linear_method(circuit, h, theta, **options))


@settings(max_examples=40)
@given(problems())
def test_energies_on_the_tangent_space(case):
    """E, s, K and g, whatever the angles are: of phi(theta) only the Jacobian enters."""
    circuit, theta, observable = case
    h = dense.pauli_sum(observable, circuit.n_qubits)
    psi, rows = tangent(circuit, theta)
    a, b = energies(np.concatenate([psi[None], rows]), h)
    m = found(circuit, observable, theta, form="dense")
    dense.close(m.energy, a[0, 0], 1e-9)
    dense.close(m.slopes, a[0, 1:])
    dense.close(m.slopes, dense.gradient(circuit, observable, theta) / 2)
    dense.close(m.curvature, a[1:, 1:])
    dense.close(m.states, b[1:, 1:])
    dense.positive(m.dense(), 1e-7)


@settings(max_examples=30)
@given(problems())
def test_w_is_the_lowest_energy_of_real_combinations(case):
    circuit, theta, observable = case
    h = dense.pauli_sum(observable, circuit.n_qubits)
    psi, rows = tangent(circuit, theta)
    rows = rows[np.linalg.norm(rows, axis=1) > 1e-3]
    states = np.concatenate([psi[None], rows])
    real = np.concatenate([states.real, states.imag], axis=1)
    sizes = np.linalg.svd(real, compute_uv=False)
    if np.any((sizes > 1e-7) & (sizes < 1e-3)):
        return  # whether this is a direction is a matter of rounding
    m = found(circuit, observable, theta, form="dense")
    assert m.lowest == pytest.approx(lowest_of(states, h), abs=1e-6 * max(1, np.abs(h).max()))


@settings(max_examples=30)
@given(problems(max_qubits=3), st.floats(0.02, 5.0))
def test_steps_solve_the_projected_equations(case, eps):
    """What H - w or H - E + 1/eps makes of psi + sum_i x_i d_i is orthogonal to every d_i in the
    real product; with eps -> 0, eps/2 M is g, and what it differs by is eps (K - E g)."""
    circuit, theta, observable = case
    h = dense.pauli_sum(observable, circuit.n_qubits)
    psi, rows = tangent(circuit, theta)
    energy, scale = (psi.conj() @ h @ psi).real, max(1.0, np.abs(h).sum(axis=0).max())
    linear = found(circuit, observable, theta, form="dense")
    inverse = answer(Statevector(1), exact.projected_inverse(circuit, observable, theta, eps))
    grad = dense.gradient(circuit, observable, theta)
    for m, shift in ((linear, -linear.lowest), (inverse, 1 / eps - energy)):
        if np.linalg.cond(m.dense()) > 1e4:
            continue  # its solution is not known to the differences' accuracy
        x = -np.linalg.solve(m.dense(), grad)
        state = psi + x @ rows
        left = (rows.conj() @ (h @ state + shift * state)).real
        size = scale * max(1.0, float(np.linalg.norm(x)))
        np.testing.assert_allclose(left, 0, atol=1e-6 * size * max(1.0, 1 / eps))
    k, g = energies(rows, h)
    np.testing.assert_allclose(
        eps / 2 * inverse.dense() - g, eps * (k - energy * g), atol=1e-6 * scale
    )


@settings(max_examples=40)
@given(problems())
def test_products_are_those_of_the_matrices(case):
    circuit, theta, observable = case
    m = found(circuit, observable, theta, form="dense")
    products = found(circuit, observable, theta, form="products")
    assert isinstance(products, RitzProducts)
    v = np.linspace(-1, 1, circuit.n_parameters + 1)[1:]
    k, g = products.products(v)
    np.testing.assert_allclose(k, m.curvature @ v, atol=1e-10)
    np.testing.assert_allclose(g, m.states @ v, atol=1e-10)
    assert products.length(v) == pytest.approx(m.length(v), abs=1e-6)
    assert m.lowest - 1e-6 < products.lowest <= products.energy
    a = np.eye(len(v))[:, ::-1] + 0.1
    np.testing.assert_allclose(
        products.pullback(a).products(v)[0], m.pullback(a).curvature @ v, atol=1e-9
    )


@pytest.mark.parametrize("name", ["h2", "lih", "tfim-8", "hea-zz-8"])
def test_w_by_products_is_from_above_and_near(name):
    problem = qng.load(name)
    for theta in np.random.default_rng(0).uniform(-np.pi, np.pi, (3, len(problem.initial))):
        m = qng.metric(problem, theta, "linear-method")
        w = qng.metric(problem, theta, "linear-method", form="products").lowest
        assert -1e-6 < w - m.lowest < 0.1 * (m.energy - m.lowest)


def test_the_eigenvector_is_the_solution():
    """(K - w g) x = -s with x = c/c_0, the generalised eigenproblem by SciPy."""
    problem = qng.load("lih")
    m = qng.metric(problem, problem.initial + 0.3, "linear-method")
    a = np.block([[np.array([[m.energy]]), m.slopes[None]], [m.slopes[:, None], m.curvature]])
    b = scipy.linalg.block_diag(1.0, m.states)
    w, c = scipy.linalg.eigh(a, b)
    assert m.lowest == pytest.approx(w[0], abs=1e-10)
    np.testing.assert_allclose(m.dense() @ c[1:, 0] / c[0, 0], -2 * m.slopes, atol=1e-9)


def test_less_curvature_than_the_hessian_is_that_of_the_state():
    """2 (K - E g) + 2 Re <d_i d_j psi|H - E|psi> is the Hessian."""
    circuit = Circuit.from_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; qubit[2] q; '
        "ry(a) q[0]; cx q[0], q[1]; rx(a*b) q[1]; rz(b) q[0]; ry(sin(b)) q[0];"
    )
    observable, theta = PauliSum({"Z0": 0.7, "X1": -0.4, "Z0 X1": 0.5}), np.array([0.8, 1.3])
    m = answer(Statevector(1), exact.projected_inverse(circuit, observable, theta, eps=np.inf))
    h = dense.pauli_sum(observable, 2)
    psi, e = dense.state(circuit, theta), dense.energy(circuit, observable, theta)
    second = dense.differences(
        lambda t: np.moveaxis(dense.differences(lambda x: dense.state(circuit, x), t), 0, -2), theta
    )
    rest = 2 * np.einsum("ija,a->ij", second.conj(), h @ psi - e * psi).real
    # Of the derivative states as they are; along psi they have i b, whose square is here too.
    rows = dense.differences(lambda t: dense.state(circuit, t), theta)
    b = (rows @ psi.conj()).imag
    along = np.outer(b, (rows.conj() @ (h @ psi - e * psi)).imag)
    expected = dense.hessian(circuit, observable, theta) - rest + 2 * (along + along.T)
    dense.close(m.dense(), expected, 1e-6)


def test_inverse_iteration_becomes_natural_gradient():
    problem = qng.load("h2")
    theta = problem.initial + 0.2
    g = qng.metric(problem, theta).dense()
    for eps in (1e-3, 1e-5):
        m = qng.metric(problem, theta, "projected-inverse", eps=eps)
        np.testing.assert_allclose(eps / 2 * m.dense(), g, atol=2 * eps)
    first = qng.metric(problem, theta, "linear-method")
    eps = 1 / (first.energy - first.lowest)
    same = qng.metric(problem, theta, "projected-inverse", eps=eps)
    np.testing.assert_allclose(same.dense(), first.dense(), atol=1e-12)


def test_other_coordinates_have_other_numbers_for_the_same():
    problem = qng.load("lih")
    theta, rng = problem.initial + 0.2, np.random.default_rng(0)
    a = rng.normal(size=(8, 8)) + 3 * np.eye(8)
    m = qng.metric(problem, theta, "linear-method")
    moved = m.pullback(a)
    assert moved.lowest == pytest.approx(m.lowest, abs=1e-10)
    np.testing.assert_allclose(moved.dense(), a.T @ m.dense() @ a, atol=1e-9)


def test_a_sum_of_circuits_is_one_state_with_a_register():
    """Two starts with their weights, as the block-diagonal state of twice the size."""
    header = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; qubit[2] q; '
    body = "ry(a) q[0]; cx q[0], q[1]; rx(b) q[1]; rz(a) q[0]; ry(b) q[0];"
    circuits = [Circuit.from_qasm(header + start + body) for start in ("", "x q[1]; h q[0];")]
    observable, theta = PauliSum({"Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5}), np.array([0.4, 0.9])
    weights = [1.5, 0.5]
    problem = qng.Problem.weighted(list(zip(circuits, weights)), observable)
    m = qng.metric(problem, theta, "linear-method")
    h = np.kron(np.eye(2), dense.pauli_sum(observable, 2))
    root = np.sqrt(np.array(weights) / sum(weights))
    parts = [tangent(circuit, theta) for circuit in circuits]
    psi = np.concatenate([r * p for r, (p, _) in zip(root, parts)])
    rows = np.concatenate([r * d for r, (_, d) in zip(root, parts)], axis=1)
    assert m.energy == pytest.approx(2 * energies(psi[None], h)[0][0, 0], abs=1e-9)
    assert m.lowest == pytest.approx(lowest_of(np.concatenate([psi[None], rows]), h), abs=1e-7)
    k, g = energies(rows, h)
    dense.close(m.dense(), 4 * (k - m.lowest * g))


def test_a_parameter_that_moves_nothing_is_no_direction():
    circuit = Circuit.from_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; input float c; '
        "qubit q; ry(a) q; ry(b) q; rz(c) q; rz(0.1*c) q;"
    )
    problem = qng.Problem(circuit=circuit, observable=PauliSum({"X0": 1.0, "Z0": 0.3}))
    theta = [0.4, 0.5, 0.3]
    m = qng.metric(problem, theta, "linear-method")
    assert m.lowest >= -np.hypot(1, 0.3) - 1e-12
    run = qng.minimize(problem, "linear-method", start=theta, steps=20)
    assert run.trace["energy"][-1] == pytest.approx(-np.hypot(1, 0.3), abs=1e-9)


def test_no_parameter_that_moves_anything():
    circuit = Circuit.from_qasm(
        'OPENQASM 3.0; include "stdgates.inc"; input float a; qubit q; rz(a) q;'
    )
    problem = qng.Problem(circuit=circuit, observable=PauliSum({"Z0": 1.0}))
    for method in ("linear-method", "projected-inverse"):
        assert qng.minimize(problem, method, steps=3).trace["energy"][-1] == 1.0


@pytest.mark.parametrize("eps", [0.0, -1.0, np.nan, "1"])
def test_eps_is_positive(eps):
    with pytest.raises(QngError, match="eps"):
        qng.metric("lih", None, "projected-inverse", eps=eps)


def test_forms_and_observables():
    with pytest.raises(UnknownNameError, match="form"):
        qng.metric("lih", None, "linear-method", form="sparse")
    with pytest.raises(InputError, match="of an observable"):
        chosen("metric", "linear-method", METRICS, counting=False)(qng.load("lih").circuit, [0] * 8)
