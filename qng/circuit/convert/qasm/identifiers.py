"""Names that OpenQASM 3 allows, for names that it does not."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from qng.circuit.convert.qelib1 import QELIB1
from qng.circuit.convert.stdgates import BUILTIN, STDGATES
from qng.circuit.functions import CONSTANTS, FUNCTIONS, ON_BITS

_LETTERS: Final = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
_RESERVED: Final = frozenset(
    """
    OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end
    return for while in switch case default nop pragma input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl durationof sizeof delay reset measure barrier true false im U real imag
    """.split()  # noqa: SIM905
).union(FUNCTIONS, ON_BITS, CONSTANTS)

_GATES: Final = frozenset((*BUILTIN, *STDGATES, *QELIB1))


def identifiers(names: Sequence[str]) -> tuple[str, ...]:
    """Distinct identifiers for names, which stay as they are where they are identifiers.

    What cannot stand in an identifier becomes "_", and a number is added where the result is taken:
    by another name, a keyword or a gate.

    Args:
        names: Distinct names.

    Example:
        >>> identifiers(["a", "θ[0]", "θ_0", "w[0,1]", "in", "2x"])
        ('a', 'θ_0_2', 'θ_0', 'w_0_1', 'in_2', 'p_2x')
    """
    taken = {name for name in names if is_identifier(name)}
    made = []
    for name in names:
        if not is_identifier(name):
            name = _free(_written(name), taken)
            taken.add(name)
        made.append(name)
    return tuple(made)


def is_identifier(name: str) -> bool:
    """Whether the language allows a name for a parameter."""
    fits = bool(name) and all(_fits(c) or (k > 0 and c in _DIGITS) for k, c in enumerate(name))
    return fits and name not in _RESERVED


def _written(name: str) -> str:
    characters = (c if _fits(c) or c in _DIGITS else str(unicodedata.digit(c, "_")) for c in name)
    # One mark for several signs, and none at the end: w[0, 1] is w_0_1.
    parts = [part for part in "".join(characters).split("_") if part]
    written = "_".join(parts) or "parameter"
    return f"p_{written}" if written[0] in _DIGITS else written


def _free(name: str, taken: set[str]) -> str:
    free, k = name, 2
    while free in taken or free in _RESERVED or free in _GATES:
        free, k = f"{name}_{k}", k + 1
    return free


def _fits(c: str) -> bool:
    return c == "_" or unicodedata.category(c) in _LETTERS


_DIGITS: Final = frozenset("0123456789")
