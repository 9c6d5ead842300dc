"""What stands for a sum of Pauli words, arithmetic with numbers, and products that round."""

import warnings
from dataclasses import dataclass

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator, SparsePauliOp
from qiskit.quantum_info import Pauli as QiskitPauli

from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import MOST_QUBITS, Pauli, PauliSum
from qng.errors import InputError
from qng.problem.problem import Problem
from qng.testing.strategies import words
from tests import dense

N = 3
DEVICE = Circuit(N, [])
real = st.floats(-10, 10)
any_word = st.one_of(words(N), st.just(Pauli(0, 0)))
real_sums = st.lists(st.tuples(any_word, real), max_size=8).map(PauliSum)


def full(h, n=N):
    return dense.pauli_sum(h, n)


def from_matrix(matrix):
    """The sum of a matrix by traces with all words."""
    n = len(matrix).bit_length() - 1
    masks = [Pauli(x, z) for x in range(2**n) for z in range(2**n)]
    return PauliSum([(p, np.trace(full([(p, 1.0)], n) @ matrix) / 2**n) for p in masks])


def random_unitary(rng, n):
    q, r = np.linalg.qr(rng.normal(size=(2**n, 2**n)) + 1j * rng.normal(size=(2**n, 2**n)))
    return q * (np.diag(r) / abs(np.diag(r)))


def random_hermitian(rng, n, n_words):
    found = [(Pauli(int(x), int(z)), c) for (x, z), c in
             zip(rng.integers(2**n, size=(n_words, 2)), rng.normal(size=n_words))]  # fmt: skip
    return PauliSum(found)


