"""Fake devices under real names, and what becomes of their calibrations."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _kind(name: str) -> Any:
    """The class of a fake device in the client's own package."""
    import qiskit_ibm_runtime.fake_provider as provider

    title = f"Fake{name.capitalize()}"
    return getattr(provider, f"{title}V2", None) or getattr(provider, title)


@cache
def fake(name: str) -> Any:
    """The fake device `fake_<name>`."""
    return _kind(name)()


@cache
def _files(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    device = _kind(name)
    folder = Path(device.dirname)
    return (
        json.loads((folder / device.conf_filename).read_text()),
        json.loads((folder / device.props_filename).read_text()),
    )


@dataclass
class Device:
    """One device as it is at this moment.

    Args:
        name: As users call it, `ibm_manila`.
        queue: Jobs that wait there, of other people.
        status: "active", "maintenance" or "internal"; "paused" is written by the service as a state
            that is not operational.
        operational: Whether it takes jobs.
        lost_gates: Names of gates that are no longer calibrated, or `(name, qubits)`.
        lost_qubits: That do not work.
        calibrated: When, ISO 8601; "" as in the file.
    """

    name: str
    queue: int = 0
    status: str = "active"
    operational: bool = True
    lost_gates: list[str] = field(default_factory=list)
    lost_qubits: list[int] = field(default_factory=list)
    calibrated: str = ""

    @property
    def short(self) -> str:
        return self.name.removeprefix("ibm_")

    @property
    def qubits(self) -> int:
        return int(_files(self.short)[0]["n_qubits"])

    def configuration(self) -> dict[str, Any]:
        conf = copy.deepcopy(_files(self.short)[0])
        conf["backend_name"] = self.name
        conf.setdefault("online_date", "2021-04-28T04:00:00+00:00")
        for gate in self.lost_gates:
            conf["basis_gates"] = [name for name in conf["basis_gates"] if name != gate]
            conf["gates"] = [entry for entry in conf["gates"] if entry["name"] != gate]
        return conf

    def properties(self) -> dict[str, Any]:
        props = copy.deepcopy(_files(self.short)[1])
        props["backend_name"] = self.name
        if self.calibrated:
            props["last_update_date"] = self.calibrated
        props["gates"] = [gate for gate in props["gates"] if gate["gate"] not in self.lost_gates]
        for qubit in self.lost_qubits:
            props["qubits"][qubit].append(
                {"date": props["last_update_date"], "name": "operational", "unit": "", "value": 0}
            )
        return props

    def listed(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "status": {"name": "online" if self.operational else "paused"},
            "queue_length": self.queue,
            "qubits": self.qubits,
            "physical_qubits": self.qubits,
        }

    def state(self) -> dict[str, Any]:
        return {
            "state": self.operational,
            "status": self.status,
            "length_queue": self.queue,
            "backend_version": "1.0.0",
        }

    def refuses(self, gates: set[tuple[str, tuple[int, ...]]]) -> str:
        """Why a circuit with these gates does not run here; "" if it does."""
        conf = self.configuration()
        pairs = {tuple(pair) for pair in conf["coupling_map"] or ()}
        known = {*conf["basis_gates"], "measure", "barrier", "delay", "reset"}
        for name, qubits in sorted(gates):
            if name not in known:
                return f"the instruction {name} on qubits {qubits} is not supported"
            if len(qubits) == 2 and name != "barrier" and qubits not in pairs:
                return f"the instruction {name} on qubits {qubits} is not supported"
            if name != "barrier" and (bad := set(qubits) & set(self.lost_qubits)):
                return f"the instruction {name} operates on the faulty qubit {min(bad)}"
        return ""
