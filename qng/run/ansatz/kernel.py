"""The quantum neural tangent kernel: of expectation values, by exact gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, shown
from qng.execute.statevector.states import apply
from qng.geometry.tangent import TangentKernel
from qng.geometry.tangent import tangent_kernel as of_jacobian
from qng.problem.given import as_problem
from qng.problem.problem import Problem
from qng.run.ansatz.states import tangents
from qng.run.point import gradient

# Of a central difference of fourth order.
_STEP: Final = 1e-3


def tangent_kernel(
    outputs: Any,
    theta: Any = None,
    observables: Iterable[Any] | None = None,
    inputs: ArrayLike | None = None,
) -> TangentKernel:
    """K = J J^T of the outputs of a model at a point, J = d f / d theta.

    Args:
        outputs: One of these:
            a circuit, with `observables`, whose expectation values are the outputs;
            a problem or its name: the expectation values of the words of its observable, times
            their coefficients, or of `observables`;
            several problems of the same parameters, such as a circuit with one datum encoded in
            each: an output each;
            a function theta -> outputs of any shape, which is differentiated by differences;
            a model of outputs f(theta, x) with `jacobian(theta, x)`, such as `CircuitClassifier` or
            `Perceptron`, with `inputs`: all outputs of all data, datum by datum;
            or J itself (theta is not needed then).
        theta: Shape (P,), radians; of a problem its start by default.
        observables: Whatever `PauliSum` reads, one an output.
        inputs: x, shape (N, features), of a model.

    Returns:
        The kernel, with `matrix`, `values`, `jacobian`.

    Raises:
        InputError: None of these.

    Cost: the derivative states of a circuit, or one exact gradient a problem; 4 P calls of a
    function.

    Reference: Liu, Tacchino, Glick, Jiang, Mezzacapo, PRX Quantum 3, 030323 (2022),
    arXiv:2111.04225.

    Example:
        >>> from qng.circuit.ansatz import hardware_efficient
        >>> circuit = hardware_efficient(1, 0, ("ry",))
        >>> tangent_kernel(circuit, [0.0], [{"X0": 1}, {"Z0": 1}]).matrix.round(12).tolist()
        [[1.0, 0.0], [0.0, 0.0]]
    """
    if inputs is not None or _is_of_data(outputs):
        if inputs is None or not _is_of_data(outputs):
            raise InputError("inputs= are the data of a model with jacobian(theta, x): give both")
        return of_jacobian(outputs.jacobian(_point(theta), checks.reals("inputs", inputs)))
    if isinstance(outputs, np.ndarray):
        return of_jacobian(outputs)
    problems = _problems(outputs, theta, observables)
    if problems is None:
        return of_jacobian(_differences(outputs, _point(theta)))
    if all(problem.circuit is problems[0].circuit for problem in problems):
        return of_jacobian(_of_one(problems[0].circuit, problems[0].initial, problems))
    return of_jacobian(np.array([gradient(problem).value for problem in problems]))


def _is_of_data(outputs: Any) -> bool:
    """Whether something is a model of outputs, given data."""
    return hasattr(outputs, "jacobian") and hasattr(outputs, "outputs")


def _of_one(circuit: Circuit, theta: Array, problems: Sequence[Problem]) -> Array:
    """J = 2 Re <d_i psi|H_k|psi> of observables of one circuit, shape (N, P)."""
    rows, psi = tangents(circuit, theta)
    images = np.array([apply(problem.observable, psi) for problem in problems])
    return np.asarray(2 * (images @ rows.conj().T).real)


def _problems(outputs: Any, theta: Any, observables: Iterable[Any] | None) -> list[Problem] | None:
    """One problem an output, each at the point; None of a function."""
    if isinstance(outputs, Circuit) or type(outputs).__module__.startswith("qiskit"):
        if observables is None:
            raise InputError("a circuit has no outputs: give observables=, one an output")
        circuit = outputs if isinstance(outputs, Circuit) else Circuit.from_qiskit(outputs)
        return [Problem(circuit, seen, theta) for seen in _listed(observables)]
    if callable(outputs) and observables is None:
        return None
    several = isinstance(outputs, Iterable) and not isinstance(outputs, (str, bytes))
    listed = [as_problem(item, theta) for item in (outputs if several else [outputs])]
    if not listed:
        raise InputError("there is no kernel of no outputs")
    for problem in listed:
        if len(problem.ensemble) > 1:
            raise InputError("outputs are of one circuit each, and a problem here has several")
        if problem.circuit.parameters != listed[0].circuit.parameters:
            raise InputError("all outputs must have the same parameters, in the same order")
    point = listed[0].initial if theta is None else theta
    if several:
        if observables is not None:
            raise InputError("several problems have their own observables: leave observables= out")
        return [Problem(p.circuit, p.observable, point) for p in listed]
    whole = listed[0]
    words = [PauliSum({str(word): c.real}) for word, c in whole.observable if word.support]
    seen = words if observables is None else _listed(observables)
    return [Problem(whole.circuit, each, point) for each in seen]


def _listed(observables: Any) -> list[Any]:
    """Observables, one an output."""
    if isinstance(observables, (str, Mapping)) or not isinstance(observables, Iterable):
        raise InputError(
            f"observables are several, one an output, not {shown(observables)}; give a list"
        )
    found = list(observables)
    if not found:
        raise InputError("there is no kernel of no outputs")
    return found


def _point(theta: Any) -> Array:
    point = checks.reals("theta", [] if theta is None else theta)
    if point.ndim != 1 or not len(point) or not np.all(np.isfinite(point)):
        raise InputError(f"theta is needed: finite numbers in one row, not {shown(theta)}")
    return point


def _differences(f: Callable[[Array], Any], theta: Array) -> Array:
    """d f / d theta by central differences of fourth order, shape (N, P)."""
    columns = []
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = _STEP * max(1.0, abs(theta[k]))
        at = [np.ravel(checks.reals("outputs", f(theta + c * step))) for c in (-2, -1, 1, 2)]
        columns.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step[k]))
    return np.stack(columns, axis=1)
