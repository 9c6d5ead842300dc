"""Made-up faults are found, exactly and from shots; `tests.benchmarks.verdicts` has hundreds."""

import warnings

import numpy as np
import pytest

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.errors import InputError
from qng.models.wave.rbm import RBM
from qng.models.wave.sampler import Metropolis
from qng.models.wave.vmc import vmc
from qng.run.diagnosis.finding import NAMES
from qng.run.diagnosis.reading import LEVEL, Reading, decided, every, some
from tests.benchmarks.verdicts import diagnosed, is_noise
from tests.faults import FAULTS, case
from tests.run.test_codec import same

# Their instances take longest to make.
SLOW = {"shot floor"}


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - SLOW))
def test_a_fault_is_found(name):
    one = case(name, 1)
    found = diagnosed(one, "exact", 0)
    held = {finding.name for finding in found.held}
    assert one.right & held, found
    assert found.verdict in one.right | one.allowed
    assert found.findings[0].name == found.verdict
    assert not found.findings[0].change.startswith("None")


@pytest.mark.parametrize("name", ["no influence", "converged", "local minimum", "saddle"])
@pytest.mark.parametrize("ground", ["shots", "noisy"])
def test_from_shots_too(name, ground):
    one = case(name, 1)
    found = diagnosed(one, ground, 1)
    right = found.verdict in one.from_shots
    assert right or (ground == "noisy" and found.verdict == "noise" and is_noise(found)), found
    assert found.evidence.slope.std_error > 0 or name == "no influence"


def test_few_shots_leave_it_open():
    one = case("saddle", 1)
    found = qng.diagnose(one.target, one.theta, shots=2000)
    assert found.verdict in ("undecided", "shot-floor")


def test_the_way_out_of_a_saddle_and_of_a_local_minimum_leads_down():
    for name in ("saddle", "local minimum"):
        one = case(name, 2)
        found = qng.diagnose(one.target, one.theta)
        there = qng.energy(one.target, found.escape).value
        assert there < qng.energy(one.target, one.theta).value - one.target.accuracy
    assert qng.diagnose("one-qubit").escape is None


def test_frozen_parameters_stay():
    one = case("saddle", 2)
    problem = one.target.freeze("t0")
    found = qng.diagnose(problem, one.theta)
    assert found.evidence.parameters == ("t1", "t2", "t3", "t4")
    if found.escape is not None:
        assert found.escape[0] == one.theta[0]


def test_a_singular_start_is_named():
    found = qng.diagnose("tfim-8", starts=0)
    assert "singular-point" in {finding.name for finding in found.held}


def test_a_model_is_diagnosed_exactly():
    found = qng.diagnose("logistic")
    assert found.evidence.qubits is None
    assert found.verdict in NAMES
    with pytest.raises(InputError, match="leave shots out"):
        qng.diagnose("logistic", shots=1000)


def test_a_model_that_draws_samples_has_errors_and_no_curvature():
    sampler = Metropolis(chains=4, samples=100)
    found = qng.diagnose(vmc(qng.hamiltonians.tfim(3), RBM(3), sampler))
    assert found.evidence.energy.std_error > 0
    assert found.evidence.slope.std_error > 0
    assert not len(found.evidence.hessian)
    assert "draws samples" in found.evidence.notes[0]


def test_an_ansatz_that_reaches_all_real_states_is_not_too_shallow():
    circuit = hardware_efficient(2, 2, ("ry",), "cz")
    h = {"X0 X1": 1.0, "Z0": 0.4}
    assert qng.diagnose(qng.Problem(circuit, h), starts=0).evidence.directions == 3
    complex_ones = qng.Problem(circuit, h | {"Y0": 0.3})
    assert qng.diagnose(complex_ones, starts=0).evidence.directions == 6


def test_it_is_kept_in_a_file(tmp_path):
    found = qng.diagnose("one-qubit", [0.1, 0.2])
    found.save(tmp_path / "diagnosis.json")
    back = qng.load_run(tmp_path / "diagnosis.json")
    assert same(found, back)
    assert back.verdict == found.verdict


def test_equal_seeds_give_equal_counts():
    once, again = (qng.diagnose("one-qubit", [0.3, 0.8], shots=20_000, seed=3) for _ in range(2))
    other = qng.diagnose("one-qubit", [0.3, 0.8], shots=20_000, seed=4)
    assert once.evidence.slope == again.evidence.slope
    assert once.evidence.slope != other.evidence.slope


def test_a_run_with_shots_says_what_these_do():
    run = qng.minimize("one-qubit", "gd", steps=3, shots=300, lr=0.05)
    found = qng.diagnose(run)
    assert found.evidence.ground == "exact"
    assert found.evidence.step_noise > 0
    assert found.evidence.shots == 300
    assert found.evidence.method == "gd"


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("one-qubit", {"shots": 5}, "give at least 134, better 6700"),
        ("one-qubit", {"lr": 0.1}, "method="),
        ("one-qubit", {"method": "nope"}, "nope"),
        ("one-qubit", {"starts": -1}, "starts"),
        ("one-qubit", {"theta": [0.0]}, "theta"),
        ("one-qubit", {"theta": [0.0, np.nan]}, "finite"),
        ("one-qubit", {"shots": qng.PerCircuit(100)}, "all of it together"),
        ("one-qubit", {"metric": "nope"}, "nope"),
        ("one-qubit", {"shots": 10_000, "starts": 3}, "starts= are of exact"),
        ("one-qubit", {"shots": 10_000, "method": "gd"}, "leave method= out"),
        (3, {}, "problem"),
    ],
)
def test_bad_input_is_refused(target, options, said):
    with pytest.raises(InputError, match=said):
        qng.diagnose(target, **options)


def test_a_decision_is_wrong_as_seldom_as_is_said():
    # A number at the level itself: 0.5 % of 20,000 are 100, and 140 come with probability 1e-4.
    drawn = np.random.default_rng(0).normal(size=20_000)
    readings = [Reading(x, 1.0) for x in drawn]
    assert sum(reading.above(0.0) for reading in readings) < 140
    assert sum(reading.below(0.0) for reading in readings) < 140
    assert LEVEL == 0.005
    best = np.random.default_rng(1).normal(size=(4000, 16)).max(axis=1)
    assert sum(Reading(x, 1.0).of_several(16).above(0.0) for x in best) < 42


def test_three_values():
    assert every(True, None) is None
    assert every(None, False) is False
    assert some(None, True) is True
    assert some(False, None) is None
    assert decided(Reading(1.0, 1.0), 1.0) is None
    assert decided(None, 1.0) is None


def test_a_noisy_executor_that_reads_too_high(recwarn):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = case("noise of the device", 1)
    found = qng.diagnose(one.target, executor=one.options["executor"])
    assert found.verdict == "noise"
    assert "solved" in {finding.name for finding in found.held}
