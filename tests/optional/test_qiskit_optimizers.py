"""Our optimizers in VQE, QAOA, SamplingVQE, VQD and AdaptVQE of qiskit-algorithms.

Energies are compared with the lowest eigenvalues of matrices, and trajectories with our own runs.
"""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_aer.primitives import EstimatorV2 as AerEstimator

import qng
from qng.errors import InputError

algorithms = pytest.importorskip("qiskit_algorithms")
optimizers = pytest.importorskip("qiskit_algorithms.optimizers")

from qng.adapters.qiskit import Optimizer, minimizer  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::scipy.sparse.SparseEfficiencyWarning"
)

H = SparsePauliOp(["II", "IZ", "ZI", "ZZ", "XX"], [-1.0524, 0.3979, -0.3979, -0.0113, 0.1809])
LEVELS = np.linalg.eigvalsh(H.to_matrix())
ANSATZ = efficient_su2(2, reps=1)
START = np.random.default_rng(1).uniform(-np.pi, np.pi, ANSATZ.num_parameters)
PASSES = generate_preset_pass_manager(
    1, basis_gates=["rz", "rx", "h", "cx", "rzz"], seed_transpiler=1
)


def vqe(optimizer, estimator=None, **more):
    estimator = StatevectorEstimator() if estimator is None else estimator
    made = algorithms.VQE(estimator, ANSATZ, optimizer, initial_point=START, **more)
    return made.compute_minimum_eigenvalue(H)


@pytest.mark.parametrize("make", [Optimizer, minimizer], ids=["a class", "a callable"])
def test_vqe_goes_as_our_own_run(make):
    found = vqe(make("qng", lr=0.4, maxiter=25))
    expected = qng.minimize(qng.Problem(ANSATZ, H, start=START), "qng", lr=0.4, steps=25)
    assert found.eigenvalue == pytest.approx(LEVELS[0], abs=1e-4)
    assert found.optimal_point == pytest.approx(expected.x, abs=1e-6)
    assert found.cost_function_evals == found.optimizer_result.nfev > 25
    assert found.optimizer_result.nit == 25
    assert found.optimizer_result.run.nit == 25


def test_vqe_with_an_estimator_of_aer_and_its_own_callback():
    counts = []
    found = vqe(
        Optimizer("qng", lr=0.4, maxiter=25),
        AerEstimator(),
        callback=lambda count, *rest: counts.append(count),
    )
    assert found.eigenvalue == pytest.approx(LEVELS[0], abs=1e-3)
    assert counts[-1] == found.cost_function_evals


def test_vqe_that_transpiles_its_ansatz():
    found = vqe(Optimizer("qng", lr=0.4, maxiter=5), transpiler=PASSES)
    assert found.optimal_point == pytest.approx(
        vqe(Optimizer("qng", ANSATZ, lr=0.4, maxiter=5)).optimal_point, abs=1e-6
    )


def test_vqe_with_a_gradient_of_its_own():
    from qiskit_algorithms.gradients import ParamShiftEstimatorGradient

    gradient = ParamShiftEstimatorGradient(StatevectorEstimator())
    found = vqe(minimizer("qng", lr=0.4, maxiter=5), gradient=gradient)
    assert found.optimizer_result.gradient == "given"
    assert found.optimal_point == pytest.approx(
        vqe(minimizer("qng", lr=0.4, maxiter=5)).optimal_point, abs=1e-6
    )


def test_vqe_with_noise():
    """Of 24 seeds the energy ends 0.007 to 0.083 above the lowest."""
    found = vqe(
        minimizer("qng", lr=0.2, damping=0.03, maxiter=25),
        StatevectorEstimator(default_precision=0.005, seed=np.random.default_rng(0)),
    )
    assert 0.002 < found.optimizer_result.std_error < 0.01
    true = float(qng.energy(qng.Problem(ANSATZ, H), found.optimal_point).value)
    assert true < LEVELS[0] + 0.1


def test_the_metric_from_shots_of_a_sampler_of_ones_own():
    found = vqe(
        Optimizer("qng-blocks", maxiter=3, executor=StatevectorSampler(), shots=20_000, seed=2)
    )
    run = found.optimizer_result.run
    assert run.shots == pytest.approx(60_000, rel=0.1)
    assert run.fun < run.trace["energy"][0]


