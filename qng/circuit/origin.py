"""Where a circuit comes from that is not known by itself: a function that can be asked again.

A circuit that was read off somebody's function is that function only at the points where this was
seen. So the function is kept, and asked at every point where the circuit is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import Angle, parameter


class Maker(Protocol):
    """A function of P numbers that makes circuits."""

    def check(self, theta: Array, around: bool = False) -> None:
        """That it makes the same circuit at theta, shape (P,).

        Args:
            theta: Where.
            around: Whether derivatives are asked for, so that the circuit has to be the same
                around theta.

        Raises:
            CircuitError: Another one, naming the point.
        """
        ...

    def forget(self) -> None:
        """Ask again at every point, as what the function reads from outside may have changed."""
        ...

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """theta as what the function is called with."""
        ...

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of what the function is called with; None where it is not that."""
        ...


@dataclass(frozen=True)
class Origin:
    """A function, and its arguments as angles of a circuit's parameters.

    Two are equal where they are of one and the same function.

    Args:
        maker: The function.
        inputs: P angles, each a parameter of the circuit or a number.
    """

    maker: Maker
    inputs: tuple[Angle, ...]

    @staticmethod
    def of(maker: Maker, parameters: tuple[str, ...]) -> Origin:
        """Of the circuit that the function has made."""
        return Origin(maker, tuple(map(parameter, parameters)))

    def theta(self, values: Mapping[str, float]) -> Array:
        """The function's numbers at values of the circuit's parameters."""
        return np.array([angle.value(values) for angle in self.inputs])

    def substitute(self, values: Mapping[str, Angle | float]) -> Origin:
        """That of the circuit with numbers or angles for some parameters."""
        return replace(self, inputs=tuple(angle.substitute(values) for angle in self.inputs))
