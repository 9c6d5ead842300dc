"""Ansaetze of electrons: what they conserve, where they start, and what they reach."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import unitary_group

import qng
from qng.problem.molecule import Integrals, molecule
from qng.problem.molecule.fcidump import read_fcidump
from qng.problem.molecule.givens import of_determinant, of_unitary
from qng.problem.molecule.jastrow import settled
from tests.dense import state
from tests.problem.molecule import electrons

H4 = read_fcidump(electrons.H4)
ANSATZE = {
    "uccsd": {"ansatz": "uccsd"},
    "k-upccgsd": {"ansatz": "k-upccgsd", "layers": 1},
    "lucj": {"ansatz": "lucj", "layers": 1},
}


def hydrogen() -> Integrals:
    """H2 in STO-3G, near its equilibrium."""
    one = np.diag([-1.2563390730, -0.4718960072])
    two = np.zeros((2, 2, 2, 2))
    two[0, 0, 0, 0], two[1, 1, 1, 1] = 0.6757101548, 0.6986593740
    for p, q in ((0, 1), (1, 0)):
        two[p, p, q, q], two[p, q, p, q], two[p, q, q, p] = 0.6645817302, 0.1809312700, 0.1809312700
    return Integrals(0.7201580926, one, two, (1, 1))


@pytest.mark.parametrize("name", ANSATZE)
@pytest.mark.parametrize("electron_pairs", [(2, 2), (3, 1)])
def test_electrons_and_spin_are_conserved(name: str, electron_pairs: tuple[int, int]) -> None:
    integrals = Integrals(H4.constant, H4.one, H4.two, electron_pairs)
    for order in ("alternating", "blocked"):
        problem = molecule(integrals, start="hf", order=order, **ANSATZE[name])
        theta = np.random.default_rng(1).uniform(-1, 1, problem.circuit.n_parameters)
        psi = state(problem.circuit, theta)
        number, z, square = electrons.spins(4, order)
        m = (electron_pairs[0] - electron_pairs[1]) / 2
        assert np.linalg.norm(number @ psi - 4 * psi) < 1e-10
        assert np.linalg.norm(z @ psi - m * psi) < 1e-10
        if name == "k-upccgsd":
            assert np.linalg.norm(square @ psi - m * (m + 1) * psi) < 1e-10


@pytest.mark.parametrize("name", ANSATZE)
@pytest.mark.parametrize("taper", [False, True])
def test_without_amplitudes_they_are_hartree_fock(name: str, taper: bool) -> None:
    problem = molecule(H4, start="hf", taper=taper, mapping="parity", **ANSATZE[name])
    assert qng.energy(problem, problem.initial).value == pytest.approx(electrons.H4_HF, abs=1e-8)
    assert problem.circuit.n_qubits == (6 if taper else 8)


@pytest.mark.parametrize("name", ANSATZE)
def test_mappings_and_fewer_qubits_leave_the_energies(name: str) -> None:
    plain = molecule(H4, **ANSATZE[name])
    theta = np.random.default_rng(2).uniform(-1, 1, plain.circuit.n_parameters)
    expected = [qng.energy(plain, at).value for at in (plain.initial, theta)]
    for mapping in ("parity", "bravyi-kitaev"):
        other = molecule(H4, mapping=mapping, taper=True, order="blocked", **ANSATZE[name])
        found = [qng.energy(other, at).value for at in (other.initial, theta)]
        assert found == pytest.approx(expected, abs=1e-10)


def test_coupled_cluster_of_two_electrons_is_exact() -> None:
    problem = molecule(hydrogen(), ansatz="uccsd", start="hf")
    run = qng.minimize(problem, "qng", steps=40)
    assert problem.circuit.parameters == ("t_0_0_1_1",)
    assert problem.reference is not None
    assert run.fun == pytest.approx(problem.reference.energy, abs=1e-8)
    matrix = problem.observable.matrix(4).toarray()
    count = np.bitwise_count(np.arange(16))
    two = np.flatnonzero(count == 2)
    assert run.fun == pytest.approx(np.linalg.eigvalsh(matrix[np.ix_(two, two)])[0], abs=1e-8)


def test_coupled_cluster_shares_its_parameters() -> None:
    problem = molecule(H4, ansatz="uccsd", start="ccsd")
    pairs, singles = 4 * 5 // 2, 4
    assert problem.circuit.n_parameters == pairs + singles
    # The error of coupled cluster is 6e-5; as a unitary in one Trotter step it is variational.
    energy = qng.energy(problem, problem.initial).value
    assert electrons.H4_FCI < energy < electrons.H4_FCI + 1.6e-3


def test_amplitudes_are_better_than_hartree_fock() -> None:
    for name, start, options in (
        ("uccsd", "mp2", {}),
        ("uccsd", "ccsd", {}),
        ("lucj", "mp2", {"layers": 2}),
        ("lucj", "ccsd", {"layers": 2}),
    ):
        problem = molecule(H4, ansatz=name, start=start, **options)
        energy = qng.energy(problem, problem.initial).value
        assert electrons.H4_FCI < energy < electrons.H4_HF - 0.02


def test_the_reference_is_what_the_circuit_can_reach() -> None:
    # Without attraction by the nuclei the quintet lies below the lowest singlet.
    apart = Integrals(H4.constant, 0.02 * H4.one, H4.two, (2, 2))
    kept, mixed = (
        molecule(apart, ansatz=name, start="hf").reference for name in ("k-upccgsd", "lucj")
    )
    assert mixed.energy < kept.energy - 5e-3
    assert "S(S+1) = 0; there is a lower level with S(S+1) = 6" in kept.how
    assert "S(S+1) = 6; there is a higher level with S(S+1) = 0" in mixed.how


def test_the_published_count_of_jastrow_parameters() -> None:
    # ffsim counts 3 n^2 = 108 for three turns of six orbitals and 22 phases of pairs; the first
    # turn acts on a determinant and needs 18, phases of two turns are those of the next.
    n2 = read_fcidump(electrons.N2)
    problem = molecule(n2, ansatz="lucj", start="hf")
    assert problem.circuit.n_parameters == 18 + 30 + 36 + 22


def test_turns_make_a_unitary() -> None:
    stream = np.random.default_rng(3)
    for n in (1, 2, 5):
        a = stream.standard_normal((n, n)) + 1j * stream.standard_normal((n, n))
        w = expm(a - a.conj().T)
        turns, phases = of_unitary(w)
        found = np.eye(n, dtype=complex)
        for p, angle, phase in turns:
            found = givens(n, p, angle) @ phased(n, p, phase) @ found
        np.testing.assert_allclose(np.diag(np.exp(1j * phases)) @ found, w, atol=1e-12)
        for k in range(n + 1):
            found = np.eye(n, dtype=complex)
            for p, angle, phase in of_determinant(w[:, :k]):
                found = phased(n, p + 1, phase) @ givens(n, p, angle) @ found
            span, wanted = found[:, :k], w[:, :k]
            np.testing.assert_allclose(span @ span.conj().T, wanted @ wanted.conj().T, atol=1e-12)


def givens(n: int, p: int, angle: float) -> np.ndarray:
    k = np.zeros((n, n))
    k[p + 1, p], k[p, p + 1] = angle, -angle
    return expm(k)


def phased(n: int, p: int, phase: float) -> np.ndarray:
    return np.diag(np.exp(1j * phase * (np.arange(n) == p)))


def test_vectors_of_equal_levels_are_the_same_whatever_the_solver() -> None:
    rng = np.random.default_rng(5)
    values = np.array([-0.7, -0.7, -0.2, 0.0, 0.0, 0.2, 0.7, 0.7])
    vectors = unitary_group.rvs(8, random_state=rng)
    mixed = vectors.copy()
    for level in ([0, 1], [2], [3, 4], [5], [6, 7]):
        u = unitary_group.rvs(len(level), random_state=rng) if len(level) > 1 else -1j * np.eye(1)
        mixed[:, level] = mixed[:, level] @ u
    first, second = settled(values, vectors, 0.3), settled(values, mixed, 0.3)
    np.testing.assert_allclose(first, second, atol=1e-9)
    np.testing.assert_allclose(first.conj().T @ first, np.eye(8), atol=1e-12)
    expected = (vectors * values) @ vectors.conj().T
    np.testing.assert_allclose((first * values) @ first.conj().T, expected, atol=1e-12)
    # Levels above zero are turned one way, those below the other, and zero not at all.
    plain = settled(values, vectors)
    cosines = np.einsum("ri,ri->i", plain.conj(), first).real
    np.testing.assert_allclose(cosines, np.cos(0.3 * np.array([1, 1, 0, 0, 0, 0, 1, 1])))
    sines = np.einsum("ri,ri->i", plain[:, ::2].conj(), first[:, 1::2]).real
    np.testing.assert_allclose(sines[[0, 3]], [-np.sin(0.3), np.sin(0.3)])


def test_phases_of_turns_that_do_nothing_are_not_those_of_rounding() -> None:
    """Blocks between which there is nothing, and nothing but rounding."""
    rng = np.random.default_rng(6)
    exact = np.zeros((6, 6), dtype=complex)
    for block in ([0, 3], [1, 4], [2, 5]):
        exact[np.ix_(block, block)] = unitary_group.rvs(2, random_state=rng)
    rounded = exact + 1e-15 * (rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6)))
    for of in (lambda w: of_unitary(w)[0], lambda w: of_determinant(w[:, :3])):
        turns, others = np.array(of(exact)), np.array(of(rounded))
        assert np.any(turns[:, 1] == 0) or np.any(turns[:, 1] == np.pi / 2)
        np.testing.assert_allclose(turns[:, :2], others[:, :2], atol=1e-12)
        np.testing.assert_allclose(np.exp(1j * turns[:, 2]), np.exp(1j * others[:, 2]), atol=1e-12)


def test_the_reference_has_the_symmetry_of_the_circuit() -> None:
    # One electron; orbital 1 is of another symmetry than 0 and 2, and lower than the one filled.
    one = np.array([[0.0, 0.0, 0.1], [0.0, -1.0, 0.0], [0.1, 0.0, 1.0]])
    problem = molecule(Integrals(0.0, one, np.zeros((3, 3, 3, 3)), (1, 0)), ansatz="uccsd")
    expected = (1 - np.sqrt(1.04)) / 2
    assert problem.reference is not None
    assert problem.reference.energy == pytest.approx(expected, abs=1e-12)
    assert problem.reference.how.endswith(
        "there is a lower level of another symmetry than the reference determinant, "
        "-1.0000000000 Ha"
    )
    run = qng.minimize(problem, steps=100, tol=1e-12)
    assert run.fun == pytest.approx(expected, abs=1e-9)
    assert run.solved


def test_open_shells_leave_hartree_fock() -> None:
    triplet = Integrals(H4.constant, H4.one, H4.two, (3, 1))
    problem = molecule(triplet, ansatz="lucj", taper=True)
    run = qng.minimize(problem, steps=40)
    assert electrons.H4_TRIPLET - 1e-9 < run.fun < electrons.H4_TRIPLET + 1.6e-3
    at_zero, beside = (
        np.abs(molecule(triplet, ansatz="k-upccgsd", start=start).initial).max()
        for start in ("hf", None)
    )
    assert (at_zero, 0.04 < beside <= 0.05) == (0.0, True)
