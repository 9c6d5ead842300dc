"""Ansaetze as excitations of fermions: UCCSD and k-UpCCGSD, as products of exp(t (T - T+)).

Each factor is rotations about words that commute with each other, by angles in the ratios of the
coefficients of i (T - T+).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from qng.arrays import Array
from qng.circuit.pauli import Pauli
from qng.problem.molecule.amplitudes import Amplitudes
from qng.problem.molecule.fermions import Modes, generator

_SPREAD: Final = 0.05


Linear = dict[str, float]
"""An angle: the factor of every parameter in it."""


class WordTurn(NamedTuple):
    """exp(-i phi P/2) about a word by an angle."""

    word: Pauli
    angle: Linear


@dataclass(frozen=True, eq=False)
class Ansatz:
    """Rotations on the modes of Jordan-Wigner, behind the reference determinant.

    Args:
        rotations: In the order in which they act.
        parameters: In their order.
        start: Shape (P,), radians.
        begins: From which amplitudes: "MP2", "CCSD" or "HF".
        energy: That of these amplitudes by themselves, in Hartree, which may lie below the exact
            one; None where there are none.
    """

    rotations: tuple[WordTurn, ...]
    parameters: tuple[str, ...]
    start: Array
    begins: str = "HF"
    energy: float | None = None


@dataclass
class _Growing:
    """An ansatz in the making."""

    modes: Modes
    symmetries: Sequence[int]
    rotations: list[WordTurn] = field(default_factory=list)
    start: dict[str, float] = field(default_factory=dict)

    def allowed(self, *modes: int) -> bool:
        """Whether moving electrons between these modes keeps all symmetries."""
        mask = 0
        for mode in modes:
            mask ^= 1 << mode
        return all((mask & s).bit_count() % 2 == 0 for s in self.symmetries)

    def excite(self, creators: Sequence[int], annihilators: Sequence[int], **angle: float) -> None:
        """exp(t (T - T+)) = prod_P exp(-i t c_P P), t by the factors of parameters."""
        for word, c in generator(creators, annihilators):
            self.rotations.append(
                WordTurn(word, {name: 2 * c.real * factor for name, factor in angle.items()})
            )

    def finished(self) -> Ansatz:
        """What has grown."""
        start = np.array(list(self.start.values()))
        return Ansatz(tuple(self.rotations), tuple(self.start), start)


def uccsd(
    modes: Modes,
    electrons: tuple[int, int],
    symmetries: Sequence[int],
    amplitudes: Amplitudes | None,
) -> Ansatz:
    """Unitary coupled cluster with singles and doubles, one Trotter step; doubles act first.

    Of a closed shell one parameter is shared by all excitations that differ in spin alone, as in
    coupled cluster of singlets:

        T = sum_ia t_ia E_ai + 1/2 sum_ijab t_ijab E_ai E_bj,    t_ijab = t_jiba

    The number of electrons and S_z are conserved; S^2 up to the error of the Trotter step.

    Args:
        modes: Of the orbitals.
        electrons: Spin up and down.
        symmetries: Masks of modes. An excitation that breaks one has no amplitude and no gradient
            at a state that keeps it, and is left out.
        amplitudes: The start; None: zeros.

    Reference:
        Peruzzo et al., Nat. Commun. 5, 4213 (2014); Romero et al., arXiv:1701.02691.
    """
    growing = _Growing(modes, symmetries)
    if electrons[0] == electrons[1]:
        _closed(growing, electrons[0], amplitudes)
    else:
        _open(growing, electrons, amplitudes)
    return growing.finished()


def _closed(growing: _Growing, occupied: int, amplitudes: Amplitudes | None) -> None:
    modes, n = growing.modes, growing.modes.orbitals
    one, two = (None, None) if amplitudes is None else amplitudes.spatial()
    singles = [(i, a) for i in range(occupied) for a in range(occupied, n)]

    def up(p: int) -> int:
        return modes.mode(p, 0)

    def down(p: int) -> int:
        return modes.mode(p, 1)

    def double(i: int, a: int, j: int, b: int) -> str:
        """t_ijab, one parameter for both orders of the pairs."""
        (i, a), (j, b) = sorted([(i, a), (j, b)])
        name = f"t_{i}_{j}_{a}_{b}"
        value = 0.0 if two is None else float(two[i, j, a - occupied, b - occupied])
        growing.start.setdefault(name, value)
        return name

    for i, a in singles:
        for j, b in singles:
            if growing.allowed(up(i), up(a), down(j), down(b)):
                growing.excite([up(a), down(b)], [down(j), up(i)], **{double(i, a, j, b): 1.0})
    for spin in (up, down):
        for i, a in singles:
            for j, b in singles:
                if i < j and a < b and growing.allowed(*map(spin, (i, a, j, b))):
                    angle = {double(i, a, j, b): 1.0, double(i, b, j, a): -1.0}
                    growing.excite([spin(a), spin(b)], [spin(j), spin(i)], **angle)
    for i, a in singles:
        if growing.allowed(up(i), up(a)):
            name = f"t_{i}_{a}"
            growing.start[name] = 0.0 if one is None else float(one[i, a - occupied])
            for spin in (up, down):
                growing.excite([spin(a)], [spin(i)], **{name: 1.0})


def _open(growing: _Growing, electrons: tuple[int, int], amplitudes: Amplitudes | None) -> None:
    """Excitations of spin orbitals, each with a parameter of its own."""
    modes, n = growing.modes, growing.modes.orbitals
    letters = "ud"
    filled = [(p, s) for s in (0, 1) for p in range(electrons[s])]
    empty = [(p, s) for s in (0, 1) for p in range(electrons[s], n)]

    def text(places: Iterable[tuple[int, int]]) -> str:
        return "_".join(f"{p}{letters[s]}" for p, s in places)

    for k, i in enumerate(filled):
        for m, j in enumerate(filled[k + 1 :], k + 1):
            for x, a in enumerate(empty):
                for y, b in enumerate(empty[x + 1 :], x + 1):
                    at = [modes.mode(*place) for place in (i, j, a, b)]
                    if sorted((i[1], j[1])) != sorted((a[1], b[1])) or not growing.allowed(*at):
                        continue
                    name = f"t_{text((i, j, a, b))}"
                    value = 0.0 if amplitudes is None else float(amplitudes.two[k, m, x, y])
                    growing.start[name] = value
                    growing.excite([at[2], at[3]], [at[1], at[0]], **{name: 1.0})
    for k, i in enumerate(filled):
        for x, a in enumerate(empty):
            at = [modes.mode(*i), modes.mode(*a)]
            if i[1] == a[1] and growing.allowed(*at):
                name = f"t_{text((i, a))}"
                growing.start[name] = 0.0 if amplitudes is None else float(amplitudes.one[k, x])
                growing.excite([at[1]], [at[0]], **{name: 1.0})


def k_upccgsd(
    modes: Modes, electrons: tuple[int, int], amplitudes: Amplitudes | None, k: int
) -> Ansatz:
    """k times generalised pair doubles and then singles, both spins with one parameter.

        prod_k prod_p<q exp(s_pq (E_qp - E_pq)) exp(d_pq (P+_q P_p - P+_p P_q)),
        P_p = a_p,down a_p,up

    The number of electrons, S_z and S^2 are conserved exactly. Singles take pairs to others, also
    where they break a symmetry of the molecule; where all are zero such ones have no slope.

    Args:
        modes: Of the orbitals.
        electrons: Spin up and down.
        amplitudes: Those of pairs start the first layer, all else is drawn from
            `default_rng(0).uniform(-0.05, 0.05)`; None: zeros.
        k: Layers.

    Reference:
        Lee, Huggins, Head-Gordon, Whaley, arXiv:1810.02327.
    """
    growing = _Growing(modes, ())
    n, occupied = modes.orbitals, electrons[1]
    two = None if amplitudes is None else amplitudes.spatial()[1]
    stream = np.random.default_rng(0)
    pairs = [(p, q) for p in range(n) for q in range(p + 1, n)]

    def drawn() -> float:
        return 0.0 if two is None else float(stream.uniform(-_SPREAD, _SPREAD))

    for layer in range(k):
        for p, q in pairs:
            name, value = f"d{layer}_{p}_{q}", drawn()
            if two is not None and layer == 0:
                moved = p < occupied <= q
                value = float(two[p, p, q - occupied, q - occupied]) if moved else 0.0
            growing.start[name] = value
            to, of = ([modes.mode(r, spin) for spin in (0, 1)] for r in (q, p))
            growing.excite(to, of[::-1], **{name: 1.0})
        for p, q in pairs:
            name = f"s{layer}_{p}_{q}"
            growing.start[name] = drawn()
            for spin in (0, 1):
                growing.excite([modes.mode(q, spin)], [modes.mode(p, spin)], **{name: 1.0})
    return growing.finished()
