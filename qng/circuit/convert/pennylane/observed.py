"""What a tape measures, kept as it was: observables may be changed in their place."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from operator import getitem, is_
from typing import Any, Final

import numpy as np
import pennylane as qml

from qng.circuit.convert.pennylane.contents import ATOMS, UntoldError, is_pennylane
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError


class Observed:
    """The measurements of a tape.

    Args:
        measurements: PennyLane's, as they are now.
        wires: The labels of qubits 0, 1, ...
    """

    def __init__(self, measurements: Sequence[Any], wires: Sequence[Hashable]) -> None:
        self._each = [_Measurement(m, tuple(wires)) for m in measurements]

    def are(self, measurements: Sequence[Any]) -> bool:
        """Whether others are of equal observables; True where they are of none."""
        if len(measurements) != len(self._each):
            return False
        return all(map(_Measurement.equals, self._each, measurements))


class _Measurement:
    """One measurement, by its observables."""

    def __init__(self, measurement: Any, wires: tuple[Hashable, ...]) -> None:
        self._kind, self._labels = type(measurement), tuple(measurement.wires)
        self._wires, self._given = wires, measurement.obs
        self._terms = self._measured(measurement)
        # Later: operators note in themselves what they have computed.
        self._inside = _Inside.of(self._given)

    def equals(self, other: Any) -> bool:
        """Whether another one is of equal observables."""
        if type(other) is not self._kind or tuple(other.wires) != self._labels:
            return False
        is_given = other.obs is self._given
        if is_given and self._inside is not None and self._inside.unchanged():
            return True
        if self._terms is not None and self._measured(other) != self._terms:
            return False
        if is_given:
            self._inside = _Inside.of(self._given)
        return True

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_inside": None}  # elsewhere they are other objects

    def _measured(self, measurement: Any) -> tuple[PauliSum, ...] | None:
        try:
            return measured([measurement], self._wires)
        except CircuitError:
            return None  # refused where it is asked for


@dataclass(eq=False)
class _Inside:
    """All that an observable is made of, to see at a glance whether it is what it was.

    Args:
        holders: The dictionaries and lists in it.
        copies: What was in these.
        places: The holder of everything that may be changed in its place.
        keys: Under which it is there.
        held: It.
        arrays: (array, its shape, its bytes).
    """

    holders: list[Any] = field(default_factory=list)
    copies: list[Any] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    held: list[Any] = field(default_factory=list)
    arrays: list[tuple[np.ndarray, tuple[int, ...], bytes]] = field(default_factory=list)

    @staticmethod
    def of(observable: Any) -> _Inside | None:
        """Of an observable, or of none; None where it holds what does not tell what is in it."""
        found = _Inside()
        try:
            found._look(observable, set())
        except UntoldError:
            return None
        return found

    def unchanged(self) -> bool:
        """Whether everything is what it was."""
        try:
            return (
                all(map(is_, map(getitem, self.places, self.keys), self.held))
                and self.holders == self.copies
                and all((a.shape, a.tobytes()) == (shape, was) for a, shape, was in self.arrays)
            )
        except (IndexError, KeyError, TypeError, ValueError):
            return False

    def _look(self, value: Any, seen: set[int]) -> None:
        kind = type(value)
        if kind in _UNCHANGING or isinstance(value, np.generic) or id(value) in seen:
            return
        seen.add(id(value))
        if isinstance(value, qml.operation.Operator) and is_pennylane(value):
            self._hold(vars(value), seen)
        elif kind in (dict, list):
            self._hold(value, seen)
        elif kind is tuple:
            for item in value:
                self._look(item, seen)
        elif kind in (np.ndarray, qml.numpy.tensor) and value.dtype != object:
            self.arrays.append((value, value.shape, value.tobytes()))
        else:
            raise UntoldError(f"a value of the class {kind.__name__}")

    def _hold(self, holder: Any, seen: set[int]) -> None:
        self.holders.append(holder)
        self.copies.append(holder.copy())
        for key, item in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if type(item) in _UNCHANGING or key == "_pauli_rep":  # of which nothing is read
                continue
            self.places.append(holder)
            self.keys.append(key)
            self.held.append(item)
            self._look(item, seen)


_UNCHANGING: Final = ATOMS | {qml.wires.Wires, qml.pauli.PauliWord}
