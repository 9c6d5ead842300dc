"""Variational evolution in time against exact evolution, QNG and the equations themselves."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.errors import EvolutionError, InputError
from qng.geometry import PseudoInverse, Tikhonov
from qng.plan.request import Expectation, Overlap
from qng.run.evolution import Evolution
from qng.run.exact import evolved
from qng.run.imaginary import imaginary_time

# Eight parameters move two qubits in all of their six directions.
FULL = qng.Problem(
    hardware_efficient(2, 1),
    {"Z0 Z1": 1.0, "X0": 0.7, "Y1": 0.3},
    np.random.default_rng(4).uniform(-np.pi, np.pi, 8),
)
REAL = {"kind": "real"}
TDVP = {"kind": "real", "principle": "tdvp"}


def state(theta: np.ndarray) -> np.ndarray:
    from qng.run.exact import states_of

    return states_of(FULL, theta[None])[0]


@pytest.mark.parametrize(("kind", "off"), [({}, 1e-10), (REAL, 1e-10), (TDVP, 1e-10)])
def test_a_circuit_that_can_go_anywhere_follows_exact_evolution(kind: dict, off: float) -> None:
    """Exact evolution is that of scipy.linalg.expm, and an observable's mean goes along."""
    found = qng.evolve(FULL, 0.8, observables=["X0 Y1"], times=[0.4], rtol=1e-6, **kind)
    assert found.times.tolist() == [0, 0.4, 0.8]
    assert found.success
    assert found.infidelities.max() < off
    h, factor = FULL.observable.dense(2), -1j if kind else -1
    psi = scipy.linalg.expm(0.8 * factor * h) @ state(FULL.initial)
    psi /= np.linalg.norm(psi)
    assert abs(np.vdot(psi, state(found.x))) ** 2 > 1 - off
    word = qng.PauliSum({"X0 Y1": 1.0}).dense(2)
    assert found.exact is not None
    assert found.exact.means["X0 Y1"][-1] == pytest.approx(np.vdot(psi, word @ psi).real)
    assert found.means["X0 Y1"][-1] == pytest.approx(np.vdot(psi, word @ psi).real, abs=1e-4)
    assert found["residual"].max() < 1e-3


@pytest.mark.parametrize("name", ["h2", "textbook-2"])
def test_a_step_of_euler_is_a_step_of_the_natural_gradient(name: str) -> None:
    """VarQITE with dtau is QNG with eta = dtau / 2 and the same solver."""
    tau, solve = 0.1, Tikhonov(1e-4)
    run = qng.minimize(name, qng.optimizers.qng(tau / 2, 1e-4, trust=math.inf), steps=15)
    found = qng.evolve(name, 15 * tau, integrator="euler", step=tau, solve=solve)
    np.testing.assert_allclose(found.points, run.trace["theta"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.energies, run.trace["energy"], rtol=0, atol=1e-12)
    assert found.nfev == 16


def test_smaller_steps_of_euler_and_smaller_tolerances_go_to_exact_evolution() -> None:
    law = imaginary_time(FULL, [0.2]).energies[0]
    gaps = [
        abs(qng.evolve(FULL, 0.2, integrator="euler", step=step).energies[-1] - law)
        for step in (0.02, 0.01)
    ]
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.3)
    tight = qng.evolve(FULL, 0.2, integrator="DOP853", rtol=1e-9, atol=1e-11, times=[])
    assert abs(tight.energies[-1] - law) < 1e-9


def test_euler_takes_the_last_step_shorter() -> None:
    found = qng.evolve("textbook-2", 0.25, integrator="euler", step=0.1)
    np.testing.assert_allclose(found.times, [0, 0.1, 0.2, 0.25])
    assert found.steps == 3


@pytest.mark.parametrize("integrator", ["RK23", "DOP853", "Radau", "BDF", "LSODA"])
def test_all_integrators_of_scipy_agree(integrator: str) -> None:
    one, other = (
        qng.evolve("textbook-2", 0.2, integrator=name, times=[], rtol=1e-7)
        for name in ("RK45", integrator)
    )
    assert other.energies[-1] == pytest.approx(one.energies[-1], abs=1e-5)


