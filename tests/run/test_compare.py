"""Comparisons are fair and repeatable, and step reports are what they say."""

import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.circuit.angle import apply, parameter
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli
from qng.errors import CircuitError, InputError, SingularMetricError, UnknownNameError
from qng.estimate.fubini import exact as fubini
from qng.geometry import Dense, Tikhonov
from qng.optimize.accept import Blocking
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.armijo import Armijo
from qng.optimize.search.length import Constant
from qng.plan.plan import Plan
from qng.problem.problem import Problem
from qng.run import contest, many
from qng.run.comparison import Comparison
from qng.run.starts import draw_starts
from qng.seeds import of_name

POINT = np.array([0.4, -0.9, 1.3, 0.2])


def fails_on_the_right(circuit: Any, theta: np.ndarray) -> Plan[Any]:
    """The metric, but NaN where the first angle is positive."""
    plan = fubini.exact(circuit, theta)
    return plan.map(lambda g: Dense(g.dense() if theta[0] < 0 else g.dense() * np.nan))


def same(one: Comparison, other: Comparison) -> None:
    """But for the time it took, and for rounding: threads are shared out among workers."""
    assert list(one.runs) == list(other.runs)
    np.testing.assert_array_equal(one.starts, other.starts)
    for method, runs in one.runs.items():
        for a, b in zip(runs, other.runs[method], strict=True):
            assert (a.message, a.nfev) == (b.message, b.nfev)
            assert a.fun == pytest.approx(b.fun, rel=1e-10, nan_ok=True)
            for column in set(a.trace.columns) - {"seconds"}:
                x, y = a.trace[column], b.trace[column]
                if x.dtype.kind == "f":
                    np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-10, err_msg=column)
                else:
                    np.testing.assert_array_equal(x, y, err_msg=column)


