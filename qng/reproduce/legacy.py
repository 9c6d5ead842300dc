"""The random numbers that published runs depend on, draw by draw.

Most repositories use NumPy's legacy global generator: `np.random.seed(s)` and then draws in an
order that only their code shows. Every such stream is here and nowhere else; each function says
what it reproduces and in which order it draws. Angles are in radians.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.random import RandomState

from qng.arrays import Array
from qng.circuit.ansatz import random_pauli
from qng.circuit.circuit import Circuit

Edges = tuple[tuple[int, int], ...]


def hydrogen_start() -> Array:
    """Start of the H2 run of PennyLane's VQE demo: seed 0, uniform(0, 2 pi), shape (12,)."""
    return RandomState(0).uniform(0, 2 * np.pi, 12)


def stokes(n_qubits: int, layers: int, seed: int) -> tuple[Circuit, Array]:
    """Circuit and start after Stokes et al. (arXiv:1909.02108) as we draw them.

    Axes from seed s, one choice of three a layer and a qubit; angles from seed s + 10,
    random() 2 pi. The published seeds are not known.

    Returns:
        The circuit, and its start of shape (n L,).
    """
    start = RandomState(seed + 10).random_sample(n_qubits * layers) * 2 * np.pi
    return random_pauli(n_qubits, layers, seed), start


def qbang(n_qubits: int = 8, layers: int = 4, seed: int = 0) -> tuple[Circuit, Array]:
    """Circuit and start of the qBang tutorial (arXiv:2304.13882).

    One stream: the axes, one choice of three a layer and a qubit, then uniform(-pi, pi).

    Returns:
        The circuit, and its start of shape (n L,).
    """
    stream = RandomState(seed)
    circuit = random_pauli(n_qubits, layers, stream)
    return circuit, stream.uniform(-np.pi, np.pi, n_qubits * layers)


def spin_glass(n_qubits: int = 8, seed: int = 12345) -> tuple[Array, Array]:
    """Couplings and start of the Sherrington-Kirkpatrick tutorial (arXiv:2409.01978).

    Couplings from default_rng(s), normal() / sqrt(n) in the order (0,1), (0,2), ...; the start
    from the legacy generator of the same seed, 0.1 random().

    Returns:
        Couplings of shape (n(n-1)/2,), and the start of shape (n(n-1)/2 + n,).
    """
    pairs = n_qubits * (n_qubits - 1) // 2
    couplings = np.random.default_rng(seed).normal(size=pairs) / math.sqrt(n_qubits)
    return couplings, 0.1 * RandomState(seed).random_sample(pairs + n_qubits)


VERTEX_COVER_4: Final[Edges] = ((0, 1), (0, 2), (1, 2), (2, 3))
"""The graph of figure mvc_4 of arXiv:2409.01978 in the order in which networkx lists its edges."""


def vertex_cover_starts(count: int = 200, layers: int = 4) -> Array:
    """Starts of figure mvc_4 of arXiv:2409.01978: seed 34093197, random(L) and random(L) each.

    Returns:
        Shape (count, 2 L): the angles of the cost first, then those of the mixer.
    """
    return RandomState(34093197).random_sample((count, 2 * layers))


CUT_OF_8: Final[Edges] = (
    (0, 2), (0, 3), (0, 4), (1, 3), (1, 5), (1, 7), (2, 5), (2, 6), (3, 6), (4, 6), (4, 7), (5, 7),
)  # fmt: skip
"""networkx's random_regular_graph(3, 8, seed=3), of the example of arXiv:2311.04135."""


def cut_of_8() -> tuple[Array, Array]:
    """Weights and start of the MaxCut example of arXiv:2311.04135.

    One stream of seed 3: uniform(0, 1) rounded to two decimals an edge of `CUT_OF_8`, then
    uniform(0, 2 pi).

    Returns:
        Weights of shape (12,), and the start of shape (64,).
    """
    stream = RandomState(3)
    weights = np.round(stream.uniform(0, 1, len(CUT_OF_8)), 2)
    return weights, stream.uniform(0, 2 * np.pi, 64)


CUT_OF_4: Final[Edges] = ((0, 1), (0, 3), (1, 2), (1, 3))
"""networkx's gnm_random_graph(4, 4, seed=121), of the QN-SPSA demo."""

CUT_OF_4_BRAKET: Final[Edges] = ((0, 1), (0, 2), (0, 3), (1, 2))
"""The same of seed 1, of the Braket notebook of QN-SPSA."""


def haug(n_qubits: int = 4, layers: int = 3, seed: int = 1) -> tuple[tuple[str, ...], Array]:
    """Axes and angles of the notebook of arXiv:2102.01659.

    One stream of default_rng(s): random() 2 pi, then integers 1 to 3 for X, Y and Z.

    Returns:
        L words of n letters for `qng.circuit.random_layers.haug`, and angles of shape (n L,).
    """
    stream = np.random.default_rng(seed)
    angles = stream.random((layers, n_qubits)) * 2 * np.pi
    draws = stream.integers(1, 4, (layers, n_qubits))
    return tuple("".join("XYZ"[k - 1] for k in row) for row in draws), angles.ravel()


def mari() -> Array:
    """Angles of the five-qubit example of arXiv:2008.06517: seed 2, random() 2 pi, shape (5,)."""
    return RandomState(2).random_sample(5) * 2 * np.pi


def classical_fisher() -> Array:
    """Parameters of PennyLane's docstring of `classical_fisher`: seed 25, random(), shape (2,)."""
    return RandomState(25).random_sample(2)


def wierichs(n_qubits: int, count: int = 10) -> Array:
    """Starts of the Ising ring after arXiv:2004.14666, as we draw them.

    default_rng(0).uniform(-0.05, 0.05), start by start. The bounds are those of the published
    code, the published draws are not known.

    Returns:
        Shape (count, n).
    """
    return np.random.default_rng(0).uniform(-0.05, 0.05, (count, n_qubits))
