"""QNodes that look at the values of their arguments: what PennyLane says at every point, or a line.

Everything is compared with the QNode itself on default.qubit, its slopes with differences of it.
"""

import math
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import autograd
import numpy as np
import pennylane as qml
import pytest
from autograd.tracer import Box
from pennylane import numpy as pnp

import qng
from qng.circuit.convert.pennylane import convert, trace
from qng.errors import CircuitError, InputError
from qng.run.codec import dumps, loads

TABLE = np.linspace(-1, 2, 60)


def node_of(build: Callable[[Any], Any], observable: Any = None) -> Any:
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(x):
        build(x)
        return qml.expval(qml.Z(0) if observable is None else observable)

    return node


def turned(angle: Callable[[Any], Any]) -> Any:
    return node_of(lambda x: qml.RX(angle(x), wires=0))


# One parameter, differentiable almost everywhere.
PIECES: dict[str, Callable[[Any], Any]] = {
    "clip": lambda x: pnp.clip(x, -2, 2),
    "clip of numpy": lambda x: np.clip(x, -2, 2),
    "minimum": lambda x: pnp.minimum(x, 2),
    "maximum": lambda x: pnp.maximum(x, -0.5),
    "min": lambda x: min(x, 2),
    "max of a stack": lambda x: pnp.max(pnp.stack([x, 0.5 * x + 0.5])),
    "interp": lambda x: np.interp(x, [-2, 2], [-2, 2]),
    "interp of pennylane": lambda x: pnp.interp(x, [-2, 0, 2], [-2, 0, 1]),
    "where": lambda x: pnp.where(x < 2, x, 2),
    "where of qml.math": lambda x: qml.math.where(x < 2, x, 2.0),
    "if": lambda x: x if x < 2 else 2.0,
    "if on floats": lambda x: float(x) if float(x) < 2 else 2.0,
    "abs": lambda x: pnp.abs(x - 1.3),
    "mod": lambda x: pnp.mod(x, 2.0),
    "%": lambda x: x % 2.0,
    "floor": lambda x: x + pnp.floor(x),
    "sign": lambda x: x * pnp.sign(x - 1),
    "round": lambda x: pnp.round(x, 1) + x / 3,
    "int": lambda x: 0.3 * int(x) + x,
    "table": lambda x: TABLE[int(abs(x) * 10)],
    "unwrapped": lambda x: 2 * qml.math.unwrap([x])[0],
    "unwrapped branch": lambda x: x if qml.math.unwrap([x])[0] < 2 else 2 * x,
    "eigenvalue": lambda x: pnp.linalg.eigh(pnp.array([[x, 0.3], [0.3, 1.0]]))[0][0],
}


@pytest.mark.parametrize("name", PIECES)
def test_energy_gradient_and_metric_are_those_of_the_piece(name):
    node = turned(PIECES[name])
    for x in (0.43, 1.97, 3.02, -2.71):
        assert qng.energy(node, x).value == pytest.approx(float(node(x)), abs=1e-12)
        h = 1e-6
        slope = (float(node(x + h)) - float(node(x - h))) / (2 * h)
        assert qng.gradient(node, x).value == pytest.approx([slope], abs=1e-8)
        turn = (float(PIECES[name](x + h)) - float(PIECES[name](x - h))) / (2 * h)
        assert qng.metric(node, x).dense() == pytest.approx(np.array([[turn**2 / 4]]), abs=1e-8)


@pytest.mark.parametrize("name", PIECES)
def test_a_run_ends_at_an_energy_of_the_qnode(name):
    node = turned(PIECES[name])
    for method, start in (("gd", 0.43), ("qng", 0.43), ("adam", 1.93)):
        run = qng.minimize(node, method, start=start, steps=30, lr=0.3)
        for row in run.trace.rows[: None if not run.failed else -1]:
            assert row.energy == pytest.approx(float(node(row.theta[0])), abs=1e-12)
        assert not run.failed or "node builds another circuit at x = 2." in run.message
        assert run.failed == (name == "unwrapped branch" and run.x[0] > 2)


def test_the_clipped_minimum():
    """cos 2 at the end of the slope, where it was said to be -1."""
    node = turned(PIECES["clip"])
    run = qng.minimize(node, "gd", start=0.4, steps=100, lr=0.3)
    assert run.fun == pytest.approx(math.cos(2), abs=1e-12)
    assert run.x[0] > 2


