"""What is to be minimised: a circuit, an observable, a start and a reference energy.

A problem is a value; it runs nothing. On disk it is a folder with `circuit.qasm` and
`problem.toml`, and the library is a folder of such folders.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng.circuit import Circuit
from qng.errors import InputError, UnknownNameError
from qng.pauli import PauliSum

Array = NDArray[np.float64]
Vectors = NDArray[np.complex128]

CHEMICAL_ACCURACY: Final = 1.6e-3
"""1 kcal/mol in Hartree."""

_DENSE: Final = 8
_SPARSE: Final = 12
_DIAGONAL: Final = 20
_DIAGONAL_VECTORS: Final = 16

_CIRCUIT: Final = "circuit.qasm"
_PROBLEM: Final = "problem.toml"
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "title": (str,),
    "source": (str,),
    "unit": (str,),
    "accuracy": (int, float),
    "parameters": (list,),
    "start": (list, int, float),
    "frozen": (list,),
    "observable": (dict,),
    "reference": (dict,),
}
_REFERENCE_KINDS: Final[dict[str, tuple[type, ...]]] = {"energy": (int, float), "how": (str,)}
_WORDS: Final = {str: "string", float: "number", list: "list", dict: "table"}

# Ground spaces are returned as dense vectors: at most 256 MiB of them, and at most so many from
# the iterative solver, which finds them one at a time.
_LARGEST_SPACE: Final = 2**24
_LARGEST_SPARSE_SPACE: Final = 32

# Two levels are one within this fraction of sum |c_k|.
_DEGENERATE: Final = 1e-9


@dataclass(frozen=True)
class Reference:
    """An energy to compare with.

    Args:
        energy: In the unit of the observable.
        how: How it is known.

    Raises:
        InputError: An energy that is not finite.
    """

    energy: float
    how: str

    def __post_init__(self) -> None:
        if not np.isfinite(self.energy):
            raise InputError(f"the reference energy must be finite, not {self.energy}")


@dataclass(frozen=True, init=False, eq=False)
class Problem:
    """Minimise <H> over the parameters of a circuit.

    Args:
        circuit: n qubits, P parameters.
        observable: H, Hermitian, on at most n qubits; a mapping from words to numbers will do.
        start: Shape (P,), radians, in the order of `circuit.parameters`. None: zeros.
        reference: The energy from which errors are measured. None: computed when small
            (`reference_energy`).
        name: Its name in the library.
        title: One line for tables and plots.
        source: Where it was published.
        accuracy: The error below which it counts as solved, in the unit of the observable.
        unit: Of the observable, such as "Ha".
        frozen: Parameters that are held at their start values.

    Raises:
        InputError: An observable that is not Hermitian or acts beyond the circuit, a start of
            the wrong length or with a value that is not finite, an accuracy that is not positive.
        UnknownNameError: A frozen name that is not a parameter.

    Example:
        >>> from qng.ansatz import real_amplitudes
        >>> p = Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0})
        >>> p.reference_energy().energy, p.only("t1").free.tolist()
        (-1.0, [1])
    """

    circuit: Circuit
    observable: PauliSum
    start: Array | None
    reference: Reference | None
    name: str
    title: str
    source: str
    accuracy: float
    unit: str
    frozen: tuple[str, ...]

    def __init__(
        self,
        circuit: Circuit,
        observable: PauliSum | Mapping[str, complex],
        start: ArrayLike | None = None,
        reference: Reference | None = None,
        name: str = "",
        title: str = "",
        source: str = "",
        accuracy: float = CHEMICAL_ACCURACY,
        unit: str = "",
        frozen: Sequence[str] = (),
    ) -> None:
        if not isinstance(circuit, Circuit):
            raise InputError(
                f"circuit must be a Circuit, not {type(circuit).__name__}; "
                "convert it with Circuit.from_qasm, from_qiskit or from_pennylane"
            )
        values: dict[str, object] = {
            "circuit": circuit,
            "observable": _checked_observable(observable, circuit),
            "start": None if start is None else _checked_start(start, circuit),
            "reference": reference,
            "name": name,
            "title": title,
            "source": source,
            "accuracy": _positive("accuracy", accuracy),
            "unit": unit,
            "frozen": _checked_names(frozen, circuit),
        }
        for field, value in values.items():
            object.__setattr__(self, field, value)

    @property
    def initial(self) -> Array:
        """The start, or zeros where there is none; shape (P,)."""
        return np.zeros(self.circuit.n_parameters) if self.start is None else self.start.copy()

    @property
    def free(self) -> NDArray[np.intp]:
        """The indices of the trainable parameters, ascending."""
        held = set(self.frozen)
        return np.array(
            [k for k, p in enumerate(self.circuit.parameters) if p not in held], dtype=np.intp
        )

    def freeze(self, *names: str) -> Problem:
        """The problem with further parameters held at their start values.

        Raises:
            UnknownNameError: A name that is not a parameter.
        """
        return replace(self, frozen=(*self.frozen, *names))

    def only(self, *names: str) -> Problem:
        """The problem in which these parameters, and no others, are trained.

        Raises:
            UnknownNameError: A name that is not a parameter.
        """
        kept = set(_checked_names(names, self.circuit))
        return replace(self, frozen=tuple(p for p in self.circuit.parameters if p not in kept))

    def reduced(self, theta: ArrayLike | None = None) -> Problem:
        """The problem of the free parameters alone.

        Args:
            theta: Shape (P,). Its frozen entries are bound into the circuit, its free ones
                become the start. None: the start.

        Returns:
            A problem without frozen parameters, of as many as `free` has.
        """
        full = self.initial if theta is None else _checked_start(theta, self.circuit)
        names = self.circuit.parameters
        bound = {names[k]: float(full[k]) for k in range(len(names)) if names[k] in self.frozen}
        return replace(
            self, circuit=self.circuit.bind(bound), start=full[self.free].copy(), frozen=()
        )

    def expand(self, x: ArrayLike, base: ArrayLike | None = None) -> Array:
        """All P parameters from the free ones.

        Args:
            x: Shape (..., free parameters).
            base: Shape (P,), for the frozen ones. None: the start.

        Returns:
            Shape (..., P).
        """
        full = self.initial if base is None else _checked_start(base, self.circuit)
        values = np.asarray(x, dtype=float)
        if values.ndim == 0 or values.shape[-1] != len(self.free):
            raise InputError(
                f"{len(self.free)} free parameter(s) are expected, not the shape {values.shape}"
            )
        result = np.broadcast_to(full, (*values.shape[:-1], len(full))).copy()
        result[..., self.free] = values
        return result

    def reference_energy(self) -> Reference | None:
        """The reference that was given, or else the ground energy of the observable.

        It is computed once, up to 12 qubits, and up to 20 where the observable is diagonal; None
        beyond. Only the qubits on which the observable acts count.
        """
        return self.reference if self.reference is not None else self._exact_energy

    def ground_space(self) -> tuple[float, Vectors] | None:
        """The ground energy and an orthonormal basis of all its states.

        Returns:
            (energy, vectors of shape (k, 2^n)); None beyond 12 qubits (16 where the observable is
            diagonal), above 32 states where n exceeds 8 and the observable is not diagonal, and
            where the vectors would fill more than 256 MiB.

        Cost: computed once; dense up to 8 qubits, k + 1 Lanczos runs up to 12.
        """
        return self._ground_space

    @cached_property
    def _exact_energy(self) -> Reference | None:
        n = max(1, self.observable.n_qubits)
        if self.observable.is_diagonal:
            if n > _DIAGONAL:
                return None
            how = "exact: the lowest entry of the diagonal observable"
            return Reference(float(_diagonal(self.observable, n).min()), how)
        if n > _SPARSE:
            return None
        if n <= _DENSE:
            levels = np.linalg.eigvalsh(self.observable.matrix(n).toarray())
            return Reference(float(levels[0]), "exact diagonalisation")
        energy = _lowest(_real_if_possible(self.observable.matrix(n)), None)[0]
        return Reference(energy, "exact diagonalisation (Lanczos)")

    @cached_property
    def _ground_space(self) -> tuple[float, Vectors] | None:
        n = self.circuit.n_qubits
        width = _DEGENERATE * sum(abs(c) for word, c in self.observable if word.support)
        if self.observable.is_diagonal:
            return _diagonal_space(self.observable, n, width) if n <= _DIAGONAL_VECTORS else None
        if n > _SPARSE:
            return None
        matrix = self.observable.matrix(n)
        if n > _DENSE:
            return _sparse_space(matrix, width)
        levels, vectors = np.linalg.eigh(matrix.toarray())
        ground = levels <= levels[0] + width
        return float(levels[0]), np.ascontiguousarray(vectors[:, ground].T)

    def __reduce__(self) -> tuple[type[Problem], tuple[object, ...]]:
        return Problem, tuple(getattr(self, field) for field in self.__dataclass_fields__)


def library_path() -> Path:
    """The folder of the library: beside the installed package, or in the source tree."""
    installed = Path(__file__).parent / "circuits"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "circuits"


def library() -> list[str]:
    """The names of the problems that come with the package, sorted."""
    return sorted(path.parent.name for path in library_path().glob("*/problem.toml"))


def load(name_or_folder: str | Path) -> Problem:
    """A problem from the library or from a folder.

    Args:
        name_or_folder: A name in `library()`, or else a folder with `circuit.qasm` and
            `problem.toml`. A `Path` is always a folder.

    Raises:
        UnknownNameError: Neither a name in the library nor a folder.
        InputError: A file is missing or malformed, with the file and the key.
        QasmError: The circuit cannot be read.
    """
    folder = Path(name_or_folder)
    if isinstance(name_or_folder, str) and name_or_folder in library():
        folder = library_path() / name_or_folder
    if not folder.is_dir():
        if isinstance(name_or_folder, Path) or len(folder.parts) != 1:
            raise InputError(f"there is no folder {folder}; give one, or a name of the library")
        raise UnknownNameError("problem", str(name_or_folder), library())
    return _read(folder)


def save(problem: Problem, folder: str | Path, overwrite: bool = False) -> None:
    """Writes `circuit.qasm` and `problem.toml`; `load` reads them back.

    Args:
        problem: The problem; its name becomes that of the folder.
        folder: Made where it does not exist.
        overwrite: Whether files that are there may be replaced.

    Raises:
        InputError: A file is there and `overwrite` is not set.
    """
    import tomli_w

    path = Path(folder)
    files = (path / _CIRCUIT, path / _PROBLEM)
    for file in files:
        if file.exists() and not overwrite:
            raise InputError(f"{file} exists; give another folder, or overwrite=True")
    texts = (problem.circuit.to_qasm(), tomli_w.dumps(_table(problem)))
    path.mkdir(parents=True, exist_ok=True)
    for file, text in zip(files, texts):
        file.write_text(text, encoding="utf-8")


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
    circuit = Circuit.from_qasm(folder / _CIRCUIT)
    try:
        _check_kinds(table, _KINDS, "")
        if "observable" not in table:
            raise InputError("the table [observable] is missing")
        if "parameters" in table:
            circuit = _reordered(circuit, table.pop("parameters"))
        observable = _observable(table.pop("observable"))
        reference = _reference(table.pop("reference")) if "reference" in table else None
        start = table.pop("start", None)
        if isinstance(start, int | float):
            start = [start] * circuit.n_parameters
        frozen = tuple(table.pop("frozen", ()))
        return Problem(circuit, observable, start, reference, folder.resolve().name,
                       frozen=frozen, **table)  # fmt: skip
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _table(problem: Problem) -> dict[str, Any]:
    table: dict[str, Any] = {"title": problem.title, "source": problem.source}
    table |= {"unit": problem.unit, "accuracy": problem.accuracy}
    table["parameters"] = list(problem.circuit.parameters)
    if problem.start is not None:
        table["start"] = problem.start.tolist()
    table["frozen"] = list(problem.frozen)
    table = {key: value for key, value in table.items() if value not in ("", [])}
    table["observable"] = {str(word): c.real for word, c in problem.observable}
    if problem.reference is not None:
        energy, how = problem.reference.energy, problem.reference.how
        table["reference"] = {"energy": float(energy), "how": how}
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


def _observable(table: Mapping[str, Any]) -> PauliSum:
    for word, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"observable.{word!r} must be a number, not {value!r}")
    try:
        return PauliSum(table)
    except InputError as error:
        raise InputError(f"observable: {error}") from error


def _reference(table: Mapping[str, Any]) -> Reference:
    _check_kinds(table, _REFERENCE_KINDS, "reference.")
    if "energy" not in table:
        raise InputError("reference.energy is missing")
    return Reference(float(table["energy"]), str(table.get("how", "")))


def _checked_observable(observable: PauliSum | Mapping[str, complex], circuit: Circuit) -> PauliSum:
    terms = observable if isinstance(observable, PauliSum) else PauliSum(observable)
    for word, c in terms:
        if c.imag != 0:
            raise InputError(
                f"the observable is not Hermitian: the coefficient of {word} is {c}; make it real"
            )
    if terms.n_qubits > circuit.n_qubits:
        raise InputError(
            f"observable acts on qubit {terms.n_qubits - 1}, the circuit has {circuit.n_qubits}"
        )
    return terms


def _checked_start(start: ArrayLike, circuit: Circuit) -> Array:
    try:
        values = np.array(start, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"start must be {circuit.n_parameters} numbers: {error}") from error
    if values.shape != (circuit.n_parameters,):
        given = f"{len(values)} value(s)" if values.ndim == 1 else f"the shape {values.shape}"
        raise InputError(f"start has {given}, the circuit has {circuit.n_parameters} parameter(s)")
    for name, value in zip(circuit.parameters, values):
        if not np.isfinite(value):
            raise InputError(f"start must be finite, but {name} is {value}")
    values.setflags(write=False)
    return values


def _checked_names(names: Sequence[str], circuit: Circuit) -> tuple[str, ...]:
    for name in names:
        if name not in circuit.parameters:
            raise UnknownNameError("parameter", str(name), circuit.parameters)
    return tuple(p for p in circuit.parameters if p in names)


def _positive(what: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{what} must be a positive number, not {value}")
    return float(value)


def _diagonal(observable: PauliSum, n: int) -> Array:
    index = np.arange(2**n)
    total = np.zeros(2**n)
    for word, c in observable:
        total += c.real * (1.0 - 2.0 * (np.bitwise_count(index & word.z) & 1))
    return total


def _diagonal_space(observable: PauliSum, n: int, width: float) -> tuple[float, Vectors] | None:
    levels = _diagonal(observable, n)
    ground = np.flatnonzero(levels <= levels.min() + width)
    if len(ground) * len(levels) > _LARGEST_SPACE:
        return None
    vectors = np.zeros((len(ground), len(levels)), dtype=complex)
    vectors[np.arange(len(ground)), ground] = 1.0
    return float(levels.min()), vectors


def _sparse_space(matrix: Any, width: float) -> tuple[float, Vectors] | None:
    real = _real_if_possible(matrix)
    # What was found is lifted out of the way, since Lanczos sees one state of a degenerate level.
    found: list[Array] = []
    ground, vector = _lowest(real, None)
    level = ground
    while level <= ground + max(width, 1e-9):
        found.append(vector)
        if len(found) > _LARGEST_SPARSE_SPACE:
            return None
        basis = np.linalg.qr(np.array(found).T)[0]
        level, vector = _lowest(real, basis)
    return ground, np.ascontiguousarray(basis.T, dtype=complex)


def _lowest(matrix: Any, lifted: Array | None) -> tuple[float, Array]:
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = matrix.shape[0]
    height = 2.0 * float(abs(matrix).sum(axis=1).max()) + 1.0

    def apply(v: Array) -> Array:
        w: Array = matrix @ v
        if lifted is not None:
            w += height * (lifted @ (lifted.conj().T @ v))
        return w

    operator = LinearOperator((size, size), matvec=apply, dtype=matrix.dtype)
    v0 = np.random.default_rng(0).standard_normal(size).astype(matrix.dtype)
    # At tol=0 complex matrices can take a hundred times longer for the last digit.
    levels, vectors = eigsh(operator, k=1, which="SA", v0=v0, ncv=40, tol=1e-12)
    return float(levels[0]), vectors[:, 0]


def _real_if_possible(matrix: Any) -> Any:
    return matrix if np.any(matrix.data.imag) else matrix.real