class TestCompare:
    def test_all_methods_have_the_same_starts(self) -> None:
        methods = ("gd", "adam", "ng", "qng")
        result = qng.compare("qng-demo", methods, starts=3, steps=4)
        assert list(result.runs) == list(methods)
        assert result.starts.shape == (3, 4)
        np.testing.assert_array_equal(result.starts[0], qng.load("qng-demo").initial)
        for method, runs in result.runs.items():
            assert [run.method for run in runs] == [method] * 3
            np.testing.assert_array_equal([r.trace["theta"][0] for r in runs], result.starts)

    def test_runs_are_those_of_minimize(self) -> None:
        result = qng.compare("qng-demo", ["qng"], starts=2, steps=4, tol=1e-9, seed=5)
        for start, run in zip(result.starts, result.runs["qng"], strict=True):
            alone = qng.minimize("qng-demo", "qng", start=start, steps=4, tol=1e-9)
            np.testing.assert_allclose(run.trace["theta"], alone.trace["theta"], atol=1e-10)
            assert (run.nfev, run.success) == (alone.nfev, alone.success)

    def test_what_is_compared_is_noted(self) -> None:
        problem, result = qng.load("h2"), qng.compare("h2", ["gd"], starts=1, steps=2)
        assert (result.problem, result.title) == ("h2", problem.title)
        assert (result.unit, result.accuracy) == ("Ha", problem.accuracy)
        assert (result.reference, result.steps) == (problem.reference_energy().energy, 2)

    def test_more_starts_do_not_change_the_first_ones(self) -> None:
        problem = qng.load("qng-demo")
        few, many = (draw_starts(problem, n, seed=3) for n in (3, 6))
        np.testing.assert_array_equal(few, many[:3])
        assert len(np.unique(many, axis=0)) == 6
        assert not np.array_equal(draw_starts(problem, 3, seed=4)[1:], few[1:])
        short, long = (qng.compare(problem, ["gd"], starts=n, steps=2) for n in (2, 3))
        found = [run.fun for run in short.runs["gd"]]
        assert found == pytest.approx([run.fun for run in long.runs["gd"][:2]], rel=1e-12)

    def test_starts_cover_the_circle(self) -> None:
        drawn = draw_starts(qng.load("qng-demo"), 500, seed=0)[1:]
        assert drawn.min() >= -np.pi
        assert drawn.max() < np.pi
        # 4 x 499 uniform draws: each eighth holds 250 +- 15; six standard deviations.
        counts, _ = np.histogram(drawn, 8, (-np.pi, np.pi))
        assert np.abs(counts - 249.5).max() < 90

    def test_spread_stays_near_the_first_start(self) -> None:
        problem = qng.load("qng-demo")
        away = draw_starts(problem, 200, seed=0, spread=0.1)[1:] - problem.initial
        assert 0.095 < np.abs(away).max() <= 0.1
        result = qng.compare(problem, ["gd"], starts=2, steps=0, spread=0.1)
        np.testing.assert_array_equal(result.starts[1] - problem.initial, away[0])

    def test_frozen_parameters_stay(self) -> None:
        problem = qng.load("qng-demo").freeze("t1", "t2")
        result = qng.compare(problem, ["gd", "qng"], starts=3, steps=3)
        ends = np.array([run.x for runs in result.runs.values() for run in runs])
        for points in (result.starts, ends):
            np.testing.assert_array_equal(
                points[:, [1, 2]], [problem.initial[[1, 2]]] * len(points)
            )
        free = draw_starts(problem, 3, seed=0)[1:, [0, 3]]
        assert np.abs(free - problem.initial[[0, 3]]).min() > 1e-3

    def test_results_do_not_depend_on_workers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        methods = {
            "gd": "gd",
            "qng": optimizers.qng(0.05),
            "searched": Optimizer(Armijo(), MeasuredMetric("blocks"), solve=Tikhonov(1e-3)),
        }
        calls: list[tuple[int, int]] = []

        def compare(workers: int) -> Comparison:
            return qng.compare(
                "qng-demo",
                methods,
                starts=3,
                steps=5,
                workers=workers,
                progress=lambda *call: calls.append(call),
            )

        alone = compare(1)
        monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
        pooled = compare(2)
        same(alone, pooled)
        assert calls == [(k, 9) for k in range(1, 10)] * 2

    def test_processes_have_the_threads_of_a_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
        for threads in (1, 2):
            log = tmp_path / str(threads)

            def told(circuit: Any, theta: np.ndarray, log: Path = log) -> Plan[Any]:
                from threadpoolctl import threadpool_info

                # Other packages that tests have loaded may bring a BLAS of one thread.
                ours = [p for p in threadpool_info() if "numpy" in p["filepath"]]
                found = {p["num_threads"] for p in ours if p["user_api"] == "blas"}
                with log.open("a") as file:
                    file.write(f"{os.getpid()} {sorted(found)}\n")
                return fubini.exact(circuit, theta)

            methods = {"told": Optimizer(Constant(0.1), MeasuredMetric(told))}
            qng.compare("one-qubit", methods, starts=5, steps=2, workers=2, threads=threads)
            pids, found = zip(*(line.split(maxsplit=1) for line in log.read_text().splitlines()))
            assert set(found) == {f"[{threads}]"}
            assert len({*pids, str(os.getpid())}) > 1

    @pytest.mark.parametrize(
        ("cores", "given", "expected"),
        [
            (8, {}, (4, 2)),
            (8, {"workers": 2}, (2, 4)),
            (8, {"workers": 3}, (3, 2)),
            (2, {}, (2, 1)),
            (2, {"workers": 4}, (4, 1)),
            (8, {"workers": 2, "threads": 3}, (2, 3)),
        ],
    )
    def test_cores_are_shared(
        self,
        cores: int,
        given: dict[str, int],
        expected: tuple[int, int],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def here(runs: Any, tasks: Any, workers: int) -> Any:
            assert (workers, runs.threads) == expected
            return map(runs, tasks)

        monkeypatch.setattr(contest, "here", here)
        monkeypatch.setattr(contest, "cores", lambda: cores)
        qng.compare("one-qubit", ["gd", "qng"], starts=2, steps=1, **given)

    def test_a_method_that_fails_spoils_no_other(self) -> None:
        problem = Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0}, [-0.4, 0.3, 0.2, 0.9])
        methods = {
            "qng": "qng",
            "nan": Optimizer(Constant(0.1), MeasuredMetric(fails_on_the_right)),
        }
        result = qng.compare(problem, methods, starts=6, steps=3)
        failed = [run.failed for run in result.runs["nan"]]
        assert failed == (result.starts[:, 0] >= 0).tolist()
        assert set(failed) == {True, False}
        assert all("not finite" in run.message for run in result.runs["nan"] if run.failed)
        same(
            Comparison(**{**vars(result), "runs": {"qng": result.runs["qng"]}}),
            qng.compare(problem, ["qng"], starts=6, steps=3),
        )

    def test_learning_rates_by_method(self) -> None:
        methods = {"slow": "qng", "fast": "qng", "usual": optimizers.gd(0.3)}
        rates = {"slow": 0.01, "fast": 0.2}
        result = qng.compare("qng-demo", methods, starts=1, steps=3, lr=rates)
        assert result.learning_rates == {**rates, "usual": 0.3}
        for label, lr in rates.items():
            alone = qng.minimize("qng-demo", "qng", lr=lr, steps=3)
            np.testing.assert_allclose(result.runs[label][0].x, alone.x, rtol=0, atol=1e-12)


