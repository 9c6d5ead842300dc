"""Quantum functions that are not followed: converted anew at every point where they are used.

A tape at numbers is a circuit in the numbers d that its operations hold. Those of them that depend
on the arguments x are functions d(x) from outside: their values are read off a new tape, and their
slopes are those of `slopes`. Everything else on the tape has to be the same at every point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import outside, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.arguments import Leaf
from qng.circuit.convert.pennylane.boxed import boxed
from qng.circuit.convert.pennylane.conversion import Conversion, arguments_of
from qng.circuit.convert.pennylane.refuse import holds_data, refuse_data
from qng.circuit.convert.pennylane.slopes import followed, slopes
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import (
    Place,
    data,
    near,
    quiet,
    same_observables,
    same_operations,
    same_shape,
    tolerance,
    with_data,
)
from qng.circuit.convert.pennylane.trace import UnfollowedError, one_line
from qng.circuit.gate import Rotation
from qng.circuit.origin import Origin
from qng.errors import CircuitError

# Points that are remembered.
_MOST_KNOWN: Final = 64


def anew(source: Source, cause: UnfollowedError) -> Conversion:
    """The circuit of a source whose angles are functions from outside.

    Args:
        source: A function of arrays.
        cause: Why it is not followed.

    Raises:
        CircuitError: It does not run, gives another tape at every call, has an observable or a
            matrix that depends on an argument, or operations that cannot be lowered.

    Cost: five runs of the function.
    """
    try:
        given = source.run(source.native(source.theta))
    except Exception as error:
        raise CircuitError(f"the function cannot be run: {one_line(error)}") from error
    maker = Anew(source, given, _free(source, given, cause))
    free = maker.free
    again = source.run(source.native(source.theta))
    if not same_operations(given, again, tolerance(source)):
        raise CircuitError(source.another(source.theta))
    numbers = data(given)
    leaves = tuple(Leaf(f"d{i}", numbers[place], "numpy") for i, place in enumerate(free))
    inner = Source(
        leaves, lambda new: with_data(given, dict(zip(free, new))), source.labels, name=source.name
    )
    # How an operation is decomposed may not depend on its numbers.
    found = boxed(inner, inner.theta).conversion
    elsewhere = boxed(inner, inner.theta + 0.1 + 0.1 * np.arange(len(inner.theta))).conversion
    if found.circuit != elsewhere.circuit:
        raise cause
    inputs = tuple(map(parameter, source.parameters))
    held = {name: outside(_Held(maker, i), *inputs) for i, name in enumerate(inner.parameters)}
    ops = [
        Rotation(op.pauli, op.angle.substitute(held), op.same_gate)
        if isinstance(op, Rotation)
        else op
        for op in found.circuit.ops
    ]
    origin = Origin.of(maker, source.parameters)
    return replace(
        found,
        circuit=Circuit(found.circuit.n_qubits, ops, source.parameters, origin=origin),
        theta=source.theta,
        arguments=arguments_of(source),
    )


@dataclass(frozen=True, eq=False)
class Anew:
    """A function whose tape is made anew at every point.

    Args:
        source: The function.
        given: Its tape at the numbers that it was converted with.
        free: Where on the tape numbers depend on the arguments.
    """

    source: Source
    given: Any
    free: tuple[Place, ...]
    _known: dict[tuple[str, bytes], Array] = field(default_factory=dict)

    def check(self, theta: Array, around: bool = False) -> None:
        """That the tape has the same operations at theta, or around it."""
        self.at(theta)
        if around:
            self.slopes(theta)

    def forget(self) -> None:
        """Ask again at every point, as what the function reads from outside may have changed."""
        self._known.clear()

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """theta as what the function is called with."""
        return self.source.called(self.source.native(theta))

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of what the function is called with."""
        return self.source.ravelled(arguments)

    def at(self, theta: Array) -> Array:
        """The free numbers, shape (D,).

        Raises:
            CircuitError: Other operations, another observable, or the function does not run.
        """
        return self._once("values", theta, self._at)

    def slopes(self, theta: Array) -> Array:
        """Their slopes, shape (D, P); see `slopes`."""
        return self._once("slopes", theta, lambda x: slopes(self.source, self.free, self._at, x))

    def _at(self, theta: Array) -> Array:
        source, where = self.source, self.source.where(theta)
        try:
            with quiet():
                tape = source.run(source.native(theta))
        except Exception as error:
            raise CircuitError(
                f"{source.name} cannot be run at {where}: {one_line(error)}"
            ) from error
        wires = list(self.given.wires)
        if not same_observables(self.given.measurements, tape.measurements, wires):
            raise CircuitError(_OBSERVABLE)
        if not same_shape(self.given, tape):
            raise CircuitError(source.another(theta))
        numbers = data(tape)
        new = {place: numbers[place] for place in self.free}
        if not same_operations(with_data(self.given, new), tape, tolerance(source)):
            raise CircuitError(source.another(theta))
        return np.concatenate([np.empty(0), *(value.ravel() for value in new.values())])

    def _once(self, what: str, theta: Array, find: Any) -> Array:
        key = what, theta.tobytes()
        if key not in self._known:
            while len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = find(theta)
        return self._known[key]

    def __reduce__(self) -> tuple[type[Anew], tuple[Any, ...]]:
        return Anew, (self.source, self.given, self.free)


@dataclass(frozen=True)
class _Held:
    """One of the free numbers, as a function of P numbers."""

    maker: Anew
    index: int

    def __call__(self, *theta: float, by: int | None = None) -> float:
        point = np.array(theta)
        if by is None:
            return float(self.maker.at(point)[self.index])
        return float(self.maker.slopes(point)[self.index, by])

    def __repr__(self) -> str:
        return f"number {self.index} of {self.maker.source.name}"


def _free(source: Source, given: Any, cause: UnfollowedError) -> tuple[Place, ...]:
    """Where numbers are that the library of the arguments follows, or that differ near by.

    What is taken for a constant by mistake is found at the point where it differs. The function is
    not run farther away, where it may not be defined, nor ever end.
    """
    here = data(given)
    floating = [place for place, value in here.items() if value.dtype.kind == "f"]
    found = followed(source, floating, source.theta)
    for tape in _near(source):
        if not same_observables(given.measurements, tape.measurements, list(given.wires)):
            raise CircuitError(_OBSERVABLE)
        if same_shape(given, tape):
            there = data(tape)
            found |= {p for p in here if not np.array_equal(here[p], there[p], equal_nan=True)}
    for k, j in found:
        if holds_data(given.operations[k]):
            refuse_data(given.operations[k])
        if here[k, j].dtype.kind not in "fiu":
            raise cause
    return tuple(sorted(found))


def _near(source: Source) -> Iterator[Any]:
    for theta in near(source.theta):
        with quiet():
            try:
                tape = source.run(source.native(theta))
            except Exception:  # it may not be defined there
                continue
        yield tape


_OBSERVABLE: Final = (
    "an observable depends on an argument; make that argument constant with requires_grad=False, "
    "or leave it out of argnum"
)
