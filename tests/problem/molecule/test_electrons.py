"""Words, sectors and amplitudes against matrices of ladder operators and numbers of PySCF."""

from itertools import product
from math import comb

import numpy as np
import pytest

from qng.problem.molecule import fci
from qng.problem.molecule.amplitudes import coupled_cluster, perturbative
from qng.problem.molecule.encoding import MAPPINGS, Encoding, symmetries
from qng.problem.molecule.fcidump import read_fcidump
from qng.problem.molecule.fermions import ORDERS, Modes, generator, hamiltonian
from qng.problem.molecule.fermions import product as words
from qng.problem.molecule.integrals import Integrals
from tests.problem.molecule import electrons

H4 = read_fcidump(electrons.H4)


@pytest.mark.parametrize("order", ORDERS)
def test_the_hamiltonian_is_that_of_its_integrals(order: str) -> None:
    found = hamiltonian(H4, Modes(4, order)).dense(8)
    np.testing.assert_allclose(found, electrons.hamiltonian(electrons.H4, order), atol=1e-8)


def test_products_of_ladder_operators_are_those_of_matrices() -> None:
    a = electrons.annihilators(4)
    t = a[2].T @ a[3].T @ a[1] @ a[0]
    np.testing.assert_allclose(words([2, 3], [1, 0]).dense(4), t.todense(), atol=1e-15)
    np.testing.assert_allclose(
        generator([2, 3], [1, 0]).dense(4), 1j * (t - t.T).todense(), atol=1e-15
    )


def test_the_reference_determinant_has_the_energy_of_hartree_fock() -> None:
    assert H4.reference_energy == pytest.approx(electrons.H4_HF, abs=1e-8)


def test_amplitudes_give_the_energies_of_pyscf() -> None:
    assert perturbative(H4).energy == pytest.approx(electrons.H4_MP2, abs=1e-8)
    assert coupled_cluster(H4).energy == pytest.approx(electrons.H4_CCSD, abs=1e-8)


def test_the_lowest_level_is_that_of_pyscf() -> None:
    level = fci.lowest(H4)
    assert level.energy == pytest.approx(electrons.H4_FCI, abs=1e-8)
    assert level.square == pytest.approx(0, abs=1e-8)
    triplet = fci.lowest(H4, (3, 1))
    assert triplet.energy == pytest.approx(electrons.H4_TRIPLET, abs=1e-8)
    assert triplet.square == pytest.approx(2, abs=1e-8)
    assert triplet.multiplicity == pytest.approx(3, abs=1e-8)


def test_the_published_level_of_nitrogen() -> None:
    level = fci.lowest(read_fcidump(electrons.N2))
    assert level.energy == pytest.approx(electrons.N2_FCI, abs=2e-9)


def test_every_sector_has_the_levels_of_the_matrix() -> None:
    matrix = electrons.hamiltonian(electrons.H4)
    count, z, _ = (np.asarray(m.diagonal()) for m in electrons.spins(4))
    for up, down in product(range(5), range(5)):
        if up + down == 0:
            continue
        sector = np.flatnonzero((count == up + down) & (np.abs(z - (up - down) / 2) < 1e-9))
        assert len(sector) == comb(4, up) * comb(4, down)
        lowest = np.linalg.eigvalsh(matrix[np.ix_(sector, sector)])[0]
        assert fci.lowest(H4, (up, down), pure=False).energy == pytest.approx(lowest, abs=1e-9)


def test_levels_of_a_spin_are_the_lowest_with_that_spin() -> None:
    # Triplets have a component with S_z = 0; penalised, the singlet is lower where it was not.
    apart = Integrals(H4.constant, 0.02 * H4.one, H4.two, (2, 2))
    modes = Modes(4)
    matrix = hamiltonian(apart, modes).dense(8).real
    count, z, square = electrons.spins(4)
    index = np.flatnonzero((count.diagonal() == 4) & (z.diagonal() == 0))
    block, spin = matrix[np.ix_(index, index)], square.todense()[np.ix_(index, index)]
    levels, states = np.linalg.eigh(block + 1e-3 * spin)
    squares = np.einsum("ik,ij,jk->k", states, spin, states)
    energies = levels - 1e-3 * squares
    singlets, triplets = energies[np.abs(squares) < 1e-6], energies[np.abs(squares - 2) < 1e-6]
    assert triplets.min() < singlets.min() - 5e-3
    found = fci.lowest(apart)
    assert found.energy == pytest.approx(singlets.min(), abs=1e-9)
    assert found.square == pytest.approx(0, abs=1e-8)
    assert fci.lowest(apart, pure=False).energy == pytest.approx(energies.min(), abs=1e-9)


