"""What drives a wave function in time, from its log-derivatives and local energies.

With the centred columns X and eps of a `Cloud`, <d_i psi|(H - E)|psi> = (X^dagger eps)_i and the
quantum geometric tensor is X^dagger X; see `qng.estimate.evolution` for circuits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.models.wave.cloud import Cloud
from qng.models.wave.wave import Numbers


@dataclass(frozen=True, eq=False)
class WaveForce:
    """(H - E) psi at a point, seen from the derivatives of psi.

    Args:
        cloud: All configurations at the point.
    """

    cloud: Cloud

    @property
    def energy(self) -> float:
        """E."""
        return self.cloud.energy.value

    @property
    def variance(self) -> float:
        """<H^2> - <H>^2."""
        return float(self.cloud.energy.variance or 0.0)

    def along(self) -> Array:
        """Re <d_i psi|(H - E)|psi> = grad_i E / 2, shape (P,)."""
        return np.real(self._force())

    def across(self) -> Array:
        """Im <d_i psi|(H - E)|psi>, shape (P,)."""
        return np.imag(self._force())

    def curvature(self) -> Array:
        """F = 2 Im X^dagger X, shape (P, P)."""
        x = self.cloud.centred
        return np.asarray(2 * np.imag(x.conj().T @ x))

    def distance(self, velocity: ArrayLike, real: bool) -> float:
        """McLachlan's |sum_i theta'_i d_i psi + c (H - E) psi|, c = i in real time, else 1."""
        moved = self.cloud.centred @ np.asarray(velocity, dtype=float)
        within = moved + (1j if real else 1) * self.cloud.deviations
        return float(np.hypot(np.linalg.norm(within), np.sqrt(self.cloud.beyond)))

    def _force(self) -> Numbers:
        return np.asarray(self.cloud.centred.conj().T @ self.cloud.deviations)
