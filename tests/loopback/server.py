"""The REST API, as qiskit-ibm-runtime 0.51 asks for it, on a thread a connection."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import execute, faults
from tests.loopback.clients import owner
from tests.loopback.faults import Fault
from tests.loopback.world import CRN, TOKEN, Job, Refusal, Session, World, stamp

BASE = "/experimental"

# (method, pattern of the path) -> kind of request.
ROUTES = (
    ("POST", r"/identity/token", "token"),
    ("POST", r"/v3/resources/search", "search"),
    ("GET", r"/catalog/(.+)", "catalog"),
    ("GET", BASE + r"/backends", "backends"),
    ("GET", BASE + r"/backends/([^/]+)/configuration", "configuration"),
    ("GET", BASE + r"/backends/([^/]+)/properties", "properties"),
    ("GET", BASE + r"/backends/([^/]+)/status", "status"),
    ("GET", BASE + r"/instances/usage", "usage"),
    ("POST", BASE + r"/jobs", "submit"),
    ("GET", BASE + r"/jobs", "list"),
    ("GET", BASE + r"/jobs/([^/]+)", "job"),
    ("DELETE", BASE + r"/jobs/([^/]+)", "delete"),
    ("GET", BASE + r"/jobs/([^/]+)/results", "results"),
    ("POST", BASE + r"/jobs/([^/]+)/cancel", "cancel"),
    ("GET", BASE + r"/jobs/([^/]+)/logs", "logs"),
    ("PUT", BASE + r"/jobs/([^/]+)/tags", "tags"),
    ("GET", BASE + r"/jobs/([^/]+)/metrics", "metrics"),
    ("POST", BASE + r"/sessions", "session-open"),
    ("GET", BASE + r"/sessions/([^/]+)", "session"),
    ("PATCH", BASE + r"/sessions/([^/]+)", "session-close"),
    ("DELETE", BASE + r"/sessions/([^/]+)/close", "session-cancel"),
)
OPEN = frozenset(("token", "search", "catalog"))


class Loopback:
    """A service on 127.0.0.1.

    Args:
        world: What it knows.
        port: Where; 0 lets the system choose.
    """

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        execute.warm()
        self.world = world or World()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.loopback = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def start(self) -> Loopback:
        """Serve, until `stop`."""
        self._thread.start()
        return self

    def stop(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def environment(self, home: str) -> dict[str, str]:
        """What leads a client here, and nowhere else."""
        base = f"http://127.0.0.1:{self.port}"
        return {
            "QISKIT_IBM_URL": base + BASE,
            "QISKIT_IBM_TOKEN": TOKEN,
            "QISKIT_IBM_INSTANCE": CRN,
            "QISKIT_IBM_CHANNEL": "ibm_quantum_platform",
            "IAM_URL": base,
            "GLOBAL_SEARCH_URL": base,
            "GLOBAL_CATALOG_URL": base + "/catalog",
            "NO_PROXY": "127.0.0.1",
            "USAGE_DATA_OPT_OUT": "True",
            "HOME": home,
        }


@contextmanager
def serving(world: World | None = None) -> Iterator[Loopback]:
    """A service for as long as a block lasts."""
    loopback = Loopback(world).start()
    try:
        yield loopback
    finally:
        loopback.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Cut(Exception):
    """No answer: the connection ends here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Requests are in the world's own log."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _serve(self) -> None:
        world = self.server.loopback.world
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, key = _route(self.command, url.path)
        asked = world.note(kind, self.command, self.path, len(body))
        try:
            status, answer = self._answered(asked, kind, key, parse_qs(url.query), body)
        except _Cut:
            asked.status = "cut"
            # Linger 0: the peer sees a reset, as from a router that died.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        asked.status = status
        self._send(status, answer)

    def _answered(
        self, asked: Any, kind: str, key: str, query: dict[str, list[str]], body: bytes
    ) -> tuple[int, bytes]:
        world = self.server.loopback.world
        for fault in asked.faults:
            if fault.what == faults.DELAY and not fault.after:
                self.server.loopback.closing.wait(float(fault.value or 1))
            elif fault.what == faults.KILL and not fault.after:
                self._kill()
                raise _Cut
            elif fault.what == faults.HANG and not fault.after:
                self._hang(fault)
            elif fault.what == faults.CUT and not fault.after:
                raise _Cut
            elif isinstance(fault.what, int) and not fault.after:
                return _error(fault.what, "told to fail", int(fault.value or 0))
        with world.lock:
            status, answer = self._acted(asked, kind, key, query, body)
        for fault in asked.faults:
            if fault.what == faults.DELAY and fault.after:
                self.server.loopback.closing.wait(float(fault.value or 1))
            elif fault.what == faults.KILL and fault.after:
                self._kill()
                raise _Cut
            elif fault.what == faults.HANG and fault.after:
                self._hang(fault)
            elif fault.what == faults.CUT and fault.after:
                raise _Cut
            elif fault.what == faults.HALF:
                self.wfile.write(_head(status, 2 * len(answer) + 2) + answer)
                raise _Cut
            elif isinstance(fault.what, int) and fault.after:
                return _error(fault.what, "told to fail", int(fault.value or 0))
            elif fault.what in _SPOILT:
                return _SPOILT[str(fault.what)](answer)
        return status, answer

    def _acted(
        self, asked: Any, kind: str, key: str, query: dict[str, list[str]], body: bytes
    ) -> tuple[int, bytes]:
        world = self.server.loopback.world
        worldly = [fault for fault in asked.faults if fault.what in faults.WORLDLY]
        fate = next((fault for fault in worldly if kind == "submit"), None)
        for fault in worldly:
            if not fault.after:
                world.change(fault, key if kind in ("job", "results", "metrics") else "")
        try:
            if kind not in OPEN:
                self._admit()
            status, answer = _ANSWERS[kind](world, key, query, body, fate)
        except Refusal as refusal:
            return _error(refusal.status, refusal.message, refusal.code)
        if kind == "submit":
            asked.job = answer["id"]
        for fault in worldly:
            if fault.after:
                world.change(fault, asked.job or key)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return status, b"" if status == 204 else text.encode()

    def _admit(self) -> None:
        world = self.server.loopback.world
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or world.tokens.get(token, 0) < time.time():
            raise Refusal(401, "The token is not valid, or has expired", 1200)
        if self.headers.get("Service-CRN") != CRN:
            raise Refusal(403, "Not authorized for this instance", 1201)

    def _kill(self) -> None:
        pid = owner(self.client_address[1], self.server.loopback.port)
        if pid is None or pid == os.getpid():
            raise _Cut
        os.kill(pid, signal.SIGKILL)

    def _hang(self, fault: Fault) -> None:
        self.server.loopback.closing.wait(float(fault.value or 3600))
        raise _Cut

    def _send(self, status: int, answer: bytes) -> None:
        try:
            self.wfile.write(_head(status, len(answer)) + answer)
        except OSError:
            self.close_connection = True


