"""Estimates repeated with fresh shots, against the value that they estimate."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from qng.execute.statevector.executor import Statevector
from qng.plan.counts import Counts
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.readout import Readout
from qng.plan.request import Request

REPETITIONS = 500


def in_the_limit(plan: Plan, shots: int = 10**6) -> Plan:
    """The plan lowered to counted bits, with exact distributions of its circuits."""
    lowered = sampled(plan, shots)
    requests = tuple(Request(r.circuit, r.angles, r.measure) for r in lowered.requests)
    return Plan(requests, lowered.reduce)


def repeated(
    plan: Plan,
    shots: int,
    read: Callable = lambda found: found.dense(),
    readout: Readout | None = None,
    repetitions: int = REPETITIONS,
    device: object = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(values, standard errors) of independent answers, shape (repetitions, ...).

    Distributions are those of a device, by default of states without noise.

    With readout errors the bits are read with them, and corrected: by their rates, or by those that
    were found with some shots, new ones in every repetition and the same ones for all circuits.
    """
    lowered = sampled(plan, shots)
    exact = (device or Statevector()).run(in_the_limit(plan, shots).requests, 0)
    rng = np.random.default_rng(0)
    drawn = [
        [
            _drawn(rng, counts, float(n), repetitions)
            for counts, n in zip(_read(points, request, readout), request.shots)
        ]
        for points, request in zip(exact, lowered.requests)
    ]
    found = []
    for k in range(repetitions):
        counts = [tuple(of[k] for of in points) for points in drawn]
        if readout is not None:
            rates = _calibrated(rng, readout)
            counts = [tuple(replace(one, readout=rates) for one in points) for points in counts]
        found.append(lowered.reduce(counts))
    return np.array([read(f) for f in found]), np.array([f.std_error for f in found])


def _calibrated(rng: np.random.Generator, readout: Readout) -> Readout:
    """The rates as a calibration finds them."""
    if np.isinf(readout.shots):
        return readout
    a, b = (
        rng.binomial(int(readout.shots), rate) / readout.shots
        for rate in (readout.false_one, readout.false_zero)
    )
    return replace(readout, false_one=a, false_zero=b)


def _drawn(rng: np.random.Generator, exact: Counts, shots: float, repetitions: int) -> list[Counts]:
    seen = rng.multinomial(int(shots), exact.weights / exact.weights.sum(), size=repetitions)
    size, every = len(exact.outcomes), np.tile(exact.outcomes, repetitions)
    each = np.full(repetitions, size), np.full(repetitions, shots)
    return Counts.many(every, seen.ravel() / shots, *each)


def _read(points: Sequence[Counts], request: Request, readout: Readout | None) -> Sequence[Counts]:
    """The distributions of what is read."""
    if readout is None:
        return points
    return [flipped(exact, request.measure.basis.qubits, readout) for exact in points]


def flipped(exact: Counts, qubits: Sequence[int], readout: Readout) -> Counts:
    """A distribution as it is read with errors, which are to be corrected."""
    seen = dict(zip(exact.outcomes.tolist(), exact.weights.tolist()))
    for q in qubits:
        flipped: dict[int, float] = {}
        for outcome, weight in seen.items():
            rate = (readout.false_zero if outcome >> q & 1 else readout.false_one)[q]
            for image, share in ((outcome, 1 - rate), (outcome ^ 1 << q, rate)):
                flipped[image] = flipped.get(image, 0.0) + share * weight
        seen = flipped
    return Counts(np.array(list(seen)), np.array(list(seen.values())), np.inf, readout)


def unit_normal(values: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> None:
    """The scores (value - exact)/error have mean 0 and standard deviation 1.

    Bounds of 4.5 standard errors of the mean and 0.15 for the deviation (4.7 of its standard
    errors for normal scores).
    """
    z = (values - exact) / errors
    assert np.all(np.abs(z.mean(axis=0)) < 4.5 / np.sqrt(REPETITIONS)), z.mean(axis=0)
    assert np.all(np.abs(z.std(axis=0) - 1) < 0.15), z.std(axis=0)


def covered(values: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> None:
    """Intervals of 1.96 errors hold the value in at least 93 %, less what 500 draws may miss.

    Entries whose error is always 0 are known from the structure: their value is exact.
    """
    known = np.all(errors == 0, axis=0)
    np.testing.assert_allclose(
        values[:, known], exact[known][None].repeat(len(values), 0), atol=1e-12
    )
    assert np.all(errors[:, ~known] > 0)
    share = np.mean(np.abs(values - exact) <= 1.96 * errors + 1e-12, axis=0)
    assert np.all(share >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / REPETITIONS)), share