def test_the_equations_are_those_of_finite_differences() -> None:
    """g theta' = Im<d psi|(H - E)|psi>, F theta' = -grad E, and the distance that is left."""
    from qng.execute.names import executor
    from qng.plan.quantities import By
    from qng.run.drive import source_of
    from qng.run.flow import Flow
    from qng.run.objective import Circuits

    problem = qng.load("h2").reduced()
    theta = problem.initial + 0.3 * np.arange(len(problem.initial))
    h = problem.observable.dense(problem.circuit.n_qubits)
    device = executor("statevector")

    def psi(x: np.ndarray) -> np.ndarray:
        from qng.run.exact import states_of

        return states_of(problem, x[None])[0]

    here, eps = psi(theta), 1e-5
    unit = np.eye(len(theta)) * eps
    d = np.array([(psi(theta + e) - psi(theta - e)) / (2 * eps) for e in unit])
    d -= np.outer(d @ here.conj(), here)
    pushed = h @ here - np.vdot(here, h @ here) * here
    g, force = (d.conj() @ d.T).real, d.conj() @ pushed
    for kind, signal in (("real", force.imag), ("imaginary", -force.real)):
        objective = Circuits.of(problem, device, False)
        source = source_of(problem, objective, device, By("auto"))
        rate = Flow(source.at, kind, "mclachlan", Tikhonov(1e-3)).rate(theta)
        wanted = np.linalg.solve(g + 1e-3 * np.eye(len(g)), signal)
        np.testing.assert_allclose(rate.velocity, wanted, atol=1e-6)
        left = np.linalg.norm(wanted @ d + (1j if kind == "real" else 1) * pushed)
        assert rate.residual == pytest.approx(left, abs=1e-6)
        assert rate.driven.variance == pytest.approx(np.linalg.norm(pushed) ** 2)
        assert rate.speed == pytest.approx(np.sqrt(wanted @ g @ wanted))


def test_the_drift_bounds_the_angle_to_the_exact_state_in_real_time() -> None:
    """On circuits that cannot follow: the bound holds, and is not empty."""
    for seed in range(4):
        theta = np.random.default_rng(seed).uniform(-2, 2, qng.load("h2").circuit.n_parameters)
        found = qng.evolve("h2", 0.6, kind="real", start=theta, times=[0.2, 0.4])
        assert found.exact is not None
        angle = np.arccos(np.sqrt(np.minimum(found.exact.fidelities, 1)))
        assert np.all(angle <= found["drift"] + 1e-6)
        assert angle[-1] > 0.1 * found["drift"][-1]


def test_on_product_states_tdvp_keeps_the_energy_and_agrees_with_mclachlan() -> None:
    """Bloch spheres: i times a tangent is a tangent, but the state cannot follow."""
    circuit = qng.Circuit(
        2,
        [
            qng.Rotation(qng.Pauli.parse(word), parameter(name))
            for word, name in (("X0", "a"), ("Z0", "b"), ("X1", "c"), ("Z1", "d"))
        ],
        ["a", "b", "c", "d"],
    )
    start = [0.9, 0.4, 1.2, -0.3]
    problem = qng.Problem(circuit, {"Z0 Z1": 0.8, "X0": 0.4, "Y1": 0.6, "X0 Y1": 0.3}, start)
    found = qng.evolve(problem, 1.0, **TDVP, times=[0.5])
    assert np.ptp(found.energies) < 1e-5
    other = qng.evolve(problem, 1.0, kind="real", times=[0.5])
    np.testing.assert_allclose(other.points, found.points, atol=1e-4)
    assert found.infidelities[-1] > 1e-3


