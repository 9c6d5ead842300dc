"""What is to be minimised: a circuit, an observable, a start and a reference energy.

A problem is a value; it runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.circuit.point import in_order
from qng.errors import InputError, UnknownNameError, shown
from qng.problem.ground import ground_energy, ground_space

CHEMICAL_ACCURACY: Final = 1.6e-3
"""1 kcal/mol in Hartree."""


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


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Problem:
    """Minimise <H> over the parameters of a circuit.

    Args:
        circuit: n qubits, P parameters. A QuantumCircuit of Qiskit is converted by
            `Circuit.from_qiskit`: parameters in its own order, qubits those before it was
            transpiled. A QNode or quantum function of PennyLane is one, too, whatever it returns.
        observable: H, Hermitian up to rounding (`PauliSum.hermitian`), on at most n qubits;
            whatever `PauliSum` reads will do, such as a mapping from words to numbers. Operators
            of PennyLane act on the wires of the QNode, by their labels.
        start: Shape (P,), radians, in the order of `circuit.parameters`; or a mapping from every
            parameter (its name, or Qiskit's Parameter) to its value. None: zeros. Of a QNode its
            argument, or a tuple of all its arguments, in their own shapes.
        reference: The energy from which errors are measured. None: computed when small
            (`reference_energy`).
        name: Its name in the library.
        title: One line for tables and plots.
        source: Where it was published.
        accuracy: The error below which it counts as solved, in the unit of the observable.
        unit: Of the observable, such as "Ha".
        frozen: Parameters that are held at their start values.
        ensemble: (circuit, weight) for every circuit where there are several; see `weighted`.
        symmetries: (name, S) of symmetries of H, as pairs or a mapping, such as "N" of electrons:
            `qng.excited` takes sectors by these names.

    Raises:
        InputError: An observable that is not Hermitian or acts beyond the circuit, a start of
            the wrong length or with a value that is not finite, an accuracy that is not positive.
        UnknownNameError: A frozen name that is not a parameter.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
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
    ensemble: tuple[tuple[Circuit, float], ...]
    symmetries: tuple[tuple[str, PauliSum], ...] = field(default=(), metadata={"later": True})

    def __init__(
        self,
        circuit: Circuit | Any,
        observable: PauliSum | Mapping[str, complex] | Any,
        start: ArrayLike | Mapping[Any, float] | None = None,
        reference: Reference | float | None = None,
        name: str = "",
        title: str = "",
        source: str = "",
        accuracy: float = CHEMICAL_ACCURACY,
        unit: str = "",
        frozen: Sequence[str] = (),
        ensemble: Sequence[tuple[Circuit, float]] = (),
        symmetries: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
    ) -> None:
        from qng.problem.foreign import opened

        circuit, observable, start = opened(circuit, observable, start)
        values: dict[str, object] = {
            "circuit": circuit,
            "observable": _checked_observable(observable, circuit),
            "start": None if start is None else _checked_start(start, circuit),
            "reference": _checked_reference(reference),
            "name": checks.text("name", name),
            "title": checks.text("title", title),
            "source": checks.text("source", source),
            "accuracy": checks.positive("accuracy", accuracy),
            "unit": checks.text("unit", unit),
            "frozen": _checked_names(frozen, circuit),
            "ensemble": _checked_ensemble(ensemble, circuit),
            "symmetries": _checked_symmetries(symmetries, circuit),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @staticmethod
    def weighted(
        circuits: Sequence[tuple[Circuit, float]],
        observable: PauliSum | Mapping[str, complex],
        **options: Any,
    ) -> Problem:
        """Minimise sum_k w_k <H>_k over the parameters that several circuits have in common.

        Circuits that differ in their first gates are initial states or data inputs. The metric is
        sum_k w_k g_k.

        Args:
            circuits: (circuit, weight), with the same qubits and parameters and positive weights.
            observable: H.
            options: As of `Problem`. Without a reference none is computed.

        Raises:
            InputError: No circuits, or circuits or weights that are not like that.
        """
        pairs = _pairs(circuits)
        if not pairs:
            raise InputError("a weighted problem needs at least one circuit")
        unknown = options.keys() - Problem.__dataclass_fields__.keys() - {"ensemble"}
        if unknown:
            known = Problem.__dataclass_fields__.keys() - {"circuit", "observable", "ensemble"}
            raise UnknownNameError("argument of a problem", min(unknown), known)
        from qng.problem.foreign import parts_of

        parts = [parts_of(circuit, observable) for circuit, _ in pairs]
        ensemble = [(circuit, weight) for (circuit, _), (_, weight) in zip(parts, pairs)]
        return Problem(*parts[0], ensemble=ensemble, **options)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all P parameters, those of the circuit."""
        return self.circuit.parameters

    @property
    def spread(self) -> None:
        """Other starts are drawn on the whole circle."""

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
        ensemble = self.ensemble
        if bound:
            ensemble = tuple((circuit.bind(bound), weight) for circuit, weight in ensemble)
        return replace(
            self,
            circuit=ensemble[0][0],
            start=full[self.free].copy(),
            frozen=(),
            ensemble=ensemble,
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
        values = checks.reals("x", x)
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
        beyond. Only the qubits on which the observable acts count. None is computed for an
        ensemble, whose states cannot all be the ground state.
        """
        if self.reference is not None:
            return self.reference
        if len(self.ensemble) > 1:
            return None
        found = ground_energy(self.observable)
        return None if found is None else Reference(*found)

    def ground_space(self) -> tuple[float, Amplitudes] | None:
        """The ground energy and an orthonormal basis of all its states.

        Returns:
            (energy, vectors of shape (k, 2^n)); None beyond 12 qubits (16 where the observable is
            diagonal), above 32 states where n exceeds 8 and the observable is not diagonal, and
            where the vectors would fill more than 256 MiB; None for an ensemble.

        Cost: computed once; dense up to 8 qubits, k + 1 Lanczos runs up to 12.
        """
        if len(self.ensemble) > 1:
            return None
        return ground_space(self.observable, self.circuit.n_qubits)

    def __repr__(self) -> str:
        start = None if self.start is None else self.start.tolist()
        decides = start, self.reference, self.accuracy, self.frozen, self.observable.terms
        circuits = [(circuit.digest, circuit.noisy, weight) for circuit, weight in self.ensemble]
        digest = sha256(repr((circuits, *decides)).encode("utf-8", "surrogatepass")).hexdigest()
        several = f", circuits={len(self.ensemble)}" if len(self.ensemble) > 1 else ""
        frozen = f", frozen={len(self.frozen)}" if self.frozen else ""
        return (
            f"Problem({self.name!r}, qubits={self.circuit.n_qubits}, "
            f"parameters={self.circuit.n_parameters}, words={len(self.observable)}{several}"
            f"{frozen}, digest={digest[:12]!r})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import problem_html

        return problem_html(self)

    def __reduce__(self) -> tuple[type[Problem], tuple[object, ...]]:
        return Problem, tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _checked_reference(reference: Reference | float | None) -> Reference | None:
    if reference is None or isinstance(reference, Reference):
        return reference
    number = checks.real("reference", reference)
    return Reference(float(number), "given")


def _checked_ensemble(
    ensemble: Sequence[tuple[Circuit, float]], circuit: Circuit
) -> tuple[tuple[Circuit, float], ...]:
    ensemble = _pairs(ensemble)
    if not ensemble:
        return ((circuit, 1.0),)
    for other, weight in ensemble:
        if not isinstance(other, Circuit):
            raise InputError(
                f"an ensemble is of circuits with positive weights, not of {type(other).__name__}"
            )
        checks.positive("the weight of a circuit", weight)
        if (other.n_qubits, other.parameters) != (circuit.n_qubits, circuit.parameters):
            raise InputError(
                f"the circuits of an ensemble have the same qubits and parameters, not "
                f"{circuit.n_qubits} with {', '.join(circuit.parameters)} and "
                f"{other.n_qubits} with {', '.join(other.parameters)}"
            )
    if ensemble[0][0] != circuit:
        raise InputError("the first circuit of an ensemble is the circuit of the problem")
    return tuple((other, float(weight)) for other, weight in ensemble)


def _checked_observable(observable: Any, circuit: Circuit) -> PauliSum:
    terms = observable if isinstance(observable, PauliSum) else PauliSum(observable)
    if terms.n_qubits > circuit.n_qubits:
        raise InputError(
            f"observable acts on qubit {terms.n_qubits - 1}, the circuit has {circuit.n_qubits}"
        )
    return terms.hermitian()


def _checked_symmetries(given: Any, circuit: Circuit) -> tuple[tuple[str, PauliSum], ...]:
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise InputError(f"symmetries are given by name, as {{'N': S}}, not as {shown(given)}")
    found = {}
    for name, symmetry in pairs:
        try:
            found[checks.text("the name of a symmetry", name)] = _checked_observable(
                symmetry, circuit
            )
        except InputError as error:
            raise InputError(f"the symmetry {name}: {error}") from error
    return tuple(found.items())


def _checked_start(start: ArrayLike | Mapping[Any, float], circuit: Circuit) -> Array:
    checks.settled("start", start)
    if isinstance(start, Mapping):
        start = in_order(start, circuit.parameters, "start")
    values = checks.reals("start", start)
    if values.shape != (circuit.n_parameters,):
        given = f"{len(values)} value(s)" if values.ndim == 1 else f"the shape {values.shape}"
        raise InputError(f"start has {given}, the circuit has {circuit.n_parameters} parameter(s)")
    for name, value in zip(circuit.parameters, values):
        if not np.isfinite(value):
            raise InputError(f"start must be finite, but {name} is {value}")
    values.setflags(write=False)
    return values


def _pairs(circuits: Any) -> list[tuple[Any, float]]:
    """Circuits with weights, as pairs."""
    iterable = isinstance(circuits, Iterable) and not isinstance(circuits, (str, Mapping))
    pairs = list(circuits) if iterable else [circuits]
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise InputError(f"an ensemble is a list of (circuit, weight), not {shown(circuits)}")
    return [(circuit, weight) for circuit, weight in pairs]


def _checked_names(names: Any, circuit: Circuit) -> tuple[str, ...]:
    several = (names,) if isinstance(names, str) else names
    if not isinstance(several, Iterable):
        raise InputError(f"frozen must be names of parameters, not {shown(names)}")
    given = [getattr(name, "name", name) for name in several]
    for name in given:
        if name not in circuit.parameters:
            raise UnknownNameError("parameter", str(name), circuit.parameters)
    return tuple(p for p in circuit.parameters if p in given)
