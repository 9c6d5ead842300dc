"""Runs of a comparison in lockstep are, to the last bit, the runs that each is alone."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.statevector import Statevector
from qng.execute.statevector.small import together
from qng.geometry import Tikhonov
from qng.optimize.methods import named
from qng.optimize.optimizer import Optimizer
from qng.optimize.precondition import MeasuredMetric
from qng.optimize.search.length import Constant
from qng.run import lockstep, many
from qng.run.comparison import Comparison
from qng.run.results import Run

ABREAST = (
    *("gd", "momentum", "adagrad", "rmsprop", "adam", "adabelief"),
    *("ng", "qng", "momentum-qng"),
)


def alone(monkeypatch: pytest.MonkeyPatch, *args: Any, **options: Any) -> Comparison:
    """The same comparison, one run after another."""
    with monkeypatch.context() as patched:
        patched.setattr(many.Runs, "_abreast", lambda *_: 1)
        return qng.compare(*args, **options, workers=1)


def assert_same(run: Run, other: Run) -> None:
    assert (run.message, run.failed, run.success) == (other.message, other.failed, other.success)
    assert (run.nit, run.nfev, run.fun) == (other.nit, other.nfev, other.fun) or run.failed
    np.testing.assert_array_equal(run.x, other.x)
    for name in set(run.trace.columns) - {"seconds"}:
        np.testing.assert_array_equal(run.trace[name], other.trace[name], err_msg=name)


def assert_all_same(found: Comparison, other: Comparison) -> None:
    assert found.runs.keys() == other.runs.keys()
    for method, runs in found.runs.items():
        for run, twin in zip(runs, other.runs[method], strict=True):
            assert_same(run, twin)


@pytest.fixture
def stretches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many steps were taken ahead at a time."""
    seen: list[int] = []
    whole = lockstep.stretched

    def noted(*args: Any) -> Any:
        found = whole(*args)
        seen.append(0 if found is None else len(found[0]))
        return found

    monkeypatch.setattr(lockstep, "stretched", noted)
    return seen


def test_methods_of_the_table(monkeypatch: pytest.MonkeyPatch, stretches: list[int]) -> None:
    found = qng.compare("h2", ABREAST, starts=4, steps=23, seed=1, workers=1)
    assert stretches == len(ABREAST) * [20, 3]
    assert_all_same(found, alone(monkeypatch, "h2", ABREAST, starts=4, steps=23, seed=1))
    for runs in found.runs.values():
        for run in runs:
            assert np.all(np.diff(run.trace["seconds"]) >= 0)


def test_as_many_go_together_as_there_is_memory_for(
    monkeypatch: pytest.MonkeyPatch, stretches: list[int]
) -> None:
    circuit = qng.load("h2").circuit
    size, p = 16 * 2**circuit.n_qubits, circuit.n_parameters
    # States of all levels and six matrices a run, and what looks at a state.
    device = Statevector(memory=3 * (together.room(circuit, p) + 6 * 8 * p**2) + 4 * size)
    assert device.gathers(circuit) == 3
    assert Statevector(memory=device.memory - 1).gathers(circuit) == 2
    found = qng.compare("h2", ["gd", "qng"], starts=7, steps=4, executor=device, workers=1)
    assert stretches == 2 * 2 * [4]  # the seventh is alone
    assert_all_same(found, alone(monkeypatch, "h2", ["gd", "qng"], starts=7, steps=4))


def test_steps_that_are_undone(monkeypatch: pytest.MonkeyPatch, stretches: list[int]) -> None:
    wild = {"qng": named("qng", lr=8.0, trust=3.0), "ng": named("ng", lr=30.0, trust=9.0)}
    found = qng.compare("h2", wild, starts=6, steps=15, spread=2.0, workers=1)
    assert stretches == [15, 15]
    assert not all(run.trace["accepted"].all() for run in found.runs["qng"])
    assert_all_same(found, alone(monkeypatch, "h2", wild, starts=6, steps=15, spread=2.0))


@pytest.mark.parametrize("method", ["nesterov", "newton", "spsa", "cqng", "rng", "qbroyden"])
def test_all_others_are_done_as_before(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"starts": 3, "steps": 4, "seed": 2}
    found = qng.compare("textbook-2", [method], **options, workers=1)
    assert_all_same(found, alone(monkeypatch, "textbook-2", [method], **options))


