"""Devices of Qiskit and PennyLane as executors, at every door; wrong objects are one line.

Values are <Z> of RX(t) and <X> + <Z> of one qubit in closed form. With 4,000 shots a value is held
to 6 standard errors: a false alarm is below 1e-8.
"""

import threading
import warnings

import numpy as np
import pennylane as qml
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_aer.primitives import SamplerV2 as AerSampler

import qng
from qng.errors import InputError
from qng.execute.function import Function
from qng.run import many

ONE = qng.Problem(
    qng.Circuit.from_qasm(
        "OPENQASM 3.0; include 'stdgates.inc'; input float[64] a; input float[64] b; qubit q; "
        "rx(a) q; rz(b) q;"
    ),
    {"Z0": 1.0},
    start=[0.7, 0.2],
    name="one",
)
EXACT = np.cos(0.7)
SHOTS = 4000
LIMIT = 6 / np.sqrt(SHOTS)


def depolarised():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["rx", "rz", "h", "u", "sx"])
    return AerSimulator(noise_model=model)


def ibm_sampler():
    from qiskit_ibm_runtime import SamplerV2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # until its successor has its name
        return SamplerV2(mode=AerSimulator())


# How to make each, and whether it is noisy.
DEVICES = {
    "aer": (AerSimulator, False),
    "aer with a noise model": (depolarised, True),
    "aer's sampler": (AerSampler, False),
    "aer's sampler with noise": (lambda: AerSampler.from_backend(depolarised()), True),
    "statevector sampler": (StatevectorSampler, False),
    "backend sampler": (lambda: BackendSamplerV2(backend=AerSimulator()), False),
    "basic simulator": (BasicSimulator, False),
    "generic backend": (lambda: GenericBackendV2(2, seed=1), True),
    "ibm's sampler": (ibm_sampler, False),
    "default.qubit": (lambda: qml.device("default.qubit"), False),
    "lightning.qubit": (lambda: qml.device("lightning.qubit", wires=2), False),
    "default.mixed": (lambda: qml.device("default.mixed", wires=2), False),
}


@pytest.fixture(params=DEVICES)
def device(request):
    make, noisy = DEVICES[request.param]
    return make(), noisy


def test_a_device_is_an_executor(device):
    given, noisy = device
    executor = qng.executor(given)
    assert executor.name
    assert bool(executor.noise) == noisy
    found = [
        qng.energy(ONE, executor=given, shots=SHOTS, seed=seed).value for seed in (1, 1, 2, 3, 4)
    ]
    assert found[0] == found[1]
    assert len(set(found)) > 1
    assert abs(found[0] - EXACT) < LIMIT + 0.35 * noisy


@pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning")
def test_every_door_takes_a_device(device):
    given, noisy = device
    settings = {"executor": given, "shots": 400}
    slack = 6 / np.sqrt(100) + 0.35 * noisy
    assert qng.gradient(ONE, **settings).value == pytest.approx([-np.sin(0.7), 0.0], abs=slack)
    # RX on |0> has g = 1/4; the RZ after it sin^2(a) / 4.
    want = np.diag([0.25, np.sin(0.7) ** 2 / 4])
    np.testing.assert_allclose(qng.metric(ONE, **settings).dense(), want, atol=slack)
    assert qng.step_cost(ONE, **settings).executor == qng.executor(given).name
    run = qng.minimize(ONE, "gd", steps=1, **settings)
    assert run.made.executor == qng.executor(given).name
    both = qng.compare(ONE, ["gd"], starts=1, steps=1, workers=1, **settings)
    assert not both.runs["gd"][0].failed


def test_exact_values_of_a_device_of_pennylane():
    assert qng.energy(ONE, executor=qml.device("default.qubit")).value == pytest.approx(EXACT)


class Locked:
    """An executor that cannot be pickled."""

    name, noise = "locked", ""

    def __init__(self):
        self.lock = threading.Lock()
        self.inner = qng.executor()
        self.answers = self.inner.answers

    def run(self, requests, seed):
        with self.lock:
            return self.inner.run(requests, seed)


def test_runs_of_a_device_in_other_processes(monkeypatch):
    settings = {"methods": ["gd"], "starts": 3, "steps": 2, "shots": 100, "seed": 5, "threads": 1}
    alone = qng.compare(ONE, executor=AerSimulator(), workers=1, **settings)
    monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
    spread = qng.compare(ONE, executor=AerSimulator(), workers=2, **settings)
    named = qng.compare(ONE, executor="aer", workers=1, **settings)
    for k in range(3):
        assert alone.runs["gd"][k].fun == spread.runs["gd"][k].fun == named.runs["gd"][k].fun


def test_an_executor_that_cannot_be_sent_stays_here(monkeypatch):
    monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
    with pytest.warns(UserWarning, match="locked cannot be sent to other processes"):
        both = qng.compare(ONE, ["gd"], starts=3, steps=1, workers=2, executor=Locked())
    assert all(not run.failed for run in both.runs["gd"])


def node(x):
    return qml.expval(qml.Z(0))


class Half:
    """Something that runs, and says nothing of itself."""

    name = "half"

    def run(self, requests, seed):
        return []


WRONG = {
    "a class of Qiskit": (AerSimulator, r"make one with AerSimulator\(...\)"),
    "a class of ours": (Function, r"make one with Function\(...\)"),
    "a circuit of Qiskit": (QuantumCircuit(1), "not QuantumCircuit"),
    "an integer": (5, "not int"),
    "nothing": (None, "not NoneType"),
    "a list": (["aer"], "not list"),
    "a function": (node, r"not function; a function becomes one as qng.execute.function.Function"),
    "a QNode": (qml.QNode(node, qml.device("default.qubit")), r"not QNode: give qml.device\(...\)"),
    "an operator": (qml.Z(0), r"give qml.device\(...\)"),
    "a module": (qml, "not module"),
    "a problem": (ONE, "not Problem"),
    "half an executor": (Half(), "Half has no noise and no answers"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_object_is_one_line(what):
    given, message = WRONG[what]
    for door in (
        qng.executor,
        lambda wrong: qng.energy(ONE, executor=wrong),
        lambda wrong: qng.gradient(ONE, executor=wrong),
        lambda wrong: qng.hessian(ONE, executor=wrong),
        lambda wrong: qng.metric(ONE, executor=wrong),
        lambda wrong: qng.berry_curvature(ONE, executor=wrong),
        lambda wrong: qng.minimize(ONE, executor=wrong),
        lambda wrong: qng.compare(ONE, executor=wrong),
        lambda wrong: qng.compare_steps(ONE, executor=wrong),
        lambda wrong: qng.step_cost(ONE, executor=wrong),
    ):
        with pytest.raises(InputError, match=message) as caught:
            door(given)
        assert "\n" not in str(caught.value)


def test_options_belong_to_names():
    with pytest.raises(InputError, match="mitigate can be given for an executor by name"):
        qng.executor(AerSimulator(), mitigate=100)


@pytest.mark.parametrize("door", [qng.energy, qng.metric, qng.minimize, qng.step_cost])
def test_a_device_that_counts_needs_shots(door):
    with pytest.raises(InputError, match="Sampler counts bits: give shots="):
        door(ONE, executor=StatevectorSampler())


def test_too_few_wires():
    with pytest.raises(InputError, match="give more wires"):
        qng.energy("h2", executor=qml.device("default.qubit", wires=2))