@pytest.mark.parametrize(
    "angle",
    [lambda x: float(x) ** 2, lambda x: math.sin(x), lambda x: round(float(x), 3)],
)
def test_without_a_derivative_the_energy_is_right_and_the_gradient_refused(angle):
    node = turned(angle)
    assert qng.energy(node, 0.41234).value == pytest.approx(float(node(0.41234)), abs=1e-12)
    with pytest.raises(CircuitError, match=r"the angles of node have no derivative .* x = 0.41234"):
        qng.gradient(node, 0.41234)


@pytest.mark.parametrize("angle", [lambda x: 2 * qml.math.cast(x, "float64"), pnp.array])
def test_without_names_inside_autograd(angle, monkeypatch):
    """What they would follow is a value that PennyLane computes."""
    monkeypatch.setattr(trace, "_CAST", None)
    monkeypatch.setattr(trace, "_COPIED", None)
    node, x, h = turned(angle), 0.43, 1e-6
    assert qng.energy(node, x).value == pytest.approx(float(node(np.array(x))), abs=1e-12)
    slope = (float(node(np.array(x + h))) - float(node(np.array(x - h)))) / (2 * h)
    assert qng.gradient(node, x).value == pytest.approx([slope], abs=1e-8)


def test_where_autograd_keeps_histories_is_not_asked(monkeypatch):
    """The attribute that boxes have for them is seen by autograd alone."""
    hidden = Box._node

    def kept(box):
        if not sys._getframe(1).f_globals["__name__"].startswith("autograd."):
            raise AttributeError("_node")
        return hidden.__get__(box)

    monkeypatch.setattr(Box, "_node", property(kept, hidden.__set__))
    with pytest.raises(AttributeError), trace.tracing() as made:
        made.box(np.array(0.3), np.array("x"))._node  # noqa: B018
    node, x, h = turned(lambda x: pnp.sin(2 * x) / x), 0.43, 1e-6
    slope = (float(node(np.array(x + h))) - float(node(np.array(x - h)))) / (2 * h)
    assert qng.gradient(node, x).value == pytest.approx([slope], abs=1e-8)


@pytest.mark.parametrize("derivative", [autograd.grad, autograd.deriv])
@pytest.mark.parametrize("mixed", [lambda x, y: x, lambda x, y: x * y, lambda x, y: y + pnp.sin(x)])
def test_traces_of_others_are_refused(derivative, mixed):
    """The derivative by a number that autograd follows was zero, without a word."""

    def energy(x):
        return qng.energy(node_of(lambda y: qml.RX(mixed(x, y), wires=0)), 0.3).value

    with pytest.raises(InputError, match=r"is followed by autograd .* ask qng.gradient"):
        derivative(energy)(0.7)


def clipped(x):
    y = x / max(1.0, pnp.linalg.norm(x))
    qml.RX(2 * y[0], wires=0)
    qml.CRY(y[1], wires=[0, 1])


def chosen(x):
    (qml.RX if x[0] < 1 else qml.RY)(x[1], wires=0)
    qml.RX(x[0], wires=0)


def repeated(x):
    for _ in range(int(x[0])):
        qml.RX(x[1], wires=0)
    qml.RY(x[1] / 2, wires=0)


def conditional(x):
    qml.cond(x[0] < 1, qml.RX, qml.RY)(x[1], 0)
    qml.RX(x[0], wires=0)


TWO: dict[str, Callable[[Any], Any]] = {
    "norm clipping": clipped,
    "abs and mod": lambda x: (qml.RX(pnp.abs(x[0]), 0), qml.RY(pnp.mod(x[1], 1.0), 0)),
    "a gate chosen": chosen,
    "as many gates as": repeated,
    "qml.cond": conditional,
    "steps as angles": lambda x: (qml.RX(1.0 if x[0] < 1 else 0.5, 0), qml.RY(x[1], 0)),
}


@pytest.mark.parametrize("name", TWO)
def test_two_parameters_at_any_point(name):
    node = node_of(TWO[name])
    for x in ([0.4, 0.7], [1.5, 0.3], [2.6, -0.9]):
        point = np.array(x)
        assert qng.energy(node, point).value == pytest.approx(float(node(point)), abs=1e-12)
        slope = [(float(node(point + h)) - float(node(point - h))) / 2e-6 for h in 1e-6 * np.eye(2)]
        assert qng.gradient(node, point).value == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("name", TWO)
