"""Quantum functions, QNodes and tapes: parameters, expressions, wires, observables, and back."""

import functools

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from pennylane import numpy as pnp

import qng
from qng.circuit.angle import apply, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane import angles_tape, convert, observables, problem_parts
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError
from qng.testing import strategies
from tests import dense
from tests.circuit.convert import pennylane_oracle as oracle

X = np.array([0.3, -0.4, 0.5])
W = np.linspace(-1, 1, 12).reshape(2, 3, 2)


def three(a, x, w):
    """Shapes (), (3,) and (2, 3, 2), with processing in between."""
    qml.RX(2 * a, wires=0)
    qml.RY(pnp.sin(a) * w[0, 1, 1], wires=1)
    qml.CRZ(w[0, 0, 0] * w[1, 1, 1] + x[0] ** 2, wires=[1, 0])
    qml.IsingXX(pnp.sum(w**2) / pnp.linalg.norm(x), wires=[0, 1])
    qml.RX(pnp.tanh(x[1]) + pnp.exp(-x[2]), wires=1)
    qml.CRY(pnp.dot(x, np.arange(3.0)), wires=[0, 1])
    qml.PhaseShift(x[0] * x[1] - a / (1 + x[2] ** 2), wires=0)
    qml.StronglyEntanglingLayers(pnp.reshape(w, (2, 2, 3)), wires=[0, 1])


# Parameters


def test_arguments_are_ravelled_in_c_order_argument_by_argument():
    found = convert(three, 0.2, X, W)
    names = [
        *(f"x[{k}]" for k in range(3)),
        *(f"w[{i},{j},{k}]" for i, j, k in np.ndindex(2, 3, 2)),
    ]
    assert found.circuit.parameters == ("a", *names)
    np.testing.assert_array_equal(found.theta, [0.2, *X, *W.ravel()])
    assert [(a.name, a.shape, a.start) for a in found.arguments] == [
        ("a", (), 0),
        ("x", (3,), 1),
        ("w", (2, 3, 2), 4),
    ]


def test_vectors_and_matrices_go_back_to_the_shapes_of_arguments():
    found = convert(three, 0.2, X, W)
    a, x, w = found.unravel(np.arange(16.0))
    assert a == 0
    assert x.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(w, np.arange(4.0, 16).reshape(2, 3, 2))
    blocks = found.unravel_matrix(np.arange(256.0).reshape(16, 16))
    assert blocks[0][0] == 0
    assert blocks[1][2].shape == (3, 2, 3, 2)
    assert blocks[1][2][2, 1, 0, 1] == 16 * 3 + 4 + 7
    assert blocks[2][1][1, 0, 1, 2] == 16 * (4 + 7) + 3
    with pytest.raises(InputError, match=r"the shape \(16,\) is expected, not \(3,\)"):
        found.unravel([1, 2, 3])
    with pytest.raises(InputError, match=r"the shape \(16, 16\) is expected"):
        found.unravel_matrix(np.eye(3))


def test_metric_and_gradient_over_several_arguments():
    """Terms between arguments included, which metric_tensor of PennyLane drops."""
    observable = qml.dot([0.7, -0.4], [qml.Z(0) @ qml.X(1), qml.Y(0)])

    def flat(theta):
        three(theta[0], theta[1:4], theta[4:].reshape(2, 3, 2))

    circuit, _, theta = problem_parts(three, 0.2, X, W)
    g, gradient = oracle.metric_and_gradient(flat, [0, 1], theta, observable)
    dense.close(qng.metric(circuit, theta).dense(), g)
    problem = qng.Problem(circuit, PauliSum.from_pennylane(observable))
    dense.close(qng.gradient(problem, theta).value, gradient)
    assert np.abs(g[0, 4:]).max() > 1e-2


