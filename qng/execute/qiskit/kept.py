"""Transpiled circuits: made for a batch, or kept on the shelf of a run and taken from there.

A run keeps its layout and every circuit as it was first transpiled, so that whatever is installed
later runs the same. By name there lie

    generation             of the layout and circuits that new batches use: 0, 1, ...
    batch/<digest>         the generation of a batch
    <generation>/layout    where circuits start, as JSON; null where all qubits are coupled
    <generation>/<digest>  a circuit with its basis, or a calibration: a line of JSON with our map
                           of its parameters and bits, then QPY without Qiskit's layout, compressed

What a batch adds is kept in one piece. Circuits are made anew by going to the next generation.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zlib
from collections.abc import Sequence
from typing import Final

from qiskit import QuantumCircuit, qpy
from qiskit.exceptions import QiskitError

from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli
from qng.errors import InputError, RefusedError
from qng.execute.qiskit.calibration import Calibration
from qng.execute.qiskit.placement import Placement
from qng.execute.qiskit.transpile import Measured, Transpiler, on_qubits, one_line
from qng.plan.canonical import circuit_digest
from qng.plan.cloud import Shelf

Asked = Sequence[tuple[Circuit, Pauli | None]]
"""Circuits and the bases in which they are measured (`Transpiler.measured`)."""

# The oldest that this Qiskit writes, which the most of them read.
_QPY: Final = max(13, qpy.common.QPY_COMPATIBILITY_VERSION)


_CACHED: Final = 4096


class Fresh:
    """Circuits of a batch that nothing is kept of, on one set of qubits.

    Args:
        transpiler: For the device.
    """

    def __init__(self, transpiler: Transpiler) -> None:
        self.transpiler = transpiler

    def measured(self, asked: Asked) -> tuple[Measured, ...]:
        """The transpiled circuits."""
        if not asked:
            return ()
        place = self.transpiler.placed([circuit for circuit, _ in asked])
        return tuple(self.transpiler.measured(circuit, basis, place) for circuit, basis in asked)

    def calibrating(self, calibration: Calibration) -> list[QuantumCircuit]:
        """The circuits of a calibration."""
        return [
            self.transpiler.in_place(circuit, calibration.qubits)
            for circuit in calibration.circuits()
        ]


class Kept:
    """Circuits of a batch of a run; what is new is kept when the batch is complete (`keep`).

    Args:
        transpiler: For the device; asked only for what is not there.
        shelf: Of the run.
        batch: The digest of the batch.
        anew: Whether this batch and those after it begin a new generation.
    """

    def __init__(self, transpiler: Transpiler, shelf: Shelf, batch: str, anew: bool) -> None:
        self.transpiler, self.shelf = transpiler, shelf
        self.new: dict[str, bytes] = {}
        noted, latest = shelf.get(f"batch/{batch}"), int(shelf.get("generation") or 0)
        if anew:
            transpiler.forget()
            latest += 1
            self._note("generation", str(latest).encode())
        self.generation = latest if anew or noted is None else int(noted)
        if anew or noted is None:
            self._note(f"batch/{batch}", str(self.generation).encode())

    def measured(self, asked: Asked) -> tuple[Measured, ...]:
        """The transpiled circuits, those that are missing on the qubits of the run.

        Raises:
            RefusedError: The device, as it is now, has no place for a new circuit there.
        """
        names = [f"{self.generation}/{_name(circuit, basis)}" for circuit, basis in asked]
        missing = {name: which for name, which in zip(names, asked) if self.shelf.get(name) is None}
        if missing:
            place, old = self._placed([circuit for circuit, _ in asked])
            for name, (circuit, basis) in missing.items():
                try:
                    made = self.transpiler.measured(circuit, basis, place)
                except InputError as error:
                    if not old:
                        raise
                    raise RefusedError(str(error), retranspile=True) from error
                self._note(name, dumped(made))
        return tuple(self._there(name) for name in names)

    def calibrating(self, calibration: Calibration) -> list[QuantumCircuit]:
        """The circuits of a calibration.

        Raises:
            RefusedError: The device, as it is now, cannot do them there.
        """
        found = []
        for level, circuit in enumerate(calibration.circuits()):
            which = json.dumps([level, calibration.qubits]).encode()
            name = f"{self.generation}/{hashlib.sha256(which).hexdigest()}"
            if self.shelf.get(name) is None:
                try:
                    made = self.transpiler.in_place(circuit, calibration.qubits)
                except (InputError, QiskitError) as error:
                    raise RefusedError(one_line(error), retranspile=True) from error
                self._note(name, dumped(Measured(made, (), calibration.qubits)))
            found.append(self._there(name).circuit)
        return found

    def keep(self) -> None:
        """Keep what is new."""
        if self.new:
            self.shelf.put_all(self.new)

    def _note(self, name: str, data: bytes) -> None:
        self.new[name] = data

    def _there(self, name: str) -> Measured:
        """What everybody gets who asks the shelf, also whoever puts it there."""
        data = self.new.get(name) or self.shelf.get(name)
        assert data is not None
        known = self.transpiler.loaded
        if data not in known:
            if len(known) >= _CACHED:
                known.clear()
            known[data] = loaded(data)
        return known[data]

    def _placed(self, circuits: Sequence[Circuit]) -> tuple[Placement | None, bool]:
        """Where the circuits of a batch start, and whether others have started there before."""
        name = f"{self.generation}/layout"
        known = self.shelf.get(name)
        before = None if known is None else _placement(known)
        place = self.transpiler.placed(circuits, before)
        if known is None or place != before:
            self._note(name, _written(place))
        return place, known is not None


def dumped(measured: Measured) -> bytes:
    """A circuit as bytes, the same in every process."""
    map_of_ours = {"columns": measured.columns, "qubits": measured.qubits}
    circuit, written = measured.circuit, io.BytesIO()
    bare = on_qubits(circuit, range(circuit.num_qubits), circuit.num_qubits)
    qpy.dump(bare, written, version=_QPY)
    return json.dumps(map_of_ours).encode() + b"\n" + zlib.compress(written.getvalue(), 9)


def loaded(data: bytes) -> Measured:
    """A circuit from its bytes.

    Raises:
        InputError: This Qiskit cannot read it.
    """
    head, _, packed = data.partition(b"\n")
    try:
        with warnings.catch_warnings():
            # Qiskit tells of angles that the circuit does not need, and of a newer writer, whose
            # version of the format it can read all the same.
            warnings.simplefilter("ignore", UserWarning)
            circuit = qpy.load(io.BytesIO(zlib.decompress(packed)))[0]
    except QiskitError as error:
        raise InputError(
            f"the circuits of the run were written by another Qiskit: {one_line(error)}; install "
            "the newest: pip install -U qiskit"
        ) from error
    ours = json.loads(head)
    return Measured(circuit, tuple(ours["columns"]), tuple(ours["qubits"]))


def _name(circuit: Circuit, basis: Pauli | None) -> str:
    measured = "in none" if basis is None else f"{basis.x} {basis.z}"
    whole = f"{circuit_digest(circuit)} {measured}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _written(place: Placement | None) -> bytes:
    plain = None if place is None else {"qubits": place.qubits, "passed": place.passed}
    return json.dumps(plain).encode()


def _placement(data: bytes) -> Placement | None:
    plain = json.loads(data)
    return None if plain is None else Placement(tuple(plain["qubits"]), tuple(plain["passed"]))