class TestStreams:
    """The numbers of a run are named by its start and its label, not by its place in a list."""

    @staticmethod
    def energies(methods: Any, **more: Any) -> dict[str, list[list[float]]]:
        found = qng.compare(
            "one-qubit", methods, starts=2, steps=2, shots=500, threads=1, seed=3, **more
        )
        return {
            label: [run.trace["energy"].tolist() for run in runs]
            for label, runs in found.runs.items()
        }

    def test_other_methods_and_their_order_change_nothing(self) -> None:
        alone = {**self.energies(["gd"]), **self.energies(["spsa"])}
        for methods in (["spsa", "gd"], ["gd", "spsa"], ["adam", "gd", "qng", "spsa"]):
            found = self.energies(methods)
            assert {label: found[label] for label in alone} == alone
        assert self.energies({"gd": "adam", "spsa": "gd"})["gd"] != alone["gd"]

    def test_processes_do_not_matter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alone = self.energies(["gd", "spsa"], workers=1)
        monkeypatch.setattr(many, "_WORTH_A_POOL", 0.0)
        assert self.energies(["spsa", "gd"], workers=2) == alone

    def test_every_label_and_start_has_its_own(self) -> None:
        found = self.energies({"one": "gd", "other": "gd"})
        firsts = [energies[0] for runs in found.values() for energies in runs]
        assert len(set(firsts)) == 4

    def test_a_name_is_the_same_number_everywhere(self) -> None:
        # By hand: sha256(b"gd") begins with these eight bytes.
        head = hashlib.sha256(b"gd").hexdigest()[:16]
        assert of_name("gd") == int(head, 16) // 2
        names = [*optimizers.METHODS, *optimizers.CONTROLS]
        assert len({of_name(name) for name in names}) == len(names)

    @pytest.mark.parametrize(
        ("methods", "message"),
        [
            (["gd", "qng", "gd"], "'gd' is given twice: give labels"),
            ([optimizers.gd()], "compared by its name or a label"),
            ({1: "gd"}, "compared by its name or a label"),
        ],
    )
    def test_labels_that_name_no_stream_are_refused(self, methods: Any, message: str) -> None:
        with pytest.raises(InputError, match=message):
            qng.compare("one-qubit", methods, starts=1, steps=0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: qng.compare("h2", ["gd", "qgn"]), UnknownNameError, "unknown method 'qgn'"),
        (lambda: qng.compare("h3", ["gd"]), UnknownNameError, "unknown problem 'h3'"),
        (lambda: qng.compare("h2", ["gd"], executor="x"), UnknownNameError, "unknown executor"),
        (lambda: qng.compare("h2", []), InputError, "at least one method"),
        (lambda: qng.compare("h2", ["gd"], starts=0), InputError, "starts must be .* not 0"),
        (lambda: qng.compare("h2", ["gd"], lr={"qng": 0.1}), InputError, "'qng', which is not"),
        (lambda: qng.compare("h2", ["gd"], steps=-1), InputError, "steps must be .* not -1"),
        (
            lambda: qng.compare("h2", {"a": optimizers.gd()}, lr={"a": 0.1}),
            InputError,
            "this one is complete",
        ),
        (lambda: qng.compare_steps("h2", [0.1]), InputError, "theta has 1 value"),
        (lambda: qng.compare_steps("h2", None, ["qgn"]), UnknownNameError, "method 'qgn'"),
    ],
)
def test_bad_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


