"""Backends of Qiskit that find their jobs again, as clouds."""

import json
import time
from dataclasses import dataclass, field

import numpy as np
import pytest
from qiskit.providers import JobStatus
from qiskit_aer import AerSimulator

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, NoReplyError, RefusedError, UnreadableError
from qng.execute.names import executor
from qng.execute.qiskit.retrieved import Retrieved, is_retrievable
from qng.execute.statevector.executor import Statevector
from qng.plan.cloud import Cloud, JobState
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request
from tests.remembering import Remembering

CIRCUIT = hardware_efficient(3, layers=1)
OBSERVABLE = PauliSum({"Z0 Z1": 1.0, "X0 X2": 0.5, "Z2": -0.25})
TAGS = ("qng-run:0", "qng-key:1", "qng-a:1")


@dataclass
class Shelf:
    """What is kept, in memory."""

    items: dict[str, bytes] = field(default_factory=dict)

    def get(self, name):
        return self.items.get(name)

    def put(self, name, data):
        self.items[name] = data

    def put_all(self, items):
        self.items.update(items)


def energies(points: int = 3, shots: int = 6000) -> Plan:
    """Energies at some points, with shots that differ from point to point."""
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, (points, CIRCUIT.n_rotations))
    weights = np.arange(1.0, points + 1)
    asked = Request(CIRCUIT, angles, Expectation(OBSERVABLE), weights=weights)
    return sampled(Plan((asked,), lambda results: results[0]), shots)


def exact(points: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, (points, CIRCUIT.n_rotations))
    (found,) = Statevector(threads=1).run([Request(CIRCUIT, angles, Expectation(OBSERVABLE))], 0)
    return found.value


def test_a_batch_is_one_job_whose_counts_give_the_energies():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    assert isinstance(cloud, Cloud)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    cloud.check(prepared)
    job = cloud.send(prepared, TAGS, None, shelf)
    assert list(backend.sent) == [job]
    assert cloud.job(job).state is JobState.DONE
    found = plan.reduce(cloud.read(prepared, cloud.raw(job, prepared)))
    np.testing.assert_array_less(np.abs(found.value - exact()), 5 * found.std_error)
    assert np.all(found.std_error > 0)


def test_a_backend_that_says_nothing_of_its_gates_gets_the_usual_ones():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    backend._target = None
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    cloud.check(prepared)
    job = cloud.send(prepared, TAGS, None, shelf)
    found = plan.reduce(cloud.read(prepared, cloud.raw(job, prepared)))
    np.testing.assert_array_less(np.abs(found.value - exact()), 5 * found.std_error)


def test_what_is_counted_beforehand_is_what_is_run():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    cloud.send(prepared, TAGS, None, shelf)
    (sent,) = backend.sent.values()
    assert prepared.load.rows == len(sent.circuits)
    assert prepared.load.executions == len(sent.circuits) * sent.shots
    assert prepared.load.depth == max(
        circuit.depth(lambda one: len(one.qubits) > 1) for circuit in sent.circuits
    )
    assert prepared.load.seconds == 0


def test_counts_that_are_drawn_anew_are_read_from_the_text_that_was_stored():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    job = cloud.send(prepared, TAGS, None, shelf)
    first, second = cloud.raw(job, prepared), cloud.raw(job, prepared)
    assert first != second
    once, again = (plan.reduce(cloud.read(prepared, first)) for _ in range(2))
    np.testing.assert_array_equal(once.value, again.value)


def test_readout_is_calibrated_with_the_batch():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend, mitigate=500)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    job = cloud.send(prepared, TAGS, None, shelf)
    counts = cloud.read(prepared, cloud.raw(job, prepared))
    assert all(of_a_point.readout is not None for of in counts for of_a_point in of)


def test_a_lost_reply_leaves_nobody_knowing_and_no_second_job_is_sent():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    backend.lost = {1}
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    with pytest.raises(
        NoReplyError, match=r"remembering: the connection was cut; its package may have"
    ):
        cloud.send(prepared, TAGS, None, shelf)
    assert len(backend.sent) == 1
    assert not cloud.lists
    assert cloud.jobs("qng-key:1", "") == ()


