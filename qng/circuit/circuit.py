"""A parametrised circuit: Pauli rotations and fixed gates on n qubits.

Angles and parameters are two things: rotation r turns by phi_r(theta), and with the Jacobian
A = d phi / d theta every derivative follows, grad_theta = A^T grad_phi and g_theta = A^T g_phi A.
Sharing, scaling, offsets and expressions of parameters need nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Array
from qng.circuit.angle import Angle, parameter
from qng.circuit.derived import Derived, shared
from qng.circuit.gate import Gate, Rotation
from qng.circuit.jacobian import AngleMap, Slopes
from qng.circuit.origin import Origin
from qng.circuit.pauli import MOST_QUBITS
from qng.errors import CircuitError, UnknownNameError, shown

if TYPE_CHECKING:
    from qng.circuit.blocks import Block
    from qng.report.notebook import Drawing

Op = Rotation | Gate


@dataclass(frozen=True, init=False, repr=False)
class Circuit:
    """A parametrised circuit, acting on |0...0>.

    Args:
        n_qubits: n.
        ops: Rotations and gates in the order in which they act.
        parameters: P distinct names; their order is the order of every gradient and metric.
        noisy: Whether it is run with noise: then nothing follows from its structure, no mean of a
            word (`heisenberg.known_mean`), no entry of a metric (`structure`).
        origin: The function that it was made from, which is asked at every point where the
            circuit is used; equal circuits may have different ones.

    Raises:
        CircuitError: A qubit out of range, an undeclared or a repeated parameter.

    Example:
        >>> from qng.circuit.angle import parameter
        >>> from qng.circuit.pauli import Pauli
        >>> t = parameter("t")
        >>> c = Circuit(1, [Rotation(Pauli.parse("X0"), 2 * t)], ["t"])
        >>> float(c.angles([0.5])[0]), c.jacobian([0.5]).tolist()
        (1.0, [[2.0]])
    """

    n_qubits: int
    ops: tuple[Op, ...]
    parameters: tuple[str, ...]
    noisy: bool
    origin: Origin | None = field(default=None, compare=False)

    def __init__(
        self,
        n_qubits: int,
        ops: Iterable[Op] = (),
        parameters: Iterable[str] = (),
        noisy: bool = False,
        origin: Origin | None = None,
    ) -> None:
        if not isinstance(n_qubits, (int, np.integer)) or not 1 <= n_qubits <= MOST_QUBITS:
            raise CircuitError(
                f"a circuit has a whole number of qubits, from 1 to {MOST_QUBITS}, not {n_qubits!r}"
            )
        object.__setattr__(self, "n_qubits", int(n_qubits))
        object.__setattr__(self, "origin", origin)
        for what, several in {"operations": ops, "parameters": parameters}.items():
            if not isinstance(several, Iterable):
                raise CircuitError(f"the {what} of a circuit are several, not {shown(several)}")
        object.__setattr__(self, "ops", tuple(ops))
        object.__setattr__(self, "parameters", tuple(parameters))
        object.__setattr__(self, "noisy", noisy)
        if not all(isinstance(name, str) for name in self.parameters):
            raise CircuitError(f"parameters are names, not {shown(self.parameters)}")
        declared = set(self.parameters)
        if len(declared) != len(self.parameters):
            raise CircuitError(f"a parameter is declared twice in {', '.join(self.parameters)}")
        for op in self.ops:
            if not isinstance(op, (Rotation, Gate)):
                raise CircuitError(f"an operation is a Rotation or a Gate, not {op!r}")
            if op.support >> n_qubits:
                raise CircuitError(f"{op} acts on a qubit beyond the circuit's {n_qubits}")
            if isinstance(op, Rotation):
                for name in op.angle.parameters():
                    if name not in declared:
                        raise CircuitError(
                            f"the parameter {name!r} is used but not declared; "
                            f"declared: {', '.join(self.parameters) or 'none'}"
                        )

    @staticmethod
    def from_qasm(source: str | Path) -> Circuit:
        """A circuit from OpenQASM 3 or 2.

        Inputs are the parameters, entry by entry where they are arrays. Whatever the text
        determines is followed: loops, variables, conditions of constants, subroutines that apply
        gates, included files. Final measurements and resets of fresh qubits are left out.

        Args:
            source: The text, or the path of a file; the version is that of its header, else 3.

        Raises:
            QasmError: With line and column: unknown gate, undeclared name, a measurement or reset
                in the middle, classical control, or text that is not of its version.
            InputError: The file does not exist.

        Warns:
            QasmWarning: U, u2 or u3 under a control, whose phase there is Qiskit's and not the
                specification's.
        """
        from qng.circuit.convert.qasm import from_qasm

        return from_qasm(source)

    def to_qasm(self) -> str:
        """The circuit as OpenQASM 3 text, with one `input float[64]` a parameter.

        Parameters have their names there, or others where the language does not allow these
        (`qasm_names`).

        Raises:
            CircuitError: An angle that is no expression.
        """
        from qng.circuit.convert.qasm import to_qasm

        self._check_written()
        return to_qasm(self)

    @property
    def qasm_names(self) -> tuple[str, ...]:
        """The names of the parameters in `to_qasm`, in their order.

        Example:
            >>> Circuit(1, [], ["a", "θ[0]"]).qasm_names
            ('a', 'θ_0')
        """
        from qng.circuit.convert.qasm.identifiers import identifiers

        return identifiers(self.parameters)

    @staticmethod
    def from_qiskit(
        circuit: Any,
        parameters: Iterable[Any] | None = None,
        qubits: str | Sequence[int] = "virtual",
    ) -> Circuit:
        """A circuit from a Qiskit QuantumCircuit.

        Args:
            circuit: The QuantumCircuit, transpiled or not; final measurements are left out.
            parameters: The order of the parameters. By default Qiskit's, that of
                `circuit.parameters` (by name), which is what an array of values means to its
                Estimator, `assign_parameters` and VQE; "appearance" is the order of first use; or
                Parameters, ParameterVectors and names in any order.
            qubits: Which qubits observables are about: "virtual", those of the circuit before it
                was transpiled (`circuit.layout` is followed, idle physical qubits are dropped);
                "physical", those of the circuit as it is, for observables after `apply_layout`;
                or the place of every qubit at the end.

        Raises:
            CircuitError: An instruction that is not unitary, or has no definition in terms of
                rotations, by name.
            InputError: Not a QuantumCircuit, or `parameters` or `qubits` that are not those of
                the circuit.
        """
        from qng.circuit.convert.qiskit import from_qiskit

        return from_qiskit(circuit, parameters, qubits)

    def to_qiskit(self) -> Any:
        """The circuit as a Qiskit QuantumCircuit with Parameters of the same names.

        Raises:
            CircuitError: An angle that is no expression, or has a function that Qiskit does not
                have.
        """
        from qng.circuit.convert.qiskit import to_qiskit

        self._check_written()
        return to_qiskit(self)

    @staticmethod
    def from_pennylane(
        source: Any,
        *args: Any,
        argnum: int | Sequence[int] | None = None,
        wire_order: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Circuit:
        """A circuit from a PennyLane QNode, quantum function or tape.

        Parameters are the numbers of the trainable arguments, argument by argument and in C
        order, with the names "x", "x[0]", "weights[1,2]".

        Args:
            source: The QNode, function or tape.
            *args: Its arguments at one point; which numbers are trainable is told by
                `requires_grad`, and floating-point numbers are by default.
            argnum: The positions of the trainable arguments, instead.
            wire_order: The wire labels of qubits 0, 1, ...; by default the device's, else the
                order of numbers 0 to n - 1, else that of first appearance.
            **kwargs: Its keyword arguments, which are constants.

        Raises:
            CircuitError: What cannot be lowered, by name (`qng.circuit.convert.pennylane.convert`).
            InputError: Arguments that do not fit.
        """
        from qng.circuit.convert.pennylane import from_pennylane

        return from_pennylane(source, *args, argnum=argnum, wire_order=wire_order, **kwargs)

    def to_pennylane(self, wires: Sequence[Any] | None = None) -> Any:
        """The circuit as a PennyLane quantum function of theta, shape (P,).

        Args:
            wires: The labels of qubits 0, 1, ...; by default the numbers themselves.

        Raises:
            InputError: Fewer wires than qubits.
            CircuitError: An angle that is no expression.
        """
        from qng.circuit.convert.pennylane import to_pennylane

        self._check_written()
        return to_pennylane(self, wires)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """Where in `ops` the R parametrised rotations stand."""
        return tuple(
            k for k, op in enumerate(self.ops) if isinstance(op, Rotation) and not op.is_fixed
        )

    @cached_property
    def rotations(self) -> tuple[Rotation, ...]:
        """The R parametrised rotations, in circuit order."""
        found = (self.ops[k] for k in self.positions)
        return tuple(op for op in found if isinstance(op, Rotation))

    @property
    def n_rotations(self) -> int:
        """R, the number of parametrised rotations."""
        return len(self.positions)

    @property
    def n_parameters(self) -> int:
        """P, the number of parameters."""
        return len(self.parameters)

    def angles(self, theta: ArrayLike) -> Array:
        """phi(theta) in radians.

        Args:
            theta: Shape (P,) or (points, P), in the order of `parameters`.

        Returns:
            Shape (R,) or (points, R).

        Raises:
            InputError: Wrong shape, or a value that is not finite.
            CircuitError: Its origin makes another circuit there.
        """
        self._ask(theta)
        return self._map.values(theta)

    def arguments(self, theta: ArrayLike) -> tuple[Any, ...]:
        """theta, shape (P,), as what the function is called with that the circuit comes from.

        Returns:
            All arguments of a QNode in their shapes and types; (theta,) for other circuits.
        """
        point = self.check_point(theta)
        if self.origin is None:
            return (point,)
        return self.origin.maker.arguments(self.origin.theta(dict(zip(self.parameters, point))))

    def jacobian(self, theta: ArrayLike) -> Array:
        """A = d phi / d theta at one point, shape (R, P)."""
        return self.slopes(theta).dense()

    def slopes(self, theta: ArrayLike) -> Slopes:
        """The same by its entries, of which most circuits have one a rotation."""
        self._ask(theta, around=True)
        return self._map.slopes(theta)

    @property
    def is_affine(self) -> bool:
        """Whether all angles are affine, and asked of nobody: then A is the same everywhere."""
        return self.origin is None and self._map.is_affine

    def at(self, theta: ArrayLike) -> tuple[Array, Slopes]:
        """phi(theta) and A = d phi / d theta at one point: `angles` and `slopes`."""
        self._ask(theta, around=True)
        return self._map.at(theta)

    def curvature(self, theta: ArrayLike, weights: ArrayLike) -> Array:
        """sum_r w_r d^2 phi_r / d theta^2, shape (P, P); zero where all angles are affine.

        Args:
            theta: Shape (P,).
            weights: Shape (R,).
        """
        self._ask(theta, around=True)
        return self._map.curvature(theta, weights)

    def blocks(self, rule: str = "commuting") -> tuple[Block, ...]:
        """The rotations in blocks inside which the metric is exact.

        Args:
            rule: "commuting" (Pauli words walked back to a common prefix state, `blocks.py`), or
                "wires", the rule of PennyLane's "block-diag".

        Raises:
            UnknownNameError: An unknown rule.
        """
        from qng.circuit.blocks import blocks

        return blocks(self, rule)

    def prefix(self, length: int) -> Circuit:
        """The circuit of the first `length` operations, with the same parameters."""
        return self._with(self.ops[:length])

    def then(self, ops: Iterable[Op]) -> Circuit:
        """The circuit followed by further operations."""
        return self._with((*self.ops, *ops))

    def with_noise(self) -> Circuit:
        """The circuit as it is run with noise, of which nothing is known without running it."""
        if self.noisy:
            return self
        return Circuit(self.n_qubits, self.ops, self.parameters, True, self.origin)

    def with_origin(self, origin: Origin | None) -> Circuit:
        """The circuit with another function that it was made from."""
        if self.origin is origin:
            return self
        return Circuit(self.n_qubits, self.ops, self.parameters, self.noisy, origin)

    def bind(self, values: Mapping[str, float]) -> Circuit:
        """The circuit with some parameters fixed at numbers (radians) and no longer declared.

        Raises:
            UnknownNameError: A name that is not a parameter.
        """
        if not isinstance(values, Mapping):
            raise CircuitError(f"values are given by name, as {{'a': 0.1}}, not {shown(values)}")
        self._check_names(values)
        if not values:
            return self
        values = {name: float(checks.real(name, value)) for name, value in values.items()}
        rest = [name for name in self.parameters if name not in values]
        return self._with(self._substituted(values), rest, self._made_with(values))

    def renamed(self, names: Mapping[str, str] | Sequence[str]) -> Circuit:
        """The circuit with other names for its parameters, in the same order.

        Args:
            names: New names by old ones, or P new names.

        Raises:
            UnknownNameError: A name that is not a parameter.
            CircuitError: Not P distinct names.

        Example:
            >>> from qng.circuit.ansatz import real_amplitudes
            >>> real_amplitudes(2, 0).renamed({"t0": "a"}).parameters
            ('a', 't1')
        """
        if isinstance(names, Mapping):
            self._check_names(names)
            names = [names.get(name, name) for name in self.parameters]
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise CircuitError(f"names are text, as ['a', 'b'], not {shown(names)}")
        if len(names) != self.n_parameters:
            raise CircuitError(f"{self.n_parameters} names are expected, not {len(names)}")
        fresh = {old: parameter(new) for old, new in zip(self.parameters, names)}
        return self._with(self._substituted(fresh), names, self._made_with(fresh))

    @cached_property
    def digest(self) -> str:
        """A hexadecimal hash of everything that decides what the circuit does."""
        text = repr((self.n_qubits, self.parameters, [_canonical(op) for op in self.ops]))
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, theta: ArrayLike | Mapping[Any, float]) -> Array:
        """theta as an array of shape (P,) or (points, P).

        Args:
            theta: Numbers in the order of `parameters`; or a mapping from every parameter, by name
                or by an object of that name such as Qiskit's Parameter, to its number.

        Raises:
            InputError: Wrong length, or a value that is not a finite number.
        """
        return self._map.check(theta)

    def check_point(self, theta: ArrayLike | Mapping[Any, float]) -> Array:
        """theta as an array of shape (P,).

        Raises:
            InputError: As `check`, or several points.
        """
        return self._map.check_point(theta)

    def named(self, theta: ArrayLike | Mapping[Any, float]) -> dict[str, float]:
        """The values of a point by the names of the parameters.

        Qiskit takes them back: `quantum_circuit.assign_parameters(circuit.named(run.x))`.

        Example:
            >>> from qng.circuit.ansatz import real_amplitudes
            >>> real_amplitudes(2, 0).named([0.1, 0.2])
            {'t0': 0.1, 't1': 0.2}
        """
        return dict(zip(self.parameters, self.check_point(theta).tolist()))

    def _check_names(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.parameters:
                raise UnknownNameError("parameter", name, self.parameters)

    def _substituted(self, values: Mapping[str, Angle | float]) -> list[Op]:
        """The operations with numbers or angles for some parameters."""
        return [
            Rotation(op.pauli, op.angle.substitute(values), op.same_gate)
            if isinstance(op, Rotation)
            else op
            for op in self.ops
        ]

    def _check_written(self) -> None:
        for rotation in self.rotations:
            if not rotation.angle.is_expression:
                raise CircuitError(
                    f"the angle {rotation.angle} is no expression that could be written down: it "
                    "is computed by a Python function that was not followed"
                )

    def _with(
        self,
        ops: Iterable[Op],
        parameters: Iterable[str] | None = None,
        origin: Origin | None = None,
    ) -> Circuit:
        """The same with other operations, and other parameters where these are given."""
        if parameters is None:
            parameters, origin = self.parameters, self.origin
        return Circuit(self.n_qubits, ops, parameters, self.noisy, origin)

    def _made_with(self, values: Mapping[str, Angle | float]) -> Origin | None:
        return None if self.origin is None else self.origin.substitute(values)

    def _ask(self, theta: ArrayLike, around: bool = False) -> None:
        """Ask the origin whether the circuit is the same at theta, shape (P,) or (points, P)."""
        if self.origin is not None:
            for point in np.atleast_2d(self.check(theta)):
                x = self.origin.theta(dict(zip(self.parameters, point)))
                self.origin.maker.check(x, around)

    @cached_property
    def _map(self) -> AngleMap:
        return AngleMap(tuple(rotation.angle for rotation in self.rotations), self.parameters)

    @cached_property
    def derived(self) -> Derived:
        """Where what follows from the circuit is kept (`derived.py`)."""
        # A circuit that follows from it has its origin, so that equal ones of others do not do.
        parts = self.n_qubits, self.ops, self.parameters, self.noisy, self.origin
        return shared(self._hash, *parts)

    def draw(self, most: int = 400) -> Drawing:
        """The circuit as it is drawn: text where it is printed, a picture in a notebook.

        Args:
            most: So many of its first operations.

        Raises:
            InputError: A number that is not whole.

        Example:
            >>> from qng.circuit.ansatz import real_amplitudes
            >>> print(real_amplitudes(2, 1).draw())
            q0 ─RY(t0)──●──RY(t2)──
                        │
            q1 ─RY(t1)──⊕──RY(t3)──
        """
        from qng.report.notebook import drawn

        return drawn(self, most)

    def __repr__(self) -> str:
        noisy = ", noisy=True" if self.noisy else ""
        return (
            f"Circuit(qubits={self.n_qubits}, parameters={self.n_parameters}, "
            f"operations={len(self.ops)}{noisy}, digest={self.digest[:12]!r})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import circuit_html

        return circuit_html(self)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.n_qubits, self.ops, self.parameters, self.noisy))

    def __reduce__(self) -> tuple[type[Circuit], tuple[object, ...]]:
        return Circuit, (self.n_qubits, self.ops, self.parameters, self.noisy, self.origin)


def _canonical(op: Op) -> tuple[object, ...]:
    if isinstance(op, Rotation):
        return "rotation", op.pauli.x, op.pauli.z, str(op.angle)
    return "gate", op.name, op.qubits, op.matrix
