"""The service keeps its account, and breaks exactly where it is told to."""

from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlencode

import pytest

from tests.loopback import Fault, World
from tests.loopback.server import BASE, serving
from tests.loopback.world import ACCOUNT, CRN, TOKEN

SECONDS = 2 + 0.00035 * 300


@pytest.fixture(scope="module")
def params():
    """A program of one circuit with three rows of 100 shots."""
    import numpy as np
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit_ibm_runtime.options_models.executor import ExecutorOptions
    from qiskit_ibm_runtime.quantum_program import QuantumProgram
    from qiskit_ibm_runtime.quantum_program.params_converters import (
        QUANTUM_PROGRAM_PARAMS_CONVERTERS,
    )

    circuit = QuantumCircuit(5, 1)
    circuit.rz(Parameter("a"), 1)
    circuit.sx(1)
    circuit.measure(1, 0)
    program = QuantumProgram(shots=100)
    program.append_circuit_item(circuit, circuit_arguments=np.zeros((3, 1)))
    encode = QUANTUM_PROGRAM_PARAMS_CONVERTERS["v2.0"].encoder
    return encode(program, ExecutorOptions()).model_dump(mode="json")


class Client:
    """Requests as they stand, without a client that repeats them."""

    def __init__(self, loopback, params):
        self.loopback, self.world, self.params = loopback, loopback.world, params
        self.token = self.ask(
            "POST", "/identity/token", urlencode({"apikey": TOKEN}), base="", plain=True
        )[1]["access_token"]

    def ask(self, method, path, body=None, base=BASE, plain=False):
        connection = http.client.HTTPConnection("127.0.0.1", self.loopback.port, timeout=20)
        try:
            headers = {} if plain else {"Authorization": f"Bearer {self.token}", "Service-CRN": CRN}
            connection.request(method, base + path, body, headers)
            response = connection.getresponse()
            text = response.read()
            try:
                return response.status, json.loads(text)
            except ValueError:
                return response.status, text.decode()
        finally:
            connection.close()

    def submit(self, **more):
        body = {"program_id": "executor", "params": self.params, "backend": "ibm_manila", **more}
        return self.ask("POST", "/jobs", json.dumps(body))

    def end(self, job):
        for _ in range(3):
            status, told = self.ask("GET", f"/jobs/{job}")
            assert status == 200
        return told


@pytest.fixture
def client(params):
    with serving(World()) as loopback:
        yield Client(loopback, params)


def test_a_job_is_queued_then_done_and_charged_by_the_formula(client):
    status, job = client.submit(tags=["a", "b"])
    assert status == 200
    assert client.ask("GET", f"/jobs/{job['id']}")[1]["state"] == {"status": "Queued"}
    assert client.ask("GET", f"/jobs/{job['id']}/metrics")[1]["usage"]["status"] == "pending"
    assert client.end(job["id"])["status"] == "Completed"
    usage = client.ask("GET", f"/jobs/{job['id']}/metrics")[1]["usage"]
    assert usage == {"status": "complete", "qpu_charge_time_seconds": pytest.approx(SECONDS)}
    assert client.world.charged == pytest.approx(SECONDS)
    result = client.ask("GET", f"/jobs/{job['id']}/results")[1]
    assert result["data"][0]["results"]["c"]["shape"] == [3, 100, 1]
    for tags, found in (("a", 1), ("b", 1), ("c", 0)):
        assert client.ask("GET", f"/jobs?tags=a&tags={tags}")[1]["count"] == found


def test_equal_programs_have_equal_noise(client):
    texts = []
    for _ in range(2):
        job = client.submit()[1]["id"]
        client.end(job)
        texts.append(client.ask("GET", f"/jobs/{job}/results")[1]["data"])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("status", [400, 401, 409, 429, 500, 502, 503, 504])
def test_an_error_comes_before_or_after_a_job_is_made(client, status):
    client.world.break_at(
        Fault("submit", status, nth=2), Fault("submit", status, nth=4, after=True)
    )
    statuses = [client.submit()[0] for _ in range(5)]
    assert statuses == [200, status, 200, status, 200]
    assert len(client.world.jobs) == 4
    assert client.world.posts == 5


def test_connections_are_cut_and_hang(client):
    client.world.break_at(
        Fault("submit", "cut"), Fault("submit", "cut", nth=2, after=True),
        Fault("submit", "half", nth=3), Fault("submit", "hang", nth=4, value=0.2),
    )  # fmt: skip
    for _ in range(4):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            client.submit()
    assert len(client.world.jobs) == 2


