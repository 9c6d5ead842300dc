"""Levels of H2 and LiH by both ways, against dense diagonalisation, exactly and from shots."""

from pathlib import Path

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError
from qng.run.excited.remarks import out_of_order, penalties
from qng.run.excited.results import ExcitedStates
from tests import dense
from tests.mixed import Drawn, Mixed

N, Z = qng.symmetries.particle_number(4), qng.symmetries.spin_z(4)
SECTOR = {N: 2, Z: 0}


def annihilates(mode: int) -> PauliSum:
    below = (1 << mode) - 1
    return PauliSum([(Pauli(1 << mode, below), 0.5), (Pauli(1 << mode, below | 1 << mode), 0.5j)])


def adjoint(terms: PauliSum) -> PauliSum:
    return PauliSum([(word, c.conjugate()) for word, c in terms])


def unitary_cluster(layers: int) -> Circuit:
    """Singles and doubles of two electrons in two orbitals, which conserve N and S_z."""
    a = [annihilates(k) for k in range(4)]
    up = [adjoint(one) for one in a]
    excitations = [up[2] @ a[0], up[3] @ a[1], up[2] @ up[3] @ a[1] @ a[0]] * layers
    ops: list = [Gate("x", (0,)), Gate("x", (1,))]
    names = [f"t{k}" for k in range(len(excitations))]
    for name, excites in zip(names, excitations):
        for word, c in 1j * (excites - adjoint(excites)):
            ops.append(Rotation(word, 2 * c.real * parameter(name)))
    return Circuit(4, ops, names)


CLUSTER = qng.Problem(
    unitary_cluster(2),
    qng.load("h2").observable,
    start=np.random.default_rng(2).uniform(-0.5, 0.5, 6),
    name="h2",
)


def sector_levels(observable) -> np.ndarray:
    h = dense.pauli_sum(observable, 4)
    kept = [x for x in range(16) if x.bit_count() == 2 and (x & 5).bit_count() == 1]
    return np.linalg.eigvalsh(h[np.ix_(kept, kept)])


@pytest.mark.parametrize("way", [qng.excited.ssvqe, qng.excited.vqd])
def test_all_levels_of_the_sector_of_h2(way) -> None:
    found = way(CLUSTER, 4, within=SECTOR, steps=60, starts=2)
    expected = sector_levels(CLUSTER.observable)
    assert found.levels == pytest.approx(expected, abs=1e-9)
    assert np.abs(found.energies - expected).max() < 1.6e-3
    assert found.solved == (True,) * 4
    states = [dense.energy(CLUSTER.circuit, CLUSTER.observable, x) for x in found.points]
    if found.method == "vqd":
        assert found.energies == pytest.approx(np.array(states), abs=1e-10)
        psi = dense.state(CLUSTER.circuit, found.points)
        assert found.overlaps == pytest.approx(np.abs(psi.conj() @ psi.T) ** 2, abs=1e-10)
        matrix = dense.pauli_sum(CLUSTER.observable, 4)
        assert psi @ matrix.T == pytest.approx(found.energies[:, None] * psi, abs=1e-3)
        last = qng.excited.Deflated(CLUSTER, found.points[:3], found.weights)
        assert qng.gradient(last, found.points[3]).value == pytest.approx(np.zeros(6), abs=1e-3)
    else:
        # No rotation among the states lowers the sum: H is diagonal in them.
        whole = qng.excited.subspace(CLUSTER, 4, within=SECTOR)
        psi = np.array([dense.state(c, found.points[0]) for c, _ in whole.ensemble])
        within = psi.conj() @ dense.pauli_sum(CLUSTER.observable, 4) @ psi.T
        assert within == pytest.approx(np.diag(found.energies), abs=1e-3)
        assert qng.gradient(whole, found.points[0]).value == pytest.approx(np.zeros(6), abs=1e-3)
    assert found.message == "the states are in order, and none was found twice"
    assert found.excitations == pytest.approx(found.energies - found.energies[0])


@pytest.mark.parametrize("options", [{"method": "qng"}, {"method": "bfgs", "starts": 3}])
def test_levels_of_lih(options) -> None:
    exact = np.linalg.eigvalsh(dense.pauli_sum(qng.load("lih").observable, 4))
    found = qng.excited.vqd("lih", 2, beta=1.0, steps=60, **options)
    assert found.energies == pytest.approx(exact[:2], abs=1.6e-3)
    assert found.solved == (True, True)