@pytest.mark.parametrize("kind", ["rotated", "sandwich"])
def test_products_are_hermitian_up_to_rounding(kind):
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = 4 if seed < 2 else 1 + seed % 3  # 256 words of four qubits on both sides take seconds
        a = random_hermitian(rng, n, 6)
        other = from_matrix(random_unitary(rng, n)) if kind == "rotated" else None
        b = random_hermitian(rng, n, 6) if other is None else other
        back = b if other is None else PauliSum([(p, np.conj(c)) for p, c in b])
        product = b @ a @ back if kind == "rotated" else a @ b @ a
        want = full(b, n) @ full(a, n) @ full(back, n)
        if kind == "sandwich":
            want = full(a, n) @ full(b, n) @ full(a, n)
        problem = Problem(Circuit(n, []), product)
        assert product.is_hermitian
        assert problem.observable.remainder == 0
        np.testing.assert_allclose(full(problem.observable, n), want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_products_of_qiskit(seed):
    rng = np.random.default_rng(seed)
    a, b = (random_hermitian(rng, N, 6).to_qiskit(N) for _ in range(2))
    product = (a @ b @ a).simplify(atol=0)
    problem = Problem(DEVICE, product)
    np.testing.assert_allclose(full(problem.observable), product.to_matrix(), rtol=0, atol=1e-12)


def test_what_is_left_out_is_bounded_and_told():
    clear = PauliSum({"Z0": 1.0, "X0": 1e-11j})
    assert (clear.is_hermitian, clear.remainder) == (False, 1e-11)
    with pytest.raises(InputError, match="coefficient of X0 is 1e-11j; make it real"):
        clear.hermitian()
    # A large constant does not make a term small.
    with pytest.raises(InputError, match="not Hermitian"):
        Problem(DEVICE, {"I": 1e15, "X0": 1j})
    with pytest.raises(InputError, match="not Hermitian"):
        Problem(DEVICE, {"I": 1j, "X0": 1.0})
    with pytest.warns(UserWarning, match="imaginary parts of 5.0e-13 in all"):
        found = Problem(DEVICE, {"Z0": 1.0, "X0": 2.0 + 5e-13j}).observable
    assert found == PauliSum({"Z0": 1.0, "X0": 2.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Problem(DEVICE, {"Z0": 1.0 + 1e-17j}).observable == PauliSum({"Z0": 1.0})


@settings(max_examples=100)
@given(real_sums, real)
def test_arithmetic_with_numbers(h, c):
    one = np.eye(2**N)
    for found, want in [
        (-h, -full(h)),
        (h + c, full(h) + c * one),
        (c + h, c * one + full(h)),
        (h - c, full(h) - c * one),
        (c - h, c * one - full(h)),
        (np.float64(c) * h, c * full(h)),
        (h * np.int64(2), 2 * full(h)),
        (h / 4, full(h) / 4),
        (sum([h, h]), 2 * full(h)),
    ]:
        np.testing.assert_allclose(full(found), want, rtol=1e-12, atol=1e-12)


@settings(max_examples=100)
@given(st.lists(st.tuples(any_word, st.complex_numbers(max_magnitude=9)), max_size=5).map(PauliSum))
def test_text_and_repr_are_read_back(h):
    assert eval(repr(h), {"PauliSum": PauliSum}) == h
    back = PauliSum(str(h))
    np.testing.assert_allclose(full(back), full(h), rtol=1e-10, atol=1e-11)


@dataclass
class QubitOperator:
    """What OpenFermion's is seen from here."""

    terms: dict


WANT = PauliSum({"X0 Y1": 0.5, "Z0": -1.25, "I": 2.0})
FORMS = {
    "mapping": {"X0 Y1": 0.5, "Z0": -1.25, "I": 2.0},
    "words": {Pauli.parse("X0 Y1"): 0.5, Pauli.parse("Z0"): -1.25, Pauli(0, 0): 2.0},
    "pairs": (pair for pair in [("X0 Y1", 0.5), ("Z0", np.float64(-1.25)), ["I", 2]]),
    "terms": {((0, "X"), (1, "Y")): 0.5, ((0, "Z"),): -1.25, (): 2.0},
    "openfermion": QubitOperator({((0, "X"), (1, "Y")): 0.5, ((0, "Z"),): -1.25, (): 2.0}),
    "openfermion text": "0.5 [X0 Y1] +\n-1.25 [Z0] +\n2.0 []",
    "openfermion complex": "(0.5+0j) [X0 Y1] +\n(-1.25+0j) [Z0] +\n(2+0j) []",
    "our text": "0.5 X0 Y1 - 1.25 Z0 + 2 I",
    "number text": "2e0 + 5e-1*X0 Y1 - 1.25*Z0",
    "qiskit": SparsePauliOp.from_list([("YX", 0.5), ("IZ", -1.25), ("II", 2.0)]),
    "hamiltonian": qml.Hamiltonian(
        [0.5, -1.25, 2.0], [qml.X(0) @ qml.Y(1), qml.Z(0), qml.Identity(0)]
    ),
    "dot": qml.dot([0.5, -1.25, 2.0], [qml.X(0) @ qml.Y(1), qml.Z(0), qml.I()]),
    "sum": 0.5 * qml.X(0) @ qml.Y(1) - 1.25 * qml.Z(0) + 2.0 * qml.I(0),
    "combination": qml.ops.LinearCombination(
        [0.5, -1.25, 2.0], [qml.X(0) @ qml.Y(1), qml.Z(0), qml.I(0)]
    ),
    "sentence": qml.pauli.PauliSentence(
        {
            qml.pauli.PauliWord({0: "X", 1: "Y"}): 0.5,
            qml.pauli.PauliWord({0: "Z"}): -1.25,
            qml.pauli.PauliWord({}): 2.0,
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_stands_for_a_sum_is_read(form):
    given_form = FORMS[form]
    if form == "pairs":
        assert dict(PauliSum(given_form).terms) == dict(WANT.terms)
        return
    assert dict(PauliSum(given_form).terms) == dict(WANT.terms)
    problem = Problem(Circuit(2, []), given_form)
    np.testing.assert_allclose(full(problem.observable, 2), full(WANT, 2))


def test_one_word_is_a_sum():
    one = PauliSum({"X0 Z2": 1.0})
    for form in ("X0 Z2", "[X0 Z2]", Pauli.parse("X0 Z2"), QiskitPauli("ZIX"),
                 qml.pauli.PauliWord({0: "X", 2: "Z"}), qml.X(0) @ qml.Z(2)):  # fmt: skip
        assert PauliSum(form) == one
    assert PauliSum("-X0 Z2") == -one


@pytest.mark.parametrize(
    ("given_form", "message"),
    [
        (None, "an observable is a PauliSum, a mapping"),
        (3.0, "not float"),
        (np.eye(4), "not ndarray"),
        (b"Z0", "not bytes"),
        (lambda: 1, "not function"),
        (qml.Z, "not the class PauliZ"),
        (SparsePauliOp, "not the class SparsePauliOp"),
        (Operator(np.eye(2)), "not Operator"),
        (qml.expval(qml.Z(0)), "not ExpectationMP"),
        (qml.Z("a"), "the wire 'a' is not a number"),
        (["Z0", "X1"], r"pairs of a word and a coefficient"),
        ([("ZZ", [0, 1], 1.0)], r"pairs of a word and a coefficient"),
        ({0: 1.0}, "a Pauli word is text such as 'Z0 Y3', not 0"),
        ({"ZZ": 1.0}, "'ZZ' is not a Pauli word"),
        ({((0, 1), (1, 0)): 1.0}, "jordan_wigner"),
        ({((0, "X"), (0, "Y")): 1.0}, "names qubit 0 twice"),
        ({(("0", "X"),): 1.0}, "a qubit is a whole number"),
        ({((-1, "X"),): 1.0}, "a qubit is a whole number"),
        ("", "cannot be read"),
        ("0.5 [X0", "cannot be read"),
        ("0.5 [X0] 2 [Z0]", "cannot be read at '2"),
        ("0.5 [X0] +", "cannot be read"),
        ("0.5 [3^ 1]", "not a Pauli word"),
        ("(one) [X0]", "is no number"),
        ("nan [X0]", "must be finite"),
        ("1e999 [X0]", "must be finite"),
        ({"Z0": 1e308, "I Z0": 1e308}, "must be finite"),
    ],
)
def test_anything_else_is_refused_in_one_line(given_form, message):
    for door in (PauliSum, lambda h: Problem(DEVICE, h)):
        with pytest.raises(InputError, match=message) as caught:
            door(given_form)
        assert "\n" not in str(caught.value)


FAR = 99_999_999_999


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pauli.parse(f"Z{FAR}"),
        lambda: Pauli.parse("Z" + "9" * 6000),
        lambda: Pauli.parse(f"Z{MOST_QUBITS}"),
        lambda: Pauli.on("X", [FAR]),
        lambda: Pauli.on("XY", [0, 0]),
        lambda: Pauli.on("AB", [0, 1]),
        lambda: PauliSum({"Z0": 1.0, "X1": 1.0}).to_pennylane(["a", "a"]),
        lambda: PauliSum({f"Z{FAR}": 1.0}),
        lambda: PauliSum(f"1.0 [Z{FAR}]"),
        lambda: PauliSum({((FAR, "Z"),): 1.0}),
        lambda: PauliSum(qml.Z(FAR)),
        lambda: PauliSum(qml.pauli.PauliWord({FAR: "Z"})),
        lambda: PauliSum(SparsePauliOp.from_sparse_list([("Z", [20000], 1.0)], 20001)),
        lambda: PauliSum({Pauli(1 << 20000, 0): 1.0}),
        lambda: PauliSum({Pauli(-1, 0): 1.0}),
        lambda: Rotation(Pauli(1 << 20000, 0), None),
        lambda: Gate("x", (FAR,)),
        lambda: Gate("x", (-1,)),
        lambda: Gate("x", (0.0,)),
        lambda: Gate("x", 0),
        lambda: Circuit(FAR, []),
        lambda: Circuit(True * 0, []),
        lambda: Circuit.from_qasm(f"OPENQASM 3.0; qubit[{FAR}] q;"),
        lambda: PauliSum({"Z0": 1.0}).matrix(40),
        lambda: PauliSum({"Z0": 1.0}).dense(20),
        lambda: PauliSum({"Z0": 1.0}).dense(2.0),
    ],
)
def test_qubits_are_bounded_at_every_door(make):
    with pytest.raises(InputError) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_the_highest_qubit_is_allowed():
    top = MOST_QUBITS - 1
    assert PauliSum({f"Z{top}": 1.0}).n_qubits == MOST_QUBITS
    assert Pauli.parse("Z000007").qubits == (7,)
    assert Circuit(MOST_QUBITS, [Gate("x", (top,))]).n_qubits == MOST_QUBITS


def test_operators_that_are_none():
    h = PauliSum({"Z0": 1.0})
    with pytest.raises(InputError, match="a @ b"):
        h * h
    with pytest.raises(InputError, match="divided by 0"):
        h / 0
    for wrong in (lambda: h + "a", lambda: h @ 2, lambda: h * None, lambda: np.eye(2) * h):
        with pytest.raises(TypeError, match="PauliSum"):
            wrong()