# PennyLane's own backpropagation warns.
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_gradient_is_that_of_the_qnode():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(a, x, w):
        three(a, x, w)
        return qml.expval(qml.Z(0) @ qml.X(1))

    found = convert(node, 0.2, X, W)
    problem = qng.Problem(found.circuit, found.observables[0])
    gradient = found.unravel(qng.gradient(problem, found.theta).value)
    expected = qml.grad(node)(*map(pnp.array, (0.2, X, W)))
    for ours, theirs in zip(gradient, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        ((0.2, X, W[0]), {}, "aaxw"),
        ((pnp.array(0.2), pnp.array(X), pnp.array(W[0])), {}, "aaxw"),
        ((0.2, pnp.array(X, requires_grad=False), W[0]), {}, "aaw"),
        ((pnp.array(0.2, requires_grad=False), X, W[0]), {}, "xw"),
        ((0.2, X, W[0]), {"argnum": 1}, "x"),
        ((0.2, pnp.array(X, requires_grad=False), W[0]), {"argnum": [2, 1]}, "xw"),
        ((0.2, [0.3, -0.4, 1], ((0.1, 0.2), (0.3, 0.4))), {}, "aaxw"),
        ((1, [1, 2, 3], [[1, 2], [3, 4]]), {"argnum": [0, 1]}, "aax"),
        ((0.2, [1, 2, 3], W[0]), {}, "aaw"),
        ((0.2, X), {"w": W[0]}, "aax"),
    ],
)
def test_trainable_subsets(arguments, options, expected):
    def function(a, x, w):
        qml.RX(a, wires=0)
        qml.RY(a * 2, wires=1)
        qml.RZ(x[2], wires=0)
        qml.IsingXX(w[1][0], wires=[0, 1])

    circuit = Circuit.from_pennylane(function, *arguments, **options)
    used = "".join(name[0] for r in circuit.rotations for name in r.angle.parameters())
    assert used == expected


def test_whole_numbers_and_other_objects_are_constants():
    def function(x, layers, wires, is_open, hamiltonian, name):
        for k in range(layers):
            qml.RX(x[k] * k, wires=wires[0])
            qml.CNOT(wires) if is_open else None
        qml.PauliRot(x[0], name, wires=wires)
        qml.ApproxTimeEvolution(hamiltonian, x[1], 1)

    hamiltonian = qml.Hamiltonian([0.5, 1.0], [qml.X("a"), qml.Z("b")])
    circuit = Circuit.from_pennylane(function, X, 3, ["a", "b"], True, hamiltonian, "XY")
    assert circuit.parameters == ("x[0]", "x[1]", "x[2]")
    # x[0] * 0 leaves nothing.
    assert [str(r.angle) for r in circuit.rotations] == [
        *("x[1]", "2.0 * x[2]", "x[0]"),
        *("x[1]", "2.0 * x[1]"),
    ]


@pytest.mark.parametrize("k", [pnp.int64(2), pnp.uint8(2), pnp.array(2), np.int64(2), 2])
def test_whole_numbers_of_any_library(k):
    """`pennylane.numpy.int64` makes numbers of a class of its own."""

    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(x, k):
        qml.RX(k * x, wires=0)
        qml.RY(pnp.int64(3) * x + pnp.arange(3)[k], wires=0)
        return qml.expval(qml.Z(0))

    found = convert(node, 0.3, k)
    assert found.circuit.parameters == ("x",)
    assert found.circuit.angles([0.3]) == pytest.approx([0.6, 2.9], abs=1e-12)
    assert qng.energy(node, (0.3, k)).value == pytest.approx(float(node(0.3, k)), abs=1e-12)


def test_parameters_in_containers_and_variadic_arguments():
    def function(p, *rest):
        qml.RX(p["a"], wires=0)
        qml.RY(p["b"][1][0], wires=0)
        qml.RZ(rest[1], wires=0)

    found = convert(function, {"a": 0.1, "b": [2, np.array([0.3, 0.4])]}, 3, 0.5)
    assert found.circuit.parameters == ("p['a']", "p['b'][1][0]", "p['b'][1][1]", "rest[1]")
    assert [str(r.angle) for r in found.circuit.rotations] == ["p['a']", "p['b'][1][0]", "rest[1]"]
    np.testing.assert_array_equal(found.theta, [0.1, 0.3, 0.4, 0.5])


