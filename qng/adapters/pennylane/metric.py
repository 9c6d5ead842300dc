"""The Fubini-Study metric of a QNode in the shapes of its arguments.

g_ij = Re[<d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>], a quarter of the quantum Fisher
information. An argument of shape s has the metric of shape (*s, *s).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.named import approximation
from qng.adapters.pennylane.nodes import Nodes, parts
from qng.arrays import Array
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.errors import InputError, shown
from qng.execute.names import executor as executor_of
from qng.plan.executor import Executor, Service
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.run.point import metric as metric_at
from qng.seeds import number_of


def metric_tensor(
    qnode: Any,
    approx: str | None = None,
    *,
    argnum: int | Sequence[int] | None = None,
    executor: str | Executor | Service | Any = "statevector",
    shots: Shots | None = None,
    seed: int = 0,
) -> Callable[..., Any]:
    """A function of the arguments of a QNode that gives its metric, as qml.metric_tensor does.

    It is right for every gate. `qng.metric(qnode, arguments)` has all arguments in one matrix,
    with what they have in common, and standard errors.

    Args:
        qnode: A QNode, whatever it returns.
        approx: None for all of it; "block-diag": inside layers of rotations on different wires;
            "diag": every gate for itself, A^T Diag(g_r) A with A the derivatives of the angles.
        argnum: Positions of the arguments; by default those of `requires_grad=True`, or a single
            argument that does not say. (PennyLane counts the numbers on the tape.)
        executor: What runs the circuits, by name or as an object.
        shots: For all circuits together, or `qng.PerCircuit(N)`; None: exact.
        seed: Of everything that is drawn.

    Returns:
        (*args, **kwargs) -> an array of shape (*s, *s) for one argument of shape s, a tuple of
        them for several.

    Raises:
        UnknownNameError: Another approx.
        InputError: No QNode.

    Example:
        >>> import pennylane as qml
        >>> from pennylane import numpy as np
        >>> from qng.adapters.pennylane import metric_tensor
        >>> @qml.qnode(qml.device("default.qubit", wires=1))
        ... def state(x):
        ...     qml.RX(x[0], 0)
        ...     qml.PhaseShift(x[1], 0)
        ...     return qml.state()
        >>> metric_tensor(state)(np.array([np.pi / 2, 0.0])).round(3).tolist()
        [[0.25, 0.0], [0.0, 0.25]]
    """
    node, first, more = parts(qnode)
    if not isinstance(node, qml.QNode):
        raise InputError(
            f"metric_tensor is of a QNode, not of {shown(qnode)}; qng.metric(function, arguments) "
            "takes quantum functions and tapes"
        )
    by = approximation(approx)
    device: Any = executor_of(executor)
    shots, seed = checked_shots(shots), number_of(seed)
    nodes, n = Nodes(), len(first)

    def metric(*args: Any, **kwargs: Any) -> Any:
        call = Call.of(args, kwargs, argnum)
        whole = Call(
            (*first, *args),
            {**more, **kwargs},
            tuple(k + n for k in call.trained),
            call.shapes,
            call.theta,
        )
        known = nodes.of(node, whole)

        def ask(circuit: Circuit, point: Array, name: str, **options: Any) -> Array:
            found = metric_at(
                circuit, point, name, executor=device, shots=shots, seed=seed, **options
            )
            return found.dense()

        if approx == "diag":
            matrix = _by_gates(known.circuit, call.theta, ask)
        else:
            name = "overlaps" if approx is None and shots is not None else str(by.estimator)
            matrix = ask(known.circuit, call.theta, name, **dict(by.options))
        return _shaped(matrix, call)

    return metric


def _by_gates(circuit: Circuit, theta: Array, ask: Callable[..., Array]) -> Array:
    """A^T D A, D the metric of the rotations without what two gates have in common."""
    slopes = circuit.jacobian(theta)
    own, places = _apart(circuit)
    matrix = ask(own, circuit.angles(theta), "blocks", rule="wires")
    same = np.equal.outer(places, places)
    found: Array = slopes.T @ np.where(same, matrix, 0.0) @ slopes
    return found


def _apart(circuit: Circuit) -> tuple[Circuit, list[int]]:
    """(the circuit in its angles, the gate of each): rotations that commute may be of one gate."""
    ops, names, places = [], list[str](), list[int]()
    together: list[Rotation] = []
    for op in circuit.ops:
        if not isinstance(op, Rotation) or op.is_fixed:
            ops.append(op)
            continue
        joins = op.same_gate and all(op.pauli.commutes(other.pauli) for other in together)
        if not joins:
            together = []
        places.append(places[-1] if joins and places else len(places))
        together.append(op)
        names.append(f"r{len(names)}")
        ops.append(replace(op, angle=parameter(names[-1])))
    return Circuit(circuit.n_qubits, ops, names), places


def _shaped(matrix: Array, call: Call) -> Any:
    found, start = [], 0
    for shape in call.shapes:
        end = start + int(np.prod(shape))
        block = matrix[start:end, start:end].reshape((*shape, *shape))
        found.append(pnp.tensor(block, requires_grad=False))
        start = end
    return found[0] if len(found) == 1 else tuple(found)
