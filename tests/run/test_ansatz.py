"""The geometry of circuits: ranks, curvature, geodesics, kernels, expressibility."""

import numpy as np
import pytest

import qng
from qng import ansatz
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient, qaoa, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.models.functions import function
from qng.run.ansatz import FAMILIES

BLOCH = hardware_efficient(1, 0)
TWO = hardware_efficient(2, 0)


# --- ranks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "most"), [("random-cx", 14), ("real-amplitudes", 7)])
def test_ranks_saturate_where_all_directions_are_there(name, most):
    found = ansatz.by_depth(name, range(1, 9), n_qubits=3, samples=2)
    assert found.most == found.ranks[-1] == most
    assert found.ranks[0] == min(found.parameters[0], found.ranks[0])
    assert np.all(np.diff(found.ranks) >= 0)
    assert found.saturated is not None
    assert found.is_clear


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_a_circuit_at_every_depth(name):
    found = ansatz.by_depth(name, [1, 2], n_qubits=2, samples=1)
    assert found.name == name
    assert np.all(found.ranks <= found.parameters)


def test_a_family_of_ones_own():
    def rings(depth):
        from qiskit.circuit import QuantumCircuit
        from qiskit.circuit.library import efficient_su2

        circuit = efficient_su2(2, reps=depth, entanglement="linear")
        return QuantumCircuit.compose(QuantumCircuit(2), circuit)

    assert ansatz.by_depth(rings, [0, 1, 2]).ranks.tolist() == [4, 6, 6]


def test_functions_of_pennylane_come_with_their_arguments():
    import pennylane as qml

    def layers(w):
        for row in w:
            for q in (0, 1):
                qml.RY(row[q], q)
            qml.CNOT([0, 1])

    found = ansatz.by_depth(lambda depth: (layers, np.ones((depth, 2))), [1, 2, 3], samples=1)
    assert found.parameters.tolist() == [2, 4, 6]
    assert found.ranks.tolist() == [2, 3, 3]
    assert ansatz.expressibility((layers, np.ones((2, 2))), pairs=750).value > 0


def test_ranks_agree_with_those_of_the_metric():
    circuit = hardware_efficient(3, 2)
    found = ansatz.spectra(circuit, samples=2, seed=3)
    for theta, values in zip(found.thetas, found.values):
        w = np.linalg.eigvalsh(qng.metric(circuit, theta).dense())[::-1]
        np.testing.assert_allclose(values, w, atol=1e-13)
        assert np.sum(w > 1e-13 * w[0]) == found.dimension


@pytest.mark.parametrize(
    "circuit",
    [
        hardware_efficient(3, 2),
        qaoa(PauliSum({"Z0 Z1": 1.0, "Z1 Z2": 0.5, "X0": 0.3}), 2),
        Circuit(
            2,
            [
                Rotation(Pauli.parse("X0"), parameter("a")),
                Rotation(Pauli.parse("Z0 X1"), 2 * parameter("b")),
                Gate("cx", (0, 1)),
                Rotation(Pauli.parse("Y1"), parameter("a") + parameter("c")),
            ],
            ["a", "b", "c"],
        ),
    ],
)
def test_ranks_along_a_circuit_are_those_of_its_beginnings(circuit):
    theta = np.random.default_rng(5).uniform(-2, 2, circuit.n_parameters)
    found = ansatz.along(circuit, theta)
    assert found.parameters[-1] == circuit.n_parameters
    assert found.ranks[-1] == ansatz.spectra(circuit, theta).dimension
    seen, expected = set(), []
    for position, op in enumerate(circuit.ops):
        names = set(op.angle.parameters()) if isinstance(op, Rotation) else set()
        if names - seen and seen:
            expected.append(ansatz.spectra(circuit.prefix(position), theta).dimension)
        seen |= names
    assert found.ranks.tolist()[:-1] == expected


def test_models_have_a_spectrum_too():
    model = function(lambda t: t[0] ** 2, [1.0, 2.0], metric=lambda t: np.diag([4.0, 0.0]))
    found = ansatz.spectra(model, samples=2)
    assert found.ranks.tolist() == [1, 1]
    assert found.most is None
    with pytest.raises(InputError, match="no circuit"):
        ansatz.along(model)


# --- curvature -----------------------------------------------------------------------------------


