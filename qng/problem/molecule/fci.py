"""Full configuration interaction: the lowest level with so many electrons of each spin, exactly.

    H C = sum_pq h'_pq E_pq C + 1/2 sum_pq,rs (pq|rs) E_pq (E_rs C),    h' = h - 1/2 sum_r (pr|rq)

over determinants of spin-up and spin-down strings, C of shape (up, down), by Davidson's method.

Reference:
    Knowles and Handy, Chem. Phys. Lett. 111, 315 (1984); Davidson, J. Comput. Phys. 17, 87 (1975).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.problem.molecule.hartree_fock import NotConvergedError
from qng.problem.molecule.integrals import Integrals

# Numbers in E_rs C for all r and s.
_MOST: Final = 10**7

_DENSE: Final = 200

# The norm of a state's part in other sectors that is rounding.
_OUTSIDE: Final = 1e-4

_PENALTY: Final = 1.0

# Of Davidson's method.
_RESIDUAL: Final = 1e-7
_ITERATIONS: Final = 1000
_LARGEST: Final = 24
_KEPT: Final = 4
_GAP: Final = 1e-2


@dataclass(frozen=True, eq=False)
class Level:
    """The lowest level of a sector.

    Args:
        energy: In Hartree.
        square: <S^2> of its state, S (S + 1).
        state: Coefficients of determinants, shape (up, down); strings are in the order of their
            masks of orbitals.
    """

    energy: float
    square: float
    state: Array

    @property
    def multiplicity(self) -> float:
        """2 S + 1."""
        return float(np.sqrt(1 + 4 * max(self.square, 0.0)))


def determinants(orbitals: int, electrons: tuple[int, int]) -> int:
    """How many there are."""
    return comb(orbitals, electrons[0]) * comb(orbitals, electrons[1])


def is_small(orbitals: int, electrons: tuple[int, int]) -> bool:
    """Whether `lowest` is a matter of seconds."""
    return determinants(orbitals, electrons) * orbitals**2 <= _MOST


def lowest(
    integrals: Integrals,
    electrons: tuple[int, int] | None = None,
    pure: bool = True,
    symmetries: Sequence[tuple[int, int]] = (),
) -> Level:
    """The lowest level with so many electrons of each spin.

    States of higher spin have components with any S_z. Where they are not wanted,

        H + c [S^2 - S (S + 1)],    S = |M| = |N_up - N_down| / 2,    c = 1 Hartree

    has the levels of that spin as they are, and all others higher by at least 2 (S + 1) c.

    Args:
        integrals: Over n orbitals.
        electrons: Spin up and down; those of the integrals by default.
        pure: Whether the total spin is S; else any that is not less.
        symmetries: Masks of orbitals (with spin up, with spin down) whose electrons are in parity
            conserved; the level is of the parities of the determinant with the first ones filled.

    Cost: n^4 numbers a determinant and step of Davidson's method; ten electrons in ten orbitals
    take some seconds.
    """
    n = integrals.orbitals
    up, down = integrals.electrons if electrons is None else electrons
    act = _Hamiltonian(integrals, up, down, _PENALTY if pure else 0.0)
    shape = (comb(n, up), comb(n, down))
    size = shape[0] * shape[1]
    kept = np.flatnonzero(_alike(n, (up, down), symmetries))

    def acted(vector: Array) -> Array:
        whole = np.zeros(size)
        whole[kept] = vector
        return act(whole.reshape(shape)).ravel()[kept]

    if len(kept) <= _DENSE:
        levels, vectors = np.linalg.eigh(np.array([acted(column) for column in np.eye(len(kept))]))
        energy, vector = float(levels[0]), vectors[:, 0]
    else:
        # Of every symmetry, and most of the determinant that is most of the ground state.
        start = np.random.default_rng(0).standard_normal(len(kept)) / np.sqrt(len(kept)) / 10
        start[np.argmin(act.diagonal[kept])] += 1.0
        energy, vector = _davidson(acted, act.diagonal[kept], start)
    state = np.zeros(size)
    state[kept] = vector
    state = state.reshape(shape)
    return Level(energy, act.square(state), state)


def is_alike(integrals: Integrals, level: Level, symmetries: Sequence[tuple[int, int]]) -> bool:
    """Whether a level is of the parities of the first determinant, as `lowest` has them."""
    others = np.logical_not(_alike(integrals.orbitals, integrals.electrons, symmetries))
    return float(np.linalg.norm(level.state.ravel()[others])) < _OUTSIDE


def _alike(n: int, electrons: tuple[int, int], symmetries: Sequence[tuple[int, int]]) -> Array:
    """Whether determinants have the parities of the first one, shape (up * down,)."""
    up, down = (_strings(n, count) for count in electrons)
    found = np.ones((len(up), len(down)), dtype=bool)
    for above, below in symmetries:
        parities = [np.array([(string & mask).bit_count() % 2 for string in strings])
                    for strings, mask in ((up, above), (down, below))]  # fmt: skip
        parity = parities[0][:, None] ^ parities[1]
        # Strings ascend: the first of each spin has the lowest orbitals.
        found &= parity == parity[0, 0]
    return found.ravel()


def _davidson(act: Callable[[Array], Array], diagonal: Array, start: Array) -> tuple[float, Array]:
    """The lowest level and its state, |H x - E x| below `_RESIDUAL`; E has the square of it."""
    basis, images, vector = np.zeros((0, len(start))), np.zeros((0, len(start))), start
    for _ in range(_ITERATIONS):
        for _ in range(2):
            vector = vector - basis.T @ (basis @ vector)
            vector = vector / np.linalg.norm(vector)
        basis, images = np.vstack([basis, vector]), np.vstack([images, act(vector)])
        levels, mixed = np.linalg.eigh(basis @ images.T)
        state = mixed[:, 0] @ basis
        residual = mixed[:, 0] @ images - levels[0] * state
        if np.linalg.norm(residual) < _RESIDUAL:
            return float(levels[0]), np.asarray(state)
        if len(basis) >= _LARGEST:
            basis, images = mixed[:, :_KEPT].T @ basis, mixed[:, :_KEPT].T @ images
        gap = diagonal - levels[0]
        vector = residual / np.where(np.abs(gap) < _GAP, _GAP, gap)
    raise NotConvergedError("full configuration interaction does not converge")


class _Hamiltonian:
    """H, with a penalty of other spins, on determinants of so many electrons of each spin."""

    def __init__(self, integrals: Integrals, up: int, down: int, penalty: float) -> None:
        n = integrals.orbitals
        self.n, self.up, self.down = n, up, down
        self.constant = integrals.constant
        self.one = integrals.one - np.einsum("prrq->pq", integrals.two) / 2
        self.two = integrals.two.reshape(n * n, n * n)
        self.hops_up, self.hops_down = _hops(n, up), _hops(n, down)
        self.penalty = penalty
        half = (up - down) / 2
        # Of S^2 what is a number, and S (S + 1).
        self.number, self.wanted = half * (half + 1) + down, abs(half) * (abs(half) + 1)
        both = np.array(
            [[(a & b).bit_count() for b in _strings(n, down)] for a in _strings(n, up)], dtype=float
        )
        spins = penalty * (self.number - both.ravel() - self.wanted)
        self.diagonal = _diagonal(integrals, up, down) + spins

    def __call__(self, state: Array) -> Array:
        moved = self._moved(state)
        weights = self.one.reshape(-1, 1) * state.reshape(1, -1)
        weights += self.two @ moved.reshape(self.n**2, -1) / 2
        total = self._back(weights.reshape(self.n**2, *state.shape)) + self.constant * state
        if self.penalty:
            total += self.penalty * (self.squared(state) - self.wanted * state)
        return np.asarray(total)

    def _moved(self, state: Array) -> Array:
        """E_rs C for all r and s, shape (n^2, up, down)."""
        rows, columns = state.shape
        found = (self.hops_up @ state).reshape(-1, rows, columns)
        found += (self.hops_down @ state.T).reshape(-1, columns, rows).transpose(0, 2, 1)
        return np.asarray(found)

    def _back(self, weights: Array) -> Array:
        """sum_pq E_pq W_pq; the transpose of E_pq is E_qp."""
        n, rows, columns = self.n, weights.shape[1], weights.shape[2]
        turned = weights.reshape(n, n, rows, columns).transpose(1, 0, 2, 3)
        up = self.hops_up.T @ turned.reshape(-1, columns)
        down = self.hops_down.T @ turned.transpose(0, 1, 3, 2).reshape(-1, rows)
        return np.asarray(up + down.T)

    def squared(self, state: Array) -> Array:
        """S^2 C = [M (M + 1) + N_down] C - sum_pq E^down_qp E^up_pq C, M = (N_up - N_down) / 2."""
        n, (rows, columns) = self.n, state.shape
        moved = (self.hops_up @ state).reshape(n, n, rows, columns)
        # The transpose of E^down_pq is E^down_qp.
        turned = moved.transpose(0, 1, 3, 2).reshape(n * n * columns, rows)
        return np.asarray(self.number * state - (self.hops_down.T @ turned).T)

    def square(self, state: Array) -> float:
        """<S^2>."""
        return float(np.sum(state * self.squared(state)))


def _diagonal(integrals: Integrals, up: int, down: int) -> Array:
    """<D|H|D> of every determinant, up strings by rows: n_p h_pp and half of n_p n_q J - K."""
    coulomb = np.einsum("ppqq->pq", integrals.two)
    other = coulomb - np.einsum("pqqp->pq", integrals.two)
    filled = [
        np.array(
            [[mask >> p & 1 for p in range(integrals.orbitals)] for mask in masks], dtype=float
        )
        for masks in (_strings(integrals.orbitals, up), _strings(integrals.orbitals, down))
    ]
    own = [n @ np.diag(integrals.one) + np.sum((n @ other) * n, axis=1) / 2 for n in filled]
    both = own[0][:, None] + own[1] + filled[0] @ coulomb @ filled[1].T
    return np.asarray(integrals.constant + both).ravel()


def _strings(n: int, electrons: int) -> list[int]:
    """Masks of so many orbitals out of n, ascending."""
    return sorted(sum(1 << p for p in held) for held in combinations(range(n), electrons))


def _hops(n: int, electrons: int) -> Any:
    """E_pq on strings of one spin, for all p and q one below the other: (n^2 strings, strings)."""
    from scipy.sparse import csr_array

    masks = _strings(n, electrons)
    place = {mask: k for k, mask in enumerate(masks)}
    rows, columns, signs = [], [], []
    for k, mask in enumerate(masks):
        for q in range(n):
            if not mask >> q & 1:
                continue
            left = mask ^ 1 << q
            for p in range(n):
                if left >> p & 1:
                    continue
                between = left & ((1 << max(p, q)) - 1) & ~((1 << min(p, q) + 1) - 1)
                rows.append((p * n + q) * len(masks) + place[left | 1 << p])
                columns.append(k)
                signs.append(-1.0 if between.bit_count() % 2 else 1.0)
    return csr_array((signs, (rows, columns)), shape=(n * n * len(masks), len(masks)))
