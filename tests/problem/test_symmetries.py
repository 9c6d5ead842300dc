"""Electrons, spins and penalties against ladder operators that are written here, densely."""

import numpy as np
import pytest

import qng
from qng import PauliSum, symmetries
from qng.errors import InputError, UnknownNameError
from qng.problem.levels import determinants, levels, upper_bound
from qng.problem.symmetries import penalised, sector_values
from tests.problem.molecule import electrons


def ladder(mode: int, modes: int) -> np.ndarray:
    """a_k = Z ... Z |0><1|, mode 0 the least significant bit."""
    lowers, parity = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    matrix = np.eye(1)
    for k in range(modes):
        matrix = np.kron(parity if k < mode else lowers if k == mode else np.eye(2), matrix)
    return matrix


def number(k: int, n: int) -> np.ndarray:
    return ladder(k, n).T @ ladder(k, n)


def pairs(n: int, order: str) -> list[tuple[int, int]]:
    half = n // 2
    return [(2 * p, 2 * p + 1) if order == "alternating" else (p, p + half) for p in range(half)]


@pytest.mark.parametrize("order", ["alternating", "blocked"])
@pytest.mark.parametrize("n", [2, 6])
def test_symmetries_are_those_of_ladder_operators(n: int, order: str) -> None:
    z = sum(number(up, n) - number(down, n) for up, down in pairs(n, order)) / 2
    raises = sum(ladder(up, n).T @ ladder(down, n) for up, down in pairs(n, order))
    square = (raises @ raises.T + raises.T @ raises) / 2 + z @ z
    total = sum(number(k, n) for k in range(n))
    assert np.allclose(symmetries.particle_number(n).dense(n), total, atol=1e-14)
    assert np.allclose(symmetries.spin_z(n, order).dense(n), z, atol=1e-14)
    assert np.allclose(symmetries.spin_squared(n, order).dense(n), square, atol=1e-14)
    known = sector_values(symmetries.spin_squared(n, order))
    assert known is not None
    found = np.unique(np.round(np.linalg.eigvalsh(square), 9))
    assert np.allclose(np.sort(known), found)


@pytest.mark.parametrize(
    ("name", "electrons", "square"), [("h2", 2, 0), ("h2", 2, 2), ("h2", 1, 0.75), ("lih", 2, 2)]
)
def test_levels_of_a_sector_are_those_of_the_penalised_hamiltonian(
    name: str, electrons: int, square: float
) -> None:
    """All states of the sector first, by two ways and by projectors that are written here."""
    h, n = qng.load(name).observable, 4
    sector = {symmetries.particle_number(n): electrons, symmetries.spin_squared(n): square}
    inside = np.eye(2**n)
    for symmetry, value in sector.items():
        matrix = symmetry.dense(n).real
        other, vectors = np.linalg.eigh(matrix)
        kept = vectors[:, np.abs(other - value) < 1e-9]
        inside = inside @ kept @ kept.T
    basis, size, _ = np.linalg.svd(inside)
    basis = basis[:, size > 1e-9]
    k = basis.shape[1]
    expected = np.linalg.eigvalsh(basis.T @ h.dense(n) @ basis)
    assert np.allclose(levels(h, k, n, sector), expected, atol=1e-9)
    whole = np.linalg.eigvalsh(penalised(h, sector).dense(n))
    assert np.allclose(whole[:k], expected, atol=1e-9)
    assert whole[k] > np.linalg.eigvalsh(h.dense(n))[-1]


def test_the_square_of_a_mean_is_no_penalty() -> None:
    """Half of no electron and half of two is one in the mean, and lies outside of the sector."""
    n = symmetries.particle_number(2)
    state = np.array([1, 0, 0, 1]) / np.sqrt(2)
    off = penalised(PauliSum({"I": 0.0}), n, 1, weight=1.0).dense(2)
    assert state @ n.dense(2) @ state == pytest.approx(1)
    assert (state @ off @ state).real == pytest.approx(1)


def test_levels_are_counted_as_often_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(qng.hamiltonians.heisenberg(4), 5) == pytest.approx([-8, -4, -4, -4, 0])
    chain = qng.hamiltonians.heisenberg(7, periodic=False)
    dense = chain.dense(7)
    exact = np.linalg.eigvalsh(dense)[:8]
    assert levels(chain, 8) == pytest.approx(exact, abs=1e-9)
    up = {PauliSum([(f"Z{k}", 1.0) for k in range(7)]): 1}
    kept = [x for x in range(2**7) if x.bit_count() == 3]
    inside = np.linalg.eigvalsh(dense[np.ix_(kept, kept)])[:4]
    assert levels(chain, 4, within=up) == pytest.approx(inside, abs=1e-9)
    monkeypatch.setattr("qng.problem.levels._DENSE", 8)  # Lanczos, which is for larger ones
    ring = qng.hamiltonians.heisenberg(8)  # where one start for all states misses some
    exact = np.linalg.eigvalsh(ring.dense(8))[:10]
    assert levels(ring, 10) == pytest.approx(exact, abs=1e-7)
    assert levels(qng.hamiltonians.tfim(14), 1) is None
    # Idle qubits double all levels.
    assert levels(PauliSum({"Z0": 1.0}), 2, 2) == pytest.approx([-1, -1])


def test_determinants_in_the_order_of_their_energies() -> None:
    h, n = qng.load("h2").observable, symmetries.particle_number(4)
    dense = np.diag(h.dense(4)).real
    found = determinants(h, 4, {n: 2})
    assert found[0] == 0b0011
    assert sorted(found) == [x for x in range(16) if x.bit_count() == 2]
    assert np.all(np.diff(dense[found]) > -1e-9)