def test_a_circuit_over_the_sphere_has_a_chern_number():
    found = ansatz.curvature_map(BLOCH, a=(0, np.pi), points=12)
    assert found.chern == 1
    centre = (found.a[3] + found.a[4]) / 2, (found.b[0] + found.b[1]) / 2
    exact = qng.berry_curvature(BLOCH, centre)[0, 1]
    assert found.curvature[3, 0] == pytest.approx(exact, rel=0.01)


def test_the_surface_may_be_a_state_a_circuit_a_field_or_a_matrix():
    def field(u, v):
        return {
            "X0": np.sin(u) * np.cos(v),
            "Y0": np.sin(u) * np.sin(v),
            "Z0": np.cos(u),
        }

    surfaces = (
        field,
        lambda u, v: PauliSum(field(u, v)).to_qiskit(),
        lambda u, v: PauliSum(field(u, v)).dense(1),
        lambda u, v: [np.sin(u / 2), -np.exp(1j * v) * np.cos(u / 2)],
        lambda u, v: BLOCH.bind({"t0": u + np.pi, "t1": v}),
    )
    for surface in surfaces:
        assert ansatz.curvature_map(surface, a=(0, np.pi), points=8).chern == -1


def test_a_map_over_two_of_many_parameters_is_that_of_the_curvature():
    circuit = hardware_efficient(2, 1)
    theta = np.random.default_rng(1).uniform(-1, 1, 8)
    names = circuit.parameters[0], circuit.parameters[5]
    a, b = theta[0], theta[5]
    found = ansatz.curvature_map(
        circuit, (a - 0.01, a + 0.01), (b - 0.01, b + 0.01), points=1, over=names, theta=theta
    )
    assert found.curvature[0, 0] == pytest.approx(
        qng.berry_curvature(circuit, theta)[0, 5], abs=1e-4
    )


@pytest.mark.parametrize(
    ("surface", "options", "said"),
    [
        (lambda u, v: PauliSum({"Z0": u}), {"a": (-1, 1), "points": 2}, "meets another"),
        (lambda u, v: 1 / 0, {}, "ZeroDivisionError"),
        (lambda u, v: [[1, 2], [3, 4]], {}, "not Hermitian"),
        (lambda u, v: BLOCH, {}, "not bound"),
        (hardware_efficient(1, 1), {}, "over="),
        (BLOCH, {"a": (1, 0)}, "lesser one first"),
        (BLOCH, {"points": 0}, "points"),
        (3, {}, "function of two numbers"),
    ],
)
def test_what_is_no_surface_is_refused(surface, options, said):
    with pytest.raises(InputError, match=said):
        ansatz.curvature_map(surface, **options)


# --- geodesics -----------------------------------------------------------------------------------


def test_on_a_product_of_spheres_a_geodesic_is_one_of_each():
    """Two independent qubits: lengths add as squares, and exceed the distance of the states."""
    a, b = np.array([0.5, 0.9, 0.1, -0.4]), np.array([1.6, 1.9, 1.1, 0.9])
    single = [ansatz.connect(BLOCH, a[[q, q + 2]], b[[q, q + 2]]).distance for q in (0, 1)]
    expected = np.hypot(*single)
    path = ansatz.connect(TWO, a, b)
    assert path.length == pytest.approx(expected, abs=2e-6)
    assert path.distance < expected - 1e-3 < path.straight
    # From its first velocity the geodesic arrives where it should.
    start = 24 * (path.points[1] - path.points[0])
    shot = ansatz.shoot(TWO, a, start, points=3)
    assert shot.length == pytest.approx(expected, rel=0.02)
    assert ansatz.distance(shot.states[-1], path.states[-1]) < 0.05


def test_a_shot_has_constant_speed_and_follows_a_great_circle():
    v = np.array([0.4, 1.0])
    path = ansatz.shoot(BLOCH, [0.7, 0.2], v, time=1.5)
    speed = qng.metric(BLOCH, [0.7, 0.2]).length(v)
    assert path.length == pytest.approx(1.5 * speed, rel=1e-7)
    assert path.distance == pytest.approx(path.length, rel=1e-6)
    assert path.error < 1e-7


def test_redundant_parameters_do_not_stop_a_geodesic():
    circuit = hardware_efficient(1, 1)
    path = ansatz.shoot(circuit, [0.3, 0.2, 0.4, 0.5], [0.5, -0.2, 0.1, 0.3], points=3)
    assert path.length == pytest.approx(path.distance, rel=1e-6)


