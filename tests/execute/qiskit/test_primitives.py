"""Bits counted by Qiskit's primitives and backends."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2, StatevectorSampler
from qiskit.providers import Options
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Statevector as QiskitState
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_aer.primitives import SamplerV2

from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, QngError, UnknownNameError, UnsupportedMeasureError
from qng.estimate import gradient
from qng.estimate.fubini import blocks as covariance
from qng.execute.qiskit import primitives
from qng.execute.qiskit.backends import backend
from qng.execute.qiskit.isa import check_isa
from qng.execute.qiskit.primitives import Primitives
from qng.execute.statevector.executor import Statevector
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.request import Expectation, Overlap, Request, Samples
from qng.run.bench import answer
from qng.testing import strategies
from tests.execute.noisy import Limit, density_matrix_energy, measured_energy, unmeasured
from tests.executors import answered

ONE = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("a"))], ["a"])


def depolarised() -> AerSimulator:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["rz", "sx"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    return AerSimulator(noise_model=noise)


def line(n: int) -> AerSimulator:
    """Few gates and couplings, without noise."""
    gates = ["rz", "sx", "x", "cx"]
    coupled = GenericBackendV2(n, gates, coupling_map=CouplingMap.from_line(n), seed=0)
    return AerSimulator.from_backend(coupled, noise_model=None)


def runtime():
    return pytest.importorskip("qiskit_ibm_runtime")


def fractional():
    runtime()
    from qiskit_ibm_runtime.fake_provider import FakeFractionalBackend

    return FakeFractionalBackend()


def ibm_sampler(simulated) -> BaseSamplerV2:
    """IBM's, in the mode that runs here."""
    runtime()
    from qiskit_ibm_runtime.executor_sampler import Sampler

    return Sampler(simulated)


def legacy_sampler(simulated) -> BaseSamplerV2:
    runtime()
    from qiskit_ibm_runtime import SamplerV2 as Legacy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Legacy(simulated)


class Limited(BasicSimulator):
    """A backend of some vendor: few circuits a job."""

    max_circuits = 7


class Recorder(BaseSamplerV2):
    """A sampler of some vendor, that notes what it is asked and how often it is polled."""

    def __init__(self, polls: int = 0) -> None:
        self.inner = StatevectorSampler(seed=np.random.default_rng(1))
        self.asked: list = []
        self.polls = polls

    def run(self, pubs, *, shots=None):
        pubs = list(pubs)
        self.asked.append(pubs)
        return Slow(self.inner.run(pubs, shots=shots), self)


class Slow:
    def __init__(self, job, sampler) -> None:
        self.job, self.sampler = job, sampler

    def in_final_state(self) -> bool:
        self.sampler.polls -= 1
        return self.sampler.polls < 0

    def result(self):
        return self.job.result()


# Whoever seeds with an integer finds the same noise at every point, PUB or job of some of these.
DEVICES = {
    "statevector sampler": lambda: Primitives(StatevectorSampler(seed=3)),
    "aer": lambda: backend("aer"),
    "aer sampler": lambda: Primitives(SamplerV2(seed=3)),
    "backend sampler": lambda: Primitives(
        BackendSamplerV2(backend=Limited(), options={"seed_simulator": 3})
    ),
    "matrix product state": lambda: backend("aer:matrix_product_state"),
    "basic": lambda: Primitives(BasicSimulator()),
}
NOISY = {
    "depolarised": lambda: Primitives(depolarised()),
    "generic": lambda: backend("generic:5"),
    "manila": lambda: Primitives(fake("fake_manila")),
}
IBM = {
    "ibm": lambda: Primitives(ibm_sampler(AerSimulator(max_parallel_threads=1))),
    "ibm's older": lambda: Primitives(legacy_sampler(AerSimulator(max_parallel_threads=1))),
    "ibm's manila": lambda: Primitives(ibm_sampler(fake("fake_manila"))),
}


