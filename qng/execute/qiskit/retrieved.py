"""Any backend of Qiskit that finds its jobs again, by `retrieve_job(id)`, as a cloud.

    one batch = one backend.run([bound circuits], shots=n) = one job

Qiskit has no way to ask for jobs by what they were sent with: where the reply to a batch is lost,
nobody knows whether there is a job, and the user decides.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, TypeVar

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2

from qng import checks
from qng.errors import InputError, NoReplyError, NotNowError, QngError, RefusedError
from qng.execute.qiskit import packet as packets
from qng.execute.qiskit.load import load_of
from qng.execute.qiskit.packet import Packet
from qng.execute.qiskit.tallies import of_result
from qng.execute.qiskit.texts import tallies_of, text_of
from qng.execute.qiskit.transpile import Transpiler
from qng.execute.qiskit.troubles import saying, trouble
from qng.execute.qiskit.vendors import Vendor, vendor_of
from qng.execute.qiskit.watched import watched
from qng.plan.cloud import Job, JobState, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.request import Request, Result, Samples

T = TypeVar("T")

_SECONDS_BETWEEN_LOOKS: Final = 1.0


@dataclass(frozen=True, init=False, eq=False)
class Retrieved:
    """A cloud that counts bits: any BackendV2 of Qiskit with `retrieve_job(id)`, such as IonQ's.

    All circuits of a job have the same number of shots; points with more are repeated. What was
    counted is fetched once and kept as text, as some services draw it anew whenever it is fetched.

    qiskit-ionq repeats the request that makes a job where its answer is an error, and so makes
    several; here a copy of the backend is asked, which does not. Of other packages nobody knows.

    Nobody says what a job will cost: the estimate is 0 seconds, and where the service tells the
    time that a job took (IonQ does), that is booked.

    Args:
        backend: The BackendV2, with its account.
        name: How it is called; the backend's name by default.
        noise: What disturbs its states, in a few words, "" for nothing.
        optimization_level: Of Qiskit's transpiler, 0 to 3.
        seed_transpiler: Of layout and routing.
        mitigate: Shots for each of two calibration circuits that go with every batch, as those of
            `Primitives`.
        timeout: Seconds after which a request is given up.

    Raises:
        InputError: No BackendV2, one that does not find its jobs again, or one without an account.
    """

    name: str
    noise: str
    transpiler: Transpiler = field(repr=False)
    vendor: Vendor = field(repr=False)
    mitigate: int
    timeout: float

    answers: ClassVar[frozenset[type]] = frozenset({Samples})
    dealing: ClassVar[Dealing] = Dealing(uniform=True)
    lists: ClassVar[bool] = False
    local: ClassVar[bool] = False

    def __init__(
        self,
        backend: Any,
        *,
        name: str = "",
        noise: str | None = None,
        optimization_level: int = 1,
        seed_transpiler: int = 0,
        mitigate: int = 0,
        timeout: float = 60.0,
    ) -> None:
        if not is_retrievable(backend):
            raise InputError(
                "a BackendV2 of Qiskit that finds its jobs again, by retrieve_job(id), is "
                f"expected, not {type(backend).__name__}"
            )
        if optimization_level not in (0, 1, 2, 3):
            raise InputError(f"optimization_level is 0, 1, 2 or 3, not {optimization_level!r}")
        checks.whole("mitigate", mitigate)
        checks.whole("seed_transpiler", seed_transpiler)
        checks.positive("timeout", timeout)
        try:
            vendor = vendor_of(backend)
        except Exception as error:
            raise InputError(f"{backend.name} cannot be asked: {saying(error)}") from error
        transpiler = Transpiler(vendor.backend, optimization_level, seed_transpiler)
        object.__setattr__(self, "name", name or str(backend.name))
        object.__setattr__(self, "noise", vendor.noise if noise is None else noise)
        object.__setattr__(self, "transpiler", transpiler)
        object.__setattr__(self, "vendor", vendor)
        object.__setattr__(self, "mitigate", mitigate)
        object.__setattr__(self, "timeout", timeout)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing: the backend and its account are the user's."""
        return {}

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        """A batch as it would be sent; the seed says nothing, as services draw as they like.

        Raises:
            InputError: It does not fit the device, or into one job.
        """
        packet = packets.packed(
            requests,
            seed,
            self.transpiler,
            uniform=True,
            mitigate=self.mitigate,
            shelf=shelf,
            anew=anew,
        )
        rows, most = sum(len(pub.values) for pub in packet.pubs), self.vendor.backend.max_circuits
        if most is not None and rows > most:
            raise InputError(
                f"a step is {rows} circuits, and {self.name} takes {most} in a job: choose "
                "estimators with fewer points, or fewer shots, so that points are repeated less"
            )
        load = load_of(packet, payload=self.vendor.payload(bound(packet), _shots(packet)))
        return Prepared(tuple(requests), replace(load, seconds=0.0), packet)

    def check(self, prepared: Prepared) -> None:
        """Refuse circuits that the backend's target, as it is now, does not have.

        Raises:
            RefusedError: Naming a gate.
        """
        packets.check(prepared.packet, self.vendor.backend.target, self.name)

    def left(self) -> float | None:
        """Nobody says."""
        return None

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        """Make a job, by one call of `backend.run`.

        Raises:
            RefusedError: The service refused it, or a limit of seconds was given.
            NotNowError: The service says so, or was not reached, and was asked only once.
            NoReplyError: Anything else that goes wrong.
        """
        if most is not None:
            raise RefusedError(
                f"{self.name} cannot be told after how many seconds to end a job, and nobody "
                "says before what it costs; nothing was sent: leave the budget out (max_seconds)"
            )
        circuits, packet = bound(prepared.packet), prepared.packet
        options = self.vendor.options(tags)

        def ask() -> str:
            return str(self.vendor.backend.run(circuits, shots=_shots(packet), **options).job_id())

        try:
            return self._asked(ask)
        except (NotNowError, NoReplyError) as error:
            if self.vendor.once:
                raise
            # What the last request was told says nothing of those before it.
            raise NoReplyError(f"{error}; its package may have asked more than once") from error

    def job(self, job: str) -> Job:
        """What is known of a job."""
        return self._asked(lambda: self.vendor.look(job))

    def jobs(self, tag: str, since: str) -> Sequence[Job]:
        """None: they are not found by their tags."""
        return ()

    def raw(self, job: str, prepared: Prepared) -> str:
        """What was counted, as JSON: of every circuit its bits and the numbers of its outcomes."""

        def ask() -> str:
            result = self.vendor.backend.retrieve_job(job).result()
            return _written(result, job, self.name)

        return self._asked(ask)

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        """The results of a batch.

        Raises:
            UnreadableError: Broken, or another number of circuits, shots or bits.
        """
        packet: Packet = prepared.packet
        return packets.results_of(packet, tallies_of(raw, packet))

    def cancel(self, job: str) -> None:
        """Take a job back."""

        def ask() -> None:
            if not self.vendor.look(job).state.is_final:
                self.vendor.backend.retrieve_job(job).cancel()

        self._asked(ask)

    def close(self, shelf: Shelf) -> None:
        """Nothing is held between jobs."""

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Send a batch and wait for its results, for a single question outside a run.

        Nothing is kept: where this process ends, the job is lost.

        Raises:
            QngError: The job failed, or the service did not do what it was asked.
        """
        shelf = _Nothing()
        prepared = self.prepare(requests, seed, shelf)
        self.check(prepared)
        job = self.send(prepared, (), None, shelf)
        while not (found := self.job(job)).state.is_final:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        if found.state is not JobState.DONE:
            why = f": {found.reason}" if found.reason else ""
            raise QngError(f"job {job} on {self.name} has {found.state}{why}")
        return self.read(prepared, self.raw(job, prepared))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            with _unwarned():
                return watched(ask, self.timeout, self.name)
        except Exception as error:
            raise trouble(error, self.name) from error


def is_retrievable(device: Any) -> bool:
    """Whether something is a backend that finds its jobs again."""
    return isinstance(device, BackendV2) and callable(getattr(device, "retrieve_job", None))


def bound(packet: Packet) -> list[QuantumCircuit]:
    """The circuits of a packet with their angles, one a row."""
    return [pub.circuit.assign_parameters(row) for pub in packet.pubs for row in pub.values]


def _shots(packet: Packet) -> int:
    return packet.pubs[0].shots


def _written(result: Any, job: str, name: str) -> str:
    """The result of Qiskit as text of our own."""
    headers = [getattr(one, "header", None) for one in result.results]
    bits = [h.get("memory_slots") if isinstance(h, dict) else None for h in headers]
    return text_of(zip(bits, of_result(result)), name, job)


class _Nothing:
    """A shelf on which nothing stays."""

    def get(self, name: str) -> bytes | None:
        return None

    def put(self, name: str, data: bytes) -> None:
        pass

    def put_all(self, items: Mapping[str, bytes]) -> None:
        pass


@contextmanager
def _unwarned() -> Iterator[None]:
    """What the package of a vendor warns of is said by errors of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
