"""Molecules against PySCF, OpenFermion, Qiskit Nature and ffsim; Hamiltonians of HamLib."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.problem.molecule import Options, built, from_fermions
from qng.problem.molecule.amplitudes import coupled_cluster
from qng.problem.molecule.atoms import read_atoms
from qng.run.scanned import Scan

BENT = "O 0 0 0; H 0.1 0.9 0.2; H 0.8 -0.3 0.1"


def imported(name: str) -> Any:
    """A package, whose own warnings are its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


class TestPySCF:
    """Active spaces, open shells and files of integrals."""

    def test_atoms_far_apart_are_two_atoms(self) -> None:
        imported("pyscf")
        from pyscf import gto, scf

        atom = scf.ROHF(gto.M(atom="H 0 0 0", basis="sto-3g", spin=1, verbose=0)).run().e_tot
        problem = qng.molecule("H 0 0 0; H 0 0 50", ansatz="hardware-efficient")
        assert problem.reference.energy == pytest.approx(2 * atom, abs=1e-9)

    @pytest.mark.parametrize(
        ("text", "options"),
        [
            ("N 0 0 0; N 0 0 1.3", {"active_electrons": 6, "active_orbitals": 6}),
            ("O 0 0 0; O 0 0 1.2", {"spin": 2, "active_electrons": 8, "active_orbitals": 6}),
            ("N 0 0 0; O 0 0 1.2", {"spin": 1, "active_electrons": 5, "active_orbitals": 5}),
            ("O 0 0 0; H 0 0 1", {"charge": -1, "frozen_core": True}),
        ],
    )
    def test_the_reference_is_that_of_casci(self, text: str, options: dict) -> None:
        imported("pyscf")
        from pyscf import gto, mcscf, scf

        found = built(text, None, Options(ansatz="uccsd", start="hf", basis="sto-3g", **options))
        spin = options.get("spin", 0)
        atoms = gto.M(atom=text, basis="sto-3g", spin=spin, charge=options.get("charge", 0),
                      verbose=0)  # fmt: skip
        field = (scf.ROHF if spin else scf.RHF)(atoms).run(conv_tol=1e-12)
        electrons = found.integrals.electrons
        solver = mcscf.CASCI(field, found.integrals.orbitals, electrons)
        solver.verbose = 0
        # Of the sector, whatever its spin.
        solver.fcisolver.conv_tol = 1e-12
        assert found.hartree_fock == pytest.approx(field.e_tot, abs=1e-7)
        assert found.problem.reference.energy == pytest.approx(solver.kernel()[0], abs=1e-7)
        start = qng.energy(found.problem, found.problem.initial).value
        assert start == pytest.approx(field.e_tot, abs=1e-7)

    def test_units_and_files_of_coordinates(self, tmp_path: Path) -> None:
        imported("pyscf")
        file = tmp_path / "lih.xyz"
        file.write_text("2\na comment\nLi 0.0 0.0 0.0\nH 0.0 0.0 1.6\n")
        in_bohr = qng.molecule(f"Li 0 0 0; H 0 0 {1.6 / 0.529177210903}", unit="bohr")
        assert qng.molecule(file).reference.energy == pytest.approx(
            in_bohr.reference.energy, abs=1e-8
        )

    def test_files_of_integrals(self, tmp_path: Path) -> None:
        imported("pyscf")
        from pyscf import gto, scf
        from pyscf.tools import fcidump

        atoms = gto.M(atom=BENT, basis="sto-3g", verbose=0)
        field = scf.RHF(atoms).run(conv_tol=1e-12)
        fcidump.from_scf(field, str(tmp_path / "FCIDUMP"), tol=1e-12)
        options = {"active_electrons": 6, "active_orbitals": 5, "ansatz": "uccsd", "start": "hf"}
        of_file = qng.molecule(tmp_path / "FCIDUMP", **options)
        of_atoms = qng.molecule(BENT, **options)
        assert of_file.reference.energy == pytest.approx(of_atoms.reference.energy, abs=1e-7)
        assert of_file.title == "FCIDUMP (6 electrons in 5 orbitals)"

    @pytest.mark.parametrize(
        ("text", "basis", "replaced"),
        [("H 0 0 0; Cl 0 0 1.27", "lanl2dz", 5), ("I 0 0 0; H 0 0 1.6", "def2-svp", 14)],
    )
    def test_bases_of_valence_come_with_their_potentials(
        self, text: str, basis: str, replaced: int
    ) -> None:
        imported("pyscf")
        from pyscf import gto, scf

        heavy = next(word for word in text.split() if word in ("Cl", "I"))
        atoms = gto.M(atom=text, basis=basis, ecp={heavy: basis}, verbose=0)
        expected = scf.RHF(atoms).run(conv_tol=1e-12).e_tot
        space = Options(basis=basis, active_electrons=4, active_orbitals=4, ansatz="uccsd")
        found = built(text, None, space)
        assert found.hartree_fock == pytest.approx(expected, abs=1e-7)
        assert found.orbitals is not None
        assert 2 * (found.orbitals.electrons[0] + replaced) == {"Cl": 18, "I": 54}[heavy]
        assert f"effective core potentials for {replaced} orbital(s)" in found.problem.source

    def test_a_saddle_of_hartree_fock_is_left_or_told_of(self) -> None:
        imported("pyscf")
        from pyscf import gto, scf

        # A square has a saddle, which some guesses find, and rounding decides which.
        square = "H 1 0 0; H 0 1 0; H -1 0 0; H 0 -1 0"
        atoms = gto.M(atom=square, basis="sto-3g", verbose=0)
        guesses = ("minao", "huckel", "1e")
        fields = [scf.RHF(atoms).run(init_guess=guess, conv_tol=1e-12) for guess in guesses]
        expected = min(field.e_tot for field in fields)
        found = built(square, None, Options(ansatz="uccsd"))
        assert found.hartree_fock == pytest.approx(expected, abs=1e-7)
        assert found.problem.reference.energy == pytest.approx(-1.9638836965, abs=1e-8)
        # Here the minimum has less symmetry.
        found = built("B 0 0 0; B 0 0 1.6", None, Options(spin=2, frozen_core=True, ansatz="uccsd"))
        assert found.hartree_fock == pytest.approx(-48.34680863, abs=1e-7)
        assert "(a saddle: orbitals of less symmetry have -48.36" in found.problem.source

    def test_open_shells_leave_pairs(self) -> None:
        imported("pyscf")
        options = {"spin": 2, "active_electrons": 8, "active_orbitals": 6, "ansatz": "k-upccgsd"}
        energies = [
            qng.minimize(qng.molecule("O 0 0 0; O 0 0 1.3", start=start, **options), steps=40).fun
            for start in ("hf", None)
        ]
        # From Hartree-Fock singles have no slope, and what pairs leave is 18 mHa higher.
        assert energies[1] < energies[0] - 0.015

    def test_atoms_without_an_empty_orbital(self) -> None:
        imported("pyscf")
        # E = -0.46658185, the energy of a hydrogen atom in this basis.
        options: dict[str, Any] = {"ansatz": "hardware-efficient", "layers": 1}
        assert qng.molecule("H 0 0 0", spin=1, **options).reference.energy == pytest.approx(
            -0.46658185, abs=1e-7
        )
        assert built("Ne 0 0 0", None, Options(**options)).fci.energy == pytest.approx(
            built("Ne 0 0 0", None, Options(**options)).hartree_fock, abs=1e-9
        )

    def test_the_reference_has_the_symmetry_of_the_determinant(self) -> None:
        imported("pyscf")
        from pyscf import gto, mcscf, scf

        text = "C 0 0 0; C 0 0 1.6"
        options = {"active_electrons": 9, "active_orbitals": 8, "start": "hf", "ansatz": "uccsd"}
        found = built(text, None, Options(charge=-1, spin=1, **options))
        atoms = gto.M(atom=text, charge=-1, spin=1, basis="sto-3g", symmetry="D2h", verbose=0)
        field = scf.ROHF(atoms).run(conv_tol=1e-12)
        assert field.e_tot == pytest.approx(found.hartree_fock, abs=1e-7)
        levels = {}
        for symmetry in ("Ag", "B1u", "B2u", "B3u"):
            solver = mcscf.CASCI(field, 8, (5, 4))
            solver.verbose, solver.fcisolver.wfnsym = 0, symmetry
            solver.fix_spin_(ss=0.75)
            levels[symmetry] = solver.kernel()[0]
        (single,) = np.asarray(field.get_orbsym())[np.asarray(field.mo_occ) == 1]
        of_determinant = levels[{0: "Ag", 5: "B1u", 6: "B2u", 7: "B3u"}[int(single)]]
        assert found.problem.reference.energy == pytest.approx(of_determinant, abs=1e-6)
        assert found.fci.energy == pytest.approx(min(levels.values()), abs=1e-6)
        assert of_determinant - min(levels.values()) > 0.02

    def test_a_z_matrix_is_that_of_pyscf(self) -> None:
        imported("pyscf")
        from pyscf import gto

        text = "C; O 1 1.2; H 1 1.1 2 121; H 1 1.05 2 119 3 170; F 2 1.4 1 100 4 -60"
        atoms = gto.from_zmatrix(text.replace("; ", "\n"))
        theirs = np.array([position for _, position in atoms], dtype=float)
        mine = read_atoms(text).positions
        assert np.linalg.norm(theirs[:, None] - theirs, axis=2) == pytest.approx(
            np.linalg.norm(mine[:, None] - mine, axis=2), abs=1e-6
        )
        volumes = [np.linalg.det(x[[1, 2, 4]] - x[0]) for x in (theirs, mine)]
        assert volumes[0] == pytest.approx(volumes[1], abs=1e-6)

    def test_solvers_give_the_same_circuit_and_hamiltonian(self) -> None:
        imported("pyscf")
        one, two = (
            qng.molecule("He 0 0 0; H 0 0 0.9", charge=1, method=method, ansatz="uccsd")
            for method in ("pyscf", "dhf")
        )
        assert one.circuit == two.circuit
        assert [word for word, _ in one.observable] == [word for word, _ in two.observable]
        largest = max(abs(c) for _, c in one.observable - two.observable)
        assert largest < 1e-4  # the solvers converge to so much

    def test_orbitals_follow_those_of_a_neighbour(self) -> None:
        imported("pyscf")
        options = Options(basis="sto-6g", active_electrons=6, active_orbitals=6, ansatz="lucj")
        before = built("N 0 0 0; N 0 0 1.20", None, options)
        theta = before.problem.initial
        after = built("N 0 0 0; N 0 0 1.21", None, options, like=before.orbitals)
        energies = [qng.energy(m.problem, theta).value for m in (before, after)]
        # 0.01 Angstrom change the energy by a slope of half a Hartree an Angstrom at most.
        assert abs(energies[1] - energies[0]) < 5e-3


