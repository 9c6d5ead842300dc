"""LUCJ: turns of orbitals, and phases of pairs of electrons between them.

    |psi> = W_L e^(i J_L) ... W_1 e^(i J_1) W_0 |reference>
    J_l = sum_p J_up,dn_pp n_p,up n_p,dn + sum_sigma sum_p J_up,up_p,p+1 n_p,sigma n_p+1,sigma

which is prod_l U_l e^(i J_l) U_l^+ with W_l = U_l+1^+ U_l, and a last turn of orbitals. The
unitaries start from amplitudes: with t_ijab = sum_m lambda_m y^m_ai y^m_bj, y^m as (n, n) matrices
with virtual rows and occupied columns,

    T2 - T2^+ = sum_m,+- (+- i lambda_m / 4) (sum_p d_p n_p)^2,
    d the eigenvalues, U the eigenvectors of e^(-+ i pi/4) (y +- i y^T), n_p in the orbitals U

so that J_pq = +- lambda_m d_p d_q / 2 in 1/2 sum_pq J_pq n_p n_q; the layers of largest |lambda|
are kept, and of J the pairs that are there.

Which pairs are neighbours depends on the basis U of levels d that are equal, as pi orbitals make
them: from that of single orbitals, which a symmetry keeps on a saddle of the energy, neighbours are
turned by 3 pi/16, levels d < 0 the other way round. So the start is one and the same everywhere.

Reference:
    Motta et al., arXiv:2303.12186 (LUCJ); Matsuzawa and Kurashige, J. Chem. Theory Comput. 16, 944
    (2020) (the Jastrow form).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import Pauli
from qng.problem.molecule.amplitudes import Amplitudes
from qng.problem.molecule.excitations import Ansatz, WordTurn
from qng.problem.molecule.fermions import Modes, generator
from qng.problem.molecule.givens import Matrix, Turn, of_determinant, of_unitary

# Levels closer than this fraction of the largest are one, and numbers as close are equal.
_SAME: Final = 1e-6

# Radians: neither a turn onto other orbitals nor halfway to one.
_TURN: Final = 3 * np.pi / 16


def lucj(
    modes: Modes, electrons: tuple[int, int], amplitudes: Amplitudes | None, layers: int
) -> Ansatz:
    """The local unitary cluster Jastrow ansatz, with pairs that are neighbours in a chain.

    The number of electrons and S_z are conserved, S^2 is not.

    Args:
        modes: n orbitals.
        electrons: Spin up and down; both spins are turned alike.
        amplitudes: Of a closed shell, from which it starts; None: from the reference determinant.
        layers: L.

    Returns:
        P = 2 k (n - k) + L (2 n - 1) + L n (n - 1) + n parameters, k the occupied orbitals (of an
        open shell n (n - 1) for the first turn in the place of 2 k (n - k)).
    """
    n = modes.orbitals
    started = [] if amplitudes is None else _layers(amplitudes, layers)
    unitaries = [u for u, _ in started] + [np.eye(n, dtype=complex)] * (layers - len(started))
    jastrows = [j for _, j in started] + [np.zeros((n, n))] * (layers - len(started))
    last = np.eye(n, dtype=complex) if amplitudes is None else _turned(amplitudes)
    growing = _Growing(modes)
    before = np.eye(n, dtype=complex)
    for layer in range(layers):
        w = unitaries[layer].conj().T @ before
        if layer == 0 and electrons[0] == electrons[1]:
            growing.determinant(layer, of_determinant(w[:, : electrons[0]]))
            phases = np.zeros(n)
        else:
            turns, phases = of_unitary(w)
            growing.turns(layer, turns)
        growing.jastrow(layer, jastrows[layer])
        # Phases of orbitals commute with J.
        before = unitaries[layer] @ np.diag(np.exp(1j * phases))
    turns, phases = of_unitary(last @ before)
    growing.turns(layers, turns)
    growing.phases(layers, phases)
    return Ansatz(
        tuple(growing.rotations), tuple(growing.start), np.array([*growing.start.values()])
    )


def _layers(amplitudes: Amplitudes, layers: int) -> list[tuple[Matrix, Array]]:
    """(U, J) of the layers of largest |lambda|."""
    _, two = amplitudes.spatial()
    o, _, v, _ = two.shape
    values, vectors = np.linalg.eigh(two.transpose(2, 0, 3, 1).reshape(v * o, v * o))
    vectors = settled(values, vectors).real
    found: list[tuple[Matrix, Array]] = []
    for m in np.argsort(-np.abs(values), kind="stable"):
        y = np.zeros((o + v, o + v))
        y[o:, :o] = vectors[:, m].reshape(v, o)
        for sign in (1, -1):
            hermitian = np.exp(-0.25j * np.pi * sign) * (y + 1j * sign * y.T)
            d, u = np.linalg.eigh(hermitian)
            u = settled(d, u, _TURN)
            found.append((u, sign * float(values[m]) * np.outer(d, d) / 2))
    return found[:layers]


def settled(values: Array, vectors: Matrix, turn: float = 0.0) -> Matrix:
    """Eigenvectors whatever the solver that found them.

    Those of one level diagonalise the number of the row, each has a real positive largest entry,
    and neighbours among them are turned.

    Args:
        values: Ascending, shape (n,).
        vectors: Columns, shape (n, n).
        turn: Radians, of levels above zero; those below are turned the other way, zero not.
    """
    found = vectors.astype(complex)
    width = _SAME * float(np.abs(values).max(initial=0.0))
    rows = np.arange(len(values), dtype=float)[:, None]
    for level in np.split(np.arange(len(values)), 1 + np.flatnonzero(np.diff(values) > width)):
        basis = found[:, level]
        if len(level) > 1:
            basis = basis @ np.linalg.eigh(basis.conj().T @ (rows * basis))[1]
        sizes = np.abs(basis)
        largest = np.argmax(sizes > (1 - _SAME) * sizes.max(axis=0), axis=0)[None]
        entries = np.take_along_axis(basis, largest, axis=0)
        basis = basis * (np.abs(entries) / entries)
        angle = turn * float(np.sign(np.round(values[level[0]] / (width or 1.0))))
        c, s = np.cos(angle), np.sin(angle)
        for k in range(len(level) - 1):
            first, second = basis[:, k].copy(), basis[:, k + 1].copy()
            basis[:, k], basis[:, k + 1] = c * first - s * second, s * first + c * second
        found[:, level] = basis
    return found


def _turned(amplitudes: Amplitudes) -> Matrix:
    """exp(K) of the singles, K_ai = t_ia = -K_ia."""
    from scipy.linalg import expm

    one, _ = amplitudes.spatial()
    o, v = one.shape
    k = np.zeros((o + v, o + v))
    k[o:, :o], k[:o, o:] = one.T, -one
    return np.asarray(expm(k), dtype=complex)


class _Growing:
    """Rotations in the making; every parameter turns both spins."""

    def __init__(self, modes: Modes) -> None:
        self.modes = modes
        self.rotations: list[WordTurn] = []
        self.start: dict[str, float] = {}

    def determinant(self, layer: int, turns: list[Turn]) -> None:
        """Turns with their phases on p + 1, behind them."""
        for k, turn in enumerate(turns):
            self._givens(f"g{layer}_{k}", turn.orbital, turn.angle)
            self._phase(f"f{layer}_{k}", turn.orbital + 1, turn.phase)

    def turns(self, layer: int, turns: list[Turn]) -> None:
        """Turns with their phases on p, before them."""
        for k, turn in enumerate(turns):
            self._phase(f"f{layer}_{k}", turn.orbital, turn.phase)
            self._givens(f"g{layer}_{k}", turn.orbital, turn.angle)

    def phases(self, layer: int, phases: Array) -> None:
        """A phase of every orbital."""
        for p, phase in enumerate(phases):
            self._phase(f"e{layer}_{p}", p, float(phase))

    def jastrow(self, layer: int, matrix: Array) -> None:
        """e^(i J): n_p n_q = (1 - Z_p - Z_q + Z_p Z_q) / 4."""
        n = self.modes.orbitals
        for p in range(n):
            name = f"jud{layer}_{p}"
            self.start[name] = float(matrix[p, p])
            self._pair(name, self.modes.mode(p, 0), self.modes.mode(p, 1))
        for p in range(n - 1):
            name = f"juu{layer}_{p}"
            self.start[name] = float(matrix[p, p + 1])
            for spin in (0, 1):
                self._pair(name, self.modes.mode(p, spin), self.modes.mode(p + 1, spin))

    def _pair(self, name: str, first: int, second: int) -> None:
        self.rotations += [
            WordTurn(Pauli(0, 1 << first), {name: 0.5}),
            WordTurn(Pauli(0, 1 << second), {name: 0.5}),
            WordTurn(Pauli(0, 1 << first | 1 << second), {name: -0.5}),
        ]

    def _givens(self, name: str, p: int, value: float) -> None:
        self.start[name] = value
        for spin in (0, 1):
            of, to = self.modes.mode(p, spin), self.modes.mode(p + 1, spin)
            for word, c in generator([to], [of]):
                self.rotations.append(WordTurn(word, {name: 2 * c.real}))

    def _phase(self, name: str, p: int, value: float) -> None:
        # e^(i f n) = e^(i f / 2) e^(-i f Z / 2)
        self.start[name] = value
        for spin in (0, 1):
            word = Pauli(0, 1 << self.modes.mode(p, spin))
            self.rotations.append(WordTurn(word, {name: 1.0}))
