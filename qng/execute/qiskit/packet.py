"""A batch as it is sent: transpiled circuits with their rows, and back from counted bits.

    requests -> packet -> tallies, one a row -> results

This is what all devices share, here and elsewhere. A device with one number of shots for all
circuits of a job gets the greatest common divisor of those asked for, and points with more are
repeated; one without gets the numbers as they are. Where readout errors are corrected, the last
two PUBs are the calibration circuits (`calibration.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit.transpiler import Target

from qng.arrays import Integers
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli
from qng.errors import InputError, RefusedError
from qng.execute.qiskit.calibration import Calibration
from qng.execute.qiskit.isa import first_fault
from qng.execute.qiskit.kept import Fresh, Kept
from qng.execute.qiskit.runners import Pub
from qng.execute.qiskit.tallies import Tally
from qng.execute.qiskit.transpile import Measured, Transpiler
from qng.plan.canonical import digest
from qng.plan.cloud import Shelf
from qng.plan.counts import Counts
from qng.plan.readout import Readout
from qng.plan.request import Request, Result, Samples


@dataclass(frozen=True, eq=False)
class Packet:
    """A batch as PUBs, and which points their rows answer.

    Args:
        requests: What was asked.
        seed: Of all that is drawn.
        pubs: What is run; the calibration circuits come last.
        measured: The transpiled circuit of every request.
        rows: Of every PUB that serves a request: which request, and the point of each row.
        calibration: Whose two circuits come last, where readout errors are corrected.
    """

    requests: tuple[Request, ...]
    seed: int
    pubs: tuple[Pub, ...]
    measured: tuple[Measured, ...]
    rows: tuple[tuple[int, Integers], ...]
    calibration: Calibration | None

    @property
    def executions(self) -> int:
        """Shots of all rows, calibrations included."""
        return sum(pub.shots * len(pub.values) for pub in self.pubs)


def packed(
    requests: Sequence[Request],
    seed: int,
    transpiler: Transpiler,
    *,
    uniform: bool,
    mitigate: int = 0,
    shelf: Shelf | None = None,
    anew: bool = False,
) -> Packet:
    """A batch as it is sent.

    Args:
        requests: Of `Samples`, with shots.
        seed: Of all that is drawn; it is only handed on.
        transpiler: For the device.
        uniform: Whether all PUBs must have the same number of shots.
        mitigate: Shots of each of the two calibration circuits; 0: none.
        shelf: Where the layout and the transpiled circuits of a run are kept; None: the batch has
            a layout of its own.
        anew: Whether what lies on the shelf is not used any more, from this batch on.

    Raises:
        InputError: An angle that is not finite, more qubits than there are, or a circuit that the
            device cannot do.
        RefusedError: The device, as it is now, cannot run a new circuit where those of the run sit.

    Cost: milliseconds for a circuit and basis that are seen for the first time.
    """
    if not all(np.all(np.isfinite(request.angles)) for request in requests):
        raise InputError("an angle of a request is not a finite number")
    circuits: Fresh | Kept = Fresh(transpiler)
    if shelf is not None:
        circuits = Kept(transpiler, shelf, digest(requests, seed), anew)
    asked: list[tuple[Circuit, Pauli | None]] = [
        (r.circuit, r.measure.basis) for r in requests if isinstance(r.measure, Samples)
    ]
    measured = circuits.measured(asked)
    pubs, rows = _split(requests, measured, uniform)
    calibration = Calibration.of(measured) if mitigate and pubs else None
    if calibration is not None:
        # As many rows as it takes where all PUBs have the same number of shots.
        shots = pubs[0].shots if uniform else mitigate
        nothing = np.zeros((-(-mitigate // shots), 0))
        pubs += [Pub(circuit, nothing, shots) for circuit in circuits.calibrating(calibration)]
    if isinstance(circuits, Kept):
        circuits.keep()
    return Packet(tuple(requests), seed, tuple(pubs), measured, rows, calibration)


def check(packet: Packet, target: Target | None, name: str) -> None:
    """Refuse a packet that a device, as it is now, does not take.

    Args:
        packet: A batch.
        target: What the device can do now; None where it does not say.
        name: Of the device, for the message.

    Raises:
        RefusedError: Naming the first instruction that the device cannot do; circuits made anew
            would do.
    """
    if target is None:
        return
    for circuit in {id(pub.circuit): pub.circuit for pub in packet.pubs}.values():
        fault = first_fault(circuit, target, name)
        if fault:
            raise RefusedError(
                f"the device has changed since the circuits of the run were made: {fault}",
                retranspile=True,
            )


def results_of(packet: Packet, tallies: Sequence[Sequence[Tally]]) -> list[Result]:
    """Counts of every request and point; those of repeated points are added up.

    Args:
        packet: What was run.
        tallies: One a row of every PUB.
    """
    seen: list[list[list[Tally]]] = [[[] for _ in request.angles] for request in packet.requests]
    for (k, points), of_pub in zip(packet.rows, tallies):
        for point, tally in zip(points, of_pub):
            seen[k][point].append(tally)
    readouts: tuple[Readout | None, ...] = (None,) * len(seen)
    if packet.calibration is not None:
        zeros, ones = (_together(parts) for parts in tallies[-2:])
        sizes = [request.circuit.n_qubits for request in packet.requests]
        readouts = packet.calibration.readouts(packet.measured, sizes, zeros, ones)
    return [
        tuple(_joined(circuit, parts, readout) for parts in of_points)
        for circuit, of_points, readout in zip(packet.measured, seen, readouts)
    ]


def _split(
    requests: Sequence[Request], measured: Sequence[Measured], uniform: bool
) -> tuple[list[Pub], tuple[tuple[int, Integers], ...]]:
    """What is run, and for every PUB its request and the point of each of its rows."""
    pubs: list[Pub] = []
    rows: list[tuple[int, Integers]] = []
    shots = [np.asarray(request.shots) for request in requests]
    base = int(np.gcd.reduce(np.concatenate(shots))) if shots else 0
    for k, (request, sent) in enumerate(zip(requests, measured)):
        values = sent.values(request.angles)
        if uniform:
            parts = {base: np.repeat(np.arange(len(values)), shots[k] // base)}
        else:
            parts = {int(n): np.flatnonzero(shots[k] == n) for n in np.unique(shots[k])}
        for n, points in parts.items():
            if len(points) == 0:
                continue
            pubs.append(Pub(sent.circuit, values[points], n))
            rows.append((k, points))
    return pubs, tuple(rows)


def _together(parts: Sequence[Tally]) -> Tally:
    values, numbers = (np.concatenate(part) for part in zip(*parts))
    return values, numbers


def _joined(circuit: Measured, parts: list[Tally], readout: Readout | None) -> Counts:
    values, numbers = _together(parts)
    return replace(Counts.of(circuit.masks(values), numbers), readout=readout)