def test_a_circuit_is_refused_where_it_is_another_one(name):
    """Its structure is that of the first point; a run ends there, and its rows are kept."""
    node = node_of(TWO[name])
    problem = qng.problem.foreign.problem_of(node, np.array([0.4, 0.7]))
    point = np.array([1.5, 0.3])
    if name in ("a gate chosen", "as many gates as", "qml.cond", "steps as angles"):
        with pytest.raises(CircuitError) as refused:
            qng.energy(problem, point)
        where = "at x[0] = 1.5, x[1] = 0.3 than at x[0] = 0.4, x[1] = 0.7"
        assert f"node builds another circuit {where}" in str(refused.value)
        assert "\n" not in str(refused.value)
    else:
        found = qng.energy(problem, point).value
        assert found == pytest.approx(float(node(point)), abs=1e-12)


def test_equal_circuits_of_different_functions_are_asked_each():
    """What is kept for one of them is not taken for the other; one qubit of two is idle."""
    plain = turned(lambda x: x)
    forked = turned(PIECES["unwrapped branch"])
    problems = [qng.problem.foreign.problem_of(node, 0.4) for node in (plain, forked)]
    assert problems[0].circuit == problems[1].circuit
    for problem, node, is_other in zip(problems, (plain, forked), (False, True)):
        for x in (0.5, 2.5):
            if is_other and x > 2:
                for ask in (qng.energy, qng.gradient, qng.metric):
                    with pytest.raises(CircuitError, match=r"builds another circuit at x = 2\.5"):
                        ask(problem, [x])
            else:
                assert qng.energy(problem, [x]).value == pytest.approx(float(node(x)), abs=1e-12)
                qng.gradient(problem, [x])
                qng.metric(problem, [x])


def test_a_run_that_leaves_its_circuit_ends_with_a_line_and_keeps_its_rows():
    node = node_of(chosen)
    run = qng.minimize(node, "gd", start=np.array([0.7, 0.4]), steps=50, lr=0.3)
    assert run.failed
    assert "node builds another circuit at x[0] = " in run.message
    assert len(run.trace) > 1
    for row in run.trace.rows[:-1]:
        assert row.energy == pytest.approx(float(node(row.theta)), abs=1e-12)
    assert math.isnan(run.fun)


def test_the_last_point_is_judged_too():
    """The step that leaves the circuit is the last one: its energy is asked by the closing."""
    node = node_of(chosen)
    run = qng.minimize(node, "gd", start=np.array([0.98, 0.4]), steps=1, lr=0.3)
    assert run.x[0] > 1
    assert run.failed
    assert "builds another circuit" in run.message
    assert math.isnan(run.fun)


def test_operations_that_depend_on_values_without_holding_them():
    """No number on the tape shows the derivative: it is refused, where it was zero."""
    node = node_of(lambda x: qml.evolve(float(x[1]) * qml.X(0), x[0]))
    x = np.array([0.3, 0.7])
    assert qng.energy(node, x).value == pytest.approx(float(node(x)), abs=1e-12)
    with pytest.raises(CircuitError, match="no derivative that can be found"):
        qng.gradient(node, x)


def test_observables_that_depend_on_values():
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(x):
        qml.RX(x, wires=0)
        return qml.expval(qml.Z(0) if x < 0.5 else qml.Y(0))

    problem = qng.problem.foreign.problem_of(node, 0.3)
    for x in (0.3, 0.7):
        assert qng.energy(node, x).value == pytest.approx(float(node(x)), abs=1e-12)
    with pytest.raises(CircuitError, match="an observable depends on an argument"):
        qng.energy(problem, 0.7)


def test_a_function_is_not_run_where_nobody_has_asked():
    """This one never ends for negative numbers."""
    asked = []

    def doubled(x):
        asked.append(float(qml.math.unwrap([x])[0]))
        y = x
        while y < 2:
            y = 2 * y
        return y

    node = turned(doubled)
    assert qng.energy(node, 0.3).value == pytest.approx(math.cos(2.4), abs=1e-12)
    assert qng.gradient(node, 0.3).value == pytest.approx([-8 * math.sin(2.4)], abs=1e-9)
    assert all(abs(x - 0.3) < 0.01 for x in asked)