def fake(name: str):
    runtime()
    return backend(name).transpiler.backend


@cache
def device(name: str) -> Primitives:
    return {**DEVICES, **NOISY, **IBM}[name]()


def asked(circuit: Circuit, phi, word: str, shots) -> Request:
    phi = np.atleast_2d(phi)
    return Request(circuit, phi, Samples(Pauli.parse(word)), shots=np.array(shots))


def exact(requests) -> list:
    return answered(Statevector(), [Request(r.circuit, r.angles, r.measure) for r in requests])


def mean(counts, word: Pauli) -> tuple[float, float]:
    value, variance = counts.mean([word], [1.0])
    return value, np.sqrt(variance)


# --- circuits ------------------------------------------------------------------------------------


def distribution(executor: Primitives, circuit: Circuit, basis: Pauli, phi) -> np.ndarray:
    """Probabilities of masks, from Qiskit's state of the circuit that would be sent."""
    measured = executor.transpiler.measured(circuit, basis)
    sent = measured.circuit.assign_parameters(measured.values(phi[None])[0])
    index = {qubit: k for k, qubit in enumerate(sent.qubits)}
    physical = {
        sent.find_bit(i.clbits[0]).index: index[i.qubits[0]]
        for i in sent.get_instructions("measure")
    }
    p = QiskitState(unmeasured(sent)).probabilities([physical[k] for k in range(len(physical))])
    found = np.zeros(2**circuit.n_qubits)
    np.add.at(found, measured.masks(np.arange(len(p))), p)
    return found


TARGETS = {
    "no target": lambda: Primitives(Recorder()),
    "aer": lambda: backend("aer"),
    "noise model": lambda: Primitives(depolarised()),
    "line": lambda: Primitives(line(5)),
    "generic": lambda: backend("generic:5"),
    "fractional": lambda: Primitives(fractional(), optimization_level=1),
}


@pytest.mark.parametrize("target", TARGETS)
def test_transpiled_circuits_measure_what_was_asked(target):
    """Exactly, whatever layout and gates: the distribution of masks is that of our circuit."""
    executor = TARGETS[target]()

    @settings(max_examples=25)
    @given(st.data())
    def check(data):
        circuit = data.draw(strategies.circuits(max_ops=8))
        phi = circuit.angles(data.draw(strategies.points(circuit)))
        basis = data.draw(strategies.words(circuit.n_qubits))
        found = distribution(executor, circuit, basis, phi)
        ((counts,),) = exact([Request(circuit, phi[None], Samples(basis))])
        expected = np.zeros(2**circuit.n_qubits)
        expected[counts.outcomes] = counts.weights
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)

    check()


@pytest.mark.parametrize("optimization_level", [0, 1, 2, 3])
def test_bits_belong_to_the_qubits_of_the_circuit(optimization_level):
    """Routing along a line moves states between qubits; what is read must not move."""
    executor = Primitives(line(5), optimization_level=optimization_level)
    ops = [Gate("x", (3,)), Gate("cx", (3, 0)), Gate("cx", (0, 4)), Gate("cswap", (4, 1, 0))]
    ops += [Rotation(Pauli.parse("X2 X0"), parameter("a"))]
    circuit = Circuit(5, ops, ["a"])
    # |x_0..x_4> = 00011 before the last two: cswap on x_4 moves x_0 = 1 to qubit 1.
    for word, plain, turned in (
        ("Z0 Z1 Z2 Z3 Z4", 0b11010, 0b11111),
        ("Z1 Z2", 0b00010, 0b00110),
        ("Z0 Z4", 0b10000, 0b10001),
        ("Z2", 0b00000, 0b00100),
    ):
        (found,) = answered(executor, [asked(circuit, [[0.0], [np.pi]], word, [50, 70])])
        assert [c.outcomes.tolist() for c in found] == [[plain], [turned]]
        assert [c.shots for c in found] == [50, 70]


