"""Weighted sums over orthogonal states against a dense simulator, and the bound on their levels."""

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.errors import InputError
from qng.problem.subspace import prepared, subspace
from tests import dense

LIH = qng.load("lih")


def energies(problem, theta) -> np.ndarray:
    return np.array(
        [dense.energy(circuit, problem.observable, theta) for circuit, _ in problem.ensemble]
    )


def test_states_are_the_circuit_on_the_references() -> None:
    """X gates at the beginning of lih give way: U |x> is U X_x |0>, orthogonal at every theta."""
    problem = subspace(LIH, references=["0011", "0101", "0000"])
    theta = np.linspace(-2, 2, 8)
    states = np.array([dense.state(circuit, theta) for circuit, _ in problem.ensemble])
    assert np.allclose(states.conj() @ states.T, np.eye(3), atol=1e-12)
    assert np.allclose(states[0], dense.state(LIH.circuit, theta), atol=1e-14)
    bare = prepared(LIH.circuit, "0000")
    assert np.abs(dense.state(bare, 0 * theta)[0]) == pytest.approx(1)


def test_energy_gradient_and_metric_are_weighted_sums() -> None:
    problem = subspace(LIH, 2, weights=[0.8, 0.3])
    theta = np.linspace(-1, 2, 8)
    weights = [weight for _, weight in problem.ensemble]
    assert weights == [0.8, 0.3]
    expected = np.dot(weights, energies(problem, theta))
    assert qng.energy(problem, theta).value == pytest.approx(expected, abs=1e-12)
    parts = [dense.gradient(c, problem.observable, theta) for c, _ in problem.ensemble]
    dense.close(qng.gradient(problem, theta).value, np.tensordot(weights, parts, 1))
    metrics = [dense.metric(circuit, theta) for circuit, _ in problem.ensemble]
    dense.close(qng.metric(problem, theta).dense(), np.tensordot(weights, metrics, 1))


@pytest.mark.parametrize("weights", [None, [1.0, 0.4, 0.3]])
def test_the_error_of_the_sum_bounds_that_of_every_level(weights) -> None:
    problem = subspace(qng.load("h2"), 3, weights)
    exact = np.sort(np.linalg.eigvalsh(dense.pauli_sum(problem.observable, 4)))[:3]
    w = np.array([weight for _, weight in problem.ensemble])
    assert problem.reference is not None
    assert problem.reference.energy == pytest.approx(w @ exact, abs=1e-9)
    least = np.min(w - np.append(w[1:], 0))
    assert problem.accuracy == pytest.approx(1.6e-3 * least)
    for theta in np.random.default_rng(0).uniform(-3, 3, (40, 12)):
        found = energies(problem, theta)
        off = w @ found - problem.reference.energy
        assert off >= -1e-9
        assert np.abs(found - exact).max() <= off / least + 1e-9


def test_references_are_the_lowest_determinants_of_the_sector() -> None:
    diagonal = np.diag(dense.pauli_sum(LIH.observable, 4)).real
    lowest = np.argsort(np.round(diagonal, 9), kind="stable")[:4]
    starts = []
    for circuit, _ in subspace(LIH, 4).ensemble:
        starts.append(int(np.argmax(np.abs(dense.state(prepared_only(circuit), np.zeros(8))))))
    assert starts == lowest.tolist()
    two = {qng.symmetries.particle_number(4): 2}
    for circuit, _ in subspace(LIH, 6, within=two).ensemble:
        state = dense.state(prepared_only(circuit), np.zeros(8))
        assert int(np.argmax(np.abs(state))).bit_count() == 2


def prepared_only(circuit):
    """The X gates at its beginning."""
    count = 0
    while getattr(circuit.ops[count], "name", "") == "x":
        count += 1
    return circuit.prefix(count)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"states": 0}, "states must be"),
        ({"states": 17}, "16 states, and 17"),
        ({"weights": [0.5, 0.5]}, "descending"),
        ({"weights": [0.5, -0.5]}, "descending"),
        ({"weights": [3, 2, 1]}, "2 states have as many weights"),
        ({"references": ["0011", "0011"]}, "different strings"),
        ({"references": ["011", "0011"]}, "strings of 4 zeros and ones"),
        ({"references": []}, "one at least"),
        ({"states": 7, "within": {qng.symmetries.particle_number(4): 2}}, "6 computational"),
        (
            {"references": ["0001"], "within": {qng.symmetries.particle_number(4): 2}},
            "0001 does not have the symmetries",
        ),
    ],
)
def test_what_has_no_levels_is_refused(options, says: str) -> None:
    with pytest.raises(InputError, match=says):
        subspace(LIH, **options)


def test_one_circuit_is_expected() -> None:
    with pytest.raises(InputError, match="several weighted circuits"):
        subspace(subspace(LIH, 2), 2)
    with pytest.raises(InputError, match="a problem of circuits is expected"):
        subspace(real_amplitudes(2, 1), 2)
