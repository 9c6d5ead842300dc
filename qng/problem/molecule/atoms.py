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
from qng.problem.molecule.zmatrix import is_zmatrix, positions_of

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

# Of nonmetals in formulas: Nomenclature of Inorganic Chemistry (IUPAC 1990), I-2.15.
# fmt: off
_SEQUENCE: Final = (
    "B", "Si", "C", "Sb", "As", "P", "N", "H", "Te", "Se", "S", "I", "Br", "Cl", "O", "F",
)
# fmt: on

_ELEMENT: Final = re.compile(r"(?P<symbol>[A-Za-z]{1,2})\d*")

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
        """Such as H2O: metals first, then by the sequence of the names of compounds.

        With carbon and hydrogen, these first and all others by the alphabet.

        Example:
            >>> read_atoms("O 0 0 0; H 0.76 0.59 0; H -0.76 0.59 0").formula
            'H2O'
        """
        order: tuple[str, ...] = _SEQUENCE
        if {"C", "H"} <= set(self.symbols):
            order = ("C", "H", *sorted({*self.symbols} - {"C", "H"}))
        names = sorted(
            dict.fromkeys(self.symbols), key=lambda s: order.index(s) if s in order else -1
        )
        counts = {symbol: self.symbols.count(symbol) for symbol in names}
        return "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in counts.items())


def read_atoms(given: Any, coordinates: Any = None, unit: str = "angstrom") -> Atoms:
    """Atoms from whatever names them.

    Args:
        given: Text such as "N 0 0 0; N 0 0 1.1" or the Z-matrix "O; H 1 0.96; H 1 0.96 2 104.5",
            with a semicolon or a line an atom; the path of an XYZ file, whose unit is Angstrom; or
            one element an atom, with `coordinates`.
        coordinates: Shape (atoms, 3).
        unit: "angstrom" or "bohr".

    Raises:
        InputError: None of these, an unknown element, coordinates of another shape, atoms at one
            place, or a file that cannot be read.
        UnknownNameError: An unknown unit.

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
    return _checked(*_of_text(words_of(given), given), unit)


def _element(name: str) -> str:
    """The symbol of an element by its symbol, with a number as a label, or by its number."""
    found = _ELEMENT.fullmatch(name.strip())
    if found is not None and found["symbol"].capitalize() in ELEMENTS:
        return found["symbol"].capitalize()
    if name.strip().isdecimal() and 1 <= int(name) <= len(ELEMENTS):
        return ELEMENTS[int(name) - 1]
    raise InputError(
        f"unknown element {shown(name)}; known are those from H to Xe, by symbol, as H or H1, or "
        "by number, as 1"
    )


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


def words_of(text: str) -> list[list[str]]:
    """The words of every atom of a text, with a semicolon or a line an atom."""
    lines = (line.replace(",", " ").split() for line in re.split(r"[;\n]", text))
    return [words for words in lines if words]


def _of_text(lines: Sequence[Sequence[str]], what: str) -> tuple[tuple[str, ...], Array]:
    """Elements and coordinates of words such as those of "N 0 0 1.1", or of a Z-matrix."""
    if not lines:
        raise InputError(f"there is no atom in {shown(what)}; give such as 'N 0 0 0; N 0 0 1.1'")
    if is_zmatrix(lines):
        return tuple(_element(words[0]) for words in lines), positions_of(lines)
    rows: list[list[float]] = []
    for words in lines:
        try:
            x, y, z = map(float, words[1:])
        except ValueError as error:
            raise InputError(
                f"an atom is an element and three coordinates, as 'N 0 0 1.1', not "
                f"{shown(' '.join(words))}; a Z-matrix is such as 'O; H 1 0.96; H 1 0.96 2 104.5'"
            ) from error
        rows.append([x, y, z])
    return tuple(_element(words[0]) for words in lines), np.array(rows)


def _xyz(path: Path) -> list[list[str]]:
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
    return [line.replace(",", " ").split()[:4] for line in found]


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