def test_idle_qubits_and_a_circuit_without_gates():
    circuit = Circuit(4, [Gate("x", (2,))])
    empty = Circuit(3)
    phi = np.zeros((2, 0))
    requests = [asked(circuit, phi, "Z1 Z2 Z3", [30, 60]), asked(empty, phi[:1], "Z0", [30])]
    for executor in (backend("aer"), device("statevector sampler"), Primitives(Recorder())):
        (first, second), (third,) = answered(executor, requests)
        assert (first.outcomes.tolist(), first.shots) == ([0b0100], 30)
        assert (second.outcomes.tolist(), second.shots) == ([0b0100], 60)
        assert (third.outcomes.tolist(), third.shots) == ([0], 30)


def test_points_of_a_circuit_without_parameters_are_independent():
    circuit = Circuit(1, [Gate("h", (0,))])
    request = asked(circuit, np.zeros((40, 0)), "Z0", [100] * 40)
    for name in ("aer", "statevector sampler", "basic", "ibm"):
        (found,) = answered(device(name), [request])
        assert len({c.probability(1)[0] for c in found}) > 5


def test_rotations_that_no_measurement_sees_are_dropped_by_the_transpiler():
    words = {"X0": "c", "Z0": "b", "X1": "a"}
    circuit = Circuit(2, [Rotation(Pauli.parse(w), parameter(n)) for w, n in words.items()], "abc")
    executor = Primitives(line(2), optimization_level=2)
    phi = np.array([[0.0, 0.7, np.pi], [np.pi, 0.7, 0.0]])
    (found,) = answered(executor, [asked(circuit, phi, "Z0 Z1", [20, 20])])
    assert executor.transpiler.measured(circuit, Pauli.parse("Z0 Z1")).columns == (0, 2)
    assert [c.outcomes.tolist() for c in found] == [[0b10], [0b01]]


def test_more_than_ten_angles_keep_their_order():
    """Names sorted as text would put phi[10] before phi[2]."""
    n = 12
    ops = [Rotation(Pauli.parse(f"X{q}"), parameter(f"t{q}")) for q in range(n)]
    circuit = Circuit(n, ops, [f"t{q}" for q in reversed(range(n))])
    word = " ".join(f"Z{q}" for q in range(n))
    phi = np.where(np.arange(n) % 3 == 0, np.pi, 0.0)[None]
    for name in ("aer", "statevector sampler"):
        (found,) = answered(device(name), [asked(circuit, phi, word, [5])])
        assert found[0].outcomes.tolist() == [0b001001001001]


def test_many_qubits():
    n = 50
    ops = [Rotation(Pauli.parse("Y0"), parameter("a"))]
    ops += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    request = asked(Circuit(n, ops, ["a"]), [[1.2]], " ".join(f"Z{q}" for q in range(n)), [500])
    ((counts,),) = answered(device("matrix product state"), [request], seed=1)
    assert counts.outcomes.tolist() == [0, 2**n - 1]
    assert counts.weights[1] == pytest.approx(np.sin(0.6) ** 2, abs=4 * 0.022)


def test_what_was_transpiled_is_kept():
    executor, circuit = backend("aer"), hardware_efficient(2, 1)
    first = executor.transpiler.measured(circuit, Pauli.parse("X0"))
    assert executor.transpiler.measured(hardware_efficient(2, 1), Pauli.parse("X0")) is first
    assert executor.transpiler.measured(circuit, Pauli.parse("Z0")) is not first


# --- counts --------------------------------------------------------------------------------------


@cache
def cases() -> tuple[Request, ...]:
    """Three bases on each of two circuits, equal points, several numbers of shots."""
    rng = np.random.default_rng(8)
    requests = []
    for circuit in (hardware_efficient(3, 1), hardware_efficient(4, 2)):
        phi = rng.uniform(-3, 3, (5, circuit.n_rotations))
        phi[4] = phi[3]
        shots = [600, 1200, 600, 600, 1800]
        requests += [asked(circuit, phi, word, shots) for word in ("X0 Y2", "Z0 Z1 Z2", "Y1")]
    return tuple(requests)