def test_a_penalised_problem_has_the_level_of_the_sector_for_reference() -> None:
    problem = penalised(qng.load("h2"), symmetries.particle_number(4), 1)
    reference = problem.reference_energy()
    assert reference is not None
    assert reference.energy == pytest.approx(-0.52188554, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda h, n: penalised(h, n, 7), "it has 0, 1, 2, 3, 4"),
        (lambda h, n: penalised(h, n, 7, weight=1.0), "it has 0, 1, 2, 3, 4"),
        (lambda h, n: penalised(h, PauliSum({"X0": 1.0}), 1), "does not conserve"),
        (lambda h, n: penalised(h, n), "one symmetry and its value"),
        (lambda h, n: penalised(h, {n: 2}, 2), "one symmetry and its value"),
        (lambda h, n: penalised(h, n, 2, weight=-1.0), "positive"),
        (lambda h, n: penalised("h2", n, 2), "a PauliSum or a problem"),
        (lambda h, n: penalised(h, PauliSum({"I": 2.0}), 2), "one value only"),
        (lambda h, n: levels(h, 2, 4, {n: 4}), "there are 1 state"),
        (lambda h, n: levels(h, 2, 4, {n: 9}), "no state has these symmetries"),
        (lambda h, n: levels(h, 2, 4, {"N": 9}), "a mapping from symmetries"),
        (lambda h, n: symmetries.spin_z(3), "even"),
    ],
)
def test_what_cannot_be_a_sector_is_refused(call, says: str) -> None:
    with pytest.raises(InputError, match=says):
        call(qng.load("h2").observable, symmetries.particle_number(4))


def test_orders_have_names() -> None:
    with pytest.raises(UnknownNameError, match="alternating, blocked"):
        symmetries.spin_squared(4, "paired")


SUMS = {
    "parity": [0b0001, 0b0011, 0b0111, 0b1111],
    "bravyi-kitaev": [0b0001, 0b0011, 0b0100, 0b1111],
}
"""Which occupations of four modes every qubit adds up, mode 0 the lowest bit."""


@pytest.mark.parametrize("mapping", SUMS)
def test_other_mappings_are_other_names_of_the_same_states(mapping: str) -> None:
    moved = [
        sum(((occupied & mask).bit_count() % 2) << q for q, mask in enumerate(SUMS[mapping]))
        for occupied in range(16)
    ]
    for usual, mapped in (
        (symmetries.particle_number(4), symmetries.particle_number(4, mapping)),
        (symmetries.spin_z(4), symmetries.spin_z(4, mapping=mapping)),
        (symmetries.spin_squared(4), symmetries.spin_squared(4, mapping=mapping)),
    ):
        assert np.allclose(mapped.dense(4)[np.ix_(moved, moved)], usual.dense(4), atol=1e-14)
        assert np.allclose(sector_values(mapped), sector_values(usual))


def test_mappings_have_names() -> None:
    with pytest.raises(UnknownNameError, match="jordan-wigner"):
        symmetries.particle_number(4, "jordan")


def test_molecules_bring_their_symmetries(tmp_path) -> None:
    """The lowest singlet of four electrons is that of full configuration interaction."""
    given = {"ansatz": "k-upccgsd", "mapping": "bravyi-kitaev", "taper": True, "start": "hf"}
    made = qng.molecule(electrons.H4, **given)
    qng.save(made, tmp_path / "h4")
    problem = qng.load(tmp_path / "h4")
    sector = {"N": 4, "Sz": 0, "S2": 0}
    assert [name for name, _ in problem.symmetries] == ["N", "Sz", "S2"]
    within = {symmetries.symmetry_of(problem, name): v for name, v in sector.items()}
    n = problem.circuit.n_qubits
    found = levels(problem.observable, 2, n, within)
    assert found is not None
    assert found[0] == pytest.approx(electrons.H4_FCI, abs=1e-8)
    raised = penalised(problem, sector).observable
    assert levels(raised, 2, n) == pytest.approx(found, abs=1e-7)


def test_names_are_those_of_the_problem() -> None:
    problem = qng.Problem(qng.load("h2").circuit, qng.load("h2").observable)
    with pytest.raises(InputError, match="no symmetries with names"):
        penalised(problem, "N", 2)
    with pytest.raises(UnknownNameError, match="known: N, S2, Sz"):
        penalised(qng.load("h2"), "charge", 2)
    with pytest.raises(InputError, match="a PauliSum knows none"):
        penalised(problem.observable, "N", 2)
    with pytest.raises(InputError, match="the symmetry N: observable acts on qubit 5"):
        qng.Problem(problem.circuit, problem.observable, symmetries={"N": {"Z5": 1.0}})
    with pytest.raises(InputError, match="symmetries are given by name"):
        qng.Problem(problem.circuit, problem.observable, symmetries=["N"])
    own = penalised(qng.load("h2"), "N", 1).observable
    assert own == penalised(problem.observable, symmetries.particle_number(4), 1)


def test_an_upper_bound_is_above_its_level() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        words = [format(k, "02x") for k in rng.integers(0, 256, 12)]
        h = PauliSum([(qng.Pauli(int(w[0], 16), int(w[1], 16)), rng.normal()) for w in words])
        exact = np.linalg.eigvalsh(h.hermitian().dense(4))
        for k in (0, 1, 3):
            assert upper_bound(h.hermitian(), k, 4) >= exact[k] - 1e-12
        assert upper_bound(h.hermitian(), 15, 4) == pytest.approx(exact[-1])