def test_tdvp_is_refused_where_the_curvature_is_singular() -> None:
    with pytest.raises(EvolutionError, match="the Berry curvature is singular: of 3 directions"):
        qng.evolve("textbook-2", 1.0, **TDVP)
    with pytest.raises(InputError, match="in imaginary time TDVP has no solution"):
        qng.evolve("textbook-2", 1.0, principle="tdvp")


def test_what_was_done_travels_with_whatever_ends_it() -> None:
    """A singular equation on the way, a limit, an error of the user's, and Ctrl-C."""

    def broken(moment: Any) -> None:
        if moment.time > 0.3:
            raise ZeroDivisionError("mine")

    def interrupt(moment: Any) -> None:
        if moment.time > 0.3:
            raise KeyboardInterrupt

    for given, kind in (
        ({"limit": 40}, EvolutionError),
        ({"watch": broken}, ZeroDivisionError),
        ({"watch": interrupt}, KeyboardInterrupt),
    ):
        with pytest.raises(kind) as caught:
            qng.evolve("textbook-2", 2.0, **given)
        partial = caught.value.partial
        assert isinstance(partial, Evolution)
        assert 0 < partial.times[-1] < 1
        assert not partial.success
        assert partial.exact is not None
    with pytest.raises(EvolutionError, match="at time 0: the metric is singular"):
        qng.evolve("h2", 1.0, solve=Tikhonov(0.0), start=np.zeros(12))


def test_a_step_that_is_too_long_is_said() -> None:
    huge = qng.Problem(FULL.circuit, {"Z0 Z1": 1e160}, FULL.initial)
    with pytest.raises(EvolutionError, match="not finite"):
        qng.evolve(huge, 1.0, integrator="euler", step=1.0)


def test_until_and_watch_end_it() -> None:
    """The first zero is found inside a step, to the tolerance of the integrator."""
    level = -0.3
    found = qng.evolve(
        "textbook-2", 5.0, until=lambda _, x: qng.energy("textbook-2", x).value - level
    )
    assert found.energies[-1] == pytest.approx(level, abs=1e-6)
    assert found.times[-1] < 5
    assert found.success
    assert "until crossed zero" in found.message

    def stop(moment: Any) -> None:
        if moment.time >= 1:
            raise StopIteration("enough")

    found = qng.evolve("textbook-2", 5.0, watch=stop)
    assert found.times[-1] == 1
    assert "watch ended it at time 1: enough" in found.message


def test_frozen_parameters_stay() -> None:
    held = FULL.circuit.parameters[:1]
    problem = FULL.freeze(*held)
    found = qng.evolve(problem, 0.3, times=[])
    assert found.points.shape == (2, 8)
    assert found.x[0] == FULL.initial[0]


def test_what_knows_no_derivatives_of_states_goes_by_energies() -> None:
    """Gradients by shifts and overlaps, on an executor of the user's own."""
    from qng.execute.names import executor

    class Plain:
        """The values of the statevector, and nothing else."""

        name, noise, answers = "plain", "", frozenset({Expectation, Overlap})

        def run(self, requests: Any, seed: int) -> Any:
            return executor("statevector").run(requests, seed)

    given: dict[str, Any] = {"integrator": "euler", "step": 0.1}
    found = qng.evolve("textbook-2", 0.2, executor=Plain(), **given)
    exact = qng.evolve("textbook-2", 0.2, **given)
    np.testing.assert_allclose(found.points, exact.points, atol=1e-7)
    np.testing.assert_allclose(found["residual"], exact["residual"], atol=1e-6)
    with pytest.raises(InputError, match="real time needs derivatives of the state"):
        qng.evolve("textbook-2", 0.2, kind="real", executor=Plain())
    with pytest.raises(InputError, match="counts bits, and an integrator takes the scatter"):
        qng.evolve("textbook-2", 0.2, executor="aer:matrix_product_state", **given)
    with pytest.raises(InputError, match="rounds derivatives to single precision"):
        qng.evolve("textbook-2", 0.2, executor="statevector:single", **given)


