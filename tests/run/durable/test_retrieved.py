"""Runs on backends of Qiskit that find their jobs again: kept in a ledger, cut and gone on with."""

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.execute.qiskit.retrieved import Retrieved
from qng.optimize.method import State
from qng.run.durable.archive import agree
from qng.run.durable.keeping import Keeping
from qng.run.durable.looking import verify
from qng.run.durable.patience import Patience
from qng.run.durable.resume import Given
from qng.run.durable.terms import Terms
from qng.run.durable.waiting import Waiting
from qng.run.ledger import BatchState, Ledger
from qng.run.results import Run
from tests.loopback_ionq import Fault, Server
from tests.remembering import Remembering

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning")

STEPS = 2
JOBS = STEPS + 1
TERMS = Terms(poll=0.01, grace=0.05, posts_per_minute=1000)


def keeping(path: Path) -> Keeping:
    return Keeping(path, Patience(TERMS))


def run(path: Path, backend) -> Run:
    return qng.minimize(
        "textbook-2", executor=backend, shots=2000, steps=STEPS, seed=3, ledger=keeping(path)
    )


def resumed(path: Path, backend, **options) -> Run:
    return qng.resume(ledger=keeping(path), executor=backend, **options)


def states(path: Path) -> list[BatchState]:
    with Ledger.reading(path) as book:
        return [row.state for row in book.entry().batch_rows()]


def used(path: Path) -> list[str]:
    """The jobs that batches are reduced from."""
    with Ledger.reading(path) as book:
        return [row.id for row in book.entry().jobs() if row.role == "used"]


def test_a_step_is_one_job(tmp_path):
    backend = Remembering()
    done = run(tmp_path / "L", backend)
    assert len(backend.sent) == JOBS
    assert backend.retrieved == JOBS
    assert used(tmp_path / "L") == list(backend.sent)
    assert states(tmp_path / "L") == [BatchState.CONSUMED] * JOBS
    assert done.success
    places = {
        tuple(circuit.find_bit(one.qubits[0]).index for one in circuit.data if one.clbits)
        for sent in backend.sent.values()
        for circuit in sent.circuits
    }
    assert len({q for of_one in places for q in of_one}) == 2


def test_a_run_that_goes_on_reads_what_was_stored(tmp_path):
    backend = Remembering()
    first = run(tmp_path / "L", backend)
    again = resumed(tmp_path / "L", backend)
    assert len(backend.sent) == backend.retrieved == JOBS
    np.testing.assert_array_equal(again.x, first.x)
    assert again.fun == first.fun


