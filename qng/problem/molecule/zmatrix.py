"""Z-matrices: atoms by distances, angles and dihedral angles to those before them.

    O
    H 1 0.96
    H 1 0.96 2 104.5
    H 1 0.96 2 104.5 3 120

is an element, the number of an atom before it (from 1) and the distance to that one, a second one
and the angle between both, and a third one and the dihedral angle; angles in degrees.

Reference:
    Parsons et al., J. Comput. Chem. 26, 1063 (2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qng.arrays import Array
from qng.errors import InputError

# Sines below this are those of atoms in a line.
_LINE: Final = 1e-6

# Words of a line that hold a length, and an angle.
_LENGTHS: Final = (2,)
_ANGLES: Final = (4, 6)


def is_zmatrix(lines: Sequence[Sequence[str]]) -> bool:
    """Whether lines, as words, have as many of them as those of a Z-matrix."""
    widths = [len(words) for words in lines]
    return len(lines) > 1 and widths == [min(1 + 2 * k, 7) for k in range(len(lines))]


def unit_at(lines: Sequence[Sequence[str]], mark: str, unit: str) -> str:
    """The unit of what a mark stands for: that of lengths, "degrees", or "" where it is for both.

    Args:
        lines: Words of lines, of a Z-matrix or of Cartesian coordinates.
        mark: Such as "{r}".
        unit: That of lengths.
    """
    if not is_zmatrix(lines):
        return unit
    at = {k for words in lines for k, word in enumerate(words) if mark in word}
    if not at & set(_ANGLES):
        return unit
    return "" if at & set(_LENGTHS) else "degrees"


def positions_of(lines: Sequence[Sequence[str]]) -> Array:
    """Cartesian coordinates, in the unit of the distances, shape (atoms, 3).

    The first atom is at the origin, the second on the z axis, the third in the xz plane.

    Args:
        lines: Words of each line.

    Raises:
        InputError: A word that is no number, an atom that is not before it or is named twice, a
            distance that is not positive, an angle outside 0 to 180, or a dihedral angle about
            atoms in a line.
    """
    found = np.zeros((len(lines), 3))
    for k, words in enumerate(lines):
        line = " ".join(words)
        try:
            others = [int(word) - 1 for word in words[1::2]]
            numbers = [float(word) for word in words[2::2]]
        except ValueError as error:
            raise InputError(
                "a line of a Z-matrix is an element, then numbers of atoms before it with a "
                f"distance, an angle, a dihedral angle, as 'H 1 0.96 2 104.5', not {line!r}"
            ) from error
        if any(not 0 <= other < k for other in others) or len(set(others)) < len(others):
            raise InputError(f"{line!r}: atoms are those before it, 1 to {k}, each once")
        if not np.all(np.isfinite(numbers)):
            raise InputError(f"{line!r}: numbers must be finite")
        if numbers and numbers[0] <= 0:
            raise InputError(f"{line!r}: a distance must be positive")
        if len(numbers) > 1 and not 0 <= numbers[1] <= 180:
            raise InputError(f"{line!r}: an angle is from 0 to 180 degrees")
        found[k] = _placed(found[others], numbers, line)
    return found


def _placed(others: Array, numbers: Sequence[float], line: str) -> Array:
    """Where an atom is.

    With c the first of the others, b the second, a the third, r, angle A and dihedral D:

        u = (c - b) / |c - b|,    n ~ (b - a) x u,    m = n x u
        x = c + r (-cos A u + sin A cos D m + sin A sin D n)
    """
    if not numbers:
        return np.zeros(3)
    c, r = others[0], numbers[0]
    if len(numbers) == 1:
        return np.asarray(c + r * np.array([0.0, 0.0, 1.0]))
    u = (c - others[1]) / np.linalg.norm(c - others[1])
    angle = np.radians(numbers[1])
    if len(numbers) == 2:
        m, n, dihedral = np.array([1.0, 0.0, 0.0]), np.zeros(3), 0.0
    else:
        n = np.cross(others[1] - others[2], u)
        size = float(np.linalg.norm(n))
        if size < _LINE * float(np.linalg.norm(others[1] - others[2])):
            raise InputError(f"{line!r}: there is no dihedral angle about atoms in a line")
        n, dihedral = n / size, np.radians(numbers[2])
        m = np.cross(n, u)
    side = np.cos(dihedral) * m + np.sin(dihedral) * n
    return np.asarray(c + r * (-np.cos(angle) * u + np.sin(angle) * side))
