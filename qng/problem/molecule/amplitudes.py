"""Amplitudes of excitations, from which circuits start: perturbation theory and coupled cluster.

Over spin orbitals, with <pq||rs> = <pq|rs> - <pq|sr> and D_ijab = f_ii + f_jj - f_aa - f_bb,

    MP2:   t_ijab = <ij||ab> / D_ijab
    CCSD:  <Phi_ia| e^-T H e^T |Phi> = <Phi_ijab| e^-T H e^T |Phi> = 0,  T = T1 + T2

Reference:
    Stanton, Gauss, Watts, Bartlett, J. Chem. Phys. 94, 4334 (1991), whose intermediates these are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError
from qng.problem.molecule.hartree_fock import NotConvergedError
from qng.problem.molecule.integrals import Integrals

_STEPS: Final = 200
_TOLERANCE: Final = 1e-9
_HISTORY: Final = 8

# Levels closer than this many Hartree give no amplitudes.
_GAP: Final = 1e-6


class NoGapError(InputError):
    """The reference determinant has no gap, so that it has no amplitudes."""


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Amplitudes over spin orbitals: those with spin up before those with spin down.

    Args:
        one: t_ia, shape (o, v).
        two: t_ijab, antisymmetric, shape (o, o, v, v).
        energy: With the reference determinant, in Hartree.
        up: How many of o and of v have spin up.
        name: "MP2" or "CCSD".
    """

    one: Array
    two: Array
    energy: float
    up: tuple[int, int]
    name: str

    def spatial(self) -> tuple[Array, Array]:
        """(t_ia, t_ijab) of a closed shell: i and a with spin up, j and b with spin down."""
        o, v = self.up
        return self.one[:o, :v], self.two[:o, o:, :v, v:]


def perturbative(integrals: Integrals) -> Amplitudes:
    """Those of second-order perturbation theory.

    Raises:
        NoGapError: Levels without a gap.
    """
    return _Equations(integrals).first()


def coupled_cluster(integrals: Integrals) -> Amplitudes:
    """Those of coupled cluster with singles and doubles.

    Raises:
        NoGapError: Levels without a gap.
        NotConvergedError: The iteration does not converge, as far from equilibrium.

    Cost: o^2 v^4 an iteration.
    """
    equations = _Equations(integrals)
    first = equations.first()
    one, two = first.one, first.two
    vectors: list[Array] = []
    errors: list[Array] = []
    for _ in range(_STEPS):
        new_one, new_two = equations.updated(one, two)
        after = np.concatenate([new_one.ravel(), new_two.ravel()])
        error = after - np.concatenate([one.ravel(), two.ravel()])
        size = float(np.abs(error).max(initial=0.0))
        if not np.isfinite(size) or size > 1e3:
            break
        if size < _TOLERANCE:
            return equations.with_energy(new_one, new_two, "CCSD")
        vectors, errors = [*vectors, after][-_HISTORY:], [*errors, error][-_HISTORY:]
        mixed = _extrapolated(vectors, errors)
        one, two = mixed[: one.size].reshape(one.shape), mixed[one.size :].reshape(two.shape)
    raise NotConvergedError(
        "coupled cluster does not converge here; start from MP2 (start='mp2'), from Hartree-Fock "
        "('hf') or from the point of a neighbouring geometry"
    )


def _extrapolated(vectors: list[Array], errors: list[Array]) -> Array:
    """The mean of the last vectors, by weights that add to 1, whose error is smallest (DIIS)."""
    n = len(vectors)
    matrix = -np.ones((n + 1, n + 1))
    matrix[-1, -1] = 0.0
    matrix[:n, :n] = [[float(e @ f) for f in errors] for e in errors]
    scale = max(float(np.abs(matrix[:n, :n]).max()), 1e-300)
    matrix[:n, :n] /= scale
    right = np.zeros(n + 1)
    right[-1] = -1.0
    weights = np.linalg.lstsq(matrix, right, rcond=None)[0][:n]
    return np.asarray(sum(w * v for w, v in zip(weights, vectors)))


