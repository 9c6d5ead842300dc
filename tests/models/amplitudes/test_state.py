"""States as functions, against circuits, closed forms and derivatives that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

import qng
from qng.errors import InputError, UnknownNameError
from qng.models.amplitudes.slopes import by_complex_step, by_differences

THETA = np.array([0.3, -0.8, 1.1])
MATRICES = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]])}


def turned(angle, letter):
    return np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * MATRICES[letter]


def pair(t):
    """RY(t0) on qubit 0 and RX(t1) on qubit 1, CX from 0 to 1, RY(t2) on 1; not normalised."""
    zero = np.array([1.0, 0.0])
    flip = np.eye(4)[[0, 3, 2, 1]]
    state = flip @ np.kron(turned(t[1], "X") @ zero, turned(t[0], "Y") @ zero)
    return 3.0j * np.exp(t[0]) * (np.kron(turned(t[2], "Y"), np.eye(2)) @ state)


CIRCUIT = qng.Circuit.from_qasm(
    "OPENQASM 3; include 'stdgates.inc'; input float a; input float b; input float c; qubit[2] q;"
    "ry(a) q[0]; rx(b) q[1]; cx q[0], q[1]; ry(c) q[1];"
)
H = qng.PauliSum({"Z0 Z1": 1.0, "X0": 0.4, "Y1": -0.7, "": 0.2})


@pytest.fixture(params=["differences", "complex-step", "given"])
def state(request):
    if request.param == "given":
        return qng.StateFunction(pair, 3, lambda t: by_differences(pair, t))
    return qng.StateFunction(pair, 3, request.param)


def test_the_metric_and_the_curvature_are_those_of_the_circuit(state):
    """Norm and phase, which depend on theta, drop out."""
    np.testing.assert_allclose(
        qng.metric(state, THETA).dense(), qng.metric(CIRCUIT, THETA).dense(), atol=1e-10
    )
    np.testing.assert_allclose(
        qng.berry_curvature(state, THETA), qng.berry_curvature(CIRCUIT, THETA), atol=1e-10
    )
    assert state.metric(THETA).std_error is None


@pytest.mark.parametrize("seed", range(4))
def test_the_metric_is_the_distance_between_rays(seed):
    """1 - |<f(t)|f(t + e)>|^2 of the normalised vectors is e g e + O(e^3)."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 5, 3)) + 1j * rng.normal(size=(2, 5, 3))
    theta, c = rng.normal(size=3), rng.normal(size=5)

    def f(t):
        return (1 + c) * np.exp(a @ t / 3) + np.sin(b @ t) ** 2

    def distance(e):
        one, other = f(theta), f(theta + e)
        overlap = abs(one.conj() @ other) ** 2
        return 1 - overlap / (np.linalg.norm(one) * np.linalg.norm(other)) ** 2

    g = qng.metric(qng.StateFunction(f, 3), theta).dense()
    for e in 1e-3 * rng.normal(size=(6, 3)):
        even = (distance(e) + distance(-e)) / 2  # without the third order
        assert e @ g @ e == pytest.approx(even, rel=1e-3)


def test_energy_gradient_and_fisher_matrix_are_those_of_the_circuit(state):
    ours, theirs = state.problem(H, THETA), qng.Problem(CIRCUIT, H, start=THETA)
    found, expected = qng.energy(ours), qng.energy(theirs)
    assert found.value == pytest.approx(expected.value, abs=1e-12)
    assert found.variance == pytest.approx(expected.variance, abs=1e-12)
    np.testing.assert_allclose(qng.gradient(ours).value, qng.gradient(theirs).value, atol=1e-10)
    for point in (THETA, np.array([0.0, 0.4, 0.0])):  # where amplitudes are zero, too
        np.testing.assert_allclose(
            qng.metric(ours, point, "fisher").dense(),
            qng.metric(theirs, point, "fisher").dense(),
            atol=1e-9,
        )
    np.testing.assert_allclose(qng.hessian(ours).dense(), qng.hessian(theirs).dense(), atol=1e-6)


def test_runs_are_those_of_the_circuit(state):
    for method in ("gd", "qng", "adam", "linear-method", "projected-inverse"):
        ours = qng.minimize(state.problem(H, THETA), method, steps=20)
        theirs = qng.minimize(qng.Problem(CIRCUIT, H, start=THETA), method, steps=20)
        np.testing.assert_allclose(ours.trace["theta"], theirs.trace["theta"], atol=1e-6)
    assert ours.error == pytest.approx(theirs.error, abs=1e-7)