@pytest.mark.parametrize("name", DEVICES)
def test_means_agree_with_exact_ones(name):
    z = []
    for found, expected, request in zip(answered(device(name), cases()), exact(cases()), cases()):
        assert [c.shots for c in found] == request.shots.tolist()
        for counts, limit in zip(found, expected):
            value, error = mean(counts, request.measure.basis)
            z.append((value - mean(limit, request.measure.basis)[0]) / error)
    # 30 nearly normal scores: 4.5 in any happens once in 5000 seeds, and the seed is fixed.
    assert np.abs(z).max() < 4.5
    assert np.std(z) == pytest.approx(1, abs=0.4)


@pytest.mark.parametrize("name", ["depolarised", "manila", "ibm's manila"])
def test_means_agree_with_density_matrices(name):
    executor, requests = device(name), cases()
    limit = Limit(device("manila") if name in IBM else executor)
    if name in IBM:
        requests = requests[3:5]
    z, shift = [], []
    for found, expected, ideal, request in zip(
        answered(executor, requests), answered(limit, requests), exact(requests), requests
    ):
        word = request.measure.basis
        for counts, of_noise, of_state in zip(found, expected, ideal):
            value, error = mean(counts, word)
            z.append((value - mean(of_noise, word)[0]) / error)
            shift.append((mean(of_state, word)[0] - mean(of_noise, word)[0]) / error)
    assert np.abs(z).max() < 4.5
    assert np.std(z) == pytest.approx(1, abs=0.4)
    # The noise is there, or agreement would say nothing about it.
    assert np.abs(shift).max() > 2


@pytest.mark.parametrize("name", ["manila", "generic"])
def test_energies_agree_with_density_matrices(name):
    executor, circuit = device(name), hardware_efficient(4, 1)
    phi = np.random.default_rng(4).uniform(-3, 3, circuit.n_rotations)
    h = PauliSum({"Z0 Z3": 1.0, "X0 Y2": 0.5, "Z1": 0.7, "Y0 Y1": 0.3, "I": -2.0})
    plan = Plan((Request(circuit, phi[None], Expectation(h)),), lambda results: results[0])
    found = answer(executor, plan, seed=2, shots=20000)
    expected = measured_energy(executor, circuit, h, phi)
    assert found.value[0] == pytest.approx(expected, abs=4 * found.std_error[0])
    # Gates that change the basis err too, a little.
    without = measured_energy(executor, circuit, h, phi, readout=False)
    assert without == pytest.approx(density_matrix_energy(executor, circuit, h, phi), abs=3e-3)


@pytest.mark.parametrize("name", ["aer", "statevector sampler", "basic"])
def test_overlaps(name):
    circuit = hardware_efficient(3, 1)
    rng = np.random.default_rng(3)
    here = rng.uniform(-1, 1, (6, circuit.n_rotations))
    there = here + 0.3 * rng.normal(size=here.shape) * (rng.random(here.shape) < 0.4)
    plan = Plan((Request(circuit, here, Overlap(there)),), lambda results: results[0])
    found = answer(device(name), plan, seed=4, shots=12000)
    expected = answer(Statevector(), plan).value
    different = np.any(here != there, axis=1)
    assert np.all(np.abs(found.value - expected)[different] < 4 * found.std_error[different])
    assert np.all(found.std_error[different] < 0.02)


