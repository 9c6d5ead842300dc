"""Molecules against published Hamiltonians and energies, and against PySCF."""

import sys
from functools import cache
from itertools import product

import numpy as np
import pytest

from qng.circuit.ansatz import real_amplitudes
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, MissingPackageError, UnknownNameError
from qng.problem.molecule import molecule
from qng.problem.problem import Problem

# PennyLane demo tutorial_vqe_qng: STO-3G, 0.7 Angstrom; and the repository
# hsim13372/quantum_natural_gradient for LiH.
H2 = {
    "I": -0.0420789115,
    **dict.fromkeys(["Z0", "Z1"], 0.1777128831),
    **dict.fromkeys(["Z2", "Z3"], -0.2427428259),
    "Z0 Z1": 0.1705973861,
    **dict.fromkeys(["Z0 Z2", "Z1 Z3"], 0.1229330534),
    **dict.fromkeys(["Z0 Z3", "Z1 Z2"], 0.1676831966),
    "Z2 Z3": 0.1762764096,
    **dict.fromkeys(["Y0 X1 X2 Y3", "X0 Y1 Y2 X3"], 0.0447501431),
    **dict.fromkeys(["Y0 Y1 X2 X3", "X0 X1 Y2 Y3"], -0.0447501431),
}
LIH = {
    "I": -7.3999537517,
    **dict.fromkeys(["Z0", "Z1"], 0.1684373886),
    **dict.fromkeys(["Z2", "Z3"], -0.0022182145),
    "Z0 Z1": 0.1310657757,
    **dict.fromkeys(["Z0 Z2", "Z1 Z3"], 0.0592952352),
    **dict.fromkeys(["Z0 Z3", "Z1 Z2"], 0.0616617179),
    "Z2 Z3": 0.0847509870,
    **dict.fromkeys(["Y0 Z1 Y2", "X0 Z1 X2", "Y1 Z2 Y3", "X1 Z2 X3"], -0.0093556156),
    **dict.fromkeys(["Y0 Y2", "X0 X2", "Z0 Y1 Z2 Y3", "Z0 X1 Z2 X3"], -0.0097029655),
    **dict.fromkeys(["Y0 Z1 Y2 Z3", "X0 Z1 X2 Z3", "Y1 Y3", "X1 X3"], -0.0003473491),
    **dict.fromkeys(["Y0 X1 X2 Y3", "X0 Y1 Y2 X3"], 0.0023664827),
    **dict.fromkeys(["Y0 Y1 X2 X3", "X0 X1 Y2 Y3"], -0.0023664827),
}
H2_FCI = -1.1361894541
LIH_EXACT = -7.7674967010


@cache
def hydrogen(method: str = "dhf") -> Problem:
    return molecule("H 0 0 0; H 0 0 0.7", method=method)


@cache
def lithium_hydride(method: str = "dhf") -> Problem:
    return molecule(
        ["Li", "H"],
        [[3, 0, 0], [2, 0, 0]],
        active_electrons=2,
        active_orbitals=2,
        method=method,
    )


