"""FCIDUMP files: the integrals that programs of quantum chemistry exchange.

    &FCI NORB=6, NELEC=6, MS2=0, ORBSYM=1,1,1,1,1,1, ISYM=1, &END
      value  i  j  k  m      (ij|km); h_ij where k = m = 0; the constant where all are 0

Orbital energies, lines with i alone, are read over.

Reference:
    Knowles and Handy, Comput. Phys. Commun. 54, 75 (1989).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import numpy as np

from qng import checks
from qng.errors import InputError, shown
from qng.problem.molecule.atoms import read_text
from qng.problem.molecule.integrals import SYMMETRIC, Integrals

_HEADER: Final = re.compile(r"\s*&FCI(?P<keys>.*?)(?:&END|/)", re.IGNORECASE | re.DOTALL)
_KEY: Final = re.compile(
    r"([A-Za-z][A-Za-z0-9]*)\s*=\s*([^=]*?)\s*,?\s*(?=[A-Za-z][A-Za-z0-9]*\s*=|$)"
)


def is_fcidump(path: Path) -> bool:
    """Whether a file begins as one.

    Raises:
        InputError: It cannot be read.
    """
    return read_text("a molecule", path).lstrip()[:4].upper() == "&FCI"


def read_fcidump(path: str | Path) -> Integrals:
    """The integrals of an FCIDUMP file of real orbitals, restricted to equal ones for both spins.

    Args:
        path: The file.

    Returns:
        Integrals; their first orbitals are filled in the reference determinant: orbitals of the
        file are sorted by their energies where others than the lowest would be.

    Raises:
        InputError: Not such a file, with the line; unrestricted or complex orbitals, also where an
            integral has two values; a key that is missing.
    """
    text = read_text("FCIDUMP", path)
    header = _HEADER.match(text)
    if header is None:
        raise InputError(f"{path} is no FCIDUMP file: it does not begin with &FCI ... &END")
    keys = {key.upper(): value for key, value in _KEY.findall(header["keys"].strip())}
    unrestricted = (keys.get(key, "").strip(". ,").upper()[:1] for key in ("UHF", "IUHF"))
    if any(word in ("T", "1") for word in unrestricted):
        raise InputError(f"{path} has other orbitals for each spin (UHF), which are not read")
    n, electrons, spin = (_whole(keys, key, path) for key in ("NORB", "NELEC", "MS2"))
    if n < 1:
        raise InputError(f"{path}: NORB must be at least 1")
    checks.memory(f"the integrals of {n} orbitals", 8 * n**4)
    if spin < 0 or (electrons - spin) % 2 or spin > electrons:
        raise InputError(f"{path}: {electrons} electrons cannot have MS2={spin}")
    constant, one, two = np.full((), np.nan), np.full((n, n), np.nan), np.full((n,) * 4, np.nan)
    first = text[: header.end()].count("\n") + 1
    for number, line in enumerate(text[header.end() :].split("\n"), first):
        if not line.strip():
            continue
        value, (i, j, k, m) = _row(line, n, f"{path}, line {number}")
        p, q, r, s = i - 1, j - 1, k - 1, m - 1
        if k:
            known = float(two[p, q, r, s])
            for a, b in ((p, q), (q, p)):
                for c, d in ((r, s), (s, r)):
                    two[a, b, c, d] = two[c, d, a, b] = value
        elif j:
            known = float(one[p, q])
            one[p, q] = one[q, p] = value
        elif i:
            continue
        else:
            known = float(constant)
            constant[()] = value
        if abs(known - value) > SYMMETRIC:
            raise InputError(
                f"{path}, line {number}: {i} {j} {k} {m} has two values, {known} and {value}; "
                "integrals of real orbitals, the same for both spins, are read"
            )
    constant, one, two = (np.nan_to_num(values, nan=0.0) for values in (constant, one, two))
    pairs = ((electrons + spin) // 2, (electrons - spin) // 2)
    return Integrals(float(constant), one, two, pairs, f"FCIDUMP file {Path(path).name}").aufbau()


def _whole(keys: dict[str, str], key: str, path: Any) -> int:
    if key not in keys and key == "MS2":
        return 0
    try:
        return int(keys[key].rstrip(", \n"))
    except KeyError as error:
        raise InputError(f"{path} has no {key} in its header") from error
    except ValueError as error:
        raise InputError(f"{path}: {key} must be a whole number, not {keys[key]!r}") from error


def _row(line: str, n: int, where: str) -> tuple[float, tuple[int, int, int, int]]:
    """The value of a line and its four indices."""
    words = line.replace("D", "E").replace("d", "e").split()
    try:
        value, (i, j, k, m) = float(words[0]), map(int, words[1:])
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{where}: a value and four whole numbers are expected, not {shown(line.strip())}"
        ) from error
    if not np.isfinite(value):
        raise InputError(f"{where}: the value must be finite")
    if not all(0 <= index <= n for index in (i, j, k, m)):
        raise InputError(f"{where}: orbitals are from 1 to {n}, not {(i, j, k, m)}")
    if bool(k) != bool(m) or (k and not (i and j)) or (j and not i):
        raise InputError(f"{where}: {(i, j, k, m)} are no indices of an integral")
    return value, (i, j, k, m)
