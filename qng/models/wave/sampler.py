"""Configurations of a wave function: all of them with their weights, or samples of |psi|^2.

Sampling is a pure function of psi, theta and a key: chains start anew, at random, and their first
sweeps are not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from qng import checks
from qng.arrays import Array, Integers
from qng.errors import InputError
from qng.models.wave.spins import configurations, indices, spins_down
from qng.models.wave.wave import Wave, logarithms
from qng.seeds import Key, generator

MOVES: Final = ("flip", "exchange")
"""Of the Metropolis walk: one spin is flipped, or two different ones are exchanged."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Samples of |psi|^2.

    Args:
        x: Spins, shape (draws, chains, n); chains know nothing of each other.
        acceptance: Moves that were made over those that were tried; 1 where samples are
            independent.
    """

    x: Array
    acceptance: float = 1.0


class Sampler(Protocol):
    """Draws configurations."""

    def draw(self, wave: Wave, theta: Array, key: Key, /) -> Draws:
        """Samples of |psi_theta|^2.

        Args:
            wave: psi.
            theta: Shape (P,).
            key: Names the stream; equal keys draw equally.
        """


@dataclass(frozen=True)
class ExactSum:
    """No samples: sums over all configurations, of up to 20 spins.

    Args:
        magnetisation: Only those with this sum of Z, where the Hamiltonian conserves it; None: all.

    Example:
        >>> from qng import hamiltonians, models
        >>> psi = models.vmc(hamiltonians.tfim(4, 1.0), models.RBM(4), ExactSum())
        >>> len(psi.parameters)
        24
    """

    magnetisation: int | None = None


@dataclass(frozen=True)
class Metropolis:
    """A Metropolis walk in several chains.

    Args:
        samples: How many in all; rounded up to a whole number a chain.
        chains: How many, at least 2: how far apart their means are says what one cannot. A few may
            all stay in one of several separate regions, and their errors do not know of the others.
        thin: Moves between samples; by default n, a sweep.
        burn: Sweeps of n moves before the first sample.
        moves: "flip" a spin, "exchange" two different ones; by default the first where all
            configurations are allowed, the second where the magnetisation is given.
        magnetisation: Only configurations with this sum of Z, where the Hamiltonian conserves it.

    Raises:
        InputError: Numbers out of range, unknown moves, flips at a given magnetisation, exchanges
            without one.

    Cost: (burn n + thin samples / chains) times ln psi at as many configurations as chains.

    Reference:
        Metropolis et al., J. Chem. Phys. 21, 1087 (1953).

    Example:
        >>> from qng import hamiltonians, models
        >>> psi = models.vmc(hamiltonians.tfim(4, 1.0), models.RBM(4), Metropolis(samples=160))
        >>> len(psi.parameters)
        24
    """

    samples: int = 1008
    chains: int = 16
    thin: int | None = None
    burn: int = 50
    moves: str | None = None
    magnetisation: int | None = None

    def __post_init__(self) -> None:
        checks.whole("samples", self.samples, 2)
        checks.whole("chains", self.chains, 2)
        checks.whole("burn", self.burn)
        if self.thin is not None:
            checks.whole("thin", self.thin, 1)
        if self.moves not in (None, *MOVES):
            raise InputError(f"moves are one of {', '.join(MOVES)}, not {self.moves!r}")
        if self.moves == "exchange" and self.magnetisation is None:
            raise InputError(
                "exchanges never change the magnetisation: say which one is meant "
                "(magnetisation=0), or let spins flip"
            )
        if self.moves == "flip" and self.magnetisation is not None:
            raise InputError("flips change the magnetisation: give moves='exchange', or neither")

    def draw(self, wave: Wave, theta: Array, key: Key) -> Draws:
        """Walk.

        Raises:
            InputError: psi is zero wherever the chains came, or ln psi is no number.
        """
        rng, n = generator(key), wave.n_spins
        exchange = self.magnetisation is not None
        x = self._start(n, rng)
        size = _log_weight(wave, theta, x)
        thin = n if self.thin is None else self.thin
        before, draws = self.burn * n, -(-self.samples // self.chains)
        kept, made = np.empty((draws, *x.shape)), 0
        everyone = np.arange(self.chains)
        for step in range(before + draws * thin):
            if step % _AHEAD == 0:
                sites = rng.integers(n, size=(_AHEAD, self.chains))
                heights = np.log(rng.random((_AHEAD, self.chains)))
            ahead = step % _AHEAD
            places: tuple[Integers, ...] = (sites[ahead],)
            if exchange:
                places = _differing(x, rng)
            tried = x.copy()
            for site in places:
                tried[everyone, site] *= -1
            new = _log_weight(wave, theta, tried)
            with np.errstate(invalid="ignore"):
                # A start where psi is zero is left by any way: also through further zeros.
                accepted = (heights[ahead] < new - size) | np.isneginf(size)
            if exchange:
                accepted &= x[everyone, places[0]] != x[everyone, places[1]]
            x = np.where(accepted[:, None], tried, x)
            size = np.where(accepted, new, size)
            if step >= before:
                made += int(accepted.sum())
                if step - before + 1 == thin and np.any(np.isneginf(size)):
                    raise InputError(
                        "psi is zero wherever a chain came: give more sweeps before the first "
                        "sample (burn=), or a sampler of your own, which starts where it is not"
                    )
                if (step - before + 1) % thin == 0:
                    kept[(step - before) // thin] = x
        return Draws(kept, made / (draws * thin * self.chains))

    def _start(self, n: int, rng: np.random.Generator) -> Array:
        """Random configurations, shape (chains, n)."""
        if self.magnetisation is None:
            return np.where(rng.random((self.chains, n)) < 0.5, -1.0, 1.0)
        down = spins_down(n, self.magnetisation)
        order = np.argsort(rng.random((self.chains, n)), axis=1)
        return np.where(order < down, -1.0, 1.0)


@dataclass(frozen=True)
class DirectSampling:
    """Samples without correlation, drawn from all configurations: for up to 20 spins, as a control.

    Args:
        samples: How many.
        magnetisation: As of `ExactSum`.

    Example:
        >>> DirectSampling(samples=100).samples
        100
    """

    samples: int = 1008
    magnetisation: int | None = None

    def __post_init__(self) -> None:
        checks.whole("samples", self.samples, 2)

    def draw(self, wave: Wave, theta: Array, key: Key) -> Draws:
        """Draw. Cost: ln psi at all configurations."""
        index = indices(wave.n_spins, self.magnetisation)
        log = _log_weight(wave, theta, configurations(index, wave.n_spins))
        weights = np.exp(log - log.max())
        drawn = generator(key).choice(index, self.samples, p=weights / weights.sum())
        return Draws(configurations(drawn, wave.n_spins)[:, None])


# Random numbers of so many moves are drawn at once.
_AHEAD: Final = 256


def _log_weight(wave: Wave, theta: Array, x: Array) -> Array:
    """ln |psi|^2."""
    found: Array = 2.0 * np.real(logarithms(wave, theta, x))
    return found


def _differing(x: Array, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """One spin up and one down of every chain, at random."""
    noise = rng.random(x.shape)
    return np.argmax(noise * (x > 0), axis=1), np.argmax(noise * (x < 0), axis=1)