def test_arguments_that_do_not_fit():
    def function(x):
        qml.RX(x[0], wires=0)

    with pytest.raises(InputError, match=r"no argument is a floating-point number.* write 0.0"):
        convert(function, [1, 2, 3])
    assert convert(function, [1, 2, 3], argnum=()).circuit.n_parameters == 0
    with pytest.raises(InputError, match=r"argnum = \[3\] names an argument that is not there; 1"):
        convert(function, X, argnum=3)
    with pytest.raises(InputError, match="argnum names the argument x, which holds no real number"):
        convert(function, "abc", argnum=0)
    with pytest.raises(InputError, match="the argument x must be finite"):
        convert(function, np.array([np.nan]))
    with pytest.raises(
        InputError, match="a QNode, a quantum function or a tape is expected, not i"
    ):
        convert(3)
    with pytest.raises(CircuitError, match="the function acts on no wire"):
        convert(lambda: None)
    with pytest.raises(CircuitError, match=r"the function cannot be run: .*function\(\) missing 1"):
        convert(function)


# Expressions


def processed(x):
    """One angle each of everything that is followed."""
    numbers = np.array([2.0, -1.0, 0.5])
    half = pnp.split(x, 3)[1]
    yield from (x[0] + 1, 1 - x[0], 2 * x[1], x[2] / 2, 3 / (2 + x[0]), -x[1], x[0] ** 3)
    yield from (x[0] - x[1], x[0] * x[1], x[0] / x[2], 2 ** x[0], (2 + x[0]) ** x[1])
    yield from (abs(x[1]), x[2] % 0.4, pnp.mod(x[0], 0.2), pnp.square(x[1]))
    yield from (pnp.sin(x[0]), pnp.cos(x[1]), pnp.tan(x[2]), pnp.exp(x[0]), pnp.log(2 + x[1]))
    yield from (pnp.arcsin(x[0]), pnp.arccos(x[1]), pnp.arctan(x[2]), pnp.sqrt(1 + x[0]))
    yield from (pnp.sinh(x[0]), pnp.cosh(x[1]), pnp.tanh(x[2]), pnp.arctanh(x[0]))
    yield from (pnp.arcsinh(x[0]), pnp.arccosh(2 + x[1]), pnp.log2(2 + x[2]), pnp.log10(2 + x[0]))
    yield from (pnp.log1p(x[0]), pnp.expm1(x[1]), pnp.exp2(x[2]), pnp.deg2rad(x[0]))
    yield from (pnp.sum(x), x.sum(), pnp.mean(x), pnp.prod(x), pnp.cumsum(x)[1], pnp.std(x))
    yield from (pnp.dot(x, numbers), numbers @ x, x @ x, (numbers * x)[1], pnp.outer(x, x)[0, 2])
    yield from (pnp.einsum("i,i->", x, x), pnp.tensordot(x, numbers, 1), pnp.linalg.norm(x))
    yield from (x.reshape(3, 1)[2, 0], x[None, :].T[1, 0], x[::-1][0], pnp.roll(x, 1)[0], half[0])
    yield from (pnp.hstack([x, x])[4], pnp.stack([x, 2 * x])[1, 0], pnp.concatenate([x, x])[5])
    yield from (pnp.array([x[1], 0.3])[0], np.array([x[1], 0.3])[0], pnp.repeat(x, 2)[3])
    yield from (np.float64(0.3) * x[0], np.pi * x[1], pnp.where(numbers > 0, x, 2 * x)[1])
    yield from (pnp.real(pnp.exp(1j * x[0])), pnp.imag(x[1] * (1 + 2j)), pnp.abs(x[0] + 1j * x[1]))
    yield from (pnp.real((x[0] + 1j) / (x[1] - 2j)), pnp.real(pnp.conj(x[0] * 1j) * 1j))
    yield from (qml.math.sin(x[0]), qml.math.sum(x), qml.math.stack([x[0], x[1]])[1])
    yield pnp.array(x, dtype=float)[2]