def test_a_request_that_is_not_answered_is_given_up():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend, timeout=0.05)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    backend.run = lambda *args, **options: time.sleep(5)
    began = time.perf_counter()
    with pytest.raises(NoReplyError, match=r"remembering has not answered for 0.05 s"):
        cloud.send(prepared, TAGS, None, shelf)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (JobStatus.INITIALIZING, JobState.WAITING),
        (JobStatus.QUEUED, JobState.WAITING),
        (JobStatus.RUNNING, JobState.RUNNING),
        (JobStatus.ERROR, JobState.FAILED),
        (JobStatus.CANCELLED, JobState.CANCELLED),
        ("DONE", JobState.DONE),
    ],
)
def test_states_are_those_of_qiskit(status, state):
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    job = cloud.send(cloud.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    backend.sent[job].status = status
    assert cloud.job(job).state is state
    assert cloud.job(job).seconds is None


def test_a_state_that_nobody_knows_is_not_taken_for_another():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    job = cloud.send(cloud.prepare(plan.requests, 0, shelf), TAGS, None, shelf)
    backend.sent[job].status = "Cancelled - Ran too long"
    with pytest.raises(NoReplyError, match="says 'Cancelled - Ran too long' of job job-1"):
        cloud.job(job)


def test_jobs_that_wait_are_cancelled_and_others_left():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    waiting, done = (cloud.send(prepared, TAGS, None, shelf) for _ in range(2))
    backend.sent[waiting].status = JobStatus.QUEUED
    cloud.cancel(waiting)
    cloud.cancel(done)
    assert cloud.job(waiting).state is JobState.CANCELLED
    assert cloud.job(done).state is JobState.DONE


def test_a_step_that_does_not_fit_into_one_job_is_refused():
    cloud = Retrieved(Remembering(most=4))
    with pytest.raises(InputError, match=r"a step is \d+ circuits, and remembering takes 4"):
        cloud.prepare(energies().requests, 0, Shelf())


def test_a_budget_of_seconds_is_refused_before_anything_is_sent():
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    with pytest.raises(RefusedError, match="nothing was sent: leave the budget out"):
        cloud.send(cloud.prepare(plan.requests, 0, shelf), TAGS, 100.0, shelf)
    assert not backend.sent


def broken(change):
    """A result after a change to what is told of it."""

    def changed(raw: str) -> str:
        told = json.loads(raw)
        change(told)
        return json.dumps(told)

    return changed


def fewer(told):
    del told["circuits"][-1]


def shorter(told):
    counts = told["circuits"][0]["counts"]
    counts[next(iter(counts))] -= 1


def wider(told):
    told["circuits"][0]["counts"] = {str(1 << 40): sum(told["circuits"][0]["counts"].values())}


def other_bits(told):
    told["circuits"][0]["bits"] += 1


def newer(told):
    told["format"] = 2


def unlike(told):
    told["circuits"][0] = ["00", 5]


def below(told):
    counts = told["circuits"][0]["counts"]
    counts["0"], counts["1"] = sum(counts.values()) + 1, -1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: "", "not what was stored"),
        (lambda raw: raw[:-20], "not what was stored"),
        (lambda raw: "[]", "another form"),
        (broken(newer), "another form"),
        (broken(unlike), "another form"),
        (broken(fewer), r"a result is of \d+ circuits, \d+ were sent"),
        (broken(shorter), r"add up to \d+ shots, \d+ were asked for"),
        (broken(wider), "has outcomes of others"),
        (broken(other_bits), "has outcomes of others"),
        (broken(below), "add up to"),
    ],
)
def test_results_of_another_batch_or_broken_ones_are_not_read(change, words):
    backend, plan, shelf = Remembering(), energies(), Shelf()
    cloud = Retrieved(backend)
    prepared = cloud.prepare(plan.requests, 0, shelf)
    raw = cloud.raw(cloud.send(prepared, TAGS, None, shelf), prepared)
    with pytest.raises(UnreadableError, match=words):
        cloud.read(prepared, change(raw))


def test_only_backends_that_find_their_jobs_again_are_clouds():
    assert is_retrievable(Remembering())
    assert isinstance(executor(Remembering()), Retrieved)
    assert not is_retrievable(AerSimulator())
    with pytest.raises(InputError, match=r"by retrieve_job\(id\), is expected, not AerSimulator"):
        Retrieved(AerSimulator())
    with pytest.raises(InputError, match="optimization_level is 0, 1, 2 or 3, not 7"):
        Retrieved(Remembering(), optimization_level=7)
    with pytest.raises(InputError, match="timeout"):
        Retrieved(Remembering(), timeout=0)