def test_a_run_of_the_sum_that_is_solved_has_solved_all_levels() -> None:
    found = qng.excited.ssvqe("lih", 3, steps=100)
    assert found.runs[0].solved
    assert found.solved == (True,) * 3


def test_a_small_penalty_is_noticed() -> None:
    found = qng.excited.vqd(CLUSTER, 2, within=SECTOR, beta=0.05, steps=40)
    assert found.overlaps[1, 0] > 0.9
    assert "beta = 0.05 is too small" in found.message
    assert found.solved == (True, False)


def test_one_state_of_a_degenerate_level_is_not_two() -> None:
    """Nothing moves: both have the energy of their level, and are one state."""
    still = qng.Problem(Circuit(2, []), {"X0": 1.0, "Z0 Z1": 0.0, "Z1": 1e-4}, accuracy=2.0)
    found = qng.excited.vqd(still, 2)
    assert found.errors is not None
    assert np.all(found.errors <= 2.0)
    assert found.solved == (True, False)
    assert "has not left it" in found.message
    assert "(found before)" in str(found)


def test_noise_does_not_make_two_states_of_one() -> None:
    """Noise lowers the overlap of a state with itself below 1/2; both have its level's energy."""
    circuit = hardware_efficient(2, 3, ("ry", "rz"))
    problem = qng.Problem(circuit, {"Z0": 1.0}, accuracy=0.1)
    ground = qng.minimize(problem, start=np.full(16, 0.3), steps=60).x
    noisy = Drawn(Mixed())
    found = qng.excited.vqd(
        problem, 2, method="gd", start=ground, steps=0, shots=20_000, executor=noisy
    )
    assert found.overlaps[1, 0] < 0.5
    assert found.exact_overlaps[1, 0] == pytest.approx(1.0)
    assert found.solved == (True, False)
    assert "(found before)" in str(found)
    assert "has not left it" in found.message


def test_remarks_are_beyond_chance() -> None:
    energies, errors = np.array([0.0, 1.0, 0.98]), np.array([0.01, 0.01, 0.01])
    assert out_of_order(energies, errors, 1e-3) == []
    assert len(out_of_order(energies, None, 1e-3)) == 1
    assert len(out_of_order(energies, errors / 10, 1e-3)) == 1
    apart, enough, wide = np.eye(3), np.full((3, 3), 1.5), np.full((3, 3), 2.0)
    assert penalties(energies, errors, apart, 0 * apart, wide, enough) == []
    told = penalties(energies, errors, apart, 0 * apart, np.array([[0.5, 2.0, 0.0]] * 3), enough)
    assert [text[:11] for text in told] == ["beta = 0.5 "] * 2
    same = apart + 0.9 * (1 - apart)
    told = penalties(energies, errors, same, 0 * same, np.array([[1.0, 2.0, 0.0]] * 3), enough)
    assert ["too small" in text for text in told] == [True, True, False]
    near = apart + 0.1 * (1 - apart)
    assert len(penalties(energies, errors, near, 0 * near, wide, enough)) == 3
    assert penalties(energies, errors, near, 0.05 + 0 * near, wide, enough) == []


@pytest.mark.parametrize("way", [qng.excited.ssvqe, qng.excited.vqd])
def test_errors_from_shots(way, tmp_path: Path) -> None:
    """30 fresh measurements at one point: more than 7 beyond two errors happens once in 2e4."""
    found = [way(CLUSTER, 2, within=SECTOR, steps=0, shots=2000, seed=seed) for seed in range(15)]
    exact = found[0].exact
    assert exact is not None
    z = np.array([(one.energies - exact) / one.std_error for one in found])
    assert np.sum(np.abs(z) > 2) <= 7
    first = found[0]
    assert first.errors == pytest.approx(np.abs(exact - first.levels))
    assert first.excitation_errors[1] == pytest.approx(np.hypot(*first.std_error))
    first.save(tmp_path / "found.json")
    back = qng.load_run(tmp_path / "found.json")
    assert isinstance(back, ExcitedStates)
    assert str(back) == str(first)
    assert back.rows() == first.rows()
    again = back.runs[-1].made
    assert again is not None
    assert again.problem.parameters == CLUSTER.parameters


