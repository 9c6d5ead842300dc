"""The free fermions of the Ising ring against its spins, and against printed numbers."""

import numpy as np
import pytest

import qng
from qng import PauliSum
from qng.circuit.ansatz import hamiltonian_variational
from qng.errors import InputError
from qng.problem.free_fermions import ising_ring
from qng.problem.hamiltonians import tfim


@pytest.mark.parametrize(("n", "field"), [(4, 1.0), (6, 0.7), (8, 1.2)])
def test_half_as_many_qubits_have_everything_of_the_ring(n: int, field: float) -> None:
    h = tfim(n, field)
    groups = [
        PauliSum([(word, 1.0) for word, _ in h if (word.x == 0) is diagonal])
        for diagonal in (True, False)
    ]
    circuit = hamiltonian_variational(groups, 2)
    start = np.random.default_rng(n).uniform(-1, 1, 4)
    spins, fermions = qng.Problem(circuit, h, start), ising_ring(n, 2, field)
    assert fermions.circuit.n_qubits == n // 2
    assert qng.energy(fermions, start).value == pytest.approx(qng.energy(spins).value, abs=1e-12)
    np.testing.assert_allclose(
        qng.gradient(fermions, start).value, qng.gradient(spins).value, atol=1e-11
    )
    np.testing.assert_allclose(
        qng.metric(fermions, start).dense(), qng.metric(spins).dense(), atol=1e-12
    )
    known = spins.reference_energy()
    assert fermions.reference is not None
    assert known is not None
    assert fermions.reference.energy == pytest.approx(known.energy, abs=1e-10)


def test_numbers_of_the_published_notebook() -> None:
    """Demo_TFI_FF: N = 10, p = 5, t = 1.2, parameters printed to three digits."""
    theta = [0.794, 0.07, 1.105, 0.759, 0.767, 0.054, 0.701, -1.394, 1.263, 0.976]
    problem = ising_ring(10, 5, 1.2)
    assert qng.energy(problem, theta).value / 10 == pytest.approx(-0.2743, abs=1e-3)
    expected = [-0.065, -0.049, -0.123, 0.987, 0.026, 0.448, 0.056, 0.372, 1.302, 0.026]
    gradient = qng.gradient(problem, theta).value / 10
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=2e-3)
    f = qng.metric(problem, theta).dense()
    row = [2.5, 0, 2.482, 0.07, 1.408, 1.689, 1.368, 1.016, -1.463, 0.288]
    diagonal = [2.5, 3.145, 2.476, 2.919, 3.171, 3.313, 3.046, 3.295, 4.151, 3.942]
    np.testing.assert_allclose(f[0], row, rtol=0, atol=2e-3)
    np.testing.assert_allclose(np.diag(f), diagonal, rtol=0, atol=2e-3)


def test_lowest_energy_of_twenty_spins() -> None:
    reference = ising_ring(20, 10).reference
    assert reference is not None
    assert reference.energy == pytest.approx(-25.4909896864, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "layers", "field", "says"),
    [(5, 1, 1.0, "even"), (2, 1, 1.0, "n_spins"), (4, 0, 1.0, "layers"), (4, 1, 0.0, "field")],
)
def test_what_cannot_be_built_is_refused(n: int, layers: int, field: float, says: str) -> None:
    with pytest.raises(InputError, match=says):
        ising_ring(n, layers, field)