def test_derivatives_are_those_of_closed_forms():
    """Of exp(3 i t) and of powers: their derivatives are known."""
    f = lambda t: np.array([np.exp(3j * t[0]), t[0] ** 3 * t[1], t[1]])  # noqa: E731
    x = np.array([0.7, 20.0])
    exact = np.array([[3j * np.exp(2.1j), 3 * 0.49 * 20, 0], [0, 0.343, 1]])
    np.testing.assert_allclose(by_differences(f, x), exact, atol=1e-10)
    np.testing.assert_allclose(by_complex_step(f, x), exact, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda t: [1.0, abs(t[0])],
        lambda t: [1.0, np.conj(t[0]) ** 2],
        lambda t: np.array([1.0, t[0]]) / np.linalg.norm([1.0, t[0]]),
        lambda t: [1.0, float(t[0])],
        lambda t: [1.0, np.real(t[0]) ** 2],
    ],
)
def test_complex_steps_are_refused_where_a_function_is_not_analytic(function):
    with pytest.raises(InputError, match="complex-step needs a function"):
        qng.StateFunction(function, 1, "complex-step").metric([0.4])
    assert qng.StateFunction(function, 1).metric([0.4]).dense().shape == (1, 1)


def polar(t):
    """Its metric is Diag(1, sin^2 t0)."""
    return np.array([np.cos(t[0]), np.sin(t[0]) * np.exp(1j * t[1])])


def round_metric(t):
    return np.diag([1.0, np.sin(2 * t[0]) ** 2 / 4])


WAYS = ["differences", "complex-step"]


@pytest.mark.parametrize("way", WAYS)
def test_large_angles_and_fast_ones_are_differentiated(way):
    for x in ([0.3 + 2000 * np.pi, 0.7], [0.3, -5000.0]):
        found = qng.StateFunction(polar, 2, way).metric(x).dense()
        np.testing.assert_allclose(found, round_metric(x), atol=1e-8)
    fast = qng.StateFunction(lambda t: polar([900 * t[0], t[1]]), 2, way).metric([0.3, 0.7])
    expected = np.diag([900.0, 1.0]) @ round_metric([270.0, 0.7]) @ np.diag([900.0, 1.0])
    np.testing.assert_allclose(fast.dense() / 900**2, expected / 900**2, atol=1e-8)


@pytest.mark.parametrize(("fast", "x"), [(1.0, 3000.3), (900.0, 0.3)])
def test_hessians_of_large_angles_and_fast_ones(fast, x):
    state = qng.StateFunction(lambda t: np.array([np.cos(fast * t[0]), np.sin(fast * t[0])]), 1)
    found = qng.hessian(state.problem({"Z0": 1.0}, [x])).dense()[0, 0]  # of cos 2wt
    assert found / (4 * fast**2) == pytest.approx(-np.cos(2 * fast * x), abs=1e-6)


def test_the_hessian_of_a_parameter_that_moves_nothing():
    turned = lambda t: np.exp(1j * t[1]) * np.array([np.cos(t[0]), np.sin(t[0])])  # noqa: E731
    problem = qng.StateFunction(turned, 2).problem({"Z0": 1.0}, [np.pi / 2, 0.4])
    np.testing.assert_allclose(qng.hessian(problem).dense(), np.diag([4.0, 0.0]), atol=1e-8)


@pytest.mark.parametrize("way", WAYS)
def test_a_function_that_fills_one_array_or_changes_its_argument(way):
    kept = np.zeros(2, dtype=complex)

    def fills(t):
        kept[:] = polar(t)
        t *= 0
        return kept

    found = qng.StateFunction(fills, 2, way).metric([0.3, 0.7]).dense()
    np.testing.assert_allclose(found, round_metric([0.3, 0.7]), atol=1e-10)


def test_small_states_hide_nothing():
    small = qng.StateFunction(lambda t: 1e-9 * polar([abs(t[0]), t[1]]), 2, "complex-step")
    with pytest.raises(InputError, match="analytic"):
        small.metric([0.3, 0.7])


