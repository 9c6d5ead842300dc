"""A server on 127.0.0.1 that speaks the part of IonQ's API that qiskit-ionq uses.

    GET  /v0.4/backends/NAME                      how many qubits
    POST /v0.4/jobs                               a job, of one circuit or of many
    GET  /v0.4/jobs/ID                            its state
    GET  /v0.4/jobs/ID/results/probabilities      the exact probabilities of its circuits
    PUT  /v0.4/jobs/ID/status/cancel

`Server(...)` notes every request and keeps an account of the jobs that it made. A fault is told as
what happens to the n-th request of a kind: a status, before or after it was acted upon, a
connection that is cut, or an answer that is late.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Statevector

VERSION = "/v0.4"

# How the API calls Qiskit's gates, where the names differ.
_GATES = {"xx": "rxx", "yy": "ryy", "zz": "rzz", "v": "sx", "vi": "sxdg", "si": "sdg", "ti": "tdg"}


@dataclass(frozen=True)
class Fault:
    """What happens to one request.

    Args:
        status: Of the answer; 0: the connection is cut.
        acted: Whether the request is acted upon before.
        seconds: How late the answer is.
        body: Instead of the right answer of status 200.
        kill: Whether the client is killed, before or after.
    """

    status: int = 200
    acted: bool = False
    seconds: float = 0.0
    body: bytes | None = None
    kill: bool = False


@dataclass
class Server:
    """The service.

    Args:
        looks: How often a job is looked at until it is done.
        faults: By kind of request and its number, from 1: ("POST jobs", 1).

    Attributes:
        requests: Kinds, in their order.
        jobs: What was sent, by the id of the job.
        states: Of the jobs.
        client: The process that asks, where it may be killed.
        failing: Job numbers, from 1, that fail.
    """

    looks: int = 1
    faults: dict[tuple[str, int], Fault] = field(default_factory=dict)
    failing: set[int] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    url: str = ""
    client: int = 0
    _looked: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def posts(self) -> int:
        """Requests that were to make a job."""
        return self.requests.count("POST jobs")

    def keys(self) -> list[str]:
        """Of the batch of every job."""
        return [job["metadata"].get("qng-key", "") for job in self.jobs.values()]

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Answer on a free port."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                service._serve(self)

            do_POST = do_PUT = do_GET

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.daemon_threads = True
        self.url = f"http://127.0.0.1:{http.server_address[1]}{VERSION}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            http.shutdown()
            http.server_close()
            thread.join()

    def _serve(self, http: BaseHTTPRequestHandler) -> None:
        body = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        path = http.path.removeprefix(VERSION).strip("/").split("?")[0].split("/")
        kind = f"{http.command} {_kind(path)}"
        with self._lock:
            self.requests.append(kind)
            fault = self.faults.get((kind, self.requests.count(kind)))
            answer = None
            if fault is None or fault.acted or (fault.status == 200 and not fault.kill):
                answer = self._acted(kind, path, body)
        if fault is not None:
            time.sleep(fault.seconds)
            if fault.kill:
                os.kill(self.client, signal.SIGKILL)
            if fault.status == 0 or fault.kill:
                http.close_connection = True
                return
            if fault.status != 200:
                return _send(http, fault.status, b'{"message": "as it was told to"}')
            if fault.body is not None:
                return _send(http, 200, fault.body)
        if answer is None:
            return _send(http, 404, b'{"statusCode": 404, "message": "no such thing"}')
        _send(http, 200, json.dumps(answer).encode())

    def _acted(self, kind: str, path: list[str], body: bytes) -> Any:
        if kind == "GET backends":
            return {"backend": path[1], "qubits": 11}
        if kind == "POST jobs":
            job = f"job-{len(self.jobs) + 1}"
            self.jobs[job] = json.loads(body)
            self.states[job] = "failed" if len(self.jobs) in self.failing else "ready"
            return {"id": job, "status": "submitted"}
        job = path[1]
        if job not in self.jobs:
            return None
        if kind == "GET results":
            circuits = _circuits(self.jobs[job])
            return {f"{job}-{k}": _probabilities(one) for k, one in enumerate(circuits)}
        if kind == "PUT cancel":
            if self.states[job] in ("ready", "started"):
                self.states[job] = "canceled"
            return {"id": job, "status": self.states[job]}
        return self._told(job)

    def _told(self, job: str) -> dict[str, Any]:
        self._looked[job] += 1
        if self.states[job] == "ready" and self._looked[job] >= self.looks:
            self.states[job] = "completed"
        sent, circuits = self.jobs[job], _circuits(self.jobs[job])
        told = {
            "id": job,
            "type": sent["type"],
            "status": self.states[job],
            "backend": sent["backend"],
            "metadata": sent["metadata"],
            "submitted_at": "2026-01-01T00:00:00Z",
            "stats": {"qubits": sent["input"]["qubits"], "circuits": len(circuits)},
        }
        if self.states[job] == "completed":
            told["child_job_ids"] = [f"{job}-{k}" for k in range(len(circuits))]
            told["execution_duration_ms"] = 10 * len(circuits)
            told["results"] = {"probabilities": {"url": f"{VERSION}/jobs/{job}/results/all"}}
        if self.states[job] == "failed":
            told["failure"] = {"code": "CompilationError", "error": "a gate was dropped"}
        return told


def _kind(path: list[str]) -> str:
    if path[0] == "jobs" and len(path) > 2:
        return "cancel" if path[-1] == "cancel" else "results"
    return "job" if path[0] == "jobs" and len(path) == 2 else path[0]


def _send(http: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    http.send_response(status)
    http.send_header("Content-Type", "application/json")
    http.send_header("Content-Length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)


def _circuits(sent: dict[str, Any]) -> list[list[dict[str, Any]]]:
    given = sent["input"]
    return (
        [one["circuit"] for one in given["circuits"]] if "circuits" in given else [given["circuit"]]
    )


def _probabilities(ops: list[dict[str, Any]]) -> dict[str, float]:
    """Of every outcome of all qubits, as the service writes them: by the number of the state."""
    gates = get_standard_gate_name_mapping()
    places = [[*op.get("controls", []), *op.get("targets", [])] for op in ops]
    circuit = QuantumCircuit(1 + max((q for place in places for q in place), default=0))
    for op, place in zip(ops, places):
        name = _GATES.get(op["gate"], op["gate"])
        angles = [op["rotation"]] if "rotation" in op else []
        if name == "z" and angles:
            name = "p"
        gate = gates[name].base_class(*angles)
        circuit.append(gate.control(len(op["controls"])) if op.get("controls") else gate, place)
    found = Statevector(circuit).probabilities()
    return {str(k): float(p) for k, p in enumerate(found) if p > 1e-12}
