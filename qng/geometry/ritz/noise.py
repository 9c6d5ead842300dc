r"""The errors of the linear method's matrix, by those of E, s, K and g.

What is counted is E, s, K and g. M = 2 [K - (E - shift) g] moves with them, and with w, the lowest
eigenvalue of the pencil with the vector (c_0, c): with Z = K - omega g, omega = E - shift held, and
N = c_0^2 + c g c (of weighted circuits c_0^2 times the weight),

    dw = [c_0^2 dE + 2 c_0 c.ds + c dZ c] / N,
    v dM w = 2 [v dZ w - (v g w) dw].

With a shift that is given, omega moves with E alone: c_0 = 1 and c = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qng.arrays import Array


@dataclass(frozen=True, eq=False)
class Form:
    """m linear functions of E, s, K and g, f = e E + l.s + sum_j a_j v_j (k K - omega g) w_j.

    Args:
        energy: e, shape (m,).
        slopes: l, shape (P, m).
        pairs: Of every j (a, v, w), shapes (m,), (P, m) and (P, m).
        omega: A number.
        curvature: k, a number.
    """

    energy: Array
    slopes: Array
    pairs: tuple[tuple[Array, Array, Array], ...]
    omega: float
    curvature: float = 1.0

    def pulled(self, a: Array) -> Form:
        """The same functions of what A^T K A comes from."""
        pairs = tuple((x, a @ v, a @ w) for x, v, w in self.pairs)
        return Form(self.energy, a @ self.slopes, pairs, self.omega, self.curvature)

    @staticmethod
    def of_states(v: Array, w: Array) -> Form:
        """v g w of the columns."""
        m = v.shape[1]
        return Form(np.zeros(m), np.zeros_like(v), ((np.ones(m), v, w),), -1.0, 0.0)


class Source(Protocol):
    """Where the errors of E, s, K and g come from."""

    def variances(self, form: Form, /) -> Array:
        """Var(f) of each function, shape (m,), not negative."""


@dataclass(frozen=True, eq=False)
class PulledSource:
    """Of A^T s, A^T K A and A^T g A.

    Args:
        source: Of s, K and g.
        a: A, shape (P, Q).
    """

    source: Source
    a: Array

    def variances(self, form: Form) -> Array:
        """Those of what they come from."""
        return self.source.variances(form.pulled(self.a))


@dataclass(frozen=True, eq=False)
class SumSource:
    """Of a sum of independent parts, sum_k x_k E_k and so on.

    Args:
        parts: Of the parts.
        factors: x_k^2, shape (K,).
    """

    parts: tuple[Source, ...]
    factors: Array

    @staticmethod
    def of(parts: Sequence[Source | None], factors: Array) -> SumSource | None:
        """The sum; None where all parts are exact."""
        noisy = [(part, x) for part, x in zip(parts, factors) if part is not None]
        return (
            SumSource(tuple(p for p, _ in noisy), np.array([x for _, x in noisy]))
            if noisy
            else None
        )

    def variances(self, form: Form) -> Array:
        """The sum of the parts."""
        total = np.zeros_like(form.energy)
        for part, factor in zip(self.parts, self.factors):
            total += factor * part.variances(form)
        return total


@dataclass(frozen=True, eq=False)
class Moves:
    """Of independent sources, each of which moves E, s, K and g together.

    Args:
        energy: By how much, one standard error each, shape (k,).
        slopes: Likewise, shape (k, P).
        curvature: Shape (k, P, P).
        states: Shape (k, P, P).
    """

    energy: Array
    slopes: Array
    curvature: Array
    states: Array

    def variances(self, form: Form) -> Array:
        """The sum of the squares. Cost: k P^2 m."""
        moved = np.outer(self.energy, form.energy) + self.slopes @ form.slopes
        z = form.curvature * self.curvature - form.omega * self.states
        for x, v, w in form.pairs:
            moved = moved + x * np.sum(v * (z @ w), axis=1)
        return np.asarray(np.sum(moved**2, axis=0))


@dataclass(frozen=True, eq=False)
class RitzNoise:
    """The errors of M, by the equation above.

    Args:
        source: Of E, s, K and g.
        states: g, shape (P, P).
        vector: (c_0, c), shape (P + 1,).
        weight: Of c_0^2 in N.
        omega: E - shift.
    """

    source: Source
    states: Array
    vector: Array
    weight: float
    omega: float

    def of_lowest(self) -> float:
        """Var(w), where omega is w. Cost: that of the source."""
        first, c = float(self.vector[0]), self.vector[1:, None]
        by = np.array([1 / self._norm])
        form = Form(by * first**2, 2 * first * by * c, ((by, c, c),), self.omega)
        return float(self.source.variances(form)[0])

    @property
    def _norm(self) -> float:
        """N."""
        first, c = float(self.vector[0]), self.vector[1:]
        return self.weight * first**2 + float(c @ self.states @ c)

    def variances(self, v: Array, w: Array) -> Array:
        """Var(v^T M w). Cost: that of the source."""
        first, c = float(self.vector[0]), self.vector[1:]
        by = -np.sum(v * (self.states @ w), axis=0) / self._norm
        rows = np.repeat(c[:, None], v.shape[1], axis=1)
        pairs = ((np.ones_like(by), v, w), (by, rows, rows))
        form = Form(by * first**2, 2 * first * rows * by, pairs, self.omega)
        return 4 * self.source.variances(form)
