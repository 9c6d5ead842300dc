"""Rows of long circuits on few qubits, section by section, against rows through all passes."""

from unittest.mock import patch

import numpy as np
import pytest

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector.tangents import sections
from qng.execute.statevector.tangents.derivatives import Derivatives, pushed
from qng.execute.statevector.tangents.tangents import Meeting

WORDS = {
    "real": ("Y0", "Y1", "X0 Y2", "Y1 Z2"),
    "complex": ("X0", "Y1", "Z2", "Z0 Z1", "X0 X2", "Y0 X1 Z2"),
}
GATES = (("cx", (0, 1)), ("cx", (2, 0)), ("cz", (1, 2)), ("h", (1,)), ("swap", (0, 2)))


def circuit_of(words, rotations, parameters):
    """Rotations about words in turn, with gates between them; some parameters feed two."""
    rng = np.random.default_rng(3)
    ops = []
    for k in range(rotations):
        angle = parameter(f"t{k if k < parameters else rng.integers(parameters)}")
        ops.append(Rotation(Pauli.parse(words[k % len(words)]), angle))
        name, qubits = GATES[rng.integers(len(GATES))]
        ops.append(Gate(name, qubits))
    return Circuit(3, ops, [f"t{k}" for k in range(parameters)]), rng.normal(size=parameters)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("rotations", [110, 130])
def test_rows(kind, rotations):
    circuit, theta = circuit_of(WORDS[kind], rotations, 110)
    slopes = circuit.slopes(theta)
    at = circuit, circuit.angles(theta), slopes
    rows, psi = pushed(*at), Derivatives(*at).state
    observable = PauliSum({"Z0 Z1": 1.0, "X2": 0.5})
    with (
        patch.object(sections, "_A_SECTION", 2_000),
        patch.object(sections, "fill", wraps=sections.fill) as fill,
    ):
        meeting = Meeting(*at)
        gram, b = meeting.gram(10**6)
        assert fill.call_count == 1
        several, _ = Meeting(*at, threads=2).gram(10**6, 2)
        halves, _ = Meeting(*at, single=True).gram(10**6)
    np.testing.assert_allclose(gram, (rows.conj() @ rows.T).real, rtol=0, atol=1e-12)
    np.testing.assert_allclose(b, (rows @ psi.conj()).imag, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(several, gram)
    np.testing.assert_allclose(halves, gram, rtol=0, atol=2e-6)
    energy, _, slope = meeting.gradient(observable)
    with patch.object(sections, "_MANY", 10**6):
        other = Meeting(*at)
        assert other.gradient(observable)[0] == pytest.approx(energy, abs=1e-12)
        np.testing.assert_allclose(other.gradient(observable)[2], slope, rtol=0, atol=1e-12)


def test_blocks_of_rows():
    circuit, theta = circuit_of(WORDS["complex"], 220, 220)
    at = circuit, circuit.angles(theta), circuit.slopes(theta)
    whole, b = Meeting(*at).gram(10**6)
    blocks, c = Meeting(*at).gram(218)
    np.testing.assert_allclose(blocks, whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(c, b, rtol=0, atol=1e-12)


def test_few_parameters_go_through_all_passes():
    circuit, _ = circuit_of(WORDS["real"], 90, 90)
    assert not sections.worth_it(circuit, 90, 90)
    assert sections.worth_it(circuit, 97, 97)
    assert not sections.worth_it(circuit, 97, 200)