def test_such_a_backend_always_has_a_ledger(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    backend = Retrieved(Remembering())
    qng.minimize("textbook-2", "gd", executor=backend, shots=200, steps=0)
    (summary,) = qng.runs()
    assert (summary.executor, summary.jobs) == ("remembering", 1)
    assert Path("qng-runs.db").exists()


def test_a_single_question_is_answered_without_a_ledger(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    backend = Remembering()
    found = qng.gradient(qng.load("textbook-2"), [0.1] * 4, executor=backend, shots=4000)
    assert np.all(np.isfinite(found.std_error))
    assert len(backend.sent) == 1
    assert not list(tmp_path.iterdir())


class TestLostReply:
    """Nobody knows whether there is a job, and the user decides."""

    def cut(self, path: Path) -> Remembering:
        backend = Remembering()
        backend.lost = {2}
        lost = run(path, backend)
        assert lost.failed
        assert "nobody knows whether batch 1 has a job" in lost.message
        (summary,) = qng.runs(path)
        call = f'qng.resume("{summary.run[:8]}", ledger="{path}", executor=..., '
        assert f"{call}adopt=JOB) uses it, and {call}resend=True) sends" in lost.message
        assert len(backend.sent) == 2
        assert states(path) == [BatchState.CONSUMED, BatchState.UNKNOWN]
        return backend

    def test_nothing_is_sent_until_the_user_has_decided(self, tmp_path):
        backend = self.cut(tmp_path / "L")
        again = resumed(tmp_path / "L", backend)
        assert again.failed
        assert "nobody knows whether batch 1 has a job" in again.message
        assert len(backend.sent) == 2

    def test_the_job_is_adopted(self, tmp_path):
        backend = self.cut(tmp_path / "L")
        done = resumed(tmp_path / "L", backend, adopt="job-2")
        assert done.success
        assert used(tmp_path / "L") == list(backend.sent)
        assert len(backend.sent) == JOBS

    def test_the_batch_is_sent_once_more(self, tmp_path):
        backend = self.cut(tmp_path / "L")
        done = resumed(tmp_path / "L", backend, resend=True)
        assert done.success
        assert used(tmp_path / "L") == ["job-1", "job-3", "job-4"]

    def test_a_job_that_is_known_is_not_adopted(self, tmp_path):
        backend = self.cut(tmp_path / "L")
        with pytest.raises(InputError, match="job-1 is known already as one of batch 0"):
            resumed(tmp_path / "L", backend, adopt="job-1")


def test_a_budget_of_seconds_sends_nothing(tmp_path):
    backend = Remembering()
    with pytest.raises(Waiting, match=r"leave the budget out \(max_seconds\)"):
        qng.minimize(
            "textbook-2",
            executor=backend,
            shots=2000,
            steps=STEPS,
            ledger=keeping(tmp_path / "L"),
            max_seconds=100.0,
        )
    assert not backend.sent


# --- qiskit-ionq ---------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch):
    with Server().running() as running:
        monkeypatch.setenv("IONQ_API_URL", running.url)
        yield running


def ionq(server):
    import qiskit_ionq

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return qiskit_ionq.IonQProvider("none", url=server.url).get_backend("simulator")


SCRIPT = """
import sys, warnings
from pathlib import Path
import qiskit_ionq
from tests.run.durable.test_retrieved import resumed, run
warnings.simplefilter("ignore")
path = Path(sys.argv[1])
backend = qiskit_ionq.IonQProvider("none", url=sys.argv[2]).get_backend("simulator")
resumed(path, backend) if path.exists() else run(path, backend)
"""


def in_another_process(server, path: Path) -> int:
    """Run, or go on, and say how the process ended."""
    command = [sys.executable, "-c", SCRIPT, str(path), server.url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as process:
        server.client = process.pid
        return process.wait(timeout=120)


def test_a_run_on_ionq_is_one_job_a_step(server, tmp_path):
    done = run(tmp_path / "L", ionq(server))
    assert done.success
    assert server.posts() == len(server.jobs) == JOBS
    assert used(tmp_path / "L") == list(server.jobs)
    assert len(set(server.keys())) == JOBS
    # The service says what a job took, which is booked.
    (summary,) = qng.runs(tmp_path / "L")
    circuits = [len(job["input"]["circuits"]) for job in server.jobs.values()]
    assert summary.booked == pytest.approx(0.01 * sum(circuits))


def test_an_error_of_ionq_after_the_job_was_made_leaves_one_job(server, tmp_path):
    server.faults["POST jobs", 2] = Fault(502, acted=True)
    lost = run(tmp_path / "L", ionq(server))
    assert "nobody knows whether batch 1 has a job" in lost.message
    assert server.posts() == len(server.jobs) == 2
    done = resumed(tmp_path / "L", ionq(server), adopt="job-2")
    assert done.success
    assert server.posts() == len(server.jobs) == JOBS
    assert used(tmp_path / "L") == list(server.jobs)


def test_a_run_on_ionq_that_is_killed_goes_on(server, tmp_path):
    path = tmp_path / "L"
    server.faults["GET results", 2] = Fault(kill=True, acted=True)
    assert in_another_process(server, path) == -signal.SIGKILL
    assert len(server.jobs) == 2
    server.faults["POST jobs", 3] = Fault(kill=True, acted=True)
    assert in_another_process(server, path) == -signal.SIGKILL
    assert len(server.jobs) == JOBS
    done = resumed(path, ionq(server), adopt="job-3")
    assert done.success
    assert server.posts() == len(server.jobs) == JOBS
    assert used(path) == list(server.jobs)
    assert states(path) == [BatchState.CONSUMED] * JOBS
    # What was drawn once is what counts: the run follows from it, and nobody is asked.
    number = len(server.requests)
    verdict = verify(ledger=path, given=Given(ionq(server)))
    assert verdict.holds
    assert (verdict.batches, verdict.steps) == (JOBS, STEPS)
    assert set(server.requests[number:]) <= {"GET backends"}


def test_a_job_with_the_key_of_another_batch_is_not_adopted(server, tmp_path):
    run(tmp_path / "other", ionq(server))
    server.faults["POST jobs", JOBS + 2] = Fault(502, acted=True)
    run(tmp_path / "L", ionq(server))
    with pytest.raises(InputError, match="job-2 is not one of batch 1: it bears another key"):
        resumed(tmp_path / "L", ionq(server), adopt="job-2")
    assert resumed(tmp_path / "L", ionq(server), adopt=f"job-{JOBS + 2}").success


def test_answers_of_ionq_that_break_are_asked_for_again(server, tmp_path):
    server.faults = {
        ("GET job", 1): Fault(503),
        ("GET job", 3): Fault(0),
        ("GET results", 1): Fault(body=b"<html>"),
        ("GET results", 3): Fault(body=b"{}"),
        ("POST jobs", 3): Fault(429),
    }
    done = run(tmp_path / "L", ionq(server))
    if done.failed:  # too many requests: nothing was made
        assert "try again later" in done.message
        done = resumed(tmp_path / "L", ionq(server))
    assert done.success
    assert len(server.jobs) == JOBS
    assert used(tmp_path / "L") == list(server.jobs)


def test_the_token_is_nowhere(server, tmp_path):
    import qiskit_ionq

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backend = qiskit_ionq.IonQProvider("sesame-4711", url=server.url).get_backend("simulator")
    server.faults["POST jobs", 2] = Fault(401)
    lost = run(tmp_path / "L", backend)
    assert "is the token valid" in lost.message
    assert "sesame" not in lost.message
    for file in tmp_path.iterdir():
        assert b"sesame" not in file.read_bytes()
    assert os.environ["IONQ_API_URL"] == server.url


def test_states_agree_to_rounding() -> None:
    state = State(np.array([0.3, 2e-9]), 1, np.array([1e-3, -2.0]), energy=-1.1)
    moved = {"theta": state.theta + 1e-13, "energy": state.energy * (1 + 1e-12)}
    assert agree(state, state.but(**moved))
    for other in ({"theta": state.theta + 1e-6}, {"energy": -1.1001}, {"step": 2}):
        assert not agree(state, state.but(**other))
