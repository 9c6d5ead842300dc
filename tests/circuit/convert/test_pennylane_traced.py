"""Derivatives through qng: refused by name, where they were zero without a word."""

from collections.abc import Callable
from typing import Any

import autograd
import pennylane as qml
import pytest
from pennylane import numpy as pnp

import qng
from qng import checks
from qng.circuit.ansatz import real_amplitudes
from qng.errors import CircuitError, InputError

PROBLEM = qng.Problem(real_amplitudes(1, 0), {"Z0": 1.0})


@qml.qnode(qml.device("default.qubit", wires=1))
def node(x):
    qml.RX(x, wires=0)
    return qml.expval(qml.Z(0))


def around(y: Any) -> Any:
    @qml.qnode(qml.device("default.qubit", wires=1))
    def inner(x):
        qml.RX(x, wires=0)
        qml.RY(y, wires=0)
        return qml.expval(qml.Z(0))

    return inner


DOORS: dict[str, Callable[[Any], Any]] = {
    "energy": lambda x: qng.energy(node, x).value,
    "a tuple": lambda x: qng.energy(node, (x,)).value,
    "gradient": lambda x: qng.gradient(node, x).value[0],
    "metric": lambda x: qng.metric(node, x).dense()[0, 0],
    "hessian": lambda x: qng.hessian(node, x).dense()[0, 0],
    "curvature": lambda x: qng.berry_curvature(node, x)[0, 0],
    "minimize": lambda x: qng.minimize(node, start=x, steps=1).fun,
    "from_pennylane": lambda x: float(qng.Circuit.from_pennylane(node, x).n_qubits),
    "a closure": lambda x: qng.energy(around(x), 0.3).value,
    "energy of a problem": lambda x: qng.energy(PROBLEM, [x]).value,
    "a start": lambda x: qng.energy(qng.Problem(PROBLEM.circuit, {"Z0": 1.0}, start=[x])).value,
    "minimize a problem": lambda x: qng.minimize(PROBLEM, start=[x], steps=1).fun,
    "compare_steps": lambda x: qng.compare_steps(PROBLEM, [x])[0].length,
    "step_cost": lambda x: float(qng.step_cost(PROBLEM, start=[x]).step.points),
    "angles": lambda x: PROBLEM.circuit.angles([x])[0],
    "jacobian": lambda x: PROBLEM.circuit.jacobian([x])[0, 0],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("grad", [autograd.grad, qml.grad])
def test_autograd_is_refused_at_every_door(door, grad):
    with pytest.raises(InputError, match=r"is followed by autograd \(an ArrayBox\)") as refused:
        grad(DOORS[door])(pnp.array(0.4))
    assert "\n" not in str(refused.value)
    assert DOORS[door](0.4) is not None


def test_a_coefficient_that_is_followed_is_refused():
    with pytest.raises(InputError, match="the coefficient of Z0 must be a finite number"):
        autograd.grad(lambda c: qng.Problem(PROBLEM.circuit, {"Z0": c}).accuracy)(0.4)
    scaled = autograd.grad(lambda c: qng.PauliSum.from_pennylane(c * qml.Z(0)).n_qubits * 1.0)
    with pytest.raises((CircuitError, InputError)):
        scaled(pnp.array(0.4))


def look_alike(module: str, name: str, **fields: Any) -> Any:
    """An object of a class of a library that is not installed here."""
    return type(name, (), {"__module__": module, **fields})()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (look_alike("jax._src.core", "Tracer"), r"JAX \(a tracer\)"),
        (look_alike("jaxlib._jax", "Tracer"), r"JAX \(a tracer\)"),
        (look_alike("torch", "Tensor", requires_grad=True, grad_fn=None), r"torch \(detach\(\) it"),
    ],
)
def test_tracers_of_other_libraries(value, message):
    for given in (value, [0.1, value], {"a": (value,)}):
        with pytest.raises(InputError, match=f"theta is followed by {message}"):
            checks.settled("theta", given)
    with pytest.raises(InputError, match=message):
        qng.energy(PROBLEM, [value])


def test_a_mark_of_torch_is_no_derivative():
    """A tensor that is marked as trainable is a parameter of a QNode; one in a graph is refused."""
    marked = look_alike("torch", "Tensor", requires_grad=True, grad_fn=None)
    assert checks.settled("x", marked, marked=True) is marked
    inside = look_alike("torch", "Tensor", requires_grad=True, grad_fn="MulBackward")
    with pytest.raises(InputError, match="torch"):
        checks.settled("x", inside, marked=True)
