"""Bits corrected for readout errors, against assignment matrices and simulated misreading."""

from dataclasses import replace

import numpy as np
import pytest

from qng.circuit.pauli import Pauli
from qng.errors import InputError
from qng.plan import calibrated
from qng.plan.counts import Counts
from qng.plan.quantities import Energy
from qng.plan.readout import Readout

A, B = np.array([0.02, 0.05, 0.01]), np.array([0.07, 0.03, 0.1])
WORDS = [Pauli.parse(text) for text in ("Z0", "Z1 Z2", "Z0 Z1 Z2")]
RNG = np.random.default_rng(3)
TRUTH = RNG.dirichlet(np.ones(8))


def assignment(a: float, b: float) -> np.ndarray:
    return np.array([[1 - a, b], [a, 1 - b]])


def misread(p: np.ndarray) -> np.ndarray:
    """Qubit 0 is the least significant bit: it stands last in the product."""
    matrices = [assignment(a, b) for a, b in zip(A, B)]
    return np.kron(np.kron(matrices[2], matrices[1]), matrices[0]) @ p


def parity(word: Pauli) -> np.ndarray:
    return 1.0 - 2.0 * (np.bitwise_count(np.arange(8) & word.support) & 1)


def test_an_exact_distribution_is_undone():
    counts = Counts(np.arange(8), misread(TRUTH), np.inf, Readout(A, B))
    for word in WORDS:
        assert counts.mean([word], [1.0])[0] == pytest.approx(parity(word) @ TRUTH, abs=1e-12)
    for mask in (0b111, 0b101, 0b010):
        expected = TRUTH[(np.arange(8) & mask) == 0].sum()
        assert counts.zeros(mask)[0] == pytest.approx(expected, abs=1e-12)


def drawn(rng: np.random.Generator, shots: int, known: bool) -> Counts:
    counted = rng.multinomial(shots, misread(TRUTH))
    n = 3000
    a, b = (A, B) if known else (rng.binomial(n, A) / n, rng.binomial(n, B) / n)
    return replace(Counts.of(np.arange(8), counted), readout=Readout(a, b, np.inf if known else n))


def of_words(c: np.ndarray):
    """sum_j c_j <W_j> and the probability of zeros, as two energies."""

    def reduce(results) -> Energy:
        ((counts,),) = results
        found = np.array([counts.mean(WORDS, c), counts.zeros(0b111)])
        return Energy(found[:, 0], std_error=np.sqrt(found[:, 1]))

    return reduce


@pytest.mark.parametrize("known", [True, False])
def test_scores_are_unit_normal_with_the_error_of_the_calibration(known):
    rng = np.random.default_rng(11)
    c = np.array([1.0, -0.5, 2.0])
    exact = sum(x * (parity(w) @ TRUTH) for x, w in zip(c, WORDS))
    zero = TRUTH[0]
    z = []
    for _ in range(600):
        found = calibrated.reduced(of_words(c), [(drawn(rng, 20_000, known),)])
        z.append((found.value - [exact, zero]) / found.std_error)
    assert np.all(np.abs(np.mean(z, axis=0)) < 4.5 / np.sqrt(600))
    assert np.all(np.abs(np.std(z, axis=0) - 1) < 0.12)


def test_without_the_calibration_error_the_scores_would_be_too_wide():
    # The previous test can fail: the same draws with rates taken as known.
    rng = np.random.default_rng(11)
    exact = parity(WORDS[2]) @ TRUTH
    z = []
    for _ in range(600):
        counts = drawn(rng, 200_000, False)
        counts = replace(
            counts, readout=Readout(counts.readout.false_one, counts.readout.false_zero)
        )
        value, variance = counts.mean([WORDS[2]], [1.0])
        z.append((value - exact) / np.sqrt(variance))
    assert np.std(z) > 1.5


@pytest.mark.parametrize(("a", "b"), [([0.6], [0.5]), ([-0.1], [0.0]), ([0.1, 0.1], [0.1])])
def test_rates_that_are_none_are_refused(a, b):
    with pytest.raises(InputError, match="two rates a qubit"):
        Readout(np.array(a), np.array(b))