def test_a_gradient_and_a_metric_in_one_batch():
    circuit = hardware_efficient(4, 1)
    theta = np.random.default_rng(5).uniform(-3, 3, circuit.n_parameters)
    h = PauliSum({"Z0 Z1": 1.0, "X0 X2": 0.5, "Y3": 0.3})
    plans = {
        "gradient": gradient.parameter_shift(circuit, h, theta),
        "metric": covariance.blocks(circuit, theta),
    }
    lowered = sampled(join(plans), 60000)
    counts = answered(backend("aer"), lowered.requests)
    assert sum(c.shots for of_point in counts for c in of_point) == lowered.cost.shots
    found, limit = lowered.reduce(counts), answer(Statevector(), join(plans))
    known = found["gradient"].std_error > 0
    z = (
        ((found["gradient"].value - limit["gradient"].value)[known])
        / found["gradient"].std_error[known]
    )
    assert np.abs(z).max() < 4.5
    errors = found["metric"].std_error
    difference = found["metric"].dense() - limit["metric"].dense()
    assert np.all(np.abs(difference[errors > 0]) < 4.5 * errors[errors > 0])


# --- noise of one shot, one point, one batch -----------------------------------------------------


def frequencies(executor: Primitives, seed: int, points: int = 150) -> np.ndarray:
    """Of ones at many equal points of two equal PUBs, shape (2, points)."""
    request = asked(ONE, np.full((points, 1), 1.4), "Z0", [50] * points)
    found = answered(executor, [request, request], seed)
    return np.array([[c.probability(1)[0] for c in of_pub] for of_pub in found])


def correlation(a: np.ndarray, b: np.ndarray, skipped: int = 0) -> float:
    """The largest correlation of two series, at any shift between them."""
    a, b = ((x - x.mean()) / x.std() for x in (a, b))
    return max(abs(float(np.mean(a * np.roll(b, k)))) for k in range(skipped, len(a)))


@pytest.mark.parametrize("name", [*DEVICES, *NOISY, "ibm", "ibm's older"])
def test_no_two_points_share_their_noise(name):
    """Neither in a PUB, nor between PUBs, nor between batches; 2113 is Aer's step of seeds."""
    executor = device(name)
    first, again, second, step = (frequencies(executor, s) for s in (1, 1, 2, 2114))
    np.testing.assert_array_equal(first, again)
    # 150 binomial frequencies: the variance has a standard error of 12 %.
    p = first.mean()
    assert first[0].var() == pytest.approx(p * (1 - p) / 50, rel=0.5)
    # 5.2 standard errors of a correlation that is 0.
    bound = 5.2 / np.sqrt(first.shape[1])
    assert correlation(first[0], first[0], skipped=1) < bound
    for other in (first[1], *second, *step):
        assert correlation(first[0], other) < bound


def test_threads_change_nothing():
    circuit = hardware_efficient(3, 1)
    phi = np.random.default_rng(0).uniform(-3, 3, (6, circuit.n_rotations))
    request = asked(circuit, phi, "Z0 Z1 Z2", [500] * 6)
    for make in (
        lambda t: backend("aer", threads=t),
        lambda t: Primitives(depolarised(), threads=t),
    ):
        one, two = (answered(make(t), [request], seed=3)[0] for t in (1, 2))
        for a, b in zip(one, two):
            np.testing.assert_array_equal(a.weights, b.weights)


# --- one job a batch -----------------------------------------------------------------------------


def test_a_batch_is_one_job_with_one_number_of_shots():
    sampler = Recorder()
    executor = Primitives(sampler)
    requests = [
        asked(ONE, [[0.1], [0.2]], "Z0", [200, 600]),
        asked(ONE, [[0.3]], "Y0", [400]),
        asked(hardware_efficient(2, 1), np.ones((3, 8)), "Z1", [200, 200, 200]),
    ]
    found = answered(executor, requests)
    (pubs,) = sampler.asked
    assert [pub[2] for pub in pubs] == [200, 200, 200]
    # One parameter and one point have two axes all the same.
    values = [next(iter(pub[1].values())) for pub in pubs]
    assert [v.shape for v in values] == [(4, 1), (2, 1), (3, 7)]
    assert values[0].ravel().tolist() == [0.1, 0.2, 0.2, 0.2]
    assert [[c.shots for c in of_points] for of_points in found] == [[200, 600], [400], [200] * 3]