def test_processing_is_followed_with_exact_derivatives():
    count = len(list(processed(pnp.array(X + 0.5))))

    def function(x):
        for angle in processed(x):
            qml.RX(angle, wires=0)

    theta = np.array([0.31, 0.42, 0.57])
    circuit = Circuit.from_pennylane(function, theta)
    assert circuit.n_rotations == count

    def values(points):
        flat = [np.array([float(a) for a in processed(p)]) for p in points.reshape(-1, 3)]
        return np.reshape(flat, (*points.shape[:-1], count))

    np.testing.assert_allclose(circuit.angles(theta), values(theta), rtol=1e-12, atol=1e-15)
    slopes = dense.differences(values, theta).T
    np.testing.assert_allclose(circuit.jacobian(theta), slopes, rtol=1e-9, atol=1e-9)


def test_affine_processing_stays_affine():
    def function(x):
        qml.RX(x[1] / 2 + 3 * (x[0] - 0.25 * x[1]) - 1, wires=0)
        qml.RY(pnp.dot(np.eye(3) * 2, x)[2], wires=0)

    circuit = Circuit.from_pennylane(function, X)
    assert [str(r.angle) for r in circuit.rotations] == [
        "(-0.25) * x[1] + 3.0 * x[0] - 1.0",
        "2.0 * x[2]",
    ]


def test_a_function_that_needs_floats_may_be_affine():
    """Expressions cannot be turned into floats; where angles are affine, differences are exact."""

    def function(x, a):
        y = [float(v) for v in x]
        qml.RX(2 * y[0] - y[2] + 0.5, wires=0)
        qml.StronglyEntanglingLayers(
            np.multiply.outer(y, np.ones(3))[None] * float(a) ** 0, [0, 1, 2]
        )

    circuit = Circuit.from_pennylane(function, X, 0.3)
    assert circuit.parameters == ("x[0]", "x[1]", "x[2]", "a")
    theta = np.array([*X, 0.3])
    expected = [2 * X[0] - X[2] + 0.5, *np.repeat(X, 3)]
    np.testing.assert_allclose(circuit.angles(theta), expected, atol=1e-12)
    slopes = [[2, 0, -1, 0], *np.repeat(np.eye(3, 4), 3, axis=0)]
    np.testing.assert_allclose(circuit.jacobian(theta), slopes, atol=1e-11)


def test_an_operator_that_depends_on_floats_has_no_derivative():
    """It is no parameter of the operation, so that values do not show how it depends."""

    def function(x):
        qml.evolve(float(x[1]) * qml.Z(0), x[0])

    circuit = Circuit.from_pennylane(function, X)
    np.testing.assert_allclose(circuit.angles(X), [2 * X[0] * X[1]], rtol=1e-12)
    with pytest.raises(CircuitError, match="no derivative that can be found"):
        circuit.jacobian(X)
    with pytest.raises(CircuitError, match="function builds another circuit at"):
        circuit.angles(X + 0.1)

    def followed(x):
        qml.evolve(qml.s_prod(x[1], qml.Z(0)), x[0])

    circuit = Circuit.from_pennylane(followed, X)
    np.testing.assert_allclose(circuit.angles(X), [2 * X[0] * X[1]], rtol=1e-12)
    np.testing.assert_allclose(circuit.jacobian(X), [[2 * X[1], 2 * X[0], 0]], rtol=1e-12)


def test_functions_of_numpy_have_values_and_are_followed_or_have_no_derivative():
    """It depends on the version of NumPy whether they ask an object for its own sine."""

    def function(x):
        qml.RX(np.sin(x[0]), 0)

    circuit = Circuit.from_pennylane(function, X)
    np.testing.assert_allclose(circuit.angles(X), [np.sin(X[0])], rtol=1e-15)
    try:
        found = circuit.jacobian(X)
    except CircuitError as error:
        refusal = str(error)
    else:
        np.testing.assert_allclose(found, [[np.cos(X[0]), 0, 0]], rtol=1e-15)
        return
    assert "no derivative that can be found at x[0] = 0.3" in refusal
    assert "such as pennylane.numpy" in refusal


