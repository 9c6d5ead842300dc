"""The published check of the linear method, with ffsim's ansatz in ffsim's coordinates.

N2 at 1.0 Angstrom in STO-6G, six electrons in six orbitals, LUCJ of two layers from CCSD with a
last turn of orbitals: 130 parameters, the logarithms of unitaries and the phases. ffsim's
documentation (how-to "Simulate the variational quantum eigensolver") prints after ten iterations
the energies below, in Hartree. Its start depends on how LAPACK mixes the degenerate pi orbitals,
and on the phases of its vectors: its own example with ffsim 0.0.85 ends elsewhere at -108.55936,
and L-BFGS-B at -108.53960. Here that start is written down, so that it is the same everywhere.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm
from threadpoolctl import threadpool_limits

import qng
from qng.problem.molecule import Options, built
from qng.problem.molecule.amplitudes import coupled_cluster

FCI = -108.56684225194182
L_BFGS_B = -108.54018744054322
LINEAR_METHOD = -108.56030227227863

COLUMNS = (
    (0, 4, -1, -1),
    (1, 3, 1, 1),
    (2, 5, -1, -1),
    (2, 5, -1, 1),
    (1, 3, -1, 1),
    (0, 4, -1, 1),
)
"""Of the first unitary: an orbital and its partner, a sign, and the sign of the phase (1 - i)."""

N2 = Options(basis="sto-6g", active_electrons=6, active_orbitals=6, ansatz="lucj")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Threads wait for each other longer than these states take: four times as long in all."""
    monkeypatch.setenv("RAYON_NUM_THREADS", "1")  # read when ffsim makes its first state
    with threadpool_limits(1):
        yield


@cache
def published() -> Any:
    """(state function, H as a matrix, ffsim's H, start)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pyscf")
        ffsim = pytest.importorskip("ffsim", reason="the published ansatz is ffsim's")
    integrals = built("N 0 0 0; N 0 0 1.0", None, N2).integrals
    one, two = coupled_cluster(integrals).spatial()
    n, electrons, k = integrals.orbitals, integrals.electrons, integrals.electrons[0]
    # t_ijab = lambda y_ai y_bj + ...: every orbital has one partner.
    values, vectors = np.linalg.eigh(two.transpose(2, 0, 3, 1).reshape((n - k) * k, -1))
    y = vectors[:, 0].reshape(n - k, k)
    partners = np.argmax(np.abs(y), axis=0)
    order = np.array([0, 1, 2, *(k + partners[[1, 0, 2]])])
    signs = np.append(np.ones(k), -np.sign(y[partners, range(k)])[[1, 0, 2]])
    turn = np.eye(n)[order] * signs[:, None]
    y = (turn[k:, k:] @ y)[:, :k]
    singles = np.zeros((n, n))
    singles[k:, :k] = turn[k:, k:] @ one.T
    unitary = np.zeros((n, n), dtype=complex)
    for column, (i, a, real, phase) in enumerate(COLUMNS):
        unitary[i, column], unitary[a, column] = real / np.sqrt(2), phase * (1 - 1j) / 2
    whole = np.zeros((n, n))
    whole[k:, :k] = y
    hermitian = np.exp(-0.25j * np.pi) * (whole + 1j * whole.T)
    levels = np.diag(unitary.conj().T @ hermitian @ unitary).real
    np.testing.assert_allclose(hermitian @ unitary, unitary * levels, atol=1e-6)
    phases = values[0] * np.outer(levels, levels) / 2
    operator = ffsim.UCJOpSpinBalanced(
        np.array([[phases, phases], [-phases, -phases]]),
        np.array([unitary, unitary.conj()]),
        expm(singles - singles.T),
    )
    kinds = {
        "norb": n,
        "n_reps": 2,
        "interaction_pairs": ([(p, p + 1) for p in range(n - 1)], [(p, p) for p in range(n)]),
        "with_final_orbital_rotation": True,
    }
    start = operator.to_parameters(interaction_pairs=kinds["interaction_pairs"])
    reference = ffsim.hartree_fock_state(n, electrons)
    hamiltonian = ffsim.linear_operator(
        ffsim.MolecularHamiltonian(
            turn @ integrals.one @ turn.T,
            np.einsum("pqrs,ip,jq,kr,ls->ijkl", integrals.two, *[turn] * 4, optimize=True),
            integrals.constant,
        ),
        norb=n,
        nelec=electrons,
    )

    def state(x: Any) -> Any:
        made = ffsim.UCJOpSpinBalanced.from_parameters(x, **kinds)
        return ffsim.apply_unitary(reference, made, norb=n, nelec=electrons)

    def slopes(x: Any) -> Any:
        h = 3e-5
        return np.array([(state(x + h * e) - state(x - h * e)) / (2 * h) for e in np.eye(len(x))])

    matrix = hamiltonian @ np.eye(len(reference))
    function = qng.StateFunction(state, len(start), derivatives=slopes)
    return function, (matrix + matrix.conj().T) / 2, hamiltonian, start


def problem() -> Any:
    """It as a problem."""
    function, matrix, _, start = published()
    return function.problem(matrix, start, reference=FCI, accuracy=1.6e-3)


def test_energies_on_the_tangent_space_are_those_of_ffsim() -> None:
    """Where its first step leads: E, s, K and g of both, to the error of its differences."""
    function, _, hamiltonian, start = published()
    from ffsim.optimize import minimize_linear_method

    seen: list[Any] = []
    minimize_linear_method(
        function.function,
        hamiltonian,
        start,
        maxiter=2,
        regularization=0.01,
        optimize_regularization=False,
        optimize_variation=False,
        callback=lambda result: seen.append(dict(result)),
    )
    theirs = seen[0]
    ours = qng.metric(problem(), theirs["x"], "linear-method")
    energies, states = theirs["energy_mat"], theirs["overlap_mat"]
    assert len(start) == 130
    assert ours.energy == pytest.approx(energies[0, 0], abs=1e-9)
    np.testing.assert_allclose(ours.slopes, energies[0, 1:], atol=1e-6)
    np.testing.assert_allclose(ours.states, states[1:, 1:], atol=1e-6)
    np.testing.assert_allclose(ours.curvature, energies[1:, 1:], atol=1e-4)


def test_ten_steps_of_the_linear_method_reach_the_published_energy() -> None:
    run = qng.minimize(problem(), "linear-method", steps=10, trials=5)
    assert FCI < run.fun < LINEAR_METHOD


def test_ten_iterations_of_l_bfgs_b_come_to_a_millihartree_of_the_published_energy() -> None:
    run = qng.minimize(problem(), "l-bfgs-b", steps=10)
    assert run.fun == pytest.approx(L_BFGS_B, abs=1e-3)


def test_the_circuit_of_the_same_ansatz_comes_within_chemical_accuracy_of_it() -> None:
    """Its own coordinates: 106 angles of Givens rotations and phases, from its own basis."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pyscf")
    made = built("N 0 0 0; N 0 0 1.0", None, replace(N2, taper=True)).problem
    assert made.circuit.n_parameters == 106
    run = qng.minimize(made, "linear-method", steps=10, trials=5)
    assert FCI < run.fun < LINEAR_METHOD + 1.6e-3
    assert qng.minimize(made, "l-bfgs-b", steps=10).fun < L_BFGS_B
