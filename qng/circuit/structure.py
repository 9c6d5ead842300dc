r"""What the structure of a circuit fixes about its generators, at every angle.

In the state |chi> after rotation r, with W everything between r and a later rotation s,

    p_r = <P_r>,   c_rs = <W^\dagger P_s W P_r>,   QGT_rs = (c_rs^* - p_r p_s) / 4

so that g_rs = (Re c_rs - p_r p_s)/4 and F_rs = -Im c_rs / 2. P_s is walked back to r and on to
|0...0>: as a word while it stays one, then as an operator on the qubits that it can have reached.
What is found here needs no circuit, and an error of zero is true. All of it is of the state that
the operations prepare without noise; of a circuit that is run with noise only P_r^2 = 1 is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qng.arrays import Array, Flags
from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.heisenberg import Image, images, walked
from qng.circuit.pauli import Pauli


@dataclass(frozen=True, eq=False)
class Structure:
    """Known numbers; NaN where a circuit has to be run.

    Args:
        means: p_r, shape (R,).
        products: Re c_rs, shape (R, R); 1 on the diagonal.
        metric: g_rs, shape (R, R).
        commuting: Whether P_s, walked back to r, commutes with P_r as an operator; shape (R, R).
        flat: Whether Im c_rs = 0, so that the Berry curvature vanishes; shape (R, R).
        returns: Whether the way there and back again ends in |0...0>: |<psi|psi>|^2 = 1.
    """

    means: Array
    products: Array
    metric: Array
    commuting: Flags
    flat: Flags
    returns: bool = True


@derived
def structure(circuit: Circuit) -> Structure:
    """What the structure of a circuit fixes.

    Cost: for every pair of rotations up to one walk over the operations.
    """
    if circuit.noisy:
        return unknown(circuit.n_rotations, returns=False)
    ops, positions, rotations = circuit.ops, circuit.positions, circuit.rotations
    n = len(positions)
    walks = [_walk(ops[:k], rotation) for k, rotation in zip(positions, rotations)]
    means = np.array([walk.mean for walk in walks])
    products, metric = np.eye(n), np.diag(1 - means**2) / 4
    commuting, flat = np.eye(n, dtype=bool), np.eye(n, dtype=bool)
    for s in range(n):
        for r in range(s):
            found = _pair(ops, positions[r], rotations[r].pauli, walks[r], walks[s])
            for matrix, entry in zip((products, metric, commuting, flat), found):
                matrix[r, s] = matrix[s, r] = entry
    return Structure(means, products, metric, commuting, flat)


def unknown(n: int, returns: bool = True) -> Structure:
    """What is known of n rotations of which nothing is fixed.

    Args:
        n: R.
        returns: As in `Structure`; False where there is noise.
    """
    nothing, own = np.full((n, n), np.nan), np.eye(n, dtype=bool)
    products = np.where(own, 1.0, nothing)
    return Structure(np.full(n, np.nan), products, nothing, own, own, returns)


@dataclass(frozen=True)
class _Walk:
    """The generator of a rotation on its way back to |0...0>.

    Args:
        after: Its image after every operation before the rotation.
        start: Its image at |0...0>.
        real: Whether it is an imaginary word and all that it met is real: then the image is an
            imaginary antisymmetric matrix.
    """

    after: tuple[Image, ...]
    start: Image
    real: bool

    @property
    def mean(self) -> float:
        return 0.0 if self.real else _number(self.start.mean)


def _walk(before: Sequence[Op], rotation: Rotation) -> _Walk:
    *after, start = images(reversed(before), rotation.pauli)
    after.reverse()
    met = (op for op, image in zip(before, after) if op.support & image.region)
    return _Walk(tuple(after), start, _is_real(rotation) and all(map(_is_real, met)))


def _pair(
    ops: Sequence[Op], position: int, word: Pauli, early: _Walk, late: _Walk
) -> tuple[float, float, bool, bool]:
    """(Re c, g, commuting, flat) of a rotation, at a position about a word, and a later one."""
    image = late.after[position]
    p, q = early.mean, late.mean
    if image.word is None:
        commuting = image.region & word.support == 0
    else:
        commuting = image.word.commutes(word)
    flat = commuting or (early.real and late.real)
    if abs(p) == 1 or abs(q) == 1 or early.start.region & late.start.region == 0:
        # An eigenstate of one of the two, or a product state of both.
        return p * q, 0.0, commuting, True
    if image.word is None:
        product = np.nan
    elif not commuting:
        product = 0.0
    else:
        phase, both = image.word.times(word)
        mean = _number(walked(reversed(ops[:position]), both).mean)
        product = image.sign * phase.real * mean
    known = 0.0 if p == 0 or q == 0 else p * q
    return product, (product - known) / 4, commuting, flat


def _number(mean: int | None) -> float:
    return np.nan if mean is None else float(mean)


def _is_real(op: Op) -> bool:
    """Whether its matrix is real; exp(-i phi P/2) is where P has an odd number of Y."""
    if isinstance(op, Gate):
        return not op.array().imag.any()
    return (op.pauli.x & op.pauli.z).bit_count() % 2 == 1
