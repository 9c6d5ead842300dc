"""Families of circuits by name: a circuit for every number of qubits and every depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qng.circuit.ansatz import hardware_efficient, random_pauli, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.random_layers import haug, random_axes
from qng.errors import InputError, UnknownNameError

Named = Callable[[int, int, int], Circuit]
"""(qubits, depth, seed) -> circuit; the seed is that of random axes."""


def _haug(entangler: str) -> Named:
    return lambda n, depth, seed: haug(random_axes(n, depth, seed), entangler)


FAMILIES: Final[dict[str, Named]] = {
    "real-amplitudes": lambda n, depth, _: real_amplitudes(n, depth),
    "efficient-su2": lambda n, depth, _: hardware_efficient(n, depth),
    "ry-cz": lambda n, depth, _: hardware_efficient(n, depth, ("ry",), "cz"),
    "random-cx": _haug("cx"),
    "random-cz": _haug("cz"),
    "random-sqrt-iswap": _haug("sqrt_iswap"),
    "barren": lambda n, depth, seed: random_pauli(n, depth, seed % 2**32),
}
"""The depth is the number of entangling layers. The random ones are those of Haug, Bharti and Kim,
"barren" that of McClean et al.; the same seed has the same first layers at every depth."""


# Without layers they have no parameters.
_FROM_ONE: Final = ("random-cx", "random-cz", "random-sqrt-iswap", "barren")


def family(name: str, n_qubits: int, seed: int = 0) -> Callable[[int], Circuit]:
    """A family by name: depth -> circuit.

    Args:
        name: Of `FAMILIES`.
        n_qubits: n.
        seed: Of random axes.

    Raises:
        UnknownNameError: No such family.
        InputError: Of the function: a depth at which there is none.
    """
    if name not in FAMILIES:
        raise UnknownNameError("family of circuits", name, FAMILIES)
    least = 1 if name in _FROM_ONE else 0

    def at(depth: int) -> Circuit:
        if depth < least:
            raise InputError(f"the family {name} begins at depth {least}, not {depth}")
        return FAMILIES[name](n_qubits, depth, seed)

    return at