class TestScan:
    """Bond curves, whose active space is one and the same."""

    N2: ClassVar = {
        "basis": "sto-6g",
        "active_electrons": 6,
        "active_orbitals": 6,
        "ansatz": "uccsd",
        "taper": True,
    }

    def test_the_active_space_is_chosen_where_it_is_apart(self, tmp_path: Path) -> None:
        imported("pyscf")
        # At 0.9 Angstrom the lowest occupied orbitals end in the middle of the pi orbitals.
        text, values = "N 0 0 0; N 0 0 {r}", [0.9, 1.0, 3.0]
        with pytest.warns(UserWarning, match="takes in an orbital and leaves out another"):
            qng.molecule("N 0 0 0; N 0 0 0.9", **self.N2)
        curve = qng.scan(text, values, molecule=self.N2, steps=3, save=tmp_path / "n2.scan")
        # ffsim's documentation.
        assert curve.exact[1] == pytest.approx(-108.56684225194182, abs=2e-9)
        # PySCF's CASCI over the pi orbitals and the highest sigma_g.
        assert curve.exact[0] == pytest.approx(-108.31692372, abs=1e-6)
        assert curve.hartree_fock[0] == pytest.approx(-108.2362125, abs=1e-6)
        # The lowest singlet; a septet lies 0.2 mHa below it.
        assert curve.exact[2] == pytest.approx(-108.4967126916, abs=1e-6)
        names = {point.run.made.problem.circuit for point in curve}
        assert len(names) == 1
        again = qng.scan(text, values, molecule=self.N2, steps=3, save=tmp_path / "n2.scan")
        assert again == curve

    def test_a_scan_that_was_cut_finds_its_orbitals_again(self, tmp_path: Path) -> None:
        imported("pyscf")
        file, options = tmp_path / "lih.scan", {"ansatz": "uccsd", "taper": True}
        arguments = ("Li 0 0 0; H 0 0 {r}", [1.4, 1.6, 1.8])

        def stop(found: Scan) -> None:
            if len(found) == 2:
                raise StopIteration

        qng.scan(*arguments, molecule=options, steps=3, save=file, watch=stop)
        done = qng.scan(*arguments, molecule=options, steps=3, save=file)
        whole = qng.scan(*arguments, molecule=options, steps=3)
        np.testing.assert_allclose(done.energies, whole.energies, atol=1e-9)
        assert done[2].run.made.problem.circuit == whole[2].run.made.problem.circuit

    def test_starts_are_carried_where_symmetries_come_and_go(self) -> None:
        imported("pyscf")
        options = {"active_electrons": 4, "active_orbitals": 4, "ansatz": "uccsd", "taper": True}
        curve = qng.scan("O; H 1 0.96; H 1 0.96 2 {r}", [180, 150], molecule=options, steps=20)
        line, bent = (point.run.made.problem for point in curve)
        assert line.circuit.n_qubits < bent.circuit.n_qubits
        there = dict(zip(line.parameters, curve[0].run.x.tolist()))
        expected = [there.get(name, 0.0) for name in bent.parameters]
        assert curve[1].run.made.start.tolist() == expected
        assert curve.solved == 2

    def test_zeros_by_symmetry_are_zero_far_from_equilibrium(self) -> None:
        imported("pyscf")
        options = Options(active_electrons=6, active_orbitals=6, ansatz="uccsd", taper=True)
        for r in (1.1, 3.0):
            found = built(f"N 0 0 0; N 0 0 {r}", None, replace(options, start="hf"))
            assert found.problem.circuit.n_qubits == 7