def test_larger_sectors_have_the_levels_of_the_matrix() -> None:
    n2 = read_fcidump(electrons.N2)
    matrix = hamiltonian(n2, Modes(6, "blocked")).matrix(12).real
    index = np.arange(2**12)
    counts = np.bitwise_count(index & 63), np.bitwise_count(index >> 6)
    for up, down in ((3, 3), (4, 2), (4, 3), (2, 4)):
        sector = np.flatnonzero((counts[0] == up) & (counts[1] == down))
        expected = np.linalg.eigvalsh(matrix[sector][:, sector].toarray())[0]
        assert fci.lowest(n2, (up, down), pure=False).energy == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_mappings_keep_the_levels_and_the_reference_determinant(mapping: str, order: str) -> None:
    modes = Modes(4, order)
    terms = hamiltonian(H4, modes)
    encoding = Encoding.named(mapping, 8)
    matrix = encoding.sum(terms).dense(8)
    expected = np.linalg.eigvalsh(electrons.hamiltonian(electrons.H4))
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix), expected, atol=1e-7)
    place = encoding.bits(modes.occupied((2, 2)))
    assert matrix[place, place].real == pytest.approx(electrons.H4_HF, abs=1e-8)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_what_is_left_out_leaves_the_sector(mapping: str) -> None:
    modes = Modes(4)
    terms = hamiltonian(H4, modes)
    found = symmetries([word.x for word, _ in terms], 8)
    assert len(found) == 2  # the parity of the electrons of each spin: H4 is bent
    occupied = modes.occupied((2, 2))
    encoding = Encoding.named(mapping, 8).tapered(found, occupied)
    matrix = encoding.sum(terms).dense(6)
    whole = electrons.hamiltonian(electrons.H4)
    index = np.arange(256)
    even = [np.bitwise_count(index & mask) % 2 == 0 for mask in (0b01010101, 0b10101010)]
    sector = np.flatnonzero(even[0] & even[1])
    np.testing.assert_allclose(
        np.linalg.eigvalsh(matrix), np.linalg.eigvalsh(whole[np.ix_(sector, sector)]), atol=1e-7
    )
    place = encoding.bits(occupied)
    assert matrix[place, place].real == pytest.approx(electrons.H4_HF, abs=1e-8)


def test_symmetries_of_nitrogen_leave_seven_qubits() -> None:
    n2 = read_fcidump(electrons.N2)
    terms = hamiltonian(n2, Modes(6))
    found = symmetries([word.x for word, _ in terms], 12)
    encoding = Encoding.named("parity", 12).tapered(found, Modes(6).occupied((3, 3)))
    assert encoding.n_qubits == 7
    lowest = np.linalg.eigvalsh(encoding.sum(terms).dense(7))[0]
    assert lowest == pytest.approx(electrons.N2_FCI, abs=2e-9)


def test_core_orbitals_are_folded_in() -> None:
    folded = H4.active(1, range(1, 4))
    assert folded.electrons == (1, 1)
    assert folded.reference_energy == pytest.approx(H4.reference_energy, abs=1e-10)
    # With the lowest orbital full and the highest empty.
    matrix = electrons.hamiltonian(electrons.H4)
    count, z, _ = (np.asarray(m.diagonal()) for m in electrons.spins(4))
    index = np.arange(256)
    inside = (count == 4) & (z == 0) & (index & 3 == 3) & (index >> 6 == 0)
    sector = np.flatnonzero(inside)
    expected = np.linalg.eigvalsh(matrix[np.ix_(sector, sector)])[0]
    found = fci.lowest(H4.active(1, range(1, 3)), pure=False).energy
    assert found == pytest.approx(expected, abs=1e-9)


def test_integrals_without_their_symmetries_are_refused() -> None:
    two = np.zeros((2, 2, 2, 2))
    two[0, 1, 0, 0] = 0.1
    with pytest.raises(Exception, match=r"\(pq\|rs\) = \(qp\|rs\).*differ by 1\.0e-01"):
        Integrals(0.0, np.eye(2), two, (1, 1))
