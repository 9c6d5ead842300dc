"""Local devices of Qiskit as clouds: hardware without an account."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator

import qng
from qng.errors import RefusedError, SurrogateWarning, UnreadableError
from qng.execute.names import executor
from qng.execute.qiskit.primitives import Primitives
from qng.execute.qiskit.rehearsal import Rehearsal
from qng.plan.cloud import Cloud, JobState
from qng.plan.deal import Dealing
from tests.execute.qiskit.test_primitives import Recorder, line
from tests.execute.shelves import Memory, first_step

TAGS = ("qng-run:0", "qng-key:abc", "qng-a:1")


def ready(device, shelf=None, problem="textbook-2"):
    cloud = device.rehearsed()
    requests = first_step(problem, device, 4000)
    return cloud, cloud.prepare(requests, 7, Memory() if shelf is None else shelf)


def test_it_is_a_cloud():
    cloud, prepared = ready(executor("generic:5", mitigate=40))
    assert isinstance(cloud, Cloud)
    assert (cloud.name, cloud.noise) == ("generic:5", "noise model of generic_backend_5q")
    assert (cloud.lists, cloud.local, cloud.left()) == (False, True, None)
    assert cloud.dealing == Dealing(uniform=True)
    assert prepared.load.executions == prepared.packet.executions
    cloud.check(prepared)
    job = cloud.send(prepared, TAGS, None, Memory())
    assert job == "here-abc"
    assert cloud.send(prepared, ("qng-key:abc", "qng-a:2"), None, Memory()) == job
    assert (cloud.job(job).state, cloud.job(job).seconds) == (JobState.DONE, 0.0)
    assert cloud.jobs("qng-run:0", "") == ()
    with pytest.raises(RefusedError, match="runs here and has no job d1x"):
        cloud.job("d1x")
    cloud.cancel(job)
    cloud.close(Memory())


def test_results_are_drawn_from_the_seed_alone():
    shelf = Memory()
    cloud, prepared = ready(executor("generic:5", mitigate=40), shelf)
    text = cloud.raw("here-abc", prepared)
    assert text == cloud.raw("here-abc", prepared)
    again, same = ready(executor("generic:5", mitigate=40, threads=1), shelf)
    assert again.raw("here-abc", same) == text
    other = cloud.prepare(prepared.requests, 8, shelf)
    assert cloud.raw("here-abc", other) != text
    for request, of_points in zip(prepared.requests, cloud.read(prepared, text)):
        assert [counts.shots for counts in of_points] == request.shots.tolist()
        assert all(counts.readout is not None for counts in of_points)
    with pytest.raises(UnreadableError, match="not what was stored"):
        cloud.read(prepared, text[:-5])


def test_how_it_is_made_again():
    made = executor("generic:5", optimization_level=1, mitigate=3, most_threads=1)
    settings = made.rehearsed().settings
    assert json.loads(json.dumps(settings)) == {
        "name": "generic:5",
        "optimization_level": 1,
        "mitigate": 3,
    }
    again = executor(**settings)
    assert (again.mitigate, again.transpiler.optimization_level) == (3, 1)
    assert Primitives(AerSimulator()).rehearsed().settings == {}
    assert executor("generic:5", backend=line(5)).rehearsed().settings == {}


def test_only_what_runs_here_is_rehearsed():
    assert isinstance(Primitives(StatevectorSampler()).rehearsed(), Rehearsal)
    assert Primitives(Recorder()).rehearsed() is None


def test_failures_of_a_simulator_are_told():
    cloud, prepared = ready(Primitives(AerSimulator(method="stabilizer")))
    with pytest.raises(RefusedError, match=r"failed: .* what is done is kept"):
        cloud.raw("here-abc", prepared)


@pytest.mark.parametrize(
    ("coupling", "metric"),
    [(CouplingMap.from_line(6), "overlaps"), (CouplingMap.from_ring(7), "blocks")],
)
def test_without_noise_a_run_is_that_of_the_state(coupling, metric, tmp_path):
    """Routed, repeated, kept and read: energies and metrics are those of the statevector."""
    whole = GenericBackendV2(
        coupling.size(), ["rz", "sx", "x", "cz"], coupling_map=coupling, noise_info=False, seed=0
    )
    device = Primitives(AerSimulator.from_backend(whole, noise_model=None), noise="")
    cloud, problem = device.rehearsed(), qng.load("h2")
    energies = []
    for seed in range(8):
        run = qng.minimize(
            problem,
            metric=metric,
            executor=device,
            shots=60_000,
            steps=1,
            seed=seed,
            ledger=tmp_path / "runs.db",
        )
        for row in (run.trace.rows[0], run.trace.rows[-1]):
            exact = qng.energy(problem, row.theta).value
            energies.append((row.energy - exact) / row.std_error)
    assert np.abs(energies).max() < 4
    assert np.sqrt(np.mean(np.square(energies))) < 1.7
    assert cloud.noise == ""


RUN = """
import sys, qng
asked = {"executor": "generic:5", "shots": 2000, "steps": 3, "seed": 4}
run = qng.minimize("textbook-2", ledger=sys.argv[1], **asked)
print([row.energy.hex() for row in run.trace.rows])
"""
KILLED = """
import os, signal
from qng.execute.qiskit.primitives import Primitives
counted, calls = Primitives.counted, []
def killing(self, packet):
    calls.append(packet)
    found = counted(self, packet)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
Primitives.counted = killing
"""


def test_a_run_that_was_killed_while_it_simulated_goes_on_as_if_it_had_not_been(tmp_path):
    def ran(code, path):
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(path)],
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    whole = ran(RUN, tmp_path / "whole.db")
    assert whole.returncode == 0, whole.stderr
    killed = ran(KILLED + RUN, tmp_path / "killed.db")
    assert killed.returncode == -9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurrogateWarning)
        run = qng.resume(ledger=tmp_path / "killed.db")
    assert str([row.energy.hex() for row in run.trace.rows]) == whole.stdout.strip()
