"""Quantum functions that are not followed: converted anew at every point where they are used.

A tape at numbers is a circuit in the numbers d that its operations hold. Those of them that depend
on the arguments x are functions d(x) from outside: their values are read off a new tape, and their
slopes are those of `slopes`. Everything else on the tape has to be the same at every point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import outside, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.arguments import Leaf
from qng.circuit.convert.pennylane.boxed import boxed
from qng.circuit.convert.pennylane.contents import UntoldError
from qng.circuit.convert.pennylane.conversion import Conversion, arguments_of
from qng.circuit.convert.pennylane.expected import Queued
from qng.circuit.convert.pennylane.observed import Observed
from qng.circuit.convert.pennylane.refuse import holds_data, refuse_data
from qng.circuit.convert.pennylane.slopes import followed, slopes
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import (
    Place,
    data,
    near,
    quiet,
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
    noted = Noted.of(source, given, _free(source, given, cause))
    found = boxed(noted.inner(given), noted.theta)
    # How an operation is decomposed may not depend on its numbers.
    elsewhere = noted.theta + 0.1 + 0.1 * np.arange(len(noted.theta))
    if boxed(noted.inner(given), elsewhere).conversion.circuit != found.conversion.circuit:
        raise cause
    queued = None if found.hidden else noted.queued
    maker = Anew(source, replace(noted, queued=queued, circuit=found.conversion.circuit))
    again, tiny = source.run(source.native(source.theta)), tolerance(source)
    numbers = _flat(data(again), noted.free)
    same = np.allclose(numbers, noted.theta, tiny, tiny, equal_nan=True)
    if not same or not maker.noted.is_like(again):
        raise CircuitError(source.another(source.theta))
    inputs = tuple(map(parameter, source.parameters))
    names = found.conversion.circuit.parameters
    held = {name: outside(_Held(maker, i), *inputs) for i, name in enumerate(names)}
    ops = [
        Rotation(op.pauli, op.angle.substitute(held), op.same_gate)
        if isinstance(op, Rotation)
        else op
        for op in found.conversion.circuit.ops
    ]
    origin = Origin.of(maker, source.parameters)
    n = found.conversion.circuit.n_qubits
    return replace(
        found.conversion,
        circuit=Circuit(n, ops, source.parameters, origin=origin),
        theta=source.theta,
        arguments=arguments_of(source),
    )


@dataclass(frozen=True, eq=False)
class Noted:
    """A tape as it was, whose free numbers may be others.

    Args:
        source: What has made it.
        free: Where its numbers depend on the arguments.
        theta: The free numbers, shape (D,).
        fixed: All others.
        shapes: Of the arrays that the operations hold.
        observed: What it measures.
        queued: Its operations; None where what they are is seen in what they are lowered to.
        circuit: That, in the free numbers.
    """

    source: Source
    free: tuple[Place, ...]
    theta: Array
    fixed: Mapping[Place, np.ndarray]
    shapes: Mapping[Place, tuple[int, ...]]
    observed: Observed
    queued: tuple[Queued, ...] | None
    circuit: Circuit | None = None

    @staticmethod
    def of(source: Source, tape: Any, free: tuple[Place, ...]) -> Noted:
        """A tape of a source."""
        found = data(tape)
        try:
            queued = tuple(map(Queued.of, tape.operations))
        except UntoldError:
            queued = None
        return Noted(
            source,
            free,
            _flat(found, free),
            {place: value.copy() for place, value in found.items() if place not in free},
            {place: value.shape for place, value in found.items()},
            Observed(tape.measurements, list(tape.wires)),
            queued,
        )

    def inner(self, tape: Any) -> Source:
        """A tape like it as a function of its free numbers."""
        found = data(tape)
        leaves = tuple(Leaf(f"d{i}", found[place], "numpy") for i, place in enumerate(self.free))
        return Source(
            leaves,
            lambda new: with_data(tape, dict(zip(self.free, new))),
            self.source.labels,
            name=self.source.name,
        )

    def is_like(self, tape: Any) -> bool:
        """Whether another tape is equal to it but for its free numbers."""
        found, tiny = data(tape), tolerance(self.source)
        if {place: value.shape for place, value in found.items()} != self.shapes:
            return False
        if not all(
            value is found[place] or np.allclose(found[place], value, tiny, tiny, equal_nan=True)
            for place, value in self.fixed.items()
        ):
            return False
        if self.queued is None:
            there = boxed(self.inner(tape), _flat(found, self.free)).conversion.circuit
            return there == self.circuit
        try:
            return len(tape.operations) == len(self.queued) and all(
                map(Queued.is_like, self.queued, tape.operations)
            )
        except UntoldError:
            return False


def _flat(numbers: Mapping[Place, np.ndarray], places: Sequence[Place]) -> Array:
    return np.concatenate([np.empty(0), *(numbers[place].ravel() for place in places)])


@dataclass(frozen=True, eq=False)
class Anew:
    """A function whose tape is made anew at every point.

    Args:
        source: The function.
        noted: Its tape at the numbers that it was converted with.
    """

    source: Source
    noted: Noted
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
        return self._once(
            "slopes", theta, lambda x: slopes(self.source, self.noted.free, self.at, x)
        )

    def _at(self, theta: Array) -> Array:
        source, where = self.source, self.source.where(theta)
        try:
            with quiet():
                tape = source.run(source.native(theta))
        except Exception as error:
            raise CircuitError(
                f"{source.name} cannot be run at {where}: {one_line(error)}"
            ) from error
        if not self.noted.observed.are(tape.measurements):
            raise CircuitError(_OBSERVABLE)
        if not self.noted.is_like(tape):
            raise CircuitError(source.another(theta))
        return _flat(data(tape), self.noted.free)

    def _once(self, what: str, theta: Array, find: Any) -> Array:
        key = what, theta.tobytes()
        if key not in self._known:
            while len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = find(theta)
        return self._known[key]

    def __reduce__(self) -> tuple[type[Anew], tuple[Any, ...]]:
        return Anew, (self.source, self.noted)


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
    observed = Observed(given.measurements, list(given.wires))
    for tape in _near(source):
        if not observed.are(tape.measurements):
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
