"""Which words a metric of observables is made of.

"hamiltonian" are those of H, "local-k" all on one to k neighbouring qubits, each of which has a
letter, "light-cone" what the generators of the circuit grow into (`cones`). Qubits are neighbours
where an operation of the circuit acts on both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from qng import checks
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.pauli import Pauli, PauliSum, bits
from qng.errors import InputError, shown
from qng.estimate.observables.cones import recommended

HAMILTONIAN: Final = "hamiltonian"
LIGHT_CONE: Final = "light-cone"
MOST_WORDS: Final = 4096

_LOCAL: Final = re.compile(r"local-([1-9][0-9]?)")

Words = str | PauliSum | Sequence[Any] | None
"""As they are given: a name, a sum, or words and their texts; None: those of H."""


def is_named(words: Words) -> bool:
    """Whether the circuit or H says which words these are.

    Example:
        >>> is_named("local-2"), is_named("Z0, X1")
        (True, False)
    """
    if words is None:
        return True
    return isinstance(words, str) and (
        words in (HAMILTONIAN, LIGHT_CONE) or words.startswith("local")
    )


def listed(words: Words) -> PauliSum:
    """Words that were given themselves, with their coefficients, 1 where there are none.

    Raises:
        InputError: No words, or what is none.

    Example:
        >>> str(listed("Z0 Z1, X1"))
        '1 Z0 Z1 + 1 X1'
    """
    if isinstance(words, str):
        words = [part.strip() for part in words.split(",")]
    if isinstance(words, (list, tuple, set, frozenset)):
        given = [word if isinstance(word, Pauli) else _read(word) for word in words]
        return PauliSum([(word, 1.0) for word in dict.fromkeys(given)])
    return words if isinstance(words, PauliSum) else PauliSum(words)


def numbered(words: PauliSum, weights: Mapping[Any, float] | Sequence[float]) -> dict[Pauli, float]:
    """Weights by word, those of the identity left out.

    Args:
        words: The words, as they were given.
        weights: One a word, in their order, the identity among them or not; or by word.

    Raises:
        InputError: Not as many, of other words, negative, or no numbers.

    Example:
        >>> [(str(word), w) for word, w in numbered(listed("Z0, X0"), [1.0, 2.0]).items()]
        [('Z0', 1.0), ('X0', 2.0)]
    """
    if isinstance(weights, Mapping):
        found = dict(zip((word for word, _ in listed([*weights])), weights.values()))
        missing = [str(word) for word, _ in words if word.support and word not in found]
        if missing or len(found) != len(weights) or set(found) - {word for word, _ in words}:
            raise InputError(
                f"there are {len(weights)} weights for {len(words)} words"
                + (f", and none of {missing[0]}" if missing else "")
            )
    else:
        given = [word for word, _ in words]
        count = len(weights) if isinstance(weights, (list, tuple, np.ndarray)) else -1
        others = [word for word in given if word.support]
        found = dict(zip(given if count == len(given) else others, weights if count >= 0 else ()))
        if count not in (len(given), len(others)):
            raise InputError(
                f"{len(words)} words need as many weights, not {shown(weights)}; a word that is "
                "given twice is one"
            )
    return {
        word: checks.not_negative("the weight of a word", weight)
        for word, weight in found.items()
        if word.support
    }


def _read(word: Any) -> Pauli:
    if isinstance(word, str) and word.strip():
        return Pauli.parse(word)
    raise InputError(
        f"words are given as texts such as 'Z0 X1', not {shown(word)}; by name: hamiltonian, "
        "local-1, local-2, ..., light-cone"
    )


def words_of(circuit: Circuit, observable: PauliSum | None, words: Words) -> PauliSum:
    """The words for a circuit, with their coefficients, without the identity.

    Args:
        circuit: The circuit.
        observable: H; None where there is none.
        words: As they were given.

    Raises:
        InputError: No H to take them from, words beyond the circuit's qubits, none or too many, or
            an unknown name.
    """
    if words is None or (isinstance(words, str) and words == HAMILTONIAN):
        if observable is None:
            raise InputError(
                "the words are those of an observable and none was given: give a problem, or words"
            )
        found = observable.hermitian()
    elif isinstance(words, str) and words == LIGHT_CONE:
        found = PauliSum([(word, 1.0) for word in recommended(circuit)])
    elif isinstance(words, str) and words.startswith("local"):
        found = PauliSum([(word, 1.0) for word in local(circuit, _range(words))])
    else:
        found = listed(words).hermitian()
    kept = PauliSum([(word, c.real) for word, c in found if word.support])
    if kept.n_qubits > circuit.n_qubits:
        raise InputError(
            f"the words act on {kept.n_qubits} qubits, and the circuit has {circuit.n_qubits}"
        )
    if not 0 < len(kept) <= MOST_WORDS:
        raise InputError(
            f"a metric of observables takes 1 to {MOST_WORDS} words other than the identity, not "
            f"{len(kept)}"
        )
    return kept


def _range(name: str) -> int:
    match = _LOCAL.fullmatch(name)
    if match is None:
        raise InputError(
            f"words by name are hamiltonian, local-1, local-2, ... and light-cone, not {name!r}"
        )
    return int(match[1])


@derived
def local(circuit: Circuit, most: int) -> tuple[Pauli, ...]:
    """All words on one to `most` qubits that hang together by operations of the circuit.

    Args:
        circuit: The circuit.
        most: k; a set of k qubits has 3^k words.

    Raises:
        InputError: More than `MOST_WORDS` words.

    Example:
        >>> from qng.circuit.ansatz import hardware_efficient
        >>> len(local(hardware_efficient(8, 3), 3))
        249
    """
    found: list[Pauli] = []
    for qubits in connected(_neighbours(circuit), most):
        if len(found) + 3 ** len(qubits) > MOST_WORDS:
            raise InputError(
                f"there are more than {MOST_WORDS} words on up to {most} neighbouring qubits of "
                f"this circuit: take local-{most - 1}, light-cone, or a list"
            )
        found += [Pauli.on(letters, qubits) for letters in product("XYZ", repeat=len(qubits))]
    return tuple(found)


def connected(neighbours: Mapping[int, int], most: int) -> list[tuple[int, ...]]:
    """Sets of one to `most` qubits that hang together, smaller ones first.

    Args:
        neighbours: Those of every qubit, as a mask.
        most: The largest size.
    """
    level = {1 << q for q in neighbours}
    found = sorted(level)
    for _ in range(most - 1):
        level = {
            mask | 1 << q
            for mask in level
            for of in bits(mask)
            for q in bits(neighbours[of] & ~mask)
        }
        found += sorted(level)
        if len(found) > MOST_WORDS:
            break
    return [bits(mask) for mask in found]


def _neighbours(circuit: Circuit) -> dict[int, int]:
    """Of every qubit, those on which an operation acts together with it."""
    joined = dict.fromkeys(range(circuit.n_qubits), 0)
    for op in circuit.ops:
        for q in bits(op.support):
            joined[q] |= op.support & ~(1 << q)
    return joined
