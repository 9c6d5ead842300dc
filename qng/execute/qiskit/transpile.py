"""Circuits in the gates and couplings of a device: what is sent there.

A circuit and a measurement basis are transpiled together, once, with one parameter a rotation, for
the part of the device where the batch sits (`placement.py`); points are bound to the result. Bits
belong to the qubits of the circuit wherever the transpiler moved them, as it moves the
measurements along.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.convert.qiskit import angles_circuit
from qng.circuit.depth import two_qubit_depth
from qng.circuit.gate import basis_change
from qng.circuit.pauli import Pauli
from qng.errors import InputError, RefusedError
from qng.execute.qiskit.isa import check_isa, restricted, unbounded
from qng.execute.qiskit.placement import Neighbours, Placement, chosen, neighbours
from qng.log import logger

_LOG: Final = logger(__name__)

REGISTER: Final = "bits"
"""The classical register that holds what was measured."""

_CACHED: Final = 4096

# What any simulator without a target of its own is expected to know.
_USUAL: Final = (
    *("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u"),
    *("cx", "cy", "cz", "swap", "rxx", "ryy", "rzz"),
)


@dataclass(frozen=True)
class Measured:
    """A circuit with its measurements, as it is run.

    Args:
        circuit: In the device's gates, with one parameter for some of the rotations.
        columns: Which rotations: the transpiler drops what no measurement can see.
        qubits: Which qubit of our circuit bit k of the register belongs to.
    """

    circuit: QuantumCircuit
    columns: tuple[int, ...]
    qubits: tuple[int, ...]

    def values(self, angles: Array) -> Array:
        """The values of its parameters, shape (points, U), from angles, shape (points, R)."""
        return angles[:, list(self.columns)]

    def masks(self, values: Integers) -> Integers:
        """Values of the register as masks over the qubits of our circuit."""
        masks = np.zeros_like(values)
        for k, q in enumerate(self.qubits):
            masks |= (values >> k & 1) << q
        return masks


@dataclass(frozen=True)
class Transpiler:
    """Transpiles for one target and remembers what it has transpiled.

    Args:
        backend: Whose target; None for a sampler that says nothing about its gates.
        optimization_level: Of Qiskit's preset passes, 0 to 3.
        seed: Of layout and routing.
        loaded: Circuits that were read from a shelf, by their bytes.
    """

    backend: Any
    optimization_level: int
    seed: int
    _done: dict[Any, Measured] = field(default_factory=dict, repr=False, compare=False)
    _passes: dict[Any, PassManager] = field(default_factory=dict, repr=False, compare=False)
    _places: dict[Circuit, Placement | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    loaded: dict[bytes, Measured] = field(default_factory=dict, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what it remembers: that is found again, and Qiskit's passes do not pickle."""
        return Transpiler, (self.backend, self.optimization_level, self.seed)

    def forget(self) -> None:
        """Look at the device again before the next circuit, and transpile all of them anew."""
        for cache in (self._done, self._passes, self._places):
            cache.clear()
        for known in ("target", "near"):
            vars(self).pop(known, None)

    @property
    def name(self) -> str:
        """Of the device, for messages."""
        return "the sampler" if self.backend is None else str(self.backend.name)

    @cached_property
    def target(self) -> Target | None:
        """What the device can do, whatever the angles; None where it does not say."""
        target = None if self.backend is None else self.backend.target
        return None if target is None else unbounded(target)

    @cached_property
    def near(self) -> Neighbours | None:
        """Its couplings, None where all qubits are coupled."""
        return None if self.target is None else neighbours(self.target)

    def placed(
        self, circuits: Sequence[Circuit], before: Placement | None = None
    ) -> Placement | None:
        """Where circuits start: all of them at the same places.

        Args:
            circuits: Of a batch, one at least.
            before: Where those of the run started so far; it is kept and, for more qubits,
                extended. None: nowhere yet; then it is chosen for the deepest of the circuits with
                the most qubits.

        Returns:
            The placement; None where all qubits are coupled, or nobody knows.

        Raises:
            InputError: More qubits than the device has.
            RefusedError: The qubits of before cannot be used any more.
        """
        n = max(circuit.n_qubits for circuit in circuits)
        available = None if self.target is None else self.target.num_qubits
        if available is not None and n > available:
            raise InputError(
                f"the circuit has {n} qubits, {self.name} has {available}: choose a larger "
                "backend or a smaller problem"
            )
        if self.near is None:
            return None
        if before is not None:
            if not before.fits(self.near):
                raise RefusedError(
                    f"{self.name} has no working qubits any more at {before.qubits}, where the "
                    "circuits of the run sit",
                    retranspile=True,
                )
            return before.extended(n, self.near, self.name)
        largest = (circuit for circuit in circuits if circuit.n_qubits == n)
        deepest = max(largest, key=two_qubit_depth)
        if deepest not in self._places:
            self._places[deepest] = self._chosen(deepest)
        return self._places[deepest]

    def measured(
        self,
        circuit: Circuit,
        basis: Pauli | None,
        placement: Placement | None = None,
        apart: bool = False,
    ) -> Measured:
        """A circuit whose qubits in `basis` are measured in its letters.

        Args:
            circuit: The circuit.
            basis: What is measured; None: all qubits, behind a barrier, so that nothing is left
                out that another basis would see.
            placement: Where it starts; None: as it would alone in a batch.
            apart: Whether a barrier stands before the change of basis, so that the state that is
                measured is the same in every basis, gates that this one cannot see included.

        Raises:
            InputError: More qubits than the device has, or gates that it cannot do.

        Cost: milliseconds, the first time that circuit and basis are seen.
        """
        if placement is None:
            placement = self.placed([circuit])
        key = circuit, basis, placement, apart
        known = self._done.get(key)
        if known is None:
            known = self._transpiled(circuit, basis, placement, apart)
            if len(self._done) >= _CACHED:
                del self._done[next(iter(self._done))]
            self._done[key] = known
        return known

    def in_place(self, circuit: QuantumCircuit, qubits: Sequence[int]) -> QuantumCircuit:
        """A circuit in the gates of the device on given qubits, without gates between them.

        Args:
            circuit: Qubit k of it goes to place k.
            qubits: Those of the device.
        """
        if self.target is None:
            return on_qubits(circuit, qubits, max(qubits) + 1)
        with quiet():
            if self.near is None:
                passes = generate_preset_pass_manager(0, target=self.target)
                sent: QuantumCircuit = passes.run(on_qubits(circuit, qubits, max(qubits) + 1))
            else:
                here, places = restricted(self.target, qubits), list(range(len(qubits)))
                passes = generate_preset_pass_manager(0, target=here, initial_layout=places)
                sent = on_qubits(passes.run(circuit), qubits, self.target.num_qubits)
        check_isa(sent, self.target, self.name)
        return sent

    def run(self, written: QuantumCircuit, placement: Placement | None) -> QuantumCircuit:
        """A circuit of Qiskit in the gates of the device, started at some places.

        Args:
            written: Its qubits are those of our circuits.
            placement: As `placed` gives it.
        """
        if placement is None or self.near is None or self.target is None:
            return self._manager(None).run(written)
        region = placement.region(self.near)
        index = {q: k for k, q in enumerate(region)}
        places = tuple(index[q] for q in placement.qubits[: written.num_qubits])
        return on_qubits(
            self._manager((region, places)).run(written), region, self.target.num_qubits
        )

    def _manager(self, where: tuple[tuple[int, ...], tuple[int, ...]] | None) -> PassManager:
        """Qiskit's passes for a region, and the places in it where circuits start."""
        if where not in self._passes:
            device: dict[str, Any] = {"basis_gates": list(_USUAL)}
            if self.target is not None:
                device = {"target": self.target}
            if self.target is not None and where is not None:
                region, places = where
                device = {"target": restricted(self.target, region), "initial_layout": list(places)}
            self._passes[where] = generate_preset_pass_manager(
                self.optimization_level, seed_transpiler=self.seed, **device
            )
        return self._passes[where]

    def _chosen(self, circuit: Circuit) -> Placement | None:
        if self.target is None or self.near is None:
            return None
        everywhere = Pauli(0, (1 << circuit.n_qubits) - 1)
        written = _written(circuit, everywhere, everywhere.qubits)
        with self._explained(circuit), quiet():
            return chosen(
                written, self.target, self.near, self.optimization_level, self.seed, self.name
            )

    def _transpiled(
        self, circuit: Circuit, basis: Pauli | None, placement: Placement | None, apart: bool
    ) -> Measured:
        began = time.perf_counter()
        # Something is measured always; what the basis does not name is masked out afterwards.
        qubits = tuple(range(circuit.n_qubits)) if basis is None else basis.qubits or (0,)
        with self._explained(circuit), quiet():
            sent = self.run(_written(circuit, basis, qubits, apart), placement)
        if self.target is not None:
            check_isa(sent, self.target, self.name)
        _LOG.debug(
            "a circuit of %d qubits was transpiled for %s in %.3f s",
            circuit.n_qubits, self.name, time.perf_counter() - began,
        )  # fmt: skip
        # A ParameterVector keeps its order in `parameters`.
        return Measured(sent, tuple(p.index for p in sent.parameters), qubits)

    @contextmanager
    def _explained(self, circuit: Circuit) -> Iterator[None]:
        """What Qiskit says where it cannot transpile."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"a circuit of {circuit.n_qubits} qubits cannot be transpiled for {self.name}: "
                f"{one_line(error)}"
            ) from error


def _written(
    circuit: Circuit, basis: Pauli | None, qubits: Sequence[int], apart: bool = False
) -> QuantumCircuit:
    """A circuit with its measurements in Qiskit's words, with one parameter a rotation."""
    changed = circuit if basis is None or apart else circuit.then(basis_change(basis))
    written, _ = angles_circuit(changed)
    if basis is None or apart:
        written.barrier()
    if basis is not None and apart:
        change, _ = angles_circuit(Circuit(circuit.n_qubits, basis_change(basis)))
        written.compose(change, inplace=True)
    register = ClassicalRegister(len(qubits), REGISTER)
    written.add_register(register)
    written.measure(qubits, register)
    return written


def on_qubits(circuit: QuantumCircuit, qubits: Sequence[int], width: int) -> QuantumCircuit:
    """A circuit on some of the qubits of a device, as one on all of them, without its layout."""
    wide = QuantumCircuit(QuantumRegister(width, "q"), *circuit.cregs, name="qng")
    placed: QuantumCircuit = wide.compose(circuit, list(qubits), wide.clbits)
    return placed


def one_line(error: Exception) -> str:
    """What an SDK says, for a message of ours."""
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Deprecations inside an SDK are not the user's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