@pytest.mark.parametrize(
    "angle",
    [
        lambda x: pnp.linalg.eigh(pnp.diag(x) + 0.1)[0][0],
        lambda x: pnp.max(x),
        lambda x: x[0] if x[0] > 0 else x[1],
        lambda x: pnp.where(x[0] > 0, x[0], x[1]),
        lambda x: 1.0 if np.isclose(qml.math.toarray(x[0]), 0.3) else 0.0,
    ],
)
def test_processing_that_cannot_be_followed_is_asked_again(angle):
    def function(x):
        qml.RX(angle(x), wires=0)

    circuit = Circuit.from_pennylane(function, X)
    for theta in (X + 1e-3, -X, X[::-1] - 0.07):
        np.testing.assert_allclose(circuit.angles(theta), [float(angle(theta))], rtol=1e-12)
        slopes = [
            (angle(pnp.array(theta + h)) - angle(pnp.array(theta - h))) / 2e-6
            for h in 1e-6 * np.eye(3)
        ]
        np.testing.assert_allclose(circuit.jacobian(theta), [slopes], atol=1e-8)


def test_what_is_constant_around_a_point_is_refused_where_it_is_another():
    def function(x):
        qml.RX(pnp.floor(x[0]) + 1.0, wires=0)

    circuit = Circuit.from_pennylane(function, X)
    assert circuit.n_rotations == 0
    with pytest.raises(CircuitError, match=r"function builds another circuit at x\[0\] = -0.3"):
        circuit.angles(-X)


@pytest.mark.parametrize(
    ("angle", "message"),
    [
        (lambda x: np.random.default_rng().normal(), "at every call"),
        (lambda x: x[0] * 1j, "an angle of RX on wire 0 must be real"),
    ],
)
def test_processing_that_has_no_place_in_a_circuit_is_refused(angle, message):
    def function(x):
        qml.RX(angle(x), wires=0)

    with pytest.raises(CircuitError, match=message):
        Circuit.from_pennylane(function, X)


# Tapes, QNodes, wires


HAMILTONIAN = qml.Hamiltonian([0.5, 2.0], [qml.X(0), qml.Z(1)])


def test_a_tape_has_its_trainable_parameters():
    tape = qml.tape.QuantumScript(
        [
            qml.RX(0.1, 0),
            qml.StronglyEntanglingLayers(np.ones((1, 2, 3)), [0, 1]),
            qml.QubitUnitary(np.eye(2), 0),
            qml.PauliRot(1, "XX", [0, 1]),
        ],
        [qml.expval(qml.Hamiltonian([0.1], [qml.Z(1)]))],
    )
    found = convert(tape)
    inner = [f"p1[{i},{j},{k}]" for i, j, k in np.ndindex(1, 2, 3)]
    assert found.circuit.parameters == ("p0", *inner, "p2")
    np.testing.assert_array_equal(found.theta, [0.1, *np.ones(6), 1.0])
    assert found.observables == (PauliSum({"Z1": 0.1}),)
    tape.trainable_params = [3]
    assert convert(tape).circuit.parameters == ("p0",)

    evolution = qml.ctrl(qml.evolve(qml.Z(0) @ qml.X(1), 0.3), control=2)
    found = convert(qml.tape.QuantumScript([evolution, qml.TrotterProduct(HAMILTONIAN, 0.4)]))
    # The coefficients of the Hamiltonian are parameters of the tape as well.
    np.testing.assert_array_equal(found.theta, [0.3, 0.5, 2.0, 0.4])
    np.testing.assert_allclose(
        found.circuit.angles(found.theta), [0.3, -0.3, -1.6, -0.4], atol=1e-12
    )
    with pytest.raises(InputError, match="a tape takes no arguments"):
        convert(tape, 0.3)


