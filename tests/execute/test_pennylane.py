"""PennyLane's devices as executors; `tests/contract` runs the common tests."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.devices.capabilities import DeviceCapabilities, ExecutionCondition

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, QngError, UnknownNameError
from qng.execute.pennylane import PennyLane, device
from qng.execute.pennylane import executor as executors
from qng.execute.statevector.executor import Statevector
from qng.plan.request import Density, Expectation, Overlap, Request, Samples
from qng.testing.strategies import cases, observables, words
from tests.executors import answered

DEVICES = ["default.qubit", "lightning.qubit", "default.mixed"]
MADE = {name: PennyLane(name) for name in DEVICES}


@settings(max_examples=30)
@given(cases(max_ops=8), st.data(), st.sampled_from(DEVICES))
def test_exact_answers(case, data, name):
    """Several points, some of them equal, of a random circuit: as our own executor's."""
    circuit, theta = case
    phi = circuit.angles(np.stack([theta, theta + 0.3, theta]))
    others = circuit.angles(np.stack([theta, theta - 0.2, theta + 0.1]))
    h = data.draw(observables(circuit.n_qubits))
    requests = [
        Request(circuit, phi, Expectation(h)),
        Request(circuit, phi, Overlap(others)),
        Request(circuit, phi, Samples(data.draw(words(circuit.n_qubits)))),
        *([Request(circuit, phi, Density())] if Density in MADE[name].answers else []),
    ]
    found, expected = (answered(d, requests) for d in (MADE[name], Statevector()))
    for k in (0, 1):
        np.testing.assert_allclose(found[k].value, expected[k].value, rtol=0, atol=1e-7)
        assert found[k].std_error is None
    for a, b in zip(found[3:], expected[3:]):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-7)
    for a, b in zip(found[2], expected[2]):
        p = np.zeros((2, 2**circuit.n_qubits))
        p[0, a.outcomes], p[1, b.outcomes] = a.weights, b.weights
        np.testing.assert_allclose(p[0], p[1], rtol=0, atol=1e-7)
        assert a.is_exact


@pytest.mark.parametrize("name", DEVICES)
def test_gradient_and_metric_without_shots(name):
    executor = MADE[name]
    exact = qng.gradient("h2").value
    np.testing.assert_allclose(qng.gradient("h2", executor=executor).value, exact, atol=1e-10)
    found = qng.metric("h2", estimator="overlaps", executor=executor).dense()
    np.testing.assert_allclose(found, qng.metric("h2").dense(), atol=1e-10)


def test_points_that_are_swept_together(monkeypatch):
    """One tape for points of equal shots, as many as there is room for; else one a point."""
    a, b = parameter("a"), parameter("b")
    ops = [
        Rotation(Pauli.parse("Y0"), a),
        Gate("cx", (0, 1)),
        Rotation(Pauli.parse("Z1"), b),
        Rotation(Pauli.parse("X1 Y0"), a),
    ]
    circuit = Circuit(2, ops, ["a", "b"])
    theta = np.random.default_rng(0).uniform(-3, 3, (6, 2))
    theta[4] = theta[5]
    shots = np.array([900, 900, 500, 900, 300, 300])
    basis = Samples(Pauli.parse("X0 Y1"))
    request = Request(circuit, circuit.angles(theta), basis, shots=shots)
    tapes = []
    execute = qml.execute

    def noted(batch, *args, **options):
        tapes.append([(tape.batch_size, tape.shots.total_shots) for tape in batch])
        return execute(batch, *args, **options)

    monkeypatch.setattr(qml, "execute", noted)
    exact = answered(Statevector(), [Request(circuit, request.angles, basis)])[0]
    for room in (2**22, 8, 0):
        monkeypatch.setattr(executors, "_TOGETHER", room)
        (found,) = answered(PennyLane(), [request])
        for counts, distribution, n in zip(found, exact, shots):
            assert counts.shots == n
            p = distribution.weights
            spread = np.sqrt(p * (1 - p) / n)
            seen = np.array([counts.probability(m)[0] for m in distribution.outcomes])
            assert np.all(np.abs(seen - p) < 5 * spread)
    # The two points of 300 shots are equal: nothing would tell a tape that there are two.
    assert sorted(tapes[0], key=str) == [(3, 900), (None, 300), (None, 300), (None, 500)]
    assert sorted(tapes[1], key=str) == [
        (2, 900),
        *[(None, 300)] * 2,
        (None, 500),
        (None, 900),
    ]
    assert [size for size, _ in tapes[2]] == [None] * 6
    (found,) = answered(PennyLane("lightning.qubit"), [request])
    assert [size for size, _ in tapes[3]] == [None] * 6


def test_labels_of_wires():
    """Qubit q is the q-th label; labels are not sorted."""
    circuit = Circuit(3, [Gate("x", (0,)), Gate("cx", (0, 2))])
    shots = np.array([20])
    request = Request(circuit, np.zeros((1, 0)), Samples(Pauli.parse("Z0 Z1 Z2")), shots=shots)
    for given_ in (
        PennyLane(wires=["b", 9, "a"]),
        PennyLane(wires=5),
        PennyLane(qml.device("lightning.qubit", wires=["z", "y", "x"])),
        PennyLane(qml.device("default.qubit"), wires=[2, 0, 1]),
    ):
        assert answered(given_, [request])[0][0].outcomes.tolist() == [0b101]
    assert PennyLane(qml.device("lightning.qubit", wires=["z", "y", "x"])).wires == ("z", "y", "x")


def test_too_few_wires():
    request = Request(Circuit(3), np.zeros((1, 0)), Expectation(PauliSum({"Z0": 1.0})))
    with pytest.raises(InputError, match=r"has 2 wire\(s\), a circuit of the batch has 3 qubits"):
        PennyLane(wires=2).run([request], 0)


