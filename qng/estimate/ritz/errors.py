r"""The errors of E, s, K and g from Hadamard tests, for any linear function of them.

For f = e E + l.s + sum_j a_j x_j^T (k K - omega g) y_j in the angles (`geometry.ritz.noise`), with

    g = G - b b^T,    K = k - b h^T - h b^T + E b b^T,

and p_rs = sum_j a_j (x_r y_s + x_s y_r) the slopes are

    d f / d k_rs = k p_rs,                  d f / d G_rs = -omega p_rs          (r < s)
    d f / d k_rr = k p_rr / 2,              d f / d s_r  = l_r
    d f / d h_r  = -k sum_j a_j [x_r (b.y) + y_r (b.x)],
    d f / d b_r  = sum_j a_j (-k [x_r (h.y) + y_r (h.x)] + (k E + omega) [x_r (b.y) + y_r (b.x)]),
    d f / d E    = e + k sum_j a_j (b.x) (b.y).

Circuits have independent errors; G_rs and k_rs are of the same ones, and so are b_r and h_r. What
products of b and h add in second order is that of `parts.products`. A constant c of H is c g in K,
so that it is taken off omega.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.estimate.parts.products import second_order
from qng.geometry.ritz.noise import Form

# Numbers that are held at once.
_MOST: Final = 2**21


@dataclass(frozen=True, eq=False)
class Products:
    """Re <s|r> and Re <s|H|r> of pairs r < s, and on the diagonal of psi and r.

    Args:
        values: Shape (2, R, R).
        covariances: Of the two, with the prior; shape (2, 2, R, R).
        unbiased: The same without the prior.
    """

    values: Array
    covariances: Array
    unbiased: Array


@dataclass(frozen=True, eq=False)
class TangentNoise:
    """The equations above.

    Args:
        rows: A, shape (R, P).
        b: Shape (R,).
        h: Shape (R,).
        energy: E, of H without its constant; so are k and h.
        constant: That constant.
        centre: Its variance.
        flipped: Variances of k_rr, shape (R,).
        slopes: Variances of s_r, shape (R,).
        pairs: Covariances of G_rs and k_rs, r < s, zero elsewhere; shape (2, 2, R, R).
        singles: Covariances of b_r and h_r, shape (2, 2, R).
    """

    rows: Array
    b: Array
    h: Array
    energy: float
    constant: float
    centre: float
    flipped: Array
    slopes: Array
    pairs: Array
    singles: Array

    @staticmethod
    def of(
        variances: tuple[float, Array, Array, Array],
        products: Products,
        rows: Array,
        means: tuple[Array, Array],
        energy: float,
        constant: float,
    ) -> TangentNoise:
        """From the variances of the energies and what the ancilla has shown."""
        centre, flipped, plus, minus = variances
        return TangentNoise(
            rows,
            *means,
            energy,
            constant,
            centre,
            flipped / 16,
            (plus + minus) / 16,
            np.triu(products.covariances, 1) / 16,
            np.diagonal(products.covariances, axis1=-2, axis2=-1) / 4,
        )

    def variances(self, form: Form) -> Array:
        """Var(f). Cost: R^2 m."""
        inner, m = form.pulled(self.rows), len(form.energy)
        at_once = max(_MOST // max(len(self.rows) ** 2, 1), 1)
        parts = [self._of(_part(inner, slice(k, k + at_once))) for k in range(0, m, at_once)]
        return np.concatenate([np.zeros(0), *parts])

    def _of(self, form: Form) -> Array:
        k, b, h = form.curvature, self.b, self.h
        omega = form.omega - k * self.constant
        both = k * self.energy + omega
        p = np.zeros((len(self.rows), len(self.rows), len(form.energy)))
        of_b, of_h = np.zeros((2, len(self.rows), len(form.energy)))
        of_energy, second = form.energy.copy(), np.zeros(len(form.energy))
        for a, x, y in form.pairs:
            p += a * (x[:, None] * y + y[:, None] * x)
            along = x * (b @ y) + y * (b @ x)
            of_h -= k * a * along
            of_b += a * (both * along - k * (x * (h @ y) + y * (h @ x)))
            of_energy += k * a * (b @ x) * (b @ y)
            second += a**2 * self._second(x, y, k, both)
        (gg, gk), (_, kk) = self.pairs
        entries = k**2 * kk - 2 * k * omega * gk + omega**2 * gg
        (of_bb, of_bh), (_, of_hh) = self.singles
        own = np.einsum("rrm->rm", p) * k / 2
        total = np.einsum("rsm,rs->m", p**2, entries) + self.flipped @ own**2
        total += self.slopes @ form.slopes**2 + self.centre * of_energy**2
        total += of_bb @ of_b**2 + 2 * (of_bh @ (of_b * of_h)) + of_hh @ of_h**2
        return np.asarray(np.maximum(total, 0.0) + second)

    def _second(self, x: Array, y: Array, k: float, both: float) -> Array:
        """Of the products of the errors of b and h in one term."""
        (bb, _), (_, hh) = self.singles
        of_b = bb @ x**2, bb @ y**2, bb @ (x * y)
        of_h = hh @ x**2, hh @ y**2, hh @ (x * y)
        crossed = second_order(of_b[0], of_h[1]) + second_order(of_h[0], of_b[1])
        crossed += 2 * second_order(of_b[2], of_h[2])
        squares = second_order(of_b[0], of_b[1], of_b[2])
        return np.asarray(np.maximum(k**2 * crossed + both**2 * squares, 0.0))


def _part(form: Form, now: slice) -> Form:
    """Some of the functions."""
    pairs = tuple((a[now], v[:, now], w[:, now]) for a, v, w in form.pairs)
    return Form(form.energy[now], form.slopes[:, now], pairs, form.omega, form.curvature)
