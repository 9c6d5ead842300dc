"""Recommended words: those that a brute-force walk finds, and enough for g."""

from itertools import product

import numpy as np
import pytest

import qng
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.estimate import recommended_words
from qng.geometry import deficit
from tests import dense

HEADER = 'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; input float c; '
# Two-qubit rotations, a gate that is not Clifford, a fixed angle.
CIRCUIT = Circuit.from_qasm(
    HEADER + "qubit[3] q; rx(a) q[0]; ry(b) q[1]; cx q[0], q[1]; t q[1]; h q[2]; rz(0.3) q[2];"
    "rzz(c) q[1], q[2]; ry(a) q[1]; cz q[0], q[2]; rx(c) q[2];"
)
WORDS = [
    " ".join(f"{x}{q}" for q, x in enumerate(letters) if x != "I")
    for letters in product("IXYZ", repeat=3)
]


def seen(matrix):
    """The words of a matrix with their coefficients."""
    found = {w: np.trace(dense.word(w, 3) @ matrix).real / 8 for w in WORDS}
    return {w: c for w, c in found.items() if abs(c) > 1e-9}


def turn(op, values):
    if not hasattr(op, "angle"):
        return dense.gate(op, 3)
    half = dense.evaluate(str(op.angle), values) / 2
    return np.cos(half) * np.eye(8) - 1j * np.sin(half) * dense.word(str(op.pauli), 3)


def test_are_what_the_commutators_grow_into():
    """V (i/2) [P, U Z_q U^dagger] V^dagger at random angles, of every rotation and qubit."""
    rng, expected = np.random.default_rng(0), set()
    for _ in range(3):
        values = dict(zip("abc", rng.uniform(0.2, 1.3, 3)))
        turns = [turn(op, values) for op in CIRCUIT.ops]
        for k, op in enumerate(CIRCUIT.ops):
            if not hasattr(op, "angle") or op.is_fixed:
                continue
            p, before, after = dense.word(str(op.pauli), 3), np.eye(8), np.eye(8)
            for u in turns[:k]:
                before = u @ before
            for u in turns[k:]:
                after = u @ after
            for q in range(3):
                s = before @ dense.word(f"Z{q}", 3) @ before.conj().T
                expected |= set(seen(after @ (0.5j * (p @ s - s @ p)) @ after.conj().T))
    found = {str(word) for word in recommended_words(CIRCUIT)}
    assert expected <= found
    # Sums of ways to a word may cancel at all angles, which the walk does not see.
    assert len(found - expected) <= 0.2 * len(found)


@pytest.mark.parametrize("name", ["h2", "lih", "maxcut-4", "one-qubit"])
def test_they_are_enough_for_g(name):
    problem = qng.load(name)
    theta = np.random.default_rng(1).uniform(-3, 3, len(problem.initial))
    found = qng.metric(problem, theta, "observables", words="light-cone")
    short = deficit(qng.metric(problem, theta), found)
    assert abs(short.trace) < 1e-10
    assert short.largest < 1e-6


def test_the_heaviest_come_first_and_say_most():
    """Better than the words of H, which say little of this circuit."""
    problem = qng.load("h2")
    theta = np.random.default_rng(1).uniform(-3, 3, len(problem.initial))
    every = recommended_words(problem.circuit)
    few = recommended_words(problem.circuit, 8)
    assert set(few) < set(every)
    g, of_h = qng.metric(problem, theta), qng.metric(problem, theta, "observables")
    short = deficit(g, qng.metric(problem, theta, "observables", words=few))
    assert 0.01 < short.trace < deficit(g, of_h).trace


def test_how_many_is_a_number():
    with pytest.raises(InputError, match="most"):
        recommended_words(CIRCUIT, 0)


def test_words_of_what_is_no_circuit():
    with pytest.raises(InputError, match="recommended for a Circuit, not for 'h2'"):
        recommended_words("h2")
