"""An executor made of a Python function that runs one circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import as_angle
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation, basis_change
from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan.counts import Counts
from qng.plan.request import Request, Result, Samples
from qng.seeds import generator

Run = Callable[[Circuit, tuple[int, ...], int, np.random.Generator], Mapping[Any, Any]]


@dataclass(frozen=True)
class Function:
    """Any function that counts bits, as an executor: for hardware of one's own, and for tests.

    Args:
        function: (circuit, qubits, shots, rng) -> counts. The circuit has no parameters and ends
            with the gates of the measurement basis; the qubits, ascending, are to be measured in
            Z. Counts are a mapping: bit strings of these qubits, the highest one first as Qiskit
            prints them, or integers in which bit q is what qubit q showed, to how often. `rng` is
            a stream of this point's own; a function that draws from nothing else gives equal
            counts for equal seeds.
        name: How it is called.
        noise: What disturbs its states or their readout, in a few words; "" for nothing, which
            says that what the structure of a circuit fixes need not be measured.

    Cost: one call a point.

    Example:
        >>> import qng
        >>> def zeros(circuit, qubits, shots, rng):
        ...     return {"0" * len(qubits): shots}
        >>> qng.energy("one-qubit", executor=Function(zeros), shots=100).value  # <X> + <Z>
        2.0
    """

    function: Run
    name: str = "function"
    noise: str = "unknown noise of a function"

    answers: ClassVar[frozenset[type]] = frozenset({Samples})
    worth_a_task: ClassVar[int] = 1

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Counts of a batch, a tuple a request.

        Raises:
            InputError: The function does not return the counts of all shots.
        """
        return [self._counts(request.drawn(k), seed) for k, request in enumerate(requests)]

    def _counts(self, request: Request, seed: int) -> tuple[Counts, ...]:
        assert isinstance(request.measure, Samples)
        assert request.shots is not None
        assert request.draws is not None
        basis = request.measure.basis
        found = []
        for phi, shots, draw in zip(request.angles, request.shots.tolist(), request.draws.tolist()):
            circuit = bound(request.circuit, phi).then(basis_change(basis))
            counts = self.function(circuit, basis.qubits, shots, generator((seed, *draw)))
            found.append(self._read(counts, basis, shots))
        return tuple(found)

    def _read(self, counts: Any, basis: Pauli, shots: int) -> Counts:
        if not isinstance(counts, Mapping):
            raise InputError(
                f"{self.name} must return a mapping from outcomes to counts, "
                f"not {type(counts).__name__}"
            )
        masks = [self._mask(outcome, basis) for outcome in counts]
        for outcome, count in counts.items():
            if not (isinstance(count, (int, np.integer)) and count >= 0):
                raise InputError(
                    f"{self.name} counted {outcome!r} {count!r} times: whole numbers that are not "
                    "negative are expected"
                )
        total = sum(int(count) for count in counts.values())
        if total != shots:
            raise InputError(f"{self.name} returned {total} counts where {shots} shots were asked")
        return Counts.of(masks, list(counts.values()))

    def _mask(self, outcome: Any, basis: Pauli) -> int:
        qubits = basis.qubits
        if isinstance(outcome, str) and len(outcome) == len(qubits) and set(outcome) <= set("01"):
            return sum(1 << q for q, bit in zip(qubits, reversed(outcome)) if bit == "1")
        if isinstance(outcome, (int, np.integer)) and not int(outcome) & ~basis.support:
            return int(outcome)
        raise InputError(
            f"{self.name} returned the outcome {outcome!r}; a string of {len(qubits)} bits for the "
            f"qubits {', '.join(map(str, reversed(qubits)))}, or an integer with bits of these "
            "qubits only, is expected"
        )


def bound(circuit: Circuit, phi: Array) -> Circuit:
    """The circuit with numbers for the angles of its rotations, and no parameters.

    Args:
        circuit: The circuit.
        phi: Shape (R,), radians.
    """
    angles = iter(phi.tolist())
    ops = [
        Rotation(op.pauli, as_angle(next(angles)), op.same_gate)
        if isinstance(op, Rotation) and not op.is_fixed
        else op
        for op in circuit.ops
    ]
    return Circuit(circuit.n_qubits, ops)