def test_bodies_are_spoilt(client):
    job = client.submit()[1]["id"]
    client.end(job)
    whole = client.ask("GET", f"/jobs/{job}/results")[1]
    kinds = ("empty", "no content", "truncated", "html", "corrupt")
    client.world.break_at(*(Fault("results", what, nth=n) for n, what in enumerate(kinds, 1)))
    answers = [client.ask("GET", f"/jobs/{job}/results") for _ in kinds]
    assert [status for status, _ in answers] == [200, 204, 200, 200, 200]
    assert answers[0][1] == answers[1][1] == ""
    assert isinstance(answers[2][1], str)
    assert "<html>" in answers[3][1]
    assert answers[4][1] != whole
    assert client.ask("GET", f"/jobs/{job}/results")[1] == whole


@pytest.mark.parametrize(
    ("what", "state", "charged"),
    [
        ("job failed", {"status": "Failed", "reason_code": 1006}, 0.0),
        ("job cancelled", {"status": "Cancelled"}, 0.0),
        ("job timed out", {"status": "Cancelled", "reason_code": 1305}, SECONDS),
        ("job with an unknown status", {"status": "Cancelled - Ran too long"}, SECONDS),
    ],
)
def test_jobs_end_badly(client, what, state, charged):
    client.world.break_at(Fault("submit", what))
    told = client.end(client.submit()[1]["id"])["state"]
    assert state.items() <= told.items()
    assert client.world.charged == pytest.approx(charged)


@pytest.mark.parametrize(("what", "shape"), [("rows", 2), ("shots", 99), ("bits", 0)])
def test_results_are_short(client, what, shape):
    client.world.break_at(Fault("submit", what))
    job = client.submit()[1]["id"]
    client.end(job)
    data = client.ask("GET", f"/jobs/{job}/results")[1]["data"][0]["results"]["c"]
    assert shape in data["shape"]


def test_a_job_that_costs_more_than_it_may_is_cancelled(client):
    told = client.end(client.submit(cost=1)[1]["id"])
    assert (told["status"], told["state"]["reason_code"]) == ("Cancelled", 1305)
    assert client.world.charged == 1.0


def test_posts_are_counted_and_quotas_end(params):
    with serving(World(posts_per_minute=5, quota=SECONDS)) as loopback:
        client = Client(loopback, params)
        client.end(client.submit()[1]["id"])
        assert client.submit()[0] == 409
        assert client.ask("GET", "/instances/usage")[1]["usage_limit_reached"]
        loopback.world.quota = None
        assert [client.submit()[0] for _ in range(4)] == [200, 200, 200, 429]
        assert loopback.world.most_posts() == 6


def test_lists_lag_and_charges_come_late(params):
    with serving(World(lag=0.3, late=2)) as loopback:
        client = Client(loopback, params)
        job = client.submit(tags=["a"])[1]["id"]
        assert client.ask("GET", "/jobs?tags=a")[1]["count"] == 0
        time.sleep(0.35)
        assert client.ask("GET", "/jobs?tags=a")[1]["count"] == 1
        client.end(job)
        path = f"/jobs/{job}/metrics"
        states = [client.ask("GET", path)[1]["usage"]["status"] for _ in range(3)]
        assert states == ["pending", "pending", "complete"]


def test_devices_change(client):
    world = client.world
    world.break_at(Fault("status", "maintenance"))
    assert client.ask("GET", "/backends/ibm_manila/status")[1]["status"] == "maintenance"
    job = client.submit()[1]["id"]
    assert client.end(job)["status"] == "Queued"
    world.mend()
    world.break_at(
        Fault("status", "no gate", value="sx"), Fault("status", "no qubit", nth=2, value=1)
    )
    client.ask("GET", "/backends/ibm_manila/status")
    gates = client.ask("GET", "/backends/ibm_manila/properties")[1]["gates"]
    assert not any(gate["gate"] == "sx" for gate in gates)
    assert client.end(client.submit()[1]["id"])["state"]["reason_code"] == 1517
    world.mend()
    world.break_at(Fault("status", "no qubit", value=1))
    client.ask("GET", "/backends/ibm_manila/status")
    assert "qubit 1" in client.end(client.submit()[1]["id"])["state"]["reason"]


def test_tokens_expire_and_jobs_are_cancelled(client):
    job = client.submit()[1]["id"]
    assert client.ask("POST", f"/jobs/{job}/cancel")[0] == 204
    assert client.ask("POST", f"/jobs/{job}/cancel")[0] == 409
    client.world.break_at(Fault("job", "expired", nth=1))
    assert client.ask("GET", f"/jobs/{job}")[0] == 401
    assert ACCOUNT not in TOKEN


def test_sessions_open_take_jobs_and_close(client):
    made = client.ask("POST", "/sessions", json.dumps({"backend": "ibm_manila", "max_ttl": 600}))
    session = made[1]["id"]
    assert client.submit(session_id=session)[0] == 200
    client.world.break_at(Fault("submit", "session closed"))
    assert client.submit(session_id=session)[0] == 400
    assert not client.ask("GET", f"/sessions/{session}")[1]["accepting_jobs"]
    client.world.plan = "open"
    assert client.ask("POST", "/sessions", json.dumps({"backend": "ibm_manila"}))[0] == 400
