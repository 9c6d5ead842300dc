"""Observables of HamLib: HDF5 files whose data sets are texts of OpenFermion's QubitOperator.

    "0.5 [X0 Y1] + (1+0j) [Z0]"

A file holds several, by keys such as "ham_JW10", in groups or not; HamLib hands files out in ZIP
archives of one file each, which are read as they are.

Reference:
    Sawaya et al., arXiv:2306.13126.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from qng import checks
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, UnknownNameError, need, shown


def read_hamlib(path: Any, key: str | None = None) -> PauliSum:
    """The observable of a file under a key.

    Args:
        path: An HDF5 file, or a ZIP archive of one.
        key: Of the data set; None where the file has one only.

    Raises:
        InputError: Not such a file, no key where there are several, or a data set that is no sum
            of Pauli words, such as a graph.
        MissingPackageError: h5py is not installed.
        UnknownNameError: No such key.
    """
    file = checks.path("a file of HamLib", path)
    with _opened(file) as content:
        found = _keys(content)
        if not found:
            raise InputError(f"{file} holds no data set")
        if key is None:
            if len(found) > 1:
                raise InputError(f"{file} holds {len(found)} observables: give key=, {_few(found)}")
            key = found[0]
        name = str(key).strip("/").removeprefix("./")
        if name not in found:
            raise UnknownNameError(f"key of {file.name}", key, found)
        value = content[name][()]
    if not isinstance(value, (bytes, str)):
        raise InputError(f"{file}, key {name}: no text, but {shown(type(value).__name__)}")
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    try:
        return PauliSum(text)
    except InputError as error:
        raise InputError(f"{file}, key {name}: {error}") from error


def hamlib_keys(path: Any) -> list[str]:
    """The keys of a file, in its order.

    Raises:
        InputError: Not such a file.
        MissingPackageError: h5py is not installed.
    """
    with _opened(checks.path("a file of HamLib", path)) as content:
        return _keys(content)


def _opened(file: Path) -> Any:
    need("h5py", "a file of HamLib", extra="chemistry")
    import h5py

    try:
        source: Any = BytesIO(_inner(file)) if zipfile.is_zipfile(file) else file
        return h5py.File(source, "r")
    except FileNotFoundError as error:
        raise InputError(f"there is no file {file}") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{file} is no HDF5 file: {shown(str(error))}") from error


def _inner(file: Path) -> bytes:
    """The one HDF5 file of an archive."""
    with zipfile.ZipFile(file) as archive:
        names = [n for n in archive.namelist() if n.lower().endswith((".hdf5", ".h5"))]
        if len(names) != 1:
            raise InputError(f"{file} holds {len(names)} HDF5 files; one is expected")
        return archive.read(names[0])


def _keys(content: Any) -> list[str]:
    found: list[str] = []

    def look(name: str, item: Any) -> None:
        if hasattr(item, "dtype"):
            found.append(name)

    content.visititems(look)
    return found


def _few(names: list[str]) -> str:
    return ", ".join(names[:6] if len(names) <= 6 else [*names[:6], "..."])
