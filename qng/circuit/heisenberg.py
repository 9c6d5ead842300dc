r"""Pauli words in the Heisenberg picture: walked through operations, to where they are known.

    U^\dagger W U = sign * word

as long as the image is a single word: any word through a Clifford gate or a fixed quarter turn, and
through every other operation the words that commute with it. At |0...0> a word of Z letters has the
mean 1 and every other word the mean 0. Where an image is not a single word, the qubits on which it
can act still bound it: its light cone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from qng.circuit.circuit import Circuit, Op
from qng.circuit.derived import derived
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli


class Image(NamedTuple):
    """A word conjugated by the operations that it was walked through.

    Args:
        sign: 1 or -1.
        word: The image up to its sign; None where it is not a single word.
        region: Mask of the qubits on which it can act.
    """

    sign: int
    word: Pauli | None
    region: int

    def through(self, op: Op) -> Image:
        """The image before an operation that it stands after, U^dagger W U."""
        if op.support & self.region == 0:
            return self
        found = None if self.word is None else op.conjugate(self.word)
        if found is None:
            return Image(1, None, self.region | op.support)
        sign, word = found
        return Image(self.sign * sign, word, word.support)

    @property
    def mean(self) -> int | None:
        """In |0...0>: 0, 1 or -1; None where it is not known."""
        if self.word is None:
            return None
        return 0 if self.word.x else self.sign


def images(met: Iterable[Op], word: Pauli) -> Iterator[Image]:
    """The images of a word on its way: before it meets the first operation, and after each.

    Args:
        met: Operations in the order in which the word meets them, the last of a circuit first.
        word: W.
    """
    image = Image(1, word, word.support)
    yield image
    for op in met:
        image = image.through(op)
        yield image


def walked(met: Iterable[Op], word: Pauli) -> Image:
    """The last of the images, or the first that is not a single word."""
    for image in images(met, word):
        if image.word is None:
            break
    return image


def back(ops: Sequence[Op], word: Pauli) -> tuple[int, Pauli] | None:
    r"""U^\dagger W U as (sign, word), for U the operations; None where it is not a single word."""
    sign, image, _ = walked(reversed(ops), word)
    return None if image is None else (sign, image)


def forth(ops: Iterable[Op], word: Pauli) -> tuple[int, Pauli] | None:
    r"""U W U^\dagger as (sign, word), for U the operations; None where it is not a single word."""
    sign, image, _ = walked((op.inverse() for op in ops), word)
    return None if image is None else (sign, image)


@derived
def known_mean(circuit: Circuit, word: Pauli) -> int | None:
    """<W> where the structure of the circuit fixes it, 0, 1 or -1; None where it is measured.

    That is the mean in the state without noise: with noise only the identity has a known one.

    Cost: one walk over the operations, once a circuit and word.
    """
    if circuit.noisy:
        return None if word.support else 1
    return walked(reversed(circuit.ops), word).mean


def light_cone(ops: Sequence[Op], qubits: int) -> list[int]:
    """Which operations can influence what is measured after them.

    Args:
        ops: In the order in which they act.
        qubits: Mask of the qubits that are measured.

    Returns:
        Their places in `ops`, ascending. An operation has influence if it acts on a qubit that is
        measured or on which a later operation with influence acts.
    """
    cone, found = qubits, []
    for place in reversed(range(len(ops))):
        support = ops[place].support
        if support & cone:
            cone |= support
            found.append(place)
    return found[::-1]


def commute(a: Op, b: Op) -> bool:
    """Whether two operations commute at all angles; False where it is not known."""
    if a.support & b.support == 0:
        return True
    if isinstance(a, Rotation):
        return b.conjugate(a.pauli) == (1, a.pauli)
    if isinstance(b, Rotation):
        return a.conjugate(b.pauli) == (1, b.pauli)
    return _is_diagonal(a) and _is_diagonal(b)


def _is_diagonal(gate: Gate) -> bool:
    matrix = gate.array()
    return bool(np.all(matrix == np.diag(np.diag(matrix))))
