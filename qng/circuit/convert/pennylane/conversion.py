"""Circuits from PennyLane.

A quantum function is run with its arguments as expressions (`trace.py`), and what it
has queued is lowered to turns and fixed gates (`gates.py`). So angles may be any
expression of the arguments, and their derivatives are exact. What is not followed is asked again at
every point (`anew.py`), and nothing is ever concluded from a few points to others.

Qubits. Qubit k is the k-th wire of `wire_order`, or of the device where the device names its
wires. Otherwise wires that are the numbers 0 to n - 1 are the qubits of these numbers, and other
wires are qubits in the order in which they first appear, those of measurements last. PennyLane
prints the first wire as the most significant bit of an index; qubit 0 here is the least
significant one.

Parameters. Each number in a trainable argument is one: arguments in their order, arrays in C
order, with the names "x", "x[0]", "weights[1,2]". Floating-point numbers, arrays and lists of
them, and these inside tuples, lists and dictionaries, are trainable. Whole numbers, complex
numbers, other objects, keyword arguments and tensors with requires_grad=False are constants.
`argnum` chooses the positions of the trainable arguments instead. The parameters of a tape are
its trainable parameters that belong to operations, "p0", "p1", ..., or "p0[0]" in an array.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.pauli import PauliSum
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.circuit.convert.pennylane.source import Source


@dataclass(frozen=True)
class Argument:
    """Where the numbers of one trainable argument stand among the parameters.

    Args:
        name: "x", or "params[0]" inside a container.
        shape: Its shape.
        start: The index of its first parameter.
    """

    name: str
    shape: tuple[int, ...]
    start: int

    @property
    def slice(self) -> slice:
        """The places of its parameters, in C order."""
        return slice(self.start, self.start + int(np.prod(self.shape)))


def arguments_of(source: Source) -> tuple[Argument, ...]:
    """The trainable arguments of a source."""
    starts = np.cumsum([0, *(part.value.size for part in source.leaves)])
    return tuple(
        Argument(part.name, part.value.shape, int(start))
        for part, start in zip(source.leaves, starts)
    )


@dataclass(frozen=True, eq=False)
class Conversion:
    """A quantum function at a point, converted.

    Args:
        circuit: The circuit.
        theta: Shape (P,), the arguments that were given, in the order of `circuit.parameters`.
        arguments: The trainable arguments.
        wires: The label of every qubit.
        measurements: What the function returns, as PennyLane's measurement processes.
    """

    circuit: Circuit
    theta: Array
    arguments: tuple[Argument, ...]
    wires: tuple[Hashable, ...]
    measurements: tuple[Any, ...] = field(repr=False)

    @cached_property
    def observables(self) -> tuple[PauliSum, ...]:
        """One sum of Pauli words an expectation value that the function returns, in order.

        States, probabilities, samples and counts are left out.

        Raises:
            CircuitError: A variance or another non-linear quantity, an observable without Pauli
                form, or one that depends on a parameter.
        """
        return measured(self.measurements, self.wires)

    def unravel(self, values: ArrayLike) -> tuple[Array, ...]:
        """A vector over the parameters as one array an argument, of the argument's shape.

        Args:
            values: Shape (P,), such as a gradient or a step.

        Raises:
            InputError: Wrong shape.
        """
        flat = np.asarray(values, dtype=float)
        if flat.shape != self.theta.shape:
            raise InputError(f"the shape {self.theta.shape} is expected, not {flat.shape}")
        return tuple(flat[a.slice].reshape(a.shape) for a in self.arguments)

    def unravel_matrix(self, values: ArrayLike) -> tuple[tuple[Array, ...], ...]:
        """A matrix over the parameters as one array a pair of arguments.

        Args:
            values: Shape (P, P), such as a metric.

        Returns:
            Entry [i][j] has the shape of argument i followed by that of argument j.

        Raises:
            InputError: Wrong shape.
        """
        full = np.asarray(values, dtype=float)
        expected = (*self.theta.shape, *self.theta.shape)
        if full.shape != expected:
            raise InputError(f"the shape {expected} is expected, not {full.shape}")
        return tuple(
            tuple(full[a.slice, b.slice].reshape((*a.shape, *b.shape)) for b in self.arguments)
            for a in self.arguments
        )


def convert(
    source: Any,
    *args: Any,
    argnum: int | Sequence[int] | None = None,
    wire_order: Sequence[Hashable] | None = None,
    **kwargs: Any,
) -> Conversion:
    """A quantum function, QNode or tape with everything that belongs to it.

    The function is called several times, also at other values of its arguments, and again at
    every point where the circuit is used: one that is built differently there is refused there.
    Angles are expressions of the arguments where the function is followed without a look at
    values; elsewhere they are read off a new tape at every point, and their derivatives are those
    of the library in whose types the arguments are (NumPy's by autograd).

    Args:
        source: A QNode (its own transforms are applied), a quantum function or a tape.
        *args: The arguments at one point; none for a tape.
        argnum: Positions of the trainable arguments; by default those that are floating-point.
        wire_order: The wire labels of qubits 0, 1, ...
        **kwargs: Keyword arguments, which are constants.

    Raises:
        CircuitError: What cannot be lowered, by name: a measurement or a channel inside the
            circuit, a batch of parameters, a matrix or a state that depends on a parameter, an
            exponent of Pauli words that do not commute, or a circuit that is another one at every
            call.
        InputError: Arguments that do not fit.

    Cost: five runs of the function, or ten where it is not followed; two, or one, at every point
        where the circuit is used.
    """
    from qng.circuit.convert.pennylane.follow import converted
    from qng.circuit.convert.pennylane.source import source_of

    return converted(source_of(source, args, kwargs, argnum, wire_order))


def from_pennylane(
    source: Any,
    *args: Any,
    argnum: int | Sequence[int] | None = None,
    wire_order: Sequence[Hashable] | None = None,
    **kwargs: Any,
) -> Circuit:
    """The circuit of a QNode, a quantum function or a tape; see `convert`."""
    return convert(source, *args, argnum=argnum, wire_order=wire_order, **kwargs).circuit


def observables(
    source: Any,
    *args: Any,
    argnum: int | Sequence[int] | None = None,
    wire_order: Sequence[Hashable] | None = None,
    **kwargs: Any,
) -> tuple[PauliSum, ...]:
    """The observables whose expectation values a QNode or a tape returns; see `convert`."""
    return convert(source, *args, argnum=argnum, wire_order=wire_order, **kwargs).observables


def problem_parts(
    source: Any,
    *args: Any,
    argnum: int | Sequence[int] | None = None,
    wire_order: Sequence[Hashable] | None = None,
    **kwargs: Any,
) -> tuple[Circuit, tuple[PauliSum, ...], Array]:
    """(circuit, observables, theta) of a QNode or a tape; see `convert`."""
    found = convert(source, *args, argnum=argnum, wire_order=wire_order, **kwargs)
    return found.circuit, found.observables, found.theta
