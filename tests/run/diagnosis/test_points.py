"""Points that researchers start from or get stuck at, whose truth is known by hand."""

from dataclasses import replace

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient, qaoa
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError
from qng.run.diagnosis.causes import long_step, shot_floor
from qng.run.diagnosis.ends import minimum
from qng.run.diagnosis.reading import Reading
from qng.run.diagnosis.shape import plateau
from qng.run.excited import Deflated
from tests import dense
from tests.faults import case

GRAPH = qng.hamiltonians.maxcut([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)])
ALIGNED = qng.Problem(hardware_efficient(2, 0, ["ry"]), {"Z0": 1.0, "Z1": 1.0})


def held(found):
    return {finding.name for finding in found.held}


@pytest.mark.parametrize("angle", [0.0, np.pi / 2])
def test_qaoa_starts_at_a_saddle_though_the_diagonal_of_its_hessian_vanishes(angle):
    # <C> is that of |+>, or of a state of spins flipped as a whole; d^2 E/d beta d gamma is not 0.
    problem = qng.Problem(qaoa(GRAPH, 2), GRAPH)
    found = qng.diagnose(problem, np.full(4, angle), starts=0)
    assert found.verdict == "saddle"
    assert np.abs(dense.gradient(problem.circuit, GRAPH, np.full(4, angle))).max() < 1e-12
    there = dense.energy(problem.circuit, GRAPH, found.escape)
    assert there < found.evidence.energy.value - 0.1


def test_a_maximum_is_left_in_all_directions():
    # E = cos t0 + cos t1: along one of them lies a saddle at E = 0, which is no minimum.
    found = qng.diagnose(ALIGNED, [0.0, 0.0])
    assert found.verdict == "saddle"
    assert "local-minimum" not in held(found)
    assert found.evidence.bottom == pytest.approx(-2.0)
    assert np.cos(found.escape).sum() < -1.0
    run = qng.minimize(ALIGNED, "gd", lr=0.5, steps=100, **found.settings)
    assert run.fun == pytest.approx(-2.0, abs=1e-6)


def test_a_saddle_that_minimisations_run_into_is_no_local_minimum():
    # The slope at (0.5, 0) leads along t0 alone, to (pi, 0), where t1 still bends down.
    found = qng.diagnose(ALIGNED, [0.5, 0.0])
    assert found.evidence.bottom == pytest.approx(-2.0)
    assert "local-minimum" not in held(found)


def test_many_small_slopes_that_lead_down_together_are_no_plateau():
    # u = 0.04: of 100 parameters, if they are independent, 16 % of the way of imaginary time.
    seen = qng.diagnose("one-qubit", [0.3, 0.8], starts=0).evidence
    flat = replace(seen, share=Reading(0.04**2), bend=Reading(0.0), peak=Reading(0.1))
    few, many = (replace(flat, parameters=("t",) * size) for size in (12, 100))
    assert plateau(few).holds
    assert not plateau(many).holds
    assert not plateau(replace(few, peak=Reading(1.0))).holds


@pytest.mark.parametrize("shots", [None, 10_000])
def test_no_parameters_at_all(shots):
    problem = qng.Problem(Circuit(2, (Gate("h", (0,)),), ()), {"Z0": 1.0})
    found = qng.diagnose(problem, shots=shots)
    assert found.verdict == "no-influence"
    assert "there are no free parameters" in found.words
    assert "saddle" not in {finding.name for finding in found.open}


def test_the_maximum_of_a_penalty_is_a_saddle():
    # Its Hessian is had of differences, as there is none of penalties; <H> is at its minimum.
    problem = qng.load("one-qubit")
    lowest = qng.minimize(problem, "qng", steps=60).x
    found = qng.diagnose(Deflated(problem, lowest[None], np.array([5.0])), lowest, starts=0)
    assert found.verdict == "saddle"
    assert found.evidence.bottom == pytest.approx(2**0.5)


def test_blocks_do_not_pass_for_the_metric():
    circuit = hardware_efficient(4, 3)
    theta = np.random.default_rng(0).uniform(-3, 3, circuit.n_parameters)
    problem = qng.Problem(circuit, qng.hamiltonians.tfim(4))
    found = qng.diagnose(problem, theta, shots=200_000)
    assert found.evidence.metric_by == "blocks"
    assert found.evidence.captured is None
    assert "more than 30 rotations" in found.evidence.notes[0]
    assert qng.diagnose(problem, theta, starts=0).evidence.captured <= 1.0


