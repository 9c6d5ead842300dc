"""The energy of a wave function as a loss: stochastic reconfiguration is its natural gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, shown
from qng.geometry import Blocks, Diagonal, LowRank, Metric
from qng.models.loss import metric_by
from qng.models.wave.cloud import Cloud, rows, sampled, summed
from qng.models.wave.connected import connected
from qng.models.wave.covariance import covariance
from qng.models.wave.sampler import ExactSum, Sampler
from qng.models.wave.spins import check_conserved, configurations, indices, spins_down
from qng.models.wave.wave import Numbers, Wave, log_probabilities
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.seeds import Key, of_point

CHEAP: Final = 12
"""Spins up to which the exact energy of a sampled point is computed beside it."""


@dataclass(frozen=True)
class Variational:
    """<psi_theta|H|psi_theta> / <psi_theta|psi_theta>.

    Its Fubini-Study metric is g = Re S with S the covariance of the log-derivatives, so that `qng`
    is stochastic reconfiguration: (g + damping) dtheta = -lr grad E, where grad E = 2 Re F. A rate
    of lr here is one of 2 lr where the force F is the signal.

    Metrics: "auto" and "exact", in the smaller one of the spaces of parameters and samples; "sr"
    always in that of the parameters, where it has errors if it is sampled; "minsr" in that of
    samples, whose errors are not computed;
    "diagonal", "blocks" (inside each array of the wave function); "fisher", the classical Fisher
    matrix of |psi|^2, 4 Cov(Re O), and "fisher-diagonal".

    Args:
        wave: psi.
        hamiltonian: H.
        sampler: `ExactSum()` (None), `Metropolis()`, or one of one's own.

    Raises:
        InputError: What is no wave function, no Hermitian sum, more spins in H than in psi, or a
            magnetisation that H changes.

    Reference:
        Sorella, Phys. Rev. Lett. 80, 4558 (1998); Chen, Heyl, arXiv:2302.01941 (minSR).

    Example:
        >>> from qng import hamiltonians, models
        >>> loss = Variational(models.MeanField(3), hamiltonians.tfim(3, 1.0))
        >>> loss.parameters
        ('a0', 'a1', 'a2')
    """

    wave: Wave
    hamiltonian: PauliSum
    sampler: Sampler | ExactSum | None = None

    def __post_init__(self) -> None:
        for part in ("n_spins", "parameters", "arrays", "log_psi", "log_derivatives"):
            if not hasattr(self.wave, part):
                raise InputError(
                    f"a wave function has {part}, and {shown(self.wave)} has not: take "
                    "qng.models.RBM(n), or make one with qng.models.WaveFunction(log_psi, n, size)"
                )
        given: Any = self.hamiltonian
        if not isinstance(given, PauliSum):
            object.__setattr__(self, "hamiltonian", PauliSum(given))
        sampler = ExactSum() if self.sampler is None else self.sampler
        if not isinstance(sampler, ExactSum) and not hasattr(sampler, "draw"):
            raise InputError(
                "a sampler is qng.models.ExactSum(), Metropolis() or has draw(wave, theta, key), "
                f"and {shown(sampler)} is none"
            )
        object.__setattr__(self, "sampler", sampler)
        n = self.wave.n_spins
        connected(self.hamiltonian, n)
        if isinstance(sampler, ExactSum):
            indices(n, sampler.magnetisation)
        if self.magnetisation is not None:
            spins_down(n, self.magnetisation)
            check_conserved(self.hamiltonian, n)

    @property
    def magnetisation(self) -> int | None:
        """sum Z of all configurations; None: any."""
        found: int | None = getattr(self.sampler, "magnetisation", None)
        return found

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the wave function."""
        return tuple(self.wave.parameters)

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the wave function."""
        return tuple(self.wave.arrays)

    def drawn(self, theta: Array, key: Key) -> Variational | Drawn:
        """With samples of |psi_theta|^2; itself where it is summed."""
        return self if isinstance(self.sampler, ExactSum) else Drawn(self, theta, key)

    def at(self, theta: Array, key: Key = 0) -> Cloud:
        """The configurations at a point, with weights, log-derivatives and local energies."""
        if isinstance(self.sampler, ExactSum):
            # Energy, gradient and metric of a step are asked for one after the other.
            before: tuple[bytes, Cloud] | None = getattr(self, "_last", None)
            if before is None or before[0] != theta.tobytes():
                cloud = summed(self.wave, self.hamiltonian, theta, self.sampler)
                before = theta.tobytes(), cloud
                object.__setattr__(self, "_last", before)
            return before[1]
        assert self.sampler is not None
        draws = self.sampler.draw(self.wave, theta, key)
        return sampled(self.wave, self.hamiltonian, theta, draws)

    def energy(self, points: Array) -> Energy[Array]:
        """Energies, with the variances of the states; shape (points,)."""
        return _together([self.at(p, of_point(0, k)).energy for k, p in enumerate(points)])

    def gradient(self, theta: Array) -> GradientEstimate:
        """2 Re F."""
        return self.at(theta).gradient

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by name; see the class."""
        return _metric(self, self.at(theta), by)

    def exact(self, points: Array) -> Array | None:
        """The energies without samples, up to 12 spins."""
        if self.wave.n_spins > CHEAP:
            return None
        over = ExactSum(self.magnetisation)
        found = [summed(self.wave, self.hamiltonian, p, over).energy.value for p in points]
        return np.array(found)

    def divergence(self, theta: Array, points: Array) -> Array:
        """KL(|psi_theta|^2 || |psi_point|^2), shape (points,); NaN where it is sampled."""
        if not isinstance(self.sampler, ExactSum):
            return np.full(len(points), np.nan)
        x = configurations(indices(self.wave.n_spins, self.magnetisation), self.wave.n_spins)
        own, *others = (log_probabilities(self.wave, p, x) for p in (theta, *points))
        seen = np.isfinite(own)
        weights = np.exp(own[seen])
        return np.array([float(weights @ (own - other)[seen]) for other in others])