def test_rules_end_runs_where_they_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def low(energies: Any) -> str | None:
        return "low" if energies[-1] < -1.0 and len(energies) > 3 else None

    options = {"starts": 5, "steps": 60, "tol": 1e-4, "stop": {"gd": low}}
    found = qng.compare("h2", ["gd", "qng"], **options, workers=1)
    ends = {run.nit for runs in found.runs.values() for run in runs}
    assert len(ends) > 3
    assert_all_same(found, alone(monkeypatch, "h2", ["gd", "qng"], **options))


def test_frozen_parameters(monkeypatch: pytest.MonkeyPatch, stretches: list[int]) -> None:
    problem = qng.load("h2")
    frozen = problem.freeze(*problem.parameters[1:4])
    found = qng.compare(frozen, ["qng"], starts=3, steps=5, workers=1)
    assert stretches == [5]
    assert_all_same(found, alone(monkeypatch, frozen, ["qng"], starts=3, steps=5))


def test_one_that_fails_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without damping the metric is singular where the first angle is zero.
    exact = Optimizer(Constant(0.2), MeasuredMetric(), solve=Tikhonov(0.0))
    theta = parameter("a"), parameter("b")
    ops = [Rotation(Pauli.parse("Y0"), theta[0]), Rotation(Pauli.parse("Z0"), theta[1])]
    problem = qng.Problem(Circuit(1, ops, ["a", "b"]), PauliSum({"X0": 1.0, "Z0": 0.5}))
    methods = {"exact": exact, "far": named("gd", lr=1e5)}
    options = {"start": [[1.0, 0.3], [0.0, 0.4], [0.5, 2.0]], "steps": 6}
    found = qng.compare(problem, methods, **options, workers=1)
    assert [run.failed for run in found.runs["exact"]] == [False, True, False]
    assert "singular" in found.runs["exact"][1].message
    assert all("diverged" in run.message for run in found.runs["far"])
    assert_all_same(found, alone(monkeypatch, problem, methods, **options))


def test_an_interrupt_cuts_all_of_them() -> None:
    asked = []

    def stop(energies: Any) -> str | None:
        asked.append(len(energies))
        if len(energies) == 4 and asked.count(4) == 2:
            raise KeyboardInterrupt
        return None

    found = qng.compare("h2", ["gd", "qng"], starts=3, steps=30, stop={"qng": stop}, workers=1)
    assert found.interrupted == "interrupted after 3 of 6 runs"
    assert [run.nit for run in found.unfinished] == [3, 19]
    assert all(run.interrupted for run in found.unfinished)


def test_an_error_carries_what_is_done() -> None:
    def stop(energies: Any) -> str | None:
        raise ValueError("no rule")

    with pytest.raises(ValueError, match="no rule") as caught:
        qng.compare("h2", ["gd", "qng"], starts=3, steps=30, stop={"qng": stop}, workers=1)
    found = caught.value.partial
    assert found.interrupted == "ValueError: no rule, after 3 of 6 runs"
    assert list(found.runs) == ["gd"]


WORDS = st.builds(Pauli, st.integers(0, 7), st.integers(0, 7)).filter(lambda word: word.support)
TURNS = st.lists(
    st.tuples(WORDS, st.integers(0, 2), st.sampled_from((1.0, -0.5, 2.0))), min_size=3, max_size=7
)


@settings(max_examples=6, deadline=None)
@given(turns=TURNS, seed=st.integers(0, 9))
def test_random_circuits(turns: list[tuple[Pauli, int, float]], seed: int) -> None:
    names = ["a", "b", "c"]
    ops = [Rotation(word, scale * parameter(names[k])) for word, k, scale in turns]
    problem = qng.Problem(Circuit(3, ops, names), PauliSum({"X0": 0.4, "Z1 Z2": 1.0, "Y2": -0.7}))
    options = {"starts": 3, "steps": 4, "seed": seed}
    found = qng.compare(problem, ["qng", "ng"], **options, workers=1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_all_same(found, alone(monkeypatch, problem, ["qng", "ng"], **options))