def test_qubits_are_the_wires_of_the_device_in_order():
    @qml.qnode(qml.device("default.qubit", wires=["b", "a", 3]))
    def node(x):
        qml.RX(x[0], wires="a")
        qml.CRY(x[1], wires=["a", 3])
        return qml.state()

    found = convert(node, X)
    assert found.wires == ("b", "a", 3)
    psi = oracle.our_state(found.circuit, found.theta)
    np.testing.assert_allclose(psi, oracle.flipped(np.asarray(node(X))[None])[0], atol=1e-12)
    assert convert(node, X, wire_order=[3, "b", "a"]).wires == (3, "b", "a")
    with pytest.raises(CircuitError, match="the wire 3 is not among a, b; add it to the device or"):
        convert(node, X, wire_order=["a", "b"])


@pytest.mark.parametrize(
    ("wires", "expected"),
    [
        ([2, 0, 1], (0, 1, 2)),
        ([2, 5, 1], (2, 5, 1)),
        (["b", 0, "a"], ("b", 0, "a")),
    ],
)
def test_without_a_device_qubits_are_numbers_or_in_order_of_appearance(wires, expected):
    @qml.qnode(qml.device("default.qubit"))
    def node(x):
        qml.RX(x[0], wires=wires[0])
        qml.RX(x[1], wires=wires[1])
        return qml.expval(qml.Z(wires[2]))

    found = convert(node, X)
    assert found.wires == expected
    assert found.circuit.rotations[0].qubits == (expected.index(wires[0]),)
    assert found.observables == (PauliSum({f"Z{expected.index(wires[2])}": 1.0}),)


def test_templates_and_partial_functions_are_quantum_functions():
    circuit = Circuit.from_pennylane(qml.BasicEntanglerLayers, W[0], wires=[0, 1])
    assert circuit.parameters[:2] == ("weights[0,0]", "weights[0,1]")
    circuit = Circuit.from_pennylane(functools.partial(three, 0.2), X, W)
    assert circuit.parameters[:4] == ("x[0]", "x[1]", "x[2]", "w[0,0,0]")


def test_transforms_of_a_qnode_are_applied():
    @qml.transforms.merge_rotations
    @qml.transforms.cancel_inverses
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(x):
        qml.RX(x[0], wires=0)
        qml.RX(x[1], wires=0)
        qml.Hadamard(1)
        qml.Hadamard(1)
        return qml.expval(qml.Z(0))

    circuit = Circuit.from_pennylane(node, X)
    assert [str(op.angle) for op in circuit.ops] == ["x[0] + x[1]"]

    with pytest.raises(CircuitError, match="more than one tape"):
        convert(qml.transforms.split_non_commuting(_two_bases), X)


@qml.qnode(qml.device("default.qubit", wires=1))
def _two_bases(x):
    qml.RX(x[0], wires=0)
    return qml.expval(qml.Z(0)), qml.expval(qml.X(0))


# Observables


HERMITIAN = np.array([[1.0, 2 - 1j, 0, 0], [2 + 1j, -1, 0, 3], [0, 0, 0.5, 1j], [0, 3, -1j, 2]])
OBSERVABLES = {
    "word": qml.Z("a") @ qml.X(3),
    "hamiltonian": qml.Hamiltonian(
        [1.0, 2.0, 3.0], [qml.Z(3), qml.Identity("a"), qml.X("b") @ qml.Y(3)]
    ),
    "sum": qml.sum(qml.X("a"), qml.s_prod(0.5, qml.prod(qml.Y("b"), qml.Z(3))), qml.X("a")),
    "hermitian": qml.Hermitian(HERMITIAN, ["a", "b"]),
    "hermitian in a product": qml.Hermitian(HERMITIAN, [3, "b"]) @ qml.Y("a"),
    "projector": qml.Projector([1, 0], ["a", 3]),
    "state projector": qml.Projector(np.array([0.6, 0.8j]), ["b"]),
    "hadamard": qml.s_prod(0.5, qml.Hadamard("a") @ qml.Z(3)) + qml.Y("b"),
    "sparse": qml.SparseHamiltonian(qml.Hermitian(HERMITIAN, [0, 1]).sparse_matrix(), ["b", 3]),
    "linear combination": qml.Hamiltonian(
        [0.3, 1.2], [qml.Hadamard("a"), qml.Projector([1], ["b"])]
    ),
}