@dataclass(frozen=True, eq=False)
class Drawn:
    """The loss with the samples of one point and key; another point has its own of the same key.

    Args:
        loss: The loss.
        theta: Shape (P,).
        key: Names the stream.
    """

    loss: Variational
    theta: Array
    key: Key

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the loss."""
        return self.loss.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the loss."""
        return self.loss.arrays

    def drawn(self, theta: Array, key: Key) -> Variational | Drawn:
        """With other samples."""
        return self.loss.drawn(theta, key)

    def energy(self, points: Array) -> Energy[Array]:
        """Energies with standard errors, shape (points,)."""
        return _together([self._at(point).energy for point in points])

    def gradient(self, theta: Array) -> GradientEstimate:
        """2 Re F with its covariance."""
        return self._at(theta).gradient

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by name."""
        return _metric(self, self._at(theta), by)

    def exact(self, points: Array) -> Array | None:
        """The energies without samples, up to 12 spins."""
        return self.loss.exact(points)

    @cached_property
    def _own(self) -> Cloud:
        return self.loss.at(self.theta, self.key)

    def _at(self, theta: Array) -> Cloud:
        same = np.array_equal(theta, self.theta)
        return self._own if same else self.loss.at(theta, self.key)


def _together(found: list[Energy[float]]) -> Energy[Array]:
    errors = [one.std_error for one in found]
    return Energy(
        np.array([one.value for one in found]),
        np.array([one.variance for one in found], dtype=float),
        None if None in errors or not errors else np.array(errors, dtype=float),
    )


def _metric(loss: Variational | Drawn, cloud: Cloud, by: By) -> Metric:
    x = cloud.centred
    p = x.shape[1]

    def smaller(seen: Numbers) -> Metric:
        return LowRank(rows(seen)) if len(rows(seen)) < p else covariance(seen, cloud.chains)

    def blocks(_: Array) -> Metric:
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in loss.arrays)])
        parts = tuple(rows(x[:, a:b]) for a, b in pairwise(ends))
        index = tuple(tuple(range(a, b)) for a, b in pairwise(ends.tolist()))
        return Blocks(index, tuple(part.T @ part for part in parts), p)

    def diagonal(seen: Numbers) -> Metric:
        return Diagonal(np.sum(np.abs(seen) ** 2, axis=0))

    # The norm of psi varies by the real part of O alone.
    norm = 2 * x.real
    known = {
        "auto": lambda _: smaller(x),
        "exact": lambda _: smaller(x),
        "sr": lambda _: covariance(x, cloud.chains),
        "minsr": lambda _: LowRank(rows(x)),
        "diagonal": lambda _: diagonal(x),
        "blocks": blocks,
        "fisher": lambda _: smaller(norm),
        "fisher-diagonal": lambda _: diagonal(norm),
    }
    return metric_by(loss, cloud.theta, by, known)
