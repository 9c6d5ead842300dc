"""The electrons of a molecule in a few orbitals: H by its integrals.

H = E_core + sum_pq h_pq E_pq + 1/2 sum_pqrs (pq|rs) (E_pq E_rs - delta_qr E_ps),
E_pq = sum_sigma a+_p,sigma a_q,sigma
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError

SYMMETRIC: Final = 1e-6
"""Integrals of real orbitals have the symmetries of (pq|rs) up to the rounding of their source."""

# How often orbitals are sorted before it is given up.
_SORTED: Final = 20


@dataclass(frozen=True, eq=False)
class Integrals:
    """Integrals over n real orthonormal orbitals, in Hartree.

    Args:
        constant: E_core, of nuclei and frozen electrons.
        one: h, shape (n, n).
        two: (pq|rs), shape (n, n, n, n), in the order of chemists: electron 1 is in p and q.
        electrons: Those with spin up and with spin down; the first orbitals are occupied in the
            reference determinant.
        source: Where they come from.

    Raises:
        InputError: Shapes that do not fit, integrals without their symmetries, or electrons that
            do not fit in.
    """

    constant: float
    one: Array
    two: Array
    electrons: tuple[int, int]
    source: str = ""

    def __post_init__(self) -> None:
        n = len(self.one)
        if self.one.shape != (n, n) or self.two.shape != (n, n, n, n):
            raise InputError(
                f"integrals over n orbitals have the shapes (n, n) and (n, n, n, n), not "
                f"{self.one.shape} and {self.two.shape}"
            )
        if not (np.all(np.isfinite(self.one)) and np.all(np.isfinite(self.two))):
            raise InputError("integrals must be finite")
        swaps = [self.two.transpose(axes) for axes in ((1, 0, 2, 3), (2, 3, 0, 1))]
        off = max(np.abs(self.one - self.one.T).max(), *(np.abs(self.two - s).max() for s in swaps))
        if off > SYMMETRIC:
            raise InputError(
                f"integrals of real orbitals have h_pq = h_qp and (pq|rs) = (qp|rs) = (rs|pq); "
                f"these differ by {off:.1e}"
            )
        up, down = self.electrons
        if min(up, down) < 0 or max(up, down) > n or up + down == 0:
            raise InputError(f"{up} + {down} electrons do not fit into {n} orbital(s)")
        if up < down:
            raise InputError(f"spin up is the majority: {up} + {down} electrons is refused")

    @property
    def orbitals(self) -> int:
        """n."""
        return len(self.one)

    @property
    def spin(self) -> int:
        """Electrons that are not paired, 2S of the reference determinant."""
        return self.electrons[0] - self.electrons[1]

    @property
    def reference_energy(self) -> float:
        """The energy of the reference determinant, that of Hartree-Fock where the orbitals are.

        E = E_core + sum_sigma sum_i h_ii
            + 1/2 sum_sigma,tau sum_ij [(ii|jj) - delta_sigma,tau (ij|ji)]
        """
        coulomb = np.einsum("iijj->ij", self.two)
        exchange = np.einsum("ijji->ij", self.two)
        energy = self.constant
        for n in self.electrons:
            energy += float(np.trace(self.one[:n, :n])) - float(exchange[:n, :n].sum()) / 2
            energy += sum(float(coulomb[:n, :m].sum()) / 2 for m in self.electrons)
        return energy

    @property
    def levels(self) -> Array:
        """Orbital energies of the reference determinant, mean of both spins, shape (n,).

        e_p = h_pp + sum_j n_j [(pp|jj) - (pj|jp) / 2],    n_j electrons in orbital j
        """
        filled = np.zeros(self.orbitals)
        for n in self.electrons:
            filled[:n] += 1
        coulomb, exchange = np.einsum("iijj->ij", self.two), np.einsum("ijji->ij", self.two)
        return np.asarray(np.diag(self.one) + (coulomb - exchange / 2) @ filled)

    def aufbau(self) -> Integrals:
        """The same with orbitals by their energies, where others than the lowest are filled.

        Programs that sort orbitals by their symmetry write them like that. Filled and sorted again
        until nothing changes; where this does not lower the energy, they stay as they are.
        """
        found = self
        for _ in range(_SORTED):
            levels = found.levels
            tops = [levels[:n].max(initial=-np.inf) for n in found.electrons]
            floors = [levels[n:].min(initial=np.inf) for n in found.electrons]
            if all(top <= floor + SYMMETRIC for top, floor in zip(tops, floors)):
                return found if found.reference_energy <= self.reference_energy else self
            found = found.reordered([int(p) for p in np.argsort(levels, kind="stable")])
        return self

    def reordered(self, order: Sequence[int]) -> Integrals:
        """The same with orbital order[k] in place k; the first ones are filled."""
        kept = np.ix_(order, order)
        two = self.two[np.ix_(order, order, order, order)]
        return Integrals(self.constant, self.one[kept], two, self.electrons, self.source)

    def active(self, core: int, orbitals: Sequence[int]) -> Integrals:
        """The integrals of some orbitals, above core orbitals that stay doubly occupied.

            E_core += sum_i 2 h_ii + sum_ij [2 (ii|jj) - (ij|ji)]
            h_pq   += sum_i 2 (ii|pq) - (pi|iq)

        Args:
            core: How many; the first ones.
            orbitals: Those that are kept, in their order; the others stay empty.

        Raises:
            InputError: Orbitals that are not there or in the core, or fewer electrons than a core.
        """
        kept = list(orbitals)
        if core < 0 or core > self.electrons[1]:
            raise InputError(
                f"{core} core orbitals hold {2 * core} electrons, there are {sum(self.electrons)}"
            )
        if not kept or min(kept) < core or max(kept) >= self.orbitals:
            raise InputError(f"active orbitals are from {core} to {self.orbitals - 1}, not {kept}")
        inner = slice(0, core)
        field = 2 * np.einsum("iipq->pq", self.two[inner, inner])
        field -= np.einsum("piiq->pq", self.two[:, inner, inner, :])
        constant = self.constant + float(np.trace((2 * self.one + field)[inner, inner]))
        one = (self.one + field)[np.ix_(kept, kept)]
        electrons = (self.electrons[0] - core, self.electrons[1] - core)
        two = self.two[np.ix_(kept, kept, kept, kept)]
        return Integrals(constant, one, two, electrons, self.source)


def chosen(
    electrons: tuple[int, int],
    orbitals: int,
    active_electrons: int | None,
    active_orbitals: int | None,
    core: int,
) -> tuple[int, range]:
    """(core orbitals, active orbitals) of an active space.

    Args:
        electrons: Of the molecule, spin up and down.
        orbitals: Of the basis.
        active_electrons: Those outside the core; by default what `core` leaves.
        active_orbitals: Neither core nor discarded; all by default.
        core: Core orbitals where no electrons are given.

    Raises:
        InputError: Such a space is not there.
    """
    total = sum(electrons)
    if active_electrons is not None:
        if active_electrons < 1 or active_electrons > total:
            raise InputError(
                f"the molecule has {total} electrons, {active_electrons} cannot be active"
            )
        if (total - active_electrons) % 2:
            raise InputError(
                f"the core holds pairs: of {total} electrons an "
                f"{'even' if total % 2 == 0 else 'odd'} number is active, not {active_electrons}"
            )
        core = (total - active_electrons) // 2
    if core > electrons[1]:
        raise InputError(
            f"{electrons[0] - electrons[1]} electrons are not paired, and are active: give at "
            "least as many"
        )
    n = orbitals - core if active_orbitals is None else active_orbitals
    if n < 1 or core + n > orbitals:
        raise InputError(
            f"{core} core and {n} active orbitals are more than the {orbitals} of this basis"
        )
    if electrons[0] - core > n:
        raise InputError(
            f"{total - 2 * core} electrons with {electrons[0] - electrons[1]} unpaired do not fit "
            f"into {n} active orbital(s)"
        )
    return core, range(core, core + n)
