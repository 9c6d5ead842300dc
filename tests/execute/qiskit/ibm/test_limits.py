"""What the documents allow a job to be."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from qng.errors import InputError
from qng.execute.qiskit.ibm import IBM, limits
from qng.plan.cloud import Load
from tests.execute.qiskit.ibm.journey import prepared

FINE = Load(1, 1, 100, 1, 100, 2.0)


def circuit(*gates):
    made = QuantumCircuit(2, 2)
    for name in gates:
        getattr(made, name)(*((0, 1) if name == "cz" else (0.1, 0) if name == "rz" else (0,)))
    made.measure([0, 1], [0, 1])
    return made


def test_small_jobs_are_within_all_limits():
    limits.check(FINE, [circuit("sx", "rz", "cz", "x")], "ibm_fez")


@pytest.mark.parametrize(
    ("name", "value", "gates", "told"),
    [
        ("TWO_QUBIT_GATES", 1, ("cz", "cz"), "two-qubit gates, one of this batch has 2"),
        ("GATES", {"rz": 1}, ("rz", "rz"), "rz gates"),
        ("CONTROLS", 70, ("sx", "sx", "cz", "x"), "control instructions on a qubit"),
    ],
)
def test_circuits_beyond_a_limit_are_refused(monkeypatch, name, value, gates, told):
    monkeypatch.setattr(limits, name, value)
    with pytest.raises(InputError, match=told):
        limits.check(FINE, [circuit(*gates)], "ibm_fez")
    limits.check(FINE, [circuit(gates[0])], "ibm_fez")


def test_batches_beyond_a_limit_are_refused_before_anything_is_sent(world):
    with pytest.raises(InputError, match="at most 10,000,000 executions, this batch has"):
        prepared(IBM("ibm_manila"), shots=10_000_100)
    assert world.posts == 0
    with pytest.raises(InputError, match="bytes"):
        limits.check(Load(1, 1, 100, 1, 300_000_001, 2.0), [], "ibm_fez")


def test_a_circuit_with_more_qubits_than_the_device_is_refused(world):
    import numpy as np

    import qng
    from qng.plan import lower
    from qng.plan.plan import Plan
    from qng.plan.request import Expectation, Request
    from tests.execute.qiskit.ibm.journey import Shelf

    problem = qng.load("tfim-8")
    start = np.asarray(problem.start)
    asked = Request(
        problem.circuit, problem.circuit.angles(start)[None], Expectation(problem.observable)
    )
    batch = lower.sampled(Plan((asked,), lambda found: found[0]), 1000)
    with pytest.raises(InputError, match="8 qubits"):
        IBM("ibm_manila").prepare(batch.requests, 0, Shelf())
    # The least busy one has enough of them.
    world.known["ibm_fez"].queue = 100
    ibm = IBM("ibm")
    ibm.prepare(batch.requests, 0, Shelf())
    assert ibm.name == "ibm_fez"
