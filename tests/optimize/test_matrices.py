"""Shampoo, Muon and the Kronecker metric of a circuit, against their defining identities."""

import math

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.angle import parameter
from qng.circuit.arrays import arrays_of
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.estimate import METRICS, chosen
from qng.geometry import Kronecker
from qng.geometry.nearest import nearest_kronecker
from qng.optimize.matrices import Orthogonalised, Shampoo, newton_schulz
from qng.plan.plan import Plan
from qng.plan.quantities import Energy, GradientEstimate
from tests.objectives import Objective, run

SHAPES = [(2, 3), (3, 2), (4, 4), (5, 1)]


def given_gradients(shapes, steps=6, seed=0):
    """An objective whose gradient is another random one at every step, and these gradients."""
    rng = np.random.default_rng(seed)
    size = sum(map(math.prod, shapes))
    g = rng.normal(size=(steps, size))
    told = iter(g)
    goal = Objective(
        energy=lambda x: Plan((), lambda results: Energy(np.zeros(len(x)))),
        gradient=lambda x: Plan((), lambda results: GradientEstimate(next(told))),
        arrays=tuple(shapes),
    )
    return goal, g


def split(v, shapes):
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(v, ends), shapes)]


def power(matrix, exponent):
    w, v = np.linalg.eigh(matrix)
    return (v * np.maximum(w, 0) ** exponent) @ v.T


def polar(matrix):
    u, _, wt = np.linalg.svd(matrix, full_matrices=False)
    return u @ wt


def test_shampoo_follows_its_recurrence() -> None:
    """W <- W - lr L^(-1/4) G R^(-1/4), and AdaGrad for a vector."""
    shapes, eps, lr = [(2, 3), (4,)], 1e-3, 0.1
    goal, gradients = given_gradients(shapes)
    states, rows = run(optimizers.shampoo(lr, eps), goal, len(gradients), np.zeros(10))
    left, right, squares = eps * np.eye(2), eps * np.eye(3), np.full(4, eps)
    w, b = np.zeros((2, 3)), np.zeros(4)
    for state, flat in zip(states[1:], gradients):
        g, h = split(flat, shapes)
        left, right, squares = left + g @ g.T, right + g.T @ g, squares + h**2
        w = w - lr * power(left, -1 / 4) @ g @ power(right, -1 / 4)
        b = b - lr * h / np.sqrt(squares)
        np.testing.assert_allclose(state.theta, [*w.ravel(), *b], rtol=1e-9, atol=1e-12)
    assert rows[0].metric == "Kronecker"