class TestSteps:
    def test_reports_are_first_steps(self) -> None:
        methods = list(optimizers.METHODS)
        for report, method in zip(qng.compare_steps("textbook-2", POINT, methods), methods):
            run = qng.minimize("textbook-2", method, start=POINT, steps=1)
            blocks = isinstance(optimizers.named(method).accept, Blocking)
            if blocks and report.actual < 0:
                assert np.array_equal(run.x, POINT)  # undone
                continue
            np.testing.assert_allclose(POINT + report.step, run.x, rtol=0, atol=1e-12)
            assert report.method == method
            assert report.eta == pytest.approx(run.trace["eta"][0], rel=1e-12)
            if (
                optimizers.named(method).gradient.estimator != "spsa"
            ):  # a run knows a random gradient only
                assert report.predicted == pytest.approx(run.trace["predicted"][0])
            assert report.actual == pytest.approx(run.trace["energy"][0] - run.fun, abs=1e-12)

    def test_numbers_against_direct_computation(self) -> None:
        problem = qng.load("textbook-2")
        g = qng.metric(problem, POINT).dense()
        gradient = qng.gradient(problem, POINT).value
        toward = -np.linalg.solve(g + 1e-3 * np.eye(4), gradient)

        def turn(t: float) -> np.ndarray:
            return np.array([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]])

        def born(theta: np.ndarray) -> np.ndarray:
            a, b, c, d = theta / 2
            # RY(a) RY(b), CNOT from qubit 0 to qubit 1, RY(c) RY(d): amplitudes psi[q1, q0].
            psi = np.outer([math.cos(b), math.sin(b)], [math.cos(a), math.sin(a)])
            psi[:, 1] = psi[::-1, 1].copy()
            return (turn(d) @ psi @ turn(c).T).ravel() ** 2

        for report in qng.compare_steps(problem, POINT, ("gd", "adam", "ng", "qng-diagonal")):
            d = report.step
            cosine = d @ toward / np.linalg.norm(d) / np.linalg.norm(toward)
            p, q = born(POINT), born(POINT + d)
            assert report.length == pytest.approx(math.sqrt(d @ g @ d))
            # The arc cosine near 1 has half of the digits.
            angle = math.degrees(math.acos(min(cosine, 1.0)))
            assert report.angle == pytest.approx(angle, abs=1e-5)
            assert report.kl == pytest.approx(np.sum(p * np.log(p / q)))
            assert report.predicted == pytest.approx(-d @ gradient)
            assert report.actual == pytest.approx(
                (p - q) @ [1, -1, -1, 1]  # <Z0 Z1>
            )

    def test_natural_gradients_agree_where_the_fisher_matrix_is_the_metric(self) -> None:
        """Real amplitudes: I = 4 g, so four times lr and damping give the same step."""
        np.testing.assert_allclose(
            qng.metric("textbook-2", POINT, "fisher").dense(),
            4 * qng.metric("textbook-2", POINT).dense(),
            atol=1e-12,
        )
        methods = {"qng": optimizers.qng(0.1, 1e-3), "ng": optimizers.ng(0.4, 4e-3)}
        one, other = qng.compare_steps("textbook-2", POINT, methods)
        np.testing.assert_allclose(other.step, one.step, rtol=1e-9)
        assert one.angle == pytest.approx(0, abs=1e-5)
        assert other.angle == pytest.approx(0, abs=1e-5)
        assert other.kl == pytest.approx(one.kl)
        assert qng.compare_steps("textbook-2", POINT, ["gd"])[0].angle > 1

    def test_the_divergence_is_half_the_fisher_length_squared(self) -> None:
        fisher = qng.metric("textbook-2", POINT, "fisher").dense()
        for lr in (1e-3, 1e-4):
            (report,) = qng.compare_steps("textbook-2", POINT, ["gd"], lr={"gd": lr})
            ratio = report.kl / (report.step @ fisher @ report.step / 2)
            assert abs(ratio - 1) < 10 * lr
            assert report.actual == pytest.approx(report.predicted, rel=10 * lr)

    def test_frozen_parameters_have_no_step(self) -> None:
        problem = qng.load("textbook-2").freeze("x1")
        for report in qng.compare_steps(problem, POINT):
            assert np.flatnonzero(report.step).tolist() == [0, 2, 3]
        alone = qng.compare_steps(problem.reduced(POINT))
        moved = [report.step[[0, 2, 3]] for report in qng.compare_steps(problem, POINT)]
        expected = [report.step for report in alone]
        np.testing.assert_allclose(moved, expected, rtol=1e-10, atol=1e-12)

    def test_edges(self) -> None:
        # At the top of <Z0> nothing moves and no angle is defined; below, an outcome gets p = 0.
        spin = Problem(real_amplitudes(1, 0), {"Z0": 1.0}, [0.0])
        (still,) = qng.compare_steps(spin, None, ["gd"])
        assert (still.length, still.kl, still.actual) == (0.0, 0.0, 0.0)
        assert math.isnan(still.angle)
        (certain,) = qng.compare_steps(spin, [np.pi / 2], ["gd"], lr={"gd": np.pi / 2})
        assert certain.actual == pytest.approx(1.0)
        assert certain.kl > 30
        with pytest.raises(SingularMetricError, match="3 of 4"):
            qng.compare_steps("textbook-2", None, {"bare": optimizers.qng(0.1, 0.0)})
        searched = Optimizer(Armijo(1.0, trials=5), MeasuredMetric(), solve=Tikhonov(1e-3))
        (report,) = qng.compare_steps("textbook-2", POINT, {"searched": searched})
        assert report.eta in Armijo(1.0, trials=5).lengths
        assert report.actual > 0


