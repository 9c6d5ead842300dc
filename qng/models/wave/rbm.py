"""Restricted Boltzmann machines: psi(x) = exp(a . x) prod_j 2 cosh(b_j + sum_i W_ji x_i)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.models.wave.wave import Numbers, doubled, joined, named, paired


@dataclass(frozen=True)
class RBM:
    """ln psi(x) = a . x + sum_j ln 2 cosh(b_j + sum_i W_ji x_i), hidden spins summed out.

    theta ravels a (n,), b (hidden,) and W (hidden, n); where they are complex, all real parts come
    first and then all imaginary ones. With real parameters psi is positive, which is enough where
    H has no positive entries off its diagonal.

    Args:
        n_spins: n.
        hidden: The number of hidden spins; by default n (alpha = 1).
        is_complex: Whether the parameters are complex numbers, as pairs.

    Raises:
        InputError: No spins.

    Reference:
        Carleo, Troyer, Science 355, 602 (2017), arXiv:1606.02318.

    Example:
        >>> len(RBM(4, 2).parameters)
        14
    """

    n_spins: int
    hidden: int | None = None
    is_complex: bool = False

    def __post_init__(self) -> None:
        checks.whole("n_spins", self.n_spins, 1)
        if self.hidden is not None:
            checks.whole("hidden", self.hidden, 1)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names a0, ..., b0, ..., W0_0, ...; "Re a0" and so on where they are complex."""
        names = [named(letter, *shape) for letter, shape in zip("abW", self._shapes)]
        return doubled(tuple(name for some in names for name in some), self.is_complex)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """a, b, W; twice where they are complex."""
        return self._shapes * (2 if self.is_complex else 1)

    def log_psi(self, theta: Array, x: Array) -> Numbers:
        """ln psi, shape (N,). Cost: N hidden n multiplications."""
        a, b, w = self._parts(theta)
        found: Numbers = x @ a + log_2cosh(x @ w.T + b).sum(axis=1)
        return found

    def log_derivatives(self, theta: Array, x: Array) -> Numbers:
        """x_i, tanh_j and tanh_j x_i, shape (N, P)."""
        _, b, w = self._parts(theta)
        t = np.tanh(x @ w.T + b)
        of_w = (t[:, :, None] * x[:, None, :]).reshape(len(x), -1)
        return paired(np.concatenate([x.astype(t.dtype), t, of_w], axis=1), self.is_complex)

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        n = self.n_spins
        m = n if self.hidden is None else self.hidden
        return ((n,), (m,), (m, n))

    def _parts(self, theta: Array) -> tuple[Numbers, Numbers, Numbers]:
        values = joined(theta, self.is_complex)
        (n,), (m,), shape = self._shapes
        return values[:n], values[n : n + m], values[n + m :].reshape(shape)


def log_2cosh(z: Numbers) -> Numbers:
    """ln(2 cosh z), without overflow."""
    right = np.where(z.real < 0, -z, z)
    return np.asarray(right + np.log1p(np.exp(-2 * right)))