class _Equations:
    """The equations over spin orbitals; occupied i, j, m, n and others a, b, e, f."""

    def __init__(self, integrals: Integrals) -> None:
        n = integrals.orbitals
        up, down = integrals.electrons
        spins = np.repeat([0, 1], n)
        places = np.tile(np.arange(n), 2)
        filled = places < np.where(spins == 0, up, down)
        order = np.concatenate([np.flatnonzero(filled), np.flatnonzero(~filled)])
        p, s = places[order], spins[order]
        same = (s[:, None] == s).astype(float)
        coulomb = integrals.two[np.ix_(p, p, p, p)]
        # <pq|rs> = (pr|qs)
        direct = np.einsum("prqs,pr,qs->pqrs", coulomb, same, same)
        self.v = direct - direct.transpose(0, 1, 3, 2)
        o = self.o = slice(0, up + down)
        self.w = slice(up + down, 2 * n)
        self.up = up, n - up
        fock = integrals.one[np.ix_(p, p)] * same
        fock = fock + np.einsum("pmqm->pq", self.v[:, o, :, o])
        levels = np.diag(fock)
        gap = levels[self.o][:, None] - levels[self.w]
        self.constant = integrals.reference_energy
        self.d1 = gap
        self.d2 = gap[:, None, :, None] + gap[None, :, None, :]
        if gap.size and gap.max() > -_GAP:
            raise NoGapError(
                "the reference determinant has no gap, so there are no amplitudes to start from; "
                "start from Hartree-Fock (start='hf')"
            )
        self.f = fock - np.diag(levels)

    def first(self) -> Amplitudes:
        """The amplitudes of perturbation theory."""
        one = self.f[self.o, self.w] / self.d1
        two = self.v[self.o, self.o, self.w, self.w] / self.d2
        return self.with_energy(one, two, "MP2")

    def with_energy(self, one: Array, two: Array, name: str) -> Amplitudes:
        """E = E_ref + sum f_ia t_ia + 1/4 sum <ij||ab> t_ijab + 1/2 sum <ij||ab> t_ia t_jb."""
        v = self.v[self.o, self.o, self.w, self.w]
        energy = self.constant + float(np.sum(self.f[self.o, self.w] * one))
        energy += float(np.sum(v * two)) / 4
        energy += float(np.einsum("ijab,ia,jb->", v, one, one)) / 2
        return Amplitudes(one, two, energy, self.up, name)

    def updated(self, one: Array, two: Array) -> tuple[Array, Array]:
        """The next amplitudes."""
        o, w, v, f = self.o, self.w, self.v, self.f
        pairs = np.einsum("ia,jb->ijab", one, one)
        half = two + (pairs - pairs.transpose(0, 1, 3, 2)) / 2
        full = two + pairs - pairs.transpose(0, 1, 3, 2)

        f_ae = f[w, w] - _s("me,ma->ae", f[o, w], one) / 2 + _s("mf,mafe->ae", one, v[o, w, w, w])
        f_ae -= _s("mnaf,mnef->ae", half, v[o, o, w, w]) / 2
        f_mi = f[o, o] + _s("ie,me->mi", one, f[o, w]) / 2 + _s("ne,mnie->mi", one, v[o, o, o, w])
        f_mi += _s("inef,mnef->mi", half, v[o, o, w, w]) / 2
        f_me = f[o, w] + _s("nf,mnef->me", one, v[o, o, w, w])

        w_mnij = v[o, o, o, o] + _odd(_s("je,mnie->mnij", one, v[o, o, o, w]), 2, 3)
        w_mnij = w_mnij + _s("ijef,mnef->mnij", full, v[o, o, w, w]) / 4
        w_abef = v[w, w, w, w] - _odd(_s("mb,amef->abef", one, v[w, o, w, w]), 0, 1)
        w_abef = w_abef + _s("mnab,mnef->abef", full, v[o, o, w, w]) / 4
        w_mbej = v[o, w, w, o] + _s("jf,mbef->mbej", one, v[o, w, w, w])
        w_mbej = w_mbej - _s("nb,mnej->mbej", one, v[o, o, w, o])
        mixed = two / 2 + _s("jf,nb->jnfb", one, one)
        w_mbej = w_mbej - _s("jnfb,mnef->mbej", mixed, v[o, o, w, w])

        new_one = f[o, w] + one @ f_ae.T - f_mi.T @ one + _s("imae,me->ia", two, f_me)
        new_one = new_one - _s("nf,naif->ia", one, v[o, w, o, w])
        new_one = new_one - _s("imef,maef->ia", two, v[o, w, w, w]) / 2
        new_one = new_one - _s("mnae,nmei->ia", two, v[o, o, w, o]) / 2

        by_b = f_ae - _s("mb,me->be", one, f_me) / 2
        by_j = f_mi + _s("je,me->mj", one, f_me) / 2
        new_two = v[o, o, w, w] + _odd(_s("ijae,be->ijab", two, by_b), 2, 3)
        new_two = new_two - _odd(_s("imab,mj->ijab", two, by_j), 0, 1)
        new_two = new_two + _s("mnab,mnij->ijab", full, w_mnij) / 2
        new_two = new_two + _s("ijef,abef->ijab", full, w_abef) / 2
        ring = _s("imae,mbej->ijab", two, w_mbej)
        ring = ring - _s("ie,ma,mbej->ijab", one, one, v[o, w, w, o])
        new_two = new_two + _odd(_odd(ring, 2, 3), 0, 1)
        new_two = new_two + _odd(_s("ie,abej->ijab", one, v[w, w, w, o]), 0, 1)
        new_two = new_two - _odd(_s("ma,mbij->ijab", one, v[o, w, o, o]), 2, 3)
        return new_one / self.d1, new_two / self.d2


def _s(formula: str, *tensors: Array) -> Array:
    """A sum over repeated indices."""
    return np.asarray(np.einsum(formula, *tensors, optimize=True))


def _odd(tensor: Array, first: int, second: int) -> Array:
    """P_- T = T - T with two indices exchanged."""
    return np.asarray(tensor - tensor.swapaxes(first, second))


STARTS: Final[dict[str, Callable[[Integrals], Amplitudes] | None]] = {
    "hf": None,
    "mp2": perturbative,
    "ccsd": coupled_cluster,
}
"""Where a circuit starts: the reference determinant, or amplitudes."""
