"""IBM's quantum computers as a cloud: one job a batch, through the client-side sampler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from qng import checks
from qng.errors import InputError, NotNowError, RefusedError
from qng.execute.qiskit import packet as packets
from qng.execute.qiskit.ibm import batch as batches
from qng.execute.qiskit.ibm import jobs, sampling, sessions
from qng.execute.qiskit.ibm import options as _options
from qng.execute.qiskit.ibm.account import Account, Reach, check_package
from qng.execute.qiskit.ibm.batch import Batch
from qng.execute.qiskit.ibm.device import Device, least_busy
from qng.execute.qiskit.ibm.errors import SOON, Told
from qng.execute.qiskit.ibm.wire import Wire
from qng.execute.qiskit.transpile import Transpiler
from qng.plan import canonical
from qng.plan.cloud import Job, Prepared, Shelf
from qng.plan.deal import Dealing
from qng.plan.request import Request, Result, Samples

ANY: Final = "ibm"
"""The name of whichever device is least busy."""

PLACE: Final = "backend"
"""Where the device that was chosen for a run lies on its shelf."""


@dataclass(frozen=True, init=False, eq=False)
class IBM:
    """A quantum computer of IBM.

    Nothing is reached before it is needed: with a shelf that has the circuits of a run, batches are
    prepared and results are read without a network.

    Args:
        name: "ibm_fez" and the like, or "ibm": the least busy one with enough qubits that takes
            jobs, chosen once a run.
        instance: CRN or name; the account's by default, else any of its instances.
        channel: "ibm_quantum_platform" or "ibm_cloud"; the account's by default.
        token: In the place of the saved account, or of that of the environment; it is never stored
            and never shown.
        session: Whether jobs run in a session, or its longest time in seconds; jobs by themselves
            otherwise.
        timeout: Seconds after which a request is given up.
        options: Of IBM's sampler, nested: twirling, dynamical_decoupling, execution (init_qubits,
            rep_delay), max_execution_time (`ibm/options.py`).
        optimization_level: Of Qiskit's transpiler, 0 to 3.
        seed_transpiler: Of layout and routing.
        mitigate: Shots of each of two calibration circuits that go with every batch (`Primitives`).

    Raises:
        InputError: A package is missing or too old, or an option that does not exist.
    """

    given: str
    account: Account
    session: int | bool
    timeout: float
    options: Mapping[str, Any]
    optimization_level: int
    seed_transpiler: int
    mitigate: int
    _reach: Reach = field(repr=False)
    _known: dict[str, Any] = field(repr=False)

    answers: ClassVar[frozenset[type]] = frozenset({Samples})
    lists: ClassVar[bool] = True
    local: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        *,
        instance: str | None = None,
        channel: str | None = None,
        token: str | None = None,
        session: int | bool = False,
        timeout: float = 60.0,
        options: Mapping[str, Any] | None = None,
        optimization_level: int = 2,
        seed_transpiler: int = 0,
        mitigate: int = 0,
    ) -> None:
        check_package()
        checks.positive("timeout", timeout)
        checks.whole("mitigate", mitigate)
        checks.whole("seed_transpiler", seed_transpiler)
        if optimization_level not in (0, 1, 2, 3):
            raise InputError(f"optimization_level is 0, 1, 2 or 3, not {optimization_level!r}")
        if not isinstance(session, bool):
            checks.whole("session", session, 1)
        account = Account(instance or "", channel or "", token or "")
        for field_, value in (
            ("given", name),
            ("account", account),
            ("session", session),
            ("timeout", float(timeout)),
            ("options", _options.checked(options)),
            ("optimization_level", optimization_level),
            ("seed_transpiler", seed_transpiler),
            ("mitigate", mitigate),
            ("_reach", Reach(account, Wire(float(timeout)))),
            ("_known", {}),
        ):
            object.__setattr__(self, field_, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> IBM:
        """Itself: a connection is not copied."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Without connections, and without the token."""
        return {**vars(self), "_known": {}}

    @property
    def name(self) -> str:
        """That of the device, once it is known; "ibm" before."""
        return str(self._known.get("name", self.given))

    @property
    def noise(self) -> str:
        """That of the device."""
        return f"noise of {self.name}"

    @property
    def dealing(self) -> Dealing:
        """One number of shots a row, which the client would make of it."""
        return _options.dealing(self.options)

    @property
    def settings(self) -> dict[str, Any]:
        """How to make it again, without the token."""
        found: dict[str, Any] = {
            "name": self.given,
            "optimization_level": self.optimization_level,
            "seed_transpiler": self.seed_transpiler,
            "mitigate": self.mitigate,
            "options": dict(self.options),
            "session": self.session,
            "timeout": self.timeout,
        }
        if self.account.instance:
            found["instance"] = self.account.instance
        if self.account.channel:
            found["channel"] = self.account.channel
        return found

    @property
    def calibrated(self) -> str:
        """When the device was calibrated as it was last looked at, ISO 8601 in UTC; "" before."""
        device = self._known.get("device")
        return "" if device is None else str(device.calibrated)

    def prepare(
        self, requests: Sequence[Request], seed: int, shelf: Shelf, anew: bool = False
    ) -> Prepared:
        """A batch as it would be sent; the device is reached for what the shelf lacks.

        Raises:
            InputError: It does not fit the device.
            ServiceError: The device has to be reached, and cannot be.
        """
        device = self._device(requests, shelf)
        packet = packets.packed(
            requests,
            seed,
            self._transpiler(device, anew),
            uniform=True,
            mitigate=self.mitigate,
            shelf=shelf,
            anew=anew,
        )
        mark = canonical.digest(requests, seed)[:24]
        return batches.prepared(Batch(device.name, packet, mark), self.options)

    def check(self, prepared: Prepared) -> None:
        """Refuse a batch that the device does not take at this moment; three requests.

        Raises:
            RefusedError: A gate, a qubit or a limit.
            NotNowError: The device is paused or in maintenance.
        """
        batch = batches.of(prepared)
        device = self._named(batch.device)
        device.check_open()
        target = device.renewed()
        packets.check(batch.packet, target, device.name)
        device.check_faulty(batch.circuits)
        device.check_delay(self.options.get("execution", {}).get("rep_delay"))

    def left(self) -> float | None:
        """QPU seconds that the instance has left; None where the service does not say."""
        return self._reach.left()

    def posts(self, shelf: Shelf) -> int:
        """How many POSTs a `send` would take now: one more where a session is to be opened.

        Cost: one GET, in a session.
        """
        return 2 if self.session and not sessions.lives(self._reach, shelf) else 1

    def send(
        self, prepared: Prepared, tags: Sequence[str], most: float | None, shelf: Shelf
    ) -> str:
        """Make a job, by one POST that is never repeated; in a session maybe by one more for it.

        Raises:
            RefusedError: No job was made, and asking again as it stands is in vain.
            NotNowError: No job was made; later the same may be taken.
            NoReplyError: Nobody knows whether a job was made.
        """
        batch = batches.of(prepared)
        model = _options.model(self.options, tags, most)
        send = sampling.sender(batch.packet.pubs, model, batch.mark)
        return self.posted(send, batch.device, shelf)

    def posted(self, send: Callable[[Any], str], device: str, shelf: Shelf) -> str:
        """Make a job by what sends it, to a device or in a session; as `send`.

        Args:
            send: From a backend or a session to the id of the job, by one POST.
            device: The name of the device.
            shelf: Where a session is kept.
        """
        mode = backend = self._named(device).backend
        if self.session:
            longest = None if self.session is True else int(self.session)
            mode = sessions.entered(self._reach, backend, longest, shelf)
        try:
            return self._reach.wire.made(lambda: send(mode), Told("sending a job"))
        except RefusedError as error:
            if self.session and not sessions.lives(self._reach, shelf):
                raise NotNowError(f"{error}; its session has ended", SOON) from None
            raise

    def job(self, job: str) -> Job:
        """What is known of a job.

        Raises:
            RefusedError: The account has no such job.
        """
        return jobs.look(self._reach, job)

    def jobs(self, tag: str, since: str) -> list[Job]:
        """All jobs with a tag, the oldest first."""
        return jobs.tagged(self._reach, tag, since)

    def raw(self, job: str, prepared: Prepared) -> str:
        """The result of a job that is done, as text."""
        return jobs.result(self._reach, job)

    def read(self, prepared: Prepared, raw: str) -> list[Result]:
        """The counts of a batch, one a request; reaches nothing.

        Raises:
            UnreadableError: The text is not the result of this batch.
        """
        batch = batches.of(prepared)
        counted = sampling.read(raw, batch.packet.pubs, batch.mark) if batch.packet.pubs else []
        return packets.results_of(batch.packet, counted)

    def cancel(self, job: str) -> None:
        """Take a job back, if it is not final."""
        jobs.cancel(self._reach, job)

    def close(self, shelf: Shelf) -> None:
        """Close the session of a run, if it has one."""
        if self.session:
            sessions.left(self._reach, shelf)

    def _device(self, requests: Sequence[Request], shelf: Shelf) -> Device:
        """That of the run, chosen now where none was."""
        if self.given != ANY:
            return self._named(self.given)
        kept = shelf.get(PLACE)
        if kept:
            return self._named(kept.decode())
        qubits = max((request.circuit.n_qubits for request in requests), default=1)
        name = least_busy(self._reach, qubits)
        shelf.put(PLACE, name.encode())
        return self._named(name)

    def _named(self, name: str) -> Device:
        device = self._known.get("device")
        if device is None or device.name != name:
            device = Device(self._reach, name)
            self._known.update(device=device, name=name)
            self._known.pop("transpiler", None)
        found: Device = device
        return found

    def _transpiler(self, device: Device, anew: bool) -> Transpiler:
        if anew:
            device.renewed()
            self._known.pop("transpiler", None)
        if "transpiler" not in self._known:
            made = Transpiler(device, self.optimization_level, self.seed_transpiler)
            self._known["transpiler"] = made
        found: Transpiler = self._known["transpiler"]
        return found
