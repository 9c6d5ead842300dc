"""A batch as it is sent to IBM: for which device, what it is called, and what it is for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit

from qng.errors import InputError
from qng.execute.qiskit.ibm import limits, sampling
from qng.execute.qiskit.load import load_of
from qng.execute.qiskit.packet import Packet
from qng.plan.cloud import Prepared


@dataclass(frozen=True, eq=False)
class Batch:
    """What is sent of a batch.

    Args:
        device: The name of the device that it was made for.
        packet: Its circuits and rows.
        mark: Its name, which comes back with the result.
    """

    device: str
    packet: Packet
    mark: str

    @property
    def circuits(self) -> list[QuantumCircuit]:
        """Each once."""
        return list({id(pub.circuit): pub.circuit for pub in self.packet.pubs}.values())


def prepared(batch: Batch, options: Mapping[str, Any]) -> Prepared:
    """A batch with what it is for its device, as the client counts it.

    Args:
        batch: What is sent.
        options: Of the sampler.

    Raises:
        InputError: It is larger than the documents allow.

    Cost: what the client does before it sends; milliseconds, more where something is twirled.
    """
    packet = batch.packet
    if not packet.pubs:
        return Prepared(packet.requests, load_of(packet), batch)
    made, executor = sampling.program(packet.pubs, options, batch.mark)
    load = load_of(
        packet, executions=sampling.executions(made), payload=sampling.payload(made, executor)
    )
    limits.check(load, batch.circuits, batch.device)
    return Prepared(packet.requests, load, batch)


def of(prepared: Prepared) -> Batch:
    """What was prepared here.

    Raises:
        InputError: It was prepared for another executor.
    """
    batch = prepared.packet
    if not isinstance(batch, Batch):
        raise InputError("this batch was prepared for another executor")
    return batch