class TestOpenFermion:
    """Mappings, and operators of both kinds."""

    def test_words_are_those_of_openfermion(self) -> None:
        of = imported("openfermion")
        stream = np.random.default_rng(0)
        operator = of.FermionOperator()
        for _ in range(12):
            modes = [int(k) for k in stream.integers(0, 6, 4)]
            term = ((modes[0], 1), (modes[1], 1), (modes[2], 0), (modes[3], 0))
            operator += of.FermionOperator(term, complex(*stream.standard_normal(2)))
        for mapping, theirs in (
            ("jordan-wigner", of.jordan_wigner(operator)),
            ("bravyi-kitaev", of.bravyi_kitaev(operator, 6)),
        ):
            ours, other = from_fermions(operator, mapping, 6), qng.PauliSum(theirs)
            assert all(abs(c) < 1e-12 for _, c in ours - other)

    def test_bravyi_kitaev_is_the_usual_one_for_powers_of_two(self) -> None:
        of = imported("openfermion")
        operator = of.FermionOperator("0^ 7") + of.FermionOperator("3^ 2^ 5 6", 0.5)
        theirs = qng.PauliSum(of.bravyi_kitaev(operator, 8))
        ours = from_fermions(operator, "bravyi-kitaev", 8)
        assert all(abs(c) < 1e-12 for _, c in ours - theirs)

    def test_operators_that_are_none(self) -> None:
        with pytest.raises(InputError, match="a FermionOperator of OpenFermion"):
            from_fermions(3)
        with pytest.raises(InputError, match="is no term of fermions"):
            from_fermions({((0, "X"),): 1.0})
        with pytest.raises(InputError, match="acts on mode 5, modes is 4"):
            from_fermions({((5, 1), (5, 0)): 1.0}, modes=4)

    def test_bosons_and_tensors_are_no_sums_of_ladders_of_fermions(self) -> None:
        of = imported("openfermion")
        with pytest.raises(InputError, match="a BosonOperator is of bosons"):
            from_fermions(of.BosonOperator("0^ 0"))
        tensors = of.InteractionOperator(1.0, np.eye(2), np.zeros((2,) * 4))
        with pytest.raises(InputError, match="get_fermion_operator of it"):
            from_fermions(tensors)
        with pytest.raises(InputError, match="bring it to qubits first"):
            qng.PauliSum(tensors)
        ours = from_fermions(of.get_fermion_operator(tensors))
        np.testing.assert_allclose(ours.dense(), np.diag([1, 2, 2, 3]), atol=1e-15)


