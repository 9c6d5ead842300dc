"""A device of IBM as it is now: what it can do, whether it takes jobs, and which is least busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qng.errors import InputError, NotNowError, RefusedError
from qng.execute.qiskit.ibm.account import Reach
from qng.execute.qiskit.ibm.errors import Told, tidy


@dataclass(eq=False)
class Device:
    """A device by its name, reached when something of it is first needed.

    Args:
        reach: The account.
        name: Its own.

    Attributes:
        calibrated: When it was calibrated, ISO 8601 in UTC, as far as that has been looked at.
    """

    reach: Reach = field(repr=False)
    name: str
    calibrated: str = ""

    @property
    def backend(self) -> Any:
        """Qiskit's, with the target and properties that were last looked at."""
        return self.reach.backend(self.name)

    @property
    def target(self) -> Target:
        """What it can do, as it was when it was first looked at, or last `renewed`."""
        backend = self.backend
        told = Told(f"asking what {self.name} can do")
        found: Target = self.reach.wire.ask(lambda: backend.target, told)
        self._dated(backend)
        return found

    def renewed(self) -> Target:
        """What it can do now.

        Raises:
            ServiceError: It cannot be told.
        """
        backend = self.backend
        told = Told(f"asking for the calibration of {self.name}")

        def renew() -> Target:
            backend.refresh()
            found: Target = backend.target
            return found

        found = self.reach.wire.ask(renew, told)
        self._dated(backend)
        return found

    def check_open(self) -> None:
        """Refuse a device that takes no jobs, or takes them and runs none.

        Raises:
            NotNowError: It is paused or in maintenance.
        """
        backend = self.backend
        status = self.reach.wire.ask(backend.status, Told(f"asking for the state of {self.name}"))
        if status.operational and str(status.status_msg).lower() == "active":
            return
        state = tidy(status.status_msg or "no state", 60) if status.operational else "offline"
        raise NotNowError(
            f"{self.name} is in the state {state!r}, not active: wait until it is back, or start a "
            "run on another backend"
        )

    def check_faulty(self, circuits: Sequence[QuantumCircuit]) -> None:
        """Refuse circuits on qubits or gates that are out of order.

        Args:
            circuits: On physical qubits.

        Raises:
            RefusedError: One of them; circuits made anew would do.
        """
        for circuit in circuits:
            try:
                self.backend.check_faulty(circuit)
            except ValueError as error:
                raise RefusedError(
                    f"a circuit uses what is out of order on {self.name} now ({tidy(error, 120)})",
                    retranspile=True,
                ) from error

    def check_delay(self, seconds: float | None) -> None:
        """Refuse a pause between executions that the device does not make.

        Args:
            seconds: `rep_delay` of the sampler; None: the device's own.

        Raises:
            RefusedError: It is outside of the device's range.
        """
        if seconds is None:
            return
        configuration = self.backend.configuration()
        if not getattr(configuration, "dynamic_reprate_enabled", False):
            raise RefusedError(f"{self.name} takes no rep_delay: leave it out of the options")
        least, most = getattr(configuration, "rep_delay_range", (0.0, float("inf")))
        if not least <= seconds <= most:
            raise RefusedError(
                f"{self.name} takes a rep_delay of {least:g} to {most:g} s, not {seconds:g}: start "
                "a run with another one"
            )

    def _dated(self, backend: Any) -> None:
        properties = backend.properties()
        date = getattr(properties, "last_update_date", None)
        if date is not None:
            self.calibrated = date.astimezone(UTC).isoformat(timespec="seconds")


def least_busy(reach: Reach, qubits: int) -> str:
    """The name of the device with the fewest jobs before ours.

    Args:
        reach: The account.
        qubits: That it has at least.

    Raises:
        InputError: None is so large.
        NotNowError: Those that are large enough are paused or in maintenance.
    """
    real = [one for one in reach.devices() if one.get("class") != "mock"]
    large = [one for one in real if _number(one, "qubits") >= qubits]
    if not large:
        most = max((_number(one, "qubits") for one in real), default=0)
        raise InputError(
            f"the circuits have {qubits} qubits, the largest backend of the account has {most}: "
            "choose a smaller problem or another account"
        )
    for one in sorted(large, key=lambda one: (_number(one, "queue_length"), str(one["name"]))):
        name = str(one["name"])
        if _word(one) != "online":
            continue
        try:
            Device(reach, name).check_open()
        except NotNowError:
            continue
        return name
    names = ", ".join(sorted(str(one["name"]) for one in large))
    raise NotNowError(f"no backend with {qubits} qubits takes jobs now ({names})")


def _number(device: Mapping[str, Any], name: str) -> int:
    found = device.get(name, 0)
    return int(found) if isinstance(found, (int, float)) else 0


def _word(device: Mapping[str, Any]) -> str:
    status = device.get("status")
    return str(status.get("name", "") if isinstance(status, Mapping) else status or "online")
