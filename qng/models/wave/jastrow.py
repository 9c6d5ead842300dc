"""Jastrow wave functions: ln psi(x) = sum J_ij x_i x_j, of pairs of spins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError
from qng.models.wave.wave import Numbers, doubled, joined, named, paired


@dataclass(frozen=True)
class Jastrow:
    """ln psi(x) = sum_d J_d sum_i x_i x_{i+d} on a ring, or sum_{i<j} J_ij x_i x_j.

    Args:
        n_spins: n, at least 2.
        distances: The d of the ring, each from 1 to n/2. None: every pair has its own J_ij, in the
            order (0,1), (0,2), ...
        is_complex: Whether the parameters are complex numbers, as pairs: all real parts first.

    Raises:
        InputError: Fewer than two spins, or distances that are none.

    Reference:
        Jastrow, Phys. Rev. 98, 1479 (1955). NetKet's tutorial of the Ising model has distances
        (1, 2).

    Example:
        >>> len(Jastrow(4).parameters)
        6
    """

    n_spins: int
    distances: tuple[int, ...] | None = None
    is_complex: bool = False

    def __post_init__(self) -> None:
        n = checks.whole("n_spins", self.n_spins, 2)
        if self.distances is None:
            return
        object.__setattr__(self, "distances", tuple(self.distances))
        for d in self.distances:
            checks.whole("a distance", d, 1)
        if not self.distances or len(set(self.distances)) < len(self.distances):
            raise InputError(f"distances are different numbers, not {self.distances}")
        if max(self.distances) > n // 2:
            raise InputError(f"spins of a ring of {n} are at most {n // 2} apart: {self.distances}")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names J1, J2, ... by distance, or J0_1, J0_2, ... by pair."""
        if self.distances is not None:
            return doubled(tuple(f"J{d}" for d in self.distances), self.is_complex)
        pairs = [f"J{i}_{j}" for i, j in zip(*self._all)]
        return doubled(tuple(pairs), self.is_complex)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """One, or two where the parameters are complex."""
        n = self.n_spins
        size = n * (n - 1) // 2 if self.distances is None else len(self.distances)
        return ((size,),) * (2 if self.is_complex else 1)

    def log_psi(self, theta: Array, x: Array) -> Numbers:
        """ln psi, shape (N,)."""
        found: Numbers = self._features(x) @ joined(theta, self.is_complex)
        return found

    def log_derivatives(self, theta: Array, x: Array) -> Numbers:
        """Products of spins, shape (N, P)."""
        return paired(self._features(x), self.is_complex)

    @cached_property
    def _all(self) -> tuple[list[int], list[int]]:
        first, second = np.triu_indices(self.n_spins, 1)
        return first.tolist(), second.tolist()

    def _features(self, x: Array) -> Array:
        if self.distances is None:
            first, second = self._all
            return np.asarray(x[:, first] * x[:, second])
        # Opposite spins of an even ring are one pair, not two.
        half = [0.5 if 2 * d == self.n_spins else 1.0 for d in self.distances]
        sums = [np.sum(x * np.roll(x, -d, axis=1), axis=1) for d in self.distances]
        return np.asarray(np.stack(sums, axis=1) * half)


@dataclass(frozen=True)
class MeanField:
    """A product of spins that know nothing of each other: ln psi(x) = sum_i a_i x_i.

    Args:
        n_spins: n.
        shared: Whether all spins have one a.
        is_complex: Whether the parameters are complex numbers, as pairs: all real parts first.

    Raises:
        InputError: No spins.

    Reference:
        NetKet's tutorial of the Ising model has one parameter lambda = 4 a.

    Example:
        >>> len(MeanField(4).parameters)
        4
    """

    n_spins: int
    shared: bool = False
    is_complex: bool = False

    def __post_init__(self) -> None:
        checks.whole("n_spins", self.n_spins, 1)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names a0, a1, ..., or a."""
        return doubled(("a",) if self.shared else named("a", self.n_spins), self.is_complex)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """One, or two where the parameters are complex."""
        return ((1 if self.shared else self.n_spins,),) * (2 if self.is_complex else 1)

    def log_psi(self, theta: Array, x: Array) -> Numbers:
        """ln psi, shape (N,)."""
        found: Numbers = self._features(x) @ joined(theta, self.is_complex)
        return found

    def log_derivatives(self, theta: Array, x: Array) -> Numbers:
        """The spins, or their sum; shape (N, P)."""
        return paired(self._features(x), self.is_complex)

    def _features(self, x: Array) -> Array:
        return x.sum(axis=1, keepdims=True) if self.shared else x
