"""What a packet is for a device, counted before it is sent."""

from __future__ import annotations

import io
import zlib
from typing import Final

from qiskit import QuantumCircuit, qpy

from qng.execute.qiskit.packet import Packet
from qng.plan.cloud import Load
from qng.plan.cost import quantum_seconds

# Bytes travel as text of six bits a letter.
_AS_TEXT: Final = 4 / 3


def load_of(packet: Packet, *, executions: int | None = None, payload: int | None = None) -> Load:
    """What a packet is for a device.

    Args:
        packet: A batch.
        executions: As the device runs them, where that is more than what is asked for.
        payload: Where the bytes that are sent are known; otherwise those of compressed circuits
            and of angles in base 64.

    Cost: that of writing every circuit as QPY where `payload` is not given.
    """
    shots = packet.executions if executions is None else executions
    return Load(
        pubs=sum(len(pub.as_qiskit()) for pub in packet.pubs),
        rows=sum(len(pub.values) for pub in packet.pubs),
        executions=shots,
        depth=max((two_qubit_depth(pub.circuit) for pub in packet.pubs), default=0),
        payload=_payload(packet) if payload is None else payload,
        seconds=quantum_seconds(shots) if packet.pubs else 0.0,
    )


def two_qubit_depth(circuit: QuantumCircuit) -> int:
    """Its depth in gates on two qubits and more."""
    depth: int = circuit.depth(lambda one: len(one.qubits) > 1 and one.operation.name != "barrier")
    return depth


def _payload(packet: Packet) -> int:
    raw = 0
    for pub in packet.pubs:
        written = io.BytesIO()
        qpy.dump(pub.circuit, written)
        raw += len(zlib.compress(written.getvalue())) + len(zlib.compress(pub.values.tobytes()))
    return round(_AS_TEXT * raw)
