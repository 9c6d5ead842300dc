"""A device of Qiskit that runs here, as a cloud: what a run on hardware does, without an account.

A batch is the job that hardware would get, with equal shots on one set of physical qubits. Nothing
runs until its result is asked for, and then always the same: all that is drawn comes from the seed
of the batch. So a job has no place but in the ledger, and cannot be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from qng.errors import QngError, RefusedError
from qng.execute.qiskit import packet as packets
from qng.execute.qiskit.load import load_of
from qng.execute.qiskit.texts import tallies_of, text_of
from qng.plan.cloud import Job, JobState, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.request import Request, Result, Samples

if TYPE_CHECKING:
    from qng.execute.qiskit.primitives import Primitives

_HERE = "here-"
_KEY = "qng-key:"


@dataclass(frozen=True)
class Rehearsal:
    """A cloud whose jobs run here when their results are asked for; it charges nothing.

    Args:
        device: It simulates in this process.
    """

    device: Primitives

    answers: ClassVar[frozenset[type]] = frozenset({Samples})
    dealing: ClassVar[Dealing] = Dealing(uniform=True)
    lists: ClassVar[bool] = False
    local: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """That of the device."""
        return self.device.name

    @property
    def noise(self) -> str:
        """That of the device."""
        return self.device.noise

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the device is made again; empty for one that only its owner has."""
        return self.device.made

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        """A batch as it would be sent, with QPU time estimated as if it were."""
        packet = packets.packed(
            requests,
            seed,
            self.device.transpiler,
            uniform=True,
            mitigate=self.device.mitigate,
            shelf=shelf,
            anew=anew,
        )
        return Prepared(tuple(requests), load_of(packet), packet)

    def check(self, prepared: Prepared) -> None:
        """Refuse circuits that the device does not have the gates for."""
        packets.check(prepared.packet, self.device.transpiler.target, self.name)

    def left(self) -> float | None:
        """There is no account."""
        return None

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        """The name of the job, by the key of its batch: sent again, it is the same."""
        keys = [tag.removeprefix(_KEY) for tag in tags if tag.startswith(_KEY)]
        return _HERE + keys[0]

    def job(self, job: str) -> Job:
        """Done: it runs when it is asked for.

        Raises:
            RefusedError: The name of another cloud's job.
        """
        if not job.startswith(_HERE):
            raise RefusedError(f"{self.name} runs here and has no job {job}")
        return Job(job, JobState.DONE, seconds=0.0)

    def jobs(self, tag: str, since: str) -> Sequence[Job]:
        """None that are not in the ledger."""
        return ()

    def raw(self, job: str, prepared: Prepared) -> str:
        """Run the batch.

        Raises:
            RefusedError: The simulator failed.
        """
        packet = prepared.packet
        try:
            counted = self.device.counted(packet)
        except QngError as error:
            raise RefusedError(f"{error}; what is done is kept") from error
        rows = (
            (pub.circuit.num_clbits, tally)
            for pub, of_pub in zip(packet.pubs, counted)
            for tally in of_pub
        )
        return text_of(rows, self.name, job)

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        """The results of a batch.

        Raises:
            UnreadableError: The text is not the result of this batch.
        """
        return packets.results_of(prepared.packet, tallies_of(raw, prepared.packet))

    def cancel(self, job: str) -> None:
        """Nothing runs that could be stopped."""

    def close(self, shelf: Shelf) -> None:
        """Nothing is held between jobs."""
