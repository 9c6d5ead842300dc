"""Results that are made again agree; what was changed does not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.execute.function import Function
from qng.optimize.method import Step
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Schedule
from qng.run.ansatz.report import GeometryReport, geometry_report
from qng.run.made import metric_result, steps_result
from qng.run.results import Run
from tests.executors import Fake

pytestmark = pytest.mark.filterwarnings("ignore::qng.errors.NoisyMetricWarning")


def run(shots: int | None = None, method: Any = "qng", **options: Any) -> Run:
    return qng.minimize("textbook-2", method, steps=4, shots=shots, **options)


def changed(found: Run, **made: Any) -> Run:
    assert found.made is not None
    return replace(found, made=replace(found.made, **made))


def results_of_geometry() -> GeometryReport:
    names = tuple(qng.load("one-qubit").parameters)
    return geometry_report(
        qng.load("one-qubit"), np.array([0.3, 0.1]), samples=2, pairs=800, seed=5,
        families=["random-cx"], depths=[1, 2], over=(names[0], names[1]), to=np.array([1.0, 0.5]),
    )  # fmt: skip


def results() -> dict[str, Any]:
    two = ["one-qubit", "textbook-2"]
    return {
        "run": run(),
        "drawn": run(shots=500),
        "random": run(method="spsa"),
        "noisy": run(shots=500, method="gd", executor="generic:5"),
        "model": qng.minimize("normal-fit", "ng", steps=3),
        "comparison": qng.compare("one-qubit", ["gd", "spsa"], starts=2, steps=3, shots=300),
        "exact comparison": qng.compare("textbook-2", ["gd", "qng"], starts=3, steps=3),
        "comparisons": qng.compare(two, ["gd"], starts=2, steps=2),
        "evolution": qng.evolve("textbook-2", 0.5, observables=["Z0 Z1"]),
        "euler": qng.evolve("textbook-2", 0.5, integrator="euler", step=0.15),
        "adam": qng.adam_report("normal-fit", steps=4, every=2),
        "metric": metric_result("textbook-2"),
        "drawn metric": metric_result("textbook-2", shots=2000, seed=3),
        "geometry": results_of_geometry(),
        "steps": steps_result("textbook-2"),
        "drawn steps": steps_result("textbook-2", methods=["gd", "qng"], shots=2000),
    }


def test_to_the_last_bit_from_files(tmp_path: Path) -> None:
    for name, value in results().items():
        file = tmp_path / f"{name}.json"
        qng.save_result(value, file)
        found = qng.repeat(file)
        assert found.agrees, name
        assert found.ground == "bits", (name, found.message)
        assert found.largest == 0
        assert type(found.result) is type(value)
        drawn = name in ("drawn", "noisy", "comparison", "drawn metric", "drawn steps")
        assert ("the same counts" in found.message) == drawn, name


def test_rounding_is_told_from_difference() -> None:
    whole = run()
    rows = list(whole.trace.rows)
    for off, agrees in ((1e-13, True), (1e-6, False)):
        rows[2] = replace(rows[2], energy=whole.trace["energy"][2] + off)
        found = qng.repeat(replace(whole, trace=replace(whole.trace, rows=tuple(rows))))
        assert found.agrees is agrees
        assert bool(found) is agrees
        assert found.ground == ("rounding" if agrees else "different")
        assert found.largest == pytest.approx(off, rel=1e-2)
    assert "the largest difference is 1.0e-06" in found.message
    assert found.p_value is None


def test_where_a_run_ended_is_compared_as_well() -> None:
    whole = run()
    found = qng.repeat(replace(whole, fun=whole.fun + 1))
    assert not found.agrees
    assert found.largest == pytest.approx(1)
    found = qng.repeat(replace(whole, x=whole.x + 1))
    assert not found.agrees
    assert "x is not the one that its trace ends at" in found.message
    assert not qng.repeat(replace(whole, x=whole.x[:2])).agrees


@pytest.mark.parametrize("versions", [{"numpy": "1.0"}, {}])
def test_other_counts_are_judged_by_fresh_ones(versions: dict[str, str]) -> None:
    """Of the seeds that are tried one in 100 would be called different."""
    recorded = qng.minimize("one-qubit", "gd", steps=2, shots=400, seed=5)
    assert recorded.made is not None
    all_versions = {**recorded.made.versions, **versions}
    found = qng.repeat(changed(recorded, seed=4, versions=all_versions))
    assert found.agrees
    assert found.ground == "statistics"
    assert found.p_value is not None
    assert found.p_value > 0.01
    assert found.draws == 19
    assert ("numpy 1.0 (here" in found.message) == bool(versions)
    assert "at most 0.01 are called different" in found.message
    other = qng.repeat(replace(changed(recorded, seed=4), fun=recorded.fun + 1))
    assert not other.agrees
    assert other.draws == 99


def test_other_counts_of_a_comparison() -> None:
    found = qng.compare("one-qubit", ["gd", "adam"], starts=4, steps=2, shots=200)
    moved = {
        label: tuple(changed(one, seed=(7, k, 1)) for k, one in enumerate(runs))
        for label, runs in found.runs.items()
    }
    again = qng.repeat(replace(found, runs=moved))
    assert again.ground == "statistics"
    assert again.draws == 8
    up = {
        label: tuple(replace(one, fun=one.fun + 9) for one in runs) for label, runs in moved.items()
    }
    assert not qng.repeat(replace(found, runs=up))


def test_counts_that_came_out_as_then_are_draws_too() -> None:
    """Where an outcome is rare, those that differ are mostly those that showed it."""
    shown = [True, False, True] + [False] * 500

    def rarely(circuit: Any, qubits: Any, shots: int, rng: Any) -> dict[int, int]:
        return {int(shown.pop(0)): shots}

    device = Function(rarely, name="rare")
    found = qng.compare(
        "one-qubit", ["gd"], starts=8, steps=0, shots=20, executor=device, workers=1
    )
    again = qng.repeat(found, executor=device)
    assert 0 < sum(not part.equal for part in again.parts) < 8
    assert again.agrees
    assert again.draws == 8
    # Of a named executor that draws the same again, one that differs has been changed.
    named = qng.compare("one-qubit", ["gd"], starts=8, steps=0, shots=20)
    first, *others = named.runs["gd"]
    rows = (replace(first.trace.rows[0], energy=first.fun + 1),)
    wrong = replace(first, fun=first.fun + 1, trace=replace(first.trace, rows=rows))
    assert qng.repeat(replace(named, runs={"gd": (wrong, *others)})).draws in (19, 99)


def test_a_metric_of_other_counts() -> None:
    found = metric_result("textbook-2", shots=1000, seed=1)
    again = qng.repeat(replace(found, made=replace(found.made, seed=2)), repeats=4)
    assert again.ground in ("statistics", "different")
    assert again.level == pytest.approx(0.2)
    assert again.draws == 4
    exact = metric_result("textbook-2")
    wrong = replace(exact, made=replace(exact.made, theta=exact.made.theta + 0.1))
    assert qng.repeat(wrong).ground == "different"


def test_what_was_cut_is_repeated_as_far_as_it_went() -> None:
    def interrupt(step: Step) -> None:
        if step.step == 1:
            raise KeyboardInterrupt

    def enough(step: Step) -> None:
        if step.step == 1:
            raise StopIteration

    def low(energies: Any) -> str | None:
        return "enough" if len(energies) > 2 else None

    for shots in (None, 500):
        for options in ({"watch": interrupt}, {"watch": enough}, {"stop": low}):
            whole = run(shots=shots, **options)  # type: ignore[arg-type]
            assert qng.repeat(whole).ground == "bits", options
            if shots is not None:
                with pytest.raises(InputError, match=r"as stop=|qng run --resume"):
                    qng.repeat(changed(whole, seed=8))
    assert qng.repeat(run(stop=low), stop=low).ground == "bits"
    assert qng.repeat(changed(run(shots=500, method="gd", stop=low), seed=8), stop=low)


class TestGivenAgain:
    def test_an_executor(self, tmp_path: Path) -> None:
        mine = Fake()
        whole = run(shots=200, executor=mine)
        assert whole.made is not None
        assert whole.made.settings == {}
        whole.save(tmp_path / "run.json")
        with pytest.raises(InputError, match="was an object, which a file cannot keep"):
            qng.repeat(tmp_path / "run.json")
        assert qng.repeat(tmp_path / "run.json", executor=mine).ground == "bits"

    def test_a_method(self, tmp_path: Path) -> None:
        method = Optimizer(Schedule(lambda t: 0.1 / (t + 1)))
        run(method=method).save(tmp_path / "run.json")
        with pytest.raises(InputError, match="as method="):
            qng.repeat(tmp_path / "run.json")
        assert qng.repeat(tmp_path / "run.json", method=method).ground == "bits"
        qng.compare("one-qubit", {"mine": method}, starts=2, steps=2).save(tmp_path / "c.json")
        with pytest.raises(InputError, match="the method mine has"):
            qng.repeat(tmp_path / "c.json")
        assert qng.repeat(tmp_path / "c.json", method={"mine": method}).ground == "bits"

    def test_hardware_is_refused_or_rehearsed(self) -> None:
        whole = run(shots=500)
        on = changed(whole, executor="ibm_fez", settings={"name": "ibm_fez"})
        with pytest.raises(InputError, match=r"it ran on ibm_fez.*executor=, such as fake_fez"):
            qng.repeat(on)
        found = qng.repeat(on, executor="statevector")
        assert found.agrees
        assert found.message.startswith("rehearsed on statevector, for ibm_fez: agrees")

    def test_rehearsed_jobs_are_rehearsed(self, tmp_path: Path) -> None:
        options: Any = {"executor": "generic:5", "ledger": tmp_path / "runs.db", "method": "gd"}
        whole = run(shots=300, **options)
        assert whole.made is not None
        assert whole.made.jobs
        assert qng.repeat(whole).ground == "bits"
        with pytest.raises(InputError, match="are in its ledger: go on with it there"):
            whole.resumed(steps=9)

    def test_another_problem(self) -> None:
        with pytest.raises(InputError, match="give the problem of the result"):
            qng.repeat(run(), problem="one-qubit")


def test_a_changed_geometry_is_told() -> None:
    report = results_of_geometry()
    moved = replace(report, geometry=replace(report.geometry, theta=report.geometry.theta + 0.1))
    assert not qng.repeat(moved).agrees
    with_path = replace(report, length=qng.ansatz.path_length(run()))
    assert qng.repeat(with_path).message.endswith("the path of a run is not made again")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (qng.metric("one-qubit"), "`qng metric --save` keeps a metric"),
        (qng.compare_steps("one-qubit"), "`qng steps --save` keeps step reports"),
    ],
)
def test_values_that_do_not_say_it(value: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        qng.repeat(value)


@pytest.mark.parametrize("value", [3, "no such file", {"a": 1}])
def test_other_things_are_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"says how it was made|cannot be read"):
        qng.repeat(value)


def test_without_how_it_was_made() -> None:
    with pytest.raises(InputError, match="cannot be made again"):
        qng.repeat(replace(run(), made=None))
    with pytest.raises(InputError, match="repeats must be a whole number of at least 1"):
        qng.repeat(run(), repeats=0)


def test_older_files_say_less() -> None:
    older: dict[str, Any] = {"settings": {}, "machine": "", "threads": None}
    assert qng.repeat(changed(run(), **older)).ground == "bits"
    found = qng.evolve("textbook-2", 0.3, observables=["Z0"])
    less = replace(found, made=replace(found.made, **older, observables={}))
    assert qng.repeat(less).ground == "bits"


def test_single_precision_has_a_rounding_of_its_own() -> None:
    whole = run(executor="statevector:single", method="qng")
    assert whole.made is not None
    assert whole.made.settings == {"name": "statevector:single"}
    rows = [replace(row, energy=row.energy + 1e-7) for row in whole.trace.rows]
    found = qng.repeat(replace(whole, trace=replace(whole.trace, rows=tuple(rows))))
    assert found.ground == "rounding"


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    found = qng.compare("one-qubit", ["gd"], starts=3, steps=1)
    qng.repeat(found, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert np.isfinite(found.starts).all()