def _head(status: int, length: int) -> bytes:
    extra = "Retry-After: 1\r\n" if status == 429 else ""
    size = "" if status == 204 else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{extra}{size}\r\n".encode()


def _error(status: int, message: str, code: int = 0) -> tuple[int, bytes]:
    told = {"errors": [{"code": code, "message": message}], "trace": uuid.uuid4().hex}
    return status, json.dumps(told).encode()


_SPOILT: dict[str, Callable[[bytes], tuple[int, bytes]]] = {
    faults.EMPTY: lambda answer: (200, b""),
    faults.NO_CONTENT: lambda answer: (204, b""),
    faults.TRUNCATED: lambda answer: (200, answer[: len(answer) // 2]),
    faults.HTML: lambda answer: (200, b"<html><body><h1>Sign in</h1></body></html>"),
    faults.CORRUPT: lambda answer: (200, _corrupt(answer)),
}


def _corrupt(answer: bytes) -> bytes:
    """JSON still, but the first long text in it is another, or else a key is missing."""
    found = re.search(rb'"data": ?"([^"]{8})', answer)
    if found:
        return answer[: found.start(1)] + b"!!!!????" + answer[found.end(1) :]
    return re.sub(rb'"(id|status|state|jobs|usage)"', b'"oops"', answer)


def _route(method: str, path: str) -> tuple[str, str]:
    for wanted, pattern, kind in ROUTES:
        found = re.fullmatch(pattern, path) if wanted == method else None
        if found:
            return kind, unquote(found.group(1)) if found.groups() else ""
    return "unknown", path


Answer = tuple[int, Any]


def _unknown(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    raise Refusal(404, f"no such endpoint: {key}")


def _token(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    if parse_qs(body.decode()).get("apikey") != [TOKEN]:
        raise Refusal(400, "Provided API key could not be found.")
    now = int(time.time())
    claims = {"iat": now, "exp": int(now + world.life), "sub": "loopback", "jti": uuid.uuid4().hex}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    token = ".".join([*parts, "c2lnbmF0dXJl"])
    world.tokens[token] = now + world.life
    world.issued.append(token)
    return 200, {
        "access_token": token,
        "refresh_token": "not_supported",
        "token_type": "Bearer",
        "expires_in": int(world.life),
        "expiration": int(now + world.life),
        "scope": "ibm openid",
    }


def _search(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    return 200, {
        "items": [
            {
                "crn": CRN,
                "name": "loopback",
                "service_plan_unique_id": "loopback-plan",
                "tags": [],
                "doc": {"extensions": {"backends": list(world.known)}},
            }
        ]
    }


def _catalog(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    kind = "free" if world.plan == "open" else "paid"
    return 200, {
        "overview_ui": {"en": {"display_name": world.plan.capitalize()}},
        "metadata": {"pricing": {"type": kind}},
    }


def _backends(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    return 200, {"devices": [device.listed() for device in world.known.values()]}


def _usage(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    told: dict[str, Any] = {
        "instance_id": CRN,
        "plan_id": "loopback-plan",
        "usage_consumed_seconds": world.charged,
        "usage_limit_reached": world.quota is not None and world.charged >= world.quota,
    }
    if world.quota is not None:
        told |= {"usage_allocation_seconds": world.quota, "usage_limit_seconds": world.quota}
    return 200, told


def _submit(world: World, key: str, query: Any, body: bytes, fate: Fault | None) -> Answer:
    job = world.submit(json.loads(body), len(body), fate)
    return 200, {"id": job.id, "backend": job.device}


def _list(world: World, key: str, query: dict[str, list[str]], body: bytes, fate: Any) -> Answer:
    found = world.list(query)
    limit = int(query.get("limit", ["200"])[0])
    offset = int(query.get("offset", ["0"])[0])
    return 200, {
        "jobs": [_told(world, job) for job in found[offset : offset + limit]],
        "count": len(found),
        "limit": limit,
        "offset": offset,
    }


def _job(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    return 200, _told(world, world.look(key))


def _results(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    job = world.job(key)
    if job.status == "Completed":
        return 200, job.text
    if job.final:
        return 200, f"Traceback (most recent call last):\n{job.reason}"
    return 204, ""


def _metrics(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    job, known = world.charge(key)
    times = {"created": stamp(job.created)}
    if job.final:
        times |= {"running": stamp(job.created), "finished": stamp(job.created + job.seconds)}
    usage = {
        "qpu_charge_time_seconds": job.charged if known else 0,
        "status": "complete" if known else "pending",
    }
    return 200, {"timestamps": times, "usage": usage}


def _cancel(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    world.cancel(key)
    return 204, ""


def _delete(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    raise Refusal(403, "jobs are never deleted here")


def _tags(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    world.job(key).tags = list(json.loads(body)["tags"])
    return 204, ""


def _session_open(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    return 200, _shown(world.open_session(json.loads(body)))


def _session_close(world: World, key: str, query: Any, body: bytes, fate: Any) -> Answer:
    world.close_session(key)
    return 204, ""


def _told(world: World, job: Job) -> dict[str, Any]:
    state: dict[str, Any] = {"status": job.status}
    if job.reason and job.final:
        state |= {"reason": job.reason}
    if job.code is not None:
        state |= {"reason_code": job.code}
    return {
        "id": job.id,
        "backend": job.device,
        "state": state,
        "status": job.status,
        "program": {"id": "executor"},
        "created": stamp(job.created),
        "tags": job.tags,
        "session_id": job.session,
        "cost": job.cost,
        "private": False,
        "runtime": "",
        "estimated_running_time_seconds": job.seconds,
        "estimated_max_running_time_seconds": job.seconds,
    }


def _shown(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "backend_name": session.device,
        "state": session.state,
        "accepting_jobs": session.accepting,
        "mode": session.mode,
        "interactive_ttl": 60,
        "max_ttl": session.longest,
        "active_ttl": session.longest,
        "elapsed_time": session.last - session.opened,
        "timestamps": [],
    }


_ANSWERS: dict[str, Callable[[World, str, Any, bytes, Any], Answer]] = {
    "unknown": _unknown,
    "token": _token,
    "search": _search,
    "catalog": _catalog,
    "backends": _backends,
    "configuration": lambda world, key, *_: (200, world.device(key).configuration()),
    "properties": lambda world, key, *_: (200, world.device(key).properties()),
    "status": lambda world, key, *_: (200, world.device(key).state()),
    "usage": _usage,
    "submit": _submit,
    "list": _list,
    "job": _job,
    "results": _results,
    "metrics": _metrics,
    "cancel": _cancel,
    "delete": _delete,
    "logs": lambda world, key, *_: (200, ""),
    "tags": _tags,
    "session-open": _session_open,
    "session": lambda world, key, *_: (200, _shown(world.session(key))),
    "session-close": _session_close,
    "session-cancel": _session_close,
}