@pytest.mark.parametrize("aggregation", [None, 0.25], ids=["mean", "CVaR"])
def test_qaoa_makes_its_own_circuit(aggregation):
    cost = SparsePauliOp(["ZZI", "IZZ", "ZIZ"], [1.0, 1.0, 0.5])
    made = algorithms.QAOA(
        StatevectorSampler(default_shots=2000, seed=np.random.default_rng(0)),
        Optimizer("qng", maxiter=12),
        reps=2,
        initial_point=[0.1, 0.2, 0.3, 0.4],
        aggregation=aggregation,
        transpiler=PASSES,
    )
    found = made.compute_minimum_eigenvalue(cost)
    run = found.optimizer_result.run
    assert run.std_error is not None
    assert run.fun < run.trace["energy"][0] - 0.3
    assert found.best_measurement["value"] == pytest.approx(-1.5)


def test_sampling_vqe():
    cost = SparsePauliOp(["ZZ", "IZ"], [1.0, 0.5])
    made = algorithms.SamplingVQE(
        StatevectorSampler(default_shots=2000, seed=np.random.default_rng(0)),
        ANSATZ.copy(),
        Optimizer("qng-blocks", lr=0.2, maxiter=10),
        initial_point=START,
    )
    found = made.compute_minimum_eigenvalue(cost)
    assert found.eigenvalue < found.optimizer_result.run.trace["energy"][0]


def test_vqd_finds_the_levels_one_after_another():
    ansatz = real_amplitudes(2, reps=1)
    made = algorithms.VQD(
        StatevectorEstimator(),
        algorithms.state_fidelities.ComputeUncompute(
            StatevectorSampler(seed=np.random.default_rng(0))
        ),
        ansatz,
        Optimizer("qng", lr=0.2, damping=0.03, maxiter=15),
        k=2,
        betas=[3.0],
        initial_point=START[: ansatz.num_parameters],
    )
    found = made.compute_eigenvalues(H)
    assert np.real(found.eigenvalues[0]) == pytest.approx(LEVELS[0], abs=1e-3)
    # Of the second the fidelity is from shots, and VQD keeps its lowest reading.
    assert np.real(found.eigenvalues[1]) == pytest.approx(LEVELS[1], abs=0.15)
    assert found.optimizer_results[1].run.std_error is not None


def test_an_optimizer_is_one_of_theirs():
    optimizer = Optimizer("qng", lr=0.3, maxiter=7, tol=1e-3)
    assert isinstance(optimizer, optimizers.Optimizer)
    assert optimizer.is_gradient_supported
    assert optimizer.is_bounds_ignored
    assert optimizer.is_initial_point_required
    assert Optimizer(**optimizer.settings).settings == optimizer.settings
    assert optimizer.settings["lr"] == 0.3
    with pytest.raises(InputError, match="unknown method"):
        Optimizer("qngs")
    with pytest.raises(InputError, match="maxiter"):
        Optimizer(maxiter=-1)


def test_a_function_of_ones_own_needs_a_circuit():
    def energy(x):
        return float(qng.energy(qng.Problem(ANSATZ, H), x).value)

    with pytest.raises(InputError, match="metric of a circuit"):
        Optimizer("qng").minimize(energy, START)
    found = Optimizer("qng", ANSATZ, lr=0.4, maxiter=3).minimize(energy, START)
    assert found.fun == pytest.approx(energy(found.x))


def test_adapt_vqe_grows_its_circuit():
    """The optimizer meets another circuit in every round."""
    first = QuantumCircuit(2)
    first.x(0)
    solver = algorithms.VQE(StatevectorEstimator(), first, Optimizer("qng", lr=0.4, maxiter=30))
    words = [SparsePauliOp([word]) for word in ("XY", "YX", "YI")]
    adapt = algorithms.AdaptVQE(solver, operators=words, initial_state=first, max_iterations=3)
    found = adapt.compute_minimum_eigenvalue(H)
    assert found.eigenvalue == pytest.approx(LEVELS[0], abs=1e-6)


def test_a_step_is_one_job():
    class Jobs(StatevectorEstimator):
        jobs = 0

        def run(self, pubs, *, precision=None):
            Jobs.jobs += 1
            return super().run(pubs, precision=precision)

    vqe(Optimizer("qng", maxiter=20), Jobs())
    assert Jobs.jobs == 20 + 1 + 2  # noise and the kind of function are seen in two more
