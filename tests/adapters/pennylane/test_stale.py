"""No step is of what a QNode was before, whatever has changed it, with PennyLane as oracle."""

import functools
import math
import types

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.adapters.pennylane import Optimizer

DEVICE = qml.device("default.qubit", wires=3)
X = pnp.array([0.4, -0.7], requires_grad=True)
MOST = 0.5


def gates(x, angle=0.1):
    qml.RX(x[0], 0)
    qml.RY(x[1], 1)
    qml.CNOT([0, 1])
    qml.RY(angle, 0)


def z_and_x():
    return qml.expval(qml.Z(0) + 0.5 * qml.X(1))


def of_angle(angle):
    """A QNode that reads an angle in its own way."""

    def function(x):
        gates(x, angle())
        return z_and_x()

    return qml.QNode(function, DEVICE)


def of_gate(apply):
    """A QNode that applies a gate from outside."""

    def function(x):
        gates(x)
        apply()
        return z_and_x()

    return qml.QNode(function, DEVICE)


def of_observable(observable):
    """A QNode that measures an observable from outside."""

    def function(x):
        gates(x)
        return qml.expval(observable())

    return qml.QNode(function, DEVICE)


class Held:
    angle = 0.3


def function_default(tmp_path, patch):
    def angle(value=0.3):
        return value

    return of_angle(angle), lambda v: setattr(angle, "__defaults__", (v,))


def function_code(tmp_path, patch):
    def few():
        return 0.1

    def many():
        return 0.9

    codes, node = (few.__code__, many.__code__), of_angle(few)
    return node, lambda v: setattr(few, "__code__", codes[v > MOST])


def function_attribute(tmp_path, patch):
    def angle():
        return angle.value

    angle.value = 0.3
    return of_angle(angle), lambda v: setattr(angle, "value", v)


def class_attribute(tmp_path, patch):
    return of_angle(lambda: Held.angle), lambda v: patch.setattr(Held, "angle", v)


def constant_of_a_module(tmp_path, patch):
    return of_angle(lambda: math.pi), lambda v: patch.setattr(math, "pi", v)


def function_of_numpy(tmp_path, patch):
    return of_angle(lambda: np.sinc(0.2)), lambda v: patch.setattr(np, "sinc", lambda _: v)


def gate_of_pennylane(tmp_path, patch):
    gates = {False: qml.RX, True: qml.RZ}
    return of_gate(lambda: qml.RX(0.3, 0)), lambda v: patch.setattr(qml, "RX", gates[v > MOST])


def made_by(tmp_path, patch):
    own = qml.RX.__init__

    def halved(self, phi, wires, id=None):
        own(self, phi / 2, wires, id)

    made = {False: own, True: halved}
    node = of_gate(lambda: qml.RX(0.3, 0))
    return node, lambda v: patch.setattr(qml.RX, "__init__", made[v > MOST])


def file_of_numpy(tmp_path, patch):
    path = tmp_path / "angle.npy"
    return of_angle(lambda: np.load(path)[0]), lambda v: np.save(path, np.array([v]))


def error_state(tmp_path, patch):
    states = {False: "warn", True: "ignore"}
    node = of_angle(lambda: 0.1 + 0.6 * (np.geterr()["divide"] == "ignore"))
    return node, lambda v: np.seterr(divide=states[v > MOST])


def subclass_of_list(tmp_path, patch):
    class Angles(list):
        def __getitem__(self, k):
            return Held.angle

    angles = Angles([1.0])
    return of_angle(lambda: angles[0]), lambda v: patch.setattr(Held, "angle", v)


def subclass_of_float(tmp_path, patch):
    class Number(float):
        def __mul__(self, other):
            return other * Held.angle

    number = Number(1.0)
    return of_angle(lambda: number * 0.9), lambda v: patch.setattr(Held, "angle", v)


def module_of_a_known_name(tmp_path, patch):
    module = types.ModuleType("numpy.own")
    module.angle = 0.3
    return of_angle(lambda: module.angle), lambda v: setattr(module, "angle", v)


def cache_of_a_function(tmp_path, patch):
    held = [0.3]
    angle = functools.lru_cache(lambda: held[0])

    def change(v):
        held[0] = v
        angle.cache_clear()

    return of_angle(angle), change


def made_of_a_python_function(tmp_path, patch):
    held = [0.3]
    angle = np.frompyfunc(lambda t: held[0] * t, 1, 1)
    return of_angle(lambda: angle(1.0)), lambda v: held.__setitem__(0, v)


def data_of_a_gate(tmp_path, patch):
    gate = qml.RY(0.3, 0)
    return of_gate(lambda: qml.apply(gate)), lambda v: setattr(gate, "data", (v,))


def wires_of_a_gate(tmp_path, patch):
    gate = qml.RY(0.3, 0)
    node = of_gate(lambda: qml.apply(gate))
    return node, lambda v: setattr(gate, "_wires", qml.wires.Wires([int(v > MOST)]))


def word_of_a_gate(tmp_path, patch):
    gate = qml.PauliRot(0.3, "XY", [0, 1])
    words = {False: "XY", True: "YY"}
    node = of_gate(lambda: qml.apply(gate))
    return node, lambda v: gate.hyperparameters.update(pauli_word=words[v > MOST])


def word_under_control(tmp_path, patch):
    base = qml.PauliRot(0.3, "XY", [1, 2])
    words = {False: "XY", True: "YY"}
    node = of_gate(lambda: (qml.Hadamard(0), qml.ctrl(base, 0)))
    return node, lambda v: base.hyperparameters.update(pauli_word=words[v > MOST])


