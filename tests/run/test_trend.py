"""`tol` with shots: a change below its noise is no convergence."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, linregress, norm

import qng
from qng import optimizers
from qng.optimize.method import Step
from qng.optimize.optimizer import Optimizer
from qng.run import trend


def rows(energies, spread):
    return [Step(k, np.array([float(k)]), float(e), spread) for k, e in enumerate(energies)]


def settles(energies, spread, tol):
    """Where a run with these readings is called settled first, looked at after every step."""
    found = rows(energies, spread)
    for k in range(2, len(found) + 1):
        if trend.settled(found[:k], tol, len(found)) is not None:
            return k
    return None


class TestFormulas:
    def test_slope_is_that_of_the_regression(self):
        energies = np.random.default_rng(0).normal(size=9)
        for points in trend.windows(len(energies)):
            found = trend.fitted(rows(energies, 0.5)[-points:])
            expected = linregress(np.arange(points), energies[-points:])
            assert found.points == points
            assert found.slope == pytest.approx(expected.slope)
            # var b = s^2 / sum (x - mean)^2 = 12 s^2 / (W^3 - W)
            assert found.error == pytest.approx(0.5 * math.sqrt(12 / (points**3 - points)))

    def test_steps_that_were_not_taken_count_as_none(self):
        places, energies = [0.0, 1, 1, 2], [4.0, 2.5, 2, 0.5]
        still = [Step(k, np.array([x]), e, 0.1) for k, (x, e) in enumerate(zip(places, energies))]
        found = trend.fitted(still)
        assert found.slope == pytest.approx(linregress(places, energies).slope)
        assert trend.fitted([Step(k, np.zeros(1), 1.0, 0.1) for k in range(8)]) is None

    def test_scatter_is_that_of_the_errors(self):
        """Wilson and Hilferty's quantile of chi^2 is right to a percent of it."""
        for points in (4, 8, 32):
            edge = math.sqrt(chi2.ppf(0.99, points - 2) / (points - 2))
            shape = np.random.default_rng(points).normal(size=points)
            x = np.arange(points)
            rest = shape - np.polyval(np.polyfit(x, shape, 1), x)
            rest *= math.sqrt((points - 2) / (rest @ rest))  # chi^2 = points - 2 for s = 1
            inside, outside = (
                trend.fitted(rows(factor * edge * rest, 1.0)) for factor in (0.95, 1.05)
            )
            assert inside.straight
            assert not outside.straight

    def test_looks_and_shots_that_lack(self):
        assert [trend.windows(n) for n in (3, 4, 7, 8, 40)] == [
            [],
            [4],
            [4],
            [4, 8],
            [4, 8, 16, 32],
        ]
        assert [trend.looks(n) for n in (1, 4, 7, 8, 101)] == [1, 4, 7, 12, 198]
        for limit in (7, 24, 101):  # as they are counted
            seen = [w for k in range(limit) for w in trend.windows(k + 1) if k % (w // 4) == 0]
            assert limit / 2 < len(seen) <= trend.looks(limit) < 2 * limit + 5
        z = norm.isf(0.01 / 198)
        error = 0.02 * math.sqrt(12 / (32**3 - 32))
        factor = trend.lacking(rows(np.zeros(9), 0.02), 1e-4, 101)
        assert factor == pytest.approx((2 * z * error / 1e-4) ** 2)
        assert trend.lacking(rows(np.zeros(9), 0.02), 0.0, 101) == math.inf


class TestRates:
    """500 runs each; the count of false alarms is within four standard deviations of 1 %."""

    RUNS, STEPS = 500, 24
    MOST = RUNS * trend.FALSE_ALARM + 4 * math.sqrt(RUNS * trend.FALSE_ALARM)

    def readings(self, slope, seed):
        rng = np.random.default_rng(seed)
        return -slope * np.arange(self.STEPS) + rng.normal(size=(self.RUNS, self.STEPS))

    @pytest.mark.parametrize("slope", [0.5, 10.0])
    def test_a_slope_just_above_tol_is_seldom_called_settled(self, slope):
        """In units of the noise of a reading; ten times the noise floor is the last one."""
        tol = 0.999 * slope
        found = sum(settles(e, 1.0, tol) is not None for e in self.readings(slope, 1))
        assert found <= self.MOST

    def test_a_change_that_was_below_its_noise_was_called_converged(self):
        """The rule of before: it ends nine of ten runs on a slope of its noise within 24 steps."""
        steps = np.diff(self.readings(1.0, 2))
        assert np.any(np.abs(steps) <= math.sqrt(2), axis=1).mean() > 0.9

    def test_what_does_not_change_is_called_settled_as_soon_as_it_can_be_seen(self):
        z = norm.isf(trend.FALSE_ALARM / trend.looks(self.STEPS))
        tol = 2 * z * math.sqrt(12 / (16**3 - 16))
        found = [settles(e, 1.0, tol) for e in self.readings(0.0, 3)[:300]]
        assert sum(k is not None and k <= 20 for k in found) > 0.97 * 300
        assert trend.lacking(rows(np.zeros(4), 1.0), tol, 2 * 16) == pytest.approx(1, rel=0.2)

    def test_an_energy_that_jumps_has_not_settled(self):
        jumps = 10.0 * (-1.0) ** np.arange(self.STEPS)
        found = [settles(e + jumps, 1.0, 5.0) for e in self.readings(0.0, 4)[:50]]
        assert found == [None] * 50


class TestRuns:
    @pytest.mark.parametrize(
        "method", ["gd", "adam", "spsa", "qn-spsa", "rotosolve", "cobyla", "l-bfgs-b", "slsqp"]
    )
    def test_no_method_converges_on_a_slope(self, method):
        """From 1.1 Ha above the minimum of h2, where all runs of gd converged in 1 to 7 steps."""
        for seed in range(2):
            run = qng.minimize("h2", method, steps=8, shots=3000, tol=1e-3, seed=seed)
            assert not run.message.startswith("converged")
            assert not run.success

    def test_a_run_at_its_minimum_converges(self):
        problem = qng.load("one-qubit")
        start = qng.minimize(problem, "qng", steps=200).x
        found = [
            qng.minimize(problem, "gd", start=start, steps=60, shots=20_000, tol=5e-3, seed=seed)
            for seed in range(5)
        ]
        assert all(run.success and "converged" in run.message for run in found)
        assert all("a step in" in run.message and run.nit < 40 for run in found)

    def test_a_tolerance_that_cannot_be_resolved_is_said_to_be_so(self):
        run = qng.minimize("one-qubit", "gd", steps=50, shots=200, tol=1e-12, lr=1e-6)
        assert not run.success
        assert (
            "tol = 1e-12 cannot be resolved with these shots in 50 steps: it takes" in run.message
        )
        assert float(run.message.split("about ")[1].split()[0]) > 1e15
        never = qng.minimize("one-qubit", "gd", steps=5, shots=200, tol=0.0)
        assert never.message.endswith("cannot be resolved with these shots in 5 steps")

    def test_the_shots_that_it_takes_do(self):
        start = qng.minimize("one-qubit", "qng", steps=200).x

        def run(shots):
            return qng.minimize("one-qubit", "gd", start=start, steps=40, shots=shots, tol=2e-3)

        few = run(1000)
        assert "cannot be resolved" in few.message
        enough = run(int(float(few.message.split("about ")[1].split()[0])))
        assert enough.success

    def test_who_chooses_by_readings_is_not_judged_by_them(self):
        run = qng.minimize("one-qubit", "cobyla", steps=60, shots=500, tol=0.5)
        assert "tol is not judged" in run.message
        assert not run.success

    @pytest.mark.parametrize("method", ["cobyla", "l-bfgs-b"])
    def test_what_scipy_takes_for_convergence_is_none_with_shots(self, method):
        noisy = qng.minimize("one-qubit", method, steps=3000, shots=100)
        exact = qng.minimize("one-qubit", method, steps=3000)
        assert noisy.message.startswith("SciPy's")
        assert "readings have errors it does not know" in noisy.message
        assert (noisy.success, exact.success) == (False, True)

    def test_a_line_search_that_gives_up_in_noise_is_no_success(self):
        still = Optimizer(lambda at, told: at.stay())
        exact = qng.minimize("one-qubit", still, steps=30)
        noisy = qng.minimize("one-qubit", still, steps=30, shots=500)
        assert exact.message == "stopped: the line search found no decrease in 10 steps"
        assert noisy.message == exact.message
        assert (exact.success, noisy.success) == (True, False)
        assert qng.minimize("one-qubit", still, steps=3, shots=500).success

    def test_exact_runs_are_judged_as_before(self):
        run = qng.minimize("one-qubit", optimizers.gd(0.2), steps=500, tol=1e-4)
        change = np.abs(np.diff(run.trace["energy"]))
        assert run.success
        assert change[-1] <= 1e-4 < change[:-1].min()
        assert run.message == f"converged: the energy changed by {change[-1]:.1e}, tol is 0.0001"