def test_a_limit_of_circuits_a_job_is_kept():
    seen = []

    class Counting(Limited):
        def run(self, run_input, **options):
            seen.append(len(run_input))
            return super().run(run_input, **options)

    phi = np.linspace(0, 3, 10)[:, None]
    (found,) = answered(Primitives(Counting()), [asked(ONE, phi, "Z0", [300] * 5 + [600] * 5)])
    assert seen == [7, 7, 1]
    p = np.array([c.probability(1)[0] for c in found])
    assert np.abs(p - np.sin(phi[:, 0] / 2) ** 2).max() < 0.12


def test_a_slow_service_is_polled(monkeypatch):
    monkeypatch.setattr(primitives, "_SECONDS_BETWEEN_LOOKS", 0.0)
    sampler = Recorder(polls=2)
    ((counts,),) = answered(Primitives(sampler), [asked(ONE, [[np.pi]], "Z0", [10])])
    assert (counts.outcomes.tolist(), counts.shots) == ([1], 10)
    assert (sampler.polls, len(sampler.asked)) == (-1, 1)


def test_batches_do_not_disturb_each_other():
    executor = backend("aer")
    batches = [[asked(ONE, [[phi]], "Z0", [10])] for phi in (0.0, np.pi)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(executor.run, batches, (0, 0)))
    assert [found[0][0].outcomes.tolist() for found in results] == [[0], [1]]
    assert executor.run([], 0) == []


# --- errors --------------------------------------------------------------------------------------


def test_what_cannot_be_run_is_refused_before_it_is_sent():
    sampler = Recorder()
    executor = Primitives(sampler, backend=line(3))
    good = asked(ONE, [[0.1]], "Z0", [10])
    energy = replace(good, measure=Expectation(PauliSum({"Z0": 1.0})))
    with pytest.raises(UnsupportedMeasureError, match="answers Samples"):
        answer(executor, Plan((energy,), tuple))
    with pytest.raises(InputError, match="give shots"):
        answer(executor, Plan((good, Request(ONE, good.angles, good.measure)), tuple))
    with pytest.raises(InputError, match="not a finite number"):
        executor.run([good, asked(ONE, [[np.nan]], "Z0", [10])], 0)
    with pytest.raises(InputError, match=r"4 qubits, .* has 3: choose a larger backend"):
        executor.run([good, asked(Circuit(4), np.zeros((1, 0)), "Z0", [10])], 0)
    with pytest.raises(InputError, match="cannot be transpiled for generic_backend_2q"):
        Primitives(GenericBackendV2(2, ["x", "cx"], seed=0)).run([good], 0)
    assert sampler.asked == []


def test_a_circuit_that_the_device_does_not_take_is_named():
    """A service may run first and fail, or charge, later."""
    sent = Primitives(line(3)).transpiler.measured(
        Circuit(3, [Gate("cx", (0, 1)), Gate("cx", (1, 2))]), Pauli.parse("Z0")
    )
    check_isa(sent.circuit, line(3).target, "this")
    with pytest.raises(InputError, match=r"that has no cx on its qubits \(\d, \d\)"):
        check_isa(sent.circuit, GenericBackendV2(3, ["rz", "sx", "x", "cz"]).target, "that")
    with pytest.raises(InputError, match="3 physical qubits was made for that, which has 2"):
        check_isa(sent.circuit, line(2).target, "that")


def test_gates_for_some_angles_only_are_left_out():
    target = fractional().target
    assert target.gate_has_angle_bounds("rzz")
    circuit = Circuit(2, [Rotation(Pauli.parse("Z0 Z1"), parameter("a"))], ["a"])
    sent = Primitives(fractional()).transpiler.measured(circuit, Pauli.parse("X0 X1")).circuit
    assert "rzz" not in sent.count_ops()
    bad = sent.copy_empty_like()
    bad.rzz(0.3, 0, 1)
    with pytest.raises(InputError, match="rzz for some angles only"):
        check_isa(bad, target, "fractional")