def control_value(tmp_path, patch):
    gate = qml.ctrl(qml.PauliRot(0.3, "YX", [1, 2]), 0, control_values=[1])
    node = of_gate(lambda: qml.apply(gate))
    return node, lambda v: gate.hyperparameters["control_values"].__setitem__(0, v < MOST)


def matrix_of_a_gate(tmp_path, patch):
    gate = qml.QubitUnitary(qml.matrix(qml.RY(0.3, 0)), 0)
    node = of_gate(lambda: qml.apply(gate))
    return node, lambda v: gate.data[0].__setitem__(..., qml.matrix(qml.RY(v, 0)))


def gate_in_a_list(tmp_path, patch):
    both = [qml.X(2), qml.RY(0.3, 2)]

    def function(x):
        gates(x)
        qml.Select(both, control=0)
        return qml.expval(qml.Z(2) + qml.X(2))

    return qml.QNode(function, DEVICE), lambda v: setattr(both[1], "data", (v,))


def coefficients(tmp_path, patch):
    h = qml.Hamiltonian([0.3, 0.5], [qml.Z(0), qml.X(1)])
    return of_observable(lambda: h), lambda v: setattr(h, "data", (v, 0.5))


def factor_of_a_term(tmp_path, patch):
    term = qml.s_prod(0.3, qml.sum(qml.Z(0), qml.X(1)))
    h = qml.sum(term, 2.0 * qml.Y(0))
    return of_observable(lambda: h), lambda v: setattr(term, "scalar", v)


def factor_in_an_array(tmp_path, patch):
    factor = np.array(0.3)
    h = qml.sum(qml.s_prod(factor, qml.Z(0)), qml.X(1))
    return of_observable(lambda: h), lambda v: factor.__setitem__((), v)


def terms(tmp_path, patch):
    h = qml.sum(0.3 * qml.Z(0), qml.X(1))
    return of_observable(lambda: h), lambda v: setattr(h, "operands", (v * qml.Z(0), qml.X(1)))


def matrix(tmp_path, patch):
    held = np.array([[1.0, 0.3], [0.3, -1.0]])
    h = qml.Hermitian(held, 0)
    return of_observable(
        lambda: h
    ), lambda v: held.__setitem__((0, 1), v) or held.__setitem__((1, 0), v)


def matrix_made_anew(tmp_path, patch):
    held = np.array([[1.0, 0.3], [0.3, -1.0]])
    node = of_observable(lambda: qml.Hermitian(held, 0))
    return node, lambda v: held.__setitem__((0, 1), v) or held.__setitem__((1, 0), v)


def bits_of_a_projector(tmp_path, patch):
    h = qml.Projector([0, 1], [0, 1])
    node = of_observable(lambda: h)
    return node, lambda v: setattr(h, "data", (np.array([int(v > MOST), 1]),))


def observable_in_a_sum(tmp_path, patch):
    node, change = coefficients(tmp_path, patch)
    return lambda x: node(x) + 2.0, change


def observable_in_a_function(tmp_path, patch):
    node, change = factor_of_a_term(tmp_path, patch)
    return lambda x: node(x) ** 2, change


def observable_after_a_look(tmp_path, patch):
    h = qml.s_prod(0.3, qml.Z(0))

    def function(x):
        if x[0] > 0:
            qml.RX(0.2, 0)
        gates(x)
        return qml.expval(h)

    return qml.QNode(function, DEVICE), lambda v: setattr(h, "scalar", v)


def own_gate_after_a_look(tmp_path, patch):
    class Own(qml.operation.Operation):
        num_params = 1
        num_wires = 1

        @staticmethod
        def compute_decomposition(phi, wires):
            return [qml.RX(phi, wires), qml.RY(Held.angle, wires)]

    def function(x):
        if x[0] > 0:
            qml.RX(0.2, 0)
        gates(x)
        Own(x[1], 0)
        return z_and_x()

    return qml.QNode(function, DEVICE), lambda v: patch.setattr(Held, "angle", v)


CHANGES = [
    function_default, function_code, function_attribute, class_attribute, constant_of_a_module,
    function_of_numpy, gate_of_pennylane, made_by, file_of_numpy, error_state, subclass_of_list,
    subclass_of_float, module_of_a_known_name, cache_of_a_function, made_of_a_python_function,
    data_of_a_gate, wires_of_a_gate, word_of_a_gate, word_under_control, control_value,
    matrix_of_a_gate, gate_in_a_list, coefficients, factor_of_a_term, factor_in_an_array, terms,
    matrix, matrix_made_anew, bits_of_a_projector, observable_in_a_sum, observable_in_a_function,
    observable_after_a_look, own_gate_after_a_look,
]  # fmt: skip


@pytest.mark.parametrize("made", CHANGES, ids=lambda made: made.__name__)
def test_every_step_is_of_what_the_cost_is(made, tmp_path, monkeypatch):
    cost, change = made(tmp_path, monkeypatch)
    theirs, ours, x = qml.GradientDescentOptimizer(0.1), Optimizer("gd", lr=0.1), X
    found = []
    with np.errstate():
        for value in (0.3, 0.3, 0.9, 0.9, 0.2):
            change(value)
            step, before = ours.step_and_cost(cost, x)
            there, expected = theirs.step_and_cost(cost, x)
            np.testing.assert_allclose(step, there, rtol=0, atol=1e-10)
            assert before == pytest.approx(float(expected), abs=1e-10)
            found.append(float(cost(X)))
    # What is changed is not without effect.
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert abs(found[1] - found[2]) > 1e-4