def normal(chart=lambda t: t, slopes=lambda t: np.eye(2)):
    """The normal distributions, by g = I / 4, in coordinates of one's own."""

    def metric(t):
        _, sigma = chart(np.asarray(t))
        return slopes(t).T @ np.diag([1, 2]) @ slopes(t) / (4 * sigma**2)

    return function(lambda t: float(t @ t), [0.0, 1.0], metric=metric)


def test_normal_distributions_are_a_half_plane():
    """Geodesics of a model: the distance of Fisher and Rao, halved, in any coordinates."""
    a, b = np.array([0.0, 1.0]), np.array([3.0, 2.0])
    square = (a[0] - b[0]) ** 2 / 2 + (a[1] - b[1]) ** 2
    expected = np.arccosh(1 + square / (2 * a[1] * b[1])) / np.sqrt(2)
    path = ansatz.connect(normal(), a, b)
    assert path.length == pytest.approx(expected, rel=1e-7)
    assert path.straight > 1.05 * expected
    assert np.isnan(path.distance)
    logs = normal(lambda t: [t[0], np.exp(t[1])], lambda t: np.diag([1.0, np.exp(t[1])]))
    other = ansatz.connect(logs, [0.0, 0.0], [3.0, np.log(2)])
    assert other.length == pytest.approx(expected, rel=1e-7)
    shot = ansatz.shoot(normal(), a, [1.0, 0.5], points=3)
    end = shot.points[-1]
    square = (end[0] - a[0]) ** 2 / 2 + (end[1] - a[1]) ** 2
    assert shot.length == pytest.approx(
        np.arccosh(1 + square / (2 * a[1] * end[1])) / np.sqrt(2), rel=1e-6
    )


def test_ends_that_are_whole_turns_away_are_the_same():
    near = ansatz.connect(BLOCH, [0.5, 0.1], [0.9, 0.4])
    far = ansatz.connect(BLOCH, [0.5, 0.1], [0.9, 0.4 - 2 * np.pi])
    assert far.length == pytest.approx(near.length, abs=1e-8)


# --- runs ----------------------------------------------------------------------------------------


def test_the_path_of_a_run_is_longer_than_the_distance_of_its_ends():
    run = qng.minimize("textbook-2", "gd", steps=20)
    found = ansatz.path_length(run, straight=True)
    assert len(found.chords) == 20
    assert found.detour >= 1
    assert found.distance <= found.total <= found.straight.sum() + 1e-6
    assert found.along[-1] == found.total
    again = ansatz.path_length("textbook-2", run.trace["theta"])
    np.testing.assert_array_equal(again.chords, found.chords)


def test_the_path_of_a_model_is_measured_by_its_metric():
    problem = function(
        lambda t: float(t @ t), [1.0, 2.0], gradient=lambda t: 2 * t, metric=lambda t: 4 * np.eye(2)
    )
    found = ansatz.path_length(qng.minimize(problem, "gd", steps=3, lr=0.1))
    expected = 2 * np.linalg.norm(np.diff(np.outer(0.8 ** np.arange(4), [1, 2]), axis=0), axis=1)
    np.testing.assert_allclose(found.chords, expected)
    assert np.isnan(found.distance)


# --- what is learned, and how evenly -------------------------------------------------------------


def test_the_kernel_has_the_spectrum_of_gauss_newton():
    kernel = ansatz.tangent_kernel("h2")
    problem = qng.load("h2")
    words = [PauliSum({str(word): c.real}) for word, c in problem.observable if word.support]
    each = [qng.gradient(qng.Problem(problem.circuit, w, problem.initial)).value for w in words]
    np.testing.assert_allclose(kernel.jacobian, each, atol=1e-12)
    w = np.linalg.eigvalsh(kernel.gauss_newton)[::-1][: kernel.counted.rank]
    np.testing.assert_allclose(kernel.values[: kernel.counted.rank], w, rtol=1e-8, atol=1e-14)
    slope = qng.gradient("h2").value
    np.testing.assert_allclose(kernel.jacobian.sum(axis=0), slope, atol=1e-12)