def test_equal_seeds_are_equal_results() -> None:
    one, two = (qng.excited.vqd("lih", 2, steps=2, shots=4000, seed=(3, 4)) for _ in range(2))
    assert np.array_equal(one.energies, two.energies)
    assert np.array_equal(one.overlaps, two.overlaps)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: qng.excited.vqd("lih", 0), "states must be"),
        (lambda: qng.excited.vqd("lih", 17), "16 states, and 17"),
        (lambda: qng.excited.vqd("lih", 2, beta=-1.0), "beta is a positive number"),
        (lambda: qng.excited.vqd("lih", 3, beta=[1.0]), "each of the 2 state"),
        (lambda: qng.excited.vqd("lih", 2, method="gauss-newton"), "leave out the penalties"),
        (lambda: qng.excited.vqd("lih", 2, ledger="x.db"), "ledger is of a single run"),
        (lambda: qng.excited.ssvqe("lih", 2, starts=0), "starts must be"),
        (lambda: qng.excited.ssvqe("lih", 2, start=[0.0]), "8 parameter"),
        (lambda: qng.excited.ssvqe(qng.models.function(lambda x: x @ x, [1.0])), "is a model"),
        (lambda: qng.excited.vqd("lih", 2, within=[Z]), "a mapping from symmetries"),
        (lambda: qng.excited.ssvqe("lih", 2, within={Z: 7}), "no computational"),
    ],
)
def test_bad_input_is_refused_before_anything_is_run(call, says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()


def near(method: str, way=qng.excited.vqd) -> ExcitedStates:
    """A qubit with the levels -0.001 and 0.001, from a mixture of both."""
    a, b = parameter("a"), parameter("b")
    turns = [Rotation(Pauli.parse("Y0"), a), Rotation(Pauli.parse("Z0"), b)]
    problem = qng.Problem(
        Circuit(1, turns, ["a", "b"]), {"Z0": 1e-3}, start=[1.4, 0.2], accuracy=1e-5
    )
    return way(problem, 2, method=method, steps=40)


def test_states_of_near_levels_that_are_mixed_are_told() -> None:
    found = near("gd", qng.excited.ssvqe)
    assert found.ritz == pytest.approx([-1e-3, 1e-3], abs=1e-12)
    assert found.solved == (False, False)
    assert "the span of the states has all levels" in found.message


def test_second_derivatives_take_near_levels_apart() -> None:
    found = near("newton")
    assert found.energies == pytest.approx([-1e-3, 1e-3], abs=1e-8)
    assert found.solved == (True, True)


def test_ritz_values_are_those_of_a_dense_span() -> None:
    found = qng.excited.vqd("lih", 3, steps=4, seed=2)
    h, psi = dense.pauli_sum(qng.load("lih").observable, 4), None
    psi = dense.state(qng.load("lih").circuit, found.points)
    basis = np.linalg.qr(psi.T)[0]
    assert found.ritz == pytest.approx(np.linalg.eigvalsh(basis.conj().T @ h @ basis), abs=1e-9)
    assert np.all(found.ritz >= np.linalg.eigvalsh(h)[:3] - 1e-12)


def test_levels_of_another_sector_are_told() -> None:
    """Nothing turns the second qubit: the circuit has -0.7 and 1.3, and misses -1.3 and 0.7."""
    problem = qng.Problem(
        Circuit(2, [Rotation(Pauli.parse("Y0"), parameter("a"))], ["a"]),
        {"Z0": 1.0, "Z1": 0.3},
        start=[0.4],
        symmetries={"P": {"Z1": 1.0}},
    )
    found = qng.excited.vqd(problem, 2, steps=60)
    assert found.energies == pytest.approx([-0.7, 1.3], abs=1e-4)
    assert found.solved == (False, False)
    assert "lowest levels with P = 1" in found.message
    inside = qng.excited.vqd(problem, 2, within={"P": 1}, steps=60)
    assert inside.solved == (True, True)
    assert inside.outside == pytest.approx([0, 0], abs=1e-12)
    out = qng.excited.vqd(problem, 2, within={"P": -1}, steps=60)
    assert out.solved == (False, False)
    assert "state 0 is not in the sector" in out.message
