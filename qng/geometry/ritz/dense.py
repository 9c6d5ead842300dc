r"""H on a state and its tangent space, as a metric: linear method and projected inverse iteration.

With derivative states orthogonal to psi, |d_i> = (1 - |psi><psi|) |d_i psi>,

    E = <psi|H|psi>,   s_i = Re <d_i|H|psi> = d_i E / 2,
    K_ij = Re <d_i|H|d_j>,   g_ij = Re <d_i|d_j>,

the state psi + sum_i x_i d_i with real x has the energy (E + 2 s.x + x K x) / (1 + x g x), whose
least value w and place x are the lowest eigenvector (c_0, c) of

    [ E  s ] ( c_0 )       [ 1  0 ] ( c_0 )
    [ s  K ] (  c  )  =  w [ 0  g ] (  c  ),      x = c / c_0,    (K - w g) x = -s.

Inverse iteration, (H - E + 1/eps)^-1 psi, with its equation projected on the same space, is
(K - E g + g/eps) x = -s. Both are M x = -grad with

    M = 2 [K - (E - shift) g],      shift = E - w,  or  1/eps,

so that the linear method is inverse iteration at 1/eps = E - w, the least shift at which M is
positive semidefinite whatever the point: the matrix of the eigenproblem less w is, and K - w g is
a part of it. With eps -> 0, M is 2 g/eps: natural gradient with the rate eps/2.
2 (K - E g) is the Hessian of the energy without the second derivatives of psi.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, all_finite
from qng.geometry.eigen import Eigen, Whole, diagonalised
from qng.geometry.metric import Dense, congruent, root, variance_in, whole
from qng.geometry.noise import Noise, entry_errors
from qng.geometry.ritz.noise import Form, Moves, PulledSource, RitzNoise, Source, SumSource
from qng.geometry.shown import Shown

RANGE: Final = 1e-10
"""Eigenvalues of g below this fraction of the largest are no directions of the tangent space."""

KNOWN: Final = 3.0
"""Standard errors by which an eigenvalue of g must be above zero for its direction to be one."""


class Lowest(NamedTuple):
    """The lowest energy on the tangent space.

    Args:
        value: w.
        vector: (c_0, c), shape (P + 1,), of norm 1; empty where nothing has errors to carry to it.
    """

    value: float
    vector: Array


@dataclass(frozen=True, eq=False, repr=False)
class Ritz(Shown):
    """M = 2 [K - (E - shift) g] of the Hamiltonian on a tangent space.

    Lengths are those of g, angles between states: M measures energies, and a step of 0.1 is one of
    0.1 radians for every Hamiltonian.

    Args:
        energy: E; of weighted circuits the sum of theirs.
        slopes: s, half of the gradient, shape (P,).
        curvature: K, shape (P, P).
        states: g, shape (P, P).
        eps: 1/shift, in 1/E, infinity for no shift; None: the shift E - w of the linear method.
        weight: The sum of the weights of the circuits, which E and g have in them; 1 of one.
        bound: What no energy is below, so that w is not either.
        source: Where the errors of E, s, K and g come from; None where they are exact.

    Example:
        >>> import qng
        >>> M = qng.metric("one-qubit", [0.3, 0.8], "linear-method")
        >>> bool(M.spectrum().min() > -1e-12), M.lowest <= M.energy
        (True, True)
    """

    energy: float
    slopes: Array
    curvature: Array
    states: Array
    eps: float | None = None
    weight: float = 1.0
    bound: float = -math.inf
    source: Source | None = None

    has_matrix: ClassVar[bool] = True
    is_diagonal: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """P."""
        return len(self.slopes)

    @property
    def mean(self) -> float:
        """E of a normalised state."""
        return self.energy / self.weight

    @property
    def shift(self) -> float:
        """E - w of the linear method, or 1/eps; in the units of the energy."""
        return self.mean - self.lowest if self.eps is None else 1 / self.eps

    @property
    def scale(self) -> float:
        """The size of what M is the difference of, 2 K and 2 E g."""
        k, g = (float(np.abs(np.diag(a)).max(initial=0.0)) for a in (self.curvature, self.states))
        return 2 * (k + abs(self.mean) * g)

    @property
    def lowest(self) -> float:
        """w, the lowest energy on the state and its tangent space. Cost: P^3."""
        return self._found.value

    @property
    def lowest_error(self) -> float | None:
        """The standard error of w; None where it is exact."""
        if self.source is None:
            return None
        noise = RitzNoise(self.source, self.states, self._found.vector, self.weight, self.lowest)
        return math.sqrt(noise.of_lowest())

    @cached_property
    def _found(self) -> Lowest:
        of_g, axes = diagonalised(self.states)
        seen = of_g > RANGE * of_g.max(initial=0.0)
        if self.source is not None:
            errors = np.sqrt(self.source.variances(Form.of_states(axes, axes)))
            seen &= of_g > KNOWN * errors
        axes, root = axes[:, seen] / np.sqrt(of_g[seen]), math.sqrt(self.weight)
        matrix = np.empty((1 + axes.shape[1],) * 2)
        matrix[0, 0] = self.mean
        matrix[0, 1:] = matrix[1:, 0] = axes.T @ self.slopes / root
        matrix[1:, 1:] = congruent(axes, self.curvature)
        if self.source is None:
            value = float(np.linalg.eigvalsh(matrix)[0])
            return Lowest(max(min(value, self.mean), self.bound), np.zeros(0))
        w, vectors = np.linalg.eigh(matrix)
        vectors = np.concatenate([vectors[:1] / root, axes @ vectors[1:]])
        value = float(w[0]) + self._bias(w, vectors)
        return Lowest(max(min(value, self.mean), self.bound), vectors[:, 0])

    def _bias(self, w: Array, vectors: Array) -> float:
        """By how much noise lowers the lowest eigenvalue, to second order.

        It mixes the lowest state with state k by x_k of variance V_k, which lowers w_0 as in a
        system of two levels, by [sqrt(gap^2 + 4 V_k) - gap]/2: by V_k/gap where that is small.
        """
        if self.source is None:
            return 0.0
        first, others = vectors[:, :1], vectors[:, 1:]
        rows = np.repeat(first[1:], others.shape[1], axis=1)
        form = Form(
            first[0] * others[0],
            others[0] * rows + first[0] * others[1:],
            ((np.ones(others.shape[1]), others[1:], rows),),
            float(w[0]),
        )
        gaps = w[1:] - w[0]
        lower = (np.sqrt(gaps**2 + 4 * self.source.variances(form)) - gaps) / 2
        return float(lower.sum())

    @cached_property
    def matrix(self) -> Array:
        """M, shape (P, P)."""
        return np.asarray(2 * (self.curvature - (self.mean - self.shift) * self.states))

    @cached_property
    def std_error(self) -> Array | None:
        """Standard errors of the entries of M, shape (P, P); None where it is exact."""
        return None if self.noise is None else entry_errors(self.noise, self.size)

    @cached_property
    def noise(self) -> Noise | None:
        """Where the errors of M come from; None where it is exact."""
        if self.source is None:
            return None
        vector = self._found.vector if self.eps is None else np.eye(1, self.size + 1)[0]
        omega = self.mean - self.shift
        return RitzNoise(self.source, self.states, vector, self.weight, omega)

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return whole(self.size)

    def shifted(self, shift: float) -> Ritz:
        """The same with another shift, in the units of the energy."""
        moved = replace(self, eps=1 / shift if shift else math.inf)
        vars(moved).update({k: v for k, v in vars(self).items() if k == "_found"})
        return moved

    def matvec(self, v: ArrayLike) -> Array:
        """M v."""
        product: Array = self.matrix.dot(np.asarray(v, dtype=float))
        return product

    def pullback(self, a: ArrayLike) -> Ritz:
        """A^T M A: that of the same energies in the coordinates that A maps from."""
        jacobian = np.asarray(a, dtype=float)
        return replace(
            self,
            slopes=jacobian.T @ self.slopes,
            curvature=congruent(jacobian, self.curvature),
            states=congruent(jacobian, self.states),
            source=None if self.source is None else PulledSource(self.source, jacobian),
        )

    def dense(self) -> Array:
        """The matrix."""
        return self.matrix

    def diagonal(self) -> Array:
        """Its diagonal."""
        return np.diag(self.matrix)

    def spectrum(self) -> Array:
        """Its eigenvalues."""
        return np.asarray(np.linalg.eigvalsh(self.matrix), dtype=float)

    def eigen(self) -> Eigen:
        """Its eigenvectors, decomposed as a whole."""
        return Whole.of(self.matrix)

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix, and no energies."""
        return Dense(matrix, std_error, self.blocks, noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """The variance of v^T M w."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T g v), the angle between the states in radians; measured as `Metric.length`."""
        vector = np.asarray(v, dtype=float)
        square, column = float(vector @ self.states @ vector), vector[:, None]
        if self.source is None:
            return root(square)
        return root(square, self.source.variances(Form.of_states(column, column))[0])

    def is_finite(self) -> bool:
        """Whether all that it is made of is."""
        parts = (np.array(self.energy), self.slopes, self.curvature, self.states)
        return all(map(all_finite, parts))

    @staticmethod
    def summed(weights: ArrayLike, parts: Sequence[Ritz]) -> Ritz:
        """That of weighted circuits, sum_k w_k E_k, as one state with a register for k.

        x moves all of them: psi_k + sum_i x_i d_i psi_k has the energy of the sums.

        Args:
            weights: Positive, one a part.
            parts: Of the same parameters and eps, with independent errors.
        """
        w = np.asarray(weights, dtype=float)

        def total(name: str) -> Array:
            return np.asarray(np.tensordot(w, [getattr(part, name) for part in parts], 1))

        return replace(
            parts[0],
            energy=float(total("energy")),
            slopes=total("slopes"),
            curvature=total("curvature"),
            states=total("states"),
            weight=float(total("weight")),
            bound=max(part.bound for part in parts),
            source=SumSource.of([part.source for part in parts], w**2),
        )

    def widened(self, pairs: Sequence[tuple[Ritz, Ritz]]) -> Ritz:
        """With the errors of further sources, and without what these add (`plan.calibrated`)."""
        parts = ("energy", "slopes", "curvature", "states")
        changes, moves = {}, []
        for name in parts:
            ups, downs = (np.array([getattr(one, name) for one in each]) for each in zip(*pairs))
            bend = np.sum(ups + downs - 2 * getattr(self, name), axis=0) / 2
            changes[name] = getattr(self, name) - bend
            moves.append(np.concatenate([(ups - downs) / 2, math.sqrt(2) * bend[None]]))
        energy = float(changes.pop("energy"))
        own = [] if self.source is None else [self.source]
        source = SumSource((*own, Moves(*moves)), np.ones(len(own) + 1))
        return replace(self, energy=energy, source=source, **changes)
