"""Measurement bases: random ones, and which rotations a basis can see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.heisenberg import forth, walked
from qng.circuit.pauli import Pauli
from qng.errors import UnknownNameError
from qng.seeds import Key, generator

_LETTERS: Final = ("X", "Y", "Z")


def randomised(circuit: Circuit, kind: str, seed: Key) -> tuple[Circuit, str]:
    """The circuit, with what a random measurement appends to it, and the basis to measure in.

    "circuit" appends RZ and RY on every qubit, CX from each qubit to the next, and RZ and RY
    again, by angles from a uniform distribution on (0, 1).

    Raises:
        UnknownNameError: A kind that is neither "circuit" nor "pauli".
    """
    rng, n = generator(seed), circuit.n_qubits
    if kind == "pauli":
        return circuit, " ".join(f"{letter}{q}" for q, letter in enumerate(rng.choice(_LETTERS, n)))
    if kind != "circuit":
        raise UnknownNameError("random measurement", kind, ("circuit", "pauli"))
    layers = hardware_efficient(n, 1, ("rz", "ry"))
    angles = dict(zip(layers.parameters, rng.uniform(size=layers.n_parameters).tolist()))
    return circuit.then(layers.bind(angles).ops), "Z"


@derived
def visible(circuit: Circuit, basis: Pauli) -> tuple[int, ...]:
    """The rotations that may change the distribution in a basis.

    Those do not whose word, carried to either end of the circuit, is a word that stabilises
    |0...0> or one of the basis; with noise all may.
    """
    if circuit.noisy:
        return tuple(range(circuit.n_rotations))
    return tuple(
        r
        for r, (position, rotation) in enumerate(zip(circuit.positions, circuit.rotations))
        if not walked(reversed(circuit.ops[:position]), rotation.pauli).mean
        and not _ends_in(circuit.ops[position + 1 :], rotation.pauli, basis)
    )


def _ends_in(later: Sequence[Op], word: Pauli, basis: Pauli) -> bool:
    """Whether a word, carried through later operations, is a word of the basis."""
    found = forth(later, word)
    return found is not None and found[1].commutes_qubitwise(basis)
