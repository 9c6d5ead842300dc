"""A real client runs against the service, led by its environment alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.loopback import Fault, Loopback
from tests.loopback.server import serving

CLIENT = """
import json, sys
from tests.loopback.guard import stay_here
stay_here()
import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit_ibm_runtime import QiskitRuntimeService
from qiskit_ibm_runtime.executor_sampler import Sampler

backend = QiskitRuntimeService().backend("ibm_manila")
circuit, angle = QuantumCircuit(2), Parameter("a")
circuit.ry(angle, 0)
circuit.cx(0, 1)
circuit.measure_all()
circuit = transpile(circuit, backend, seed_transpiler=1)
told = []
for twirled in (False, False, True):
    sampler = Sampler(mode=backend, options={"twirling": {"enable_gates": twirled}})
    sampler.options.environment.job_tags = ["one", "two"]
    job = sampler.run([(circuit, np.linspace(0, 3, 4)[:, None])], shots=1000)
    counts = [job.result()[0].data.meas.get_counts(row) for row in range(4)]
    told.append([job.job_id(), job.usage(), counts])
listed = [job.job_id() for job in backend.service.jobs(job_tags=["one"])]
print(json.dumps([told, listed]))
"""


@pytest.fixture(scope="module")
def loopback():
    with serving() as service:
        yield service


def client(service: Loopback, home: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | service.environment(home) | {"PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, "-c", CLIENT], env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_client_led_by_its_environment_runs_jobs_here_and_looks_up_no_other_host(
    loopback, tmp_path
):
    done = client(loopback, str(tmp_path))
    assert done.returncode == 0, done.stderr
    told, listed = json.loads(done.stdout)
    world = loopback.world
    assert [job.id for job in world.jobs] == [job for job, _, _ in told] == listed[::-1]
    assert [seconds for _, seconds, _ in told] == [job.charged for job in world.jobs]
    # Twirled rows have a multiple of 64 shots in 32 or fewer randomizations.
    assert [job.program.executions for job in world.jobs] == [4000, 4000, 4096]
    assert told[0][2] == told[1][2] != told[2][2]


def test_a_client_is_killed_before_or_after_the_service_acts(loopback, tmp_path):
    for after in (False, True):
        before = len(loopback.world.jobs)
        loopback.world.break_at(Fault("submit", "kill", after=after))
        assert client(loopback, str(tmp_path)).returncode == -9
        assert len(loopback.world.jobs) - before == after
    loopback.world.mend()
