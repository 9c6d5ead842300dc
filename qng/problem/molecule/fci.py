"""Full configuration interaction: the lowest level with so many electrons of each spin, exactly.

    H C = sum_pq h'_pq E_pq C + 1/2 sum_pq,rs (pq|rs) E_pq (E_rs C),    h' = h - 1/2 sum_r (pr|rq)

over determinants of spin-up and spin-down strings, C of shape (up, down), by Lanczos.

Reference:
    Knowles and Handy, Chem. Phys. Lett. 111, 315 (1984).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.problem.molecule.integrals import Integrals
from qng.threads import limited

# Numbers in E_rs C for all r and s.
_MOST: Final = 4 * 10**7

_DENSE: Final = 200


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


def lowest(integrals: Integrals, electrons: tuple[int, int] | None = None) -> Level:
    """The lowest level with so many electrons of each spin.

    Args:
        integrals: Over n orbitals.
        electrons: Spin up and down; those of the integrals by default.

    Cost: n^4 numbers a determinant and step of Lanczos; ten electrons in ten orbitals take half a
    minute.
    """
    n = integrals.orbitals
    up, down = integrals.electrons if electrons is None else electrons
    act = _Hamiltonian(integrals, up, down)
    shape = (comb(n, up), comb(n, down))
    size = shape[0] * shape[1]
    if size <= _DENSE:
        columns = [act(column.reshape(shape)).ravel() for column in np.eye(size)]
        levels, vectors = np.linalg.eigh(np.array(columns))
        energy, state = float(levels[0]), vectors[:, 0].reshape(shape)
    else:
        from scipy.sparse.linalg import LinearOperator, eigsh

        operator = LinearOperator(
            (size, size), matvec=lambda v: act(v.reshape(shape)).ravel(), dtype=float
        )
        # Of every symmetry, and most of the determinant that is most of the ground state.
        start = 0.01 * np.random.default_rng(0).standard_normal(size)
        start[0] += 1.0
        # The error of the level is the square of that of the vector.
        with limited(1):
            levels, vectors = eigsh(operator, k=1, which="SA", v0=start, tol=1e-9, maxiter=5000)
        energy, state = float(levels[0]), vectors[:, 0].reshape(shape)
    return Level(energy, act.square(state), state)


class _Hamiltonian:
    """H on determinants of so many electrons of each spin."""

    def __init__(self, integrals: Integrals, up: int, down: int) -> None:
        n = integrals.orbitals
        self.n, self.up, self.down = n, up, down
        self.constant = integrals.constant
        self.one = integrals.one - np.einsum("prrq->pq", integrals.two) / 2
        self.two = integrals.two.reshape(n * n, n * n)
        self.hops_up, self.hops_down = _hops(n, up), _hops(n, down)

    def __call__(self, state: Array) -> Array:
        moved = self._moved(state)
        weights = self.one.reshape(-1, 1) * state.reshape(1, -1)
        weights += self.two @ moved.reshape(self.n**2, -1) / 2
        total = self._back(weights.reshape(self.n**2, *state.shape))
        return np.asarray(self.constant * state + total)

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

    def square(self, state: Array) -> float:
        """<S^2> = M (M + 1) + N_down - sum_pq <E^up_pq E^down_qp>, M = (N_up - N_down) / 2."""
        n, (rows, columns) = self.n, state.shape
        # <C, E^up_pq E^down_qp C> = <E^up_qp C, E^down_qp C>
        first = (self.hops_up @ state).reshape(n, n, rows, columns)
        second = (self.hops_down @ state.T).reshape(n, n, columns, rows).transpose(0, 1, 3, 2)
        exchange = float(np.sum(first * second))
        m = (self.up - self.down) / 2
        return m * (m + 1) + self.down - exchange


def _hops(n: int, electrons: int) -> Any:
    """E_pq on strings of one spin, for all p and q one below the other: (n^2 strings, strings)."""
    from scipy.sparse import csr_array

    masks = sorted(sum(1 << p for p in held) for held in combinations(range(n), electrons))
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