def test_channels_of_a_device_made_by_a_function():
    """RX(phi) and a bit flip with probability 0.1: <Z> = 0.8 cos(phi)."""

    def flipping(wires, seed):
        made.append((wires, seed))
        return qml.noise.add_noise(qml.device("default.mixed", wires=wires, seed=seed), model)

    made = []
    model = qml.NoiseModel({qml.noise.op_eq(qml.RX): qml.noise.partial_wires(qml.BitFlip, 0.1)})
    noisy = PennyLane(flipping, noise="bit flips")
    assert (noisy.name, noisy.noise) == ("pennylane:default.mixed", "bit flips")
    t = parameter("t")
    circuit = Circuit(2, [Rotation(Pauli.parse("X1"), t)], ["t"])
    angles, z = np.array([[0.4], [2.0]]), PauliSum({"Z1": 1.0})
    exact, counted, again = answered(
        noisy,
        [
            Request(circuit, angles, Expectation(z)),
            *[Request(circuit, angles, Samples(Pauli.parse("Z1")), shots=np.full(2, 10**4))] * 2,
        ],
        seed=17,
    )
    assert made[1:] == [(2, 17)]
    np.testing.assert_allclose(exact.value, 0.8 * np.cos(angles[:, 0]), atol=1e-12)
    means = [counts.mean([Pauli.parse("Z1")], [1.0])[0] for counts in (*counted, *again)]
    np.testing.assert_allclose(means, np.tile(exact.value, 2), atol=0.05)
    assert len(set(means)) == 4


class TestRefusals:
    def test_names(self):
        with pytest.raises(UnknownNameError, match=r"device 'lightning.quit'; did you mean light"):
            device("lightning.quit")
        with pytest.raises(UnknownNameError, match=r"known: default\..*, lightning.qubit"):
            device("zzz")
        assert device("lightning.qubit").name == "pennylane:lightning.qubit"

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: PennyLane("lightning.qubit", colour=1), "has no option colour"),
            (lambda: PennyLane(3), "a PennyLane device is given by name, .* not as int"),
            (lambda: PennyLane(lambda wires, seed: None), "not as NoneType"),
            (
                lambda: PennyLane(qml.device("default.qubit"), shots=3),
                "shots can be given for a device by name",
            ),
        ],
    )
    def test_what_is_no_device(self, make, message):
        with pytest.raises(InputError, match=message):
            make()

    def test_a_device_that_fails(self):
        """A device of continuous variables has no qubit gates."""
        executor = PennyLane("default.gaussian", wires=1)
        z = Samples(Pauli.parse("Z0"))
        request = Request(Circuit(1, [Gate("h", (0,))]), np.zeros((1, 0)), z, shots=np.array([5]))
        with pytest.raises(QngError, match=r"default\.gaussian could not execute the batch"):
            answered(executor, [request])

    def test_what_is_answered(self):
        for name, made in MADE.items():
            density = {Density} if name.startswith("default") else set()
            assert made.answers == {Samples, Expectation, Overlap, *density}
        misreading = PennyLane("default.mixed", readout_prob=0.1)
        assert Density not in misreading.answers

    def test_a_device_that_only_counts(self):
        class Counting(qml.devices.DefaultQubit):
            capabilities = DeviceCapabilities(
                measurement_processes={"ExpectationMP": [ExecutionCondition.FINITE_SHOTS_ONLY]}
            )

        executor = PennyLane(Counting())
        assert executor.answers == {Samples}
        with pytest.raises(InputError, match="counts bits: give shots="):
            qng.energy("one-qubit", executor=executor)


# --- noise ---------------------------------------------------------------------------------------


def with_channels(p):
    """default.mixed that depolarises a qubit after every RX."""
    channel = qml.noise.partial_wires(qml.DepolarizingChannel, p)
    model = qml.NoiseModel({qml.noise.op_in([qml.RX]): channel})
    return qml.add_noise(qml.device("default.mixed", wires=1), model)


def test_devices_say_what_disturbs_them():
    assert PennyLane("default.qubit").noise == ""
    assert PennyLane("default.mixed").noise == ""
    assert PennyLane("lightning.qubit").noise == ""
    assert PennyLane("default.mixed", readout_prob=0.1).noise == "readout errors of default.mixed"
    assert PennyLane(with_channels(0.1)).noise == "unknown noise of default.mixed"
    assert PennyLane(with_channels(0.1), noise="").noise == ""


@pytest.mark.filterwarnings("ignore::qng.errors.SurrogateWarning")
def test_exact_overlaps_with_noise():
    """One RX: F(x) = (1 + (1 - 4p/3) cos x) / 2, as the way back cancels to one rotation by x."""
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    for p in (0.1, 0.75):
        noisy = PennyLane(with_channels(p))
        found = qng.metric(circuit, [0.4], "overlaps", executor=noisy)
        assert found.dense() == pytest.approx(np.array([[(1 - 4 * p / 3) / 4]]), abs=1e-12)
        assert found.std_error is None


def test_metrics_of_noisy_states():
    """One RX of a state of length r = 1 - 4p/3: SLD r^2, Hilbert-Schmidt 2 r^2 / (1 + r^2)."""
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    noisy, r = PennyLane(with_channels(0.3)), 0.6
    for name, fisher in (("sld", r**2), ("hilbert-schmidt", 2 * r**2 / (1 + r**2))):
        found = qng.metric(circuit, [0.4], name, executor=noisy).dense()
        assert found == pytest.approx(np.array([[fisher / 4]]), abs=1e-12)