@pytest.mark.parametrize("name", OBSERVABLES)
def test_observables_have_the_matrix_of_pennylane(name):
    wires = ["b", "a", 3]
    observable = OBSERVABLES[name]
    found = PauliSum.from_pennylane(observable, wires)
    expected = oracle.flipped(qml.matrix(observable, wire_order=wires))
    np.testing.assert_allclose(found.matrix(3).toarray(), expected, atol=1e-12)


CHANGED = {
    "data": (2.0 * qml.Z(0), lambda h: setattr(h, "data", (0.5,))),
    "factor of a term": (
        qml.sum(2.0 * qml.Z(0), qml.X(1)),
        lambda h: setattr(h.operands[0], "scalar", 0.5),
    ),
    "coefficients": (
        qml.Hamiltonian([1.0, 2.0], [qml.Z(0), qml.Y(0) @ qml.X(1)]),
        lambda h: setattr(h, "data", (0.5, -1.0)),
    ),
    "factor in a product": (
        qml.prod(2.0 * qml.Z(0), qml.X(1)),
        lambda h: setattr(h.operands[0], "scalar", 0.5),
    ),
    "in an adjoint": (qml.adjoint(2.0 * qml.Z(0)), lambda h: setattr(h.base, "scalar", 0.5)),
    "in a power": (qml.pow(2.0 * qml.Z(0), 3), lambda h: setattr(h.base, "scalar", 0.5)),
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_observable_that_was_changed_is_what_its_parts_are(name):
    """PennyLane's own note of its words is not changed with these; the parts are what is run."""
    h, change = CHANGED[name]
    change(h)

    @qml.qnode(qml.device("default.qubit", wires=2))
    def energy(x):
        qml.RX(x[0], 0)
        qml.RY(x[1], 1)
        qml.CNOT([1, 0])
        return qml.expval(h)

    x = pnp.array([0.3, 0.8], requires_grad=True)
    found = convert(energy, x)
    problem = qng.Problem(found.circuit, found.observables[0])
    assert qng.energy(problem, found.theta).value == pytest.approx(float(energy(x)), abs=1e-12)


def test_several_expectation_values():
    @qml.qnode(qml.device("default.qubit", wires=["b", "a", 3]))
    def node(x):
        qml.RX(x[0], wires="a")
        qml.CRY(x[1], wires=["a", 3])
        qml.IsingXY(x[2], wires=["b", "a"])
        return (
            *(qml.expval(o) for o in OBSERVABLES.values() if o.name != "SparseHamiltonian"),
            qml.probs(wires="a"),
        )

    circuit, sums, theta = problem_parts(node, X)
    psi = oracle.our_state(circuit, theta)
    expected = [float(v) for v in node(X)[:-1]]
    assert len(sums) == len(expected) == len(OBSERVABLES) - 1
    values = [np.vdot(psi, s.matrix(3) @ psi).real for s in sums]
    np.testing.assert_allclose(values, expected, atol=1e-12)
    problem = qng.Problem(circuit, sums[1])
    gradient = qml.grad(lambda x: node(x)[1])(pnp.array(X))
    np.testing.assert_allclose(qng.gradient(problem, theta).value, gradient, atol=1e-12)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (lambda x: qml.var(qml.Z(0)), "the measurement Variance is no expectation value"),
        (lambda x: qml.purity(wires=0), "the measurement Purity is no expectation value"),
        (lambda x: qml.expval(qml.s_prod(x[0], qml.Z(0))), r"the coefficient of Z0 .* on x\[0\];"),
        (lambda x: qml.expval(float(x[0]) * qml.Z(0)), "an observable depends on an argument"),
        (lambda x: qml.expval(qml.Hermitian(np.eye(2**9), range(9))), "Hermitian on 9 wire"),
    ],
)
def test_measurements_that_are_no_observable(measure, message):
    def function(x):
        qml.RX(x[0], wires=0)
        return measure(x)

    with pytest.raises(CircuitError, match=message):
        _ = convert(qml.QNode(function, qml.device("default.qubit")), X).observables


def test_states_and_counts_are_no_observable():
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(x):
        qml.RX(x[0], wires=0)
        return qml.probs(wires=0), qml.state()

    assert observables(node, X) == ()