def test_it_is_stored(tmp_path: Any) -> None:
    found = qng.evolve(
        FULL, 0.2, times=[0.1], observables={"a": {"Z0": 1.0}}, solve=PseudoInverse()
    )
    found.save(tmp_path / "evolution.json")
    again = qng.load_run(tmp_path / "evolution.json")
    assert isinstance(again, Evolution)
    np.testing.assert_array_equal(again.points, found.points)
    np.testing.assert_array_equal(again["drift"], found["drift"])
    np.testing.assert_array_equal(again.means["a"], found.means["a"])
    assert again.made.solve == PseudoInverse()
    assert again.made.integrator == found.made.integrator


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time": -1.0}, "time must be a positive number"),
        ({"kind": "complex"}, "unknown kind of time"),
        ({"principle": "dirac"}, "unknown variational principle"),
        ({"integrator": "rk45"}, "unknown integrator 'rk45'; did you mean RK45"),
        ({"integrator": "euler"}, "euler needs the size of its steps"),
        ({"step": 0.0}, "step must be a positive number"),
        ({"integrator": "euler", "step": 5.0}, "longer than the time"),
        ({"rtol": 1e-15}, "rtol must be at least 2.2e-14"),
        ({"times": [2.0]}, "times must be from 0 to time = 1"),
        ({"solve": 1e-3}, "solve must be a solver"),
        ({"metric": "spsa"}, "drawn at random"),
        ({"metric": "fisher"}, "Fubini-Study metric"),
        ({"observables": ["Z7"]}, "acts on qubit 7"),
        ({"observables": 3}, "observables are words"),
        ({"until": 3}, "until must be a function"),
        ({"until": lambda t, x: math.nan}, "until must give a finite number"),
        ({"limit": 0}, "limit must be a whole number"),
    ],
)
def test_bad_input_is_refused(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        qng.evolve("textbook-2", **{"time": 1.0, **given})


def test_products_with_a_sparse_matrix_agree_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from qng.run import exact

    psi, times = state(FULL.initial), np.array([0.0, 0.3, 0.3, 4.0])
    dense = evolved(FULL.observable, psi, times, real=True)
    monkeypatch.setattr(exact, "_DENSE", 0)
    np.testing.assert_allclose(evolved(FULL.observable, psi, times, real=True), dense, atol=1e-10)


@pytest.mark.parametrize("given", [{}, REAL, TDVP], ids=str)
def test_a_hamiltonian_may_depend_on_time(given: dict) -> None:
    """Small steps of expm at midpoints; the ground weight and the means go along."""

    def h(time: float) -> dict:
        return {"Z0 Z1": 1.0 - time, "X0": 0.7 * np.cos(3 * time), "Y1": 0.5, "X1": time}

    found = qng.evolve(FULL, 0.5, hamiltonian=h, times=[], **given)
    psi, steps = state(FULL.initial), 400
    for k in range(steps):
        middle = qng.PauliSum(h((k + 0.5) * 0.5 / steps)).dense(2)
        psi = scipy.linalg.expm((-1j if given else -1) * middle * 0.5 / steps) @ psi
        psi /= np.linalg.norm(psi)
    assert abs(np.vdot(psi, state(found.x))) ** 2 == pytest.approx(1, abs=1e-8)
    assert found.infidelities.max() < 1e-8
    assert found.exact is not None
    np.testing.assert_allclose(found.energies, found.exact.energies, atol=1e-4)
    assert found.goal.reference is None


def test_a_hamiltonian_in_time_is_checked() -> None:
    for h, message in (
        (lambda t: {"Z5": 1.0}, "acts on qubit 5 at time 0"),
        (lambda t: {"Z0": 1j}, "not Hermitian"),
        (lambda t: None, "an observable is a PauliSum"),
        (3, "hamiltonian must be a function"),
    ):
        with pytest.raises(InputError, match=message):
            qng.evolve("textbook-2", 1.0, hamiltonian=h)
    with pytest.raises(InputError, match="drives a circuit whose derivative states are known"):
        qng.evolve("logistic", 1.0, hamiltonian=lambda t: {"Z0": 1.0})
