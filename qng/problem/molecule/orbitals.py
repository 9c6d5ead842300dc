"""Orbitals of a molecule, settled: a value, and the integrals over some of them.

Orbitals are found up to signs, turns among those of one energy, and their order where energies
cross. Here they are settled: with their energies ascending; those of one energy turned to the axes
of the atoms' orbitals; the largest coefficient positive; or, along a curve, as much like those of
a neighbour as they can be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.problem.molecule.encoding import symmetries
from qng.problem.molecule.integrals import Integrals

LEVEL: Final = 1e-5
"""Orbitals within this many Hartree are one level."""

# Integrals above this many Hartree are not zero by symmetry.
_MIXED: Final = 1e-4

# Integrals below this many Hartree are what the solver has left of zeros by symmetry.
_ZERO: Final = 1e-8


@dataclass(frozen=True, eq=False)
class Orbitals:
    """Hartree-Fock orbitals.

    Args:
        constant: The energy of the nuclei, in Hartree.
        hcore: One-electron integrals over atomic orbitals, shape (a, a).
        repulsion: (ab|cd) over atomic orbitals, shape (a, a, a, a).
        overlap: Of atomic orbitals, shape (a, a).
        coefficients: C, one orbital a column, shape (a, n).
        energies: Of the orbitals, shape (n,).
        electrons: Spin up and down.
        density: Of each spin over atomic orbitals, shape (2, a, a).
        source: What has found them.
        replaced: Core orbitals that effective core potentials stand for, and that are not there.
    """

    constant: float
    hcore: Array
    repulsion: Array
    overlap: Array
    coefficients: Array
    energies: Array
    electrons: tuple[int, int]
    density: Array
    source: str
    replaced: int = 0

    def settled(self) -> Orbitals:
        """The same orbitals, of which nothing is left to chance.

        Within a level they diagonalise C^T S^(1/2) diag(0, 1, ...) S^(1/2) C, which keeps apart
        what symmetry keeps apart.
        """
        lowdin = self._lowdin()
        turned = self.coefficients.copy()
        start = 0
        up, down = self.electrons
        for k in range(1, len(self.energies) + 1):
            gap = k == len(self.energies) or self.energies[k] - self.energies[k - 1] > LEVEL
            if not (gap or k in (up, down)):
                continue
            if k - start > 1:
                block = lowdin[:, start:k]
                places = np.arange(len(block), dtype=float)[:, None]
                _, turn = np.linalg.eigh(block.T @ (places * block))
                turned[:, start:k] = turned[:, start:k] @ turn
            start = k
        # The first of the coefficients that are as good as the largest.
        for column in turned.T:
            sizes = np.abs(column)
            column *= np.sign(column[np.argmax(sizes > 0.999 * sizes.max())])
        return replace(self, coefficients=turned)

    def like(self, other: Orbitals) -> Orbitals:
        """The same orbitals in the order, with the signs and within levels the turns of others.

        Those with the same occupation are paired so that sum |<other_k|this_k>| over
        orthogonalised atomic orbitals is largest.

        Raises:
            InputError: Orbitals of another basis or other electrons.
        """
        if self.electrons != other.electrons or self.overlap.shape != other.overlap.shape:
            raise InputError("orbitals are compared with those of the same atoms and basis")
        from scipy.optimize import linear_sum_assignment

        mine, theirs = self._lowdin(), other._lowdin()
        order = np.arange(len(self.energies))
        turned = self.coefficients.copy()
        up, down = self.electrons
        for low, high in ((0, down), (down, up), (up, len(order))):
            if high == low:
                continue
            overlaps = theirs[:, low:high].T @ mine[:, low:high]
            rows, columns = linear_sum_assignment(-np.abs(overlaps))
            order[low:high] = low + columns
            signs = np.sign(overlaps[rows, columns])
            turned[:, low:high] = self.coefficients[:, low + columns] * np.where(signs, signs, 1.0)
        aligned = replace(self, coefficients=turned, energies=self.energies[order])
        return aligned._turned_like(theirs)

    def _turned_like(self, theirs: Array) -> Orbitals:
        """Orbitals of one energy turned among themselves, as near to others as they can be.

        The orthogonal U that minimises |theirs - mine U| is that of the polar decomposition of
        mine^T theirs.
        """
        mine, turned = self._lowdin(), self.coefficients.copy()
        up, down = self.electrons
        for low, high in ((0, down), (down, up), (up, len(self.energies))):
            left = list(range(low, high))
            while left:
                level = [k for k in left if abs(self.energies[k] - self.energies[left[0]])
                         < LEVEL]  # fmt: skip
                left = [k for k in left if k not in level]
                if len(level) > 1:
                    u, _, v = np.linalg.svd(mine[:, level].T @ theirs[:, level])
                    turned[:, level] = self.coefficients[:, level] @ (u @ v)
        return replace(self, coefficients=turned)

    def _lowdin(self) -> Array:
        """S^(1/2) C: orbitals over orthogonalised atomic orbitals."""
        values, vectors = np.linalg.eigh(self.overlap)
        root: Array = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        return np.asarray(root @ self.coefficients)

    def gap(self, core: int, active: range) -> float:
        """The smaller of the gaps between core and active, and active and other orbitals, Hartree.

        0 where the space takes in one of several orbitals of one energy and leaves out another.
        """
        e = self.energies
        inside = e[active.start : active.stop]
        below = inside.min() - e[:core].max(initial=-np.inf)
        above = e[active.stop :].min(initial=np.inf) - inside.max()
        return float(min(below, above))

    def parities(self) -> int:
        """How many independent sets of orbitals have electrons that are conserved in parity.

        Such sets hold an even number of p, q, r and s wherever (pq|rs) is not zero, and likewise
        of h_pq; molecules of high symmetry have as many as their group has reflections, and one
        more.
        """
        settled, n = self.settled(), len(self.energies)
        whole = settled.integrals(0, range(n))
        places = 1 << np.arange(n, dtype=object)
        one = {places[p] ^ places[q] for p, q in np.argwhere(np.abs(whole.one) > _MIXED)}
        two = {
            places[p] ^ places[q] ^ places[r] ^ places[s]
            for p, q, r, s in np.argwhere(np.abs(whole.two) > _MIXED).tolist()
        }
        return len(symmetries(one | two, n))

    def integrals(self, core: int, active: range) -> Integrals:
        """Over the active orbitals, above core orbitals that stay doubly occupied.

        F = h + sum_i [2 (ii|..) - (.i|i.)],    E_core = E_nuc + sum_i (h + F)_ii
        """
        inner = self.coefficients[:, :core]
        density = 2 * inner @ inner.T
        field = np.einsum("abcd,cd->ab", self.repulsion, density)
        field -= np.einsum("acdb,cd->ab", self.repulsion, density) / 2
        constant = self.constant + float(np.sum(density * (self.hcore + field / 2)))
        c = self.coefficients[:, active.start : active.stop]
        one = c.T @ (self.hcore + field) @ c
        two = np.einsum("abcd,ap->pbcd", self.repulsion, c, optimize=True)
        two = np.einsum("pbcd,bq->pqcd", two, c, optimize=True)
        two = np.einsum("pqcd,cr->pqrd", two, c, optimize=True)
        two = np.einsum("pqrd,ds->pqrs", two, c, optimize=True)
        one = (one + one.T) / 2
        two = (two + two.transpose(1, 0, 2, 3)) / 2
        two = (two + two.transpose(0, 1, 3, 2)) / 2
        two = (two + two.transpose(2, 3, 0, 1)) / 2
        one[np.abs(one) < _ZERO] = 0.0
        two[np.abs(two) < _ZERO] = 0.0
        electrons = (self.electrons[0] - core, self.electrons[1] - core)
        return Integrals(constant, one, two, electrons, self.source)
