"""What becomes of measured metrics over the steps: averages, and updates between measurements.

Standard errors of entries are carried exactly. What entries have in common is taken to be as in the
newest metric that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qng import checks
from qng.arrays import Array, Memory
from qng.errors import InputError
from qng.geometry import Dense, Metric, combined
from qng.geometry.metric import noise_of
from qng.geometry.noise import Noise, Sum


class Average(Protocol):
    """Makes M_t from the metrics measured so far; what it carries is in `memory`."""

    def __call__(
        self, measured: Metric | None, current: Metric | None, gradient: Array, memory: Memory
    ) -> tuple[Metric, Memory]:
        """(M_t, memory).

        Args:
            measured: What was measured in this step; None where nothing was.
            current: M_{t-1}; None in the first step, in which there is always a measurement.
            gradient: Of this step, shape (P,).
            memory: What the last call returned; empty in the first step.
        """


@dataclass(frozen=True)
class RunningMean:
    """The mean of all metrics so far and a first one of 1, positive and regularised.

        M_k = (|mean_k| + damping) / (1 + damping),
        mean_k = k/(k + 1) M_{k-1} + ghat_k/(k + 1),    M_0 = 1,  k = 1, 2, ...

    |.| takes the absolute eigenvalues, sqrt(mean mean). As M_k is what is carried, its lowest
    eigenvalue is damping/(1 + damping) or more: no damping of the solve is needed.

    Args:
        damping: Positive.

    Reference: Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
    """

    damping: float = 1e-3

    def __post_init__(self) -> None:
        checks.positive("damping", self.damping)

    def __call__(
        self, measured: Metric | None, current: Metric | None, gradient: Array, memory: Memory
    ) -> tuple[Metric, Memory]:
        """The regularised mean; its errors are to first order."""
        if measured is None:
            assert current is not None
            return current, memory
        k = float(memory.get("count", np.zeros(()))) + 1
        before = np.eye(measured.size) if current is None else current.dense()
        mean = (k * before + measured.dense()) / (k + 1)
        errors = _combined(current, measured, k / (k + 1), 1 / (k + 1))
        eigen = measured.similar(mean, None).eigen()
        positive = eigen.matrix(np.abs(eigen.values))
        scale = 1 + self.damping
        matrix = (positive + self.damping * np.eye(measured.size)) / scale
        errors = None if errors is None else errors / scale
        noise = _noise(current, measured, errors)
        return measured.similar(matrix, errors, noise), {"count": np.array(k)}


@dataclass(frozen=True)
class InverseVariance:
    """The average over steps by inverse variance, in which older metrics fade.

        M_t = sum_s f^(t-s) ghat_s / V_s  /  sum_s f^(t-s) / V_s

    V is the squared standard error, of every entry for itself or, by default, the mean over all
    entries that have one. One weight for all entries keeps M positive semidefinite where the
    ghat are. An exact metric takes the place of all before it.

    The errors of some estimators leave out part of their scatter (`spsa`: that of the
    directions); for these take `RunningMean`.

    Args:
        forget: f, in (0, 1]; about 1/(1 - f) steps are averaged. 1 forgets nothing, and M lags
            behind theta.
        entrywise: A weight for every entry. Where errors are small by chance the entry is
            weighted too much, which biases it.
    """

    forget: float = 0.9
    entrywise: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.forget <= 1:
            raise InputError(f"forget must be above 0 and at most 1, not {self.forget}")

    def __call__(
        self, measured: Metric | None, current: Metric | None, gradient: Array, memory: Memory
    ) -> tuple[Metric, Memory]:
        """The average and its standard errors."""
        if measured is None:
            assert current is not None
            return current, memory
        errors = measured.std_error
        if errors is None or current is None or not np.any(errors):
            return measured, {"precision": _precision(errors, self.entrywise)}
        new = _precision(errors, self.entrywise)
        old = self.forget * memory.get("precision", np.zeros(()))
        total = old + new
        # Precision 0 stands for an exact value: what is exact now is not averaged.
        share = np.where(new > 0, new / np.where(total > 0, total, 1.0), 1.0)
        matrix = (1 - share) * current.dense() + share * measured.dense()
        errors = _combined(current, measured, 1 - share, share)
        noise = _noise(current, measured, errors)
        memory = {"precision": np.where(new > 0, total, 0.0)}
        return measured.similar(matrix, errors, noise), memory


@dataclass(frozen=True)
class Broyden:
    """Rank-one updates by gradients between measurements, with a weight that fades.

        M_{t+1} = (1 - e_t) M_t + e_t grad_t grad_t^T,    e_t = weight / t,

    with t = 1 at the measurement, whose own gradient is not used. By the formula of Sherman and
    Morrison the inverse has an update of the same form; here M is kept, so that every solver and
    damping applies. The errors of gradients are not propagated.

    Args:
        weight: In [0, 1].

    Reference: Fitzek, Jonsson, Dobrautz, Schaefer, arXiv:2304.13882.
    """

    weight: float = 0.2

    def __post_init__(self) -> None:
        checks.within("weight", self.weight, 0, 1)

    def __call__(
        self, measured: Metric | None, current: Metric | None, gradient: Array, memory: Memory
    ) -> tuple[Metric, Memory]:
        """The updated metric, as a dense one."""
        if measured is not None:
            return measured, {"count": np.ones(())}
        assert current is not None
        count, last = float(memory["count"]), memory.get("gradient")
        if last is not None:
            e = self.weight / count
            faded = combined([1 - e], [current])
            matrix = faded.dense() + e * np.outer(last, last)
            current = Dense(matrix, faded.std_error, noise=faded.noise)
        return current, {"count": np.array(count + 1), "gradient": gradient}


def _precision(errors: Array | None, entrywise: bool) -> Array:
    """1/V, shape (P, P) or (); 0 where the value is exact."""
    if errors is None or not np.any(errors):
        return np.zeros(())
    variance = errors**2 if entrywise else np.array(np.mean(errors[errors > 0] ** 2))
    return np.where(variance > 0, 1 / np.where(variance > 0, variance, 1.0), 0.0)


def _noise(current: Metric | None, measured: Metric, errors: Array | None) -> Noise | None:
    """Where the errors of an average come from.

    The sources of all steps would grow without end. As theta moves little from step to step, those
    of the newest metric that has some stand for all, scaled to the mean square of the errors.

    Args:
        current: The average before.
        measured: What is new in it.
        errors: Standard errors of the average, shape (P, P).
    """
    for newest in (measured, current):
        own = None if newest is None else newest.std_error
        if newest is None or own is None or errors is None or not np.any(own):
            continue
        noise = noise_of(newest)
        assert noise is not None
        return Sum.of([noise], [float(np.sum(errors**2) / np.sum(own**2))])
    return None


def _combined(
    current: Metric | None, measured: Metric, before: Array | float, new: Array | float
) -> Array | None:
    """Standard errors of before * current + new * measured, independent of each other."""
    parts = [(before, None if current is None else current.std_error), (new, measured.std_error)]
    known = [(weight * errors) ** 2 for weight, errors in parts if errors is not None]
    if not known:
        return None
    total: Array = np.sqrt(np.sum(known, axis=0))
    return total