def test_what_needs_expressions_says_so():
    found = convert(turned(PIECES["clip"]), 0.4)
    problem = qng.Problem(found.circuit, found.observables[0], start=found.theta)
    for ask in (
        lambda: found.circuit.to_qasm(),
        lambda: found.circuit.to_qiskit(),
        lambda: found.circuit.to_pennylane()(np.array([0.4])),
    ):
        with pytest.raises(CircuitError, match=r"the angle <number 0 of node>\(x\) is no expr"):
            ask()
    with pytest.raises(CircuitError, match="second derivatives of number 0 of node are not known"):
        qng.hessian(problem)
    with pytest.raises(qng.errors.InputError, match="affine"):
        qng.minimize(problem, "rotosolve", steps=1)


def test_runs_are_stored_without_their_function():
    run = qng.minimize(turned(PIECES["clip"]), "gd", start=0.4, steps=3)
    again = loads(dumps(run))
    assert again.fun == run.fun
    assert np.array_equal(again.trace["theta"], run.trace["theta"])
    with pytest.raises(qng.errors.InputError, match="number 0 of node is not part of the file"):
        qng.energy(again.made.problem)


def test_frozen_parameters_of_a_function():
    node = node_of(clipped)
    problem = qng.problem.foreign.problem_of(node, np.array([0.9, 0.7]))
    run = qng.minimize(problem.freeze("x[1]"), "gd", steps=20, lr=0.2)
    assert run.x[1] == 0.7
    assert run.fun == pytest.approx(float(node(run.x)), abs=1e-12)
    renamed = problem.circuit.renamed({"x[0]": "a"})
    x = np.array([1.2, 0.7])
    assert np.array_equal(renamed.angles(x), problem.circuit.angles(x))
    assert np.array_equal(renamed.jacobian(x), problem.circuit.jacobian(x))


def test_from_shots():
    node = turned(PIECES["clip"])
    found = qng.gradient(node, 1.2, shots=100_000, seed=1)
    assert abs(found.value[0] + math.sin(1.2)) < 5 * found.std_error[0]
    assert qng.gradient(node, 2.2, shots=1000, seed=1).value == pytest.approx([0.0], abs=1e-9)


def jax_pieces() -> dict[str, Callable[[Any], Any]]:
    import jax
    import jax.numpy as jnp

    return {
        "clip": lambda x: jnp.clip(x, -2, 2),
        "where": lambda x: jnp.where(x < 2, x, 2.0),
        "hard_tanh": lambda x: 2 * jax.nn.hard_tanh(x / 2),
        "abs": lambda x: jnp.abs(x - 1.3),
        "mod": lambda x: jnp.mod(x, 2.0),
        "sin": jnp.sin,
        "float": lambda x: 2 * float(x),
        "stop": lambda x: jax.lax.stop_gradient(x) + x,
    }


def torch_pieces() -> dict[str, Callable[[Any], Any]]:
    import torch

    return {
        "clamp": lambda x: torch.clamp(x, -2, 2),
        "hardtanh": lambda x: 2 * torch.nn.functional.hardtanh(x / 2),
        "sin": torch.sin,
        "detach": lambda x: x + x.detach(),
        "item": lambda x: 2 * x.item(),
    }


def given_in(library: str, x: float) -> Any:
    """A trainable number; without a gradient a tensor of torch is a constant."""
    value = qml.math.asarray(x, like=library)
    return value.requires_grad_() if library == "torch" else value


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype complex128")  # of JAX
@pytest.mark.filterwarnings("ignore:jax.core.concrete_or_error")  # of PennyLane
@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")  # of float(energy)
def test_other_libraries_where_they_are_installed():
    """In single precision, whose values are good to 1e-6, and differences of them to 1e-3."""
    for library, pieces in (("jax", jax_pieces), ("torch", torch_pieces)):
        if find_spec(library) is None:
            continue
        for name, piece in pieces().items():
            node = turned(piece)
            for x in (0.43, 1.9, 3.02, -2.71):
                point = given_in(library, x)
                energy = float(node(point))
                assert qng.energy(node, point).value == pytest.approx(energy, abs=1e-6), name
                h = 1e-2
                plus, minus = (float(node(given_in(library, end))) for end in (x + h, x - h))
                slope = qng.gradient(node, point).value[0]
                assert slope == pytest.approx((plus - minus) / (2 * h), abs=1e-3), name
