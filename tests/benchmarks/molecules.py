"""Molecules: what making them costs against other packages, what ansaetze reach, a bond curve.

    python -m tests.benchmarks.molecules [--seconds 2] [--atoms 8] [--no-curve]

The first table has hydrogen atoms in a row, 1 Angstrom apart, in STO-3G, in turns with
OpenFermion (words of Jordan-Wigner) and PySCF (coupled cluster, full configuration interaction);
energies are compared first. The second has N2 in STO-6G, six electrons in six orbitals, at 1.0 and
1.8 Angstrom: the error in millihartree at the start, and after ten and a hundred steps of QNG.
The third has LUCJ of two layers at 1.0 Angstrom after ten steps of several methods, as our circuit
and, where ffsim is installed, as ffsim's operator in its own 130 coordinates from a start of the
same factors, beside what ffsim's documentation prints. The fourth is `qng scan`, 0.9 to 2.0.

Needs the extra `chemistry`, and OpenFermion.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import qng
from qng.problem.molecule import Integrals, Options, built, fci
from qng.problem.molecule.amplitudes import coupled_cluster
from qng.problem.molecule.atoms import read_atoms
from qng.problem.molecule.fermions import Modes, hamiltonian
from qng.problem.molecule.hartree_fock import hartree_fock
from tests.benchmarks.common import check
from tests.benchmarks.timing import Comparison, Effort, clock, machine

N2 = {"basis": "sto-6g", "active_electrons": 6, "active_orbitals": 6}

ANSATZE: dict[str, dict[str, Any]] = {
    "uccsd from MP2": {"ansatz": "uccsd", "start": "mp2"},
    "uccsd from CCSD": {"ansatz": "uccsd", "start": "ccsd"},
    "k-upccgsd, k = 1": {"ansatz": "k-upccgsd", "layers": 1},
    "k-upccgsd, k = 2": {"ansatz": "k-upccgsd", "layers": 2},
    "lucj, 1 layer": {"ansatz": "lucj", "layers": 1},
    "lucj, 2 layers": {"ansatz": "lucj", "layers": 2},
    "hardware-efficient, 2 layers": {"ansatz": "hardware-efficient", "layers": 2},
}


def chain(atoms: int) -> tuple[Integrals, Any]:
    """(integrals, mean field of PySCF) of hydrogen atoms in a row."""
    from pyscf import gto, scf

    text = "; ".join(f"H 0 0 {k}" for k in range(atoms))
    integrals = hartree_fock(read_atoms(text)).integrals(0, range(atoms))
    field = scf.RHF(gto.M(atom=text, basis="sto-3g", verbose=0)).run(conv_tol=1e-12)
    return integrals, field


def pairs(atoms: int) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Ours and theirs, by what is computed; they agree."""
    import openfermion
    from pyscf import cc
    from pyscf import fci as theirs

    integrals, field = chain(atoms)
    modes = Modes(atoms)
    # OpenFermion's spin orbitals alternate; its two-electron integrals are (ps|qr) / 2.
    one, two = openfermion.chem.molecular_data.spinorb_from_spatial(
        integrals.one, integrals.two.transpose(0, 2, 3, 1)
    )
    operator = openfermion.InteractionOperator(integrals.constant, one, two / 2)
    sum_ = qng.PauliSum(openfermion.jordan_wigner(operator))
    off = max(abs(c) for _, c in hamiltonian(integrals, modes) - sum_)
    check("words", np.array([off]), np.zeros(1), 1e-7)

    def coupled() -> float:
        solver = cc.CCSD(field)
        solver.verbose, solver.conv_tol, solver.conv_tol_normt = 0, 1e-10, 1e-8
        return float(solver.kernel()[0] + field.e_tot)

    def exact() -> float:
        h, v, n = integrals.one, integrals.two, integrals.electrons
        solver = theirs.direct_spin1.FCI()
        solver.conv_tol = 1e-12
        return float(solver.kernel(h, v, atoms, n)[0] + integrals.constant)

    check("CCSD", np.array([coupled_cluster(integrals).energy]), np.array([coupled()]), 1e-6)
    check("FCI", np.array([fci.lowest(integrals).energy]), np.array([exact()]), 1e-8)
    return {
        "words, OpenFermion": (
            lambda: hamiltonian(integrals, modes),
            lambda: openfermion.jordan_wigner(operator),
        ),
        "CCSD, PySCF": (lambda: coupled_cluster(integrals), coupled),
        "FCI, PySCF": (lambda: fci.lowest(integrals), exact),
    }


