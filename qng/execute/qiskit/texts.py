"""What a device has counted as text of our own: kept before it is read, and read ever after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from qiskit import QuantumCircuit

from qng.errors import UnreadableError
from qng.execute.qiskit.packet import Packet
from qng.execute.qiskit.tallies import Tally

FORMAT: Final = 1
"""Of the text of a result."""


def text_of(rows: Iterable[tuple[int | None, Tally]], backend: str, job: str) -> str:
    """Counts as JSON: of every circuit its bits and the numbers of its outcomes.

    Args:
        rows: The bits of a circuit, None where nobody says, and what was counted of it.
        backend: What has counted.
        job: What the job is called there.
    """
    found = []
    for bits, (values, numbers) in rows:
        order = np.argsort(values, kind="stable")
        pairs = zip(values[order].tolist(), numbers[order].tolist())
        found.append({"bits": bits, "counts": {str(value): int(n) for value, n in pairs}})
    return json.dumps({"format": FORMAT, "backend": backend, "job": job, "circuits": found})


def tallies_of(raw: str, packet: Packet) -> list[list[Tally]]:
    """What was counted, one tally a row of every PUB.

    Args:
        raw: The text.
        packet: What was run.

    Raises:
        UnreadableError: Broken, or another number of circuits, shots or bits.
    """
    told = iter(_read(raw, sum(len(pub.values) for pub in packet.pubs)))
    return [
        [_checked(next(told), pub.circuit, pub.shots) for _ in pub.values] for pub in packet.pubs
    ]


def _read(raw: str, rows: int) -> list[Any]:
    """What the text says of every circuit."""
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise UnreadableError(f"a result is not what was stored: {error}") from error
    circuits = told.get("circuits") if isinstance(told, dict) else None
    if not isinstance(circuits, list) or told.get("format") != FORMAT:
        raise UnreadableError("a result has another form than it was stored in")
    if len(circuits) != rows:
        raise UnreadableError(f"a result is of {len(circuits)} circuits, {rows} were sent")
    return circuits


def _checked(told: Any, circuit: QuantumCircuit, shots: int) -> Tally:
    """What was counted of one circuit."""
    bits = circuit.num_clbits
    try:
        values = np.array([int(value) for value in told["counts"]], dtype=np.int64)
        numbers = np.array([int(n) for n in told["counts"].values()], dtype=np.int64)
        slots = told["bits"]
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableError("a result has another form than it was stored in") from error
    if (slots is not None and slots != bits) or np.any((values < 0) | (values >> bits != 0)):
        raise UnreadableError(f"a circuit with {bits} bits has outcomes of others")
    if np.any(numbers < 0) or numbers.sum() != shots:
        raise UnreadableError(
            f"the outcomes of a circuit add up to {numbers.sum()} shots, {shots} were asked for: "
            "is it mitigated by the service, which then gives no counts?"
        )
    return values, numbers
