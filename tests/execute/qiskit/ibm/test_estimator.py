"""IBM's client-side estimator: values, standard errors, and a job of it."""

from __future__ import annotations

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnreadableError, UnsupportedMeasureError
from qng.execute.names import executor
from qng.execute.qiskit.ibm.estimator import IBMEstimator
from qng.execute.qiskit.ibm.local import LocalEstimator
from qng.execute.statevector.executor import Statevector
from qng.plan.cloud import Cloud, JobState
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request
from qng.run.durable.keeping import Keeping
from qng.run.durable.patience import Patience
from qng.run.durable.terms import Terms
from tests.execute.qiskit.ibm.journey import SEED, Shelf, final

# cos(a/2)|00> + sin(a/2)|11>: Z0 and Z1 are read off the same shots, and are always equal.
PAIR = Circuit(2, [Rotation(Pauli.parse("Y0"), parameter("a")), Gate("cx", (0, 1))], ["a"])
TOGETHER = PauliSum({"Z0": 1.0, "Z1": 1.0, "X0 X1": 0.5})


def fake() -> object:
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    return FakeManilaV2()


def asked(circuit: Circuit, observable: PauliSum, angles: np.ndarray) -> Plan:
    request = Request(circuit, angles, Expectation(observable))
    return Plan((request,), lambda results: results[0])


def exact(plan: Plan) -> np.ndarray:
    return plan.reduce(Statevector(threads=1).run(plan.requests, 0)).value


FEW = {
    "twirling": {"num_randomizations": 32},
    "resilience": {"measure_noise_learning": {"num_randomizations": 64}},
}
"""Randomizations, for tests."""


@pytest.mark.parametrize(("level", "points"), [(0, 60), (1, 20)])
def test_standard_errors_hold_for_words_that_go_together(level, points):
    """Values of one point again and again, and their errors, against their spread.

    Whoever adds up the variances of the words has errors that are too small by 1.41. False alarms
    of the bounds, of 20 values: one in 20, drawn once.
    """
    device = LocalEstimator(fake(), resilience_level=level, options=FEW)
    plan = asked(PAIR, TOGETHER, np.full((points, 1), 1.0))
    plan = sampled(plan, points * 512, device.dealing)
    found = plan.reduce(device.run(plan.requests, 5))
    spread, error = found.value.std(ddof=1), np.sqrt(np.mean(found.std_error**2))
    assert spread == pytest.approx(error, rel=0.3)
    held = np.abs(found.value - found.value.mean()) < 1.96 * found.std_error
    assert np.mean(held) > 0.8


def test_readout_errors_are_mitigated():
    plan = asked(PAIR, TOGETHER, np.array([[0.4], [1.2]]))
    errors = []
    for level in (0, 1):
        device = LocalEstimator(fake(), resilience_level=level, options=FEW)
        dealt = sampled(plan, 2 * 4096, device.dealing)
        found = dealt.reduce(device.run(dealt.requests, 0))
        errors.append(np.abs(found.value - exact(plan)).max())
    assert errors[1] < 0.5 * errors[0]


def test_words_on_moved_qubits_are_those_of_ours():
    circuit = hardware_efficient(4, layers=1)
    angles = np.random.default_rng(1).uniform(-np.pi, np.pi, (1, circuit.n_rotations))
    plan = asked(circuit, PauliSum({"Z0": 1.0, "Y1 Z2": 0.7, "X3": -0.4}) + 3.0, angles)
    device = LocalEstimator(fake(), resilience_level=1, options=FEW)
    dealt = sampled(plan, 4096, device.dealing)
    found = dealt.reduce(device.run(dealt.requests, 0))
    np.testing.assert_allclose(found.value, exact(plan), atol=0.15)