def test_kernels_of_data_and_of_functions():
    seen = {"Z0": 1.0}
    data = [qng.Problem(BLOCH.then([Gate(g, (0,))]), seen) for g in ("id", "h")]
    theta = np.array([0.4, 0.9])

    def outputs(t):
        return np.array([np.cos(t[0]), np.sin(t[0]) * np.cos(t[1])])

    np.testing.assert_allclose(
        ansatz.tangent_kernel(data, theta).matrix,
        ansatz.tangent_kernel(outputs, theta).matrix,
        atol=1e-9,
    )
    model, x = classifier(), np.array([[0.1, 0.2], [0.5, -1.0]])
    flat = model.jacobian(np.full(4, 0.3), x).reshape(4, 4)
    np.testing.assert_allclose(
        ansatz.tangent_kernel(model, np.full(4, 0.3), inputs=x).matrix, flat @ flat.T
    )
    y = np.array([1.0, -0.5])
    kernel = ansatz.tangent_kernel(outputs, theta)
    expected = y @ kernel.matrix @ y / (y @ y) / np.linalg.norm(kernel.matrix)
    assert kernel.alignment(y) == pytest.approx(expected)


def test_states_that_never_move_are_least_expressible():
    still = ansatz.expressibility(hardware_efficient(2, 0, ("rz",)), pairs=1000)
    tail = -3 * np.log1p(-74 / 75)
    assert still.value == pytest.approx(tail, abs=1e-9)
    deep = ansatz.expressibility(hardware_efficient(2, 5), pairs=2000, seed=1)
    assert deep.value < 0.05 < still.value


def test_a_circuit_whose_outcomes_do_not_move_has_no_effective_dimension():
    """A phase is not seen by measuring Z, and rounding is no information."""
    phase = Circuit(1, [Gate("h", (0,)), Rotation(Pauli.parse("Z0"), parameter("a"))], ["a"])
    with pytest.raises(InputError, match="do not depend on its parameters"):
        ansatz.effective_dimension(phase, [1e4], points=3)
    assert ansatz.effective_dimension(phase, [1e4], points=3, basis="X").value[0] > 0.9
    assert ansatz.geometry(phase, points=3, samples=2).effective is None


def test_the_effective_dimension_of_any_fisher_matrix():
    circuit = real_amplitudes(2, 1)
    found = ansatz.effective_dimension(circuit, [1e4], points=5, seed=2)
    thetas = np.random.default_rng([2, 3]).uniform(-np.pi, np.pi, (5, 4))
    fishers = [qng.metric(circuit, theta, "fisher").dense() for theta in thetas]
    same = ansatz.effective_dimension(fishers, [1e4])
    assert found.value == pytest.approx(same.value)
    assert 0 < found.normalised[0] <= 1
    with pytest.raises(InputError, match="inputs="):
        ansatz.effective_dimension(classifier(), [1e4])


def classifier():
    from qng.models.learning.classifier import CircuitClassifier
    from qng.models.learning.encodings import angle_encoding

    return CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1))


# --- all of it -----------------------------------------------------------------------------------


def test_the_geometry_of_a_problem():
    found = ansatz.geometry("textbook-2", samples=2, pairs=800, points=3)
    assert found.here.thetas.shape == (1, len(found.parameters))
    np.testing.assert_array_equal(found.curvature, -found.curvature.T)
    assert found.along.ranks[-1] == found.anywhere.dimension


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: ansatz.by_depth("random-cx", [1]), InputError),
        (lambda: ansatz.by_depth("random-cx", [0, 1], n_qubits=2), InputError),
        (lambda: ansatz.by_depth("nope", [1], n_qubits=2), UnknownNameError),
        (lambda: ansatz.by_depth("random-cx", [2, 1], n_qubits=2), InputError),
        (lambda: ansatz.by_depth(3, [1]), InputError),
        (lambda: ansatz.spectra(BLOCH, [1.0]), InputError),
        (lambda: ansatz.spectra("h2", samples=0), InputError),
        (lambda: ansatz.spectra(hardware_efficient(15, 0)), InputError),
        (lambda: ansatz.geometry(Circuit(1)), InputError),
        (lambda: ansatz.connect(BLOCH, [0.0, 0.0], [1.0]), InputError),
        (lambda: ansatz.shoot(BLOCH, [0.0, 0.0], [1.0, np.nan]), InputError),
        (lambda: ansatz.path_length(BLOCH), InputError),
        (lambda: ansatz.path_length("h2", [0.0]), InputError),
        (lambda: ansatz.tangent_kernel(BLOCH, [0.0, 0.0]), InputError),
        (lambda: ansatz.tangent_kernel(lambda t: t), InputError),
        (lambda: ansatz.expressibility(BLOCH, pairs=10), InputError),
        (lambda: ansatz.effective_dimension(BLOCH, [1e4], low=1, high=1), InputError),
    ],
)
def test_what_has_no_geometry_is_refused(call, error):
    with pytest.raises(error):
        call()
