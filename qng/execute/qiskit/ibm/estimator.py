"""IBM's quantum computers as a cloud that answers expectation values, mitigated by its estimator.

Everything but what is sent and how it is read is that of `IBM`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.execute.qiskit.ibm import batch as batches
from qng.execute.qiskit.ibm import estimating, limits, mitigation, sampling
from qng.execute.qiskit.ibm.batch import Batch
from qng.execute.qiskit.ibm.cloud import ANY, IBM
from qng.execute.qiskit.load import load_of
from qng.execute.qiskit.packet import Packet
from qng.plan import canonical
from qng.plan.cloud import Job, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.request import Expectation, Request, Result

ESTIMATOR = ":estimator"
"""What is added to the name of a device."""


@dataclass(frozen=True, init=False, eq=False)
class IBMEstimator:
    """A quantum computer of IBM that answers expectation values by IBM's estimator.

    It answers no samples and no overlaps: it serves energies and gradients by the shift rule, and
    no metric of a circuit. The shots of a batch are dealt out evenly between its points; each basis
    and each noise factor of a point has those of the point, and the readout calibration comes on
    top. All is counted before it is sent, as the client does. Every qubit of the device is
    measured, which makes results large.

    Args:
        name: "ibm_fez:estimator" and the like, or "ibm:estimator" (`IBM`).
        resilience_level: 0, 1 (readout, TREX) or 2 (and gates, ZNE).
        options: Of IBM's estimator, nested (`mitigation.py`).
        layer_noise_model: What was learned of the noise of `layers`, for PEC and PEA: pairs of a
            layer and its map.
        device: Other options of `IBM`: instance, channel, token, session, timeout,
            optimization_level, seed_transpiler.

    Raises:
        InputError: A package is missing or too old, or an option that does not exist.
    """

    inner: IBM
    options: Mapping[str, Any]
    dealing: Dealing
    learned: Any = field(repr=False)

    answers: ClassVar[frozenset[type]] = frozenset({Expectation})
    lists: ClassVar[bool] = True
    local: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        *,
        resilience_level: int = 1,
        options: Mapping[str, Any] | None = None,
        layer_noise_model: Any = None,
        **device: Any,
    ) -> None:
        if "mitigate" in device:
            raise InputError("the estimator corrects readout errors itself: leave mitigate out")
        plain = mitigation.checked(resilience_level, options)
        delay = (plain.get("execution") or {}).get("rep_delay")
        execution = {} if delay is None else {"execution": {"rep_delay": delay}}
        inner = IBM(name.removesuffix(ESTIMATOR), options=execution, **device)
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "options", plain)
        object.__setattr__(self, "dealing", mitigation.dealing(plain))
        object.__setattr__(self, "learned", layer_noise_model)

    @property
    def name(self) -> str:
        """That of the device, with what answers there."""
        return f"{self.inner.name}{ESTIMATOR}"

    @property
    def noise(self) -> str:
        """That of the device, as far as it is not mitigated."""
        return f"{self.inner.noise}, mitigated"

    @property
    def settings(self) -> dict[str, Any]:
        """How to make it again, without the token; empty where noise was learned."""
        if self.learned is not None:
            return {}
        own = {name: value for name, value in self.options.items() if name != "resilience_level"}
        rest = {k: v for k, v in self.inner.settings.items() if k not in ("mitigate", "options")}
        level = self.options["resilience_level"]
        return {
            **rest,
            "name": f"{rest['name']}{ESTIMATOR}",
            "resilience_level": level,
            "options": own,
        }

    @property
    def calibrated(self) -> str:
        """When the device was calibrated as it was last looked at, ISO 8601 in UTC; "" before."""
        return self.inner.calibrated

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        """A batch as it would be sent; the device is reached for what the shelf lacks.

        Raises:
            InputError: It does not fit the device.
            ServiceError: The device has to be reached, and cannot be.
        """
        device = self.inner._device(requests, shelf)
        transpiler = self.inner._transpiler(device, anew)
        packet = estimating.packed(requests, seed, transpiler, shelf=shelf, anew=anew)
        batch = Batch(device.name, packet, canonical.digest(requests, seed)[:24])
        asked = estimating.asked(packet, batch.mark)
        if not any(one.pubs for one in asked):
            raise InputError("the observable is a constant: nothing has to be measured")
        made, executor = estimating.program(asked, self._model(packet))
        load = load_of(
            packet, executions=sampling.executions(made), payload=sampling.payload(made, executor)
        )
        limits.check(load, batch.circuits, device.name)
        return Prepared(tuple(requests), load, batch)

    def check(self, prepared: Prepared) -> None:
        """Refuse a batch that the device does not take at this moment, as `IBM`."""
        self.inner.check(prepared)

    def left(self) -> float | None:
        """QPU seconds that the instance has left; None where the service does not say."""
        return self.inner.left()

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        """Make a job, as `IBM`."""
        batch = batches.of(prepared)
        pubs = [pub for one in estimating.asked(batch.packet, batch.mark) for pub in one.pubs]
        send = estimating.sender(pubs, self._model(batch.packet, tags, most))
        return self.inner.posted(send, batch.device, shelf)

    def job(self, job: str) -> Job:
        """What is known of a job."""
        return self.inner.job(job)

    def jobs(self, tag: str, since: str) -> list[Job]:
        """All jobs with a tag, the oldest first."""
        return self.inner.jobs(tag, since)

    def raw(self, job: str, prepared: Prepared) -> str:
        """The result of a job that is done, as text."""
        return self.inner.raw(job, prepared)

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        """The values of a batch with their standard errors; reaches nothing.

        Raises:
            UnreadableError: The text is not the result of this batch.
        """
        batch = batches.of(prepared)
        asked = estimating.asked(batch.packet, batch.mark)
        return list(estimating.read(raw, asked, batch.mark, _shots(batch.packet)))

    def cancel(self, job: str) -> None:
        """Take a job back, if it is not final."""
        self.inner.cancel(job)

    def close(self, shelf: Shelf) -> None:
        """Close the session of a run, if it has one."""
        self.inner.close(shelf)

    def layers(self, circuits: Sequence[Circuit]) -> list[Any]:
        """The layers of circuits whose noise PEC and PEA need, for IBM's noise learner.

        Args:
            circuits: Those of a batch, as they are measured together.

        Returns:
            What `run` of IBM's NoiseLearnerV3 takes, none where no option needs them; its result
            gives their maps, `to_pauli_lindblad_maps()`, and `layer_noise_model` takes pairs of a
            layer and its map.
        """
        if self.inner.given == ANY:
            raise InputError("layers are those of one backend: give it by its name")
        device = self.inner._named(self.inner.given)
        transpiler = self.inner._transpiler(device, anew=False)
        return estimating.layers(circuits, transpiler, mitigation.model(self.options))

    def _model(self, packet: Packet, tags: Sequence[str] = (), most: float | None = None) -> Any:
        return mitigation.model(self.options, _shots(packet), tags, most, self.learned)


def _shots(packet: Packet) -> int:
    return packet.pubs[0].shots