def test_equal_seeds_give_equal_values():
    device = LocalEstimator(fake(), resilience_level=1, options=FEW)
    plan = sampled(asked(PAIR, TOGETHER, np.array([[0.7]])), 64, device.dealing)
    one, two, other = (plan.reduce(device.run(plan.requests, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.value, two.value)
    np.testing.assert_array_equal(one.std_error, two.std_error)
    assert one.value != other.value


def test_gates_are_mitigated_by_extrapolation_and_by_what_was_learned():
    from qiskit.quantum_info import PauliLindbladMap

    plan = asked(PAIR, TOGETHER, np.array([[0.7]]))
    zne = LocalEstimator(fake(), resilience_level=2, options=FEW)
    pec = {**FEW, "resilience": {**FEW["resilience"], "pec_mitigation": True}}
    layers = LocalEstimator(fake(), options=pec).layers([PAIR])
    small = PauliLindbladMap.from_sparse_list([("ZZ", [0, 1], 0.005)], num_qubits=2)
    learned = [(layer, small) for layer in layers]
    for device in (zne, LocalEstimator(fake(), options=pec, layer_noise_model=learned)):
        dealt = sampled(plan, 1024, device.dealing)
        found = dealt.reduce(device.run(dealt.requests, 0))
        assert np.all(np.abs(found.value - exact(plan)) < 5 * found.std_error + 0.1)


def test_constants_are_not_measured():
    device = LocalEstimator(fake())
    plan = sampled(asked(PAIR, PauliSum({"": 2.5}), np.array([[0.7], [0.8]])), 256, device.dealing)
    found = plan.reduce(device.run(plan.requests, 0))
    assert found.value.tolist() == [2.5, 2.5]
    assert found.std_error.tolist() == [0.0, 0.0]


def test_a_run_without_a_metric():
    device = executor("fake_manila:estimator", resilience_level=0)
    done = qng.minimize(
        "textbook-2", "gd", executor=device, shots=1600, steps=1, gradient="parameter-shift"
    )
    assert done.made.executor == "fake_manila:estimator"
    assert np.isfinite(done.std_error)


def test_a_run_on_a_fake_backend_goes_on_from_its_ledger(tmp_path):
    device = executor("fake_manila:estimator", resilience_level=0, options=FEW)
    asked = {"gradient": "parameter-shift", "shots": 320, "seed": 1, "executor": device}
    whole = qng.minimize("textbook-2", "gd", steps=2, **asked)
    qng.minimize("textbook-2", "gd", steps=1, ledger=tmp_path / "L", **asked)
    longer = qng.resume(ledger=tmp_path / "L", steps=2)
    np.testing.assert_array_equal(longer.x, whole.x)
    assert longer.fun == whole.fun


@pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning")
def test_a_metric_that_needs_samples_is_refused():
    with pytest.raises(UnsupportedMeasureError, match="answers Expectation: an estimator serves"):
        qng.minimize(
            "textbook-2", executor="fake_manila:estimator", shots=16_000, steps=1, metric="blocks"
        )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"default_shots": 100}, "shots are given for a whole batch"),
        ({"resilience": {"layer_noise_model": []}}, "give layer_noise_model= itself"),
        ({"twirling": {"num_randomizations": 4}}, "is 32 at least, not 4"),
        ({"twirling": {"shots_per_randomization": 8}}, "it follows from the shots"),
        ({"twirl": True}, "options of the estimator: twirl"),
        ({"resilience": object()}, "plain values"),
        (3, "are a dict, not int"),
    ],
)
def test_wrong_options_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        LocalEstimator(fake(), options=options)
    with pytest.raises(InputError, match="resilience_level is 0, 1 or 2, not 5"):
        LocalEstimator(fake(), resilience_level=5)


# --- against the service of our own --------------------------------------------------------------


def prepared(cloud: IBMEstimator, shelf: Shelf):
    plan = asked(PAIR, TOGETHER, np.array([[0.4], [1.2]]))
    plan = sampled(plan, 2 * 1024, cloud.dealing)
    return plan, cloud.prepare(plan.requests, SEED, shelf)


@pytest.mark.parametrize("level", [0, 1])
def test_a_batch_is_one_job_whose_size_is_previewed(world, level):
    shelf, cloud = Shelf(), IBMEstimator("ibm_manila:estimator", resilience_level=level)
    assert isinstance(cloud, Cloud)
    plan, batch = prepared(cloud, shelf)
    cloud.check(batch)
    job = cloud.send(batch, ["qng-run:1", "qng-key:2"], 100.0, shelf)
    (made,) = world.jobs
    assert (made.id, world.posts) == (job, 1)
    assert made.tags == ["qng-run:1", "qng-key:2"]
    assert batch.load.executions == made.program.executions
    assert batch.load.seconds == pytest.approx(made.seconds)
    sent = next(one.size for one in world.requests[::-1] if one.kind == "submit")
    assert batch.load.payload == pytest.approx(sent, rel=0.05)
    assert final(cloud, job).state is JobState.DONE
    raw = cloud.raw(job, batch)
    found = plan.reduce(cloud.read(batch, raw))
    assert np.all(np.abs(found.value - exact(plan)) < 5 * found.std_error + (0.4, 0.1)[level])
    # The text is all that is needed: another process reads the same, reaching nothing.
    number = len(world.requests)
    later = executor(**cloud.settings)
    again = plan.reduce(later.read(later.prepare(plan.requests, SEED, shelf), raw))
    np.testing.assert_array_equal(again.value, found.value)
    np.testing.assert_array_equal(again.std_error, found.std_error)
    assert len(world.requests) == number
    for text in ("", raw[: len(raw) // 2], raw.replace(cloud_mark(batch), "0" * 24)):
        with pytest.raises(UnreadableError):
            cloud.read(batch, text)


def test_layers_are_those_of_the_device(world):
    assert IBMEstimator("ibm_manila:estimator").layers([PAIR]) == []
    pec = {"resilience": {"pec_mitigation": True}}
    layers = IBMEstimator("ibm_manila:estimator", options=pec).layers([PAIR])
    assert [len(layer.qubits) for layer in layers] == [2]
    assert world.posts == 0
    with pytest.raises(InputError, match="give it by its name"):
        IBMEstimator("ibm:estimator").layers([PAIR])


def test_readout_is_corrected_once_only(world):
    with pytest.raises(InputError, match="leave mitigate out"):
        IBMEstimator("ibm_manila:estimator", mitigate=100)


def test_a_run_in_a_ledger_is_one_job_a_step(world, tmp_path):
    path = tmp_path / "L"
    patience = Patience(Terms(poll=0.05, grace=0.1, posts_per_minute=1000))
    done = qng.minimize(
        "textbook-2",
        "gd",
        executor=executor("ibm_manila:estimator", resilience_level=0),
        gradient="parameter-shift",
        shots=1600,
        steps=1,
        ledger=Keeping(path, patience),
    )
    assert (done.success, world.posts, len(world.jobs)) == (True, 2, 2)
    (summary,) = qng.runs(path)
    assert summary.estimated == pytest.approx(sum(job.seconds for job in world.jobs))
    again = qng.resume(ledger=path)
    np.testing.assert_array_equal(again.x, done.x)
    assert (again.fun, world.posts) == (done.fun, 2)


def cloud_mark(batch) -> str:
    return batch.packet.mark