def test_what_has_no_metric_is_not_sent_to_a_method_that_needs_one():
    valley = qng.models.function(
        lambda t: (1 - t[0]) ** 2 + 100 * (t[1] - t[0] ** 2) ** 2, [-1.2, 1.0]
    )
    found = qng.diagnose(valley, starts=0)
    assert found.settings == {"method": "l-bfgs-b", "steps": 100}
    assert qng.minimize(valley, **found.settings).fun < 1e-6
    with np.errstate(all="ignore"):
        diverged = qng.minimize(valley, "gd", lr=0.01, steps=20)
    again = qng.diagnose(diverged, starts=0)
    assert again.verdict == "long-step"
    assert qng.minimize(valley, steps=20, **again.settings).fun < 10


def test_above_the_reference_on_a_noisy_device_may_be_its_noise():
    # Where the noiseless state is not known, nothing says that there is a better minimum.
    one = case("local minimum", 1)
    seen = qng.diagnose(one.target, one.theta, shots=1_000_000, seed=1).evidence
    assert minimum(seen).holds
    blurred = minimum(replace(seen, noise="depolarising", executor="a device", state=None))
    assert blurred.holds is None
    assert "the noise of a device may be all" in blurred.says


def test_without_a_reference_the_variance_says_that_it_is_not_the_lowest_energy():
    # The lowest product state of an entangled chain: no slope, no eigenstate.
    one = case("ansatz too shallow", 1)
    seen = replace(qng.diagnose(one.target, one.theta, starts=0).evidence, reference=None)
    h = dense.pauli_sum(one.target.observable, 3)
    psi = dense.state(one.target.circuit, one.theta)
    spread = np.linalg.norm(h @ psi - (psi.conj() @ h @ psi) * psi)
    assert seen.variance.value**0.5 == pytest.approx(float(spread))
    assert minimum(seen).holds
    assert not minimum(replace(seen, variance=Reading(0.0))).holds


@pytest.mark.parametrize(
    ("method", "theta"),
    [
        ("newton", 1.0),  # d^2 E = -cos t < 0, which its step takes by the size
        ("projected-inverse", np.pi / 2),  # K = E g = 0, and M = 2 (K - w g)
        ("linear-method", np.pi / 2),
    ],
)
def test_curvature_that_is_negative_or_zero_is_not_blind(method, theta):
    spin = qng.Problem(hardware_efficient(1, 0, ["ry"]), {"Z0": 1.0})
    found = qng.diagnose(spin, [theta], method=method)
    assert found.verdict == "descending"
    assert found.evidence.missed == 0
    if method == "projected-inverse":
        published = qng.diagnose(spin, [theta], method=method, trust=np.inf)
        assert published.evidence.missed == 0


def test_the_next_step_of_cma_es_goes_on_with_its_population():
    run = qng.minimize("one-qubit", "cma-es", steps=8, shots=4000, seed=2)
    found = qng.diagnose(run).evidence
    longer = qng.minimize("one-qubit", "cma-es", steps=9, shots=4000, seed=2)
    spin = qng.load("one-qubit")
    here, moved = (dense.energy(spin.circuit, spin.observable, x) for x in (run.x, longer.x))
    assert abs(found.step_change - (moved - here)) < 0.1


def test_few_shots_are_said_in_all_and_leave_out_what_they_do_not_reach():
    words = {"Z0 Z1": 1.0, "X0": 0.3, "X1 X0": 0.2, "Y0 Y1": 0.1}
    problem = qng.Problem(hardware_efficient(2, 0, ["ry"]), words, start=[0.1, 0.1])
    with pytest.raises(InputError, match=r"60 shots .* at least \d+") as refused:
        qng.diagnose(problem, shots=60)
    least = int(str(refused.value).split("at least ")[1].split(",")[0])
    with pytest.raises(InputError, match=f"at least {least}"):
        qng.diagnose(problem, shots=least // 2)
    found = qng.diagnose(problem, shots=least)
    assert any("was not measured: it takes" in note for note in found.evidence.notes)


def test_what_has_no_rate_is_not_told_to_lower_it():
    e = qng.diagnose(qng.minimize("one-qubit", "cma-es", steps=8, shots=4000, seed=2)).evidence
    assert e.step_noise is None  # it measures no gradient, whose noise could drown its steps
    assert "--lr" not in shot_floor(e).change
    for method, rated in (("cma-es", False), ("rotosolve", False), ("adam", True)):
        assert ("--lr" in long_step(replace(e, method=method)).change) == rated
