"""What a wave function is known by at a point: configurations, their weights, O and local energies.

With weights w (all configurations: |psi|^2; samples: 1/N) and centred columns,

    X = sqrt(w) (O - <O>),  eps = sqrt(w) (E - <E>):   S = X^dagger X,  F = X^dagger eps,

and for real parameters g = Re S and grad E = 2 Re F, which are X^T X and 2 X^T eps with the real
parts of the rows above the imaginary ones. Where psi is small but not zero local energies are
large and rarely met: errors that few samples give are too small there, as for any mean with a long
tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.models.wave.connected import local_energies
from qng.models.wave.correlated import autocorrelation_time, common_time
from qng.models.wave.sampler import Draws, ExactSum
from qng.models.wave.spins import configurations, indices
from qng.models.wave.wave import Numbers, Wave, logarithms
from qng.plan.quantities import Energy, GradientEstimate


@dataclass(frozen=True, eq=False)
class Cloud:
    """Configurations at a point.

    Args:
        wave: psi.
        theta: Shape (P,).
        x: Spins, shape (N, n).
        weights: Shape (N,), of sum 1.
        energies: Local energies, shape (N,).
        chains: Where they are samples: how many chains, x being (draws, chains) in order; 0 where
            they are all configurations.
        acceptance: Of the moves of the sampler.
        nodes: How many configurations were left out where psi is zero and its derivative is not.
        beyond: <psi|H P H|psi> with P on the configurations where psi is zero, which are left out
            of x and to which H leads nevertheless: a share of the variance of the state. Samples
            do not know of it.
    """

    wave: Wave
    theta: Array
    x: Array
    weights: Array
    energies: Numbers
    chains: int = 0
    acceptance: float = 1.0
    nodes: int = 0
    beyond: float = 0.0

    @cached_property
    def centred(self) -> Numbers:
        """X, shape (N, P)."""
        if self.nodes:
            raise InputError(
                f"psi is zero at {self.nodes} configurations where its derivative is not, so that "
                "log-derivatives miss a part of the gradient and of the metric: start a little "
                "aside"
            )
        with np.errstate(all="ignore"):  # what comes of it is refused below
            o = self.wave.log_derivatives(self.theta, self.x)
        if not np.all(np.isfinite(o)):
            raise InputError("a log-derivative is not finite at this point: take shorter steps")
        return np.asarray(np.sqrt(self.weights)[:, None] * (o - self.weights @ o))

    @cached_property
    def deviations(self) -> Numbers:
        """eps, shape (N,)."""
        return np.asarray(np.sqrt(self.weights) * (self.energies - self.weights @ self.energies))

    @cached_property
    def energy(self) -> Energy[float]:
        """<E>, the variance of the state, and the standard error where it is sampled."""
        value = float(np.real(self.weights @ self.energies))
        variance = float(np.sum(np.abs(self.deviations) ** 2)) + self.beyond
        if not self.chains:
            return Energy(value, variance)
        n = len(self.x)
        spread = float(np.var(np.real(self.energies), ddof=1))
        return Energy(value, variance, float(np.sqrt(self.autocorrelation * spread / n)))

    @cached_property
    def autocorrelation(self) -> float:
        """tau of the local energies, in draws; 1 where they are not sampled."""
        if not self.chains:
            return 1.0
        return autocorrelation_time(np.real(self.energies).reshape(-1, self.chains))

    @cached_property
    def gradient(self) -> GradientEstimate:
        """2 Re F, with a covariance where it is sampled."""
        value = 2 * np.real(self.deviations.conj() @ self.centred)
        if not self.chains:
            return GradientEstimate(value)
        n = len(self.x)
        each = 2 * n * np.real(self.centred.conj() * self.deviations[:, None])
        tau = common_time(each.reshape(-1, self.chains, each.shape[1]))
        apart = each - value
        return GradientEstimate(value, tau * (apart.T @ apart) / (n * (n - 1)))


# A step in the parameters, after which psi is of this size where only psi was zero, and of its
# square where its derivative was, too.
_ASIDE: Final = 1e-6


def rows(values: Numbers) -> Array:
    """Real parts above imaginary parts; what is real as it is."""
    if not np.iscomplexobj(values):
        return np.asarray(values, dtype=float)
    return np.concatenate([values.real, values.imag])


def summed(wave: Wave, hamiltonian: PauliSum, theta: Array, over: ExactSum) -> Cloud:
    """All configurations, where psi is not zero.

    Raises:
        InputError: ln psi is not a number, or psi is zero everywhere.
    """
    index = indices(wave.n_spins, over.magnetisation)
    x = configurations(index, wave.n_spins)
    log = logarithms(wave, theta, x)
    largest = np.max(np.real(log))
    if np.isneginf(largest):
        raise InputError("psi is zero everywhere at this point")
    psi = np.exp(log - largest)
    image = among(hamiltonian, wave.n_spins, over.magnetisation) @ psi
    weights = np.abs(psi) ** 2
    norm, seen = weights.sum(), weights > 0
    beyond = float(np.sum(np.abs(image[~seen]) ** 2) / norm)
    nodes = _nodes(wave, theta, x[~seen], largest)
    energies = image[seen] / psi[seen]
    return Cloud(wave, theta, x[seen], weights[seen] / norm, energies, nodes=nodes, beyond=beyond)


def _nodes(wave: Wave, theta: Array, zeros: Array, largest: float) -> int:
    """Of how many zeros of psi the derivative is not zero."""
    if not len(zeros):
        return 0
    aside = theta + _ASIDE * (1 + np.modf(np.sqrt(2) * np.arange(1, len(theta) + 1))[0])
    with np.errstate(all="ignore"):  # what is not finite is none
        near = np.exp(np.real(wave.log_psi(aside, zeros)) - largest)
    return int(np.count_nonzero(near > _ASIDE**1.5))


def sampled(wave: Wave, hamiltonian: PauliSum, theta: Array, drawn: Draws) -> Cloud:
    """Samples of |psi|^2."""
    draws, chains, n = drawn.x.shape
    x = drawn.x.reshape(draws * chains, n)
    energies = local_energies(wave, hamiltonian, theta, x, logarithms(wave, theta, x))
    weights = np.full(len(x), 1 / len(x))
    return Cloud(wave, theta, x, weights, energies, chains, drawn.acceptance)


@lru_cache(maxsize=8)
def among(hamiltonian: PauliSum, n_spins: int, magnetisation: int | None) -> Any:
    """H among configurations, sparse, real where it is."""
    matrix = hamiltonian.hermitian().matrix(n_spins)
    if magnetisation is not None:
        index = indices(n_spins, magnetisation)
        matrix = matrix[index][:, index]
    return matrix if abs(matrix.imag).max() else matrix.real