def reached() -> None:
    """The second table."""
    print("\nansatz                        P    r   start      10     100 steps  (mHa)")
    for name, options in ANSATZE.items():
        for r in (1.0, 1.8):
            found = built(f"N 0 0 0; N 0 0 {r}", None, Options(**N2, **options, taper=True))
            problem = found.problem
            run = qng.minimize(problem, "qng", steps=100)
            assert found.fci is not None
            errors = [1e3 * (run.trace["energy"][k] - found.fci.energy) for k in (0, 10, -1)]
            shown = "".join(f"{error:8.2f}" for error in errors)
            print(f"{name:28s} {problem.circuit.n_parameters:3d}  {r:.1f} {shown}")


TEN_STEPS: dict[str, tuple[str, dict[str, Any], float | None]] = {
    "l-bfgs-b": ("l-bfgs-b", {}, 26.65),
    "qng": ("qng", {}, None),
    "projected-inverse": ("projected-inverse", {}, None),
    "linear-method": ("linear-method", {}, None),
    "linear-method, trials=5": ("linear-method", {"trials": 5}, 6.54),
}
"""Methods, and the error in millihartree that ffsim prints of its own."""


def ten_steps() -> None:
    """The third table."""
    found = built("N 0 0 0; N 0 0 1.0", None, Options(**N2, ansatz="lucj", layers=2, taper=True))
    assert found.fci is not None
    problems: dict[str, Any] = {"circuit": found.problem}
    if importlib.util.find_spec("ffsim") is not None:
        from tests.peers import test_ffsim

        problems["ffsim's"] = test_ffsim.problem()
    print("\nLUCJ, ten steps          " + "".join(f"{name:>10s}" for name in problems), end="")
    print("   printed  (mHa)")
    for name, (method, options, printed) in TEN_STEPS.items():
        errors = [
            1e3 * (qng.minimize(problem, method, steps=10, **options).fun - found.fci.energy)
            for problem in problems.values()
        ]
        shown = "".join(f"{error:10.2f}" for error in errors)
        print(f"{name:24s} {shown}{'' if printed is None else f'{printed:10.2f}'}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--atoms", type=int, default=8)
    parser.add_argument("--no-curve", action="store_true")
    given = parser.parse_args(words)
    print(machine())
    print(f"\nH{given.atoms}                        ours (s)  theirs (s)  ratio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        several = pairs(given.atoms)
        for name, (ours, theirs) in several.items():
            rounds = Effort(given.seconds).rounds({"ours": clock(ours), "theirs": clock(theirs)})
            row = Comparison.of(name, rounds["ours"], rounds["theirs"])
            print(f"{name:25s} {row.ours:9.4f} {row.theirs:11.4f} {row.ratio:6.2f}")
    reached()
    ten_steps()
    if given.no_curve:
        return
    began = time.perf_counter()
    values = np.linspace(0.9, 2.0, 12)
    curve = qng.scan("N 0 0 0; N 0 0 {r}", values, molecule={**N2, "ansatz": "uccsd"}, own=True)
    took = time.perf_counter() - began
    print(f"\n{curve!r}: {took:.0f} s, nonparallelity {1e3 * (curve.nonparallelity or 0):.1f} mHa")


if __name__ == "__main__":
    main()
