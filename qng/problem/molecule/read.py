"""Operators of fermions from other packages, as words.

{((0, 1), (1, 0)): 0.5}     the terms of OpenFermion's FermionOperator: (mode, creates), or itself
{"+_0 -_1": 0.5}            those of Qiskit Nature's FermionicOp, or itself
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError, shown
from qng.problem.molecule.encoding import MAPPINGS, Encoding
from qng.problem.molecule.fermions import ladder

_SIGNS: Final = {"+": True, "-": False}

# Operators of OpenFermion and Qiskit Nature that are written as those of fermions are.
_BOSONS: Final = ("BosonOperator", "BosonicOp")


def from_fermions(
    operator: Any, mapping: str = "jordan-wigner", modes: int | None = None
) -> PauliSum:
    """A sum of words from an operator of fermions.

    Args:
        operator: OpenFermion's FermionOperator, Qiskit Nature's FermionicOp, or a mapping like
            those of their terms.
        mapping: "jordan-wigner", "parity" or "bravyi-kitaev".
        modes: How many there are; as many as the operator says or needs by default. The mappings
            other than Jordan-Wigner depend on it.

    Raises:
        InputError: Another operator, or more modes than that.
        UnknownNameError: An unknown mapping.

    Example:
        >>> str(from_fermions({((0, 1), (0, 0)): 1.0}))
        '0.5 I - 0.5 Z0'
    """
    if mapping not in MAPPINGS:
        raise UnknownNameError("mapping", mapping, MAPPINGS)
    kind = type(operator).__name__
    if kind in _BOSONS:
        raise InputError(f"a {kind} is of bosons, and not of fermions")
    if hasattr(operator, "one_body_tensor"):
        raise InputError(
            f"a {kind} of OpenFermion holds tensors: give openfermion.get_fermion_operator of it"
        )
    terms = getattr(operator, "terms", operator)
    terms = terms if isinstance(terms, Mapping) else operator
    if not isinstance(terms, Mapping):
        raise InputError(
            "an operator of fermions is a FermionOperator of OpenFermion, a FermionicOp of Qiskit "
            f"Nature, or a mapping such as {{((0, 1), (1, 0)): 0.5}}, not {shown(operator)}"
        )
    read = [(_factors(key), complex(value)) for key, value in terms.items()]
    needed = 1 + max((mode for factors, _ in read for mode, _ in factors), default=0)
    said = getattr(operator, "num_spin_orbitals", None)
    n = modes if modes is not None else max(needed, said or 0)
    if n < needed:
        raise InputError(f"the operator acts on mode {needed - 1}, modes is {n}")
    found: dict[Pauli, complex] = {}
    for factors, value in read:
        product = PauliSum({"I": value})
        for mode, creates in factors:
            product = product @ ladder(mode, creates)
        for word, c in product:
            found[word] = found.get(word, 0.0) + c
    largest = max((abs(c) for c in found.values()), default=0.0)
    kept = PauliSum([(word, c) for word, c in found.items() if abs(c) > 1e-15 * largest])
    return Encoding.named(mapping, n).sum(kept)


def _factors(key: Any) -> list[tuple[int, bool]]:
    """(mode, whether it is created) of every factor of a term, from left to right."""
    if isinstance(key, str):
        return [_labelled(word, key) for word in key.split()]
    if isinstance(key, Iterable):
        factors = list(key)
        if all(isinstance(f, tuple) and len(f) == 2 and f[1] in (0, 1) for f in factors):
            return [(int(mode), bool(creates)) for mode, creates in factors]
    raise InputError(
        f"{shown(key)} is no term of fermions; write ((0, 1), (1, 0)) or '+_0 -_1' for a+_0 a_1"
    )


def _labelled(word: str, key: str) -> tuple[int, bool]:
    sign, _, mode = word.partition("_")
    if sign not in _SIGNS or not mode.isdecimal():
        raise InputError(f"{word!r} in {key!r} is no ladder operator; write '+_0' or '-_1'")
    return int(mode), _SIGNS[sign]