def assert_same_up_to_orbital_signs(found: PauliSum, published: dict[str, float]) -> None:
    """Orbitals are fixed up to a sign: an odd number of X and Y in one flips a term."""
    expected = PauliSum(published)
    orbitals = [3 << 2 * k for k in range(found.n_qubits // 2)]
    for signs in product([1, -1], repeat=len(orbitals)):
        pairs = zip(signs, orbitals)
        flips = [mask for sign, mask in pairs if sign < 0]
        signed = PauliSum(
            [(p, c * (-1) ** sum((p.x & m).bit_count() for m in flips)) for p, c in expected]
        )
        if all(abs(c) < 1e-6 for _, c in found - signed):
            assert {p for p, _ in found} == {p for p, _ in expected}
            return
    raise AssertionError(f"{found} is not {expected}")


@pytest.mark.parametrize("method", ["dhf", "pyscf"])
def test_hydrogen_is_the_published_hamiltonian(method: str) -> None:
    if method == "pyscf":
        pytest.importorskip("pyscf")
    problem = hydrogen(method)
    assert_same_up_to_orbital_signs(problem.observable, H2)
    assert problem.reference is not None
    assert problem.reference.energy == pytest.approx(H2_FCI, abs=1e-7)
    assert "which has the right number of electrons (2)" in problem.reference.how


@pytest.mark.parametrize("method", ["dhf", "pyscf"])
def test_lithium_hydride_is_the_published_hamiltonian(method: str) -> None:
    if method == "pyscf":
        pytest.importorskip("pyscf")
    problem = lithium_hydride(method)
    assert_same_up_to_orbital_signs(problem.observable, LIH)
    assert problem.reference is not None
    assert problem.reference.energy == pytest.approx(LIH_EXACT, abs=1e-6)
    assert "the right number of electrons (2)" in problem.reference.how


def test_full_configuration_interaction_of_pyscf_agrees() -> None:
    pytest.importorskip("pyscf")
    from pyscf import fci, gto, scf

    atoms = gto.M(atom="H 0 0 0; H 0 0 0.7", basis="sto-3g", verbose=0)
    energy = fci.FCI(scf.RHF(atoms).run()).kernel()[0]
    assert hydrogen("pyscf").reference_energy().energy == pytest.approx(energy, abs=1e-7)


def test_the_reference_is_the_lowest_level_of_the_whole_hamiltonian() -> None:
    for problem in (hydrogen(), lithium_hydride()):
        levels = np.linalg.eigvalsh(problem.observable.matrix(4).toarray())
        assert problem.reference.energy == pytest.approx(levels[0], abs=1e-10)


def test_a_level_of_another_charge_is_named() -> None:
    # The hydrogen anion H-, unbound in this basis: the neutral molecule lies lower.
    problem = molecule(["H"], [[0, 0, 0]], charge=-1, method="dhf")
    assert "which has 1 electron(s); with the right number (2)" in problem.reference.how


def test_the_problem_is_described() -> None:
    problem = lithium_hydride()
    assert problem.title == "LiH (sto-3g, 2 electrons in 2 orbitals)"
    assert hydrogen().title == "H2 (sto-3g)"
    assert problem.unit == "Ha"
    assert problem.accuracy == 1.6e-3
    assert "dhf" in problem.source


def test_the_default_circuit_starts_near_the_hartree_fock_state() -> None:
    problem = hydrogen()
    assert [str(op.name) for op in problem.circuit.ops[:2]] == ["x", "x"]
    assert problem.circuit.n_parameters == 4 * 2 * 3
    assert problem.start is not None
    assert 0.05 < np.max(np.abs(problem.start)) <= 0.1


def test_the_hydrogen_ansatz() -> None:
    problem = molecule(["H", "H"], [[0, 0, 0], [0, 0, 0.7]], ansatz="h2", method="dhf")
    words = [str(op.pauli) for op in problem.circuit.rotations]
    assert words == [f"{a}{q}" for q in range(4) for a in "ZYZ"]
    assert [op.qubits for op in problem.circuit.ops[-3:]] == [(2, 3), (2, 0), (3, 1)]


def test_an_own_circuit_starts_at_zero() -> None:
    circuit = real_amplitudes(4, 1)
    problem = molecule(["H", "H"], [[0, 0, 0], [0, 0, 0.7]], ansatz=circuit, method="dhf")
    assert problem.circuit is circuit
    assert problem.start is None


def test_no_term_is_noise() -> None:
    assert min(abs(c) for _, c in lithium_hydride().observable) > 1e-12
    assert all(isinstance(p, Pauli) and c.imag == 0 for p, c in lithium_hydride().observable)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["H", "H"], [[0, 0, 0]]), r"shape \(2, 3\) for 2 atom\(s\), not \(1, 3\)"),
        ((["H", "H"], [[0, 0, 0], [0, 0, np.nan]]), "coordinates must be finite"),
        ((["H"], [["a", 0, 0]]), "coordinates must be numbers"),
        ((["H"], [[0, 0, 0]]), "even number of electrons, H with charge 0 has 1; change charge"),
        ((["Qq"], [[0, 0, 0]]), "unknown element 'Qq'"),
    ],
)
def test_impossible_molecules_are_refused(arguments, message: str) -> None:
    with pytest.raises(InputError, match=message):
        molecule(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "psi4"}, "unknown method 'psi4'; known: dhf, pyscf"),
        ({"ansatz": "uccs"}, "unknown ansatz 'uccs'; did you mean uccsd"),
        ({"basis": "sto-99g", "method": "dhf"}, "PennyLane cannot build this molecule"),
        ({"active_electrons": 4, "active_orbitals": 2}, "has 2 electrons, 4 cannot be active"),
        ({"active_electrons": 1}, "an even number is active, not 1"),
        ({"active_orbitals": 3}, "0 core and 3 active orbitals are more than the 2"),
        ({"active_electrons": 2, "active_orbitals": 0}, "active_orbitals must be a whole number"),
        ({"frozen_core": True, "active_orbitals": 2}, "two answers: give one of them"),
        ({"charge": 1}, "give spin=1, one unpaired electron"),
        ({"charge": 2}, "has 0 electron\\(s\\), which is not possible; change charge"),
        ({"spin": 1}, "has 2 electrons, of which 1 cannot be unpaired"),
        ({"spin": -1}, "spin must be a whole number of at least 0"),
        ({"spin": 2, "method": "dhf"}, "with unpaired electrons give method='pyscf'"),
        ({"unit": "nm"}, "unknown unit of length 'nm'; known: angstrom, bohr"),
        ({"mapping": "jw"}, "unknown mapping 'jw'"),
        ({"order": "odd"}, "unknown order of modes 'odd'; known: alternating, blocked"),
        ({"start": "mp2"}, "start='mp2' is for k-upccgsd, lucj, uccsd"),
        ({"start": "mp3", "ansatz": "uccsd"}, "unknown start 'mp3'"),
        ({"layers": 2, "ansatz": "uccsd"}, "'uccsd' has no layers to choose"),
        ({"layers": 0, "ansatz": "lucj"}, "layers must be a whole number of at least 1"),
        ({"ansatz": 3}, "ansatz is a Circuit or a name, not 3"),
        ({"ansatz": real_amplitudes(3, 1), "method": "dhf"}, "has 3 qubits, this molecule 4"),
    ],
)
def test_impossible_options_are_refused(options, message: str) -> None:
    with pytest.raises(InputError, match=message):
        molecule(["H", "H"], [[0, 0, 0], [0, 0, 0.7]], **options)


def test_the_hydrogen_ansatz_needs_four_qubits() -> None:
    with pytest.raises(InputError, match="'h2' acts on 4 qubits, this molecule has 2"):
        molecule(["H"], [[0, 0, 0]], charge=-1, ansatz="h2", method="dhf")


def test_unknown_methods_offer_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="did you mean pyscf"):
        molecule(["H"], [[0, 0, 0]], method="pyscff")


def test_missing_pyscf_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(InputError, match=r"'dhf' does not.*needs the package pyscf.*\[chemistry\]"):
        molecule(["H", "H"], [[0, 0, 0], [0, 0, 0.7]], method="pyscf")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spin": 2}, "a molecule with unpaired electrons needs the package pyscf"),
        ({"basis": "def2-svp"}, "the basis 'def2-svp' needs the package pyscf"),
    ],
)
def test_what_only_pyscf_can_do_is_named(
    monkeypatch: pytest.MonkeyPatch, options: dict, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(MissingPackageError, match=message):
        molecule("H 0 0 0; H 0 0 0.7", **options)