def test_shampoo_of_a_deep_array_has_a_factor_for_every_dimension() -> None:
    g = np.random.default_rng(1).normal(size=(2, 3, 2))
    metric, _ = Shampoo(1e-4, ((2, 3, 2),))(None, None, g.ravel(), {}, 1)
    assert isinstance(metric, Kronecker)
    expected = [
        power(np.tensordot(g, g, (rest, rest)) + 1e-4 * np.eye(n), 1 / 6)
        for n, rest in zip(g.shape, ([1, 2], [0, 2], [0, 1]))
    ]
    for factor, true in zip(metric.factors[0], expected):
        np.testing.assert_allclose(factor, true, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ahead", [False, True])
def test_muon_is_orthogonal_with_its_exact_root(shape, ahead: bool) -> None:
    """M = (V V^T)^(1/2) and d = M^+ V = U W^T, whatever side is the shorter."""
    goal, gradients = given_gradients([shape])
    method = optimizers.muon(0.1, 0.8, ahead, iterations=0)
    states, _ = run(method, goal, len(gradients), np.zeros(math.prod(shape)))
    m = np.zeros(shape)
    for before, after, flat in zip(states, states[1:], gradients):
        m = 0.8 * m + flat.reshape(shape)
        v = flat.reshape(shape) + 0.8 * m if ahead else m
        step = (after.theta - before.theta).reshape(shape)
        np.testing.assert_allclose(step, -0.1 * polar(v), atol=1e-11)
        if shape[0] <= shape[1]:
            root = np.kron(power(v @ v.T, -1 / 2), np.eye(shape[1]))
            np.testing.assert_allclose(step.ravel(), -0.1 * root @ v.ravel(), atol=1e-9)


def test_newton_schulz_is_the_same_metric_with_other_eigenvalues() -> None:
    """d = f(V) with the matrix iteration itself, X <- a X + b (X X^T) X + c (X X^T)^2 X."""
    rng, (a, b, c) = np.random.default_rng(2), (3.4445, -4.7750, 2.0315)
    v = rng.normal(size=(3, 5))
    metric, _ = Orthogonalised(0.0, ahead=False, arrays=((3, 5),))(None, None, v.ravel(), {}, 1)
    x = v / np.linalg.norm(v)
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    found = metric.matvec(x.ravel()).reshape(3, 5)
    np.testing.assert_allclose(found, v, rtol=1e-9, atol=1e-12)
    s = np.linalg.svd(v, compute_uv=False)
    seen = np.linalg.svd(x, compute_uv=False)
    np.testing.assert_allclose(np.sort(s / newton_schulz(s, 5)), np.sort(seen))
    assert np.all(np.abs(s / newton_schulz(s, 5) - 1) < 0.35)


def test_muon_of_no_rank_and_of_vectors() -> None:
    flat = np.outer([1.0, 2.0], [3.0, 0.0, 4.0])
    for iterations in (0, 5):
        method = optimizers.muon(1.0, 0.0, iterations=iterations)
        goal, _ = given_gradients([(2, 3), (3,), (1,)])
        goal._gradient = lambda x: Plan(
            (), lambda results: GradientEstimate(np.array([*flat.ravel(), 0.0, 3.0, 4.0, 0.0]))
        )
        states, _ = run(method, goal, 1, np.zeros(10))
        w, b, zero = split(states[-1].theta, [(2, 3), (3,), (1,)])
        size = 1.0 if iterations == 0 else np.linalg.norm(b)
        np.testing.assert_allclose(w, -size * flat / np.linalg.norm(flat), atol=1e-9)
        np.testing.assert_allclose(b, -size * np.array([0.0, 0.6, 0.8]), atol=1e-9)
        assert zero == 0


def test_widened_steps_are_those_published_for_weights() -> None:
    v = np.random.default_rng(3).normal(size=(8, 2))
    part = Orthogonalised(0.0, False, 0, True, ((8, 2),))
    metric, _ = part(None, None, v.ravel(), {}, 1)
    np.testing.assert_allclose(metric.matvec(2 * polar(v).ravel()), v.ravel(), atol=1e-9)


def test_a_circuit_is_layers_by_qubits_or_as_it_is_said() -> None:
    problem = qng.load("h2")
    g = qng.metric(problem, problem.initial).dense()
    for shape, sizes in (("auto", (3, 4)), ((4, 3), (4, 3)), ("2x6", (2, 6))):
        own = qng.metric(problem, problem.initial, "kfac", shape=shape)
        np.testing.assert_allclose(own.dense(), np.kron(*nearest_kronecker(g, sizes)), atol=1e-12)
        assert own.spectrum().min() > -1e-12
    one = qng.metric(problem, problem.initial, "kfac", shape=(12,))
    np.testing.assert_allclose(one.dense(), g, atol=1e-12)
    with pytest.raises(InputError, match="shape=5x2 is 10 parameter"):
        qng.metric(problem, problem.initial, "kfac", shape="5x2")


def test_the_steps_of_kfac_are_by_the_factors() -> None:
    problem, damping = qng.load("h2"), 0.05
    start = problem.initial + 0.3
    run = qng.minimize(problem, "kfac", steps=1, start=start, damping=damping, trust=math.inf)
    b, c = nearest_kronecker(qng.metric(problem, start).dense(), (3, 4))
    gradient = qng.gradient(problem, start).value
    expected = np.linalg.solve(np.kron(b, c) + damping * np.eye(12), gradient)
    np.testing.assert_allclose(run.trace["theta"][1], start - 0.1 * expected, atol=1e-10)


def test_gauss_newton_is_of_the_words() -> None:
    """sum_k |c_k| d_i <P_k> d_j <P_k>, the derivatives by those of single words."""
    problem = qng.load("h2")
    theta = problem.initial + 0.2
    expected = np.zeros((12, 12))
    for word, c in problem.observable:
        if word.support:
            slope = qng.gradient(
                qng.Problem(circuit=problem.circuit, observable=qng.PauliSum({word: 1.0})), theta
            ).value
            expected += abs(c) * np.outer(slope, slope)
    np.testing.assert_allclose(
        qng.metric(problem, theta, "gauss-newton").dense(), expected, atol=1e-12
    )
    small = qng.load("textbook-2")
    assert type(qng.metric(small, small.initial, "gauss-newton")).__name__ == "LowRank"


def test_a_product_has_no_connection_that_is_known() -> None:
    with pytest.raises(InputError, match="a geodesic needs a Fubini-Study metric"):
        qng.minimize("textbook-2", "qngg", metric="kfac", steps=1)
    assert chosen("metric", "kfac", METRICS, counting=False).pure


@pytest.mark.parametrize("name", ["kfac", "shampoo", "muon", "gauss-newton", "trust-region"])
def test_runs_are_saved_and_read_back(name: str, tmp_path) -> None:
    options = {"every": 3} if optimizers.takes(name, "every") else {}
    run = qng.minimize("textbook-2", name, steps=4, **options)
    run.save(tmp_path / "run.json")
    again = qng.load_run(tmp_path / "run.json")
    np.testing.assert_array_equal(again.trace["theta"], run.trace["theta"])
    assert again.made.method == optimizers.named(name, **options)


def test_arguments_of_a_qnode_keep_their_shapes() -> None:
    """By the names that PennyLane's arguments have."""
    names = [f"weights[{i},{j},{k}]" for i, j, k in np.ndindex(2, 2, 3)]

    def circuit(*parameters):
        turns = [Rotation(Pauli(1 << q % 2, 0), parameter(p)) for q, p in enumerate(parameters)]
        return Circuit(2, turns, parameters)

    assert arrays_of(circuit(*names, "angle")) == ((2, 2, 3), (1,))
    assert arrays_of(circuit("angle", *names[:6], "x[0]")) == ((1,), (1, 2, 3), (1,))
    assert arrays_of(circuit(*names[1:])) == ((11,),)  # not a whole array, and odd
    assert arrays_of(circuit("x[0]", "x[1]", "y[0]", "y[1]")) == ((2, 2),)  # layers x qubits
    assert arrays_of(circuit("a", "b", "c")) == ((3,),)
    assert arrays_of(Circuit(2, [], [])) == ((0,),)
    metric = qng.metric(circuit(*names, "angle"), np.zeros(13), "kfac")
    assert metric.shapes == ((2, 6), (1,))
