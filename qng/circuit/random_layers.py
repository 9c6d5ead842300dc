"""Layers of rotations about random axes, with entanglers on alternating pairs.

    haug    RY(pi/4) on every qubit, then layers of rotations and entanglers
    gacon   layers of RY(pi/4), rotations and CZ; the last one without CZ

The pairs that are entangled are (0,1), (2,3), ... and then (1,2), (3,4), ...

Axes are words, one a layer, whose letter q belongs to qubit q; `random_axes` draws them. The
ladders of McClean et al. are `ansatz.random_pauli`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from qng import checks
from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError, UnknownNameError


def random_axes(n_qubits: int, layers: int, seed: int | np.random.Generator = 0) -> tuple[str, ...]:
    """Axes drawn uniformly and independently.

    Args:
        n_qubits: n.
        layers: L.
        seed: Of NumPy's default generator, or a generator.

    Returns:
        L words of n letters X, Y and Z.

    Raises:
        InputError: No qubit, a negative number of layers, or a seed that is none.

    Example:
        >>> random_axes(3, 2, seed=1)
        ('YYZ', 'ZXX')
    """
    n, count = checks.whole("n_qubits", n_qubits, 1), checks.whole("layers", layers)
    if not isinstance(seed, np.random.Generator):
        seed = np.random.default_rng(checks.whole("seed", seed))
    draws = seed.integers(0, 3, (count, n))
    return tuple("".join("XYZ"[k] for k in row) for row in draws)


def haug(axes: Sequence[str], entangler: str = "cx") -> Circuit:
    """RY(pi/4) on every qubit, then layers of rotations and entanglers.

    Args:
        axes: L words of n letters.
        entangler: "cx" (control first), "cz" (the published CPHASE) or "sqrt_iswap".

    Returns:
        A circuit of P = n L parameters, layer by layer and qubit by qubit.

    Raises:
        CircuitError: No layers, words of different lengths, or letters other than X, Y and Z.
        UnknownNameError: An unknown entangler.

    Reference:
        Haug, Bharti, Kim, PRX Quantum 2, 040309 (2021), arXiv:2102.01659.

    Example:
        >>> haug(["XY", "ZZ"]).parameters
        ('t0', 't1', 't2', 't3')
    """
    words = _checked(axes)
    n, names = len(words[0]), _names()
    ops: list[Op] = _quarter_turns(n)
    for word in words:
        ops += _rotations(word, names)
        ops += _entangled(n, entangler)
    return _circuit(n, ops, len(words))


def gacon(axes: Sequence[str]) -> Circuit:
    """RY(pi/4) and rotations in every layer, with CZ between the layers.

    Args:
        axes: L words of n letters.

    Returns:
        A circuit of P = n L parameters, layer by layer and qubit by qubit.

    Raises:
        CircuitError: No layers, words of different lengths, or letters other than X, Y and Z.

    Reference:
        The circuit of the QN-SPSA demo of PennyLane and Amazon Braket after Gacon et al., Quantum
        5, 567 (2021), arXiv:2103.09232.
    """
    words = _checked(axes)
    n, names = len(words[0]), _names()
    ops: list[Op] = []
    for layer, word in enumerate(words):
        ops += _quarter_turns(n)
        ops += _rotations(word, names)
        if layer < len(words) - 1:
            ops += _entangled(n, "cz")
    return _circuit(n, ops, len(words))


def _checked(axes: Sequence[str]) -> list[str]:
    words = [axes] if isinstance(axes, str) else list(axes) if isinstance(axes, Iterable) else []
    if not words or not all(isinstance(word, str) and word for word in words):
        raise CircuitError(f"axes are words of X, Y and Z, one a layer, not {axes!r}")
    for word in words:
        if len(word) != len(words[0]) or set(word) - set("XYZ"):
            raise CircuitError(
                f"axes are words of {len(words[0])} letters X, Y and Z, one a qubit, not {word!r}"
            )
    return words


def _quarter_turns(n: int) -> list[Op]:
    return [Rotation(_axis("Y", q), as_angle(math.pi / 4)) for q in range(n)]


def _rotations(word: str, names: Iterator[Angle]) -> list[Op]:
    return [Rotation(_axis(letter, q), next(names)) for q, letter in enumerate(word)]


def _entangled(n: int, entangler: str) -> list[Op]:
    if entangler not in _ENTANGLERS:
        raise UnknownNameError("entangler", entangler, _ENTANGLERS)
    pairs = [(q, q + 1) for first in (0, 1) for q in range(first, n - 1, 2)]
    if entangler != "sqrt_iswap":
        return [Gate(entangler, pair) for pair in pairs]
    # exp(i pi/8 (XX + YY)), whose two factors commute.
    angle = as_angle(-math.pi / 4)
    return [
        Rotation(Pauli(mask, z), angle)
        for a, b in pairs
        for mask in [1 << a | 1 << b]
        for z in (0, mask)
    ]


_ENTANGLERS: Final = {"cx": None, "cz": None, "sqrt_iswap": None}


def _axis(letter: str, qubit: int) -> Pauli:
    mask = 1 << qubit
    return Pauli(mask if letter in "XY" else 0, mask if letter in "YZ" else 0)


def _names() -> Iterator[Angle]:
    k = 0
    while True:
        yield parameter(f"t{k}")
        k += 1


def _circuit(n: int, ops: Sequence[Op], layers: int) -> Circuit:
    return Circuit(n, ops, [f"t{k}" for k in range(n * layers)])
