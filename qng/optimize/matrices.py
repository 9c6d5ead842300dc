"""Metrics from gradients as matrices: Shampoo's, and Muon's.

theta ravels arrays (`Objective.arrays`), a circuit's as layers x qubits; G is the gradient of one
of them. An array of more than two dimensions has all but the first taken together, in Muon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qng import checks
from qng.arrays import Array, Memory
from qng.geometry import Kronecker, Metric
from qng.geometry.shapes import Shapes, as_matrix, fitting
from qng.optimize.method import State

# Of Muon's quintic a x + b x^3 + c x^5; they bring every singular value near 1 in few iterations,
# and none to 1 exactly.
_QUINTIC: Final = (3.4445, -4.7750, 2.0315)


@dataclass(frozen=True)
class Shampoo:
    """M = L^(1/4) (x) R^(1/4), L += G G^T, R += G^T G, both eps at first.

    For an array of k dimensions a factor each, H_i^(1/(2k)), H_i the sum of the products of G with
    itself over all other dimensions; a vector has AdaGrad's diagonal, (sum g^2 + eps)^(1/2).

    Args:
        eps: L and R of no gradient, units of the gradient squared.
        arrays: Of theta; None: those of the objective.

    Reference: Gupta, Koren and Singer, arXiv:1802.09568.
    """

    eps: float = 1e-8
    arrays: Shapes | None = None

    def __post_init__(self) -> None:
        checks.positive("eps", self.eps)

    def on(self, arrays: Shapes) -> Shampoo:
        """With the arrays of an objective, where none were given."""
        return replace(self, arrays=_chosen(self.arrays, arrays))

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The product of the roots of the sums."""
        sums, factors = {}, []
        for k, array in enumerate(_split(gradient, self.arrays)):
            own = []
            for axis, square in enumerate(_squares(array)):
                name = f"{k}.{axis}"
                sums[name] = memory.get(name, np.zeros_like(square)) + square
                own.append(_root(sums[name], self.eps, 1 / (2 * array.ndim)))
            factors.append(own)
        return Kronecker(factors), sums


@dataclass(frozen=True)
class Orthogonalised:
    """M = (V V^T)^(1/2), V the momentum as a matrix: M d = V makes d = U W^T of V = U S W^T.

    Where V has more rows than columns the same d comes from (V^T V)^(1/2) on the other side. A
    vector is a matrix with one column, and d has length 1.

    With iterations of Newton-Schulz, x -> a x + b x^3 + c x^5 on the singular values x of V/|V|_F,
    d = U f(S) W^T: M is the same with the eigenvalues S/f(S).

    Args:
        rho: Of the momentum, in [0, 1): V = rho V + G, as `signal.Momentum`.
        ahead: Whether M is of G + rho V instead, as `signal.Ahead`.
        iterations: Of Newton-Schulz, as published five; 0: the exact root.
        widened: Whether d is longer by sqrt(rows/columns) where a matrix has more rows: published
            for weights (out, in).
        arrays: Of theta; None: those of the objective.

    Reference: Jordan et al., Muon, kellerjordan.github.io/posts/muon (2024).
    """

    rho: float = 0.95
    ahead: bool = True
    iterations: int = 5
    widened: bool = False
    arrays: Shapes | None = None

    def __post_init__(self) -> None:
        checks.fraction("rho", self.rho)
        checks.whole("iterations", self.iterations)

    def on(self, arrays: Shapes) -> Orthogonalised:
        """With the arrays of an objective, where none were given."""
        return replace(self, arrays=_chosen(self.arrays, arrays))

    def wants(self, state: State) -> None:
        """Nothing is measured."""

    def __call__(
        self,
        measured: Metric | None,
        current: Metric | None,
        gradient: Array,
        memory: Memory,
        step: int,
    ) -> tuple[Metric, Memory]:
        """The root for every array."""
        m = self.rho * memory.get("m", np.zeros_like(gradient)) + gradient
        v = gradient + self.rho * m if self.ahead else m
        arrays = _split(v, self.arrays)
        return Kronecker([self._factors(array) for array in arrays]), {"m": m}

    def _factors(self, array: Array) -> tuple[Array, Array]:
        """(V V^T)^(1/2) (x) 1, or 1 (x) (V^T V)^(1/2)."""
        rows, columns = as_matrix(array.shape)
        u, s, wt = np.linalg.svd(array.reshape(rows, columns), full_matrices=False)
        values = newton_schulz(s, self.iterations) if self.iterations else s
        if self.widened and array.ndim > 1:
            values = values / math.sqrt(max(1.0, rows / columns))
        if rows > columns:
            return np.ones(rows), (wt.T * values) @ wt
        return (u * values) @ u.T, np.ones(columns)


def newton_schulz(s: Array, iterations: int) -> Array:
    """S/f(S): by what d = U f(S) W^T is divided to be V = U S W^T; the limit where S is zero.

    Args:
        s: The singular values S of V.
        iterations: How often x -> a x + b x^3 + c x^5, from x = S/|V|_F.
    """
    size = float(np.linalg.norm(s))
    x, gain = s / size if size else s, np.ones_like(s)
    for _ in range(iterations):
        a, b, c = _QUINTIC
        factor = a + b * x**2 + c * x**4
        x, gain = x * factor, gain * factor
    return np.asarray(size / gain)


def _chosen(own: Shapes | None, arrays: Shapes) -> Shapes:
    """The arrays of one's own, where they have as many parameters as those of the objective."""
    if own is None:
        return arrays
    return fitting(own, sum(map(math.prod, arrays)))


def _split(v: Array, arrays: Shapes | None) -> list[Array]:
    """The arrays that v ravels; v itself where nobody has said."""
    shapes = ((len(v),),) if arrays is None else fitting(arrays, len(v))
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    return [piece.reshape(shape) for piece, shape in zip(np.split(v, ends), shapes)]


def _squares(array: Array) -> list[Array]:
    """The products of an array with itself, one for every dimension; of a vector the squares."""
    if array.ndim == 1:
        return [array**2]
    flat = [np.moveaxis(array, k, 0).reshape(n, -1) for k, n in enumerate(array.shape)]
    return [g @ g.T for g in flat]


def _root(total: Array, eps: float, power: float) -> Array:
    """(H + eps)^power."""
    if total.ndim == 1:
        return np.asarray((total + eps) ** power)
    w, v = np.linalg.eigh(total)
    return np.asarray((v * (np.maximum(w, 0.0) + eps) ** power) @ v.T)
