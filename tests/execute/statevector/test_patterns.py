"""The planes of PAIR passes by local pattern."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.execute.statevector.fused.patterns import patterns
from tests.execute.statevector.test_tangents import agree, products_agree


@given(st.integers(1, 6), st.data())
def test_every_plane_is_in_one_pattern(n, data):
    """With the parities of the base of its pattern."""
    x = data.draw(st.integers(1, 2**n - 1))
    zs = data.draw(st.lists(st.integers(0, 2**n - 1), min_size=1, max_size=5))
    found = patterns([[], [Pauli(x, z) for z in zs]], n)
    assert found.bounds[0].tolist() == [0] * 5
    first, last, start, stop, run = found.bounds[1]
    inside = (found.inside[start:stop, None] + np.arange(run)).ravel()
    planes = found.bases[first:last, None] ^ inside
    j = np.arange(2**n)
    assert sorted(planes.ravel()) == j[j & (1 << x.bit_length() - 1) == 0].tolist()
    assert sorted(np.ravel(planes ^ x)) == j[j & (1 << x.bit_length() - 1) != 0].tolist()
    for z in zs:
        odd = np.bitwise_count(planes & z) & 1
        np.testing.assert_array_equal(odd, np.broadcast_to(odd[:, :1], odd.shape))
    assert run == 1 or not np.any(inside.reshape(-1, run)[:, 0] % run)


def test_an_excitation_has_few_patterns():
    """Words that flip four qubits, with a string of Z between two of them."""
    words = ["X0 X1 X4 Y6", "X0 X1 Y4 X6", "X0 Y1 X4 X6", "Y0 X1 X4 X6"]
    words = [Pauli.parse(f"{word} Z5") for word in words]
    bounds = patterns([words], 12).bounds
    assert bounds[0, 1] - bounds[0, 0] == 16


@pytest.mark.parametrize("parity", [0, 1])
@settings(max_examples=25)
@given(data=st.data())
def test_words_of_one_pass_on_wide_states(parity, data):
    """Stretches of neighbours that fill vectors, in real states and in complex ones."""
    n = 7
    x = data.draw(st.sampled_from([0b1000000, 0b1010000, 0b1110000]))
    ops, names = [Gate("h", (q,)) for q in range(n)], []
    for k in range(data.draw(st.integers(1, 4))):
        high = data.draw(st.integers(0, 7)) << 4
        if ((x & high).bit_count() - parity) % 2:
            high ^= 1 << 6
        names.append(f"t{k}")
        ops.append(Rotation(Pauli(x, high), parameter(names[-1])))
    ops += [Rotation(Pauli.parse("X0 Y5"), parameter(names[0])), ops[n]]
    circuit = Circuit(n, ops, names)
    agree(circuit, np.linspace(0.3, 1.1, len(names)))
    products_agree(circuit, np.linspace(0.3, 1.1, len(names)), 0)
