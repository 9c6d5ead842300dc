"""Where the atoms of a molecule are: from text, lists or an XYZ file to positions in Angstrom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import InputError, UnknownNameError, shown

BOHR: Final = 0.529177210903
"""One bohr in Angstrom; CODATA 2018."""

UNITS: Final = ("angstrom", "bohr")

# fmt: off
ELEMENTS: Final = (
    "H", "He",
    "Li", "Be", "B", "C", "N", "O", "F", "Ne",
    "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar",
    "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn",
    "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd",
    "In", "Sn", "Sb", "Te", "I", "Xe",
)
# fmt: on
"""By their numbers, from 1."""

# Orbitals of the noble gas before an element, by the number of its last element.
_CORES: Final = ((2, 0), (10, 1), (18, 5), (36, 9), (54, 18))


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of a molecule.

    Args:
        symbols: One element an atom.
        positions: Shape (atoms, 3), in Angstrom.
    """

    symbols: tuple[str, ...]
    positions: Array

    @property
    def electrons(self) -> int:
        """Of the neutral atoms."""
        return sum(ELEMENTS.index(symbol) + 1 for symbol in self.symbols)

    @property
    def core(self) -> int:
        """Orbitals of the shells below those of valence, such as two of N2."""
        numbers = [ELEMENTS.index(symbol) + 1 for symbol in self.symbols]
        return sum(next(core for last, core in _CORES if z <= last) for z in numbers)

    @property
    def formula(self) -> str:
        """Such as H2O, in the order in which elements first occur.

        Example:
            >>> read_atoms("O 0 0 0; H 0.76 0.59 0; H -0.76 0.59 0").formula
            'OH2'
        """
        counts = {symbol: self.symbols.count(symbol) for symbol in self.symbols}
        return "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in counts.items())


def read_atoms(given: Any, coordinates: Any = None, unit: str = "angstrom") -> Atoms:
    """Atoms from whatever names them.

    Args:
        given: Text such as "N 0 0 0; N 0 0 1.1", with a semicolon or a line an atom; the path of
            an XYZ file, whose unit is Angstrom; or one element an atom, with `coordinates`.
        coordinates: Shape (atoms, 3).
        unit: "angstrom" or "bohr".

    Raises:
        InputError: None of these, coordinates of another shape, atoms at one place, or a file that
            cannot be read.
        UnknownNameError: An unknown element or unit.

    Example:
        >>> read_atoms("Li 0 0 0; H 0 0 1.6").symbols
        ('Li', 'H')
    """
    if unit not in UNITS:
        raise UnknownNameError("unit of length", unit, UNITS)
    if coordinates is not None:
        names = tuple(_element(str(symbol)) for symbol in given)
        return _checked(names, _positions(coordinates, len(names)), unit)
    if isinstance(given, Path):
        if unit != "angstrom":
            raise InputError(f"{given}: the unit of an XYZ file is Angstrom; leave unit out")
        return _checked(*_of_text(_xyz(given), str(given)), "angstrom")
    if not isinstance(given, str):
        raise InputError(
            "a molecule is text such as 'N 0 0 0; N 0 0 1.1', a path, or a list of elements with "
            f"coordinates, not {shown(given)}"
        )
    return _checked(*_of_text(re.split(r"[;\n]", given), given), unit)


def _element(name: str) -> str:
    symbol = name.strip().capitalize()
    if symbol not in ELEMENTS:
        raise UnknownNameError("element", name, ELEMENTS, likeness=0.9)
    return symbol


def _positions(coordinates: Any, atoms: int) -> Array:
    try:
        positions = np.asarray(coordinates, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"coordinates must be numbers: {error}") from error
    if positions.shape != (atoms, 3):
        raise InputError(
            f"coordinates must have the shape ({atoms}, 3) for {atoms} atom(s), "
            f"not {positions.shape}"
        )
    return positions


def _of_text(lines: Sequence[str], what: str) -> tuple[tuple[str, ...], Array]:
    """Elements and coordinates of lines such as "N 0 0 1.1"."""
    symbols: list[str] = []
    rows: list[list[float]] = []
    for line in lines:
        words = line.replace(",", " ").split()
        if not words:
            continue
        try:
            x, y, z = map(float, words[1:])
        except ValueError as error:
            raise InputError(
                f"an atom is an element and three coordinates, as 'N 0 0 1.1', not "
                f"{shown(line.strip())}"
            ) from error
        symbols.append(_element(words[0]))
        rows.append([x, y, z])
    if not symbols:
        raise InputError(f"there is no atom in {shown(what)}; give such as 'N 0 0 0; N 0 0 1.1'")
    return tuple(symbols), np.array(rows)


def _xyz(path: Path) -> list[str]:
    """The lines of the atoms of an XYZ file: after their number and a comment."""
    lines = read_text("a molecule", path).splitlines()
    try:
        atoms = int(lines[0])
    except (IndexError, ValueError) as error:
        raise InputError(
            f"{path} is no XYZ file, whose first line is the number of atoms; FCIDUMP files begin "
            "with &FCI"
        ) from error
    found = [line for line in lines[2:] if line.strip()]
    if atoms < 1 or len(found) != atoms:
        raise InputError(f"{path} has {len(found)} atom(s) after its first two lines, not {atoms}")
    return [" ".join(line.split()[:4]) for line in found]


def read_text(what: str, path: Any) -> str:
    """The text of a file.

    Raises:
        InputError: It cannot be read.
    """
    file = checks.path(what, path)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no text") from error


def _checked(symbols: tuple[str, ...], positions: Array, unit: str) -> Atoms:
    if not symbols:
        raise InputError("a molecule has at least one atom")
    if not np.all(np.isfinite(positions)):
        raise InputError("coordinates must be finite")
    angstrom = positions * BOHR if unit == "bohr" else positions
    apart = np.linalg.norm(angstrom[:, None] - angstrom, axis=2) + np.eye(len(symbols))
    if apart.min() < 1e-3:
        first, second = np.argwhere(apart < 1e-3)[0]
        raise InputError(f"atoms {first} and {second} are at the same place")
    return Atoms(symbols, angstrom)
