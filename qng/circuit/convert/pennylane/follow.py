"""Sources as circuits, for all points where these are used.

A source is run with boxes in place of numbers and its operations are lowered (`boxed`). What comes
of it is the source along the way that it took there. So it is run again at every point where the
circuit is used: with numbers, and where it does not queue what is `expected` there also with boxes,
and has to give the same. Where it looks at values on its way, or does not run with boxes, its
angles are no expressions (`anew`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from qng.arrays import Array
from qng.circuit.convert.pennylane.anew import anew
from qng.circuit.convert.pennylane.boxed import Boxed, boxed
from qng.circuit.convert.pennylane.conversion import Conversion
from qng.circuit.convert.pennylane.expected import Expected
from qng.circuit.convert.pennylane.observed import Observed
from qng.circuit.convert.pennylane.source import Source
from qng.circuit.convert.pennylane.tapes import (
    near,
    quiet,
    same_numbers,
    tolerance,
)
from qng.circuit.convert.pennylane.trace import UnfollowedError, one_line
from qng.circuit.origin import Origin
from qng.errors import CircuitError

# Points that are remembered.
_MOST_KNOWN: Final = 256


def converted(source: Source) -> Conversion:
    """The circuit of a source, which is asked at every point where the circuit is used."""
    try:
        found = boxed(source, source.theta)
        if found.looked:
            raise UnfollowedError(f"the circuit depends on values ({found.looked[0]})")
        maker = _noted(source, found)
        if not maker.same_around():
            raise UnfollowedError(source.another(source.theta))
    except UnfollowedError as cause:
        return anew(source, cause)
    circuit = found.conversion.circuit
    origin = Origin.of(maker, circuit.parameters)
    return replace(found.conversion, circuit=circuit.with_origin(origin))


@dataclass(frozen=True, eq=False)
class Followed:
    """A function that was followed without a look at values.

    Args:
        source: The function.
        found: What it has given where it was converted.
        observed: What it has measured there.
        expected: What it queues at any point; None where that does not tell the circuit.
    """

    source: Source
    found: Boxed
    observed: Observed
    expected: Expected | None
    _known: set[bytes] = field(default_factory=set)

    def check(self, theta: Array, around: bool = False) -> None:
        """That it gives the same circuit at theta; an expression holds around it, too."""
        key = theta.tobytes()
        if key in self._known:
            return
        try:
            same = self._queues_the_same(theta) or self._same(theta)
        except CircuitError as error:
            where = self.source.where(theta)
            raise CircuitError(f"{self.source.name} at {where}: {error}") from error
        if not same:
            raise CircuitError(self.source.another(theta))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(key)

    def forget(self) -> None:
        """Ask again at every point, as what the function reads from outside may have changed."""
        self._known.clear()

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """theta as what the function is called with."""
        return self.source.called(self.source.native(theta))

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of what the function is called with."""
        return self.source.ravelled(arguments)

    def same_around(self) -> bool:
        """Whether it gives the same near by, where it is defined there."""
        for theta in (self.source.theta, *near(self.source.theta)):
            try:
                if not self._same(theta):
                    return False
            except CircuitError:
                continue
        return True

    def _queues_the_same(self, theta: Array) -> bool:
        """Whether one run with numbers shows it; what it does not show, `_same` does."""
        if self.expected is None:
            return False
        with quiet():
            try:
                tape = self.source.run(self.source.native(theta))
            except Exception:
                return False
        return self.expected.at(theta, tape.operations, tape.measurements)

    def _same(self, theta: Array) -> bool:
        mine, source = self.found.conversion, self.source
        with quiet():
            other = boxed(source, theta)
            try:
                tape = source.run(source.native(theta))
            except Exception as error:
                raise CircuitError(f"the function cannot be run: {one_line(error)}") from error
        there = other.conversion
        return (
            (mine.circuit, mine.wires) == (there.circuit, there.wires)
            and self.observed.are(there.measurements)
            and self.observed.are(tape.measurements)
            and same_numbers(other.tape, tape, tolerance(source))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.source,)


def _again(source: Source) -> Followed:
    """From its source alone: what is on a tape does not travel."""
    return _noted(source, boxed(source, source.theta))


def _noted(source: Source, found: Boxed) -> Followed:
    observed = Observed(found.conversion.measurements, found.conversion.wires)
    try:
        expected = Expected.of(source, found, observed)
    except UnfollowedError:
        expected = None
    return Followed(source, found, observed, expected)
