"""Runs of functions whose QNodes answer with expressions instead of numbers."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

import pennylane as qml

from qng.circuit.convert.pennylane.trace import one_line
from qng.errors import CircuitError, QngError

_MOST_PROBABILITIES: Final = 2**8


@dataclass(frozen=True, eq=False)
class Linear:
    """c + sum c_j m_j of measurements.

    Args:
        terms: c_j by (the QNode that was called, counted from 0; the number of its measurement).
        constant: c.
    """

    terms: Mapping[tuple[int, int], float]
    constant: float = 0.0

    # NumPy leaves arithmetic with it to it.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Linear:
        o = other if isinstance(other, Linear) else Linear({}, _number(other))
        keys = dict.fromkeys((*self.terms, *o.terms))
        terms = {k: self.terms.get(k, 0.0) + o.terms.get(k, 0.0) for k in keys}
        return Linear(terms, self.constant + o.constant)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Linear:
        c = _number(other)
        return Linear({k: c * v for k, v in self.terms.items()}, c * self.constant)

    __rmul__ = __mul__

    def __neg__(self) -> Linear:
        return self * -1.0

    def __sub__(self, other: Any) -> Linear:
        return self.__add__(-1.0 * other)

    def __rsub__(self, other: Any) -> Linear:
        return (-self).__add__(other)

    def __truediv__(self, other: Any) -> Linear:
        return self * (1.0 / _number(other))


@dataclass(eq=False)
class Run:
    """One run of a function whose QNodes answer with expressions.

    Args:
        nodes: The QNodes that were called, in order.
        tapes: What they would have run.
        result: What the function has returned.
        error: What ended it.
    """

    nodes: list[Any] = field(default_factory=list)
    tapes: list[Any] = field(default_factory=list)
    result: Any = None
    error: Exception | None = None

    @staticmethod
    def of(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Run:
        """Of a function and its arguments."""
        run = Run()
        # What a quantum function queues is not looked at here.
        with answered_by(run._answer), qml.queuing.AnnotatedQueue():
            try:
                run.result = function(*args, **kwargs)
            except Exception as error:
                run.error = error
        return run

    def form(self) -> Linear:
        """The result as a sum of multiples of measurements."""
        if isinstance(self.error, QngError):
            raise self.error
        if self.error is not None or not isinstance(self.result, Linear):
            why = "it returns several" if self.error is None else one_line(self.error)
            raise CircuitError(
                f"the cost is no sum of fixed multiples of expectation values of QNodes ({why}): "
                "write it with +, - and numbers, or minimise one QNode"
            )
        return self.result

    def tape(self, k: int) -> Any:
        """What the k-th QNode would have run."""
        if len(self.tapes) <= k:
            raise CircuitError("the cost calls other QNodes at other values of its arguments")
        return self.tapes[k]

    def _answer(self, node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        returned: list[Any] = []
        noting = copy.copy(node)
        noting.func = _noting(node.func, returned)
        tape = qml.workflow.construct_tape(noting)(*args, **kwargs)
        k = len(self.tapes)
        measurements: list[Any] = []
        answers: list[Any] = []
        for m in tape.measurements:
            own = expanded(m, _all_wires(node, tape))
            first = len(measurements)
            measurements += own
            values = tuple(Linear({(k, first + j): 1.0}) for j in range(len(own)))
            answers.append(values[0] if own == [m] else values)
        self.nodes.append(node)
        self.tapes.append(qml.tape.QuantumScript(tape.operations, measurements))
        is_single = isinstance(returned[-1], qml.measurements.MeasurementProcess)
        return answers[0] if is_single else tuple(answers)


def _noting(function: Callable[..., Any], returned: list[Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        returned.append(function(*args, **kwargs))
        return returned[-1]

    return run


@contextmanager
def answered_by(answer: Callable[..., Any]) -> Iterator[None]:
    """With QNodes that answer otherwise than by running."""
    own = qml.QNode.__call__
    qml.QNode.__call__ = lambda node, *args, **kwargs: answer(node, args, kwargs)
    try:
        yield
    finally:
        qml.QNode.__call__ = own


def expanded(m: Any, among: Sequence[Hashable]) -> list[Any]:
    """A measurement, or the projectors whose expectation values its probabilities are.

    Args:
        m: The measurement.
        among: All wires, whose probabilities are meant where none is named.
    """
    if not isinstance(m, qml.measurements.ProbabilityMP):
        return [m]
    wires = list(m.wires) or list(among)
    if m.obs is not None or 2 ** len(wires) > _MOST_PROBABILITIES:
        raise CircuitError(
            "probabilities are those of at most 8 wires, qml.probs(wires=...), not of an "
            f"observable or of {len(wires)} wires"
        )
    with qml.QueuingManager.stop_recording():
        return [
            qml.expval(qml.Projector(list(bits), wires))
            for bits in product((0, 1), repeat=len(wires))
        ]


def _all_wires(node: Any, tape: Any) -> Sequence[Hashable]:
    """Those of the device, or those that are used in the order of the qubits."""
    if node.device.wires:
        return tuple(node.device.wires)
    is_counted = set(tape.wires) == set(range(len(tape.wires)))
    return range(len(tape.wires)) if is_counted else tuple(tape.wires)


def _number(value: Any) -> float:
    if isinstance(value, Linear):
        raise TypeError("a product of two expectation values")
    return float(value)
