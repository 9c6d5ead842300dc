"""Stabiliser bases that are 2-designs."""

from functools import reduce
from itertools import combinations

import numpy as np
import pytest

from qng.errors import InputError, UnknownNameError
from qng.estimate.designs.bases import KINDS, UNBIASED, drawn, of_words, recursion
from tests import dense

# prod_(i=1)^n (2^i + 1) stabiliser bases of n qubits: Aaronson and Gottesman, quant-ph/0406196.
HOW_MANY = {1: 3, 2: 15}


def unitary(n: int, gates) -> np.ndarray:
    return reduce(lambda u, gate: dense.gate(gate, n) @ u, gates, np.eye(2**n))


def matrix(n: int, word: int) -> np.ndarray:
    """A word x + 2^n z, up to its phase."""
    letters = {0: "", 1: "X", 2: "Z", 3: "Y"}
    text = [
        f"{letters[code]}{q}" for q in range(n) if (code := word >> q & 1 | (word >> n + q & 1) * 2)
    ]
    return dense.word(" ".join(text), n)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_all_mutually_unbiased_bases(n):
    """|<a|b>|^2 = 1/N for states of different bases."""
    found = drawn(n, 99, UNBIASED, seed=4)
    assert found.share == 1
    unitaries = [unitary(n, basis.gates) for basis in found.bases]
    assert len(unitaries) == 2**n + 1
    for one, other in combinations(unitaries, 2):
        np.testing.assert_allclose(np.abs(one @ other.conj().T) ** 2, 1 / 2**n, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2])
def test_every_stabiliser_basis_is_as_likely_as_the_others(n, kind):
    """The sum of squared deviations over the mean is chi-squared: below 45 but for 4 in 100,000
    trials with 14 degrees of freedom, and below 25 likewise with 2."""
    draws, each = (1, 900) if kind != UNBIASED else (900, 8)
    found = [
        basis for k in range(draws) for basis in drawn(n, each, kind, (1, k)).bases[: 900 // draws]
    ]
    counts = np.array([found.count(basis) for basis in set(found)])
    assert len(counts) == HOW_MANY[n]
    mean = len(found) / len(counts)
    assert np.sum((counts - mean) ** 2) / mean < {1: 25, 2: 45}[n]


@pytest.mark.parametrize("kind", KINDS)
def test_the_states_are_a_two_design(kind):
    """Their frame potential, the mean of |<a|b>|^4 over pairs of states, is 2 / (N (N + 1))."""
    n, size = 2, 4
    # All 15 bases are drawn in 200 but for a chance of 15 (14/15)^200 = 2e-5.
    draws = [b for k in range(25) for b in drawn(n, 8, kind, seed=k).bases]
    bases = set(draws) if kind != UNBIASED else draws[:5]
    states = np.concatenate([unitary(n, basis.gates).conj() for basis in bases])
    potential = np.mean(np.abs(states @ states.conj().T) ** 4)
    assert potential == pytest.approx(2 / (size * (size + 1)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_gates_measure_the_words(n):
    """After them all words of the basis are words of Z letters."""
    rng = np.random.default_rng(n)
    for seed in range(5):
        words = [
            row | (1 << k) for k, row in enumerate(int(z) << n for z in rng.integers(2**n, size=n))
        ]
        words = [w for w in words if all(commute(n, w, other) for other in words)]
        if len(words) < n:
            words = [1 << n + q if seed >> q & 1 else 1 << q for q in range(n)]
        u = unitary(n, of_words(n, words).gates)
        for word in words:
            moved = u @ matrix(n, word) @ u.conj().T
            assert np.allclose(moved, np.diag(np.diag(moved)))


def commute(n, one, other):
    a, b = matrix(n, one), matrix(n, other)
    return np.allclose(a @ b, b @ a)


@pytest.mark.parametrize(("n", "tail"), [(2, 3), (3, 3), (4, 3), (5, 5), (8, 27), (9, 3), (10, 9)])
def test_the_least_irreducible_polynomials(n, tail):
    """x^n + ...: of degree 8 that of AES, x^8 + x^4 + x^3 + x + 1; the others as in the tables of
    Lidl and Niederreiter."""
    assert recursion(n) == tail


def test_many_qubits():
    assert len(drawn(40, 8, UNBIASED, seed=1).bases) == 8
    gates = drawn(20, 8, "clifford", seed=1).bases[0].gates
    # Half of all pairs, within five standard deviations.
    assert abs(sum(gate.name == "cz" for gate in gates) - 95) < 5 * np.sqrt(190 / 4)


def test_refusals():
    with pytest.raises(UnknownNameError, match="unknown kind of random bases 'haar'"):
        drawn(2, 8, "haar", 0)
    with pytest.raises(InputError, match="bases must be at least 8, not 4: the scatter of fewer"):
        drawn(3, 4, UNBIASED, 0)
    with pytest.raises(InputError, match="bases must be at least 5, not 4"):
        drawn(2, 4, UNBIASED, 0)
    with pytest.raises(InputError, match=r"bases must be a whole number of at least 1, not 2\.5"):
        drawn(2, 2.5, "clifford", 0)
