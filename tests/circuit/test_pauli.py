"""Words and sums against Kronecker products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.pauli import Pauli, PauliSum, bits, commuting
from qng.errors import InputError
from qng.testing.strategies import words
from tests import dense

N = 3
any_word = st.one_of(words(N), st.just(Pauli(0, 0)))
coefficients = st.complex_numbers(max_magnitude=10, allow_nan=False).map(lambda c: complex(c))
sums = st.lists(st.tuples(any_word, coefficients), max_size=6).map(PauliSum)


def matrix(pauli: Pauli) -> np.ndarray:
    return dense.word(str(pauli), N)


@given(any_word, any_word)
def test_products_and_commutation(p, q):
    phase, word = p.times(q)
    np.testing.assert_array_equal(phase * matrix(word), matrix(p) @ matrix(q))
    commute = np.array_equal(matrix(p) @ matrix(q), matrix(q) @ matrix(p))
    assert p.commutes(q) == commute
    letters = [(p.letter(k), q.letter(k)) for k in range(N)]
    assert p.commutes_qubitwise(q) == all(a == b or "I" in (a, b) for a, b in letters)


@given(any_word)
def test_text_and_what_a_word_acts_on(p):
    assert Pauli.parse(str(p)) == p
    assert eval(repr(p), {"Pauli": lambda text: Pauli.parse(text)}) == p
    qubits = tuple(k for k in range(N) if p.letter(k) != "I")
    assert p.qubits == bits(p.support) == qubits
    assert p.weight == len(qubits)


@pytest.mark.parametrize(
    ("text", "x", "z"),
    [
        ("I", 0, 0),
        ("X0", 1, 0),
        ("Y1", 2, 2),
        ("Z2", 0, 4),
        ("Y3 Z0", 8, 9),
        ("X10", 1024, 0),
        ("Z0 I X1", 2, 1),
        ("Z62", 0, 1 << 62),
    ],
)
def test_masks(text, x, z):
    assert Pauli.parse(text) == Pauli(x, z)


@pytest.mark.parametrize("text", ["X", "x0", "Q0", "X0Y1", "XY", "X-1", "0X", "X0,Y1", "X1.0"])
def test_malformed_words(text):
    with pytest.raises(InputError, match=r"not a Pauli word.*as 'Z0 Y3'"):
        Pauli.parse(text)


@pytest.mark.parametrize("text", ["X0 Z0", "Z1 Z1"])
def test_a_qubit_named_twice(text):
    with pytest.raises(InputError, match="twice"):
        Pauli.parse(text)


@settings(max_examples=100)
@given(sums, sums, coefficients)
def test_arithmetic_of_sums(a, b, c):
    def full(h):
        return dense.pauli_sum(h, N)

    tolerance = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(full(a + b), full(a) + full(b), **tolerance)
    np.testing.assert_allclose(full(a - b), full(a) - full(b), **tolerance)
    np.testing.assert_allclose(full(c * a), c * full(a), **tolerance)
    np.testing.assert_allclose(full(a @ b), full(a) @ full(b), **tolerance)
    np.testing.assert_allclose(a.matrix(N).toarray(), full(a), **tolerance)
    np.testing.assert_allclose(a.dense(N), full(a), **tolerance)
    assert len({p for p, _ in a}) == len(a) == len(a.terms)
    if a.is_hermitian:
        np.testing.assert_allclose(full(a), full(a).conj().T, rtol=0, atol=1e-9)
    if a.is_diagonal:
        assert not full(a)[~np.eye(2**N, dtype=bool)].any()
    np.testing.assert_allclose(a.constant, np.trace(full(a)) / 2**N, **tolerance)


@settings(max_examples=100)
@given(sums)
def test_groups_are_measured_together(h):
    groups = h.qubitwise_groups()
    found = [term for group in groups for term in group]
    assert sorted(found, key=str) == sorted((t for t in h if t[0].support), key=str)
    for group in groups:
        for q in range(N):
            assert len({p.letter(q) for p, _ in group} - {"I"}) <= 1


def test_groups_of_the_ising_chain():
    h = PauliSum({"Z0 Z1": 1.0, "X0": 0.5, "Z1 Z2": 1.0, "X1": 0.5, "I": 3.0, "X2": 0.5})
    assert [str(g) for g in h.qubitwise_groups()] == [
        "1 Z0 Z1 + 1 Z1 Z2",
        "0.5 X0 + 0.5 X1 + 0.5 X2",
    ]


def test_terms_are_collected_in_order():
    h = PauliSum([(Pauli.parse("Z1"), 1), (Pauli.parse("X0"), 2), (Pauli.parse("Z1"), 0.5)])
    assert h.terms == ((Pauli.parse("Z1"), 1.5), (Pauli.parse("X0"), 2))
    assert PauliSum({"Z0": 1, "X0": 0}) == PauliSum({"Z0": 1.0})
    assert len(PauliSum({"Y0 Z1": 1.0, "Z1 Y0": -1.0})) == 0


@pytest.mark.parametrize(
    ("h", "text", "n"),
    [
        (PauliSum({"Z0 Z1": 1.0, "X0": -0.5}), "1 Z0 Z1 - 0.5 X0", 2),
        (PauliSum({"I": 2.0}), "2 I", 0),
        (PauliSum({"Y4": 1j}), "(0+1j) Y4", 5),
        (PauliSum({}), "0", 0),
    ],
)
def test_text_and_size_of_sums(h, text, n):
    assert str(h) == text
    assert h.n_qubits == n


@pytest.mark.parametrize(
    "coefficient",
    [np.nan, np.inf, complex(0, np.nan), "many", "1.0", None, True, 10**400, [1.0], np.ones(1)],
)
def test_coefficients_that_are_not_finite_numbers(coefficient):
    with pytest.raises(InputError, match="coefficient of X0"):
        PauliSum({"X0": coefficient})


def test_matrix_on_more_and_on_too_few_qubits():
    h = PauliSum({"Z0 X1": 2.0})
    np.testing.assert_array_equal(h.matrix().toarray(), dense.pauli_sum(h, 2))
    np.testing.assert_array_equal(h.matrix(4).toarray(), dense.pauli_sum(h, 4))
    assert PauliSum({}).matrix(2).toarray().tolist() == np.zeros((4, 4)).tolist()
    for size in (2, 4):
        np.testing.assert_array_equal(h.dense(size), dense.pauli_sum(h, size))
    np.testing.assert_array_equal(PauliSum({}).dense(2), np.zeros((4, 4)))
    for make in (h.matrix, h.dense):
        with pytest.raises(InputError, match="acts on 2 qubits, not on 1"):
            make(1)


@given(words(5), st.permutations(range(5)))
def test_words_from_letters_and_moved(word, places):
    letters = [word.letter(q) for q in range(5)]
    assert Pauli.on(letters, range(5)) == word
    assert word.moved(places) == Pauli.on(letters, places)
    assert word.moved(dict(enumerate(places))) == word.moved(places)


@given(st.lists(words(4), max_size=5))
def test_words_commute_where_every_pair_does(given_words):
    pairs = all(a.commutes(b) for a in given_words for b in given_words)
    assert commuting(given_words) == pairs