def test_failed_jobs_are_told_with_their_cause():
    class Broken(Recorder):
        def run(self, pubs, *, shots=None):
            raise RuntimeError("no credit left")

    class Failing(Slow):
        def result(self):
            raise RuntimeError("the fridge is warm")

    class Late(Recorder):
        def run(self, pubs, *, shots=None):
            return Failing(None, self)

    good = asked(ONE, [[0.1]], "Z0", [10])
    with pytest.raises(QngError, match="Broken refused the batch: no credit left") as caught:
        Primitives(Broken()).run([good], 0)
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(QngError, match="a job on Late failed: the fridge is warm") as caught:
        Primitives(Late()).run([good], 0)
    assert isinstance(caught.value.__cause__, RuntimeError)
    # Aer tells only in its result that it has failed.
    clifford = Primitives(AerSimulator(method="stabilizer"))
    with pytest.raises(
        QngError, match=r"a job on aer_simulator_stabilizer failed: .* reports ERROR"
    ):
        answered(clifford, [good])


def test_what_is_no_device_is_refused():
    with pytest.raises(InputError, match="a SamplerV2 or a BackendV2 of Qiskit is expected"):
        Primitives("aer")
    with pytest.raises(InputError, match="optimization_level is 0, 1, 2 or 3, not 4"):
        Primitives(StatevectorSampler(), optimization_level=4)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("executor", "name", "noise"),
    [
        (lambda: backend("aer"), "aer", ""),
        (lambda: backend("aer:density_matrix"), "aer:density_matrix", ""),
        (lambda: backend("generic:3"), "generic:3", "noise model of generic_backend_3q"),
        (lambda: Primitives(AerSimulator()), "aer_simulator", ""),
        (lambda: Primitives(depolarised()), "aer_simulator", "noise model of aer_simulator"),
        (lambda: Primitives(depolarised(), noise="dust", name="own"), "own", "dust"),
        (lambda: Primitives(AerSimulator(noise_model=NoiseModel())), "aer_simulator", ""),
        (lambda: Primitives(SamplerV2()), "aer_simulator", ""),
        (lambda: Primitives(StatevectorSampler()), "StatevectorSampler", ""),
        (lambda: Primitives(BasicSimulator()), "basic_simulator", ""),
        (lambda: Primitives(Recorder()), "Recorder", "unknown noise of Recorder"),
    ],
)
def test_names_and_noise(executor, name, noise):
    assert (executor().name, executor().noise) == (name, noise)


@pytest.mark.parametrize(
    "given", ["fake_manila", "FakeManilaV2", "fake_manila_v2", "FakeManila", "Fake_Manila"]
)
def test_fake_backends_have_the_names_of_qiskit(given):
    runtime()
    found = backend(given)
    assert (found.name, found.noise) == ("fake_manila", "noise model of fake_manila")


def test_unknown_names_are_told_with_near_ones(monkeypatch):
    with pytest.raises(UnknownNameError, match="unknown executor 'aerr'; did you mean aer"):
        backend("aerr")
    with pytest.raises(UnknownNameError, match="'density'; did you mean density_matrix"):
        backend("aer:density")
    with pytest.raises(InputError, match="a generic backend is 'generic:5'"):
        backend("generic:five")
    runtime()
    with pytest.raises(UnknownNameError, match="fake_manilla'; did you mean fake_manila"):
        backend("fake_manilla")
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", None)
    with pytest.raises(InputError, match=r"quantum-natural-gradient\[ibm\]"):
        backend("fake_manila")


def test_hardware_of_ibm_is_reached_by_a_sampler():
    runtime()
    from qiskit_ibm_runtime import IBMBackend

    hardware = IBMBackend.__new__(IBMBackend)
    hardware._options = Options()
    hardware.name = "ibm_somewhere"
    with pytest.raises(InputError, match="ibm_somewhere runs no circuits by itself; give a sampl"):
        Primitives(hardware)