def test_wires_of_an_observable():
    with pytest.raises(InputError, match="the wire 'a' is not a number; give wires="):
        PauliSum.from_pennylane(qml.Z("a"))
    with pytest.raises(InputError, match="the wire 'b' is not among a"):
        PauliSum.from_pennylane(qml.Z("b"), wires=["a"])
    with pytest.raises(InputError, match="an operator of PennyLane is expected, not str"):
        PauliSum.from_pennylane("Z0")
    with pytest.raises(InputError, match=r"3 wire\(s\) are needed, 1 were given"):
        PauliSum({"Z2": 1.0}).to_pennylane(wires=["a"])


# Back


@settings(max_examples=50)
@given(strategies.cases(max_qubits=3, max_ops=8))
def test_there_and_back_again(case):
    circuit, theta = case
    wires = ["c", 7, "a"][: circuit.n_qubits]
    function = circuit.to_pennylane(wires)
    oracle.same_up_to_phase(
        oracle.state(function, wires, theta), oracle.our_state(circuit, theta), 1e-10
    )
    back = Circuit.from_pennylane(function, theta, wire_order=wires)
    assert back.n_parameters == circuit.n_parameters
    oracle.same_up_to_phase(
        oracle.our_unitary(back, theta), oracle.our_unitary(circuit, theta), 1e-10
    )
    dense.close(qng.metric(back, theta).dense(), qng.metric(circuit, theta).dense(), 1e-9)
    # The same angles, one a rotation.
    tape = angles_tape(circuit, circuit.angles(theta), [qml.state()], wires)
    device = qml.device("default.qubit", wires=wires)
    psi = oracle.flipped(np.asarray(qml.execute([tape], device)[0])[None])[0]
    oracle.same_up_to_phase(psi, oracle.our_state(circuit, theta), 1e-10)


@settings(max_examples=50)
@given(strategies.observables(3))
def test_observables_there_and_back_again(observable):
    wires = ["c", 7, "a"]
    assert PauliSum.from_pennylane(observable.to_pennylane(wires), wires) == observable
    assert PauliSum.from_pennylane(observable.to_pennylane()) == observable


def test_sums_without_words():
    assert PauliSum.from_pennylane(PauliSum({}).to_pennylane()) == PauliSum({})
    assert PauliSum.from_pennylane(PauliSum({"I": 2.0}).to_pennylane()) == PauliSum({"I": 2.0})


def test_pennylane_differentiates_a_circuit_of_ours():
    a, b = parameter("a"), parameter("b")
    circuit = Circuit(
        2,
        [
            Gate("h", (0,)),
            Rotation(Pauli.parse("X0"), apply("sin", a) * b),
            Rotation(Pauli.parse("Y0 Z1"), a / (1 + b**2)),
            Rotation(Pauli.parse("Z0 Z1"), -apply("arctan", b)),
            Gate("csdg", (1, 0)),
            Gate("iswap", (0, 1)),
            Rotation(Pauli.parse("X1"), 2 * a - 1),
        ],
        ["a", "b"],
    )
    observable = PauliSum({"Z0 X1": 0.7, "Y0": -0.4, "I": 1.0})
    function = circuit.to_pennylane()

    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(theta):
        function(theta)
        return qml.expval(observable.to_pennylane())

    theta = [0.3, 0.8]
    problem = qng.Problem(circuit, observable)
    expected = qml.grad(node)(pnp.array(theta))
    np.testing.assert_allclose(qng.gradient(problem, theta).value, expected, atol=1e-12)
    assert problem_parts(node, np.array(theta))[1] == (observable,)
    with pytest.raises(InputError, match=r"theta has the shape \(3,\), the circuit has 2"):
        function(X)
    with pytest.raises(InputError, match=r"2 wire\(s\) are needed, 1 were given"):
        circuit.to_pennylane(wires=["a"])
    with pytest.raises(InputError, match=r"4 rotation angle\(s\) are expected, not the shape \(2"):
        angles_tape(circuit, theta, [])
