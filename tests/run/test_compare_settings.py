"""Starts as an array, limits and rules by method, rates in names, several problems."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError, UnknownNameError
from qng.problem.problem import Problem
from qng.run.comparison import Comparison
from qng.run.several import Comparisons


def low(energies: Sequence[float]) -> str | None:
    """A stop rule of a module."""
    return "low enough" if energies[-1] < 0.5 else None


def ends(compared: Comparison) -> dict[str, list[np.ndarray]]:
    return {label: [run.x for run in runs] for label, runs in compared.runs.items()}


def test_all_starts_may_be_given() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (3, 2))
    found = qng.compare("one-qubit", ["gd", "qng"], start=points, steps=2)
    np.testing.assert_array_equal(found.starts, points)
    for method, runs in found.runs.items():
        for point, run in zip(points, runs, strict=True):
            np.testing.assert_array_equal(run.trace["theta"][0], point)
            alone = qng.minimize("one-qubit", method, start=point, steps=2)
            np.testing.assert_allclose(run.x, alone.x, rtol=0, atol=1e-12)


def test_frozen_parameters_are_where_each_start_has_them() -> None:
    problem = qng.load("qng-demo").freeze("t1")
    points = np.arange(8.0).reshape(2, 4)
    found = qng.compare(problem, ["qng"], start=points, steps=2)
    assert [run.x[1] for run in found.runs["qng"]] == [1.0, 5.0]


class TestByMethod:
    def test_steps(self) -> None:
        found = qng.compare("one-qubit", ["gd", "qng"], starts=2, steps={"gd": 4, "qng": 1})
        limits = {label: {run.nit for run in runs} for label, runs in found.runs.items()}
        assert limits == {"gd": {4}, "qng": {1}}
        assert found.steps == 4
        made = {label: runs[0].made.steps for label, runs in found.runs.items()}
        assert made == {"gd": 4, "qng": 1}

    def test_stop_and_tol(self) -> None:
        rules: dict[str, Any] = {"gd": low}
        alone = qng.compare("h2", ["gd", "adam"], starts=1, steps=3, stop=rules)
        assert "low enough" in alone.runs["gd"][0].message
        assert alone.runs["adam"][0].nit == 3
        bound = -2.0

        def never(energies: Sequence[float]) -> str | None:
            return "no" if energies[-1] < bound else None

        both = qng.compare("h2", ["gd", "qng"], starts=2, steps=3, stop=never, tol={"qng": 10.0})
        assert {run.nit for run in both.runs["gd"]} == {3}
        assert {run.nit for run in both.runs["qng"]} == {1}

    def test_shots(self) -> None:
        shots: dict[str, Any] = {"gd": 1000, "adam": qng.PerCircuit(50), "momentum": None}
        found = qng.compare("one-qubit", list(shots), starts=1, steps=1, shots=shots)
        assert {label: runs[0].made.shots for label, runs in found.runs.items()} == shots
        alone = qng.compare("one-qubit", ["gd"], starts=1, steps=1, shots=1000)
        assert found.runs["gd"][0].fun == alone.runs["gd"][0].fun

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"shots": {"gd": 100}}, "shots are given by method, but not for 'qng'"),
            ({"shots": {"gd": 100, "qng": -1}}, "shots must be a whole number"),
            ({"steps": {"gd": 3}}, "steps are given by method, but not for 'qng'"),
            ({"steps": {"gd": 3, "qng": 3, "ng": 3}}, "steps is given for 'ng', which is not"),
            ({"tol": {"adam": 1e-3}}, "tol is given for 'adam', which is not"),
            ({"tol": {"gd": -1.0}}, "tol must be a number that is not negative"),
            ({"stop": {"gd": 3}}, "stop must be a function, not 3"),
            ({"stop": "soon"}, "stop must be a function"),
            ({"start": np.zeros((2, 4)), "starts": 3}, "2 starts are given, and starts = 3"),
            ({"start": np.zeros((2, 4)), "spread": 0.1}, "spread is for starts that are drawn"),
            ({"start": np.zeros((0, 4))}, "starts have the shape"),
            ({"start": np.zeros((2, 2, 4))}, "theta"),
            ({"start": np.zeros((2, 3))}, r"the shape \(2, 3\)"),
        ],
    )
    def test_what_is_refused(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            qng.compare("qng-demo", ["gd", "qng"], **settings)


class TestRates:
    def test_in_names(self) -> None:
        found = qng.compare("one-qubit", ["qng@0.05", "qng@0.1", "gd"], starts=1, steps=2)
        assert list(found.runs) == ["qng@0.05", "qng@0.1", "gd"]
        assert found.learning_rates == {"qng@0.05": 0.05, "qng@0.1": 0.1, "gd": 0.1}
        alone = qng.minimize("one-qubit", "qng", lr=0.05, steps=2)
        np.testing.assert_allclose(found.runs["qng@0.05"][0].x, alone.x, rtol=0, atol=1e-12)

    def test_from_a_generator(self) -> None:
        names = (f"gd@{rate}" for rate in (0.1, 0.2))
        assert list(qng.compare("one-qubit", names, starts=1, steps=0).runs) == ["gd@0.1", "gd@0.2"]

    def test_by_labels(self) -> None:
        found = qng.compare("one-qubit", {"slow": "gd@1e-3"}, starts=1, steps=0)
        assert found.learning_rates == {"slow": 1e-3}

    @pytest.mark.parametrize(
        ("methods", "error", "message"),
        [
            (["qng@"], InputError, "named as qng@0.05, not as 'qng@'"),
            (["@0.1"], InputError, "named as qng@0.05"),
            (["qng@-1"], InputError, "named as qng@0.05"),
            (["qng@inf"], InputError, "named as qng@0.05"),
            (["qgn@0.1"], UnknownNameError, "unknown method 'qgn'"),
            (["rotosolve@0.1"], InputError, "rotosolve has no learning rate"),
            (["qng@0.1", "qng@0.1"], InputError, "given twice"),
        ],
    )
    def test_what_is_none(self, methods: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            qng.compare("one-qubit", methods, starts=1, steps=0)

    def test_a_rate_is_given_once(self) -> None:
        with pytest.raises(InputError, match="has its learning rate in its name"):
            qng.compare("one-qubit", ["qng@0.1"], lr={"qng@0.1": 0.2}, starts=1, steps=0)


def circuits(**more: Any) -> dict[str, Problem]:
    """One circuit with several observables, as circuits of one kind."""
    base = qng.load("one-qubit")
    return {
        f"field {k}": Problem(base.circuit, {"Z0": 1.0, "X0": k / 2}, unit="J", **more)
        for k in range(3)
    }


class TestSeveralProblems:
    def test_each_is_compared_as_it_would_be_alone(self) -> None:
        settings: dict[str, Any] = {"starts": 2, "steps": 2, "shots": 4000, "seed": 5, "threads": 1}
        told: list[tuple[int, int]] = []
        found = qng.compare(
            ["one-qubit", "qng-demo"],
            ["gd", "qng"],
            progress=lambda *call: told.append(call),
            **settings,
        )
        assert list(found.problems) == ["one-qubit", "qng-demo"]
        assert found.methods == ["gd", "qng"]
        assert told == [(k, 8) for k in range(1, 9)]
        for name, compared in found.problems.items():
            alone = qng.compare(name, ["gd", "qng"], **settings)
            for label, points in ends(alone).items():
                np.testing.assert_array_equal(ends(compared)[label], points)

    def test_a_mean_over_circuits(self) -> None:
        found = qng.compare(circuits(), ["gd", "qng"], starts=2, steps=2)
        whole = found.merged("fields")
        assert {label: len(runs) for label, runs in whole.runs.items()} == {"gd": 6, "qng": 6}
        assert (whole.problem, whole.title, whole.unit) == ("fields", "fields", "J")
        assert whole.starts.shape == (6, found.problems["field 0"].starts.shape[1])
        assert np.isnan(whole.reference)
        references = {run.reference for run in whole.runs["gd"]}
        np.testing.assert_allclose(sorted(references), [-(2**0.5), -(1.25**0.5), -1.0])

    def test_one_reference_is_kept(self) -> None:
        found = qng.compare(circuits(reference=-2.0), ["gd"], starts=1, steps=0)
        assert found.merged().reference == -2.0
        assert found.merged().problem == "field 0, field 1, field 2"

    def test_different_sizes_have_no_mean(self) -> None:
        found = qng.compare(["one-qubit", "qng-demo"], ["gd"], starts=1, steps=0)
        with pytest.raises(InputError, match="different numbers of parameters"):
            found.merged()
        with pytest.raises(InputError, match="no problem to merge"):
            Comparisons({}).merged()

    @pytest.mark.parametrize(
        ("problems", "error", "message"),
        [
            ([], InputError, "at least one problem"),
            (["h2", "h2"], InputError, "two problems are called 'h2'"),
            (["h2", "h3"], UnknownNameError, "unknown problem 'h3'"),
            ({1: "h2"}, InputError, "labels, which are text"),
            ({"h2", "lih"}, InputError, "as a list, which has an order"),
            (["h2", 3], InputError, "a problem, its name, a folder or a QNode"),
        ],
    )
    def test_what_is_refused(self, problems: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            qng.compare(problems, ["gd"], starts=1, steps=0)

    def test_all_input_is_checked_before_anything_is_run(self) -> None:
        told: list[int] = []
        with pytest.raises(InputError, match="4 value"):
            qng.compare(
                ["qng-demo", "one-qubit"],
                ["gd"],
                start=np.zeros(4),
                progress=lambda k, _: told.append(k),
            )
        assert not told

    @pytest.mark.parametrize(("after", "begun"), [(1, 1), (3, 2)])
    def test_ctrl_c_keeps_what_is_done(self, after: int, begun: int) -> None:
        def tired(done: int, _: int) -> None:
            if done == after:
                raise KeyboardInterrupt

        found = qng.compare(circuits(), ["gd"], starts=2, steps=1, progress=tired)
        assert len(found.problems) == begun
        assert "interrupted at field" in found.interrupted
        assert sum(len(c.runs["gd"]) for c in found.problems.values()) == after

    def test_an_error_carries_what_is_done(self) -> None:
        def broken(done: int, _: int) -> None:
            if done == 3:
                raise RuntimeError("no more")

        with pytest.raises(RuntimeError, match="no more") as caught:
            qng.compare(circuits(), ["gd"], starts=2, steps=1, progress=broken)
        partial = vars(caught.value)["partial"]
        assert isinstance(partial, Comparisons)
        assert "RuntimeError: no more, at field 1" in partial.interrupted
        assert [len(c.runs["gd"]) for c in partial.problems.values()] == [2, 1]


def test_labels_of_rates_have_streams_of_their_own() -> None:
    found = qng.compare("one-qubit", ["gd@0.1", "gd"], starts=1, steps=1, shots=100)
    first = [runs[0].trace["energy"][0] for runs in found.runs.values()]
    assert first[0] != first[1]
    assert optimizers.named("gd") == optimizers.named("gd", lr=0.1)