@pytest.mark.parametrize(
    "function",
    [
        lambda t: [1.0, abs(t[0] - 0.3)],
        lambda t: [1.0, abs(t[0] - 0.3005)],
        lambda t: [1.0, np.floor(100 * t[0])],
    ],
)
def test_kinks_and_jumps_are_refused_or_avoided(function):
    """The second kink is half a step away: shorter steps do not see it."""
    state = qng.StateFunction(function, 1)
    if function([0.3])[1] == pytest.approx(0.0005):
        d, size = 5e-4, 1 + 5e-4**2
        expected = 1 / size - (d / size) ** 2
        assert state.metric([0.3]).dense()[0, 0] == pytest.approx(expected, abs=1e-9)
    else:
        with pytest.raises(InputError, match="not smooth"):
            state.metric([0.3])


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision_is_refused_where_differences_are_taken(dtype):
    state = lambda t: polar([t[0], 0.0]).real.astype(dtype)  # noqa: E731
    for way in WAYS:
        with pytest.raises(InputError, match=f"single precision .{np.dtype(dtype)}"):
            qng.StateFunction(state, 1, way).metric([0.3])
    given = qng.StateFunction(state, 1, lambda t: [[-np.sin(t[0]), np.cos(t[0])]])
    assert given.metric([0.3]).dense()[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_derivatives_of_something_else_are_refused():
    rows = lambda t: np.array(  # noqa: E731
        [
            [-np.sin(t[0]), np.cos(t[0]) * np.exp(1j * t[1])],
            [0, 1j * np.sin(t[0]) * np.exp(1j * t[1])],
        ]
    )
    found = qng.StateFunction(polar, 2, rows).metric([0.3, 0.7]).dense()
    np.testing.assert_allclose(found, round_metric([0.3, 0.7]), atol=1e-12)
    for wrong in (lambda t: rows(t).T, lambda t: rows(t) / 2, lambda t: rows(t).conj()):
        with pytest.raises(InputError, match="not those of the state"):
            qng.StateFunction(polar, 2, wrong).metric([0.3, 0.7])


def test_a_sector_with_a_sparse_matrix():
    """Two levels of three: no qubits are needed; solved where the state is the ground state."""
    matrix = np.diag([0.0, 1.0, 3.0]) + 0.3 * (np.eye(3, k=1) + np.eye(3, k=-1))
    spherical = lambda t: [  # noqa: E731
        np.cos(t[0]),
        np.sin(t[0]) * np.cos(t[1]),
        np.sin(t[0]) * np.sin(t[1]),
    ]
    for given in (matrix, csr_array(matrix)):
        problem = qng.StateFunction(spherical, ("polar", "azimuth")).problem(given, [0.3, 0.2])
        run = qng.minimize(problem, "qng", lr=0.5, steps=100)
        assert run.fun == pytest.approx(np.linalg.eigvalsh(matrix)[0], abs=1e-9)
        assert run.error == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(
        problem.loss.state.metric([0.3, 0.2]).dense(), np.diag([1, np.sin(0.3) ** 2]), atol=1e-12
    )


def test_more_parameters_than_amplitudes():
    state = qng.StateFunction(lambda t: [np.cos(t.sum()), np.sin(t.sum())], 6)
    np.testing.assert_allclose(state.metric(np.full(6, 0.1)).dense(), np.ones((6, 6)), atol=1e-11)
    run = qng.minimize(state.problem({"Z0": 1.0}, np.full(6, 0.1)), "qng", steps=60)
    assert run.fun == pytest.approx(-1.0, abs=1e-6)


SAYS = [
    (lambda: qng.StateFunction(3, 1), "a function from theta to amplitudes, not 3"),
    (lambda: qng.StateFunction(pair, 0), "size must be"),
    (lambda: qng.StateFunction(pair, "abc"), "the number of parameters, or their names"),
    (lambda: qng.StateFunction(pair, ("a", "a", "b")), "all different"),
    (lambda: qng.StateFunction(pair, 1.5), "the number of parameters"),
    (lambda: qng.berry_curvature(qng.StateFunction(pair, 3)), "theta is needed: 3 numbers"),
    (lambda: qng.berry_curvature(qng.StateFunction(pair, 3), THETA, shots=9), "leave shots out"),
    (lambda: qng.metric(qng.StateFunction(pair, 3), THETA, shots=9), "leave shots out"),
    (lambda: qng.StateFunction(pair, 3).metric([1.0]), "theta"),
    (lambda: qng.metric(qng.StateFunction(pair, 3)), "theta is needed: 3 numbers for the state"),
    (lambda: qng.StateFunction(lambda t: [0.0, 0.0], 1).metric([1.0]), "norm 0"),
    (lambda: qng.StateFunction(lambda t: [np.nan, 0.0], 1).metric([1.0]), "norm nan"),
    (lambda: qng.StateFunction(lambda t: None, 1).metric([1.0]), "returned None"),
    (lambda: qng.StateFunction(lambda t: [1.0] * (1 + (t[0] > 1)), 1).metric([1.0]), "near it"),
    (lambda: qng.StateFunction(lambda t: "ab", 1).metric([1.0]), "must be numbers"),
    (lambda: qng.StateFunction(pair, 3, lambda t: np.ones(4)).metric(THETA), r"shape \(3, 4\)"),
    (lambda: qng.StateFunction(pair, 3).problem({"Z2": 1.0}, THETA), "which have 8"),
    (lambda: qng.StateFunction(pair, 3).problem(np.eye(3), THETA), r"not \(3, 3\)"),
    (lambda: qng.StateFunction(pair, 3).problem(np.eye(4, k=1), THETA), "Hermitian"),
    (lambda: qng.minimize(qng.StateFunction(pair, 3)), r"state\.problem\(hamiltonian, start\)"),
    (lambda: qng.energy(qng.StateFunction(pair, 3), THETA), r"state\.problem\(hamiltonian"),
    (lambda: qng.metric(qng.StateFunction(pair, 3), THETA, "hessian"), "has no energy"),
]


@pytest.mark.parametrize(("call", "says"), SAYS)
def test_what_cannot_be_is_refused(call, says):
    with pytest.raises(InputError, match=says):
        call()


def test_unknown_derivatives_are_refused():
    with pytest.raises(UnknownNameError, match="complex-step"):
        qng.StateFunction(pair, 3, "complex")


def test_runs_are_kept(tmp_path):
    for given in (H, H.dense(2)):
        run = qng.minimize(qng.StateFunction(pair, 3).problem(given, THETA), "qng", steps=3)
        run.save(tmp_path / "run.json")
        again = qng.load_run(tmp_path / "run.json")
        np.testing.assert_array_equal(again.x, run.x)
        assert again.fun == run.fun
