"""Whatever stands for a sum of Pauli words, as pairs of a word and its coefficient.

{"Z0 Z1": 1.0}, [("Z0 Z1", 1.0)]        mappings and pairs; words of ours as well as text
{((0, "X"), (1, "Y")): 0.5, (): 2.0}    the terms of OpenFermion's QubitOperator, or itself
"0.5 [X0 Y1] + 2.0 []"                  its text; the brackets may be left out
SparsePauliOp, qml.Hamiltonian, ...     operators of Qiskit and PennyLane
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from qng.circuit.pauli import MOST_QUBITS, Pauli, PauliSum, qubit_number
from qng.errors import InputError, shown

Term = tuple[Pauli, complex]

_TERM: Final = re.compile(
    r"""\s* (?P<signs> (?: [+-] \s* )* )
        (?P<number> \( [^()]* \)
                  | (?: [0-9]+ \.? [0-9]* | \.[0-9]+ ) (?: [eE] [+-]? [0-9]+ )? j?
                  | (?: nan | inf ) \b )?
        \s* \*? \s*
        (?P<word> \[ [^\[\]]* \] | [A-Za-z] [^+\-*\[\]()]* )? \s*""",
    re.VERBOSE,
)


def terms_of(given: Any) -> Iterator[Term]:
    """Words and coefficients, as they come: a word may come twice.

    Raises:
        InputError: Nothing that stands for a sum, a word that cannot be read, or a coefficient
            that is no number.
    """
    if isinstance(given, Pauli):
        given = [(given, 1.0)]
    for word, coefficient in _pairs(given):
        pauli = _word(word)
        yield pauli, _number(coefficient, pauli)


def _pairs(given: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(given, PauliSum):
        return given.terms
    if isinstance(given, str):
        return _of_text(given)
    if isinstance(given, type):
        raise _nothing(given)
    package = _package(given)
    if package == "qiskit":
        return PauliSum.from_qiskit(given).terms
    if package == "pennylane":
        return PauliSum.from_pennylane(given).terms
    if hasattr(given, "one_body_tensor"):
        raise InputError(
            f"a {type(given).__name__} is of fermions: bring it to qubits first "
            "(openfermion.jordan_wigner)"
        )
    if isinstance(getattr(given, "terms", None), Mapping):
        given = given.terms
    if isinstance(given, Mapping):
        items: Iterable[tuple[Any, Any]] = given.items()
        return items
    if isinstance(given, Iterable) and not isinstance(given, (bytes, np.ndarray)):
        return _checked(given)
    raise _nothing(given)


def _checked(given: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for pair in given:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InputError(
                "a sum of Pauli words is given as pairs of a word and a coefficient, such as "
                f"('Z0 Z1', 1.0), not as {shown(pair)}"
            )
        yield pair[0], pair[1]


def _nothing(given: Any) -> InputError:
    kind = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
    return InputError(
        "an observable is a PauliSum, a mapping such as {'Z0 Z1': 1.0}, its text, or an operator "
        f"of Qiskit, PennyLane or OpenFermion, not {kind}"
    )


def _package(given: Any) -> str:
    """The package that an object's class comes from."""
    packages = {cls.__module__.partition(".")[0] for cls in type(given).__mro__}
    return next((name for name in ("qiskit", "pennylane") if name in packages), "")


def _word(given: Any) -> Pauli:
    if isinstance(given, Pauli):
        if min(given.x, given.z) < 0 or given.support >> MOST_QUBITS:
            raise InputError(
                f"a Pauli word acts on qubits 0 to {MOST_QUBITS - 1}; a mask of "
                f"{given.support.bit_length()} bits, or below 0, is none"
            )
        return given
    if isinstance(given, tuple):
        return _of_factors(given)
    return Pauli.parse(given)


def _of_factors(factors: tuple[Any, ...]) -> Pauli:
    """((0, "X"), (1, "Y")), as OpenFermion writes a word."""
    for factor in factors:
        pair = isinstance(factor, tuple) and len(factor) == 2
        if not pair or factor[1] not in ("I", "X", "Y", "Z"):
            raise InputError(
                f"{shown(factors)} is not a Pauli word; write ((0, 'X'), (1, 'Y')), and bring "
                "fermions to qubits first (openfermion.jordan_wigner)"
            )
    return Pauli.parse(" ".join(f"{p}{qubit_number(q)}" for q, p in factors if p != "I"))


def _number(given: Any, word: Pauli) -> complex:
    if type(given) is complex:
        return given
    array = isinstance(given, np.ndarray) and given.ndim > 0
    try:
        if array or isinstance(given, (str, bytes, bool, np.bool_)):
            raise TypeError
        return complex(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"the coefficient of {word} must be a finite number, not {shown(given)}"
        ) from error


def _of_text(text: str) -> Iterator[Term]:
    """The terms of "0.5 [X0 Y1] + (1+2j) [Z0] - 2 []", or the same without brackets."""
    place = 0
    while place < len(text) or place == 0:
        match = _TERM.match(text, place)
        assert match is not None  # all of its parts may be empty
        signs, number, word = match["signs"], match["number"], match["word"]
        if (number is None and word is None) or (place and not signs):
            raise InputError(
                f"the observable {shown(text)} cannot be read at "
                f"{shown(text[place:] or text, 20)}; write terms such as 0.5 [X0 Y1] + 2 []"
            )
        pauli = Pauli.parse((word or "").strip("[] \n\t"))
        yield pauli, (-1) ** signs.count("-") * _coefficient(number)
        place = match.end()


def _coefficient(number: str | None) -> complex:
    if number is None:
        return 1.0
    try:
        return complex(number.replace(" ", ""))
    except ValueError as error:
        raise InputError(f"{number!r} is no number; write terms such as 0.5 [X0 Y1]") from error