def test_a_start_outside_the_domain_of_an_angle_is_refused_before_any_run() -> None:
    angle = apply("sqrt", parameter("a"))
    problem = Problem(Circuit(1, [Rotation(Pauli.parse("X0"), angle)], ["a"]), {"Z0": 1.0}, [0.5])
    seen: list[int] = []
    with pytest.raises(CircuitError, match="sqrt"):
        qng.compare(problem, ["gd"], starts=8, progress=lambda done, _: seen.append(done))
    assert seen == []
    assert len(qng.compare(problem, ["gd"], starts=3, steps=2, spread=0.1).runs["gd"]) == 3


@pytest.mark.parametrize("spread", [math.nan, math.inf, -1.0, 1e308])
def test_a_spread_that_is_no_distance_is_refused(spread: float) -> None:
    with pytest.raises(InputError, match="spread must be a number from 0 to 1000"):
        qng.compare("one-qubit", ["gd"], starts=2, spread=spread)


@pytest.mark.parametrize(
    "wrong",
    [{"starts": 0}, {"starts": 2.5}, {"workers": 0}, {"threads": 0}, {"seed": -1}, {"lr": 0.1}],
)
def test_arguments_of_the_wrong_kind_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))} must"):
        qng.compare("one-qubit", ["gd"], **wrong)
