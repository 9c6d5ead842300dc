"""Problems on disk: a folder with `circuit.qasm` and `problem.toml`.

The library is a folder of such folders, found by name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from qng import checks
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError, InputError, QngError, UnknownNameError, shown
from qng.problem.problem import Problem, Reference

_CIRCUIT: Final = "circuit.qasm"
_PROBLEM: Final = "problem.toml"
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "title": (str,),
    "source": (str,),
    "unit": (str,),
    "accuracy": (int, float),
    "parameters": (list,),
    "names": (dict,),
    "start": (list, int, float),
    "frozen": (list,),
    "observable": (dict,),
    "reference": (dict,),
    "symmetries": (dict,),
}
_REFERENCE_KINDS: Final[dict[str, tuple[type, ...]]] = {"energy": (int, float), "how": (str,)}
_WORDS: Final = {str: "string", float: "number", list: "list", dict: "table"}


def library_path() -> Path:
    """The folder of the library: beside the installed package, or in the source tree."""
    installed = Path(__file__).parents[1] / "circuits"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "circuits"


def library() -> list[str]:
    """The names of the problems that come with the package, sorted.

    Example:
        >>> import qng
        >>> "h2" in qng.library()
        True
    """
    return sorted(path.parent.name for path in library_path().glob("*/problem.toml"))


def load(name_or_folder: str | Path) -> Problem:
    """A problem from the library or from a folder.

    Args:
        name_or_folder: A name in `library()`, or else a folder with `circuit.qasm` and
            `problem.toml`. A `Path` is always a folder.

    Raises:
        UnknownNameError: Neither a name in the library nor a folder.
        InputError: A file is missing or malformed, with the file and the key.
        CircuitError: The circuit cannot be read; with the file, the line and the column.
    """
    folder = checks.path("a problem", name_or_folder)
    if isinstance(name_or_folder, str) and name_or_folder in library():
        folder = library_path() / name_or_folder
    if folder.is_file():
        raise InputError(f"{folder} is a file; a problem is its folder, {folder.parent}")
    if not folder.is_dir():
        if isinstance(name_or_folder, Path) or "/" in name_or_folder or len(folder.parts) != 1:
            raise InputError(f"there is no folder {folder}; give one, or a name of the library")
        raise UnknownNameError("problem", str(name_or_folder), library())
    return _read(folder)


def save(
    problem: Problem | Any, folder: str | Path, overwrite: bool = False, *, start: Any = None
) -> None:
    """Writes `circuit.qasm` and `problem.toml`; `load` reads them back.

    Parameters whose names are no identifiers of OpenQASM, such as "θ[0]", have others in
    `circuit.qasm`; `problem.toml` holds their own in the table [names].

    Args:
        problem: The problem, or a QNode; its name becomes that of the folder.
        folder: Made where it does not exist.
        overwrite: Whether files that are there may be replaced.
        start: The argument of a QNode, or a tuple of its arguments.

    Raises:
        InputError: A file is there and `overwrite` is not set; a problem of several circuits; a
            name that is no text in UTF-8.
        CircuitError: An angle that is no expression.
        QngError: A file cannot be written.

    Example:
        >>> import qng
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     qng.save(qng.load("one-qubit"), f"{folder}/mine")
        ...     qng.load(f"{folder}/mine").circuit.parameters
        ('t0', 't1')
    """
    import tomli_w

    from qng.problem.foreign import origin, problem_of

    if origin(problem) is not None:
        problem = problem_of(problem, start)
    path = checks.path("folder", folder)
    if not isinstance(problem, Problem):
        raise InputError(f"a problem is saved, not {shown(problem)}")
    if problem.ensemble != ((problem.circuit, 1.0),):
        raise InputError("a folder holds one circuit: save the circuits of an ensemble one by one")
    files = (path / _CIRCUIT, path / _PROBLEM)
    for file in files:
        if file.exists() and not overwrite:
            raise InputError(f"{file} exists; give another folder, or overwrite=True")
    texts = (problem.circuit.to_qasm(), tomli_w.dumps(_table(problem)))
    for name in problem.circuit.parameters:
        if not _is_text(name):
            raise InputError(f"the parameter {name!r} is no text in UTF-8: rename it")
    try:
        path.mkdir(parents=True, exist_ok=True)
        for file, text in zip(files, texts):
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise QngError(f"{path} cannot be written: {error.strerror}") from error


def _read(folder: Path) -> Problem:
    for name in (_CIRCUIT, _PROBLEM):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} has no {name}; a problem is a folder with {_CIRCUIT} and {_PROBLEM}"
            )
    file = folder / _PROBLEM
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not TOML: {error}") from error
    try:
        circuit = Circuit.from_qasm(folder / _CIRCUIT)
    except CircuitError as error:
        raise CircuitError(f"{folder / _CIRCUIT}: {error}") from error
    try:
        _check_kinds(table, _KINDS, "")
        if "observable" not in table:
            raise InputError("the table [observable] is missing")
        if "parameters" in table:
            circuit = _reordered(circuit, table.pop("parameters"))
        if "names" in table:
            circuit = _named(circuit, table.pop("names"))
        observable = _observable(table.pop("observable"))
        reference = _reference(table.pop("reference")) if "reference" in table else None
        start = table.pop("start", None)
        if isinstance(start, int | float):
            start = [start] * circuit.n_parameters
        frozen = tuple(table.pop("frozen", ()))
        known = {name: _observable(words, f"symmetries.{name}")
                 for name, words in table.pop("symmetries", {}).items()}  # fmt: skip
        return Problem(circuit, observable, start, reference, folder.resolve().name,
                       frozen=frozen, symmetries=known, **table)  # fmt: skip
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _table(problem: Problem) -> dict[str, Any]:
    table: dict[str, Any] = {"title": problem.title, "source": problem.source}
    table |= {"unit": problem.unit, "accuracy": problem.accuracy}
    own, written = problem.circuit.parameters, problem.circuit.qasm_names
    table["parameters"] = list(written)
    if problem.start is not None:
        table["start"] = problem.start.tolist()
    table["frozen"] = list(problem.frozen)
    table = {key: value for key, value in table.items() if value not in ("", [])}
    if written != own:
        table["names"] = {key: name for key, name in zip(written, own) if key != name}
    table["observable"] = {str(word): c.real for word, c in problem.observable}
    if problem.reference is not None:
        energy, how = problem.reference.energy, problem.reference.how
        table["reference"] = {"energy": float(energy), "how": how}
    if problem.symmetries:
        table["symmetries"] = {
            name: {str(word): c.real for word, c in symmetry}
            for name, symmetry in problem.symmetries
        }
    return table


def _check_kinds(
    table: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], where: str
) -> None:
    for key, value in table.items():
        if key not in kinds:
            raise UnknownNameError("key", where + key, [where + known for known in kinds])
        if isinstance(value, bool) or not isinstance(value, kinds[key]):
            expected = " or ".join(_WORDS[kind] for kind in kinds[key] if kind is not int)
            raise InputError(f"{where}{key} must be a {expected}, not {value!r}")


def _reordered(circuit: Circuit, names: list[Any]) -> Circuit:
    if sorted(map(str, names)) != sorted(circuit.parameters):
        raise InputError(
            f"parameters must be the inputs of {_CIRCUIT} in some order "
            f"({', '.join(circuit.parameters)}), not {', '.join(map(str, names))}"
        )
    return Circuit(circuit.n_qubits, circuit.ops, names)


def _named(circuit: Circuit, names: Mapping[str, Any]) -> Circuit:
    """The circuit with names that cannot stand in its file."""
    for key, name in names.items():
        if key not in circuit.parameters:
            raise UnknownNameError("input in [names]", key, circuit.parameters)
        if not isinstance(name, str):
            raise InputError(f"names.{key} must be a string, not {name!r}")
    return circuit.renamed(dict(names))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _observable(table: Any, key: str = "observable") -> PauliSum:
    if not isinstance(table, dict):
        raise InputError(f"{key} must be a table, not {table!r}")
    for word, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{key}.{word!r} must be a number, not {value!r}")
    try:
        return PauliSum(table)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error


def _reference(table: Mapping[str, Any]) -> Reference:
    _check_kinds(table, _REFERENCE_KINDS, "reference.")
    if "energy" not in table:
        raise InputError("reference.energy is missing")
    return Reference(float(table["energy"]), str(table.get("how", "")))
