r"""Electrons and their spins as sums of Pauli words, and penalties that keep a state in a sector.

With n_k = (1 - Z_k) / 2, the occupation of mode k under Jordan-Wigner, and p over orbitals,

    N = sum_k n_k,    S_z = sum_p (n_pu - n_pd) / 2,    S_+ = sum_p a+_pu a_pd,
    S^2 = S_- S_+ + S_z (S_z + 1)

A penalty is the mean of a square, not the square of a mean:

    H + mu (S - s)^2,    <(S - s)^2> = (<S> - s)^2 + Var S

It vanishes in the sector S = s and nowhere else, and with [H, S] = 0 its levels are those of H, the
ones outside of the sector raised by mu (S - s)^2. The square of a mean, (<S> - s)^2, also vanishes
for mixtures of other sectors: half of two electrons and half of four is three in the mean.

Reference:
    Kuroiwa, Nakagawa, arXiv:2010.13951: which of the two works, and how large mu has to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.problem.ground import diagonal
from qng.problem.problem import Problem

if TYPE_CHECKING:
    from qng.problem.molecule.encoding import Encoding

__all__ = ["particle_number", "penalised", "spin_squared", "spin_z"]

ORDERS: Final = ("alternating", "blocked")

_USUAL: Final = "jordan-wigner"

_MAPPINGS: Final = (_USUAL, "parity", "bravyi-kitaev")

# Of sum |c_k|: what is left of H S - S H is rounding.
_ROUNDING: Final = 1e-9

# Qubits up to which the values of a symmetry are looked up, where it is diagonal and where not.
_DIAGONAL: Final = 20
_DENSE: Final = 10

# How much more than the bound asks for.
_MARGIN: Final = 1.1


def particle_number(n_qubits: int, mapping: str = _USUAL) -> PauliSum:
    """N = sum_k (1 - Z_k) / 2, the number of electrons, in any order of modes.

    Args:
        n_qubits: Modes, one a qubit.
        mapping: "jordan-wigner", "parity" or "bravyi-kitaev".

    Raises:
        UnknownNameError: Another mapping.

    Example:
        >>> str(particle_number(2))
        '1 I - 0.5 Z0 - 0.5 Z1'
    """
    n = checks.whole("n_qubits", n_qubits, 1)
    terms = [(Pauli(0, 0), n / 2), *((Pauli(0, 1 << k), -0.5) for k in range(n))]
    return _mapped(PauliSum(terms), n, mapping)


def spin_z(n_qubits: int, order: str = "alternating", mapping: str = _USUAL) -> PauliSum:
    """S_z = sum_p (n_pu - n_pd) / 2.

    Args:
        n_qubits: Modes, two an orbital.
        order: "alternating", spin up and down of an orbital side by side (PennyLane's,
            OpenFermion's), or "blocked", all with spin up first (Qiskit Nature's).
        mapping: As of `particle_number`.

    Raises:
        InputError: An odd number of qubits.
        UnknownNameError: Another order or mapping.

    Example:
        >>> str(spin_z(2))
        '-0.25 Z0 + 0.25 Z1'
    """
    terms = []
    for up, down in _pairs(n_qubits, order):
        terms += [(Pauli(0, 1 << up), -0.25), (Pauli(0, 1 << down), 0.25)]
    return _mapped(PauliSum(terms), n_qubits, mapping)


def spin_squared(n_qubits: int, order: str = "alternating", mapping: str = _USUAL) -> PauliSum:
    """S^2 = S_- S_+ + S_z (S_z + 1): 0, 3/4, 2, 15/4, ... are its values.

    Args:
        n_qubits: Modes, two an orbital.
        order: As of `spin_z`.
        mapping: As of `particle_number`.

    Raises:
        InputError: An odd number of qubits.
        UnknownNameError: Another order or mapping.

    Example:
        >>> str(spin_squared(2))
        '0.375 I - 0.375 Z0 Z1'
    """
    raising: list[tuple[Pauli, complex]] = []
    for up, down in _pairs(n_qubits, order):
        # a+_u a_d = (X - iY)_u Z ... Z (X + iY)_d / 4, with Z on the modes between.
        flips, between = 1 << up | 1 << down, (1 << down) - (2 << up)
        for y, c in ((0, 1), (1 << up, -1j), (1 << down, 1j), (flips, 1)):
            raising.append((Pauli(flips, between | y), c / 4))
    up_, z = PauliSum(raising), spin_z(n_qubits, order)
    down_ = PauliSum([(word, c.conjugate()) for word, c in up_])
    total = down_ @ up_ + z @ z + z
    # Quarters add up without rounding.
    return _mapped(total.hermitian(), n_qubits, mapping)


def of_electrons(n_qubits: int, order: str, encoding: Encoding) -> dict[str, PauliSum]:
    """N, S_z and S^2 on the qubits of an encoding, by the names "N", "Sz" and "S2".

    Args:
        n_qubits: Modes, two an orbital.
        order: As of `spin_z`.
        encoding: Of modes as qubits; what changes a symmetry that was left out is none of them.
    """
    whole = {
        "N": particle_number(n_qubits),
        "Sz": spin_z(n_qubits, order),
        "S2": spin_squared(n_qubits, order),
    }
    kept = {name: terms for name, terms in whole.items() if encoding.keeps(terms)}
    return {name: encoding.sum(terms).hermitian() for name, terms in kept.items()}


def _mapped(terms: PauliSum, modes: int, mapping: str) -> PauliSum:
    """A sum of words of Jordan-Wigner under another mapping."""
    if mapping == _USUAL:
        return terms
    from qng.problem.molecule.encoding import Encoding  # molecules have symmetries, too

    return Encoding.named(mapping, modes).sum(terms)


@overload
def penalised(
    target: PauliSum,
    symmetry: Any,
    value: float | None = None,
    weight: float | None = None,
) -> PauliSum: ...
@overload
def penalised(
    target: Problem,
    symmetry: Any,
    value: float | None = None,
    weight: float | None = None,
) -> Problem: ...
def penalised(
    target: PauliSum | Problem,
    symmetry: PauliSum | Mapping[PauliSum, float] | Any,
    value: float | None = None,
    weight: float | None = None,
) -> PauliSum | Problem:
    """H + sum_i mu_i (S_i - s_i)^2: the levels of H in the sector S_i = s_i, higher ones outside.

    Args:
        target: H, or a problem, whose reference is then the lowest level of the sector as far as
            it is computed (`Problem.reference_energy`).
        symmetry: S, Hermitian, with H S = S H, or its name among those of the problem; or several
            with their values, as {S_i: s_i}.
        value: s, one of its eigenvalues.
        weight: mu, in the unit of H, of every symmetry. By default 2.2 sum |c_k| / d^2, the sum
            over the words of H without the constant and d the distance from s to the next
            eigenvalue of S: the levels of H lie within 2 sum |c_k|, so that all of the sector come
            before all others.

    Raises:
        InputError: H does not conserve S, s is none of its values, or these are not known and no
            weight is given.

    Example:
        >>> from qng.problem.ground import ground_energy
        >>> h = PauliSum({"Z0": 1.0, "Z1": 1.0})
        >>> round(ground_energy(h)[0], 9)
        -2.0
        >>> round(ground_energy(penalised(h, particle_number(2), 1))[0], 9)
        0.0
    """
    if isinstance(target, Problem):
        several = dict(_wanted(symmetry, value, target))
        observable = penalised(target.observable, several, None, weight)
        return replace(target, observable=observable, reference=None)
    if not isinstance(target, PauliSum):
        raise InputError(
            f"a PauliSum or a problem gets a penalty, not {type(target).__name__}: "
            "qng.PauliSum(...) or qng.load(name)"
        )
    total = target
    for s, wanted in _wanted(symmetry, value, None):
        total = total + _penalty(target, s, wanted, weight)
    return total.hermitian()


def symmetry_of(problem: Problem, name: str) -> PauliSum:
    """A symmetry of a problem by its name.

    Raises:
        UnknownNameError: It has none of this name.
        InputError: It has none with names.

    Example:
        >>> from qng.problem.library import load
        >>> symmetry_of(load("h2"), "N") == particle_number(4)
        True
    """
    known = dict(problem.symmetries)
    if not known:
        raise InputError(
            f"the problem {problem.name} has no symmetries with names, such as {name!r}: give the "
            "symmetry itself, as qng.symmetries.particle_number(n), or make the problem with "
            "symmetries={name: symmetry}"
        )
    if name not in known:
        raise UnknownNameError("symmetry", name, known)
    return known[name]


def _wanted(
    symmetry: Any, value: float | None, problem: Problem | None
) -> list[tuple[PauliSum, float]]:
    """Symmetries with their values, from one or several."""
    names = (str, PauliSum) if problem is not None else PauliSum
    several = isinstance(symmetry, Mapping) and all(isinstance(s, names) for s in symmetry)
    if isinstance(symmetry, str) and problem is None:
        raise InputError(f"{symmetry!r} is a name, and a PauliSum knows none: give the symmetry")
    if several and value is None:
        pairs = list(symmetry.items())
    elif not several and value is not None:
        pairs = [(symmetry, value)]
    else:
        raise InputError(
            "a penalty is for one symmetry and its value, or for several as {symmetry: value}"
        )
    found = []
    for s, wanted in pairs:
        known = symmetry_of(problem, s) if isinstance(s, str) and problem is not None else s
        found.append((_observable(known), checks.real("value", wanted)))
    return found


def _penalty(target: PauliSum, s: PauliSum, value: float, weight: float | None) -> PauliSum:
    """mu (S - s)^2."""
    check_conserved(target, s)
    if weight is None:
        mu = _MARGIN * 2 * strength(target) / _gap(s, value) ** 2
    else:
        mu = checks.positive("weight", weight)
        if sector_values(s) is not None:
            _gap(s, value)
    off = s - value
    return mu * (off @ off)


def strength(observable: PauliSum) -> float:
    """sum |c_k| without the constant: levels are within this of the constant.

    Example:
        >>> strength(PauliSum({"I": 5.0, "Z0": -2.0, "X0": 1.0}))
        3.0
    """
    return float(sum(abs(c) for word, c in observable if word.support))


def check_conserved(observable: PauliSum, symmetry: PauliSum) -> None:
    """Refuse a symmetry that H does not have.

    Raises:
        InputError: H S - S H is not zero.
    """
    terms: list[tuple[Pauli, complex]] = []
    for p, c in observable:
        for q, d in symmetry:
            if not p.commutes(q):
                phase, word = p.times(q)
                terms.append((word, 2 * phase * c * d))
    rest = sum(abs(c) for _, c in PauliSum(terms))
    # Products of every pair round, also where they cancel.
    if rest > _ROUNDING * max(strength(observable) * strength(symmetry), 1e-300):
        raise InputError(
            f"the Hamiltonian does not conserve this symmetry: H S - S H has words of "
            f"{rest:.3g} in all; check the order of the modes and the mapping (Jordan-Wigner)"
        )


def sector_values(symmetry: PauliSum) -> Array | None:
    """The eigenvalues of a symmetry, each once, ascending; None where it is too large for that.

    Cost: 2^n where it is diagonal, up to 20 qubits; dense up to 10 otherwise, but for S^2.
    """
    n = max(1, symmetry.n_qubits)
    if symmetry.is_diagonal and n <= _DIAGONAL:
        found = diagonal(symmetry, n)
    elif n % 2 == 0 and any(
        symmetry == spin_squared(n, order, mapping) for order in ORDERS for mapping in _MAPPINGS
    ):
        spins = np.arange(n // 2 + 1) / 2
        return np.asarray(spins * (spins + 1))
    elif n <= _DENSE:
        found = np.linalg.eigvalsh(symmetry.dense(n))
    else:
        return None
    return np.asarray(np.unique(np.round(found, 9)))


def _gap(symmetry: PauliSum, value: float) -> float:
    """The distance from a value to the next one.

    Raises:
        InputError: It is none of the values, there is no other, or they are not known.
    """
    values = sector_values(symmetry)
    if values is None:
        raise InputError(
            f"the values of a symmetry on {symmetry.n_qubits} qubits are not known: give the "
            "weight, larger than the width of the levels of H over the square of the distance "
            "from the value to the next one"
        )
    apart = np.abs(values - value)
    if apart.min() > 1e-6:
        shown = ", ".join(f"{v:g}" for v in values[:8]) + (", ..." if len(values) > 8 else "")
        raise InputError(f"the symmetry never has the value {value:g}; it has {shown}")
    if len(values) == 1:
        raise InputError("the symmetry has one value only: there is no other sector to keep out")
    return float(np.sort(apart)[1])


def _observable(symmetry: Any) -> PauliSum:
    return (symmetry if isinstance(symmetry, PauliSum) else PauliSum(symmetry)).hermitian()


def _pairs(n_qubits: int, order: str) -> list[tuple[int, int]]:
    """(spin up, spin down) of every orbital."""
    n = checks.whole("n_qubits", n_qubits, 2)
    if n % 2:
        raise InputError(f"an orbital has two modes, so n_qubits is even, not {n}")
    if order not in ORDERS:
        raise UnknownNameError("order of modes", str(order), ORDERS)
    if order == "alternating":
        return [(2 * p, 2 * p + 1) for p in range(n // 2)]
    return [(p, p + n // 2) for p in range(n // 2)]
