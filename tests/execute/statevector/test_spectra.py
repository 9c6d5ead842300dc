"""Sums of words of Z that are known up to a scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import Pauli
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.fused.spectra import levels
from qng.execute.statevector.kernels.kinds import PHASE
from qng.execute.statevector.tangents.derivatives import Derivatives
from tests import dense
from tests.execute.statevector.test_tangents import agree, products_agree


def ring(n, scale=1.0):
    return {Pauli(0, 1 << q | 1 << (q + 1) % n): scale for q in range(n)}


def layers(n, costs, names, offset=0.0):
    """Rotations by the words of each cost and then about X, behind H on all qubits."""
    ops = [Gate("h", (q,)) for q in range(n)]
    for cost, name in zip(costs, names):
        ops += [Rotation(word, c * parameter(name) + offset) for word, c in cost.items()]
        ops += [Rotation(Pauli(1 << q, 0), parameter("x")) for q in range(n)]
    return Circuit(n, ops, [*dict.fromkeys(names), "x"])


def test_the_levels_of_a_ring():
    """As many as cuts of different sizes, and the same for all layers."""
    found = fused(layers(6, [ring(6)] * 3, "abc"))
    assert len(found.spectra.sums) == 1
    assert found.spectra.groups[found.kinds == PHASE].tolist() == [0, 0, 0, -1]
    known = levels(found.spectra)
    assert sorted(known.values) == [-6.0, -2.0, 2.0, 6.0]
    j = np.arange(64)
    cut = np.bitwise_count(j ^ (j >> 1 | (j & 1) << 5))
    np.testing.assert_array_equal(known.values[known.which[0]], 6.0 - 2.0 * cut)


@settings(max_examples=40)
@given(st.data())
def test_layers_that_differ(data):
    """Words alone, in other proportions, with fixed ones and with other parameters."""
    n = data.draw(st.integers(3, 5))
    costs = []
    for _ in range(data.draw(st.integers(1, 4))):
        cost = ring(n, data.draw(st.sampled_from([1.0, 1.0, 0.5, -0.3])))
        if data.draw(st.booleans()):
            zs = data.draw(st.lists(st.integers(1, 2**n - 1), max_size=3))
            cost |= {Pauli(0, z): data.draw(st.sampled_from([1.0, 0.3, -2.0])) for z in zs}
        costs.append(cost)
    names = [data.draw(st.sampled_from("abc")) for _ in costs]
    circuit = layers(n, costs, names, data.draw(st.sampled_from([0.0, 0.0, 0.1])))
    circuit = Circuit(n, [*circuit.ops, Gate("cz", (0, 1))], "abcx")
    theta = np.array(data.draw(st.sampled_from([[0.3, -1.1, 0.7, 0.2], [0.0] * 4])))
    agree(circuit, theta)
    products_agree(circuit, theta, n)


def test_a_sum_of_many_levels_is_not_kept():
    weights = dict(zip(ring(5), np.sqrt([2.0, 3, 5, 7, 11])))
    found = levels(fused(layers(5, [weights], "a")).spectra)
    assert (found.groups == -1).all()
    assert len(found.values) == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_angles_that_no_parameters_give(seed):
    """Every rotation has an angle of its own, which is not in proportion to the others."""
    circuit = layers(4, [ring(4), ring(4)], "ab")
    rng = np.random.default_rng(seed)
    phi = rng.normal(size=circuit.n_rotations)
    one = Derivatives(circuit, phi, Slopes.of(np.eye(len(phi))))
    free = [
        Rotation(op.pauli, parameter(f"t{k}")) if isinstance(op, Rotation) else op
        for k, op in enumerate(circuit.ops)
    ]
    names = [f"t{k}" for k, op in enumerate(circuit.ops) if isinstance(op, Rotation)]
    expected = dense.state(Circuit(4, free, names), phi)
    np.testing.assert_allclose(one.state, expected, rtol=0, atol=1e-12)
    v = rng.normal(size=len(phi))
    np.testing.assert_allclose(one.jvp(v), v @ one.dense(), rtol=0, atol=1e-12)