class TestQiskitNature:
    """Its mappers give what is read already; its operators of fermions are read, too."""

    def test_words_are_those_of_its_mappers(self) -> None:
        imported("qiskit_nature")
        from qiskit_nature.second_q.mappers import (
            BravyiKitaevMapper,
            JordanWignerMapper,
            ParityMapper,
        )
        from qiskit_nature.second_q.operators import FermionicOp

        operator = FermionicOp(
            {"+_0 -_3": 0.5, "+_2 +_1 -_0 -_3": 0.25j, "": 1.5}, num_spin_orbitals=4
        )
        for mapping, mapper in (
            ("jordan-wigner", JordanWignerMapper()),
            ("parity", ParityMapper()),
            ("bravyi-kitaev", BravyiKitaevMapper()),
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = qng.PauliSum(mapper.map(operator))
            ours = from_fermions(operator, mapping)
            assert all(abs(c) < 1e-12 for _, c in ours - theirs)


class TestFfsim:
    """LUCJ as a circuit against the operator of ffsim."""

    @pytest.mark.parametrize("layers", [1, 2])
    @pytest.mark.parametrize("order", ["alternating", "blocked"])
    def test_it_starts_from_the_same_state(self, layers: int, order: str) -> None:
        ffsim = imported("ffsim")
        options = Options(
            active_electrons=6, active_orbitals=5, ansatz="lucj", layers=layers, order=order
        )
        found = built(BENT, None, options)
        one, two = coupled_cluster(found.integrals).spatial()
        n, electrons = 5, (3, 3)
        pairs = [(p, p + 1) for p in range(n - 1)], [(p, p) for p in range(n)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            operator = ffsim.UCJOpSpinBalanced.from_t_amplitudes(
                two, t1=one, n_reps=layers, interaction_pairs=pairs
            )
            state = ffsim.apply_unitary(
                ffsim.hartree_fock_state(n, electrons), operator, norb=n, nelec=electrons
            )
            integrals = found.integrals
            hamiltonian = ffsim.linear_operator(
                ffsim.MolecularHamiltonian(integrals.one, integrals.two, integrals.constant),
                norb=n,
                nelec=electrons,
            )
        energy = np.vdot(state, hamiltonian @ state).real
        assert qng.energy(found.problem, found.problem.initial).value == pytest.approx(
            energy, abs=1e-8
        )


class TestHamLib:
    """Its files, made here as it makes them."""

    def file(self, folder: Path) -> Path:
        h5py = imported("h5py")
        path = folder / "ham.hdf5"
        with h5py.File(path, "w") as file:
            file["ham_JW4"] = b"(0.5+0j) [X0 Y1] +\n-1.25 [Z3] +\n2.0 []"
            file["group/ham_BK4"] = "0.25 [Z0 Z1]"
            file["graph"] = np.array([[0, 1], [1, 2]])
        return path

    def test_observables_are_read_by_their_keys(self, tmp_path: Path) -> None:
        path = self.file(tmp_path)
        expected = qng.PauliSum({"X0 Y1": 0.5, "Z3": -1.25, "I": 2.0})
        assert qng.PauliSum.from_hamlib(path, "ham_JW4") == expected
        assert qng.PauliSum.from_hamlib(path, "/ham_JW4/") == expected
        assert str(qng.PauliSum.from_hamlib(path, "group/ham_BK4")) == "0.25 Z0 Z1"
        archive = tmp_path / "ham.zip"
        with zipfile.ZipFile(archive, "w") as content:
            content.write(path, "ham.hdf5")
        assert qng.PauliSum.from_hamlib(archive, "ham_JW4") == expected

    def test_what_is_not_there_is_named(self, tmp_path: Path) -> None:
        path = self.file(tmp_path)
        with pytest.raises(InputError, match="holds 3 observables: give key=, graph, group/ham_BK"):
            qng.PauliSum.from_hamlib(path)
        with pytest.raises(UnknownNameError, match="did you mean ham_JW4"):
            qng.PauliSum.from_hamlib(path, "ham_JW")
        with pytest.raises(InputError, match="key graph: no text"):
            qng.PauliSum.from_hamlib(path, "graph")
        with pytest.raises(InputError, match="there is no file"):
            qng.PauliSum.from_hamlib(tmp_path / "none.hdf5")
        (tmp_path / "text.hdf5").write_text("no")
        with pytest.raises(InputError, match="is no HDF5 file"):
            qng.PauliSum.from_hamlib(tmp_path / "text.hdf5")
