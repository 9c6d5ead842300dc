"""IonQ's package against a server on 127.0.0.1 that speaks its API."""

import json
import os
import time
import warnings

import numpy as np
import pytest
import qiskit_ionq

from qng.errors import InputError, NoReplyError, NotNowError, RefusedError, UnreadableError
from qng.execute.names import executor
from qng.execute.qiskit.retrieved import Retrieved
from qng.execute.qiskit.vendors import IonQ, vendor_of
from qng.plan.cloud import JobState
from tests.execute.qiskit.test_retrieved import TAGS, Shelf, energies, exact
from tests.loopback_ionq import Fault, Server

TOKEN = "not-a-token-of-anyone"


@pytest.fixture
def server(monkeypatch):
    with Server().running() as running:
        # How many qubits there are is asked of this address, whatever a provider is given.
        monkeypatch.setenv("IONQ_API_URL", running.url)
        yield running


def backend(server, name="simulator"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return qiskit_ionq.IonQProvider(TOKEN, url=server.url).get_backend(name)


def cloud(server) -> Retrieved:
    return Retrieved(backend(server), timeout=10)


def test_a_step_is_one_job_that_bears_the_key(server):
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    device.check(prepared)
    job = device.send(prepared, TAGS, None, shelf)
    assert server.posts() == 1
    assert server.keys() == ["1"]
    assert len(server.jobs[job]["input"]["circuits"]) == prepared.load.rows
    told = device.job(job)
    assert (told.state, told.tags) == (JobState.DONE, TAGS)
    assert told.seconds == pytest.approx(0.01 * prepared.load.rows)
    found = plan.reduce(device.read(prepared, device.raw(job, prepared)))
    np.testing.assert_array_less(np.abs(found.value - exact()), 5 * found.std_error)


def test_the_payload_is_known_beforehand(server):
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    job = device.send(prepared, TAGS, None, shelf)
    assert prepared.load.payload == pytest.approx(len(json.dumps(server.jobs[job])), rel=0.03)


def test_counts_are_drawn_anew_at_every_retrieval_and_the_stored_ones_stay(server):
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    job = device.send(prepared, TAGS, None, shelf)
    stored, other = (device.raw(job, prepared) for _ in range(2))
    assert stored != other
    # Another process, which knows no more than the text.
    later = cloud(server)
    again = later.prepare(plan.requests, 0, shelf)
    one, two = (
        plan.reduce(of.read(batch, stored)) for of, batch in ((device, prepared), (later, again))
    )
    np.testing.assert_array_equal(one.value, two.value)


@pytest.mark.parametrize("status", [502, 503, 504, 520])
@pytest.mark.parametrize("acted", [False, True], ids=["before", "after"])
def test_an_error_of_the_server_is_not_answered_by_a_second_request(server, status, acted):
    server.faults["POST jobs", 1] = Fault(status, acted=acted)
    device, plan, shelf = cloud(server), energies(), Shelf()
    with pytest.raises(NoReplyError, match=rf"^ionq_simulator: .*\(status {status}\)$"):
        device.send(device.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    assert server.posts() == 1
    assert len(server.jobs) == acted


def test_the_package_itself_makes_a_second_job(server):
    """Why it is asked through a copy: this fails when the package has changed."""
    server.faults["POST jobs", 1] = Fault(502, acted=True)
    device, plan, shelf = cloud(server), energies(), Shelf()
    circuits = device.prepare(plan.requests, 0, shelf).packet.pubs[0].circuit
    values = np.zeros(circuits.num_parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backend(server).run([circuits.assign_parameters(values)], shots=10)
    assert server.posts() == len(server.jobs) == 2


def test_the_backend_of_the_user_is_left_as_it_was(server):
    given = backend(server)
    own = vendor_of(given)
    assert isinstance(own, IonQ)
    assert "submit_job" not in vars(given.client)
    assert own.backend is not given


def test_a_package_whose_retries_cannot_be_switched_off_may_repeat_requests(server, monkeypatch):
    single = qiskit_ionq.ionq_client.IonQClient.submit_job.__wrapped__
    monkeypatch.setattr(qiskit_ionq.ionq_client.IonQClient, "submit_job", single)
    assert not vendor_of(backend(server)).once


@pytest.mark.parametrize("acted", [False, True], ids=["before", "after"])
def test_nobody_knows_what_became_of_a_request_that_was_cut(server, acted):
    server.faults["POST jobs", 1] = Fault(0, acted=acted)
    device, plan, shelf = cloud(server), energies(), Shelf()
    with pytest.raises(NoReplyError, match=r"^ionq_simulator: "):
        device.send(device.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    assert server.posts() == 1
    assert len(server.jobs) == acted


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *[(status, RefusedError) for status in (400, 409, 413)],
        *[(status, NotNowError) for status in (401, 402, 403, 429)],
        *[(status, NoReplyError) for status in (408, 500)],
    ],
)
def test_refusals_are_told_from_what_nobody_knows(server, status, error):
    server.faults["POST jobs", 1] = Fault(status)
    device, plan, shelf = cloud(server), energies(), Shelf()
    with pytest.raises(error) as raised:
        device.send(device.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    assert f"(status {status})" in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_network_that_is_gone_has_made_no_job(server):
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    device.vendor.backend.client._url = "http://127.0.0.1:9/v0.4"
    with pytest.raises(NotNowError, match="ionq_simulator cannot be reached, nothing was sent"):
        device.send(prepared, TAGS, None, shelf)


@pytest.mark.parametrize("kind", ["GET job", "GET results"])
@pytest.mark.parametrize(
    "fault",
    [Fault(503), Fault(0), Fault(body=b""), Fault(body=b"<html>"), Fault(body=b"[1]")],
    ids=["503", "cut", "empty", "html", "corrupt"],
)
def test_answers_that_are_broken_are_asked_for_again_by_whoever_asks(server, kind, fault):
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    job = device.send(prepared, TAGS, None, shelf)
    server.faults[kind, 1] = fault
    ask = device.job if kind == "GET job" else lambda job: device.raw(job, prepared)
    began = time.perf_counter()
    with pytest.raises((NoReplyError, UnreadableError), match=r"^ionq_simulator"):
        ask(job)
    assert time.perf_counter() - began < 5
    assert ask(job)


def test_a_job_that_is_not_there_is_said_so(server):
    with pytest.raises(RefusedError, match=r"^ionq_simulator: no such thing \(status 404\)$"):
        cloud(server).job("job-7")


def test_a_job_that_failed_says_why(server):
    server.failing = {1}
    device, plan, shelf = cloud(server), energies(), Shelf()
    job = device.job(device.send(device.prepare(plan.requests, 0, shelf), TAGS, None, shelf))
    assert job.state is JobState.FAILED
    assert job.reason == "CompilationError: a gate was dropped"
    assert not job.again


def test_a_job_that_waits_is_cancelled(server):
    server.looks = 100
    device, plan, shelf = cloud(server), energies(), Shelf()
    job = device.send(device.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    assert device.job(job).state is JobState.WAITING
    device.cancel(job)
    assert device.job(job).state is JobState.CANCELLED


def test_a_backend_without_a_token_is_refused(server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("QISKIT_IONQ_API_TOKEN", "IONQ_API_KEY", "IONQ_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = qiskit_ionq.IonQProvider(url=server.url).get_backend("simulator")
    with pytest.raises(InputError, match=r"ionq_simulator cannot be asked: .*token"):
        executor(given)


def test_the_ideal_simulator_has_no_noise(server):
    assert cloud(server).noise == ""
    noisy = backend(server)
    noisy.options.noise_model = "aria-1"
    assert Retrieved(noisy).noise == "noise of ionq_simulator"
    assert Retrieved(backend(server, "qpu.aria-1")).noise == "noise of ionq_qpu.aria-1"


def test_nobody_else_is_asked(server, monkeypatch):
    import socket

    looked, real = [], socket.getaddrinfo

    def noted(host, *args, **options):
        looked.append(host)
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    device, plan, shelf = cloud(server), energies(), Shelf()
    prepared = device.prepare(plan.requests, 0, shelf)
    device.raw(device.send(prepared, TAGS, None, shelf), prepared)
    assert set(looked) == {"127.0.0.1"}
    assert os.environ["IONQ_API_URL"] == server.url
